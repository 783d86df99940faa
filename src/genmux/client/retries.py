"""What may be sent again after what, and when: never a create whose answer was lost, unless it has a key."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from genmux.client.effects import Answer, AnswerLost, Call, Flow, NotSent, Pause, Turn, Untrusted
from genmux.client.errors import OutcomeUnknown, Unreachable
from genmux.domain.text import Text
from genmux.wires.http_answers import retry_after_seconds

LONGEST_ASKED_SECONDS: Final = 60.0
"""How long we wait at most because the other side asks for it; longer is for the caller to decide."""


class Verdict(Enum):
    """What an answer says about its call."""

    ANSWERED = "answered"  # it is what the caller waits for, be it a refusal
    UNMADE = "unmade"  # refused for now, and certainly nothing was made
    DOUBTFUL = "doubtful"  # something broke there; nobody knows how far the call got


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a call is sent at most, and the pauses in between, which double up to the longest one."""

    tries: int = 8
    first_seconds: float = 0.25
    longest_seconds: float = 8.0

    def pause(self, n: int, asked_seconds: float | None, chance: float) -> float:
        """Return the seconds to wait after try `n` (from 1): at least what the other side asks for.

        `chance` (0 to 1) spreads many clients that failed together over half to the whole of the pause.
        """
        planned = min(self.first_seconds * 2.0 ** (n - 1), self.longest_seconds) * (1 + chance) / 2
        return planned if asked_seconds is None else asked_seconds + planned / 4

    def within(self, seconds: float) -> Patience:
        """Return as much of it as goes into `seconds`, two tries at least."""
        tries, total = 1, 0.0
        while tries < self.tries and total <= seconds:
            total += min(self.first_seconds * 2.0 ** (tries - 1), self.longest_seconds)
            tries += 1
        return replace(self, tries=max(2, tries))


PATIENT: Final = Patience()
BRIEF: Final = Patience(tries=2)
"""For a server that has never answered: most likely its address is wrong."""


def exchange(
    make: Callable[[], Call],
    judge: Callable[[Answer], Verdict],
    *,
    repeatable: bool,
    makes: bool = False,
    doubts: list[Exception] | None = None,
    turn: str = "",
    patience: Patience = PATIENT,
    chance: Callable[[], float] = random.random,
) -> Flow[Answer]:
    """Send a call until it is answered; `make` makes (and signs) it anew for each try.

    A call that is not `repeatable` is sent again only after what proves that nothing was made. The
    answer of the last try is returned whatever it says. Raises `Unreachable`, and `OutcomeUnknown` for
    a call that `makes` something and whose answer was lost. `doubts` gets the answers that were lost on
    the way: after one, a later refusal does not prove that nothing was made.
    """
    lost = [] if doubts is None else doubts
    refused = False
    for n in range(1, patience.tries + 1):
        last = n == patience.tries
        asked: float | None = None
        if turn:
            yield Turn(turn, refused)
        call = make()
        try:
            answer: Answer = yield call
        except NotSent as error:
            if last or isinstance(error, Untrusted):
                raise (_lost(call, lost[-1]) if makes and lost else _unreachable(call, error)) from None
        except AnswerLost as error:
            lost.append(error)
            if last or not repeatable:
                raise (_lost(call, error) if makes else _silent(call, error)) from None
        else:
            verdict = judge(answer)
            if last or verdict is Verdict.ANSWERED or (verdict is Verdict.DOUBTFUL and not repeatable):
                return answer
            asked = retry_after_seconds(answer.headers)
            if (asked or 0.0) > LONGEST_ASKED_SECONDS:
                return answer
            refused = verdict is Verdict.UNMADE
            if verdict is Verdict.DOUBTFUL:
                lost.append(AnswerLost(f"HTTP {answer.status}"))
        yield Pause(patience.pause(n, asked, chance()))
    raise AssertionError("the last try returns or raises")


def _unreachable(call: Call, error: Exception) -> Unreachable:
    host = "/".join(call.url.split("/", 3)[:3])
    return Unreachable(Text(f"{host} cannot be reached: {error}.", f"无法连接 {host}：{error}。"))


def _silent(call: Call, error: Exception) -> Unreachable:
    host = "/".join(call.url.split("/", 3)[:3])
    return Unreachable(Text(f"{host} does not answer: {error}.", f"{host} 没有响应：{error}。"))


def _lost(call: Call, error: Exception) -> OutcomeUnknown:
    host = "/".join(call.url.split("/", 3)[:3])
    return OutcomeUnknown(Text(f"The answer of {host} was lost: {error}.", f"{host} 的响应已丢失：{error}。"))

"""Calls of Tencent's API gateway by a client: signed as they leave, retried where that is harmless."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from genmux.client.checks import encode
from genmux.client.effects import Answer, Call, Flow
from genmux.client.errors import BrokenAnswer, OutcomeUnknown
from genmux.client.refusals import clock_skew, refusal_of, verdict_of
from genmux.client.retries import PATIENT, Patience, Verdict, exchange
from genmux.domain.errors import GenmuxError, RateLimited
from genmux.domain.text import Text, same
from genmux.wires.http_answers import date_ms
from genmux.wires.mps import parse_created
from genmux.wires.tc3 import Credential, sign
from genmux.wires.tencent import AnsweredError, BrokenAnswerError
from genmux.wires.tencent_calls import VERSIONS, read_answer, wording
from genmux.wires.tencent_codes import TASK_NOT_FOUND, error_class, repeats_session

ANSWER_SECONDS: Final = 20.0
LANGUAGES: Final = {"en": "en-US", "zh": "zh-CN"}
_ERROR: Final = b'"Error"'


class Gateway:
    """One service of the gateway under one credential."""

    def __init__(
        self,
        service: str,
        url: str,
        credential: Credential,
        *,
        region: str,
        language: str,
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        """`clock` gives seconds since the epoch; `chance` (0 to 1) spreads repeated calls."""
        self.service = service
        self.clock = clock
        self.region = region
        self._url = f"{url.rstrip('/')}/"
        self._host = urlsplit(self._url).netloc
        self._credential = credential
        self._language = LANGUAGES["zh" if language.lower().startswith("zh") else "en"]
        self._chance = chance

    def signed(self, action: str, body: bytes) -> Call:
        """Return the call of an action, signed for this very second."""
        headers = sign(
            self._credential,
            host=self._host,
            service=self.service,
            action=action,
            version=VERSIONS[self.service],
            timestamp=int(self.clock()),
            body=body,
            region=self.region,
            language=self._language,
        )
        return Call("POST", self._url, tuple(headers.items()), body, ANSWER_SECONDS)

    def ask(self, order: tuple[str, Mapping[str, Any]], turn: str) -> Flow[dict[str, Any]]:
        """Return the fields of the answer to a question. Raises the tree of errors."""
        answer = yield from self.send(order, turn, judge_question, repeatable=True)
        return self.fields_of(answer)

    def send(
        self,
        order: tuple[str, Mapping[str, Any]],
        turn: str,
        judge: Callable[[Answer], Verdict],
        *,
        repeatable: bool,
        makes: bool = False,
        doubts: list[Exception] | None = None,
        patience: Patience = PATIENT,
    ) -> Flow[Answer]:
        """Send an action with its body as `retries.exchange` does, signed anew for each try."""
        action, body = order[0], encode(order[1])
        return (
            yield from exchange(
                lambda: self.signed(action, body),
                judge,
                repeatable=repeatable,
                makes=makes,
                doubts=doubts,
                turn=turn,
                patience=patience,
                chance=self._chance,
            )
        )

    def fields_of(self, answer: Answer) -> dict[str, Any]:
        """Return the fields of a good answer. Raises the refusal that it is, or `BrokenAnswer`."""
        try:
            return read_answer(answer.status, answer.body)
        except AnsweredError as error:
            raise self.refusal(answer, error) from None
        except BrokenAnswerError as error:
            raise too_often() if answer.status == 429 else broken(answer, error) from None

    def refusal(self, answer: Answer, error: AnsweredError) -> GenmuxError:
        """Return the error that an answered refusal is."""
        return clock_skew(error, date_ms(answer.headers), self.clock()) or refusal_of(error)


def too_often() -> RateLimited:
    """Return what HTTP 429 means that says no more: nothing was made."""
    said = RateLimited(
        Text(
            "The platform was called too often (HTTP 429); nothing was made.",
            "调用过于频繁（HTTP 429）；本次未创建任务。",
        )
    )
    said.upstream_code = "HTTP 429"
    return said


def broken(answer: Answer, error: BrokenAnswerError) -> BrokenAnswer:
    """Return what an answer is that the wire does not have."""
    said = BrokenAnswer(
        Text(
            f"The platform's answer cannot be read (HTTP {answer.status}): {error}. Is it the right address?",
            f"无法解析平台的应答（HTTP {answer.status}）：{error}。请检查接入地址。",
        )
    )
    said.upstream_code = f"HTTP {answer.status}"
    return said


def judge_create(answer: Answer) -> Verdict:
    """Return what the answer to a create proves: without a code that proves a refusal it is doubtful."""
    if answer.status == 429:
        return Verdict.UNMADE
    if answer.status == 200 and _ERROR not in answer.body:
        return Verdict.ANSWERED  # good, or broken: whoever reads it finds out
    try:
        read_answer(answer.status, answer.body)
    except AnsweredError as error:
        said = repeats_session(error.code, error.message)
        return Verdict.ANSWERED if said else verdict_of(error_class(error.code))
    except BrokenAnswerError:
        return Verdict.DOUBTFUL
    return Verdict.ANSWERED


def judge_question(answer: Answer) -> Verdict:
    """Return whether a question must be asked again; that no such task exists is an answer."""
    if answer.status == 429:
        return Verdict.UNMADE
    try:
        read_answer(answer.status, answer.body)
    except AnsweredError as error:
        found = error.code in TASK_NOT_FOUND
        return Verdict.ANSWERED if found else verdict_of(error_class(error.code))
    except BrokenAnswerError:
        return Verdict.DOUBTFUL
    return Verdict.ANSWERED


def unknown_outcome(error: Exception, advice: Text) -> OutcomeUnknown:
    """Return that nobody knows whether a create was carried out, and what its caller can do."""
    if isinstance(error, GenmuxError):
        said = error.text
    else:
        said = same(wording(error) if isinstance(error, AnsweredError | BrokenAnswerError) else str(error))
    unknown = OutcomeUnknown(Text(f"{said.en} {advice.en}", f"{said.zh} {advice.zh}"))
    if isinstance(error, AnsweredError):
        unknown.upstream_code, unknown.request_id = error.code, error.request_id
    elif isinstance(error, GenmuxError):
        unknown.upstream_code, unknown.request_id = error.upstream_code, error.request_id
    return unknown


def created_id(gateway: Gateway, answer: Answer, advice: Text) -> tuple[str, dict[str, Any]]:
    """Return the TaskId in the answer to a create, and its fields.

    Raises the refusal that it is, or `OutcomeUnknown` where it does not prove that nothing was made.
    """
    try:
        fields = read_answer(answer.status, answer.body)
        return parse_created(fields), fields
    except AnsweredError as error:
        if error_class(error.code) is None:
            raise unknown_outcome(error, advice) from None
        raise gateway.refusal(answer, error) from None
    except BrokenAnswerError as error:
        if answer.status == 429:
            raise too_often() from None
        raise unknown_outcome(broken(answer, error), advice) from None

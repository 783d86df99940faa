"""One gateway in front of a misbehaving upstream: every fault at once, each in a channel of its own.

Channels, so that one fault's open breaker or slowed pace is not another's. The gateway is an emulator:
its clock is moved on instead of waiting for look-up graces, retries and deadlines.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

from tests.e2e.serving import IMAGE, VIDEO, Client, Running, hex_of, serving

from genmux.settings import parse_channel
from genmux.testing.upstream.launch import Launched, launched
from genmux.testing.upstream.options import SECRET_ID, SECRET_KEY, SUB_APP_ID

ACTIONS: Final = {"image": IMAGE, "video": VIDEO}


class Moment(IntEnum):
    """When a case is looked at."""

    SOON = 0  # in real time: calls time out after 20 s
    LATER = 1  # minutes on: graces and retries have passed
    AT_LAST = 2  # a day on: every deadline has passed


LEAPS: Final = {Moment.SOON: (), Moment.LATER: (35, 60, 165), Moment.AT_LAST: (26 * 3600,)}
"""Seconds by which the clock moves before a look; those to LATER stay within the signatures' 300 s."""
LOOK_SECONDS: Final = {Moment.SOON: 45.0, Moment.LATER: 5.0, Moment.AT_LAST: 20.0}
"""How long a look waits for its cases after each leap."""


@dataclass(frozen=True, slots=True)
class Case:
    """One fault at one provider and what its user sees.

    `state`, `code` and `says` (part of the error's message) are REST's, `status` is MPS's;
    `accepted` counts the tasks that the upstream took on for it; `told` are (kind, text) pairs
    that the timeline must have.
    """

    provider: str
    words: str
    state: str
    code: str = ""
    says: str = ""
    status: str = "DONE"
    accepted: int = 1
    told: tuple[tuple[str, str], ...] = ()
    moment: Moment = Moment.SOON
    kind: str = "image"

    @property
    def name(self) -> str:
        """What its channel, its model and its label are called."""
        return f"{self.provider}-{self.words}".replace(" ", "_").replace("=", "-").lower()


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a case at its moment."""

    rest: dict[str, Any]
    mps: dict[str, Any]
    accepted: int

    def told(self, kind: str, text: str) -> bool:
        """Return whether the timeline has an event of this kind with these words."""
        return any(e["kind"] == kind and text in json.dumps(e["data"]) for e in self.rest["events"])


@dataclass(slots=True)
class Stage:
    """The two servers, and the task of each case."""

    upstream: Launched
    gateway: Running
    tasks: dict[str, str] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)

    @property
    def client(self) -> Client:
        """The user."""
        return self.gateway.client

    def create(self, case: Case) -> None:
        """Ask for the task of a case."""
        body = {
            "ModelName": case.name,
            "ModelVersion": "1",
            "Prompt": f"label={case.name} {case.words} a cat",
        }
        self.tasks[case.name] = self.client.create(ACTIONS[case.kind], body)

    def rest(self, name: str) -> dict[str, Any]:
        """Return what REST says of a case's task."""
        reply = self.client.rest("GET", f"/tasks/task_{hex_of(self.tasks[name])}")
        answer: dict[str, Any] = json.loads(reply.body)
        return answer

    def advance(self, seconds: float) -> None:
        """Move the gateway's clock on."""
        operator = self.gateway.operator()
        assert operator.rest("POST", "/emulator/clock", {"advance_seconds": seconds}).status == 200

    def look(self, cases: list[Case], moment: Moment) -> None:
        """Move to a moment, wait for its cases as long as it takes, and note what is seen of them."""
        mine = [case for case in cases if case.moment is moment]

        def there() -> bool:
            return all(self.rest(case.name)["state"] == case.state for case in mine)

        for leap in LEAPS[moment] or (0,):
            self.advance(leap)
            if wait(there, LOOK_SECONDS[moment]):
                break
        for case in mine:
            accepted = len(self.upstream.accepted(case.name))
            mps = self.client.describe(self.tasks[case.name])
            self.seen[case.name] = Seen(self.rest(case.name), mps, accepted)


def wait(there: Callable[[], bool], seconds: float) -> bool:
    """Ask again and again until it holds; return whether it did in time."""
    deadline = time.monotonic() + seconds
    while not there():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def channel(case: Case, number: int, endpoint: str) -> Any:
    """Return the channel of one case, with an application of its own."""
    table: dict[str, Any] = {
        "provider": case.provider,
        "credential": {"secret_id": SECRET_ID, "secret_key": SECRET_KEY},
        "endpoint": endpoint,
        "allow_private": True,
        "models": [f"*/{case.name}/*"],
        "slots": 10,
    }
    if case.provider == "vod":
        table["sub_app_id"] = SUB_APP_ID + number
    return parse_channel(case.name.replace("_", "-")[:60], table)


@contextmanager
def stage(home: Path, cases: list[Case], *, look: bool = True) -> Iterator[Stage]:
    """Play all cases; with `look`, every moment has passed when the block begins."""
    with launched(home / "upstream", median=0.3) as upstream:
        channels = [channel(case, n, upstream.url) for n, case in enumerate(cases)]
        named = {said.name: said for said in channels}
        with serving(home / "data", channels=named, emulator=True) as gateway:
            found = Stage(upstream, gateway)
            for case in cases:
                found.create(case)
            for moment in Moment if look else ():
                found.look(cases, moment)
            yield found

"""`genmux serve`, armed: it kills itself with SIGKILL when it passes a named point for the n-th time.

    GENMUX_CRASH_AT=accepted:2 python -m genmux.testing.crash --data DIR --config FILE
    python -m genmux.testing.crash --nursery

The points are steps of the ports, wrapped on the joined parts before anything runs; the code that is
tested knows nothing of them. Without `GENMUX_CRASH_AT` it is an ordinary server. A nursery starts one
such server after the other, forked before anything but imports has happened, so that a thousand
deaths do not cost a thousand starts of Python.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any, Final

from genmux.compose import Parts, configure_logging, run
from genmux.compose.server import Server
from genmux.domain.states import TaskState
from genmux.settings import load_settings

VARIABLE: Final = "GENMUX_CRASH_AT"
CREATES: Final = "Create"
LOOKUPS: Final = "DescribeTasks"
_LOOK_SECONDS: Final = 0.0005


class Moment(Enum):
    """When in a call the process dies."""

    BEFORE = auto()
    DURING = auto()
    AFTER = auto()


Wanted = Callable[[tuple[Any, ...], Any], bool]
"""Says of a call's arguments and its result (None before there is one) whether it is the step."""


@dataclass(frozen=True, slots=True)
class Point:
    """One moment of one method of a part."""

    part: str
    method: str
    moment: Moment
    wanted: Wanted


def _any(args: tuple[Any, ...], result: Any) -> bool:
    return True


def _claimed(args: tuple[Any, ...], result: Any) -> bool:
    return bool(result.claims)


def _action(args: tuple[Any, ...]) -> str:
    return str(dict(args[0].headers).get("X-TC-Action", ""))


def _creates(args: tuple[Any, ...], result: Any) -> bool:
    return _action(args).startswith(CREATES)


def _looks_up(args: tuple[Any, ...], result: Any) -> bool:
    return _action(args) == LOOKUPS


def _polls(args: tuple[Any, ...], result: Any) -> bool:
    return _action(args).startswith("Describe") and not _looks_up(args, result)


def _moves_to(state: TaskState) -> Wanted:
    return lambda args, result: any(change.to is state is not change.state for change in args[0])


POINTS: Final[dict[str, Point]] = {
    "before-create": Point("store", "create", Moment.BEFORE, _any),
    "created": Point("store", "create", Moment.AFTER, _any),
    "claimed": Point("store", "claim_queued", Moment.AFTER, _claimed),
    "before-send": Point("net", "send", Moment.BEFORE, _creates),
    "accepted": Point("net", "send", Moment.AFTER, _creates),
    "before-bind": Point("store", "bind", Moment.BEFORE, _any),
    "bound": Point("store", "bind", Moment.AFTER, _any),
    "before-lookup": Point("net", "send", Moment.BEFORE, _looks_up),
    "looked-up": Point("net", "send", Moment.AFTER, _looks_up),
    "before-poll": Point("net", "send", Moment.BEFORE, _polls),
    "polled": Point("net", "send", Moment.AFTER, _polls),
    "before-made": Point("store", "apply", Moment.BEFORE, _moves_to(TaskState.COLLECTING)),
    "made": Point("store", "apply", Moment.AFTER, _moves_to(TaskState.COLLECTING)),
    "before-download": Point("net", "download", Moment.BEFORE, _any),
    "downloading": Point("net", "download", Moment.DURING, _any),
    "downloaded": Point("net", "download", Moment.AFTER, _any),
    "verified": Point("pool", "verify", Moment.AFTER, _any),
    "published": Point("media", "publish", Moment.AFTER, _any),
    "before-succeeded": Point("store", "apply", Moment.BEFORE, _moves_to(TaskState.SUCCEEDED)),
    "succeeded": Point("store", "apply", Moment.AFTER, _moves_to(TaskState.SUCCEEDED)),
}
"""Every step boundary of a task that is made upstream, in the order in which it passes them."""


def die() -> None:
    """End this process as a power cut would: nothing is flushed, nothing is told."""
    os.kill(os.getpid(), signal.SIGKILL)


def parse_spot(text: str) -> tuple[Point, int]:
    """Read `point` or `point:n`. Raises `ValueError` for a point that does not exist."""
    name, _, number = text.partition(":")
    if name not in POINTS:
        raise ValueError(f"{VARIABLE} names {name!r}; the points are: {', '.join(POINTS)}")
    return POINTS[name], int(number or 1)


def arm(parts: Mapping[str, Any], spot: str, end: Callable[[], None] = die) -> None:
    """Make the part that a spot names call `end` when it passes it for the n-th time."""
    point, left = parse_spot(spot)
    part = parts[point.part]
    original: Callable[..., Awaitable[Any]] = getattr(part, point.method)

    def passed(args: tuple[Any, ...], result: Any) -> None:
        nonlocal left
        left -= 1 if point.wanted(args, result) else 0
        if left == 0:
            end()

    async def before(*args: Any, **named: Any) -> Any:
        passed(args, None)
        return await original(*args, **named)

    async def during(*args: Any, **named: Any) -> Any:
        running = asyncio.ensure_future(original(*args, **named))
        while not running.done() and not _begun(args):
            await asyncio.wait([running], timeout=_LOOK_SECONDS)
        passed(args, None)
        return await running

    async def after(*args: Any, **named: Any) -> Any:
        result = await original(*args, **named)
        passed(args, result)
        return result

    wrapped = {Moment.BEFORE: before, Moment.DURING: during, Moment.AFTER: after}
    setattr(part, point.method, wrapped[point.moment])


def _begun(args: tuple[Any, ...]) -> bool:
    """Return whether a download has brought something: its second argument is the file it fills."""
    path: Path = args[1]
    return path.exists() and path.stat().st_size > 0


class ArmedServer(Server):
    """A server whose parts are armed before its loops run."""

    async def _start(self) -> None:
        spot = os.environ.get(VARIABLE, "")
        if spot:
            arm(ports(self.parts), spot)
        await super()._start()


def ports(parts: Parts) -> dict[str, Any]:
    """Return the parts that points name."""
    return {"store": parts.store, "net": parts.net, "pool": parts.pool, "media": parts.service.media}


async def serve(settings: Mapping[str, Any], config: Path | None) -> None:
    """Run an armed server until it is ended, or ends itself."""
    wanted = load_settings(environ=os.environ, config=config, overrides=settings)
    configure_logging(wanted.log_level)
    server = await ArmedServer.open(wanted, environ=os.environ)
    await server.run()


def nurse() -> None:
    """Fork a server for each JSON line on standard input: `data`, `config`, and `environ` to add.

    Answered by a line with its process id at once, and one with its exit code when it has ended.
    """
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os.environ.update(order["environ"])
            _live(Path(order["data"]), Path(order["config"]))
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _live(data: Path, config: Path) -> None:
    """Be one server, and end this process with it."""
    code = 1
    try:
        run(serve({"data": data, "port": 0}, config))
        code = 0
    finally:
        os._exit(code)


def main() -> None:
    """Read the few options that a crash test needs."""
    parser = argparse.ArgumentParser(prog="python -m genmux.testing.crash", description=__doc__)
    parser.add_argument("--nursery", action="store_true", help="start servers as standard input says")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--port", type=int, default=0)
    said = parser.parse_args()
    if said.nursery:
        nurse()
    else:
        run(serve({"data": said.data, "port": said.port}, said.config))


if __name__ == "__main__":
    main()

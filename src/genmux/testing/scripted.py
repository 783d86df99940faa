"""A scripted upstream and providers for it: a peer that accepts, forgets, stalls and lies on command.

The upstream keeps a ledger of what it accepted (and so would bill). With a ledger file, every line
is on disk before the answer leaves, so that a test can kill the other side at any moment and count.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from genmux.engine.ports import FetchFailed
from genmux.providers.base import BaseProvider
from genmux.providers.seam import (
    Accepted,
    ErrorClass,
    Finished,
    Flow,
    Forgotten,
    HttpCall,
    HttpReply,
    NotSent,
    Outcome,
    Output,
    Pending,
    Puzzling,
    Recovery,
    Refused,
    Stopped,
    Work,
)

UPSTREAM: Final = "http://upstream.test"
ERRORS: Final = {
    "refuse": ErrorClass.INVALID,
    "content": ErrorClass.CONTENT,
    "busy": ErrorClass.CONCURRENCY,
    "auth": ErrorClass.AUTH,
    "quota": ErrorClass.QUOTA,
    "rate": ErrorClass.RATE,
}
"""Words that refuse a create, and what the refusal means."""
FAILURES: Final = {
    "fails": ErrorClass.INTERNAL,
    "capacity": ErrorClass.CAPACITY,
    "overflow": ErrorClass.CONCURRENCY,
}
"""Words that fail an accepted task, and what the failure means."""


def words_for(prompt: str, channel: str) -> list[str]:
    """Return the words of a prompt that hold for a channel, without its name."""
    parts = [word.partition("@") for word in prompt.split()]
    return [word for word, _, name in parts if name in ("", channel)]


def tiny_png(width: int = 8, height: int = 8, level: int = 128) -> bytes:
    """Return a small valid grey PNG, made without any imaging library."""
    rows = b"".join(b"\0" + bytes([level]) * width for _ in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@dataclass(slots=True)
class ScriptedUpstream:
    """Accepts creates, and answers polls and lookups, as the words of each prompt command.

    Words: `refuse`, `content` (refused), `busy` (a retryable refusal), `auth`, `quota`, `rate`
    (refusals of the account), `unreachable` (never arrives), `lost` (accepted, but the answer never
    comes back), `vanish` (neither accepted nor answered), `polls=N` (done at poll N + 1), `fails`,
    `capacity`, `overflow` (fails when polled: the model, for want of room, for too many at once),
    `forgotten` (unknown when polled), `puzzling` (says nonsense), `gone` (done, but the file is not
    there), `gone=N` (output N is not), `broken` (done, but the file is cut short), `count=N` (makes
    N outputs). A word before `@NAME` holds for the channel of that name only.
    """

    ledger: Path | None = None
    accepted: list[str] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    made_by: list[str] = field(default_factory=list)  # the channel of each accepted create
    _tasks: dict[str, str] = field(default_factory=dict)  # ref → prompt, as its channel has it
    _refs: dict[str, str] = field(default_factory=dict)  # attempt key → ref

    def __post_init__(self) -> None:
        if self.ledger is not None and self.ledger.exists():
            for line in self.ledger.read_text().splitlines():
                entry = json.loads(line)
                self._remember(entry["key"], entry["prompt"])

    def _remember(self, key: str, prompt: str) -> str:
        ref = f"up-{key}-{len(self.accepted)}"
        self.accepted.append(key)
        self._tasks[ref] = prompt
        self._refs[key] = ref
        return ref

    def accept(self, key: str, prompt: str, *, deduplicates: bool) -> str:
        """Take a task on; an upstream that de-duplicates gives an old key its old task."""
        if deduplicates and key in self._refs:
            return self._refs[key]
        if self.ledger is not None:
            with self.ledger.open("a") as file:
                file.write(json.dumps({"key": key, "prompt": prompt}) + "\n")
                file.flush()
                os.fsync(file.fileno())
        return self._remember(key, prompt)

    def answer(self, call: HttpCall) -> HttpReply:
        """Answer one call, or raise `FetchFailed` where the script says that no answer comes."""
        parts = urlsplit(call.url)
        self.calls[parts.path] += 1
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        match parts.path:
            case "/create":
                return _json(200, self._create(json.loads(call.body)))
            case "/status":
                return _json(200, self._status(query["ref"]))
            case "/cancel":
                return _json(200 if self._tasks.pop(query["ref"], None) is not None else 404, {})
            case "/lookup":
                ref = self._refs.get(query["key"])
                return _json(200, {"ref": ref}) if ref else _json(404, {})
            case path:
                return _json(404, {"error": f"no such path: {path}"})

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        prompt = " ".join(words_for(body["prompt"], body["channel"]))
        words = prompt.split()
        if "unreachable" in words:
            raise FetchFailed("unreachable", "connection refused")
        if "vanish" in words and self.calls["/create"] == 1:
            raise FetchFailed("timeout", "no answer")
        for word in ERRORS:
            if word in words:
                return {"error": word}
        ref = self.accept(body["key"], prompt, deduplicates=body["deduplicates"])
        self.made_by.append(body["channel"])
        if "lost" in words:
            raise FetchFailed("timeout", "no answer")
        return {"ref": ref}

    def _status(self, ref: str) -> dict[str, Any]:
        prompt = self._tasks.get(ref)
        words = (prompt or "").split()
        if prompt is None or "forgotten" in words:
            return {"status": "unknown"}
        for word in FAILURES:
            if word in words:
                return {"status": word}
        if "puzzling" in words:
            return {"status": "transmogrifying"}
        wanted = next((int(w[6:]) for w in words if w.startswith("polls=")), 0)
        self.calls[ref] += 1
        if self.calls[ref] <= wanted:
            return {"status": "running", "progress": 100 * self.calls[ref] // (wanted + 1)}
        count = next((int(w[6:]) for w in words if w.startswith("count=")), 1)
        return {"status": "done", "urls": [f"{UPSTREAM}/result/{ref}.png?n={n}" for n in range(count)]}

    def file(self, url: str) -> bytes:
        """Return the bytes of a result URL. Raises `FetchFailed`."""
        parts = urlsplit(url)
        ref = parts.path.rsplit("/", 1)[-1].removesuffix(".png")
        words = self._tasks.get(ref, "gone").split()
        if "gone" in words or f"gone={parts.query[2:]}" in words:
            raise FetchFailed("bad_status", "HTTP 404")
        return tiny_png()[:40] if "broken" in words else tiny_png()


def _json(status: int, body: dict[str, Any]) -> HttpReply:
    return HttpReply(status, {"content-type": "application/json"}, json.dumps(body).encode())


@dataclass(frozen=True, slots=True)
class ScriptedProvider(BaseProvider):
    """A provider of the scripted upstream, with whichever recovery fact a test wants."""

    recovery: Recovery = Recovery.NEVER
    name: str = "scripted"
    needs_credential: bool = False
    cancels: bool = False

    def submit(self, work: Work) -> Flow:
        """POST the prompt under the attempt key."""
        body = {
            "key": work.key,
            "prompt": work.spec.prompt,
            "deduplicates": self.recovery is Recovery.LOOKUP,
            "channel": work.account.channel,
        }
        reply: HttpReply = yield HttpCall("POST", f"{UPSTREAM}/create", body=json.dumps(body).encode())
        answer = json.loads(reply.body)
        if "ref" in answer:
            return Accepted(answer["ref"])
        return Refused(ERRORS[answer["error"]], answer["error"], f"said {answer['error']}")

    def poll(self, work: Work) -> Flow:
        """GET the status of the bound reference."""
        reply: HttpReply = yield HttpCall("GET", f"{UPSTREAM}/status?ref={work.upstream_ref}")
        return _read_status(json.loads(reply.body))

    def lookup(self, work: Work) -> Flow:
        """GET the task by the attempt key."""
        reply: HttpReply = yield HttpCall("GET", f"{UPSTREAM}/lookup?key={work.key}")
        if reply.status == 404:
            return Forgotten("no task with this key")
        return Accepted(json.loads(reply.body)["ref"])

    def cancel(self, work: Work) -> Flow | None:
        """POST a cancel, if this provider's upstream has one."""
        return self._cancel(work) if self.cancels else None

    def _cancel(self, work: Work) -> Flow:
        reply: HttpReply = yield HttpCall("POST", f"{UPSTREAM}/cancel?ref={work.upstream_ref}")
        return Stopped() if reply.status == 200 else Puzzling("would not stop")


def _read_status(answer: dict[str, Any]) -> Outcome:
    match answer["status"]:
        case "running":
            return Pending(answer["progress"], "running")
        case "done":
            return Finished(tuple(Output(url=url) for url in answer["urls"]))
        case "fails" | "capacity" | "overflow" as word:
            return Refused(FAILURES[word], word, f"said {word}")
        case "unknown":
            return Forgotten("unknown task")
        case "unsent":
            return NotSent("never left")
        case word:
            return Puzzling(f"unknown status {word}")


@dataclass(slots=True)
class ScriptedNet:
    """The `Net` port with the scripted upstream at the other end, and inputs by URL from a table."""

    upstream: ScriptedUpstream
    inputs: dict[str, bytes] = field(default_factory=dict)

    async def send(
        self, call: HttpCall, *, allow_private: bool = False, on_sent: Callable[[], None] | None = None
    ) -> HttpReply:
        """Hand the call to the upstream."""
        return self.upstream.answer(call)

    async def fetch(
        self, url: str, *, max_bytes: int, timeout_seconds: float, allow_private: bool = False
    ) -> bytes:
        """Return the input registered for a URL. Raises `FetchFailed`."""
        data = self.inputs.get(url)
        if data is None:
            raise FetchFailed("bad_status", "HTTP 404")
        if len(data) > max_bytes:
            raise FetchFailed("too_large", "larger than allowed")
        return data

    async def download(
        self,
        url: str,
        path: Path,
        *,
        max_bytes: int,
        timeout_seconds: float,
        allow_private: bool = False,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Write a result of the upstream into a file. Raises `FetchFailed`."""
        path.write_bytes(self.upstream.file(url))

    async def close(self) -> None:
        """Nothing is open."""

"""A genmux server as an endpoint: our own REST wire, where every create has a key and is safely repeated."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import quote, urlencode, urljoin

from genmux.client import answers
from genmux.client.checks import checked_url, encode, header_word
from genmux.client.downloads import URL_GONE, downloaded, not_served
from genmux.client.effects import Answer, Call, Download, Flow, NotServed, Pause
from genmux.client.endpoint import (
    Artifact,
    Facts,
    FromTask,
    FromUrl,
    Given,
    Order,
    Page,
    Ref,
    Snapshot,
    Source,
    TaskEvent,
)
from genmux.client.errors import OutcomeUnknown
from genmux.client.retries import BRIEF, PATIENT, Patience, Verdict, exchange
from genmux.client.sources import load
from genmux.domain.errors import RateLimited, Unavailable
from genmux.domain.ids import new_request_id
from genmux.domain.spec import Kind
from genmux.domain.text import Text
from genmux.wires.rest import render_create
from genmux.wires.rest_values import unknown_field

PREFIX: Final = "/api/v1"
DEFAULT_URL: Final = "http://127.0.0.1:8080"
LONGEST_WAIT_SECONDS: Final = 30.0
"""How long one long poll lasts: shorter than the idle times of proxies (nginx: 60 s)."""
ANSWER_SECONDS: Final = 60.0
UPLOAD_SECONDS: Final = 600.0
UNCHANGED_PAUSE_SECONDS: Final = 0.5
"""How long to wait after a long poll that ended early with nothing new: the server is shutting down."""
INLINE_BYTES: Final = 1024 * 1024
"""Pictures up to this size travel inside the create, one call instead of two; anything else is uploaded."""

TARGET: Final = ("token", "base_url", "certificate", "language")
"""What may be said of how a genmux server is reached."""
FACTS: Final = Facts(name="genmux", keyed=True, chains=True, cancels=True, steps=True)
_UNMADE: Final = frozenset({RateLimited.code, Unavailable.code})


class RestEndpoint:
    """One genmux server under one access key."""

    facts: Facts = FACTS

    def __init__(
        self,
        url: str = DEFAULT_URL,
        token: str = "",
        *,
        language: str = "en",
        clock: Callable[[], float],
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`clock` counts seconds, from anywhere; `chance` (0 to 1) spreads repeated calls."""
        self.url = url.rstrip("/")
        self._base = self.url + PREFIX
        self._clock = clock
        self._chance = chance
        self._met = False
        self._read_headers: tuple[tuple[str, str], ...] = (("Accept-Language", language),)
        if token:
            self._read_headers += (("Authorization", f"Bearer {token}"),)
        self._write_headers = (*self._read_headers, ("Content-Type", "application/json"))

    # ---------------------------------------------------------------- tasks

    def create(self, order: Order) -> Flow[Snapshot]:
        """Create a task; the key, the order's or a fresh one, makes repeating it harmless."""
        body = yield from self._body(order)
        key = header_word(order.key, "idempotency_key") if order.key else new_request_id()
        headers = (*self._write_headers, ("Idempotency-Key", key))
        call = Call("POST", f"{self._base}/tasks", headers, body, ANSWER_SECONDS)
        try:
            answer = yield from self._send(call, makes=True)
        except OutcomeUnknown as error:
            raise _unknown(error, key) from None
        if answer.status >= 500 and answers.code_of(answer) not in _UNMADE:
            raise _unknown(answers.read_error(answer), key)
        if answer.status != 201:
            self._refuse(answer, order)
        return answers.read_snapshot(answer)

    def check(self, order: Order) -> Flow[tuple[str, ...]]:
        """Return everything that the server would refuse a create for."""
        body = yield from self._body(order)
        answer = yield from self._good("POST", "/tasks:check", body)
        return tuple(str(found["message"]) for found in answers.read_json(answer)["violations"])

    def look(self, ref: Ref) -> Flow[Snapshot]:
        """Return how a task is doing now."""
        answer = yield from self._good("GET", f"/tasks/{_path(ref)}?detail=0")
        return answers.read_snapshot(answer)

    def follow(self, last: Snapshot, seconds: float) -> Flow[Snapshot]:
        """Return the task at its next visible change, by a long poll."""
        if not last.revision:
            return (yield from self.look(last.ref))
        wait = max(0.0, min(seconds, LONGEST_WAIT_SECONDS))
        url = f"{self._base}/tasks/{_path(last.ref)}?detail=0&wait={wait:.3f}"
        headers = (*self._read_headers, ("If-None-Match", last.revision))
        began = self._clock()
        call = Call("GET", url, headers, b"", ANSWER_SECONDS + wait)
        answer = yield from self._send(call, patience=PATIENT.within(seconds))
        if answer.status == 304:
            left = wait - (self._clock() - began)
            if left > UNCHANGED_PAUSE_SECONDS:
                yield Pause(UNCHANGED_PAUSE_SECONDS)
            return last
        if answer.status != 200:
            self._refuse(answer)
        return answers.read_snapshot(answer)

    def cancel(self, ref: Ref) -> Flow[Snapshot]:
        """Ask for a task to end; one that has ended stays as it is."""
        answer = yield from self._good("POST", f"/tasks/{_path(ref)}/cancel", b"{}")
        return answers.read_snapshot(answer)

    def events(self, ref: Ref, after: int) -> Flow[tuple[TaskEvent, ...]]:
        """Return the lines of the timeline after number `after`."""
        answer = yield from self._good("GET", f"/tasks/{_path(ref)}/events?after={after}")
        return answers.read_events(answer)

    def fetch(self, artifact: Artifact, ref: Ref, path: Path) -> Flow[Path]:
        """Write a result to `path`, verified by its SHA-256; an expired URL is renewed."""
        wanted = Download(
            artifact.url,
            path,
            medium=artifact.medium(ref.kind),
            size=artifact.size,
            sha256=artifact.sha256 or "",
        )
        try:
            return (yield from downloaded(wanted))
        except NotServed as refused:
            if refused.status not in URL_GONE:
                raise not_served(artifact.url, refused.status) from None
        renewed = replace(wanted, url=(yield from self._fresh_url(artifact.n, ref)))
        try:
            return (yield from downloaded(renewed))
        except NotServed as refused:
            raise not_served(renewed.url, refused.status) from None

    def _fresh_url(self, n: int, ref: Ref) -> Flow[str]:
        answer = yield from self._send(self._call("GET", f"/tasks/{_path(ref)}/artifacts/{n}"))
        if answer.status != 302 or "location" not in answer.headers:
            self._refuse(answer)
        return urljoin(self.url, answer.headers["location"])

    # ---------------------------------------------------------------- lists

    def tasks(self, wanted: Mapping[str, str]) -> Flow[Page]:
        """Return a page of tasks, newest first."""
        answer = yield from self._good("GET", f"/tasks?{urlencode(wanted)}")
        page = answers.read_json(answer)
        found = tuple(answers.parse_snapshot(answer, fields, listed=True) for fields in page["tasks"])
        return Page(found, page["next_cursor"])

    def models(self, kind: Kind | None) -> Flow[tuple[dict[str, Any], ...]]:
        """Return the models that the server knows; `served` says whether a channel there makes one."""
        answer = yield from self._good("GET", f"/models?kind={kind}" if kind else "/models")
        return tuple(answers.read_json(answer)["models"])

    # ---------------------------------------------------------------- inputs

    def _body(self, order: Order) -> Flow[bytes]:
        sources: dict[int, str] = {}
        for n, source in enumerate(order.sources):
            sources[n] = yield from self._source(source, order, n)
        spec = order.spec.with_sources(sources)
        body = render_create(spec, priority=order.priority, output=order.output)
        return encode(body | order.extra if order.extra else body)

    def _source(self, source: Source, order: Order, n: int) -> Flow[str]:
        if isinstance(source, FromUrl):
            return source.url
        if isinstance(source, FromTask):
            number = "" if source.n is None else f"#{source.n}"
            return f"task:{source.ref.id}{number}"
        given: Given = yield from load(order, n)
        if given.content_type.startswith("image/") and len(given.data) <= INLINE_BYTES:
            return f"data:{given.content_type};base64,{base64.b64encode(given.data).decode()}"
        return (yield from self._upload(given, order.fields[n]))

    def _upload(self, given: Given, field: str) -> Flow[str]:
        """Send bytes ahead; the same bytes have the same name, so this may be done any number of times."""
        headers = (*self._read_headers, ("Content-Type", given.content_type))
        call = Call("POST", f"{self._base}/uploads", headers, given.data, UPLOAD_SECONDS)
        answer = yield from self._send(call)
        if answer.status != 201:
            error = answers.read_error(answer)
            error.field = field
            raise error
        source: str = answers.read_json(answer)["source"]
        return source

    # ---------------------------------------------------------------- calls

    def ask(self, method: str, path: str, body: bytes = b"") -> Flow[Answer]:
        """Return the good answer to any call; a POST is sent again only where nothing was made."""
        answer = yield from self._send(self._call(method, path, body), repeatable=method != "POST")
        if answer.status >= 300:
            self._refuse(answer)
        return answer

    def _good(self, method: str, path: str, body: bytes = b"") -> Flow[Answer]:
        """Return the answer of a call that is harmless to repeat, once it is good."""
        answer = yield from self._send(self._call(method, path, body))
        if answer.status != 200:
            self._refuse(answer)
        return answer

    def _call(self, method: str, path: str, body: bytes = b"") -> Call:
        headers = self._write_headers if body else self._read_headers
        return Call(method, self._base + path, headers, body, ANSWER_SECONDS)

    def _send(
        self,
        call: Call,
        *,
        makes: bool = False,
        repeatable: bool = True,
        patience: Patience = PATIENT,
    ) -> Flow[Answer]:
        patience = patience if self._met else BRIEF
        answer = yield from exchange(
            lambda: call, judge, repeatable=repeatable, makes=makes, patience=patience, chance=self._chance
        )
        self._met = True
        return answer

    def _refuse(self, answer: Answer, order: Order | None = None) -> NoReturn:
        raise answers.read_error(answer, str if order is None else partial(argument_of, order=order))


def judge(answer: Answer) -> Verdict:
    """Return what an answer of a genmux server, or of a proxy before it, says about its call."""
    if answer.status in (429, 503):
        return Verdict.UNMADE if answers.code_of(answer) in _UNMADE else Verdict.DOUBTFUL
    return Verdict.DOUBTFUL if answer.status in (500, 502, 504) else Verdict.ANSWERED


def argument_of(field: str, order: Order) -> str:
    """Return what the caller calls a reference that the server names by its place in the body."""
    if not field.startswith("references."):
        return field
    head, _, rest = field.removeprefix("references.").partition(".")
    if not head.isdigit() or int(head) >= len(order.fields):
        return field
    return order.fields[int(head)] if rest in ("", "source") else f"{order.fields[int(head)]}.{rest}"


def _path(ref: Ref) -> str:
    return quote(ref.id, safe="")


def _unknown(error: Exception, key: str) -> OutcomeUnknown:
    said = OutcomeUnknown(
        Text(
            f"{error} The create may have been accepted; the same call with idempotency_key={key!r} makes no"
            " second task.",
            f"{error} 该创建可能已被接受；以 idempotency_key={key!r} 重新调用不会创建第二个任务。",
        )
    )
    said.request_id = getattr(error, "request_id", "")
    return said


def open_endpoint(
    said: Mapping[str, Any], environ: Mapping[str, str], clock: Callable[[], float]
) -> RestEndpoint:
    """Return the endpoint of the server that is named, or of GENMUX_SERVER. Raises `InvalidValue`."""
    for name in said:
        if name not in TARGET:
            raise unknown_field(name, name, TARGET)
    url = checked_url(said.get("base_url") or environ.get("GENMUX_SERVER") or DEFAULT_URL, "endpoint")
    token = header_word(said.get("token") or environ.get("GENMUX_TOKEN", ""), "token")
    return RestEndpoint(url, token, language=said.get("language") or "en", clock=clock)

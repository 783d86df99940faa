"""Our relay and OpenAI providers against our own server: what they send is made, what it answers is read."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Any

import pytest
from tests.e2e.serving import Client, Reply, Running, get, poll, send

from genmux.domain.spec import GenerationSpec, Kind, ModelRef, Reference, Role
from genmux.providers import anyapi, openai
from genmux.providers.seam import (
    Accepted,
    Account,
    ErrorClass,
    Finished,
    Flow,
    Forgotten,
    Healthy,
    HttpCall,
    HttpReply,
    InputBytes,
    InputFacts,
    ModelDefaults,
    Outcome,
    Pending,
    Provider,
    ReadInput,
    Refused,
    StagedInput,
    StageInput,
    Stopped,
    Work,
)

DEFAULTS = ModelDefaults(5.0, "720P", "16:9", takes_ratio=True)
FILM = GenerationSpec(
    kind=Kind.VIDEO,
    model=ModelRef("PixVerse", "v6"),
    prompt="flowing red silk",
    duration=1.0,
    resolution="540P",
    aspect_ratio="16:9",
)
PICTURE = GenerationSpec(
    kind=Kind.IMAGE, model=ModelRef("Kling", "3.0"), prompt="flowing blue silk", size=(512, 512)
)
BASES: Mapping[str, str] = {"anyapi": "", "openai": "/v1"}


def png(size: int = 64) -> bytes:
    """A square picture of one colour."""
    rows = (b"\0" + b"\x20\x60\xa0" * size) * size

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def perform(provider: Provider, flow: Flow | None, token: str) -> Outcome:
    """Run a flow with real calls; nobody can fetch pictures from us, so they are read."""
    assert flow is not None
    answer: Any = None
    while True:
        try:
            effect = flow.send(answer)
        except StopIteration as stop:
            outcome: Outcome = stop.value
            return outcome
        match effect:
            case HttpCall():
                answer = reply_of(provider.authorize(effect, {"token": token}, 0))
            case StageInput():
                answer = StagedInput("")
            case ReadInput():
                answer = InputBytes(png(), "image/png")


def reply_of(call: HttpCall) -> HttpReply:
    address, _, target = call.url.removeprefix("http://").partition("/")
    reply = send(address, call.method, f"/{target}", call.headers, call.body)
    return HttpReply(reply.status, reply.headers, reply.body)


def work(running: Running, provider: Provider, spec: GenerationSpec, ref: str | None = None) -> Work:
    inputs = tuple(InputFacts(n, "", "", "", 64, 64, "image/png") for n in range(len(spec.references)))
    account = Account(
        channel="own",
        endpoint=f"http://{running.address}{BASES[provider.name]}",
        options=provider.options({}),
    )
    return Work(bytes(16), 1, f"key-{running.newest()}", spec, inputs, ref, DEFAULTS, account)


def made(running: Running, provider: Provider, spec: GenerationSpec) -> Finished:
    """Submit and poll until it is finished."""
    token = running.client.token
    assert provider.serves(spec)
    outcome = perform(provider, provider.submit(work(running, provider, spec)), token)
    if isinstance(outcome, Finished):
        return outcome
    assert isinstance(outcome, Accepted), outcome
    asked = work(running, provider, spec, outcome.upstream_ref)
    seen: list[Outcome] = []

    def ended() -> bool:
        seen.append(perform(provider, provider.poll(asked), token))
        return not isinstance(seen[-1], Pending)

    poll(ended, "the task ends")
    assert isinstance(seen[-1], Finished), seen[-1]
    return seen[-1]


def result(outcome: Finished, client: Client) -> bytes:
    (output,) = outcome.outputs
    if output.data:
        return output.data
    headers = {"Authorization": f"Bearer {client.token}"} if output.authorized else {}
    reply: Reply = get(output.url, headers)
    assert reply.status == 200
    return reply.body


PROVIDERS = pytest.mark.parametrize("provider", [anyapi.provider, openai.provider], ids=lambda p: p.name)


@PROVIDERS
def test_a_film(running: Running, client: Client, provider: Provider) -> None:
    outcome = made(running, provider, FILM)
    assert result(outcome, client)[4:8] == b"ftyp"
    assert outcome.source_expires_at


@PROVIDERS
def test_a_film_from_a_picture(running: Running, client: Client, provider: Provider) -> None:
    first = Reference(role=Role.FIRST_FRAME, source="sha256:00")
    spec = GenerationSpec(
        kind=Kind.VIDEO, model=FILM.model, prompt="waves", duration=1.0, references=(first,)
    )
    assert result(made(running, provider, spec), client)[4:8] == b"ftyp"


def test_a_picture_is_answered_at_once(running: Running, client: Client) -> None:
    outcome = made(running, openai.provider, PICTURE)
    assert result(outcome, client).startswith(b"\x89PNG")
    assert outcome.outputs[0].content_type == "image/png"


def test_a_picture_of_the_relay(running: Running, client: Client) -> None:
    spec = GenerationSpec(kind=Kind.IMAGE, model=PICTURE.model, prompt="silk", aspect_ratio="1:1")
    assert result(made(running, anyapi.provider, spec), client)


@PROVIDERS
def test_the_credential(running: Running, provider: Provider) -> None:
    account = work(running, provider, FILM).account
    assert isinstance(perform(provider, provider.probe(account), running.client.token), Healthy)
    refused = perform(provider, provider.probe(account), "no token of ours")
    assert isinstance(refused, Refused)
    assert refused.error_class is ErrorClass.AUTH


@PROVIDERS
def test_a_refused_create(running: Running, provider: Provider) -> None:
    unknown = GenerationSpec(kind=Kind.VIDEO, model=ModelRef("NoSuch", "model"), prompt="x")
    before = running.newest()
    outcome = perform(provider, provider.submit(work(running, provider, unknown)), running.client.token)
    assert isinstance(outcome, Refused)
    assert outcome.error_class is ErrorClass.INVALID
    assert running.newest() == before


@pytest.mark.parametrize(
    ("provider", "ref"),
    [(anyapi.provider, f"1-AigcVideoTask-{'00' * 16}t"), (openai.provider, f"video_{'00' * 16}")],
    ids=["anyapi", "openai"],
)
def test_a_task_that_is_not_there(running: Running, provider: Provider, ref: str) -> None:
    outcome = perform(provider, provider.poll(work(running, provider, FILM, ref)), running.client.token)
    assert isinstance(outcome, Forgotten)


def test_a_film_is_stopped(running: Running) -> None:
    provider, token = openai.provider, running.client.token
    long = GenerationSpec(kind=Kind.VIDEO, model=FILM.model, prompt="silk", duration=15.0, size=(1280, 720))
    accepted = perform(provider, provider.submit(work(running, provider, long)), token)
    assert isinstance(accepted, Accepted)
    asked = work(running, provider, long, accepted.upstream_ref)
    assert perform(provider, provider.cancel(asked), token) == Stopped()
    ended = perform(provider, provider.poll(asked), token)
    assert isinstance(ended, Refused | Pending)

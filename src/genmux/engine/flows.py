"""Runs a provider's flow: performs each effect it yields and sends the reply back in."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import structlog

from genmux.domain.spec import Kind, Step
from genmux.domain.words import EXTENSIONS, content_type_of
from genmux.engine.channels import Channel
from genmux.engine.handover import SPOOLED
from genmux.engine.loans import local_copies
from genmux.engine.pace import Pacer
from genmux.engine.ports import (
    Clock,
    Credentials,
    FetchFailed,
    MediaRefused,
    MediaStore,
    Net,
    Pool,
    Spool,
    Staging,
    Store,
    UploadRow,
)
from genmux.providers.seam import (
    Account,
    Ambiguous,
    Effect,
    ErrorClass,
    Finished,
    Flow,
    HttpCall,
    HttpReply,
    InputBytes,
    InputFacts,
    NotSent,
    Outcome,
    Output,
    PictureLimits,
    ReadInput,
    Recovery,
    Refused,
    RenderJob,
    RenderReply,
    Reply,
    StagedInput,
    StageInput,
    StepJob,
    Wait,
)

log = structlog.get_logger(__name__)

NEVER_LEFT: Final = frozenset({"unreachable", "bad_url", "refused_address"})
"""Failures of a call that certainly did not reach the upstream; after any other it may have."""
FITTED_MS: Final = 7 * 24 * 3_600_000
"""How long a picture that was fitted to an upstream is kept for it to fetch."""

Progress = Callable[[int], None]
"""Takes a percentage that somebody really reported."""


def ignore_progress(percent: int) -> None:
    """Take no note: only submits report progress by calls."""


class NoCredentialError(Exception):
    """The credential that an account names is not there (any more)."""


@dataclass(frozen=True, slots=True)
class FlowRunner:
    """The one place where a flow's effects become I/O."""

    net: Net
    pool: Pool
    media: MediaStore
    spool: Spool
    store: Store
    staging: Staging
    credentials: Credentials
    pacer: Pacer
    clock: Clock
    fit_inputs: bool = True  # pictures may be scaled down or converted for an upstream
    shared: bool = False  # other machines go on with the store if this one is lost

    async def run(
        self,
        flow: Flow,
        channel: Channel,
        account: Account,
        inputs: tuple[InputFacts, ...] = (),
        on_progress: Progress = ignore_progress,
    ) -> Outcome:
        """Drive `flow` to its end and return its outcome; bytes it returns are spooled.

        A call that never left becomes `NotSent`, one that may have arrived `Ambiguous`, unless
        the flow catches `FetchFailed` itself. `WorkerDied` and cancellation pass through.
        """
        reply: Reply = None
        try:
            effect = next(flow)
            while True:
                try:
                    reply = await self._perform(effect, channel, account, inputs, on_progress)
                except FetchFailed as failure:
                    effect = flow.throw(failure)
                else:
                    effect = flow.send(reply)
        except StopIteration as stop:
            outcome: Outcome = stop.value
            return await self._spooled(outcome, paid=channel.provider.recovery is not Recovery.FREE)
        except FetchFailed as failure:
            lost = NotSent if failure.code in NEVER_LEFT else Ambiguous
            return lost(f"{failure.code}: {failure.reason}")
        except NoCredentialError as missing:
            return Refused(ErrorClass.AUTH, "NoCredential", str(missing))
        except MediaRefused as refusal:
            return Refused(ErrorClass.INVALID, "InvalidInput", f"An input cannot be used: {refusal.reason}.")
        finally:
            flow.close()

    async def _perform(
        self,
        effect: Effect,
        channel: Channel,
        account: Account,
        inputs: tuple[InputFacts, ...],
        on_progress: Progress,
    ) -> Reply:
        match effect:
            case HttpCall():
                return await self._call(effect, channel, account)
            case RenderJob():
                data = [(role, await self._picture(key)) for role, key in effect.inputs]
                return await self.pool.render(
                    effect, data, lambda done, total: on_progress(percent(effect, done, total))
                )
            case StepJob():
                return await self._step(effect, lambda done, total: on_progress(100 * done // max(total, 1)))
            case ReadInput(n, limits):
                return await self._read(facts_of(inputs, n), limits)
            case StageInput(n, limits):
                return await self._stage(facts_of(inputs, n), limits)
            case Wait(seconds):
                await asyncio.sleep(seconds)
                return None

    async def _call(self, call: HttpCall, channel: Channel, account: Account) -> HttpReply:
        secret = await self.secret(channel, account)
        turn = await self.pacer.turn(channel, call.pace)
        try:
            signed = channel.provider.authorize(call, secret, self.clock() // 1000)
            return await self.net.send(signed, allow_private=account.allow_private, on_sent=turn.left)
        except KeyError as missing:
            raise NoCredentialError(f"The credential of {account.channel} has no {missing}.") from missing
        finally:
            turn.left()

    async def secret(self, channel: Channel, account: Account) -> dict[str, str]:
        """Return the credential that an account names. Raises `NoCredentialError`."""
        found = await self.credentials.get(account.credential) if account.credential else None
        if found is None and channel.provider.needs_credential:
            raise NoCredentialError(f"The credential of the channel {account.channel} is not there.")
        return dict(found or {})

    async def _step(self, job: StepJob, on_progress: Callable[[int, int], None]) -> RenderReply:
        async with local_copies(self.media, self.spool, job.inputs) as paths:
            return await self.pool.step(job, paths, on_progress)

    async def _picture(self, key: str) -> bytes:
        """Return a picture for the renderer: an input itself, or of a film what its poster would be."""
        if not content_type_of(key).startswith("video/"):
            return await self.media.read(key)
        reply = await self._step(StepJob(Step.POSTER, Kind.IMAGE, (key,)), lambda done, total: None)
        path = self.spool.resolve(reply.spool)
        try:
            return await asyncio.to_thread(path.read_bytes)
        finally:
            self.spool.drop(path)

    async def _read(self, facts: InputFacts, limits: PictureLimits) -> InputBytes:
        data = await self.media.read(facts.media_key)
        if fits(facts, limits):
            return InputBytes(data, facts.content_type)
        return await self._fit(data, limits)

    async def _fit(self, data: bytes, limits: PictureLimits) -> InputBytes:
        if not self.fit_inputs:
            raise MediaRefused("too_large", "it is beyond what the upstream takes, and fit_inputs is off")
        return await self.pool.fit_image(data, limits)

    async def _stage(self, facts: InputFacts, limits: PictureLimits) -> StagedInput:
        if not self.staging.available:
            return StagedInput("")
        if fits(facts, limits):
            return StagedInput(await self._url(facts.media_key))
        fitted = await self._fit(await self.media.read(facts.media_key), limits)
        return StagedInput(await self._url(await self._keep(fitted)), fitted.note)

    async def _url(self, key: str) -> str:
        try:
            return await self.staging.url(key)
        except OSError as error:
            raise FetchFailed("unreachable", f"the staging bucket: {error}") from error

    async def _keep(self, fitted: InputBytes) -> str:
        """Publish a fitted picture as an upload of nobody's, which is forgotten after its time."""
        digest = hashlib.sha256(fitted.data).digest()
        key = f"inputs/{digest.hex()}.{EXTENSIONS[fitted.content_type]}"
        await self.store.keep_upload(UploadRow(0, digest, key, "{}", self.clock() + FITTED_MS))
        await self._publish(fitted.data, key)
        return key

    async def _publish(self, data: bytes, key: str) -> None:
        path = self.spool.new(".fitted")
        try:
            await asyncio.to_thread(path.write_bytes, data)
            await self.media.publish(path, key)
        finally:
            self.spool.drop(path)

    async def _spooled(self, outcome: Outcome, *, paid: bool) -> Outcome:
        if not isinstance(outcome, Finished) or not any(output.data for output in outcome.outputs):
            return outcome
        outputs = [await self._spool_one(output, paid) for output in outcome.outputs]
        return replace(outcome, outputs=tuple(outputs))

    async def _spool_one(self, output: Output, paid: bool) -> Output:
        if not output.data:
            return output
        path = self.spool.new(f".{EXTENSIONS.get(output.content_type, 'bin')}")
        await asyncio.to_thread(path.write_bytes, output.data)
        if paid and self.shared:
            await self._copy_for_others(path)
        return replace(output, data=b"", spool=path.name)

    async def _copy_for_others(self, path: Path) -> None:
        """Publish paid bytes before anybody hears of them, so that they outlive this machine."""
        try:
            await self.media.publish(path, SPOOLED.format(path.name))
        except OSError as error:  # they are on our disk all the same
            log.warning("paid bytes are on this machine alone", spool=path.name, reason=str(error))


def facts_of(inputs: tuple[InputFacts, ...], n: int) -> InputFacts:
    """Return the facts of input `n`, which a flow may only name if it is there."""
    return next(facts for facts in inputs if facts.n == n)


def fits(facts: InputFacts, limits: PictureLimits) -> bool:
    """Return whether an input is within an upstream's limits as it is."""
    return (
        (not limits.max_bytes or facts.size <= limits.max_bytes)
        and (not limits.max_side or max(facts.width, facts.height) <= limits.max_side)
        and (not limits.formats or facts.content_type in limits.formats)
    )


def percent(job: RenderJob, done: int, total: int) -> int:
    """Return the whole task's percentage when `done` of `total` steps of one of its jobs are done."""
    share = done / max(total, 1)
    return int(100 * (job.index + share) / max(job.siblings, 1))

"""A whole engine on a temporary directory, stepped by hand: real store, real media, scripted upstream."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from genmux.domain import catalog
from genmux.domain.spec import GenerationSpec, Kind, ModelRef
from genmux.domain.states import TaskState
from genmux.engine.channels import Channel, Router
from genmux.engine.dispatch import Dispatcher
from genmux.engine.fleet import Fleet
from genmux.engine.inputs import InputDesk, InputLimits
from genmux.engine.janitor import Janitor
from genmux.engine.joined import EngineRules, Loops, Outside, join_loops
from genmux.engine.ports import MediaFacts, TaskDetail, WorkerDied
from genmux.engine.service import Caller, Draft, ServiceRules, TaskService
from genmux.engine.submits import SubmitDesk
from genmux.media.checks import check_image, verify_file
from genmux.media.fitting import fit_image
from genmux.media.spool import DiskSpool
from genmux.media.steps import StepOrder, perform_step
from genmux.media.storage import OpendalStore
from genmux.net.guard import check_url
from genmux.pool.worker import opener
from genmux.providers.seam import (
    Account,
    InputBytes,
    PictureLimits,
    Provider,
    RenderJob,
    RenderReply,
    StepJob,
)
from genmux.store.sqlite import SqliteStore
from genmux.testing.scripted import ScriptedNet, ScriptedUpstream, tiny_png

OPERATOR = Caller(tenant_id=1, operator=True)


@dataclass(slots=True)
class FrozenClock:
    """A clock that moves only when it is told to; milliseconds since the epoch."""

    now: int = 1_795_000_000_000

    def __call__(self) -> int:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self.now += int(seconds * 1000)


@dataclass(slots=True)
class InlinePool:
    """The `Pool` port in this very process: real checks, and a render that is one grey picture.

    A prompt with the word `deadly` kills the worker every time, `deadly-once` the first time.
    """

    spool: DiskSpool
    deaths: int = 0

    async def render(
        self, job: RenderJob, inputs: Sequence[tuple[str, bytes]], on_progress: Callable[[int, int], None]
    ) -> RenderReply:
        """Write a grey picture."""
        words = job.prompt.split()
        if "deadly" in words or ("deadly-once" in words and not self.deaths):
            self.deaths += 1
            raise WorkerDied("out of memory")
        on_progress(1, 2)
        path = self.spool.new(".png")
        path.write_bytes(tiny_png(job.width, job.height))
        on_progress(2, 2)
        return RenderReply(path.name, "image/png", (), "text_to_image", ())

    async def step(
        self, job: StepJob, inputs: Sequence[Path], on_progress: Callable[[int, int], None]
    ) -> RenderReply:
        """Do a step as a worker would."""
        path = self.spool.new("")
        order = StepOrder(job.step, job.kind, job.size, job.resolution, job.sound, job.image_format)
        try:
            with path.open("w+b") as out:
                report = perform_step(order, [opener(name) for name in inputs], out, on_progress)
        except BaseException:
            self.spool.drop(path)
            raise
        return RenderReply(path.name, report.content_type, (), job.step, report.notes)

    async def check_image(self, data: bytes, max_pixels: int) -> tuple[MediaFacts, bytes]:
        """Check as a worker would."""
        return check_image(data, max_pixels)

    async def fit_image(self, data: bytes, limits: PictureLimits) -> InputBytes:
        """Fit as a worker would."""
        return fit_image(data, limits)

    async def check_film(self, path: Path) -> MediaFacts:
        """Check as a worker would."""
        return verify_file(BytesIO(path.read_bytes()), Kind.VIDEO)

    async def verify(self, path: Path, kind: str) -> MediaFacts:
        """Verify as a worker would."""
        return verify_file(BytesIO(path.read_bytes()), kind)

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(slots=True)
class TableStaging:
    """The `Staging` port with invented URLs, or with none where `base` is empty."""

    base: str = ""

    @property
    def available(self) -> bool:
        """Whether there are URLs to give."""
        return bool(self.base)

    async def url(self, media_key: str) -> str:
        """Return the invented URL of an input."""
        return f"{self.base}/{media_key}"


@dataclass(slots=True)
class TableCredentials:
    """The `Credentials` port over a dictionary."""

    table: dict[str, dict[str, str]] = field(default_factory=dict)

    async def get(self, credential_id: str) -> dict[str, str] | None:
        """Return the parts kept under an id."""
        return self.table.get(credential_id)


class NoOwnUrls:
    """Recognises no URL as ours."""

    def recognise(self, url: str) -> tuple[bytes, int] | None:
        """Return None."""
        return None


@dataclass(slots=True)
class Harness:
    """Every loop of the engine over one directory; `settle` runs them until nothing moves."""

    directory: Path
    store: SqliteStore
    clock: FrozenClock
    upstream: ScriptedUpstream
    net: ScriptedNet
    pool: InlinePool
    media: OpendalStore
    service: TaskService
    loops: Loops
    credentials: TableCredentials
    staging: TableStaging
    moves: list[tuple[TaskState, int]] = field(default_factory=list)

    @classmethod
    async def open(
        cls,
        directory: Path,
        *,
        provider: Provider,
        slots: int = 8,
        channels: Callable[[Channel], Sequence[Channel]] | None = None,
        clock: FrozenClock | None = None,
        ledger: Path | None = None,
        validation: str = "off",
        on_unknown: str = "hold",
        fleet: Fleet | None = None,
    ) -> Harness:
        """Open (or reopen) an engine with one channel of `provider` that serves every model.

        `channels` is given that channel and returns those to use instead. With a `fleet` it is one engine
        of several; the others are `beside` it.
        """
        clock = clock or FrozenClock()
        store = SqliteStore(directory / "engine.sqlite3", clock=clock)
        await store.open()
        row = await store.put_channel("scripted", "scripted", "{}", enabled=True)
        channel = Channel(
            id=row.id,
            name=row.name,
            provider=provider,
            account=Account(channel=row.name, provider=provider.name),
            slots=slots,
            on_unknown=on_unknown,
        )
        routed = (channel,) if channels is None else channels(channel)
        return cls._join(directory, store, clock, routed, ScriptedUpstream(ledger), validation, fleet)

    def beside(self, directory: Path, fleet: Fleet) -> Harness:
        """Return another engine on the same store and media, with a spool of its own."""
        channels = self.service.router.channels
        return self._join(
            directory, self.store, self.clock, channels, self.upstream, "off", fleet, self.media
        )

    @classmethod
    def _join(
        cls,
        directory: Path,
        store: SqliteStore,
        clock: FrozenClock,
        channels: Sequence[Channel],
        upstream: ScriptedUpstream,
        validation: str,
        fleet: Fleet | None = None,
        media: OpendalStore | None = None,
    ) -> Harness:
        moves: list[tuple[TaskState, int]] = []

        def note(state: TaskState, seq: int) -> None:
            moves.append((state, seq))

        net = ScriptedNet(upstream)
        spool = DiskSpool(directory / "spool")
        pool = InlinePool(spool)
        media = media or OpendalStore(directory / "media", {"bucket": directory / "bucket"})
        credentials, staging = TableCredentials(), TableStaging()
        outside = Outside(store, media, pool, net, spool, staging, credentials, clock)
        inputs = InputDesk(
            store=store,
            media=media,
            pool=pool,
            spool=spool,
            own_urls=NoOwnUrls(),
            check_url=check_url,
            limits=InputLimits(),
        )
        service = TaskService(
            store=store,
            media=media,
            inputs=inputs,
            catalogue=catalog.builtin(),
            router=Router(channels, {c.provider.name: c.provider for c in channels}),
            staging=staging,
            clock=clock,
            rules=ServiceRules(
                validation=validation,
                defaults={
                    Kind.IMAGE: ModelRef("Hunyuan", "3.0"),
                    Kind.VIDEO: ModelRef("Kling", "3.0"),
                },
            ),
        )
        rules = EngineRules(validation=validation)
        loops = join_loops(outside, service.router, service.catalogue, inputs, rules, note, fleet)
        return cls(
            directory=directory,
            store=store,
            clock=clock,
            upstream=upstream,
            net=net,
            pool=pool,
            media=media,
            service=service,
            loops=loops,
            credentials=credentials,
            staging=staging,
            moves=moves,
        )

    @property
    def submits(self) -> SubmitDesk:
        """The attempts in flight."""
        return self.loops.submits

    @property
    def dispatcher(self) -> Dispatcher:
        """The dispatch loop."""
        return self.loops.dispatcher

    @property
    def janitor(self) -> Janitor:
        """The janitor."""
        return self.loops.janitor

    async def close(self) -> None:
        """Close the store."""
        await self.store.close()

    async def create(self, prompt: str, *, tenant: int = 1, priority: int = 0, **fields: object) -> bytes:
        """Create an image task and return its id."""
        spec = GenerationSpec(kind=Kind.IMAGE, prompt=prompt, **fields)  # type: ignore[arg-type]
        draft = Draft(wire="rest", surface="rest", spec=spec, priority=priority)
        return (await self.service.create(Caller(tenant), draft)).task_id

    async def step(self) -> int:
        """Run every loop once and wait for the submits it started; return how much was done."""
        done = await self.loops.fetcher.step()
        done += await self.loops.dispatcher.step()
        await self.flown()
        done += await self.loops.newsroom.step()
        done += await self.polled()
        done += await self.loops.collector.step()
        await self.loops.collector.crew.rest()
        done += await self.loops.abandoned.step()
        return done

    async def polled(self) -> int:
        """Run the poll loop once and wait for its polls; return how many there were."""
        done = await self.loops.poller.step()
        await self.loops.poller.crew.rest()
        return done

    async def flown(self) -> None:
        """Wait until no submit is in flight."""
        while flights := [f.task for f in self.submits.flights.values() if f.task is not None]:
            for task in flights:
                await task

    async def settle(self, *, quiet_seconds: int = 12) -> None:
        """Step through frozen time until nothing has happened for `quiet_seconds` of it."""
        quiet = 0
        while quiet < quiet_seconds:
            quiet = 0 if await self.step() else quiet + 2
            self.clock.advance(2)

    async def detail(self, task_id: bytes) -> TaskDetail:
        """Return everything of a task."""
        return await self.service.detail(OPERATOR, task_id)

    async def state(self, task_id: bytes) -> TaskState:
        """Return where a task stands."""
        return (await self.detail(task_id)).task.state

"""How long pictures and films of the showcase take one warm worker, and what it holds in memory."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np

from bench import machine
from bench.table import print_table
from genmux.domain.spec import Kind
from genmux.pool.scratch import Scratch, plain_job, scratch
from genmux.providers.seam import RenderJob
from genmux.render.audio import SAMPLE_RATE
from genmux.render.encode import encode_film
from genmux.render.order import FPS
from genmux.render.sheet import moments
from genmux.render.showcase import Shown, showcase

SECONDS: Final = 5.0
ROUNDS: Final = 1
HD: Final = (1280, 720)
FULL_HD: Final = (1920, 1080)
UHD: Final = (3840, 2160)
LONGEST_SECONDS: Final = 600.0
MEMORY_MB: Final = 3072
SCENES_HEAD: Final = ("scene", "720p film s", "CPU s", "1080p film s", "720p still s", "4K still s")
SUMMARY_HEAD: Final = ("what", "measured", "goal", "encoding alone", "ratio")
MEMORY_HEAD: Final = ("work", "peak MB", "goal MB")


@dataclass(frozen=True, slots=True)
class Made:
    """What one render took: seconds on the clock, CPU seconds of the worker, its peak memory, the file."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    data: bytes


class Bench:
    """One warm worker, asked for one thing after the other."""

    def __init__(self, worker: Scratch, seconds: float) -> None:
        self._worker = worker
        self.frames = max(1, round(seconds * FPS))

    async def still(self, shown: Shown, size: tuple[int, int]) -> Made:
        """Make a PNG of a scene."""
        return await self._make(plain_job(Kind.IMAGE, shown.prompt, shown.seed, size, mark=True))

    async def film(self, shown: Shown, size: tuple[int, int], **inputs: bytes) -> Made:
        """Make a film with sound, of a scene or of pictures given by their roles."""
        job = plain_job(Kind.VIDEO, shown.prompt, shown.seed, size, frames=self.frames, audio=True, mark=True)
        return await self._make(job, tuple(inputs.items()))

    async def _make(self, job: RenderJob, inputs: Sequence[tuple[str, bytes]] = ()) -> Made:
        before, began = self._cpu(), time.perf_counter()
        data = await self._worker.render(job, inputs)
        return Made(time.perf_counter() - began, self._cpu() - before, self._peak(), data)

    def _cpu(self) -> float:
        return sum(machine.cpu_seconds(pid) or 0.0 for pid in self._worker.pids())

    def _peak(self) -> float:
        return max((machine.peak_mb(pid) for pid in self._worker.pids()), default=0.0)


@asynccontextmanager
async def one_worker(directory: Path, seconds: float) -> AsyncIterator[Bench]:
    """Yield a bench with a fresh worker."""
    async with scratch(
        render_workers=1, memory_mb=MEMORY_MB, job_seconds=LONGEST_SECONDS, directory=directory
    ) as worker:
        yield Bench(worker, seconds)


def encoding_seconds(size: tuple[int, int], frames: int) -> float:
    """Return how long the same encoder takes for a moving texture with noise and sound, nothing drawn."""
    rng = np.random.default_rng(1)
    width, height = size
    ramp = np.add.outer(np.arange(height + frames), np.arange(width)) % 255
    tall = np.repeat(ramp[..., None], 4, axis=2).astype(np.uint8) // 2
    tall += rng.integers(0, 4, tall.shape, np.uint8)
    sound = rng.normal(0, 0.1, (2, round(frames / FPS * SAMPLE_RATE))).astype(np.float32)
    canvases = [np.ascontiguousarray(tall[n : n + height]) for n in range(min(frames, 12))]
    began = time.perf_counter()
    moving = (canvases[n % len(canvases)] for n in range(frames))
    encode_film(moving, frames, size, sound, "{}", (), io.BytesIO(), lambda done: None)
    return time.perf_counter() - began


@dataclass(slots=True)
class Times:
    """What was measured so far, in seconds, by scene or by mode."""

    films: dict[str, list[float]]
    cpu: dict[str, list[float]]
    full_films: dict[str, list[float]]
    stills: dict[str, list[float]]
    large_stills: dict[str, list[float]]
    modes: dict[str, list[float]]


async def _measure(seconds: float, rounds: int, directory: Path, scenes: Sequence[Shown]) -> None:
    times = Times({}, {}, {}, {}, {}, {})
    async with one_worker(directory, seconds) as small:
        await small.film(replace(scenes[0], prompt="warm up"), HD)
        for _ in range(rounds):
            peak = await _round(small, scenes, times)
    large_peak = await _large(directory, seconds, scenes, times)
    _print(times, scenes, small.frames)
    print_table(
        f"Peak memory of the worker ({machine.PEAK})",
        MEMORY_HEAD,
        (
            ("films and stills to 1080p", f"{peak:.0f}", "600"),
            ("stills at 4K, then a 4K film", f"{large_peak:.0f}", "1200"),
        ),
    )


async def _round(bench: Bench, scenes: Sequence[Shown], times: Times) -> float:
    """Measure everything up to 1080p once; return the peak so far."""
    peak = 0.0
    for shown in scenes:
        still = await bench.still(shown, HD)
        film = await bench.film(shown, HD)
        full = await bench.film(shown, FULL_HD)
        _note(times.stills, shown.name, still.seconds)
        _note(times.films, shown.name, film.seconds)
        _note(times.cpu, shown.name, film.cpu_seconds)
        _note(times.full_films, shown.name, full.seconds)
        peak = max(peak, full.peak_mb)
    for name, make in _modes(bench, scenes):
        _note(times.modes, name, (await make()).seconds)
    return peak


def _note(times: dict[str, list[float]], name: str, seconds: float) -> None:
    times.setdefault(name, []).append(seconds)


def _modes(bench: Bench, scenes: Sequence[Shown]) -> list[tuple[str, Callable[[], Awaitable[Made]]]]:
    shown = scenes[0]

    async def from_first() -> Made:
        picture = await bench.still(shown, HD)
        return await bench.film(shown, HD, first_frame=picture.data)

    async def related() -> Made:
        picture = await bench.still(shown, HD)
        film = await bench.film(shown, HD, first_frame=picture.data)
        return await bench.film(shown, HD, first_frame=picture.data, last_frame=moments(film.data, 2)[-1])

    async def unrelated() -> Made:
        pictures = [await bench.still(s, HD) for s in (shown, scenes[-1])]
        return await bench.film(shown, HD, first_frame=pictures[0].data, last_frame=pictures[1].data)

    async def of_reference() -> Made:
        picture = await bench.still(scenes[-1], HD)
        return await bench.film(shown, HD, reference=picture.data)

    return [
        ("first frame to film", from_first),
        ("first and last frame, related", related),
        ("first and last frame, unrelated", unrelated),
        ("reference to film", of_reference),
    ]


async def _large(directory: Path, seconds: float, scenes: Sequence[Shown], times: Times) -> float:
    """Measure 4K with a fresh worker; return its peak."""
    async with one_worker(directory, min(seconds, 1.0)) as bench:
        await bench.still(replace(scenes[0], prompt="warm up"), HD)
        for shown in scenes:
            made = await bench.still(shown, UHD)
            _note(times.large_stills, shown.name, made.seconds)
        return (await bench.film(scenes[0], UHD)).peak_mb


def _print(times: Times, scenes: Sequence[Shown], frames: int) -> None:
    columns = (times.films, times.cpu, times.full_films, times.stills, times.large_stills)
    rows = [(s.name, *(f"{median(column[s.name]):.2f}" for column in columns)) for s in scenes]
    print_table(f"Scenes, films of {frames / FPS:.1f} s with sound", SCENES_HEAD, rows)
    floor, full_floor = encoding_seconds(HD, frames), encoding_seconds(FULL_HD, frames)
    films, stills, full = (_medians(column) for column in (times.films, times.stills, times.full_films))
    summary = [
        _row("720p film, median", median(films.values()), 3.0, floor),
        _row(f"720p film, slowest ({_slowest(films)})", max(films.values()), 4.5, floor),
        _row("1080p film, median", median(full.values()), 6.0, full_floor),
        *(_row(name, median(values), 2.0, floor) for name, values in times.modes.items()),
        _row("720p still, median", median(stills.values()), 0.8, None),
        _row(f"720p still, slowest ({_slowest(stills)})", max(stills.values()), 2.0, None),
    ]
    print_table(f"Rendering, films of {frames / FPS:.1f} s with sound", SUMMARY_HEAD, summary)


def _medians(column: dict[str, list[float]]) -> dict[str, float]:
    return {name: median(values) for name, values in column.items()}


def _slowest(column: dict[str, float]) -> str:
    return max(column, key=lambda name: column[name])


def _row(name: str, seconds: float, goal: float, floor: float | None) -> tuple[str, ...]:
    beside = ("", "") if floor is None else (f"{floor:.2f} s", f"{seconds / floor:.1f}")
    return (name, f"{seconds:.2f} s", f"{goal} s", *beside)


def measure(
    seconds: float | None, rounds: int, directory: Path, scenes: Sequence[Shown] | None = None
) -> None:
    """Print the tables; films are `seconds` long.

    The floor is the encoder alone, on a texture of the same size and length.
    """
    asyncio.run(_measure(SECONDS if seconds is None else seconds, rounds, directory, scenes or showcase()))

"""The pool on real processes whose jobs go wrong in every way we know of."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image

from genmux.domain.spec import Kind, Step
from genmux.engine.ports import MediaRefused, WorkerDied
from genmux.media.spool import DiskSpool
from genmux.pool import JobFailed, WorkerPool
from genmux.pool.lane import PoolClosed
from genmux.pool.worker import out_of_memory
from genmux.providers.seam import InputBytes, PictureLimits, RenderJob, RenderReply, StepJob

ODD = (sys.executable, "-P", str(Path(__file__).with_name("odd_worker.py")))
MEGABYTE = 1 << 20

MakePool = Callable[..., WorkerPool]


def out_of_memory_errors() -> list[BaseException]:
    return [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("OpenCV(5.0.0) alloc.cpp: error: (-4:Insufficient memory) Failed to allocate"),
    ]


def job(prompt: str, kind: Kind = Kind.IMAGE) -> RenderJob:
    return RenderJob(kind, prompt, "", 7, 0, 64, 48, 24, False, "png", True, "label")


def ignore(_done: int, _total: int) -> None:
    pass


@pytest.fixture
def spool(tmp_path: Path) -> DiskSpool:
    return DiskSpool(tmp_path / "spool")


@pytest.fixture
async def make_pool(spool: DiskSpool) -> AsyncIterator[MakePool]:
    pools = []

    def make(workers: int = 1, job_seconds: float = 20, idle_seconds: float = 60) -> WorkerPool:
        pool = WorkerPool(
            spool,
            render_workers=workers,
            memory_bytes=400 * MEGABYTE,
            job_seconds=job_seconds,
            idle_seconds=idle_seconds,
            command=ODD,
        )
        pools.append(pool)
        return pool

    yield make
    for pool in pools:
        pids = pool.pids()
        await pool.close()
        assert not alive(pids)
        assert not pool.pids()


def alive(pids: frozenset[int]) -> frozenset[int]:
    return frozenset(pid for pid in pids if is_alive(pid))


def is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        with contextlib.suppress(OSError):
            os.kill(pid, 0)
            return sys.platform != "linux"
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


async def until(claim: Callable[[], bool], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not claim():  # noqa: ASYNC110  another process's end sends no signal to a test
            await asyncio.sleep(0.01)


def left(spool: DiskSpool) -> list[str]:
    return sorted(path.name for path in spool.new("").parent.iterdir())


def pid_of(reply: RenderReply) -> int:
    return int(reply.notes[0])


async def test_a_render_ends_in_a_spool_file(make_pool: MakePool, spool: DiskSpool) -> None:
    reply = await make_pool().render(job("plain"), (), ignore)
    path = spool.resolve(reply.spool)
    assert path.read_bytes() == b"made: plain"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.suffix == ".png"
    assert (reply.content_type, reply.understood, reply.mode) == ("text/plain", ("plain",), "odd")


async def test_orders_and_inputs_arrive_whole(make_pool: MakePool) -> None:
    pool = make_pool()
    big = os.urandom(9 * MEGABYTE)
    reply = await pool.render(job("inputs"), (("first_frame", big), ("style", b"x")), ignore)
    assert reply.notes == (f"first_frame {sha256(big).hexdigest()}", f"style {sha256(b'x').hexdigest()}")
    reply = await pool.render(job("order", Kind.VIDEO), (), ignore)
    assert "kind=video" in reply.notes
    assert "label=label" in reply.notes
    assert Path(reply.spool).suffix == ".mp4"


async def test_a_warm_worker_is_used_again(make_pool: MakePool) -> None:
    pool = make_pool(workers=3)
    assert not pool.pids()
    first = await pool.render(job("plain"), (), ignore)
    second = await pool.render(job("plain"), (), ignore)
    assert pid_of(first) == pid_of(second)
    assert pool.pids() == {pid_of(first)}


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("die", "signal 9"),
        ("exit", "code 3"),
        (f"eat {600 * MEGABYTE}", "out of memory"),
    ],
)
async def test_a_dead_worker_takes_only_its_own_job(
    make_pool: MakePool, spool: DiskSpool, prompt: str, words: str
) -> None:
    pool = make_pool(workers=2)
    neighbour = asyncio.create_task(pool.render(job("slow 60"), (), ignore))
    with pytest.raises(WorkerDied, match=words):
        await pool.render(job(prompt), (), ignore)
    kept = {(await neighbour).spool, (await pool.render(job("plain"), (), ignore)).spool}
    assert set(left(spool)) == kept


async def test_memory_below_the_limit_is_there(make_pool: MakePool) -> None:
    await make_pool().render(job(f"eat {200 * MEGABYTE}"), (), ignore)


async def test_a_job_that_raises_leaves_its_worker_alive(make_pool: MakePool, spool: DiskSpool) -> None:
    pool = make_pool()
    before = pid_of(await pool.render(job("plain"), (), ignore))
    with pytest.raises(JobFailed, match="LookupError: no such scene"):
        await pool.render(job("raise"), (), ignore)
    assert pid_of(await pool.render(job("plain"), (), ignore)) == before
    assert len(left(spool)) == 2


async def test_a_job_over_its_time_is_ended(make_pool: MakePool, spool: DiskSpool) -> None:
    pool = make_pool(job_seconds=1.0)
    with pytest.raises(WorkerDied, match="more than 1 s"):
        await pool.render(job("deaf"), (), ignore)
    await pool.render(job("plain"), (), ignore)
    assert len(left(spool)) == 1


async def started(pool: WorkerPool, prompt: str) -> asyncio.Task[RenderReply]:
    first_report = asyncio.Event()
    rendering = asyncio.create_task(pool.render(job(prompt), (), lambda *_: first_report.set()))
    await asyncio.wait_for(first_report.wait(), 10)
    return rendering


async def test_cancelling_stops_a_listening_job_and_keeps_its_worker(
    make_pool: MakePool, spool: DiskSpool
) -> None:
    pool = make_pool()
    rendering = await started(pool, "slow 6000")
    pids = pool.pids()
    rendering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await rendering
    assert left(spool) == []
    assert pid_of(await pool.render(job("plain"), (), ignore)) in pids


async def test_cancelling_kills_a_deaf_job(make_pool: MakePool, spool: DiskSpool) -> None:
    pool = make_pool()
    rendering = await started(pool, "deaf")
    pids = pool.pids()
    rendering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(asyncio.shield(rendering), 3)
    assert left(spool) == []
    assert pid_of(await pool.render(job("plain"), (), ignore)) not in pids


async def test_cancelling_twice_does_not_wait(make_pool: MakePool, spool: DiskSpool) -> None:
    pool = make_pool()
    rendering = await started(pool, "deaf")
    began = time.monotonic()
    rendering.cancel()
    await asyncio.sleep(0.05)
    rendering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await rendering
    assert time.monotonic() - began < 0.95
    assert left(spool) == []


async def test_cancelling_while_the_worker_starts_or_the_job_queues(
    make_pool: MakePool, spool: DiskSpool
) -> None:
    pool = make_pool()
    renders = [asyncio.create_task(pool.render(job("plain"), (), ignore)) for _ in range(3)]
    await asyncio.sleep(0)
    for rendering in renders:
        rendering.cancel()
    assert all(isinstance(end, asyncio.CancelledError) for end in await wait_for_all(renders))
    assert left(spool) == []
    await pool.render(job("plain"), (), ignore)


async def wait_for_all(tasks: list[asyncio.Task[RenderReply]]) -> list[RenderReply | BaseException]:
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_progress_is_told_at_most_ten_times_a_second(make_pool: MakePool) -> None:
    told: list[tuple[int, int]] = []
    pool = make_pool()
    for prompt in ("slow 50", "many"):
        told.clear()
        began = time.monotonic()
        await pool.render(job(prompt), (), lambda done, total: told.append((done, total)))
        assert 1 <= len(told) <= 10 * (time.monotonic() - began) + 2
        assert told == sorted(told)


async def test_a_progress_callback_that_raises_stops_the_job(make_pool: MakePool, spool: DiskSpool) -> None:
    def complain(_done: int, _total: int) -> None:
        raise ZeroDivisionError

    pool = make_pool()
    with pytest.raises(ZeroDivisionError):
        await pool.render(job("slow 6000"), (), complain)
    assert left(spool) == []
    await pool.render(job("plain"), (), ignore)


async def test_stray_prints_do_not_reach_the_pipe(make_pool: MakePool) -> None:
    pool = make_pool()
    first = await pool.render(job("print"), (), ignore)
    assert pid_of(await pool.render(job("plain"), (), ignore)) == pid_of(first)


async def test_idle_workers_end(make_pool: MakePool) -> None:
    pool = make_pool(workers=2, idle_seconds=0.2)
    renders = [await started(pool, "slow 6000") for _ in range(2)]
    checked, _ = await pool.check_image(b"fine", 10)
    pids = pool.pids() | {checked.probe["pid"]}
    assert len(pids) == 3
    for rendering in renders:
        rendering.cancel()
    await asyncio.wait(renders)
    assert len(alive(pids)) >= 2  # they were stopped, not ended
    await until(lambda: not alive(pids))
    assert not pool.pids()
    await pool.render(job("plain"), (), ignore)


async def test_a_worker_that_died_idle_is_replaced(make_pool: MakePool) -> None:
    pool = make_pool()
    victim = pid_of(await pool.render(job("plain"), (), ignore))
    os.kill(victim, signal.SIGKILL)
    await until(lambda: not pool.pids())
    assert pid_of(await pool.render(job("plain"), (), ignore)) != victim


async def test_group_signals_do_not_end_workers(make_pool: MakePool) -> None:
    pool = make_pool()
    rendering = await started(pool, "slow 30")
    (pid,) = pool.pids()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(pid, number)
    assert pid_of(await rendering) == pid
    session, niceness = (await pool.render(job("session"), (), ignore)).notes
    assert int(session) == pid
    assert int(niceness) >= 5


async def test_workers_see_no_secret_of_ours(make_pool: MakePool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENMUX_MASTER_KEY", "secret")
    monkeypatch.setenv("TENCENTCLOUD_SECRET_KEY", "secret")
    reply = await make_pool().render(job("environment"), (), ignore)
    assert "PATH" in reply.notes
    assert not [name for name in reply.notes if "SECRET" in name or "KEY" in name]


async def test_checks_run_in_order_and_do_not_queue_behind_renders(make_pool: MakePool) -> None:
    pool = make_pool()
    rendering = await started(pool, "slow 6000")
    ended: list[int] = []

    async def check(n: int) -> None:
        await pool.check_image(b"sleep" if n == 0 else b"fine", 10)
        ended.append(n)

    await asyncio.gather(*(check(n) for n in range(6)))
    assert ended == [0, 1, 2, 3, 4, 5]
    assert not rendering.done()
    rendering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await rendering


async def test_a_film_that_is_looked_at_keeps_no_picture_waiting(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool()
    film = tmp_path / "film"
    film.write_bytes(b"frames")
    rendering = await started(pool, "slow 6000")
    looking = asyncio.create_task(pool.check_film(film))
    await pool.check_image(b"fine", 10)
    assert not looking.done()
    rendering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await rendering
    assert (await looking).frames == 36


async def test_what_is_the_films_fault_and_what_is_not(make_pool: MakePool, tmp_path: Path) -> None:
    pool, film = make_pool(), tmp_path / "film"
    film.write_bytes(b"crash")
    for path in (film, tmp_path / "nothing"):
        with pytest.raises(MediaRefused, match="gave up on it"):
            await pool.check_film(path)
    await pool.close()
    with pytest.raises(PoolClosed):
        await pool.check_film(film)


async def test_check_gives_back_the_very_bytes_or_the_turned_ones(make_pool: MakePool) -> None:
    pool = make_pool()
    data = b"fine"
    facts, kept = await pool.check_image(data, 10)
    assert kept is data
    assert (facts.width, facts.height, facts.size, facts.sha256) == (1, 2, 4, sha256(data).digest())
    assert (await pool.check_image(b"turn", 10))[1] == b"turned"


async def test_a_refusal_keeps_its_code(make_pool: MakePool) -> None:
    with pytest.raises(MediaRefused, match="wrong kind") as refused:
        await make_pool().check_image(b"refuse", 10)
    assert refused.value.code == "wrong_type"


async def test_a_picture_that_kills_two_workers_is_refused(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool()
    with pytest.raises(MediaRefused) as refused:
        await pool.check_image(b"crash", 10)
    assert refused.value.code == "not_decodable"
    await pool.check_image(f"crash once {tmp_path / 'marker'}".encode(), 10)


async def test_verify_reads_the_file_in_the_worker(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool()
    result = tmp_path / "result"
    result.write_bytes(b"frames")
    facts = await pool.verify(result, "video")
    assert (facts.size, facts.seconds, facts.frames, facts.audio) == (6, 1.5, 36, True)
    assert facts.probe == {"kind": "video"}
    result.write_bytes(b"crash")
    with pytest.raises(WorkerDied, match="signal 11"):
        await pool.verify(result, "video")
    with pytest.raises(JobFailed, match="FileNotFoundError"):
        await pool.verify(tmp_path / "nothing", "video")


async def test_close_ends_everything_and_nothing_begins_after_it(
    make_pool: MakePool, spool: DiskSpool
) -> None:
    pool = make_pool()
    running = await started(pool, "deaf")
    queued = asyncio.create_task(pool.render(job("plain"), (), ignore))
    checking = asyncio.create_task(pool.check_image(b"sleep", 10))
    await until(lambda: len(pool.pids()) == 2)
    pids = pool.pids()
    await pool.close()
    assert not alive(pids)
    ends = await asyncio.gather(running, queued, checking, return_exceptions=True)
    assert [isinstance(end, WorkerDied) for end in ends] == [True, True, True]
    assert left(spool) == []
    for call in (pool.render(job("plain"), (), ignore), pool.check_image(b"fine", 10)):
        await refused_as_closed(call)
    await pool.close()


async def refused_as_closed(call: Awaitable[object]) -> None:
    with pytest.raises(WorkerDied, match="closed"):
        await call


async def test_closing_while_a_worker_starts(make_pool: MakePool) -> None:
    pool = make_pool()
    rendering = asyncio.create_task(pool.render(job("deaf"), (), ignore))
    await asyncio.sleep(0)
    await asyncio.wait_for(pool.close(), 5)
    with pytest.raises(WorkerDied):
        await rendering


async def test_a_picture_is_fitted_in_a_worker(make_pool: MakePool) -> None:
    pool = make_pool()
    data, limits = b"large", PictureLimits(5, 6, ("image/png",))
    fitted = await pool.fit_image(data, limits)
    assert fitted == InputBytes(repr(limits).encode(), "text/plain", "made smaller")
    fits = b"fits"
    kept = await pool.fit_image(fits, limits)
    assert (kept.data is fits, kept.note) == (True, "")
    with pytest.raises(MediaRefused, match="cannot be small") as refused:
        await pool.fit_image(b"refuse", limits)
    assert refused.value.code == "too_large"
    with pytest.raises(MediaRefused, match="gave up on it"):
        await pool.fit_image(b"crash", limits)


async def test_a_step_works_on_local_files(make_pool: MakePool, spool: DiskSpool, tmp_path: Path) -> None:
    pool = make_pool()
    inputs = [tmp_path / "a", tmp_path / "b"]
    for path in inputs:
        path.write_text(path.name)
    ordered = StepJob(Step.CONCATENATE, Kind.VIDEO, ("a", "b"), (4, 2), None, False)
    told: list[tuple[int, int]] = []
    reply = await pool.step(ordered, inputs, lambda done, total: told.append((done, total)))
    assert spool.resolve(reply.spool).read_text() == "ab"
    assert Path(reply.spool).suffix == ".mp4"
    assert set(reply.notes) >= {"step=concatenate", "kind=video", "size=[4, 2]", "sound=False"}
    assert told == [(1, 1)]
    with pytest.raises(MediaRefused, match="nothing to work on"):
        await pool.step(ordered, [], ignore)
    assert left(spool) == [reply.spool]


async def test_the_real_worker_fits_pictures(spool: DiskSpool) -> None:
    pool = WorkerPool(spool, render_workers=1, memory_bytes=2 << 30, job_seconds=30)
    out = io.BytesIO()
    Image.new("RGB", (64, 32), (200, 30, 30)).save(out, "webp")
    fitted = await pool.fit_image(out.getvalue(), PictureLimits(max_side=32, formats=("image/jpeg",)))
    assert fitted.content_type == "image/jpeg"
    assert fitted.note == "scaled from 64x32 to 32x16 and converted from webp to jpeg"
    with pytest.raises(MediaRefused):
        await pool.fit_image(b"no picture", PictureLimits())
    await pool.close()


@pytest.mark.parametrize(
    "command", [("/nonexistent/python",), (sys.executable, "-c", "raise SystemExit(5)"), ("/bin/echo",)]
)
async def test_a_worker_that_cannot_start_is_no_fault_of_the_picture(
    spool: DiskSpool, command: tuple[str, ...]
) -> None:
    pool = WorkerPool(spool, render_workers=1, memory_bytes=1 << 30, job_seconds=5, command=command)
    with pytest.raises(WorkerDied, match="no worker could be started"):
        await pool.check_image(b"fine", 10)
    await pool.close()


@pytest.mark.parametrize("error", out_of_memory_errors())
def test_codecs_say_in_their_own_ways_that_memory_ran_out(error: BaseException) -> None:
    assert out_of_memory(error)
    assert not out_of_memory(ValueError("memory"))


def test_the_pool_runs_on_uvloop(spool: DiskSpool) -> None:
    uvloop = pytest.importorskip("uvloop")

    async def live_a_life() -> None:
        pool = WorkerPool(spool, render_workers=1, memory_bytes=1 << 30, job_seconds=20, command=ODD)
        first = pid_of(await pool.render(job("plain"), (), ignore))
        with pytest.raises(WorkerDied, match="signal 9"):
            await pool.render(job("die"), (), ignore)
        listening = await started(pool, "slow 6000")
        listening.cancel()
        deaf = asyncio.create_task(pool.render(job("deaf"), (), ignore))
        await asyncio.wait([listening])
        await asyncio.sleep(0.05)
        deaf.cancel()
        await asyncio.wait([deaf])
        assert listening.cancelled()
        assert deaf.cancelled()
        assert pid_of(await pool.render(job("plain"), (), ignore)) != first
        pids = pool.pids()
        await pool.close()
        assert not alive(pids)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(live_a_life())


async def test_the_built_in_tools(spool: DiskSpool) -> None:
    pool = WorkerPool(spool, render_workers=1, memory_bytes=2 << 30, job_seconds=50)
    told: list[tuple[int, int]] = []
    reply = await pool.render(job("a boat at sunset"), (), lambda *step: told.append(step))
    path = spool.resolve(reply.spool)
    facts = await pool.verify(path, "image")
    assert (facts.content_type, facts.width, facts.height) == ("image/png", 64, 48)
    assert reply.content_type == facts.content_type
    assert told
    data = path.read_bytes()
    checked, kept = await pool.check_image(data, 64 * 48)
    assert kept is data
    assert checked.sha256 == facts.sha256 == sha256(data).digest()
    with pytest.raises(MediaRefused) as refused:
        await pool.check_image(data, 64 * 48 - 1)
    assert refused.value.code == "too_many_pixels"
    role_and_data = (("style", data), ("first_frame", data))
    film = await pool.render(replace(job("waves", Kind.VIDEO), frames=3), role_and_data, ignore)
    assert (await pool.verify(spool.resolve(film.spool), "video")).frames == 3
    await pool.close()


async def test_a_picture_too_large_for_the_decoder_is_refused(spool: DiskSpool) -> None:
    pool = WorkerPool(spool, render_workers=1, memory_bytes=160 * MEGABYTE, job_seconds=20)
    picture = io.BytesIO()
    Image.new("RGBA", (8000, 6000)).save(picture, "png", compress_level=1)
    with pytest.raises(MediaRefused) as refused:
        await pool.check_image(picture.getvalue(), 1 << 30)
    assert refused.value.code == "not_decodable"
    await pool.close()


PARENT = """
    import asyncio, sys
    from pathlib import Path
    from genmux.domain.spec import Kind
    from genmux.media.spool import DiskSpool
    from genmux.pool import WorkerPool
    from genmux.providers.seam import RenderJob

    def job(prompt):
        return RenderJob(Kind.IMAGE, prompt, "", 7, 0, 64, 48, 24, False, "png", True, "label")

    async def main():
        pool = WorkerPool(DiskSpool(Path(sys.argv[1])), render_workers=2, memory_bytes=4 << 28,
                          job_seconds=60, command=sys.argv[2:])
        await pool.check_image(b"fine", 10)
        told = asyncio.Event()
        busy = asyncio.create_task(pool.render(job("deaf"), (), lambda *_: told.set()))
        await told.wait()
        print(*pool.pids(), flush=True)
        await busy

    asyncio.run(main())
"""


async def test_no_worker_outlives_a_killed_server(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", textwrap.dedent(PARENT), str(tmp_path), *ODD), stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    pids = frozenset(map(int, (await asyncio.wait_for(parent.stdout.readline(), 20)).split()))
    assert len(alive(pids)) == 2
    parent.kill()
    await parent.wait()
    await until(lambda: not alive(pids), 2)


@pytest.mark.parametrize("package", ["genmux.pool", "genmux.media", "genmux.net"])
def test_the_server_imports_no_codec(package: str) -> None:
    names = (
        "import sys, {}; print(*sorted({{'numpy', 'cv2', 'av', 'PIL', 'genmux.render'}} & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", names.format(package)], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == ""

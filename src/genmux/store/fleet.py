"""What processes on one database tell each other through it, apart from the tasks themselves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from sqlalchemy import case, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from genmux.engine.fleet import Marks, Permit, Role, ServerTime, WorkerRow
from genmux.store.compiled import Batch, Db, Sql, among, arg, given, greatest, least, sql
from genmux.store.directory import put_statement
from genmux.store.schema import (
    access_keys,
    channels,
    credentials,
    learnt,
    meta,
    pace,
    permits,
    tasks,
    tries,
    workers,
)
from genmux.store.writer import FIRST, Turn

T = TypeVar("T")

PACES: Final = 1
PERMITS: Final = 2
"""Turns in a transaction of rows that all processes want: late, so that they are held shortly."""

TRIPS: Final = 5
"""So often the clock is asked; the fastest answer says it best."""
FORGET_MS: Final = 60_000
"""A process that was silent for so long beyond its time is struck off the list."""

_CLOCK: Final = Sql.spelt(
    "SELECT (julianday('now') - 2440587.5) * 86400000.0",
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8",
)
_BEAT: Final = sql(put_statement(workers, "id", "role", "host", "started_at", "seen_at"))
_BURY: Final = sql(delete(workers).where(workers.c.seen_at < arg("long_dead")))
_LEAVE: Final = sql(delete(workers).where(workers.c.id == arg("wanted")))
_ALIVE: Final = sql(
    select(workers.c.id, workers.c.role, workers.c.host, workers.c.started_at, workers.c.seen_at)
    .where(workers.c.seen_at >= arg("dead_before"))
    .order_by(workers.c.started_at, workers.c.id)
)

_instants = upsert(pace).values(
    name=arg("paced"), interval_us=arg("spacing"), free_at_us=arg("now_us", "bigint") + arg("span", "bigint")
)
_RESERVE: Final = sql(
    _instants.on_conflict_do_update(
        index_elements=[pace.c.name],
        set_={
            "interval_us": _instants.excluded.interval_us,
            "free_at_us": greatest(pace.c.free_at_us, arg("now_us", "bigint")) + arg("span", "bigint"),
        },
    ).returning(pace.c.free_at_us)
)
_held = upsert(pace).values(name=arg("paced"), interval_us=arg("spacing"), free_at_us=arg("free"))
_HOLD: Final = sql(
    _held.on_conflict_do_update(
        index_elements=[pace.c.name],
        set_={"free_at_us": greatest(pace.c.free_at_us, _held.excluded.free_at_us)},
    )
)

_wish = upsert(permits).values(
    name=arg("of_name"), second=arg("of_second"), used=arg("first"), granted=arg("first")
)
_used = case((permits.c.second == _wish.excluded.second, permits.c.used), else_=0)
_left = greatest(least(arg("wanted", "int"), arg("most", "int") - _used), 0)
_PERMIT: Final = sql(
    _wish.on_conflict_do_update(
        index_elements=[permits.c.name],
        set_={"used": _used + _left, "granted": _left, "second": _wish.excluded.second},
    ).returning(permits.c.granted)
)

_seqs = given("seq")
_CANCELLED: Final = Batch(
    _seqs,
    select(tasks.c.seq)
    .select_from(_seqs.join(tasks, tasks.c.seq == _seqs.c.seq))
    .where(tasks.c.cancel_at.is_not(None)),
)

_REVOKED: Final = sql(select(func.count()).where(access_keys.c.revoked_at.is_not(None)))
_CHANNELS: Final = sql(
    select(
        channels.c.id, channels.c.name, channels.c.provider, channels.c.config, channels.c.enabled
    ).order_by(channels.c.id)
)
_SEALED: Final = sql(
    select(func.count(), func.coalesce(func.max(credentials.c.created_at), 0)).where(
        credentials.c.id >= "name:", credentials.c.id < "name;"
    )
)
_LEARNT_SINCE: Final = sql(
    select(learnt.c.name, learnt.c.data, learnt.c.updated_at)
    .where(learnt.c.updated_at > arg("since"))
    .order_by(learnt.c.updated_at)
)
_KEEP_META: Final = sql(
    upsert(meta).values(key=arg("of_key"), value=arg("of_value")).on_conflict_do_nothing()
)
_META: Final = sql(select(meta.c.value).where(meta.c.key == arg("of_key")))


_try = insert(tries).values(mark=arg("of_mark"), number=arg("of_number"), at=arg("now"))
_BEGIN_TRY: Final = sql(_try.returning(tries.c.id))
_SETTLE_TRY: Final = sql(update(tries).values(answer=arg("made")).where(tries.c.id == arg("of_id")))
_FORGET_TRY: Final = sql(delete(tries).where(tries.c.id == arg("of_id")))
_repeated = (
    select(tries.c.id)
    .where(tries.c.mark == arg("of_mark"), tries.c.number < arg("of_number"), tries.c.at >= arg("since"))
    .order_by(tries.c.number.desc(), tries.c.at.desc(), tries.c.id.desc())
    .limit(1)
)
_CLAIM_TRY: Final = sql(
    update(tries)
    .values(number=arg("of_number"), at=arg("now"))
    .where(among(tries.c.id, _repeated))
    .returning(tries.c.id, tries.c.answer)
)
_TRIED: Final = sql(select(tries.c.answer).where(tries.c.id == arg("of_id")))
_marked = (tries.c.mark == arg("of_mark"), tries.c.at >= arg("since"))
_ANSWER_TRIES: Final = sql(update(tries).values(answer=arg("made")).where(*_marked, tries.c.answer.is_(None)))
_TAKE_ANSWER: Final = sql(
    delete(tries).where(*_marked, tries.c.answer.is_not(None)).returning(tries.c.answer)
)
_OLD_TRIES: Final = sql(delete(tries).where(tries.c.at < arg("before")))
_OLD_PERMITS: Final = sql(delete(permits).where(permits.c.second < arg("before")))


def begin_try(db: Db, mark: bytes, number: int, now: int) -> int:
    """Remember a try; return its id."""
    values = {"of_mark": mark, "of_number": number, "now": now}
    made: int = db.execute(_BEGIN_TRY, values).fetchone()[0]
    return made


def tidy(db: Db, tries_before: int, permits_before_second: int) -> None:
    """Forget what is too old to matter."""
    db.execute(_OLD_TRIES, {"before": tries_before})
    db.execute(_OLD_PERMITS, {"before": permits_before_second})


def _row(db: Db, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    found = db.execute(statement, values).fetchall()
    return tuple(found[0]) if found else None


def _run(db: Db, statement: str, values: Mapping[str, Any]) -> None:
    db.execute(statement, values)


def clock_time(db: Db) -> ServerTime:
    """Return the database's clock, by the fastest of a few answers."""
    return min((_one_trip(db) for _ in range(TRIPS)), key=lambda told: told.round_trip_ms)


def _one_trip(db: Db) -> ServerTime:
    asked = time.monotonic_ns()
    told: float = db.execute(_CLOCK).fetchone()[0]
    heard = time.monotonic_ns()
    return ServerTime(told, (asked + heard) / 2_000_000, (heard - asked) / 1_000_000)


def alive(db: Db, dead_before: int) -> tuple[WorkerRow, ...]:
    """Return the processes that were seen since, the oldest first."""
    found = db.execute(_ALIVE, {"dead_before": dead_before}).fetchall()
    return tuple(WorkerRow(row[0], Role(row[1]), *row[2:]) for row in found)


def beat(db: Db, worker: WorkerRow, dead_before: int) -> tuple[WorkerRow, ...]:
    """Say that a process is alive, and strike off those that are long dead."""
    values = {name: getattr(worker, name) for name in ("id", "host", "started_at", "seen_at")}
    db.execute(_BEAT, {**values, "role": str(worker.role)})
    db.execute(_BURY, {"long_dead": dead_before - FORGET_MS})
    return alive(db, dead_before)


def reserve(db: Db, name: str, interval_us: int, wanted: int, now_us: int) -> int:
    """Take the next instants of a pace; return the first of them."""
    span = wanted * interval_us
    values = {"paced": name, "spacing": interval_us, "now_us": now_us, "span": span}
    free_at: int = db.execute(_RESERVE, values).fetchone()[0]
    return free_at - span


def permit(db: Db, wishes: Sequence[Permit]) -> list[int]:
    """Count calls into their seconds; the rows are touched in the order of their names."""
    granted: dict[int, int] = {}
    for place in sorted(range(len(wishes)), key=lambda place: wishes[place].name):
        wish = wishes[place]
        values = {
            "of_name": wish.name,
            "of_second": wish.second,
            "first": min(wish.wanted, wish.limit),
            "wanted": wish.wanted,
            "most": wish.limit,
        }
        granted[place] = db.execute(_PERMIT, values).fetchone()[0]
    return [granted[place] for place in range(len(wishes))]


def marks(db: Db) -> Marks:
    """Return what keys and channels are like now."""
    revoked: int = db.execute(_REVOKED).fetchone()[0]
    rows = tuple(tuple(row) for row in db.execute(_CHANNELS).fetchall())
    return Marks(revoked, rows, tuple(db.execute(_SEALED).fetchone()))


def keep_meta(db: Db, key: str, value: str) -> str:
    """Put one small fact unless it is there; return what is there now."""
    db.execute(_KEEP_META, {"of_key": key, "of_value": value})
    kept: str = db.execute(_META, {"of_key": key}).fetchone()[0]
    return kept


class FleetWork:
    """The `FleetStore` and `TryStore` ports of a store that can write and read."""

    def _write(self, work: Callable[[Db], T], turn: Turn = FIRST) -> asyncio.Future[T]:
        raise NotImplementedError

    async def _read(self, read: Callable[[Db], T]) -> T:
        raise NotImplementedError

    async def server_time(self) -> ServerTime:
        """Return the database's clock, by the fastest of a few answers."""
        return await self._read(clock_time)

    async def beat(self, worker: WorkerRow, dead_before: int) -> tuple[WorkerRow, ...]:
        """Say that a process is alive; return all that were seen since, the oldest first."""
        return await self._write(partial(beat, worker=worker, dead_before=dead_before))

    async def alive(self, dead_before: int) -> tuple[WorkerRow, ...]:
        """Return the processes that were seen since, the oldest first."""
        return await self._read(partial(alive, dead_before=dead_before))

    async def leave(self, worker_id: str) -> None:
        """Say that a process ends."""
        await self._write(partial(_run, statement=_LEAVE, values={"wanted": worker_id}))

    async def reserve(self, name: str, interval_us: int, wanted: int, now_us: int) -> int:
        """Take the next `wanted` instants of a pace, evenly spaced; return the first, in microseconds."""
        return await self._write(
            partial(reserve, name=name, interval_us=interval_us, wanted=wanted, now_us=now_us),
            (PACES, name),
        )

    async def hold(self, name: str, until_us: int) -> None:
        """Let a pace give no instant before."""
        values = {"paced": name, "spacing": 0, "free": until_us}
        await self._write(partial(_run, statement=_HOLD, values=values), (PACES, name))

    async def permit(self, wishes: Sequence[Permit]) -> list[int]:
        """Return how many calls of each wish may be made."""
        return await self._write(partial(permit, wishes=wishes), (PERMITS, ""))

    async def cancelled(self, seqs: Sequence[int]) -> set[int]:
        """Return which of these tasks somebody has asked to end."""
        return await self._read(lambda db: {row[0] for row in _CANCELLED.run(db, [(seq,) for seq in seqs])})

    async def marks(self) -> Marks:
        """Return what keys and channels are like now."""
        return await self._read(marks)

    async def learnt_since(self, since: int) -> tuple[tuple[str, str, int], ...]:
        """Return (name, data, time) of what was learnt after a time, the oldest first."""
        return await self._read(
            lambda db: tuple(tuple(row) for row in db.execute(_LEARNT_SINCE, {"since": since}).fetchall())
        )

    async def keep_meta(self, key: str, value: str) -> str:
        """Put one small fact unless it is there; return what is there now."""
        return await self._write(partial(keep_meta, key=key, value=value))

    async def begin_try(self, mark: bytes, number: int, now: int) -> int:
        """Remember a try; return its id."""
        return await self._write(partial(begin_try, mark=mark, number=number, now=now))

    async def settle_try(self, try_id: int, answer: str | None) -> None:
        """Remember what a try made; None forgets it."""
        statement = _FORGET_TRY if answer is None else _SETTLE_TRY
        values = {"of_id": try_id, **({} if answer is None else {"made": answer})}
        await self._write(partial(_run, statement=statement, values=values))

    async def claim_try(
        self, mark: bytes, number: int, now: int, since: int
    ) -> tuple[int, str | None] | None:
        """Return (id, answer) of the try that this one repeats, which nobody else may repeat then."""
        values = {"of_mark": mark, "of_number": number, "now": now, "since": since}
        found = await self._write(partial(_row, statement=_CLAIM_TRY, values=values))
        return (found[0], found[1]) if found is not None else None

    async def tried(self, try_id: int) -> tuple[str | None] | None:
        """Return what a try has made so far, None when it is forgotten."""
        found = await self._read(partial(_row, statement=_TRIED, values={"of_id": try_id}))
        return (found[0],) if found is not None else None

    async def answer_tries(self, mark: bytes, since: int, answer: str) -> None:
        """Remember what those made that have made nothing yet."""
        values = {"of_mark": mark, "since": since, "made": answer}
        await self._write(partial(_run, statement=_ANSWER_TRIES, values=values))

    async def take_answer(self, mark: bytes, since: int) -> str | None:
        """Return what a try made, and forget it."""
        values = {"of_mark": mark, "since": since}
        found = await self._write(partial(_row, statement=_TAKE_ANSWER, values=values))
        return found[0] if found is not None else None

    async def tidy(self, tries_before: int, permits_before_second: int) -> None:
        """Forget what is too old to matter."""
        await self._write(
            partial(tidy, tries_before=tries_before, permits_before_second=permits_before_second)
        )

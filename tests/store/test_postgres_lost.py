"""The database goes away: what can be done again is, and what nobody knows is said to be unknown."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import errors, sql

from genmux.domain.errors import Unavailable
from genmux.domain.states import TaskState
from genmux.engine.ports import TaskFilter
from genmux.store.compiled import Db, Rows
from genmux.store.postgres import PostgresStore
from genmux.store.postgres_connection import PgDb, judge
from genmux.store.troubles import CONFLICT_SECONDS, CONFLICTS, LOST_SECONDS, Patience, Trouble
from genmux.testing.postgres import Postgres
from genmux.testing.store_suite import claim_order, claimed, made, new_task, row_of

KILL = """
SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
 WHERE datname = %s AND application_name = 'genmux'
"""


class Killer:
    """Ends the server's side of every connection of ours."""

    def __init__(self, admin: str, url: str) -> None:
        self.name = urlsplit(url).path.lstrip("/")
        self._admin = psycopg.connect(admin, autocommit=True)

    def kill(self) -> int:
        return len(self._admin.execute(KILL, (self.name,)).fetchall())

    def closed(self, closed: bool) -> None:
        words = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        self._admin.execute(words.format(sql.Identifier(self.name), sql.Literal(not closed)))

    def close(self) -> None:
        self.closed(False)
        self._admin.close()


@pytest.fixture
def killer(postgres: Postgres, url: str) -> Any:
    killer = Killer(postgres.url, url)
    yield killer
    killer.close()


class AtCommit:
    """The connection of a writer; `then` happens instead of the next COMMIT."""

    shared = True

    def __init__(self, db: Db, then: Callable[[Db], Rows]) -> None:
        self._db = db
        self._then: Callable[[Db], Rows] | None = then

    @property
    def in_transaction(self) -> bool:
        return self._db.in_transaction

    def execute(self, statement: str, values: Any = None, /) -> Rows:
        if statement == "COMMIT" and self._then is not None:
            then, self._then = self._then, None
            return then(self._db)
        return self._db.execute(statement, values)

    def close(self) -> None:
        self._db.close()


def at_next_commit(store: PostgresStore, then: Callable[[Db], Rows]) -> None:
    writer = store._writer
    assert writer is not None
    writer._db = AtCommit(writer._db, then)


async def test_a_transaction_that_loses_its_connection_is_run_again(
    store: PostgresStore, killer: Killer
) -> None:
    seq = await made(store, new_task())
    runs: list[int] = []

    def touch(db: Db) -> int:
        runs.append(db.execute("UPDATE tasks SET priority = priority + 1", ()).rowcount)
        if len(runs) == 1:
            killer.kill()
        return len(db.execute("SELECT 1 FROM tasks", ()).fetchall())

    task = new_task()
    counted, created, _ = await asyncio.gather(
        store._write(touch), store.create(task), store.put_meta("a", "b")
    )
    assert len(runs) == 2
    assert counted in (1, 2)
    assert await store.get_seq(created) == await store.get(task.id)  # type: ignore[arg-type]
    assert (await row_of(store, seq)).priority == 1
    assert await store.meta("a") == "b"


async def test_a_commit_that_never_arrived_is_unknown_and_not_repeated(
    store: PostgresStore, killer: Killer
) -> None:
    def lost_before(db: Db) -> Rows:
        killer.kill()
        return db.execute("COMMIT")

    at_next_commit(store, lost_before)
    task = new_task()
    with pytest.raises(Unavailable, match="written or not"):
        await store.create(task)
    assert await store.get(task.id) is None
    await store.create(task)


async def test_a_commit_that_was_not_answered_is_unknown_and_there(store: PostgresStore) -> None:
    def lost_after(db: Db) -> Rows:
        db.execute("COMMIT")
        raise errors.AdminShutdown("terminating connection due to administrator command")

    at_next_commit(store, lost_after)
    task = new_task()
    with pytest.raises(Unavailable, match="written or not"):
        await store.create(task)
    assert await store.get(task.id) is not None
    assert isinstance(await store.create(new_task()), int)


async def test_every_connection_opens_itself_again(store: PostgresStore, killer: Killer) -> None:
    task = new_task()
    seq = await made(store, task)
    assert killer.kill() >= 6
    row, detail, counts, listed, claim = await asyncio.gather(
        store.get(task.id),
        store.detail(task.id),
        store.counts(),
        store.list_tasks(TaskFilter()),
        claimed(store, new_task()),
    )
    assert row is not None
    assert detail is not None
    assert counts[TaskState.QUEUED] + counts[TaskState.SUBMITTING] >= 1
    assert listed
    assert claim.seq >= seq


async def test_a_restart_is_waited_for(store: PostgresStore, killer: Killer) -> None:
    killer.closed(True)
    killer.kill()
    task = new_task()
    waiting = asyncio.gather(store.create(task), store.counts(), store.get(task.id))
    done, _ = await asyncio.wait([waiting], timeout=0.1)
    assert not done
    killer.closed(False)
    assert isinstance((await waiting)[0], int)


async def test_a_database_that_stays_away_is_unavailable(
    store: PostgresStore, killer: Killer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genmux.store.troubles.LOST_SECONDS", 0.05)
    killer.closed(True)
    killer.kill()
    answers = await asyncio.gather(
        store.create(new_task()), store.counts(), store.get(b"1" * 16), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [Unavailable] * 3
    killer.closed(False)
    assert (await store.counts())[TaskState.QUEUED] == 0
    assert isinstance(await store.create(new_task()), int)


async def test_nothing_that_was_acknowledged_is_lost_in_a_storm(store: PostgresStore, killer: Killer) -> None:
    stop, kills = threading.Event(), [0]

    def storm() -> None:
        while not stop.wait(0.01):
            kills[0] += killer.kill()

    async def client() -> list[bytes]:
        told = []
        while kills[0] < 7:
            task = new_task()
            try:
                await store.create(task)
            except Unavailable:
                continue
            told.append(task.id)
        return told

    storming = asyncio.create_task(asyncio.to_thread(storm))
    told = [task_id for some in await asyncio.gather(*(client() for _ in range(8))) for task_id in some]
    stop.set()
    await storming
    assert told
    assert None not in await asyncio.gather(*map(store.get, told))
    claims = (await store.claim_queued(claim_order(want=100_000, slots=100_000))).claims
    assert {claim.id for claim in claims} >= set(told)


# ---------------------------------------------------------------- the connection and its judge


def test_a_transaction_never_goes_on_on_another_connection(url: str, killer: Killer) -> None:
    db = PgDb(url)
    db.execute("BEGIN")
    db.execute("SELECT 1", ())
    killer.kill()
    for _ in range(2):
        with pytest.raises(psycopg.OperationalError) as lost:
            db.execute("SELECT 1", ())
        assert judge(lost.value) is Trouble.LOST
    db.execute("BEGIN")
    assert db.execute("SELECT 1", ()).fetchone() == (1,)
    db.execute("COMMIT")
    db.close()


def test_a_commit_of_what_failed_is_no_commit(url: str) -> None:
    db = PgDb(url)
    db.execute("BEGIN")
    with pytest.raises(psycopg.errors.DivisionByZero):
        db.execute("SELECT 1 / 0", ())
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        db.execute("COMMIT")
    db.close()


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (errors.DeadlockDetected(), Trouble.CONFLICT),
        (errors.LockNotAvailable(), Trouble.CONFLICT),
        (errors.SerializationFailure(), Trouble.CONFLICT),
        (errors.AdminShutdown(), Trouble.LOST),
        (errors.CannotConnectNow(), Trouble.LOST),
        (errors.IdleInTransactionSessionTimeout(), Trouble.LOST),
        (errors.ReadOnlySqlTransaction(), Trouble.LOST),
        (psycopg.OperationalError("connection refused"), Trouble.LOST),
        (errors.QueryCanceled(), Trouble.OWN),
        (errors.UniqueViolation(), Trouble.OWN),
        (errors.DiskFull(), Trouble.OWN),
        (ValueError(), Trouble.OWN),
    ],
)
def test_what_an_error_means(error: Exception, trouble: Trouble) -> None:
    assert judge(error) is trouble


def test_patience_has_an_end() -> None:
    pauses: list[float] = []
    patience = Patience(pauses.append, lambda: sum(pauses))
    assert not patience.again(Trouble.OWN)
    while patience.again(Trouble.CONFLICT):
        pass
    assert len(pauses) == CONFLICTS - 1
    assert sum(pauses) < CONFLICT_SECONDS
    pauses.clear()
    patience = Patience(pauses.append, lambda: sum(pauses))
    assert patience.again(Trouble.LOST)
    assert pauses == []
    while patience.again(Trouble.LOST):
        pass
    assert LOST_SECONDS <= sum(pauses) < LOST_SECONDS + 1

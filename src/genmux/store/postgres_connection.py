"""A connection to PostgreSQL that runs the store's statements, and opens itself again when it was lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumper

from genmux.store.arrays import NUL, REPLACEMENT
from genmux.store.compiled import Rows, Sql
from genmux.store.troubles import Trouble

PREPARE_AFTER: Final = 3
"""A statement is prepared once it was run so often; never behind a pooler that hands sessions around."""
PREPARED: Final = 500

DEFAULTS: Final[Mapping[str, Any]] = {
    "application_name": "genmux",
    "client_encoding": "utf8",
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""Connection parameters, where the URL says nothing else: a peer that is gone is noticed in half a minute."""

LIMITS: Final = {
    "lock_timeout": 1_000,
    "statement_timeout": 30_000,
    "idle_in_transaction_session_timeout": 10_000,
}
"""Milliseconds. A process that stops within a transaction keeps its locks for ten seconds at most."""

BY_KEY: Final = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
"""What the planner is told to leave where every statement goes by an index.

A plan is made once and kept; one that was made while the tables were empty would read them whole for
as long as nobody has analysed them.
"""

_CONTROL: Final = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
_CONFLICTS: Final = (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable)
_GONE: Final = ("08", "57P", "25P03", "25006")
"""SQLSTATEs, by their beginning, after which a connection is of no use: lost, shut down, a standby now."""


def parameters(url: str) -> dict[str, Any]:
    """Return how to connect: what the URL says, and our defaults for the rest."""
    return {**DEFAULTS, **conninfo_to_dict(url)}


def judge(error: Exception) -> Trouble:
    """Say what an error of psycopg means for the transaction it broke."""
    if isinstance(error, _CONFLICTS):
        return Trouble.CONFLICT
    if not isinstance(error, (psycopg.OperationalError, psycopg.InternalError, psycopg.InterfaceError)):
        return Trouble.OWN
    if error.sqlstate is None:  # it comes from the connection, not from the server
        return Trouble.LOST
    return Trouble.LOST if error.sqlstate.startswith(_GONE) else Trouble.OWN


class _Number(Int8Dumper):
    """Every number is a bigint: else a statement would be prepared once for each size of its numbers."""


class _Words(StrDumper):
    """Text of unknown type, as psycopg binds it; NUL, which PostgreSQL cannot store, is replaced."""

    oid = 0

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace(NUL, REPLACEMENT) if NUL in obj else obj)


class PgDb:
    """One connection in autocommit: a transaction begins where `BEGIN` is said. Not for several threads.

    A connection that was lost is opened again by the next statement, but never in the middle of a
    transaction: then every statement fails until `ROLLBACK` or `BEGIN`. `pooled` None finds out whether
    a pooler is in between, which hands sessions around: then nothing is prepared and nothing is kept
    in the session. `by_key` promises that every statement goes by an index.
    """

    shared: ClassVar = True

    def __init__(self, url: str, *, pooled: bool | None = None, by_key: bool = False) -> None:
        self._given = parameters(url)
        self._by_key = by_key
        self.pooled = pooled
        self._inside = False
        self._open()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, be it one that can only be rolled back."""
        return self._connection.info.transaction_status not in (
            TransactionStatus.IDLE,
            TransactionStatus.UNKNOWN,
        )

    def execute(self, statement: str, values: Any = None, /) -> Rows:
        """Run a statement. Raises `psycopg.Error`."""
        if self._connection.closed:
            if self._inside and not statement.startswith("BEGIN"):
                raise psycopg.OperationalError("the connection was lost within a transaction")
            self._open()
        if values is None:
            text = statement.postgres if isinstance(statement, Sql) else statement
            if text.startswith(_CONTROL):
                return self._control(text)
        words = statement.postgres_bytes if isinstance(statement, Sql) else statement.encode()
        cursor = self._cursor
        anew = isinstance(statement, Sql) and statement.anew
        cursor.execute(words, () if values is None else values, prepare=False if anew else None)
        return cursor if cursor.description else _Nothing(cursor.rowcount)

    def _control(self, text: str) -> Rows:
        begins = text == "BEGIN" and self.pooled
        self._plain.execute(
            (f"BEGIN; {self._limits('SET LOCAL')}" if begins else text).encode(), prepare=False
        )
        self._inside = self.in_transaction
        if text == "COMMIT" and self._plain.statusmessage != text:
            raise errors.InFailedSqlTransaction("the transaction was rolled back, not committed")
        return _Nothing(0)

    def close(self) -> None:
        """Close the connection; the next statement opens it again."""
        self._connection.close()
        self._inside = False

    def _open(self) -> None:
        connection = psycopg.connect(**self._given, autocommit=True, prepare_threshold=None)
        try:
            connection.adapters.register_dumper(int, _Number)
            connection.adapters.register_dumper(str, _Words)
            if self.pooled is None:
                self.pooled = pooler_between(connection)
            if not self.pooled:
                connection.prepare_threshold = PREPARE_AFTER
                connection.prepared_max = PREPARED
                left = "".join(f"; SET {name} = off" for name in BY_KEY if self._by_key)
                connection.execute((self._limits("SET") + left).encode(), prepare=False)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        self._cursor = connection.cursor(binary=True)
        self._plain = connection.cursor()
        self._inside = False

    @staticmethod
    def _limits(word: str) -> str:
        return "; ".join(f"{word} {name} = {milliseconds}" for name, milliseconds in LIMITS.items())


def pooler_between(connection: psycopg.Connection[Any]) -> bool:
    """Return whether something between us and the server hands its sessions around.

    A pooler makes up the key that cancels a session, so the process it tells is not the server's.
    """
    row = connection.execute("SELECT pg_backend_pid()", prepare=False).fetchone()
    return row is not None and row[0] != connection.info.backend_pid


class _Nothing:
    """What a statement returned that returns no rows."""

    def __init__(self, rowcount: int) -> None:
        self.rowcount = rowcount

    def fetchone(self) -> None:
        return None

    def fetchall(self) -> list[Any]:
        return []

"""A connection to PostgreSQL that runs the store's statements, and opens itself again when it was lost."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import psycopg
from psycopg import sql as composed
from psycopg.pq import TransactionStatus

from genmux.store.compiled import Rows, Sql

APPLICATION: Final = "genmux"
CONNECT_SECONDS: Final = 10
PREPARE_AFTER: Final = 3
"""A statement is prepared once it was run so often; never behind a pooler that hands sessions around."""

LOCK_MS: Final = 15_000
STATEMENT_MS: Final = 30_000


class PgDb:
    """One connection in autocommit: a transaction begins where `BEGIN` is said. Not for several threads."""

    shared: ClassVar = True

    def __init__(self, url: str, *, pooled: bool = False) -> None:
        self._url = url
        self._pooled = pooled
        self._connection = self._connect()
        self._cursor = self._connection.cursor()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, be it one that can only be rolled back."""
        return self._connection.info.transaction_status not in (
            TransactionStatus.IDLE,
            TransactionStatus.UNKNOWN,
        )

    def execute(self, statement: str, values: Any = None, /) -> Rows:
        """Run a statement; a lost connection is opened again, but only between transactions."""
        text = statement.postgres if isinstance(statement, Sql) else statement
        if self._connection.closed:
            self._connection = self._connect()
            self._cursor = self._connection.cursor()
        self._cursor.execute(text.encode(), values)
        return self._cursor if self._cursor.description else _Nothing(self._cursor.rowcount)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _connect(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            application_name=APPLICATION,
            prepare_threshold=None if self._pooled else PREPARE_AFTER,
        )
        if not self._pooled:
            for name, milliseconds in (("lock_timeout", LOCK_MS), ("statement_timeout", STATEMENT_MS)):
                connection.execute(
                    composed.SQL("SET {} = {}").format(
                        composed.Identifier(name), composed.Literal(milliseconds)
                    )
                )
        return connection


class _Nothing:
    """What a statement returned that returns no rows."""

    def __init__(self, rowcount: int) -> None:
        self.rowcount = rowcount

    def fetchone(self) -> None:
        return None

    def fetchall(self) -> list[Any]:
        return []

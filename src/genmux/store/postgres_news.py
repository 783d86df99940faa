"""News between processes on one PostgreSQL database: what one has committed wakes the loops of the others.

Losing any of it costs at most a second, since every loop looks each second anyway. The words leave in a
transaction of their own: one with a NOTIFY holds a lock of the whole database while it commits.
"""

from __future__ import annotations

import asyncio
import secrets
import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import psycopg
from psycopg import Notify

from genmux.domain.states import TaskState
from genmux.domain.text import Text
from genmux.store.news_words import WORD, Heard, Told, read, spell
from genmux.store.postgres_connection import parameters, pooler_between

CHANNEL: Final = "genmux"
PAUSE_SECONDS: Final = 0.02
"""Between two tellings, and between two hearings."""
LONGEST_PAUSE_SECONDS: Final = 2.0
"""Between two tries to connect."""

_SAY: Final = "BEGIN; SET LOCAL synchronous_commit = off; SELECT pg_notify('{channel}', '{payload}'); COMMIT"

POOLED: Final = Text(
    "The database URL leads to a pooler, which does not pass notifications on, so other processes are heard "
    "of within a second. Give the server's own URL as the direct database URL to hear of them at once.",
    "数据库 URL 指向连接池，连接池不转发通知，因此得知其他进程的变化最多会晚一秒。"
    "请将服务器自身的 URL 配置为直连数据库 URL，以便即时得知。",
)


class PostgresNews:
    """Tells other processes what this one has committed, and hears what they have.

    It has one connection and one thread of its own. `hear` is called in the event loop, at most every
    20 ms, and never with our own words; after a connection was lost once with `all`. `direct` says that
    the URL leads to the server itself; else a pooler in between is found out, and then we tell, but
    cannot hear.
    """

    def __init__(
        self,
        url: str,
        hear: Callable[[Heard], None],
        *,
        direct: bool = False,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._url = url
        self._hear = hear
        self._direct = direct
        self._loop = loop
        self._origin = secrets.token_hex(6)
        self._lock = threading.Lock()
        self._told = Told()
        self._heard: Heard | None = None
        self._tell_at = self._hear_at = 0.0
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._closing = False
        self._missed = False
        self._thread = threading.Thread(target=self._serve, name="genmux-news", daemon=True)
        self.listening = False
        self.trouble: Text | None = None

    def start(self) -> None:
        """Begin to connect; call it in the event loop that hears."""
        self._loop = self._loop or asyncio.get_running_loop()
        self._thread.start()

    def tell(self, state: TaskState, seq: int = 0) -> None:
        """Let the others know that a task entered a state; of its seq only if somebody may watch it."""
        with self._lock:
            quiet = not self._told
            self._told.add(state, seq)
        if quiet and not self._closing:
            self._wake()

    def say(self, word: str) -> None:
        """Let the others know another fact: lower-case letters, digits, `.`, `_`, `:`, `-`, at most 64."""
        if WORD.match(word) is None:
            raise ValueError(f"{word!r} is no word that can be told")
        with self._lock:
            self._told.words.add(word)
        if not self._closing:
            self._wake()

    async def close(self) -> None:
        """Tell what waits, and end."""
        self._closing = True
        self._wake()
        if self._thread.is_alive():
            await asyncio.get_running_loop().run_in_executor(None, self._thread.join)
        self._wake_in.close()
        self._wake_out.close()

    # ---------------------------------------------------------------- the thread

    def _serve(self) -> None:
        pause = PAUSE_SECONDS
        while not self._closing:
            try:
                with psycopg.connect(**parameters(self._url), autocommit=True, prepare_threshold=None) as db:
                    self._begin(db)
                    pause = PAUSE_SECONDS
                    self._converse(db)
            except (psycopg.Error, OSError):
                self._missed = True
                with self._lock:
                    self._told.more = True  # what was on its way may be lost
                self._rest(pause)
                pause = min(LONGEST_PAUSE_SECONDS, pause * 2)
            finally:
                self.listening = False

    def _begin(self, db: psycopg.Connection[Any]) -> None:
        if not self._direct and pooler_between(db):
            self.trouble = POOLED
        else:
            db.add_notify_handler(self._on_notify)
            db.execute(f"LISTEN {CHANNEL}")
            self.trouble = None
            self.listening = True
        if self._missed:
            self._missed = False
            self._gather(Heard(all=True))

    def _converse(self, db: psycopg.Connection[Any]) -> None:
        while not self._closing:
            self._pass_on(db)
            ready, _, _ = select.select((db.fileno(), self._wake_in.fileno()), (), (), self._nap())
            if self._wake_in.fileno() in ready:
                self._drain()
            if db.fileno() in ready:
                db.pgconn.consume_input()
                while (word := db.pgconn.notifies()) is not None:
                    self._take(word.extra.decode())
        self._tell_at = self._hear_at = 0.0
        self._pass_on(db)

    def _pass_on(self, db: psycopg.Connection[Any]) -> None:
        """Tell and hear what waits, if it is time."""
        now = time.monotonic()
        if self._told and now >= self._tell_at:
            with self._lock:
                told, self._told = self._told, Told()
            self._tell_at = now + PAUSE_SECONDS
            db.execute(
                _SAY.format(channel=CHANNEL, payload=spell(told, self._origin)).encode(), prepare=False
            )
        if self._heard is not None and now >= self._hear_at:
            heard, self._heard = self._heard, None
            self._hear_at = now + PAUSE_SECONDS
            with suppress(RuntimeError):  # the loop was closed first: nobody hears any more
                assert self._loop is not None
                self._loop.call_soon_threadsafe(self._hear, heard)

    def _nap(self) -> float | None:
        waits = [at for at, some in ((self._tell_at, self._told), (self._hear_at, self._heard)) if some]
        return max(0.0, min(waits) - time.monotonic()) if waits else None

    def _on_notify(self, word: Notify) -> None:
        self._take(word.payload)

    def _take(self, payload: str) -> None:
        heard = read(payload, self._origin)
        if heard is not None:
            self._gather(heard)

    def _gather(self, heard: Heard) -> None:
        self._heard = heard if self._heard is None else self._heard.joined(heard)

    def _rest(self, seconds: float) -> None:
        """Wait before the next try to connect; a close does not wait for it."""
        until = time.monotonic() + seconds
        while not self._closing and (left := until - time.monotonic()) > 0:
            select.select((self._wake_in,), (), (), left)
            self._drain()

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # it is full: the thread will wake up
            self._wake_out.send(b"\0")

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            while self._wake_in.recv(4096):
                pass

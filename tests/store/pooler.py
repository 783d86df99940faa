"""A pooler in transaction mode, as small as can be: every transaction may have another session."""

from __future__ import annotations

import os
import secrets
import socket
import struct
import threading
from contextlib import suppress
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Final

import psycopg

TOLD: Final = (
    *("server_version", "server_encoding", "client_encoding", "DateStyle", "TimeZone"),
    *("integer_datetimes", "standard_conforming_strings"),
)
SSL_REQUEST: Final = 80877103
GSS_REQUEST: Final = 80877104


class Pooler:
    """Listens on a port of this machine and lends `sessions` of the server in turn."""

    def __init__(self, url: str, sessions: int = 3) -> None:
        self.sessions = [psycopg.connect(url, autocommit=True) for _ in range(sessions)]
        self.turns = 0
        self._free: SimpleQueue[socket.socket] = SimpleQueue()
        for session in self.sessions:
            taken = socket.socket(fileno=os.dup(session.fileno()))
            taken.setblocking(True)
            self._free.put(taken)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._clients: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def url_of(self, url: str) -> str:
        """Return the connection string of the same database through the pooler."""
        return f"host=127.0.0.1 port={self._server.getsockname()[1]} dbname={self.sessions[0].info.dbname}"

    def __enter__(self) -> Pooler:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in (self._server, *self._clients):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        while not self._free.empty():
            self._free.get().close()
        for session in self.sessions:
            session.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._clients.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, EOFError):
            self._greet(client)
            lent: socket.socket | None = None
            while (message := _message(client))[:1] != b"X":
                if lent is None:
                    lent = self._free.get()
                    self.turns += 1
                lent.sendall(message)
                if message[:1] in b"QS" and self._relay(lent, client) == b"I":
                    self._free.put(lent)
                    lent = None

    def _greet(self, client: socket.socket) -> None:
        while True:
            (length, code) = struct.unpack("!ii", _exactly(client, 8))
            rest = _exactly(client, length - 8)
            if code not in (SSL_REQUEST, GSS_REQUEST):
                break
            client.sendall(b"N")
        assert b"client_encoding" in rest
        status = self.sessions[0].info.parameter_status
        told = [(name, status(name) or "UTF8") for name in TOLD]
        answer = _spell(b"R", struct.pack("!i", 0))
        answer += b"".join(_spell(b"S", f"{name}\0{value}\0".encode()) for name, value in told)
        answer += _spell(b"K", secrets.token_bytes(8)) + _spell(b"Z", b"I")
        client.sendall(answer)

    @staticmethod
    def _relay(session: socket.socket, client: socket.socket) -> bytes:
        """Pass answers on until the session is ready again; return its transaction status."""
        answer = b""
        while True:
            message = _message(session)
            answer += message
            if message[:1] == b"Z":
                client.sendall(answer)
                return message[5:6]


def _message(source: socket.socket) -> bytes:
    head = _exactly(source, 5)
    return head + _exactly(source, struct.unpack("!i", head[1:])[0] - 4)


def _exactly(source: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = source.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def _spell(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def left_behind(session: psycopg.Connection[Any]) -> dict[str, Any]:
    """Return what transactions have left in a session; behind a pooler all of it is another's."""
    found = session.execute(
        "SELECT current_setting('lock_timeout'), current_setting('statement_timeout'),"
        " current_setting('idle_in_transaction_session_timeout'),"
        " (SELECT count(*) FROM pg_prepared_statements),"
        " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),"
        " (SELECT count(*) FROM pg_listening_channels())",
        prepare=False,
    ).fetchone()
    assert found is not None
    names = ("lock_timeout", "statement_timeout", "idle", "prepared", "locks", "channels")
    return dict(zip(names, found, strict=True))

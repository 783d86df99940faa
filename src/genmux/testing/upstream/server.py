"""The upstream's socket: one task per connection, each call handed to its platform and noted."""

from __future__ import annotations

import asyncio
import socket

from genmux.testing.upstream import files
from genmux.testing.upstream.calls import Call
from genmux.testing.upstream.connection import Answer, Connection, Request
from genmux.testing.upstream.ledger import CALL, Entry, Ledger
from genmux.testing.upstream.openai import OpenAi
from genmux.testing.upstream.options import Options
from genmux.testing.upstream.tasks import Phase, Tasks
from genmux.testing.upstream.tencent import Tencent


class Upstream:
    """Answers whatever comes to one listening socket until `serve` is cancelled."""

    def __init__(self, options: Options, ledger: Ledger) -> None:
        self._ledger = ledger
        self._tasks = Tasks(options, ledger)
        self._tencent = Tencent(options, self._tasks)
        self._openai = OpenAi(self._tasks)
        self._open: set[asyncio.Task[None]] = set()

    async def serve(self, listening: socket.socket) -> None:
        """Accept connections for ever."""
        listening.setblocking(False)
        loop = asyncio.get_running_loop()
        while True:
            sock, _ = await loop.sock_accept(listening)
            task = asyncio.create_task(self._converse(Connection(sock)))
            self._open.add(task)
            task.add_done_callback(self._open.discard)

    async def _converse(self, connection: Connection) -> None:
        try:
            while (request := await connection.request()) is not None:
                if not await connection.deliver(await self._answer(request)):
                    return
        except OSError:
            return  # the client went away, as clients that are killed do
        finally:
            connection.close()

    async def _answer(self, request: Request) -> Answer:
        call = Call(request, f"http://{request.headers.get('host', '')}")
        answer = await self._route(call)
        self._ledger.write(
            Entry(
                what=CALL,
                at_us=request.arrived_us,
                api=call.api,
                action=call.action,
                code=call.code or ("" if answer.status < 400 else str(answer.status)),
                task=call.task,
                secret_id=call.secret_id,
                authorized="authorization" in request.headers,
            )
        )
        return answer

    async def _route(self, call: Call) -> Answer:
        path = call.request.path
        if path.startswith("/v1/"):
            return self._openai.answer(call)
        if path == "/":
            return await self._tencent.answer(call)
        call.api, call.action = "files", call.request.method
        found = files.PATH.fullmatch(path)
        task = self._tasks.find(found[1]) if found else None
        if found is None or task is None or task.phase(self._tasks.now()) is not Phase.DONE:
            return files.not_there()
        call.task = task.id
        return files.answer_file(task, int(found[2]))

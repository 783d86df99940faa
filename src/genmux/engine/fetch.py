"""The fetch loop: freezes the foreign URLs of waiting tasks into our media store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from genmux.domain.errors import InvalidInput
from genmux.domain.spec import TaskError
from genmux.domain.states import Event, TaskState
from genmux.domain.text import Text
from genmux.engine.inputs import InputDesk, facts_json
from genmux.engine.leases import Leases
from genmux.engine.outcomes import change_for, failed
from genmux.engine.ports import Clock, FetchFailed, InputRow, Net, Store, TaskRow

log = structlog.get_logger(__name__)

FETCH_BATCH: Final = 16

FETCH_REASONS: Final[dict[str, Text]] = {
    "refused_address": Text(
        "it points to an address that is not on the public network", "地址不在公网范围内"
    ),
    "bad_url": Text("it is not a usable http or https URL", "不是可用的 http 或 https 地址"),
    "unreachable": Text("the server could not be reached", "无法连接服务器"),
    "bad_status": Text("the server did not answer with the file", "服务器未返回文件"),
    "too_large": Text("the file is too large", "文件过大"),
    "timeout": Text("the download took too long", "下载超时"),
    "too_many_redirects": Text("there were more than three redirects", "重定向超过三次"),
    "wrong_type": Text("the answer is not a picture", "返回内容不是图片"),
}
"""Why a fetch failed, for the task's error, by the net's stable code."""


@dataclass(slots=True)
class Fetcher:
    """Takes waiting tasks and fetches what they wait for."""

    store: Store
    net: Net
    inputs: InputDesk
    clock: Clock
    leases: Leases
    worker_id: str
    on_settled: Callable[[TaskState, int], None]

    async def step(self) -> int:
        """Fetch the inputs of every due waiting task; return how many tasks."""
        rows = await self.store.take_due(
            TaskState.WAITING, None, self.worker_id, self.clock(), self.leases.lease_ms, FETCH_BATCH
        )
        await asyncio.gather(*(self._freeze_all(row) for row in rows))
        return len(rows)

    async def _freeze_all(self, row: TaskRow) -> None:
        with self.leases.held(row.seq, row.fence):
            await self._freeze_leased(row)

    async def _freeze_leased(self, row: TaskRow) -> None:
        try:
            for item in await self.store.open_inputs(row.seq):
                if item.url is not None:
                    await self._freeze(row, item)
        except (FetchFailed, InvalidInput) as trouble:
            await self._fail(row, trouble)
        except Exception:
            log.exception("input could not be fetched", seq=row.seq)

    async def _freeze(self, row: TaskRow, item: InputRow) -> None:
        limits = self.inputs.limits
        data = await self.net.fetch(
            item.url or "",
            max_bytes=limits.max_bytes,
            timeout_seconds=limits.fetch_seconds,
            allow_private=limits.allow_private,
        )
        facts, key = await self.inputs.freeze(data)
        queued = await self.store.freeze_input(
            row.seq,
            item.n,
            sha256=facts.sha256,
            media_key=key,
            probe=facts_json(facts),
            now=self.clock(),
        )
        if queued:
            self.on_settled(TaskState.QUEUED, row.seq)

    async def _fail(self, row: TaskRow, trouble: FetchFailed | InvalidInput) -> None:
        reason = FETCH_REASONS[trouble.code] if isinstance(trouble, FetchFailed) else trouble.text
        error = TaskError(
            code="input_failed",
            message=f"An input URL cannot be used: {reason.en}.",
            message_zh=f"输入 URL 不可用:{reason.zh}。",
        )
        change = change_for(row, failed(Event.INPUT_FAILED, error, None), self.clock())
        if row.seq in await self.store.apply([change]):
            self.on_settled(change.to, row.seq)

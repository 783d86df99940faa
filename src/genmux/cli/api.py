"""One server as the commands see it: our own client, and what only an operator asks."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from genmux.cli.exits import REFUSED, UNREACHABLE, USAGE, CliError
from genmux.cli.words import language
from genmux.client.answers import read_json
from genmux.client.client import AsyncClient
from genmux.client.http_carrier import HttpCarrier
from genmux.client.rest import RestEndpoint
from genmux.domain.errors import GenmuxError, ServiceError
from genmux.domain.text import Text
from genmux.wires.rest import TaskStatus, parse_task


class Api:
    """One server under one token. Every method raises `GenmuxError`, which `cli_error` words."""

    def __init__(self, url: str, token: str, certificate: str = "") -> None:
        self.url = url.rstrip("/")
        self._endpoint = RestEndpoint(self.url, token, language=language(), clock=time.monotonic)
        self.client = AsyncClient.over(self._endpoint, HttpCarrier(certificate), language())

    async def task(self, task_id: str, *, full: bool = False) -> TaskStatus:
        """Return a task."""
        return parse_task(await self.task_json(task_id, full=full))

    async def task_json(self, task_id: str, *, full: bool = True) -> dict[str, Any]:
        """Return a task as the server wrote it."""
        found: dict[str, Any] = await self._call("GET", f"/tasks/{_quoted(task_id)}?detail={int(full)}")
        return found

    async def tasks(self, **wanted: str | None) -> dict[str, Any]:
        """Return a page of tasks: `tasks` and `next_cursor`."""
        query = {name: value for name, value in wanted.items() if value is not None}
        page: dict[str, Any] = await self._call("GET", f"/tasks?{urlencode(query)}")
        return page

    async def cancel(self, task_id: str) -> dict[str, Any]:
        """Ask for a task to end."""
        found: dict[str, Any] = await self._call("POST", f"/tasks/{_quoted(task_id)}/cancel", {})
        return found

    async def resolve(self, task_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Settle an unknown task."""
        found: dict[str, Any] = await self._call("POST", f"/tasks/{_quoted(task_id)}/resolve", body)
        return found

    async def models(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the models."""
        found: list[dict[str, Any]] = (
            await self._call("GET", f"/models?kind={kind}" if kind else "/models")
        )["models"]
        return found

    async def keys(self) -> list[dict[str, Any]]:
        """Return the access keys."""
        found: list[dict[str, Any]] = (await self._call("GET", "/keys"))["keys"]
        return found

    async def create_key(self, name: str, tenant: str | None) -> dict[str, Any]:
        """Make an access key."""
        body = {"name": name, "tenant": tenant} if tenant else {"name": name}
        made: dict[str, Any] = await self._call("POST", "/keys", body)
        return made

    async def revoke_key(self, secret_id: str) -> None:
        """Revoke an access key."""
        await self._call("DELETE", f"/keys/{_quoted(secret_id)}")

    async def channels(self) -> list[dict[str, Any]]:
        """Return the channels, disabled ones too."""
        found: list[dict[str, Any]] = (await self._call("GET", "/channels"))["channels"]
        return found

    async def put_channel(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make a channel, or change the keys that are said."""
        found: dict[str, Any] = await self._call("PUT", f"/channels/{_quoted(name)}", body)
        return found

    async def remove_channel(self, name: str) -> None:
        """Disable a channel for good."""
        await self._call("DELETE", f"/channels/{_quoted(name)}")

    async def switch_channel(self, name: str, verb: str) -> dict[str, Any]:
        """Do what `verb` says, enable or disable, to a channel."""
        found: dict[str, Any] = await self._call("POST", f"/channels/{_quoted(name)}/{verb}", {})
        return found

    async def test_channel(self, name: str) -> dict[str, Any]:
        """Return how a harmless call to a channel's upstream went."""
        found: dict[str, Any] = await self._call("POST", f"/channels/{_quoted(name)}/test", {})
        return found

    async def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        raw = b"" if body is None else msgspec.json.encode(body)
        answer = await self.client.run(self._endpoint.ask(method, path, raw))
        return read_json(answer) if answer.body else None


def cli_error(error: GenmuxError) -> CliError:
    """Return how a command ends by an error of the client: refused, unreachable, or wrongly called."""
    if error.upstream_code:
        text, code = error.text, error.upstream_code
        return CliError(REFUSED, Text(f"{text.en} ({code})", f"{text.zh} ({code})"))
    return CliError(UNREACHABLE if isinstance(error, ServiceError) else USAGE, error.text)


def _quoted(name: str) -> str:
    return quote(name, safe="")

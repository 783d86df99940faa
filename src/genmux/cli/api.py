"""The REST client of the command line: one method per endpoint that a command uses."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote, urljoin

import aiohttp

from genmux.cli.exits import REFUSED, UNREACHABLE, USAGE, CliError
from genmux.cli.words import language
from genmux.domain.text import Text, same
from genmux.wires.rest import TaskStatus, parse_task

CHUNK_BYTES: Final = 256 * 1024


class Refusal(CliError):
    """The server said no; `problem` is what it sent."""

    def __init__(self, problem: dict[str, Any]) -> None:
        detail = str(problem.get("detail") or problem.get("title") or problem)
        super().__init__(REFUSED, same(f"{detail} ({problem.get('code', problem.get('status'))})"))
        self.problem = problem


class Api:
    """One server. Every method raises `Refusal`, or `CliError` when the server cannot be reached."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str | None) -> None:
        self._session = session
        self.url = url.rstrip("/")
        self._headers = {"Accept-Language": language()}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    async def create(self, body: dict[str, Any], idempotency_key: str = "") -> TaskStatus:
        """Create a task from a create's body."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return _task(await self._call("POST", "/tasks", body, headers=headers))

    async def task(self, task_id: str, *, full: bool = False) -> TaskStatus:
        """Return a task."""
        return _task(await self.task_json(task_id, full=full))

    async def task_json(self, task_id: str, *, full: bool = True) -> dict[str, Any]:
        """Return a task as the server wrote it."""
        found: dict[str, Any] = await self._call(
            "GET", f"/tasks/{quote(task_id, safe='')}", query={"detail": "1" if full else "0"}
        )
        return found

    async def tasks(self, **wanted: str | None) -> dict[str, Any]:
        """Return a page of tasks: `tasks` and `next_cursor`."""
        query = {name: value for name, value in wanted.items() if value is not None}
        page: dict[str, Any] = await self._call("GET", "/tasks", query=query)
        return page

    async def cancel(self, task_id: str) -> dict[str, Any]:
        """Ask for a task to end."""
        found: dict[str, Any] = await self._call("POST", f"/tasks/{quote(task_id, safe='')}/cancel", {})
        return found

    async def resolve(self, task_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Settle an unknown task."""
        found: dict[str, Any] = await self._call("POST", f"/tasks/{quote(task_id, safe='')}/resolve", body)
        return found

    async def models(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the models."""
        found: list[dict[str, Any]] = (
            await self._call("GET", "/models", query={"kind": kind} if kind else {})
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
        await self._call("DELETE", f"/keys/{quote(secret_id, safe='')}")

    async def channels(self) -> list[dict[str, Any]]:
        """Return the channels, disabled ones too."""
        found: list[dict[str, Any]] = (await self._call("GET", "/channels"))["channels"]
        return found

    async def put_channel(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make a channel, or change the keys that are said."""
        found: dict[str, Any] = await self._call("PUT", f"/channels/{quote(name, safe='')}", body)
        return found

    async def remove_channel(self, name: str) -> None:
        """Disable a channel for good."""
        await self._call("DELETE", f"/channels/{quote(name, safe='')}")

    async def switch_channel(self, name: str, verb: str) -> dict[str, Any]:
        """Do what `verb` says, enable or disable, to a channel."""
        found: dict[str, Any] = await self._call("POST", f"/channels/{quote(name, safe='')}/{verb}", {})
        return found

    async def test_channel(self, name: str) -> dict[str, Any]:
        """Return how a harmless call to a channel's upstream went."""
        found: dict[str, Any] = await self._call("POST", f"/channels/{quote(name, safe='')}/test", {})
        return found

    async def upload(self, path: Path, content_type: str) -> str:
        """Send a file ahead of the create that uses it; return its source."""
        try:
            with path.open("rb") as file:
                answer = await self._call(
                    "POST", "/uploads", headers={"Content-Type": content_type}, data=file
                )
        except OSError as error:
            raise CliError(USAGE, same(f"{path}: {error.strerror or error}")) from None
        return str(answer["source"])

    async def artifact_url(self, task_id: str, n: int) -> str:
        """Return a signed URL of a result that is good for an hour at least."""
        path = f"/tasks/{quote(task_id, safe='')}/artifacts/{n}"
        try:
            async with self._session.get(
                f"{self.url}/api/v1{path}", headers=self._headers, allow_redirects=False
            ) as reply:
                if reply.status != 302:
                    raise Refusal(_problem(reply.status, await reply.read()))
                return urljoin(self.url, reply.headers["Location"])
        except aiohttp.ClientError as error:
            raise self._unreachable(error) from None

    async def download(self, url: str, path: Path) -> int:
        """Write what a URL opens to `path`, whole or not at all; return its bytes."""
        partial = path.with_name(f".{path.name}.part")
        size = 0
        try:
            async with self._session.get(url) as reply:
                if reply.status != 200:
                    raise Refusal(_problem(reply.status, await reply.read()))
                with partial.open("wb") as file:
                    async for chunk in reply.content.iter_chunked(CHUNK_BYTES):
                        size += len(chunk)
                        await asyncio.to_thread(file.write, chunk)
            partial.replace(path)
        except aiohttp.ClientError as error:
            raise self._unreachable(error) from None
        except OSError as error:
            raise CliError(UNREACHABLE, same(f"{path}: {error.strerror or error}")) from None
        finally:
            partial.unlink(missing_ok=True)
        return size

    async def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        data: BinaryIO | None = None,
    ) -> Any:
        try:
            async with self._session.request(
                method,
                f"{self.url}/api/v1{path}",
                json=body,
                data=data,
                params=query,
                headers={**self._headers, **(headers or {})},
            ) as reply:
                raw = await reply.read()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise self._unreachable(error) from None
        if reply.status >= 400:
            raise Refusal(_problem(reply.status, raw))
        try:
            return json.loads(raw) if raw else None
        except ValueError:
            raise self._unreachable("it does not answer as genmux") from None

    def _unreachable(self, error: object) -> CliError:
        reason = (isinstance(error, OSError) and error.strerror) or error or "no answer"
        return CliError(
            UNREACHABLE,
            Text(f"{self.url} cannot be reached: {reason}.", f"无法连接 {self.url}：{reason}。"),
        )


def _problem(status: int, raw: bytes) -> dict[str, Any]:
    try:
        problem = json.loads(raw)
    except ValueError:
        problem = None
    if isinstance(problem, dict):
        return problem
    return {"status": status, "detail": raw[:200].decode("utf-8", "replace").strip() or f"HTTP {status}"}


def _task(fields: Any) -> TaskStatus:
    try:
        return parse_task(fields)
    except ValueError as error:
        raise CliError(
            UNREACHABLE, Text(f"The server's answer is no task: {error}.", f"服务返回的不是任务：{error}。")
        ) from None

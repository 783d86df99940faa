"""A small client of Tencent MPS: signs with TC3 and speaks the wire in the client's role."""

from __future__ import annotations

import json
import time
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from genmux.cli.exits import REFUSED, UNREACHABLE, CliError
from genmux.cli.words import language
from genmux.domain.spec import GenerationSpec, Kind
from genmux.domain.text import same
from genmux.wires import mps, tc3
from genmux.wires.tencent import AnsweredError, BrokenAnswerError, parse_envelope

SERVICE: Final = "mps"
LANGUAGES: Final = {"en": "en-US", "zh": "zh-CN"}


class MpsApi:
    """One MPS endpoint and one key pair. Every method raises `CliError`."""

    def __init__(self, session: aiohttp.ClientSession, url: str, secret_id: str, secret_key: str) -> None:
        self._session = session
        self._url = url.rstrip("/") + "/"
        self._credential = tc3.Credential(secret_id, secret_key)

    async def create(self, spec: GenerationSpec) -> str:
        """Create a task; return its TaskId."""
        action, body, _ = mps.render_create(spec, {})
        return mps.parse_created(await self._call(action, body))

    async def describe(self, kind: Kind, task_id: str) -> mps.StatusView:
        """Return the status of a task."""
        return mps.parse_status(kind, await self._call(*mps.render_describe(kind, task_id)))

    async def _call(self, action: str, fields: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(fields).encode()
        headers = tc3.sign(
            self._credential,
            host=urlsplit(self._url).netloc,
            service=SERVICE,
            action=action,
            version=mps.VERSION,
            timestamp=int(time.time()),
            body=body,
            language=LANGUAGES[language()],
        )
        try:
            async with self._session.post(self._url, data=body, headers=headers) as reply:
                return parse_envelope(await reply.read())
        except AnsweredError as error:
            raise CliError(REFUSED, same(f"{action}: {error.message} ({error.code})")) from None
        except (BrokenAnswerError, aiohttp.ClientError) as error:
            raise CliError(UNREACHABLE, same(f"{action}: {error}")) from None

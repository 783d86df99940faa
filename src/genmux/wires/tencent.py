"""What every Tencent Cloud service shares on the wire: the answer's envelope, actions, common words.

Facts: `tencentcloud-sdk-python` 3.1.194 (how answers are read, which actions exist), run against a
local server. Success and failure both travel as HTTP 200 with content type `application/json`.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from genmux.domain.text import Text
from genmux.wires.tencent_messages import explain, text

CONTENT_TYPE: Final = "application/json"
"""Exactly this: with a charset added, the Python SDK takes every error for an empty success."""


class WireError(Exception):
    """A request that this wire refuses: the platform's `code`, the `text` to say, the `field`'s path."""

    def __init__(self, code: str, words: Text, field: str | None = None) -> None:
        super().__init__(f"{code}: {words.en}")
        self.code = code
        self.text = words
        self.field = field


class AnsweredError(Exception):
    """An answer of the platform that says the call failed."""

    def __init__(self, code: str, message: str, request_id: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.request_id = request_id


class BrokenAnswerError(ValueError):
    """Bytes that are no answer of the platform: not JSON, or without its envelope."""


def refuse(code: str, field: str | None = None, detail: Text | None = None, **names: object) -> WireError:
    """Return the error that says `code` about `field` in the platform's words, then `detail` in ours."""
    if field is not None:
        names["parameter"] = field
    sentence = text(code, **names)
    return WireError(code, explain(sentence, detail) if detail else sentence, field)


_encode = msgspec.json.Encoder().encode


def success(fields: dict[str, Any], request_id: str) -> bytes:
    """Return the body of a successful answer."""
    return _encode({"Response": {**fields, "RequestId": request_id}})


def failure(code: str, message: str, request_id: str) -> bytes:
    """Return the body of a failed answer; the Python SDK needs the `RequestId` here too."""
    return _encode({"Response": {"Error": {"Code": code, "Message": message}, "RequestId": request_id}})


def parse_envelope(body: bytes) -> dict[str, Any]:
    """Return the fields of a successful answer, `RequestId` among them.

    Raises `AnsweredError` for a failed one and `BrokenAnswerError` for anything else.
    """
    try:
        answer = msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise BrokenAnswerError(f"the answer is not JSON: {error}") from error
    fields = answer.get("Response") if isinstance(answer, dict) else None
    if not isinstance(fields, dict):
        raise BrokenAnswerError("the answer has no `Response` object")
    failed = fields.get("Error")
    if failed is None:
        return fields
    if not isinstance(failed, dict):
        raise BrokenAnswerError("the answer's `Error` is not an object")
    raise AnsweredError(_word(failed, "Code"), _word(failed, "Message"), _word(fields, "RequestId"))


def _word(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


@cache
def actions() -> dict[str, frozenset[str]]:
    """Return the names of every action the platform has, by API version (SDK 3.1.194)."""
    raw = json.loads(files("genmux.wires").joinpath("tencent_actions.json").read_text("utf-8"))
    return {version: frozenset(names) for version, names in raw.items()}


def unserved(version: str, action: str) -> WireError:
    """Return why `action` cannot be called: `NoSuchVersion`, `UnsupportedOperation` or `InvalidAction`.

    The second is for actions that the platform has and genmux does not serve.
    """
    known = actions().get(version)
    if known is None:
        return refuse("NoSuchVersion", version=version)
    if action in known:
        return refuse("UnsupportedOperation", operation=action)
    return refuse("InvalidAction")

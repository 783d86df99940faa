"""Events of the VOD wire: pulled and confirmed, or pushed and signed, and how an application is set up.

The event of a task is `AigcVideoTaskComplete`, its member `AigcVideoCompleteEvent`: without `Task`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from genmux.domain.spec import Kind
from genmux.domain.text import Text
from genmux.wires.tencent import BrokenAnswerError, WireError, refuse
from genmux.wires.vod_detail import ReadTask, parse_task
from genmux.wires.vod_rows import check_plain, check_word

EVENTS: Final = {
    Kind.IMAGE: ("AigcImageTaskComplete", "AigcImageCompleteEvent"),
    Kind.VIDEO: ("AigcVideoTaskComplete", "AigcVideoCompleteEvent"),
}
"""`EventType` and the member that holds the task."""

MAX_HANDLES: Final = 16
MAX_EVENTS: Final = 16
PULL_SECONDS: Final = 5.0
"""How long PullEvents waits for an event."""
CONFIRM_SECONDS: Final = 30.0
"""An event that is not confirmed by then is delivered again."""
KEEP_MS: Final = 4 * 24 * 3_600_000
"""How long an event that nobody confirms is kept."""
SIGN_SECONDS: Final = 600

_MODES: Final = ("PUSH", "PULL")
_SWITCHES: Final = {
    "UploadMediaCompleteEventSwitch": "upload_switch",
    "DeleteMediaCompleteEventSwitch": "delete_switch",
    "PersistenceCompleteEventSwitch": "persistence_switch",
}
_SIGN_KEY: Final = re.compile(r"[A-Za-z0-9]{0,32}\Z")
_URL: Final = re.compile(r"https?://.+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EventConfig:
    """How an application hears of events; with an empty `notification_url` nothing is pushed.

    The switches are about events that only media management has: they are kept and echoed.
    """

    mode: str = "PULL"
    notification_url: str = ""
    upload_switch: str = "OFF"
    delete_switch: str = "OFF"
    persistence_switch: str = "OFF"
    sign_key: str = ""


# Contents.


def render_content(kind: Kind, task: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event without its handle; `task` is what `render_task` gives. No member is null."""
    event_type, member = EVENTS[kind]
    return {"EventType": event_type, member: task}


def parse_content(content: Mapping[str, Any]) -> ReadTask | None:
    """Return the finished task an event tells of, None for another kind of event.

    Raises `BrokenAnswerError` if the event has no task.
    """
    kind = next((kind for kind, (name, _) in EVENTS.items() if name == content.get("EventType")), None)
    if kind is None:
        return None
    task = content.get(EVENTS[kind][1])
    if not isinstance(task, dict):
        raise BrokenAnswerError(f"the event has no {EVENTS[kind][1]}")
    return parse_task(kind, task, str(task.get("Status") or ""))


def parse_application(body: Mapping[str, Any]) -> int:
    """Return the application whose events are meant: there is no default one here. Raises `WireError`."""
    sub_app_id = body.get("SubAppId")
    if not sub_app_id:
        raise refuse("MissingParameter", "SubAppId")
    check_plain("SubAppId", sub_app_id)
    return int(sub_app_id)


# Pulled.


def render_pull(sub_app_id: int) -> tuple[str, dict[str, Any]]:
    """Return the action and body that wait for events of an upstream."""
    return "PullEvents", {"SubAppId": sub_app_id}


def render_pulled(events: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Return the fields of the answer to PullEvents: (handle, content) pairs."""
    return {"EventSet": [{"EventHandle": handle, **content} for handle, content in events]}


def parse_pulled(fields: Mapping[str, Any]) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Return the (handle, content) pairs an upstream gave; it may say null for none."""
    pairs: list[tuple[str, Mapping[str, Any]]] = []
    for event in fields.get("EventSet") or ():
        handle = event.get("EventHandle") if isinstance(event, dict) else None
        if not isinstance(handle, str) or not handle:
            raise BrokenAnswerError("an event has no EventHandle")
        pairs.append((handle, event))
    return tuple(pairs)


def render_confirm(sub_app_id: int, handles: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return the action and body that confirm at most `MAX_HANDLES` events."""
    return "ConfirmEvents", {"SubAppId": sub_app_id, "EventHandles": list(handles)}


def parse_confirm(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the handles to confirm, each once. Raises `WireError`."""
    handles = body.get("EventHandles") or ()
    if not handles:
        raise refuse("MissingParameter", "EventHandles")
    if len(handles) > MAX_HANDLES:
        detail = Text(f"It may have {MAX_HANDLES} items at most.", f"最多 {MAX_HANDLES} 项。")
        raise refuse("InvalidParameterValue", "EventHandles", detail)
    return tuple(dict.fromkeys(handles))


def unknown_handle() -> WireError:
    """Return what a caller is told whose handles were not all good; the good ones are confirmed."""
    detail = Text(
        "One is unknown, or came later than 30 seconds after the pull.",
        "存在未知句柄，或确认时间超过拉取后 30 秒。",
    )
    return refuse("InvalidParameterValue", "EventHandles", detail)


# Pushed.


def render_push(content: Mapping[str, Any], sign_key: str, now_seconds: int) -> bytes:
    """Return the body of a push: the event, signed until ten minutes from now if there is a key."""
    if not sign_key:
        return msgspec.json.encode(content)
    until = now_seconds + SIGN_SECONDS
    return msgspec.json.encode({**content, "Sign": push_sign(sign_key, until), "T": until})


def push_sign(sign_key: str, until: int) -> str:
    """Return MD5(SignKey + T) in hexadecimal digits: weak, but what the platform sends."""
    return hashlib.md5(f"{sign_key}{until}".encode(), usedforsecurity=False).hexdigest()


def parse_push(body: bytes, sign_key: str, now_seconds: int) -> dict[str, Any] | None:
    """Return a pushed event, None if its signature is wrong or too old. Raises `BrokenAnswerError`.

    Without a `sign_key` nothing can be checked, and nothing is.
    """
    try:
        content = msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise BrokenAnswerError(f"the pushed event is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise BrokenAnswerError("the pushed event is not an object")
    until = content.get("T")
    if sign_key and not (
        type(until) is int
        and until >= now_seconds
        and str(content.get("Sign")).lower() == push_sign(sign_key, until)
    ):
        return None
    return content


# How an application is set up.


def parse_config(body: Mapping[str, Any], now: EventConfig) -> EventConfig:
    """Return `now` changed as ModifyEventConfig asks; an empty URL clears it. Raises `WireError`."""
    changes: dict[str, str] = {}
    if mode := body.get("Mode"):
        changes["mode"] = check_word(mode, "Mode", _MODES)
    if (url := body.get("NotificationUrl")) is not None:
        if url and not _URL.match(url):
            detail = Text(
                "It must be an http or https URL, or empty.", "应为 http 或 https 地址，或空字符串。"
            )
            raise refuse("InvalidParameterValue.Url", "NotificationUrl", detail)
        changes["notification_url"] = url
    for name, field in _SWITCHES.items():
        if word := body.get(name):
            changes[field] = check_word(word, name, ("ON", "OFF"))
    if (key := body.get("SignKey")) is not None:
        if not _SIGN_KEY.match(key):
            detail = Text(
                "It may have 32 letters and digits at most.", "由大小写字母及数字组成，最长 32 个字符。"
            )
            raise refuse("InvalidParameterValue", "SignKey", detail)
        changes["sign_key"] = key
    return replace(now, **changes)


def render_modify(sub_app_id: int, config: EventConfig) -> tuple[str, dict[str, Any]]:
    """Return the action and body that set an upstream's application up so."""
    return "ModifyEventConfig", {"SubAppId": sub_app_id, **render_config(config), "SignKey": config.sign_key}


def render_config(config: EventConfig) -> dict[str, Any]:
    """Return the fields of the answer to DescribeEventConfig, which never tells the key."""
    switches = {name: getattr(config, field) for name, field in _SWITCHES.items()}
    return {"Mode": config.mode, "NotificationUrl": config.notification_url, **switches}


def read_config(fields: Mapping[str, Any]) -> EventConfig:
    """Return what an upstream's DescribeEventConfig says."""
    words = {field: str(fields.get(name) or "OFF") for name, field in _SWITCHES.items()}
    return EventConfig(str(fields.get("Mode") or ""), str(fields.get("NotificationUrl") or ""), **words)

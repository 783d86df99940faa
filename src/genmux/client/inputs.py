"""How the inputs of an order reach a platform without uploads: by URL, by value, or by way of a bucket."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeGuard
from urllib.parse import unquote_to_bytes

from genmux.client.cos import CosBucket, object_key
from genmux.client.effects import Answer, Flow
from genmux.client.endpoint import FromTask, FromUrl, Given, Order, Source
from genmux.client.errors import Unreachable
from genmux.client.retries import Verdict, exchange
from genmux.client.sources import by_value, load
from genmux.domain.errors import InvalidInput
from genmux.domain.spec import GenerationSpec
from genmux.domain.text import Text
from genmux.domain.words import EXTENSIONS

NOBODY_FETCHES: Final = Text(
    "it is not at a URL that the platform can fetch. Give an http or https URL, name a COS bucket "
    '(cos_bucket="name-1250000000", cos_region="ap-guangzhou") that lends it one, use the endpoint "vod", '
    "which takes up to 7 MB by value, or a genmux server.",
    "平台无法获取该输入。请改用 http(s) URL，或配置 COS 存储桶（cos_bucket、cos_region）由客户端上传，"
    '或使用 endpoint="vod"（可按值传入，合计不超过 7 MB），或使用 genmux 服务。',
)


@dataclass(frozen=True, slots=True)
class Doors:
    """The ways in that an endpoint has: `value_bytes` by value in all (0: none), and a bucket."""

    value_bytes: int
    bucket: CosBucket | None
    clock: Callable[[], float]


TaskResult = Callable[[FromTask, str], Flow[str]]
"""Waits for a task and returns where its result is fetched; raises `InvalidInput` naming the field."""


def given(order: Order, doors: Doors, result_of: TaskResult) -> Flow[GenerationSpec]:
    """Return the order's spec with sources that the platform takes; every source has a door.

    Raises `InvalidInput`.
    """
    if not order.sources:
        return order.spec
    handed: dict[int, str] = {}
    valued: list[int] = []
    for n, source in enumerate(order.sources):
        if isinstance(source, FromTask):
            handed[n] = yield from result_of(source, order.fields[n])
        elif _is_fetched(source):
            handed[n] = source.url
        else:
            value = _decoded(source, order.fields[n]) if isinstance(source, FromUrl) else None
            value = value or (yield from load(order, n))
            handed[n] = yield from _hand_over(value, doors, order.fields[n])
            if handed[n].startswith("data:"):
                valued.append(len(value.data))
    if sum(valued) > doors.value_bytes:
        raise _too_large(sum(valued), doors.value_bytes)
    return with_handed(order.spec, handed)


def refuse_shut_out(order: Order, doors: Doors) -> None:
    """Raise `InvalidInput` for the first input that no door is open for; nothing is read."""
    if doors.bucket is not None or doors.value_bytes:
        return
    for n, source in enumerate(order.sources):
        if not isinstance(source, FromTask) and not _is_fetched(source):
            field = order.fields[n]
            said = Text(f"{field} cannot be given: {NOBODY_FETCHES.en}", f"{field}：{NOBODY_FETCHES.zh}")
            raise InvalidInput(said, field=field)


def _is_fetched(source: Source) -> TypeGuard[FromUrl]:
    return isinstance(source, FromUrl) and not source.url.lower().startswith("data:")


def with_handed(spec: GenerationSpec, handed: Mapping[int, str]) -> GenerationSpec:
    """Return a spec whose references' numbers of sources, such as `#0`, are replaced by the sources."""
    numbers = {n: int(r.source[1:]) for n, r in enumerate(spec.all_references()) if r.source[:1] == "#"}
    return spec.with_sources({n: handed[number] for n, number in numbers.items()})


def _hand_over(value: Given, doors: Doors, field: str) -> Flow[str]:
    if doors.bucket is not None:
        return (yield from _lent(value, doors.bucket, doors.clock, field))
    return f"data:{value.content_type};base64,{base64.b64encode(value.data).decode()}"


def _lent(value: Given, bucket: CosBucket, clock: Callable[[], float], field: str) -> Flow[str]:
    """Put bytes into a bucket, as often as that takes, and return a URL that opens for a day."""
    key = object_key(value.data, EXTENSIONS.get(value.content_type, "bin"))
    answer: Answer = yield from exchange(
        lambda: bucket.put(key, value.data, value.content_type, clock()), _judge_put, repeatable=True
    )
    if answer.status != 200:
        code = _cos_code(answer.body)
        raise Unreachable(
            Text(
                f"{field} cannot be put into the bucket {bucket.bucket}: COS answered {answer.status} "
                f"{code}.",
                f"无法将 {field} 上传到存储桶 {bucket.bucket}：COS 返回 {answer.status} {code}。",
            ),
            field=field,
        )
    return bucket.lend(key, clock())


def _judge_put(answer: Answer) -> Verdict:
    return Verdict.DOUBTFUL if answer.status >= 500 or answer.status == 429 else Verdict.ANSWERED


def _cos_code(body: bytes) -> str:
    """Return the error code of an answer in COS's XML, "" for none."""
    _, _, rest = body.partition(b"<Code>")
    return rest.partition(b"</Code>")[0].decode("ascii", "replace")[:100]


def _decoded(source: FromUrl, field: str) -> Given:
    """Return what a data URL (RFC 2397) holds. Raises `InvalidInput`."""
    head, comma, text = source.url.partition(",")
    try:
        raw = unquote_to_bytes(text)
        data = base64.b64decode(raw, validate=True) if head.lower().endswith(";base64") else raw
    except (binascii.Error, ValueError):
        data = b""
    if not comma or not data:
        raise InvalidInput(
            Text(
                f"{field} is a data URL without data; it must be like data:image/png;base64,….",
                f"{field} 的 data URL 没有内容；示例：data:image/png;base64,…。",
            ),
            field=field,
        )
    return by_value(data, field)


def _too_large(size: int, limit: int) -> InvalidInput:
    return InvalidInput(
        Text(
            f"The inputs given by value are {size / 1e6:.1f} MB together; the platform takes "
            f"{limit / 1e6:.0f} MB. Give URLs, or name a COS bucket (cos_bucket, cos_region).",
            f"按值传入的输入合计 {size / 1e6:.1f} MB，平台上限为 {limit / 1e6:.0f} MB。"
            "请改用 URL，或配置 COS 存储桶（cos_bucket、cos_region）。",
        ),
        field="references",
    )

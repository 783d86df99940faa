"""The requests of the benches, as bytes ready to be written, signed beforehand."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle, islice
from typing import Any, Final

import msgspec

from bench.children import Child
from genmux.wires import mps, tc3

PROMPT: Final = (
    "A paper boat sails down a rainy street at dusk while lanterns come on one by one; slow dolly shot, "
    "shallow depth of field, soft reflections on the wet stones, film grain, warm light from the shops, "
    "a cat watches from a windowsill and a tram passes far behind"
)
NEGATIVE: Final = "blurry, overexposed, distorted hands, text, subtitles, logo, low quality, flicker"

FEW: Final = 2_000
"""So many distinct requests are enough where repeating one changes nothing."""


def _http(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _host(child: Child) -> str:
    host, port = child.address
    return f"{host}:{port}"


def create_body(n: int) -> bytes:
    """Return the body of a create, about 600 bytes; each number gives another."""
    body: dict[str, Any] = {
        "ModelName": "Kling",
        "ModelVersion": "2.1",
        "Prompt": f"{PROMPT}, take {n}",
        "NegativePrompt": NEGATIVE,
        "EnhancePrompt": False,
        "Duration": 5,
        "ExtraParameters": {"Resolution": "1080P", "AspectRatio": "16:9", "LogoAdd": 0},
        "Operator": "studio-7",
    }
    return msgspec.json.encode(body)


def unsigned_creates(child: Child) -> Iterator[bytes]:
    """Return creates for the floor: the same bodies and as many headers, no signature."""
    headers = {
        "Host": _host(child),
        "Content-Type": tc3.JSON,
        "X-TC-Action": "CreateAigcVideoTask",
        "X-TC-Version": mps.VERSION,
        "X-TC-Timestamp": str(int(time.time())),
        "Authorization": "TC3-HMAC-SHA256 " + "0" * 200,
    }
    return cycle([_http("POST", "/", headers, create_body(n)) for n in range(FEW)])


def signed_headers(child: Child, action: str, body: bytes) -> dict[str, str]:
    """Return the headers that sign one call of an action as now, under the key that the child said."""
    return signed((child.said["secret_id"], child.said["secret_key"]), child, action, body)


def signed(secret: tuple[str, str], child: Child, action: str, body: bytes) -> dict[str, str]:
    """Return the headers that sign one call of an action as now, under any id and key."""
    return tc3.sign(
        tc3.Credential(*secret),
        host=_host(child),
        service=mps.SERVICE,
        action=action,
        version=mps.VERSION,
        timestamp=int(time.time()),
        body=body,
    )


def _signed(child: Child, action: str, body: bytes) -> bytes:
    return _http("POST", "/", signed_headers(child, action, body), body)


def signed_creates(child: Child, first: int, count: int) -> Iterator[bytes]:
    """Return creates for genmux, all different, signed now."""
    return iter([_signed(child, "CreateAigcVideoTask", create_body(n)) for n in range(first, first + count)])


def signed_posts(child: Child, action: str, bodies: Sequence[bytes]) -> Iterator[bytes]:
    """Return calls of an action without end, signed now."""
    return cycle([_signed(child, action, body) for body in bodies])


def signed_describes(
    child: Child, task_ids: Sequence[str], action: str = "DescribeAigcVideoTask"
) -> Iterator[bytes]:
    """Return status requests without end, signed now."""
    bodies = [msgspec.json.encode({"TaskId": task_id}) for task_id in islice(cycle(task_ids), FEW)]
    return signed_posts(child, action, bodies)


def floor_gets(child: Child) -> Iterator[bytes]:
    """Return status requests for the floor, without end."""
    headers = {"Host": _host(child), "Authorization": "Bearer " + "0" * 44}
    return cycle([_http("GET", f"/{task_id}", headers) for task_id in child.said["ids"].split(",")])


def bearer_gets(child: Child, targets: Sequence[str]) -> Iterator[bytes]:
    """Return requests with the bearer token of a key, without end."""
    headers = {"Host": _host(child), "Authorization": f"Bearer {child.said['token']}"}
    return cycle([_http("GET", target, headers) for target in targets])


def bearer_posts(child: Child, target: str, bodies: Sequence[bytes]) -> Iterator[bytes]:
    """Return JSON requests with the bearer token of a key, without end."""
    headers = {
        "Host": _host(child),
        "Authorization": f"Bearer {child.said['token']}",
        "Content-Type": "application/json",
    }
    return cycle([_http("POST", target, headers, body) for body in bodies])


def openai_body(model: str, n: int, **more: str) -> bytes:
    """Return the body of an OpenAI create; each number gives another."""
    return msgspec.json.encode({"model": model, "prompt": f"{PROMPT}, take {n}", **more})

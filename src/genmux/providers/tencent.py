"""What the Tencent providers share: where they call, how they sign, and how they read an answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from genmux.providers.seam import (
    Accepted,
    Account,
    Ambiguous,
    ErrorClass,
    Forgotten,
    Healthy,
    HttpCall,
    HttpReply,
    Puzzling,
    Refused,
)
from genmux.wires import mps
from genmux.wires.http_answers import retry_after_seconds
from genmux.wires.tc3 import Credential, sign
from genmux.wires.tencent import AnsweredError, BrokenAnswerError
from genmux.wires.tencent_calls import (
    DEFAULT_REGION,
    REGION,
    SITES,
    VERSIONS,
    endpoint_of,
    read_answer,
    wording,
)
from genmux.wires.tencent_codes import (
    CALL_ONLY,
    PLATFORM_CLOCK,
    TASK_NOT_FOUND,
    error_class,
    explanation,
    family,
)

CREDENTIAL_NAMES: Final = ("secret_id", "secret_key")
"""A temporary credential has a `token` too."""
LANGUAGE: Final = "en-US"

_SERVICES: Final = {version: service for service, version in VERSIONS.items()}


# A channel's options.


def check_options(said: Mapping[str, Any], known: Collection[str], provider: str) -> dict[str, Any]:
    """Return `site` and `region`, checked and completed, and the other `known` options as they are said.

    Raises `ValueError` naming the option.
    """
    for name in said:
        if name not in {"site", "region", *known}:
            raise ValueError(f"{name} is no option of the provider {provider}")
    region = said.get("region", DEFAULT_REGION)
    if not isinstance(region, str) or (region and not REGION.match(region)):
        raise ValueError(f"region must be like {DEFAULT_REGION}, or empty for none")
    site = one_of("site", said.get("site", "cn"), tuple(SITES))
    return {**said, "site": site, "region": region}


def one_of(name: str, value: Any, words: tuple[str, ...]) -> str:
    """Return an option's value if it is one of `words`. Raises `ValueError`."""
    if value not in words:
        raise ValueError(f"{name} must be {' or '.join(words)}")
    return str(value)


# Calls.


def api_call(
    service: str, account: Account, order: tuple[str, Mapping[str, Any]], pace: str, seconds: float = 20.0
) -> HttpCall:
    """Return the unsigned call of an action with its body; `authorize` reads the headers."""
    action, body = order
    site = account.options.get("site", "cn")
    headers = {
        "X-TC-Action": action,
        "X-TC-Version": VERSIONS[service],
        "X-TC-Region": str(account.options.get("region", DEFAULT_REGION)),
        "X-TC-Language": LANGUAGE,
    }
    return HttpCall(
        "POST",
        f"{account.endpoint.rstrip('/') or endpoint_of(service, site)}/",
        headers=tuple((name, value) for name, value in headers.items() if value),
        body=msgspec.json.encode(body),
        timeout_seconds=seconds,
        pace=pace,
    )


def authorize(call: HttpCall, credential: Mapping[str, str], now: int) -> HttpCall:
    """Return a call of `api_call` with its TC3 signature, made for the second `now`."""
    said = dict(call.headers)
    version = said["X-TC-Version"]
    headers = sign(
        Credential(credential["secret_id"], credential["secret_key"], credential.get("token", "")),
        host=urlsplit(call.url).netloc,
        service=_SERVICES[version],
        action=said["X-TC-Action"],
        version=version,
        timestamp=now,
        body=call.body,
        region=said.get("X-TC-Region", ""),
        language=said.get("X-TC-Language", ""),
    )
    return replace(call, headers=tuple(headers.items()))


# Answers.


def answer(reply: HttpReply) -> dict[str, Any]:
    """Return the fields of a good answer. Raises `AnsweredError`, or `BrokenAnswerError` for none at all."""
    return read_answer(reply.status, reply.body)


def created(reply: HttpReply, input_notes: Iterable[str]) -> Accepted | Refused | Ambiguous:
    """Return what the answer to a create means; without proof of a refusal the task may exist."""
    try:
        fields = answer(reply)
        task_id = mps.parse_created(fields)
    except (AnsweredError, BrokenAnswerError) as error:
        return _not_created(reply, error)
    notes: dict[str, Any] = {"request_id": fields.get("RequestId", "")}
    if inputs := list(input_notes):
        notes["inputs"] = inputs
    return Accepted(task_id, notes)


def _not_created(reply: HttpReply, error: AnsweredError | BrokenAnswerError) -> Refused | Ambiguous:
    refusal = refused(reply, error)
    if refusal is not None:
        return refusal
    return Ambiguous(f"a create without proof that nothing was made: {wording(error)}")


def not_told(reply: HttpReply, error: AnsweredError | BrokenAnswerError) -> Refused | Puzzling:
    """Return what it means that a look was not answered: at most something about the channel."""
    refusal = refused(reply, error)
    if refusal is not None and refusal.error_class in CALL_ONLY:
        return refusal
    return Puzzling(wording(error))


def task_not_told(
    reply: HttpReply, error: AnsweredError | BrokenAnswerError
) -> Refused | Forgotten | Puzzling:
    """Return what it means that a look at one task was not answered: it may be forgotten."""
    if isinstance(error, AnsweredError) and error.code in TASK_NOT_FOUND:
        return Forgotten(wording(error))
    return not_told(reply, error)


def refused(reply: HttpReply, error: AnsweredError | BrokenAnswerError) -> Refused | None:
    """Return the refusal that an answer proves, None where it proves none."""
    if reply.status == 429:
        code = error.code if isinstance(error, AnsweredError) else "HTTP 429"
        request_id = error.request_id if isinstance(error, AnsweredError) else ""
        said = wording(error) if isinstance(error, AnsweredError) else "the platform answered 429"
        return Refused(
            ErrorClass.RATE,
            code,
            f"too many calls: {said}",
            request_id=request_id,
            retry_after_seconds=retry_after_seconds(reply.headers),
        )
    if not isinstance(error, AnsweredError):
        return None
    found = error_class(error.code)
    return None if found is None else explained(found, reply, error)


def explained(found: ErrorClass, reply: HttpReply, error: AnsweredError) -> Refused:
    """Return a refusal whose message says what an operator can do, where that is known."""
    text = explanation(error.code)
    message, message_zh = error.message, ""
    if text is not None:
        en, zh = text
        if error.code == "AuthFailure.SignatureExpire" and (date := reply.headers.get("date")):
            en, zh = (f"{a} {b.format(date=date)}" for a, b in zip(text, PLATFORM_CLOCK, strict=True))
        message, message_zh = f"{en} ({error.code}: {error.message})", f"{zh}({error.code})"
    return Refused(
        found, error.code, message, message_zh, error.request_id, retry_after_seconds(reply.headers)
    )


def probed(reply: HttpReply, proofs: Collection[str] = ()) -> Healthy | Refused:
    """Return what a harmless call found out; `proofs` are families whose errors only a good key is told."""
    try:
        return Healthy({"request_id": answer(reply).get("RequestId", "")})
    except AnsweredError as error:
        found = error_class(error.code)
        if found in CALL_ONLY or family(error.code) not in proofs:
            return refused(reply, error) or explained(ErrorClass.TRANSIENT, reply, error)
        return Healthy({"request_id": error.request_id, "said": error.code})
    except BrokenAnswerError as error:
        refusal = refused(reply, error)
        return refusal or Refused(
            ErrorClass.TRANSIENT,
            f"HTTP {reply.status}",
            f"The endpoint does not answer like the platform: {error}. Is it the right address?",
            "该接入地址的应答不符合平台格式，请检查 endpoint。",
        )

"""Refusals of the platforms as the tree of errors, and what each of them proves about its call."""

from __future__ import annotations

from typing import Final

from genmux.client.errors import ClockSkew
from genmux.client.retries import Verdict
from genmux.domain import errors
from genmux.domain.error_classes import ErrorClass
from genmux.domain.text import Text, same
from genmux.wires import mps, vod
from genmux.wires.tc3 import MAX_SKEW_SECONDS
from genmux.wires.tencent import AnsweredError
from genmux.wires.tencent_codes import CALL_ERRORS, explained, family

LATER: Final = frozenset({ErrorClass.RATE, ErrorClass.CONCURRENCY, ErrorClass.CAPACITY})
"""Refusals that pass and prove that nothing was made."""

BY_CLASS: Final[dict[ErrorClass, type[errors.GenmuxError]]] = {
    ErrorClass.AUTH: errors.Unauthorized,
    ErrorClass.QUOTA: errors.Forbidden,
    ErrorClass.RATE: errors.RateLimited,
    ErrorClass.CONCURRENCY: errors.RateLimited,
    ErrorClass.CAPACITY: errors.Unavailable,
    ErrorClass.CONTENT: errors.ContentRefused,
    ErrorClass.INVALID: errors.InvalidValue,
    ErrorClass.TRANSIENT: errors.Unavailable,
    ErrorClass.LOST: errors.NotFound,
    ErrorClass.INTERNAL: errors.ServiceError,
}
"""The error of each class of refusals."""

BY_CODE: Final[dict[str, type[errors.GenmuxError]]] = {
    **{code: cls for table in (vod.ERROR_CODES, mps.ERROR_CODES) for cls, code in reversed(table.items())},
    "InvalidParameterValue": errors.InvalidValue,
    "InvalidParameter": errors.InvalidValue,
    mps.INVALID_URL: errors.InvalidInput,
    "InternalError": errors.ServiceError,
    "AuthFailure.UnauthorizedOperation": errors.Forbidden,
    "InvalidParameter.VoilationContent": errors.ContentRefused,  # so spelt by the platform
    "IpInBlacklist": errors.Forbidden,
    "IpNotInWhitelist": errors.Forbidden,
    "ResourceNotFound": errors.NotFound,
}
"""The error of a code: the inverse of what our own servers answer, and what they never say."""

AUTH_FAILURE: Final = "AuthFailure"
EXPIRED: Final = "AuthFailure.SignatureExpire"


def refusal_of(error: AnsweredError) -> errors.GenmuxError:
    """Return a refusal of Tencent's gateway as an error, in the platform's words and ours."""
    code = error.code
    text = explained(code, error.message) or same(f"{code}: {error.message}")
    return marked(_error_of(code)(text), code, error.request_id)


def _error_of(code: str) -> type[errors.GenmuxError]:
    """Return the error of a code: by the whole of it, else by its family."""
    for name in (code, family(code)):
        if name in BY_CODE:
            return BY_CODE[name]
        if name in CALL_ERRORS:
            return BY_CLASS[CALL_ERRORS[name]]
    return errors.ServiceError


def marked(error: errors.GenmuxError, code: str, request_id: str) -> errors.GenmuxError:
    """Return an error with what the platform called it."""
    error.upstream_code, error.request_id = code, request_id
    return error


def verdict_of(found: ErrorClass | None) -> Verdict:
    """Return what a refusal of this class says about its call."""
    if found is None:
        return Verdict.DOUBTFUL
    return Verdict.UNMADE if found in LATER else Verdict.ANSWERED


def clock_skew(error: AnsweredError, platform_ms: int | None, now: float) -> ClockSkew | None:
    """Return the wrong clock that explains a failed signature, None where the clock is not the reason.

    `platform_ms` is the time of the answer, in milliseconds, None where it has none.
    """
    if family(error.code) != AUTH_FAILURE:
        return None
    seconds = None if platform_ms is None else platform_ms / 1000 - now
    wrong = seconds is not None and abs(seconds) > MAX_SKEW_SECONDS
    if error.code != EXPIRED and not wrong:
        return None
    skew = ClockSkew(_clock_text(seconds if wrong else None), seconds if wrong else None)
    marked(skew, error.code, error.request_id)
    return skew


def _clock_text(seconds: float | None) -> Text:
    if seconds is None:
        en, zh = "is more than 5 minutes away from the platform's", "与平台时钟相差超过 5 分钟"
    else:
        behind = seconds > 0
        en = f"is {abs(seconds):.0f} s {'behind' if behind else 'ahead of'} the platform's"
        zh = f"比平台时钟{'慢' if behind else '快'} {abs(seconds):.0f} 秒"
    return Text(
        f"The clock of this machine {en}; signatures are good for {MAX_SKEW_SECONDS} s. Set the clock right, "
        "best by time synchronisation (NTP), and call again: nothing was made.",
        f"本机时钟{zh}；签名有效期为 {MAX_SKEW_SECONDS} 秒。请校准本机时间（建议启用 NTP 时间同步）后重试："
        "本次未创建任务。",
    )

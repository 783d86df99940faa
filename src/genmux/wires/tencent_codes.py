"""The codes and words with which Tencent's services fail, and what they mean for a task and its channel."""

from __future__ import annotations

import re
from typing import Final

from genmux.domain.error_classes import ErrorClass
from genmux.domain.text import Text

CALL_ERRORS: Final[dict[str, ErrorClass]] = {
    "AuthFailure": ErrorClass.AUTH,
    "UnauthorizedOperation": ErrorClass.AUTH,
    "IpInBlacklist": ErrorClass.AUTH,
    "IpNotInWhitelist": ErrorClass.AUTH,
    "FailedOperation.InvalidMpsUser": ErrorClass.AUTH,
    "FailedOperation.InvalidVodUser": ErrorClass.AUTH,
    "FailedOperation.InvalidUser": ErrorClass.AUTH,
    "FailedOperation.InvalidAccount": ErrorClass.AUTH,
    "FailedOperation.UserStatusInavlid": ErrorClass.AUTH,  # so spelt by the platform
    "FailedOperation.NoPrivileges": ErrorClass.AUTH,
    "InvalidParameterValue.UserUnRegister": ErrorClass.AUTH,
    "InvalidParameterValue.SubAppId": ErrorClass.AUTH,
    "ResourceNotFound.UserUnregister": ErrorClass.AUTH,
    "ResourceNotFound.UserNotExist": ErrorClass.AUTH,
    "ResourceNotFound.ServiceNotExist": ErrorClass.AUTH,
    "ActionOffline": ErrorClass.AUTH,
    "InvalidAction": ErrorClass.AUTH,
    "NoSuchProduct": ErrorClass.AUTH,
    "NoSuchVersion": ErrorClass.AUTH,
    "UnsupportedProtocol": ErrorClass.AUTH,
    "UnsupportedRegion": ErrorClass.AUTH,
    "FailedOperation.UserArrears": ErrorClass.QUOTA,
    "ResourceUnavailable.InArrears": ErrorClass.QUOTA,
    "LimitExceeded": ErrorClass.QUOTA,
    "LimitExceeded.CreateTask": ErrorClass.CONCURRENCY,
    "RequestLimitExceeded": ErrorClass.RATE,
    "ResourceInsufficient": ErrorClass.CAPACITY,
    "ResourceUnavailable": ErrorClass.CAPACITY,
    "InvalidParameter.ViolationContent": ErrorClass.CONTENT,
    "InvalidParameter.VoilationContent": ErrorClass.CONTENT,  # so spelt by the platform
    "InvalidParameter": ErrorClass.INVALID,
    "InvalidParameterValue": ErrorClass.INVALID,
    "InvalidRequest": ErrorClass.INVALID,
    "MissingParameter": ErrorClass.INVALID,
    "RequestSizeLimitExceeded": ErrorClass.INVALID,
    "ResourceNotFound": ErrorClass.INVALID,
    "UnknownParameter": ErrorClass.INVALID,
    "UnsupportedOperation": ErrorClass.INVALID,
}
"""The class of a refused call by its code, or by the code's family: the part before the dot.

Only codes that prove that nothing was made are here: those of the gateway (signature, permission,
rate, form of the request), of the check of parameters and inputs, of the account's state, and those
that name a limit or a shortage that kept the task from being opened. What is wrong for every task
alike, such as an unknown action, region or application, is the channel's fault and counts as AUTH:
it closes the channel instead of failing its tasks.
"""

UNDECIDED: Final[dict[str, str]] = {
    "FailedOperation": "says only that something failed, be it the model behind or the answer",
    "InternalError": "may come from writing down a task that already runs",
    "ServiceUnavailable": "may come from a gateway that lost an answer",
    "ResourceInUse": "may be said of the task that the same request made before",
    "ResponseSizeLimitExceeded": "is about an answer, so the call was carried out",
    "DryRunOperation": "is the answer to a parameter that is never sent",
}
"""Families that do not prove that a create was refused, and why; nor does a code that is in no table."""

REPEATED_SESSION: Final = frozenset({"InvalidParameterValue.SessionId", "FailedOperation.TaskDuplicate"})
_REPEATED: Final = re.compile(r"repeat|duplicat|exist|重复|已存在", re.IGNORECASE)
_SESSION: Final = re.compile(r"session", re.IGNORECASE)

TASK_NOT_FOUND: Final = frozenset(
    {"ResourceNotFound", "ResourceNotFound.TaskNotFound", "FailedOperation.TaskNotFound"}
)
CALL_ONLY: Final = frozenset({ErrorClass.AUTH, ErrorClass.QUOTA, ErrorClass.RATE})
"""What a refused look at a task says of its channel; any other refusal of a look says nothing at all."""

FAILURE_WORDS: Final[tuple[tuple[ErrorClass, re.Pattern[str]], ...]] = (
    (
        ErrorClass.CONTENT,
        re.compile(
            r"violation|voilation|moderation|sensitive|inappropriate|risk control|content polic"
            r"|safety (system|polic|filter|check)|prohibited content|违规|违禁|敏感|审核|涉黄|涉政",
            re.IGNORECASE,
        ),
    ),
    (
        ErrorClass.CAPACITY,
        re.compile(
            r"queue is full|queue full|overload|too many (tasks|requests)|limit ?exceeded"
            r"|insufficient resource|resource ?insufficient|server (is )?busy|资源不足|繁忙|排队已满",
            re.IGNORECASE,
        ),
    ),
    (
        ErrorClass.INVALID,
        re.compile(
            r"invalid ?parameter|missing ?parameter|not support|unsupported|参数错误|参数不合法|不支持",
            re.IGNORECASE,
        ),
    ),
)
"""What the free text of a failed task tells, first match first; a text without these words says nothing."""

EXPLANATIONS: Final[dict[str, Text]] = {
    "AuthFailure.SignatureExpire": Text(
        "The clock of this machine is more than 5 minutes away from the platform's; set it right.",
        "本机时钟与平台时钟相差超过 5 分钟，请校准本机时间。",
    ),
    "AuthFailure.SecretIdNotFound": Text(
        "The platform does not know this SecretId: it is misspelt, deleted, or of the other site.",
        "平台上不存在该 SecretId：可能拼写有误、已被删除，或属于另一站点（cn 或 intl）。",
    ),
    "AuthFailure.InvalidSecretId": Text(
        "This SecretId is not one of an API key; take SecretId and SecretKey from the CAM console.",
        "该 SecretId 不是云 API 密钥，请在访问管理控制台获取 SecretId 与 SecretKey。",
    ),
    "AuthFailure.SignatureFailure": Text(
        "The SecretKey does not belong to this SecretId.",
        "SecretKey 与 SecretId 不匹配。",
    ),
    "AuthFailure.TokenFailure": Text(
        "The token of this temporary credential is wrong or has expired.",
        "临时密钥的 token 有误或已过期。",
    ),
    "AuthFailure.MFAFailure": Text(
        "The account wants multi-factor authentication for this call; use a key that needs none.",
        "该账号要求多因素认证，请换用无需 MFA 的密钥。",
    ),
    "AuthFailure": Text("The platform refused this credential.", "平台拒绝了该密钥。"),
    "AuthFailure.UnauthorizedOperation": Text(
        "The SecretId may not call this action; grant its user the permission in the CAM console.",
        "该 SecretId 无权调用此接口，请在访问管理中为其授权。",
    ),
    "UnauthorizedOperation": Text(
        "The SecretId may not call this action, or not for this application; grant it in the CAM console.",
        "该 SecretId 无权调用此接口或访问该应用，请在访问管理中为其授权。",
    ),
    "IpInBlacklist": Text(
        "The address of this machine is blocked by the account.", "本机 IP 在账号的黑名单中。"
    ),
    "IpNotInWhitelist": Text(
        "The address of this machine is not among those that the account allows.",
        "本机 IP 不在账号的白名单中。",
    ),
    "InvalidParameterValue.SubAppId": Text(
        "The sub_app_id is not an application of this account.", "sub_app_id 不是该账号下的点播应用。"
    ),
    "InvalidAction": Text(
        "The endpoint does not know this action; is it one of this service?",
        "该接入地址不支持此接口，请检查 endpoint 是否属于该产品。",
    ),
    "UnsupportedRegion": Text("The service does not exist in this region.", "该地域不支持此产品。"),
    **dict.fromkeys(
        (
            "FailedOperation.InvalidMpsUser",
            "FailedOperation.InvalidVodUser",
            "FailedOperation.InvalidUser",
            "InvalidParameterValue.UserUnRegister",
            "ResourceNotFound.UserUnregister",
            "ResourceNotFound.UserNotExist",
            "ResourceNotFound.ServiceNotExist",
        ),
        Text("The account has not activated this service.", "该账号尚未开通此服务。"),
    ),
    **dict.fromkeys(
        ("FailedOperation.UserArrears", "ResourceUnavailable.InArrears"),
        Text("The account is in arrears; top it up.", "该账号已欠费，请充值。"),
    ),
}
"""What an operator can do about a code, by the code or its family."""

PLATFORM_CLOCK: Final = Text("The platform's clock said: {date}.", "平台时间为：{date}。")


def error_class(code: str) -> ErrorClass | None:
    """Return what a code of a refused call means, None where it does not prove that nothing was made."""
    return CALL_ERRORS.get(code) or CALL_ERRORS.get(family(code))


def failure_class(message: str) -> ErrorClass:
    """Return what the text of a failed task tells, INTERNAL where it tells nothing."""
    told = (one for one, words in FAILURE_WORDS if words.search(message))
    return next(told, ErrorClass.INTERNAL)


def repeats_session(code: str, message: str) -> bool:
    """Return whether a refused create says that its SessionId was used before."""
    if code in REPEATED_SESSION:
        return True
    said = _SESSION.search(message) and _REPEATED.search(message)
    return code == "InvalidParameterValue" and said is not None


def explanation(code: str) -> Text | None:
    """Return what an operator can do about a code, None where only the platform's own words are known."""
    return EXPLANATIONS.get(code) or EXPLANATIONS.get(family(code))


def explained(code: str, message: str) -> Text | None:
    """Return what can be done about a refusal, then the platform's own words; None as `explanation`."""
    text = explanation(code)
    return None if text is None else Text(f"{text.en} ({code}: {message})", f"{text.zh}({code})")


def family(code: str) -> str:
    """Return the part of a code before its dot."""
    return code.partition(".")[0]

"""What Tencent's platform says with each error code, in English and Chinese.

Clients switch on the code; the sentence is for people. Sentences seen on the real platform are
kept word for word (raw answers in public issue threads and test logs, 2018 to 2026); the others
follow the platform's list of common error codes in its own style.
"""

from __future__ import annotations

from string import Formatter
from typing import Final

from genmux.domain.text import Text

MAX_NAME_CHARS: Final = 200
"""A caller's own word inside a message is cut to this length."""

MESSAGES: Final[dict[str, tuple[Text, ...]]] = {
    "ActionOffline": (Text("The action is offline.", "接口已下线。"),),
    "AuthFailure.InvalidAuthorization": (
        Text(
            "The `Authorization` in the request header does not comply with the standard.",
            "请求头部的 `Authorization` 不符合腾讯云标准。",
        ),
    ),
    "AuthFailure.InvalidSecretId": (
        Text(
            "The SecretId is invalid: it is not a key of the cloud API.", "密钥非法（不是云 API 密钥类型）。"
        ),
    ),
    "AuthFailure.MFAFailure": (Text("MFA failed.", "MFA 错误。"),),
    "AuthFailure.SecretIdNotFound": (
        Text(
            "The SecretId is not found, please ensure that your SecretId is correct.",
            "SecretId不存在，请输入正确的密钥。",
        ),
    ),
    "AuthFailure.SignatureExpire": (
        Text("The signature is expired, please request again.", "请求签名已过期，请重新请求。"),
    ),
    "AuthFailure.SignatureFailure": (
        Text(
            "The provided credentials could not be validated. Please check your signature is correct.",
            "请求签名验证失败，请检查您的签名计算是否正确。",
        ),
    ),
    "AuthFailure.TokenFailure": (Text("The token is invalid or expired.", "token 错误。"),),
    "AuthFailure.UnauthorizedOperation": (Text("The request is not authorized.", "请求未授权。"),),
    "DryRunOperation": (
        Text(
            "The request would have succeeded, but the DryRun parameter was used.",
            "DryRun 操作，代表请求将会是成功的。",
        ),
    ),
    "FailedOperation": (Text("The operation failed.", "操作失败。"),),
    "FailedOperation.CreateAIGCTaskFailed": (
        Text("Failed to create the AIGC task.", "创建 AIGC 任务失败。"),
    ),
    "FailedOperation.QueryAIGCTaskFailed": (Text("Failed to query the AIGC task.", "查询 AIGC 任务失败。"),),
    "InternalError": (Text("An internal error has occurred. Retry your request.", "内部错误，请稍后重试。"),),
    "InvalidAction": (
        Text("The request `Action` is invalid or not found.", "请求的接口 `Action` 不存在或取值错误。"),
    ),
    "InvalidParameter": (
        Text(
            "The value type of parameter `{parameter}` is not valid, input type should be `{type}`.",
            "参数 `{parameter}` 的类型错误，应为 `{type}` 类型。",
        ),
        Text("The parameter `{parameter}` is not valid.", "参数 `{parameter}` 错误。"),
        Text("The request parameters are not valid.", "参数错误。"),
    ),
    "InvalidParameter.InputInfo": (
        Text("The input `{parameter}` cannot be used.", "输入 `{parameter}` 无法使用。"),
        Text("The input cannot be used.", "输入信息错误。"),
    ),
    "InvalidParameter.InvalidUrl": (
        Text("The URL in parameter `{parameter}` is not valid.", "参数 `{parameter}` 中的 URL 无效。"),
        Text("The URL is not valid.", "URL 无效。"),
    ),
    "InvalidParameter.ModelNotSupported": (
        Text("The model `{model}` is not supported.", "不支持模型 `{model}`。"),
        Text("The model is not supported.", "不支持该模型。"),
    ),
    "InvalidParameter.ViolationContent": (
        Text("The content violates the content rules.", "内容违规，未通过内容审核。"),
    ),
    "InvalidParameterValue": (
        Text("The value of parameter `{parameter}` is not valid.", "参数 `{parameter}` 取值错误。"),
        Text("A parameter value is not valid.", "参数取值错误。"),
    ),
    "InvalidRequest": (
        Text("The multipart format of the request body is not valid.", "请求 body 的 multipart 格式错误。"),
    ),
    "IpInBlacklist": (Text("Your IP is in the blacklist.", "IP 地址在黑名单中。"),),
    "IpNotInWhitelist": (Text("Your IP is not in the whitelist.", "IP 地址不在白名单中。"),),
    "LimitExceeded": (Text("The quota limit is exceeded.", "超过配额限制。"),),
    "LimitExceeded.CreateTask": (Text("Too many tasks are in progress.", "任务数超过限制。"),),
    "MissingParameter": (
        Text("The request is missing a required parameter `{parameter}`.", "缺少必要参数 `{parameter}`。"),
        Text("The request is missing a required parameter.", "缺少必要参数。"),
    ),
    "NoSuchProduct": (Text("The product does not exist.", "产品不存在。"),),
    "NoSuchVersion": (
        Text("The API version `{version}` does not exist.", "接口版本 `{version}` 不存在。"),
        Text("The API version does not exist.", "接口版本不存在。"),
    ),
    "RequestLimitExceeded": (
        Text(
            "Your current request times equals to `{times}` in a second, which exceeds the frequency limit "
            "`{limit}` for a second. Please reduce the frequency of calls.",
            "您当前每秒请求 `{times}` 次，超过了每秒频率上限 `{limit}`，请稍后重试。",
        ),
        Text(
            "The request frequency exceeds the limit, please try again later.",
            "请求的次数超过了频率限制，请稍后重试。",
        ),
    ),
    "RequestSizeLimitExceeded": (
        Text(
            "The request is `{size}` bytes long, which exceeds the limit of `{limit}` bytes.",
            "请求包大小为 `{size}` 字节，超过了上限 `{limit}` 字节。",
        ),
        Text("The request exceeds the size limit.", "请求包超过限制大小。"),
    ),
    "ResourceInUse": (Text("The resource is in use.", "资源被占用。"),),
    "ResourceInsufficient": (Text("The resource is insufficient.", "资源不足。"),),
    "ResourceNotFound": (Text("The resource does not exist.", "资源不存在。"),),
    "ResourceNotFound.DownloadError": (Text("The file cannot be downloaded.", "文件下载失败。"),),
    "ResourceNotFound.TaskNotFound": (
        Text("The task `{task}` does not exist.", "任务 `{task}` 不存在。"),
        Text("The task does not exist.", "任务不存在。"),
    ),
    "ResourceUnavailable": (Text("The resource is unavailable.", "资源不可用。"),),
    "ResponseSizeLimitExceeded": (Text("The response exceeds the size limit.", "返回包超过限制大小。"),),
    "ServiceUnavailable": (
        Text("The service is unavailable now, please try again later.", "当前服务暂时不可用，请稍后重试。"),
    ),
    "UnauthorizedOperation": (Text("You are not authorized to perform this operation.", "未授权操作。"),),
    "UnknownParameter": (
        Text("The parameter `{parameter}` is not recognized.", "无法识别参数 `{parameter}`。"),
        Text("A parameter is not recognized.", "无法识别的参数。"),
    ),
    "UnsupportedOperation": (
        Text("The operation `{operation}` is not supported.", "不支持操作 `{operation}`。"),
        Text("The operation is not supported.", "操作不支持。"),
    ),
    "UnsupportedProtocol": (
        Text(
            "The HTTP method is not supported, only GET and POST are.",
            "HTTP(S) 请求协议错误，只支持 GET 和 POST 请求。",
        ),
    ),
    "UnsupportedRegion": (Text("The region is not supported.", "接口不支持所传地域。"),),
}
"""Per code, the most telling sentence first; the first whose names are all known is used.

The last sentence of each row needs no name.
"""


def _names(template: Text) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(template.en) if name)


_TEMPLATES: Final[dict[str, tuple[tuple[frozenset[str], Text], ...]]] = {
    code: tuple((_names(template), template) for template in row) for code, row in MESSAGES.items()
}


def text(code: str, **names: object) -> Text:
    """Return the platform's sentence for `code` with `names` filled in.

    A code without a row (`InvalidParameterValue.TaskId`) speaks with its head's row, and an
    entirely unknown code is said as it stands.
    """
    row = _TEMPLATES.get(code)
    if row is None:
        head, dot, _ = code.rpartition(".")
        return text(head, **names) if dot else Text(f"{code}.", f"{code}。")
    words = {name: _printable(value) for name, value in names.items()}
    template = next(template for needed, template in row if needed <= words.keys())
    return Text(template.en.format_map(words), template.zh.format_map(words))


def _printable(value: object) -> str:
    """Return a caller's word short enough, and fit for UTF-8."""
    return str(value)[:MAX_NAME_CHARS].encode("utf-8", "replace").decode()


def message(code: str, language: str, *, detail: Text | None = None, **names: object) -> str:
    """Return what is sent as `Error.Message`; `language` is the value of `X-TC-Language`."""
    sentence = text(code, **names)
    return (explain(sentence, detail) if detail else sentence).say(language)


def explain(sentence: Text, detail: Text) -> Text:
    """Return the platform's sentence followed by our own."""
    return Text(f"{sentence.en} {detail.en}", f"{sentence.zh}{detail.zh}")

"""The shared Tencent wire: envelope, messages, actions."""

from __future__ import annotations

import json
from contextlib import suppress
from string import Formatter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.domain.text import Text
from genmux.wires import tencent
from genmux.wires.tencent_messages import MESSAGES, message, text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text().filter(lambda name: name != "Error"), JSON), st.text())
def test_success_round_trip(fields: dict[str, object], request_id: str) -> None:
    body = tencent.success(fields, request_id)
    assert tencent.parse_envelope(body) == {**fields, "RequestId": request_id}


@given(st.text(), st.text(), st.text())
def test_failure_round_trip(code: str, words: str, request_id: str) -> None:
    with pytest.raises(tencent.AnsweredError) as caught:
        tencent.parse_envelope(tencent.failure(code, words, request_id))
    assert (caught.value.code, caught.value.message, caught.value.request_id) == (code, words, request_id)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"Response": 1}',
        b'{"Response": {"Error": "x"}}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_other_answers_are_broken(body: bytes) -> None:
    with pytest.raises(tencent.BrokenAnswerError):
        tencent.parse_envelope(body)


@given(st.binary())
def test_any_bytes_are_read_or_broken(body: bytes) -> None:
    with suppress(tencent.BrokenAnswerError, tencent.AnsweredError):
        tencent.parse_envelope(body)


def test_an_error_without_its_parts_is_still_an_error() -> None:
    with pytest.raises(tencent.AnsweredError) as caught:
        tencent.parse_envelope(b'{"Response": {"Error": {}}}')
    assert (caught.value.code, caught.value.request_id) == ("", "")


def test_success_is_what_the_sdk_needs() -> None:
    assert json.loads(tencent.success({"TaskId": "x"}, "r")) == {
        "Response": {"TaskId": "x", "RequestId": "r"}
    }


SEEN = [
    (
        "AuthFailure.SecretIdNotFound",
        {},
        "The SecretId is not found, please ensure that your SecretId is correct.",
        "SecretId不存在，请输入正确的密钥。",
    ),
    (
        "AuthFailure.SignatureFailure",
        {},
        "The provided credentials could not be validated. Please check your signature is correct.",
        "请求签名验证失败，请检查您的签名计算是否正确。",
    ),
    ("AuthFailure.SignatureExpire", {}, "The signature is expired, please request again.", None),
    ("InvalidAction", {}, "The request `Action` is invalid or not found.", None),
    ("MissingParameter", {"parameter": "X"}, "The request is missing a required parameter `X`.", None),
    ("UnknownParameter", {"parameter": "X"}, "The parameter `X` is not recognized.", None),
    (
        "InvalidParameter",
        {"parameter": "X", "type": "string"},
        "The value type of parameter `X` is not valid, input type should be `string`.",
        None,
    ),
    ("InvalidParameterValue", {"parameter": "X-TC-Region"}, None, "参数 `X-TC-Region` 取值错误。"),
    (
        "RequestLimitExceeded",
        {"times": 103, "limit": 100},
        None,
        "您当前每秒请求 `103` 次，超过了每秒频率上限 `100`，请稍后重试。",
    ),
]


@pytest.mark.parametrize(("code", "names", "en", "zh"), SEEN)
def test_messages_seen_on_the_platform(
    code: str, names: dict[str, Any], en: str | None, zh: str | None
) -> None:
    assert en is None or message(code, "en-US", **names) == en
    assert zh is None or message(code, "zh-CN", **names) == zh


def names_in(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("code", MESSAGES)
def test_both_languages_use_the_same_names(code: str) -> None:
    for row in MESSAGES[code]:
        assert names_in(row.en) == names_in(row.zh)
        assert row.en.endswith(".")
        assert row.zh.endswith("。")


@pytest.mark.parametrize("code", MESSAGES)
def test_every_code_can_speak_without_names(code: str) -> None:
    assert not names_in(MESSAGES[code][-1].en)
    assert "{" not in message(code, "zh-CN")


def test_a_code_without_a_row_speaks_with_its_head() -> None:
    assert text("InvalidParameterValue.TaskId", parameter="TaskId").en.endswith("`TaskId` is not valid.")
    assert text("Brand.New").en == "Brand."


def test_a_callers_word_is_short_and_never_breaks_the_answer() -> None:
    said = message("UnknownParameter", "en-US", parameter="\ud800{x}" + "a" * 10_000)
    assert len(said) < 300
    tencent.failure("UnknownParameter", said, "r")


def test_our_own_words_follow_the_platforms() -> None:
    detail = Text("Write it like 720P.", "示例：720P。")
    assert (
        message("InvalidParameterValue", "zh", detail=detail, parameter="A")
        == "参数 `A` 取值错误。示例：720P。"
    )
    error = tencent.refuse("InvalidParameterValue", "A", detail)
    assert error.field == "A"
    assert error.text.en == "The value of parameter `A` is not valid. Write it like 720P."


@pytest.mark.parametrize(
    ("version", "action", "code"),
    [
        ("2019-06-12", "CreateVideoRedrawTask", "UnsupportedOperation"),
        ("2018-07-17", "CreateAigcSubject", "UnsupportedOperation"),
        ("2019-06-12", "CreateAigcSubject", "InvalidAction"),
        ("2019-06-12", "", "InvalidAction"),
        ("2017-03-12", "RunInstances", "NoSuchVersion"),
    ],
)
def test_actions_that_cannot_be_called(version: str, action: str, code: str) -> None:
    assert tencent.unserved(version, action).code == code

"""What callers say of addresses, secrets and orders is refused in our words, and no secret is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import genmux
from genmux.client.checks import checked_url, encode, header_word
from genmux.client.local_files import trusting
from genmux.client.resources import Tasks
from genmux.domain.errors import CallerError, InvalidValue, MissingValue


@pytest.mark.parametrize("url", ["ftp://a", "http://", "http://a:99999", "http://[::1", "a", "http://a:0"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidValue, match="must start with http:// or https://") as caught:
        checked_url(url, "base_url")
    assert caught.value.field == "base_url"


def test_white_space_around_a_word_is_not_meant() -> None:
    assert checked_url(" http://a.example:81/b/\n", "base_url") == "http://a.example:81/b"
    assert header_word("gmx_1\n", "token") == "gmx_1"
    with genmux.Client("mps", secret_id=" AKIDa\n", secret_key="b\n"):
        pass


@pytest.mark.parametrize("name", ["token", "secret_id", "secret_key", "session_token"])
@pytest.mark.parametrize("secret", ["se\ncret", "暗号"])
def test_a_secret_that_no_header_carries_is_refused_and_not_shown(name: str, secret: str) -> None:
    said: Any = {"secret_id": "a", "secret_key": "b", name: secret}
    platform = "mps" if name != "token" else None
    with pytest.raises(InvalidValue, match=f"{name} (must be of printable ASCII|is still the)") as caught:
        genmux.Client(platform, **said if platform else {"token": secret})
    assert secret not in repr(caught.value) + caught.value.text.zh


@pytest.mark.parametrize("value", ["\ud800", object(), {1j: 1}])
def test_what_json_cannot_say_is_refused_by_its_name(value: Any) -> None:
    with pytest.raises(InvalidValue, match="odd cannot be said in JSON") as caught:
        encode({"even": 1, "odd": value})
    assert caught.value.field == "odd"


def test_a_certificate_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("nonsense")
    for path in (tmp_path / "a.pem", tmp_path / "nothing"):
        with pytest.raises(InvalidValue, match="must be a PEM file"):
            trusting(str(path))


@pytest.mark.parametrize(("task_id", "error"), [("", MissingValue), (5, InvalidValue)])
def test_a_task_is_asked_for_by_an_id(task_id: Any, error: type[CallerError]) -> None:
    with pytest.raises(error, match="task_id"):
        Tasks[Any, Any](None).get(task_id)  # type: ignore[arg-type]


def test_an_endpoint_is_a_text() -> None:
    nonsense: Any = 5
    with pytest.raises(InvalidValue, match="must be one of"):
        genmux.Client(nonsense)

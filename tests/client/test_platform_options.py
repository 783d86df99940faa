"""What a caller and the environment say of a platform: who wins, and what is refused in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.test_settings_seed import GUIDE

import genmux
from genmux.client import mps, vod
from genmux.client.platform_options import read_account, read_guide, read_habits, site_url
from genmux.client.targets import choose_endpoint, guide_target
from genmux.domain.errors import InvalidValue, MissingValue
from genmux.domain.spec import Kind, ModelRef, OutputTarget
from genmux.wires.tc3 import Credential

TENCENT = {"TENCENTCLOUD_SECRET_ID": "AKIDt", "TENCENTCLOUD_SECRET_KEY": "t"}
SEEDS = {"VITE_VOD_SECRET_ID": "AKIDv", "VITE_VOD_SECRET_KEY": "v", "VITE_VOD_SUB_APP_ID": "1500000001"}
SAID = {"secret_id": "AKIDs", "secret_key": "s"}


def test_what_is_said_comes_first_and_the_guides_names_last() -> None:
    both = TENCENT | {"TENCENTCLOUD_SESSION_TOKEN": "tok"} | SEEDS
    assert read_account(SAID, both, vod.SEED_NAMES).credential == Credential("AKIDs", "s")
    assert read_account({}, both, vod.SEED_NAMES).credential == Credential("AKIDt", "t", "tok")
    assert read_account({}, SEEDS, vod.SEED_NAMES).credential == Credential("AKIDv", "v")
    said = {**SAID, "session_token": "mine"}
    assert read_account(said, both).credential == Credential("AKIDs", "s", "mine")


def test_a_missing_credential_names_the_variables() -> None:
    with pytest.raises(MissingValue, match="TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY") as told:
        mps.open_endpoint({}, SEEDS, lambda: 0.0)
    assert "环境变量" in told.value.text.zh
    with pytest.raises(MissingValue, match="VITE_VOD_SECRET_ID"):
        vod.open_endpoint({}, {}, lambda: 0.0)
    with pytest.raises(MissingValue, match="secret_key is missing"):
        read_account({"secret_id": "AKIDs"}, TENCENT)
    with pytest.raises(MissingValue, match="VITE_VOD_SUB_APP_ID"):
        vod.open_endpoint(SAID, {}, lambda: 0.0)


def test_where_a_service_is_called() -> None:
    assert site_url("mps", {}, {}) == "https://mps.tencentcloudapi.com"
    assert site_url("vod", {"site": "intl"}, {}) == "https://vod.intl.tencentcloudapi.com"
    environ = {"VOD_BASE_URL": "http://127.0.0.1:8080/"}
    assert site_url("vod", {"site": "intl"}, environ) == "http://127.0.0.1:8080"
    assert site_url("vod", {"base_url": "http://x"}, environ) == "http://x"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"site": "moon"}, "site"),
        ({"base_url": "mps.example"}, "base_url"),
        ({"region": "Guangzhou"}, "region"),
        ({"max_image_tasks": 0}, "max_image_tasks"),
        ({"max_video_tasks": True}, "max_video_tasks"),
        ({"poll_seconds": -1}, "poll_seconds"),
        ({"cos_bucket": "b"}, "cos_region"),
        ({"cos_region": "r"}, "cos_bucket"),
    ],
)
def test_a_value_at_fault_is_named(said: dict[str, Any], field: str) -> None:
    with pytest.raises((InvalidValue, MissingValue), match=field) as told:
        mps.open_endpoint({**SAID, **said}, {}, lambda: 0.0)
    assert told.value.field == field


def test_a_limit_is_of_its_kind() -> None:
    habits = read_habits({"max_image_tasks": 2, "max_video_tasks": 1, "poll_seconds": 5, "paced": False})
    assert habits.max_tasks == {Kind.IMAGE: 2, Kind.VIDEO: 1}
    assert (habits.poll_seconds, habits.paced) == (5.0, False)
    unpaced = mps.open_endpoint({**SAID, "paced": False}, {}, lambda: 0.0)
    assert unpaced.facts.paces == {}


@pytest.mark.parametrize("name", ["mps", "vod", "anyapi"])
def test_every_platform_is_opened_by_its_name(name: str) -> None:
    own: dict[str, dict[str, Any]] = {
        "mps": SAID,
        "vod": {**SAID, "sub_app_id": 1500000001},
        "anyapi": {"token": "sk"},
    }
    said = {**own[name], "base_url": "http://127.0.0.1:9"}
    facts = choose_endpoint(name, said, {}, lambda: 0.0).facts
    assert (facts.name, facts.keyed, facts.chains, facts.cancels) == (name, name == "vod", True, False)


@pytest.mark.parametrize(
    ("name", "argument"),
    [("mps", "token"), ("mps", "sub_app_id"), ("vod", "output"), ("anyapi", "secret_id"), ("anyapi", "site")],
)
def test_an_argument_of_another_platform_is_refused(name: str, argument: str) -> None:
    with pytest.raises(InvalidValue, match=argument):
        choose_endpoint(name, {argument: "x"}, TENCENT, lambda: 0.0)


def test_the_guides_file_is_a_client_of_mps() -> None:
    said = read_guide({**GUIDE, "cosOutput": {**GUIDE["cosOutput"], "bucket": "films-1250000000"}})
    assert (said["secret_id"], said["region"], said["poll_seconds"]) == ("您的 SecretId", "ap-guangzhou", 5.0)
    assert (said["max_image_tasks"], said["max_video_tasks"]) == (2, 1)
    assert said["output"] == OutputTarget("films-1250000000", "ap-guangzhou", "aigc-output")
    assert said["defaults"] == {
        Kind.IMAGE: {"model": ModelRef("Hunyuan", "3.0")},
        Kind.VIDEO: {"model": ModelRef("Kling", "3.0"), "duration": 5.0, "audio": True},
    }


def test_the_guides_placeholders_are_told() -> None:
    said = read_guide(GUIDE)
    assert "output" not in said
    assert "cos_bucket" not in said
    with pytest.raises(InvalidValue, match="secret_id is still the guide's placeholder") as told:
        mps.open_endpoint(said, {}, lambda: 0.0)
    assert "占位符" in told.value.text.zh
    with pytest.raises(InvalidValue, match="secret_key is still"):
        read_account({"secret_id": "AKIDs", "secret_key": "xxx"}, {})


def test_a_file_that_is_no_configuration(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("[]")
    with pytest.raises(InvalidValue, match="JSON object"):
        guide_target(path)
    path.write_text(json.dumps({"tencentCloud": {"secretId": "a"}}))
    with pytest.raises(InvalidValue, match=r"tencentCloud\.secretKey"):
        genmux.Client.from_config(path)
    with pytest.raises(FileNotFoundError):
        genmux.Client.from_config(tmp_path / "none.json")

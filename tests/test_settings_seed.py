"""The guides' configuration is taken unchanged: their JSON file, and their environment names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from genmux.domain.spec import Kind, ModelRef
from genmux.settings import Settings, SettingsError, load_settings

GUIDE: dict[str, Any] = {
    "tencentCloud": {"secretId": "您的 SecretId", "secretKey": "您的 SecretKey", "region": "ap-guangzhou"},
    "cosOutput": {
        "bucket": "your-bucket-name-1234567890",
        "region": "ap-guangzhou",
        "outputDir": "/aigc-output/",
    },
    "mps": {
        "imageGeneration": {"enabled": True, "modelName": "Hunyuan", "modelVersion": "3.0"},
        "videoGeneration": {
            "enabled": True,
            "modelName": "Kling",
            "modelVersion": "3.0",
            "duration": 5,
            "enableAudio": True,
        },
    },
    "concurrency": {"maxImageTasks": 2, "maxVideoTasks": 1, "pollIntervalMs": 5000},
}
"""The file as the guides print it, placeholders and all."""
VOD = {"VITE_VOD_SECRET_ID": "AKIDv", "VITE_VOD_SECRET_KEY": "k", "VITE_VOD_SUB_APP_ID": "1500044236"}


def load(tmp_path: Path, raw: Any, environ: dict[str, str] | None = None) -> Settings:
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(raw, ensure_ascii=False), "utf-8")
    return load_settings(environ=environ or {}, config=path)


def changed(path: str, value: Any) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads(json.dumps(GUIDE))
    *tables, key = path.split(".")
    into = raw
    for table in tables:
        into = into[table]
    into[key] = value
    return raw


def test_the_file_is_a_channel_with_its_limits(tmp_path: Path) -> None:
    settings = load(tmp_path, GUIDE)
    (channel,) = settings.channels.values()
    assert (channel.name, channel.provider, channel.enabled) == ("mps", "mps", True)
    assert channel.kind_slots == {"image": 2, "video": 1}
    assert channel.poll_seconds == 5
    assert channel.options == {"region": "ap-guangzhou"}
    assert channel.models == ("*",)
    assert channel.credential is not None
    assert dict(channel.credential.parts) == {"secret_id": "您的 SecretId", "secret_key": "您的 SecretKey"}


def test_the_file_is_models_and_what_they_make_by_default(tmp_path: Path) -> None:
    settings = load(tmp_path, changed("mps.videoGeneration.modelName", "Vidu"))
    assert settings.default_models() == {
        Kind.IMAGE: ModelRef("Hunyuan", "3.0"),
        Kind.VIDEO: ModelRef("Vidu", "3.0"),
    }
    assert settings.defaults == {"video": {"duration": 5, "audio": True}}


def test_the_file_is_a_bucket_that_gets_every_result(tmp_path: Path) -> None:
    settings = load(tmp_path, changed("cosOutput.bucket", "films-1250000000"))
    assert settings.buckets == {
        "films-1250000000": {
            "type": "cos",
            "bucket": "films-1250000000",
            "region": "ap-guangzhou",
            "secret_id": "您的 SecretId",
            "secret_key": "您的 SecretKey",
        }
    }
    assert settings.default_output == {
        "bucket": "films-1250000000",
        "region": "ap-guangzhou",
        "path": "aigc-output",
    }


def test_a_kind_that_is_off_is_not_the_channel_s(tmp_path: Path) -> None:
    only_films = load(tmp_path, changed("mps.imageGeneration.enabled", False)).channels["mps"]
    assert (only_films.models, only_films.enabled) == (("video/*",), True)
    raw = changed("mps.imageGeneration.enabled", False)
    raw["mps"]["videoGeneration"]["enabled"] = False
    assert load(tmp_path, raw).channels["mps"].enabled is False


def test_all_but_the_account_may_be_left_out(tmp_path: Path) -> None:
    settings = load(tmp_path, {"tencentCloud": {"secretId": "AKIDa", "secretKey": "k"}})
    assert settings.channels["mps"].options == {}
    assert settings.default_output == {}
    assert settings.default_models() == Settings().default_models()


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("tencentCloud.secretKey", "", "tencentCloud.secretKey must be a text"),
        ("tencentCloud.secretID", "x", "tencentCloud.secretID is unknown"),
        ("concurrency.maxImageTasks", 0, "concurrency.maxImageTasks must be a whole number"),
        ("concurrency.pollIntervalMs", "5s", "concurrency.pollIntervalMs"),
        ("mps.videoGeneration.enableAudio", "yes", "enableAudio"),
        ("mps", "Kling", "setting mps is str; it must be a table"),
        ("video", {}, "setting video is unknown"),
    ],
)
def test_a_field_at_fault_is_named_as_the_guides_spell_it(
    tmp_path: Path, path: str, value: Any, words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        load(tmp_path, changed(path, value))


def test_json_of_our_own_keys_is_read_too(tmp_path: Path) -> None:
    assert load(tmp_path, {"port": 9000, "channels": {"a": {"provider": "mps"}}}).port == 9000
    (tmp_path / "seed.json").write_text("{")
    with pytest.raises(SettingsError, match="cannot be read as JSON"):
        load_settings(environ={}, config=tmp_path / "seed.json")


def test_the_guides_variables_are_a_vod_channel(tmp_path: Path) -> None:
    channel = load(tmp_path, {}, VOD).channels["vod"]
    assert (channel.provider, channel.source, channel.options) == (
        "vod",
        "environment",
        {"sub_app_id": 1500044236},
    )
    assert channel.credential is not None
    assert channel.credential.names == ("VITE_VOD_SECRET_ID", "VITE_VOD_SECRET_KEY")


def test_a_configured_vod_channel_is_the_only_one(tmp_path: Path) -> None:
    assert set(load(tmp_path, {"channels": {"films": {"provider": "vod"}}}, VOD).channels) == {"films"}


@pytest.mark.parametrize("missing", VOD)
def test_a_part_of_the_variables_is_nothing(tmp_path: Path, missing: str) -> None:
    assert load(tmp_path, {}, {k: v for k, v in VOD.items() if k != missing}).channels == {}


def test_tencent_s_own_variables_make_no_channel(tmp_path: Path) -> None:
    environ = {"TENCENTCLOUD_SECRET_ID": "AKIDour", "TENCENTCLOUD_SECRET_KEY": "ours"}
    assert load(tmp_path, {}, environ).channels == {}

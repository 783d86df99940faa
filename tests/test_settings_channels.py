"""Channels and the other tables of the settings: read whole, refused by name, secrets never told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from genmux.settings import ChannelSettings, Settings, SettingsError, load_settings, parse_channel
from genmux.settings.credentials import (
    CredentialSource,
    parse_credential,
    parse_parts,
    read_credential,
)
from genmux.wires.guide_config import is_placeholder

PAIR = ("secret_id", "secret_key")
WHOLE = """
[channels.mps-1]
provider = "mps"
credential = "env:MPS_ID, MPS_KEY"
endpoint = "https://mps.intl.tencentcloudapi.com/"
models = ["video/Kling/*", "image/Hunyuan/3.0"]
priority = -2
weight = 3
slots = {image = 2, video = 1}
learns = true
creates_per_second = {image = 5, video = 2.5}
describes_per_second = 7
rates = {"describe:video" = 9}
deadline_minutes = 30
poll_seconds = 5
on_unknown = "fail"
failover = true
events = "exclusive"
allow_private = true
price = "0.9 CNY/s"
enabled = false
region = "ap-singapore"

[channels.mps-1.names]
"video/Kling/*" = "Kling/*"
"""


def load(tmp_path: Path, toml: str, environ: dict[str, str] | None = None) -> Settings:
    path = tmp_path / "genmux.toml"
    path.write_text(toml, "utf-8")
    return load_settings(environ=environ or {}, config=path)


def test_every_key_of_a_channel_is_read(tmp_path: Path) -> None:
    assert load(tmp_path, WHOLE).channels["mps-1"] == ChannelSettings(
        name="mps-1",
        provider="mps",
        credential=CredentialSource("env", ("MPS_ID", "MPS_KEY")),
        endpoint="https://mps.intl.tencentcloudapi.com",
        models=("video/Kling/*", "image/Hunyuan/3.0"),
        names={"video/Kling/*": "Kling/*"},
        priority=-2,
        weight=3,
        kind_slots={"image": 2, "video": 1},
        learns=True,
        rates={"create:image": 5, "create:video": 2.5, "describe": 7, "describe:video": 9},
        deadline_minutes=30,
        poll_seconds=5,
        on_unknown="fail",
        failover=True,
        events="exclusive",
        allow_private=True,
        price="0.9 CNY/s",
        enabled=False,
        options={"region": "ap-singapore"},
    )


def test_what_is_not_said_is_not_decided_here() -> None:
    said = parse_channel("a", {"provider": "mps"})
    assert (said.slots, said.learns, said.models, said.credential) == (None, None, None, None)
    assert (said.rates, said.options, said.enabled) == ({}, {}, True)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("provider", "", "must not be empty"),
        ("endpoint", "mps.example", "must start with http:// or https://"),
        ("models", [], "name a model"),
        ("models", ["Kling/3.0"], "<kind>/<family>/<version>"),
        ("models", ["film/Kling/3.0"], "<kind>/<family>/<version>"),
        ("models", [3], "list of texts"),
        ("names", {"Kling": "Kling/3.0"}, "<kind>/<family>/<version>"),
        ("names", {"*": ""}, "must not be empty"),
        ("names", "x", "must be a table"),
        ("priority", "high", "whole number"),
        ("weight", 0, "from 1"),
        ("weight", True, "from 1"),
        ("slots", 0, "from 1"),
        ("slots", {}, "table by kind"),
        ("slots", {"film": 1}, "image, video"),
        ("slots", {"image": 0}, "slots.image is 0"),
        ("learns", "yes", "true or false"),
        ("creates_per_second", -1, "0 or a positive number"),
        ("creates_per_second", {"film": 1}, "image, video"),
        ("rates", {"create": float("nan")}, "0 or a positive number"),
        ("deadline_minutes", 0, "a positive number"),
        ("poll_seconds", float("inf"), "a positive number"),
        ("on_unknown", "retry", "hold, fail, resubmit"),
        ("events", "on", "off, exclusive"),
        ("allow_private", 1, "true or false"),
        ("price", 3, "must be text"),
    ],
)
def test_a_key_at_fault_is_named_with_its_channel(key: str, value: Any, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_channel("mps", {"provider": "mps", key: value})
    assert f"channels.mps.{key}" in str(caught.value)
    assert words in str(caught.value)
    assert caught.value.field.startswith(f"channels.mps.{key}")
    assert f"channels.mps.{key}" in caught.value.text.zh
    assert caught.value.text.zh != caught.value.text.en


@pytest.mark.parametrize("name", ["", "MPS", "a b", "-a", "a/b", "x" * 65])
def test_a_channel_has_a_plain_name(name: str) -> None:
    with pytest.raises(SettingsError, match="a-z"):
        parse_channel(name, {"provider": "mps"})


def test_a_channel_names_its_provider() -> None:
    with pytest.raises(SettingsError, match=r"channels\.a\.provider is missing"):
        parse_channel("a", {})
    with pytest.raises(SettingsError, match="must be a table"):
        parse_channel("a", "mps")


def test_the_environment_spells_channels_as_json(tmp_path: Path) -> None:
    said = load(tmp_path, "", {"GENMUX_CHANNELS": '{"v": {"provider": "vod", "sub_app_id": 5}}'})
    assert said.channels["v"].options == {"sub_app_id": 5}
    with pytest.raises(SettingsError, match="no JSON"):
        load(tmp_path, "", {"GENMUX_CHANNELS": "{"})


# ---------------------------------------------------------------- credentials


@pytest.mark.parametrize(
    ("value", "scheme", "names"),
    [
        ("env:A,B", "env", ("A", "B")),
        ("file:/etc/genmux/mps.json", "file", ("/etc/genmux/mps.json",)),
        ("sealed:mps", "sealed", ("mps",)),
    ],
)
def test_a_credential_is_a_reference(value: str, scheme: str, names: tuple[str, ...]) -> None:
    assert parse_credential("p", value) == CredentialSource(scheme, names)


@pytest.mark.parametrize("value", ["s3cret", "env:", "env:A,", "vault:s3cret", 7, {}, {"secret_id": 1}])
def test_a_credential_that_is_none_is_refused_without_being_told(value: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_credential("channels.mps.credential", value)
    assert "channels.mps.credential" in str(caught.value)
    assert "s3cret" not in str(caught.value) + caught.value.text.zh


def test_no_secret_is_in_any_repr(tmp_path: Path) -> None:
    toml = """
    [channels.mps]
    provider = "mps"
    credential = {secret_id = "AKIDs3cret", secret_key = "s3cret"}
    [buckets.films]
    type = "cos"
    secret_key = "s3cret"
    [media]
    secret_key = "s3cret"
    """
    settings = load(tmp_path, toml)
    assert settings.channels["mps"].credential == CredentialSource(
        "inline", parts={"secret_id": "AKIDs3cret", "secret_key": "s3cret"}
    )
    assert "s3cret" not in repr(settings)


def test_variables_are_read_in_the_provider_s_order() -> None:
    source = CredentialSource("env", ("ID", "KEY"))
    environ = {"ID": "i", "KEY": "k", "T": "t"}
    assert read_credential("p", source, PAIR, environ) == {"secret_id": "i", "secret_key": "k"}
    three = CredentialSource("env", ("ID", "KEY", "T"))
    assert read_credential("p", three, PAIR, environ)["token"] == "t"
    with pytest.raises(SettingsError, match="environment variable KEY, which is not set"):
        read_credential("p", source, PAIR, {"ID": "i", "KEY": ""})
    with pytest.raises(SettingsError, match="secret_id, secret_key"):
        read_credential("p", CredentialSource("env", ("ID",)), PAIR, environ)


@pytest.mark.parametrize(
    "text",
    [
        '{"secret_id": "i", "secret_key": "k"}',
        '{"secretId": "i", "secretKey": "k", "region": "x"}',
        "# mine\nsecret_id=i\nsecret_key = 'k'\n",
        'export TENCENTCLOUD_SECRET_ID=i\nexport TENCENTCLOUD_SECRET_KEY="k"\n',
    ],
)
def test_a_file_holds_json_or_lines(tmp_path: Path, text: str) -> None:
    file = tmp_path / "credential"
    file.write_text(text)
    file.chmod(0o600)
    found = read_credential("p", CredentialSource("file", (str(file),)), PAIR, {})
    assert found == {"secret_id": "i", "secret_key": "k"}


def test_one_bare_value_is_a_token() -> None:
    assert parse_parts("gmx_abc\n", ("token",)) == {"token": "gmx_abc"}


def test_a_file_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "credential"
    file.write_text("secret_id=i\nsecret_key=s3cret\n")
    file.chmod(0o644)
    source = CredentialSource("file", (str(file),))
    with pytest.raises(SettingsError, match="chmod 600") as caught:
        read_credential("p", source, PAIR, {})
    assert "s3cret" not in str(caught.value)
    file.chmod(0o600)
    file.write_text("secret_id=i\nsecret=s3cret\n")
    with pytest.raises(SettingsError, match="has no secret_key") as caught:
        read_credential("p", source, PAIR, {})
    assert "s3cret" not in str(caught.value)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_credential("p", CredentialSource("file", (str(tmp_path / "no"),)), PAIR, {})


def test_a_part_that_the_provider_does_not_have_is_refused() -> None:
    source = CredentialSource("inline", parts={"secret_id": "i", "secret_key": "k", "secret": "s3cret"})
    with pytest.raises(SettingsError, match="secret is no part") as caught:
        read_credential("p", source, PAIR, {})
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "placeholder"),
    [
        ("您的 SecretId", True),
        ("xxx", True),
        ("your-secret-key", True),
        ("<SecretKey>", True),
        ("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", False),
        ("xx", False),
    ],
)
def test_placeholders_of_guides_are_known(value: str, placeholder: bool) -> None:
    assert is_placeholder(value) is placeholder


# ---------------------------------------------------------------- the other tables


def test_places_and_defaults(tmp_path: Path) -> None:
    toml = """
    staging = "inputs"
    redirect_files = true
    media = "/srv/media"
    [buckets]
    inputs = "/srv/inputs"
    films = {type = "cos", bucket = "films-1", region = "ap-guangzhou"}
    [default_output]
    bucket = "films"
    path = "out"
    [defaults.video]
    duration = 5
    audio = true
    """
    settings = load(tmp_path, toml)
    assert (settings.staging, settings.redirect_files, settings.media) == ("inputs", True, "/srv/media")
    assert settings.buckets["films"] == {"type": "cos", "bucket": "films-1", "region": "ap-guangzhou"}
    assert settings.default_output == {"bucket": "films", "path": "out"}
    assert settings.defaults == {"video": {"duration": 5, "audio": True}}
    cos = load(tmp_path, "", {"GENMUX_MEDIA": '{"type": "cos"}'})
    assert cos.media == {"type": "cos"}


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('staging = "inputs"', "staging is 'inputs'; it must be one of the buckets"),
        ('[default_output]\nbucket = "b"', "one of the buckets"),
        ('[default_output]\nbuckets = "b"', "bucket, region, path"),
        ("[defaults.film]\nduration = 5", "image, video"),
        ("[defaults.video]\nlength = 5", "duration, resolution, aspect_ratio, audio"),
        ('[defaults.video]\naudio = "yes"', "true or false"),
        ("[buckets]\na = 3", "must be a table"),
        ("media = 3", "must be a table"),
    ],
)
def test_a_table_at_fault_is_named(tmp_path: Path, toml: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load(tmp_path, toml)

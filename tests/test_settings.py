"""Settings: read in order, converted, refused in a sentence that says what would be right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from genmux.domain.spec import Kind, ModelRef
from genmux.settings import Settings, SettingsError, load_settings


def load(tmp_path: Path, toml: str = "", environ: dict[str, str] | None = None, **flags: Any) -> Settings:
    path = tmp_path / "genmux.toml"
    path.write_text(toml, "utf-8")
    return load_settings(environ=environ or {}, config=path, overrides=flags)


def test_nothing_needs_configuring(tmp_path: Path) -> None:
    assert load(tmp_path) == Settings()
    assert Settings().default_models()[Kind.VIDEO] == ModelRef("Kling", "3.0")
    assert Settings().workers() >= 1


def test_file_then_environment_then_flags(tmp_path: Path) -> None:
    toml = 'port = 1\nhost = "0.0.0.0"\npublic_url = "https://a.example"\n[rates]\nCreateAigcVideoTask = 0\n'
    settings = load(
        tmp_path, toml, {"GENMUX_PORT": "2", "GENMUX_HOST": "::1", "OTHER": "x"}, port=3, host=None
    )
    assert (settings.port, settings.host, settings.public_url) == (3, "::1", "https://a.example")
    assert settings.rates["CreateAigcVideoTask"] == 0
    assert settings.rates["CreateAigcImageTask"] == 20


def test_environment_spells_lists_and_tables(tmp_path: Path) -> None:
    environ = {
        "GENMUX_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
        "GENMUX_BUCKETS": "a=/srv/a,b=/srv/b",
        "GENMUX_PAUSED": "yes",
        "GENMUX_DATA": "/tmp/x",
    }
    settings = load(tmp_path, "", environ)
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1")
    assert settings.buckets == {"a": "/srv/a", "b": "/srv/b"}
    assert settings.paused is True
    assert settings.data == Path("/tmp/x")


@pytest.mark.parametrize(
    ("toml", "word"),
    [
        ("prot = 1", "prot"),
        ('port = "many"', "whole number"),
        ("port = 70000", "65535"),
        ("port = -1", "negative"),
        ('validation = "late"', "early"),
        ('public_url = "media.example.com"', "https://"),
        ('default_video_model = "Kling"', "Family/version"),
        ('paused = "perhaps"', "true or false"),
        ("rates = 3", "table"),
        ("trusted_proxies = 3", "list"),
        ("host = 3", "text"),
        ("port = ", "TOML"),
        ('role = "boss"', "all, api, engine"),
        ("processes = 0", "at least 1"),
        ("lease_seconds = 1", "at least 4"),
        ('pooled = "perhaps"', "true, false or auto"),
        ("processes = 2", "SQLite database belongs to one process"),
        ('role = "api"', "genmux db copy"),
        ('database = "postgresql://h/d"\nprocesses = 2\nemulator = true', "emulator in one process"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, toml: str, word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        load(tmp_path, toml)


def test_a_missing_file_that_was_named_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere"):
        load_settings(environ={}, config=tmp_path / "nowhere.toml")


def test_a_database_is_named_by_a_url_that_no_error_repeats(tmp_path: Path) -> None:
    for scheme in ("postgresql", "postgres"):
        said = f'database = "{scheme}://me:secret@h/d"\nrole = "engine"\nprocesses = 3\npooled = true'
        settings = load(tmp_path, said)
        assert (settings.role, settings.processes, settings.pooled) == ("engine", 3, True)
        assert "secret" not in repr(settings)
    assert load(tmp_path, 'pooled = "auto"').pooled is None
    with pytest.raises(SettingsError, match="must be a URL such as") as caught:
        load(tmp_path, 'database = "mysql://me:secret@h/d"')
    assert "secret" not in caught.value.text.en + caught.value.text.zh


def test_several_processes_divide_the_cores(tmp_path: Path) -> None:
    said = 'database = "postgresql://h/d"\n'
    assert load(tmp_path, f"{said}processes = 64").workers() == 1
    assert load(tmp_path, f"{said}processes = 64\nrender_workers = 5").workers() == 5

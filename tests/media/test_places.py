"""What an operator may write for a place, and what is said when it cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from genmux.media.places import PlaceConfig, open_place, parse_place

SECRET = "swordfish-9000"
COS = {
    "type": "cos",
    "bucket": "films-125",
    "region": "ap-guangzhou",
    "secret_id": "AKID",
    "secret_key": SECRET,
}
S3 = {"type": "s3", "bucket": "films", "access_key_id": "AKID", "secret_access_key": SECRET}


def parsed(raw: Any, environ: Mapping[str, str] | None = None) -> PlaceConfig:
    return parse_place("buckets.films", raw, environ or {})


def said(raw: Any, environ: Mapping[str, str] | None = None) -> str:
    with pytest.raises(ValueError, match=r".") as caught:
        open_place(parsed(raw, environ))
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r}"
    return str(caught.value)


def test_text_is_a_directory(tmp_path: Path) -> None:
    config = parsed(str(tmp_path / "films"))
    assert config == PlaceConfig("disk", {"path": str(tmp_path / "films")})
    assert config == parsed({"type": "disk", "path": str(tmp_path / "films")})
    assert not open_place(config).presigns
    assert (tmp_path / "films").is_dir()


def test_a_cos_bucket_has_its_regions_endpoint() -> None:
    config = parsed(COS)
    assert config.options["endpoint"] == "https://cos.ap-guangzhou.myqcloud.com"
    assert "region" not in config.options
    assert (config.region, open_place(config).region) == ("ap-guangzhou", "ap-guangzhou")
    own = parsed({**COS, "endpoint": "http://cos.test"})
    assert own.options["endpoint"] == "http://cos.test"


async def test_s3_has_both_styles_of_address() -> None:
    at = {**S3, "endpoint": "https://s3.example.com", "root": "/pre"}
    path_style = await open_place(parsed(at)).presign("片 1.mp4", 60)
    host_style = await open_place(parsed({**at, "enable_virtual_host_style": True})).presign("片 1.mp4", 60)
    assert path_style is not None
    assert host_style is not None
    assert path_style.startswith("https://s3.example.com/films/pre/%E7%89%87%201.mp4?")
    assert host_style.startswith("https://films.s3.example.com/pre/%E7%89%87%201.mp4?")


def test_a_region_for_signing_is_no_claim_about_the_bucket() -> None:
    assert (parsed(S3).region, parsed(S3).options["region"]) == ("", "us-east-1")
    said_region = parsed({**S3, "region": "ap-guangzhou"})
    assert (said_region.region, said_region.options["region"]) == ("ap-guangzhou", "ap-guangzhou")


async def test_nothing_ambient_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AMBIENT")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://ambient.example.com")
    url = await open_place(parsed(S3)).presign("a", 60)
    assert url is not None
    assert "AKID" in url
    assert "ambient" not in url.lower()


async def test_memory_is_a_place(tmp_path: Path) -> None:
    place = open_place(parsed({"type": "memory", "region": "ap-nowhere"}))
    (tmp_path / "a").write_bytes(b"12345")
    await place.put_file(tmp_path / "a", "x/a.png")
    assert [chunk async for chunk in place.range("x/a.png", 1, 3)] == [b"234"]
    assert await place.presign("x/a.png", 60) is None
    assert place.region == "ap-nowhere"


def test_secrets_are_looked_up_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    config = parsed(
        {**COS, "secret_id": "env:COS_ID", "secret_key": f"file:{tmp_path}/secret"}, {"COS_ID": "AKID"}
    )
    assert (config.options["secret_id"], config.options["secret_key"]) == ("AKID", SECRET)
    assert SECRET not in repr(config)
    assert SECRET not in repr(open_place(config))


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (5, "buckets.films must be a directory, or a table with a type"),
        ({}, "buckets.films.type is missing"),
        ({"type": 3}, "buckets.films.type is missing"),
        ({"type": "ftp-of-old"}, "buckets.films.type 'ftp-of-old' is unknown"),
        ({"type": "fs", "root": "/"}, "buckets.films.type 'fs' is unknown"),
        ({"type": "disk"}, "buckets.films.path is missing"),
        ({"type": "disk", "path": ""}, "buckets.films.path is missing"),
        ({**COS, "bucket": ""}, "buckets.films.bucket is missing"),
        ({**COS, "region": ""}, "buckets.films.region is missing"),
        ({**COS, "region": "https://evil/"}, "buckets.films.region must be a name"),
        ({**COS, "secret": SECRET}, "buckets.films.secret is unknown; a place of type cos takes bucket"),
        ({**COS, "secret_key": [SECRET]}, "buckets.films.secret_key must be text"),
        ({**COS, "disable_config_load": "false"}, "buckets.films.disable_config_load is unknown"),
        ({**COS, "secret_key": "env:NOT_SET"}, "the environment variable NOT_SET, which is not set"),
        ({**COS, "secret_key": "file:/no/such"}, "the file /no/such, which cannot be read"),
        ({**S3, "enable_virtual_host_style": SECRET}, "a place of type s3 cannot be opened"),
        ({**S3, "access_key_id": ""}, "buckets.films.access_key_id is missing"),
        ({"type": "sftp", "endpoint": "x"}, "a place of type sftp cannot be opened"),
    ],
)
def test_what_cannot_be_used_is_named(raw: Any, sentence: str) -> None:
    assert sentence in said(raw)


def test_a_secret_that_is_no_text_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xff" + SECRET.encode())
    assert "cannot be read" in said({**COS, "secret_key": f"file:{tmp_path}/secret"})

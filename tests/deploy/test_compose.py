"""compose.yaml: the settings of its gateways are ours, and its parts find each other."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.deploy.shipping import (
    CADDYFILE,
    SECRETS,
    VERSION,
    drain_seconds,
    filled,
    gateways,
    image_environment,
    services,
)
from tests.media.servers import RCLONE, moto

from genmux.compose.storage import open_storage
from genmux.settings import Settings, load_settings

ROLES = {"api-1": "api", "api-2": "api", "engine": "engine"}
SECONDS = re.compile(r"(\d+)s")


def settings_of(name: str) -> Settings:
    return load_settings(environ=image_environment() | services()[name]["environment"])


def health_words(name: str) -> str:
    return " ".join(services()[name]["healthcheck"]["test"])


def test_the_gateways_are_these_and_of_this_version() -> None:
    assert gateways().keys() == ROLES.keys()
    assert {service["image"] for service in gateways().values()} == {f"genmux:{VERSION}"}


@pytest.mark.parametrize("name", ROLES)
def test_a_gateway_has_settings_that_can_be_used(name: str) -> None:
    settings = settings_of(name)
    environ = services()[name]["environment"]
    assert settings.role == ROLES[name]
    assert settings.host == "0.0.0.0"
    open_storage(settings, environ)
    assert environ["GENMUX_SECRET_KEY"] == SECRETS["GENMUX_SECRET_KEY"]


@pytest.mark.parametrize("name", ROLES)
def test_a_gateway_may_drain(name: str) -> None:
    match = SECONDS.fullmatch(gateways()[name]["stop_grace_period"])
    assert match is not None
    assert int(match[1]) > drain_seconds(settings_of(name))


def test_a_gateway_writes_only_where_it_may() -> None:
    for service in gateways().values():
        assert service["read_only"] is True
        assert [volume.split(":")[-1] for volume in service["volumes"]] == [
            image_environment()["GENMUX_DATA"]
        ]
        assert service["tmpfs"] == ["/tmp"]
        assert service["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_must_be_given(name: str) -> None:
    with pytest.raises(AssertionError, match=f"{name} must be set"):
        services({key: value for key, value in SECRETS.items() if key != name})


def test_a_variable_is_filled_in_as_compose_does_it() -> None:
    assert filled("${A:?} ${B:-two} ${C:-} ${A}", {"A": "one"}) == "one two  one"


def test_gateways_reach_the_database_and_the_store() -> None:
    found = services()
    database = found["postgres"]["environment"]
    for name in ROLES:
        url = urlsplit(settings_of(name).database)
        assert (url.scheme, url.hostname) == ("postgresql", "postgres")
        assert (url.username, url.password) == (database["POSTGRES_USER"], database["POSTGRES_PASSWORD"])
        assert url.path == f"/{database['POSTGRES_DB']}"
        media = settings_of(name).media
        assert isinstance(media, dict)
        endpoint = urlsplit(media["endpoint"])
        assert endpoint.hostname == "s3"
        assert found["s3"]["environment"]["VGW_PORT"] == f":{endpoint.port}"
        assert found[name]["environment"]["S3_ACCESS_KEY"] == found["s3"]["environment"]["ROOT_ACCESS_KEY"]
        assert found[name]["environment"]["S3_SECRET_KEY"] == found["s3"]["environment"]["ROOT_SECRET_KEY"]


def test_the_proxy_reaches_every_gateway() -> None:
    proxy = services()["proxy"]
    port = image_environment()["GENMUX_PORT"]
    assert proxy["environment"]["UPSTREAMS"].split() == [
        f"{n}:{port}" for n, r in ROLES.items() if r == "api"
    ]
    inside = re.search(r"\{\$PORT:(\d+)\}", CADDYFILE.read_text("utf-8"))
    assert inside is not None
    assert [published.rsplit(":", 1)[1] for published in proxy["ports"]] == [inside[1]]
    assert all(service.get("ports") is None for name, service in services().items() if name != "proxy")


def test_whatever_is_waited_for_can_be_waited_for() -> None:
    found = services()
    for name, service in found.items():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in found[other] or "build" in found[other], (name, other)
            else:
                assert found[other]["restart"] == "no", (name, other)
        assert set(service["networks"]) <= {"front", "back"}


def test_health_is_asked_where_it_is_told() -> None:
    store = services()["s3"]["environment"]
    assert health_words("s3").endswith(f"http://127.0.0.1{store['VGW_PORT']}{store['VGW_HEALTH']}")
    database = services()["postgres"]["environment"]
    assert f"--username={database['POSTGRES_USER']} --dbname={database['POSTGRES_DB']}" in health_words(
        "postgres"
    )


def test_the_bucket_is_made_and_made_again() -> None:
    bucket = services()["bucket"]
    with moto() as endpoint:
        environ: dict[str, Any] = bucket["environment"] | {"RCLONE_CONFIG_S3_ENDPOINT": endpoint}
        for _ in range(2):
            done = subprocess.run(
                [RCLONE, *bucket["command"]], env=environ, capture_output=True, text=True, timeout=60
            )
            assert done.returncode == 0, (shlex.join(bucket["command"]), done.stderr)
        listed = subprocess.run(
            [RCLONE, "lsf", "s3:"], env=environ, capture_output=True, text=True, timeout=60
        )
    media = settings_of("engine").media
    assert isinstance(media, dict)
    assert f"{media['bucket']}/" in listed.stdout.split()

"""TLS: a self-signed pair that real clients can trust, or the operator's own."""

from __future__ import annotations

import ssl
from pathlib import Path

import aiohttp
import pytest

from genmux.compose.server import Server
from genmux.settings import Settings
from genmux.store.ownership import owner_of
from genmux.web.certificate import CertificateError, choose_certificate


def test_nothing_asked_nothing_made(tmp_path: Path) -> None:
    assert choose_certificate("", tmp_path, "127.0.0.1") is None
    assert list(tmp_path.iterdir()) == []


def test_a_pair_is_made_once_and_again_for_another_host(tmp_path: Path) -> None:
    first = choose_certificate("auto", tmp_path, "127.0.0.1")
    assert first is not None
    made = first.certificate.read_bytes()
    assert first.key.stat().st_mode & 0o777 == 0o600
    choose_certificate("auto", tmp_path, "127.0.0.1")
    assert first.certificate.read_bytes() == made
    choose_certificate("auto", tmp_path, "studio.example")
    assert first.certificate.read_bytes() != made
    assert choose_certificate(f"{first.certificate}, {first.key}", tmp_path, "x") == first


@pytest.mark.parametrize("setting", ["on", "a.pem", "a.pem,b.pem", ","])
def test_what_cannot_be_used_is_said(tmp_path: Path, setting: str) -> None:
    with pytest.raises(CertificateError, match="CERT,KEY"):
        choose_certificate(setting, tmp_path, "127.0.0.1")


async def test_a_client_that_trusts_the_certificate_is_served(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", port=0, tls="auto", paused=True)
    server = await Server.open(settings, environ={})
    try:
        card = owner_of(tmp_path / "data")
        assert card is not None
        assert card.url.startswith("https://127.0.0.1:")
        trusted = ssl.create_default_context(cafile=card.certificate)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{card.url}/healthz", ssl=trusted) as reply:
                assert await reply.json() == {"status": "ok"}
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await session.get(f"{card.url}/healthz")
    finally:
        await server.close()

"""TLS certificates: the operator's own pair, or a self-signed one made for this machine."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from genmux.web.server import Certificate

AUTO: Final = "auto"
CERTIFICATE_NAME: Final = "tls-certificate.pem"
KEY_NAME: Final = "tls-key.pem"
VALID_DAYS: Final = 825
RENEW_DAYS: Final = 30
LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")


class CertificateError(ValueError):
    """The certificate setting names files that cannot be used."""


def choose_certificate(setting: str, directory: Path, host: str) -> Certificate | None:
    """Return the pair that the `tls` setting means: none, `auto`, or `CERT,KEY`.

    `auto` keeps a self-signed pair in the data directory (key 0600) and renews it a month before
    it ends. Raises `CertificateError`.
    """
    if not setting:
        return None
    if setting == AUTO:
        return _self_signed(directory, host)
    certificate, comma, key = setting.partition(",")
    pair = Certificate(Path(certificate.strip()).expanduser(), Path(key.strip()).expanduser())
    if not comma or not pair.certificate.is_file() or not pair.key.is_file():
        raise CertificateError(f"setting tls is {setting!r}; it must be auto, or CERT,KEY: two PEM files")
    return pair


def _self_signed(directory: Path, host: str) -> Certificate:
    pair = Certificate(directory / CERTIFICATE_NAME, directory / KEY_NAME)
    names = dict.fromkeys((*LOCAL_NAMES, host))
    if not _usable(pair, set(names)):
        _make(pair, list(names))
    return pair


def _usable(pair: Certificate, names: set[str]) -> bool:
    if not pair.certificate.is_file() or not pair.key.is_file():
        return False
    found = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    left = found.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    alternative = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    said = {str(name.value) for name in alternative}
    return left > datetime.timedelta(days=RENEW_DAYS) and names <= said


def _make(pair: Certificate, names: list[str]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "genmux self-signed")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(pair.key, private, 0o600)
    _write(pair.certificate, certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(path: Path, data: bytes, mode: int) -> None:
    path.touch(mode=mode)
    path.chmod(mode)
    path.write_bytes(data)

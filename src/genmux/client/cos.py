"""A bucket of Tencent COS that lends inputs a URL: an object is put there, and a presigned GET is given away.

Signatures follow the XML API's published algorithm (API 436/7778): HMAC-SHA1 over the method, the path,
and the named parameters and headers.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlsplit

from genmux.client.effects import Call
from genmux.wires.tc3 import Credential

HOST: Final = "https://{bucket}.cos.{region}.myqcloud.com"
LEND_SECONDS: Final = 24 * 3600
"""How long a URL opens: a platform may fetch an input only when it starts the task."""
PUT_SECONDS: Final = 600
EARLY_SECONDS: Final = 60
"""A signature begins this much before now, for a clock that is a little ahead."""
FOLDER: Final = "genmux-inputs"


@dataclass(frozen=True, slots=True)
class CosBucket:
    """A bucket and the credential that may write and read there; `url` says where it is reached."""

    credential: Credential
    bucket: str
    region: str
    url: str = field(default="")

    @property
    def base(self) -> str:
        """Where the bucket is reached, without a slash at the end."""
        return self.url.rstrip("/") or HOST.format(bucket=self.bucket, region=self.region)

    def put(self, key: str, data: bytes, content_type: str, now: float) -> Call:
        """Return the signed call that writes an object."""
        signed = {"content-type": content_type, "host": urlsplit(self.base).netloc}
        fields = _sign(self.credential, "put", f"/{key}", _times(now, PUT_SECONDS), signed)
        headers = [("Content-Type", content_type), ("Authorization", "&".join(fields))]
        if self.credential.token:
            headers.append(("x-cos-security-token", self.credential.token))
        return Call("PUT", f"{self.base}/{quote(key)}", tuple(headers), data, float(PUT_SECONDS))

    def lend(self, key: str, now: float) -> str:
        """Return a URL from which anybody can read an object for `LEND_SECONDS`."""
        signed = {"host": urlsplit(self.base).netloc}
        fields = _sign(self.credential, "get", f"/{key}", _times(now, LEND_SECONDS), signed)
        pairs = [part.partition("=") for part in fields]
        query = "&".join(f"{name}={quote(value, safe='')}" for name, _, value in pairs)
        if self.credential.token:
            query += f"&x-cos-security-token={quote(self.credential.token, safe='')}"
        return f"{self.base}/{quote(key)}?{query}"


def object_key(data: bytes, extension: str) -> str:
    """Return the key of an input: the same bytes have the same one, so they are stored once."""
    return f"{FOLDER}/{hashlib.sha256(data).hexdigest()}.{extension}"


def _times(now: float, seconds: int) -> str:
    return f"{int(now) - EARLY_SECONDS};{int(now) + seconds}"


def _sign(
    credential: Credential, method: str, path: str, times: str, headers: dict[str, str]
) -> tuple[str, ...]:
    """Return the `name=value` parts of a signature over these headers, their names in lower case."""
    names = sorted(headers)
    said = "&".join(f"{name}={quote(headers[name], safe='-_.~')}" for name in names)
    digest = hashlib.sha1(f"{method}\n{path}\n\n{said}\n".encode(), usedforsecurity=False).hexdigest()
    key = _hmac(credential.secret_key, times)
    return (
        "q-sign-algorithm=sha1",
        f"q-ak={credential.secret_id}",
        f"q-sign-time={times}",
        f"q-key-time={times}",
        f"q-header-list={';'.join(names)}",
        "q-url-param-list=",
        f"q-signature={_hmac(key, f'sha1{chr(10)}{times}{chr(10)}{digest}{chr(10)}')}",
    )


def _hmac(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha1).hexdigest()

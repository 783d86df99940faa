"""A Tencent COS on the loopback interface: checks every signature and keeps objects in memory."""

from __future__ import annotations

import hashlib
import itertools
import re
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

from genmux.testing.cos_signature import CosRequest, fault

ENDPOINT: Final = "http://cos.test"
_KEPT_HEADERS: Final = ("content-type", "content-disposition", "cache-control")
_RANGE: Final = re.compile(r"bytes=(\d+)-(\d*)\Z", re.ASCII)
_STATUS: Final = {"NoSuchKey": 404, "NoSuchUpload": 404, "InvalidPart": 400, "InvalidRange": 416}
_SIGNATURE_STATUS: Final = 403


@dataclass(frozen=True, slots=True)
class CosObject:
    """One stored object and the headers it was written with."""

    data: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str:
        """The entity tag, quoted."""
        return f'"{hashlib.sha1(self.data).hexdigest()}"'


@dataclass(frozen=True, slots=True)
class CosReply:
    """One answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class CosFault(Exception):
    """A request that COS refuses; the text is its error code."""


@dataclass(slots=True)
class _Upload:
    bucket: str
    key: str
    headers: Mapping[str, str]
    parts: dict[int, bytes] = field(default_factory=dict)


class FakeCos:
    """Buckets below `ENDPOINT`, reached by using `proxy_url` as the HTTP proxy (`http_proxy`).

    Buckets need not be made. `objects` are by bucket and key, `uploads` counts those begun in parts
    and not finished, `refusals` are the error codes given so far, and the next `busy` requests are
    answered 503. `clock` gives seconds since the epoch.
    """

    def __init__(
        self, secrets: Mapping[str, str], clock: Callable[[], int] = lambda: int(time.time())
    ) -> None:
        self.secrets = dict(secrets)
        self.clock = clock
        self.objects: dict[tuple[str, str], CosObject] = {}
        self.refusals: list[str] = []
        self.busy = 0
        self._uploads: dict[str, _Upload] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="fake-cos")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def proxy_url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def uploads(self) -> int:
        """How many uploads in parts were begun and neither completed nor aborted."""
        return len(self._uploads)

    def answer(self, bucket: str, request: CosRequest, body: bytes) -> CosReply:
        """Answer one request for a bucket."""
        with self._lock:
            if self.busy:
                self.busy -= 1
                return _refusal(503, "ServiceUnavailable")
            code = fault(request, self.secrets, self.clock())
            if code:
                self.refusals.append(code)
                return _refusal(_SIGNATURE_STATUS, code)
            try:
                return self._answer(bucket, request.path[1:], request, body)
            except CosFault as refused:
                self.refusals.append(str(refused))
                return _refusal(_STATUS[str(refused)], str(refused))

    def _answer(self, bucket: str, key: str, request: CosRequest, body: bytes) -> CosReply:
        params = request.params
        match request.method:
            case "PUT" if "uploadId" in params:
                return self._put_part(params, body)
            case "PUT":
                return self._store(bucket, key, CosObject(body, _kept(request.headers)))
            case "POST" if "uploads" in params:
                return self._begin(bucket, key, request.headers)
            case "POST" if "uploadId" in params:
                return self._complete(params["uploadId"], body)
            case "DELETE" if "uploadId" in params:
                self._upload(params)
                del self._uploads[params["uploadId"]]
                return CosReply(204)
            case "DELETE":
                self.objects.pop((bucket, key), None)
                return CosReply(204)
            case "GET" | "HEAD":
                return self._read(bucket, key, request.headers.get("range", ""))
        return _refusal(501, "NotImplemented")

    def _store(self, bucket: str, key: str, stored: CosObject) -> CosReply:
        self.objects[bucket, key] = stored
        return CosReply(200, headers={"etag": stored.etag})

    def _begin(self, bucket: str, key: str, headers: Mapping[str, str]) -> CosReply:
        upload_id = f"upload-{next(self._numbers)}"
        self._uploads[upload_id] = _Upload(bucket, key, _kept(headers))
        said = f"<Bucket>{bucket}</Bucket><Key>{escape(key)}</Key><UploadId>{upload_id}</UploadId>"
        return _xml(f"<InitiateMultipartUploadResult>{said}</InitiateMultipartUploadResult>")

    def _put_part(self, params: Mapping[str, str], body: bytes) -> CosReply:
        self._upload(params).parts[int(params["partNumber"])] = body
        return CosReply(200, headers={"etag": CosObject(body).etag})

    def _complete(self, upload_id: str, body: bytes) -> CosReply:
        upload = self._upload({"uploadId": upload_id})
        parts = [
            (int(part.findtext("PartNumber", "0")), part.findtext("ETag", ""))
            for part in ElementTree.fromstring(body).iter("Part")
        ]
        held = [(number, CosObject(data).etag) for number, data in sorted(upload.parts.items())]
        if parts != held:
            raise CosFault("InvalidPart")
        data = b"".join(upload.parts[number] for number, _ in parts)
        self._store(upload.bucket, upload.key, CosObject(data, upload.headers))
        del self._uploads[upload_id]
        said = f"<Key>{escape(upload.key)}</Key><ETag>{CosObject(data).etag}</ETag>"
        return _xml(f"<CompleteMultipartUploadResult>{said}</CompleteMultipartUploadResult>")

    def _upload(self, params: Mapping[str, str]) -> _Upload:
        if params["uploadId"] not in self._uploads:
            raise CosFault("NoSuchUpload")
        return self._uploads[params["uploadId"]]

    def _read(self, bucket: str, key: str, wanted: str) -> CosReply:
        stored = self.objects.get((bucket, key))
        if stored is None:
            raise CosFault("NoSuchKey")
        headers = {
            **stored.headers,
            "etag": stored.etag,
            "accept-ranges": "bytes",
            "last-modified": formatdate(self.clock(), usegmt=True),
        }
        match = _RANGE.match(wanted)
        if match is None:
            return CosReply(200, stored.data, headers)
        start, last = int(match[1]), int(match[2] or len(stored.data) - 1)
        if start >= len(stored.data):
            raise CosFault("InvalidRange")
        part = stored.data[start : last + 1]
        headers["content-range"] = f"bytes {start}-{start + len(part) - 1}/{len(stored.data)}"
        return CosReply(206, part, headers)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        cos = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                bucket = headers.get("host", "").partition(".")[0]
                reply = cos.answer(bucket, _request(self.command, self.path, headers), body)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(reply.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(reply.body)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer  # noqa: N815  its base class's names

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing on the error stream."""

        return Handler


def _request(method: str, target: str, headers: Mapping[str, str]) -> CosRequest:
    """Return what a request line asks for, also in the absolute form that goes to a proxy."""
    parts = urlsplit(target)
    pairs = (part.partition("=") for part in parts.query.split("&") if part)
    params = {unquote(name): unquote(value) for name, _, value in pairs}
    return CosRequest(method, unquote(parts.path) or "/", params, headers)


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in _KEPT_HEADERS if name in headers}


def _xml(text: str) -> CosReply:
    return CosReply(200, text.encode(), {"content-type": "application/xml"})


def _refusal(status: int, code: str) -> CosReply:
    body = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"
    return CosReply(status, body.encode(), {"content-type": "application/xml"})

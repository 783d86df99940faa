"""The endpoints that describe the others: the OpenAPI document, and a page to read and try it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from genmux.dialects.exchange import WireReply
from genmux.dialects.rest_call import Call, Desk, reply_json
from genmux.dialects.rest_openapi import build_document

PAGE_NAME: Final = "rest_docs.html"
POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


async def show_openapi(desk: Desk, call: Call) -> WireReply:
    """Describe every endpoint, in the language of the caller."""
    language = "zh" if call.language.lower().startswith("zh") else "en"
    headers = (("Cache-Control", "no-cache"), ("Vary", "Accept-Language"))
    return reply_json(build_document(desk.routes, desk.version, language), 200, *headers)


async def show_docs(desk: Desk, call: Call) -> WireReply:
    """Answer the page; it holds nothing of this server and loads nothing from any other."""
    headers = (
        ("Content-Security-Policy", POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-cache"),
    )
    return WireReply(200, _page(), "text/html; charset=utf-8", headers)


@cache
def _page() -> bytes:
    return files("genmux.dialects").joinpath(PAGE_NAME).read_bytes()

"""Cross-origin requests: what a browser is told, by who asks and what for."""

from __future__ import annotations

import pytest

from genmux.web.cors import preflight, response

APP = "https://studio.example"
ASKED = "authorization,content-type,x-tc-action,x-tc-version,x-tc-timestamp,x-tc-region,x-tc-token"


def asked(origin: str = APP, headers: str = ASKED, **more: str) -> dict[str, str]:
    return {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": headers,
        **more,
    }


def test_a_browser_app_may_sign_its_calls() -> None:
    told = dict(preflight("OPTIONS", asked(), (APP,)) or ())
    assert told["Access-Control-Allow-Origin"] == APP
    assert told["Access-Control-Allow-Headers"].split(", ") == ASKED.split(",")
    assert "POST" in told["Access-Control-Allow-Methods"]
    assert told["Access-Control-Max-Age"] == "7200"
    assert told["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in told


@pytest.mark.parametrize("name", ["Idempotency-Key", "X-Genmux-Idempotency-Key", "Last-Event-ID", "x-fal-y"])
def test_our_own_headers_may_be_sent(name: str) -> None:
    told = dict(preflight("OPTIONS", asked(headers=name), (APP,)) or ())
    assert told["Access-Control-Allow-Headers"] == name.lower()


def test_a_header_that_nobody_needs_is_not_allowed() -> None:
    told = dict(preflight("OPTIONS", asked(headers="cookie, x-evil"), (APP,)) or ())
    assert "Access-Control-Allow-Headers" not in told


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", APP + ".evil", "http://studio.example", ""]
)
def test_another_origin_gets_no_leave(origin: str) -> None:
    assert preflight("OPTIONS", asked(origin), (APP,)) == (("Vary", "Origin"),)
    assert response({"origin": origin}, (APP,)) == (("Vary", "Origin"),)


def test_by_default_there_is_nothing() -> None:
    assert preflight("OPTIONS", asked(), ()) is None
    assert response({"origin": APP}, ()) == ()


@pytest.mark.parametrize(("method", "headers"), [("GET", asked()), ("OPTIONS", {"origin": APP})])
def test_what_is_no_preflight_goes_on(method: str, headers: dict[str, str]) -> None:
    assert preflight(method, headers, (APP,)) is None


def test_every_origin_is_one_answer_for_all() -> None:
    told = dict(preflight("OPTIONS", asked(), ("*",)) or ())
    assert told["Access-Control-Allow-Origin"] == "*"
    assert "Vary" not in told
    assert dict(response({"origin": APP}, ("*",)))["Access-Control-Allow-Origin"] == "*"


def test_answers_show_their_ids() -> None:
    told = dict(response({"origin": APP}, (APP,), ("X-Genmux-Task-Id", "X-Request-Id", "ETag")))
    exposed = told["Access-Control-Expose-Headers"].split(", ")
    assert {"X-Request-Id", "X-Genmux-Task-Id", "ETag", "Retry-After"} <= set(exposed)
    assert len(exposed) == len(set(exposed))


def test_a_page_may_call_a_server_of_its_own_network() -> None:
    headers = asked(**{"access-control-request-private-network": "true"})
    assert dict(preflight("OPTIONS", headers, (APP,)) or ())["Access-Control-Allow-Private-Network"] == "true"
    assert "Access-Control-Allow-Private-Network" not in dict(preflight("OPTIONS", asked(), (APP,)) or ())

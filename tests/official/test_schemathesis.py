"""Our own REST as it describes itself, against a real server, by schemathesis.

Nothing is rendered (the engine is paused). Every operation gets what fits its description and what
does not: there is no 5xx, no status, type or body that the description does not have, nothing
malformed is accepted, and nobody gets in without a token.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from tests.e2e.serving import Running, serving

from genmux.dialects.rest import PREFIX, ROUTES
from genmux.dialects.rest_call import Access

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

EXAMPLES: Final = 15
CASES: Final = [
    (route.method, PREFIX + route.path, mode)
    for route in ROUTES
    for mode in ("positive", "negative")
    if mode == "positive" or route.access is not Access.ANYBODY  # what takes nothing cannot be asked wrongly
]


@pytest.fixture(scope="module")
def paused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An emulator that takes tasks and renders nothing."""
    with serving(tmp_path_factory.mktemp("described"), paused=True, emulator=True) as running:
        yield running


@pytest.fixture(scope="module")
def described(paused: Running) -> Any:
    """The description as the server tells it."""
    return schemathesis.openapi.from_url(f"{paused.server.url}{PREFIX}/openapi.json")


@pytest.fixture(scope="module")
def task(paused: Running) -> str:
    """A task that waits in the queue."""
    reply = paused.operator().rest("POST", "/tasks", {"kind": "image", "prompt": "x"})
    location: str = reply.headers["location"]
    return location.rsplit("/", 1)[1]


@pytest.mark.parametrize(("method", "path", "mode"), CASES, ids=lambda value: value)
def test_an_operation_is_what_it_says(
    paused: Running, described: Any, task: str, method: str, path: str, mode: str
) -> None:
    strategy = described[path][method].as_strategy(generation_mode=schemathesis.GenerationMode(mode))
    headers = {"Authorization": f"Bearer {paused.server.admin_token}"}

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=strategy)
    def probe(case: Any) -> None:
        if mode == "positive":
            aim(case, task)
        case.call_and_validate(headers=headers, excluded_checks=left_out(path), allow_redirects=False)

    probe()


def left_out(path: str) -> list[Any]:
    """Return the checks that do not apply: types cannot say which models there are, and a check checks."""
    accepts_faults = [schemathesis.checks.negative_data_rejection] if path.endswith(":check") else []
    return [schemathesis.checks.positive_data_acceptance, *accepts_faults]


def aim(case: Any, task: str) -> None:
    """Let a case that fits its description ask for a task that is there, and wait for a moment only."""
    if "id" in case.path_parameters:
        case.path_parameters["id"] = task
    if "wait" in case.query:
        case.query["wait"] = 0.05

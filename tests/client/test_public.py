"""What `import genmux` offers: light, whole, typed, and with the catalogue's models as they are."""

from __future__ import annotations

import pickle
import subprocess
import sys
from importlib.resources import files

import pytest

import genmux
from genmux.client import answers, errors, public
from genmux.client.endpoint import Ref, Snapshot
from genmux.client.model_names_writer import TARGET, render_names
from genmux.client.targets import choose_endpoint
from genmux.domain import errors as domain_errors
from genmux.domain.errors import CallerError, InvalidValue
from genmux.domain.spec import Kind
from genmux.domain.text import Text


def test_importing_genmux_costs_nothing_until_it_is_used() -> None:
    code = (
        "import sys, genmux\n"
        "before = set(sys.modules)\n"
        "genmux.Client('http://127.0.0.1:9')\n"
        "heavy = {'msgspec', 'urllib3', 'aiohttp', 'uvicorn', 'sqlalchemy', 'numpy', 'genmux.client'}\n"
        "print(sorted(heavy & before), sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout.strip() == "[] ['genmux.client', 'msgspec', 'urllib3']", done.stderr


def test_every_name_is_there_and_documented() -> None:
    for name in (*public.__all__, "open"):
        assert name in dir(genmux)
        assert getattr(genmux, name).__doc__
    with pytest.raises(AttributeError, match="has no attribute nonsense"):
        genmux.nonsense  # noqa: B018


def test_every_error_is_offered() -> None:
    for module in (errors, domain_errors):
        for name, found in vars(module).items():
            if isinstance(found, type) and issubclass(found, domain_errors.GenmuxError):
                assert getattr(genmux, name) is found
    codes = [found.code for found in answers.BY_CODE.values()]
    assert len(codes) == len(set(codes))


def test_the_models_are_those_of_the_catalogue() -> None:
    assert TARGET.read_text("utf-8") == render_names(), "run make fmt"


def test_types_are_marked_as_such() -> None:
    assert files("genmux").joinpath("py.typed").is_file()


def test_a_client_is_named_by_url_or_environment() -> None:
    def url(endpoint: str | None, environ: dict[str, str] | None = None, **said: str) -> str:
        return choose_endpoint(endpoint, said, environ or {}, lambda: 0.0).url  # type: ignore[attr-defined,no-any-return]

    assert url(None) == "http://127.0.0.1:8080"
    assert url(None, {"GENMUX_SERVER": "https://a.example"}) == "https://a.example"
    assert url("https://b.example/", {"GENMUX_SERVER": "https://a.example"}) == "https://b.example"
    assert url("genmux", base_url="https://c.example") == "https://c.example"


@pytest.mark.parametrize(
    ("endpoint", "said", "field", "words"),
    [
        ("msp", {}, "endpoint", "must be one of"),
        (None, {"base_url": "ftp://x"}, "endpoint", "must start with http"),
        ("http://", {}, "endpoint", "must start with http"),
        (None, {"tokken": "x"}, "tokken", "did you mean token"),
        (None, {"secret_id": "x"}, "secret_id", "is no field"),
        (None, {"language": "fr"}, "language", "must be one of en, zh"),
    ],
)
def test_a_target_that_is_none_is_refused(
    endpoint: str | None, said: dict[str, str], field: str, words: str
) -> None:
    with pytest.raises(CallerError, match=words) as caught:
        choose_endpoint(endpoint, said, {}, lambda: 0.0)
    assert isinstance(caught.value, InvalidValue)
    assert caught.value.field == field


@pytest.mark.parametrize(
    "error",
    [
        InvalidValue(Text("a is b", "甲为乙"), field="a"),
        errors.TaskFailed(Text("no", "否"), Snapshot(Ref("task_1", Kind.IMAGE), "failed")),
        errors.ClockSkew(Text("slow", "慢"), 400.0),
    ],
)
def test_errors_go_between_processes_as_they_are(error: domain_errors.GenmuxError) -> None:
    error.upstream_code, error.request_id = "X.Y", "r-1"
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))

"""`genmux db`: looked at, brought up to date, moved, and refused in sentences that say what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from genmux.cli import cli
from genmux.compose.database import shown
from genmux.store.ownership import Ownership
from genmux.store.schema import HEAD
from genmux.testing.postgres import Postgres


def run(*arguments: str, lang: str = "en") -> Result:
    return CliRunner(env={"GENMUX_LANG": lang, "GENMUX_DATABASE": None}).invoke(cli, ["db", *arguments])


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    with postgres.database() as url:
        yield url


def test_a_blank_database_is_upgraded_and_then_is_well(postgres: Postgres) -> None:
    url = postgres.blank()
    before = run("check", "--database", url)
    assert before.exit_code == 1
    assert "genmux db upgrade" in before.stdout
    made = run("upgrade", "--database", url, "--json")
    assert json.loads(made.stdout) == {"before": None, "after": HEAD, "changed": True}
    again = run("upgrade", "--database", url, lang="zh")
    assert f"已是 {HEAD}" in again.stdout
    report = json.loads(run("check", "--database", url, "--json").stdout)
    assert (report["kind"], report["revision"], report["current"]) == ("postgresql", HEAD, True)
    assert report["pooled"] is False
    assert abs(report["clock_offset_ms"]) < 1_000
    assert report["bytes"] > 0
    assert {table["name"] for table in report["tables"]} >= {"tasks", "workers"}
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("INSERT INTO tenants(name, created_at) VALUES ('a', 1), ('b', 1)")
    counted = json.loads(run("check", "--database", url, "--json").stdout)
    assert {table["name"]: table["rows"] for table in counted["tables"]}["tenants"] == 2


def test_the_database_of_a_data_directory(tmp_path: Path) -> None:
    missing = run("check", "--data", str(tmp_path))
    assert missing.exit_code == 3
    assert "right data directory" in missing.stderr
    assert run("upgrade", "--data", str(tmp_path)).exit_code == 0
    well = run("check", "--data", str(tmp_path), lang="zh")
    assert well.exit_code == 0
    assert "sqlite" in well.stdout
    ownership = Ownership.take(tmp_path)
    try:
        for arguments in (("upgrade", "--data", str(tmp_path)), ("copy", str(tmp_path), "postgresql://h/d")):
            refused = run(*arguments)
            assert refused.exit_code == 3
            assert "stop it first" in refused.stderr
    finally:
        ownership.release()


def test_a_database_that_is_not_there_is_3_and_no_password_is_said() -> None:
    for arguments in (("check",), ("upgrade",)):
        done = run(*arguments, "--database", "postgresql://me:not-a-real-password@127.0.0.1:9/x")
        assert done.exit_code == 3
        assert "cannot be opened" in done.stderr
        assert "not-a-real-password" not in done.output
    assert run("check", "--database", "mysql://x").exit_code == 2
    assert run("copy", "/no/such/directory", "postgresql://h/d").exit_code == 3


@pytest.mark.parametrize(
    ("url", "printed"),
    [
        ("postgresql://me:secret@h:5433/d?sslmode=require", "postgresql://me@h:5433/d?sslmode=require"),
        ("postgresql:///d?host=/run/pg&password=secret", "postgresql:///d?host=/run/pg"),
        ("postgresql://h/d?sslpassword=secret", "postgresql://h/d"),
    ],
)
def test_an_address_is_printed_without_passwords(url: str, printed: str) -> None:
    assert shown(url) == printed

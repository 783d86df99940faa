"""Migrations on PostgreSQL: they make what the metadata says, keep rows, and leave older code at work."""

from __future__ import annotations

import ast
import asyncio
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from genmux.domain.errors import Unavailable
from genmux.domain.states import TaskState
from genmux.store import moves
from genmux.store.postgres import PostgresStore
from genmux.store.postgres_connection import PgDb
from genmux.store.schema import HEAD, OLDEST_CODE, metadata
from genmux.store.upgrade import SCRIPTS
from genmux.store.upgrade_postgres import migrate, revision, serves, upgrade
from genmux.testing.postgres import Postgres
from genmux.testing.store_suite import NOW, made, new_task

CHECKS = "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid::regclass::text = ANY(%s)"
WHERE = (
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '%% WHERE %%'"
)


def test_the_migrated_schema_is_the_metadata(postgres: Postgres, url: str) -> None:
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()
    blank = postgres.blank()
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(blank))
    metadata.create_all(engine)
    engine.dispose()
    with psycopg.connect(url) as migrated, psycopg.connect(blank) as made_anew:
        for query, values in ((CHECKS, (list(metadata.tables),)), (WHERE, ())):
            found = sorted(migrated.execute(query.encode(), values).fetchall())
            assert found == sorted(made_anew.execute(query.encode(), values).fetchall())
            assert found


def test_a_database_of_the_first_schema_is_upgraded_with_its_rows(postgres: Postgres) -> None:
    url = postgres.blank()
    migrate(url, "0001")
    db = PgDb(url)
    assert revision(db) == "0001"
    db.execute(
        "INSERT INTO tasks(id, tenant_id, wire, sub_app_id, kind, lane, state, deadline_at, created_at)"
        " VALUES ('1', 1, 'vod', 7, 'video', 'video/Kling/3.0', 1, 9, 1)",
        (),
    )
    db.execute("INSERT INTO task_specs VALUES (1, '{}', '{\"fal_webhook\":\"https://a.example\"}')", ())
    assert upgrade(db, url) is True
    assert upgrade(db, url) is False
    assert (revision(db), serves(db)) == (HEAD, OLDEST_CODE)
    assert moves.request_cancel(db, 1, 5) is TaskState.CANCELLED
    found = db.execute("SELECT task_seq, task_id, sink, created_at FROM outbox ORDER BY n", ()).fetchall()
    assert found == [(1, b"1", "vod", 5), (1, b"1", "fal", 5)]
    db.close()


async def test_several_processes_migrate_once(postgres: Postgres) -> None:
    url = postgres.blank()
    stores = [PostgresStore(url, clock=lambda: NOW) for _ in range(3)]
    await asyncio.gather(*(store.open() for store in stores))
    assert await made(stores[0], new_task()) == 1
    for store in stores:
        await store.close()


# ---------------------------------------------------------------- rolling upgrades


@pytest.mark.parametrize(
    ("serving", "runs"), [(HEAD, True), (OLDEST_CODE, True), ("9998", False), (None, False)]
)
async def test_code_one_revision_older_runs_on_a_newer_schema(
    url: str, serving: str | None, runs: bool
) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("UPDATE alembic_version SET version_num = '9999'")
        admin.execute("DELETE FROM meta")
        if serving is not None:
            admin.execute("INSERT INTO meta VALUES ('oldest_code', %s)", (serving,))
    store = PostgresStore(url, clock=lambda: NOW)
    try:
        if runs:
            await store.open()
            assert await made(store, new_task()) == 1
            await store.close()
        else:
            with pytest.raises(Unavailable, match="revision 9999"):
                await store.open()
    finally:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f"UPDATE alembic_version SET version_num = '{HEAD}'".encode())


ADDING = {"create_table", "create_index", "add_column", "get_bind"}
"""What a migration may do: code that knows nothing of it goes on reading and writing what it knows."""


def scripts() -> list[Path]:
    return sorted((SCRIPTS / "versions").glob("*.py"))


def test_the_oldest_code_is_older_than_the_newest() -> None:
    revisions = [path.name.partition("_")[0] for path in scripts()]
    assert revisions[-1] == HEAD
    assert OLDEST_CODE in revisions[:-1]


NEWER = [path for path in scripts() if path.name.partition("_")[0] > OLDEST_CODE]


@pytest.mark.parametrize("path", NEWER, ids=lambda path: path.stem)
def test_migrations_only_add(path: Path) -> None:
    for call in operations(ast.parse(path.read_text("utf-8"))):
        name = call.func.attr  # type: ignore[attr-defined]
        if name == "execute":
            text = ast.unparse(call)
            assert "ALTER TABLE {" in text or "ALTER TABLE " in text, text
            assert " SET (" in text, f"{path.name}: only storage settings may be executed: {text}"
            continue
        assert name in ADDING, f"{path.name}: op.{name} may break code that is one revision older"
        if name == "add_column":
            words = {keyword.arg: ast.unparse(keyword.value) for keyword in call.args[1].keywords}  # type: ignore[attr-defined]
            assert words.get("nullable") == "True" or "server_default" in words, ast.unparse(call)
        if name == "create_index":
            assert "unique=True" not in ast.unparse(call), f"{path.name}: older code may write doubles"


def operations(tree: ast.AST) -> list[ast.Call]:
    """Return the calls of `op.…` in a script."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "op"
    ]

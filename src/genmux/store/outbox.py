"""Messages that tasks have ended: written with the end, lent under handles, settled once.

A message is lent by giving it a fresh random handle and a `due_at` in the future; whoever has the
handle may settle it, and when `due_at` passes the next one may have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import (
    ColumnElement,
    case,
    delete,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from genmux.domain.spec import encode_json
from genmux.engine.ports import EventConfig, EventMode, NewEvent, OutboxRow, Sink
from genmux.store import events, holds, rows
from genmux.store.compiled import (
    Batch,
    Db,
    Sql,
    among,
    among_held,
    arg,
    given,
    has_url,
    least,
    new_handle,
    number,
    sql,
)
from genmux.store.schema import event_configs, outbox, task_specs, tasks

KEEP_MS: Final = 4 * 86_400_000
"""How long a message is kept, read or unread."""

PRUNE_STEP: Final = 1_000
"""Messages that one transaction prunes."""

GIVEN_UP: Final = "notify_failed"
"""The timeline's word for a message that nobody took in time."""

# ---------------------------------------------------------------- written with the end of a task

_c = outbox.c
_ended = given("task_seq")
_COLUMNS: Final = ("task_seq", "task_id", "tenant_id", "sub_app_id", "sink", "created_at", "due_at")


def _message(sink: Sink) -> Any:
    word = literal(sink.value).label("sink")
    columns = (tasks.c.seq, tasks.c.id, tasks.c.tenant_id, tasks.c.sub_app_id, word)
    return select(*columns, tasks.c.finished_at, tasks.c.finished_at.label("due_at"))


def _extra(name: str) -> ColumnElement[bool]:
    """True of a task whose `extra` has a URL of this name; text that is no JSON object has none."""
    return cast(ColumnElement[bool], has_url(task_specs.c.extra, name))


_this_end = (tasks.c.seq == _ended.c.task_seq, tasks.c.finished_at.is_not(None))
_spec = task_specs.c.task_seq == tasks.c.seq
ADD: Final = Batch(
    _ended,
    upsert(outbox)
    .from_select(
        _COLUMNS,
        union_all(
            _message(Sink.VOD).where(*_this_end, tasks.c.wire == "vod", tasks.c.sub_app_id.is_not(None)),
            _message(Sink.FAL).where(*_this_end, _spec, _extra("fal_webhook")),
            _message(Sink.WEBHOOK).where(*_this_end, _spec, _extra("webhook")),
        ),
    )
    .on_conflict_do_nothing(index_elements=[_c.task_seq, _c.sink]),
)
WITHDRAW: Final = sql(delete(outbox).where(_c.task_seq == arg("task")))


def add(db: Db, ended: Sequence[int]) -> None:
    """Write the messages that these tasks call for, which ended in this transaction; at most once each."""
    ADD.run(db, [(seq,) for seq in ended])


def withdraw(db: Db, seq: int) -> None:
    """Delete the messages of a task that has not ended after all; its next end writes them again."""
    db.execute(WITHDRAW, {"task": seq})


# ---------------------------------------------------------------- lent and settled

_open = _c.done_at.is_(None)
_due = _c.due_at <= arg("now")
_vod = _c.sink == Sink.VOD.value


def _lend(which: ColumnElement[bool]) -> Sql:
    lending = update(outbox).values(handle=new_handle(), due_at=arg("lease_end"))
    return sql(lending.where(which).returning(*rows.OUTBOX))


_pushed = exists().where(
    event_configs.c.tenant_id == arg("tenant"),
    event_configs.c.sub_app_id == arg("sub_app"),
    event_configs.c.mode == EventMode.PUSH.value,
)
_unread = select(_c.n).where(
    *(_c.tenant_id == arg("tenant"), _c.sub_app_id == arg("sub_app"), _vod, _open),
    *(_c.created_at > arg("oldest"), ~_pushed),
)
UNREAD: Final = sql(select(_unread.where(_due).exists()))
# `+ 0` keeps SQLite from sorting everything that is due: the index by age gives the oldest at once
_oldest = _unread.where(_c.due_at + number(0) <= arg("now")).order_by(_c.n).limit(arg("most"))
PULL: Final = _lend(among(_c.n, _oldest))

_v = given("handle", "tenant_id", "now")
CONFIRM: Final = Batch(
    _v,
    update(outbox)
    .values(done_at=func.coalesce(_c.done_at, _v.c.now))
    .where(_c.handle == _v.c.handle, _c.tenant_id == _v.c.tenant_id)
    .where(func.coalesce(_c.sink, "") == Sink.VOD.value)  # so that no index of sinks is matched
    .where(or_(_c.done_at.is_not(None), _c.due_at > _v.c.now))
    .returning(_c.n),
)

_pushing = select(event_configs.c.tenant_id, event_configs.c.sub_app_id).where(
    event_configs.c.mode == EventMode.PUSH.value, event_configs.c.notification_url != ""
)
_to_push = select(_c.n, _c.due_at).where(tuple_(_c.tenant_id, _c.sub_app_id).in_(_pushing), _vod, _open, _due)


def _to_send(sink: Sink) -> Any:
    # `sink <> 'vod'` is said again because SQLite matches a partial index by the words of its WHERE
    return select(_c.n, _c.due_at).where(_c.sink == sink.value, _c.sink != Sink.VOD.value, _open, _due)


@cache
def take_text(sinks: tuple[Sink, ...]) -> Sql:
    """Return the statement that lends what is due of these sinks, leaving out what others hold."""
    parts = [
        (_to_push if sink is Sink.VOD else _to_send(sink))
        .order_by(_c.due_at)
        .limit(arg("most"))
        .with_for_update(skip_locked=True, of=outbox)
        .subquery()
        for sink in sinks
    ]
    due = union_all(*(select(part.c.n, part.c.due_at) for part in parts)).subquery()
    first = select(due.c.n).order_by(due.c.due_at).limit(arg("most"))
    return _lend(among_held(_c.n, first))


_error, _next = arg("error", "text"), arg("next", "bigint")
_SETTLE: Final = sql(
    update(outbox)
    .values(
        handle=null(),
        tries=_c.tries + case((_error.is_not(None), 1), else_=0),
        due_at=func.coalesce(_next, _c.due_at),
        done_at=case((_next.is_(None), arg("now"))),
        last_error=case((_error.is_not(None), _error), (_next.is_not(None), _c.last_error)),
    )
    .where(_c.n == arg("place"), _c.handle == arg("lease"), _open)
    .returning(_c.task_seq, _c.sink, _c.tries)
)


def unread(db: Db, tenant_id: int, sub_app_id: int, now: int) -> bool:
    """Say whether a pull would find anything."""
    wanted = {"tenant": tenant_id, "sub_app": sub_app_id, "now": now, "oldest": now - KEEP_MS}
    return bool(db.execute(UNREAD, wanted).fetchone()[0])


def pull(
    db: Db, tenant_id: int, sub_app_id: int, now: int, limit: int, visible_again_at: int
) -> tuple[OutboxRow, ...]:
    """Lend the oldest unread events of an application that pulls; return them by age."""
    wanted = {"tenant": tenant_id, "sub_app": sub_app_id, "now": now, "oldest": now - KEEP_MS}
    found = db.execute(PULL, {**wanted, "most": limit, "lease_end": visible_again_at}).fetchall()
    return tuple(map(rows.outbox, sorted(found)))


def confirm(db: Db, tenant_id: int, handles: Sequence[str], now: int) -> int:
    """End the events lent under these handles; return how many were lent still, or confirmed before."""
    return len(CONFIRM.run(db, [(handle, tenant_id, now) for handle in sorted(set(handles))]))


def take(db: Db, sinks: Sequence[Sink], now: int, lease_ms: int, limit: int) -> tuple[OutboxRow, ...]:
    """Lend the messages that are due the longest; return them by age."""
    if not sinks:
        return ()
    wanted = {"now": now, "lease_end": now + lease_ms, "most": limit}
    found = db.execute(take_text(tuple(sorted(set(sinks)))), wanted).fetchall()
    return tuple(map(rows.outbox, sorted(found)))


def settle(db: Db, n: int, handle: str, now: int, due_at: int | None, error: str | None) -> bool:
    """End a taken message, or let it wait until `due_at`; False when its handle is another one."""
    what = {"place": n, "lease": handle, "now": now, "next": due_at, "error": error}
    found = db.execute(_SETTLE, what).fetchall()
    if found and due_at is None and error is not None:
        seq, sink, tries = found[0]
        holds.hold(db, (seq,))
        note = encode_json({"sink": sink, "message": error, "tries": tries})
        events.append(db, [(seq, NewEvent(GIVEN_UP, now, note))])
    return bool(found)


# ---------------------------------------------------------------- configured and forgotten

_e = event_configs.c
_CONFIG: Final = sql(
    select(*rows.EVENT_CONFIG).where(_e.tenant_id == arg("tenant"), _e.sub_app_id == arg("sub_app"))
)
_NAMES: Final = tuple(column.name for column in event_configs.c)
_put = upsert(event_configs).values({name: arg(name) for name in _NAMES}).inline()
_PUT: Final = sql(
    _put.on_conflict_do_update(
        index_elements=[_e.tenant_id, _e.sub_app_id], set_={name: _put.excluded[name] for name in _NAMES[2:]}
    )
)
HURRY: Final = sql(
    update(outbox)
    .values(due_at=least(_c.due_at, arg("now")), tries=0)
    .where(_c.tenant_id == arg("tenant"), _c.sub_app_id == arg("sub_app"), _vod, _open)
    .where(_c.handle.is_(None), or_(_c.due_at > arg("now"), _c.tries > 0))
)
_old = select(_c.n).where(_c.created_at <= arg("oldest")).order_by(_c.created_at).limit(arg("most"))
OLD: Final = sql(delete(outbox).where(among(_c.n, _old)))


def config(db: Db, tenant_id: int, sub_app_id: int) -> EventConfig | None:
    """Return what an application wants, None if it never said."""
    row = db.execute(_CONFIG, {"tenant": tenant_id, "sub_app": sub_app_id}).fetchone()
    return None if row is None else rows.event_config(row)


def put_config(db: Db, new: EventConfig) -> None:
    """Insert or replace what an application wants, and let what waits for a retry be due now."""
    db.execute(_PUT, {name: _plain(getattr(new, name)) for name in _NAMES})
    db.execute(HURRY, {"tenant": new.tenant_id, "sub_app": new.sub_app_id, "now": new.updated_at})


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def prune(db: Db, now: int) -> int:
    """Delete some messages past their time; return how many (`PRUNE_STEP`: there may be more)."""
    return db.execute(OLD, {"oldest": now - KEEP_MS, "most": PRUNE_STEP}).rowcount

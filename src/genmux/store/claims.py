"""Takes queued tasks for one channel: paced, within its slots, and the same number for every tenant."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, Select, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from genmux.domain.ids import attempt_key
from genmux.domain.states import TaskState
from genmux.engine.ports import Claim, ClaimOrder, ClaimRound
from genmux.store.compiled import Batch, Db, Sql, Values, among, arg, given, greatest, number, shared, sql
from genmux.store.schema import attempts, pace, tasks

_queued = tasks.c.state == number(TaskState.QUEUED)
_in_lane = tasks.c.lane == arg("of_lane")
_due = tasks.c.due_at <= arg("now")


def distinct(column: ColumnElement[Any], start: Any, *conditions: ColumnElement[bool]) -> CTE:
    """Return a recursive query of the different values of an indexed column, one seek for each.

    Its one column is `x`; the last row is NULL. `start` excludes values up to and including it,
    None starts at the beginning.
    """
    lowest = select(func.min(column)).where(*conditions)
    first = lowest if start is None else lowest.where(column > start)
    found = select(first.scalar_subquery().label("x")).cte("found", recursive=True)
    following = lowest.where(column > found.c.x).correlate(found).scalar_subquery()
    return found.union_all(select(following).where(found.c.x.is_not(None)))


def _tenants(*bounds: ColumnElement[bool], start: Any) -> Select[Any]:
    found = distinct(tasks.c.tenant_id, start, _queued, _in_lane, *bounds)
    due = _any(found, _queued, _in_lane, tasks.c.tenant_id == found.c.x, _due)
    return select(found.c.x).where(found.c.x.is_not(None), due).limit(arg("most"))


def _any(found: CTE, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return whether there is such a task; not spelt EXISTS, which PostgreSQL may join in another order."""
    one = select(number(1)).select_from(tasks).where(*conditions).limit(1)
    return one.correlate(found).scalar_subquery().is_not(None)


TENANTS_AFTER: Final = sql(_tenants(start=arg("cursor")))
TENANTS_UPTO: Final = sql(_tenants(tasks.c.tenant_id <= arg("cursor"), start=None))

_lanes = distinct(tasks.c.lane, None, _queued)
LANES: Final = sql(
    select(_lanes.c.x).where(_lanes.c.x.is_not(None), _any(_lanes, _queued, tasks.c.lane == _lanes.c.x, _due))
)

SLOTS_USED: Final = sql(
    select(func.count()).where(attempts.c.channel_id == arg("ch"), attempts.c.closed_at.is_(None))
)
KIND_SLOTS_USED: Final = sql(
    select(func.count())
    .select_from(attempts.join(tasks, tasks.c.seq == attempts.c.task_seq))
    .where(attempts.c.channel_id == arg("ch"), attempts.c.closed_at.is_(None), tasks.c.kind == arg("of_kind"))
)
_FREE_AT: Final = sql(select(pace.c.free_at_us).where(pace.c.name == arg("paced")))
_put = upsert(pace).values(name=arg("paced"), interval_us=arg("spacing"), free_at_us=arg("free"))
_SET_FREE_AT: Final = sql(
    _put.on_conflict_do_update(
        index_elements=[pace.c.name],
        set_={
            "interval_us": _put.excluded.interval_us,
            "free_at_us": greatest(pace.c.free_at_us, _put.excluded.free_at_us),  # it may be held by now
        },
    )
)

_next = (
    select(tasks.c.seq)
    .where(_queued, _in_lane, tasks.c.tenant_id == arg("tenant"), _due)
    .order_by(tasks.c.priority.desc(), tasks.c.seq)
    .limit(arg("most"))
)
TAKE: Final = sql(
    update(tasks)
    .values(
        state=number(TaskState.SUBMITTING),
        revision=tasks.c.revision + 1,
        fence=tasks.c.fence + 1,
        attempt=tasks.c.attempt + 1,
        channel_id=arg("ch"),
        worker_id=arg("worker"),
        due_at=arg("lease_end"),
        submitted_at=arg("now"),
    )
    .where(among(tasks.c.seq, _next))
    .returning(tasks.c.seq, tasks.c.id, tasks.c.attempt, tasks.c.fence, tasks.c.priority)
)
_v = given("task_seq", "n", "key", "channel_id", "frozen", "opened_at")
_OPEN: Final = Batch(
    _v,
    insert(attempts).from_select([c.name for c in _v.c], select(*_v.c).where(_v.c.task_seq.is_not(None))),
)


CLAIM_LOCK: Final = 0x67_6D_75_78
"""What claims of one channel wait for on PostgreSQL, so that pace and slots are counted by one at a time."""
_MUTEX: Final = Sql.spelt("", "SELECT pg_advisory_xact_lock(%(lock)s::int, %(ch)s::int)")


def queued_lanes(db: Db, now: int) -> tuple[str, ...]:
    """Return the lanes with queued work that is due, in order of their names."""
    return tuple(row[0] for row in db.execute(LANES, {"now": now}).fetchall())


def claim(db: Db, order: ClaimOrder) -> ClaimRound:
    """Move at most `want` queued tasks to submitting and open their attempts.

    Slots in use are the channel's open attempts. Send times start at the pace's free instant and
    stay within the horizon; only the instants really used are reserved. Tenants take turns from
    the cursor on, so the cursor returned is the tenant of the last claim.
    """
    if shared(db):
        db.execute(_MUTEX, {"lock": CLAIM_LOCK, "ch": order.channel_id})
    start, room = _pace(db, order)
    most = min(order.want, _free_slots(db, order), room)
    if most <= 0:
        return ClaimRound((), order.after_tenant)
    taken = _take_turns(_take_fairly(db, order, most))
    if not taken:
        return ClaimRound((), order.after_tenant)
    if order.interval_us:
        free = start + len(taken) * order.interval_us
        db.execute(_SET_FREE_AT, {"paced": order.pace_name, "spacing": order.interval_us, "free": free})
    claims = tuple(
        Claim(seq, task_id, tenant, attempt, fence, start + place * order.interval_us)
        for place, (tenant, (seq, task_id, attempt, fence, _)) in enumerate(taken)
    )
    _OPEN.run(db, [_opened(one, order) for one in claims])
    return ClaimRound(claims, claims[-1].tenant_id)


def _free_slots(db: Db, order: ClaimOrder) -> int:
    used = db.execute(SLOTS_USED, {"ch": order.channel_id}).fetchone()[0]
    free: int = order.slots - used
    if order.kind_slots is None or free <= 0:
        return free
    wanted = {"ch": order.channel_id, "of_kind": order.kind}
    kind_used: int = db.execute(KIND_SLOTS_USED, wanted).fetchone()[0]
    return min(free, order.kind_slots - kind_used)


def _pace(db: Db, order: ClaimOrder) -> tuple[int, int]:
    """Return the first free send instant in microseconds and how many fit in the horizon."""
    now_us = order.now * 1000
    if not order.interval_us:
        return now_us, order.want
    row = db.execute(_FREE_AT, {"paced": order.pace_name}).fetchone()
    start = max(now_us, row[0]) if row else now_us
    ahead = now_us + order.horizon_us - start
    return start, max(0, -(-ahead // order.interval_us))


def _take_fairly(db: Db, order: ClaimOrder, most: int) -> dict[int, list[Values]]:
    """Take tasks by tenant, in cursor order; what one tenant cannot use is offered to the others."""
    taken: dict[int, list[Values]] = {tenant: [] for tenant in _tenants_in_turn(db, order, most)}
    hungry = list(taken)
    left = most
    while hungry and left:
        share, extra = divmod(left, len(hungry))
        still_hungry = []
        for place, tenant in enumerate(hungry):
            wanted = share + (place < extra)
            rows = _take(db, order, tenant, wanted) if wanted else []
            taken[tenant] += rows
            left -= len(rows)
            if len(rows) == wanted:
                still_hungry.append(tenant)
        hungry = still_hungry
    return taken


def _tenants_in_turn(db: Db, order: ClaimOrder, most: int) -> list[int]:
    wanted = {"of_lane": order.lane, "now": order.now, "cursor": order.after_tenant, "most": most}
    found = [row[0] for row in db.execute(TENANTS_AFTER, wanted).fetchall()]
    if len(found) < most:
        wanted["most"] = most - len(found)
        found += [row[0] for row in db.execute(TENANTS_UPTO, wanted).fetchall()]
    return found


def _take(db: Db, order: ClaimOrder, tenant: int, most: int) -> list[Values]:
    rows = db.execute(
        TAKE,
        {
            "of_lane": order.lane,
            "tenant": tenant,
            "now": order.now,
            "most": most,
            "ch": order.channel_id,
            "worker": order.worker_id,
            "lease_end": order.now + order.lease_ms,
        },
    ).fetchall()
    return sorted(rows, key=lambda row: (-row[4], row[0]))


def _take_turns(taken: dict[int, list[Values]]) -> list[tuple[int, Values]]:
    """Return (tenant, row) with the tenants taking turns, so that send times are fair too."""
    longest = max(map(len, taken.values()), default=0)
    return [
        (tenant, rows[turn]) for turn in range(longest) for tenant, rows in taken.items() if turn < len(rows)
    ]


def _opened(one: Claim, order: ClaimOrder) -> Values:
    key = attempt_key(one.id, one.attempt)
    return (one.seq, one.attempt, key, order.channel_id, order.frozen, order.now)

"""What Tencent VOD tells of many tasks at once: lists of those that ended, and events of an application."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from genmux.providers import tencent
from genmux.providers.seam import Account, Flow, HttpCall, HttpReply, News, Outcome
from genmux.wires import vod
from genmux.wires.tencent import AnsweredError, BrokenAnswerError
from genmux.wires.vod_events import MAX_HANDLES
from genmux.wires.vod_list import MAX_LIMIT

WATCH_PAGES: Final = 20
WATCH_OVERLAP_MS: Final = 5_000
"""Times are whole seconds, and a task may be listed a moment after it ended."""
PULL_TIMEOUT_SECONDS: Final = 10.0


def application(account: Account) -> int:
    """Return the `SubAppId` of a channel's account."""
    return int(account.options["sub_app_id"])


def vod_call(
    account: Account, order: tuple[str, Mapping[str, Any]], pace: str, seconds: float = 20.0
) -> HttpCall:
    """Return the unsigned call of an action with its body."""
    return tencent.api_call(vod.SERVICE, account, order, pace, seconds)


def ended(account: Account, since: int) -> Flow:
    """List the tasks that ended since; the next look begins at the newest of them."""
    query = vod.TaskQuery(
        sub_app_id=application(account),
        status="FINISH",
        finished_from=max(0, since - WATCH_OVERLAP_MS),
        sort="finished",
        ascending=True,
        limit=MAX_LIMIT,
    )
    seen: list[vod.ListedTask] = []
    token = ""
    for _ in range(WATCH_PAGES):
        reply: HttpReply = yield vod_call(account, vod.render_query(query, token), "list")
        try:
            tasks, token = vod.parse_listed(tencent.answer(reply))
        except (AnsweredError, BrokenAnswerError) as error:
            return tencent.not_told(reply, error)
        seen += tasks
        if not token:
            break
    return News(
        refs=tuple(task.task_id for task in seen),
        keys=tuple(task.session_id for task in seen if task.session_id),
        since=max((since, *(task.finished_at or since for task in seen))),
    )


def pulled(account: Account, since: int) -> Flow:
    """Take waiting events from the application's queue; the platform waits up to 5 s for one."""
    order = vod.render_pull(application(account))
    reply: HttpReply = yield vod_call(account, order, "list", PULL_TIMEOUT_SECONDS)
    try:
        events = vod.parse_pulled(tencent.answer(reply))
    except AnsweredError as error:
        if error.code == "ResourceNotFound":  # no event is waiting
            return News(since=since)
        return tencent.not_told(reply, error)
    except BrokenAnswerError as error:
        return tencent.not_told(reply, error)
    return news_of(events, since)


def news_of(events: Iterable[tuple[str, Mapping[str, Any]]], since: int | None) -> News:
    """Return what events tell of; those of other kinds, and those without a task, are nobody's."""
    told_of = [(handle, task) for handle, event in events for task in _tasks_of(event)]
    return News(
        refs=tuple(task.task_id for _, task in told_of),
        keys=tuple(task.session_id for _, task in told_of if task.session_id),
        receipts=tuple((task.task_id, handle) for handle, task in told_of if handle),
        since=since,
    )


def _tasks_of(event: Mapping[str, Any]) -> Iterator[vod.ReadTask]:
    try:
        task = vod.parse_content(event)
    except BrokenAnswerError:
        return
    if task is not None and task.task_id:
        yield task


def confirmed(account: Account, receipts: tuple[str, ...]) -> Flow:
    """Confirm in as many calls as it takes; what one call is told does not stop the others."""
    outcome: Outcome = News()
    for start in range(0, len(receipts), MAX_HANDLES):
        order = vod.render_confirm(application(account), receipts[start : start + MAX_HANDLES])
        reply: HttpReply = yield vod_call(account, order, "")
        try:
            tencent.answer(reply)
        except (AnsweredError, BrokenAnswerError) as error:
            outcome = tencent.not_told(reply, error)
    return outcome

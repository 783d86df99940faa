"""Tencent VOD as an upstream: it knows our attempt keys, lists its tasks and tells of those that ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from genmux.domain.spec import GenerationSpec, Kind, Medium
from genmux.providers import tencent
from genmux.providers.base import BaseProvider
from genmux.providers.references import as_if_given, given_either_way, unfetchable
from genmux.providers.seam import (
    Accepted,
    Account,
    Ambiguous,
    ErrorClass,
    Finished,
    Flow,
    Forgotten,
    HttpCall,
    HttpReply,
    News,
    Outcome,
    Output,
    Pending,
    PictureLimits,
    ProviderFacts,
    Puzzling,
    Recovery,
    Refused,
    Work,
)
from genmux.providers.vod_lists import application, confirmed, ended, news_of, pulled, vod_call
from genmux.wires import vod
from genmux.wires.http_answers import date_ms
from genmux.wires.tencent import AnsweredError, BrokenAnswerError
from genmux.wires.tencent_calls import BY_VALUE_BYTES, VOD_RATES, endpoint_of, wording
from genmux.wires.tencent_codes import repeats_session
from genmux.wires.tencent_rows import STAGED, with_size_in_words
from genmux.wires.vod_codes import (
    LIST_REACH_MS,
    LOOKUP_MARGIN_MS,
    LOOKUP_PAGES,
    parse_application,
    task_error_class,
)
from genmux.wires.vod_list import MAX_LIMIT

PICTURES: Final = {
    Kind.IMAGE: PictureLimits(7_000_000, formats=("image/jpeg", "image/png", "image/webp")),
    Kind.VIDEO: PictureLimits(10_000_000, formats=("image/jpeg", "image/png")),
}
BY_VALUE_FORMATS: Final = ("image/jpeg", "image/png", "image/webp")

STORAGE_MODES: Final = ("Temporary", "Permanent")
EVENTS: Final = ("off", "exclusive")
PASSED_ON: Final = ("InputRegion", "Procedure", "SessionContext", "TasksPriority")
CONFIG_PASSED_ON: Final = (
    *("MediaName", "ClassId", "PersonGeneration", "InputComplianceCheck", "OutputComplianceCheck"),
    *("EnhanceSwitch", "FrameInterpolate", "Resolution", "AspectRatio"),
)
"""Words of the caller's own VOD request that go along, the last two in the caller's spelling.

Never `SessionId`, which is our attempt key, nor `SubAppId` and `StorageMode`, which are the channel's,
nor `ExpireTime`, which could take the result away before it is fetched.
"""

GOING_ON: Final = ("WAITING", "PROCESSING")


class VodProvider(BaseProvider):
    """Makes pictures and films in an application of Tencent VOD, mainland or international."""

    name = "vod"
    recovery = Recovery.LOOKUP
    facts = ProviderFacts(
        endpoint=endpoint_of(vod.SERVICE),
        rates=VOD_RATES,
        slots=1,
        learns=True,
        credential_names=tencent.CREDENTIAL_NAMES,
        by_url=frozenset({Medium.VIDEO}),
        calls_back=True,
        result_hours=168.0,
    )

    def options(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Take `sub_app_id` (required), `storage_mode`, `events`, `region` and `site`."""
        known = ("sub_app_id", "storage_mode", "events")
        options = tencent.check_options(said, known, self.name)
        options["sub_app_id"] = parse_application(said.get("sub_app_id"))
        mode = said.get("storage_mode", STORAGE_MODES[0])
        options["storage_mode"] = tencent.one_of("storage_mode", mode, STORAGE_MODES)
        options["events"] = tencent.one_of("events", said.get("events", EVENTS[0]), EVENTS)
        return options

    def endpoint(self, options: Mapping[str, Any]) -> str:
        """Return the address of the site."""
        return endpoint_of(vod.SERVICE, options.get("site", "cn"))

    def unsaid(self, spec: GenerationSpec) -> tuple[str, ...]:
        """Return the said spec fields that this wire has no words for; every input can be given."""
        given = as_if_given(spec, STAGED)
        return vod.render_create(with_size_in_words(given), {})[2]

    def authorize(self, call: HttpCall, credential: dict[str, str], now: int) -> HttpCall:
        """Return the call signed with TC3."""
        return tencent.authorize(call, credential, now)

    def submit(self, work: Work) -> Flow:
        """Give every input as a URL, or a picture by value, then create the task under our attempt key."""
        kind = work.spec.kind
        spec, notes = yield from given_either_way(work, PICTURES[kind], BY_VALUE_BYTES, BY_VALUE_FORMATS)
        refusal = unfetchable(spec, by_value=True)
        if refusal is not None:
            return refusal
        action, body, unsaid = vod.render_create(with_size_in_words(spec), _extra(work))
        if {"references", "subjects"}.intersection(unsaid):
            return _inexpressible()
        reply: HttpReply = yield vod_call(work.account, (action, body), f"create:{spec.kind}")
        return _known_session(reply) or tencent.created(reply, notes)

    def lookup(self, work: Work) -> Flow:
        """List the tasks created since the submit and find the one with our attempt key."""
        query = vod.TaskQuery(
            sub_app_id=application(work.account),
            created_from=max(0, work.submitted_at - LOOKUP_MARGIN_MS),
            ascending=True,
            limit=MAX_LIMIT,
        )
        token = ""
        for _ in range(LOOKUP_PAGES):
            reply: HttpReply = yield vod_call(work.account, vod.render_query(query, token), "list")
            try:
                tasks, token = vod.parse_listed(tencent.answer(reply))
            except (AnsweredError, BrokenAnswerError) as error:
                return Puzzling(wording(error))
            if found := [task.task_id for task in tasks if task.session_id == work.key]:
                return Accepted(found[0], {"found_by": work.key})
            if not token:
                return _absent(work, reply)
        return Puzzling(f"the list of tasks did not end within {LOOKUP_PAGES} pages")

    def poll(self, work: Work) -> Flow:
        """Ask for the details of the task."""
        order = vod.render_describe(work.upstream_ref or "", application(work.account))
        reply: HttpReply = yield vod_call(work.account, order, f"describe:{work.spec.kind}")
        try:
            task = vod.parse_detail(tencent.answer(reply))
        except (AnsweredError, BrokenAnswerError) as error:
            return tencent.task_not_told(reply, error)
        return told(task)

    def watch(self, account: Account, since: int) -> Flow | None:
        """List what ended since, or pull events where the application's queue is ours alone."""
        return pulled(account, since) if _owns_events(account) else ended(account, since)

    def confirm(self, account: Account, receipts: tuple[str, ...]) -> Flow | None:
        """Confirm pulled events; it ends in `News` without any."""
        return confirmed(account, receipts) if receipts and _owns_events(account) else None

    def probe(self, account: Account) -> Flow:
        """List one task of the application."""
        query = vod.TaskQuery(sub_app_id=application(account), limit=1)
        reply: HttpReply = yield vod_call(account, vod.render_query(query), "list")
        return tencent.probed(reply)

    def parse_callback(self, headers: Mapping[str, str], body: bytes) -> News:
        """Read a pushed event. Its signature is not looked at: a hint needs no proof."""
        event = vod.parse_push(body, "", 0)
        return news_of([("", event)] if event else [], None)


# Options.


def _owns_events(account: Account) -> bool:
    return account.options.get("events") == "exclusive"


# Submitting.


def _extra(work: Work) -> dict[str, Any]:
    """Return what goes beside the spec: the channel's words, our key, and what the caller may add."""
    options = work.account.options
    said = work.extra if work.wire == vod.SERVICE else {}
    config = {name: value for name, value in said.get("OutputConfig", {}).items() if name in CONFIG_PASSED_ON}
    extra = {name: said[name] for name in PASSED_ON if name in said}
    if any(items := _item_words(work, said)):
        extra["FileInfos"] = items
    return {
        **extra,
        "SubAppId": options["sub_app_id"],
        "SessionId": work.key,
        "OutputConfig": {**config, "StorageMode": options.get("storage_mode", STORAGE_MODES[0])},
    }


def _item_words(work: Work, said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what the caller said of each input beyond the spec; a last frame of its own becomes an item."""
    items = [
        {name: value for name, value in item.items() if name != "Type"} for item in said.get("FileInfos", ())
    ]
    return [*items, *({} for _ in work.spec.references[len(items) :])] if items else []


def _inexpressible() -> Refused:
    return Refused(
        ErrorClass.INVALID,
        "InvalidParameterValue",
        "An input cannot be said on this wire as it is.",
        "有输入无法以该接口的格式表达。",
    )


def _known_session(reply: HttpReply) -> Ambiguous | None:
    """Return what a repeated session means: an earlier call arrived, so the lookup will find the task."""
    try:
        tencent.answer(reply)
    except AnsweredError as error:
        if repeats_session(error.code, error.message):
            return Ambiguous(f"the session exists: {wording(error)}")
    except BrokenAnswerError:
        pass
    return None


def _absent(work: Work, reply: HttpReply) -> Forgotten | Puzzling:
    """Return what it means that the list does not have our task: nothing, if it is older than the list."""
    now = date_ms(reply.headers)
    if now is not None and now - work.submitted_at > LIST_REACH_MS:
        return Puzzling("the submit is older than the platform's list of tasks, which says nothing of it")
    return Forgotten(f"no task has the session {work.key}")


# Watching one task.


def told(task: vod.ReadTask) -> Outcome:
    """Return what a detail says of its task; a word that is not VOD's own says nothing."""
    if task.status in GOING_ON:
        return Pending(task.progress or None, task.status)
    if not task.done:
        return Puzzling(f"the task has the unknown status {task.status}")
    if task.failure.code:
        code = task.failure.extended or str(task.failure.code)
        return Refused(task_error_class(task), code, task.message or f"The task ended with {code}.")
    if not task.files or not all(file.url for file in task.files):
        return Puzzling(f"the task is {task.status} without a URL")
    expiries = [file.expires_at for file in task.files if file.expires_at is not None]
    outputs = tuple(Output(url=file.url) for file in task.files)
    return Finished(outputs, _notes(task), min(expiries, default=None), task.finished_at)


def _notes(task: vod.ReadTask) -> dict[str, Any]:
    notes: dict[str, Any] = {"usage": dict(task.usage)} if task.usage else {}
    if file_ids := [file.file_id for file in task.files if file.file_id]:
        notes["file_ids"] = file_ids
    return notes


provider = VodProvider()

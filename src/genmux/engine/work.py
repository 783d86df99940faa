"""Turns a stored task into the `Work` a provider sees."""

from __future__ import annotations

import json
from typing import Final

import msgspec

from genmux.domain.catalog import Catalogue
from genmux.domain.ids import attempt_key
from genmux.domain.spec import GenerationSpec, Role, decode_spec
from genmux.engine.ports import InputRow, TaskDetail
from genmux.providers.seam import Account, InputFacts, ModelDefaults, Work

_decode_account: Final = msgspec.json.Decoder(Account).decode


def input_facts(row: InputRow) -> InputFacts:
    """Return what is known of a frozen input."""
    probe = json.loads(row.probe or "{}")
    return InputFacts(
        n=row.n,
        role=row.role,
        media_key=row.media_key or "",
        sha256=(row.sha256 or b"").hex(),
        width=probe.get("width", 0),
        height=probe.get("height", 0),
        content_type=probe.get("content_type", ""),
        size=probe.get("bytes", 0),
        source=row.source,
    )


def model_defaults(catalogue: Catalogue, spec: GenerationSpec) -> ModelDefaults:
    """Return what the spec's model makes when the spec does not say."""
    if spec.model is None:
        raise ValueError("defaults need a chosen model")
    has_first_frame = any(reference.role is Role.FIRST_FRAME for reference in spec.references)
    return ModelDefaults(
        duration=catalogue.default_duration(spec.model, spec.kind),
        resolution=catalogue.default_resolution(spec.model, spec.kind),
        aspect_ratio=catalogue.default_ratio(spec.model, spec.kind),
        takes_ratio=catalogue.takes_ratio(spec.model, spec.kind, has_first_frame=has_first_frame),
    )


def build_work(detail: TaskDetail, catalogue: Catalogue, attempt: int) -> Work:
    """Return the work of one attempt of a stored task."""
    spec = decode_spec(detail.spec)
    row = next((a for a in detail.attempts if a.n == attempt), None)
    return Work(
        task_id=detail.task.id,
        attempt=attempt,
        key=attempt_key(detail.task.id, attempt),
        spec=spec,
        inputs=tuple(input_facts(i) for i in detail.inputs if i.sha256 is not None),
        upstream_ref=row.upstream_ref if row is not None else None,
        defaults=model_defaults(catalogue, spec),
        account=parse_account(row.frozen) if row is not None else Account(channel=""),
        wire=detail.task.wire,
        extra=json.loads(detail.extra),
        submitted_at=row.opened_at if row is not None else detail.task.created_at,
    )


def parse_account(frozen: str) -> Account:
    """Return the account that an attempt was opened on; one of the first release has its name only."""
    return _decode_account(frozen)

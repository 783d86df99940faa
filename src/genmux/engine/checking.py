"""What a create would come to, told without making anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from genmux.domain import words
from genmux.domain.catalog import Catalogue, Choice, Violation
from genmux.domain.errors import CallerError, InvalidValue, MissingValue
from genmux.domain.spec import GenerationSpec, Kind, Medium, ModelRef, Role, Step
from genmux.domain.text import Text
from genmux.engine.admission import Draft
from genmux.engine.caller import Caller
from genmux.engine.channels import Channel
from genmux.engine.creating import Creator
from genmux.engine.producers import ANYTHING_COMING, Coming


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a create would be refused for; `nearest` and `allowed` as in `Violation`."""

    code: str
    field: str | None
    text: Text
    nearest: str | None = None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be made: the words said, and the model's own where nothing was said.

    `duration` is seconds, None for pictures. `size` is None where an input picture decides.
    `channel` is None when no channel makes the model.
    """

    model: ModelRef
    chosen: Mapping[str, str]
    duration: float | None
    resolution: str | None
    aspect_ratio: str | None
    size: tuple[int, int] | None
    channel: str | None = None
    provider: str | None = None
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Everything that speaks against a create, and its plan; None when no model could be chosen."""

    findings: tuple[Finding, ...]
    plan: Plan | None


@dataclass(frozen=True, slots=True)
class Checker:
    """Puts together what `creator` would refuse and make; it makes nothing."""

    creator: Creator

    async def check(self, caller: Caller, draft: Draft) -> CheckResult:
        """Do what `TaskService.check` promises."""
        if draft.spec.step is not Step.EXTEND:
            return await self._check(caller, draft)
        try:
            extension = self.creator.extension(draft)
        except CallerError as refusal:
            return CheckResult((refusal_finding(refusal),), None)
        frame = await self._check(caller, extension.frame.draft)
        found = [replace(f, field=extension.place(f.field)) for f in frame.findings]
        coming = {**ANYTHING_COMING, **extension.coming}
        generation = await self._check(caller, extension.generation.draft, coming)
        found += generation.findings
        found += _refusals(lambda: self.creator.admission.check_output(draft.output))
        return CheckResult(tuple(found), generation.plan)

    async def _check(self, caller: Caller, draft: Draft, coming: Coming = ANYTHING_COMING) -> CheckResult:
        admission, creator = self.creator.admission, self.creator
        found: list[Finding] = []
        spec, plan = draft.spec, None
        try:
            choice = admission.choose(draft)
            spec = admission.completed(draft, choice)
        except CallerError as refusal:
            choice = None
            found.append(
                model_finding(refusal, admission.catalogue, spec.kind, draft.model_name, draft.model_version)
            )
        if admission.rules.validation != "off" or spec.step is not None:
            found += map(finding_of, admission.violations(draft, spec))
        if choice is not None:
            found += _refusals(lambda: admission.route(spec))
            channel = next(iter(admission.router.eligible(spec)), None)
            plan = plan_of(spec, choice, admission.catalogue, channel, draft.preview_ignores)
        found += _refusals(lambda: admission.check_output(draft.output))
        found += map(refusal_finding, await creator.inputs.examine(spec, caller, creator.clock(), coming))
        return CheckResult(tuple(found), plan)


def _refusals(look: Callable[[], object]) -> tuple[Finding, ...]:
    """Return what `look` raises as a finding."""
    try:
        look()
    except CallerError as refusal:
        return (refusal_finding(refusal),)
    return ()


def finding_of(violation: Violation) -> Finding:
    """Return a violation of the catalogue as a finding."""
    code = (MissingValue if violation.missing else InvalidValue).code
    return Finding(code, violation.field, violation.text, violation.nearest, violation.allowed)


def refusal_finding(refusal: CallerError) -> Finding:
    """Return an error that a create would raise as a finding."""
    return Finding(refusal.code, refusal.field, refusal.text)


def model_finding(
    refusal: CallerError, catalogue: Catalogue, kind: Kind, name: str | None, version: str | None
) -> Finding:
    """Return why no model was chosen, with the nearest family, or version of its family."""
    entries = catalogue.models(kind)
    if refusal.field == "model.version":
        said = version or ""
        allowed = tuple(e.version for e in entries if e.family.lower() == (name or "").lower() and e.version)
    else:
        said = name or ""
        allowed = tuple(dict.fromkeys(e.family for e in entries))
    spelt = {word.lower(): word for word in allowed}
    near = get_close_matches(said.lower(), spelt, n=1, cutoff=0.4)
    nearest = spelt[near[0]] if near else None
    return Finding(refusal.code, refusal.field, refusal.text, nearest, allowed)


def plan_of(
    spec: GenerationSpec,
    choice: Choice,
    catalogue: Catalogue,
    channel: Channel | None,
    preview_ignores: tuple[str, ...],
) -> Plan:
    """Return what a spec whose model is chosen would come to."""
    model, kind = choice.model, spec.kind
    if spec.step is not None:
        return _step_plan(spec, choice, channel)
    resolution = spec.resolution or (None if spec.size else catalogue.default_resolution(model, kind))
    ratio = _ratio(spec, model, catalogue)
    seconds = spec.duration if spec.duration is not None else catalogue.default_duration(model, kind)
    return Plan(
        model=model,
        chosen=choice.chosen,
        duration=seconds if kind is Kind.VIDEO else None,
        resolution=resolution,
        aspect_ratio=ratio,
        size=spec.size or _size(resolution, ratio),
        channel=channel.name if channel else None,
        provider=channel.provider.name if channel else None,
        ignored=channel.provider.ignored(spec, preview_ignores) if channel else (),
    )


def _step_plan(spec: GenerationSpec, choice: Choice, channel: Channel | None) -> Plan:
    """Return what a step comes to: what is not said is its input's own."""
    return Plan(
        model=choice.model,
        chosen=choice.chosen,
        duration=None,
        resolution=spec.resolution,
        aspect_ratio=None,
        size=spec.size,
        channel=channel.name if channel else None,
        provider=channel.provider.name if channel else None,
    )


def _ratio(spec: GenerationSpec, model: ModelRef, catalogue: Catalogue) -> str | None:
    """Return the aspect ratio of the result, None where a size or an input picture sets it."""
    if spec.size is not None:
        return None
    framed = any(_leads(spec.kind, r.role, r.medium) for r in spec.all_references())
    first = any(r.role is Role.FIRST_FRAME for r in spec.references)
    if spec.aspect_ratio is not None and (not framed or catalogue.takes_ratio(model, spec.kind, first)):
        return spec.aspect_ratio
    return None if framed else catalogue.default_ratio(model, spec.kind)


def _leads(kind: Kind, role: Role, medium: Medium) -> bool:
    return medium is Medium.IMAGE and (kind is Kind.IMAGE or role is Role.FIRST_FRAME)


def _size(resolution: str | None, ratio: str | None) -> tuple[int, int] | None:
    if resolution is None or ratio is None:
        return None
    word, shape = words.parse_resolution(resolution), words.parse_ratio(ratio)
    return words.frame_size(word, shape) if word and shape else None

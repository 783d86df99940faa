"""What may come in: the model that is meant, what is refused, and the queue of those who can make it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from genmux.domain import steps
from genmux.domain.catalog import Catalogue, Choice, Violation
from genmux.domain.errors import (
    CallerError,
    GenmuxError,
    InvalidValue,
    MissingValue,
    ModelNotSupported,
    Unsupported,
)
from genmux.domain.spec import RESULT_FIELDS, GenerationSpec, Kind, Medium, ModelRef, OutputTarget, Step
from genmux.domain.text import Text
from genmux.engine.channels import Channel, Lane, Router
from genmux.engine.inputs import InputDesk
from genmux.engine.ports import IdempotencyClaim, MediaStore, Staging

NEED_URLS: Final = {
    Medium.IMAGE: (
        "The upstream of {model} fetches pictures by URL, and this server can give none: "
        "set public_url, or staging to a bucket. Or send the picture as a public URL.",
        "{model} 的上游只能通过 URL 获取图片,而本服务无法提供:"
        "请设置 public_url,或将 staging 设为存储桶;也可直接传入公网图片 URL。",
    ),
    Medium.VIDEO: (
        "The upstream of {model} fetches films by URL, and this server can give none: "
        "set public_url, or staging to a bucket. Or send the film as a public URL.",
        "{model} 的上游只能通过 URL 获取视频,而本服务无法提供:"
        "请设置 public_url,或将 staging 设为存储桶;也可直接传入公网视频 URL。",
    ),
}
"""What is missing where an upstream cannot fetch an input that we hold, by medium."""


class Draft(msgspec.Struct, frozen=True):
    """A parsed create: what to make, and what is only echoed."""

    wire: str
    surface: str
    spec: GenerationSpec
    model_name: str | None = None
    model_version: str | None = None
    extra: dict[str, Any] = {}
    output: OutputTarget | None = None
    priority: int = 0
    sub_app_id: int | None = None
    idempotency: IdempotencyClaim | None = None
    permanent: bool = False  # the result gets a FileId
    preview_ignores: tuple[str, ...] = ()  # said wire fields that its table marks as not for preview


@dataclass(frozen=True, slots=True)
class ServiceRules:
    """What the service is told by the settings."""

    validation: str = "early"  # early | platform | off
    defaults: Mapping[Kind, ModelRef] = field(default_factory=dict)
    unsaid: Mapping[Kind, Mapping[str, Any]] = field(default_factory=dict)  # fields for the default model
    default_output: OutputTarget | None = None  # where every result is written as well
    deadline_ms: int = 24 * 3_600_000
    retention_ms: int = 7 * 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Admission:
    """Judges creates; nothing is made or kept here."""

    catalogue: Catalogue
    router: Router
    inputs: InputDesk
    media: MediaStore
    staging: Staging
    rules: ServiceRules

    def choose(self, draft: Draft) -> Choice:
        """Return the model that a create means, a step's own for a step. Raises `ModelNotSupported`."""
        kind = draft.spec.kind
        if draft.spec.step is not None:
            own = steps.model_of(draft.spec.step)
            if (draft.model_name, draft.model_version) not in ((None, None), (own.family, own.version)):
                raise steps_own_model(draft.spec.step)
            return Choice(own, {})
        return self.catalogue.choose(
            kind,
            draft.model_name,
            draft.model_version,
            surface=draft.surface,
            defaults=self.rules.defaults,
            claimed=lambda model: (
                model.family.lower() != steps.FAMILY
                and (self.rules.validation == "off" or self.router.claims(kind, model))
            ),
        )

    def completed(self, draft: Draft, choice: Choice) -> GenerationSpec:
        """Return the spec with its model, and what the operator wants of the default model unasked."""
        spec = replace(draft.spec, model=choice.model)
        if choice.model != self.rules.defaults.get(spec.kind):
            return spec
        wanted = self.rules.unsaid.get(spec.kind, {})
        return replace(spec, **{k: value for k, value in wanted.items() if getattr(spec, k) is None})

    def validate(self, draft: Draft, spec: GenerationSpec) -> None:
        """Raise the first thing that no source allows, if that is to be said at create."""
        if self.rules.validation != "early" and spec.step is None:
            return
        violations = self.violations(draft, spec)
        if violations:
            raise refusal_of(violations[0])

    def violations(self, draft: Draft, spec: GenerationSpec) -> tuple[Violation, ...]:
        """Return what no source allows in a spec; a step has rules of its own, whatever its model says."""
        if spec.step is None:
            return self.catalogue.check(spec, surface=draft.surface)
        return steps.check_step(spec)

    def route(self, spec: GenerationSpec) -> tuple[Lane, Channel]:
        """Return the queue of a spec and the first channel that could make it. Raises `CallerError`."""
        held = {} if self.staging.available else self.inputs.held(spec)
        eligible = self.router.eligible(spec, unfetchable=frozenset(held.values()))
        lane = self.router.lane_of(spec, eligible)
        if lane is None:
            raise self._no_channel(spec, held)
        eligible[0].provider.check(spec)
        return lane, eligible[0]

    def _no_channel(self, spec: GenerationSpec, held: Mapping[int, Medium]) -> CallerError:
        able = self.router.eligible(spec) if held else ()
        if able:
            n = next(n for n, medium in held.items() if medium in able[0].provider.facts.by_url)
            en, zh = (words.format(model=spec.model) for words in NEED_URLS[held[n]])
            return Unsupported(Text(en, zh), field=f"references.{n}")
        unsaid = self._unsaid(spec)
        if unsaid:
            return Unsupported(
                Text(
                    f"No channel of this server can pass on {', '.join(unsaid)} for {spec.model}.",
                    f"本服务没有通道能为 {spec.model} 传递 {'、'.join(unsaid)}。",
                ),
                field=unsaid[0],
            )
        return ModelNotSupported(
            Text(f"No channel of this server makes {spec.model}.", f"本服务没有可生成 {spec.model} 的通道。"),
            field="model",
        )

    def _unsaid(self, spec: GenerationSpec) -> tuple[str, ...]:
        """Return what the best channel of the model cannot say, () where no channel makes the model."""
        channel = next(iter(self.router.of_model(spec)), None)
        unsaid = channel.provider.ignored(spec, ()) if channel is not None else ()
        return tuple(name for name in unsaid if name in RESULT_FIELDS)

    def check_output(self, output: OutputTarget | None) -> None:
        """Raise `InvalidValue` where the result could not be written to the bucket that was asked for."""
        if output is not None and output.bucket not in self.media.buckets():
            known = ", ".join(sorted(self.media.buckets())) or "none"
            raise InvalidValue(
                Text(
                    f"The bucket {output.bucket} is not configured on this server (configured: {known}).",
                    f"本服务未配置存储桶 {output.bucket}(已配置:{known})。",
                ),
                field="output",
            )
        if output is None:
            return
        try:
            self.media.check_output(output.bucket, output.path, output.region)
        except ValueError as error:
            raise InvalidValue(
                Text(f"The output cannot be used: {error}.", f"输出位置不可用:{error}。"),
                field="output",
            ) from None


def steps_own_model(step: Step) -> InvalidValue:
    """Return the error for a model that is said of a step."""
    return InvalidValue(
        Text(f"The step {step} takes no model; leave model out.", f"步骤 {step} 不使用模型，请去掉 model。"),
        field="model",
    )


def refusal_of(violation: Violation) -> GenmuxError:
    """Return the error that a violation of the catalogue becomes."""
    error = MissingValue if violation.missing else InvalidValue
    return error(violation.text, field=violation.field)

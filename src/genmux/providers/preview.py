"""The built-in upstream: real pictures and films from the procedural renderer, with no key at all."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from genmux.domain.errors import ContentRefused
from genmux.domain.spec import GenerationSpec, Kind, Medium, Role, encode_json
from genmux.domain.text import Text
from genmux.domain.words import even, fit_pixels, frame_size
from genmux.providers import captions
from genmux.providers.base import BaseProvider
from genmux.providers.references import is_picture
from genmux.providers.script import parse_script, plain_prompt
from genmux.providers.seam import (
    Effect,
    ErrorClass,
    Finished,
    Flow,
    Forgotten,
    InputFacts,
    Outcome,
    Output,
    Recovery,
    Refused,
    RenderJob,
    RenderReply,
    Wait,
    Work,
)
from genmux.version import __version__

FPS: Final = 24
SCRIPTED: Final = "scripted"
WIDEST: Final = Fraction(21, 9)
TALLEST: Final = Fraction(9, 21)
_FILM_ELSEWHERE: Final = "the film to edit is not held here, so it is not used"
STUCK_WAIT_SECONDS: Final = 3600.0

PAINTED_OPTIONS: Final = frozenset({"genmux", "seed", captions.OPTION})
SCRIPTED_CLASS: Final = {
    "content": ErrorClass.CONTENT,
    "InvalidParameter": ErrorClass.INVALID,
    "InvalidParameterValue": ErrorClass.INVALID,
}
"""Scripted failure codes that mean more than "the upstream failed"."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The exact size of the result, and how it came about."""

    width: int
    height: int
    why: str


def choose_frame(work: Work) -> Frame:
    """Return the exact output size of a spec.

    A stated size wins; then a stated ratio where the model takes one; then the first picture's own
    ratio; then the model's default. `nP` words fix the short side, 1K the area.
    """
    spec, defaults = work.spec, work.defaults
    if spec.size is not None:
        width, height = spec.size
        if spec.kind is Kind.VIDEO:
            return Frame(even(width), even(height), "size as asked")
        return Frame(width, height, "size as asked")
    resolution = spec.resolution or defaults.resolution
    picture = _leading_picture(work)
    if spec.aspect_ratio is not None and (defaults.takes_ratio or picture is None):
        return Frame(*frame_size(resolution, spec.aspect_ratio), "ratio as asked")
    if picture is not None and picture.width and picture.height:
        own = Fraction(picture.width, picture.height)
        clamped = min(max(own, TALLEST), WIDEST)
        why = "the picture's own ratio" if own == clamped else "the picture's own ratio, clamped to 21:9"
        return Frame(*fit_pixels(resolution, clamped), why)
    return Frame(*frame_size(resolution, defaults.aspect_ratio), "the model's default ratio")


def _leading_picture(work: Work) -> InputFacts | None:
    """Return the input whose ratio the result takes: the first frame, or a picture to restyle."""
    if work.spec.kind is Kind.IMAGE:
        return next(iter(_pictures(work)), None)
    return _first_frame(work)


def _pictures(work: Work) -> list[InputFacts]:
    return [facts for facts in work.inputs if is_picture(facts)]


def _first_frame(work: Work) -> InputFacts | None:
    """Return what a film begins with: the first frame, or else a film to edit, whose own it takes."""
    given = next((i for i in _pictures(work) if i.role == Role.FIRST_FRAME), None)
    films = (i for i in work.inputs if i.role == Role.BASE_VIDEO and not is_picture(i))
    return given or next(films, None)


def choose_seed(work: Work) -> int:
    """Return the stated seed (MPS has no field for it, so an option too), or one of the task's random id."""
    option = work.spec.options.get("seed")
    seed = work.spec.seed if work.spec.seed is not None else option
    if isinstance(seed, int) and not isinstance(seed, bool):
        return abs(seed) % 2**63
    return int.from_bytes(work.task_id[:8], "big") % 2**63


def _input_roles(work: Work) -> tuple[tuple[str, str], ...]:
    first = _first_frame(work) if work.spec.kind is Kind.VIDEO else None
    found = [] if first is None else [("first_frame", first.media_key)]
    for item in _pictures(work):
        if item is first:
            continue
        last = first is not None and item.role == Role.LAST_FRAME
        found.append(("last_frame" if last else "reference", item.media_key))
    return tuple(found)


def _ignores_film(spec: GenerationSpec) -> bool:
    """Return whether a film is said that changes nothing: all but one to edit, where nothing precedes it."""
    begun = spec.kind is Kind.IMAGE or any(r.role is Role.FIRST_FRAME for r in spec.references)
    return any(r.medium is Medium.VIDEO and (begun or r.role is not Role.BASE_VIDEO) for r in spec.references)


def _unheld(work: Work) -> tuple[str, ...]:
    """Return what to say of a film to edit that is elsewhere: only what is held here is opened."""
    said = any(r.role is Role.BASE_VIDEO for r in work.spec.references)
    held = any(i.role == Role.BASE_VIDEO for i in work.inputs)
    return (_FILM_ELSEWHERE,) if said and not held else ()


def label_of(spec: GenerationSpec, seed: int) -> str:
    """Return the machine-readable label every preview carries; it cannot be switched off."""
    return encode_json(
        {
            "Label": "1",
            "ContentProducer": f"genmux {__version__} preview",
            "Procedural": True,
            "Model": str(spec.model),
            "Seed": seed,
        }
    )


def render_jobs(work: Work) -> tuple[RenderJob, ...]:
    """Return the renderer's jobs for a spec, one per picture or film asked for."""
    spec = work.spec
    frame = choose_frame(work)
    seconds = spec.duration if spec.duration is not None else work.defaults.duration
    seed = choose_seed(work)
    count = max(1, spec.count or 1)
    return tuple(
        RenderJob(
            kind=spec.kind,
            prompt=plain_prompt(spec.prompt),
            negative_prompt=spec.negative_prompt or "",
            seed=seed,
            index=index,
            width=frame.width,
            height=frame.height,
            frames=max(1, round(seconds * FPS)) if spec.kind is Kind.VIDEO else 1,
            audio=bool(spec.audio or spec.background_music),
            image_format={"jpg": "jpeg"}.get(spec.output_format or "png", spec.output_format or "png"),
            mark=spec.watermark is not False,
            label=label_of(spec, seed),
            inputs=_input_roles(work),
            caption=captions.caption_of(spec) or "",
            siblings=count,
        )
        for index in range(count)
    )


class PreviewProvider(BaseProvider):
    """Makes everything on this machine; losing its work costs nothing but time."""

    name = "preview"
    recovery = Recovery.FREE
    needs_credential = False

    def variant(self, spec: GenerationSpec) -> str:
        """Scripted specs queue apart, so that one that hangs never blocks a real one."""
        return "" if parse_script(spec).empty else SCRIPTED

    def serves(self, spec: GenerationSpec) -> bool:
        """Everything but steps: what cannot be painted is listed as ignored."""
        return spec.step is None

    def check(self, spec: GenerationSpec) -> None:
        """Raise `ContentRefused` for a scripted violation, `InvalidValue` for a bad script or caption."""
        if parse_script(spec).violation:
            raise ContentRefused(
                Text(
                    "The prompt was scripted to violate the content rules.",
                    "提示词按脚本设定触发了内容审核。",
                ),
                field="prompt",
            )
        captions.check(spec)

    def ignored(self, spec: GenerationSpec, preview_ignores: tuple[str, ...]) -> tuple[str, ...]:
        """Name the fields that were said but cannot change a procedural picture."""
        if preview_ignores:
            return preview_ignores
        said: dict[str, Any] = {
            "enhance_prompt": spec.enhance_prompt,
            "scene": spec.scene,
            "off_peak": spec.off_peak,
            "base_video": _ignores_film(spec) or None,
            "audio_reference": any(r.medium is Medium.AUDIO for r in spec.references) or None,
            "reference_type": any(r.role in (Role.ASSET, Role.STYLE) for r in spec.references) or None,
            "subject_name": any(s.id or s.name or s.voice_id or s.videos for s in spec.subjects) or None,
        }
        options = [f"options.{name}" for name in spec.options if name not in PAINTED_OPTIONS]
        return (*(name for name, value in said.items() if value is not None), *options)

    def submit(self, work: Work) -> Flow:
        """Play the script, then render every picture or film asked for."""
        scripted = yield from self._play(work)
        if scripted is not None:
            return scripted
        outputs: list[Output] = []
        replies: list[RenderReply] = []
        for job in render_jobs(work):
            reply: RenderReply = yield job
            replies.append(reply)
            outputs.append(Output(spool=reply.spool, content_type=reply.content_type))
        return Finished(tuple(outputs), self._notes(work, replies))

    def _play(self, work: Work) -> Generator[Effect, Any, Outcome | None]:
        script = parse_script(work.spec)
        if script.delay:
            yield Wait(script.delay)
        while script.stuck:
            yield Wait(STUCK_WAIT_SECONDS)
        if script.fail:
            error_class = SCRIPTED_CLASS.get(script.fail, ErrorClass.INTERNAL)
            message = script.message or f"task failed with status: FAIL, message: {script.fail} (scripted)"
            return Refused(error_class, script.fail, message)
        return None

    def _notes(self, work: Work, replies: list[RenderReply]) -> dict[str, Any]:
        frame = choose_frame(work)
        return {
            "mode": replies[0].mode,
            "understood": list(replies[0].understood),
            "seed": choose_seed(work),
            "size": f"{frame.width}x{frame.height}",
            "size_from": frame.why,
            "notes": sorted({*_unheld(work), *(note for reply in replies for note in reply.notes)}),
        }

    def poll(self, work: Work) -> Flow:
        """A preview is made within its submit, so there is never anything to poll."""
        yield from ()
        return Forgotten("a preview is never left running")

    def lookup(self, work: Work) -> Flow:
        """A preview that was lost is simply made again."""
        yield from ()
        return Forgotten("a preview keeps no record")


provider = PreviewProvider()

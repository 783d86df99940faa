"""Names, checks and defaults of the shipped catalogue."""

from __future__ import annotations

import math
import timeit
from typing import Any

import pytest

from genmux.domain.catalog import Catalogue, Violation, builtin
from genmux.domain.errors import ModelNotSupported
from genmux.domain.spec import GenerationSpec, Kind, Medium, ModelRef, Reference, Role, Subject

DEFAULTS = {Kind.VIDEO: ModelRef("Kling", "3.0"), Kind.IMAGE: ModelRef("Hunyuan", "3.0")}


def choose(kind: Kind, family: str | None, version: str | None = None, surface: str = "mps") -> ModelRef:
    return builtin().choose(kind, family, version, surface=surface, defaults=DEFAULTS).model


def reference(role: Role, medium: Medium = Medium.IMAGE) -> Reference:
    return Reference(role=role, source="https://example.com/a", medium=medium)


FIRST, LAST = reference(Role.FIRST_FRAME), reference(Role.LAST_FRAME)
PICTURE = reference(Role.REFERENCE)
FILM = reference(Role.FEATURE_VIDEO, Medium.VIDEO)
EDIT = reference(Role.BASE_VIDEO, Medium.VIDEO)


def video(model: str, **fields: Any) -> GenerationSpec:
    return GenerationSpec(
        kind=Kind.VIDEO, model=ModelRef(*model.split()), **{"prompt": "a red fox", **fields}
    )


def image(model: str, **fields: Any) -> GenerationSpec:
    return GenerationSpec(
        kind=Kind.IMAGE, model=ModelRef(*model.split()), **{"prompt": "a red fox", **fields}
    )


def found(spec: GenerationSpec, surface: str = "mps") -> dict[str, Violation]:
    return {v.field: v for v in builtin().check(spec, surface=surface)}


class TestNames:
    @pytest.mark.parametrize(
        ("family", "version", "spelt"),
        [
            ("kling", "o1", "Kling O1"),
            ("KLING", "3.0-OMNI", "Kling 3.0-Omni"),
            ("hailuo", "h3-max", "Hailuo H3-Max"),
        ],
    )
    def test_case_does_not_matter(self, family: str, version: str, spelt: str) -> None:
        assert str(choose(Kind.VIDEO, family, version)) == spelt

    @pytest.mark.parametrize("surface", ["mps", "vod", "anyapi", "rest", "openai"])
    def test_a_model_known_anywhere_is_known_everywhere(self, surface: str) -> None:
        for entry in builtin().models():
            got = builtin().choose(
                entry.kind, entry.family, entry.version, surface=surface, defaults=DEFAULTS
            )
            assert got.model.family == entry.family
            assert got.model.version == entry.version or entry.version == ""

    @pytest.mark.parametrize(
        ("kind", "family", "version"),
        [
            (Kind.VIDEO, "Kling", "3.0"),
            (Kind.VIDEO, "Hailuo", "2.3"),
            (Kind.VIDEO, "Vidu", "q3-pro"),
            (Kind.VIDEO, "GV", "3.1"),
            (Kind.VIDEO, "OS", "2.0"),
            (Kind.VIDEO, "PixVerse", "v6"),
            (Kind.VIDEO, "Seedance", "1.5-pro"),
            (Kind.VIDEO, "Mingmou", ""),
            (Kind.IMAGE, "Hunyuan", "3.0"),
            (Kind.IMAGE, "Wan", ""),
        ],
    )
    def test_no_version_means_the_newest_stable(self, kind: Kind, family: str, version: str) -> None:
        choice = builtin().choose(kind, family, "", surface="mps", defaults=DEFAULTS)
        assert choice.model == ModelRef(family, version)
        assert choice.chosen == {"model_version": "newest stable"}

    def test_mingmou_has_a_version_on_vod_only(self) -> None:
        assert choose(Kind.VIDEO, "Mingmou", None, "mps").version == ""
        assert choose(Kind.VIDEO, "Mingmou", None, "vod").version == "1.0"

    def test_every_family_has_a_declared_and_stable_default(self) -> None:
        for kind in ("image", "video", "audio"):
            entries = builtin().models(kind)
            defaults = [e for e in entries if e.default]
            assert [e.family for e in defaults] == list(dict.fromkeys(e.family for e in entries))
            assert all(e.stable for e in defaults)

    @pytest.mark.parametrize("kind", list(Kind))
    def test_no_family_means_the_default_of_the_kind(self, kind: Kind) -> None:
        choice = builtin().choose(kind, None, None, surface="mps", defaults=DEFAULTS)
        assert choice == (DEFAULTS[kind], {"model_name": "default", "model_version": "default"})

    def test_a_version_alone_is_one_of_the_default_family(self) -> None:
        choice = builtin().choose(Kind.VIDEO, "", "2.1", surface="vod", defaults=DEFAULTS)
        assert choice == (ModelRef("Kling", "2.1"), {"model_name": "default"})

    def test_a_family_without_stated_versions_takes_what_is_written(self) -> None:
        choice = builtin().choose(Kind.IMAGE, "wan", "2.5", surface="mps", defaults=DEFAULTS)
        assert choice == (ModelRef("Wan", "2.5"), {"model_version": "as written"})
        with pytest.raises(ModelNotSupported):
            choose(Kind.IMAGE, "wan", "2.5; drop")

    @pytest.mark.parametrize(
        ("family", "version", "field", "near"),
        [
            ("Klng", None, "model.family", "Kling"),
            ("Seedream", None, "model.family", "Seedance"),
            ("Kling", "3.0-0mni", "model.version", "3.0-Omni"),
            ("Vidu", "q3_pro", "model.version", "q3-pro"),
        ],
    )
    def test_an_unknown_name_is_answered_with_the_nearest(
        self, family: str, version: str | None, field: str, near: str
    ) -> None:
        with pytest.raises(ModelNotSupported) as error:
            choose(Kind.VIDEO, family, version)
        assert error.value.field == field
        assert f"did you mean {near}" in error.value.text.en
        assert f"是否指 {near}" in error.value.text.zh

    def test_a_name_of_the_other_kind_is_told_so(self) -> None:
        with pytest.raises(ModelNotSupported, match="'Qwen' is for image, not for video") as error:
            choose(Kind.VIDEO, "Qwen")
        assert "用于图片" in error.value.text.zh

    @pytest.mark.parametrize(
        ("family", "version", "model"),
        [("MyModel", None, ModelRef("MyModel", "")), ("kling", "9", ModelRef("Kling", "9"))],
    )
    def test_a_channel_may_claim_what_the_catalogue_does_not_know(
        self, family: str, version: str | None, model: ModelRef
    ) -> None:
        choice = builtin().choose(
            Kind.VIDEO, family, version, surface="mps", defaults=DEFAULTS, claimed=lambda m: m == model
        )
        assert choice == (model, {})
        spec = GenerationSpec(kind=Kind.VIDEO, model=model, prompt="x", duration=60, aspect_ratio="7:4")
        assert not found(spec)

    def test_a_very_long_name_makes_a_short_sentence(self) -> None:
        with pytest.raises(ModelNotSupported) as error:
            choose(Kind.VIDEO, "k" * 100_000)
        assert len(error.value.text.en) < 400


class TestDuration:
    @pytest.mark.parametrize(
        ("model", "surface", "asked", "nearest"),
        [
            ("Kling 2.1", "mps", 7, "5"),
            ("Kling 2.1", "mps", 8, "10"),
            ("Kling 3.0", "mps", 16, "15"),
            ("Kling 3.0", "mps", 4.5, "4"),
            ("Hailuo 02", "mps", 0, "6"),
            ("Hailuo 02", "vod", -1, "6"),
            ("GV 3.1", "mps", 5, "8"),
            ("Vidu q3", "vod", 16, "10"),
            ("Vidu q3", "mps", 17, "16"),
            ("Kling 2.1", "mps", math.nan, "5"),
            ("Kling 2.1", "mps", math.inf, "10"),
            ("Hunyuan 1.5", "mps", 0, "5"),
            ("Hunyuan 1.5", "mps", math.nan, "5"),
            ("Hunyuan 1.5", "mps", 5000, "600"),
        ],
    )
    def test_refused_with_the_nearest(self, model: str, surface: str, asked: float, nearest: str) -> None:
        violation = found(video(model, duration=asked), surface)["duration"]
        assert violation.nearest == nearest
        assert model in violation.text.en
        assert model in violation.text.zh
        assert nearest in violation.text.en
        assert nearest in violation.text.zh

    @pytest.mark.parametrize(
        ("model", "surface", "asked"),
        [
            ("Kling 2.1", "vod", 7),
            ("Kling 2.1", "rest", 7),
            ("Vidu q3", "mps", 16),
            ("Hunyuan 1.5", "mps", 7),
        ],
    )
    def test_allowed_where_one_source_of_the_surface_says_so(
        self, model: str, surface: str, asked: float
    ) -> None:
        assert not found(video(model, duration=asked), surface)

    def test_a_reference_film_shortens_what_is_allowed(self) -> None:
        assert not found(video("Kling 3.0-Omni", duration=15))
        assert found(video("Kling 3.0-Omni", duration=15, references=(FILM,)))["duration"].nearest == "10"

    def test_a_run_of_numbers_is_said_shortly(self) -> None:
        assert "it takes 3-15" in found(video("Kling 3.0", duration=99))["duration"].text.en


class TestPixels:
    @pytest.mark.parametrize("word", ["480P", "720p", "768P", "1k", "1080P", "1440p", "2K", "2160P", "4k"])
    def test_any_resolution_up_to_4k_goes_for_every_model(self, word: str) -> None:
        for entry in (*builtin().models("image"), *builtin().models("video")):
            model = ModelRef(entry.family, entry.version)
            spec = GenerationSpec(
                kind=Kind(entry.kind), model=model, prompt="x", references=(FIRST,), resolution=word
            )
            assert "resolution" not in found(spec)

    @pytest.mark.parametrize(
        ("word", "nearest"),
        [("8K", "4K"), ("4320P", "4K"), ("1080", "1080P"), ("HD", None), ("", None), ("700", "720P")],
    )
    def test_what_is_no_resolution_is_refused(self, word: str, nearest: str | None) -> None:
        assert found(video("Kling 3.0", resolution=word))["resolution"].nearest == nearest

    @pytest.mark.parametrize(
        ("spec", "nearest"),
        [
            (video("Kling 3.0", aspect_ratio="4:3"), "1:1"),
            (video("Kling 3.0", aspect_ratio="21:9"), "16:9"),
            (video("Kling 3.0", aspect_ratio="wide"), "16:9"),
            (video("Hailuo 02", aspect_ratio="21:9"), "16:9"),
            (video("Hunyuan 1.5", aspect_ratio="100:1"), "10:1"),
            (video("Hunyuan 1.5", aspect_ratio="wide"), "16:9"),
            (image("Kling 2.1", aspect_ratio="auto"), "1:1"),
        ],
    )
    def test_a_ratio_nobody_states_is_refused(self, spec: GenerationSpec, nearest: str) -> None:
        assert found(spec)["aspect_ratio"].nearest == nearest

    @pytest.mark.parametrize(
        "spec",
        [
            video("Hailuo 02", aspect_ratio="16:9"),
            video("Hunyuan 1.5", aspect_ratio="4:3"),
            video("Vidu q2", aspect_ratio="3:4"),
            image("Kling O1", aspect_ratio="auto"),
            image("Hunyuan 3.0", aspect_ratio="7:5"),
        ],
    )
    def test_a_ratio_somebody_allows_or_nobody_limits_passes(self, spec: GenerationSpec) -> None:
        assert not found(spec, "rest")

    @pytest.mark.parametrize(
        ("model", "size", "nearest"),
        [
            ("Hunyuan 3.0", (2048, 2048), "1024x1024"),
            ("Hunyuan 3.0", (256, 256), "512x512"),
            ("Qwen 0925", (4096, 4096), "2048x2048"),
            ("OG image2_high", (1000, 1000), "992x992"),
            ("Kling 3.0", (99999, 99999), "4096x4096"),
            ("Kling 3.0", (0, 0), "16x16"),
        ],
    )
    def test_an_exact_size_is_held_to_its_limits(
        self, model: str, size: tuple[int, int], nearest: str
    ) -> None:
        assert found(image(model, size=size))["size"].nearest == nearest

    def test_size_limits_do_not_bind_the_resolution(self) -> None:
        assert not found(image("Hunyuan 3.0", resolution="4K"))
        assert not found(image("Hunyuan 3.0", size=(512, 2048)))


class TestFrames:
    def test_a_last_frame_needs_a_first(self) -> None:
        violation = found(video("Kling 3.0", references=(LAST,)))["first_frame"]
        assert violation.missing
        assert "first frame" in violation.text.en
        assert "首帧" in violation.text.zh

    @pytest.mark.parametrize(
        ("model", "surface", "ok"),
        [
            ("Hailuo 02", "mps", True),
            ("Hailuo 02", "vod", True),
            ("Hailuo 2.3", "mps", False),
            ("Kling 2.0", "mps", True),
            ("Kling 3.0", "vod", True),
            ("Vidu q3", "mps", False),
            ("GV 3.1", "mps", True),
            ("Seedance 1.5-pro", "mps", False),
            ("H2 1.0", "mps", True),
        ],
    )
    def test_a_last_frame_goes_where_some_source_allows_it(self, model: str, surface: str, ok: bool) -> None:
        assert ("last_frame" not in found(video(model, references=(FIRST, LAST)), surface)) is ok

    @pytest.mark.parametrize("resolution", [None, "720P", "768P"])
    def test_some_take_a_last_frame_only_from_1080p(self, resolution: str | None) -> None:
        spec = video("Kling 2.1", references=(FIRST, LAST), resolution=resolution)
        assert found(spec)["last_frame"].nearest == "1080P"
        assert "1080P" in found(spec)["last_frame"].text.zh
        for enough in ("1080P", "4K"):
            assert not found(video("Kling 2.1", references=(FIRST, LAST), resolution=enough))

    def test_models_that_only_animate_pictures_say_so(self) -> None:
        assert found(video("Hailuo 2.3-fast"))["first_frame"].missing
        assert found(video("Seedance 1.0-lite-i2v"), "vod")["first_frame"].missing
        assert not found(video("Hailuo 2.3-fast", references=(FIRST,)))

    def test_image_to_video_passes_where_sources_disagree(self) -> None:
        assert not found(video("OS 2.0", references=(FIRST,)))

    def test_a_film_to_edit_excludes_frames(self) -> None:
        assert "base_video" in found(video("Kling O1", references=(EDIT, FIRST)))
        assert not found(video("Kling O1", references=(EDIT,)))
        assert not found(video("Kling O1", references=(FILM, FIRST)))

    def test_films_only_where_the_surface_lists_them_or_a_scene_brings_one(self) -> None:
        assert "feature_video" in found(video("Kling 2.1", references=(FILM,)))
        assert not found(video("Kling 2.1", references=(FILM, FIRST), scene="motion_control"))
        assert not found(video("H2 1.0", references=(FILM,)))


class TestReferences:
    @pytest.mark.parametrize(
        ("spec", "most"),
        [
            (video("GV 3.1"), 3),
            (video("Kling 1.6"), 4),
            (video("Kling O1"), 7),
            (video("Vidu q2-turbo"), 7),
            (video("H2 1.0"), 9),
            (image("Hunyuan 3.0"), 3),
            (image("GG 3.1"), 14),
            (image("Qwen 0925"), 1),
        ],
    )
    def test_the_largest_number_that_any_source_states(self, spec: GenerationSpec, most: int) -> None:
        for surface in ("mps", "vod", "rest"):
            assert not found(_with(spec, (PICTURE,) * most), surface)
            violation = found(_with(spec, (PICTURE,) * (most + 1)), surface)["references"]
            assert violation.nearest == str(most)
            assert violation.allowed[-1] == str(most)

    def test_fewer_beside_a_film(self) -> None:
        assert found(video("Kling O1", references=(PICTURE,) * 5 + (FILM,)))["references"].nearest == "4"

    def test_where_nobody_states_a_number_a_slip_is_still_caught(self) -> None:
        assert not found(video("Kling 3.0", references=(PICTURE,) * 16))
        assert found(video("Kling 3.0", references=(PICTURE,) * 17))["references"].nearest == "16"

    def test_frames_are_not_counted_as_references(self) -> None:
        assert not found(video("GV 3.1", references=(FIRST, LAST, *(PICTURE,) * 3)))


def _with(spec: GenerationSpec, references: tuple[Reference, ...]) -> GenerationSpec:
    return GenerationSpec(kind=spec.kind, model=spec.model, prompt=spec.prompt, references=references)


class TestTheRest:
    def test_prompts_are_measured_in_characters(self) -> None:
        assert not found(video("Kling 3.0", prompt="狐" * 2000), "vod")
        assert not found(image("Kling 3.0", prompt="🦊" * 1000))
        violation = found(image("Kling 3.0", prompt="狐" * 1001))["prompt"]
        assert violation.allowed == ("1000",)
        assert "1001" in violation.text.en
        assert "1001" in violation.text.zh

    def test_a_prompt_is_needed_when_there_is_nothing_else(self) -> None:
        assert found(video("Kling 3.0", prompt=" "))["prompt"].missing
        assert not found(video("Kling 3.0", prompt="", references=(FIRST,)))
        assert not found(video("Kling 3.0", prompt="", scene="lip_sync"))
        assert not found(video("Kling 3.0", prompt="", subjects=(Subject(id="1"),)))
        assert not found(video("Kling 3.0", prompt="", options={"multi_prompt": []}))

    def test_sound_is_refused_only_where_the_surface_names_who_makes_it(self) -> None:
        assert "audio" in found(video("Vidu q2", audio=True))
        assert not found(video("Vidu q2", audio=False))
        assert not found(video("Vidu q2", audio=True), "vod")
        assert not found(video("Hailuo 02", audio=True))

    @pytest.mark.parametrize(("model", "most"), [("Kling 3.0", 9), ("OG image2_low", 8), ("Qwen 0925", 9)])
    def test_count(self, model: str, most: int) -> None:
        assert not found(image(model, count=most), "vod")
        assert found(image(model, count=most + 1))["count"].nearest == str(most)
        assert found(image(model, count=0))["count"].nearest == "1"

    def test_output_formats(self) -> None:
        assert not found(image("Kling 3.0", output_format="JPEG"))
        assert found(image("Kling 3.0", output_format="webp"))["output_format"].allowed == ("jpeg", "png")
        assert found(image("Kling 3.0", output_format="jpg"))["output_format"].nearest == "jpeg"
        assert not found(image("Kling 3.0", output_format="webp"), "rest")

    def test_a_scene_is_refused_only_by_a_list_of_the_surface(self) -> None:
        assert found(video("Kling 2.1", scene="motion_controll"))["scene"].nearest == "motion_control"
        assert not found(video("Hailuo 02", scene="anything"))
        assert not found(video("Hunyuan 1.5", scene="anything"), "vod")
        assert not found(video("Hunyuan 1.5", scene="anything"), "rest")
        assert "scene" in found(video("Kling 2.1", scene="anything"), "rest")

    def test_3d_is_recognised(self) -> None:
        assert builtin().makes_3d(video("Hunyuan 1.5", scene="3d_scene"))
        assert builtin().makes_3d(image("Hunyuan 3.0", scene="3d_panorama"))
        assert builtin().makes_3d(video("Hunyuan 3d_2.0"))
        assert not builtin().makes_3d(video("Kling 3.0", scene="lip_sync"))
        assert not found(video("Hunyuan 1.5", scene="3d_scene"))

    def test_a_spec_without_a_model_is_checked_for_form_only(self) -> None:
        spec = GenerationSpec(kind=Kind.VIDEO, prompt="x", duration=77, resolution="nope")
        assert list(found(spec)) == ["resolution"]

    def test_a_check_is_fast_enough_for_the_hot_path(self) -> None:
        spec = video(
            "Kling 3.0", duration=5, resolution="1080P", aspect_ratio="16:9", audio=True, references=(FIRST,)
        )
        best = min(timeit.repeat(lambda: builtin().check(spec, surface="mps"), number=1000, repeat=5)) / 1000
        assert best < 100e-6  # about 7 µs on a quiet core


class TestUnasked:
    @pytest.mark.parametrize(
        ("kind", "model", "seconds", "resolution", "ratio"),
        [
            (Kind.VIDEO, "Hailuo 2.3", 6, "768P", "16:9"),
            (Kind.VIDEO, "Kling 3.0", 5, "720P", "16:9"),
            (Kind.VIDEO, "GV 3.1", 8, "720P", "16:9"),
            (Kind.VIDEO, "OS 2.0", 8, "720P", "16:9"),
            (Kind.VIDEO, "H2 1.0", 5, "1080P", "16:9"),
            (Kind.VIDEO, "No such", 5, "720P", "16:9"),
            (Kind.IMAGE, "Hunyuan 3.0", 5, "1K", "1:1"),
            (Kind.IMAGE, "Vidu q2", 5, "1080P", "1:1"),
        ],
    )
    def test_what_a_model_makes_when_not_told(
        self, kind: Kind, model: str, seconds: float, resolution: str, ratio: str
    ) -> None:
        ref, it = ModelRef(*model.split()), builtin()
        assert it.default_duration(ref, kind) == seconds
        assert it.default_resolution(ref, kind) == resolution
        assert it.default_ratio(ref, kind) == ratio

    def test_every_default_is_allowed(self) -> None:
        it = builtin()
        for entry in (*it.models("video"), *it.models("image")):
            model, kind = ModelRef(entry.family, entry.version), Kind(entry.kind)
            spec = GenerationSpec(
                kind=kind,
                model=model,
                prompt="x",
                references=(FIRST,) if kind is Kind.VIDEO else (),
                duration=it.default_duration(model, kind) if kind is Kind.VIDEO else None,
                resolution=it.default_resolution(model, kind),
                aspect_ratio=it.default_ratio(model, kind),
            )
            for surface in ("mps", "vod", "rest"):
                assert not found(spec, surface), spec

    @pytest.mark.parametrize(
        ("model", "with_text", "with_frame"),
        [
            ("Hailuo 02", False, False),
            ("Hailuo H3", True, False),
            ("Kling 3.0", True, False),
            ("PixVerse v6", True, False),
            ("GV 3.1", True, True),
            ("Hunyuan 1.5", True, True),
        ],
    )
    def test_where_a_ratio_counts(self, model: str, with_text: bool, with_frame: bool) -> None:
        ref = ModelRef(*model.split())
        assert builtin().takes_ratio(ref, Kind.VIDEO, False) is with_text
        assert builtin().takes_ratio(ref, Kind.VIDEO, True) is with_frame


def test_models_are_listed_with_who_says_so() -> None:
    entries = {(e.kind, e.family, e.version): e for e in builtin().models()}
    kling = entries["video", "Kling", "2.1"]
    assert kling.surfaces == ("mps", "vod")
    assert kling.last_frame == "1080P"
    assert kling.max_references == 1
    assert kling.audio is True
    assert "2K" in (kling.resolutions or ())
    assert kling.ratios == ("16:9", "9:16", "1:1")
    assert {"mps-cn", "vod-intl", "vod-video-integration-note"} <= set(kling.sources)
    assert entries["video", "Hailuo", "02"].ratios == ()
    assert entries["video", "Seedance", "1.5-pro"].surfaces == ()
    assert {e.kind for e in builtin().models()} == {"image", "video", "audio"}
    assert {e.kind for e in builtin().models(Kind.IMAGE)} == {"image"}
    assert isinstance(builtin(), Catalogue)
    assert builtin() is builtin()

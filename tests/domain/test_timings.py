"""Learning how long generations take: from intervals, with the planner choosing where to look."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.domain.polling.outlook import (
    BINS,
    EDGES_MS,
    Outlook,
    believed_completion,
    bin_of,
    outlook_of,
    prior_shares,
)
from genmux.domain.polling.planner import Load, phase_of, plan
from genmux.domain.polling.timings import (
    MAX_NAMES,
    MEMORY,
    Timing,
    TimingBook,
    blend,
    decode_timing,
    encode_timing,
    mode_of,
    timing_key,
    timing_names,
)
from genmux.domain.spec import GenerationSpec, Kind, Medium, ModelRef, Reference, Role

NAMES = ("7/video/Kling", "7/video")
FULL = Load(in_flight=2_400, describes_per_second=49.0)
Durations = Callable[[Random], float]

weights = st.lists(st.floats(0, 10), min_size=BINS, max_size=BINS)
timings = weights.map(lambda values: Timing(tuple(values)))


def normal(mean_seconds: float, deviation_seconds: float) -> Durations:
    return lambda random: max(1.0, random.gauss(mean_seconds, deviation_seconds)) * 1_000


def two_peaks(random: Random) -> float:
    return normal(90, 15)(random) if random.random() < 0.6 else normal(300, 40)(random)


def watch(book: TimingBook, durations: Durations, tasks: int, load: Load = FULL, seed: int = 1) -> None:
    """Look at one task after the other as the planner says, and learn only what the looks show."""
    random = Random(seed)
    for seq in range(tasks):
        ends, seen, age = durations(random), 0.0, 0.0
        while age < ends:
            seen = age
            age += plan(book.outlook(NAMES), age, load, phase_of(seq, age)).delay_ms
        book.learn(NAMES, seen, age)


def finished_by(outlook: Outlook, seconds: float) -> float:
    """Return the believed share of tasks that take no longer."""
    k = bin_of(seconds * 1_000)
    return 1.0 - outlook.survival[k] + outlook.density[k] * (seconds * 1_000 - EDGES_MS[k])


# What is learnt.


@pytest.mark.parametrize(
    ("durations", "seconds"),
    [(normal(240, 40), (180, 220, 240, 260, 300)), (two_peaks, (70, 90, 110, 250, 300, 350))],
)
def test_looking_where_it_looks_best_still_learns_the_truth(
    durations: Durations, seconds: tuple[int, ...]
) -> None:
    book, random = TimingBook(), Random(2)
    watch(book, durations, 3_000)
    outlook, truth = book.outlook(NAMES), [durations(random) for _ in range(20_000)]

    assert outlook.mean_ms == pytest.approx(sum(truth) / len(truth), rel=0.06)
    for at in seconds:
        expected = sum(ends <= at * 1_000 for ends in truth) / len(truth)
        assert finished_by(outlook, at) == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize(("before", "after"), [(240, 60), (60, 240)])
def test_an_upstream_that_changes_its_speed_is_followed(before: int, after: int) -> None:
    book = TimingBook()
    watch(book, normal(before, before / 8), 1_000)
    assert book.outlook(NAMES).mean_ms == pytest.approx(before * 1_000, rel=0.1)

    watch(book, normal(after, after / 8), 5_000, load=Load(10 * after, 49.0), seed=3)
    assert book.outlook(NAMES).mean_ms == pytest.approx(after * 1_000, rel=0.1)


def test_one_completion_is_believed_to_lie_where_others_did() -> None:
    outlook = outlook_of([1.0 if k == bin_of(100_000) else 0.0 for k in range(BINS)])

    assert believed_completion(outlook, 20_000, 400_000).age_ms == pytest.approx(100_000, rel=0.1)


@given(timings, st.floats(0, 1e8), st.floats(0, 1e8))
def test_a_completion_is_one_and_lies_within_its_interval(timing: Timing, a: float, b: float) -> None:
    after, until = min(a, b), max(a, b)
    completion = believed_completion(blend([timing], Kind.VIDEO), after, until)

    assert math.fsum(completion.shares) == pytest.approx(1.0)
    assert completion.first + len(completion.shares) <= BINS
    assert min(after, EDGES_MS[-1]) - 1 <= completion.age_ms <= until + 1


def test_the_book_tells_the_believed_age() -> None:
    book = TimingBook()

    assert book.learn(NAMES, 42_000, 42_000) == 42_000
    assert 10_000 < book.learn(NAMES, 10_000, 60_000) < 60_000


def test_old_completions_fade() -> None:
    timing, quick = Timing(), believed_completion(blend([], Kind.VIDEO), 9_000, 9_000)
    for _ in range(10 * MEMORY):
        timing = timing.with_completion(quick)

    assert timing.count == pytest.approx(MEMORY, rel=0.01)


# What is believed before, and of kinds of work that were not seen themselves.


def test_an_image_is_expected_sooner_than_a_video() -> None:
    assert blend([], Kind.IMAGE).mean_ms < blend([], Kind.VIDEO).mean_ms / 3


@pytest.mark.parametrize("kind", [*Kind, "step"])
def test_what_is_believed_before_adds_up(kind: str) -> None:
    assert math.fsum(prior_shares(kind)) == pytest.approx(1.0)


@given(st.lists(timings, max_size=4))
def test_a_belief_is_a_distribution_that_rules_nothing_out(known: list[Timing]) -> None:
    outlook = blend(known, Kind.VIDEO)

    assert outlook.survival[0] == pytest.approx(1.0)
    assert all(a > b for a, b in zip(outlook.survival, outlook.survival[1:], strict=False))
    assert all(a > b for a, b in zip(outlook.effort, outlook.effort[1:], strict=False))
    assert min(outlook.density) > 0.0


def test_an_unknown_resolution_is_expected_to_take_what_others_take() -> None:
    book = TimingBook()
    for _ in range(50):
        book.learn(("7/video/Kling/720P", "7/video/Kling", "7/video"), 30_000, 32_000)

    outlook = book.outlook(("7/video/Kling/1080P", "7/video/Kling", "7/video"))
    assert finished_by(outlook, 45) > 0.8


def test_own_completions_outweigh_the_general() -> None:
    book = TimingBook()
    for _ in range(200):
        book.learn(("7/video/slow", "7/video"), 600_000, 600_000)
    for _ in range(20):
        book.learn(("7/video/quick", "7/video"), 20_000, 20_000)

    assert finished_by(book.outlook(("7/video/quick", "7/video")), 30) > 0.8
    assert finished_by(book.outlook(("7/video/slow", "7/video")), 300) < 0.2


# Names.


def spec(**fields: object) -> GenerationSpec:
    return GenerationSpec(kind=Kind.VIDEO, **fields)  # type: ignore[arg-type]


def test_names_go_from_the_exact_to_the_general() -> None:
    frames = tuple(Reference(role=role, source="https://a/b") for role in (Role.LAST_FRAME, Role.FIRST_FRAME))
    asked = spec(model=ModelRef("Kling", "2.1"), references=frames, duration=5.0, resolution="720P")

    assert timing_names(7, asked) == (
        "7/video/Kling/2.1/first_frame+last_frame/5/720P",
        "7/video/Kling/2.1/first_frame+last_frame/5",
        "7/video/Kling/2.1/first_frame+last_frame",
        "7/video/Kling/2.1",
        "7/video/Kling",
        "7/video",
    )
    assert timing_key(7, asked) == timing_names(7, asked)[0]


def test_a_slash_in_a_name_makes_no_level() -> None:
    names = timing_names(7, spec(model=ModelRef("a/b", "c/d")))

    assert names[-2] == "7/video/a%2Fb"
    assert len(names) == 6


def test_the_mode_says_what_decides_how_long_it_takes() -> None:
    sound = Reference(role=Role.AUDIO, source="https://a/b", medium=Medium.AUDIO)

    assert mode_of(spec()) == "text"
    assert mode_of(spec(references=(sound, sound))) == "audio"
    assert mode_of(spec(off_peak=True)) == "text+off_peak"


# Stored text.


@given(timings)
def test_stored_text_reads_back(timing: Timing) -> None:
    text = encode_timing(timing)
    back = decode_timing(text)

    assert back.weights == pytest.approx(timing.weights, abs=0.0006)
    assert encode_timing(back) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "null",
        "[1,0]",
        "[2,0,[1.0]]",
        "[1,-1,[1.0]]",
        "[1,128,[1.0]]",
        "[1,0,[-1.0]]",
        "[1,0,[1e9]]",
    ],
)
def test_damaged_text_knows_nothing(text: str) -> None:
    assert decode_timing(text) == Timing()


def test_what_was_learnt_survives_a_restart() -> None:
    book, again = TimingBook(), TimingBook()
    watch(book, normal(60, 8), 300)
    again.load(book.changed())

    assert book.changed() == []
    assert again.outlook(NAMES).mean_ms == pytest.approx(book.outlook(NAMES).mean_ms, rel=0.05)
    again.learn(NAMES, 60_000, 60_000)
    assert [name for name, _ in again.changed()] == sorted(NAMES)


def test_the_name_that_learnt_longest_ago_is_dropped() -> None:
    book, quick = TimingBook(), Timing().with_completion(believed_completion(blend([], "video"), 0, 0))
    book.load((f"1/video/{k}", encode_timing(quick)) for k in range(MAX_NAMES))
    book.learn(("1/video/new", "1/video"), 0, 0)

    assert book.timing("1/video/0").count == book.timing("1/video/1").count == 0
    assert book.timing("1/video/2").count == book.timing("1/video/new").count == 1


# What the planner is told of the average task.


def test_the_effort_rate_is_that_of_the_average_task() -> None:
    book = TimingBook()
    cold = book.effort_rate(NAMES)
    assert cold == pytest.approx(book.outlook(NAMES).effort_rate)
    watch(book, normal(240, 5), 1_000)

    assert book.effort_rate(NAMES) < cold
    assert book.effort_rate(("7/video/new", "7/video")) == book.effort_rate(NAMES)


def test_late_looks_make_every_look_dearer() -> None:
    book = TimingBook()
    before = book.effort_rate(NAMES)
    for _ in range(3_000):
        book.looked(NAMES[-1], 10_000)
    late = book.effort_rate(NAMES)
    for _ in range(6_000):
        book.looked(NAMES[-1], 0)

    assert book.effort_rate(NAMES) < before < late

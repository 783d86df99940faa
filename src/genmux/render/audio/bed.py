"""The sound of a film: what its place sounds like, what happens there, and music in its mood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.audio import ambience, events
from genmux.render.audio.ambience import Ambience
from genmux.render.audio.loudness import levelled
from genmux.render.audio.music import notes, pad, reverberated
from genmux.render.audio.noise import SAMPLE_RATE
from genmux.render.order import FPS
from genmux.render.raster import F32
from genmux.render.vocabulary import Reading

_FADE_IN_SECONDS: Final = 0.35
_FADE_OUT_SECONDS: Final = 0.6
_ROOTS: Final = (45, 53)


@dataclass(frozen=True, slots=True)
class Bed:
    """What always sounds in a scene family, by day and by night, and its music.

    `mood` None follows the time of day; `instrument` "" plays the pad alone.
    """

    always: tuple[Ambience, ...]
    light: tuple[Ambience, ...] = ()
    dark: tuple[Ambience, ...] = ()
    mood: str | None = None
    instrument: str = ""


BEDS: Final[dict[str, Bed]] = {
    "ocean": Bed((ambience.waves,), light=(events.gulls,)),
    "deep": Bed((ambience.underwater, events.bubbles), mood="space", instrument="glass"),
    "mountains": Bed((ambience.wind,)),
    "meadow": Bed((ambience.leaves,), (events.birdsong,), (events.crickets,), instrument="music box"),
    "desert": Bed((ambience.wind,), mood="calm"),
    "forest": Bed((ambience.leaves,), (events.birdsong,), (events.crickets,)),
    "city": Bed((ambience.hum,), instrument="piano"),
    "street": Bed((ambience.hum, ambience.voices), instrument="piano"),
    "space": Bed((ambience.rumble,), mood="space", instrument="glass"),
    "portrait": Bed((ambience.air,), instrument="piano"),
    "studio": Bed((ambience.air,), mood="bright", instrument="music box"),
    "silk": Bed((ambience.air,), mood="space", instrument="glass"),
    "aerial": Bed((ambience.wind,), mood="bright"),
    "inkwash": Bed((ambience.leaves,), light=(events.chimes,), mood="east", instrument="zither"),
}
MOODS: Final = {"dawn": "bright", "day": "bright", "sunset": "calm", "night": "dark", "storm": "dark"}

# What is heard when the prompt names it, wherever the scene is.
NAMED: Final[dict[str, Ambience]] = {
    "time.storm": ambience.gale,
    "effect.rain": ambience.rain,
    "effect.snow": ambience.hush,
    "effect.lightning": events.thunder,
    "effect.fireworks": events.bangs,
    "effect.bubbles": events.bubbles,
    "effect.embers": ambience.fire,
    "effect.lanterns": events.chimes,
    "feature.waterfall": ambience.stream,
    "feature.lake": ambience.lapping,
    "feature.volcano": ambience.rumble,
    "subject.tent": ambience.fire,
    "subject.torii": events.chimes,
    "subject.train": events.train,
    "subject.whale": events.whale,
}


def sound_bed(rng: np.random.Generator, family: str, time: str, reading: Reading, frames: int) -> F32:
    """Stereo float32 (2, samples) for exactly `frames` of film, at one loudness, faded at both ends."""
    count = round(frames / FPS * SAMPLE_RATE)
    bed = BEDS[family]
    places = [*bed.always, *(bed.dark if time == "night" else bed.light if time != "storm" else ())]
    heard = [*places, *named(reading, time)]
    mix = np.zeros((2, count), np.float32)
    for sound in dict.fromkeys(heard):
        mix = mix + sound(rng, count)
    mix = mix + _music(rng, count, bed, time, reading)
    return _faded(levelled(mix))


def named(reading: Reading, time: str) -> list[Ambience]:
    """What the prompt itself asks to be heard."""
    said = {f"time.{time}"} | {
        f"{group}.{name}" for group in ("effect", "feature", "subject") for name in reading.all(group)
    }
    return [sound for concept, sound in NAMED.items() if concept in said]


def _music(rng: np.random.Generator, count: int, bed: Bed, time: str, reading: Reading) -> F32:
    mood = bed.mood or MOODS[time]
    root = int(rng.integers(*_ROOTS))
    instrument = "synth" if reading.has("style", "neon") else bed.instrument
    music = pad(rng, count, mood, root)
    if instrument:
        music = music + notes(rng, count, mood, root, instrument)
    return reverberated(rng, music)


def _faded(sound: F32) -> F32:
    """Both ends led to silence along a quarter of a sine, so that films can follow each other."""
    count = sound.shape[1]
    for seconds, ends in ((_FADE_IN_SECONDS, 1), (_FADE_OUT_SECONDS, -1)):
        length = max(1, min(round(seconds * SAMPLE_RATE), count // 4))
        rise = np.sin(np.linspace(0, np.pi / 2, length, dtype=np.float32)) ** 2
        if ends > 0:
            sound[:, :length] *= rise
        else:
            sound[:, -length:] *= rise[::-1]
    return sound

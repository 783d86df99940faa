"""Sound: ambience and mood by scene, levelled to one loudness."""

from genmux.render.audio.bed import BEDS, sound_bed
from genmux.render.audio.loudness import TARGET_LUFS, audio_frame, loudness
from genmux.render.audio.noise import SAMPLE_RATE

__all__ = ["BEDS", "SAMPLE_RATE", "TARGET_LUFS", "audio_frame", "loudness", "sound_bed"]

"""The northern lights."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.noise import fbm_line
from genmux.render.palette import colour, ramp
from genmux.render.raster import F32, U8, blur, resize


@dataclass(frozen=True, slots=True, eq=False)
class Aurora:
    """Curtains of light in the upper sky, drawn at quarter size."""

    bend: F32
    rays: F32
    colours: F32
    phases: tuple[float, ...]
    bases: tuple[float, ...]

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the light of all curtains."""
        height, width = canvas.shape[0] // 4, canvas.shape[1] // 4
        light = np.zeros((height, width, 3), np.float32)
        for k in range(len(self.phases)):
            light += self._curtain(k, height, width, moment)
        soft = blur((np.clip(light, 0, 1) * 255).astype(np.uint8), 0.9)
        image = resize(soft, canvas.shape[1], canvas.shape[0], cv2.INTER_CUBIC)
        cv2.add(canvas, cv2.cvtColor(image, cv2.COLOR_RGB2RGBA), canvas)

    def _curtain(self, k: int, height: int, width: int, moment: Moment) -> F32:
        t = moment.seconds
        x = np.arange(width, dtype=np.float32)
        sway = np.interp((x + k * 311 + t * 6) % (len(self.bend) - 1), np.arange(len(self.bend)), self.bend)
        base = height * (
            self.bases[k] + 0.12 * np.sin(x / width * 4.2 + self.phases[k] + t * 0.22) + 0.3 * (sway - 0.5)
        )
        where = (x + t * 9 * (k + 1) + k * 97) % (len(self.rays) - 1)
        ray = (0.16 + 1.25 * np.interp(where, np.arange(len(self.rays)), self.rays) ** 2).astype(np.float32)
        above = (base[None, :] - np.arange(height)[:, None]) / (height * (0.34 + 0.3 * ray[None, :]))
        power = (
            np.where(above > 0, np.exp(-above * 2.2) * np.minimum(above * 9, 1), 0) * ray * (0.9 - 0.2 * k)
        )
        return np.asarray(
            self.colours[np.clip(above * 140, 0, 255).astype(np.int32)] * power[..., None], np.float32
        )


def aurora(rng: np.random.Generator, width: int) -> Aurora:
    """Three curtains for a picture of this width."""
    length = max(64, width // 4 * 3)
    stops = [(0.0, "#b6ffc0"), (0.12, "#3df0a0"), (0.4, "#18b890"), (0.7, "#5a4fd0"), (1.0, "#a02fc0")]
    colours = ramp([(at, colour(c)) for at, c in stops], np.linspace(0, 1, 256, dtype=np.float32))
    phases = tuple(float(v) for v in rng.uniform(0, 6, 3))
    bases = tuple(float(v) for v in rng.uniform(0.38, 0.56, 3))
    return Aurora(fbm_line(rng, length, 5, 6), fbm_line(rng, length, 26, 5), colours, phases, bases)

"""What stands along a kerb: street lamps and trees."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from genmux.render.palette import colour
from genmux.render.raster import F32, blur, f32, spread
from genmux.render.shapes import fill, polygon
from genmux.render.urban.facades import Light, Manner
from genmux.render.urban.houses import Air
from genmux.render.urban.view import Plate, Point

_LEAF: Final = {"green": "#54783a", "autumn": "#c8702a", "snow": "#a9b2bd", "pink": "#eab0c4"}
_IRON: Final = colour("#1c1e22")
_BULB: Final = colour("#ffd79a")


def plant(
    rng: np.random.Generator, plate: Plate, manner: Manner, lights: tuple[Light, Light], air: Air, leaves: str
) -> list[tuple[Point, F32]]:
    """Lay lamps and, where `leaves` names a colour, trees along both kerbs; returns the lamps that shine."""
    glows: list[tuple[Point, F32]] = []
    x = manner.half - 2.1
    start = float(rng.uniform(4.5, 9))
    crowns = [_tree(rng, leaves) for _ in range(3)] if leaves else []
    for k, z in enumerate(np.arange(start + 56, start - 0.1, -7.0)):
        for side, light in ((-1.0, lights[0]), (1.0, lights[1])):
            if crowns and (k + (side > 0)) % 2:
                tall = float(rng.uniform(5.0, 7.0))
                lit = f32(crowns[k % 3] * np.append(light.ambient + light.lamps * 0.3, 1))
                _stand(plate, lit, air, (side * (x + 0.5), z + 1.0), tall, 1.0)
            else:
                _stand(plate, _post(light), air, (side * x, z), 4.6, 0.22)
                if light.dark and z > 5:
                    glows.append(((side * x, 4.25, float(z)), _BULB))
    return glows


def _stand(plate: Plate, texture: F32, air: Air, at: tuple[float, float], tall: float, ratio: float) -> None:
    """Lay a texture upright on the ground, facing us, through the haze of its distance."""
    (x, z), wide = at, tall * ratio / 2
    share = float(air.share(f32([z]))[0])
    rgb = texture[..., :3] * (1 - share) + air.haze * texture[..., 3:] * share
    hazed = f32(np.dstack([rgb, texture[..., 3]]))
    plate.lay(hazed, [(x - wide, tall, z), (x + wide, tall, z), (x + wide, 0, z), (x - wide, 0, z)])


def _post(light: Light) -> F32:
    """A street lamp, 4.6 metres of iron."""
    h, w = 300, 66
    mask, bulb = np.zeros((h, w), np.uint8), np.zeros((h, w), np.uint8)
    fill(mask, polygon([(31, 50), (35, 50), (37, 299), (29, 299)]))
    fill(mask, polygon([(27, 250), (39, 250), (42, 299), (24, 299)]))
    fill(mask, polygon([(23, 14), (43, 14), (33, 4)]))
    fill(mask, polygon([(25, 46), (41, 46), (37, 54), (29, 54)]))
    fill(bulb, polygon([(24, 15), (42, 15), (40, 46), (26, 46)]))
    cover, lamp = f32(mask / 255), f32(bulb / 255)
    lit = _BULB * 1.7 if light.dark else light.ambient * 0.9
    rgb = spread(cover) * _IRON * (0.4 + light.ambient + light.lamps * 0.3) + spread(lamp) * lit
    return np.dstack([f32(rgb), np.clip(cover + lamp, 0, 1)])


def _tree(rng: np.random.Generator, leaves: str) -> F32:
    """A street tree as a premultiplied texture: a crown of leaf clumps, lit from above, on a thin trunk."""
    size = 300
    picture = np.zeros((size, size, 4), np.uint8)
    wood = (74, 60, 50, 255)
    cv2.fillPoly(picture, [np.array([(145, 150), (154, 150), (158, 299), (141, 299)])], wood, cv2.LINE_AA)
    for x, y in ((96, 120), (205, 118), (150, 90)):
        cv2.line(picture, (150, 205), (x, y), wood, 4, cv2.LINE_AA)
    lobes = np.stack([rng.uniform(70, 230, 9), rng.uniform(50, 150, 9), rng.uniform(34, 62, 9)], 1)
    tone = colour(_LEAF[leaves]) * 255
    clumps = np.concatenate([_clumps(rng, *(float(v) for v in lobe)) for lobe in lobes])
    for x, y, reach, lit in clumps[np.argsort(clumps[:, 3])]:
        shade = np.clip(tone * (0.34 + 0.9 * lit), 0, 255)
        angle = float(rng.uniform(0, 180))
        axes = (int(reach * 16), int(reach * 9))
        cv2.ellipse(picture, (int(x * 16), int(y * 16)), axes, angle, 0, 360, (*map(float, shade), 255), -1,
                    cv2.LINE_AA, 4)  # fmt: skip
    soft = blur(f32(picture / 255), 0.6)
    soft[..., :3] *= soft[..., 3:]
    return soft


def _clumps(rng: np.random.Generator, x: float, y: float, size: float) -> F32:
    """Leaf clumps of one bough as rows of x, y, size and light 0..1."""
    turn, reach = rng.uniform(0, 6.28, 90), np.sqrt(rng.random(90)) * size
    up = -np.sin(turn) * reach / size
    lit = np.clip(0.45 + 0.35 * up + (110 - y) / 260 + rng.uniform(-0.12, 0.12, 90), 0, 1)
    return f32(
        np.stack([x + np.cos(turn) * reach, y + np.sin(turn) * reach * 0.72, rng.uniform(3, 8, 90), lit], 1)
    )

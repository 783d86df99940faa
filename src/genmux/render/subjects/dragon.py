"""A Chinese dragon: a long scaled body that swims through the air, with mane, whiskers, claws and antlers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.camera import Moment
from genmux.render.layers import Element
from genmux.render.paint.light import FigureLight, light_on
from genmux.render.paint.limbs import limb
from genmux.render.paint.polygons import blank, dab, faces
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, U8, f32, over
from genmux.render.stage import Stage
from genmux.render.subjects.dragonhead import Skull, draw_head
from genmux.render.subjects.spot import Spot

_JOINTS: Final = 66
_STRIPS: Final = 6
# Back, flank, belly, mane.
_SKINS: Final = (
    ("#0f5f56", "#2fa383", "#f3d88a", "#e8a33a"),
    ("#8f1418", "#d8402c", "#f8d98c", "#f2b23c"),
    ("#b07a14", "#ecb93c", "#fff0b8", "#d8442c"),
    ("#173f86", "#3f8fd0", "#e6f0f6", "#bfe4f2"),
)
_HORN: Final = colour("#e6cf98")


@dataclass(frozen=True, slots=True, eq=False)
class Dragon:
    """The swimming body: middle (x, y), `length` and `girth` in layer pixels, `side` where it heads.

    `tones` are back, flank, belly and mane in the scene's light; `shift` is the phase of its wave.
    """

    x: float
    y: float
    length: float
    girth: float
    side: float
    depth: float
    wave: float
    waves: float
    shift: float
    tones: tuple[F32, F32, F32, F32]
    horn: F32
    light: FigureLight

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw the body as its wave has it now, then the head."""
        spine = self._spine(moment)
        reach = self.girth * 5
        low = np.maximum(np.floor(spine.min(axis=0) - reach), 0).astype(int)
        high = np.minimum(np.ceil(spine.max(axis=0) + reach), [canvas.shape[1], canvas.shape[0]]).astype(int)
        if (high <= low).any():
            return
        sprite = blank(int(high[1] - low[1]), int(high[0] - low[0]))
        self._paint(sprite, f32(spine - low), moment.seconds)
        window = np.ascontiguousarray(canvas[low[1] : high[1], low[0] : high[0]])
        over(window, sprite)
        canvas[low[1] : high[1], low[0] : high[0]] = window

    def _spine(self, moment: Moment) -> F32:
        """Joints from head to tail in canvas pixels."""
        s = np.linspace(0, 1, _JOINTS, dtype=np.float32)
        t = moment.seconds
        since = t - moment.duration / 2
        along = self.side * (0.5 - s + since * 0.035) * self.length
        swell = 0.35 + 0.65 * np.sin(np.pi * np.clip(s * 1.05 + 0.08, 0, 0.99)) ** 0.8
        phase = 2 * math.pi * self.waves * s + self.shift - t * 1.7
        rise = np.sin(phase) * self.wave * swell + 0.22 * self.wave * np.sin(phase * 0.5 + 1 + t * 0.4)
        sweep = np.cos(phase) * self.wave * 0.3 * swell
        m = moment.matrix(self.depth)
        x = m[0, 0] * (self.x + along + sweep) + m[0, 2]
        y = m[1, 1] * (self.y + rise) + m[1, 2]
        return f32(np.stack([x, y], 1))

    def _paint(self, sprite: U8, spine: F32, t: float) -> None:
        s = np.linspace(0, 1, _JOINTS, dtype=np.float32)
        radius = (
            self.girth
            * (0.62 + 0.38 * np.sin(np.pi * np.clip(s * 1.5, 0, 1)))
            * np.clip(1 - s**2.4, 0, 1) ** 0.9
            + 0.6
        )
        along = f32(np.gradient(spine, axis=0))
        along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-6)[:, None]
        back = f32(np.stack([-along[:, 1], along[:, 0]], 1) * self.side)
        self._legs(sprite, spine, radius, along, back, t, far=True)
        self._ridge(sprite, spine, radius, along, back, t)
        self._scales(sprite, spine, radius, back)
        self._legs(sprite, spine, radius, along, back, t, far=False)
        self._tail(sprite, spine, along, t)
        draw_head(
            sprite, Skull(spine[0], f32(-along[0]), self.side, self.girth * 1.95), self.tones, self.horn, t
        )

    def _scales(self, sprite: U8, spine: F32, radius: F32, back: F32) -> None:
        """The body in rings of scales, lit as a tube."""
        v = np.linspace(1, -1, _STRIPS + 1, dtype=np.float32)
        rim = spine[:, None, :] + back[:, None, :] * (v[None, :, None] * radius[:, None, None])
        outline = np.concatenate([rim[:, 0], rim[::-1, -1]])
        faces(sprite, [f32(outline)], self.tones[1])
        quads = np.stack([rim[:-1, :-1], rim[1:, :-1], rim[1:, 1:], rim[:-1, 1:]], 2)
        middle = (v[:-1] + v[1:]) / 2
        facing = np.sqrt(1 - middle**2)
        across = back[:-1, None, :] * middle[None, :, None]
        toward = across[..., 0] * 0.4 * self.light.side - across[..., 1] * 0.65 + facing[None, :] * 0.6
        energy = np.clip(0.55 + 0.6 * np.clip(toward, -0.4, 1), 0.25, 1.2)
        tones = [self.tones[0], mix(self.tones[0], self.tones[1], 0.6), self.tones[1],
                 mix(self.tones[1], self.tones[2], 0.25), self.tones[2], self.tones[2]]  # fmt: skip
        albedo = np.repeat(f32(tones)[None], _JOINTS - 1, 0)
        ring, strip = np.mgrid[0 : _JOINTS - 1, 0:_STRIPS]
        pattern = np.where(strip < _STRIPS - 2, ((ring + strip) % 2) * 0.22 - 0.11, (ring % 2) * 0.2 - 0.12)
        rim_light = np.clip(toward - 0.72, 0, 1)[..., None] * self.light.rim * 1.4
        colours = albedo * (energy * (1 + pattern))[..., None] + rim_light
        order = np.s_[::-1]
        dab(sprite, f32(quads[order].reshape(-1, 4, 2)), f32(colours[order].reshape(-1, 3)))

    def _ridge(self, sprite: U8, spine: F32, radius: F32, along: F32, back: F32, t: float) -> None:
        """Flames of mane along the back."""
        i = np.arange(3, _JOINTS - 3)
        flutter = 0.75 + 0.25 * np.sin(i * 0.9 - t * 5)
        height = self.girth * 0.55 * flutter * (1 - (i / _JOINTS) ** 3)
        base = spine[i] + back[i] * (radius[i] * 0.82)[:, None]
        half = along[i] * (self.girth * 0.24)
        tip = base + back[i] * height[:, None] + along[i] * (height * 0.8)[:, None]
        colours = np.repeat(self.tones[3][None], len(i), 0) * (0.8 + 0.25 * (i % 2))[:, None]
        dab(sprite, f32(np.stack([base - half, tip, base + half], 1)), f32(colours))

    def _legs(self, sprite: U8, spine: F32, radius: F32, along: F32, back: F32, t: float, far: bool) -> None:
        g = self.girth
        for at in (0.24, 0.62) if not far else (0.30, 0.68):
            i = int(at * _JOINTS)
            down, fore = -back[i], -along[i]
            swing = 0.35 * math.sin(t * 1.7 + at * 9)
            hip = spine[i] + down * radius[i] * 0.55
            knee = hip + down * g * 1.0 - fore * g * (0.45 + swing * 0.4)
            ankle = knee + down * g * 0.55 + fore * g * (0.7 + swing)
            tone = mix(self.tones[1], self.tones[0], 0.75 if far else 0.25)
            chain = [(*hip, g * 0.42), (*knee, g * 0.27), (*ankle, g * 0.17)]
            faces(sprite, [limb([(float(x), float(y), float(r)) for x, y, r in chain])], tone)
            elbow = knee - fore * g * 0.5 + down * g * 0.1
            tuft = f32([knee + down * g * 0.2, elbow - fore * g * 0.25, knee - down * g * 0.2])
            dab(sprite, tuft[None], f32(self.tones[3][None] * (0.7 if far else 1.0)))
            for spread in (-0.75, -0.15, 0.45, 1.0):
                way = fore * math.cos(spread) + down * math.sin(spread)
                claw = f32([ankle - down * g * 0.1, ankle + way * g * 0.55, ankle + down * g * 0.1])
                dab(sprite, claw[None], f32(self.horn[None] * (0.65 if far else 0.95)))

    def _tail(self, sprite: U8, spine: F32, along: F32, t: float) -> None:
        end, way = spine[-2], along[-2]
        side = np.array([-way[1], way[0]])
        for k, spread in enumerate((-0.7, -0.35, 0.0, 0.35, 0.7)):
            bend = spread + 0.12 * math.sin(t * 3 + k)
            tip = end + (way * math.cos(bend) + side * math.sin(bend)) * self.girth * (1.9 - abs(spread))
            mid = end + (way * math.cos(bend * 1.5) + side * math.sin(bend * 1.5)) * self.girth * 0.8
            g = self.girth
            chain = [(*end, g * 0.16), (*mid, g * 0.17), (*tip, 0.6)]
            fin = limb([(float(x), float(y), float(r)) for x, y, r in chain], 4)
            faces(sprite, [fin], self.tones[3] * (0.85 + 0.06 * k))


def dragon(stage: Stage, spot: Spot) -> list[Element]:
    """A dragon about the spot, as long as the picture allows."""
    g, rng = stage.geometry, stage.rng
    light = light_on(stage, spot.x, spot.depth)
    skin = [colour(tone) for tone in _SKINS[int(rng.integers(len(_SKINS)))]]
    level = np.clip(light.key * 0.95 + light.fill, 0.3, 1.1)
    back, flank, belly, mane = (
        f32(mix(f32(np.clip(tone * level, 0, 1)), light.haze, light.haze_share)) for tone in skin
    )
    length = min(g.width * 0.72, g.span * 1.3)
    lowest = g.margin_y + g.height * 0.62
    wave = min(spot.size * 0.3, g.span * 0.13)
    middle = g.margin_x + g.width * float(rng.uniform(0.46, 0.54))
    y = float(np.clip(spot.y, g.margin_y + wave * 1.6, lowest))
    return [
        Dragon(
            middle, y, length, length * 0.036, 1.0 if rng.random() < 0.5 else -1.0, spot.depth, wave,
            float(rng.uniform(1.55, 2.1)), float(rng.uniform(0, 6.28)), (back, flank, belly, mane),
                f32(_HORN * level), light,
        )
    ]  # fmt: skip

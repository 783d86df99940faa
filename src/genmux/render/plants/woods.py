"""The kinds of broad-leaved woods: their colours by day, and what the hour makes of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from genmux.render.palette import colour, mix, rotated
from genmux.render.plants.timber import Bark
from genmux.render.raster import F32, f32
from genmux.render.stage import Stage


@dataclass(frozen=True, slots=True, eq=False)
class Wood:
    """One wood in one light.

    `fog` runs from the light's middle to the dark edge, `ground` and `leaves` from dark to lit. `spark` is
    what glints in the air, `beam` the light of shafts and rims. `crowd`, `girth`, `bushy` and `leafy` are
    factors on trunks and leaves; `mixed` is how far leaf colours stray. `caps`: glowing mushrooms.
    """

    fog: tuple[F32, F32, F32, F32]
    bark: Bark
    leaves: tuple[F32, ...]
    ground: tuple[F32, F32, F32]
    path: F32
    fern: tuple[F32, F32]
    beam: F32
    spark: F32
    crowd: float = 1.0
    girth: float = 1.0
    bushy: float = 0.5
    leafy: float = 1.0
    mixed: float = 0.12
    slim: float = 0.5
    shafts: float = 0.6
    pool: float = 1.0
    rim: float = 0.6
    caps: bool = False
    huge: bool = False
    litter: float = 0.0
    ferns: float = 1.0


def _tones(text: str) -> tuple[F32, ...]:
    return tuple(colour(f"#{c}") for c in text.split())


def _wood(fog: str, bark: str, leaves: str, ground: str, path: str, fern: str, beam: str, spark: str) -> Wood:
    first, second, third, fourth = _tones(fog)
    dark, light = _tones(bark)
    low, middle, high = _tones(ground)
    shade, lit = _tones(fern)
    return Wood((first, second, third, fourth), Bark(dark, light), _tones(leaves), (low, middle, high),
                colour(path), (shade, lit), colour(beam), colour(spark))  # fmt: skip


_SUMMER: Final = _wood("fdfbd8 d9e6a0 7fae6a 1d4630", "1d1a14 5b4c38", "143a1c 2f6b2a 6fa83a c9dc6a",
                       "1a3018 446b2c 8fa84a", "#b8a06c", "123a1e 7fb548", "#fff3b8", "#fff6c4")  # fmt: skip
_AUTUMN: Final = _wood("fff3cf f6cf86 c98f4e 4a2a1c", "1f1612 5a4030", "6a1f14 b4431a e0862a f6c24a",
                       "3a2014 8a4a20 d08a3a", "#c79a5c", "4a3416 c08a34", "#ffdf9a", "#ffe6a8")  # fmt: skip
_ENCHANTED: Final = _wood("c9fff0 5fd0c0 1c6a74 06202c", "06141a 1f4650", "04222a 0c4a50 1f8a80 7ff0c8",
                          "05201f 0f4a44 2f9a80", "#4aa896", "06302c 35b08c", "#a8fff0",
                              "#b8ffd8")  # fmt: skip
_JUNGLE: Final = _wood("f4f7cc b4d68c 4f9a5c 0c3626", "17180f 54503a", "0c3a20 1f6a30 4fa03c a8d45a",
                       "12301a 2f5f2a 6f9a44", "#8f7a4c", "0c3a20 6fbf4a", "#f6f7b8", "#f4ffc4")  # fmt: skip
_BIRCH: Final = _wood("fffbe6 eaf0c0 b0cc8a 4f7a4c", "9a958c f6f2ea", "3f7a34 7fae44 b8d05c eaf08a",
                      "2a4a20 6a8f3c b4c064", "#c9b68a", "2a5a2a a4c85a", "#fff6cc", "#fffad8")  # fmt: skip
_WINTER: Final = _wood("ffffff e6eef8 b4c6dc 5f7690", "26262c 686870", "8fa0b4 c9d6e4 e6eef6 ffffff",
                       "8ea4c0 d0dcec f8fbff", "#c6d2e2", "5f7686 c9d8e6", "#fff6e6", "#ffffff")  # fmt: skip


def wood_of(stage: Stage) -> Wood:
    """The wood that the prompt names, or a summer wood or birches by chance, in the light of the hour."""
    return _at_hour(stage, _kind(stage))


def _kind(stage: Stage) -> Wood:
    drawn = float(stage.rng.random())
    if stage.wants("enchanted") or (stage.reading.has("effect", "fireflies") and stage.time == "night"):
        turned = float(stage.rng.choice([-18.0, 0.0, 42.0]))
        return replace(_turned(_ENCHANTED, turned), caps=True, bushy=0.65, girth=1.12, shafts=0.6, rim=0.5)
    if stage.wants("jungle"):
        return replace(_JUNGLE, huge=True, bushy=0.4, leafy=1.3, slim=0.4, shafts=0.8, ferns=1.7)
    if stage.wants("snowy"):
        bark = replace(_WINTER.bark, snow=0.9)
        return replace(_WINTER, bark=bark, bushy=1.0, leafy=0.0, shafts=0.5, ferns=0.0, girth=0.9)
    autumn = stage.wants("autumn")
    if stage.wants("birch") or drawn < 0.22:
        leaves = (_AUTUMN if autumn else _BIRCH).leaves
        wood = replace(_BIRCH, leaves=leaves, girth=0.72, crowd=1.25, rim=0.25, slim=0.6,
                       bark=replace(_BIRCH.bark, ringed=True))  # fmt: skip
        return (
            replace(wood, ground=_AUTUMN.ground, fern=_AUTUMN.fern, fog=_AUTUMN.fog, litter=1.0)
            if autumn
            else wood
        )
    if autumn:
        return replace(_AUTUMN, litter=1.0, mixed=0.22, slim=0.75)
    return _SUMMER


def _turned(wood: Wood, degrees: float) -> Wood:
    def turn(tones: tuple[F32, ...]) -> tuple[F32, ...]:
        return tuple(rotated(tone, degrees) for tone in tones)

    f, g, n = turn(wood.fog), turn(wood.ground), turn(wood.fern)
    return replace(
        wood, fog=(f[0], f[1], f[2], f[3]), leaves=turn(wood.leaves), ground=(g[0], g[1], g[2]),
        fern=(n[0], n[1]), path=rotated(wood.path, degrees), beam=rotated(wood.beam, degrees),
    )  # fmt: skip


# For each hour: what light the fog takes and how much, what everything else is mixed with and how much.
_NIGHT_FOG: Final = _tones("a8d8f0 4a8ab8 1c4470 081828")


def _at_hour(stage: Stage, wood: Wood) -> Wood:
    palette = stage.palette
    if wood.caps:
        return wood if stage.time in ("night", "storm") else _dimmed(wood, colour("#10303a"), 0.0, 0.9)
    if stage.time == "night":
        shade = mix(palette.near, colour("#0a1c2c"), 0.6)
        f = tuple(mix(n, own, 0.22) for n, own in zip(_NIGHT_FOG, wood.fog, strict=True))
        dim = _dimmed(wood, shade, 0.68, 0.7)
        return replace(dim, fog=(f[0], f[1], f[2], mix(f[3], shade, 0.5)), beam=colour("#a8d4ff"),
                       spark=colour("#e6ff9a"), rim=0.7)  # fmt: skip
    if stage.time == "storm":
        grey = colour("#3a464c")
        f = tuple(mix(tone, colour("#8a989c"), 0.6) for tone in wood.fog[:3])
        return replace(_dimmed(wood, grey, 0.45, 0.0), fog=(f[0], f[1], f[2], mix(wood.fog[3], grey, 0.5)))
    share = {"day": 0.06, "dawn": 0.34, "sunset": 0.52}[stage.time]
    light = mix(palette.glow, colour("#fff0d0"), 0.25)
    f = tuple(mix(tone, light, share * s) for tone, s in zip(wood.fog, (0.7, 1.0, 0.75, 0.15), strict=True))
    warm = _dimmed(wood, palette.near, share * 0.4, 1.0)
    return replace(warm, fog=(f[0], f[1], f[2], mix(f[3], palette.near, share * 0.5)),
                   beam=mix(wood.beam, light, share), spark=mix(wood.spark, light, share))  # fmt: skip


def _dimmed(wood: Wood, shade: F32, share: float, shafts: float) -> Wood:
    """The wood with everything but fog and light mixed toward a shade."""

    def toward(tone: F32) -> F32:
        return f32(mix(tone, shade, share))

    g, n = tuple(map(toward, wood.ground)), tuple(map(toward, wood.fern))
    bark = replace(wood.bark, dark=toward(wood.bark.dark), light=toward(wood.bark.light))
    return replace(
        wood, bark=bark, leaves=tuple(map(toward, wood.leaves)), ground=(g[0], g[1], g[2]), fern=(n[0], n[1]),
        path=toward(wood.path), shafts=wood.shafts * shafts,
    )  # fmt: skip

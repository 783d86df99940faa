"""The light of each time of day, as the numbers that every way of painting takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Hour:
    """One time of day.

    `sun` and `sky` are the colours of direct and scattered light on land; the light stands `up` and `behind`
    for one step aside, and takes `grey` of all colour.
    `key`, `fill` and `rim` are strengths on living figures, and `tint` is how far their key takes the glow.
    `lift` is how far a building's shade is from black, `beam` how strong sun or moon are on it, and `edge`
    how bright its rim is.
    `kept` is the share of its own colour that a painted thing keeps outdoors, `shown` that in a studio,
    and `paint` how bright polished paint is.
    `shadow` is how dark a shadow on the ground is, `length` how far it reaches for one step of width.
    """

    sun: _Rgb
    sky: _Rgb
    up: float
    behind: float
    grey: float
    key: float
    tint: float
    fill: float
    rim: float
    lift: float
    beam: float
    edge: float
    kept: float
    shown: float
    paint: float
    shadow: float
    length: float


HOURS: Final[dict[str, Hour]] = {
    "dawn": Hour(
        sun=(1.00, 0.76, 0.56), sky=(0.46, 0.46, 0.55), up=0.55, behind=0.25, grey=0.0,
        key=0.58, tint=0.26, fill=0.48, rim=0.60, lift=0.62, beam=0.62, edge=0.34,
        kept=0.82, shown=0.97, paint=0.78, shadow=0.42, length=1.2,
    ),
    "day": Hour(
        sun=(1.05, 0.95, 0.78), sky=(0.34, 0.40, 0.48), up=0.95, behind=0.05, grey=0.0,
        key=0.62, tint=0.12, fill=0.52, rim=0.30, lift=0.66, beam=0.78, edge=0.18,
        kept=0.94, shown=1.0, paint=1.0, shadow=0.5, length=0.55,
    ),
    "sunset": Hour(
        sun=(1.06, 0.64, 0.33), sky=(0.34, 0.32, 0.41), up=0.36, behind=0.25, grey=0.0,
        key=0.56, tint=0.34, fill=0.38, rim=0.90, lift=0.50, beam=0.50, edge=0.55,
        kept=0.68, shown=0.92, paint=0.62, shadow=0.5, length=1.4,
    ),
    "night": Hour(
        sun=(0.30, 0.41, 0.60), sky=(0.11, 0.16, 0.29), up=0.8, behind=0.1, grey=0.4,
        key=0.36, tint=0.55, fill=0.27, rim=0.62, lift=0.44, beam=0.46, edge=0.34,
        kept=0.52, shown=0.8, paint=0.4, shadow=0.55, length=0.55,
    ),
    "storm": Hour(
        sun=(0.26, 0.29, 0.29), sky=(0.27, 0.31, 0.33), up=1.2, behind=0.0, grey=0.25,
        key=0.44, tint=0.20, fill=0.46, rim=0.20, lift=0.62, beam=0.44, edge=0.12,
        kept=0.68, shown=0.85, paint=0.72, shadow=0.35, length=0.45,
    ),
}  # fmt: skip

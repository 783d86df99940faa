"""The table of hairstyles: which locks of hair each is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Path = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Lock:
    """Hair between an outer and an inner edge (equally many points, root to tip).

    `wave` bends it in head heights; `free` says whether it hangs free and sways.
    """

    outer: Path
    inner: Path
    wave: float = 0.0
    free: bool = False


_CROWN_A: Final = ((0.08, -0.595), (-0.13, -0.585), (-0.305, -0.47), (-0.395, -0.22), (-0.415, 0.02))
_CROWN_B: Final = ((0.08, -0.43), (0.0, -0.40), (-0.17, -0.31), (-0.275, -0.16), (-0.318, 0.02))
_RIGHT_A: Final = ((0.05, -0.597), (0.2, -0.565), (0.325, -0.44), (0.395, -0.22), (0.415, 0.02))
_RIGHT_B: Final = ((0.075, -0.43), (0.13, -0.40), (0.225, -0.31), (0.29, -0.16), (0.318, 0.02))
_LONG_A: Final = ((-0.445, 0.28), (-0.47, 0.58), (-0.45, 0.84), (-0.34, 1.14))
_LONG_B: Final = ((-0.335, 0.25), (-0.315, 0.5), (-0.285, 0.78), (-0.32, 1.13))
_BOB_A: Final = ((-0.45, 0.16), (-0.46, 0.31), (-0.41, 0.41), (-0.30, 0.43))
_BOB_B: Final = ((-0.335, 0.12), (-0.325, 0.22), (-0.30, 0.32), (-0.255, 0.40))
_TIED_A: Final = ((0.08, -0.555), (-0.14, -0.55), (-0.30, -0.43), (-0.372, -0.22), (-0.38, -0.03))
_TIED_B: Final = ((0.08, -0.42), (-0.06, -0.39), (-0.21, -0.31), (-0.30, -0.15), (-0.345, 0.0))
_TIED_RA: Final = ((0.06, -0.555), (0.19, -0.54), (0.315, -0.41), (0.372, -0.22), (0.38, -0.03))
_TIED_RB: Final = ((0.075, -0.42), (0.15, -0.39), (0.24, -0.31), (0.31, -0.15), (0.345, 0.0))
_BANGS_A: Final = ((-0.06, -0.57), (-0.2, -0.5), (-0.29, -0.34), (-0.305, -0.20), (-0.295, -0.085))
_BANGS_B: Final = ((0.1, -0.57), (0.22, -0.5), (0.295, -0.34), (0.305, -0.20), (0.295, -0.085))


def _flipped(path: Path) -> Path:
    return tuple((-x, y) for x, y in path)


def _pair(tail_a: Path, tail_b: Path, wave: float = 0.0, free: bool = False) -> tuple[Lock, ...]:
    return (
        Lock((*_CROWN_A, *tail_a), (*_CROWN_B, *tail_b), wave, free),
        Lock((*_RIGHT_A, *_flipped(tail_a)), (*_RIGHT_B, *_flipped(tail_b)), wave, free),
    )


_TIED: Final = (Lock(_TIED_A, _TIED_B), Lock(_TIED_RA, _TIED_RB))
_BANGS: Final = Lock(_BANGS_A, _BANGS_B)
_SWEEP: Final = Lock(
    ((-0.25, -0.40), (-0.22, -0.60), (0.05, -0.665), (0.29, -0.565), (0.375, -0.38), (0.385, -0.16)),
    ((-0.24, -0.35), (-0.12, -0.40), (0.06, -0.39), (0.2, -0.35), (0.285, -0.27), (0.345, -0.12)),
)  # fmt: skip
_SIDE: Final = Lock(
    ((-0.22, -0.49), (-0.32, -0.40), (-0.372, -0.24), (-0.375, -0.08), (-0.355, 0.02)),
    ((-0.22, -0.38), (-0.275, -0.30), (-0.305, -0.2), (-0.325, -0.08), (-0.335, 0.02)),
)
_SIDE_R: Final = Lock(_flipped(_SIDE.outer), _flipped(_SIDE.inner))
_QUIFF: Final = Lock(
    ((-0.31, -0.34), (-0.345, -0.48), (-0.22, -0.63), (0.04, -0.685), (0.27, -0.6), (0.36, -0.38)),
    ((-0.265, -0.32), (-0.2, -0.375), (-0.08, -0.40), (0.08, -0.405), (0.19, -0.38), (0.285, -0.3)),
)  # fmt: skip
_FORELOCKS: Final = tuple(
    Lock(((x * 0.5 - 0.05, -0.60 + x * x), (x - 0.12, -0.46 + 0.8 * x * x), (x - 0.09 + lean * 0.6, -0.33),
          (x + lean, tip)),
         ((x * 0.5 + 0.05, -0.60 + x * x), (x + 0.11, -0.45 + 0.8 * x * x), (x + 0.06 + lean * 0.7, -0.31),
          (x + lean, tip)))
    for x, lean, tip in ((-0.24, -0.06, -0.17), (0.25, 0.05, -0.18), (-0.13, 0.06, -0.2),
                         (0.14, -0.08, -0.19), (-0.02, 0.07, -0.17), (0.05, -0.04, -0.24))
)  # fmt: skip
_TAILS: Final = tuple(
    Lock(tuple((s * x, y) for x, y in ((0.36, 0.06), (0.47, 0.12), (0.53, 0.34), (0.49, 0.58), (0.42, 0.72))),
         tuple((s * x, y) for x, y in ((0.36, 0.08), (0.38, 0.2), (0.38, 0.36), (0.37, 0.54), (0.41, 0.72))),
         0.012, True)
    for s in (-1, 1)
)  # fmt: skip


LOCKS: Final[dict[str, tuple[Lock, ...]]] = {
    "long": _pair(_LONG_A, _LONG_B, 0.006, True),
    "straight": (*_pair(_LONG_A, _LONG_B, 0.004, True), _BANGS),
    "wavy": _pair(_LONG_A, _LONG_B, 0.03, True),
    "bob": _pair(_BOB_A, _BOB_B),
    "fringe": (*_pair(_BOB_A, _BOB_B), _BANGS),
    "bun": _TIED,
    "pigtails": (*_TAILS, *_TIED, _BANGS),
    "beret": _pair(_BOB_A, _BOB_B, 0.012),
    "parted": (_SIDE_R, _SIDE, _SWEEP),
    "swept": (_SIDE_R, _SIDE, _QUIFF),
    "tousled": (_SIDE_R, _SIDE, *_FORELOCKS),
    "cap": (_SIDE_R, _SIDE),
}


# How far down the hair behind the head reaches.
BACKS: Final = {
    "long": 1.0,
    "straight": 1.0,
    "wavy": 1.02,
    "bob": 0.4,
    "fringe": 0.4,
    "beret": 0.4,
    "tousled": 0.1,
    "parted": 0.05,
    "swept": 0.05,
}

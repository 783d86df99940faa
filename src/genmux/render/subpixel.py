"""Points in the sub-pixel steps of OpenCV's drawing."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

SHIFT: Final = 4
ONE: Final = 1 << SHIFT


def fixed(x: float, y: float) -> tuple[int, int]:
    """A point in sub-pixel steps."""
    return int(x * ONE), int(y * ONE)


def fixed_all(points: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.int32]:
    """Points (..., 2) in sub-pixel steps, rounded."""
    return np.round(points * ONE).astype(np.int32)

"""How alike two pictures are, as people see it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from tests.render.pictures import Picture

F64 = np.ndarray[Any, np.dtype[np.float64]]
_C1 = (0.01 * 255) ** 2
_C2 = (0.03 * 255) ** 2


def structural_similarity(a: Picture, b: Picture) -> float:
    """SSIM of the luma of two RGB pictures of one size (Wang et al. 2004: 11 pixels, deviation 1.5)."""
    x, y = (np.asarray(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), np.float64) for p in (a, b))

    def mean(
        values: F64,
    ) -> F64:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5), np.float64)

    mean_x, mean_y = mean(x), mean(y)
    var_x, var_y = mean(x * x) - mean_x**2, mean(y * y) - mean_y**2
    both = mean(x * y) - mean_x * mean_y
    likeness = ((2 * mean_x * mean_y + _C1) * (2 * both + _C2)) / (
        (mean_x**2 + mean_y**2 + _C1) * (var_x + var_y + _C2)
    )
    return float(likeness.mean())

"""Fixtures of the renderer's tests."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import pytest
from tests.render.pictures import scenery


@pytest.fixture(autouse=True, scope="session")
def _one_opencv_thread() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


@pytest.fixture(scope="session")
def lake() -> bytes:
    return scenery("mountain lake at sunset", width=1280, height=720)


@pytest.fixture(scope="session")
def grove() -> bytes:
    return scenery("panda in a bamboo forest")

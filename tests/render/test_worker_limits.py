"""One render in a process of its own: what it holds in memory, and that only the order decides its bytes."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest
from tests.render.pictures import clip, made

MB = 1024 * 1024
PROGRAM = """
import hashlib, io, sys, cv2
cv2.setNumThreads(1)
from tests.render.pictures import made, order
kind, prompt, width, height, frames, audio = sys.argv[1:]
data, _ = made(order(kind=kind, prompt=prompt, width=int(width), height=int(height), frames=int(frames),
                     audio=audio == "True"))
print(hashlib.sha256(data).hexdigest())
print(next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmHWM:")) // 1024
      if sys.platform == "linux" else 0)
"""


def apart(
    kind: str, prompt: str, width: int, height: int, frames: int, audio: bool = False
) -> tuple[str, int]:
    """Render in a fresh process; the digest of its bytes and its peak memory in MB."""
    words = [kind, prompt, str(width), str(height), str(frames), str(audio)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    digest, peak = done.stdout.split()
    return digest, int(peak)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak memory")
@pytest.mark.parametrize(
    ("kind", "prompt", "size", "frames", "most"),
    [
        ("video", "a city at night, fireworks", (1920, 1080), 48, 600),
        ("video", "enchanted forest with fireflies", (1920, 1080), 48, 600),
        ("image", "flower meadow with balloons", (3840, 2160), 1, 1200),
        ("video", "ocean at sunset", (3840, 2160), 12, 1200),
    ],
)
def test_memory_is_bounded(kind: str, prompt: str, size: tuple[int, int], frames: int, most: int) -> None:
    _, peak = apart(kind, prompt, *size, frames)
    assert 0 < peak < most


@pytest.mark.parametrize("prompt", ["city at night, fireworks", "深海水母", "航拍海岛", "watercolor forest"])
def test_processes_and_threads_change_nothing(prompt: str) -> None:
    wanted = clip(prompt=prompt, frames=8, audio=True)
    digests = {hashlib.sha256(made(wanted, threads=count)[0]).hexdigest() for count in (1, 2, 5)}
    digests.add(apart("video", prompt, 320, 180, 8, audio=True)[0])
    assert len(digests) == 1

"""The serve process never loads a codec: every foreign byte is decoded in a worker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from pathlib import Path
from tests.e2e.serving import IMAGE, SMALL_FILM, SMALL_PICTURE, VIDEO, get, serving
import base64
from genmux.testing.scripted import tiny_png

with serving(Path(sys.argv[1])) as running:
    _, (url,) = running.client.done(IMAGE, SMALL_PICTURE)
    _, (film,) = running.client.done(VIDEO, {**SMALL_FILM, "ImageUrl": url})
    assert get(film).status == get(url).status == 200
    data = "data:image/png;base64," + base64.b64encode(tiny_png(64, 64)).decode()
    running.client.done(IMAGE, {**SMALL_PICTURE, "ImageInfos": [{"ImageUrl": data}]})
    code, _ = running.client.refusal(VIDEO, {"Prompt": "a", "ImageUrl": data[:60]})
    assert code.startswith("InvalidParameter")
print(*sorted({"numpy", "cv2", "av", "PIL"} & set(sys.modules)))
"""


def test_the_serve_process_imports_no_codec(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == ""

"""The international SDK, which has the same import name and so lives in a directory of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.serving import SMALL_FILM, SMALL_PICTURE, Running, get
from tests.official.capture import capturing

INTL = Path(sys.prefix) / "intl"


@pytest.mark.skipif(not INTL.exists(), reason=f"the international SDK is not in {INTL}; run `make test`")
def test_the_international_sdk(official: Running) -> None:
    with capturing(official.address) as capture:
        said = subprocess.run(
            [
                sys.executable,
                Path(__file__).with_name("intl_client.py"),
                capture.address,
                official.client.secret_id,
                official.client.secret_key,
                json.dumps(SMALL_PICTURE),
                json.dumps(SMALL_FILM),
            ],
            env={**os.environ, "PYTHONPATH": str(INTL)},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert said.returncode == 0, said.stderr
        seen = json.loads(said.stdout)
        assert Path(seen["package"]).is_relative_to(INTL)
        assert [get(url).status for url in seen["urls"]] == [200, 200]
        code, message, request_id = seen["refusal"]
        assert (code, message) == ("ResourceNotFound.TaskNotFound", "The task does not exist.")
        assert request_id
        assert capture.header("X-TC-RequestClient") == {f"SDK_PYTHON_{seen['version']}"}
        assert capture.header("X-TC-Language") == {"en-US"}

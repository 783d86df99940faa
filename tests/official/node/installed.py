"""Node's clients: installed once per virtual environment, and run as scripts that print one JSON line."""

from __future__ import annotations

import fcntl
import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import pytest

HERE: Final = Path(__file__).parent
PACKAGE: Final = HERE / "package.json"
CACHE: Final = Path(sys.prefix) / "node"
NODE: Final = shutil.which("node")
NPM: Final = shutil.which("npm")
OLDEST: Final = 18
INSTALL_SECONDS: Final = 180
SCRIPT_SECONDS: Final = 60
INSTALL: Final = (
    *("install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"),
    *("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--loglevel=error"),
)


def need_node() -> str:
    """Return the path of Node, or skip the test with the reason."""
    if NODE is None:
        pytest.skip("Node is not installed")
    if _version(NODE) < OLDEST:
        pytest.skip(f"Node is older than {OLDEST}")
    return NODE


def need_modules() -> Path:
    """Return the directory of the installed packages, or skip the test with the reason."""
    need_node()
    found = _modules()
    if isinstance(found, str):
        pytest.skip(found)
    return found


def version_of(package: str) -> str:
    """Return the version that package.json pins."""
    version: str = json.loads(PACKAGE.read_text("utf-8"))["dependencies"][package]
    return version


def script(path: Path, said: dict[str, Any], modules: Path | None = None) -> Any:
    """Run a script with `said` as its only argument; return what it printed."""
    environ = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environ["NODE_PATH"] = str(modules or "")
    done = subprocess.run(
        [need_node(), path, json.dumps(said)],
        env=environ,
        capture_output=True,
        text=True,
        timeout=SCRIPT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@functools.cache
def _version(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False)
    return int(said.stdout.strip().removeprefix("v").partition(".")[0] or 0)


@functools.cache
def _modules() -> Path | str:
    """Return where the packages are, or why there are none; asked once per session."""
    if NPM is None:
        return "npm is not installed"
    home = CACHE / hashlib.sha256(PACKAGE.read_bytes()).hexdigest()[:16]
    try:
        CACHE.mkdir(exist_ok=True)
        with (CACHE / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another run that installs the same is waited for
            why = "" if home.exists() else _install(NPM, home)
    except OSError as error:
        why = f"the packages cannot be kept: {error}"
    return why or home / "node_modules"


def _install(npm: str, home: Path) -> str:
    """Install into a directory that gets its name when all is there; return why it failed, or nothing."""
    with tempfile.TemporaryDirectory(dir=CACHE, ignore_cleanup_errors=True) as begun:
        place = Path(begun) / "packages"
        place.mkdir()
        shutil.copy(PACKAGE, place)
        try:
            done = subprocess.run(
                [npm, *INSTALL],
                cwd=place,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=INSTALL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"npm install did not end within {INSTALL_SECONDS} s"
        if done.returncode != 0:
            return "npm install failed: " + " ".join(done.stderr.replace("npm error", "").split())[:200]
        place.rename(home)
    return ""

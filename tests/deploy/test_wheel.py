"""The wheel that the image is built from holds all of genmux, and runs with what it declares."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from packaging.requirements import Requirement
from tests.deploy.shipping import ROOT
from tests.e2e.serving import send

ONLY = """
import sys
from importlib.machinery import PathFinder
folder, hidden = sys.argv[1], set(sys.argv[2].split(","))
class Declared(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name in hidden else super().find_spec(name, path, target)
sys.path.insert(0, folder)
sys.meta_path[:] = [Declared if finder is PathFinder else finder for finder in sys.meta_path]
del sys.argv[1:3]
"""
"""Lets a program see the wheel's files, and no package that it does not declare."""
IMPORT_ALL = """
import importlib, pkgutil
import genmux
for module in pkgutil.walk_packages(genmux.__path__, "genmux."):
    if not module.name.startswith(("genmux.testing", "genmux.store.migrations", "genmux.__main__")):
        importlib.import_module(module.name)
print(genmux.__file__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=60,
    )
    return next(folder.glob("genmux-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's files."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def needs(installed: Path) -> Iterator[str]:
    """Yield the name of every distribution that the wheel needs, and that those need."""
    (information,) = installed.glob("genmux-*.dist-info")
    seen: set[tuple[str, frozenset[str]]] = set()
    left = [(Requirement(text), frozenset({""})) for text in Distribution.at(information).requires or ()]
    while left:
        wanted, asked = left.pop()
        key = wanted.name.lower(), frozenset(wanted.extras or {""})
        if wanted.marker is not None and not any(wanted.marker.evaluate({"extra": extra}) for extra in asked):
            continue
        if key not in seen:
            seen.add(key)
            yield wanted.name
            left += [(Requirement(text), key[1]) for text in distribution(wanted.name).requires or ()]


def hidden(installed: Path) -> set[str]:
    """Return the top-level names that only undeclared distributions have."""
    declared = {spelt(name) for name in needs(installed)} | {"genmux"}
    found = packages_distributions()
    return {name for name, owners in found.items() if not declared & {spelt(owner) for owner in owners}}


def spelt(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def bare(installed: Path, program: str, *words: str) -> list[str]:
    """Return a command that runs a program with the wheel's files and what it declares."""
    return [
        sys.executable,
        "-I",
        "-c",
        ONLY + program,
        str(installed),
        ",".join(sorted(hidden(installed))),
        *words,
    ]


def test_what_is_not_declared_is_hidden(installed: Path) -> None:
    assert {"pytest", "yaml", "hypothesis", "openai"} <= hidden(installed)
    assert not {"genmux", "numpy", "psycopg", "aiohttp", "attr", "yarl"} & hidden(installed)
    done = subprocess.run(bare(installed, "import yaml"), capture_output=True, text=True, timeout=60)
    assert "No module named 'yaml'" in done.stderr


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    kept = subprocess.run(
        ["git", "ls-files", "src/genmux"], cwd=ROOT, check=True, capture_output=True, text=True, timeout=60
    )
    wanted = {name.removeprefix("src/") for name in kept.stdout.split() if (ROOT / name).exists()}
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert wanted - names == set()
    assert len(wanted) > 300
    assert any(name.endswith(".dist-info/licenses/NOTICE") for name in names)
    assert not [name for name in names if not name.startswith(("genmux/", "genmux-"))]


def test_every_module_is_there_with_what_is_declared(installed: Path) -> None:
    done = subprocess.run(bare(installed, IMPORT_ALL), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(installed)


def test_a_server_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    command = bare(installed, "from genmux.cli import main; main()", "serve", "--json")
    environ = {"GENMUX_DATA": str(tmp_path / "data"), "GENMUX_PORT": "0", "PATH": os.defpath}
    with subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = iter(process.stdout.readline, "")
            text = next(lines)
            while not text.rstrip().endswith("}"):
                text += next(lines)
            address = urlsplit(json.loads(text)["url"]).netloc
            assert send(address, "GET", "/healthz").status == 200
            assert re.search(rb'"openapi": ?"3', send(address, "GET", "/api/v1/openapi.json").body)
        finally:
            process.terminate()
        assert process.wait(60) == 0

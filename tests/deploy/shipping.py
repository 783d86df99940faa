"""The files that ship genmux, read as data: Dockerfile, compose.yaml, the Kubernetes example."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import yaml

from genmux.compose.supervisor import GRACE_SECONDS
from genmux.settings import Settings

ROOT: Final = Path(__file__).parents[2]
DOCKERFILE: Final = ROOT / "Dockerfile"
COMPOSE: Final = ROOT / "compose.yaml"
CADDYFILE: Final = ROOT / "deploy/compose/Caddyfile"
KUBERNETES: Final = ROOT / "deploy/kubernetes"
EXAMPLE: Final = KUBERNETES / "secret.example.yaml"
VERSION: Final[str] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]

SECRETS: Final = {
    "POSTGRES_PASSWORD": "0123456789abcdef",
    "GENMUX_SECRET_KEY": "ab" * 32,
    "S3_SECRET_KEY": "fedcba9876543210",
}
"""What an operator's .env says."""
_VARIABLE: Final = re.compile(r"\$\{(?P<name>\w+)(?::(?P<mark>[-?])(?P<word>[^}]*))?\}")
_EXACT: Final = re.compile(r"(?:[a-z0-9.-]+/)*[a-z0-9.-]+:v?\d+\.\d+[a-z0-9.-]*")


def checked(*command: str | Path, **environ: str) -> None:
    """Run a linter that was installed beside this Python; it must have nothing to say against the files."""
    tool, *words = command
    done = subprocess.run(
        [Path(sys.executable).with_name(str(tool)), *words],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def filled(said: Any, environ: Mapping[str, str]) -> Any:
    """Return what compose.yaml says with its variables filled in, as compose does it: after it was parsed."""

    def value(match: re.Match[str]) -> str:
        found = environ.get(match["name"], "")
        assert found or match["mark"] != "?", f"{match['name']} must be set"
        return found or (match["word"] if match["mark"] == "-" else "") or ""

    match said:
        case str():
            return _VARIABLE.sub(value, said)
        case dict():
            return {key: filled(each, environ) for key, each in said.items()}
        case list():
            return [filled(each, environ) for each in said]
        case _:
            return said


def services(environ: Mapping[str, str] = SECRETS) -> dict[str, dict[str, Any]]:
    """Return the services of compose.yaml by name."""
    found: dict[str, dict[str, Any]] = filled(yaml.safe_load(COMPOSE.read_text("utf-8")), environ)["services"]
    return found


def gateways() -> dict[str, dict[str, Any]]:
    """Return the services that run our own image."""
    return {name: service for name, service in services().items() if "build" in service}


def documents(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a YAML file."""
    return list(yaml.safe_load_all(path.read_text("utf-8")))


def objects(kind: str = "") -> dict[str, dict[str, Any]]:
    """Return the objects of a kind of the Kubernetes example by name, or all by kind and name."""
    listed = documents(KUBERNETES / "kustomization.yaml")[0]["resources"]
    found = [each for name in listed for each in documents(KUBERNETES / name)]
    if not kind:
        return {f"{each['kind']}/{each['metadata']['name']}": each for each in found}
    return {each["metadata"]["name"]: each for each in found if each["kind"] == kind}


def pods() -> dict[str, dict[str, Any]]:
    """Return what each deployment's pods are, by the deployment's name."""
    return {name: each["spec"]["template"]["spec"] for name, each in objects("Deployment").items()}


def containers() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every container of every pod, those that come first too, with the name of its deployment."""
    for name, pod in pods().items():
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            yield name, container


def image_environment() -> dict[str, str]:
    """Return the variables that the image sets."""
    text = DOCKERFILE.read_text("utf-8").replace("\\\n", " ")
    lines = re.findall(r"^ENV (.+)$", text, re.MULTILINE)
    return dict(pair.split("=", 1) for line in lines for pair in line.split())


def strangers(names: Iterator[str] | set[str]) -> set[str]:
    """Return the variables of ours that genmux does not know."""
    page = (ROOT / "docs/settings.md").read_text("utf-8")
    known = {f"GENMUX_{f.name.upper()}" for f in fields(Settings)} | set(re.findall(r"`(GENMUX_\w+)`", page))
    return {name for name in names if name.startswith("GENMUX_")} - known


def is_exact(image: str) -> bool:
    """Return whether an image's tag names a version."""
    return _EXACT.fullmatch(image) is not None


def drain_seconds(settings: Settings) -> float:
    """Return how long a stop takes at most: answers that cost money, webhooks, then open requests."""
    return 2 * settings.drain_seconds + GRACE_SECONDS

"""Every file that ships genmux is well formed, and says only what is so."""

from __future__ import annotations

import re
from pathlib import Path

import kubernetes_validate
import pytest
from tests.deploy.shipping import (
    CADDYFILE,
    COMPOSE,
    DOCKERFILE,
    EXAMPLE,
    KUBERNETES,
    ROOT,
    checked,
    containers,
    documents,
    gateways,
    image_environment,
    is_exact,
    objects,
    services,
    strangers,
)

RELEASES = ("1.32", kubernetes_validate.latest_version())
"""The Kubernetes that the example must suit: the oldest and the newest one."""


def test_every_yaml_file_is_tidy() -> None:
    checked("yamllint", "--strict", "--config-file", ".yamllint.yaml", COMPOSE, KUBERNETES)


def test_the_dockerfile_has_no_fault() -> None:
    checked("hadolint", "--no-color", DOCKERFILE)


def test_compose_fits_its_schema() -> None:
    checked("check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE)


def test_caddy_takes_its_file() -> None:
    checked("caddy", "validate", "--adapter", "caddyfile", "--config", CADDYFILE, UPSTREAMS="a:80 b:80")


@pytest.mark.parametrize("release", RELEASES)
def test_kubernetes_takes_every_object(release: str) -> None:
    for each in (*objects().values(), *documents(EXAMPLE)):
        kubernetes_validate.validate(each, release, strict=True)


def test_every_file_of_the_example_is_applied_or_a_secret() -> None:
    kustomization = documents(KUBERNETES / "kustomization.yaml")[0]
    used = {*kustomization["resources"], *kustomization["configMapGenerator"][0]["files"]}
    others = {"kustomization.yaml", EXAMPLE.name, "secret.yaml"}
    assert {path.name for path in KUBERNETES.iterdir()} - others == used


def test_every_image_is_of_one_version() -> None:
    text = DOCKERFILE.read_text("utf-8")
    bases = set(re.findall(r"^FROM (\S+)", text, re.MULTILINE))
    assert len(bases) == 1  # wheels are built for the Python that runs them
    for image in (*bases, *(service["image"] for service in services().values())):
        assert is_exact(image), image


def test_every_variable_of_ours_is_a_setting() -> None:
    assert not strangers(set(image_environment()))
    for name, service in gateways().items():
        assert not strangers(set(service["environment"])), name
    for name, container in containers():
        assert not strangers({variable["name"] for variable in container.get("env", ())}), name
    for each in documents(EXAMPLE):
        assert not strangers(set(each.get("stringData", ()))), each["kind"]


@pytest.mark.parametrize("path", [COMPOSE, *KUBERNETES.glob("*.*")], ids=lambda path: path.name)
def test_no_file_holds_a_secret(path: Path) -> None:
    text = path.read_text("utf-8")
    for name, value in re.findall(
        r"^ *(\w*(?:PASSWORD|SECRET_KEY|SECRET_ACCESS_KEY)): *(\S+)", text, re.MULTILINE
    ):
        assert value == "replace-me" or re.fullmatch(r"\$\{\w+:\?\}", value), name
    assert not re.search(r"\b[0-9a-f]{32,}\b", text)


def test_what_git_leaves_out_is_where_secrets_go() -> None:
    left_out = (ROOT / ".gitignore").read_text("utf-8").split()
    assert {"/.env", "/deploy/kubernetes/secret.yaml"} <= set(left_out)


FAULTY = {
    "hadolint": ("--no-color", "FROM debian:latest\nRUN cd /tmp\n"),
    "yamllint": ("--strict", "a: 1\na: 2\n"),
    "check-jsonschema": ("--builtin-schema=vendor.compose-spec", "services: {a: {imago: b}}\n"),
    "caddy": ("validate", ":80 {\n\treverse_proxies a:80\n}\n"),
}


@pytest.mark.parametrize("tool", sorted(FAULTY))
def test_a_linter_finds_faults(tool: str, tmp_path: Path) -> None:
    word, text = FAULTY[tool]
    file = tmp_path / "Caddyfile"
    file.write_text(text)
    with pytest.raises(AssertionError):
        checked(tool, word, *(("--adapter", "caddyfile", "--config") if tool == "caddy" else ()), file)

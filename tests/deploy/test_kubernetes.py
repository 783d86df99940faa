"""The Kubernetes example: its settings are ours, its parts find each other, its probes ask what exists."""

from __future__ import annotations

from typing import Any

import pytest
from tests.deploy.shipping import (
    DOCKERFILE,
    EXAMPLE,
    KUBERNETES,
    VERSION,
    containers,
    documents,
    drain_seconds,
    image_environment,
    objects,
    pods,
)

from genmux.compose.storage import open_storage
from genmux.settings import Settings, SettingsError, load_settings

ROLES = {"genmux-api": "api", "genmux-engine": "engine"}
NAMES = sorted(ROLES)


def kustomization() -> dict[str, Any]:
    return documents(KUBERNETES / "kustomization.yaml")[0]


def secret() -> dict[str, Any]:
    return next(each for each in documents(EXAMPLE) if each["kind"] == "Secret")


def server_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = pods()[name]["containers"][0]
    return found


def environ_of(name: str) -> dict[str, str]:
    said = {v["name"]: v.get("value", "2") for v in server_of(name)["env"]}
    values: dict[str, str] = secret()["stringData"]
    return image_environment() | said | values


def settings_of(name: str) -> Settings:
    return load_settings(environ=environ_of(name), config=KUBERNETES / "genmux.toml")


@pytest.mark.parametrize("name", NAMES)
def test_a_pod_has_settings_that_can_be_used(name: str) -> None:
    settings = settings_of(name)
    assert settings.role == ROLES[name]
    assert settings.database == secret()["stringData"]["GENMUX_DATABASE"]
    open_storage(settings, environ_of(name))


def test_a_setting_that_does_not_exist_would_be_found(tmp_path: Any) -> None:
    file = tmp_path / "genmux.toml"
    file.write_text("publik_url = 1\n" + (KUBERNETES / "genmux.toml").read_text("utf-8"))
    with pytest.raises(SettingsError, match="publik_url is unknown"):
        load_settings(environ={}, config=file)


@pytest.mark.parametrize("name", NAMES)
def test_a_pod_may_drain(name: str) -> None:
    pause = server_of(name).get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    grace = pods()[name]["terminationGracePeriodSeconds"]
    assert grace > pause + drain_seconds(settings_of(name))


def test_a_gateway_outlives_the_news_that_it_ends() -> None:
    """Proxies learn of a pod's end while it already drains, unless it waits for them first."""
    assert server_of("genmux-api")["lifecycle"]["preStop"]["sleep"]["seconds"] >= 5


def test_the_secret_must_be_filled_in() -> None:
    for name, value in secret()["stringData"].items():
        assert "replace-me" in value, name
    wanted = {reference["secretRef"]["name"] for _, c in containers() for reference in c["envFrom"]}
    assert wanted == {secret()["metadata"]["name"]}
    assert secret()["metadata"]["namespace"] == kustomization()["namespace"]


def test_containers_run_our_image_of_this_version() -> None:
    (image,) = kustomization()["images"]
    assert image["newTag"] == VERSION
    assert {container["image"] for _, container in containers()} == {image["name"]}


def test_settings_are_read_where_they_are_mounted() -> None:
    (generated,) = kustomization()["configMapGenerator"]
    for name, container in containers():
        config = next(v for v in pods()[name]["volumes"] if v["name"] == "config")
        assert config["configMap"]["name"] == generated["name"]
        where = next(m["mountPath"] for m in container["volumeMounts"] if m["name"] == "config")
        assert container["args"][-2:] == ["--config", f"{where}/{generated['files'][0]}"]


def test_pods_are_nobody_and_write_only_where_they_may() -> None:
    user = DOCKERFILE.read_text("utf-8").rpartition("\nUSER ")[2].split()[0]
    for pod in pods().values():
        whole = pod["securityContext"]
        assert f"{whole['runAsUser']}:{whole['runAsGroup']}" == user
        assert whole["runAsNonRoot"] is True
        assert whole["fsGroup"] == whole["runAsGroup"]
        assert pod["automountServiceAccountToken"] is False
    for name, container in containers():
        own = container["securityContext"]
        assert own["readOnlyRootFilesystem"] is True
        assert own["allowPrivilegeEscalation"] is False
        assert own["capabilities"] == {"drop": ["ALL"]}
        writable = {m["mountPath"] for m in container["volumeMounts"] if not m.get("readOnly")}
        assert writable == {image_environment()["GENMUX_DATA"], "/tmp"}, name


def test_every_container_says_what_it_needs() -> None:
    for name, container in containers():
        resources = container["resources"]
        assert {"cpu", "memory"} <= resources["requests"].keys(), name
        assert "memory" in resources["limits"], name
        assert "cpu" not in resources["limits"], name  # a limit only makes a busy server late


@pytest.mark.parametrize("name", NAMES)
def test_probes_ask_the_port_that_is_served(name: str) -> None:
    server = server_of(name)
    (port,) = server["ports"]
    assert str(port["containerPort"]) == image_environment()["GENMUX_PORT"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert server[probe]["httpGet"]["port"] == port["name"]
    annotations = objects("Deployment")[name]["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == str(port["containerPort"])
    assert settings_of(name).metrics


def test_a_start_takes_as_long_as_it_takes() -> None:
    for name in NAMES:
        probe = server_of(name)["startupProbe"]
        assert probe["periodSeconds"] * probe["failureThreshold"] >= 60


def test_selectors_find_pods() -> None:
    labels = {
        name: each["spec"]["template"]["metadata"]["labels"] for name, each in objects("Deployment").items()
    }
    for name, each in objects("Deployment").items():
        assert each["spec"]["selector"]["matchLabels"] == labels[name]
        for spread in pods()[name]["topologySpreadConstraints"]:
            assert spread["labelSelector"]["matchLabels"] == labels[name]
    for name, each in objects("PodDisruptionBudget").items():
        assert each["spec"]["selector"]["matchLabels"] == labels[name]
    (service,) = objects("Service").values()
    assert service["spec"]["selector"] == labels["genmux-api"]
    (scaler,) = objects("HorizontalPodAutoscaler").values()
    assert scaler["spec"]["scaleTargetRef"]["name"] == "genmux-api"
    assert "replicas" not in objects("Deployment")["genmux-api"]["spec"]  # they would fight over it
    assert scaler["spec"]["minReplicas"] >= 2
    assert objects("Deployment")["genmux-engine"]["spec"]["replicas"] >= 2

"""Values in many combinations: what the chart renders is valid, and everything that it refers to is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.deploy.chart import TRIAL, of_kind, one, pods, refusal, render
from tests.deploy.test_chart import valid

pytestmark = pytest.mark.long
SWITCHES: tuple[dict[str, str], ...] = (
    {"gateway.autoscaling.enabled": "false", "gateway.replicas": "2"},
    {"worker.keda.enabled": "true"},
    {"ingress.enabled": "true", "ingress.gatewayHost": "llm.example.com", "ingress.consoleHost": "sting.example.com",
     "ingress.tls.clusterIssuer": "letsencrypt"},
    {"gatewayAPI.enabled": "true", "gatewayAPI.parent.name": "front", "gatewayAPI.gatewayHost": "llm.example.com",
     "gatewayAPI.consoleHost": "sting.example.com"},
    {"secret.values.STING_MASTER_KEY": "", "secret.external.enabled": "true", "secret.external.store.name": "vault"},
    {"monitoring.serviceMonitor.enabled": "true", "monitoring.rules.enabled": "true",
     "monitoring.dashboards.enabled": "true", "monitoring.verify.enabled": "true", "monitoring.probe.enabled": "true"},
    {"networkPolicy.enabled": "false", "console.enabled": "false"},
)  # fmt: skip
ROWS = [[(row >> bit) & 1 for bit in range(3)] for row in range(8)]
PAIRS = [[a, b, a ^ b, c, a ^ c, b ^ c, a ^ b ^ c] for a, b, c in ROWS]
"""An orthogonal array: every two switches meet in all four ways."""


def specs(objects: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for template in pods(objects).values():
        yield template["spec"]
    for pod in of_kind(objects, "Pod"):
        yield pod["spec"]


MOUNTED = (
    ("configMap", "ConfigMap", "name"),
    ("secret", "Secret", "secretName"),
    ("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"),
)


def of_pod(spec: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Kind and name of each object that a pod needs to start."""
    yield "ServiceAccount", spec.get("serviceAccountName", "default")
    for volume in spec.get("volumes", []):
        yield from ((kind, volume[field][key]) for field, kind, key in MOUNTED if field in volume)
    for container in (*spec["containers"], *spec.get("initContainers", [])):
        yield from (("Secret", source["secretRef"]["name"]) for source in container.get("envFrom", []))
        given = [variable.get("valueFrom", {}) for variable in container.get("env", [])]
        yield from (("Secret", value["secretKeyRef"]["name"]) for value in given if "secretKeyRef" in value)


def references(objects: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Kind and name of each object that another one refers to."""
    for spec in specs(objects):
        yield from of_pod(spec)
    for scaler in (*of_kind(objects, "HorizontalPodAutoscaler"), *of_kind(objects, "ScaledObject")):
        target = scaler["spec"]["scaleTargetRef"]
        yield target.get("kind", "Deployment"), target["name"]
    for route in of_kind(objects, "HTTPRoute"):
        yield "Service", route["spec"]["rules"][0]["backendRefs"][0]["name"]
    for ingress in of_kind(objects, "Ingress"):
        yield from (
            ("Service", rule["http"]["paths"][0]["backend"]["service"]["name"]) for rule in ingress["spec"]["rules"]
        )


def there(objects: list[dict[str, Any]]) -> set[tuple[str, str]]:
    made = {(part["kind"], part["metadata"]["name"]) for part in objects}
    made |= {("Secret", part["spec"]["target"]["name"]) for part in of_kind(objects, "ExternalSecret")}
    claims = {
        ("PersistentVolumeClaim", claim["metadata"]["name"])
        for stateful in of_kind(objects, "StatefulSet")
        for claim in stateful["spec"].get("volumeClaimTemplates", [])
    }
    return made | claims | {("ServiceAccount", "default")}


@pytest.mark.parametrize("row", PAIRS, ids=lambda row: "".join(map(str, row)))
def test_every_pair_of_switches_renders_what_hangs_together(row: list[int]) -> None:
    values: dict[str, str] = {}
    for on, switch in zip(row, SWITCHES, strict=True):
        values |= switch if on else {}
    objects = render(values)
    assert valid(objects) >= 10
    names = [(part["kind"], part["metadata"]["name"]) for part in objects]
    assert len(set(names)) == len(names)
    assert set(references(objects)) - there(objects) == set()


def test_a_reference_that_leads_nowhere_would_be_seen() -> None:
    objects = [part for part in render() if part["kind"] != "ConfigMap"]
    assert {kind for kind, _ in set(references(objects)) - there(objects)} == {"ConfigMap"}


def test_pods_spread_over_zones_and_nodes_by_their_own_labels() -> None:
    objects = render()
    for name in ("sting", "sting-console", "sting-worker"):
        template = one(objects, "Deployment", name)["spec"]["template"]
        rules = template["spec"]["topologySpreadConstraints"]
        assert [rule["topologyKey"] for rule in rules] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
        for rule in rules:
            assert rule["labelSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()


def test_what_is_scraped_is_there() -> None:
    objects = render({"monitoring.serviceMonitor.enabled": "true"})
    monitor = one(objects, "ServiceMonitor", "sting")["spec"]
    (expression,) = monitor["selector"]["matchExpressions"]
    scraped = {
        service["metadata"]["labels"]["app.kubernetes.io/component"]: port["name"]
        for service in of_kind(objects, "Service")
        if monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
        and service["metadata"]["labels"].get("app.kubernetes.io/component") in expression["values"]
        for port in service["spec"]["ports"]
    }
    assert scraped == {"gateway": "http", "worker": "metrics"}
    assert {endpoint["port"] for endpoint in monitor["endpoints"]} == set(scraped.values())


def test_names_outside_come_by_ingress_with_cert_manager_or_by_the_gateway_api() -> None:
    (ingress,) = of_kind(render(SWITCHES[2]), "Ingress")
    assert ingress["metadata"]["annotations"]["cert-manager.io/cluster-issuer"] == "letsencrypt"
    (tls,) = ingress["spec"]["tls"]
    assert (
        tls["hosts"] == [rule["host"] for rule in ingress["spec"]["rules"]] == ["llm.example.com", "sting.example.com"]
    )
    routes = of_kind(render(SWITCHES[3]), "HTTPRoute")
    assert [route["spec"]["hostnames"] for route in routes] == [["llm.example.com"], ["sting.example.com"]]
    assert all(route["spec"]["rules"][0]["timeouts"] == {"request": "0s"} for route in routes), "streams last"
    nameless = {"gatewayAPI.enabled": "true", "gatewayAPI.parent.name": "front"}
    assert "gatewayAPI.gatewayHost" in refusal(TRIAL | nameless), "a route without a name would be none"


def test_every_pod_meets_the_restricted_standard() -> None:
    everything: dict[str, str] = {}
    for number in (1, 2, 5):
        everything |= SWITCHES[number]
    allowed = {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
    for spec in specs(render(everything | {"demoMode": "true"})):
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
        assert {kind for volume in spec.get("volumes", []) for kind in volume if kind != "name"} <= allowed
        for container in (*spec["containers"], *spec.get("initContainers", [])):
            confined = container["securityContext"]
            assert confined["allowPrivilegeEscalation"] is False
            assert confined["capabilities"] == {"drop": ["ALL"]}
            assert not {"privileged", "procMount", "runAsUser"} & set(confined)
            assert not [port for port in container.get("ports", []) if "hostPort" in port]

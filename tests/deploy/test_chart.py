"""The chart, rendered by the real helm: its objects are valid, confined, and say what the values say."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.chart import CHART, TRIAL, VALUES_FILES, helm, of_kind, one, pods, refusal, render

pytestmark = pytest.mark.long
OF_OTHERS = (
    "monitoring.coreos.com",
    "external-secrets.io",
    "gateway.networking",
    "keda.sh",
    "gke.io",
    "approuting.kubernetes.azure.com",
)
"""Kinds that are not of Kubernetes itself: kubernetes-validate knows no schema of theirs."""
EVERYTHING = {
    "demoMode": "true",
    "worker.keda.enabled": "true",
    "monitoring.serviceMonitor.enabled": "true",
    "monitoring.rules.enabled": "true",
    "monitoring.dashboards.enabled": "true",
    "monitoring.verify.enabled": "true",
    "monitoring.probe.enabled": "true",
    "gateway.autoscaling.targetInFlight": "20",
    "ingress.enabled": "true",
    "ingress.gatewayHost": "llm.example.com",
    "ingress.consoleHost": "sting.example.com",
    "ingress.tls.clusterIssuer": "letsencrypt",
    "image.pullSecrets[0]": "registry",
    "networkPolicy.ingressNamespaces[0]": "monitoring",
}
PRODUCT = {"gateway", "console", "worker", "keeper", "migrate", "verify"}


def egress(policy: dict[str, Any]) -> set[str]:
    """Networks that a policy lets its pods reach."""
    rules = policy["spec"].get("egress", [])
    return {to["ipBlock"]["cidr"] for rule in rules for to in rule["to"] if "ipBlock" in to}


def valid(objects: list[dict[str, Any]]) -> int:
    """Check against the schemas of the oldest and the newest version that we have; how many objects were checked."""
    import kubernetes_validate

    own = [part for part in objects if not any(group in part["apiVersion"] for group in OF_OTHERS)]
    for part in own:
        for version in ("1.34", "1.37"):
            kubernetes_validate.validate(part, version, strict=True)
    return len(own)


@pytest.mark.parametrize("file", VALUES_FILES, ids=lambda file: str(file.stem))
def test_each_shipped_values_file_renders_valid_objects(file: Path) -> None:
    assert valid(render(None, file)) >= 10


def test_everything_at_once_is_valid() -> None:
    objects = render(EVERYTHING)
    assert valid(objects) >= 20
    names = [(part["kind"], part["metadata"]["name"]) for part in objects]
    assert len(set(names)) == len(names)


def test_the_validator_would_find_a_fault() -> None:
    objects = render()
    one(objects, "Deployment", "sting")["spec"]["replicas"] = "three"
    with pytest.raises(Exception, match="three"):
        valid(objects)


def test_lint_has_nothing_to_say(tmp_path: Path) -> None:
    values = [part for name, value in TRIAL.items() for part in ("--set", f"{name}={value}")]
    homes = {f"HELM_{kind}_HOME": str(tmp_path) for kind in ("CACHE", "CONFIG", "DATA")}
    done = subprocess.run(
        [helm(), "lint", "--strict", str(CHART), *values],
        capture_output=True, text=True, check=False, timeout=60, env=homes,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_pod_is_confined() -> None:
    found = pods(render(EVERYTHING))
    assert set(found) == PRODUCT | {"valkey", "postgresql"}
    for name, template in found.items():
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        (container,) = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name
        assert "memory" in container["resources"]["limits"], name
        if name in PRODUCT:
            assert spec["securityContext"]["runAsUser"] == 10001
            assert spec["imagePullSecrets"] == [{"name": "registry"}]


def test_every_pod_runs_a_command_that_exists() -> None:
    import click

    from policies.cli import main

    for template in pods(render(EVERYTHING)).values():
        (container,) = template["spec"]["containers"]
        if container["name"] not in PRODUCT:
            continue
        words = container["args"][: container["args"].index("--config")]
        command: click.Command = main
        for word in words:
            assert isinstance(command, click.Group)
            found = command.get_command(click.Context(command), word)
            assert found is not None, words
            command = found
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in container["args"] if word.startswith("--")} <= options


def test_probes_ask_what_they_mean() -> None:
    found = pods(render())
    for name, ready in (("gateway", "/readyz"), ("console", "/healthz")):
        (container,) = found[name]["spec"]["containers"]
        assert container["readinessProbe"]["httpGet"]["path"] == ready
        assert container["livenessProbe"]["httpGet"]["path"] == "/healthz", (
            "a store that is away is no reason to restart"
        )
        assert container["startupProbe"]["periodSeconds"] * container["startupProbe"]["failureThreshold"] >= 120


def test_only_the_gateway_reaches_providers() -> None:
    objects = render(EVERYTHING | {"networkPolicy.providerCIDRs[0]": "203.0.113.0/24"})
    policies = of_kind(objects, "NetworkPolicy")
    open_to = [policy["metadata"]["name"] for policy in policies if "203.0.113.0/24" in egress(policy)]
    assert open_to == ["sting"]
    assert one(objects, "NetworkPolicy", "sting")["spec"]["podSelector"]["matchLabels"][
        "app.kubernetes.io/component"
    ] == "gateway"  # fmt: skip
    covered = {"gateway"}
    for policy in policies:
        assert {"Ingress", "Egress"} == set(policy["spec"]["policyTypes"])
        for expression in policy["spec"]["podSelector"].get("matchExpressions", []):
            covered |= set(expression["values"])
    assert covered == {*pods(objects), "test"}, "a pod that no policy selects may go anywhere"
    assert egress(one(objects, "NetworkPolicy", "sting-stores")) == set()


def test_policies_select_the_pods_that_they_name() -> None:
    objects = render(EVERYTHING)
    for deployment in [*of_kind(objects, "Deployment"), *of_kind(objects, "StatefulSet")]:
        wanted = deployment["spec"]["selector"]["matchLabels"]
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert wanted.items() <= labels.items()
        assert labels["app"] == "sting-ce"
    for service in of_kind(objects, "Service"):
        selected = [
            pod
            for pod in pods(objects).values()
            if service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
        ]
        assert len(selected) == 1, service["metadata"]["name"]


def test_replicas_or_an_autoscaler_never_both() -> None:
    fixed = render({"gateway.autoscaling.enabled": "false", "gateway.replicas": "4"})
    assert one(fixed, "Deployment", "sting")["spec"]["replicas"] == 4
    assert of_kind(fixed, "HorizontalPodAutoscaler") == []
    scaled = render({"gateway.autoscaling.targetInFlight": "20", "worker.keda.enabled": "true"})
    assert "replicas" not in one(scaled, "Deployment", "sting")["spec"]
    assert "replicas" not in one(scaled, "Deployment", "sting-worker")["spec"]
    metrics = one(scaled, "HorizontalPodAutoscaler", "sting")["spec"]["metrics"]
    assert [metric["type"] for metric in metrics] == ["Resource", "Pods"]
    (trigger,) = one(scaled, "ScaledObject", "sting-worker")["spec"]["triggers"]
    assert "sting_report_queue_waiting" in trigger["metadata"]["query"]


def test_a_rolling_restart_leaves_streams_their_time() -> None:
    objects = render({"gateway.drainSeconds": "600"})
    deployment = one(objects, "Deployment", "sting")["spec"]
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    spec = deployment["template"]["spec"]
    (container,) = spec["containers"]
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    config = yaml.safe_load(one(objects, "ConfigMap", "sting-config")["data"]["config.yaml"])
    assert config["gateway"]["drain_s"] == 600
    assert spec["terminationGracePeriodSeconds"] >= 600 + pause
    assert one(objects, "PodDisruptionBudget", "sting")["spec"]["maxUnavailable"] == 1


def test_the_configuration_is_one_that_the_product_reads(tmp_path: Path) -> None:
    from policies.settings import load_settings

    for file in VALUES_FILES:
        (config,) = [part for part in of_kind(render(None, file), "ConfigMap") if "config.yaml" in part["data"]]
        path = tmp_path / f"{file.stem}.yaml"
        path.write_text(config["data"]["config.yaml"])
        environ = {
            "STING_MASTER_KEY": "A" * 43 + "=",
            "STING_REDIS_URL": "rediss://redis.example.com/0",
            "STING_DATABASE_URL": "postgresql+asyncpg://sting:pw@db.example.com/sting",
            "DEMO_MODE": "true",
        }
        settings = load_settings(path, environ=environ)
        assert settings.gateway.host == "0.0.0.0"  # noqa: S104 - inside a pod
        assert settings.demo_mode


def test_a_demo_has_one_keeper_beside_the_parts_that_share_the_volume() -> None:
    demo = CHART / "values-demo.yaml"
    objects = render(None, demo)
    keeper = one(objects, "Deployment", "sting-ce-demo-keeper")["spec"]
    assert (keeper["replicas"], keeper["strategy"]) == (1, {"type": "Recreate"})
    (container,) = keeper["template"]["spec"]["containers"]
    assert container["args"][:2] == ["demo", "keep"]
    console = one(objects, "Deployment", "sting-ce-demo-console")["spec"]["template"]["spec"]
    (volume,) = [part for part in keeper["template"]["spec"]["volumes"] if part["name"] == "data"]
    assert volume in console["volumes"], "the time of the next reset and what visitors asked to keep lie there"
    inside = one(objects, "NetworkPolicy", "sting-ce-demo-inside")["spec"]["podSelector"]
    assert "keeper" in inside["matchExpressions"][0]["values"]
    without = render({"config.demo.reset_hours": "0"}, demo)
    assert "keeper" not in pods(without)
    assert "keeper" not in pods(render())
    assert "set storage.persistence.enabled" in refusal({"storage.persistence.enabled": "false"}, demo)


def test_the_hourly_leak_check_fails_once_and_its_alert_sees_it() -> None:
    assert of_kind(render(), "CronJob") == []
    (check,) = of_kind(render({"monitoring.verify.enabled": "true"}), "CronJob")
    minute, *rest = check["spec"]["schedule"].split()
    assert (minute.isdigit(), rest) == (True, ["*"] * 4), "once an hour"
    job = check["spec"]["jobTemplate"]["spec"]
    assert (job["backoffLimit"], job["template"]["spec"]["restartPolicy"]) == (0, "Never"), "no second try hides a leak"
    rules = yaml.safe_load((CHART / "files/rules.yaml").read_text(encoding="utf-8"))["groups"]
    alerts = {rule.get("alert"): rule for group in rules for rule in group["rules"]}
    (pattern,) = re.findall(r'job_name=~"([^"]+)"', alerts["StingLeakCheckFailed"]["expr"])
    (missing,) = re.findall(r'cronjob=~"([^"]+)"', alerts["StingLeakCheckMissing"]["expr"])
    assert re.fullmatch(pattern, f"{check['metadata']['name']}-29012345"), "as Kubernetes names a CronJob's jobs"
    assert re.fullmatch(missing, check["metadata"]["name"])
    assert alerts["StingLeakCheckFailed"]["for"] == "0m"


def test_the_probe_asks_what_clients_ask() -> None:
    (probe,) = of_kind(render(EVERYTHING), "Probe")
    assert probe["spec"]["targets"]["staticConfig"]["static"] == [
        "http://sting.default:8080/readyz",
        "https://llm.example.com/healthz",
        "https://sting.example.com/healthz",
    ]
    assert of_kind(render(), "Probe") == []
    rules = yaml.safe_load((CHART / "files/rules.yaml").read_text(encoding="utf-8"))["groups"]
    (alert,) = [rule for group in rules for rule in group["rules"] if rule.get("alert") == "StingProbeFails"]
    (job,) = re.findall(r'job=~"([^"]+)"', alert["expr"])
    assert re.fullmatch(job, probe["spec"]["jobName"])


def test_helm_test_runs_a_confined_pod_that_asks_gateway_and_console() -> None:
    objects = render(EVERYTHING)
    (pod,) = of_kind(objects, "Pod")
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    (container,) = pod["spec"]["containers"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert container["args"][1:] == ["http://sting:8080/readyz", "http://sting-console:8081/healthz"]
    services = {(one["metadata"]["name"], one["spec"]["ports"][0]["port"]) for one in of_kind(objects, "Service")}
    assert {("sting", 8080), ("sting-console", 8081)} <= services
    compile(container["args"][0], "test", "exec")


def test_labels_of_the_user_stay_where_they_were_given() -> None:
    objects = render({"monitoring.serviceMonitor.enabled": "true", "monitoring.serviceMonitor.labels.release": "prom"})
    assert one(objects, "ServiceMonitor", "sting")["metadata"]["labels"]["release"] == "prom"
    others = [part for part in objects if "release" in part["metadata"].get("labels", {})]
    assert len(others) == 1


def test_a_volume_of_one_node_keeps_console_and_workers_on_it() -> None:
    objects = render({"storage.persistence.accessMode": "ReadWriteOnce"})
    for name in ("sting-console", "sting-worker"):
        spec = one(objects, "Deployment", name)["spec"]
        assert spec["strategy"] == {"type": "Recreate"}
        (rule,) = spec["template"]["spec"]["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        assert rule["labelSelector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()
    assert "affinity" not in one(render(), "Deployment", "sting-worker")["spec"]["template"]["spec"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"secret.values.STING_MASTER_KEY": ""}, "openssl rand -base64 32"),
        ({"valkey.enabled": "false"}, "give a Redis or Valkey"),
        ({"postgresql.enabled": "false"}, "give a PostgreSQL"),
        ({"postgresql.password": ""}, "postgresql.existingSecret"),
        ({"storage.persistence.enabled": "false"}, "config.storage.url is empty"),
        ({"ingress.enabled": "true"}, "under which name do applications reach the gateway"),
        ({"secret.external.enabled": "true"}, "which store holds the keys"),
        ({"gateway.replicas": "three"}, "/gateway/replicas"),
        ({"gateway.replica": "3"}, "replica"),
        ({"gateway.replicas": "0"}, "/gateway/replicas"),
        ({"secret.values.STING_MASTER_KEY": "short"}, "STING_MASTER_KEY"),
        ({"secret.values.STING_DATABASE_URL": "mysql://db"}, "STING_DATABASE_URL"),
        ({"networkPolicy.providerCIDRs[0]": "api.openai.com"}, "/networkPolicy/providerCIDRs"),
        ({"postgresql.password": "p@ss"}, "/postgresql/password"),
        ({"config.redis.url": "redis://elsewhere"}, "/config"),
        ({"image.digest": "sha256:abc"}, "/image/digest"),
    ],
    ids=str,
)  # fmt: skip
def test_a_broken_value_is_refused_with_words(values: dict[str, str], words: str) -> None:
    assert words in refusal(TRIAL | values)


@pytest.mark.parametrize("given", ["existing", "external"])
def test_keys_can_come_from_elsewhere(given: str) -> None:
    values = {"secret.values.STING_MASTER_KEY": "", "postgresql.existingSecret": "pg", "postgresql.password": ""}
    values |= (
        {"secret.existing": "keys"}
        if given == "existing"
        else {"secret.external.enabled": "true", "secret.external.store.name": "vault"}
    )
    objects = render(values)
    assert of_kind(objects, "Secret") == []
    assert len(of_kind(objects, "ExternalSecret")) == (given == "external")
    name = "keys" if given == "existing" else "sting-secret"
    (container,) = pods(objects)["gateway"]["spec"]["containers"]
    assert container["envFrom"] == [{"secretRef": {"name": name}}]

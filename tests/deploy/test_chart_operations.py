"""What the chart does when pods end, keys change, a cloud gives identities, or a node is drained."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.chart import CHART, TRIAL, helm, of_kind, one, pods, render

pytestmark = pytest.mark.long
PARTS = {"gateway", "console", "worker", "migrate"}


def container(template: dict[str, Any]) -> dict[str, Any]:
    (found,) = template["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def test_a_pod_that_ends_answers_until_load_balancers_have_noticed() -> None:
    template = pods(render({"gateway.leaveSeconds": "40", "gateway.drainSeconds": "100"}))["gateway"]
    assert container(template)["lifecycle"]["preStop"] == {"sleep": {"seconds": 40}}
    assert template["spec"]["terminationGracePeriodSeconds"] >= 40 + 100
    for cloud in ("eks", "gke"):
        seconds = container(pods(render(None, CHART / f"values-{cloud}.yaml"))["gateway"])["lifecycle"]["preStop"]
        assert seconds["sleep"]["seconds"] >= 15, "their load balancers send to a pod's address for some seconds more"


def test_changed_keys_restart_pods_where_the_chart_holds_them() -> None:
    def sums(**values: str) -> dict[str, dict[str, str]]:
        rendered = pods(render({f"secret.{name.replace('_', '.', 1)}": value for name, value in values.items()}))
        return {name: template["metadata"].get("annotations", {}) for name, template in rendered.items()}

    before, after = sums(), sums(values_OPENAI_API_KEY="sk-new")
    for part in ("gateway", "console", "worker"):
        assert before[part]["checksum/config"] == after[part]["checksum/config"]
        assert before[part]["checksum/secret"] != after[part]["checksum/secret"], part
    assert "checksum/secret" not in sums(existing="sting-keys")["gateway"], "its contents are not known here"


def test_a_new_version_of_the_chart_restarts_no_store() -> None:
    found = pods(render())
    for store in ("valkey", "postgresql"):
        labels = found[store]["metadata"]["labels"]
        assert not {"helm.sh/chart", "app.kubernetes.io/version"} & set(labels), store
    assert "app.kubernetes.io/version" in found["gateway"]["metadata"]["labels"]


def test_the_chart_s_test_reaches_what_it_asks() -> None:
    objects = render({"networkPolicy.ingressNamespaces[0]": "monitoring"})
    (test,) = of_kind(objects, "Pod")
    inside = one(objects, "NetworkPolicy", "sting-inside")["spec"]
    assert (
        test["metadata"]["labels"]["app.kubernetes.io/component"]
        in (inside["podSelector"]["matchExpressions"][0]["values"])
    )
    for name in ("sting", "sting-inside"):
        (rule,) = one(objects, "NetworkPolicy", name)["spec"]["ingress"]
        peers = [peer["podSelector"]["matchLabels"] for peer in rule["from"] if "podSelector" in peer]
        assert any(labels.items() <= test["metadata"]["labels"].items() for labels in peers), name
    within = [rule for rule in inside["egress"] if rule["ports"] == [{"port": "http"}]]
    own = [peer["podSelector"]["matchLabels"] for rule in within for peer in rule["to"]]
    for part in ("gateway", "console"):
        assert any(labels.items() <= pods(objects)[part]["metadata"]["labels"].items() for labels in own), part


def test_pods_get_the_identity_that_their_cloud_gives() -> None:
    azure = pods(render(None, CHART / "values-aks.yaml"))
    assert {
        part for part, pod in azure.items() if pod["metadata"]["labels"].get("azure.workload.identity/use")
    } == PARTS
    google = of_kind(render(None, CHART / "values-gke.yaml"), "NetworkPolicy")
    metadata = {
        policy["metadata"]["name"]
        for policy in google
        for rule in policy["spec"].get("egress", [])
        if rule["to"] == [{"ipBlock": {"cidr": "169.254.169.254/32"}}] and rule["ports"] == [{"port": 80}]
    }
    assert metadata == {"sting", "sting-inside"}


def test_labels_of_yours_change_no_selector() -> None:
    objects = render({"podLabels.app": "mine", "podLabels.team": "privacy"})
    gateway = one(objects, "Deployment", "sting")["spec"]
    labels = gateway["template"]["metadata"]["labels"]
    assert (labels["app"], labels["team"]) == ("sting-ce", "privacy")
    assert gateway["selector"]["matchLabels"].items() <= labels.items()
    assert "team" not in pods(objects)["valkey"]["metadata"]["labels"]


def test_nodes_can_be_drained_and_rollouts_wait_for_what_works() -> None:
    objects = render({"gateway.autoscaling.enabled": "false", "gateway.replicas": "1"})
    budget = one(objects, "PodDisruptionBudget", "sting")["spec"]
    assert budget["maxUnavailable"] == 1, "one gateway alone would keep its node for ever"
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    for part, probe in (("gateway", "/readyz"), ("console", "/healthz"), ("worker", "/metrics")):
        assert container(pods(objects)[part])["readinessProbe"]["httpGet"]["path"] == probe
    (check,) = of_kind(render({"monitoring.verify.enabled": "true"}), "CronJob")
    assert check["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] < 3600, "it ends before the next is due"


def test_the_notes_lead_to_the_first_log_in(tmp_path: Path) -> None:
    values = [part for name, value in TRIAL.items() for part in ("--set", f"{name}={value}")]
    homes = {f"HELM_{kind}_HOME": str(tmp_path) for kind in ("CACHE", "CONFIG", "DATA")}
    done = subprocess.run(
        [helm(), "install", "mine", str(CHART), "--dry-run=client", *values],
        capture_output=True, text=True, check=True, timeout=60, env=homes,
    )  # fmt: skip
    _, _, notes = done.stdout.partition("NOTES:\n")
    assert "http://mine-sting.default:8080." in notes
    assert "exec deployment/mine-sting-console --" in notes
    assert "sting users create you@example.com --role admin" in notes

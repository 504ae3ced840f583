"""The OpenTofu files, parsed: they hang together, stores are closed and encrypted, nodes are those that we price.

None was applied.
"""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path
from typing import Any

import hcl2
import pytest

ROOT = Path(__file__).parents[2]
TOFU = ROOT / "deploy/tofu"
CLOUDS = ("eks", "gke", "aks")
COSTS = (ROOT / "docs/operations/demo-cost.md").read_text(encoding="utf-8")
HEADINGS = {"eks": "Amazon EKS", "gke": "Google GKE", "aks": "Azure AKS"}


@cache
def text(cloud: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((TOFU / cloud).glob("*.tf")))


def bare(value: Any) -> Any:
    """Without the quotes that the parser leaves around names and texts."""
    if isinstance(value, dict):
        return {bare(key): bare(inner) for key, inner in value.items() if not str(key).startswith("__")}
    if isinstance(value, list):
        return [bare(inner) for inner in value]
    return value.strip('"') if isinstance(value, str) else value


@cache
def parsed(cloud: str) -> dict[str, list[Any]]:
    blocks: dict[str, list[Any]] = {}
    for path in sorted((TOFU / cloud).glob("*.tf")):
        for kind, found in bare(hcl2.load(io.StringIO(path.read_text(encoding="utf-8")))).items():
            blocks.setdefault(kind, []).extend(found)
    return blocks


def of_kind(cloud: str, kind: str) -> dict[str, Any]:
    """Blocks of two labels by `type.name`."""
    return {
        f"{type_}.{name}": body
        for block in parsed(cloud).get(kind, [])
        for type_, named in block.items()
        for name, body in named.items()
    }


def variables(cloud: str) -> dict[str, Any]:
    return {name: body for block in parsed(cloud)["variable"] for name, body in block.items()}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_refers_to_something_finds_it(cloud: str) -> None:
    code = re.sub(r"#.*", "", text(cloud))
    used = set(re.findall(r"\bvar\.(\w+)", code))
    assert used == set(variables(cloud)), "a variable that nobody declared, or that nobody reads"
    data = {f"data.{name}" for name in of_kind(cloud, "data")}
    known = set(of_kind(cloud, "resource")) | data
    kinds = "|".join(sorted({name.split(".")[-2] for name in known}))
    named = set(re.findall(rf"((?:data\.)?\b(?:{kinds})\.\w+)", code))
    assert named <= known
    local = {name for block in parsed(cloud).get("locals", []) for name in block}
    assert set(re.findall(r"\blocal\.(\w+)", code)) <= local


@pytest.mark.parametrize("cloud", CLOUDS)
def test_versions_are_bound_and_it_says_that_nobody_applied_it(cloud: str) -> None:
    (settings,) = parsed(cloud)["terraform"]
    (providers,) = settings["required_providers"]
    assert len(providers) == 2
    assert all(str(one["version"]).startswith("~> ") for one in providers.values())
    assert "Not applied" in (TOFU / cloud / "main.tf").read_text(encoding="utf-8").splitlines()[0]
    assert "**Not applied by its authors**" in (TOFU / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_there_is_all_that_the_readme_promises(cloud: str) -> None:
    kinds = " ".join(of_kind(cloud, "resource"))
    for one in (
        r"_eks_cluster|_container_cluster|_kubernetes_cluster",
        r"_elasticache_replication_group|_redis_instance|_managed_redis",
        r"_db_instance|_sql_database_instance|_postgresql_flexible_server",
        r"_route53_record|_dns_record_set|_dns_a_record",
        r"_acm_certificate|_certificate_manager_certificate|_federated_identity_credential",
    ):
        assert re.search(one, kinds), one
    outputs = {name: body for block in parsed(cloud)["output"] for name, body in block.items()}
    for name in ("redis_url", "database_url"):
        assert str(outputs[name]["sensitive"]).lower() == "true"
    assert "rediss://" in outputs["redis_url"]["value"]
    assert re.search(r"\?sslmode=verify-(?:full|ca)", outputs["database_url"]["value"])


CLOSED = {
    "eks": {
        "aws_elasticache_replication_group.main": {
            "transit_encryption_enabled": True,
            "at_rest_encryption_enabled": True,
        },
        "aws_db_instance.main": {"publicly_accessible": False, "storage_encrypted": True, "deletion_protection": True},
    },
    "gke": {
        "google_redis_instance.main": {"auth_enabled": True, "transit_encryption_mode": "SERVER_AUTHENTICATION"},
        "google_sql_database_instance.main": {"deletion_protection": True},
    },
    "aks": {
        "azurerm_managed_redis.main": {"public_network_access": "Disabled"},
        "azurerm_postgresql_flexible_server.main": {"public_network_access_enabled": False},
    },
}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_stores_are_closed_encrypted_and_never_evict(cloud: str) -> None:
    resources = of_kind(cloud, "resource")
    for name, expected in CLOSED[cloud].items():
        for setting, value in expected.items():
            assert str(resources[name][setting]).lower() == str(value).lower(), (name, setting)
        assert resources[name]["count"], f"{name}: managed_stores = false leaves it out"
    assert re.search(r"noeviction", text(cloud), re.IGNORECASE)
    assert "0.0.0.0/0" not in str(variables(cloud)["api_cidrs"])


@pytest.mark.parametrize("cloud", CLOUDS)
def test_nodes_are_those_of_the_cost_table(cloud: str) -> None:
    (section,) = re.findall(rf"^## {HEADINGS[cloud]}.*?(?=^## )", COSTS, re.MULTILINE | re.DOTALL)
    declared = {name: body.get("default") for name, body in variables(cloud).items()}
    ((node, count),) = re.findall(r"\| nodes `([\w.-]+)` .*?\| (\d+) \|", section)
    ((nodes, disk),) = re.findall(r"\(nodes (\d+) x (\d+)", section)
    assert (declared["node_type"], int(declared["node_count"])) == (node, int(count))
    assert (int(declared["node_count"]), int(declared["node_disk_gb"])) == (int(nodes), int(disk))

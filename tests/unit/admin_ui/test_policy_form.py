"""The pages' form of a policy: every field of the model has a control, or is named as one of the YAML only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from policies.model import Policy

FIELDS = (Path(__file__).parents[3] / "admin_ui/web/src/logic/policyFields.ts").read_text(encoding="utf-8")


def leaves(schema: Mapping[str, Any], definitions: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Each field with its path; mappings by name (`entities`) are one field."""
    for name, part in schema["properties"].items():
        place = f"{path}.{name}".lstrip(".")
        whole = definitions[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
        if "properties" in whole and place != "default":
            yield from leaves(whole, definitions, place)
        else:
            yield place, whole


def listed(name: str) -> set[str]:
    found = re.search(rf"{name} = \[(.*?)\]", FIELDS, re.DOTALL)
    assert found is not None
    return set(re.findall(r'"([^"]+)"', found[1]))


def test_every_field_of_a_policy_has_a_control() -> None:
    schema = Policy.model_json_schema()
    model = dict(leaves(schema, schema["$defs"]))
    controls = dict(re.findall(r'\{ path: "([^"]+)", ([^}]*) \}', FIELDS))
    assert {*controls, *listed("DRAWN"), *listed("YAML_ONLY")} == set(model)
    assert len(controls) > 20
    for path, control in controls.items():
        choices = model[path].get("enum") or model[path].get("items", {}).get("enum", [])
        offered = listed("ENGINES") if "ENGINES" in control else set(re.findall(r'"([^"]+)"', control))
        assert set(choices) <= offered, f"{path}: the form does not offer all of {choices}"

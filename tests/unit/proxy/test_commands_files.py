"""`sting restore` says when it was the wrong session."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from proxy import commands_files

TEXT = "Write to PERSON_EC449F8P.\n"


class Gateway:
    """Answers a restore as the gateway does in a session that issued no token."""

    async def call(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        assert (method, path, body["session"]) == ("POST", "/sting/v1/restore", "other")
        return {"texts": body["texts"], "restored": 0, "unknown": 1}


@pytest.mark.parametrize("from_file", [True, False])
def test_tokens_of_another_session_are_told_beside_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, from_file: bool
) -> None:
    def here(_config: Path | None, _data_dir: Path | None, act: Callable[[Gateway], Awaitable[object]]) -> object:
        async def acted() -> object:
            return await act(Gateway())

        return asyncio.run(acted())

    monkeypatch.setattr(commands_files, "on_gateway", here)
    letter = tmp_path / "letter.txt"
    letter.write_text(TEXT)
    words = [*([str(letter)] if from_file else []), "--session", "other"]
    done = CliRunner().invoke(commands_files.restore, words, input=TEXT)
    assert (done.exit_code, done.stdout) == (0, TEXT)
    assert "the session 'other' did not issue them" in done.stderr

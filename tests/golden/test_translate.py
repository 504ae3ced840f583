"""Chat completions translated, compared with what is recorded.

Each folder of `translate` holds `chat.json` as a client sends it and what leaves for each provider; `*.sse` are the
recorded streams of other APIs as chunks. `python -m tests.golden.test_translate` writes them anew; read the difference
before committing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proxy.core.ndjson import LineSplitter
from proxy.core.sse import EventSplitter
from proxy.dialects.translate.completion import Made, Translation
from proxy.dialects.translate.to_anthropic import ToAnthropic
from proxy.dialects.translate.to_ollama import ToOllama
from tests.unit.proxy.dialects.golden_streams import TOKEN, recorded

FOLDER = Path(__file__).parent / "translate"
CASES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
TRANSLATIONS: dict[str, Translation] = {"anthropic": ToAnthropic(), "ollama": ToOllama()}
STREAMS = {"anthropic": "anthropic/stream.sse", "ollama": "ollama/stream.ndjson"}


def sent(case: str, provider: str) -> str:
    """What leaves for a request."""
    body = json.loads((FOLDER / case / "chat.json").read_text())
    return json.dumps(TRANSLATIONS[provider].request(body), indent=1) + "\n"


def streamed(provider: str) -> bytes:
    """The chunks that a recorded stream becomes."""
    splitter = LineSplitter() if provider == "ollama" else EventSplitter()
    events = TRANSLATIONS[provider].events(Made("mark", 1_700_000_000, "asked", wants_usage=True))
    read = [event.data for event in splitter.feed(recorded(STREAMS[provider], TOKEN)) if event.data]
    made = b"".join(piece for data in read for piece in events.feed(json.loads(data)))
    assert events.complete
    return made


@pytest.mark.parametrize("provider", TRANSLATIONS)
@pytest.mark.parametrize("case", CASES)
def test_what_leaves_is_as_recorded(case: str, provider: str) -> None:
    assert sent(case, provider) == (FOLDER / case / f"{provider}.json").read_text()


@pytest.mark.parametrize("provider", TRANSLATIONS)
def test_a_stream_is_as_recorded(provider: str) -> None:
    assert streamed(provider) == (FOLDER / f"{provider}.sse").read_bytes()


@pytest.mark.parametrize("provider", TRANSLATIONS)
def test_the_sdk_accumulates_the_stream(provider: str) -> None:
    from openai.types.chat import ChatCompletionChunk

    lines = [line.removeprefix("data: ") for line in streamed(provider).decode().splitlines() if line]
    assert lines.pop() == "[DONE]"
    chunks = [ChatCompletionChunk.model_validate_json(line, strict=True) for line in lines]
    calls: dict[int, Any] = {}
    text = ""
    for chunk in chunks:
        for choice in chunk.choices:
            text += choice.delta.content or ""
            for call in choice.delta.tool_calls or ():
                calls[call.index] = calls.get(call.index, "") + ((call.function and call.function.arguments) or "")
    assert f"Dear {TOKEN}" in text
    assert all(isinstance(json.loads(arguments), dict) for arguments in calls.values())
    assert chunks[-1].usage
    assert chunks[-1].choices == []


def _write() -> None:
    for provider in TRANSLATIONS:
        for case in CASES:
            (FOLDER / case / f"{provider}.json").write_text(sent(case, provider))
        (FOLDER / f"{provider}.sse").write_bytes(streamed(provider))


if __name__ == "__main__":
    _write()

"""Runs the README's example and writes it between the README's markers: real texts, what left and what came back.

python scripts/readme_example.py [--check]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import tempfile
from pathlib import Path

from openai import AsyncOpenAI

from policies.logs import set_up
from policies.sections_providers import Provider
from policies.settings import Settings, load_settings
from proxy.serving import listening
from proxy.verifying import throw_away_upstream

ROOT = Path(__file__).parents[1]
START, END = "<!-- example -->", "<!-- /example -->"


def settings_for(url: str, folder: str) -> Settings:
    """The default policy, with a recording upstream beside the offline demo model."""
    settings = load_settings(None, environ={}, overrides={"data_dir": folder, "gateway.port": 0})
    providers = {**settings.providers, "recorder": Provider(kind="openai", base_url=url, local=True)}
    return settings.model_copy(update={"providers": providers})


async def example() -> str:
    """The example as Markdown."""
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        async with throw_away_upstream() as (recorder, url), listening(settings_for(url, folder), drain=1) as place:
            client = AsyncOpenAI(base_url=f"{place.url}/v1", api_key=place.local_key, max_retries=0)
            for name, question in (("lincoln", "Summarise this letter."), ("ticket", "Write a short reply.")):
                text = (ROOT / f"docs/examples/{name}.txt").read_text(encoding="utf-8")
                messages = [{"role": "user", "content": f"{question}\n\n{text}"}]
                recorder.bodies.clear()
                echo = await client.chat.completions.create(model="recorder/any", messages=messages)  # type: ignore[arg-type]
                assert echo.choices[0].message.content == messages[0]["content"], "the text did not come back"
                left = json.loads(recorder.bodies[0])["messages"][-1]["content"]
                answer = await client.chat.completions.create(model="sting-demo", messages=messages)  # type: ignore[arg-type]
                parts.append(block(name, left, answer.choices[0].message.content or ""))
            await client.close()
    return "\n".join(parts)


def block(name: str, left: str, back: str) -> str:
    """One text: what left, and the answer."""
    return (
        f"What left for [docs/examples/{name}.txt](docs/examples/{name}.txt), as a recording upstream got it:\n\n"
        f"```text\n{left.strip()}\n```\n\nAnd the answer of the offline demo model, as the client got it:\n\n"
        f"```text\n{back.strip()}\n```\n"
    )


def main() -> int:
    """Write the example, or with --check say whether the README still shows what happens."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    set_up("error")
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    fresh = f"{before}{START}\n## Seen on real texts\n\n{asyncio.run(example())}{END}{after}"
    if options.check:
        return int(structure(fresh) != structure(text))
    readme.write_text(fresh, encoding="utf-8")
    return 0


def structure(text: str) -> str:
    """The text with tokens' cores left out: they depend on the installation's secret."""
    return re.sub(r"\b([A-Z][A-Z_]+)_[0-9A-Z]{8}\b", r"\1", text)


if __name__ == "__main__":
    sys.exit(main())

"""What of known values went to a provider, and what of the rest came back."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from leak_set import Case


def judged(cases: Sequence[Case], told: Mapping[str, tuple[Sequence[str], Sequence[bytes]]]) -> dict[str, Any]:
    """`told`: by mode the bodies at the provider and the answers at the client, in the order of the cases.

    `leaked`: per cent of the values verbatim at the provider, `parts`: of the other names those of which a word was
    left, both of the mode `exact`. `restored` by mode: per cent of the values that did not leak and stand in the
    answer. A request that reached nobody leaks nothing and restores nothing.
    """
    seen: Counter[str] = Counter()
    leaked: Counter[str] = Counter()
    names = parts = 0
    restored = {}
    for mode, (bodies, answers) in told.items():
        masked = back = 0
        for case, body, answer in zip(cases, _matched(cases, bodies), answers, strict=True):
            sent, got = _texts(body), _content(answer)
            for kind, value in case.values:
                away = value in sent
                if mode == "exact":
                    seen[kind] += 1
                    leaked[kind] += away
                    if kind == "person" and not away:
                        names += 1
                        parts += any(re.search(rf"\b{re.escape(word)}\b", sent) for word in value.split())
                masked += not away
                back += not away and value in got
        restored[mode] = round(100 * back / max(1, masked), 1)
    return {
        "values": seen.total(),
        "leaked": round(100 * leaked.total() / seen.total(), 1),
        "by_kind": {kind: round(100 * leaked[kind] / seen[kind], 1) for kind in sorted(seen)},
        "parts": round(100 * parts / max(1, names), 1),
        "restored": restored,
    }


def _matched(cases: Sequence[Case], bodies: Sequence[str]) -> Sequence[str]:
    """One body per case; with retries or refusals there are others, and no order to go by."""
    if len(bodies) != len(cases):
        raise ValueError(f"{len(bodies)} requests reached the provider, {len(cases)} were sent")
    return bodies


def _texts(body: str) -> str:
    """Every string of a body, unescaped."""
    found: list[str] = []

    def walk(node: object) -> None:
        if isinstance(node, str):
            found.append(node)
        elif isinstance(node, dict):
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(json.loads(body))
    return "\n".join(found)


def _content(answer: bytes) -> str:
    """The text of an answer, whole or streamed."""
    if answer.startswith(b"{"):
        return str(json.loads(answer)["choices"][0]["message"]["content"])
    chunks = [line[6:] for line in answer.split(b"\n") if line.startswith(b"data: {")]
    choices = [choice for chunk in chunks for choice in json.loads(chunk).get("choices", ())]
    return "".join(choice["delta"].get("content") or "" for choice in choices)

"""What a hook is asked and what it answers. docs/hooks.md is for those who write one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Phase = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class HookText:
    """One text: where it stands in the body that leaves (`messages[0].content`), whose it is, and the text, scrambled.

    Of an answer, `place` is `answer` and `role` is `assistant`.
    """

    place: str
    role: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """What a hook is asked. No original is in it: texts are as the provider gets them, or as it gave them.

    `ended`: nothing follows. A streamed answer is asked about window by window, and once more at its end.
    """

    phase: Phase
    exchange: str
    policy: str
    route: str
    model: str
    ended: bool
    texts: Sequence[HookText] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the exchange may go on; `reason` is a short word such as `prompt_injection`, never a quotation."""

    allow: bool
    reason: str = ""


class Hook(Protocol):
    """One guardrail. Whatever it raises counts as failed, as does taking longer than its deadline."""

    async def check(self, question: Question) -> Verdict:
        """The verdict on these texts."""
        ...

    async def close(self) -> None:
        """Give back what it holds."""
        ...

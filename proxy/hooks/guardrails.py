"""All configured hooks behind one face: asked at once, each within its deadline, failures told apart from verdicts."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from policies.sections_hooks import HookSection
from proxy.hooks.base import Hook, Question, Verdict
from proxy.hooks.entry_points import EntryPointHook
from proxy.hooks.http import HttpHook

_REASON = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_log = logging.getLogger("sting.hooks")


@dataclass(frozen=True, slots=True)
class Said:
    """What one hook said; `verdict` None: it failed, or there is no hook of this name."""

    name: str
    verdict: Verdict | None

    @property
    def word(self) -> str:
        """One word for metrics: allow, block or failed."""
        if self.verdict is None:
            return "failed"
        return "allow" if self.verdict.allow else "block"


class Guardrails:
    """Asks hooks by name. Make it inside the running event loop; `close()` it there.

    Raises ValueError for an entry point that cannot be used.
    """

    def __init__(self, sections: Mapping[str, HookSection]) -> None:
        self._deadlines = {name: section.deadline_s for name, section in sections.items()}
        self._hooks = {name: _opened(section) for name, section in sections.items()}

    async def ask(self, names: Sequence[str], question: Question) -> list[Said]:
        """What each of these hooks says, in this order."""
        return await asyncio.gather(*(self._said(name, question) for name in names))

    async def _said(self, name: str, question: Question) -> Said:
        hook = self._hooks.get(name)
        if hook is None:
            _log.error("a policy names a hook that is not configured", extra={"hook": name})
            return Said(name, None)
        try:
            async with asyncio.timeout(self._deadlines[name]):
                verdict = await hook.check(question)
        except Exception as error:  # noqa: BLE001 - a hook's own failure, whose text may quote what it was asked
            _log.warning("a hook failed", extra={"hook": name, "fault": type(error).__name__})
            return Said(name, None)
        return Said(name, Verdict(verdict.allow is True, verdict.reason if _REASON.fullmatch(verdict.reason) else ""))

    async def close(self) -> None:
        """Give back what the hooks hold."""
        for hook in self._hooks.values():
            await hook.close()


def _opened(section: HookSection) -> Hook:
    if section.url is not None:
        return HttpHook(section.url, section.secret.get_secret_value() if section.secret else "")
    return EntryPointHook(section.entry_point or "", section.options)

"""`/demo`: what visitors of a public demo say in one click, how they ask for a pilot, and the reset before its time."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from functools import partial
from typing import Final, Literal

from pydantic import Field, field_validator

from admin_ui.api.bodies import Body
from admin_ui.limiter import Limiter
from admin_ui.parts import Parts
from policies.console_routes import ConsoleCall, ConsoleRoute, Problem
from policies.demo_kept import DemoFull, Pilot, keep_feedback, keep_pilot
from policies.demo_reset import bring_forward

_CLICKS, _PILOTS, _SECONDS = 30, 3, 3600.0
_ADDRESS: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]{2,}")
Place = Literal["playground", "policies", "reports", "audit", "other"]


class FeedbackBody(Body):
    """One click: whether it was good, and on which page."""

    liked: bool
    place: Place = "other"


class PilotBody(Body):
    """Somebody who wants to be written to; `agreed`: that this is kept through the reset, which they must say."""

    email: str = Field(max_length=254, repr=False)
    organisation: str = Field(default="", max_length=200, repr=False)
    wish: str = Field(default="", max_length=1000, repr=False)
    agreed: Literal[True]

    @field_validator("email")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if not _ADDRESS.fullmatch(value):
            raise ValueError("this is no e-mail address")
        return value


def routes(parts: Parts) -> Sequence[ConsoleRoute]:
    """The routes of this module; 404 where there is no demo."""
    clicks, pilots = Limiter(_CLICKS, _SECONDS), Limiter(_PILOTS, _SECONDS)
    return (
        ConsoleRoute(
            "POST", "/demo/feedback", partial(_feedback, parts, clicks), "What a visitor thinks", "installation",
            body=FeedbackBody, status=204, act=False,
        ),
        ConsoleRoute(
            "POST", "/demo/pilot", partial(_pilot, parts, pilots), "Ask for a pilot", "installation",
            body=PilotBody, status=204, act=False,
        ),
        ConsoleRoute(
            "POST", "/demo/reset", partial(_reset, parts), "Delete everything in the demo now", "installation",
            roles=("admin",), status=204,
        ),
    )  # fmt: skip


async def _feedback(parts: Parts, clicks: Limiter, call: ConsoleCall) -> None:
    _admit(parts, clicks, call)
    body: FeedbackBody = call.body
    await _kept(partial(keep_feedback, parts.settings.data_dir, parts.now(), body.place, liked=body.liked))


async def _pilot(parts: Parts, pilots: Limiter, call: ConsoleCall) -> None:
    _admit(parts, pilots, call)
    body: PilotBody = call.body
    pilot = Pilot(parts.now(), body.email, body.organisation.strip(), body.wish.strip())
    await _kept(partial(keep_pilot, parts.settings.data_dir, pilot))


async def _reset(parts: Parts, _call: ConsoleCall) -> None:
    due = partial(bring_forward, parts.settings.data_dir, parts.now() / 1000)
    try:
        begun = parts.settings.demo_mode and await asyncio.to_thread(due)
    except OSError:
        raise Problem(503, "not_reset", "The reset could not be noted in the data folder. Try again.") from None
    if not begun:
        raise Problem(404, "no_demo", "This installation is no public demo that is reset.")


def _admit(parts: Parts, limiter: Limiter, call: ConsoleCall) -> None:
    if not parts.settings.demo_mode:
        raise Problem(404, "no_demo", "This installation is no public demo.")
    if limiter.wait(call.caller.user):
        raise Problem(429, "too_often", "Thank you; that was often enough for this hour.")


async def _kept(keep: partial[None]) -> None:
    try:
        await asyncio.to_thread(keep)
    except (DemoFull, OSError):
        raise Problem(503, "not_kept", "This could not be kept. Please write to the demo's owner instead.") from None

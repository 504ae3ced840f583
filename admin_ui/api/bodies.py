"""What the bodies, queries and answers of several routes have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from policies.console_routes import ConsoleCall, Problem

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
Name = Annotated[str, Field(pattern=NAME)]
Moment = Annotated[int, Field(ge=0, le=2**53, description="UTC milliseconds since 1970")]
INSTALLATION = "default"
"""The tenant whose people may change what all tenants share: policies, providers, models, prices."""


class Body(BaseModel):
    """Base of bodies and queries: unknown fields are errors, and errors do not show what was sent."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


def require_installation(call: ConsoleCall) -> None:
    """Raise Problem when the caller's tenant must not see or change what is the installation's own."""
    if call.caller.tenant != INSTALLATION:
        raise Problem(403, "forbidden", "All tenants share this; it is for people of the tenant `default`.")


def version_in(call: ConsoleCall) -> int | None:
    """The version in `If-Match`; None without it or for `*`. Raises Problem for anything else."""
    if call.if_match is None or call.if_match == "*":
        return None
    if not call.if_match.isascii() or not call.if_match.isdigit() or len(call.if_match) > 15:  # noqa: PLR2004 - 2**53
        raise Problem(412, "version_conflict", "If-Match holds no version of this; read it anew.")
    return int(call.if_match)

"""Routes of OpenAI and Anthropic that the gateway refuses, and why: a client should read more than "unknown"."""

from __future__ import annotations

from typing import Final

_FILES: Final = "Files come through `POST /v1/files`, which looks into them; here they would leave unscanned."
_BYPASS: Final = (
    "This route hands out a key for a direct line to the provider, past the gateway, so the gateway refuses it."
)
_AUDIO: Final = "Audio cannot be looked into, so the gateway refuses it."
_ADMIN: Final = "Administration of the provider's account does not go through the gateway."
_STATEFUL: Final = "The gateway does not look into this API yet, so it refuses it."

REFUSED: Final[dict[str, str]] = {
    "/audio": _AUDIO,
    "/images": "Images cannot be looked into, so the gateway refuses this route.",
    "/videos": "Videos cannot be looked into, so the gateway refuses this route.",
    "/files": "Lists of files are refused: they name other tenants' files. Ask for one by its id.",
    "/uploads": _FILES,
    "/batches": "Lists of batches are refused: they name other tenants' batches. Ask for one by its id.",
    "/containers": _FILES,
    "/skills": _FILES,
    "/vector_stores": "Lists of vector stores are refused: they name other tenants' stores. Ask for one by its id.",
    "/fine_tuning": "A model would be made of scrambled texts, whose tokens nobody could restore.",
    "/evals": _STATEFUL,
    "/graders": _STATEFUL,
    "/assistants": f"{_STATEFUL} Use /v1/responses.",
    "/threads": f"{_STATEFUL} Use /v1/responses.",
    "/agents": _STATEFUL,
    "/chat/completions": "Lists of stored chats are refused: they name other tenants' chats. Ask for one by its id.",
    "/realtime/client_secrets": _BYPASS,
    "/chatkit": _BYPASS,
    "/realtime": _AUDIO,
    "/live": _AUDIO,
    "/organization": _ADMIN,
    "/admin": _ADMIN,
    "/safety": _STATEFUL,
    "/content_provenance_checks": _STATEFUL,
    "/vaults": "Credentials do not go through the gateway.",
    "/projects": _ADMIN,
    "/webhook_endpoints": _ADMIN,
    "/webhook_event_types": _ADMIN,
    "/organizations": _ADMIN,
    "/compliance": _ADMIN,
    "/models": "Models are made and deleted at the provider: that does not go through the gateway.",
    "/complete": "This API is gone. Use /v1/messages.",
    "/messages/batches": "Lists of batches are refused: they name other tenants' batches. Ask for one by its id.",
    "/sessions": _STATEFUL,
    "/memory_stores": _STATEFUL,
    "/environments": _STATEFUL,
    "/deployments": _STATEFUL,
    "/deployment_runs": _STATEFUL,
    "/dreams": _STATEFUL,
    "/tunnels": _BYPASS,
    "/user_profiles": _STATEFUL,
}
"""Beginning of the path, without `/v1`, -> why it is refused; the longest beginning that fits decides."""


def why_refused(path: str) -> str | None:
    """Why the gateway refuses a route; None for a path that it does not know."""
    place = path.removeprefix("/v1")
    fitting = [start for start in REFUSED if place == start or place.startswith(f"{start}/")]
    return REFUSED[max(fitting, key=len)] if fitting else None

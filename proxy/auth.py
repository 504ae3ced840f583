"""Who is asking, and which policy and session the request runs under."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from aiohttp import web

from policies.db import DatabaseUnavailable
from policies.keys import KeyStore
from policies.model import Policy
from policies.principals import Principal
from policies.resolve import ANY, PolicyNotAllowed, resolve
from policies.sections import PoliciesSection, client_address
from policies.settings import Settings
from proxy.core.jsontext import Document
from proxy.errors import BadRequest, Forbidden, InvalidKey, KeysUnavailable

MAX_SESSION = 256
_ENGLISH = "en"
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_MAKE = "`sting keys create NAME` makes one; a provider's own key is none."
_TAG = re.compile(r"[A-Za-z0-9._-]{1,64}")


async def authenticate(request: web.Request, keys: KeyStore, *, pass_through: bool = False) -> Principal:
    """The principal of the request's virtual key.

    It stands in X-Sting-Key, in `Authorization: Bearer` or in x-api-key; with `pass_through` only in X-Sting-Key, for
    the others then hold the client's own provider credential. Raises InvalidKey, KeysUnavailable.
    """
    secret = request.headers.get("X-Sting-Key", "")
    if not secret and not pass_through:
        scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
        secret = credential.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "")
    if not secret:
        raise InvalidKey(f"No gateway key was sent. Put it where your SDK takes the API key. {_MAKE}")
    principal = await _whose(keys, secret)
    if principal is None:
        raise InvalidKey(f"This gateway key is not known, or it is revoked or expired. {_MAKE}")
    return principal


async def own_credential(request: web.Request, keys: KeyStore) -> str | None:
    """The client's own credential for its provider, in pass-through mode; never a key of the gateway."""
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    found = credential.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "")
    if not found or found == request.headers.get("X-Sting-Key") or await _whose(keys, found) is not None:
        return None
    return found


async def _whose(keys: KeyStore, secret: str) -> Principal | None:
    """Whom a key belongs to; raises KeysUnavailable when that cannot be told."""
    try:
        return await keys.authenticate(secret)
    except DatabaseUnavailable:
        pass
    raise KeysUnavailable("The gateway cannot look up keys: its database does not answer. Nothing was sent.")


def require_role(principal: Principal, role: str) -> None:
    """Raise Forbidden when the key lacks the role."""
    if not principal.has_role(role):
        raise Forbidden(
            f"This key lacks the role `{role}`. `sting keys create NAME --role {role}` makes one that has it."
        )


def effective_policy(
    principal: Principal, policies: Mapping[str, Policy], section: PoliciesSection, requested: str | None
) -> Policy:
    """The policy of this request, tightened by the floors of tenant and team.

    Raises Forbidden for one that is not the key's.
    """
    try:
        return resolve(
            policies,
            default=section.default,
            own=principal.policy,
            requested=requested or None,
            allowed=principal.policies,
            floors=floors_of(principal, policies, section),
        )
    except PolicyNotAllowed as error:
        raise Forbidden(f"{error}.".capitalize(), param="X-Sting-Policy") from None


def in_language(policy: Policy, principal: Principal, language: str | None) -> Policy:
    """The policy, its detection with the language that X-Sting-Language names before its own.

    A language that is named is looked at less generously than as English, so it counts only from a key that may use
    every policy; from others nothing changes, for a report of theirs must not fail. Raises BadRequest.
    """
    if language is None or ANY not in (principal.policies or ()):
        return policy
    if not _LANGUAGE.fullmatch(language):
        raise BadRequest("X-Sting-Language takes an ISO 639-1 code such as `de`.", param="X-Sting-Language")
    others = [one for one in policy.detection.languages if one != language]
    # English stands before the others anyway: that it was named is told by naming it twice
    languages = (language, *((language,) if language == _ENGLISH else ()), *others)
    return policy.model_copy(update={"detection": policy.detection.model_copy(update={"languages": languages})})


def floors_of(principal: Principal, policies: Mapping[str, Policy], section: PoliciesSection) -> list[Policy]:
    """The floors of tenant and team. Raises PolicyNotAllowed when one was removed: without it nothing may leave."""
    names = section.floors_of(principal.tenant, principal.team)
    missing = next((name for name in names if name not in policies), None)
    if missing is not None:
        raise PolicyNotAllowed(f"the floor {missing!r} of this tenant does not exist")
    return [policies[name] for name in names]


def demanding(
    principal: Principal,
    policies: Mapping[str, Policy],
    section: PoliciesSection,
    policy: Policy,
    demands: Callable[[Policy], bool],
) -> str:
    """Who to name for what an effective policy demands: the policy, or the floor when only that one `demands` it."""
    own = policies.get(policy.name)
    floors = (policies.get(name) for name in section.floors_of(principal.tenant, principal.team))
    found = next((one for one in floors if one is not None and demands(one)), None)
    by_floor = found is not None and own is not None and not demands(own)
    return f"floor `{found.name}`" if found is not None and by_floor else f"policy `{policy.name}`"


def end_user(body: Document) -> str | None:
    """For whom a request says it is: OpenAI's `user` or `safety_identifier`, Anthropic's `metadata.user_id`."""
    return body.value("user") or body.value("safety_identifier") or body.value("metadata", "user_id")


def tag_of(request: web.Request) -> str:
    """What the client wrote into X-Sting-Tag: a word for the bill, so no free text. Raises BadRequest."""
    tag = request.headers.get("X-Sting-Tag", "")
    if tag and not _TAG.fullmatch(tag):
        raise BadRequest("X-Sting-Tag takes up to 64 letters, digits, `-`, `_` and `.`.", param="X-Sting-Tag")
    return tag


def require_network(request: web.Request, principal: Principal, trusted_proxies: Sequence[str] = ()) -> None:
    """Raise Forbidden when the key is bound to networks and the client is in none of them."""
    if not principal.limits.networks:
        return
    address = client_address(request.remote, request.headers.get("X-Forwarded-For"), trusted_proxies)
    if not principal.limits.may_come_from(address):
        raise Forbidden("This key does not work from this network.")


async def entitled(request: web.Request, keys: KeyStore, settings: Settings, role: str) -> Principal:
    """The principal of a call of the gateway's own API: a key with the role, from a network where it works.

    Raises InvalidKey, Forbidden, KeysUnavailable.
    """
    principal = await authenticate(request, keys, pass_through=settings.auth.pass_through)
    require_role(principal, role)
    require_network(request, principal, settings.gateway.trusted_proxies)
    return principal


def explicit_session(request: web.Request) -> str | None:
    """The session that the client names, if it does; raises BadRequest for an unusable one."""
    session = request.headers.get("X-Sting-Session")
    if session is not None and (not session or len(session) > MAX_SESSION):
        raise BadRequest(f"X-Sting-Session takes 1 to {MAX_SESSION} characters.", param="X-Sting-Session")
    return session


def session_ttl(request: web.Request, policy: Policy, *, lasting: bool = False) -> int:
    """Seconds that the session is kept: what the client asks for, up to the policy's maximum.

    `lasting`: the provider keeps objects that hold tokens of the session, so it is kept as long as the policy allows.
    """
    asked = request.headers.get("X-Sting-Session-TTL")
    if asked is None:
        return policy.session_ttl_max if lasting else policy.session_ttl
    if not asked.isascii() or not asked.isdigit() or not int(asked):
        raise BadRequest("X-Sting-Session-TTL takes a number of seconds.", param="X-Sting-Session-TTL")
    return min(int(asked), policy.session_ttl_max)

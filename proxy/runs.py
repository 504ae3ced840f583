"""On whose behalf, under which policy and in which session the texts of one exchange are scrambled and restored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from policies.model import Policy
from policies.places import UNKNOWN, Passage, rules_at
from policies.principals import Principal
from proxy.core.slots import TextSlot
from proxy.vault.base import Scope


@dataclass(slots=True)
class Run:
    """On whose behalf, under which policy and in which session texts are scrambled. `key` names the vault's tokens.

    `explicit`: the client named the session. `keeps_tokens`: the answer keeps its tokens, and those of this session
    may be sent (`X-Sting-Restore: none`). `stores`: the session keeps what is issued; not for embeddings, whose answers
    hold nothing to restore. `stored`: an object of the provider names the session; `others`: further sessions that
    such objects belong to, whose tokens may be restored too. `invents`: realistic surrogates may be issued, for they
    come back in the answer to this very request or not at all. `passage`: what is known of all of its texts.
    """

    principal: Principal
    policy: Policy
    key: bytes = field(repr=False)
    session: str = field(repr=False)
    ttl: int
    explicit: bool = False
    keeps_tokens: bool = False
    stores: bool = True
    stored: bool = False
    others: tuple[str, ...] = field(default=(), repr=False)
    invents: bool = False
    passage: Passage = UNKNOWN
    scopes: tuple[Scope, ...] = field(init=False, repr=False)
    """The session and the others, as the vault knows them."""

    def __post_init__(self) -> None:
        tenant, owner = self.principal.tenant, self.principal.owner
        self.scopes = tuple([Scope(tenant, owner, session, self.ttl) for session in (self.session, *self.others)])

    @property
    def scope(self) -> Scope:
        """The session as the vault knows it."""
        return self.scopes[0]

    def rules(self, slot: TextSlot) -> Policy:
        """The policy as it counts for one text of the request."""
        if not self.policy.places:
            return self.policy
        role, tool = slot.place
        roles = None if role is None else frozenset({role})
        tools = None if tool is None else frozenset({tool} if tool else ())
        return rules_at(self.policy, replace(self.passage, direction="request", roles=roles, tools=tools))

    def rules_of_answers(self) -> Policy:
        """The policy as it counts for what the model says by itself; of a tool call it is not known which tool."""
        passage = replace(self.passage, direction="answer", roles=frozenset({"assistant"}))
        return rules_at(self.policy, passage)

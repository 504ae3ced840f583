"""The policy model: what is done about each entity type. Pure; validated where a policy file or form comes in."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from policies.expressions import fault

CORE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32 letters: the eight-character core of a token is written with them."""

_ENTITY_TYPE = re.compile(r"[A-Z][A-Z0-9_]{1,39}")
TOKEN = re.compile(rf"(?<![A-Z0-9_])[A-Z][A-Z0-9_]{{1,39}}_[{CORE_ALPHABET}]{{8}}(?![A-Z0-9_])")
"""What has the form of a token, as the gateway writes it."""
_CORE_LIKE = re.compile(rf"(?:^|_)[{CORE_ALPHABET}]{{8}}(?:_|$)")


def check_entity_type(name: str) -> str:
    """Return `name` when it can start a token; raise ValueError when it cannot.

    A part of eight core letters would let one token be the beginning of another (docs/architecture.md, rule 2).
    """
    if not _ENTITY_TYPE.fullmatch(name) or name.endswith("_") or _CORE_LIKE.search(name):
        raise ValueError(
            f"{name!r} cannot be an entity type: use 2 to 40 of A-Z, 0-9 and _, starting with a letter, "
            "and no part of exactly eight letters without I, L, O and U"
        )
    return name


class Action(StrEnum):
    """What is done about a finding, from the strictest to the mildest (the order that resolving uses)."""

    BLOCK = "block"
    REDACT = "redact"
    MASK = "mask"
    HASH = "hash"
    GENERALIZE = "generalize"
    SCRAMBLE = "scramble"
    OBSERVE = "observe"
    KEEP = "keep"


class _Strict(BaseModel):
    """Base of all policy parts: immutable, unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Strict):
    """What is done about one entity type from `min_score` (0 to 1) up.

    `style`: what scrambling puts in an original's place, a token or, where that can be, a value of the same form from
    a range that is nobody's (`realistic`). `one_way`: the token stands for the value and nothing ever restores it.
    """

    action: Action = Action.SCRAMBLE
    min_score: float = Field(default=0.0, ge=0.0, le=1.0)
    style: Literal["token", "realistic"] = "token"
    one_way: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:  # noqa: ANN401 - not yet validated
        """`PERSON: redact` is short for `PERSON: {action: redact}`."""
        return {"action": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _styled(self) -> Rule:
        if self.style != "token" and self.action is not Action.SCRAMBLE:
            raise ValueError("a style goes with the action scramble only")
        if self.one_way and (self.action in (Action.KEEP, Action.OBSERVE) or self.style != "token"):
            raise ValueError("one_way goes with what replaces, and with the style token")
        return self


MOST_RECOGNISERS = 50
"""Expressions of one policy: each is tried when it is loaded, and looks at every text."""
Checksum = Literal["luhn", "verhoeff", "damm", "mod97", "mod11-10", "mod37-36"]


class Recogniser(_Strict):
    """An own way to find an entity type: a regular expression (syntax of the package `regex`).

    `group`: the part of it that is the value, 0 for all. `checksum`: must fit the value without spaces, dots, dashes.
    """

    pattern: str = Field(min_length=1, max_length=1_000)
    score: float = Field(default=0.9, gt=0.0, le=1.0)
    group: int = Field(default=0, ge=0, le=99)
    checksum: Checksum | None = None

    @model_validator(mode="after")
    def _usable(self) -> Recogniser:
        found = fault(self.pattern, self.group)
        if found is not None:
            raise ValueError(found)
        return self


EngineName = Literal["patterns", "names", "presidio", "gliner", "huggingface", "presidio_remote"]


class Detection(_Strict):
    """How findings are looked for.

    `engines` and `regions` are what `proxy.detectors.base.Profile` says. `allow`: words that are never reported;
    `deny`: entity type -> words that always are. `recognisers`: entity type -> own expressions that find it; one alone
    may be written as its text.
    """

    engines: tuple[EngineName, ...] = ("patterns", "names")
    languages: tuple[str, ...] = ("en",)
    regions: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    deny: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    recognisers: dict[str, tuple[Recogniser, ...]] = Field(default_factory=dict)

    @property
    def expressions(self) -> tuple[tuple[str, str, int, float, str], ...]:
        """The own recognisers, by entity type: (type, expression, group, score, checksum or nothing)."""
        own = sorted(self.recognisers.items())
        return tuple(
            (name, one.pattern, one.group, one.score, one.checksum or "") for name, some in own for one in some
        )

    @field_validator("recognisers", mode="before")
    @classmethod
    def _short_forms(cls, data: Any) -> Any:  # noqa: ANN401 - not yet validated
        """`EMPLOYEE_ID: 'EMP-[0-9]{6}'` is short for a list of one with this pattern."""
        if not isinstance(data, dict):
            return data
        lists = {name: some if isinstance(some, list | tuple) else [some] for name, some in data.items()}
        if sum(map(len, lists.values())) > MOST_RECOGNISERS:
            raise ValueError(f"a policy has at most {MOST_RECOGNISERS} expressions")
        return {
            name: [{"pattern": one} if isinstance(one, str) else one for one in some] for name, some in lists.items()
        }

    @field_validator("recognisers")
    @classmethod
    def _known_shape(cls, value: dict[str, tuple[Recogniser, ...]]) -> dict[str, tuple[Recogniser, ...]]:
        for name in value:
            check_entity_type(name)
        return value


_HOST = re.compile(r"\*|(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")


class Tools(_Strict):
    """Names of tools, `*` standing for any letters: into the arguments of which originals may go; `deny` wins."""

    allow: tuple[str, ...] = ("*",)
    deny: tuple[str, ...] = ()


class Restore(_Strict):
    """Where originals may come back.

    `hosts`: into whose URLs they may go, as names, `*.example.com` for a domain's hosts, or `*` for all of them.
    Without it none goes into a URL but `mailto:` and `tel:`: a link or image that is rendered would carry it away.
    """

    hosts: tuple[str, ...] = ()
    tools: Tools = Tools()

    @field_validator("hosts")
    @classmethod
    def _names_of_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not _HOST.fullmatch(name):
                raise ValueError("write a host as a name in lower case (api.example.com, *.example.com) or as *")
        return value


class Route(_Strict):
    """Where requests may go; local providers meet all of it.

    `local`: to providers marked local only. `regions`: of those that others must state. `retention_days`: the longest
    that they may keep what they get. `trains_on_data: false`: only to those that state they do not. What a provider
    does not state it does not meet. `instead`: targets (`provider/model`) for what would go nowhere else.
    """

    local: bool = False
    regions: tuple[str, ...] | None = None
    retention_days: int | None = Field(default=None, ge=0)
    trains_on_data: bool = True
    instead: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:  # noqa: ANN401 - not yet validated
        """`route: local` is short for `route: {local: true}`."""
        return {"local": True} if data == "local" else data


ANYWHERE = Route()


class Hooks(_Strict):
    """Guardrails by their names in the configuration: asked before texts leave, and after an answer has come.

    `verdict`: whether they stop exchanges or are only counted. `window`: so many new characters of a streamed answer
    are held until the hooks have seen them; 0: all of it.
    """

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    verdict: Literal["block", "report"] = "block"
    window: int = Field(default=2_000, ge=0, le=1_000_000)


class Cache(_Strict):
    """Answers that are given again for the same scrambled request of the same session.

    `ttl`: for so many seconds; 0: never. `calls`: of calls whose answer does not vary (temperature 0, embeddings,
    moderations), or of all.
    """

    ttl: int = Field(default=0, ge=0, le=30 * 86_400)
    calls: Literal["deterministic", "all"] = "deterministic"


Role = Literal["system", "user", "assistant", "tool"]


class Place(_Strict):
    """Rules for a part of what passes, in the place of the policy's own; where several fit, the later ones win.

    It fits where all of its conditions do, and one that is not written always does. `direction`: what goes to the
    provider, or what the model says by itself. `roles`: whose message it stands in. `tools`: the tool that a
    definition, a call or a result belongs to. `models`: the name that was asked for and the provider's own.
    `providers`: as the configuration names them. `*` stands for any letters. Where it is not known whether a condition
    fits, the stricter of both rules counts.

    `entities` gives the rule per entity type, `default` that of every type which the place does not name; without it
    they keep the rule that they have. `tighten`: the rules count only where they are stricter.
    """

    direction: Literal["request", "answer"] | None = None
    roles: tuple[Role, ...] = ()
    tools: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    entities: dict[str, Rule] = Field(default_factory=dict)
    default: Rule | None = None
    tighten: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Place:
        for name in self.entities:
            check_entity_type(name)
        if not self.entities and self.default is None:
            raise ValueError("a place needs rules: entities, default or both")
        return self

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All of its rules."""
        return (*self.entities.values(), *([] if self.default is None else [self.default]))


MOST_PLACES = 50
"""Places of one policy; floors add theirs."""


class Policy(_Strict):
    """A named set of rules.

    `entities` gives the rule per entity type, `default` the rule of every other type, `places` other rules for parts
    of what passes. `scope`: the same value has the same token in all sessions of a vault, or in one session only
    (`linkable: true` and `false` are older words for these). `notice`: tell the model that tokens are opaque.
    `unscannable`: what happens to content that cannot be read as text. `on_failure`: what happens while the detectors
    cannot look at texts: nothing is sent (`refuse`), or it goes as it is to the model's local providers on this
    network, if it has any (`local`). `identifiers`: what happens when the name of a
    tool, function or schema holds personal data. `websockets`: whether events of OpenAI's Responses and Realtime APIs
    may pass over a WebSocket, audio never. `store`: whether providers may keep responses and chats (`never`: they are
    told not to). `server_tools`: which tools the provider itself may run (`web_search`, `mcp`, ...): they hand what
    they are given, which is scrambled, to others. `restore`: where originals may come back. `output`: what happens to
    personal data in the model's answer that no token stands for. `route`: where requests may go. `hooks`: guardrails.
    `cache`: which answers are given again. `session_ttl` and `session_ttl_max` are seconds.
    """

    name: str = Field(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_.-]*$")
    description: str = ""
    extends: str | None = None
    entities: dict[str, Rule] = Field(default_factory=dict)
    default: Rule = Rule()
    places: tuple[Place, ...] = ()
    detection: Detection = Detection()
    scope: Literal["vault", "session"] = "vault"
    notice: bool = True
    unscannable: Literal["refuse", "allow"] = "refuse"
    on_failure: Literal["refuse", "local"] = "refuse"
    identifiers: Literal["report", "block"] = "report"
    websockets: Literal["refuse", "allow"] = "refuse"
    store: Literal["as asked", "never"] = "as asked"
    server_tools: Tools = Tools()
    restore: Restore = Restore()
    output: Literal["off", "report", "redact", "block"] = "off"
    route: Route = ANYWHERE
    hooks: Hooks = Hooks()
    cache: Cache = Cache()
    session_ttl: int = Field(default=86_400, ge=60)
    session_ttl_max: int = Field(default=30 * 86_400, ge=60)

    @model_validator(mode="before")
    @classmethod
    def _older_word(cls, data: Any) -> Any:  # noqa: ANN401 - not yet validated
        """`linkable: false` is `scope: session`."""
        if not isinstance(data, dict) or not isinstance(data.get("linkable"), bool):
            return data
        scope = "vault" if data["linkable"] else "session"
        if data.get("scope", scope) != scope:
            raise ValueError("linkable and scope say different things: write scope only")
        return {**{name: value for name, value in data.items() if name != "linkable"}, "scope": scope}

    @field_validator("output", mode="before")
    @classmethod
    def _bare_word(cls, value: Any) -> Any:  # noqa: ANN401 - not yet validated
        """YAML reads `off` without quotes as false."""
        return "off" if value is False else value

    @field_validator("entities")
    @classmethod
    def _known_shape(cls, value: dict[str, Rule]) -> dict[str, Rule]:
        for name in value:
            check_entity_type(name)
        return value

    @field_validator("places")
    @classmethod
    def _few_places(cls, value: tuple[Place, ...]) -> tuple[Place, ...]:
        if sum(not place.tighten for place in value) > MOST_PLACES:
            raise ValueError(f"a policy has at most {MOST_PLACES} places")
        return value

    @property
    def linkable(self) -> bool:
        """Whether the same value has the same token in all sessions of a vault."""
        return self.scope == "vault"

    def rule(self, entity_type: str) -> Rule:
        """The rule for `entity_type`."""
        return self.entities.get(entity_type, self.default)

    @cached_property
    def invents(self) -> bool:
        """Whether any rule asks for realistic surrogates."""
        placed = [rule for place in self.places for rule in place.rules]
        return any(rule.style == "realistic" for rule in (self.default, *self.entities.values(), *placed))

    @cached_property
    def types(self) -> frozenset[str]:
        """Entity types that it names: of its rules, those of its places, and those that it finds by itself."""
        found = {*self.entities, *self.detection.deny, *self.detection.recognisers}
        return frozenset(found.union(*(place.entities for place in self.places)))

    @cached_property
    def by_text(self) -> bool:
        """Whether the texts of one request may have different rules."""
        return any(place.roles or place.tools for place in self.places)

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) over all that changes what the policy does: everything but its names and description."""
        content = self.model_dump(mode="json", exclude={"name", "description", "extends"})
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Policy:
        """As pydantic's, but the copy works out its own digest, and what else follows from its rules."""
        copied = super().model_copy(update=update, deep=deep)
        for known in ("digest", "invents", "types", "by_text"):
            copied.__dict__.pop(known, None)
        return copied

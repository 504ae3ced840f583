"""Which strings of a JSON body are text, and how an edit of one finds its way back into the body.

Everything is text but what a dialect's path-scoped rules name (docs/architecture.md, rule 1): a field that a provider
invents tomorrow is scanned. Rules are written as paths with `*` for any array position or any key.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from proxy.core.jsontext import Document, Edit, Leaf, NotJson, Offsets, Path, in_document, parse

NESTED_DEPTH: Final = 3
"""How many levels of JSON in a string are opened (tool arguments hold JSON, which may hold JSON)."""

MOST_NESTED: Final = 500_000
"""Values that the JSON in strings of one body may have together; what is over it is looked at as a text."""

_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_.$/-]{1,64}", re.ASCII)
_HARMLESS: Final = re.compile(r"[A-Za-z_.$/-]{1,64}", re.ASCII)
_SAYS_NOTHING: Final = re.compile(r"[A-Za-z_.$/-]{1,13}|[a-z_.$/-]{1,64}", re.ASCII)
"""Names in which nothing can be: long ones of mixed letters may be base64."""
_WORDS: Final = re.compile(
    r"[A-Za-z]+[_-][A-Za-z][a-z]{2,20}\Z|.*?[_-](?:[A-Z]?[a-z]{2,20}|[A-Z]{3,20})[_-](?:[A-Z]?[a-z]{2,20}|[A-Z]{3,20})"
    r"(?:[_-]|\Z)"
)
"""An id that is one word behind its first part, or has two that follow one another: what is made at random has not."""
_LONGEST_ID: Final = 200
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]+", re.ASCII)
_LEAST_CODED: Final = 32
_CODED: Final = 400
"""Characters from which base64 may be a text in code, and by which that is told: ciphers are none from the start."""
_FILE_URL: Final = re.compile(r"data:[a-z]+/[a-z0-9.+-]+(?:;[a-z0-9-]+=[^;,\s]*)*;base64,", re.IGNORECASE)
"""A file of its own in the place of a text: what is in it cannot be read."""
_MAY_BE_JSON: Final = re.compile(r"\s*[\[{]")


_TELLING: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:\d{9,}|\d{3}[ -]\d{2,3}[ -]\d{4}|(?:\d{4}[ -]){3}\d{4})(?![0-9A-Za-z])", re.ASCII
)


class Kind(StrEnum):
    """What a string is to the gateway."""

    TEXT = "text"
    """Scanned in full, replaced."""
    LABEL = "label"
    """Scanned in full, replaced by what has none but the letters that the API takes there: A-Z, a-z, 0-9, _ and -."""
    KEY = "key"
    """A key or an identifier-like name: patterns and known values only, replaced."""
    NAME = "name"
    """The name of a tool, function or schema: patterns and known values only, reported or blocked, never replaced.
    What no tool can be called is text."""
    PLAIN = "plain"
    """An enumeration, a model name: left alone while it has its expected shape, else text."""
    OPAQUE = "opaque"
    """A provider's id or signature: left alone while it has its expected shape, else text."""
    SIGNED = "signed"
    """Scanned in full, never edited, for its writer notices: what a policy would replace in it refuses the request."""
    NUMBER = "number"
    """A setting that is a number, long enough to be a telephone's or a card's: scanned, replaced by another number."""
    UNSCANNABLE = "unscannable"
    """Cannot be read as text (image, audio, file): the policy decides."""


@dataclass(frozen=True, slots=True)
class Field:
    """The class of one path: its kind and, for plain and opaque ones, the shape that its value must have.

    `owned`: what stands there names an object of the provider's, which must be the caller's own, whatever its shape.
    """

    kind: Kind
    shape: re.Pattern[str] | None = None
    owned: bool = False


TEXT: Final = Field(Kind.TEXT)
KEY: Final = Field(Kind.KEY, _IDENTIFIER)
NAME: Final = Field(Kind.NAME, re.compile(r"[A-Za-z0-9_.:/$-]{1,128}", re.ASCII))
"""A name that no API takes for one is text: a sentence, an address."""
SIGNED: Final = Field(Kind.SIGNED)
UNSCANNABLE: Final = Field(Kind.UNSCANNABLE)
FILE: Final = Field(Kind.UNSCANNABLE, owned=True)
"""A file of the provider's: what is in it cannot be read, unless it came through the gateway."""
_OWNED_TEXT: Final = Field(Kind.TEXT, owned=True)
ANYTHING: Final = Field(Kind.PLAIN)
"""Plain whatever its value: the model's name, which routing checks."""
MODEL: Final = Field(Kind.PLAIN, re.compile(r"@?[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127}", re.ASCII))
"""The name of a model, plain while it looks like one."""
CREDENTIAL: Final = Field(
    Kind.PLAIN,
    re.compile(
        r"(?:(?:Bearer|Basic|Token) |(?=[^a-zA-Z]*[a-zA-Z])(?=[^0-9]*[0-9])(?=.{16}))[A-Za-z0-9._~+/=:-]+", re.ASCII
    ),
)
"""A key or a token for a server that the provider is to call. What a client puts there besides is text."""
LABEL: Final = Field(Kind.LABEL)
FLAG: Final = Field(Kind.PLAIN, re.compile(r"(?!)"))
"""A number or a truth value is plain; a string in its place is text."""


def is_model_name(name: str) -> bool:
    """Whether models are called so: the name leaves unscanned, so an address, a sentence or a card number is none."""
    return MODEL.shape is not None and MODEL.shape.fullmatch(name) is not None and not tells_number(name)


def tells_number(text: str) -> bool:
    """Whether a name or an id has a number in it that may be somebody's: a card, a telephone, an account."""
    return _TELLING.search(text) is not None


def _says_something(text: str) -> bool:
    """Whether something of the shape of an id or a cipher has words in it, or is a text in base64."""
    if len(text) <= _LONGEST_ID and _WORDS.match(text):
        return True
    head = text[:_CODED].rstrip("=")
    if len(head) < _LEAST_CODED or not _BASE64.fullmatch(head):
        return False
    raw = urlsafe_b64decode(head.replace("+", "-").replace("/", "_")[: len(head) // 4 * 4])
    read = "".join(letter for letter in raw.decode("utf-8", "ignore") if letter.isprintable() or letter in "\t\r\n")
    return len(read.encode()) * 10 >= len(raw) * 9


def plain(*values: str) -> Field:
    """A plain field with a closed list of values."""
    return Field(Kind.PLAIN, re.compile("|".join(re.escape(value) for value in values)))


def opaque(shape: str) -> Field:
    """An opaque field whose value matches the regular expression `shape` in full."""
    return Field(Kind.OPAQUE, re.compile(shape))


def owned(field: Field) -> Field:
    """The same field as one that names an object of the provider's."""
    return replace(field, owned=True)


@dataclass(slots=True)
class Node:
    """One step of the rule tree: the field that ends here, the known keys below, and what any other key leads to."""

    ends: Field | None = None
    children: dict[str, Node] = field(default_factory=dict)
    any_item: Node | None = None
    any_key: Node | None = None


def rules(fields: Mapping[str, Field | Node]) -> Node:
    """The rule tree of paths such as `messages.*.role`; `*` is any array position, `{}` any key of an object.

    A path may end in a ready-made tree (a recursive one for JSON Schema, say).
    """
    root = Node()
    for path, end in fields.items():
        steps = path.split(".")
        node = root
        for step in steps[:-1]:
            node = _below(node, step)
        if isinstance(end, Node):
            _attach(node, steps[-1], end)
        else:
            _below(node, steps[-1]).ends = end
    return root


def _below(node: Node, step: str) -> Node:
    if step == "*":
        node.any_item = node.any_item or Node()
        return node.any_item
    if step == "{}":
        node.any_key = node.any_key or Node()
        return node.any_key
    return node.children.setdefault(step, Node())


def _attach(node: Node, step: str, subtree: Node) -> None:
    if step == "*":
        node.any_item = subtree
    elif step == "{}":
        node.any_key = subtree
    else:
        node.children[step] = subtree


def field_of(root: Node, leaf: Leaf) -> Field:
    """The class of a leaf; text where no rule speaks of its path."""
    node: Node | None = root
    last = len(leaf.path) - 1
    for depth, step in enumerate(leaf.path):
        if node is None:
            break
        if isinstance(step, int):
            node = node.any_item
            continue
        known = node.children.get(step)
        if leaf.is_key and depth == last:
            return _field_of_key(known, leaf.text, free_form=node.any_key is not None)
        node = known if known is not None else node.any_key
    if leaf.is_key:
        return _field_of_key(None, leaf.text, free_form=True)
    return TEXT if node is None or node.ends is None else _field_of_value(node.ends, leaf)


def _field_of_value(ends: Field, leaf: Leaf) -> Field:
    """The class of a string or number where the rules have this field."""
    otherwise = _OWNED_TEXT if ends.owned else TEXT
    if leaf.is_number and ends.kind is not Kind.UNSCANNABLE:
        # A card number may stand where a string belongs.
        return ends if ends in (FLAG, ANYTHING) else otherwise
    if ends.shape is not None and not ends.shape.fullmatch(leaf.text):
        return otherwise
    if ends.owned or (ends.kind is not Kind.OPAQUE and ends is not MODEL):
        return ends
    # No provider makes ids, ciphers or names of models with such numbers in them, nor ids that say something.
    says = tells_number(leaf.text) or (ends is not MODEL and _says_something(leaf.text))
    return TEXT if says else ends


def _field_of_key(known: Node | None, text: str, *, free_form: bool) -> Field:
    """Keys that the rules name are plain; others are looked at, the identifier-like ones by patterns only."""
    if known is not None and not free_form:
        return ANYTHING
    if known is not None or _HARMLESS.fullmatch(text):
        return KEY
    return KEY if _IDENTIFIER.fullmatch(text) else TEXT


@dataclass(slots=True)
class TextSlot:
    """One text of a body that is to be looked at.

    `path` is its place (for messages to the client, never with the text), `kind` one that is scanned, `leaves`
    the string itself and, before it, the strings of JSON that it is nested in, outermost first.
    """

    path: Path
    text: str = field(repr=False)
    kind: Kind
    leaves: tuple[Leaf, ...] = field(repr=False)
    offsets: dict[tuple[int, ...], Offsets] = field(default_factory=dict, repr=False, compare=False)
    """Offsets in the strings that this text is nested in, by their positions; shared by all texts of a body, for
    thousands of them may be nested in one string."""
    place: tuple[str | None, str | None] = (None, None)
    """Role of the message and name of the tool that it belongs to ("": to none); None where nobody has looked."""

    def edits_of_document(self, document: str, edits: Iterable[Edit]) -> list[Edit]:
        """Edits of this text as edits of the document's text."""
        moved = list(edits)
        if not moved:
            return []
        if self.kind is Kind.NUMBER:  # it stays one
            start = self.leaves[0].start
            return [Edit(start + edit.start, start + edit.end, edit.new) for edit in moved]
        moved = in_document(self.leaves[-1], self._enclosing(document, len(self.leaves) - 1), moved)
        for depth in range(len(self.leaves) - 2, -1, -1):
            leaf, place = self.leaves[depth], tuple(outer.start for outer in self.leaves[: depth + 1])
            offsets = self.offsets.get(place)
            if offsets is None:
                raw = self._enclosing(document, depth)[leaf.start : leaf.end]
                offsets = self.offsets[place] = Offsets(raw)
            moved = in_document(leaf, "", moved, offsets)
        return moved

    def _enclosing(self, document: str, depth: int) -> str:
        """The text that the leaf at `depth` stands in."""
        return self.leaves[depth - 1].text if depth else document


@dataclass(slots=True)
class Slots:
    """What a body consists of: the texts in document order, and the paths of what cannot be read.

    `owned`: where it names objects of the provider's that must be the caller's own. Of the texts, the first `ahead`
    come before the messages that a conversation grows by, and `inside` stand in those.
    """

    texts: Sequence[TextSlot]
    unscannable: Sequence[Path]
    ahead: int = 0
    inside: int = 0
    owned: Sequence[Leaf] = ()


def in_ranks(slots: Slots, rank: Callable[[TextSlot], int], growing: int, unscannable: Sequence[Path] = ()) -> Slots:
    """The texts by rank; `growing` is that of the texts in messages that a conversation grows by."""
    unscannable = [*slots.unscannable, *unscannable]
    if not slots.texts:
        return Slots((), unscannable, owned=slots.owned)
    ranks = [rank(slot) for slot in slots.texts]
    ahead = sum(1 for one in ranks if one < growing)
    return Slots(sorted(slots.texts, key=rank), unscannable, ahead, ranks.count(growing), slots.owned)


def slots_of(document: Document, root: Node, classified: Callable[[Leaf, Field], Field] | None = None) -> Slots:
    """Texts of a body by the rules of `root`.

    `classified` has the last word on a field's class, where that depends on what stands beside the field.
    """
    texts: list[TextSlot] = []
    unscannable: list[Path] = []
    own: list[Leaf] = []
    inside = _Inside()
    for leaf in document.leaves if classified is not None else _without_known_keys(document, root):
        found = field_of(root, leaf)
        if classified is not None:
            found = classified(leaf, found)
        if found.owned and leaf.text and not leaf.is_key:
            own.append(leaf)
        if found.kind is Kind.UNSCANNABLE:
            unscannable.append(leaf.path)
        elif found.kind is Kind.TEXT:
            for slot in _opened(leaf.path, (leaf,), inside):
                if slot.text[:5].lower() == "data:" and _FILE_URL.match(slot.text):
                    unscannable.append(slot.path)
                else:
                    texts.append(slot)
        elif found is FLAG and leaf.is_number:
            texts.append(TextSlot(leaf.path, leaf.text, Kind.NUMBER, (leaf,)))
        elif found.kind in (Kind.KEY, Kind.NAME, Kind.SIGNED, Kind.LABEL):
            texts.append(TextSlot(leaf.path, leaf.text, found.kind, (leaf,)))
    return Slots(texts, unscannable, owned=own)


def _without_known_keys(document: Document, root: Node) -> Sequence[Leaf]:
    """Leaves but for the keys of the body itself that the rules name: these are plain, as `field_of` has it."""
    if root.any_key is not None:
        return document.leaves
    known = root.children
    return [leaf for leaf in document.leaves if not (leaf.is_key and len(leaf.path) == 1 and leaf.text in known)]


@dataclass(slots=True)
class _Inside:
    """What the JSON in a body's strings has in common: offsets (see `TextSlot`), and values that may still come."""

    offsets: dict[tuple[int, ...], Offsets] = field(default_factory=dict)
    room: int = field(default_factory=lambda: MOST_NESTED)

    def parsed(self, text: str) -> Document | None:
        """The JSON with strings that a text holds; None where it is to be looked at as a text."""
        try:
            inner = parse(text, max_values=self.room)
        except NotJson:
            return None
        self.room -= len(inner.leaves) + len(inner.scalars) + len(inner.containers)
        return inner if inner.leaves else None  # numbers alone can be the codes of letters


def _opened(path: Path, leaves: tuple[Leaf, ...], inside: _Inside) -> list[TextSlot]:
    """The text slot of a leaf, or those of the JSON that its text holds; their paths go on from the leaf's."""
    leaf = leaves[-1]
    if not leaf.text:
        return []
    if leaf.is_number or len(leaves) > NESTED_DEPTH or not _MAY_BE_JSON.match(leaf.text):
        return [TextSlot(path, leaf.text, Kind.TEXT, leaves, inside.offsets)]
    inner = inside.parsed(leaf.text)
    if inner is None:
        return [TextSlot(path, leaf.text, Kind.TEXT, leaves, inside.offsets)]
    slots: list[TextSlot] = []
    for nested in inner.leaves:
        inner_path, inner_leaves = (*path, *nested.path), (*leaves, nested)
        if nested.is_key and _field_of_key(None, nested.text, free_form=True).kind is Kind.KEY:
            slots.append(TextSlot(inner_path, nested.text, Kind.KEY, inner_leaves, inside.offsets))
        else:
            slots.extend(_opened(inner_path, inner_leaves, inside))
    return slots


def needs_detection(slot: TextSlot) -> bool:
    """Whether a detector can find anything: a name of letters only can hold known values, but no pattern or code."""
    return slot.kind in (Kind.TEXT, Kind.SIGNED, Kind.LABEL, Kind.NUMBER) or not _SAYS_NOTHING.fullmatch(slot.text)

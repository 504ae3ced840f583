"""Restoring: text with tokens in, text with originals out, piece by piece.

One `ChannelRestorer` serves one channel of text. Any cutting of the text into pieces gives the same result, and only
tokens of the given originals are replaced (rule 3): never by likeness. Restored text is never looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from proxy.core.guards import OPEN, Guards, UrlGuard
from proxy.core.invented import Invented, WithInvented
from proxy.core.jsontext import Edit
from proxy.core.tokens import CORE_LENGTH, Grammar, core_is_valid, grammar

_CONTEXT: Final = 6
"""Characters before a position that decide whether a word starts there (a `\\u0020` is the longest)."""


@dataclass(slots=True)
class RestoreTally:
    """What restoring met, in counts.

    `restored`: tokens put back, `tolerated` of them not written exactly as issued; `unknown`: well-formed tokens that
    were never issued here; `mangled`: like an issued type, but the check letter does not fit; `guarded`: left where the
    policy lets no original go.
    """

    restored: int = 0
    tolerated: int = 0
    unknown: int = 0
    mangled: int = 0
    guarded: int = 0


class Originals:
    """The originals that one answer may get back, by token.

    `issued` are those of this exchange. With `more_types` (an explicit or stored session) other tokens of these types
    are looked up: they are collected in `wanted`, the text behind them waits, and `supply` answers for them.
    `guards`: where they may go. `invented`: surrogates that are no tokens, issued here or to be looked up.
    """

    __slots__ = ("_absent", "_issued", "_learnt", "grammar", "guards", "invented", "looks_up", "wanted")

    def __init__(
        self,
        issued: Mapping[str, str],
        more_types: Iterable[str] = (),
        guards: Guards = OPEN,
        invented: Iterable[str] = (),
        types: Iterable[str] | None = None,
    ) -> None:
        """`types`: those of the issued tokens, where the caller knows them."""
        self.guards = guards
        self.invented = frozenset(invented)
        self._issued = issued
        self._learnt: dict[str, str] = {}
        self._absent: set[str] = set()
        self.looks_up = bool(more_types)
        self.wanted: set[str] = set()
        if types is None:
            types = {token[: -CORE_LENGTH - 1] for token in issued if token not in self.invented}
        tokens = grammar(frozenset([*types, *more_types]))
        self.grammar: Grammar | WithInvented = tokens
        if self.invented:
            self.grammar = WithInvented(tokens, Invented(self.invented))

    def __repr__(self) -> str:
        """Counts only."""
        return f"Originals({len(self._issued) + len(self._learnt)})"

    def get(self, token: str) -> str | None:
        """Original of a token; None when it has none here, or (`wanted` tells) none yet."""
        original = self._learnt.get(token)
        if original is None:
            original = self._issued.get(token)
        if original is None and self.looks_up and token not in self._absent:
            self.wanted.add(token)
        return original

    def look_ahead(self, text: str, position: int) -> None:
        """Want every token of `text` from `position` on that is not known, so that one look-up answers for all."""
        ahead = self.grammar.anywhere(text, position)
        self.wanted |= ahead - self._issued.keys() - self._learnt.keys() - self._absent

    def learn(self, issued: Mapping[str, str]) -> None:
        """Know more originals: what was issued since."""
        self._learnt.update(issued)
        self._absent -= issued.keys()

    def supply(self, found: Mapping[str, str]) -> None:
        """Answer for all of `wanted`: what is not in `found` has no original in this session."""
        self._learnt.update(found)
        self._absent |= self.wanted - found.keys()
        self.wanted = set()


class Writing(Protocol):
    """How originals are written into a channel; it is told all that passes, in order."""

    def passed(self, text: str) -> None:
        """Take note of text that went out, or of a token as it stood."""
        ...

    def written(self, original: str) -> str:
        """The original as it must stand at this place."""
        ...

    def depth(self) -> int:
        """How many JSON strings this place is inside of."""
        ...


class PlainWriting:
    """Text goes out as it is."""

    __slots__ = ()

    def passed(self, text: str) -> None:
        """Nothing depends on what went before."""

    def written(self, original: str) -> str:
        """The original itself."""
        return original

    def depth(self) -> int:
        """None."""
        return 0


@dataclass(frozen=True, slots=True)
class Piece:
    """Settled output in the place of `length` characters of input: a stretch of literal text, or one original."""

    length: int
    text: str = field(repr=False)
    literal: bool


class ChannelRestorer:
    """Restores one channel of text; a `closed` one is somewhere that no original may go."""

    __slots__ = ("_after_token", "_closed", "_context", "_final", "_held", "_originals", "_tally", "_urls", "_writing")

    def __init__(self, originals: Originals, tally: RestoreTally, writing: Writing, *, closed: bool = False) -> None:
        self._closed = closed
        self._urls = None if originals.guards.any_host else UrlGuard(originals.guards)
        self._originals = originals
        self._tally = tally
        self._writing = writing
        self._context = ""
        self._after_token = False
        self._held = ""
        self._final = False

    @property
    def ended(self) -> bool:
        """Whether the channel has ended and nothing of it is held."""
        return self._final and not self._held

    def feed(self, text: str) -> list[Piece]:
        """Settled pieces of what was held and of `text`, in order; input not covered by them is held."""
        return self._advance(text)

    def passes(self, text: str) -> bool:
        """Take text in which nothing is to be done, and nothing has to wait; false: it was not taken, feed it."""
        if self._held or self._final:
            return False
        buffer = self._context + text
        search = self._originals.grammar.search
        if search(buffer, len(self._context), after_token=self._after_token, partial=True) is not None:
            return False
        self._after_token = self._after_token and not text
        self._writing.passed(text)
        if self._urls is not None:
            self._urls.passed(text, self._writing.depth())
        self._context = buffer[-_CONTEXT:]
        return True

    def finish(self) -> list[Piece]:
        """The channel has ended: pieces of all that was held (but for a token that is still looked up)."""
        self._final = True
        return self._advance("")

    def _advance(self, more: str) -> list[Piece]:
        buffer = self._context + self._held + more
        position = scan = len(self._context)
        end, after_token, pieces = len(buffer), self._after_token, list[Piece]()
        counted = -1
        search = self._originals.grammar.search
        while (match := search(buffer, scan, after_token=after_token, partial=not self._final)) is not None:
            after_token = False
            original = self._original(match.token, buffer[match.start : match.end], new=match.end != counted)
            if match.token is None:
                end = match.start
                break
            if match.token in self._originals.wanted:
                self._originals.look_ahead(buffer, match.start)
                end = match.start
                break
            if original is None:
                scan, counted = match.start + 1, match.end
                continue
            self._settle(pieces, buffer[position : match.start])
            self._put(pieces, buffer[match.start : match.end], original)
            position = scan = match.end
            after_token = True
        tail = buffer[position:end]
        self._after_token = after_token and not tail
        self._settle(pieces, tail)
        if pieces and not pieces[-1].literal:
            self._context = ""
        self._held = buffer[end:]
        return pieces

    def _put(self, pieces: list[Piece], token: str, original: str) -> None:
        """The original in the place of a token, or the token as it stands where no original may go."""
        urls = self._urls
        guarded = self._closed or (urls is not None and urls.forbids(self._writing.depth()))
        text = token if guarded else self._writing.written(original)
        self._tally.guarded += guarded
        self._tally.restored -= guarded
        pieces.append(Piece(len(token), text, literal=False))
        if urls is not None:
            urls.passed(text, self._writing.depth())
        self._writing.passed(token)

    def _settle(self, pieces: list[Piece], literal: str) -> None:
        if literal:
            # Behind a token the context starts anew: a word starts there in any case.
            before = "" if pieces and not pieces[-1].literal else self._context
            pieces.append(Piece(len(literal), literal, literal=True))
            self._writing.passed(literal)
            if self._urls is not None:
                self._urls.passed(literal, self._writing.depth())
            self._context = (before + literal)[-_CONTEXT:]

    def _original(self, token: str | None, as_written: str, *, new: bool) -> str | None:
        """What it stands for; not `new`: the end of one that was counted, as `NUMBER_...` is of `PHONE_NUMBER_...`."""
        if token is None:
            return None
        if token not in self._originals.invented and not core_is_valid(token[-CORE_LENGTH:]):
            self._tally.mangled += new
            return None
        original = self._originals.get(token)
        if original is not None:
            self._tally.restored += 1
            self._tally.tolerated += token != as_written
        elif token not in self._originals.wanted:
            self._tally.unknown += new
        return original


def restore(
    text: str, originals: Originals, tally: RestoreTally, writing: Writing | None = None, *, closed: bool = False
) -> str:
    """A whole text restored; `closed`: it stands where no original may go.

    When `originals.wanted` is not empty afterwards, the result is not whole: supply those and call again.
    """
    if not originals.grammar.may_occur(text):
        return text
    return "".join(piece.text for piece in restored_pieces(text, originals, tally, writing, closed=closed))


def restored_pieces(
    text: str, originals: Originals, tally: RestoreTally, writing: Writing | None = None, *, closed: bool = False
) -> list[Piece]:
    """The pieces of a whole text restored; see `restore`."""
    channel = ChannelRestorer(originals, tally, writing if writing is not None else PlainWriting(), closed=closed)
    return [*channel.feed(text), *channel.finish()]


def edits_of_pieces(pieces: Iterable[Piece]) -> list[Edit]:
    """What restoring put in the place of which characters of its input."""
    edits: list[Edit] = []
    position = 0
    for piece in pieces:
        if not piece.literal:
            edits.append(Edit(position, position + piece.length, piece.text))
        position += piece.length
    return edits

"""A request's body, read: known beginnings of conversations are passed over, and kept for the next turn."""

from __future__ import annotations

import asyncio
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from proxy.core.beginnings import Found
from proxy.core.jsontext import Document, NotJson, Passed, TooMany, escape, parse, splice
from proxy.core.slots import Slots
from proxy.dialects.base import Dialect, family
from proxy.dialects.providers_own import unstored
from proxy.errors import BadRequest, BodyTooLarge, BodyTooSlow
from proxy.multipart import FormPart, read_form, write_form
from proxy.services import Services

_HARMLESS_QUERY = re.compile(r"(?:(?:api-version=\d{4}-\d\d-\d\d(?:-preview)?|beta=true)(?:&|\Z))*", re.ASCII)
"""What SDKs put behind the `?`; it leaves as it came, so nothing else may stand there."""
_MIB = 1024 * 1024
Walked = TypeVar("Walked")
_MANY = 10_000
"""Values from which a body is read aside, in a thread: one caller's walk over them would keep all others waiting."""
_LOOK_AT = 32 * 1024
"""Bytes of a body up to which nobody counts."""
_MARKS = (BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE)
_MOST_VALUES = 500_000
"""Values that a request may have; an embedding of token ids has up to 300,000."""
_MOST_TEXTS = 50_000
_ENCODINGS = frozenset({"", "identity", "gzip", "deflate", "br", "zstd"})


@dataclass(slots=True)
class Received:
    """A body, and its known beginning. `stale`: one that is known, but nothing was decided about it in this context.

    `form`: the fields that the body stands for, where it came as a form.
    """

    body: Document
    found: Found | None = None
    stale: Found | None = None
    form: Sequence[FormPart] = ()
    many: bool = False
    """Whether it may have so many values that walks over them are to be made aside."""

    async def slots(self, dialect: Dialect) -> Slots:
        """The texts of the body. Raises BodyTooLarge when they are too many."""
        slots = await aside(dialect.request_slots, self.body) if self.many else dialect.request_slots(self.body)
        if len(slots.texts) > _MOST_TEXTS:
            raise BodyTooLarge(
                f"The request has {len(slots.texts):,} texts, and the gateway takes {_MOST_TEXTS:,} at once: send it "
                "in parts. Nothing was sent."
            )
        return slots

    def written(self, text: str) -> tuple[str | None, bytes]:
        """The body as it leaves, `text` being what became of it; and its content type, where that is another one."""
        if not self.form:
            return None, _bytes(text)
        leaves = [leaf.text for leaf in parse(text).leaves]
        made = [FormPart(name, _bytes(value)) for name, value in zip(leaves[::2], leaves[1::2], strict=True)]
        more = len(made) - len(self.form)  # a model that the form did not name stands before all that it did
        for position, part in enumerate(self.form, more):
            if part.is_file:
                made[position] = replace(part, name=made[position].name)
        return write_form(made)

    def unstored(self, route: str, max_depth: int) -> Received:
        """The same with the provider told to keep nothing, where the route has a word for that."""
        edits = unstored(self.body, route)
        return Received(parse(splice(self.body.text, edits), max_depth=max_depth)) if edits else self

    async def in_full(self, max_depth: int) -> Received:
        """The same with nothing passed over. Raises BodyTooLarge."""
        try:
            read = partial(parse, self.body.text, max_depth=max_depth, max_values=_MOST_VALUES)
            body = await aside(read) if self.many else read()
        except TooMany:
            raise _too_many() from None
        return replace(self, body=body, found=None, stale=self.found)


async def aside(work: Callable[..., Walked], *args: object) -> Walked:
    """What a walk over very many values gives: made in a thread, which takes turns with the event loop."""
    return await asyncio.to_thread(work, *args)


def _may_be_many(raw: bytes) -> bool:
    """Whether a body may have very many values: behind one of these marks each of them stands."""
    return len(raw) > _LOOK_AT and sum(map(raw.count, b",:[")) > _MANY


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def with_content_type(headers: Mapping[str, str], kind: str) -> dict[str, str]:
    """Headers of a request whose body was written anew."""
    return {name: value for name, value in headers.items() if name.lower() != "content-type"} | {"content-type": kind}


def path_and_query(request: web.Request) -> tuple[str, str]:
    """Path and query as they were written; of a whole address, as proxies are asked by, what follows the host."""
    written = request.raw_path
    if not written.startswith("/"):
        written = f"/{written.partition('://')[2].partition('/')[2]}"
    path, _, query = written.partition("?")
    return path, query


async def receive(request: web.Request, services: Services, dialect: Dialect) -> Received:
    """The request's body as a JSON object. Raises BodyTooLarge, BadRequest."""
    if not _HARMLESS_QUERY.fullmatch(request.query_string):
        raise BadRequest("This route takes no such query: what stands there would leave unscanned. Nothing was sent.")
    gateway = services.settings.gateway
    raw = await read_body(request, services)
    if dialect.traits.form:
        return _form(request, dialect, raw)
    try:
        text = raw.decode("utf-8")
        # With tokens of the client's own in it, what a text becomes depends on the session, too.
        where = dialect.traits.grows if "X-Sting-Restore" not in request.headers else ()
        growing = Growing(services, dialect, text) if where else None
        many = _may_be_many(raw)
        most = {"max_depth": gateway.max_depth, "max_values": _MOST_VALUES}
        read = partial(parse, text, **most, passing=growing, growing=where)
        body = await aside(read) if many else read()
    except TooMany:
        raise _too_many() from None
    except NotJson as error:
        raise BadRequest(f"The body is no JSON: {error}.{_marked(raw)}") from None
    except UnicodeDecodeError as error:
        raise BadRequest(f"The body is not UTF-8 at byte {error.start}.{_marked(raw)}") from None
    if not text.lstrip().startswith("{"):
        raise BadRequest("The body must be a JSON object.")
    received = Received(body, growing.found if growing is not None else None, many=many)
    return await received.in_full(gateway.max_depth) if growing is not None and growing.doubtful else received


def _form(request: web.Request, dialect: Dialect, raw: bytes) -> Received:
    """A form as an object of strings, a file's being empty. Raises BadRequest."""
    parts = read_form(request.headers.get("Content-Type", ""), raw)
    for part in parts:
        if part.is_file and part.name not in dialect.traits.form:
            raise BadRequest("The form has a file that this route does not take. Nothing was sent.", param="file")
    try:
        fields = [(part.name, "" if part.is_file else part.content.decode("utf-8")) for part in parts]
    except UnicodeDecodeError:
        raise BadRequest("A field of the form is not UTF-8.") from None
    members = ",".join(f'"{escape(name)}":"{escape(value)}"' for name, value in fields)
    return Received(parse(f"{{{members}}}"), form=parts)


def _marked(raw: bytes) -> str:
    """What to do about a body as some editors and shells write it."""
    return " It begins with a byte order mark: send UTF-8 without one." if raw.startswith(_MARKS) else ""


def _too_many() -> BodyTooLarge:
    return BodyTooLarge(
        f"The body has more than {_MOST_VALUES:,} values (strings, numbers, objects and lists): send it in parts."
        " Nothing was sent."
    )


def _too_large(most: float) -> BodyTooLarge:
    return BodyTooLarge(f"The body is larger than {most} MiB (gateway.max_body_mb).")


def _not_too_large(body: bytes, most: int) -> bytes:
    if len(body) > most * _MIB:
        raise _too_large(most)
    return body


async def read_body(request: web.Request, services: Services) -> bytes:
    """The request's body, unpacked. Raises BodyTooLarge, BodyTooSlow, BadRequest."""
    limits = services.settings.gateway
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in _ENCODINGS:
        raise BadRequest("This content encoding is not known: send gzip, deflate, br, zstd or none.")
    try:
        content = request.content
        if content.is_eof() and content.exception() is None:  # it has come with its head: nothing to wait for
            return _not_too_large(content.read_nowait(), limits.max_body_mb)
        async with asyncio.timeout(limits.body_timeout_s):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise _too_large(limits.max_body_mb) from None
    except TimeoutError:
        raise BodyTooSlow(f"The body took longer than {limits.body_timeout_s:g} s (gateway.body_timeout_s).") from None
    except (web.RequestPayloadError, HttpProcessingError):
        raise BadRequest("The body is not what its content encoding says.") from None


class Growing:
    """Looks for the known beginning of one body while it is read."""

    def __init__(self, services: Services, dialect: Dialect, text: str) -> None:
        self._services = services
        self._kind = family(dialect)
        self._text = text
        self._asked = 0
        self.found: Found | None = None

    def __call__(self, base: int) -> Passed | None:
        """What of the array at `base` was read before."""
        self._asked += 1
        if self._asked > 1:
            return None
        self.found = self._services.beginnings.find(self._kind, self._text, base)
        if self.found is None:
            return None
        beginning = self.found.beginning
        return Passed(self.found.end, beginning.count, beginning.values)

    @property
    def doubtful(self) -> bool:
        """Whether the body has two such arrays, of which the first was passed over: it is to be read in full."""
        return self._asked > 1 and self.found is not None

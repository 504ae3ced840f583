"""`POST /v1/files`: a file is taken apart, scrambled and sent on under a name that tells nobody's."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from aiohttp import web

from proxy.accounting import Exchange
from proxy.batch_files import batch_file
from proxy.choosing import answerable, gets_own
from proxy.core.jsontext import parse
from proxy.dialects.batches import STORED_ANTHROPIC, STORED_OPENAI
from proxy.errors import BadRequest, UnknownRoute
from proxy.exchange import enter, handle
from proxy.kept_files import kept_file
from proxy.multipart import FormPart, read_form, write_form
from proxy.receiving import read_body, with_content_type
from proxy.responding import respond
from proxy.services import Services
from proxy.upstream.base import UpstreamRequest
from proxy.upstream.sending import send_with_fallbacks

_OPTIONS: Final = {"expires_after[anchor]": re.compile("created_at"), "expires_after[seconds]": re.compile(r"\d{1,9}")}
_PURPOSES: Final = frozenset({"assistants", "batch", "evals", "fine-tune", "user_data", "vision"})


async def upload(request: web.Request, services: Services) -> web.StreamResponse:
    """Answer an upload."""
    return await handle(request, services, STORED_OPENAI, "/v1/files", partial(_run))


async def _run(request: web.Request, services: Services, exchange: Exchange) -> web.StreamResponse:
    if "anthropic-version" in request.headers:
        exchange.dialect = STORED_ANTHROPIC  # for its errors
        raise UnknownRoute("Files of Anthropic's API are refused: the gateway does not look into them.")
    await enter(request, services, exchange)
    purpose, options, file = _taken(request.headers.get("Content-Type", ""), await read_body(request, services))
    made = await (batch_file if purpose == "batch" else kept_file)(request, services, exchange, file)
    kind, body = write_form([*options, made.file])
    answerable(services, exchange, [made.target])
    own = exchange.credential if gets_own(services, exchange, made.target) else None
    asked = UpstreamRequest("POST", "/v1/files", "", with_content_type(request.headers, kind), body, own)
    exchange.target, answer = await send_with_fallbacks(
        services.upstream, [made.target], lambda _: asked, health=services.health
    )
    exchange.tls_provider = answer.secured
    try:
        return await respond(request, services, exchange, made.run, parse("{}"), answer)
    finally:
        answer.close()


def _taken(content_type: str, body: bytes) -> tuple[str, list[FormPart], FormPart]:
    """The purpose, the fields that leave, and the file. Raises BadRequest."""
    fields: list[FormPart] = []
    files: list[FormPart] = []
    purpose = ""
    for part in read_form(content_type, body):
        text = part.content.decode("utf-8", "replace")
        if part.name == "file" and part.is_file:
            files.append(part)
            continue
        if part.name == "purpose" and not purpose:
            purpose = text
        elif part.name not in _OPTIONS or not _OPTIONS[part.name].fullmatch(text):
            raise BadRequest("The form has a field that this route does not take.", param="file")
        fields.append(part)
    if len(files) != 1 or purpose not in _PURPOSES:
        raise BadRequest("The form must hold one file and a purpose of OpenAI's API.", param="file")
    return purpose, fields, files[0]

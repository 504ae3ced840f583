"""The gateway looks at a finished document once more, before the release gate does.

A model may write a name that it made up or guessed; what the gateway finds becomes a token of this session. Tokens that
are not of this session were taken out of the texts before (`texts.faults_of`). A fact's own words are left alone: they
are computed here, from nothing that a model said. Words that the report's own figures, tables and findings say as well
come back (`own_words`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from reports.document import Paragraph, Points, Quote, ReportDocument
from reports.document_texts import texts_of, with_texts
from reports.facts import number_format
from reports.own_words import own_words, tokens_of
from reports.steps import Protected, RunTools
from reports.texts import sentences


async def scrambled_again(
    tools: RunTools, protected: Protected, document: ReportDocument, asked: Mapping[str, str]
) -> tuple[ReportDocument, frozenset[str]]:
    """The document after the gateway has looked at its paragraphs, points and quotes, and their tokens.

    `asked`: per section what a person wants changed. Raises GatewayFailed.
    """
    form = number_format(tools.order.language)
    own = {fact.told(form) for result in protected.results.values() for fact in result.facts}
    blocks = [block for section in document.sections for block in section.blocks]
    spoken = [block for block in blocks if isinstance(block, Paragraph | Points | Quote)]
    computed = [
        text for block in blocks if not isinstance(block, Paragraph | Points | Quote) for text in texts_of(block)
    ]
    pieces = [piece for block in spoken for text in texts_of(block) for piece in _pieces(text, own)]
    texts = [piece for piece in dict.fromkeys(pieces) if piece not in own]
    scrambled = (await tools.gateway.scramble(texts)).texts if texts else []
    typed = "\n".join([tools.order.title or "", *asked.values()])
    shown = "\n".join([*own, *computed])
    back = await own_words(scrambled, tools.gateway, shown=shown, kept=tokens_of(texts), typed=typed)
    changed = dict(zip(texts, back, strict=True))

    def again(text: str) -> str:
        return " ".join(changed.get(piece, piece) for piece in _pieces(text, own))

    sections = tuple(
        section.model_copy(
            update={
                "blocks": tuple(
                    with_texts(block, again) if isinstance(block, Paragraph | Points | Quote) else block
                    for block in section.blocks
                )
            }
        )
        for section in document.sections
    )
    head = await _scrambled_head(tools, document)
    made = [*changed.values(), head.title, *head.parameters.values()]
    return head.model_copy(update={"sections": sections}), tokens_of(made)


async def _scrambled_head(tools: RunTools, document: ReportDocument) -> ReportDocument:
    """The document with what a person typed into the order (title, parameters) as it may be shown to anybody."""
    order = tools.order
    typed = [order.title or "", *(str(value) for value in order.parameters.values() if isinstance(value, str))]
    scrambled = dict(zip(typed, (await tools.gateway.scramble(typed)).texts, strict=True)) if any(typed) else {}
    return document.model_copy(
        update={
            "title": scrambled.get(document.title, document.title),
            "parameters": {name: scrambled.get(value, value) for name, value in document.parameters.items()},
        }
    )


def _pieces(text: str, own: Collection[str]) -> list[str]:
    """A text in parts that make it up with blanks between them: a fact's own words each, and what stands between."""
    found = sentences(text)
    if not any(sentence in own for sentence in found):
        return [text]
    pieces: list[str] = []
    for sentence in found:
        if sentence in own or not pieces or pieces[-1] in own:
            pieces.append(sentence)
        else:
            pieces[-1] = f"{pieces[-1]} {sentence}"
    return pieces

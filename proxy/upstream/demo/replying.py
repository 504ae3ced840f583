"""What the demo model says: the first of a few rules that fits the conversation."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proxy.upstream.demo.conversation import Conversation, Tool
from proxy.upstream.demo.entities import address_of, find_entities, first_of, join
from proxy.upstream.demo.filling import Filler, Unfilled, describe_object, mention
from proxy.upstream.demo.reading import best_match, items, key_sentences, sentences, words
from proxy.upstream.demo.sections import section_reply

_INTRODUCTION = (
    "Hello. I am the offline demo model of STING-CE. Give me a text and ask me to summarise it, to answer a question "
    "about it, or to draft a reply."
)
_ASKS_FOR_SUMMARY = re.compile(r"\b(?:summar|key points|tl;?dr|in short|overview|main points)", re.IGNORECASE)
_ASKS_FOR_MAIL = re.compile(
    r"\b(?:write|draft|compose|reply|respond|answer|send|e-?mail)\b.{0,60}\b(?:e-?mails?|letter|reply|note|response|to)\b"
    r"|\b(?:reply|write back) to\b",
    re.IGNORECASE | re.DOTALL,
)
_GREETING = re.compile(
    r"\s*(?:hi|hello|hey|good (?:morning|afternoon|evening)|test|ping|thanks?(?: you)?)\b[\s!.,]*", re.IGNORECASE
)
_SALUTATION = re.compile(
    r"\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\b[^,.!?\n]{0,40}[,!.]\s*", re.IGNORECASE
)
_TOPIC = re.compile(r"\b(?:about|regarding|concerning|that|because)\s+([^.!?\n]{3,120})", re.IGNORECASE)
_QUESTION_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\be-?mail", ("email",)),
    (r"\bphone|\bcall\b|\bnumber\b", ("phone", "id", "number")),
    (r"\bwho(?:m|se)?\b|\bname\b", ("person",)),
    (r"\bwhen\b|\bdate\b|\bday\b", ("date",)),
    (r"\bwhere\b|\bcity\b|\baddress\b", ("place",)),
    (r"\bhow (?:much|many)\b|\bcost\b|\bprice\b", ("money", "number")),
)
_OFFER = "Ask me to summarise this, to answer a question about it, or to draft a reply."
_MOST_LISTED = 8


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model wants made; `arguments` is JSON in a string, as on the wire."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: text, or tool calls."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()


def reply_to(talk: Conversation) -> Reply:
    """The reply to a conversation; the same for the same conversation."""
    if not talk.tool_results:
        calls = _tool_calls(talk)
        if calls:
            return Reply("", calls)
    facts = "\n".join(talk.tool_results)
    if talk.schema is not None:
        return Reply(_structured(talk.schema, f"{facts}\n{talk.prompt}".strip()))
    if talk.tool_results:
        return Reply(_report(talk.tool_results))
    return Reply(section_reply(talk.prompt) or _say(talk))


def _say(talk: Conversation) -> str:
    request, given = _split(talk.prompt)
    context = f"{given}\n{talk.earlier}".strip()
    if not talk.prompt.strip() or _GREETING.fullmatch(talk.prompt):
        return _INTRODUCTION
    if _ASKS_FOR_SUMMARY.search(request):
        return _summary(context or talk.prompt)
    if _ASKS_FOR_MAIL.search(request) and not request.rstrip().endswith("?"):
        return _mail(request, context, talk.prompt)
    if "?" in request:
        return _answer(request, context)
    return _acknowledge(talk.prompt)


def _split(prompt: str) -> tuple[str, str]:
    """The request and the material: a short first or last paragraph asks, the rest is what it is about."""
    parts = [part.strip() for part in re.split(r"\n\s*\n|(?<=:)\s*\n", prompt) if part.strip()]
    if len(parts) > 1:
        asks = -1 if parts[-1].endswith("?") else 0
        return parts[asks], "\n".join(parts[:-1] if asks else parts[1:])
    head, colon, rest = prompt.partition(": ")
    if colon and len(sentences(head)) == 1 and len(rest) > len(head):
        return head, rest
    asked = [sentence for sentence in sentences(prompt) if sentence.endswith("?")]
    given = [sentence for sentence in sentences(prompt) if not sentence.endswith("?")]
    return (" ".join(asked), " ".join(given)) if asked else (prompt, "")


def _summary(text: str) -> str:
    entries = items(text)
    if entries:
        shown = [f"- {' '.join(key_sentences(entry, 1)) or entry}" for entry in entries[:_MOST_LISTED]]
        more = f"\n- and {len(entries) - _MOST_LISTED} more" if len(entries) > _MOST_LISTED else ""
        return f"There are {len(entries)} entries:\n" + "\n".join(shown) + more
    kept = key_sentences(text, max(1, min(3, len(sentences(text)) // 2)))
    people = [entity.text for entity in find_entities(text) if entity.kind == "person"]
    about = f" It concerns {join(people[:_MOST_LISTED])}." if people else ""
    return f"In short: {' '.join(kept)}{about}" if kept else _INTRODUCTION


def _mail(request: str, context: str, prompt: str) -> str:
    entities = find_entities(prompt) + find_entities(context)
    addressed = re.search(r"\bto\s+", request)
    to_whom = find_entities(request[addressed.end() :]) if addressed else []
    person = first_of(to_whom, "person") or first_of(entities, "person")
    address = first_of(to_whom, "email") or address_of(person, entities)
    topic = _TOPIC.search(request)
    points = [_SALUTATION.sub("", point, count=1) for point in key_sentences(context, 2)]
    subject = topic[1].strip() if topic else "your message"
    lead = f"I will write to {person or 'the recipient'}{f' at {address}' if address else ''}."
    facts = (
        f" I have noted the following: {' '.join(point[:1].upper() + point[1:] for point in points)}" if points else ""
    )
    head = f"To: {address}\n" if address else ""
    return (
        f"{lead} Here is a draft:\n\n{head}Subject: {subject[:1].upper()}{subject[1:].rstrip('.')}\n\n"
        f"Dear {person or 'customer'},\n\nthank you for getting in touch. I am writing about "
        f"{subject.rstrip('.')}.{facts} I will come back to you as soon as there is news.\n\nKind regards"
    )


def _answer(question: str, context: str) -> str:
    kinds = next((kinds for pattern, kinds in _QUESTION_KINDS if re.search(pattern, question, re.IGNORECASE)), ())
    sentence = best_match(question, context, kinds)
    if sentence is None:
        seen = find_entities(question)
        about = f" You ask about {mention(seen)}." if seen else ""
        return f"I am an offline demo model and know only what stands in the prompt; it does not say.{about}"
    value = first_of([entity for entity in find_entities(sentence) if entity.text not in question], *kinds)
    return f"{value}. The text says: {sentence}" if value else f"The text says: {sentence}"


def _acknowledge(prompt: str) -> str:
    seen = find_entities(prompt)
    if seen:
        return f"I read your message. It mentions {mention(seen[: 4 * _MOST_LISTED])}. {_OFFER}"
    return f"I read your message: {' '.join(key_sentences(prompt, 1))} {_OFFER}"


def _report(results: tuple[str, ...]) -> str:
    """Tool results in a sentence each: JSON as its fields, anything else by its key sentences."""
    told = []
    for result in results:
        try:
            parsed = json.loads(result)
        except ValueError:
            parsed = None
        fields = _fields(parsed)
        told.append(join(fields[: 2 * _MOST_LISTED]) if fields else " ".join(key_sentences(result, 2)) or "nothing")
    return "Here is what I found: " + "; ".join(told).rstrip(".") + "."


def _fields(value: object, name: str = "") -> list[str]:
    """The leaves of a JSON value as `name is value`."""
    if isinstance(value, dict):
        return [text for key, inner in value.items() for text in _fields(inner, str(key).replace("_", " "))]
    if isinstance(value, list):
        return [text for inner in value for text in _fields(inner, name)]
    if value is None or (not name and isinstance(value, str)):
        return []
    return [f"{name} is {value}" if name else str(value)]


def _structured(schema: Mapping[str, Any], text: str) -> str:
    value = Filler(text, schema, strict=False).fill(schema) if schema else describe_object(text)
    return json.dumps(value, ensure_ascii=False)


def _tool_calls(talk: Conversation) -> tuple[ToolCall, ...]:
    """A call of the forced tool, or of the best one whose words fit the prompt and whose needs the prompt meets."""
    tools = [tool for tool in talk.tools if talk.forced_tool in {None, "*", tool.name}]
    wanted = set(words(talk.prompt))

    def shared(tool: Tool) -> int:
        return len(wanted & set(words(f"{tool.name.replace('_', ' ')} {tool.description}")))

    for tool in sorted(tools, key=shared, reverse=True):
        if not (talk.forced_tool or shared(tool)):
            break
        try:
            filler = Filler(talk.prompt, tool.parameters, strict=talk.forced_tool is None)
            arguments = filler.fill({"type": "object"} | dict(tool.parameters))
        except Unfilled:
            continue
        digest = hashlib.sha256(f"{tool.name}\n{talk.prompt}".encode(errors="replace")).hexdigest()
        return (ToolCall(f"call_demo{digest[:16]}", tool.name, json.dumps(arguments, ensure_ascii=False)),)
    return ()

"""What the offline demo model says to the things that newcomers try first."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.upstream.demo.conversation import read_conversation
from proxy.upstream.demo.replying import Reply, reply_to

PERSON = "PERSON_K7Q2M9XA"
OTHER = "PERSON_M2X8K4PT"
MAIL = "EMAIL_ADDRESS_M2X8K4PT"
PLACE = "LOCATION_7HJ2K3M4"
DATE = "DATE_TIME_4GH56JK7"

SEND = {
    "name": "send_email",
    "description": "Send an e-mail to a customer",
    "parameters": {
        "type": "object",
        "properties": {"to": {"type": "string"}, "body": {"type": "string"}},
        "required": ["to", "body"],
    },
}
WEATHER = {
    "name": "get_weather",
    "description": "Current weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"enum": ["celsius", "fahrenheit"]}},
        "required": ["city"],
    },
}
TOOLS = [{"type": "function", "function": function} for function in (WEATHER, SEND)]


def ask(prompt: str | list[dict[str, Any]], **more: object) -> Reply:
    messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    return reply_to(read_conversation({"messages": messages, **more}))


def call(reply: Reply) -> tuple[str, Any]:
    assert len(reply.tool_calls) == 1
    return reply.tool_calls[0].name, json.loads(reply.tool_calls[0].arguments)


def test_it_introduces_itself_as_a_demo() -> None:
    assert "demo" in ask("Hello!").text
    assert "demo" in ask("").text


def test_it_names_every_entity_that_it_sees() -> None:
    text = ask(f"My name is {PERSON}, mail {MAIL}, born {DATE} in {PLACE}.").text
    for token in (PERSON, MAIL, DATE, PLACE):
        assert text.count(token) == 1


def test_it_drafts_an_e_mail_to_whom_it_is_asked_to_write() -> None:
    text = ask(f"{OTHER} is our clerk. Write a short e-mail to {PERSON} at {MAIL} about the delayed order.").text
    assert text.startswith(f"I will write to {PERSON} at {MAIL}.")
    assert f"To: {MAIL}\nSubject: The delayed order\n\nDear {PERSON},\n" in text


def test_it_writes_to_nobody_at_the_address_of_another() -> None:
    ticket = f"Write a short reply.\n\nHi, this is {PERSON}. My colleague {OTHER} ({MAIL}) was charged twice."
    assert "To: " not in ask(ticket).text
    assert f"To: {MAIL}" in ask(ticket.replace(f"this is {PERSON}", f"this is {OTHER}")).text
    named = (
        "Write a short reply.\n\nHi, this is {}. My colleague Tom Becker (tom.becker@example.com) was charged twice."
    )
    assert "To: " not in ask(named.format("Priya Shah")).text
    assert "To: tom.becker@example.com" in ask(named.format("Tom Becker")).text


def test_it_drafts_a_reply_from_the_message_it_is_given() -> None:
    text = ask(f"Reply to this customer:\n\nHi, my name is {PERSON} and my order 4711 has not arrived.").text
    assert f"Dear {PERSON}," in text
    assert "my order 4711 has not arrived" in text


def test_it_lists_tickets() -> None:
    text = ask(
        f"Summarize:\n- Ticket 1: {PERSON} cannot log in. Reset fails.\n- Ticket 2: {OTHER} wants $40 back."
    ).text
    assert text.splitlines() == [
        "There are 2 entries:",
        f"- Ticket 1: {PERSON} cannot log in.",
        f"- Ticket 2: {OTHER} wants $40 back.",
    ]


def test_it_summarises_by_the_sentences_that_say_most() -> None:
    filler = "It was nice. So it went. All good then. "
    text = ask(f"Summarise: {PERSON} met {OTHER} in {PLACE}. {filler}The contract is signed on {DATE}.").text
    assert f"{PERSON} met {OTHER} in {PLACE}." in text
    assert DATE in text
    assert "All good then" not in text


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who signed the contract?", OTHER),
        ("When did they meet?", DATE),
        ("Where did they meet?", PLACE),
        ("What is the e-mail address?", MAIL),
    ],
)
def test_it_answers_questions_from_the_text(question: str, answer: str) -> None:
    facts = f"{PERSON} met the lawyer in {PLACE} on {DATE}. The contract was signed by {OTHER}. Write to {MAIL}."
    for prompt in (f"{facts} {question}", f"{facts}\n\n{question}", f"{question}\n\n{facts}"):
        assert ask(prompt).text.startswith(f"{answer}. The text says: ")


def test_it_answers_from_earlier_turns() -> None:
    turns = [f"My name is {PERSON} and my e-mail is {MAIL}.", "What is my e-mail?"]
    messages = [{"role": "user", "content": text} for text in turns]
    messages.insert(1, {"role": "assistant", "content": "Noted."})
    assert ask(messages).text.startswith(MAIL)


def test_it_does_not_invent_what_the_text_does_not_say() -> None:
    assert "does not say" in ask("What is the capital of France?").text


def test_it_calls_the_tool_that_fits() -> None:
    assert call(ask("What is the weather in Berlin?", tools=TOOLS)) == ("get_weather", {"city": "Berlin"})
    assert call(ask(f"Weather in {PLACE} in celsius", tools=TOOLS)) == (
        "get_weather",
        {"city": PLACE, "unit": "celsius"},
    )
    name, arguments = call(ask(f"Send an e-mail to {MAIL} saying that the parcel is late.", tools=TOOLS))
    assert (name, arguments) == ("send_email", {"to": MAIL, "body": "the parcel is late."})


@pytest.mark.parametrize(
    ("prompt", "more"),
    [
        ("Tell me a joke", {}),  # no tool is about that
        ("What is the weather?", {}),  # the city is missing
        ("What is the weather in Berlin?", {"tool_choice": "none"}),
    ],
)
def test_it_calls_no_tool_that_does_not_fit(prompt: str, more: dict[str, Any]) -> None:
    assert ask(prompt, tools=TOOLS, **more).tool_calls == ()


def test_a_forced_tool_is_called_with_what_there_is() -> None:
    choice = {"type": "function", "function": {"name": "get_weather"}}
    assert call(ask("Hello", tools=TOOLS, tool_choice=choice))[0] == "get_weather"
    assert call(ask("Hello", tools=TOOLS, tool_choice="required"))[1]


def test_after_a_tool_result_it_reports_it() -> None:
    result = json.dumps({"city": PLACE, "temp": {"celsius": 7}, "days": ["Mon", "Tue"], "none": None})
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": f"Weather in {PLACE}?"},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "tool_call_id": "c", "content": result},
    ]
    expected = f"Here is what I found: city is {PLACE}, celsius is 7, days is Mon and days is Tue."
    assert ask(messages, tools=TOOLS) == Reply(expected)


def structured(prompt: str, schema: dict[str, Any]) -> Any:
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    return json.loads(ask(prompt, response_format=wanted).text)


def test_a_schema_is_filled_from_the_text() -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "people": {"type": "array", "items": {"type": "string"}},
            "email": {"type": ["string", "null"]},
            "cats": {"type": "integer"},
            "priority": {"enum": ["low", "high"]},
            "home": {"$ref": "#/$defs/Home"},
            "kind": {"const": "customer"},
        },
        "$defs": {
            "Home": {"type": "object", "properties": {"city": {"anyOf": [{"type": "null"}, {"type": "string"}]}}}
        },
    }
    assert structured(f"{PERSON} and {OTHER} live in {PLACE}, {MAIL}, 3 cats, high risk", schema) == {
        "name": PERSON,
        "people": [PERSON, OTHER],
        "email": MAIL,
        "cats": 3,
        "priority": "high",
        "home": {"city": PLACE},
        "kind": "customer",
    }


def test_a_schema_that_refers_to_itself_ends() -> None:
    schema = {"type": "object", "properties": {f"p{i}": {"$ref": "#"} for i in range(12)}}
    assert isinstance(structured("x", schema), dict)


def test_json_without_a_schema_takes_the_keys_that_the_prompt_names() -> None:
    reply = ask(f'Extract "name" and "city": {PERSON} from {PLACE}', response_format={"type": "json_object"})
    assert json.loads(reply.text) == {"name": PERSON, "city": PLACE}


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"messages": None},
        {"messages": [1, None, {"role": "user"}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url"}, 3, {"type": "text", "text": 5}]}]},
        {"messages": [], "tools": [{}, {"function": {"name": 3}}, None], "tool_choice": {"function": 3}},
        {"messages": [], "response_format": {"type": "json_schema"}},
        {"messages": [], "response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "array"}}}},
    ],
)
def test_odd_requests_get_a_reply_too(request_: dict[str, Any]) -> None:
    assert reply_to(read_conversation(request_)).text


def test_the_same_conversation_gets_the_same_reply() -> None:
    prompt = f"Send an e-mail to {MAIL} saying hello"
    assert ask(prompt, tools=TOOLS) == ask(prompt, tools=TOOLS)

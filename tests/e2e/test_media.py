"""OpenAI's own SDK against images, sound, decisions and compaction: words leave scrambled, files by policy."""

from __future__ import annotations

import json
import re
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from tests.fake_media import PICTURE
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME, MAIL = "Margaret Okafor", "m.okafor@example.com"
PROMPT = f"A card for {NAME}"
FILE = ("Margaret Okafor.mp3", b"RIFF of okafor\r\n--x", "audio/mpeg")
IMAGE = ("Okafor.png", b"\x89PNG\r\n\r\n", "image/png")


@pytest.fixture
def client(gateway: Running) -> AsyncOpenAI:
    return gateway.client()


@pytest.fixture
def seeing(gateway: Running) -> AsyncOpenAI:
    """A client whose policy lets what cannot be read pass."""
    return gateway.client(default_headers={"X-Sting-Policy": "seeing"})


def nothing_leaked(gateway: Running) -> None:
    assert gateway.provider.bytes_seen
    for original in (NAME, MAIL, "Margaret", "m.okafor@"):
        assert original.encode() not in gateway.provider.bytes_seen


async def test_a_picture_is_drawn_from_a_scrambled_prompt(gateway: Running, client: AsyncOpenAI) -> None:
    made = await client.images.generate(prompt=PROMPT, model="gpt-image-1", user=MAIL, size="1024x1024", quality="low")
    assert made.data
    assert (made.data[0].revised_prompt, made.data[0].b64_json) == (PROMPT, PICTURE)
    nothing_leaked(gateway)
    sent = gateway.provider.requests[-1]
    assert (sent.target, sent.json["size"], sent.json["quality"]) == ("/v1/images/generations", "1024x1024", "low")
    made = await client.images.generate(prompt=PROMPT)
    assert "model" not in gateway.provider.requests[-1].json


async def test_a_streamed_picture_comes_as_it_is(gateway: Running, client: AsyncOpenAI) -> None:
    kinds = []
    async for event in await client.images.generate(prompt=PROMPT, model="gpt-image-1", stream=True, partial_images=1):
        assert event.b64_json == PICTURE
        assert event.model_extra == {"user": PROMPT}
        kinds.append(event.type)
    assert kinds == ["image_generation.partial_image", "image_generation.completed"]
    nothing_leaked(gateway)


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
@pytest.mark.parametrize("route", ["edits", "variations", "transcriptions", "translations", "speech"])
async def test_what_cannot_be_read_is_refused(gateway: Running, client: AsyncOpenAI, route: str) -> None:
    calls: dict[str, Any] = {
        "edits": lambda: client.images.edit(image=IMAGE, prompt=PROMPT),
        "variations": lambda: client.images.create_variation(image=IMAGE),
        "transcriptions": lambda: client.audio.transcriptions.create(file=FILE, model="whisper-1", prompt=PROMPT),
        "translations": lambda: client.audio.translations.create(file=FILE, model="whisper-1"),
        "speech": lambda: client.audio.speech.create(input=PROMPT, model="tts-1", voice="alloy"),
    }
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        await calls[route]()
    assert refused.value.code == "sting_unscannable"
    assert "Okafor" not in str(refused.value)
    assert gateway.provider.requests == []


async def test_a_policy_may_let_pictures_pass_and_their_words_leave_scrambled(
    gateway: Running, seeing: AsyncOpenAI
) -> None:
    made = await seeing.images.edit(image=[IMAGE, IMAGE], prompt=PROMPT, model="alias", n=2, user=MAIL)
    assert made.data
    assert made.data[0].revised_prompt == PROMPT
    body = gateway.provider.requests[-1].body
    assert body.count(IMAGE[1]) == 2
    assert body.count(b'name="image[]"; filename="file.png"\r\nContent-Type: image/png') == 2
    assert b'name="model"\r\n\r\nreal-model\r\n' in body
    assert re.search(rb'name="prompt"\r\n\r\nA card for PERSON_[0-9A-Z]{8}\r\n', body)
    assert b'name="n"\r\n\r\n2\r\n' in body
    nothing_leaked(gateway)


@pytest.mark.parametrize("form", ["json", "verbose_json", "text", "srt"])
async def test_what_was_heard_comes_back_with_names(gateway: Running, seeing: AsyncOpenAI, form: Any) -> None:
    heard: Any = await seeing.audio.transcriptions.create(
        file=FILE, model="whisper-1", prompt=PROMPT, response_format=form, known_speaker_names=[NAME], language="en"
    )
    text = heard if isinstance(heard, str) else heard.text
    assert text == f"We heard: {PROMPT} {NAME}"
    if form == "verbose_json":
        assert heard.words[0].word == text
    body = gateway.provider.requests[-1].body
    assert FILE[1] in body
    assert b'filename="file.mp3"\r\nContent-Type: audio/mpeg' in body
    nothing_leaked(gateway)


@pytest.mark.parametrize("piece", [1, 5])
async def test_a_streamed_transcript_is_restored(gateway: Running, seeing: AsyncOpenAI, piece: int) -> None:
    gateway.provider.behaviour = Behaviour(piece=piece)
    deltas, done = "", ""
    async for event in await seeing.audio.transcriptions.create(
        file=FILE, model="gpt-4o-transcribe", prompt=PROMPT, stream=True
    ):
        if event.type == "transcript.text.delta":
            deltas += event.delta
        elif event.type == "transcript.text.done":
            done = event.text
    assert deltas == done == f"We heard: {PROMPT} "
    nothing_leaked(gateway)


async def test_a_recordings_new_names_meet_the_output_side(gateway: Running) -> None:
    """What was said is not in the mapping: `output` finds it, in JSON and in plain text."""
    assert gateway.detector
    gateway.detector.words["heard"] = "PERSON"
    client = gateway.client(default_headers={"X-Sting-Policy": "hearing"})
    for form in ("json", "text"):
        said: Any = await client.audio.transcriptions.create(
            file=FILE, model="whisper-1", prompt=PROMPT, response_format=form
        )
        text = said if isinstance(said, str) else said.text
        assert "heard" not in text
        assert PROMPT in text


async def test_speech_says_tokens_where_a_policy_lets_it(gateway: Running, seeing: AsyncOpenAI) -> None:
    async with seeing.audio.speech.with_streaming_response.create(input=PROMPT, model="tts-1", voice="alloy") as answer:
        assert answer.headers["content-type"] == "audio/mpeg"
        sound = await answer.read()
    assert re.fullmatch(rb"ID3A card for PERSON_[0-9A-Z]{8}", sound)
    nothing_leaked(gateway)


async def test_a_spoken_answer_of_a_chat_is_refused(gateway: Running, client: AsyncOpenAI) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match=r"modalities\[1\]"):
        await client.chat.completions.create(
            model="gpt-audio",
            modalities=["text", "audio"],
            audio={"voice": "alloy", "format": "wav"},
            messages=[{"role": "user", "content": PROMPT}],
        )
    assert gateway.provider.requests == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (
            "/v1/chat/completions",
            {"model": "m", "messages": [{"role": "tool", "tool_call_id": "call_1", "content": "@"}]},
        ),
        (
            "/v1/responses",
            {"model": "m", "input": [{"type": "function_call_output", "call_id": "call_1", "output": "@"}]},
        ),
        ("/v1/messages", {"model": "claude/m", "max_tokens": 5, "messages": [{"role": "user", "content": "@"}]}),
        ("/api/generate", {"model": "llama/m", "prompt": "@"}),
        (
            "/v1/chat/completions",
            {"model": "m", "messages": [{"role": "user", "content": [{"type": "x", "y_url": "@"}]}]},
        ),
    ],
)
@pytest.mark.parametrize("text", ["data:image/png;base64,b2thZm9y", '{"shot": "DATA:image/png;x=y;base64,b2thZm9y"}'])
async def test_a_file_in_the_place_of_a_text_is_refused(
    gateway: Running, path: str, body: dict[str, Any], text: str
) -> None:
    filled = json.loads(json.dumps(body).replace('"@"', json.dumps(text)))
    status, _, answer = await gateway.call(path, filled)
    assert status == 422, answer
    assert b"sting_unscannable" in answer
    assert gateway.provider.requests == []


async def test_a_file_under_another_name_is_refused(gateway: Running) -> None:
    form = b'--b\r\nContent-Disposition: form-data; name="other"; filename="x"\r\n\r\nokafor\r\n--b--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b", "X-Sting-Policy": "seeing"}
    for body in (form, form.replace(b'; filename="x"', b"").replace(b"okafor", b"\xff"), b"{}"):
        status, _, answer = await gateway.call("/v1/audio/transcriptions", body, headers=headers)
        assert status == 400, answer
    assert gateway.provider.requests == []


async def test_decisions_are_about_scrambled_texts(gateway: Running, client: AsyncOpenAI) -> None:
    question: Any = {
        "type": "choice",
        "name": f"Is it {NAME}?",
        "instructions": [{"type": "input_text", "text": f"Look for {NAME}"}],
        "choices": [{"value": NAME, "description": f"It is {NAME}"}, {"value": "nobody"}],
    }
    made = await client.post(
        "/decisions",
        cast_to=object,
        body={"model": "decider", "input": f"From {NAME}", "questions": [question], "safety_identifier": MAIL},
    )
    told: Any = made
    assert told["answers"][0]["choice"] == NAME
    assert told["answers"][0]["name"] == f"Is it {NAME}?"
    assert [item["value"] for item in told["answers"][0]["probabilities"]] == [NAME, "nobody"]
    nothing_leaked(gateway)


async def test_a_compacted_conversation_goes_on_with_its_names(gateway: Running, client: AsyncOpenAI) -> None:
    said: Any = [{"role": "user", "content": f"I am {NAME}"}]
    compacted = await client.responses.compact(model="gpt-5", input=said)
    nothing_leaked(gateway)
    message: Any = compacted.output[0]
    cipher: Any = compacted.output[-1]
    assert message.content == said[0]["content"]
    assert NAME not in cipher.encrypted_content
    item: Any = {"type": "compaction", "id": cipher.id, "encrypted_content": cipher.encrypted_content}
    asked: Any = [item, {"role": "user", "content": "Who am I?"}]
    answer = await client.responses.create(model="gpt-5", input=asked, store=False)
    assert answer.output_text == f"I am {NAME} / Who am I?"
    nothing_leaked(gateway)


async def test_a_compacted_conversation_of_somebody_else_stays_tokens(gateway: Running, client: AsyncOpenAI) -> None:
    compacted = await client.responses.compact(model="gpt-5", input=[{"role": "user", "content": f"I am {NAME}"}])
    cipher: Any = compacted.output[-1]
    item: Any = {"type": "compaction", "id": cipher.id, "encrypted_content": cipher.encrypted_content}
    other = gateway.client("stranger")
    answer = await other.responses.create(model="gpt-5", input=[item, {"role": "user", "content": "Who?"}])
    assert NAME not in answer.model_dump_json()
    assert "PERSON_" in answer.output_text


async def test_keys_of_metadata_come_back(gateway: Running, client: AsyncOpenAI) -> None:
    await client.chat.completions.create(model="m", messages=[{"role": "user", "content": NAME}])
    token = re.findall(r"PERSON_[0-9A-Z]{8}", gateway.provider.requests[-1].body.decode())[0]
    raw = json.dumps({"id": "x", "choices": [], "metadata": {token: token, "id": token}}).encode()
    gateway.provider.behaviour = Behaviour(raw=raw)
    answer: Any = await client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "hi"}], metadata={NAME: NAME}
    )
    assert answer.metadata == {NAME: NAME, "id": NAME}
    nothing_leaked(gateway)

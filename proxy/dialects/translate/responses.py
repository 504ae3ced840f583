"""OpenAI's responses for models that know chat completions only: the request as a chat, the completion as a response.

Nothing is stored on the way, so what goes on from a stored response is refused. What only tunes an answer is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from proxy.dialects.translate.chat import listed, refused
from proxy.dialects.translate.completion import Made
from proxy.errors import BadRequest

_SAME: Final = ("model", "temperature", "top_p", "user", "parallel_tool_calls", "stream")
_ECHOED: Final = (
    "instructions",
    "metadata",
    "tools",
    "tool_choice",
    "temperature",
    "top_p",
    "text",
    "user",
    "reasoning",
)
_STATE: Final = ("previous_response_id", "conversation", "prompt", "background")
_TEXTS: Final = frozenset({"input_text", "output_text", "text", "summary_text"})
_LEFT_OUT: Final = frozenset({"reasoning", "compaction"})
"""Items of earlier turns that only their own provider can read."""
_Json = dict[str, Any]


def chat_of(body: Mapping[str, Any]) -> _Json:
    """The chat completion that asks for the same. Raises BadRequest, with the field, for what cannot be said."""
    for name in _STATE:
        if body.get(name):
            raise refused("What is kept by a provider", name)
    if any("logprobs" in str(name) for name in listed(body.get("include"))) or body.get("top_logprobs"):
        raise refused("Log probabilities", "include")
    chat: _Json = {name: body[name] for name in _SAME if body.get(name) is not None}
    chat["messages"] = _messages(body)
    if tools := [_tool(tool, position) for position, tool in enumerate(listed(body.get("tools")))]:
        chat["tools"] = tools
    if body.get("tool_choice") is not None:
        chat["tool_choice"] = _choice(body["tool_choice"])
    if body.get("max_output_tokens") is not None:
        chat["max_completion_tokens"] = body["max_output_tokens"]
    reasoning = body.get("reasoning")
    if isinstance(reasoning, dict) and reasoning.get("effort"):
        chat["reasoning_effort"] = reasoning["effort"]
    if (wanted := _format(body.get("text"))) is not None:
        chat["response_format"] = wanted
    if body.get("stream") is True:
        chat["stream_options"] = {"include_usage": True}
    return chat


def _messages(body: Mapping[str, Any]) -> list[_Json]:
    made: list[_Json] = []
    if isinstance(body.get("instructions"), str):
        made.append({"role": "system", "content": body["instructions"]})
    given = body.get("input")
    if isinstance(given, str):
        return [*made, {"role": "user", "content": given}]
    for position, item in enumerate(listed(given)):
        _add(made, item, f"input[{position}]")
    return made


def _add(made: list[_Json], item: object, place: str) -> None:
    """Add what one item says. Calls stand in the assistant's message before them."""
    if not isinstance(item, dict):
        raise BadRequest("An item of the input must be an object.", param=place)
    kind = item.get("type", "message")
    if kind == "message":
        made.append({"role": item.get("role"), "content": _content(item.get("content"), place)})
    elif kind == "function_call":
        if not made or made[-1]["role"] != "assistant":
            made.append({"role": "assistant", "content": None})
        function = {"name": item.get("name"), "arguments": item.get("arguments") or "{}"}
        made[-1].setdefault("tool_calls", []).append(
            {"id": item.get("call_id"), "type": "function", "function": function}
        )
    elif kind == "function_call_output":
        told = _content(item.get("output"), place)
        made.append({"role": "tool", "tool_call_id": item.get("call_id"), "content": told})
    elif kind not in _LEFT_OUT:
        raise refused("This item of the input", place)


def _content(content: object, place: str) -> str | list[_Json]:
    if isinstance(content, str):
        return content
    return [_part(part, f"{place}.content[{number}]") for number, part in enumerate(listed(content))]


def _part(part: object, place: str) -> _Json:
    told = part if isinstance(part, dict) else {}
    kind = told.get("type")
    if kind in _TEXTS and isinstance(told.get("text"), str):
        return {"type": "text", "text": told["text"]}
    if kind == "refusal":
        return {"type": "refusal", "refusal": told.get("refusal")}
    if kind == "input_image" and isinstance(told.get("image_url"), str):
        return {"type": "image_url", "image_url": {"url": told["image_url"]}}
    if kind == "input_file" and isinstance(told.get("file_data"), str):
        return {"type": "file", "file": {"file_data": told["file_data"], "filename": told.get("filename")}}
    raise refused("This part of an item", place)


def _tool(tool: object, position: int) -> _Json:
    if not isinstance(tool, dict) or tool.get("type") != "function":
        raise refused("A tool that is no function", f"tools[{position}]")
    named = ("name", "description", "parameters", "strict")
    return {"type": "function", "function": {name: tool[name] for name in named if tool.get(name) is not None}}


def _choice(choice: object) -> object:
    if choice in ("auto", "none", "required"):
        return choice
    if isinstance(choice, dict) and choice.get("type") == "function":
        return {"type": "function", "function": {"name": choice.get("name")}}
    raise refused("This choice of tools", "tool_choice")


def _format(text: object) -> _Json | None:
    wanted = text.get("format") if isinstance(text, dict) else None
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if isinstance(wanted, dict) and kind == "json_schema":
        named = ("name", "description", "schema", "strict")
        return {"type": "json_schema", "json_schema": {name: wanted[name] for name in named if name in wanted}}
    if kind == "json_object":
        return {"type": "json_object"}
    if kind not in (None, "text"):
        raise refused("This format of the answer", "text.format")
    return None


def response_of(completion: Mapping[str, Any], asked: Mapping[str, Any], made: Made) -> _Json:
    """A whole chat completion as a response. Raises ValueError for what is none."""
    choices = listed(completion.get("choices"))
    message = choices[0].get("message") if choices and isinstance(choices[0], dict) else None
    if not isinstance(message, dict):
        raise ValueError("no choice")  # noqa: TRY004 - an answer of the wrong shape, no mistake in the code
    output: list[_Json] = []
    if isinstance(thought := message.get("reasoning_content"), str) and thought:
        output.append(reasoning_item(made, thought))
    if isinstance(text := message.get("content"), str) and (text or not message.get("tool_calls")):
        output.append(message_item(made, text))
    for number, call in enumerate(listed(message.get("tool_calls"))):
        function = call["function"] if isinstance(call, dict) and isinstance(call.get("function"), dict) else {}
        told = (str(call.get("id") or ""), str(function.get("name") or ""), str(function.get("arguments") or ""))
        output.append(call_item(made, number, *told))
    finish = str(choices[0].get("finish_reason") or "stop")
    return ended(begun(asked, made, completion.get("model")), output, finish, completion.get("usage"))


def reasoning_item(made: Made, text: str, status: str = "completed") -> _Json:
    """What the model thought, as a summary."""
    summary = [{"type": "summary_text", "text": text}] if status == "completed" else []
    return {"type": "reasoning", "id": f"rs_{made.mark}", "status": status, "summary": summary}


def message_item(made: Made, text: str, status: str = "completed") -> _Json:
    """What the model said."""
    content = [output_text(text)] if status == "completed" else []
    return {"type": "message", "id": f"msg_{made.mark}", "role": "assistant", "status": status, "content": content}


def output_text(text: str) -> _Json:
    """The one part of a message."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def call_item(made: Made, number: int, call: str, name: str, arguments: str, status: str = "completed") -> _Json:
    """A call of a function."""
    head = {"type": "function_call", "id": f"fc_{made.mark}_{number}", "call_id": call, "status": status}
    return head | {"name": name, "arguments": arguments}


def begun(asked: Mapping[str, Any], made: Made, model: object = None) -> _Json:
    """A response that is being made, with what it repeats of the request."""
    echo = {name: asked.get(name) for name in _ECHOED}
    echo |= {"metadata": asked.get("metadata") or {}, "tools": asked.get("tools") or []}
    echo |= {
        "tool_choice": asked.get("tool_choice") or "auto",
        "text": asked.get("text") or {"format": {"type": "text"}},
    }
    head = {"id": f"resp_{made.mark}", "object": "response", "created_at": made.at, "status": "in_progress"}
    head |= {"error": None, "incomplete_details": None, "model": model or made.model, "output": [], "usage": None}
    return head | echo | {"parallel_tool_calls": asked.get("parallel_tool_calls") is not False, "store": False}


def ended(response: Mapping[str, Any], output: list[_Json], finish: str, usage: object) -> _Json:
    """The response with its output; a limit or a filter makes it incomplete."""
    why = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(finish)
    state: _Json = {"status": "completed" if why is None else "incomplete"}
    state["incomplete_details"] = None if why is None else {"reason": why}
    return {**response, **state, "output": output, "usage": _usage(usage)}


def _usage(usage: object) -> _Json | None:
    if not isinstance(usage, dict):
        return None
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens", 0) if isinstance(details, dict) else 0
    return {
        "input_tokens": usage.get("prompt_tokens", 0),
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens": usage.get("completion_tokens", 0),
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.get("total_tokens", 0),
    }

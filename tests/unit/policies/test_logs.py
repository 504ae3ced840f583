"""Logs hold ids and counts of ours, and nothing that others wrote."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from policies.logs import set_up

SECRET = "m.okafor@example.com"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What was logged at DEBUG; the logging of the test run is put back afterwards."""
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    set_up("debug", written)
    yield written
    root.handlers[:], sys.excepthook = handlers, hook
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_our_own_records_keep_their_message_and_fields(stream: io.StringIO) -> None:
    logging.getLogger("sting.exchange").info("exchange", extra={"exchange": "ex_1", "status": "200"})
    (line,) = lines(stream)
    assert (line["message"], line["exchange"], line["status"], line["level"]) == ("exchange", "ex_1", "200", "info")


def test_what_other_packages_say_is_not_printed(stream: io.StringIO) -> None:
    logging.getLogger("aiohttp.server").error("cannot parse %s", SECRET, extra={"body": SECRET})
    logging.getLogger("proxylike.thing").warning(SECRET)
    assert [line["logger"] for line in lines(stream)] == ["aiohttp.server", "proxylike.thing"]
    assert all("place" in line for line in lines(stream))
    assert SECRET not in stream.getvalue()


def test_what_other_packages_say_below_a_warning_is_not_worth_a_line(stream: io.StringIO) -> None:
    logging.getLogger("alembic.runtime.migration").info("Running upgrade")
    logging.getLogger("sting").debug("ours")
    assert [line["message"] for line in lines(stream)] == ["ours"]


def test_an_exception_is_named_by_its_type_alone(stream: io.StringIO) -> None:
    logging.getLogger("sting").error("a fault", exc_info=(ValueError, ValueError(SECRET), None))
    (line,) = lines(stream)
    assert line["fault"] == "ValueError"
    assert SECRET not in stream.getvalue()


def test_an_unhandled_exception_is_named_by_its_type_alone(stream: io.StringIO) -> None:
    error = RuntimeError(SECRET)
    sys.excepthook(RuntimeError, error, None)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    (line,) = lines(stream)
    assert (line["fault"], line["level"]) == ("RuntimeError", "critical")
    assert SECRET not in stream.getvalue()


def test_a_field_that_is_no_json_is_told_by_its_type(stream: io.StringIO) -> None:
    logging.getLogger("sting").info("odd", extra={"thing": {SECRET}})
    (line,) = lines(stream)
    assert line["thing"] == "set"

"""What the log says of a store that is away: which one, what to do, once and then every minute."""

from __future__ import annotations

import logging

import pytest
from redis import exceptions

from policies.db import DatabaseUnavailable
from policies.store_trouble import Outage, trouble


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        (exceptions.ConnectionError("secret"), "Redis cannot be reached; start it, or check redis.url"),
        (ConnectionResetError("secret"), "Redis cannot be reached; start it, or check redis.url"),
        (exceptions.AuthenticationError("secret"), "Redis refused the user or password; check redis.url"),
        (exceptions.OutOfMemoryError("secret"), "Redis is at maxmemory; give it more memory"),
        (exceptions.ResponseError("secret"), "Redis failed with ResponseError"),
        (DatabaseUnavailable("the database failed: OperationalError"), "check that the database runs"),
    ],
)
def test_which_store_and_what_to_do(failure: Exception, says: str) -> None:
    assert says in trouble(failure)
    assert "secret" not in trouble(failure)


def test_an_outage_is_told_once_a_minute_and_its_end(caplog: pytest.LogCaptureFixture) -> None:
    seconds = [0.0]
    outage = Outage(logging.getLogger("sting.outage"), "the trail", lambda: seconds[0])
    gone, full = exceptions.ConnectionError(), exceptions.OutOfMemoryError()
    outage.worked()
    for at, failure in ((0, gone), (1, gone), (59, gone), (60, gone), (61, full), (62, full)):
        seconds[0] = float(at)
        outage.failed(failure)
    outage.worked()
    outage.worked()
    said = [record.getMessage() for record in caplog.records]
    assert [("Redis cannot be reached" in line, "maxmemory" in line) for line in said] == [
        (True, False),
        (True, False),
        (False, True),
        (False, False),
    ]
    assert said[-1] == "the trail goes on"

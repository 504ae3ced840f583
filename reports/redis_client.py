"""The connection of the queue to Redis, made here and not by BullMQ.

BullMQ waits for work with a blocking command of up to ten seconds. redis-py's own limit for an answer is five: with it
a worker that has nothing to do gives up on each wait, sleeps longer and longer before the next, and the wake-up that
comes in between is lost. So the limit is above the longest wait, and pauses after a fault are short.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote, urlsplit

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import TimeoutError as NoAnswer

LONGEST_WAIT: Final = 10.0
"""Seconds that BullMQ blocks at most (`maximumBlockTimeout` of its worker)."""
ANSWER_SECONDS: Final = 1.5 * LONGEST_WAIT
_CONNECT_SECONDS: Final = 5.0
_SENTINEL_PORT: Final = 26379


def connect(url: str) -> Any:  # noqa: ANN401 - one server or a cluster: BullMQ and we ask the same of both
    """A client that has not connected yet; close it with `aclose()`. Takes every scheme that `redis.url` does."""
    retry = Retry(ExponentialBackoff(cap=1.0, base=0.1), 4)
    options: dict[str, Any] = {
        "decode_responses": True,
        "socket_timeout": ANSWER_SECONDS,
        "socket_connect_timeout": _CONNECT_SECONDS,
        "retry": retry,
    }
    if "+cluster://" in url:
        return RedisCluster.from_url(url.replace("+cluster", "", 1), **options)
    options["retry_on_error"] = [BusyLoadingError, ConnectionLost, NoAnswer]
    if "+sentinel://" in url:
        return _behind_sentinels(url, options)
    return Redis.from_url(url, **options)


def listener(url: str) -> Any:  # noqa: ANN401 - as above
    """A client for publish and subscribe: of a cluster any one node, for nodes pass on what is published."""
    return connect(url.replace("+cluster", "", 1))


def _behind_sentinels(url: str, options: dict[str, Any]) -> Any:  # noqa: ANN401 - redis-py's master_for is untyped
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    service, _, database = parts.path.strip("/").partition("/")
    sentinel = Sentinel([_place(host) for host in hosts.split(",")])  # type: ignore[no-untyped-call] # redis-py's
    login: dict[str, Any] = {
        "username": unquote(user) or None,
        "password": unquote(password) or None,
        "db": int(database or 0),
    }
    return sentinel.master_for(service, redis_class=Redis, **login, **options)


def _place(host: str) -> tuple[str, int]:
    address = urlsplit(f"//{host.strip()}")
    return address.hostname or "", address.port or _SENTINEL_PORT

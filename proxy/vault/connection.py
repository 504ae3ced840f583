"""Runs the vault's scripts on a Redis client and turns every failure into VaultUnavailable without any value.

Nothing here repeats a write that may have been done: callers say what is safe to try again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, TypeAlias, cast

from redis import exceptions
from redis.asyncio import Redis, RedisCluster
from redis.exceptions import NoScriptError, RedisError

from policies.store_trouble import trouble
from proxy.errors import VaultUnavailable
from proxy.vault.batches import Batches
from proxy.vault.scripts import Script

Sender: TypeAlias = Redis | RedisCluster | Batches
"""Whatever takes single commands."""
Argument: TypeAlias = str | bytes | int
Call: TypeAlias = tuple[Script, tuple[str, ...], Sequence[Argument]]
"""A script, its keys and its arguments."""


def unavailable(failure: BaseException) -> VaultUnavailable:
    """The failure in words of our own: messages of Redis can quote arguments."""
    return VaultUnavailable(f"The vault cannot be used: {trouble(failure)}.")


async def run(
    client: Sender, script: Script, keys: Sequence[str], args: Sequence[Argument], *, again: bool = False
) -> Any:  # noqa: ANN401 - each script documents its answer
    """The script's answer, in one round trip (a second one when the server does not know the script yet).

    `again`: try once more on a lost connection; only for scripts that may run twice. Raises VaultUnavailable.
    """
    problem = None
    for attempt in (0, 1):
        try:
            try:
                return await client.execute_command("EVALSHA", script.sha, len(keys), *keys, *args)
            except NoScriptError:
                return await client.execute_command("EVAL", script.text, len(keys), *keys, *args)
        except (RedisError, OSError, UnicodeError) as failure:  # UnicodeError: a token that is no UTF-8
            problem = unavailable(failure)
            if attempt or not again or not isinstance(failure, exceptions.ConnectionError):
                break
    raise problem or VaultUnavailable("The vault cannot be used.")  # outside of `except`: no context quotes arguments


async def run_all(client: RedisCluster, calls: Sequence[Call]) -> list[Any]:
    """Answers of scripts whose keys lie in different slots, sent at once; raises VaultUnavailable when one fails.

    Not a transaction: some may have run when another failed.
    """
    answers = await asyncio.gather(*(run(client, *call) for call in calls), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers


async def command(client: Sender, *args: Argument) -> Any:  # noqa: ANN401 - the answer is the command's
    """The answer to a plain command that may run twice; raises VaultUnavailable."""
    problem = None
    for _ in range(2):
        try:
            return await cast("Awaitable[Any]", client.execute_command(*args))
        except (RedisError, OSError) as failure:
            problem = unavailable(failure)
            if not isinstance(failure, exceptions.ConnectionError):
                break
    raise problem or VaultUnavailable("The vault cannot be used.")

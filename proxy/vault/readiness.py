"""Whether a Redis may hold the vault: it answers, and it never evicts."""

from __future__ import annotations

from typing import Any

from redis.asyncio import RedisCluster
from redis.exceptions import RedisError

from policies.redis_client import Client
from proxy.errors import VaultUnavailable
from proxy.vault.connection import unavailable

_NEEDED = "noeviction"
_ADVICE = (
    f"set `maxmemory-policy {_NEEDED}`: a Redis that evicts sessions shows tokens to people instead of their own data"
)


async def check(client: Client) -> None:
    """Raise VaultUnavailable with advice unless every primary answers and has the policy `noeviction`.

    The policy is read from INFO, which managed Redis allows too; CONFIG GET is asked only when INFO does not tell.
    """
    problem: VaultUnavailable | None = None
    try:
        await client.ping()
        policies = await _policies(client)
    except (RedisError, OSError) as failure:
        problem = unavailable(failure)
    if problem is not None:
        raise problem
    wrong = sorted({policy for policy in policies if policy != _NEEDED})
    if wrong:
        raise VaultUnavailable(f"Redis has the eviction policy {', '.join(wrong)}; {_ADVICE}.")


async def _policies(client: Client) -> list[str]:
    """The eviction policy of each primary; "unknown" where neither INFO nor CONFIG tells."""
    if isinstance(client, RedisCluster):
        infos = await client.info("memory", target_nodes=RedisCluster.PRIMARIES)
        nodes: list[dict[str, Any]] = list(infos.values())
    else:
        nodes = [await client.info("memory")]
    told = [_text(node.get("maxmemory_policy", "")) for node in nodes]
    if all(told):
        return told
    try:
        config = await client.config_get("maxmemory-policy")
    except RedisError:
        return ["unknown"]
    return [_text(policy) for name, policy in config.items() if _text(name) == "maxmemory-policy"] or ["unknown"]


def _text(value: str | bytes | None) -> str:
    return value.decode() if isinstance(value, bytes) else str(value or "")

import pytest
from pydantic import SecretStr

from policies import keys as known_keys
from policies.db import Database, DatabaseUnavailable
from policies.key_rows import KeyProblem, KeyRequest, create_key, list_keys, revoke_key, rotate_key
from policies.keys import CACHE_SECONDS, VirtualKeys, bootstrap_keys
from policies.principals import new_secret
from policies.sections import BootstrapKey
from tests.unit.policies.clock import Clock


def bootstrap(**changed: object) -> BootstrapKey:
    return BootstrapKey.model_validate({"name": "dev", "secret": "sk-dev-secret", **changed})


def store(database: Database | None, clock: Clock, *keys: BootstrapKey) -> VirtualKeys:
    return VirtualKeys(database, keys, clock=clock, now=clock.now)


async def test_a_bootstrap_key_is_known_without_a_database() -> None:
    keys = store(None, Clock(), bootstrap(vault="shared", roles=["use"]))
    principal = await keys.authenticate("sk-dev-secret")
    assert principal is not None
    assert (principal.key_id, principal.owner, principal.roles) == ("config.dev", "vault:shared", frozenset({"use"}))


@pytest.mark.parametrize(
    "secret", ["", "sk-dev-secre", "sk-dev-secret ", "SK-DEV-SECRET", "x" * 10_000, "sk-\ud800", "é"]
)
async def test_any_other_secret_is_unknown(database: Database, secret: str) -> None:
    assert await store(database, Clock(), bootstrap()).authenticate(secret) is None


async def test_a_bootstrap_key_without_a_secret_does_not_exist() -> None:
    keys = store(None, Clock(), bootstrap(secret=""), BootstrapKey(name="b"))
    assert await keys.authenticate("") is None
    assert bootstrap_keys([bootstrap(secret=""), bootstrap(name="b")])[0].principal.key_name == "b"


async def test_a_made_key_is_known_by_its_secret_and_stored_without_it(database: Database) -> None:
    made = await create_key(
        database, KeyRequest("bot", policy="strict", policies=("code",), models=("gpt-*",), roles=("use",)), now=1
    )
    principal = await store(database, Clock()).authenticate(made.secret)
    assert principal == made.key.principal
    assert (principal.policy, principal.policies, principal.models) == ("strict", ("code",), ("gpt-*",))
    async with database.engine.connect() as connection:
        stored = str((await connection.exec_driver_sql("SELECT * FROM virtual_keys")).all())
    assert made.secret not in stored
    assert made.secret not in repr(made)


async def test_a_warm_key_needs_no_database(database: Database) -> None:
    clock = Clock()
    keys = store(database, clock)
    made = await create_key(database, KeyRequest("bot"), now=clock.now())
    assert await keys.authenticate(made.secret)
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE virtual_keys")
    assert await keys.authenticate(made.secret)
    clock.pass_seconds(CACHE_SECONDS)
    with pytest.raises(DatabaseUnavailable) as caught:
        await keys.authenticate(made.secret)
    assert made.secret not in str(caught.value)


async def test_a_revoked_key_is_refused_within_two_seconds_and_for_good(database: Database) -> None:
    clock = Clock()
    keys = store(database, clock)
    made = await create_key(database, KeyRequest("bot"), now=clock.now())
    assert await keys.authenticate(made.secret)
    await revoke_key(database, "bot", now=clock.now())
    clock.pass_seconds(2)
    assert await keys.authenticate(made.secret) is None
    with pytest.raises(KeyProblem, match="revoked"):
        await rotate_key(database, "bot", now=clock.now())


async def test_rotation_keeps_id_and_vault_and_ends_the_old_secret(database: Database) -> None:
    clock = Clock()
    made = await create_key(database, KeyRequest("bot"), now=clock.now())
    rotated = await rotate_key(database, made.key.principal.key_id, now=clock.now())
    keys = store(database, clock)
    assert await keys.authenticate(made.secret) is None
    assert await keys.authenticate(rotated.secret) == made.key.principal


async def test_with_an_overlap_both_secrets_work_for_that_long(database: Database) -> None:
    clock = Clock()
    made = await create_key(database, KeyRequest("bot"), now=clock.now())
    rotated = await rotate_key(database, "bot", now=clock.now(), overlap_ms=60_000)
    keys = store(database, clock)
    assert await keys.authenticate(made.secret) == await keys.authenticate(rotated.secret) == made.key.principal
    clock.pass_seconds(61)
    assert await keys.authenticate(made.secret) is None
    assert await keys.authenticate(rotated.secret)


async def test_a_key_ends_with_its_expiry_even_while_cached(database: Database) -> None:
    clock = Clock()
    made = await create_key(database, KeyRequest("bot", expires_at=clock.now() + 1000), now=clock.now())
    keys = store(database, clock)
    assert await keys.authenticate(made.secret)
    clock.pass_seconds(1)
    assert await keys.authenticate(made.secret) is None


async def test_a_name_is_taken_once_per_tenant(database: Database) -> None:
    await create_key(database, KeyRequest("bot"), now=1)
    await create_key(database, KeyRequest("bot", tenant="other"), now=1)
    with pytest.raises(KeyProblem, match="already a key 'bot'"):
        await create_key(database, KeyRequest("bot"), now=1)
    assert [key.principal.tenant for key in await list_keys(database)] == ["default", "other"]
    assert len(await list_keys(database, "other")) == 1


async def test_a_name_cannot_pass_for_an_id(database: Database) -> None:
    with pytest.raises(KeyProblem, match="ids do"):
        await create_key(database, KeyRequest("key_0123"), now=1)


async def test_keys_of_another_tenant_are_out_of_reach(database: Database) -> None:
    await create_key(database, KeyRequest("bot", tenant="a"), now=1)
    with pytest.raises(KeyProblem, match="no key 'bot'"):
        await revoke_key(database, "bot", tenant="b", now=2)


async def test_guessing_fills_no_memory(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_keys, "_CACHE_ENTRIES", 30)
    keys = store(database, Clock())
    for _ in range(50):
        assert await keys.authenticate(new_secret()) is None
    assert len(keys._cache) == 30


def test_secrets_of_the_configuration_are_hardly_shown() -> None:
    shown = bootstrap_keys([bootstrap(), bootstrap(name="b", secret=SecretStr("sk-sting-" + "a" * 43))])
    assert [key.prefix for key in shown] == ["sk-", "sk-sting-aaaa"]

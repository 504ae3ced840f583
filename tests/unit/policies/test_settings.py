from pathlib import Path

import pytest

from policies.master_keys import decode_master_keys
from policies.settings import Settings, SettingsError, check_policy_names, load_settings

ROOT = Path(__file__).parents[3]
KEY_HEX = "11" * 32


def load(tmp_path: Path, text: str, environ: dict[str, str] | None = None, /, **overrides: object) -> Settings:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    return load_settings(path, environ=environ or {}, overrides=overrides)


def refusal(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text, environ)
    return str(caught.value).removeprefix(f"{tmp_path}/")


def test_without_a_file_everything_has_its_documented_default() -> None:
    settings = load_settings(None, environ={})
    assert (settings.gateway.port, settings.console.port) == (8080, 8081)
    assert settings.embedded
    assert settings.generates_master_key
    assert list(settings.providers) == ["openai", "anthropic", "ollama", "demo"]
    assert settings.policies.default == "balanced"
    assert not settings.demo_mode
    assert settings.external_ai
    assert settings.keys[0].secret is None


def test_the_example_file_says_what_the_defaults_are() -> None:
    example = load_settings(ROOT / "config.example.yaml", environ={})
    defaults = load_settings(None, environ={})
    for name in Settings.model_fields:
        if name == "models":
            continue
        assert getattr(example, name) == getattr(defaults, name), name


def test_the_example_leads_to_the_console_at_the_port_that_was_asked_for() -> None:
    settings = load_settings(ROOT / "config.example.yaml", environ={}, overrides={"console.port": 18081})
    assert settings.console_url == "http://127.0.0.1:18081"


def test_the_configuration_of_the_contract_is_read_as_it_stands_there(tmp_path: Path) -> None:
    contract = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    text = contract.split("```yaml\n")[1].split("```")[0]
    environ = {"STING_DEV_KEY": "sk-dev-secret", "OPENAI_API_KEY": "sk-upstream"}
    settings = load(tmp_path, text, environ)
    assert settings.model_fields_set >= set(Settings.model_fields)
    assert settings.keys[0].secret is not None
    assert settings.providers["openai"].api_key is not None
    assert settings.models["claude-*"].target == "anthropic"


def test_the_example_file_names_every_section() -> None:
    example = load_settings(ROOT / "config.example.yaml", environ={})
    assert example.model_fields_set >= set(Settings.model_fields)


def test_a_section_that_is_left_out_takes_the_environment_into_account(tmp_path: Path) -> None:
    environ = {"OPENAI_API_KEY": "sk-upstream", "STING_DEV_KEY": "sk-dev-secret", "DEMO_MODE": "true"}
    settings = load(tmp_path, "gateway: {port: 9}\n", {**environ, "EXTERNAL_AI_ENABLED": "false"})
    key = settings.providers["openai"].api_key
    assert key is not None
    assert key.get_secret_value() == "sk-upstream"
    assert settings.keys[0].secret is not None
    assert settings.demo_mode
    assert not settings.external_ai


@pytest.mark.parametrize(
    ("environ", "allowed"),
    [
        ({}, True),
        ({"DEMO_MODE": "true"}, False),
        ({"DEMO_MODE": "true", "EXTERNAL_AI_ENABLED": "true"}, True),
        ({"EXTERNAL_AI_ENABLED": "false"}, False),
    ],
)
def test_external_ai_is_off_in_a_demo_unless_it_is_asked_for(environ: dict[str, str], *, allowed: bool) -> None:
    assert load_settings(None, environ=environ).external_ai is allowed
    assert load_settings(ROOT / "config.example.yaml", environ=environ).external_ai is allowed


def test_no_secret_is_in_the_repr(tmp_path: Path) -> None:
    text = f"""
redis: {{url: "redis://:hunter2@localhost/0"}}
database: {{url: "postgresql+asyncpg://sting:hunter3@localhost/sting"}}
master_key: "{KEY_HEX}"
providers: {{openai: {{kind: openai, api_key: sk-hunter4}}}}
keys: [{{name: a, secret: sk-hunter5}}]
"""
    shown = repr(load(tmp_path, text))
    assert "hunter" not in shown
    assert KEY_HEX not in shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gatway: {}\n", "config.yaml:1: unknown key 'gatway' (did you mean 'gateway'?)"),
        ("gateway:\n  prot: 1\n", "config.yaml:2: unknown key 'gateway.prot' (did you mean 'port'?)"),
        ("gateway:\n  host: x\n  port: many\n", "config.yaml:3: 'gateway.port'"),
        ("gateway:\n  workers: 0\n", "config.yaml:2: 'gateway.workers': expected `auto` or a number"),
        ("providers:\n  a:\n    kind: opnai\n", "config.yaml:3: 'providers.a.kind' must be one of"),
        ("providers:\n  a: {kind: openai, base_url: 'ftp://x'}\n", "config.yaml:2: 'providers.a': base_url must be"),
        ("providers:\n  a: {kind: openai, base_url: 'https://u:p@x'}\n", "config.yaml:2: 'providers.a': base_url must"),
        (
            "providers:\n  a: {kind: openai, base_url: 'http://api.example.com'}\n",
            "config.yaml:2: 'providers.a': plain http",
        ),
        ("providers:\n  a: {kind: azure_openai}\n", "config.yaml:2: 'providers.a': base_url must be"),
        (
            "models:\n  m: {target: opneai/x}\n",
            "config.yaml:2: 'models.m.target' names no configured provider (did you",
        ),
        ("models:\n  m:\n    target: openai\n    fallback: [olama/x]\n", "config.yaml:4: 'models.m.fallback'"),
        ("default_provider: nobody\n", "config.yaml:1: 'default_provider' names no configured provider"),
        ("redis: {url: 'http://x'}\n", "config.yaml:1: 'redis.url': expected embedded"),
        ("database:\n  url: mysql://x\n", "config.yaml:2: 'database.url': expected embedded"),
        ("master_key: short\n", "config.yaml:1: 'master_key': master_key must be"),
        ("\nredis: {url: 'redis://h'}\n", "config.yaml:2: master_key: generate is for embedded stores only"),
        ("\ndatabase: {url: 'postgresql+asyncpg://h/d'}\n", "config.yaml:2: master_key: generate is for"),
        (
            "keys:\n  - {name: a, secret: sk-same-same}\n  - {name: b, secret: sk-same-same}\n",
            "config.yaml:3: the key 'b'",
        ),
        ("keys:\n  - {name: a}\n  - {name: a}\n", "config.yaml:1: 'keys': two keys have the name 'a'"),
        ("keys:\n  - {name: a, secret: short}\n", "config.yaml:2: 'keys.0.secret': a key has 8 to 256"),
        ("keys:\n  - {name: a, roles: [usee]}\n", "config.yaml:2: 'keys.0.roles.0' must be one of use, restore"),
    ],
)
def test_a_fault_is_named_with_file_line_and_suggestion(tmp_path: Path, text: str, expected: str) -> None:
    assert refusal(tmp_path, text).startswith(expected)


def test_a_file_that_is_not_there_is_a_settings_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "none.yaml", environ={})


def test_overrides_win_over_the_file_and_leave_the_rest_of_the_section(tmp_path: Path) -> None:
    settings = load(tmp_path, "gateway: {port: 1, host: 10.0.0.1}\n", **{"gateway.port": 9080, "data_dir": tmp_path})
    assert (settings.gateway.port, settings.gateway.host, settings.data_dir) == (9080, "10.0.0.1", tmp_path)


@pytest.mark.parametrize("scheme", ["redis", "rediss", "unix", "redis+cluster", "rediss+cluster", "redis+sentinel"])
def test_every_kind_of_redis_can_be_named(tmp_path: Path, scheme: str) -> None:
    settings = load(tmp_path, f"redis: {{url: '{scheme}://h/0'}}\nmaster_key: '{KEY_HEX}'\n")
    assert not settings.redis.embedded


def test_plain_http_is_fine_to_local_providers_and_when_it_is_asked_for(tmp_path: Path) -> None:
    text = """
providers:
  a: {kind: openai, base_url: "http://127.0.0.1:1/v1"}
  b: {kind: openai, base_url: "http://10.1.2.3/v1"}
  c: {kind: openai, base_url: "http://vllm:8000/v1", local: true}
  d: {kind: openai, base_url: "http://vllm.example.com/v1", insecure_http: true}
"""
    assert list(load(tmp_path, text).providers) == ["a", "b", "c", "d"]


def test_the_first_provider_is_the_default_when_none_is_called_openai(tmp_path: Path) -> None:
    assert load(tmp_path, "providers: {mine: {kind: ollama, local: true}}\n").default_provider == "mine"


def test_the_demo_model_answers_only_without_any_credential(tmp_path: Path) -> None:
    assert load(tmp_path, "").fallback_provider == "demo"
    assert load(tmp_path, "", {"OPENAI_API_KEY": "k"}).fallback_provider == "openai"
    assert load(tmp_path, "auth: {pass_through: true}\n").fallback_provider == "openai"
    assert load(tmp_path, "providers: {openai: {kind: openai}}\n").fallback_provider == "openai"


@pytest.mark.parametrize(
    ("entry", "takes"),
    [
        ("{kind: openai}", True),
        ("{kind: openai, base_url: 'https://eu.api.openai.com/v1'}", True),
        ("{kind: anthropic, base_url: 'https://api.anthropic.com:443'}", True),
        ("{kind: ollama, base_url: 'https://ollama.com'}", True),
        ("{kind: openai, pass_through: false}", False),
        ("{kind: ollama, local: true}", None),
        ("{kind: openai, base_url: 'https://api.anthropic.com'}", None),
        ("{kind: openai, base_url: 'https://api.openai.com:8443/v1'}", None),
        ("{kind: openai, base_url: 'http://api.openai.com/v1', insecure_http: true}", None),
        ("{kind: openai, base_url: 'https://api.openai.com.example.com/v1'}", None),
        ("{kind: openai, base_url: 'https://eu.example.com/api.openai.com'}", None),
        ("{kind: azure_openai, base_url: 'https://us.openai.azure.com/openai/v1'}", None),
        ("{kind: azure_openai, base_url: 'https://us.openai.azure.com/openai/v1', pass_through: true}", True),
        ("{kind: demo, local: true}", False),
    ],
)
def test_clients_credentials_go_to_makers_and_where_it_is_said(
    tmp_path: Path, entry: str, *, takes: bool | None
) -> None:
    settings = load(tmp_path, f"auth: {{pass_through: true}}\nproviders: {{one: {entry}}}\n")
    assert settings.providers["one"].takes_own is takes


def test_kinds_that_take_no_clients_credential_say_so(tmp_path: Path) -> None:
    entry = "{kind: bedrock, base_url: 'https://bedrock-runtime.eu-west-1.amazonaws.com', pass_through: true}"
    with pytest.raises(SettingsError, match="pass_through is for kinds"):
        load(tmp_path, f"providers: {{aws: {entry}}}\n")


def test_the_policy_folder_is_meant_from_the_file(tmp_path: Path) -> None:
    assert load(tmp_path, "policies: {directory: mine}\n").policies.directory == tmp_path / "mine"


def test_master_keys_are_read_as_base64_base64url_and_hex_the_current_one_first() -> None:
    base64_key = "-_8" + "A" * 40 + "="
    assert decode_master_keys(KEY_HEX) == (b"\x11" * 32,)
    assert decode_master_keys(f"{KEY_HEX}, {base64_key}")[1] == b"\xfb\xff" + b"\x00" * 30


@pytest.mark.parametrize("text", ["", "x", "zz" * 32, "A" * 42, f"{KEY_HEX},", "ä" * 43])
def test_anything_else_is_no_master_key(text: str) -> None:
    with pytest.raises(ValueError, match="openssl rand"):
        decode_master_keys(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("policies: {default: strct}", "policies.default: there is no policy 'strct' (did you mean 'strict'?)"),
        ("keys: [{name: a, policy: x}]", "keys.a.policy: there is no policy 'x'"),
        ("keys: [{name: a, policies: [balanced, '*', x]}]", "keys.a.policies: there is no policy 'x'"),
    ],
)
def test_policies_that_the_configuration_names_must_exist(tmp_path: Path, text: str, expected: str) -> None:
    names = ["balanced", "strict"]
    with pytest.raises(SettingsError) as caught:
        check_policy_names(load(tmp_path, text), names)
    assert str(caught.value) == expected
    check_policy_names(load(tmp_path, ""), names)


def test_a_model_may_have_several_targets(tmp_path: Path) -> None:
    several = "models: {m: {targets: [demo/a, {target: demo/b, weight: 2}]}}"
    route = load(tmp_path, several).models["m"]
    assert [(one.target, one.weight) for one in route.balanced] == [("demo/a", 1), ("demo/b", 2)]
    assert route.target == "demo/a"
    for wrong in ("{targets: [demo/a], target: demo/b}", "{targets: []}", "{targets: [nobody/a]}", "{targets: [{}]}"):
        with pytest.raises(SettingsError):
            load(tmp_path, f"models: {{m: {wrong}}}")


def test_azure_by_deployment_needs_a_version(tmp_path: Path) -> None:
    text = "providers: {azure: {kind: azure_openai, base_url: 'https://res.openai.azure.com'%s}}\n"
    with pytest.raises(SettingsError, match="api_version"):
        load(tmp_path, text % "", {})
    assert load(tmp_path, text % ", api_version: '2024-10-21'", {}).providers["azure"].api_version == "2024-10-21"

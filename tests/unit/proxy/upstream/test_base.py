"""Providers that must not be called are refused when they are configured."""

from __future__ import annotations

import pytest

from proxy.upstream.base import Provider, UpstreamRequest, is_local_address


@pytest.mark.parametrize(
    ("url", "local", "allow_http"),
    [
        ("http://api.example.com/v1", False, False),  # in the clear
        ("https://user:pass@api.example.com/v1", False, False),  # credentials in a URL end up in logs
        ("https://api.example.com/v1?key=1", False, False),
        ("https://8.8.8.8/v1", True, False),  # not local
        ("http://8.8.8.8/v1", True, True),
        ("https://[::ffff:8.8.8.8]/v1", True, False),
        ("api.example.com/v1", False, False),
        ("ftp://api.example.com", False, True),
        ("", False, False),
    ],
)
def test_a_base_url_that_would_leak_is_refused(url: str, *, local: bool, allow_http: bool) -> None:
    with pytest.raises(ValueError, match="'p': base_url"):
        Provider("p", "openai", url, local=local, allow_http=allow_http)


@pytest.mark.parametrize(
    ("url", "local", "allow_http"),
    [
        ("https://api.example.com/v1", False, False),
        ("http://127.0.0.1:11434", False, False),
        ("http://[::1]:11434", True, False),
        ("http://localhost:1", True, False),
        ("http://192.168.1.5:8000/v1", True, False),
        ("http://ollama:11434", True, False),  # a name: its addresses are checked at each call
        ("http://gateway.example.com/v1", False, True),
    ],
)
def test_a_safe_base_url_is_accepted(url: str, *, local: bool, allow_http: bool) -> None:
    assert Provider("p", "openai", url, local=local, allow_http=allow_http).base_url == url


def test_the_demo_provider_needs_no_address() -> None:
    assert Provider("demo", "demo", local=True).base_url == ""


@pytest.mark.parametrize(
    ("address", "local"),
    [("127.0.0.1", True), ("::1", True), ("fe80::1%eth0", True), ("10.0.0.1", True), ("::ffff:10.0.0.1", True),
     ("8.8.8.8", False), ("2001:4860:4860::8888", False), ("::ffff:8.8.8.8", False), ("172.32.0.1", False)],
)  # fmt: skip
def test_private_and_loopback_addresses_are_local(address: str, *, local: bool) -> None:
    assert is_local_address(address) is local


def test_no_repr_shows_a_credential_or_a_body() -> None:
    request = UpstreamRequest("POST", "/v1/x", "q=Jane", {"a": "Jane"}, b"Jane", credential="sk-secret")
    shown = repr(request) + repr(Provider("p", "openai", "https://a.test/v1", "sk-secret"))
    assert "Jane" not in shown
    assert "secret" not in shown

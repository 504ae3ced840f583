"""The TLS words of `database.url`."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from sqlalchemy import make_url

from policies.database_tls import split_tls
from policies.settings import SettingsError
from tests.certificates import Authority

PLAIN = "postgresql+asyncpg://u:hunter2@db.example.com/d"


def test_what_the_words_mean(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    cert, key = authority.issue("us")
    assert split_tls(make_url(f"{PLAIN}?application_name=x"))[1] is None
    assert split_tls(make_url(f"{PLAIN}?sslmode=disable"))[1] is False
    expected = {
        "sslmode=require": (False, ssl.CERT_NONE),
        "sslmode=verify-ca": (False, ssl.CERT_REQUIRED),
        "sslmode=verify-full": (True, ssl.CERT_REQUIRED),
        f"sslrootcert={authority.file}": (True, ssl.CERT_REQUIRED),
        f"sslcert={cert}&sslkey={key}": (True, ssl.CERT_REQUIRED),
    }
    for words, (by_name, checked) in expected.items():
        bare, context = split_tls(make_url(f"{PLAIN}?{words}&application_name=x"))
        assert isinstance(context, ssl.SSLContext)
        assert (context.check_hostname, context.verify_mode) == (by_name, checked), words
        assert dict(bare.query) == {"application_name": "x"}


@pytest.mark.parametrize("words", ["sslmode=prefer", "sslcert=a", "sslrootcert=/nowhere.pem", "sslcert=/a&sslkey=/b"])
def test_what_cannot_be_used_is_refused_without_the_password(words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        split_tls(make_url(f"{PLAIN}?{words}"))
    assert "hunter2" not in str(caught.value)

"""TLS of our listeners, with handshakes in memory: who is served what, and what becomes of changed files."""

from __future__ import annotations

import logging
import shutil
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import ValidationError

from policies.listener_tls import ListenerCertificate, OwnTrust
from policies.sections_tls import ListenerTls
from policies.settings import SettingsError
from tests.certificates import Authority


def shake(client: ssl.SSLContext, server: ssl.SSLContext, name: str = "localhost") -> ssl.SSLObject:
    """The client's side of a finished handshake. Raises ssl.SSLError of either side."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=name)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (ours, theirs):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    theirs.write(b"x")
    assert ours.read(1) == b"x"
    return ours


def serial(side: ssl.SSLObject) -> str:
    found = side.getpeercert() or {}
    return str(found["serialNumber"])


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def listener(authority: Authority, **more: Path) -> tuple[ListenerTls, ListenerCertificate, list[bool]]:
    cert, key = authority.issue("server")
    told: list[bool] = []
    tls = ListenerTls(cert_file=cert, key_file=key, **more)
    return tls, ListenerCertificate(tls, told.append), told


def test_nothing_below_tls_1_2_is_spoken(authority: Authority) -> None:
    _, certificate, _ = listener(authority)
    assert shake(authority.trusting(), certificate.context).version() == "TLSv1.3"
    older = authority.trusting()
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    assert shake(older, certificate.context).version() == "TLSv1.2"
    assert certificate.context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_changed_certificate_serves_new_handshakes_and_a_broken_one_does_not(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    tls, certificate, told = listener(authority)
    assert tls.cert_file is not None
    assert tls.key_file is not None
    first = serial(shake(authority.trusting(), certificate.context))
    certificate.look()
    assert told == []
    fresh = authority.issue("fresh")
    shutil.copy(fresh[0], tls.cert_file)  # the key is not there yet: no pair
    with caplog.at_level(logging.ERROR, "sting.tls"):
        certificate.look()
    assert told == [False]
    assert "the one before goes on" in caplog.text
    assert serial(shake(authority.trusting(), certificate.context)) == first
    shutil.copy(fresh[1], tls.key_file)
    certificate.look()
    assert told == [False, True]
    second = serial(shake(authority.trusting(), certificate.context))
    assert second != first
    tls.cert_file.write_text("no certificate")
    tls.key_file.unlink()
    certificate.look()
    certificate.look()  # it is told once
    assert told == [False, True, False]
    assert serial(shake(authority.trusting(), certificate.context)) == second


def test_with_an_authority_for_clients_only_its_own_get_in(authority: Authority, tmp_path: Path) -> None:
    _, certificate, _ = listener(authority, client_ca_file=authority.file)
    others = Authority(tmp_path / "others", "others")
    with pytest.raises(ssl.SSLError):
        shake(authority.trusting(), certificate.context)
    with pytest.raises(ssl.SSLError):
        shake(authority.trusting(others.issue("stranger", "stranger")), certificate.context)
    assert serial(shake(authority.trusting(authority.issue("app", "app")), certificate.context))


def test_our_own_processes_trust_the_gateways_certificate_and_no_other(authority: Authority) -> None:
    own = authority.issue("own", "console")
    tls, certificate, _ = listener(authority, client_ca_file=authority.file, own_cert_file=own[0], own_key_file=own[1])
    assert tls.cert_file is not None
    assert tls.key_file is not None
    trust = OwnTrust(tls, elsewhere=False)
    shake(trust.context(), certificate.context, "192.0.2.1")  # under whatever name it is reached
    other_cert, other_key = authority.issue("other")
    other = ListenerCertificate(ListenerTls(cert_file=other_cert, key_file=other_key))
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(trust.context(), other.context)
    shutil.copy(other_cert, tls.cert_file)
    shutil.copy(other_key, tls.key_file)
    same = trust.context()
    shake(same, certificate.context)  # the gateway has not looked yet
    certificate.look()
    shake(same, certificate.context)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(OwnTrust(tls, elsewhere=True).context(), certificate.context)  # the system knows no such authority


def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_a_password(authority: Authority, tmp_path: Path) -> None:
    cert, key = authority.issue("server")
    locked = tmp_path / "locked.key"
    opened = load_pem_private_key(key.read_bytes(), None)
    locked.write_bytes(opened.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret-pw")))
    with pytest.raises(SettingsError, match="encrypted"):
        ListenerCertificate(ListenerTls(cert_file=cert, key_file=locked))


@pytest.mark.parametrize(
    "given",
    [
        {"cert_file": "a"},
        {"key_file": "a"},
        {"client_ca_file": "a"},
        {"own_cert_file": "a", "cert_file": "b", "key_file": "c"},
    ],
    ids=str,
)
def test_halves_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match=r"belong together|needs cert_file"):
        ListenerTls.model_validate(given)


def test_files_that_are_not_there_are_told_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        ListenerCertificate(ListenerTls(cert_file=tmp_path / "a", key_file=tmp_path / "b"))

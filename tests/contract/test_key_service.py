"""The contract of a key service, for every kind: what is wrapped comes back, and nothing else does.

Vault and the clouds are fakes that speak the documented wire; PKCS#11 is SoftHSM, AWS also moto (both long).
"""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from policies.kms.base import KeyService, KeyServiceFailed
from policies.master_key import FILE_NAME, open_sealer, opened_service
from policies.settings import Settings, SettingsError, load_settings
from tests.fake_kms import ACCESS, CLIENT_SECRET, SECRET, VAULT_TOKEN, FakeKms

KEY = bytes(range(32))
SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
WRONG = "wrong-secret-0815"


@dataclass
class Place:
    """A service that runs. `other`: with another key; `wrong`: with a credential that is none; `stop` takes it away."""

    section: dict[str, Any]
    other: dict[str, Any]
    wrong: dict[str, Any] | None
    stop: Callable[[], None]
    secrets: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)


def settings_of(section: dict[str, Any], folder: Path, **more: object) -> Settings:
    return load_settings(None, environ={}, overrides={"kms": section, "data_dir": folder / "data", **more})


def service_of(section: dict[str, Any], folder: Path) -> KeyService:
    made = opened_service(settings_of(section, folder))
    assert made is not None
    return made


@contextmanager
def file_place(folder: Path) -> Iterator[Place]:
    texts = [base64.b64encode(os.urandom(32)).decode() for _ in range(2)]
    paths = [folder / name for name in ("kek", "other", "open", "short")]
    for path, text, mode in zip(paths, [*texts, texts[0], WRONG], [0o600, 0o600, 0o644, 0o600], strict=True):
        path.write_text(text + "\n")
        path.chmod(mode)
    sections = [{"kind": "file", "path": str(path)} for path in paths]
    for wrong in sections[2:]:
        with pytest.raises(SettingsError, match=r"others may read|not 32 bytes"):
            opened_service(settings_of(wrong, folder))
    yield Place(sections[0], sections[1], None, paths[0].unlink, tuple(texts))


@contextmanager
def environment_place(_folder: Path) -> Iterator[Place]:
    texts = [os.urandom(32).hex() for _ in range(2)]
    sections = [{"kind": "environment", "key": text} for text in texts]
    yield Place(sections[0], sections[1], None, lambda: None, tuple(texts))


@contextmanager
def http_place(kind: str) -> Iterator[Place]:
    fake = FakeKms()
    pem = fake.account.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {"client_email": "kms@p.iam.gserviceaccount.com", "private_key": pem}
    foreign = FakeKms()
    foreign.close()
    other_pem = foreign.account.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    ring = "projects/p/locations/eu/keyRings/r/cryptoKeys"
    found: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
        "vault": ({"url": fake.url, "key": "one", "token": VAULT_TOKEN}, {"key": "two"}, {"token": WRONG}),
        "aws": (
            {"url": fake.url, "key": "alias/one", "region": "eu-central-1", "credentials": f"{ACCESS}:{SECRET}"},
            {"key": "alias/two"},
            {"credentials": f"{ACCESS}:{WRONG}"},
        ),
        "gcp": (
            {
                "url": fake.url,
                "key": f"{ring}/one",
                "credentials": json.dumps(account),
                "token_url": f"{fake.url}/google-token",
            },
            {"key": f"{ring}/two"},
            {"credentials": json.dumps({**account, "private_key": other_pem})},
        ),
        "azure": (
            {
                "url": fake.url,
                "key": "one",
                "tenant": "t",
                "client_id": "c",
                "client_secret": CLIENT_SECRET,
                "authority": fake.url,
            },
            {"key": "two"},
            {"client_secret": WRONG},
        ),
    }
    section, other, wrong = found[kind]
    section["kind"] = kind
    secrets = (VAULT_TOKEN, SECRET, CLIENT_SECRET, pem.splitlines()[1])
    try:
        yield Place(section, section | other, section | wrong, fake.close, secrets, fake.asked)
    finally:
        fake.close()


@contextmanager
def softhsm_place(folder: Path) -> Iterator[Place]:
    if not SOFTHSM.exists() or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM is not installed (scripts/system_packages.sh)")
    if importlib.util.find_spec("pkcs11") is None:
        pytest.skip("the extra hsm is not installed")
    import pkcs11

    tokens = folder / "tokens"
    tokens.mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(conf))
        made = ["softhsm2-util", "--init-token", "--free", "--label", "sting", "--so-pin", "12345678", "--pin", "57913"]
        subprocess.run(made, check=True, capture_output=True, timeout=60)
        # a library may be loaded once per process: what it keeps of another token's folder is dropped
        library = pkcs11.lib(str(SOFTHSM))
        library.reinitialize()
        with library.get_token(token_label="sting").open(user_pin="57913", rw=True) as session:
            for label in ("one", "two"):
                session.generate_key(pkcs11.KeyType.AES, 256, label=label, store=True)
        section = {"kind": "pkcs11", "library": str(SOFTHSM), "token": "sting", "key": "one", "pin": "57913"}
        yield Place(
            section,
            section | {"key": "two"},
            section | {"pin": WRONG},
            lambda: section.update(library=str(folder / "gone.so")),
            ("57913",),
        )


@contextmanager
def moto_place(_folder: Path) -> Iterator[Place]:
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        kms = boto3.client(
            "kms", endpoint_url=url, region_name="eu-central-1", aws_access_key_id=ACCESS, aws_secret_access_key=SECRET
        )
        keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2)]
        section = {"kind": "aws", "url": url, "region": "eu-central-1", "credentials": f"{ACCESS}:{SECRET}"}
        yield Place(section | {"key": keys[0]}, section | {"key": keys[1]}, None, server.stop, (SECRET,))
    finally:
        server.stop()


PLACES: dict[str, Callable[[Path], Any]] = {
    "file": file_place,
    "environment": environment_place,
    "vault": lambda _: http_place("vault"),
    "aws": lambda _: http_place("aws"),
    "gcp": lambda _: http_place("gcp"),
    "azure": lambda _: http_place("azure"),
    "softhsm": softhsm_place,
    "moto": moto_place,
}
LONG = {"softhsm", "moto"}


@pytest.fixture(params=[pytest.param(name, marks=[pytest.mark.long] if name in LONG else []) for name in PLACES])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Each kind in turn."""
    with PLACES[request.param](tmp_path) as made:
        yield made


class TestKeyService:
    """What every key service does."""

    def test_what_was_wrapped_comes_back_and_nothing_else(self, place: Place, tmp_path: Path) -> None:
        service = service_of(place.section, tmp_path)
        wrapped = [service.wrap(KEY) for _ in range(2)]
        assert wrapped[0] != wrapped[1]
        for one in wrapped:
            assert KEY not in one
            assert base64.b64encode(KEY) not in one
            assert service_of(place.section, tmp_path).unwrap(one) == KEY
        changed = bytearray(wrapped[0])
        changed[-6] ^= 1
        for wrong in (bytes(changed), b"", b"x" * 60):
            with pytest.raises(KeyServiceFailed):
                service.unwrap(wrong)
        with pytest.raises(KeyServiceFailed):
            service_of(place.other, tmp_path).unwrap(wrapped[0])

    def test_it_fails_closed_and_says_what_to_do(self, place: Place, tmp_path: Path) -> None:
        settings = settings_of(place.section, tmp_path)
        sealed = open_sealer(settings).seal(b"x", "c")
        assert (tmp_path / "data" / FILE_NAME).read_text().startswith("wrapped:"), "no key lies there in the clear"
        before = len(place.asked)
        sealer = open_sealer(settings)
        asked = len(place.asked) - before
        assert sealer.open(sealed, "c") == b"x"
        assert len(place.asked) - before == asked <= 2, "a token and the key, at start; nothing is asked later"
        if place.wrong is not None:
            self._refused(place.wrong, tmp_path, place.secrets)
        place.stop()
        if place.section["kind"] != "environment":
            self._refused(place.section, tmp_path, place.secrets)
        assert sealer.open(sealed, "c") == b"x", "who runs goes on"

    @staticmethod
    def _refused(section: dict[str, Any], folder: Path, secrets: tuple[str, ...]) -> None:
        settings = settings_of(section, folder)
        with pytest.raises(SettingsError, match=r"^kms: .*") as caught:
            open_sealer(settings)
        told = f"{caught.value!r} {caught.value.__cause__!r} {settings!r} {settings.model_dump_json()}"
        for secret in (*secrets, WRONG):
            assert secret not in told

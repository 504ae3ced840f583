"""The key service of a configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from policies.kms.aws import AwsKmsKeys
from policies.kms.azure import AzureKeys
from policies.kms.base import KeyService
from policies.kms.gcp import GcpKmsKeys
from policies.kms.local import LocalKeys, file_keys
from policies.kms.pkcs11 import Pkcs11Keys
from policies.kms.vault import VaultTransit
from policies.sections_kms import Kms

_KINDS: Final[Mapping[str, Callable[[Any], KeyService]]] = {
    "file": lambda section: file_keys(section.path),
    "environment": lambda section: LocalKeys(section.key.get_secret_value()),
    "pkcs11": Pkcs11Keys,
    "vault": VaultTransit,
    "aws": AwsKmsKeys,
    "gcp": GcpKmsKeys,
    "azure": AzureKeys,
}


def key_service(section: Kms) -> KeyService:
    """What wraps and unwraps the master key. Raises KeyServiceFailed for credentials that cannot be used."""
    return _KINDS[section.kind](section)

"""Kind `pkcs11`: an AES key inside a hardware security module, AES-GCM computed there. Takes the extra `hsm`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from policies.kms.base import KeyServiceFailed
from policies.sections_kms import Pkcs11Kms

_CONTEXT: Final = b"sting/master-key"
_NONCE_BYTES: Final = 12
_TAG_BITS: Final = 128


class Pkcs11Keys:
    """Encrypts and decrypts in the module. What is kept is nonce, ciphertext and tag."""

    def __init__(self, section: Pkcs11Kms) -> None:
        self._section = section

    def wrap(self, key: bytes) -> bytes:
        """See `KeyService.wrap`."""
        nonce = os.urandom(_NONCE_BYTES)
        with self._key() as (found, how):
            return nonce + bytes(found.encrypt(key, **how(nonce)))

    def unwrap(self, wrapped: bytes) -> bytes:
        """See `KeyService.unwrap`."""
        with self._key() as (found, how):
            return bytes(found.decrypt(wrapped[_NONCE_BYTES:], **how(wrapped[:_NONCE_BYTES])))

    @contextmanager
    def _key(self) -> Iterator[tuple[Any, Any]]:
        """The key in an open session, and the arguments for a nonce. Raises KeyServiceFailed for any fault inside."""
        section = self._section
        pkcs11 = _module()
        faults = (pkcs11.exceptions.PKCS11Error, OSError, RuntimeError)

        def how(nonce: bytes) -> dict[str, Any]:
            parameters = pkcs11.GCMParams(nonce, _CONTEXT, _TAG_BITS)
            return {"mechanism": pkcs11.Mechanism.AES_GCM, "mechanism_param": parameters}

        why = ""
        try:
            token = pkcs11.lib(str(section.library)).get_token(token_label=section.token)
            with token.open(user_pin=section.pin.get_secret_value()) as session:
                yield session.get_key(object_class=pkcs11.ObjectClass.SECRET_KEY, label=section.key), how
        except faults as error:
            why = type(error).__name__
        if why:
            raise KeyServiceFailed(
                f"the security module does not do it ({why}); check library, token, key and pin, and that the wrapped "
                "key was made by this key"
            )


def _module() -> Any:  # noqa: ANN401 - an extra
    try:
        import pkcs11.exceptions  # noqa: PLC0415

    except ImportError:
        pass
    else:
        return pkcs11
    raise KeyServiceFailed("kind pkcs11 takes the extra hsm: pip install 'sting-ce[hsm]'")

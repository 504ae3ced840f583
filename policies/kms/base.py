"""The interface to a key management service, and how it fails."""

from __future__ import annotations

from typing import Protocol


class KeyServiceFailed(Exception):
    """The service is away, refuses, or gives what is no key. The message says what to do and holds no secret."""


class KeyService(Protocol):
    """Wraps the master key with a key that it never gives away. Asked once at start, never per request."""

    def wrap(self, key: bytes) -> bytes:
        """The key (32 bytes), wrapped. Raises KeyServiceFailed."""

    def unwrap(self, wrapped: bytes) -> bytes:
        """The key that was wrapped. Raises KeyServiceFailed, also for what was changed or is another service's."""

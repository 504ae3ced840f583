"""Every failure that the gateway itself can answer with: status, code and whether a retry makes sense.

The dialect renders them in the caller's shape. A message never holds a value that a client or a provider sent.
"""

from __future__ import annotations


class StingError(Exception):
    """A failure with an HTTP status, a stable code and advice on retrying.

    `headers` are added to the answer (for example `retry-after`). `code` is one of the names in docs/contract.md.
    """

    status = 500
    code = "sting_internal"
    retryable = False

    def __init__(self, message: str, *, param: str | None = None, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.headers = headers or {}


class BadRequest(StingError):
    """The body is no JSON, or not the JSON that this route takes."""

    status = 400
    code = "sting_bad_request"


class BodyTooLarge(StingError):
    """The body is over `gateway.max_body_mb`."""

    status = 413
    code = "sting_body_too_large"


class Overloaded(StingError):
    """More exchanges run than `gateway.max_in_flight`."""

    status = 503
    code = "sting_overloaded"
    retryable = True


class BodyTooSlow(StingError):
    """The body did not come within `gateway.body_timeout_s`."""

    status = 408
    code = "sting_body_too_slow"


class Blocked(StingError):
    """The policy forbids sending what was found."""

    status = 403
    code = "sting_blocked"


class Unscannable(StingError):
    """The body holds something that cannot be read as text (image, audio, file, token ids)."""

    status = 422
    code = "sting_unscannable"


class UnknownRoute(StingError):
    """A route that the gateway does not know is refused, never forwarded."""

    status = 404
    code = "sting_unknown_route"


class WebSocketRefused(UnknownRoute):
    """A WebSocket upgrade is refused: the policy or the route takes none."""

    status = 403


class NotFound(StingError):
    """There is no such session or exchange for this key."""

    status = 404
    code = "sting_not_found"


class InvalidKey(StingError):
    """No virtual key, an unknown one, or one without the role that the route needs."""

    status = 401
    code = "sting_invalid_key"


class Forbidden(StingError):
    """The key is known but may not do this."""

    status = 403
    code = "sting_forbidden"


class ModelNotAllowed(StingError):
    """The key may not use this model, or no provider serves it."""

    status = 404
    code = "sting_model_not_allowed"


class RateLimited(StingError):
    """The key's rate limit is used up."""

    status = 429
    code = "sting_rate_limited"
    retryable = True


class BudgetExceeded(StingError):
    """The key's budget is used up."""

    status = 429
    code = "sting_budget_exceeded"


class KeysUnavailable(StingError):
    """It cannot be told whom a key belongs to: the database does not answer. Nobody is let in."""

    status = 503
    code = "sting_keys_unavailable"
    retryable = True


class DetectorUnavailable(StingError):
    """Detection failed or took longer than its deadline: nothing leaves."""

    status = 503
    code = "sting_detector_unavailable"
    retryable = True


class HookUnavailable(StingError):
    """A guardrail of the policy failed or took longer than its deadline: nothing goes on."""

    status = 503
    code = "sting_hook_unavailable"
    retryable = True


class VaultUnavailable(StingError):
    """The mapping or the audit intent could not be stored: nothing leaves."""

    status = 503
    code = "sting_vault_unavailable"
    retryable = True


class UpstreamFailed(StingError):
    """The provider could not be reached, took too long, or answered with what is no answer."""

    status = 502
    code = "sting_upstream_failed"
    retryable = True

"""One-way actions as presidio-anonymizer operators: what they put in an original's place cannot be restored."""

from __future__ import annotations

from typing import Any, Final

from presidio_anonymizer.operators import Operator, OperatorType

from policies.model import Action


class StingRedact(Operator):
    """Puts `REDACTED_` and the entity type in the place of the original: letters that survive any text format."""

    def operate(self, text: str, params: dict[str, Any] | None = None) -> str:  # noqa: ARG002 - the original does not matter
        """What stands in the place of `text`; `params["entity_type"]` names its type."""
        return f"REDACTED_{(params or {})['entity_type']}"

    def validate(self, params: dict[str, Any] | None = None) -> None:
        """Raise ValueError when the entity type is missing."""
        if not (params or {}).get("entity_type"):
            raise ValueError("the entity type is missing")

    def operator_name(self) -> str:
        """Name of the operator."""
        return "sting_redact"

    def operator_type(self) -> OperatorType:
        """It anonymises."""
        return OperatorType.Anonymize


_OPERATORS: Final[dict[Action, Operator]] = {Action.REDACT: StingRedact()}


def one_way(action: Action, entity_type: str, original: str) -> str:
    """What stands in the place of an original under a one-way action. Raises KeyError for an action without operator.

    Policies with such an action are refused when they are loaded.
    """
    operator = _OPERATORS[action]
    params = {"entity_type": entity_type}
    operator.validate(params)
    result: str = operator.operate(original, params)
    return result

"""The operator types of presidio-anonymizer, imported without presidio-analyzer.

With an operator for a cloud service, which is not used here, its package imports the analyzer and all of spaCy, or does
without where there is none. A process that answers requests detects nothing itself, and starts in two thirds of the
time, so for this one import there is none.
"""

from __future__ import annotations

import sys
from typing import Any

_ANALYZER = "presidio_analyzer"
_modules: dict[str, Any] = sys.modules
_hides = _ANALYZER not in _modules
if _hides:
    _modules[_ANALYZER] = None  # an import of it raises ImportError, which the package expects
try:
    from presidio_anonymizer.operators import Operator, OperatorType
finally:
    if _hides:
        del _modules[_ANALYZER]

__all__ = ["Operator", "OperatorType"]

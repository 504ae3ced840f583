"""Logs: one JSON object per line, ids and counts only.

Messages of other packages are not printed, for nobody can promise what they quote: logger, level, place and the type
of an exception must do, and that of warnings and errors only: of the rest nothing worth a line would be left.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Final, TextIO

_OURS: Final = ("sting", "proxy", "policies", "admin_ui", "connectors", "reports")
_STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level and logger of every record; message and fields of our own ones."""
        line: dict[str, object] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if _is_ours(record):
            line["message"] = record.getMessage()
            line |= {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        else:
            line["place"] = f"{record.module}:{record.lineno}"
        if record.exc_info and record.exc_info[0] is not None:
            line["fault"] = record.exc_info[0].__name__
        return json.dumps(line, default=lambda value: type(value).__name__)


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.split(".", 1)[0] in _OURS


def _worth_a_line(record: logging.LogRecord) -> bool:
    return _is_ours(record) or record.levelno >= logging.WARNING


def set_up(level: str = "info", stream: TextIO | None = None) -> None:
    """Send all records of `level` and above to stderr (or `stream`) as JSON lines."""
    handler = logging.StreamHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(_worth_a_line)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    sys.excepthook = _unhandled


def _unhandled(kind: type[BaseException], error: BaseException, _trace: object) -> None:
    """An exception nobody handled: its type only, for its text and values may be anybody's."""
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("sting").critical("unhandled fault", extra={"fault": kind.__name__})
    del error

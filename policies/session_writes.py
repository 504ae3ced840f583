"""Sees what the database's sessions write: the tables of each, and whether it said beforehand that it would write."""

from __future__ import annotations

from sqlalchemy import Table, TextClause, UpdateBase, event
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction

_MAY_WRITE, _WRITTEN = "may write", "written"
_WRITING_WORDS = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class WroteUnannounced(AssertionError):
    """A session wrote that was opened without `write=True` (docs/decisions/0591)."""


class SeenSession(Session):
    """A session whose writes are seen."""

    strict = False
    """Whether a write in a session that did not say so is refused: in tests."""


def begin(session: Session, *, write: bool) -> set[str]:
    """Look at a session from here on; what is returned gets the names of the tables that it writes."""
    written: set[str] = set()
    session.info[_MAY_WRITE], session.info[_WRITTEN] = write, written
    return written


def _executed(state: ORMExecuteState) -> None:
    statement = state.statement
    if isinstance(statement, UpdateBase):
        table = statement.table
        _note(state.session, table.name if isinstance(table, Table) else "")
    elif isinstance(statement, TextClause) and statement.text.lstrip()[:7].upper().startswith(_WRITING_WORDS):
        _note(state.session, "")


def _flushing(session: Session, _context: UOWTransaction, _instances: object) -> None:
    changed = [one for one in session.dirty if session.is_modified(one)]
    for one in (*session.new, *changed, *session.deleted):
        _note(session, str(type(one).__tablename__))


def _note(session: Session, table: str) -> None:
    if SeenSession.strict and not session.info.get(_MAY_WRITE):
        raise WroteUnannounced(f"{table or 'a table'} is written in a session without write=True")
    session.info.get(_WRITTEN, set()).add(table)


event.listen(SeenSession, "do_orm_execute", _executed)
event.listen(SeenSession, "before_flush", _flushing)

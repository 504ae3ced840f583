"""What the report engine reads of jars before it reads them."""

from __future__ import annotations

from typing import cast

from connectors.jar_model import HoneyJar, JarColumn, JarReader, JarTable
from reports.analytics.mapping import propose
from reports.analytics.roles import role
from reports.jars import sample_frames

NEEDS = (role("ticket.text", required=True), role("ticket.opened"))


class NothingToRead:
    """A reader that must not be asked: texts are left out of samples."""

    def batches(self, *_: object, **__: object) -> object:
        raise AssertionError("texts are not read for the mapping")


async def test_a_table_of_nothing_but_texts_is_one_of_messages() -> None:
    jar = HoneyJar("1", "letters", "t", None, (JarTable("letters", 300, (JarColumn("Message", "String", "text"),)),))
    samples = await sample_frames(cast("JarReader", NothingToRead()), jar)
    text, opened = propose(jar, samples, NEEDS)
    assert text.column is not None
    assert (text.column.table, text.column.column) == ("letters", "Message")
    assert opened.column is None

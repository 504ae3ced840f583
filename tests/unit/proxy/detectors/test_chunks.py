"""Cutting long texts and tables."""

from __future__ import annotations

from proxy.core.findings import Finding
from proxy.detectors.chunks import Unit, cut, merge, place, units


def person(start: int, end: int, name: str = "t") -> Finding:
    return Finding(start, end, "PERSON", 0.5, name)


def test_a_short_text_stays_whole() -> None:
    (chunk,) = cut("short", 100, 10)
    assert (chunk.start, chunk.text) == (0, "short")


def test_a_long_text_is_cut_after_line_breaks() -> None:
    text = "a line of words\n" * 100
    chunks = cut(text, 200, 40)
    assert all(chunk.text.endswith("\n") for chunk in chunks)
    assert all(len(chunk.text) <= 200 for chunk in chunks)


def test_words_are_not_cut_when_there_are_spaces() -> None:
    words = [f"word{n}" for n in range(500)]
    chunks = cut(" ".join(words), 100, 20)
    assert {word for chunk in chunks for word in chunk.text.split()} == set(words)


def test_findings_of_overlapping_parts_become_disjoint() -> None:
    assert merge([(0, [person(2, 6)]), (4, [person(0, 2), person(5, 7)])]) == [person(2, 6), person(9, 11)]


def test_prose_is_one_unit() -> None:
    text = "Dear Ann,\nhow are you?\n\nYours, Bob\n"
    assert [(unit.text, unit.lead, unit.places) for unit in units(text, 1000, 10)] == [(text, 0, (0,))]


TABLE = "name,age,mail\n" + "".join(f"Ann Lee,{n},a{n}@example.com\n" for n in range(8)) + '"Bob, Jr.",5,\n'


def test_each_different_cell_of_a_table_is_read_once_with_its_heading() -> None:
    text = "Here it is:\n" + TABLE + "That was it."
    found = {unit.text: [text[p : p + len(unit.text) - unit.lead] for p in unit.places] for unit in units(text, 999, 9)}
    assert found["name: Ann Lee"] == ["Ann Lee"] * 8
    assert found['name: "Bob, Jr."'] == ['"Bob, Jr."']
    assert "Here it is:\n" in found
    assert "That was it." in found
    assert not any("@" in unit for unit in found)


def test_empty_cells_do_not_shift_the_columns() -> None:
    text = "id;name\n" + ";Ann\n" * 7
    assert [(unit.text, len(unit.places)) for unit in units(text, 999, 9)][-1] == ("name: Ann", 7)


def test_a_table_without_headings_gives_cells_without_a_lead() -> None:
    text = "".join(f"{n}\tAnn{'' if n % 2 else ' Lee'}\n" for n in range(10))
    assert sorted((unit.text, unit.lead) for unit in units(text, 999, 9)) == [("Ann", 0), ("Ann Lee", 0)]


def test_findings_in_a_cell_stand_at_each_of_its_places_and_the_lead_is_left_out() -> None:
    unit = Unit("name: Ann", 6, (10, 50))
    assert place([(unit, [person(0, 4), person(6, 9)])]) == [person(10, 13), person(50, 53)]
    assert place([(unit, [person(4, 9)])]) == [person(10, 13), person(50, 53)]

"""Every kind of file: what changes is in its place, everything else is as it was."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import docx
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.files.base import FormLost, UnreadableFile
from proxy.files.json_lines import JsonLines, JsonValues
from proxy.files.kinds import KINDS, kind_of
from proxy.files.office import excel, spread, word
from proxy.files.plain import PlainText, blocks
from proxy.files.tables import Cells, Table

NAME, TOKEN = "Margaret Okafor", "PERSON_K7Q2M9XA"


def scrambled(texts: list[str]) -> list[str]:
    return [text.replace(NAME, TOKEN) for text in texts]


def there_and_back(kind: object, data: bytes) -> bytes:
    made = kind.rebuilt(data, scrambled(kind.texts(data)))  # type: ignore[attr-defined] # any kind
    assert NAME.encode() not in made
    back = [text.replace(TOKEN, NAME) for text in kind.texts(made)]  # type: ignore[attr-defined] # any kind
    return kind.rebuilt(made, back)  # type: ignore[attr-defined,no-any-return] # any kind


@pytest.mark.parametrize("ending", KINDS)
def test_every_ending_has_a_kind(ending: str) -> None:
    assert kind_of(Path(f"x{ending.upper()}")) is not None


def test_other_endings_are_refused_with_what_can_be_done() -> None:
    with pytest.raises(UnreadableFile, match=r"\.csv"):
        kind_of(Path("x.pptx"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_text_keeps_its_encoding_and_its_ends_of_lines(encoding: str) -> None:
    data = f"Grüße an {NAME}\r\nund Ende".encode(encoding)
    assert there_and_back(PlainText(), data) == data


@given(st.text(max_size=300), st.integers(1, 40))
def test_blocks_are_the_text_again(text: str, size: int) -> None:
    parts = blocks(text, size)
    assert "".join(parts) == text
    assert all(len(part) <= size for part in parts)


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12), min_size=2, max_size=4)))
def test_a_table_is_its_cells_again(rows: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    data = file.getvalue().encode()
    for kind in (Table(), Cells()):
        try:
            made = kind.rebuilt(data, kind.texts(data))
        except FormLost:
            continue
        assert kind.texts(made) == kind.texts(data)


def test_a_long_table_has_its_heading_once() -> None:
    lines = ["name;city", *(f"{NAME};Rotterdam {number}" for number in range(2_500))]
    data = "\r\n".join([*lines, ""]).encode()
    assert len(Table().texts(data)) == 3
    assert there_and_back(Table(), data) == data


def test_a_value_that_swallows_the_border_of_a_cell_is_noticed() -> None:
    data = b"a,b\n1 Main St,Springfield\n"
    with pytest.raises(FormLost):
        Table().rebuilt(data, [text.replace("1 Main St,Springfield", "X") for text in Table().texts(data)])


def test_json_keeps_every_other_byte() -> None:
    data = f'{{"b" : 1.0, "name":"{NAME}", "b":[1e5,"\\u00fc"]}}\n'.encode()
    assert there_and_back(JsonLines(), data) == data


def test_json_line_by_line_with_an_empty_line() -> None:
    data = f'{{"name":"{NAME}"}}\n\n{{"n":2}}'.encode()
    assert len(JsonLines().texts(data)) == 3
    assert there_and_back(JsonLines(), data) == data


def test_a_number_that_becomes_a_token_becomes_a_string() -> None:
    data = b'{"card": 4111111111111111, "n": 5}'
    broken = [text.replace("4111111111111111", "CREDIT_CARD_V8J5TQMA") for text in JsonLines().texts(data)]
    with pytest.raises(FormLost):
        JsonLines().rebuilt(data, broken)
    made = JsonValues().rebuilt(data, ["CREDIT_CARD_V8J5TQMA"])
    assert json.loads(made) == {"card": "CREDIT_CARD_V8J5TQMA", "n": 5}


def test_what_is_no_json_is_refused_without_being_quoted() -> None:
    with pytest.raises(UnreadableFile) as refused:
        JsonValues().texts(f"{{name: {NAME}}}".encode())
    assert NAME not in str(refused.value)


def letter() -> bytes:
    document = docx.Document()
    paragraph = document.add_paragraph("Dear ")
    paragraph.add_run("Margaret ").bold = True
    paragraph.add_run("Okafor, hello")
    document.add_table(1, 1).cell(0, 0).text = NAME
    document.sections[0].header.paragraphs[0].text = f"To {NAME}"
    document.core_properties.author = NAME
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_a_letter_changes_in_body_table_header_and_properties() -> None:
    made = word().rebuilt(letter(), scrambled(word().texts(letter())))
    document = docx.Document(io.BytesIO(made))
    assert document.paragraphs[0].text == f"Dear {TOKEN}, hello"
    assert document.paragraphs[0].runs[1].bold
    assert document.paragraphs[0].runs[2].text.endswith(", hello")
    assert document.tables[0].cell(0, 0).text == TOKEN
    assert document.sections[0].header.paragraphs[0].text == f"To {TOKEN}"
    assert document.core_properties.author == TOKEN


def test_a_letter_leaves_no_name_in_any_part_and_keeps_the_others() -> None:
    before = letter()
    made = word().rebuilt(before, scrambled(word().texts(before)))
    with zipfile.ZipFile(io.BytesIO(before)) as old, zipfile.ZipFile(io.BytesIO(made)) as new:
        assert old.namelist() == new.namelist()
        assert not [name for name in new.namelist() if b"Okafor" in new.read(name)]
        assert old.read("word/styles.xml").count(b"<w:style ") == new.read("word/styles.xml").count(b"<w:style ")


def edited(package: bytes, part: str, old: str, new: str) -> bytes:
    """The package with something else in one of its parts, or with a part more."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            raw = before.read(name).decode("latin-1")
            after.writestr(name, (raw.replace(old, new, 1) if name == part else raw).encode("latin-1"))
        if part not in before.namelist():
            after.writestr(part, new)
    return out.getvalue()


_DELETED = (
    f'<w:p><w:del w:id="1" w:author="{NAME}"><w:r><w:delText>{NAME}</w:delText></w:r></w:del>'
    f'<w:fldSimple w:instr=" AUTHOR {NAME} "/><w:r><w:instrText>MERGEFIELD {NAME}</w:instrText></w:r></w:p><w:sectPr'
)


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("word/document.xml", "<w:sectPr", _DELETED),
        ("word/people.xml", "", f'<p:people xmlns:p="urn:p"><p:person p:author="{NAME}"/></p:people>'),
        ("word/charts/chart1.xml", "", f"<c:v xmlns:c='urn:c'>{NAME}</c:v>"),
        ("customXml/item9.xml", "", f"<who>{NAME}</who>"),
    ],
)
def test_what_a_letter_does_not_show_at_once_changes_too(part: str, old: str, new: str) -> None:
    before = edited(letter(), part, old, new)
    made = word().rebuilt(before, scrambled(word().texts(before)))
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        assert not [name for name in package.namelist() if b"Okafor" in package.read(name)]
        assert package.read(part).count(TOKEN.encode()) >= new.count(NAME)


def test_a_workbook_changes_its_texts_and_keeps_numbers_and_formulas() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["name", "amount"])
    sheet.append([NAME, 12.5])
    sheet["B3"] = "=SUM(B2:B2)"
    out = io.BytesIO()
    book.save(out)
    given = f'<v>{NAME}</v></c><c r="C3" t="str"><f>A2</f><v>{NAME}</v></c></row>'
    before = edited(out.getvalue(), "xl/worksheets/sheet1.xml", "<v></v></c></row>", given)
    before = edited(before, "xl/worksheets/sheet1.xml", "<v/></c></row>", given)
    made = excel().rebuilt(before, scrambled(excel().texts(before)))
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        assert f"<v>{TOKEN}</v>" in package.read("xl/worksheets/sheet1.xml").decode()
        assert not [name for name in package.namelist() if b"Okafor" in package.read(name)]
    found = openpyxl.load_workbook(io.BytesIO(made)).active
    assert found is not None
    assert [[cell.value for cell in row] for row in found.iter_rows()] == [
        ["name", "amount", None],
        [TOKEN, 12.5, None],
        [None, "=SUM(B2:B2)", "=A2"],
    ]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no zip at all"])
def test_what_is_no_package_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile):
        word().texts(data)


def test_a_package_that_swells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.files.office._MOST_BYTES", 1_000)
    with pytest.raises(UnreadableFile, match="unpacked"):
        word().texts(letter())


@given(st.lists(st.text("ab ", max_size=6), min_size=1, max_size=4), st.text("abX ", max_size=12))
def test_runs_together_are_the_new_text(runs: list[str], text: str) -> None:
    if any(runs):
        assert "".join(spread(runs, text)) == text

"""PDF files: what is replaced is gone from every byte, the rest stays, and what cannot be read is refused."""

from __future__ import annotations

import io
import re
from functools import cache

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from proxy.files.base import UnreadableFile
from proxy.files.changes import Edit, Values, applied, edits
from proxy.files.pdf.document import Pdf

NAME, TOKEN = "Margaret Okafor", "PERSON_K7Q2M9XA"
OTHER, SECOND = "Tomasz Wiśniewski", "PERSON_Q7Q2M9XB"
MAIL, ADDRESS = "m.okafor@example.com", "EMAIL_ADDRESS_V8J5TQMA"
SURROGATES = {NAME: TOKEN, NAME.replace(" ", "\n"): TOKEN, OTHER: SECOND, MAIL: ADDRESS}


def scrambled(texts: list[str]) -> list[str]:
    for value, token in SURROGATES.items():
        texts = [text.replace(value, token) for text in texts]
    return texts


def restored(texts: list[str]) -> list[str]:
    for value, token in ((NAME, TOKEN), (OTHER, SECOND), (MAIL, ADDRESS)):
        texts = [text.replace(token, value) for text in texts]
    return texts


def every_byte(data: bytes) -> bytes:
    """All objects of a file, streams unpacked, and the file itself; UTF-16 is laid open."""
    reader = PdfReader(io.BytesIO(data))
    parts = [data]
    for number in range(1, int(str(reader.trailer["/Size"]))):
        found = reader.get_object(number)
        raw = io.BytesIO()
        if found is not None:
            found.write_to_stream(raw)
            parts += [raw.getvalue(), found.get_data() if hasattr(found, "get_data") else b""]
    whole = re.sub(rb"\\(\d{3})", lambda code: bytes([int(code[1], 8)]), b"\n".join(parts))
    return whole + whole.replace(b"\0", b"")


@cache
def typeset() -> bytes:
    """A letter with subset fonts, kerning, bold, a table, a link, an outline and a title."""
    source = f"""
#set document(title: "About {NAME}", author: "{OTHER}")
#set par(justify: true)
= The case of {NAME}
Dear *Margaret* Okafor, we wrote to #link("mailto:{MAIL}")[{MAIL.replace("@", chr(92) + "@")}] and to {OTHER}.
This is a paragraph in which {NAME} is named so often that lines end somewhere, and perhaps {NAME} stands
over the end of one, who knows; {NAME} again, in an efficient office.
#table(columns: 3, [{NAME}], [open], [12.50], [{OTHER}], [closed], [7.00])
"""
    return bytes(typst.compile(source.encode()))


def drawn(content: str, *, font: dict[str, object] | None = None, more: dict[str, object] | None = None) -> PdfWriter:
    """A page with this content and one font, Helvetica by default."""
    writer = PdfWriter()
    page = writer.add_blank_page(400, 400)
    plain = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica", "/Encoding": "/WinAnsiEncoding"}
    names = {NameObject(k): NameObject(str(v)) for k, v in plain.items()}
    resource = DictionaryObject(names if font is None else {NameObject(k): v for k, v in font.items()})
    fonts = DictionaryObject({NameObject("/F1"): resource})
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): fonts, **{NameObject(key): value for key, value in (more or {}).items()}}
    )
    stream = DecodedStreamObject()
    stream.set_data(content.encode("latin-1"))
    page[NameObject("/Contents")] = writer._add_object(stream)
    return writer


def file_of(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def made_of(data: bytes) -> bytes:
    return Pdf().rebuilt(data, scrambled(Pdf().texts(data)))


def test_the_text_of_a_letter_is_read_with_its_words_lines_and_cells() -> None:
    page = Pdf().texts(typeset())[0]
    assert f"The case of {NAME}\nDear {NAME}, we wrote to {MAIL} and to {OTHER}." in " ".join(page.split(" "))
    assert "in an efficient office" in page.replace("\n", "").replace("  ", " ")
    assert f"{NAME}\topen\t12.50\n" in page


def test_a_letter_goes_there_and_back_and_no_byte_tells_who_it_is_about() -> None:
    made = made_of(typeset())
    held = every_byte(made)
    for value in ("Okafor", "Margaret", "Tomasz", "Wi\u015bniewski"):
        assert value.encode() not in held
        assert value.encode("latin-1", "ignore") not in held
    read = "".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)
    assert TOKEN in read
    assert SECOND in read
    assert "Okafor" not in read
    assert PdfReader(io.BytesIO(made)).metadata["/Title"] == f"About {TOKEN}"  # type: ignore[index] # there is one
    back = Pdf().rebuilt(made, restored(Pdf().texts(made)))
    joined = [text.replace("\n", " ").replace("\t", " ").replace("  ", " ") for text in Pdf().texts(back)]
    assert joined == [text.replace("\n", " ").replace("\t", " ").replace("  ", " ") for text in Pdf().texts(typeset())]


def test_tokens_of_another_session_stay_as_they_are_when_the_others_are_restored() -> None:
    made = made_of(typeset())
    back = Pdf().rebuilt(made, [text.replace(TOKEN, "Zoë Fjord") for text in Pdf().texts(made)])
    page = Pdf().texts(back)[0]
    assert "The case of Zoë Fjord" in page
    assert page.count(SECOND) == Pdf().texts(made)[0].count(SECOND) == 2


@pytest.mark.parametrize("name", ["Al Li", "Bartholomew Featherstonehaugh-Okonkwo"])
@pytest.mark.parametrize(
    "content",
    [
        "BT /F1 12 Tf 72 300 Td (Dear {}, welcome) Tj 0 -14 Td (to us) Tj ET",
        "BT /F1 12 Tf 14 TL 72 300 Td [(Dear ) -20 ({}) 15 (, welcome)] TJ T* (to us) Tj ET",
        "BT /F1 12 Tf 14 TL 72 300 Td (Dear {}) Tj (, welcome) Tj (to us) ' ET",
        'BT /F1 12 Tf 14 TL 72 300 Td (Dear {}, welcome) Tj 0 0 (to us) " ET',
    ],
)
def test_nothing_that_is_left_tells_how_long_a_name_was(name: str, content: str) -> None:
    data = file_of(drawn(content.format(name)))
    assert Pdf().texts(data)[0] == f"Dear {name}, welcome\nto us"
    made = Pdf().rebuilt(data, [text.replace(name, TOKEN) for text in Pdf().texts(data)])
    page = PdfReader(io.BytesIO(made)).pages[0]
    left = file_of(drawn(content.format("Someone Else")))
    like = Pdf().rebuilt(left, [text.replace("Someone Else", TOKEN) for text in Pdf().texts(left)])
    ours, theirs = (one.get_contents() for one in (page, PdfReader(io.BytesIO(like)).pages[0]))
    assert ours is not None
    assert theirs is not None
    assert ours.get_data() == theirs.get_data()
    assert Pdf().texts(made)[0] == f"Dear {TOKEN}, welcome\nto us"


def test_a_word_that_was_divided_at_the_end_of_a_line_is_one_word() -> None:
    data = file_of(drawn("BT /F1 12 Tf 14 TL 72 300 Td (We met Margaret Oka-) Tj T* (for there) Tj ET"))
    assert Pdf().texts(data)[0] == f"We met {NAME} there"
    assert Pdf().texts(made_of(data))[0] in (f"We met {TOKEN}\nthere", f"We met {TOKEN}\n there")


def test_a_name_that_was_found_once_is_replaced_where_it_was_not_found() -> None:
    data = file_of(drawn(f"BT /F1 12 Tf 72 300 Td ({NAME} wrote.) Tj 0 -40 Td (okay {NAME}) Tj ET"))
    page = Pdf().texts(data)[0]
    made = Pdf().rebuilt(data, [page.replace(f"{NAME} wrote", f"{TOKEN} wrote"), *Pdf().texts(data)[1:]])
    assert NAME.encode() not in every_byte(made)
    assert Pdf().texts(made)[0].count(TOKEN) == 2


def furnished() -> bytes:
    """A page with a form, notes, a link, an attachment, XMP, a script, a spoken text, a hidden text and a bookmark."""
    form = DecodedStreamObject()
    form.set_data(f"BT /F1 10 Tf 5 5 Td ({NAME}) Tj ET".encode())
    content = (
        f"/Span <</ActualText ({NAME})>> BDC BT /F1 12 Tf 72 300 Td (She) Tj ET EMC /Fm1 Do "
        f"BT 3 Tr /F1 8 Tf 72 200 Td ({NAME}) Tj ET"
    )
    writer = drawn(content, more={"/XObject": DictionaryObject()})
    page = writer.pages[0]
    form.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Form"),
            NameObject("/BBox"): ArrayObject([NumberObject(n) for n in (0, 0, 200, 20)]),
            NameObject("/Resources"): DictionaryObject({NameObject("/Font"): page["/Resources"]["/Font"]}),
        }
    )
    page["/Resources"]["/XObject"][NameObject("/Fm1")] = writer._add_object(form)
    writer.add_annotation(0, FreeText(text=f"ask {NAME}", rect=(10, 10, 90, 30)))
    writer.add_uri(0, f"mailto:{MAIL}", ArrayObject([NumberObject(n) for n in (1, 1, 50, 50)]))
    field = DictionaryObject(
        {
            NameObject("/FT"): NameObject("/Tx"),
            NameObject("/T"): TextStringObject("customer"),
            NameObject("/V"): TextStringObject(NAME),
            NameObject("/DV"): TextStringObject(OTHER),
        }
    )
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject(
        {
            NameObject("/Fields"): ArrayObject([writer._add_object(field)]),
            NameObject("/NeedAppearances"): BooleanObject(value=True),
        }
    )
    writer.add_attachment("people.csv", f"name\n{NAME}\n".encode())
    script = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject(f"app.alert('{NAME}');")}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject({NameObject(k): v for k, v in script.items()})
    writer.add_outline_item(title=f"File of {OTHER}", page_number=0)
    writer.add_metadata({"/Title": f"About {NAME}", "/Author": OTHER, "/Keywords": MAIL})
    writer.xmp_metadata = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><a>{NAME}</a></x:xmpmeta>".encode()
    return file_of(writer)


def test_forms_notes_links_attachments_scripts_and_descriptions_are_cleaned() -> None:
    before = furnished()
    for value in (NAME, OTHER.encode("utf-16-be").replace(b"\0", b"").decode("latin-1"), MAIL):
        assert value.encode("latin-1") in every_byte(before)
    made = made_of(before)
    held = every_byte(made)
    for word in (b"Okafor", b"Margaret", b"okafor", b"Tomasz", b"people.csv", b"app.alert", b"xmpmeta", b"ActualText"):
        assert word not in held, word
    reader = PdfReader(io.BytesIO(made))
    assert reader.get_fields()["customer"].value == TOKEN  # type: ignore[index] # there is one
    assert reader.outline[0].title == f"File of {SECOND}"  # type: ignore[union-attr] # a bookmark
    notes = [annotation.get_object() for annotation in reader.pages[0]["/Annots"]]
    assert notes[0]["/Contents"] == f"ask {TOKEN}"
    assert notes[1]["/A"]["/URI"] == f"mailto:{ADDRESS}"
    assert dict(reader.attachments) == {}


def test_an_older_state_of_the_file_does_not_survive() -> None:
    first = file_of(drawn(f"BT /F1 12 Tf 72 300 Td ({NAME}) Tj ET"))
    later = PdfWriter(io.BytesIO(first), incremental=True)
    later.pages[0].get_contents().set_data(b"BT /F1 12 Tf 72 300 Td (nobody) Tj ET")  # type: ignore[union-attr]
    later.add_metadata({"/Title": NAME})
    data = file_of(later)
    assert data.startswith(first[:200])
    assert NAME.encode() not in every_byte(made_of(data))


@pytest.mark.parametrize("key", ["/Lang", "/DA"])
def test_nothing_is_written_while_a_replaced_value_is_left_anywhere(key: str) -> None:
    writer = drawn(f"BT /F1 12 Tf 72 300 Td ({NAME}) Tj ET")
    writer.root_object[NameObject(key)] = TextStringObject(f"for {NAME}")  # a place that no text is expected in
    with pytest.raises(UnreadableFile, match="still in its bytes") as refused:
        made_of(file_of(writer))
    assert "Okafor" not in str(refused.value)


def test_a_scan_is_refused_and_a_small_picture_is_not() -> None:
    for size, text in ((380, "a text"), (90, "")):
        with pytest.raises(UnreadableFile, match="page 1 is a picture"):
            Pdf().texts(pictured(size, text))
    assert Pdf().texts(pictured(90, "a text"))[0] == "a text"


def pictured(size: int, text: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(out, "PDF")
    picture = PdfReader(out).pages[0]["/Resources"]["/XObject"]
    content = f"q {size} 0 0 {size} 0 0 cm /Im Do Q BT /F1 12 Tf 72 300 Td ({text}) Tj ET"
    writer = drawn(content, more={"/XObject": DictionaryObject()})
    held = writer._add_object(next(iter(picture.values())).get_object().clone(writer))
    writer.pages[0]["/Resources"]["/XObject"][NameObject("/Im")] = held
    return file_of(writer)


def test_letters_that_nobody_can_read_are_refused() -> None:
    composite = {
        "/Type": NameObject("/Font"),
        "/Subtype": NameObject("/Type0"),
        "/BaseFont": NameObject("/Secret"),
        "/Encoding": NameObject("/Identity-H"),
        "/DescendantFonts": ArrayObject([DictionaryObject({NameObject("/Subtype"): NameObject("/CIDFontType2")})]),
    }
    with pytest.raises(UnreadableFile, match="font does not say"):
        Pdf().texts(file_of(drawn("BT /F1 12 Tf 72 300 Td <00410042> Tj ET", font=composite)))


def test_a_password_is_refused() -> None:
    writer = drawn("BT /F1 12 Tf 72 300 Td (text) Tj ET")
    writer.encrypt("", "owner", algorithm="RC4-128")
    with pytest.raises(UnreadableFile, match="password"):
        Pdf().texts(file_of(writer))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"no pdf at all", typeset()[:3_000]])
def test_what_is_broken_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile):
        Pdf().texts(data)


def test_letters_that_cannot_be_written_are_refused() -> None:
    data = made_of(typeset())
    with pytest.raises(UnreadableFile, match="Latin, Greek and Cyrillic"):
        Pdf().rebuilt(data, [text.replace(TOKEN, "\u5c71\u7530") for text in Pdf().texts(data)])


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["Ann", "Lee", "and", TOKEN, ",", " ", "\n", "x.y"])), st.data())
def test_edits_lead_from_one_text_to_the_other(words: list[str], data: st.DataObject) -> None:
    before = "".join(words)
    other = data.draw(st.lists(st.sampled_from([*words, SECOND, " "])))
    after = "".join(other)
    assert applied(before, edits(before, after)) == after


def test_values_are_whole_words_whatever_parts_them() -> None:
    values = Values({"Ann Lee": TOKEN})
    assert list(values.within("Ann\nLee, AnnLee, Ann Leery")) == [Edit(0, 7, TOKEN), Edit(9, 15, TOKEN)]
    assert not values.left_in("Joann Lee")

"""CSV files: guessed dialects, broken rows with their lines, guards."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from connectors.base import Batch, ConnectorProblem, Reading
from connectors.boundaries import Boundaries
from connectors.files import GivenFiles
from connectors.registry import open_connector, open_files

ROOMY = Boundaries()


class Bytes:
    """A file in memory that knows whether it was closed."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name, self.data, self.size = name, data, len(data)

    def open(self) -> BinaryIO:
        return io.BytesIO(self.data)


async def batches(data: bytes, name: str = "a.csv", *, boundaries: Boundaries = ROOMY, **config: Any) -> list[Batch]:
    connector = open_files("csv", config, boundaries, GivenFiles([Bytes(name, data)]))
    table = (await connector.describe())[0].name
    return [batch async for batch in connector.read(Reading(table, batch_rows=3))]


async def rows(data: bytes, **given: Any) -> list[dict[str, Any]]:
    return [row for batch in await batches(data, **given) for row in batch.frame.to_dicts()]


async def broken(data: bytes, **given: Any) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for batch in await batches(data, **given) for row in batch.set_aside]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
async def test_encoding_and_delimiter_are_guessed(encoding: str, delimiter: str) -> None:
    lines = ["name", "Ort", "n"], ["Müller", "Köln, am Rhein", "1"], ["Grüße", "Zürich; Ost", "2"]
    text = "\r\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    found = await rows(text.encode(encoding))
    assert found == [
        {"name": "Müller", "Ort": "Köln, am Rhein", "n": 1},
        {"name": "Grüße", "Ort": "Zürich; Ost", "n": 2},
    ]


async def test_decimal_commas_of_a_bank_are_no_delimiters() -> None:
    above = '"Konto:";"DE00 / Giro"\r\n"Bis:";"31.12.2024"\r\n"Stand:";"8.213,22 EUR"\r\n\r\n'
    lines = [f'"{day:02}.03.2024";"Miete";"-1.0{day:02},50"' for day in range(1, 29)]
    text = above + '"Buchungstag";"Buchungstext";"Betrag (EUR)"\r\n' + "\r\n".join(lines)
    found = await rows(text.encode("cp1252"))
    assert len(found) == 28
    assert found[0] == {"Buchungstag": "01.03.2024", "Buchungstext": "Miete", "Betrag (EUR)": "-1.001,50"}


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Möckel, Jürgen;Büro;31,00 €\nHüttenrauch, Sören;Lager;42,50 €\nNießen, Käthe;Büro;38,75 €\n"),
        ("cp1252", "Lefrançois, Maëlle;Éclairage;1 234,56 €\nGuérineau, Loïc;Siège;7,10 €\n"),
        ("cp1250", "Wałęsa, Żaneta;Kraków;31,00 zł\nŁukasiewicz, Błażej;Gdańsk;42,50 zł\nŚliwa, Józef;Łódź;9,10 zł\n"),
        ("cp1251", "Иванов, Пётр;Москва;31,00\nСмирнова, Анна;Казань;42,50\nОрлов, Олег;Тверь;9,10\n"),
    ],
)
async def test_names_keep_their_letters_whatever_they_are_written_in(encoding: str, text: str) -> None:
    """A name that is read with other letters would be known to the gateway with these, and leave as it really is."""
    lines = text * 20
    found = await rows(f"Name;Stelle;Satz\n{lines}".encode(encoding))
    assert ";".join(str(cell) for cell in found[0].values()) == text.splitlines()[0]


async def test_broken_rows_are_set_aside_with_their_lines_and_reading_goes_on() -> None:
    data = b'a,b\n1,"x\ny"\n2\n3,"b"c\n4,z\0\n5,\xff\xe9\n6,ok\n7,"never closed\n8,ok\n'
    assert await broken(data, encoding="utf-8") == [
        (4, "it has 1 columns, not 2"),
        (5, "a quote stands where none may"),
        (6, "it holds a NUL byte"),
        (7, "it is not valid utf-8"),
        (9, "a quote in it is never closed"),
    ]
    assert [row["a"] for row in await rows(data, encoding="utf-8")] == [1, 6, 8]


async def test_a_row_of_another_type_is_set_aside_not_bent() -> None:
    data = b"n,d\n" + b"1,2026-01-01\n" * 1_000 + b"007,2026-01-02\nx,2026-01-03\n3,soon\n4,\n"
    found = await batches(data)
    assert [row.line for batch in found for row in batch.set_aside] == [1002, 1003, 1004]
    assert found[-1].frame.to_dicts() == [{"n": 4, "d": None}]
    assert (await rows(data, types="text"))[1000] == {"n": "007", "d": "2026-01-02"}


async def test_long_numbers_stay_text() -> None:
    [row] = await rows(b"card,plz,n,x\n4111111111111111,01234,12,1.50\n")
    assert row == {"card": "4111111111111111", "plz": "01234", "n": 12, "x": 1.5}


async def test_a_line_longer_than_allowed_is_cut_and_passed_over() -> None:
    small = Boundaries(max_record=1_000)
    data = b"a,b\n1,2\n" + b"x" * 100_000 + b"\n3,4\n"
    [found] = await batches(data, boundaries=small)
    assert found.frame.to_dicts() == [{"a": 1, "b": 2}, {"a": 3, "b": 4}]
    assert [(row.line, len(row.raw)) for row in found.set_aside] == [(3, 1_001)]


async def test_a_broken_row_is_not_shown_by_repr() -> None:
    [found] = await batches(b"a,b\n1,2\nsecret person\n")
    assert "secret" not in repr(found)
    assert found.set_aside[0].raw.strip() == "secret person"


@pytest.mark.parametrize("packed", ["gzip", "zip"])
async def test_a_compressed_file_is_read_and_a_bomb_is_not(packed: str) -> None:
    def pack(data: bytes) -> bytes:
        if packed == "gzip":
            return gzip.compress(data)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner.csv", data)
        return out.getvalue()

    assert await rows(pack(b"a,b\n1,2\n")) == [{"a": 1, "b": 2}]
    with pytest.raises(ConnectorProblem) as caught:
        await rows(pack(b"a,b\n" + (b"1," + b"x" * 1_000 + b"\n") * 30_000))
    assert caught.value.code == "too_large"
    with pytest.raises(ConnectorProblem, match="damaged"):
        await rows(
            pack(b"a,b\n" + bytes(range(256)) * 400)[:-40] if packed == "gzip" else gzip.compress(b"a" * 99)[:-9]
        )


async def test_ten_thousand_columns_are_read_and_more_than_allowed_are_refused() -> None:
    head = ",".join(f"c{n}" for n in range(10_000))
    [row] = await rows(f"{head}\n{','.join('x' * 10_000)}\n".encode())
    assert len(row) == 10_000
    with pytest.raises(ConnectorProblem, match="10,000 columns"):
        await rows(f"{head}\n".encode(), boundaries=Boundaries(max_columns=100))


async def test_names_are_made_distinct_and_an_empty_file_has_no_rows() -> None:
    assert list((await batches(b"a,a,\n1,2,3\n", heading="yes"))[0].frame.columns) == ["a", "a_2", "column_3"]
    assert await rows(b"a,b\n") == []
    assert await rows(b"") == []
    assert await rows(b"1,2\n3,4\n") == [{"column_1": 1, "column_2": 2}, {"column_1": 3, "column_2": 4}]


async def test_only_allowed_folders_are_read(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "a.csv").write_text("a,b\n1,2\n")
    (inside / "link.csv").symlink_to(outside / "a.csv")
    boundaries = Boundaries(folders=(inside,))
    assert "1 file" in (await open_connector("csv", {"path": f"{inside}/a.csv"}, boundaries).ping()).message
    for path in (f"{outside}/a.csv", f"{inside}/../out/a.csv", f"{inside}/link.csv", f"{inside}/*.csv", "/etc/passwd"):
        with pytest.raises(ConnectorProblem, match="outside") as caught:
            await open_connector("csv", {"path": path}, boundaries).ping()
        assert caught.value.code == "forbidden"


PEOPLE = ("Müller", "Grüße", "Françoise", "Señor Ñandú", "Bjørn Åse")


@pytest.mark.parametrize(("most", "few"), [("utf-8", "cp1252"), ("cp1252", "utf-8")])
async def test_a_line_of_another_encoding_costs_itself_and_bends_no_other(most: str, few: str) -> None:
    lines = [f"{number},{PEOPLE[number % 5]}".encode(few if number in {3, 11} else most) for number in range(20)]
    data = b"\n".join([b"id,name", *lines, b""])
    kept = [number for number in range(20) if number not in {3, 11}]
    assert await rows(data) == [{"id": number, "name": PEOPLE[number % 5]} for number in kept]
    told = await broken(data)
    assert [line for line, _ in told] == [5, 13]
    assert all("utf-8" in reason.casefold() for _, reason in told)
    assert len(await rows(data, encoding="cp1252")) == 20  # a person's word counts
    assert (await rows(b"a;b\n1;M\xfcller\n"))[0]["b"] == "Müller"


async def test_an_encoding_that_changes_where_nothing_can_tell_lines_is_an_error() -> None:
    data = "id,name\n1,Anna\n".encode("utf-16") + "2,Zoë\n3,Müller\n4,x\n".encode()
    with pytest.raises(ConnectorProblem, match="encoding"):
        await rows(data)

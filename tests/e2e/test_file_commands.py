"""`sting scramble FILE` and `sting restore FILE` on real files, with real detection."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import docx
import openpyxl
import pytest
import typst
from PIL import Image, ImageDraw, ImageFont
from pypdf import PdfReader

from proxy.files import ocr
from proxy.files.base import UnreadableFile

pytestmark = pytest.mark.long

PEOPLE = (("Margaret Okafor", "m.okafor@example.com"), ("Tomasz Wiśniewski", "t.wisniewski@example.org"))


def csv_file(path: Path) -> None:
    rows = "".join(f"{name},{mail},{number}\r\n" for number, (name, mail) in enumerate(PEOPLE))
    path.write_bytes(f"name,email,orders\r\n{rows}".encode())


def jsonl_file(path: Path) -> None:
    path.write_text(
        "".join(f'{{"customer": "{name}", "email":"{mail}", "n": 1.0}}\n' for name, mail in PEOPLE), "utf-8"
    )


def page(path: Path) -> None:
    rows = "".join(f'<tr><td>{name}</td><td><a href="mailto:{mail}">mail</a></td></tr>' for name, mail in PEOPLE)
    path.write_text(f"<html><body><p>People:</p><table>{rows}</table></body></html>", "utf-8")


def letter(path: Path) -> None:
    document = docx.Document()
    for name, mail in PEOPLE:
        document.add_paragraph(f"Please write to {name} at {mail} before Friday.")
    document.save(str(path))


def workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["name", "email", "amount"])
    for name, mail in PEOPLE:
        sheet.append([name, mail, 12.5])
    book.save(path)


def document(path: Path) -> None:
    lines = "\n\n".join(f"Please write to {name} at {mail.replace('@', chr(92) + '@')} today." for name, mail in PEOPLE)
    path.write_bytes(typst.compile(f'#set document(title: "About {PEOPLE[0][0]}")\n{lines}\n'.encode()))


def sting(data_dir: Path, *words: str) -> bytes:
    command = [sys.executable, "-m", "policies.cli", *words, "--data-dir", str(data_dir)]
    done = subprocess.run(command, capture_output=True, timeout=150, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def readable(path: Path) -> str:
    """All text of a file."""
    if path.suffix == ".docx":
        return "\n".join(paragraph.text for paragraph in docx.Document(str(path)).paragraphs)
    if path.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(path.read_bytes())).active
        assert sheet is not None
        return "\n".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row)
    if path.suffix == ".pdf":
        reader = PdfReader(path)
        return "\n".join([str(reader.metadata), *(page.extract_text() for page in reader.pages)])
    return path.read_text("utf-8")


@pytest.mark.parametrize(
    ("ending", "make"),
    [
        (".csv", csv_file),
        (".jsonl", jsonl_file),
        (".html", page),
        (".docx", letter),
        (".xlsx", workbook),
        (".pdf", document),
    ],
)
def test_a_file_goes_there_and_back(tmp_path: Path, ending: str, make: object) -> None:
    source, out, back = (tmp_path / f"{name}{ending}" for name in ("people", "out", "back"))
    make(source)  # type: ignore[operator] # one of the makers above
    sting(tmp_path / "data", "scramble", str(source), "--session", "s1", "--out", str(out))
    for name, mail in PEOPLE:
        assert name not in readable(out)
        assert mail not in readable(out)
    sting(tmp_path / "data", "restore", str(out), "--session", "s1", "--out", str(back))
    assert readable(back) == readable(source)


@pytest.mark.parametrize("ending", [".png", ".pdf"])
def test_a_picture_and_a_scan_lose_names_and_addresses(tmp_path: Path, ending: str) -> None:
    try:
        ocr._loaded()
    except UnreadableFile as missing:
        pytest.skip(f"make ocr: {missing}")
    picture = Image.new("RGB", (1400, 400), "white")
    lines = "\n".join(f"Please write to {name} at {mail} today." for name, mail in PEOPLE)
    font = ImageFont.truetype(typeface(), 36)
    ImageDraw.Draw(picture).multiline_text((60, 60), f"{lines}\nThank you very much.", "black", font, spacing=30)
    source, out = tmp_path / f"scan{ending}", tmp_path / f"out{ending}"
    picture.save(source)
    assert PEOPLE[0][1] in words_of(source)
    sting(tmp_path / "data", "scramble", str(source), "--session", "s2", "--out", str(out))
    left = words_of(out)
    assert "Thank you very much" in left
    for word in ("Margaret", "Okafor", "okafor@", "Tomasz", "wisniewski"):
        assert word not in left


def typeface() -> io.BytesIO:
    from proxy.files.pdf.letters import _file

    return io.BytesIO(_file())


def words_of(path: Path) -> str:
    picture = PdfReader(path).pages[0].images[0].image if path.suffix == ".pdf" else Image.open(path)
    assert picture is not None
    return ocr.read(picture.convert("RGB")).text

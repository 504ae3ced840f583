"""Pictures: words are painted over in the pixels, what is beside them leaves, what nobody can read is refused."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo
from pypdf import PdfReader

from policies.cli import main
from proxy.files import ocr
from proxy.files.base import UnreadableFile
from proxy.files.ocr import Words
from proxy.files.pdf.document import Pdf
from proxy.files.pictures import Picture

NAME, TOKEN = "Margaret Okafor", "PERSON_K7Q2M9XA"
TEXT = f"Dear {NAME}\nhello"
BOXES = [(10, 10, 40, 20), (50, 10, 110, 20), (120, 10, 170, 20), (10, 30, 50, 40)]


def reddish(picture: Image.Image, box: tuple[int, int, int, int]) -> bool:
    red, green, _ = picture.convert("RGB").crop(box).resize((1, 1)).getpixel((0, 0))  # type: ignore[misc] # three bands
    return red > 190 and green < 120


def seen(picture: Image.Image) -> Words:
    """What a reader of red letters would see: the words whose boxes are red."""
    words = [(word, box) for word, box in zip(TEXT.split(), BOXES, strict=True) if reddish(picture, box)]
    text = "\n".join(" ".join(w for w, box in words if box[1] == top) for top in (10, 30)).strip()
    numbers = [number for number, (word, _) in enumerate(words) for _ in range(len(word) + 1)]
    owners = [None if letter.isspace() else number for letter, number in zip(text, numbers, strict=False)]
    return Words(text, owners, [box for _, box in words])


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.files.pictures.read", seen)
    monkeypatch.setattr(ocr, "read", seen)
    monkeypatch.setattr(ocr, "available", lambda: True)


def letter(mode: str = "RGB") -> Image.Image:
    picture = Image.new("RGB", (200, 60), "white")
    draw = ImageDraw.Draw(picture)
    for left, top, right, bottom in BOXES:
        draw.rectangle((left + 2, top + 2, right - 2, bottom - 2), fill="red")
    return picture.convert(mode)


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)  # type: ignore[arg-type] # each format has its own
    return out.getvalue()


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("form", ["PNG", "TIFF", "BMP", "WEBP"])
def test_words_are_painted_over_and_the_rest_stays(form: str) -> None:
    options = {"lossless": True} if form == "WEBP" else {}
    data = saved(letter(), form, **options)
    assert Picture().texts(data) == [TEXT]
    made = Image.open(io.BytesIO(Picture().rebuilt(data, [TEXT.replace(NAME, TOKEN)])))
    assert made.format == form
    assert made.convert("RGB").crop(BOXES[1]).getcolors() == [(600, (0, 0, 0))]
    assert seen(made).text == "Dear\nhello"


@pytest.mark.usefixtures("reader")
def test_nothing_beside_the_pixels_stays() -> None:
    note = PngInfo()
    note.add_text("Author", NAME)
    exif = Image.Exif()
    exif[0x013B] = NAME
    data = saved(letter(), "PNG", pnginfo=note, exif=exif, icc_profile=b"x" * 200) + b"PK Margaret Okafor"
    assert data.count(b"Okafor") == 3
    made = Picture().rebuilt(data, [TEXT.replace(NAME, TOKEN)])
    assert b"Okafor" not in made
    assert not Image.open(io.BytesIO(made)).info
    assert not Image.open(io.BytesIO(made)).getexif()


@pytest.mark.usefixtures("reader")
def test_what_transparency_hides_is_not_kept() -> None:
    hidden = letter("RGBA")
    hidden.putalpha(0)
    with pytest.raises(UnreadableFile, match="no word"):
        Picture().texts(saved(hidden, "PNG"))


@pytest.mark.usefixtures("reader")
def test_nothing_is_written_while_a_value_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.files.pictures.painted", lambda picture, *_: picture)
    with pytest.raises(UnreadableFile, match="can still be read") as refused:
        Picture().rebuilt(saved(letter(), "PNG"), [TEXT.replace(NAME, TOKEN)])
    assert "Okafor" not in str(refused.value)


@pytest.mark.usefixtures("reader")
def test_a_scan_in_a_pdf_file_is_painted_over() -> None:
    data = saved(letter(), "PDF", quality=100)
    texts = Pdf().texts(data)
    assert texts[-1] == TEXT
    made = Pdf().rebuilt(data, [text.replace(NAME, TOKEN) for text in texts])
    held = PdfReader(io.BytesIO(made)).pages[0].images[0].image
    assert held is not None
    assert max(held.convert("L").crop(BOXES[1]).getextrema()) < 40  # type: ignore[type-var] # one band


@pytest.mark.parametrize("data", [b"", b"no picture", saved(letter(), "PNG")[:200]])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="no picture"):
        Picture().texts(data)


def test_several_pictures_in_a_file_are_refused() -> None:
    data = saved(letter(), "TIFF", save_all=True, append_images=[letter()])
    with pytest.raises(UnreadableFile, match="several"):
        Picture().texts(data)


def test_without_the_extra_the_refusal_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "available", lambda: False)
    for kind, data in ((Picture(), saved(letter(), "PNG")), (Pdf(), saved(letter(), "PDF"))):
        with pytest.raises(UnreadableFile, match=r"sting-ce\[ocr\].*tesseract"):
            kind.texts(data)


def test_restoring_a_picture_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "scan.png"
    file.write_bytes(saved(letter(), "PNG"))
    done = CliRunner().invoke(main, ["restore", str(file), "--session", "s", "--out", str(tmp_path / "x.png")])
    assert done.exit_code == 2
    assert "cannot be restored" in done.output

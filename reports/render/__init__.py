"""A report document as a file: HTML, PDF, Markdown, JSON, XLSX, DOCX."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from reports.document import ReportDocument
from reports.render.brand import HOUSE, Brand

__all__ = ["MEDIA_TYPES", "Form", "render"]
Form = Literal["html", "pdf", "md", "json", "xlsx", "docx"]
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "html": "text/html",
    "pdf": "application/pdf",
    "md": "text/markdown",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
"""The media type of each form."""


def render(document: ReportDocument, form: Form, brand: Brand = HOUSE) -> bytes:
    """The whole document in one file; HTML, PDF and DOCX in the look of a brand.

    Texts are taken as they stand: restore tokens before, or leave them.
    """
    if form == "json":
        return (document.model_dump_json(indent=1) + "\n").encode()
    if form == "md":
        from reports.render.markdown import markdown  # noqa: PLC0415 - each form brings its own libraries

        return markdown(document).encode()
    if form == "html":
        from reports.render.page import page  # noqa: PLC0415

        return page(document, brand).encode()
    if form == "pdf":
        from reports.render.pdf import pdf  # noqa: PLC0415

        return pdf(document, brand)
    if form == "xlsx":
        from reports.render.workbook import workbook  # noqa: PLC0415

        return workbook(document)
    from reports.render.letter import letter  # noqa: PLC0415

    return letter(document, brand)

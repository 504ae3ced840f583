"""The report as PDF: the same page by WeasyPrint; by typst, plainer, where WeasyPrint's libraries are missing."""

from __future__ import annotations

import logging

from reports.document import ReportDocument
from reports.render.brand import HOUSE, Brand
from reports.render.page import page

_log = logging.getLogger("sting.reports")


def pdf(document: ReportDocument, brand: Brand = HOUSE) -> bytes:
    """The PDF; when pango is missing, typst makes it."""
    try:
        from weasyprint import HTML  # noqa: PLC0415 - needs pango and is slow to import
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except OSError:
        _log.info("WeasyPrint's libraries are missing: typst makes the PDF")
        from reports.render.typeset import typeset  # noqa: PLC0415

        return typeset(document, brand)
    # It warns of the page's rules for screens with each report, and nobody can do anything about those.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    # a report loads nothing; its typefaces are data URLs
    inside = URLFetcher(allowed_protocols=["data"], allow_redirects=False)
    made: bytes = HTML(string=page(document, brand, paged=True), url_fetcher=inside).write_pdf()
    return made

"""Formulas that a table may smuggle into a spreadsheet."""

from __future__ import annotations

import polars as pl

from connectors.export_guard import guarded


def test_what_begins_like_a_formula_is_made_text_and_numbers_stay() -> None:
    cells = [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "＝1",
        "-5",
        "+49 30",
        "-1,5",
        "a=b",
        None,
    ]
    frame = guarded(pl.DataFrame({"=x": cells, "n": range(len(cells))}))
    assert frame.columns == ["'=x", "n"]
    changed = [cell for cell in frame["'=x"].to_list() if cell and cell.startswith("'")]
    assert [cell[1:] for cell in changed] == [*cells[:8], "+49 30"]
    assert frame["'=x"].to_list()[8:9] + frame["'=x"].to_list()[10:] == ["-5", "-1,5", "a=b", None]

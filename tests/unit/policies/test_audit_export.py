"""Cells of exported files that a spreadsheet would run."""

from __future__ import annotations

import pytest

from policies.audit_export import safe_cell


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-cmd", "@SUM(A1)", "\t=1+1", "\r=1+1", " =1+1", "\uff1d1+1"])
def test_a_cell_that_begins_like_a_formula_is_a_text(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["gpt-4o", "", " a", -3, None])
def test_other_cells_stay(cell: object) -> None:
    assert safe_cell(cell) == cell

"""What of a payment card is never stored, not even sealed: security codes and magnetic-stripe tracks.

PCI DSS 4.0.1, requirement 3.3: sensitive authentication data is not kept after authorisation. Rows pass here before
they are sealed, whatever policy a jar has.
"""

from __future__ import annotations

import polars as pl

from connectors.column_names import entity_type_of

CODE_MARK = "[CARD_SECURITY_CODE]"
TRACK_MARK = "[CARD_TRACK]"
_TRACKS = r"(?i)%?B\d{12,19}\^[^^\n]{2,30}\^[^?\s]{4,60}\??|;?\b\d{12,19}=\d{7,}\??"
_CODES = (
    r"(?i)(\b(?:cvv2?|cvc2?|cav2|cid|card (?:security|verification) (?:code|value|number)|security code|"
    r"verification code|pr(?:ü|ue)fziffer|kartenpr(?:ü|ue)fnummer)\b[^\d\n]{0,20})\d{3,4}\b"
)
_CHECKED = r"(?i)\d{12}|cv[vc]|\bcid\b|cav2|code|ziffer|nummer"


def without_card_secrets(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with security-code columns emptied, and codes and tracks in texts replaced by a mark."""
    columns = []
    for name, dtype in frame.schema.items():
        if entity_type_of(name) == "CARD_SECURITY_CODE":
            columns.append(pl.lit(None, dtype=dtype).alias(name))
        elif dtype == pl.String:
            texts = pl.col(name)
            cleaned = texts.str.replace_all(_TRACKS, TRACK_MARK).str.replace_all(_CODES, "${1}" + CODE_MARK)
            columns.append(pl.when(texts.str.contains(_CHECKED)).then(cleaned).otherwise(texts).alias(name))
    return frame.with_columns(columns) if columns else frame

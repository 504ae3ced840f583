"""Which digit strings are telephone numbers, by region, from the `phonenumbers` metadata. It reads no text.

`phonenumbers` itself parses a candidate in some 30 microseconds per region; here each region is one compiled
expression over bare digits, so that 18 regions cost a few microseconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

DEFAULT_REGIONS = (
    "US", "CA", "GB", "IE", "DE", "AT", "CH", "FR", "BE", "NL", "ES", "IT", "PL", "SE", "DK", "IN", "BR", "AU",
)  # fmt: skip
"""Regions whose national formats count when the profile names none."""

_KINDS = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan")
_LONGEST_COUNTRY_CODE = 3


@dataclass(frozen=True, slots=True)
class RegionFormat:
    """National numbers of one region: valid digits without trunk prefix, possible lengths, the trunk prefix."""

    valid: re.Pattern[str]
    lengths: frozenset[int]
    trunk: str

    def is_national(self, digits: str) -> bool:
        """Whether `digits` are a number as dialled inside the region, with or without the trunk prefix."""
        if self.trunk and digits.startswith(self.trunk) and self.valid.fullmatch(digits[len(self.trunk) :]):
            return True
        return self.trunk != "0" and self.valid.fullmatch(digits) is not None


def _format(metadata: PhoneMetadata) -> RegionFormat:
    patterns = {
        description.national_number_pattern
        for kind in _KINDS
        if (description := getattr(metadata, kind)) is not None and description.national_number_pattern
    }
    general = metadata.general_desc
    lengths = frozenset(general.possible_length if general is not None else ())
    trunk = metadata.national_prefix or ""
    return RegionFormat(re.compile("|".join(sorted(patterns)) or r"(?!)"), lengths, trunk)


@lru_cache(maxsize=512)
def region_format(region: str) -> RegionFormat | None:
    """The formats of an ISO 3166 region, None when `phonenumbers` knows none."""
    metadata = PhoneMetadata.metadata_for_region(region.upper(), None)
    return None if metadata is None else _format(metadata)


@lru_cache(maxsize=512)
def _country_formats(code: int) -> tuple[RegionFormat, ...]:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(code, ())
    known = [region_format(region) for region in regions if region != "001"]
    return tuple(found for found in known if found is not None)


def international(digits: str) -> str | None:
    """`valid`, `possible` or None for the digits behind a `+`: country code and national number (E.164)."""
    possible = None
    for size in range(1, _LONGEST_COUNTRY_CODE + 1):
        formats = _country_formats(int(digits[:size])) if digits[:size].isdigit() else ()
        national = digits[size:]
        for one in formats:
            if one.valid.fullmatch(national) or (national.startswith("0") and one.is_national(national)):
                return "valid"
            if len(national) in one.lengths or len(national.removeprefix("0")) in one.lengths:
                possible = "possible"
    return possible


def national_regions(digits: str, regions: tuple[str, ...]) -> list[str]:
    """Those of `regions` in which `digits` are a valid number as dialled inside the region."""
    found = []
    for region in regions:
        known = region_format(region)
        if known is not None and known.is_national(digits):
            found.append(region)
    return found

"""Places as coarse as HIPAA's Safe Harbor method lets them stay: countries, US states, the first digits of a ZIP. Pure.

45 CFR 164.514(b)(2)(i)(B) removes every geographic subdivision smaller than a state, but for the first three digits
of a ZIP code whose area has more than 20,000 people; those of smaller areas become 000.
"""

from __future__ import annotations

import re
from typing import Final

SMALL_ZIP3: Final = frozenset(
    "036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893".split()
)  # fmt: skip
"""The 17 areas of 20,000 people or fewer by the census of 2000, as the HHS guidance on de-identification (26 November
2012) lists them. The rule asks for current census data: an organisation checks that the list still holds."""

STATES: Final = dict(
    pair.split("=")
    for pair in (
        "AL=Alabama,AK=Alaska,AZ=Arizona,AR=Arkansas,CA=California,CO=Colorado,CT=Connecticut,DE=Delaware,"
        "DC=District of Columbia,FL=Florida,GA=Georgia,HI=Hawaii,ID=Idaho,IL=Illinois,IN=Indiana,IA=Iowa,KS=Kansas,"
        "KY=Kentucky,LA=Louisiana,ME=Maine,MD=Maryland,MA=Massachusetts,MI=Michigan,MN=Minnesota,MS=Mississippi,"
        "MO=Missouri,MT=Montana,NE=Nebraska,NV=Nevada,NH=New Hampshire,NJ=New Jersey,NM=New Mexico,NY=New York,"
        "NC=North Carolina,ND=North Dakota,OH=Ohio,OK=Oklahoma,OR=Oregon,PA=Pennsylvania,RI=Rhode Island,"
        "SC=South Carolina,SD=South Dakota,TN=Tennessee,TX=Texas,UT=Utah,VT=Vermont,VA=Virginia,WA=Washington,"
        "WV=West Virginia,WI=Wisconsin,WY=Wyoming"
    ).split(",")
)
"""US states (and the District of Columbia) by their postal code."""

COUNTRIES: Final = frozenset(
    (
        "Afghanistan,Albania,Algeria,Angola,Argentina,Armenia,Australia,Austria,Azerbaijan,Bangladesh,Belarus,Belgium,"
        "Bolivia,Brazil,Bulgaria,Cambodia,Cameroon,Canada,Chile,China,Colombia,Costa Rica,Croatia,Cuba,Cyprus,"
        "Czech Republic,Czechia,Denmark,Dominican Republic,Ecuador,Egypt,El Salvador,England,Estonia,Ethiopia,Finland,"
        "France,Germany,Ghana,Greece,Guatemala,Haiti,Honduras,Hungary,Iceland,India,Indonesia,Iran,Iraq,Ireland,Israel,"
        "Italy,Jamaica,Japan,Kazakhstan,Kenya,Kuwait,Latvia,Lebanon,Libya,Lithuania,Malaysia,Mexico,Moldova,Mongolia,"
        "Morocco,Mozambique,Nepal,Netherlands,New Zealand,Nicaragua,Nigeria,North Korea,Norway,Pakistan,Panama,"
        "Paraguay,Peru,Philippines,Poland,Portugal,Qatar,Romania,Russia,Saudi Arabia,Scotland,Senegal,Serbia,"
        "Singapore,Slovakia,Slovenia,Somalia,South Africa,South Korea,Spain,Sri Lanka,Sudan,Sweden,Switzerland,Syria,"
        "Taiwan,Tanzania,Thailand,Tunisia,Turkey,Uganda,Ukraine,United Arab Emirates,United Kingdom,United States,"
        "Uruguay,Venezuela,Vietnam,Wales,Yemen,Zambia,Zimbabwe"
    ).split(",")
)
"""Names of countries with millions of people; what is not here (small states, other spellings) is redacted."""

_BY_NAME: Final = {name.casefold(): name for name in (*STATES.values(), *COUNTRIES)}
_SHORT: Final = {"USA": "United States", "US": "United States", "U.S.": "United States", "UK": "United Kingdom"}
_ARTICLE: Final = re.compile(r"the\s+", re.IGNORECASE)
_BEHIND_STATE: Final = re.compile(r"\s+\d{5}(?:-\d{4})?\Z")
_ZIP: Final = re.compile(r"(\d{3})(?:\d\d(?:-?\d{4})?)?")
_CITIES_TOO: Final = frozenset({"New York", "Washington"})
"""Alone these two are cities as often as states, and the rule says smaller than a state."""


def state_or_country(original: str) -> str | None:
    """The state or country that a place is or ends with (`Boise, ID 83702` -> `Idaho`); None when it tells none."""
    whole = " ".join(_BEHIND_STATE.sub("", original.strip()).split())
    head, comma, last = whole.rpartition(",")
    last = _ARTICLE.sub("", last.strip(), count=1) if last.strip()[:4].casefold() == "the " else last.strip()
    if comma and head.strip() and last in STATES:
        return STATES[last]
    name = _SHORT.get(last) or _BY_NAME.get(last.casefold())
    return None if name in _CITIES_TOO and not comma else name


def zip3(original: str) -> str | None:
    """First three digits of a US ZIP code, `000` for areas of 20,000 people or fewer; None for other postcodes."""
    match = _ZIP.fullmatch(original.strip())
    if match is None:
        return None
    return "000" if match.group(1) in SMALL_ZIP3 else match.group(1)

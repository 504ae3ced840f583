"""Small word lists, English and German, by which a text's mood, hurry and earlier contacts are told. Pure.

The lists are our own and short on purpose: an auditor can read them. A word counts once per text; a negation within the
three words before it turns it round.
"""

from __future__ import annotations

import re

_POSITIVE = """
thank thanks thankful grateful great good excellent perfect perfectly happy pleased love lovely wonderful kind helpful
appreciate fantastic amazing super best works solved quick quickly friendly warmly cheers brilliant
danke dankbar toll gut super perfekt zufrieden freundlich hilfreich schnell gelöst freue prima herzlichen
"""
_NEGATIVE = """
angry ridiculous unacceptable terrible awful horrible worst bad poor broken defective defect damaged useless
disappointed
disappointing frustrated frustrating furious annoyed annoying rude complaint complain unbelievable shame fed
refuse lawyer
scam fraud wrong failed fails missing late never nobody nothing waiting overdue cancel cancelling cancelling worse
ärgerlich wütend unverschämt schlecht defekt kaputt enttäuscht frustriert beschwerde falsch fehlt verspätet nie niemand
anwalt betrug kündige kündigen unmöglich frechheit
"""
_URGENT = """
urgent urgently immediately asap today tonight now emergency deadline critical within hours straightaway instantly
dringend sofort umgehend heute eilig notfall frist schnellstens
"""
_NOT = frozenset(
    "not no never hardly without cannot can't don't didn't isn't wasn't won't nicht kein keine ohne".split()
)
_AGAIN = re.compile(
    r"\b(again|already (?:wrote|told|called|sent|spoke|asked)|(?:second|third|fourth|fifth|2nd|3rd|4th) "
    r"time|still (?:waiting|no|nothing"
    r"|not|without)|as discussed|follow(?:ing)?[ -]?up|last time|(?:wrote|written|called|asked|contacted|reported) "
    r"(?:you |this |it )?twice|repeatedly|reminder|no "
    r"(?:reply|answer|response)"
    r"|schon wieder|erneut|bereits (?:geschrieben|angerufen|gemeldet)|zum (?:zweiten|dritten) mal|immer "
    r"noch|nochmals|erinnerung)\b",
    re.IGNORECASE,
)
_THREAT = re.compile(
    r"\b(lawyer|attorney|legal action|chargeback|call my bank|leav\w* a review|cancel\w* (?:everything|my|the "
    r"contract)|ombudsman"
    r"|within 24 hours|anwalt|rechtliche schritte|verbraucherzentrale|kündig\w*)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-zäöüß']+")
POSITIVE, NEGATIVE, URGENT = (frozenset(words.split()) for words in (_POSITIVE, _NEGATIVE, _URGENT))
_REACH = 3


def sentiment(text: str) -> float:
    """-1 (all negative) to 1 (all positive): (positive - negative) by (positive + negative + 1) different words."""
    words = _WORD.findall(text.lower())
    good: set[str] = set()
    bad: set[str] = set()
    for place, word in enumerate(words):
        turned = any(before in _NOT for before in words[max(0, place - _REACH) : place])
        if word in POSITIVE:
            (bad if turned else good).add(word)
        elif word in NEGATIVE:
            (good if turned else bad).add(word)
    bad.update(match.lower() for match in _THREAT.findall(text))
    return (len(good) - len(bad)) / (len(good) + len(bad) + 1)


def urgent(text: str) -> bool:
    """Whether the writer is in a hurry or threatens: an urgent word, a threat, or three exclamation marks."""
    words = set(_WORD.findall(text.lower()))
    return bool(words & URGENT) or _THREAT.search(text) is not None or "!!!" in text


def speaks_of_earlier(text: str) -> bool:
    """Whether the writer says that it is not the first contact about this."""
    return _AGAIN.search(text) is not None

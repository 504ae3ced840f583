"""Web addresses: URLs of any scheme, `www.` names and bare domain names."""

from __future__ import annotations

import re

from proxy.detectors.patterns.page import words_of
from proxy.detectors.patterns.recogniser import Rule, RuleRecogniser

_TAIL = r"[^\s<>\"'`{}|\\^\[\]]{0,2000}(?<![.,;:!?)*_])"
_GENERIC = "com|org|net|edu|gov|mil|info|biz|health|bank|online|shop|site"
_COUNTRY = "co\\.uk|org\\.uk|ac\\.uk|gov\\.uk|com\\.au|com\\.br|co\\.in|de|fr|es|it|nl|pl|ch|at|be|ca|se|dk|eu|ie|pt|cz|fi|no|io|me|us|uk|au|br|in|ai|app|dev"


class Web(RuleRecogniser):
    """Needs a dot or a scheme."""

    name = "patterns.web"
    characters = "."
    rules = (
        Rule(
            "URL",
            re.compile(rf"(?<![A-Za-z])(?:https?|ftps?|sftp|wss?|ssh|git|ldaps?|smb)://{_TAIL}", re.IGNORECASE),
            0.9,
            check=lambda value: "." in value or "@" in value,
            noisy=True,
        ),
        Rule("URL", re.compile(rf"(?<![\w@/.-])www\d?\.[^\W_][\w-]{{0,62}}\.{_TAIL}", re.IGNORECASE), 0.85, noisy=True),
        Rule(
            "URL",
            re.compile(
                rf"(?<![\w@/.$-])[^\W_](?:[\w-]{{0,61}}[^\W_])?(?:\.[^\W_][\w-]{{0,62}}){{0,3}}\.(?:{_GENERIC})\b(?![\w@(=-]|\.\w)(?:/{_TAIL})?",
                re.IGNORECASE,
            ),
            0.6,
        ),
        Rule(
            "URL",
            re.compile(
                rf"(?<![\w@/.$-])[^\W_](?:[\w-]{{0,61}}[^\W_])?(?:\.[^\W_][\w-]{{0,62}}){{0,3}}\.(?:{_COUNTRY})(?:/{_TAIL}|\b(?![\w@(=-]|\.\w))",
                re.IGNORECASE,
            ),
            0.5,
            cues=words_of(
                "website web site homepage page domain url link visit browse blog portfolio linkedin github hostname host"
            ),
        ),
    )

"""The last line of `sting verify`."""

from proxy.commands_verify import _verdict
from proxy.verifying import Proof


def proof(action: str, *, left: bool, back: bool) -> Proof:
    return Proof("PERSON", "a sentence", action, "what left", left=left, back=back)


def test_the_last_line_says_whether_all_is_well_or_where_to_read_on() -> None:
    good = [
        proof("scramble", left=False, back=True),
        proof("redact", left=False, back=False),
        proof("keep", left=True, back=True),
    ]
    assert _verdict(good) == "All is as the policy says: of 3 values 2 were held back, and what has to come back did."
    leaked = _verdict([*good, proof("scramble", left=True, back=True)])
    assert leaked.startswith("FAILED for PERSON")
    assert "incidents.md" in leaked

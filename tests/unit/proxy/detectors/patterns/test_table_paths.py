"""Paths of home folders, and authors of bibliographies."""

from __future__ import annotations

import pytest

from tests.unit.proxy.detectors.patterns.table import found

PATHS = [
    r"C:\Users\lidia\Desktop\Trade Bot\node_modules\ethers\errors.js:125:21",
    r"C:\Users\Abu Bakr\Desktop\Test2.txt",
    r"c:\\Users\\lidia\\notes.md",
    "C:/Users/lidia/Documents/offer.docx",
    "/home/rikard/Documents/rs232/new.py",
    "/home/rikard/Documents/rs232/new copy.py",
    "/Users/rikard.holm/Library/Logs/app.log",
    "/home/fxu80pep/public_html/pro_login.php(25)",
]
NOT_PATHS = [
    "/home/user/project/main.py",
    "/home/runner/app/src",
    r"C:\Users\Public\Desktop",
    r"C:\Users\<user>\AppData",
    r"C:\Windows\System32\drivers\etc\hosts",
    "/usr/local/bin/python",
    "https://example.org/home/about",
    "/homework/answers.txt",
    "Users can log in at home/away",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("around", ["it is in {} now", '"{}"', "at {}, line 3", "see ({})."])
def test_a_path_is_found_whole(path: str, around: str) -> None:
    assert ("FILE_PATH", path) in found(around.format(path))


def test_a_prompt_tells_where_the_path_ends() -> None:
    path = r"C:\Users\lidia\Desktop\Trade Bot"
    assert found(f"PS {path}> npm start") == [("FILE_PATH", path)]
    assert found(rf"copy {path}\a.txt -> b, 5 > 3", "FILE_PATH") == [("FILE_PATH", rf"{path}\a.txt")]


@pytest.mark.parametrize("path", NOT_PATHS)
def test_a_path_that_names_nobody_stays(path: str) -> None:
    assert "FILE_PATH" not in [kind for kind, _ in found(f"it is in {path} now")]


def test_authors_of_a_list_are_people() -> None:
    text = "Di Renzo, G. C., Conry, J. A., Martin Jr, J. N., ... & Giudice, L. C. (2015). International opinion."
    people = [value for kind, value in found(text) if kind == "PERSON"]
    assert people == ["Di Renzo, G. C.", "Conry, J. A.", "Martin Jr, J. N.", "Giudice, L. C."]


@pytest.mark.parametrize("text", ["See Table, A. The rest", "In Paris, I. think so", "Figure, B. and C. are equal"])
def test_one_word_and_a_letter_are_no_author(text: str) -> None:
    assert not [value for kind, value in found(text) if kind == "PERSON"]


@pytest.mark.parametrize(
    "address",
    [
        "_mongodb._tcp.shop-tests.vyc4g.mongodb.net",
        "bisw87.misc.t-mobile.pl",
        "socks5://203.0.113.58:20010",
    ],
)
def test_hosts_of_several_names_are_addresses(address: str) -> None:
    assert ("URL", address) in found(f"lost on {address} again")


@pytest.mark.parametrize("code", ["self.node.at", "config.items.in", "np.linalg.no", "1.2.3.de"])
def test_attributes_in_code_are_no_addresses(code: str) -> None:
    assert not [value for kind, value in found(f"call {code} again") if kind == "URL"]

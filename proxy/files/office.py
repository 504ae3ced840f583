"""DOCX and XLSX: the texts inside their XML change, everything else of the package stays byte for byte.

Formats: Office Open XML (ECMA-376). A paragraph's or cell's runs are one text; what changes is written back to the run
in which it began, so that formatting around it stays. Pictures are not looked into.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import partial
from typing import Any

from lxml import etree

from proxy.files.base import FileKind, UnreadableFile

_MOST_BYTES = 512 * 1024 * 1024
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_OWN_XML = "customXml/"
_TELLING = frozenset("author descr display displayName instr title tooltip userId".split())
"""Attributes that say who wrote, what a picture shows, where a link or field leads."""
_FORMULAS = frozenset({"f", "definedName"})
_PROPERTIES = ("docProps/core.xml", "docProps/custom.xml", "docProps/app.xml")
_Group = list[Any]


class Office:
    """A package whose parts under `folder` hold texts in groups of elements, as `grouped` finds them."""

    def __init__(self, folder: str, grouped: Callable[[Any], Iterator[_Group]]) -> None:
        self._folder = folder
        self._grouped = grouped

    def texts(self, data: bytes) -> list[str]:
        """See FileKind."""
        return [text for part in self._parts(data).values() for text in part.texts()]

    def rebuilt(self, data: bytes, texts: Sequence[str]) -> bytes:
        """See FileKind."""
        parts = self._parts(data)
        new = iter(texts)
        for part in parts.values():
            part.replace([next(new) for _ in part.texts()])
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
            for info in source.infolist():
                changed = parts.get(info.filename)
                target.writestr(info, source.read(info) if changed is None else changed.written())
        return out.getvalue()

    def pieces(self, _data: bytes) -> FileKind | None:
        """See FileKind: any text fits."""
        return None

    def _parts(self, data: bytes) -> dict[str, _Part]:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as package:
                if sum(info.file_size for info in package.infolist()) > _MOST_BYTES:
                    raise UnreadableFile("unpacked, the file would be larger than 512 MiB")
                named = [name for name in package.namelist() if self._holds_text(name)]
                return {name: _Part(package.read(name), self._grouping(name)) for name in named}
        except (zipfile.BadZipFile, etree.XMLSyntaxError, NotImplementedError, RuntimeError):
            raise UnreadableFile("this is no office file of the kind that its name says, or it is encrypted") from None

    def _holds_text(self, name: str) -> bool:
        inside = name.startswith((f"{self._folder}/", _OWN_XML)) and name.endswith((".xml", ".rels"))
        return inside or name in _PROPERTIES

    def _grouping(self, name: str) -> Callable[[Any], Iterator[_Group]]:
        if name.endswith(".rels"):
            return _targets
        return _leaves if name in _PROPERTIES or name.startswith(_OWN_XML) else partial(_with_others, self._grouped)


class _Part:
    """One XML part and its groups of text."""

    def __init__(self, data: bytes, grouped: Callable[[Any], Iterator[_Group]]) -> None:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        self._tree = etree.fromstring(data, parser)
        self._groups = [group for group in grouped(self._tree) if "".join(map(_get, group)).strip()]

    def texts(self) -> list[str]:
        """Text of each group."""
        return ["".join(map(_get, group)) for group in self._groups]

    def replace(self, texts: Sequence[str]) -> None:
        """Write other texts into the groups; groups that stay are not touched."""
        for group, before, text in zip(self._groups, self.texts(), texts, strict=True):
            if text != before:
                for element, part in zip(group, spread([_get(one) for one in group], text), strict=True):
                    _set(element, part)

    def written(self) -> bytes:
        """The part as bytes."""
        written: bytes = etree.tostring(self._tree, xml_declaration=True, encoding="UTF-8", standalone=True)
        return written


def spread(runs: Sequence[str], text: str) -> list[str]:
    """`text` divided among the runs of the text it came from.

    What stayed stays in its run, what is new goes to where it began.
    """
    owner = [number for number, run in enumerate(runs) for _ in run]
    parts = ["" for _ in runs]
    for _, start, end, low, high in SequenceMatcher(None, "".join(runs), text, autojunk=False).get_opcodes():
        if end - start == high - low and "".join(runs)[start:end] == text[low:high]:
            for offset in range(end - start):
                parts[owner[start + offset]] += text[low + offset]
        elif low < high:
            parts[owner[min(start, len(owner) - 1)]] += text[low:high]
    return parts


def _get(element: Any) -> str:  # noqa: ANN401 - lxml is untyped; a target is (element, attribute)
    return element[0].get(element[1]) if isinstance(element, tuple) else (element.text or "")


def _set(element: Any, text: str) -> None:  # noqa: ANN401 - as above
    if isinstance(element, tuple):
        element[0].set(element[1], text)
        return
    element.text = text
    if text != text.strip():
        element.set(_SPACE, "preserve")


def _paragraphs(tree: Any) -> Iterator[_Group]:  # noqa: ANN401 - as above
    """Runs of each paragraph; a paragraph inside another one's text box is its own."""
    for paragraph in tree.iter(f"{_WORD}p"):
        yield [text for text in paragraph.iter(f"{_WORD}t") if next(text.iterancestors(f"{_WORD}p")) is paragraph]


def _cells(tree: Any) -> Iterator[_Group]:  # noqa: ANN401 - as above
    """Shared and inline strings, and comments; phonetic hints are texts too."""
    for item in tree.iter(f"{_SHEET}si", f"{_SHEET}is", f"{_SHEET}comment"):
        yield list(item.iter(f"{_SHEET}t"))
    for author in tree.iter(f"{_SHEET}author"):
        yield [author]


def _with_others(grouped: Callable[[Any], Iterator[_Group]], tree: Any) -> Iterator[_Group]:  # noqa: ANN401 - as above
    """The groups, and all else that says something: deleted text, fields, drawings, results of formulas, authors."""
    groups = list(grouped(tree))
    taken = {element for group in groups for element in group}
    yield from groups
    for element in tree.iter(etree.Element):
        yield from ([(element, name)] for name in element.attrib if etree.QName(name).localname in _TELLING)
        says = not len(element) and any(map(str.isalpha, element.text or ""))
        if says and element not in taken and etree.QName(element).localname not in _FORMULAS:
            yield [element]


def _leaves(tree: Any) -> Iterator[_Group]:  # noqa: ANN401 - as above
    for element in tree.iter():
        if isinstance(element.tag, str) and not len(element):
            yield [element]


def _targets(tree: Any) -> Iterator[_Group]:  # noqa: ANN401 - as above
    """Addresses of links out of the file."""
    for element in tree.iter():
        if isinstance(element.tag, str) and element.get("TargetMode") == "External":
            yield [(element, "Target")]


def word() -> Office:
    """DOCX."""
    return Office("word", _paragraphs)


def excel() -> Office:
    """XLSX: its texts; numbers stay numbers."""
    return Office("xl", _cells)

"""Report templates: YAML files with Jinja in their texts; errors name file, line and what was meant.

Own templates lie in a directory of the installation; a file there hides a built-in template of the same name.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import jinja2
from jinja2.sandbox import SandboxedEnvironment
from pydantic import Field

from policies.documents import Document, DocumentError, read_document, suggestion, validate
from reports.analytics.roles import known_roles, role
from reports.facts import Plain
from reports.results import ColumnKind, RoleNeed

__all__ = [
    "ReportTemplate",
    "TemplateParameter",
    "TemplateSection",
    "UnknownTemplate",
    "load_template",
    "template_names",
]
_BUILT_IN = Path(__file__).parent
_MOST_TEXT = 20_000
Parameter = str | int | float | bool
ModelRole = Literal["write", "analyse", "light", "local"]
_JINJA = SandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=False)


class UnknownTemplate(LookupError):
    """There is no template of that name."""


class TemplateSection(Plain):
    """One section: `purpose` is what the model is told to write about, `analyses` are names of `ANALYSES`."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    title: str = Field(min_length=1, max_length=120)
    purpose: str = Field(min_length=1, max_length=4_000)
    analyses: tuple[str, ...] = Field(min_length=1)
    model: ModelRole = "write"


class TemplateParameter(Plain):
    """A parameter of the analyses or of the texts: what it means, its default, and the numbers that are allowed."""

    title: str
    default: Parameter
    unit: str = ""
    least: float | None = None
    most: float | None = None


class OwnRole(Plain):
    """A role that only this template knows."""

    title: str
    kind: ColumnKind
    words: tuple[str, ...] = Field(min_length=1)


class KindOfRow(Plain):
    """Roles of one kind of row: without the `needs` a table does not fit, the `takes` are welcome."""

    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    own: dict[str, OwnRole] = Field(default_factory=dict)


class Translation(Plain):
    """A template's titles in another language; `sections`: by their ids, `parameters`: by their names."""

    title: str = Field(min_length=1, max_length=120)
    description: str = Field(default="", max_length=400)
    sections: dict[str, str] = Field(default_factory=dict)
    parameters: dict[str, str] = Field(default_factory=dict)


class _TemplateFile(Plain):
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    version: str = Field(pattern=r"^[0-9]+\.[0-9]+$")
    title: str = Field(min_length=1, max_length=120)
    description: str = Field(max_length=400)
    rows: dict[str, KindOfRow] = Field(min_length=1)
    parameters: dict[str, TemplateParameter] = Field(default_factory=dict)
    sections: tuple[TemplateSection, ...] = Field(min_length=1)
    translations: dict[str, Translation] = Field(default_factory=dict)


class ReportTemplate(Plain):
    """A template that can be used: texts are filled with parameters, roles are known."""

    name: str
    version: str
    title: str
    description: str
    sections: tuple[TemplateSection, ...]
    roles: tuple[RoleNeed, ...]
    parameters: dict[str, TemplateParameter] = Field(default_factory=dict)
    translations: dict[str, Translation] = Field(default_factory=dict)

    def in_language(self, language: str) -> ReportTemplate:
        """The template with its titles in a language, as it stands when it has none in that."""
        said = self.translations.get(language)
        if said is None:
            return self
        sections = tuple(
            section.model_copy(update={"title": said.sections.get(section.id, section.title)})
            for section in self.sections
        )
        parameters = {
            name: parameter.model_copy(update={"title": said.parameters.get(name, parameter.title)})
            for name, parameter in self.parameters.items()
        }
        return self.model_copy(
            update={
                "title": said.title,
                "description": said.description,
                "sections": sections,
                "parameters": parameters,
            }
        )

    @property
    def defaults(self) -> dict[str, Parameter]:
        """Each parameter with its default."""
        return {name: parameter.default for name, parameter in self.parameters.items()}


def template_names(directory: Path | None = None) -> tuple[str, ...]:
    """The names of all templates: the built-in ones and those of `directory`."""
    return tuple(dict.fromkeys([*_names(_BUILT_IN), *(_names(directory) if directory else [])]))


def _names(directory: Path) -> list[str]:
    first = ["customer-insights", "operational-efficiency", "compliance-audit"]
    found = sorted(path.stem for path in directory.glob("*.yaml"))
    return [name for name in first if name in found] + [name for name in found if name not in first]


def load_template(
    name: str, parameters: Mapping[str, Parameter] | None = None, *, directory: Path | None = None
) -> ReportTemplate:
    """The template `name`, its texts filled with `parameters` over the defaults.

    Raises UnknownTemplate with a suggestion, and DocumentError with file, line and what to write instead.
    """
    known = template_names(directory)
    if name not in known:
        raise UnknownTemplate(f"there is no template {name!r}{suggestion(name, known)}; there are {', '.join(known)}")
    own = directory / f"{name}.yaml" if directory else None
    path = own if own is not None and own.exists() else _BUILT_IN / f"{name}.yaml"
    return read_template(path.name, path.read_text(encoding="utf-8"), parameters)


def read_template(source: str, text: str, parameters: Mapping[str, Parameter] | None = None) -> ReportTemplate:
    """The template that a YAML text holds; `source` is named in errors. Raises DocumentError."""
    document, file = _read(source, text)
    given = {name: parameter.default for name, parameter in file.parameters.items()} | _allowed(file, parameters or {})
    return ReportTemplate(
        name=file.name,
        version=file.version,
        title=_filled(document, ("title",), file.title, given),
        description=_filled(document, ("description",), file.description, given),
        sections=tuple(
            section.model_copy(
                update={"purpose": _filled(document, ("sections", n, "purpose"), section.purpose, given)}
            )
            for n, section in enumerate(file.sections)
        ),
        roles=_roles(document, file),
        parameters=file.parameters,
        translations=file.translations,
    )


@lru_cache(maxsize=64)
def _read(source: str, text: str) -> tuple[Document, _TemplateFile]:
    """The file, checked. Kept, since who looks at the list of templates would wait while all of them are parsed."""
    document = read_document(source, text)
    file = validate(_TemplateFile, document)
    if source.removesuffix(".yaml") != file.name:
        raise document.error(("name",), f"the name must be that of the file, {source.removesuffix('.yaml')!r}")
    _check_sections(document, file)
    return document, file


def _check_sections(document: Document, file: _TemplateFile) -> None:
    from reports.analytics import ANALYSES  # noqa: PLC0415 - slow to import, and only needed here

    seen: set[str] = set()
    for number, section in enumerate(file.sections):
        if section.id in seen:
            raise document.error(("sections", number, "id"), f"there are two sections with the id {section.id!r}")
        seen.add(section.id)
        for place, analysis in enumerate(section.analyses):
            if analysis not in ANALYSES:
                message = f"there is no analysis {analysis!r}{suggestion(analysis, ANALYSES)}"
                raise document.error(("sections", number, "analyses", place), message)
    for language, said in file.translations.items():
        for name in said.sections:
            if name not in seen:
                where = ("translations", language, "sections", name)
                raise document.error(where, f"there is no section {name!r}{suggestion(name, seen)}")


def _roles(document: Document, file: _TemplateFile) -> tuple[RoleNeed, ...]:
    made: list[RoleNeed] = []
    for kind, rows in file.rows.items():
        for group, required in ((rows.needs, True), (rows.takes, False)):
            for place, column in enumerate(group):
                name = f"{kind}.{column}"
                if column in rows.own:
                    mine = rows.own[column]
                    usual = role(name).words if name in known_roles() else ()  # a template's words come first
                    words = tuple(dict.fromkeys((*mine.words, *usual)))
                    made.append(RoleNeed(name=name, title=mine.title, kind=mine.kind, words=words, required=required))
                elif name in known_roles():
                    made.append(role(name, required=required))
                else:
                    near = suggestion(name, known_roles())
                    where = ("rows", kind, "needs" if required else "takes", place)
                    raise document.error(where, f"there is no role {name!r}{near}; roles of your own go under `own`")
    return tuple(made)


def _allowed(file: _TemplateFile, parameters: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Parameters of an order that the template knows and whose numbers are in range. Raises DocumentError."""
    for name, value in parameters.items():
        known = file.parameters.get(name)
        if known is None:
            raise DocumentError(
                f"the template {file.name!r} has no parameter {name!r}{suggestion(name, file.parameters)}"
            )
        if isinstance(known.default, bool) or not isinstance(known.default, int | float):
            continue
        try:
            number = float(value)
        except ValueError:
            raise DocumentError(f"the parameter {name!r} must be a number") from None
        if (known.least is not None and number < known.least) or (known.most is not None and number > known.most):
            raise DocumentError(f"the parameter {name!r} must lie between {known.least:g} and {known.most:g}")
    return dict(parameters)


def _filled(document: Document, path: tuple[str | int, ...], text: str, given: Mapping[str, Any]) -> str:
    try:
        made = _JINJA.from_string(text).render(given)
    except jinja2.UndefinedError as error:
        word = str(error).split("'")[1] if "'" in str(error) else ""
        raise document.error(path, f"the text uses {word!r}, which is no parameter{suggestion(word, given)}") from None
    except (jinja2.TemplateError, ArithmeticError, TypeError, ValueError):
        raise document.error(path, "the Jinja in this text cannot be used") from None
    return made[:_MOST_TEXT].strip()

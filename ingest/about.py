"""Read the catalogue: what each document of a folder says about itself, checked against the schema."""

import datetime
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from ingest.catalogue_rows import COLUMNS, in_fields, read_rows
from ingest.document import Kind, Metadata
from ingest.errors import UnreadableFile
from ingest.facts import find_facts
from ingest.faults import explain
from ingest.groups import GROUPS_NAME, NOBODY, find_named, folder_groups, plain_name, read_groups, speaks_of_groups
from ingest.question_lines import BESIDE, is_line, list_lines
from ingest.question_lines import SUFFIX as LINES_SUFFIX
from ingest.read import Content
from ingest.reasons import reason_of

_CATALOGUE_NAMES = ("catalogue.toml", "catalogue.csv", "catalogue.xlsx", "catalogus.csv", "catalogus.xlsx")
KNOWN_NAME = "questions.jsonl"  # known questions; read with the index, since they are tied to passages
MADE_NAME = "questions-made.jsonl"  # those that a language model wrote
_SIDE_FILES = frozenset((*_CATALOGUE_NAMES, KNOWN_NAME, MADE_NAME, GROUPS_NAME))  # with or without capitals
_TABLE_START, _LINE = re.compile(r"^(?=\[)", re.M), re.compile(r"line (\d+)")  # of a file; in what tomllib says
SIDECAR_SUFFIX = ".toml"  # added to the whole name of the document
_EXAMPLES = {"number": "123/1", "session": "2017-2018", "language": "nl"}


class CatalogueEntry(BaseModel):
    """One document's table in catalogue.toml; a key that is left out is unknown."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1)] | None = None
    kind: Kind | None = None
    date: datetime.date | None = None
    number: Annotated[str, Field(pattern=r"^[\w./ -]{0,30}\d[\w./ -]{0,30}$")] | None = None
    session: Annotated[str, Field(pattern=r"^\d{4}-\d{4}$")] | None = None
    minister: str | None = None
    member: str | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] | None = None
    source: str | None = None
    groups: Annotated[tuple[str, ...] | None, BeforeValidator(read_groups)] = None
    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _in_fields(cls, table: object) -> object:
        """Take the Dutch names of the fields too, wherever an entry comes from."""
        return in_fields(table) if isinstance(table, dict) else table

    def given(self) -> dict[str, object]:
        """Return the fields that have a value."""
        return {name: value for name, value in self if value is not None}

    def origins(self) -> dict[str, str]:
        """Return for each field that has a value where it was given, in Dutch."""
        return {name: self._origins.get(name, "catalogus") for name in self.given()}

    def joined(self, other: Self, origin: str) -> Self:
        """Return a copy in which the values of `other`, which come from `origin`, stand above these."""
        joined = self.model_copy(update=other.given())
        joined._origins = self.origins() | dict.fromkeys(other.given(), origin)
        return joined

    def to_json(self) -> str:
        """Write values and origins."""
        return json.dumps([self.model_dump(mode="json", exclude_none=True), self._origins])


_UNSAID, _SHUT = CatalogueEntry(), CatalogueEntry(groups=(NOBODY,))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the catalogue of a folder says.

    Attributes:
        entries: `plain_name` of a document, with or without extension -> entry.
        faults: what is wrong and left out, one sentence for each entry, in Dutch.
        shut: whether a part that is wrong may name who may read a document of which the rest names no groups.
    """

    entries: Mapping[str, CatalogueEntry]
    faults: tuple[str, ...] = ()
    shut: bool = False

    def missing(self, folder: Path) -> Iterator[str]:
        """Yield what is wrong with names of which the folder has no document, in Dutch."""
        there: set[str] = set()
        for file in folder.iterdir() if self.entries else ():
            there.update(_names(file))
            with suppress(UnreadableFile):  # it holds no questions
                there.update(*map(_names, list_lines(file)))
        for name in sorted(self.entries.keys() - there):
            yield f"De catalogus noemt '{name}', maar {folder.name} heeft geen document met die naam; verbeter de naam."

    def entry(self, file: Path) -> CatalogueEntry | None:
        """Return what it says about a file, or about a line apart from what it says about the file of that."""
        found = [_SHUT] * (self.shut and not is_line(file))
        found += [self.entries[name] for name in dict.fromkeys(_names(file)) if name in self.entries]
        return reduce(lambda less, more: less.joined(more, "catalogus"), found) if found else None


def _names(file: Path) -> tuple[str, str]:
    return plain_name(file.stem), plain_name(file.name)


def read_catalogue(folder: Path) -> Catalogue:
    """Read the catalogues of a folder; without one nothing is known. A wrong entry leaves out that entry."""
    entries: dict[str, CatalogueEntry] = {}
    wrong: dict[str, object] = {}
    for path in filter(None, (find_named(folder, name) for name in _CATALOGUE_NAMES)):
        is_toml = path.suffix.lower() == ".toml"
        tables, more = _read_toml(path) if is_toml else read_rows(path)
        wrong |= more
        for name, table in tables:
            document = plain_name(name)
            entry, fault = _checked(table, in_rows=not is_toml)
            if fault:
                wrong[f"{path.name}, document '{name}': {fault}"] = "" if isinstance(table, dict) else (name, table)
            if document in entries:
                wrong[f"{path.name}: '{name}' staat al in deze of een andere catalogus; haal er één weg."] = ""
                known = entries[document]  # which of two is meant, nobody knows
                entry = known if known.groups == entry.groups else known.joined(_SHUT, "catalogus")
            entries[document] = entry
    named = {name: entry for name, entry in entries.items() if entry != _UNSAID}
    return Catalogue(named, tuple(wrong), speaks_of_groups(wrong.values()))


def _checked(table: object, *, in_rows: bool = False) -> tuple[CatalogueEntry, str]:
    """Return an entry and "", or of a wrong one who may read the document and what is wrong, with its own names."""
    try:
        return CatalogueEntry.model_validate(table), ""
    except ValidationError as error:
        said = _explain(error, table, in_rows=in_rows)
    names = table if isinstance(table, dict) else {}
    # Also a name that is not quite right, or that stands in a table of its own, but no title that has the word.
    told = [value for name, value in names.items() if speaks_of_groups((name, not isinstance(value, str) and value))]
    return CatalogueEntry(groups=read_groups(told[0])) if told else _UNSAID, said


def _explain(error: ValidationError, table: object, *, in_rows: bool = False) -> str:
    said = explain(error, _EXAMPLES, COLUMNS)
    for column, field in COLUMNS.items():
        if in_rows or (isinstance(table, dict) and column in table):
            said = said.replace(f"Het veld '{field}'", f"{'De kolom' if in_rows else 'Het veld'} '{column}'")
    return said


def _read_toml(path: Path) -> tuple[list[tuple[str, object]], dict[str, object]]:
    """Read a TOML file; where it is wrong, each table on its own, and what is wrong as `read_rows` tells it."""
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError:
        return [], {f"{path.name} kan niet gelezen worden; kijk na of het een bestand is dat u mag lezen.": COLUMNS}
    except UnicodeDecodeError:
        said = data.replace(b"\0", b"")  # UTF-16 has a zero byte in each letter
        return [], {f"{path.name} is geen UTF-8; bewaar het in uw tekstverwerker als UTF-8.": said}
    try:
        return list(tomllib.loads(text).items()), {}
    except (ValueError, RecursionError):
        tables: list[tuple[str, object]] = []
        faults: dict[str, object] = {}
        line = 1
        for part in _TABLE_START.split(text):
            try:
                tables += tomllib.loads(part).items()
            except (ValueError, RecursionError) as error:
                place = _LINE.search(str(error))
                wrong = line + (int(place[1]) - 1 if place else part.rstrip("\n").count("\n"))
                faults[f"{path.name}, regel {wrong}: dit is geen TOML; kijk haken en aanhalingstekens na."] = part
            line += part.count("\n")
        return tables, faults


def is_beside(file: Path) -> bool:
    """Return whether a file says something about documents: "vraag-657.pdf.toml" does where "vraag-657.pdf" is."""
    if plain_name(file.name) in _SIDE_FILES or file.name == BESIDE:
        return True
    document = find_named(file.parent, file.stem) if file.suffix.lower() == SIDECAR_SUFFIX else None
    return document is not None and document.is_file()


def find_entry(path: Path, catalogue: Catalogue | None = None) -> tuple[CatalogueEntry | None, list[str]]:
    """Return what a document's sidecar, the catalogue of its folder and its folders say about it; the first wins.

    With it comes what is wrong with the sidecar, which is left out then, and with the folders, in Dutch. The catalogue
    is read where it is not given. A line of a file has the groups of that file if its own name has none.
    """
    if catalogue is None:
        catalogue = read_catalogue(told_by(path).parent)
    if is_line(path):
        whole, faults = find_entry(path.parent, catalogue)
        return line_entry(path, whole, catalogue), faults
    entry, faults = catalogue.entry(path), list[str]()
    if sidecar := find_named(path.parent, path.name + SIDECAR_SUFFIX):
        own, faults = _read_sidecar(sidecar)
        entry = (entry or _UNSAID).joined(own, f"begeleidend bestand {sidecar.name}")
    if path.suffix.lower() == LINES_SUFFIX and entry and (other := entry.given().keys() - {"groups"}):
        entry = entry.model_copy(update=dict.fromkeys(other))  # a title of all is none of one
        faults.append(f"{path.name}: alleen 'groepen' geldt voor al zijn vragen; zet de rest in de catalogus per 'id'.")
    groups, more = folder_groups(path) if entry is None or entry.groups is None else ((), [])
    if groups:
        entry = (entry or _UNSAID).joined(CatalogueEntry(groups=groups), f"map, {GROUPS_NAME}")
    return entry, faults + more


def told_by(file: Path) -> Path:
    """Return the file that a sidecar and folders speak of: of a line that which holds it."""
    return file.parent if is_line(file) else file


def line_entry(line: Path, whole: CatalogueEntry | None, catalogue: Catalogue) -> CatalogueEntry | None:
    """Return what is said about a line: what the catalogue says of it, and the groups of the whole file."""
    own = catalogue.entry(line)
    return whole.joined(own, "catalogus") if whole and own else own or whole


def _read_sidecar(sidecar: Path) -> tuple[CatalogueEntry, list[str]]:
    values, wrong = _read_toml(sidecar)
    if wrong:
        return _SHUT if speaks_of_groups(wrong.values()) else _UNSAID, list(wrong)
    own, fault = _checked(dict(values))
    return own, [f"{sidecar.name}: {fault}"] if fault else []


def correct_entry(path: Path, changes: Mapping[str, object]) -> None:
    """Write in the sidecar of a document what is to stand above all else; None takes a value away.

    Raises:
        UnreadableFile: a value is wrong, or the sidecar that is there is, or it cannot be written.
    """
    sidecar = find_named(path.parent, path.name + SIDECAR_SUFFIX) or path.with_name(path.name + SIDECAR_SUFFIX)
    values, wrong = _read_toml(sidecar) if sidecar.exists() else ([], {})
    if wrong:
        raise UnreadableFile(next(iter(wrong)))
    try:
        kept = {name: value for name, value in {**in_fields(dict(values)), **changes}.items() if value is not None}
        given = CatalogueEntry.model_validate(kept).model_dump(mode="json", include=set(kept))
    except ValueError as error:  # pydantic's, or two names for one field
        said = _explain(error, dict(values)) if isinstance(error, ValidationError) else error
        raise UnreadableFile(f"{sidecar.name}: {said}") from error
    # As TOML has it too, but for a delete sign.
    written = {name: json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f") for name, value in given.items()}
    if "date" in given:
        written["date"] = given["date"]
    try:
        building = sidecar.with_name(f".{sidecar.name}")
        building.write_text("".join(f"{name} = {value}\n" for name, value in written.items()), encoding="utf-8")
        os.replace(building, sidecar)
    except OSError as error:
        raise UnreadableFile(
            f"{sidecar} kan niet geschreven worden ({reason_of(error)}); kijk de rechten na."
        ) from error


def describe(document_id: str, content: Content, entry: CatalogueEntry) -> Metadata:
    """Join what catalogue and sidecar say with what the document itself plainly says; they win."""
    found = find_facts(content.pages, content.title, content.blocks)
    values = {"title": document_id} | {name: value for name, (value, _) in found.items()} | entry.given()
    origins = {"title": "bestandsnaam"} | {name: origin for name, (_, origin) in found.items()} | entry.origins()
    if content.date and not entry.date:
        values["date"], origins["date"] = content.date, "document, bovenaan"  # front matter, or the heads of a mail
    return Metadata(**values, origins=origins)  # type: ignore[arg-type] # checked by the schema and by find_facts

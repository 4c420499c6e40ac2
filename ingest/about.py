"""Read the catalogue: what each document of a folder says about itself, checked against the schema."""

import datetime
import json
import os
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from ingest.catalogue_rows import COLUMNS, in_fields, read_rows
from ingest.document import Kind, Metadata
from ingest.errors import UnreadableFile
from ingest.facts import find_facts
from ingest.faults import explain
from ingest.groups import GROUPS_NAME, NOBODY, folder_groups, read_groups, speaks_of_groups
from ingest.naming import document_name
from ingest.read import Content
from ingest.reasons import reason_of

CATALOGUE_NAMES = ("catalogue.toml", "catalogue.csv", "catalogue.xlsx", "catalogus.csv", "catalogus.xlsx")
KNOWN_NAME = "questions.jsonl"  # known questions; read with the index, since they are tied to passages
MADE_NAME = "questions-made.jsonl"  # those that a language model wrote
_TABLE_START, _LINE = re.compile(r"^(?=\[)", re.M), re.compile(r"line (\d+)")  # of a file; in what tomllib says
SIDECAR_SUFFIX = ".toml"  # added to the whole name of the document
EXAMPLES = MappingProxyType({"number": "123/1", "session": "2017-2018", "language": "nl"})


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
        return {name: value for name in CatalogueEntry.model_fields if (value := getattr(self, name)) is not None}

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


_SHUT = CatalogueEntry(groups=(NOBODY,))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the catalogue of a folder says.

    Attributes:
        entries: name of a document, with or without extension -> entry.
        faults: what is wrong and left out, one sentence for each entry, in Dutch.
        shut: whether a part that cannot be read may name who may read a document.
    """

    entries: Mapping[str, CatalogueEntry]
    faults: tuple[str, ...] = ()
    shut: bool = False

    def missing(self, folder: Path) -> Iterator[str]:
        """Yield what is wrong with names of which the folder has no document, in Dutch."""
        files = folder.iterdir() if self.entries else ()
        there = {name for file in files for name in (unicodedata.normalize("NFC", file.name), document_name(file))}
        for name in sorted(self.entries.keys() - there):
            yield f"De catalogus noemt '{name}', maar {folder.name} heeft geen document met die naam; verbeter de naam."

    def entry(self, file: Path) -> CatalogueEntry | None:
        """Return what it says about a file."""
        name = unicodedata.normalize("NFC", file.name)
        return self.entries.get(name) or self.entries.get(document_name(file)) or (_SHUT if self.shut else None)


def read_catalogue(folder: Path) -> Catalogue:
    """Read the catalogues of a folder; without one nothing is known. A wrong entry leaves out that entry."""
    entries: dict[str, CatalogueEntry] = {}
    faults: list[str] = []
    shut = False
    for path in (folder / name for name in CATALOGUE_NAMES):
        if not path.exists():
            continue
        is_toml = path.suffix == ".toml"
        tables, wrong = _read_toml(path) if is_toml else read_rows(path)
        faults += wrong
        shut |= bool(wrong) and _may_name_groups(path)
        for name, table in tables.items():
            document = unicodedata.normalize("NFC", name)
            entry, fault = _checked(table, in_rows=not is_toml)
            if fault:
                faults.append(f"{path.name}, document '{name}': {fault}")
            elif document in entries:
                faults.append(f"{path.name}: '{name}' staat in twee catalogussen; haal er één weg.")
            entries.setdefault(document, entry)
    named = {name: entry for name, entry in entries.items() if entry != CatalogueEntry()}
    return Catalogue(named, tuple(faults), shut)


def _checked(table: object, *, in_rows: bool = False) -> tuple[CatalogueEntry, str]:
    """Return an entry and "", or of a wrong one who may read the document and what is wrong, with its own names."""
    try:
        return CatalogueEntry.model_validate(table), ""
    except ValidationError as error:
        said = _explain(error, table, in_rows=in_rows)
    names = table if isinstance(table, dict) else {}
    told = [value for name, value in names.items() if speaks_of_groups(name.encode())]  # also a name not quite right
    return CatalogueEntry(groups=read_groups(told[0])) if told else CatalogueEntry(), said


def _explain(error: ValidationError, table: object, *, in_rows: bool = False) -> str:
    said = explain(error, EXAMPLES, COLUMNS)
    for column, field in COLUMNS.items():
        if in_rows or (isinstance(table, dict) and column in table):
            said = said.replace(f"Het veld '{field}'", f"{'De kolom' if in_rows else 'Het veld'} '{column}'")
    return said


def _may_name_groups(path: Path) -> bool:
    try:
        return speaks_of_groups(path.read_bytes())
    except OSError:
        return path.is_file()


def _read_toml(path: Path) -> tuple[dict[str, object], list[str]]:
    """Read a TOML file; where it is wrong, each table on its own, and what is wrong with the others, in Dutch."""
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError:
        return {}, [f"{path.name} kan niet gelezen worden; kijk na of het een bestand is en of u het mag lezen."]
    except UnicodeDecodeError:
        return {}, [f"{path.name} is geen UTF-8; bewaar het in uw tekstverwerker als UTF-8."]
    try:
        return tomllib.loads(text), []
    except tomllib.TOMLDecodeError:
        tables: dict[str, object] = {}
        faults = []
        line = 1
        for part in _TABLE_START.split(text):
            try:
                found = tomllib.loads(part)
                if twice := tables.keys() & found.keys():
                    faults.append(f"{path.name}: '{min(twice)}' staat er twee keer in; haal er één weg.")
                tables = found | tables
            except tomllib.TOMLDecodeError as error:
                place = _LINE.search(str(error))
                wrong = line + (int(place[1]) - 1 if place else part.rstrip("\n").count("\n"))
                faults.append(f"{path.name}, regel {wrong}: dit is geen TOML; kijk haken en aanhalingstekens na.")
            line += part.count("\n")
        return tables, faults


def is_sidecar(file: Path) -> bool:
    """Return whether a file is the sidecar of a document: "vraag-657.pdf.toml" next to "vraag-657.pdf"."""
    return file.suffix == SIDECAR_SUFFIX and file.with_suffix("").is_file()


def find_entry(path: Path, catalogue: Catalogue | None = None) -> tuple[CatalogueEntry | None, list[str]]:
    """Return what a document's sidecar, the catalogue of its folder and its folders say about it; the first wins.

    The catalogue is read where it is not given.

    Returns:
        The entry, and what is wrong with the sidecar, which is left out then, and with the folders, in Dutch.
    """
    entry, faults = _told(path, catalogue)
    groups, fault = folder_groups(path) if entry is None or entry.groups is None else (None, None)
    if groups:
        entry = (entry or CatalogueEntry()).joined(CatalogueEntry(groups=groups), f"map, {GROUPS_NAME}")
    return entry, [*faults, *([fault] if fault else [])]


def _told(path: Path, catalogue: Catalogue | None) -> tuple[CatalogueEntry | None, list[str]]:
    listed = (read_catalogue(path.parent) if catalogue is None else catalogue).entry(path)
    sidecar = path.with_name(path.name + SIDECAR_SUFFIX)
    if not os.path.isfile(sidecar):  # pathlib stops at a name that is too long to be there
        return listed, []
    values, faults = _read_toml(sidecar)
    if faults:
        return (_SHUT if _may_name_groups(sidecar) else listed), faults
    own, fault = _checked(values)
    if fault:
        kept = (listed or CatalogueEntry()).joined(own, "begeleidend bestand") if own.groups else listed
        return kept, [f"{sidecar.name}: {fault}"]
    return (listed or CatalogueEntry()).joined(own, f"begeleidend bestand {sidecar.name}"), []


def correct_entry(path: Path, changes: Mapping[str, object]) -> None:
    """Write in the sidecar of a document what is to stand above all else; None takes a value away.

    Raises:
        UnreadableFile: a value is wrong, or the sidecar that is there is, or it cannot be written.
    """
    sidecar = path.with_name(path.name + SIDECAR_SUFFIX)
    values, faults = _read_toml(sidecar) if sidecar.exists() else ({}, [])
    if faults:
        raise UnreadableFile(faults[0])
    try:
        kept = {name: value for name, value in {**in_fields(values), **changes}.items() if value is not None}
        given = CatalogueEntry.model_validate(kept).model_dump(mode="json", include=set(kept))
    except ValueError as error:  # pydantic's, or two names for one field
        said = _explain(error, values) if isinstance(error, ValidationError) else error
        raise UnreadableFile(f"{sidecar.name}: {said}") from error
    written = {name: json.dumps(value, ensure_ascii=False) for name, value in given.items()}  # as TOML has it too
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
    """Join what catalogue and sidecar say with what the document itself plainly says; they win.

    Returns:
        The document's metadata, with None for all that nothing says, and where each value was found.
    """
    found = find_facts(content.pages, content.title, content.blocks)
    values = {"title": document_id} | {name: value for name, (value, _) in found.items()} | entry.given()
    origins = {"title": "bestandsnaam"} | {name: origin for name, (_, origin) in found.items()} | entry.origins()
    if content.date and not entry.date:
        values["date"], origins["date"] = content.date, "document, voorblad"
    return Metadata(**values, origins=origins)  # type: ignore[arg-type] # checked by the schema and by find_facts

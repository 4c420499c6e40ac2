"""Read the catalogue: what each document of a folder says about itself, checked against the schema."""

import datetime
import json
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from ingest.document import Block, Kind, Metadata, Page
from ingest.errors import CatalogueError
from ingest.facts import find_facts

CATALOGUE_NAME = "catalogue.toml"
KNOWN_NAME = "questions.jsonl"  # known questions; read with the index, since they are tied to passages
SIDECAR_SUFFIX = ".toml"  # added to the whole name of the document
_T = TypeVar("_T")


class CatalogueEntry(BaseModel):
    """One document's table in catalogue.toml; a key that is left out is unknown."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1)] | None = None
    kind: Kind | None = None
    date: datetime.date | None = None
    number: Annotated[str, Field(pattern=r"^\d+(/\d+)?$")] | None = None
    session: Annotated[str, Field(pattern=r"^\d{4}-\d{4}$")] | None = None
    minister: str | None = None
    member: str | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] | None = None
    source: str | None = None
    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

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

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        values, origins = json.loads(text)
        entry = cls.model_validate(values)
        entry._origins = origins
        return entry


def read_catalogue(folder: Path) -> dict[str, CatalogueEntry]:
    """Read `catalogue.toml` of a folder.

    Args:
        folder: folder with the documents.

    Returns:
        document_id -> entry; empty where the folder has no catalogue.

    Raises:
        CatalogueError: the file is not TOML, or a key or value in it is not allowed.
    """
    path = folder / CATALOGUE_NAME
    if not path.exists():
        return {}
    return _checked(
        path,
        lambda: {
            document_id: CatalogueEntry.model_validate(table)
            for document_id, table in tomllib.loads(path.read_text(encoding="utf-8")).items()
        },
    )


def _checked(path: Path, read: Callable[[], _T]) -> _T:
    """Return what `read` makes of a TOML file, its errors turned into one sentence."""
    try:
        return read()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path.name} is not valid TOML ({error}); correct that line.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CatalogueError(f"{path.name} has a wrong {error.title} at '{where}': {first['msg']}.") from error


def is_sidecar(file: Path) -> bool:
    """Return whether a file is the sidecar of a document: "vraag-657.pdf.toml" next to "vraag-657.pdf"."""
    return file.suffix == SIDECAR_SUFFIX and file.with_suffix("").is_file()


def find_entry(path: Path, catalogue: dict[str, CatalogueEntry] | None = None) -> CatalogueEntry | None:
    """Return what a document's sidecar and the catalogue of its folder say about it; the sidecar wins.

    Args:
        path: the document.
        catalogue: that of its folder; None reads it.

    Raises:
        CatalogueError: one of them is wrong.
    """
    listed = (read_catalogue(path.parent) if catalogue is None else catalogue).get(path.stem)
    sidecar = path.with_name(path.name + SIDECAR_SUFFIX)
    if not sidecar.is_file():
        return listed
    own = _checked(sidecar, lambda: CatalogueEntry.model_validate(tomllib.loads(sidecar.read_text(encoding="utf-8"))))
    return (listed or CatalogueEntry()).joined(own, f"begeleidend bestand {sidecar.name}")


def describe(
    document_id: str, pages: Sequence[Page], title: str | None, blocks: Sequence[Block], entry: CatalogueEntry | None
) -> Metadata:
    """Join what catalogue and sidecar say with what the document itself plainly says; they win.

    Args:
        document_id: used as title where the document has none.
        pages: its pages.
        title: the title that its layout gives, if any.
        blocks: its body in reading order.
        entry: catalogue entry, if any.

    Returns:
        The document's metadata, with None for all that nothing says, and where each value was found.
    """
    found = find_facts(pages, title, blocks)
    values = {"title": document_id} | {name: value for name, (value, _) in found.items()}
    origins = {"title": "bestandsnaam"} | {name: origin for name, (_, origin) in found.items()}
    if entry is not None:
        values |= entry.given()
        origins |= entry.origins()
    return Metadata(**values, origins=origins)  # type: ignore[arg-type] # checked by the schema and by find_facts

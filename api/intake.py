"""Changes of the documents that are asked for in the page: one at a time, in a thread of its own, with their progress.

They are made as the commands make them (`api.holdings`), so that no request waits for them and the queue stays free.
"""

import logging
import threading
import unicodedata
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from api import holdings, removed
from api.access.door import Visitor
from api.access.keys import KeyStore
from api.errors import ApiError
from api.settings import Settings
from api.text_forms import clean
from index.errors import RetrievalError
from index.model.embed import Embedder
from index.store.intake import Progress
from ingest.about import SIDECAR_SUFFIX, correct_entry
from ingest.errors import IngestError
from ingest.files import can_be_read
from ingest.read import READERS, REFUSED
from ingest.reasons import reason_of

logger = logging.getLogger(__name__)
_MOST_NAME_BYTES = 180  # a file system takes 255, with what is added to it
_KEPT = 50  # changes of all visitors that are remembered until the service stops
_BUSY = "De documenten worden net bijgewerkt; wacht tot dat klaar is en probeer het dan opnieuw."
_NOT_KEPT = "{} kon niet bewaard worden ({}); de beheerder moet de rechten en de vrije schijfruimte nakijken."
_BROKEN = "Er ging iets mis bij het bijwerken; probeer het opnieuw of meld het aan de beheerder."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a change."""

    told: str  # in a sentence, in Dutch
    files: tuple[Path, ...] = ()  # places of the files that came in or changed
    failed: tuple[str, ...] = ()  # why others did not, in Dutch


@dataclass(slots=True)
class Change:
    """A change that somebody asked for; `step` is what is done now, how many are done, of how many."""

    by: str
    step: tuple[str, int, int] | None = None
    outcome: Outcome | None = None
    error: str = ""

    @property
    def is_done(self) -> bool:
        """Whether nothing more happens."""
        return self.outcome is not None or bool(self.error)


Work = Callable[[Embedder, Progress], Outcome]


class Changes:
    """The changes since the service started, of which at most one is being made; `keys` is the file with the trail."""

    def __init__(self, settings: Settings, embedder: Callable[[], Embedder], keys: KeyStore) -> None:
        self._settings = settings
        self._embedder = embedder
        self._keys = keys
        self._made: deque[Change] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    @property
    def running(self) -> Change | None:
        """The change that is being made now."""
        return next((change for change in list(self._made) if not change.is_done), None)

    def of(self, visitor: Visitor) -> list[Change]:
        """Return what a visitor asked for, the newest first."""
        return [change for change in reversed(list(self._made)) if change.by == visitor.name]

    def add(self, visitor: Visitor, files: Sequence[tuple[str, bytes]], groups: tuple[str, ...]) -> None:
        """Keep files (name, content) in the corpus, under names that are free there; those that cannot be are told.

        Raises:
            ApiError: 422, none can be kept; 409, a change is being made.
        """
        cleaned: list[tuple[str, bytes]] = []
        refused: list[str] = []
        for name, data in files:
            try:
                cleaned.append((clean_name(name), data))
            except ApiError as error:
                refused.append(error.message)
        if not cleaned:
            raise ApiError(422, " ".join(refused))
        corpus, settings = self._settings.corpus_dir, self._settings

        def work(embedder: Embedder, progress: Progress) -> Outcome:
            with TemporaryDirectory() as folder:
                paths: list[Path] = []
                for name, data in cleaned:
                    path = Path(folder) / _free_name(name, [corpus, Path(folder)])
                    path.write_bytes(data)
                    paths.append(path)
                    if groups:
                        correct_entry(path, {"groups": groups})
                report = holdings.add_files(settings, paths, embedder, progress)
            holdings.note_ingest(self._keys, report, visitor.in_trail)
            places = [corpus / path.name for path in paths]
            read = tuple(place for place in places if str(place) not in report.failed)
            failed = tuple(report.failed[str(place)] for place in places if place not in read)
            return Outcome("De bestanden zijn ingelezen." if read else "", read, (*refused, *failed))

        self._start(visitor, f"toevoegen van {', '.join(name for name, _ in cleaned)}", work)

    def remove(self, visitor: Visitor, document_id: str) -> None:
        """Take a document out; raises ApiError, 409, while a change is being made."""

        def work(embedder: Embedder, progress: Progress) -> Outcome:
            removal, _ = removed.remove_documents(self._settings, [document_id], embedder, progress, visitor.name)
            self._keys.note("verwijderd", document_id, visitor.in_trail)
            return Outcome(f"Verwijderd: {document_id}. {removal.stays}".strip())

        self._start(visitor, f"verwijderen van {document_id}", work)

    def put_back(self, visitor: Visitor, token: str) -> None:
        """Undo a removal of this visitor; raises ApiError: 404, there is none, 409, a change is being made."""
        if token not in {one.token for one in removed.removed_by(self._settings, visitor.name)}:
            raise ApiError(404, "Dit is niet terug te zetten; de beheerder kan het met 'beleidswijzer remove --undo'.")

        def work(embedder: Embedder, progress: Progress) -> Outcome:
            back, report = removed.put_back(self._settings, token, embedder, progress)
            holdings.note_ingest(self._keys, report, visitor.in_trail)
            return Outcome(f"Teruggezet: {removed.named(self._settings, back.document_ids)}.")

        self._start(visitor, f"terugzetten van {token}", work)

    def correct(self, visitor: Visitor, document_id: str, values: Mapping[str, object]) -> None:
        """Say something else of a document; raises ApiError, 409, while a change is being made."""

        def work(embedder: Embedder, progress: Progress) -> Outcome:
            source = removed.source_in_corpus(self._settings, document_id)
            correct_entry(source, values)
            report = holdings.bring_up_to_date(self._settings, embedder, progress)
            holdings.note_ingest(self._keys, report, visitor.in_trail)
            return Outcome("De gegevens zijn verbeterd.", (source,))

        self._start(visitor, f"verbeteren van {document_id}", work)

    def _start(self, visitor: Visitor, what: str, work: Work) -> None:
        with self._lock:
            if self.running:
                raise ApiError(409, _BUSY)
            change = Change(visitor.name)
            self._made.append(change)
        threading.Thread(target=self._run, args=(change, visitor, what, work), daemon=True).start()

    def _run(self, change: Change, visitor: Visitor, what: str, work: Work) -> None:
        def progress(step: str, done: int, total: int) -> None:
            change.step = step, done, total

        self._keys.note("gevraagd", what, visitor.in_trail)
        try:
            change.outcome = work(self._embedder(), progress)
            return
        except (IngestError, RetrievalError) as error:
            told = str(error)
        except OSError as error:
            told = _NOT_KEPT.format(error.filename or "Dit", reason_of(error))
        except Exception as error:  # whatever it is, the next change may be made
            logger.exception("Een wijziging van de documenten is mislukt: %s", error)
            told = _BROKEN
        try:
            self._keys.note("mislukt", what, visitor.in_trail)  # first, so that who sees it done finds it there
        finally:
            change.error = told


def clean_name(name: str) -> str:
    r"""Return the name under which a file that was sent is kept: no folder, nothing hidden, nothing that steers.

    >>> clean_name("C:\\Mijn documenten\\..\\Nota  1.PDF"), clean_name("../../.nota\u202e.txt")
    ('Nota 1.PDF', 'nota.txt')

    Raises:
        ApiError: 422, such a file is not read.
    """
    kept = clean(unicodedata.normalize("NFC", name.replace("\\", "/").split("/")[-1])).lstrip(". ~$")
    stem, suffix = Path(kept).stem, Path(kept).suffix
    kept = stem.encode()[:_MOST_NAME_BYTES].decode(errors="ignore").strip() + suffix
    if not can_be_read(kept):
        kinds = ", ".join(sorted(READERS))
        instead = REFUSED.get(suffix.lower(), f"geef een bestand van een van deze soorten: {kinds}")
        if suffix.lower() in READERS:
            instead = "die naam heeft hier een eigen betekenis: geef het bestand een andere naam"
        raise ApiError(422, f"‘{kept[:100] or name[:100]}’ wordt niet ingelezen; {instead}.")
    return kept


def _free_name(name: str, folders: Sequence[Path]) -> str:
    """Return a name that no file of some folders has, nor a sidecar of a file that is not there any more."""
    taken = {file.name.casefold() for folder in folders if folder.is_dir() for file in folder.iterdir()}
    stem, suffix = Path(name).stem, Path(name).suffix
    names = (name, *(f"{stem}-{i}{suffix}" for i in range(2, len(taken) + 3)))
    return next(one for one in names if taken.isdisjoint({one.casefold(), f"{one}{SIDECAR_SUFFIX}".casefold()}))


def documents_at(settings: Settings, files: Sequence[Path]) -> dict[Path, tuple[str, bool]]:
    """Return which document the text of each file is, and whether that is another file with the same text."""
    places = {str(file.parent.resolve() / file.name): file for file in files}
    with settings.open_records() as store:
        found = {places[path]: (key, False) for key, (_, path) in store.recipes().items() if path in places}
        copies = {places[path]: (original, True) for _, path, original in store.copies().values() if path in places}
    return found | copies

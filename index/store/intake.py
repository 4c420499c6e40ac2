"""Files on disk -> what changes in the records: which files to read, what came of them, which have gone."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.store.known import KnownQuestion, MadeQuestions
from index.store.manifest import file_sha256
from index.store.records import RecordStore
from ingest import READING_VERSION
from ingest.about import KNOWN_NAME, MADE_NAME, CatalogueEntry, find_entry
from ingest.document import Document, from_json, to_json
from ingest.duplicates import fingerprint
from ingest.errors import UnreadableFile
from ingest.files import is_text, list_files, list_folders, list_skipped, printable, read_entries
from ingest.groups import find_named
from ingest.jsonl import scan_rows
from ingest.naming import name_documents
from ingest.pool import Job, read_documents
from ingest.question_lines import SUFFIX as LINES_SUFFIX
from ingest.question_lines import is_line, line_sha256
from ingest.reasons import reason_of

Stored = tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str, str]]]  # recipes and copies, see RecordStore
Progress = Callable[[str, int, int], None]  # what is being done, how many done, of how many


@dataclass(slots=True)
class Report:
    """What an update of the index did.

    Attributes:
        added: ids of documents that are new; likewise `changed` (read again), `unchanged` and `removed` (file gone).
        failed: path -> why a document could not be read, in Dutch.
        skipped: path -> why a file is no document.
        faults: what is wrong, and left out, in catalogues, sidecars and known questions, in Dutch.
        copies: path -> which document has the same text, so that it is stored once.
        notes: what the user should know about documents that were read.
        documents: number in the index now; so are `pages` and `passages`.
        embedded: number of passages embedded this time.
        known: number of known questions that belong to a passage now.
    """

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    copies: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    documents: int = 0
    pages: int = 0
    passages: int = 0
    embedded: int = 0
    known: int = 0


@dataclass(frozen=True, slots=True)
class Intake:
    """What the files change.

    Attributes:
        before: what the records held of every file, which the changes follow from.
        kept: id -> document to store, in order of name.
        originals: id of a file whose text is already there -> id of the document that has it.
        fresh: id -> every document that was read.
        sources: id -> path and recipe of every file.
    """

    report: Report
    before: Stored
    kept: dict[str, Document]
    originals: dict[str, str]
    fresh: dict[str, Document]
    sources: dict[str, tuple[str, str]]
    known: dict[Path, list[KnownQuestion]]

    def put(self, store: RecordStore) -> bool:
        """Write the changes; call inside a transaction, after the passages have their vectors.

        Returns:
            Whether they were: not where another machine changed meanwhile what they follow from.
        """
        if store.db.shared and (store.recipes(), store.copies()) != self.before:
            return False
        for document_id in [*self.report.removed, *self.originals]:
            store.remove_document(document_id)
        for document_id, document in self.kept.items():
            store.put_document(document, *self.sources[document_id], _twin(document))
        for document_id, original in self.originals.items():
            store.put_copy(self.fresh[document_id], *self.sources[document_id], original)
        store.put_known_questions(self.known)
        store.clear_staged()
        return True


def take_in(store: RecordStore, paths: Sequence[Path], *, keep_copies: bool, progress: Progress | None) -> Intake:
    """Compare files with the records and read those that are new or changed; for the rest see `update_index`.

    What is read is staged in the records; nothing else is written.
    """
    known, copies = store.recipes(), store.copies()
    stored = known | {key: value[:2] for key, value in copies.items()}
    within = len(_vanished(stored, paths, {}))  # a folder may become empty, but not the index: is its disk there?
    files = list_files(paths, may_be_empty=0 < within < len(stored))
    folders = list_folders(paths, files)
    report = Report(skipped=list_skipped(paths))
    for file in files:
        if not is_text(f"{file}{file.resolve()}"):
            report.failed[printable(file)] = (
                f"{printable(file.name)} heeft in naam of map een teken dat geen UTF-8 is; geef het een andere naam."
            )
    named = [file for file in files if printable(file) not in report.failed]
    said, report.faults = read_entries(folders, named)
    told = {at: read_known(at) for at in sorted({folder.resolve() for folder in folders}) if is_text(str(at))}
    report.faults += [fault for _, more in told.values() for fault in more]
    wanted: dict[str, Job] = {}
    sources: dict[str, tuple[str, str]] = {}
    seen = name_documents(named, {document_id: source for document_id, (_, source) in stored.items()})

    def want(document_id: str, file: Path) -> None:
        entry, faults = (said[file], []) if file in said else find_entry(file)
        report.faults += faults
        try:
            # Where a file lies itself, also if it is a link to elsewhere: when the link goes, so does the document.
            sources[document_id] = str(file.parent.resolve() / file.name), _recipe(file, entry)
            wanted[document_id] = Job(file, entry, document_id)
        except UnreadableFile as error:
            report.failed[str(file)] = str(error)

    for document_id, file in seen.items():
        want(document_id, file)
    unread = {str(file.parent.resolve()) for file in seen.values() if str(file) in report.failed and is_line(file)}
    gone = _vanished(stored, paths, seen)  # of a file with a line that is damaged nobody knows which these are
    report.removed = [key for key in gone if os.path.dirname(stored[key][1]) not in unread]
    todo = {key: job for key, job in wanted.items() if stored.get(key) != sources[key][::-1]}
    moving = todo.keys() | set(report.removed)  # copies whose original changes or goes are looked at again
    lost = {key: Path(source) for key, (_, source, original) in copies.items() if original in moving}
    for key, file in lost.items():
        if not (key in seen or key in report.removed) and (file.exists() or is_line(file)):  # in a folder not given
            want(key, file)
    todo |= {key: wanted[key] for key in lost if key in wanted}
    fresh = _read(store, todo, sources, report, progress)
    originals = {} if keep_copies else _find_copies(store, fresh, copies, report.removed)
    kept = {key: document for key, document in fresh.items() if key not in originals}
    report.added = [key for key in kept if key not in known]
    report.changed = [key for key in kept if key in known]
    report.unchanged = sorted(wanted.keys() - todo.keys())
    report.copies = {str(wanted[key].path): copies[key][2] for key in report.unchanged if key in copies}
    report.copies |= {str(todo[key].path): original for key, original in originals.items()}
    report.notes = [note for document in kept.values() for note in document.notes]
    known_questions = {folder: questions for folder, (questions, _) in told.items()}
    return Intake(report, (known, copies), kept, originals, fresh, sources, known_questions)


def _recipe(file: Path, entry: CatalogueEntry | None) -> str:
    """Everything that the passages and metadata of a document follow from."""
    try:
        content = line_sha256(file) if is_line(file) else file_sha256(file)
    except OSError as error:
        raise UnreadableFile(
            f"{file.name} kan niet gelezen worden ({reason_of(error)}); kijk het bestand na."
        ) from error
    return "|".join((content, entry.to_json() if entry else "", f"lezen {READING_VERSION}"))


def _read(
    store: RecordStore,
    todo: dict[str, Job],
    sources: dict[str, tuple[str, str]],
    report: Report,
    progress: Progress | None,
) -> dict[str, Document]:
    """Read files, or take what was read from them before a stop; in order of name."""
    staged = ((key, store.staged(key, sources[key][1])) for key in todo)
    fresh = {key: from_json(document) for key, document in staged if document is not None}
    jobs = [job for key, job in todo.items() if key not in fresh]
    for done, (job, outcome) in enumerate(read_documents(jobs), start=len(fresh) + 1):
        if isinstance(outcome, Document):
            fresh[outcome.document_id] = outcome
            store.stage(outcome.document_id, sources[outcome.document_id][1], to_json(outcome))
        else:
            report.failed[str(job.path)] = str(outcome)
        if progress:
            progress("lezen", done, len(todo))
    return {document_id: fresh[document_id] for document_id in todo if document_id in fresh}


def _find_copies(
    store: RecordStore, fresh: dict[str, Document], copies: dict[str, tuple[str, str, str]], removed: list[str]
) -> dict[str, str]:
    """Find among new documents those with the text of another: id -> id of that other."""
    leaving = fresh.keys() | set(removed)
    holders: dict[str, str] = {}  # what makes a document the same -> the one that is kept
    for same in map(_twin, fresh.values()):
        for holder in store.with_twin(same):
            if holder not in leaving:
                holders.setdefault(same, holder)
    # What was an original stays one, and text that the file gives itself is better than text from a scan.
    order = sorted(fresh.values(), key=lambda d: (d.document_id in copies, bool(d.recognised)))
    found = {d.document_id: holders.setdefault(_twin(d), d.document_id) for d in order}
    return {document_id: holder for document_id, holder in found.items() if holder != document_id}


def _twin(document: Document) -> str:
    """What two documents share of which one is kept: one that others may read is no copy."""
    return "|".join((fingerprint(document), *document.metadata.groups))


def _vanished(known: dict[str, tuple[str, str]], paths: Sequence[Path], seen: dict[str, Path]) -> list[str]:
    within = [path.resolve() for path in paths if path.is_dir() or path.suffix.lower() == LINES_SUFFIX]
    folders = tuple(os.path.join(path, "") for path in within)
    return sorted(
        document_id
        for document_id, (_, source) in known.items()
        if document_id not in seen and os.path.join(source, "").startswith(folders)
    )


def read_known(folder: Path) -> tuple[list[KnownQuestion], list[str]]:
    """Read the known questions of a folder of documents, written down and made; none where it has no such file.

    Returns:
        The questions, and what is wrong with the lines that are left out, in Dutch.
    """
    told, made = find_named(folder, KNOWN_NAME), find_named(folder, MADE_NAME)
    known, faults = scan_rows(told, KnownQuestion) if told and told.exists() else ([], [])
    passages, more = scan_rows(made, MadeQuestions) if made and made.exists() else ([], [])
    known += [KnownQuestion(question, one.doc, one.passage) for one in passages for question in one.questions]
    return known, faults + more

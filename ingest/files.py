"""One file -> one document with its passages: the way in of everything that can be found."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.about import CatalogueEntry, describe, find_entry, is_beside, line_entry, read_catalogue, told_by
from ingest.document import Document
from ingest.errors import UnreadableFile
from ingest.naming import document_name
from ingest.question_lines import SUFFIX as LINES_SUFFIX
from ingest.question_lines import holds_questions, is_line, list_lines, read_question
from ingest.read import READERS, REFUSED, read_file
from ingest.split import split_document

_DOCUMENTS = frozenset(READERS) | frozenset(REFUSED)
_READ = ", ".join(sorted({*READERS, LINES_SUFFIX}))
_NO_DOCUMENT = f"is geen {_READ}; zet het om als het een document is."
_EMPTY = f"bevat geen {_READ}; zet er documenten in, of koppel de schijf aan waar ze op staan."
_HIDDEN = (".", "~$")  # how the name of a hidden file begins, and of one that Word has open


def list_files(paths: Sequence[Path], *, may_be_empty: bool = False) -> list[Path]:
    """List the files to ingest: those given, and in each folder given those that are documents.

    Returns:
        Files in order of name, without doubles; among them those of `REFUSED` types, so that they are reported.

    Raises:
        UnreadableFile: a path does not exist or cannot be read, or there is no document and there must be.
    """
    files: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise UnreadableFile(f"{path} bestaat niet; kijk het pad na.")
        inside = _inside(path) if path.is_dir() else {path: ""}
        if inside.get(path):
            raise UnreadableFile(f"{path} {inside[path]}")
        for file in (file for file, reason in inside.items() if not reason):
            files |= set(list_lines(file)) if file.suffix.lower() == LINES_SUFFIX else {file}
    if not (files or may_be_empty):
        raise UnreadableFile(f"{', '.join(map(str, paths))} {_EMPTY}")
    return sorted(files, key=lambda file: (file.name, file))


def list_skipped(paths: Sequence[Path]) -> dict[str, str]:
    """List what is not read, folders and in them files: path -> reason in Dutch; hidden files and catalogues aside."""
    skipped: dict[str, str] = {}
    for path in filter(Path.is_dir, paths):
        inside = _inside(path)
        for file, reason in sorted((inside if "" in inside.values() else inside | {path: _EMPTY}).items()):
            if reason:
                skipped[printable(file)] = f"{printable(file.name or file)} {reason}"
    return skipped


def list_folders(paths: Sequence[Path], files: Sequence[Path]) -> list[Path]:
    """List the folders given with all that are in them, and those of the files: what lies there may speak of them."""
    walked = {Path(place) for path in paths if path.is_dir() for place, _, _ in _walk(path)}
    return sorted(walked | {told_by(file).parent for file in files})


def read_entries(folders: Sequence[Path], files: Sequence[Path]) -> tuple[dict[Path, CatalogueEntry | None], list[str]]:
    """Return what catalogues, sidecars and folders say about each file, and what is wrong with these, in Dutch."""
    catalogues = {folder: read_catalogue(folder) for folder in folders}
    faults = [said for at, catalogue in catalogues.items() for said in (*catalogue.faults, *catalogue.missing(at))]
    told: dict[Path, CatalogueEntry | None] = {}
    for about in dict.fromkeys(map(told_by, files)):  # once for all lines of a file
        told[about], wrong = find_entry(about, catalogues[about.parent])
        faults += wrong
    for line in filter(is_line, files):
        told[line] = line_entry(line, told[line.parent], catalogues[line.parent.parent])
    return told, faults


def can_be_read(name: str) -> bool:
    """Return whether a file of this name would be read as a document, also where capitals do not count."""
    return Path(name).suffix.lower() in READERS and not is_beside(Path(name))


def is_text(name: str) -> bool:
    """Return whether a name can be stored: one from an old zip may hold bytes that are no UTF-8."""
    return not any("\ud800" <= character <= "\udfff" for character in name)


def printable(name: str | Path) -> str:
    """Return a name with a question mark in place of what is no UTF-8."""
    return str(name).encode(errors="replace").decode()


def _inside(folder: Path) -> dict[Path, str]:
    """Files at any depth, hidden ones and catalogues aside; "" for a document, for any other why it is not read."""
    found: dict[Path, str] = {}
    root = folder.resolve()

    def unreadable(error: OSError) -> None:
        found[Path(error.filename)] = "kan niet gelezen worden; kijk de rechten van de map na."

    for place, folders, files in _walk(folder, unreadable):
        for file in (Path(place, name) for name in [*folders, *files] if not name.startswith(_HIDDEN)):
            if file.is_symlink() and not file.exists():
                found[file] = "is een koppeling naar iets wat er niet is; haal het bestand opnieuw op."
            elif file.is_symlink() and (file.is_dir() or not file.resolve().is_relative_to(root)):
                found[file] = "is een koppeling naar buiten deze map; zet de bestanden zelf in de map."
            elif file.is_file() and not is_beside(file):
                is_document = file.suffix.lower() in _DOCUMENTS or holds_questions(file)
                found[file] = "" if is_document else _NO_DOCUMENT
    return found


def _walk(folder: Path, onerror: Callable[[OSError], None] | None = None) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walk through a folder, but not into what is hidden."""
    for place, folders, files in os.walk(folder, onerror=onerror):
        folders[:] = [name for name in folders if not name.startswith(_HIDDEN)]
        yield place, folders, files


def read_document(path: Path, entry: CatalogueEntry | None = None, document_id: str | None = None) -> Document:
    """Read one file and split it into passages; the same file always gives the same ones.

    Without an entry catalogue and sidecar are looked for in the file's own folder; without an id it is the file's name.

    Raises:
        UnreadableFile: the file cannot be read or holds no text.
    """
    if entry is None:
        entry = find_entry(path)[0] or CatalogueEntry()
    if is_line(path):
        question, blocks, pairs = read_question(path)
        told = question.metadata
        origins = told.origins | entry.origins()
        metadata = replace(told, **entry.given(), origins=origins)  # type: ignore[arg-type] # checked by the schema
        question = replace(question, document_id=document_id or question.document_id, metadata=metadata)
        return split_document(question, blocks, pairs)
    name = document_name(path)
    content = read_file(path)
    metadata, recognised = describe(name, content, entry), tuple(content.confidence.items())
    document = Document(document_id or name, path.name, content.sha256, metadata, content.pages)
    return split_document(replace(document, recognised=recognised, notes=content.notes), content.blocks)

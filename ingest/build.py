"""One file -> one document with its passages: the way in of everything that can be found."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.catalogue import CATALOGUE_NAME, KNOWN_NAME, CatalogueEntry, describe, find_entry, is_sidecar
from ingest.document import Document
from ingest.errors import UnreadableFile
from ingest.names import document_name
from ingest.qa_pair import pair_questions
from ingest.read import READERS, REFUSED, read_file
from ingest.split import split_passages

_DOCUMENTS = frozenset(READERS) | frozenset(REFUSED)
_SIDE_FILES = (CATALOGUE_NAME, KNOWN_NAME)


def list_files(paths: Sequence[Path]) -> list[Path]:
    """List the files to ingest: those given, and in each folder given those that are documents.

    Args:
        paths: files and folders.

    Returns:
        Files in order of name, without doubles; among them those of `REFUSED` types, so that they are reported.

    Raises:
        UnreadableFile: a path does not exist, or a folder holds no document.
    """
    files: set[Path] = set()
    for path in paths:
        try:
            found = {file for file in _inside(path) if file.suffix.lower() in _DOCUMENTS} if path.is_dir() else {path}
            if not path.exists():
                raise UnreadableFile(f"{path} bestaat niet; kijk het pad na.")
        except OSError as error:
            raise UnreadableFile(f"{path} kan niet gelezen worden ({error.strerror}); kijk de rechten na.") from error
        if not found:
            raise UnreadableFile(f"{path} bevat geen {', '.join(sorted(READERS))}; zet er documenten in.")
        files |= found
    return sorted(files, key=lambda file: (file.name, file))


def list_skipped(paths: Sequence[Path]) -> dict[str, str]:
    """List the files in folders that are no documents: path -> reason in Dutch; hidden files and catalogues aside."""
    known = ", ".join(sorted(READERS))
    return {
        printable(file): f"{printable(file.name)} is geen {known}; zet het om als het een document is."
        for path in paths
        if path.is_dir()
        for file in sorted(_inside(path))
        if file.suffix.lower() not in _DOCUMENTS and file.name not in _SIDE_FILES and not is_sidecar(file)
    }


def is_text(name: str) -> bool:
    """Return whether a name can be stored: one from an old zip may hold bytes that are no UTF-8."""
    return not any("\ud800" <= character <= "\udfff" for character in name)


def printable(name: str | Path) -> str:
    """Return a name with a question mark in place of what is no UTF-8."""
    return str(name).encode(errors="replace").decode()


def _inside(folder: Path) -> Iterator[Path]:
    hidden = len(folder.parts)
    return (
        file
        for file in folder.rglob("*")
        if file.is_file() and not any(part.startswith((".", "~$")) for part in file.parts[hidden:])
    )


def read_document(path: Path, entry: CatalogueEntry | None = None, document_id: str | None = None) -> Document:
    """Read one file and split it into passages.

    Args:
        path: the file.
        entry: what catalogue and sidecar say about it; None looks for them in the file's own folder.
        document_id: see `name_documents`; None takes the file's name.

    Returns:
        The document; the same file always gives the same passages.

    Raises:
        UnreadableFile: the file cannot be read or holds no text.
    """
    name = document_name(path)
    content = read_file(path)
    if entry is None:
        entry, _ = find_entry(path)
    metadata = describe(
        name, content.pages, content.title, is_question=bool(pair_questions(content.blocks)), entry=entry
    )
    document = Document(document_id or name, path.name, content.sha256, metadata, content.pages, notes=content.notes)
    return replace(document, passages=split_passages(document, content.blocks, content.confidence))

"""One file -> one document with its passages: the way in of everything that can be found."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.catalogue import CATALOGUE_NAME, KNOWN_NAME, CatalogueEntry, describe, find_entry, is_sidecar
from ingest.document import Document
from ingest.errors import UnreadableFile
from ingest.question_lines import SUFFIX as LINES_SUFFIX
from ingest.question_lines import holds_questions, is_line, list_lines, read_question
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
            found = {file for file in _inside(path) if _is_document(file)} if path.is_dir() else {path}
            if not path.exists():
                raise UnreadableFile(f"{path} bestaat niet; kijk het pad na.")
        except OSError as error:
            raise UnreadableFile(f"{path} kan niet gelezen worden ({error.strerror}); kijk de rechten na.") from error
        if not found:
            raise UnreadableFile(f"{path} bevat geen {', '.join(sorted(READERS))}; zet er documenten in.")
        for file in found:
            files |= set(list_lines(file)) if file.suffix.lower() == LINES_SUFFIX else {file}
    return sorted(files, key=lambda file: (file.name, file))


def list_skipped(paths: Sequence[Path]) -> dict[str, str]:
    """List the files in folders that are no documents: path -> reason in Dutch; hidden files and catalogues aside."""
    return {
        str(file): f"{file.name} is geen {', '.join(sorted(READERS))}; zet het om als het een document is."
        for path in paths
        if path.is_dir()
        for file in sorted(_inside(path))
        if not _is_document(file) and file.name not in _SIDE_FILES and not is_sidecar(file)
    }


def _is_document(file: Path) -> bool:
    return file.suffix.lower() in _DOCUMENTS or (file.name not in _SIDE_FILES and holds_questions(file))


def _inside(folder: Path) -> Iterator[Path]:
    hidden = len(folder.parts)
    return (
        file
        for file in folder.rglob("*")
        if file.is_file() and not any(part.startswith((".", "~$")) for part in file.parts[hidden:])
    )


def read_document(path: Path, entry: CatalogueEntry | None = None) -> Document:
    """Read one file and split it into passages.

    Args:
        path: the file.
        entry: what catalogue and sidecar say about it; None looks for them in the file's own folder.

    Returns:
        The document; the same file always gives the same passages.

    Raises:
        UnreadableFile: the file cannot be read or holds no text.
        CatalogueError: the folder's catalogue is wrong.
    """
    if is_line(path):
        question, blocks, pairs = read_question(path)
        return replace(question, passages=split_passages(question, blocks, pairs=pairs))
    document_id = path.stem
    content = read_file(path)
    if entry is None:
        entry = find_entry(path)
    metadata = describe(document_id, content.pages, content.title, content.blocks, entry)
    document = Document(document_id, path.name, content.sha256, metadata, content.pages, notes=content.notes)
    return replace(document, passages=split_passages(document, content.blocks, content.confidence))

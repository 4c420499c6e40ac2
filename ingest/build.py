"""One file -> one document with its passages: the way in of everything that can be found."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.blocks import read_blocks
from ingest.catalogue import CatalogueEntry, describe, read_catalogue
from ingest.document import Document
from ingest.errors import UnreadableFile
from ingest.qa_pair import pair_questions
from ingest.read import READERS, read_file
from ingest.split import split_passages


def list_files(paths: Sequence[Path]) -> list[Path]:
    """List the files to ingest: those given, and in each folder given those of a readable type.

    Args:
        paths: files and folders.

    Returns:
        Files in order of name, without doubles.

    Raises:
        UnreadableFile: a path does not exist, or a folder holds no readable file.
    """
    files: set[Path] = set()
    for path in paths:
        try:
            found = set(_readable(path)) if path.is_dir() else {path}
            if not path.exists():
                raise UnreadableFile(f"{path} does not exist; check the path.")
        except OSError as error:
            raise UnreadableFile(f"{path} cannot be read ({error.strerror}); check its rights.") from error
        if not found:
            raise UnreadableFile(f"{path} holds no {', '.join(sorted(READERS))} file; add documents to it.")
        files |= found
    return sorted(files, key=lambda file: (file.name, file))


def _readable(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.suffix.lower() in READERS and file.is_file())


def read_document(path: Path, entry: CatalogueEntry | None = None) -> Document:
    """Read one file and split it into passages.

    Args:
        path: the file.
        entry: what the catalogue says about it; None looks in the catalogue of the file's own folder.

    Returns:
        The document; the same file always gives the same passages.

    Raises:
        UnreadableFile: the file cannot be read or holds no text.
        CatalogueError: the folder's catalogue is wrong.
    """
    document_id = path.stem
    sha256, pages = read_file(path)
    if entry is None:
        entry = read_catalogue(path.parent).get(document_id)
    blocks = read_blocks(pages)
    metadata = describe(document_id, pages[0].text, is_question=bool(pair_questions(blocks)), entry=entry)
    document = Document(document_id, path.name, sha256, metadata, pages)
    return replace(document, passages=split_passages(document, blocks))

"""Which document a file is: its id, which stays the same for as long as the file does."""

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


def document_name(file: Path) -> str:
    """Return the name of a file without its extension, as most programs write it: a Mac takes letters apart (NFD)."""
    return unicodedata.normalize("NFC", file.stem)


def name_documents(files: Sequence[Path], stored: Mapping[str, str]) -> dict[str, Path]:
    """Give each file an id.

    A file that has an id keeps it. Another one has its name without extension; where more files have that, with the
    folder before it ("2020~vraag-12"), or as much of the path and the extension as is needed.

    Args:
        files: those to ingest, in order; a file that is reached in two ways is one file.
        stored: id -> path of the documents that are there.

    Returns:
        Id -> file, in order of `files`.
    """
    own = {str(file.resolve()): file for file in reversed(files)}
    places = {str(file.parent.resolve() / file.name): file for file in own.values()}  # a link by its own place
    known = own | places
    names = {known[source]: document_id for document_id, source in stored.items() if source in known}
    shared = Counter(name for file in own.values() for name in _candidates(file))
    for file in reversed(own.values()):
        if file not in names:
            free = (name for name in _candidates(file) if shared[name] == 1 and not _is_there(stored.get(name, "")))
            names[file] = next(free)
    return {names[file]: file for file in reversed(own.values())}


def _is_there(source: str) -> bool:
    return bool(source) and (Path(source).exists() or Path(source).parent.is_file())  # a file holds lines


def _candidates(file: Path) -> Iterator[str]:
    """Names for a file, the shortest first; the last one no other file can have."""
    path = os.path.abspath(file)
    folders = unicodedata.normalize("NFC", path).split(os.sep)[1:-1]
    for name in (document_name(file), unicodedata.normalize("NFC", file.name)):
        for depth in range(len(folders) + 1):
            yield "~".join((*folders[len(folders) - depth :], name))
    yield f"{document_name(file)}~{hashlib.sha256(path.encode()).hexdigest()}"

"""What changes the documents that are kept: files come in, and all of it is backed up; what goes out: `api.removed`."""

import datetime
import hashlib
import os
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from importlib.metadata import version
from itertools import zip_longest
from pathlib import Path, PurePosixPath

from pydantic import BaseModel

from api.access.keys import KeyStore
from api.settings import Settings
from index.model.embed import Embedder
from index.store.database import RECORDS_NAME
from index.store.intake import Progress, Report
from index.store.manifest import file_sha256
from index.store.update import lock_index, update_index
from ingest.about import SIDECAR_SUFFIX, is_beside
from ingest.errors import IngestError
from ingest.files import is_text, printable
from ingest.reasons import reason_of

_ABOUT, _CORPUS = "backup.json", "corpus"
_DATABASES = (RECORDS_NAME, "access.sqlite", "feedback.sqlite")
_LINK = "{} is een koppeling en is niet toegevoegd; geef het bestand of de map zelf."
_NO_TEXT = "{} heeft in naam of map een teken dat geen UTF-8 is; geef het een andere naam."
_UNSAFE = "{} is geen back-up van Beleidswijzer, of is niet heel; kies een ander bestand."


class _About(BaseModel):
    """What a backup says of itself."""

    version: str
    made: datetime.datetime
    corpus: Path
    sha256: dict[str, str]  # of each other file in it


class HoldingsError(IngestError):
    """A file cannot be taken in, taken out, backed up or put back."""


def bring_up_to_date(
    settings: Settings, embedder: Embedder, progress: Progress | None, paths: Sequence[Path] = ()
) -> Report:
    """Bring the index that is set up to date with files and folders, else with the corpus; see `update_index`."""
    wanted = paths or [settings.corpus_dir]
    engine, records = settings.engine, settings.records_address()
    return update_index(settings.index_dir, wanted, embedder, progress, engine=engine, records=records)


def add_files(
    settings: Settings, paths: Sequence[Path], embedder: Embedder, progress: Progress | None, *, replace: bool = False
) -> Report:
    """Copy files and folders into the corpus and bring the index up to date.

    What cannot be taken in is not kept, and what it replaced comes back.

    Raises:
        HoldingsError: a path is not there, another file has its name and `replace` is false, or it cannot be copied.
        RetrievalError, IngestError: the index cannot be changed now.
    """
    before: dict[Path, Path | None] = {}  # file that is written -> a copy of the one that was there
    good: set[Path] = set()
    try:
        wanted: dict[Path, Path] = {}  # place -> the file that is to be there
        for source, target in _incoming(paths, settings.corpus_dir):
            other = wanted.setdefault(target, source)
            if other != source and _differs(source, other):
                raise HoldingsError(f"{other} en {source} komen op dezelfde plaats; geef er één een andere naam.")
        changed = [target for target, source in wanted.items() if _differs(source, target)]
        for target in filter(Path.exists, () if replace else changed):
            raise HoldingsError(f"{target} is er al en is anders; geef --replace mee om het te vervangen.")
        # What tells of others goes first: an update meanwhile may not see a document without what shuts it.
        for target in sorted(changed, key=lambda target: not is_beside(wanted[target])):
            before[target] = _set_aside(target)
            _copy(wanted[target], target)
        report = bring_up_to_date(settings, embedder, progress)
        report.failed |= {str(file): report.skipped.pop(str(file)) for file in before if str(file) in report.skipped}
        report.skipped |= {str(link): _LINK.format(link) for folder in paths for link in _links(folder)}
        for file in before:  # of a sidecar, the file that it tells of must be good too
            if report.failed.keys().isdisjoint({str(file), str(file).removesuffix(SIDECAR_SUFFIX)}):
                good.add(file)
        return report
    except OSError as error:
        raise HoldingsError(
            f"De bestanden zijn niet toegevoegd ({error.filename}: {reason_of(error)}); kijk de rechten en de vrije "
            "schijfruimte na."
        ) from error
    finally:
        _settle(before, good)


def note_ingest(keys: KeyStore, report: Report, who: str = "") -> None:
    """Write in the trail what came in and what went; an update that changed nothing is no step."""
    changes = {"nieuw": report.added, "gewijzigd": report.changed, "verwijderd": report.removed}
    told = [f"{name}: {', '.join(documents)}" for name, documents in changes.items() if documents]
    if told:
        keys.note("ingelezen", "; ".join(told), who)


def _incoming(paths: Sequence[Path], corpus: Path) -> Iterator[tuple[Path, Path]]:
    """Yield each file to copy and its place: a file with what is told beside it, a folder with all that it holds."""
    for path in paths:
        if path.is_dir():
            for file, below in _shown(path):
                if not file.is_symlink():
                    yield file, corpus / path.resolve().name / below
        elif path.is_file():
            beside = path.with_name(path.name + SIDECAR_SUFFIX)
            yield from ((file, corpus / file.name) for file in (path, beside) if file.is_file())
        else:
            raise HoldingsError(f"{path} bestaat niet; kijk het pad na.")


def _shown(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yield each file below a folder and its path from there, but nothing hidden, such as what was removed."""
    for file in sorted(folder.rglob("*")):
        below = file.relative_to(folder)
        if file.is_file() and not any(part.startswith(".") for part in below.parts):
            yield file, below


def _links(folder: Path) -> list[Path]:
    """Return what below a folder is a link, which may lead to what nobody meant to add; nothing that is hidden."""
    links = [one for one in sorted(folder.rglob("*")) if one.is_symlink()]
    return [one for one in links if not any(part.startswith(".") for part in one.relative_to(folder).parts)]


def _differs(source: Path, target: Path) -> bool:
    return not target.exists() or file_sha256(source) != file_sha256(target)


def _set_aside(target: Path) -> Path | None:
    """Copy a file beside itself, where no ingest sees it and it can be put back without room on the disk."""
    if not target.exists():
        return None
    kept = target.with_name(f".{target.name}.{os.getpid()}~")
    _copy(target, kept, shutil.copy2)
    return kept


def _settle(before: dict[Path, Path | None], good: Collection[Path]) -> None:
    """Let go of what was set aside for files that are good, and put it back for the others."""
    for target, kept in reversed(before.items()):
        if kept and target in good:
            kept.unlink()
        elif kept:
            os.replace(kept, target)
        elif target not in good and target.exists():
            target.unlink()


def _copy(source: Path, target: Path, copy: Callable[[Path, Path], object] = shutil.copyfile) -> None:
    """Copy in one step: an ingest that runs meanwhile never sees half a file."""
    partly = target.with_name(f".{target.name}.{os.getpid()}")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        copy(source, partly)
        os.replace(partly, target)
    finally:
        partly.unlink(missing_ok=True)


def _databases(settings: Settings) -> dict[str, Path]:
    paths = (settings.index_dir / RECORDS_NAME, settings.access_path(), settings.feedback_path())
    ours = dict(zip(_DATABASES, paths, strict=True))
    return {name: path for name, path in ours.items() if name != RECORDS_NAME or not settings.records}


def back_up(settings: Settings, target: Path) -> int:
    """Write one zip file with all that cannot be made again, also while the service runs; return its size in bytes.

    It holds the documents, what was read of them with the vectors, the keys (only their hashes), and the feedback; of
    records in PostgreSQL its own tools make a backup.

    Raises:
        HoldingsError: it cannot be written, or the name of a file cannot.
    """
    hashes = {}
    try:
        with tempfile.TemporaryDirectory(prefix=".", dir=target.parent) as folder:  # hidden: it may be in the corpus
            partly = Path(folder) / "back-up.zip"
            partly.touch(0o600)
            with zipfile.ZipFile(partly, "w", 8) as packed:
                for name, path in _databases(settings).items():
                    if path.exists():
                        copy = Path(folder) / name
                        _copy_database(path, copy)
                        packed.write(copy, name)
                        hashes[name] = file_sha256(copy)
                for file, below in _shown(settings.corpus_dir):
                    if not is_text(str(file)):
                        raise HoldingsError(_NO_TEXT.format(printable(file)))
                    name = f"{_CORPUS}/{below.as_posix()}"
                    data = file.read_bytes()
                    packed.writestr(name, data)
                    hashes[name] = hashlib.sha256(data).hexdigest()
                made, corpus = datetime.datetime.now(datetime.UTC), settings.corpus_dir.resolve()
                about = _About(version=version("beleidswijzer"), made=made, corpus=corpus, sha256=hashes)
                packed.writestr(_ABOUT, about.model_dump_json(indent=1))
            os.replace(partly, target)
    except (OSError, sqlite3.Error) as error:
        raise HoldingsError(
            f"{target} kan niet geschreven worden ({getattr(error, 'filename', None) or target}: {reason_of(error)}); "
            "kijk de map en de schijf na."
        ) from error
    return target.stat().st_size


def restore(
    settings: Settings, source: Path, embedder: Embedder, progress: Progress | None, *, overwrite: bool = False
) -> Report:
    """Put a backup back, also while the service runs; files that the backup does not have stay.

    Raises:
        HoldingsError: it is no backup or not whole, something else is there already and `overwrite` is false, or it
            cannot be read or written.
    """
    try:
        with tempfile.TemporaryDirectory() as folder:
            corpus = _unpack(source, Path(folder))
            with lock_index(settings.index_dir):
                _put_in_place(settings, Path(folder), overwrite)
                if not settings.records:
                    _move_records(settings, corpus)
    except (OSError, sqlite3.Error) as error:
        raise HoldingsError(
            f"De back-up {source} kan niet teruggezet worden ({reason_of(error)}); kijk het "
            f"pad, de rechten en de vrije schijfruimte na, ook die van {tempfile.gettempdir()}."
        ) from error
    return bring_up_to_date(settings, embedder, progress)


def _put_in_place(settings: Settings, folder: Path, overwrite: bool) -> None:
    """Copy what was unpacked to where it is used; unless `overwrite`, only where nothing else is there."""
    databases = {folder / name: path for name, path in _databases(settings).items() if (folder / name).exists()}
    packed = [file for file in sorted((folder / _CORPUS).rglob("*")) if file.is_file()]
    files = {file: settings.corpus_dir / file.relative_to(folder / _CORPUS) for file in packed}
    for file, path in () if overwrite else (databases | files).items():
        if path.exists() and (_holds_other if file in databases else _differs)(file, path):
            raise HoldingsError(f"{path} is er al en is anders; geef --overwrite mee om het te vervangen.")
    for file, path in databases.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        _copy_database(file, path)
    for file, path in files.items():
        _copy(file, path)


def _move_records(settings: Settings, old: Path) -> None:
    """Say of each document of a corpus that lay elsewhere where its file lies now, so that it stays the same one."""
    new = settings.corpus_dir.resolve()
    with settings.open_records(writable=True) as store, store.transaction():
        if new == old:
            return
        store.put_known_questions({old: []})  # they come back from their files
        sources, twins = store.recipes(), dict(store.db.select("SELECT document_id, twin FROM document"))
        for document in store.read_documents():
            recipe, path = sources[document.document_id]
            if Path(path).is_relative_to(old):
                moved = str(new / Path(path).relative_to(old))
                store.put_document(document, moved, recipe, twins[document.document_id])


def _unpack(source: Path, folder: Path) -> Path:
    """Unpack a backup, each file the one that was packed and inside the folder; return where its corpus was."""
    try:
        with zipfile.ZipFile(source) as packed:
            about = _About.model_validate_json(packed.read(_ABOUT))
            for name, sha256 in about.sha256.items():
                place = PurePosixPath(name)
                if name not in _DATABASES and (place.parts[:1] != (_CORPUS,) or ".." in place.parts):
                    raise HoldingsError(_UNSAFE.format(source))
                target = folder / place
                target.parent.mkdir(parents=True, exist_ok=True)
                with packed.open(name) as stream, target.open("wb") as file:
                    shutil.copyfileobj(stream, file)
                if file_sha256(target) != sha256:
                    raise HoldingsError(_UNSAFE.format(source))
            return about.corpus
    except (KeyError, ValueError, EOFError, RuntimeError, zlib.error, zipfile.BadZipFile) as error:
        raise HoldingsError(_UNSAFE.format(source)) from error


def _holds_other(source: Path, target: Path) -> bool:
    """Whether a database is there that says something else; an empty one is what a copy that failed leaves."""
    if not target.stat().st_size:
        return False
    with closing(sqlite3.connect(source)) as new, closing(sqlite3.connect(target, timeout=30)) as old:
        return any(one != other for one, other in zip_longest(new.iterdump(), old.iterdump()))


def _copy_database(source: Path, target: Path) -> None:
    """Copy a database as one state of it, whoever reads or writes either of them meanwhile."""
    with closing(sqlite3.connect(source, timeout=30)) as old, closing(sqlite3.connect(target, timeout=30)) as new:
        old.backup(new)

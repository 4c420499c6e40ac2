"""`beleidswijzer doctor`: is everything there to search, and if not, what to do."""

import os
import re
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic_settings import DotEnvSettingsSource

from api.database import reading
from api.service import SearchService
from api.settings import ENV_FILE, PREFIX, Settings
from index.errors import RetrievalError
from index.store.load import check_whole, open_index
from index.store.manifest import RECIPES
from ingest.errors import IngestError
from ingest.files import list_files, list_folders, read_entries
from ingest.reasons import reason_of

_NEEDED_BYTES = 1_500_000_000  # the converted model while it is being written twice, and an index
_LEAST_BYTES = 100_000_000  # where only a small file grows
_WHO = re.compile(r"(?<=://)[^/@\s]{1,500}@")  # before the host of an address


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: its name, whether it is well, what was seen or what to do, and values with their origin."""

    name: str
    ok: bool
    detail: str
    values: dict[str, tuple[str, str]] = field(default_factory=dict)


def run_checks() -> list[Check]:
    """Look at Python, settings, disk, what serving needs, corpus, model and index, in that order.

    Returns:
        One check for each; those that need a working setting are left out where the settings are wrong.
    """
    checks = [
        Check("Python", sys.version_info >= (3, 11), f"{sys.version.split()[0]} (3.11 of hoger is nodig)"),
        _try("instellingen", _settings),
    ]
    if not checks[-1].ok:
        return checks
    settings = Settings()
    checks[-1].values.update(_in_force(settings))
    return [
        *checks,
        _try("schijfruimte", lambda: _disk(settings)),
        _try("dienst", lambda: _service(settings)),
        _try("corpus", lambda: _corpus(settings.documents_dir())),
        _try("index en model", lambda: _index(settings)),
    ]


def _try(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except (IngestError, RetrievalError, ValueError) as error:
        return Check(name, False, str(error))
    except OSError as error:
        what = error.filename or "Een bestand"
        return Check(name, False, f"{what} is niet te gebruiken ({reason_of(error)}); kijk het pad en de rechten na.")


def _settings() -> str:
    Settings()
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    told = {*os.environ, *(name.upper() for name in DotEnvSettingsSource(Settings).env_vars)}
    unknown = sorted(name for name in told if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise ValueError(f"{unknown[0]} is geen instelling; kies uit {', '.join(sorted(known))}.")
    return "alle waarden zijn geldig"


def _in_force(settings: Settings) -> dict[str, tuple[str, str]]:
    """Return each setting with its value and where that comes from; of a secret only that there is one."""
    found = {}
    for field_name, value in settings:
        name = PREFIX + field_name.upper()
        origin = "standaard"
        if field_name in settings.model_fields_set:
            origin = "omgeving" if name in os.environ else f"bestand {ENV_FILE}"
        told = ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
        found[name] = _WHO.sub("***@", told) or "geen", origin
    return found


def _disk(settings: Settings) -> str:
    needs = dict.fromkeys((settings.access_path(), settings.feedback_path(), settings.documents_dir()), _LEAST_BYTES)
    needs |= dict.fromkeys((settings.model_dir, settings.index_dir), _NEEDED_BYTES)
    free = {path: shutil.disk_usage(_there(path)).free for path in needs}
    for path, needed in needs.items():
        if free[path] < needed:
            room = f"{free[path] / 1e9:.1f} GB vrij en {needed / 1e9:.1f} GB nodig"
            raise ValueError(f"Op de schijf van {path} is {room}; maak er plaats.")
    return f"{min(free.values()) / 1e9:.0f} GB vrij"


def _there(path: Path) -> Path:
    """Return a path, or the nearest folder above it that is there."""
    return path if path.exists() else _there(path.parent)


def _service(settings: Settings) -> str:
    """Look whether the address and the files that `serve` writes can be had; nothing is left behind."""
    from api import server

    try:
        server.listen(settings.host, 0).close()  # any port: a service that runs already is no fault
    except server.ListenError as error:
        raise ValueError(f"{error} Of stel {PREFIX}HOST in.") from error
    for name, path in (("ACCESS", settings.access_path()), ("FEEDBACK", settings.feedback_path())):
        try:
            if path.exists():
                path.open("r+b").close()
                with reading(path) as connection:
                    connection.execute("PRAGMA schema_version")
            else:
                told = f"{name.lower()}_file" in settings.model_fields_set  # then its disk may not be there
                tempfile.TemporaryFile(dir=path.parent if told else _there(path)).close()
        except (sqlite3.Error, OSError) as error:
            raise ValueError(
                f"{path} is niet te gebruiken ({reason_of(error)}); kijk de rechten na of stel {PREFIX}{name}_FILE in."
            ) from error
    return f"{settings.host}, {settings.access_path()} en {settings.feedback_path()} zijn te gebruiken"


def _corpus(folder: Path) -> str:
    files = list_files([folder])
    entries, faults = read_entries(list_folders([folder], files), files)
    if faults:
        raise ValueError(" ".join(dict.fromkeys(faults)))
    told = sum(entries[file] is not None for file in files)
    return f"{len(files)} documenten, {told} met gegevens uit een catalogus, een bestand ernaast of een groepen.txt"


def _index(settings: Settings) -> str:
    store, manifest = open_index(settings.index_dir, settings.records_address())
    with store:
        check_whole(store, settings.index_dir, manifest)
    embedder = settings.load_embedder()
    searcher = SearchService(settings, embedder).searcher()
    hits = searcher.search("sociale economie", 1)
    stale = "" if manifest.recipes == RECIPES else "; verouderd, draai 'beleidswijzer ingest'"
    where = f"model {manifest.model} ({embedder.runs_on})" + (f", {store.db.place}" if settings.records else "")
    return f"{len(searcher.index.passages)} passages, {where}, {len(hits)} hit op een proefvraag{stale}"

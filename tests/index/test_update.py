"""What an update writes, and what a start reads."""

from pathlib import Path

import pytest

import index.store.files as files_module
import index.store.load as load_module
import index.store.update as build_module
from index.errors import IndexDamaged
from index.search.rank import Searcher
from index.store.files import seal_files
from index.store.load import check_whole, load_index
from index.store.manifest import read_manifest
from index.store.records import RecordStore
from index.store.update import update_index
from tests.conftest import HashingEmbedder
from tests.records import flip


def test_what_is_derived_can_be_read_by_whoever_may_read_the_records(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], hashing)
    records = (folder / "records.sqlite").stat().st_mode & 0o444
    assert {path.stat().st_mode & 0o444 for path in folder.rglob("*") if path.suffix != ".lock"} == {records}


def test_a_large_index_is_not_read_at_its_start_and_what_is_damaged_is_not_shown(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (load_module, files_module):
        monkeypatch.setattr(module, "HASHED_AT_START", 0)
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], hashing)
    path = folder / "records.sqlite"
    flip(path, path.read_bytes().index(b'"document_id":"002') + 100)
    index = load_index(folder, hashing)
    whole, damaged = (
        [name for name in index.documents if name.startswith("002") is wanted] for wanted in (False, True)
    )
    assert len(whole) == 2 and all(index.documents[name].passages for name in whole)
    with pytest.raises(IndexDamaged, match=damaged[0]):
        index.documents[damaged[0]]
    with pytest.raises(IndexDamaged, match=damaged[0]):
        check_whole(index.documents.store, folder, index.manifest)


def test_a_segment_that_does_not_load_is_made_anew_with_its_own_hashes(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], hashing)
    whole = read_manifest(folder)
    (segment,) = folder.glob("derived-*")
    (segment / "digests.json").write_bytes(b"van een ander")
    sealed = whole.model_copy(update={"files": whole.files | seal_files(segment)}).sealed()
    (folder / "manifest.json").write_text(sealed.model_dump_json(), encoding="utf-8")
    update_index(folder, [small_corpus], hashing)
    assert read_manifest(folder) == whole
    check_whole(RecordStore(folder), folder, whole)


def test_an_update_writes_what_changed_and_leaves_the_rest(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder, records: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Segments are joined only where they are of like size."""
    folder, new = tmp_path / "index", small_corpus / "nieuw.txt"
    monkeypatch.setattr(build_module, "_SMALL", 2)
    update_index(folder, [small_corpus], hashing, records=records)
    (first,) = folder.glob("derived-*")
    written = {path: path.stat().st_mtime_ns for path in first.iterdir()}
    new.write_text("Iets nieuws over zeppelins.", encoding="utf-8")
    assert update_index(folder, [small_corpus], hashing, records=records).documents == 4
    assert len(list(folder.glob("derived-*"))) == 2
    assert {path: path.stat().st_mtime_ns for path in first.iterdir()} == written
    new.write_text("Iets anders over luchtschepen.", encoding="utf-8")
    update_index(folder, [small_corpus], hashing, records=records)
    found = [
        [hit.text for hit in Searcher(load_index(folder, hashing, records=records), hashing).search(word, 1)]
        for word in ("zeppelins", "luchtschepen")
    ]
    assert "luchtschepen" in found[1][0] and "zeppelins" not in found[0][0]
    monkeypatch.undo()
    update_index(folder, [small_corpus], hashing, records=records)
    update_index(tmp_path / "anew", [small_corpus], hashing)
    one, other = (next(path.glob("derived-*")) for path in (folder, tmp_path / "anew"))
    assert {p.name: p.read_bytes() for p in one.iterdir()} == {p.name: p.read_bytes() for p in other.iterdir()}, (
        "joined"
    )

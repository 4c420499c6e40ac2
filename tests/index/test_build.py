import json
import os
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from threadpoolctl import threadpool_info, threadpool_limits

import index.store.update as build_module
from index.errors import IndexDamaged, IndexMismatch, IndexMissing, IndexReadOnly
from index.model.embed import Encoded
from index.search.rank import Searcher
from index.store.load import load_index
from index.store.manifest import RECIPES, read_manifest
from index.store.records import RecordStore
from index.store.token_vectors import TokenBook
from index.store.update import lock_index, update_index
from ingest.errors import UnreadableFile
from tests.conftest import HashingEmbedder


def ids(folder: Path, embedder: HashingEmbedder) -> list[str]:
    hits = Searcher(load_index(folder, embedder), embedder).search("maatwerkbedrijven enclave duurzaamheidsverslag", 50)
    return [hit.passage.passage_id for hit in hits]


def test_the_second_time_nothing_is_done_again(small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder) -> None:
    folder = tmp_path / "index"
    first = update_index(folder, [small_corpus], hashing)
    assert (len(first.added), first.documents, first.embedded) == (3, 3, len(hashing.embedded))
    manifest = read_manifest(folder)
    second = update_index(folder, [small_corpus], hashing)
    assert (second.added, second.changed, second.removed, second.embedded) == ([], [], [], 0)
    assert len(second.unchanged) == 3
    assert read_manifest(folder) == manifest


def test_changed_and_removed_files_are_followed(small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder) -> None:
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], hashing)
    hashing.embedded.clear()
    one, two, _ = sorted(small_corpus.glob("*.txt"))
    one.write_text(one.read_text(encoding="utf-8") + "\nEen nieuwe slotzin over zeppelins.\n", encoding="utf-8")
    two.unlink()
    report = update_index(folder, [small_corpus], hashing)
    assert (report.changed, report.removed, report.documents) == ([one.stem], [two.stem], 2)
    assert len(hashing.embedded) == report.embedded <= 2, "only what is new is embedded"
    found = Searcher(load_index(folder, hashing), hashing).search("een nieuwe slotzin over zeppelins", 3)
    assert any("zeppelins" in hit.text for hit in found)
    assert not any(two.stem in passage_id for passage_id in ids(folder, hashing))


def test_a_changed_catalogue_changes_the_document(small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder) -> None:
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], hashing)
    catalogue = small_corpus / "catalogue.toml"
    catalogue.write_text(
        catalogue.read_text(encoding="utf-8").replace("Maatwerkbedrijven - Enclavewerking", "Enclaves"),
        encoding="utf-8",
    )
    assert len(update_index(folder, [small_corpus], hashing).changed) == 1
    titles = {document.metadata.title for document in load_index(folder, hashing).documents.values()}
    assert "Enclaves" in titles


def test_one_bad_file_does_not_stop_the_others(small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder) -> None:
    (small_corpus / "leeg.txt").write_text("", encoding="utf-8")
    (small_corpus / "kapot.pdf").write_bytes(b"%PDF-1.4 kapot")
    report = update_index(tmp_path / "index", [small_corpus], hashing)
    assert report.documents == 3
    assert sorted(Path(name).name for name in report.failed) == ["kapot.pdf", "leeg.txt"]


def test_a_document_whose_file_became_unreadable_stays(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], hashing)
    before = ids(folder, hashing)
    next(small_corpus.glob("000*")).write_bytes(b"\xff\xfe\x00")
    report = update_index(folder, [small_corpus], hashing)
    assert len(report.failed) == 1 and not report.removed
    assert ids(folder, hashing) == before


def test_files_with_one_name_are_all_there(tmp_path: Path, hashing: HashingEmbedder) -> None:
    for name, text in (("2019/vraag-12.txt", "negentien"), ("2020/vraag-12.txt", "twintig"), ("2020/vraag-12.md", "x")):
        file = tmp_path / "corpus" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"De minister antwoordt in het jaar {text}.\n", encoding="utf-8")
    report = update_index(tmp_path / "index", [tmp_path / "corpus" / "2019"], hashing)
    assert (report.added, report.failed) == (["vraag-12"], {})
    report = update_index(tmp_path / "index", [tmp_path / "corpus"], hashing)
    assert report.added == ["vraag-12.md", "2020~vraag-12.txt"]
    assert (report.unchanged, report.documents, report.failed) == (["vraag-12"], 3, {})
    texts = {one.document_id: one.pages[0].text for one in load_index(tmp_path / "index", hashing).documents.values()}
    assert "negentien" in texts["vraag-12"] and "twintig" in texts["2020~vraag-12.txt"]
    again = update_index(tmp_path / "index", [tmp_path / "corpus"], hashing)
    assert (len(again.unchanged), again.added, again.removed) == (3, [], [])


def test_only_bad_files_make_no_index(tmp_path: Path, hashing: HashingEmbedder) -> None:
    (tmp_path / "leeg.txt").write_text("", encoding="utf-8")
    report = update_index(tmp_path / "index", [tmp_path / "leeg.txt"], hashing)
    assert report.failed and report.documents == 0
    with pytest.raises(IndexMissing):
        load_index(tmp_path / "index", hashing)


def test_a_missing_or_empty_corpus(tmp_path: Path, hashing: HashingEmbedder) -> None:
    with pytest.raises(UnreadableFile, match="bestaat niet"):
        update_index(tmp_path / "index", [tmp_path / "weg"], hashing)
    (tmp_path / "leeg").mkdir()
    with pytest.raises(UnreadableFile, match=r"leeg bevat geen \.docm, \.docx, .*\.txt"):
        update_index(tmp_path / "index", [tmp_path / "leeg"], hashing)


def test_another_model_is_refused(small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder) -> None:
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], hashing)
    other = HashingEmbedder("hashing-32", 32)
    with pytest.raises(IndexMismatch, match="hashing-64"):
        load_index(folder, other)
    with pytest.raises(IndexMismatch, match="hashing-64"):
        update_index(folder, [small_corpus], other)
    assert ids(folder, hashing)


def test_the_same_corpus_gives_the_same_index(small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder) -> None:
    manifests = []
    for name in ("een", "twee"):
        update_index(tmp_path / name, [small_corpus], hashing)
        manifests.append(read_manifest(tmp_path / name))
    assert manifests[0] == manifests[1]


class _Stop(BaseException):
    """Stands for a kill: nothing in the code may catch it."""


@pytest.mark.parametrize("moment", ["_embed", "_finish", "write_folder", "second batch"])
def test_a_stop_at_any_moment_leaves_a_searchable_index(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    folder = tmp_path / "index"
    monkeypatch.setattr(build_module, "_EMBED_BATCH", 2)
    new = small_corpus / "nieuw.txt"
    update_index(folder, [small_corpus], hashing)
    new.write_text("\n\n".join(f"Alinea {i} over zeppelins. {'En verder. ' * 70}" for i in range(6)), encoding="utf-8")
    before = ids(folder, hashing)
    embed = hashing.embed_passages

    def stop(*_: object) -> None:
        raise _Stop

    def stop_later(texts: list[str]) -> Encoded:
        if any(text in hashing.embedded for text in ["zeppelin"]) or len(hashing.embedded) > 22:
            raise _Stop
        return embed(texts)

    with monkeypatch.context() as patch:
        if moment == "second batch":
            patch.setattr(hashing, "embed_passages", stop_later)
        else:
            patch.setattr(build_module, moment, stop)
        with pytest.raises(_Stop):
            update_index(folder, [small_corpus], hashing)
    after = ids(folder, hashing)
    assert after == before or any("nieuw" in passage_id for passage_id in after)
    update_index(folder, [small_corpus], hashing)
    assert any("nieuw" in passage_id for passage_id in ids(folder, hashing))
    assert len(hashing.embedded) == len(set(hashing.embedded)), "nothing is embedded twice"
    assert len(list(folder.glob("derived-*"))) == 1


@pytest.mark.parametrize("name", ["dense.faiss", "terms.rows.npy", "digests.json"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "gone"])
def test_damaged_derived_files_are_made_anew(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder, name: str, damage: str
) -> None:
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], hashing)
    before = ids(folder, hashing)
    path = next(folder.glob(f"derived-*/{name}"))
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        half = len(content) // 2
        path.write_bytes(content[:half] if damage == "cut" else content[:half] + b"\x55" + content[half + 1 :])
    assert ids(folder, hashing) == before
    update_index(folder, [small_corpus], hashing)
    assert path.read_bytes() == content


@pytest.mark.parametrize("damage", ["manifest", "no database", "garbage", "page text", "span"])
def test_a_damaged_index_is_refused_in_one_sentence(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder, damage: str
) -> None:
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], hashing)
    database = folder / "records.sqlite"
    if damage == "manifest":
        (folder / "manifest.json").write_text("{", encoding="utf-8")
    elif damage == "no database":
        database.unlink()
    elif damage == "garbage":
        database.write_bytes(os.urandom(5000))
    else:
        with sqlite3.connect(database) as connection:
            if damage == "page text":
                connection.execute(
                    "UPDATE document SET document = CAST(replace(document, '31 juli', '31 mei') AS BLOB)"
                )
            else:
                connection.execute(
                    "UPDATE document SET document = CAST(replace(document, '\"end\":1', '\"end\":2') AS BLOB)"
                )
        connection.close()
    with pytest.raises((IndexDamaged, IndexMissing)) as caught:
        load_index(folder, hashing)
    assert "beleidswijzer ingest" in str(caught.value) and "\n" not in str(caught.value)


def test_an_index_folder_that_cannot_be_written(small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder) -> None:
    with pytest.raises(IndexReadOnly, match="kan niet beschreven worden"):
        update_index(Path("/proc/index"), [small_corpus], hashing)
    assert not (tmp_path / "index").exists()
    (tmp_path / "vol").write_bytes(b"")
    for make in (lock_index, lambda folder: RecordStore(folder, writable=True)):
        with pytest.raises(IndexReadOnly, match=r"\(in het pad staat een bestand waar een map moet zijn\)") as caught:
            make(tmp_path / "vol" / "index")
        assert "BELEIDSWIJZER_INDEX_DIR" in str(caught.value)
    (tmp_path / "records.sqlite").write_bytes(bytes(range(256)) * 16)
    for writable in (True, False):
        with pytest.raises(IndexDamaged, match=r"\(dat is geen databank\)"):
            RecordStore(tmp_path, writable=writable)


def close(folder: Path) -> None:
    """Let everybody read a folder, and nobody write in it."""
    for parent in folder.parents:
        if parent.owner() == "root" and parent.name.startswith(("pytest", "popen", "test_")):
            parent.chmod(0o755)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)


def test_a_read_only_index_is_searched_and_not_changed(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder, request: pytest.FixtureRequest
) -> None:
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], hashing)
    before = ids(folder, hashing)
    close(folder)
    (small_corpus / "nieuw.txt").write_text("Iets nieuws over zeppelins.", encoding="utf-8")
    request.getfixturevalue("unprivileged")
    assert ids(folder, hashing) == before
    with pytest.raises(IndexReadOnly, match="kan niet beschreven worden"):
        update_index(folder, [small_corpus], hashing)
    assert ids(folder, hashing) == before


def test_an_old_state_is_not_shown_of_a_copy_that_is_read_only(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder, request: pytest.FixtureRequest
) -> None:
    """Copied while a service read it, without the file that is shared memory."""
    folder, copy = tmp_path / "index", tmp_path / "kopie"
    update_index(folder, [small_corpus], hashing)
    service = load_index(folder, hashing)
    next(small_corpus.glob("000*")).unlink()
    update_index(folder, [small_corpus], hashing)
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*-shm"))
    now = ids(folder, hashing)
    assert len(service.documents) == 3 and ids(shutil.copytree(copy, tmp_path / "elders"), hashing) == now
    close(copy)
    request.getfixturevalue("unprivileged")
    with pytest.raises(IndexReadOnly, match="gekopieerd terwijl hij in gebruik was"):
        load_index(copy, hashing)


def test_two_updates_at_once_are_refused(small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder) -> None:
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], hashing)
    with sqlite3.connect(folder / "records.sqlite") as connection:  # records that the next one makes anew
        connection.execute("PRAGMA user_version = 1")
    with FileLock(folder / "ingest.lock"), pytest.raises(IndexReadOnly, match="Een ander proces"):
        update_index(folder, [small_corpus], hashing)
    assert connection.execute("SELECT COUNT(*) FROM document").fetchone() == (3,)
    connection.close()


def test_the_manifest_says_what_the_index_was_made_with(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    folder = tmp_path / "index"
    report = update_index(folder, [small_corpus], hashing)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["model"], manifest["dimension"], manifest["metric"]) == ("hashing-64", 64, "inner product")
    assert manifest["passage_count"] == report.passages and manifest["document_count"] == 3
    assert manifest["recipes"] == RECIPES.model_dump()


def test_vectors_survive_the_database(tmp_path: Path) -> None:
    encoded, book = (
        HashingEmbedder(dimension=8).embed_queries(["een", "twee woorden", "nu drie woorden"]),
        TokenBook.plain(8),
    )
    with RecordStore(tmp_path, writable=True) as store:
        store.put_embeddings(["a", "b", "c"], encoded, book)
        vectors, tokens = store.read_embeddings(["c", "a"], book)
        assert np.array_equal(vectors, encoded.vectors[[2, 0]])
        assert list(tokens.offsets) == [0, 3, 4]
        scores = tokens.book.max_sim([tokens.codes_of(0), tokens.codes_of(1)], encoded.tokens[2])
        assert scores[0] == pytest.approx(1, abs=0.01) and scores[1] < 0.9
        with pytest.raises(IndexDamaged):
            store.read_embeddings(["z"], book)


def test_blas_computes_in_the_thread_that_asks(small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder) -> None:
    update_index(tmp_path / "index", [small_corpus], hashing)
    with threadpool_limits(4, user_api="blas"):
        load_index(tmp_path / "index", hashing)
        assert {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"} == {1}

"""The life of a corpus: killed at any moment, same text in other files, what the report says."""

import json
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from index.search.fuse import ALL, Signal
from index.search.rank import Searcher
from index.store.load import load_index
from index.store.records import RecordStore, embedding_key
from index.store.update import update_index
from ingest.errors import UnreadableFile
from tests.conftest import ROOT, HashingEmbedder
from tests.ingest.test_formats import write_docx, write_html, write_markdown
from tests.ingest.test_split import table_rows

_KILLS = 8  # the release check ran 20
_WORDS = "zeppelin luchtschip fietspad waterloop kasseien belfort ommegang carnaval".split()


def write_corpus(folder: Path, documents: int) -> None:
    folder.mkdir(exist_ok=True)
    for i in range(documents):
        alineas = [f"Alinea {k} van stuk {i} over {_WORDS[(i + k) % 8]}. {'En verder. ' * 60}" for k in range(4)]
        (folder / f"stuk-{i:02}.txt").write_text("\n\n".join(alineas), encoding="utf-8")


def stored(folder: Path) -> set[str]:
    """Keys of the vectors that are there to stay."""
    if not (folder / "records.sqlite").exists():
        return set()
    with sqlite3.connect(folder / "records.sqlite") as database:
        try:
            keys = {key for (key,) in database.execute("SELECT key FROM embedding")}
        except sqlite3.OperationalError:  # killed before the tables were made
            keys = set()
    database.close()
    return keys


def start(folder: Path, corpus: Path, log: Path) -> "subprocess.Popen[bytes]":
    log.write_text("", encoding="utf-8")
    command = [sys.executable, "-m", "tests.index.ingest_run", str(folder), str(corpus), str(log)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)


def wait_until(process: "subprocess.Popen[bytes]", holds: Callable[[], bool]) -> None:
    while process.poll() is None and not holds():
        time.sleep(0.005)


def passed(seconds: float) -> Callable[[], bool]:
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until


def written(log: Path, lines: int) -> Callable[[], bool]:
    return lambda: log.read_bytes().count(b"\n") >= lines


def embedded(log: Path) -> list[str]:
    name = HashingEmbedder().name
    return [embedding_key(name, json.loads(line)) for line in log.read_text(encoding="utf-8").splitlines()]


@pytest.mark.slow
def test_killed_at_twenty_moments(tmp_path: Path, hashing: HashingEmbedder) -> None:
    folder, corpus, log = tmp_path / "index", tmp_path / "corpus", tmp_path / "log"
    write_corpus(corpus, 20)
    update_index(folder, [corpus], hashing)
    old = set(load_index(folder, hashing).documents)
    write_corpus(corpus, 60)
    begun = time.monotonic()
    shutil.copytree(folder, tmp_path / "proef")
    assert start(tmp_path / "proef", corpus, log).wait() == 0
    whole = time.monotonic() - begun
    texts, kept = len(embedded(log)), len(stored(folder))
    new = set(load_index(tmp_path / "proef", hashing).documents)
    chance, killed = random.Random(4), 0
    for number in range(_KILLS):
        before = stored(folder)
        process = start(folder, corpus, log)
        if number % 2:  # at any moment
            wait_until(process, passed(chance.uniform(0.4, 1.0) * whole))
        else:  # while it embeds, however slow the machine is
            wait_until(process, written(log, chance.randrange(max(1, texts - (len(before) - kept)))))
        if process.poll() is None:
            process.kill()
            killed += 1
        process.wait()
        done = embedded(log)
        assert not before.intersection(done) and len(done) == len(set(done)), "embedded again"
        loaded = load_index(folder, hashing)
        assert set(loaded.documents) in (old, new)
        assert Searcher(loaded, hashing).search("luchtschip", 3)
        if set(loaded.documents) == new:  # it was done: start again from the old state, without its vectors
            shutil.rmtree(folder)
            write_old = tmp_path / "oud"
            shutil.rmtree(write_old, ignore_errors=True)
            write_corpus(write_old, 20)
            for file in sorted(corpus.glob("*.txt"))[20:]:
                file.unlink()
            update_index(folder, [corpus], hashing)
            write_corpus(corpus, 60)
    assert killed >= _KILLS // 2
    before = stored(folder)
    assert start(folder, corpus, log).wait() == 0
    assert not before.intersection(embedded(log))
    assert set(load_index(folder, hashing).documents) == new


def test_what_was_read_before_a_stop_is_not_read_again(
    tmp_path: Path, hashing: HashingEmbedder, records: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, corpus = tmp_path / "index", tmp_path / "corpus"
    write_corpus(corpus, 3)

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(hashing, "embed_passages", stop)
        with pytest.raises(KeyboardInterrupt):
            update_index(folder, [corpus], hashing, records=records)
    with monkeypatch.context() as patch:
        patch.setattr("index.store.intake.read_documents", lambda jobs: (pytest.fail("read again") for _ in jobs))
        assert len(update_index(folder, [corpus], hashing, records=records).added) == 3
    with RecordStore(folder, records) as store:
        assert not store.db.select("SELECT 1 FROM staged")


def test_the_same_text_in_another_file_is_stored_once(tmp_path: Path, hashing: HashingEmbedder, records: str) -> None:
    folder, corpus = tmp_path / "index", tmp_path / "corpus"
    corpus.mkdir()
    write_docx(corpus / "brief.docx")
    first = update_index(folder, [corpus], hashing, records=records)
    write_html(corpus / "brief-web.html")
    write_markdown(corpus / "zzz.md")
    report = update_index(folder, [corpus], hashing, records=records)
    assert (report.documents, report.passages, report.embedded) == (1, first.passages, 0)
    assert {Path(path).name: original for path, original in report.copies.items()} == {
        "brief-web.html": "brief",
        "zzz.md": "brief",
    }
    (hit, *_) = Searcher(load_index(folder, hashing, records=records), hashing).search(
        "erkenning van het departement", 5
    )
    assert hit.document.copies == ("brief-web.html", "zzz.md")
    again = update_index(folder, [corpus], hashing, records=records)
    assert len(again.unchanged) == 3 and len(again.copies) == 2
    (corpus / "brief.docx").unlink()
    moved = update_index(folder, [corpus], hashing, records=records)
    assert (moved.removed, moved.documents, moved.embedded) == (["brief"], 1, 0)
    assert set(load_index(folder, hashing, records=records).documents) == {"brief-web"}


@pytest.mark.parametrize("becomes", ["", "Nu een nota over kabelbanen."])
def test_a_copy_in_another_folder_stays_when_its_original_changes_or_goes(
    tmp_path: Path, hashing: HashingEmbedder, becomes: str
) -> None:
    one, two, line = tmp_path / "een", tmp_path / "twee", {"id": "r1", "answer": "Een nota over veerboten."}
    for folder, name in ((one, "a.txt"), (one, "c.txt"), (two, "b.txt")):
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"Een nota over {'tolwegen' if name == 'c.txt' else 'veerboten'}.", encoding="utf-8")
    (two / "v.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    index = tmp_path / "index"
    update_index(index, [one], hashing)
    assert len(update_index(index, [one, two], hashing).copies) == 2
    (one / "a.txt").write_text(becomes, encoding="utf-8")
    if not becomes:
        (one / "a.txt").unlink()
    assert len(update_index(index, [one], hashing).copies) == 1
    loaded = load_index(index, hashing)
    assert set(loaded.documents) == {"b", "c", *(["a"] if becomes else [])}
    assert loaded.documents["b"].copies == ("v.jsonl",)
    assert len(update_index(index, [one, two], hashing).unchanged) == len(loaded.documents) + 1


def test_a_version_that_says_the_opposite_is_no_copy(tmp_path: Path, hashing: HashingEmbedder) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    text = "\n\n".join(f"Alinea {i}: de werkgever mag beide premies cumuleren. " + "En verder. " * 70 for i in range(9))
    for name, version in (("a", text), ("b", text.replace("mag", "mag niet", 1)), ("c", text.replace("\n\n", "\n \n"))):
        (corpus / f"{name}.txt").write_text(version, encoding="utf-8")
    report = update_index(tmp_path / "index", [corpus], hashing)
    assert report.added == ["a", "b"] and list(report.copies.values()) == ["a"]


def test_files_that_are_no_documents_are_named(tmp_path: Path, hashing: HashingEmbedder) -> None:
    corpus = tmp_path / "corpus"
    write_corpus(corpus, 1)
    (corpus / "foto.jpg").write_bytes(b"\xff\xd8\xff")
    (corpus / "map.zip").write_bytes(b"PK\x03\x04")
    (corpus / ".verborgen").write_bytes(b"x")
    (corpus / "stuk-00.txt.toml").write_text('minister = "Jan Jansen"\n', encoding="utf-8")
    report = update_index(tmp_path / "index", [corpus], hashing)
    assert [Path(path).name for path in report.skipped] == ["foto.jpg"]
    assert [Path(path).name for path in report.failed] == ["map.zip"]
    assert "pak het uit" in next(iter(report.failed.values()))
    (document,) = load_index(tmp_path / "index", hashing).documents.values()
    assert document.metadata.minister == "Jan Jansen"
    assert document.metadata.origins["minister"] == "begeleidend bestand stuk-00.txt.toml"


def test_an_index_of_a_version_before_is_read_and_embedded_again(tmp_path: Path, hashing: HashingEmbedder) -> None:
    folder, corpus = tmp_path / "index", tmp_path / "corpus"
    write_corpus(corpus, 2)
    update_index(folder, [corpus], hashing)
    with sqlite3.connect(folder / "records.sqlite") as database:
        database.execute("PRAGMA user_version = 1")
    database.close()
    report = update_index(folder, [corpus], hashing)
    assert (len(report.added), report.embedded) == (2, len(load_index(folder, hashing).passages))


def test_table_rows_and_words_with_ocr_noise_are_found(words_index: Path, hashing: HashingEmbedder) -> None:
    """With an embedder that knows no meaning, so that the words must do it."""
    searcher = Searcher(load_index(words_index, hashing), hashing, ALL - {Signal.KNOWN})
    for label, header, row in table_rows():
        assert any(row in hit.text for hit in searcher.search(f"{label} {header}", 10)), row
    for query, noise in (
        ("vlak van maatschappelijk verantwoord ondernemen monitort sleutelresultaten", "op het viak"),
        ("essentiële pijler in onze economie", "essentiéle pijler"),
        ("oog op economische groei en doorstroomkansen", "met o00g op"),
    ):
        assert any(noise in hit.text for hit in searcher.search(query, 3))


def test_a_document_read_through_a_link_goes_when_the_link_goes(tmp_path: Path, hashing: HashingEmbedder) -> None:
    folder, corpus, elsewhere = tmp_path / "index", tmp_path / "corpus", tmp_path / "elders.txt"
    write_corpus(corpus, 1)
    elsewhere.write_text("Een stuk over zeppelins dat elders ligt.", encoding="utf-8")
    (corpus / "link.txt").symlink_to(elsewhere)
    assert update_index(folder, [corpus, corpus / "link.txt"], hashing).documents == 2
    assert not update_index(folder, [corpus, corpus / "link.txt"], hashing).changed
    (corpus / "link.txt").unlink()
    assert update_index(folder, [corpus], hashing).removed == ["link"]
    assert set(load_index(folder, hashing).documents) == {"stuk-00"}


def test_a_folder_may_become_empty_but_not_the_index(tmp_path: Path, hashing: HashingEmbedder) -> None:
    folder, one, two = tmp_path / "index", tmp_path / "een", tmp_path / "twee"
    one.mkdir()
    write_corpus(two, 2)
    for paths in ([one, two], [one]):
        (one / "nota.txt").write_text("Een nota over veerboten.", encoding="utf-8")
        update_index(folder, [one, two], hashing)
        (one / "nota.txt").unlink()
        report = update_index(folder, paths, hashing)
        assert (report.removed, report.documents) == (["nota"], 2) and str(one) in report.skipped
    (tmp_path / "leeg").mkdir()
    shutil.rmtree(two)
    two.mkdir()
    for paths in ([tmp_path / "leeg"], [one, two], [tmp_path / "weg", one]):
        with pytest.raises(UnreadableFile):
            update_index(folder, paths, hashing)
    assert len(load_index(folder, hashing).documents) == 2

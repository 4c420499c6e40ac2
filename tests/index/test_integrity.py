"""What is stored is what is cited: stops between two steps, flipped bits, edited manifests, changed recipes."""

import datetime
import gc
import json
import os
import resource
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import index.store.load as load_module
import index.store.update as build_module
from index.errors import IndexDamaged, IndexMismatch, IndexMissing, IndexReadOnly, RetrievalError
from index.store.engine import Asked, passage_numbers
from index.store.known import KnownQuestion
from index.store.load import LoadedIndex, load_index
from index.store.manifest import RECIPES, Manifest, read_manifest
from index.store.records import RecordStore
from index.store.token_vectors import TokenBook
from index.store.update import update_index
from index.terms import pairs, terms
from ingest.document import (
    BlockKind,
    Document,
    Heading,
    Kind,
    Metadata,
    Page,
    Pair,
    Passage,
    Piece,
    Span,
    Topic,
    to_json,
)
from tests.conftest import ROOT, HashingEmbedder
from tests.records import flip

DOCUMENT = Document(
    "vraag-12",
    "vraag-12.pdf",
    "ab" * 32,
    Metadata(
        "Enclaves",
        Kind.SCHRIFTELIJKE_VRAAG,
        datetime.date(2011, 10, 25),
        "1324/1",
        "2011-2012",
        "Freya",
        "Jan",
        "nl",
        "archief",
        ("welzijn",),
        {"date": "bladzijde 1"},
    ),
    (Page(1, "15", "Een enclave kost 750 euro."),),
    (
        Passage(
            "vraag-12:1:0-26",
            "vraag-12",
            ("Kosten",),
            (Span(1, 0, 26),),
            "Een enclave",
            (Span(1, 0, 26),),
            (Piece(BlockKind.ROW, (Span(1, 4, 26),), (Span(1, 0, 3),)),),
            0,
            (Topic.MAATWERK,),
        ),
    ),
    (Heading("Kosten", 1, Span(1, 0, 0)),),
    (Pair((Span(1, 0, 3),), (Span(1, 4, 26),)),),
    ((Span(1, 0, 26), 0.5),),
    ("Let op.",),
)


def test_every_flipped_bit_of_a_document_is_found_and_named(tmp_path: Path) -> None:
    with RecordStore(tmp_path, writable=True) as store, store.transaction():
        store.put_document(DOCUMENT, "/bron/vraag-12.pdf", "recept")
    with RecordStore(tmp_path) as store:
        assert store.read_documents() == (DOCUMENT,)
    content = to_json(DOCUMENT)
    path = tmp_path / "records.sqlite"
    start = path.read_bytes().index(content)
    for position in range(start, start + len(content) + 64):  # up to the end of its hash
        flip(path, position)
        with RecordStore(tmp_path) as store, pytest.raises(IndexDamaged) as caught:
            store.read_documents()
        assert "document vraag-12 " in str(caught.value) and "draai 'beleidswijzer ingest'" in str(caught.value)
        flip(path, position)
    for position in range(start - len(b"/bron/vraag-12.pdfrecept"), start):
        flip(path, position)
        with RecordStore(tmp_path) as store, pytest.raises(IndexDamaged):
            store.read_documents()
        flip(path, position)
    with RecordStore(tmp_path) as store:
        assert store.read_documents() == (DOCUMENT,)


@pytest.mark.parametrize("value", [b"/map", b"Wat kost het?", b"doc-7", b"De passage."])
def test_a_flipped_known_question_is_found(tmp_path: Path, value: bytes) -> None:
    with RecordStore(tmp_path, writable=True) as store, store.transaction():
        store.put_known_questions({Path("/map"): [KnownQuestion("Wat kost het?", "doc-7", "De passage.")]})
    path = tmp_path / "records.sqlite"
    flip(path, path.read_bytes().index(value))
    with RecordStore(tmp_path) as store, pytest.raises(IndexDamaged, match="bekende vragen"):
        store.known_questions()


def test_a_flipped_vector_and_a_flipped_copy_are_found(tmp_path: Path) -> None:
    encoded = HashingEmbedder(dimension=8).embed_queries(["een"])
    with RecordStore(tmp_path, writable=True) as store:
        store.put_embeddings(["a"], encoded, TokenBook.plain(8))
        with store.transaction():
            store.put_document(DOCUMENT, "/bron/vraag-12.pdf", "recept")
            store.put_copy(replace(DOCUMENT, document_id="kopie"), "/bron/kopie.pdf", "recept", "vraag-12")
    path = tmp_path / "records.sqlite"
    content = path.read_bytes()
    flip(path, content.index(encoded.vectors.tobytes()) + 3)
    with RecordStore(tmp_path) as store, pytest.raises(IndexDamaged, match="vector a is gewijzigd"):
        store.check()
    flip(path, content.index(b"/bron/kopie.pdf"))
    with RecordStore(tmp_path) as store:
        with pytest.raises(IndexDamaged, match="vector a is gewijzigd"):
            store.read_embeddings(["a"], TokenBook.plain(8))
        with pytest.raises(IndexDamaged, match="bestand kopie is gewijzigd"):
            store.read_documents()


def test_after_loading_python_looks_for_garbage_again(tmp_path: Path, hashing: HashingEmbedder) -> None:
    with pytest.raises(IndexMissing):
        load_index(tmp_path, hashing)
    assert gc.isenabled()
    (tmp_path / "a.txt").write_text("Het maatwerkdecreet.", encoding="utf-8")
    update_index(tmp_path / "index", [tmp_path / "a.txt"], hashing)
    assert len(load_index(tmp_path / "index", hashing).passages) == 1 and gc.isenabled()


def test_a_damaged_waiting_document_is_read_again(tmp_path: Path) -> None:
    with RecordStore(tmp_path, writable=True) as store:
        store.stage("vraag-12", "recept", to_json(DOCUMENT))
        assert store.staged("vraag-12", "recept") == to_json(DOCUMENT)
    path = tmp_path / "records.sqlite"
    flip(path, path.read_bytes().index(b"2011-10-25") + 3)
    with RecordStore(tmp_path, writable=True) as store:
        assert store.staged("vraag-12", "recept") is None


def write_words(corpus: Path, words: str) -> None:
    corpus.mkdir(exist_ok=True)
    for name in ("een", "twee"):
        (corpus / f"{name}.txt").write_text(f"Stuk {name} over {words} in Vlaanderen.", encoding="utf-8")


def state(loaded: LoadedIndex, hashing: HashingEmbedder) -> tuple[object, ...]:
    """Everything that a search and a report of it show."""
    numbers = passage_numbers(passage.passage_id for passage in loaded.passages)
    scores = []
    for words in ("enclaves subsidie", "begeleiders vergoeding afgeschaft"):
        encoded = hashing.embed_queries([words])
        found = loaded.engine.scores(Asked(encoded.vectors[0], encoded.tokens[0], terms(words), pairs(words)), numbers)
        scores += [signal.round(4).tolist() for signal in (found.dense, found.lexical, found.pairs, found.late)]
    return loaded.manifest.corpus_hash, [p.search_text for p in loaded.passages], scores


@pytest.mark.slow
def test_a_stop_between_any_two_steps_leaves_the_old_or_the_new_state(tmp_path: Path, hashing: HashingEmbedder) -> None:
    folder, corpus, out = tmp_path / "index", tmp_path / "corpus", tmp_path / "out"
    write_words(corpus, "enclaves subsidie")
    update_index(folder, [corpus], hashing)
    old = state(load_index(folder, hashing), hashing)
    write_words(corpus, "begeleiders vergoeding afgeschaft")  # as many passages as before
    with pytest.MonkeyPatch.context() as patch:  # read and wait, so that the stopped runs need no reader
        patch.setattr(build_module, "_embed", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            update_index(folder, [corpus], hashing)
    assert state(load_index(folder, hashing), hashing) == old
    shutil.copytree(folder, tmp_path / "nieuw")
    update_index(tmp_path / "nieuw", [corpus], hashing)
    new = state(load_index(tmp_path / "nieuw", hashing), hashing)
    assert new != old
    command = [sys.executable, "-m", "tests.index.stopped_run", str(folder), str(corpus), str(out)]
    subprocess.run(command, cwd=ROOT, check=True)
    seen = []
    for n in range(1, len(list(out.iterdir())) + 1):
        loaded = load_index(out / str(n), hashing)
        assert state(loaded, hashing) in (old, new), n
        seen.append(state(loaded, hashing) == new)
        if n % 10 == 0:
            update_index(out / str(n), [corpus], hashing)
            assert state(load_index(out / str(n), hashing), hashing) == new
            assert len(list((out / str(n)).glob("*derived-*"))) == 1
            assert not list((out / str(n)).glob(".building-*")), "what stopped runs left is cleared away"
    assert len(seen) > 40 and seen == sorted(seen) and seen[-1], "once new, it stays new"
    assert sum(seen) > 10, "also between the records and the manifest"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", "ander-model"),
        ("dimension", 65),
        ("metric", "cosine"),
        ("corpus_hash", "0" * 64),
        ("document_count", 2),
        ("passage_count", 1),
        ("recipes", {**RECIPES.model_dump(), "terms": 99}),
        ("files", {}),
        ("seal", ""),
        ("code_version", "0.5.0"),
    ],
)
def test_an_edited_manifest_is_refused_and_mended_by_an_ingest(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder, field: str, value: object
) -> None:
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], hashing)
    path = folder / "manifest.json"
    whole = json.loads(path.read_bytes())
    assert set(whole) == set(Manifest.model_fields)
    path.write_text(json.dumps({**whole, field: value}), encoding="utf-8")
    with pytest.raises(IndexDamaged, match="draai 'beleidswijzer ingest'"):
        load_index(folder, hashing)
    assert update_index(folder, [small_corpus], hashing).embedded == 0
    assert json.loads(path.read_bytes()) == whole


@pytest.mark.parametrize(
    "change",
    [
        {"document_count": 2},
        {"passage_count": 1},
        {"corpus_hash": "0" * 64},
        {"recipes": RECIPES.model_copy(update={"terms": 99})},
        {"recipes": RECIPES.model_copy(update={"reading": 99})},
        {"files": {}},
    ],
    ids=str,
)
def test_derived_files_of_something_else_are_not_used(
    small_corpus: Path,
    tmp_path: Path,
    hashing: HashingEmbedder,
    caplog: pytest.LogCaptureFixture,
    change: dict[str, object],
) -> None:
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], hashing)
    manifest = load_index(folder, hashing).manifest
    assert not any("opnieuw gemaakt" in record.message for record in caplog.records)
    changed = read_manifest(folder).model_copy(update=change)
    (folder / "manifest.json").write_text(changed.sealed().model_dump_json(), encoding="utf-8")
    assert load_index(folder, hashing).manifest == manifest, "what is shown is what the records are"
    assert any("opnieuw gemaakt" in record.message for record in caplog.records)


@pytest.mark.parametrize("recipe", ["model", "tokens"])
def test_vectors_of_another_recipe_are_refused_and_made_again(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder, monkeypatch: pytest.MonkeyPatch, recipe: str
) -> None:
    folder = tmp_path / "index"
    first = update_index(folder, [small_corpus], hashing)
    for module in (load_module, build_module):
        monkeypatch.setattr(module, "RECIPES", RECIPES.model_copy(update={recipe: 99}))
    with pytest.raises(IndexMismatch, match="draai 'beleidswijzer ingest'"):
        load_index(folder, hashing)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(build_module, "_embed", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        update_index(folder, [small_corpus], hashing)
    assert update_index(folder, [small_corpus], hashing).embedded == first.embedded


def test_a_comment_in_a_reader_does_not_read_documents_again_and_a_raised_version_does(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, changed = tmp_path / "index", tmp_path / "code" / "ingest"
    update_index(folder, [small_corpus], hashing)
    shutil.copytree(ROOT / "ingest", changed)
    for module in changed.rglob("*.py"):
        module.write_text(module.read_text(encoding="utf-8") + "\n# een opmerking\n", encoding="utf-8")
    code = (
        "import sys, ingest; from pathlib import Path; from index.store.update import update_index;"
        "from tests.conftest import HashingEmbedder;"
        "print(ingest.__file__, len(update_index(Path(sys.argv[1]), [Path(sys.argv[2])], HashingEmbedder()).unchanged))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(changed.parent), str(ROOT)])}
    command = [sys.executable, "-c", code, str(folder), str(small_corpus)]
    printed = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True).stdout
    assert printed.split() == [str(changed / "__init__.py"), "3"]
    monkeypatch.setattr("index.store.intake.READING_VERSION", 99)
    assert len(update_index(folder, [small_corpus], hashing).changed) == 3


def test_damage_in_the_middle_of_the_database_is_one_sentence(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], hashing)
    path = folder / "records.sqlite"
    content = path.read_bytes()
    for start in range(0, len(content), 4096):
        path.write_bytes(content[:start] + bytes(4096) + content[start + 4096 :])
        try:
            load_index(folder, hashing)
            update_index(folder, [small_corpus], hashing)
        except RetrievalError as error:
            assert "draai 'beleidswijzer ingest'" in str(error)
        for extra in ("records.sqlite-wal", "records.sqlite-shm"):
            (folder / extra).unlink(missing_ok=True)


@pytest.mark.parametrize("room", [0.5, 0.99999])
def test_a_full_disk_is_said_with_its_reason_and_leaves_the_index(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder, monkeypatch: pytest.MonkeyPatch, room: float
) -> None:
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], hashing)
    before = load_index(folder, hashing).manifest
    largest = max(path.stat().st_size for path in folder.glob("derived-*/*"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for module in (load_module, build_module):  # so that all is derived anew
        monkeypatch.setattr(module, "RECIPES", RECIPES.model_copy(update={"terms": 99}))
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest * room), limits[1]))  # no larger file can be written
    try:
        with pytest.raises(IndexReadOnly, match="kan niet beschreven worden") as caught:
            update_index(folder, [small_corpus], hashing)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "None" not in str(caught.value)
    assert load_index(folder, hashing).manifest.corpus_hash == before.corpus_hash
    assert not list(folder.glob(".building-*"))

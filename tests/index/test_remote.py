"""An index whose passages are in Qdrant finds what one on this machine finds, and follows the same files."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from index.answer.answer import Answerer
from index.errors import EngineMissing, IndexDamaged
from index.search.hit import Filters
from index.search.rank import Searcher
from index.store.load import load_index, readable
from index.store.remote import connect
from index.store.update import update_index
from ingest.document import Kind, Topic
from tests.conftest import HashingEmbedder

QUERIES = (
    "Tegen welke datum moet een maatwerkbedrijf zijn duurzaamheidsverslag indienen?",
    "enclavewerking melden",
    "samenwerking met reguliere bedrijven in 2017",
    "duurzaamheidsverslagg",
    '"departement WSE" -enclavewerking',
    "schriftelijke vraag over enclaves",
)


@pytest.fixture
def engine(tmp_path: Path) -> str:
    """A folder; what a server does, `test_engine.py` tests."""
    return str(tmp_path / "qdrant")


def test_both_engines_find_and_answer_the_same(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder, engine: str
) -> None:
    (small_corpus / "geheim.txt").write_text("Een enclave in het geheim, melden aan het departement.", encoding="utf-8")
    (small_corpus / "geheim.txt.toml").write_text("groups = ['kabinet']\n", encoding="utf-8")
    one = update_index(tmp_path / "een", [small_corpus], hashing)
    other = update_index(tmp_path / "twee", [small_corpus], hashing, engine=engine)
    assert (one.documents, one.pages, one.passages) == (other.documents, other.pages, other.passages)
    local, remote = load_index(tmp_path / "een", hashing), load_index(tmp_path / "twee", hashing, engine)
    assert local.manifest.corpus_hash == remote.manifest.corpus_hash
    for groups in (None, ()):
        seen = [one if groups is None else readable(one, groups, hashing) for one in (local, remote)]
        pair = [Searcher(index, hashing) for index in seen]
        for query in QUERIES:
            for filters in (None, Filters(kinds=(Kind.SCHRIFTELIJKE_VRAAG,)), Filters(topics=(Topic.MAATWERK,))):
                found = [[hit.passage.passage_id for hit in each.search(query, 5, filters)] for each in pair]
                assert found[0][:1] == found[1][:1] and len(set(found[0]) & set(found[1])) >= len(found[0]) - 1, query
                counts = [each.count(each.analyse(query), filters) for each in pair]
                assert counts[0] == counts[1]
            answers = [Answerer(each).answer(query) for each in pair]
            assert [s.quote for s in answers[0].citations[:1]] == [s.quote for s in answers[1].citations[:1]]
        assert all(("geheim" in index.documents) == (groups is None) for index in seen)


def test_what_changes_is_followed_and_nothing_is_sent_twice(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder, engine: str, records: str
) -> None:
    folder, new = tmp_path / "index", small_corpus / "nieuw.txt"
    new.write_text("Iets over zeppelins.", encoding="utf-8")
    update_index(folder, [small_corpus], hashing, engine=engine, records=records)
    assert "zeppelins" in Searcher(load_index(folder, hashing, engine, records), hashing).search("zeppelins", 1)[0].text
    new.write_text("Iets over luchtschepen.", encoding="utf-8")
    next(small_corpus.glob("002*")).unlink()
    report = update_index(folder, [small_corpus], hashing, engine=engine, records=records)
    searcher = Searcher(load_index(folder, hashing, engine, records), hashing)
    assert report.documents == 3 and len(searcher.index.passages) == report.passages == len(
        list(searcher.index.passages)
    )
    assert "luchtschepen" in searcher.search("luchtschepen", 1)[0].text
    assert not any("zeppelins" in hit.text for hit in searcher.search("zeppelins", 50))
    another = tmp_path / "andere machine"  # that has the same files
    assert update_index(another, [small_corpus], hashing, engine=engine, records=records).documents == 3
    assert (
        load_index(another, hashing, engine, records).manifest == load_index(folder, hashing, engine, records).manifest
    )


def test_who_searches_keeps_the_state_that_was_loaded(
    tmp_path: Path, hashing: HashingEmbedder, engine: str, records: str
) -> None:
    """While another process brings the engine up to date: what is new is not there yet, what changed or went is not."""
    folder, corpus = tmp_path / "index", tmp_path / "corpus"
    corpus.mkdir()
    for name in ("blijft", "verandert", "gaat"):
        (corpus / f"{name}.txt").write_text(f"Een stuk dat {name}, over zeppelins.", encoding="utf-8")
    (corpus / "kort.txt").write_text(
        "\n\n".join(f"Alinea {i}. " + "En verder. " * 70 for i in range(4)), encoding="utf-8"
    )
    update_index(folder, [corpus], hashing, engine=engine, records=records)
    index = load_index(folder, hashing, engine, records)
    (corpus / "nieuw.txt").write_text("Een nieuw stuk over zeppelins.", encoding="utf-8")
    (corpus / "verandert.txt").write_text("Iets heel anders over zeppelins.", encoding="utf-8")
    (corpus / "kort.txt").write_text("Nog één alinea.", encoding="utf-8")
    (corpus / "gaat.txt").unlink()
    update_index(folder, [corpus], hashing, engine=engine, records=records)
    for seen in (index, readable(index, (), hashing)):
        for query in ("zeppelins", "alinea", "zeppelins alinea anders"):
            hits = Searcher(seen, hashing).search(query, 20)
            assert {hit.document.document_id for hit in hits} == {"blijft"}, query
            Answerer(Searcher(seen, hashing)).answer(query)
        assert set(seen.engine.facet("document")) <= set(seen.documents) == {"blijft", "verandert", "gaat", "kort"}
    newest = load_index(folder, hashing, engine, records)
    found = {hit.document.document_id for hit in Searcher(newest, hashing).search("zeppelins", 20)}
    assert found == set(newest.documents) == {"blijft", "verandert", "nieuw", "kort"}


def test_what_a_stop_left_of_a_document_that_has_gone_goes_too(
    tmp_path: Path, hashing: HashingEmbedder, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, corpus = tmp_path / "index", tmp_path / "corpus"
    corpus.mkdir()
    for name in ("blijft", "gaat"):
        (corpus / f"{name}.txt").write_text(f"Een stuk dat {name}, over zeppelins.", encoding="utf-8")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("index.store.qdrant._head", stop)  # after the passages
        update_index(folder, [corpus], hashing, engine=engine)
    (corpus / "gaat.txt").unlink()
    update_index(folder, [corpus], hashing, engine=engine)
    index = load_index(folder, hashing, engine)
    assert index.engine.count() == (1, 1) and index.engine.term_count("zeppelin") == 1
    assert sum(index.engine.facet("kind").values()) == 1


class Failing(BaseHTTPRequestHandler):
    """A server that has the collection, but cannot do more."""

    def do_GET(self) -> None:
        there = self.path.endswith("/exists")
        body = b'{"result": {"exists": true}, "status": "ok", "time": 0}' if there else b'{"status": {"error": "vol"}}'
        self.send_response(200 if there else 500)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_server_that_fails_or_stops_later_is_said(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Failing) as server:
        threading.Thread(target=server.serve_forever).start()
        where = f"http://127.0.0.1:{server.server_port}"
        connected = connect(where, hashing)
        with pytest.raises(EngineMissing, match=r"niet bereikbaar \(.*500"):
            update_index(tmp_path / "index", [small_corpus], hashing, engine=where)
        server.shutdown()
    with pytest.raises(EngineMissing, match=r"niet bereikbaar \(.*\); start ze"):
        connected.count()


def stop(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_engine_with_other_documents_or_none_is_said(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder, engine: str
) -> None:
    update_index(tmp_path / "index", [small_corpus], hashing)
    with pytest.raises(IndexDamaged, match="andere documenten"):
        load_index(tmp_path / "index", hashing, engine)
    with pytest.raises(EngineMissing, match=r"niet bereikbaar \(de verbinding is geweigerd\)"):
        load_index(tmp_path / "index", hashing, "http://127.0.0.1:9")

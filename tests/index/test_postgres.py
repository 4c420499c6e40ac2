"""Records in PostgreSQL: one state for who reads, one writer at a time, and a sentence where something is wrong."""

import json
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from index.errors import EngineMissing, IndexDamaged, IndexMismatch, IndexMissing, IndexReadOnly
from index.model.embed import Encoded
from index.search.rank import Searcher
from index.store.known import KnownQuestion
from index.store.load import load_index
from index.store.records import RecordStore
from index.store.token_vectors import TokenBook
from index.store.update import update_index
from ingest import pool
from ingest.about import KNOWN_NAME
from ingest.document import Document, Page
from tests.conftest import HashingEmbedder
from tests.postgres import Cluster
from tests.records import bare_document

_NAMES = ("Zon", "aap", "étude", "ijs~10", "ijs~9", "ijs-1", "Ångström", "日本", "_a", "B'; DROP TABLE document; --")


def ask(address: str, statement: str) -> list[tuple[object, ...]]:
    """Do something to a database as its administrator would."""
    engine = create_engine(address.replace("postgresql", "postgresql+pg8000", 1), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("SET search_path TO beleidswijzer_6, public")
        found = connection.exec_driver_sql(statement)
        rows = [tuple(row) for row in found] if found.returns_rows else []
    engine.dispose()
    return rows


def named(name: str, text: str = "Een tekst\0 met een teken dat geen tekst is.") -> Document:
    return replace(bare_document((Page(1, None, text),), f"{name}.txt"), document_id=name)


def write(folder: Path, **texts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def test_both_databases_hold_and_order_the_same(tmp_path: Path, records: str) -> None:
    encoded, book = HashingEmbedder(dimension=8).embed_queries(["een", "twee"]), TokenBook.plain(8)
    known = [KnownQuestion("Wat kost het?", "aap", "De passage."), KnownQuestion("Ben ik 'er'?", "Zon", "Een % ? :a")]
    with RecordStore(tmp_path, records, writable=True) as store:
        store.put_embeddings(["a", "b"], encoded, book)
        store.put_embeddings(["b"], encoded, book)
        store.stage("aap", "recept", b"\x00\xff")
        store.stage("aap", "recept", b"nieuw")
        with store.transaction():
            for name in _NAMES:
                store.put_document(named(name), f"/bron/{name}", "recept", "zelfde")
            store.put_document(named("aap"), "/bron/aap", "ander recept", "zelfde")
            store.put_copy(named("kopie"), "/bron/kopie", "recept", "Zon")
            store.put_known_questions({Path("/map"): known})
        assert store.start_vectors("1") and not store.start_vectors("1")
        store.put_embeddings(["a", "b"], encoded, book)
    with RecordStore(tmp_path, records) as store:
        assert list(store.heads()) == store.with_twin("zelfde") == sorted(_NAMES)
        assert [one.document_id for one in store.read_documents()] == sorted(_NAMES)
        assert store.read_document("Zon", store.heads()["Zon"]) == replace(named("Zon"), copies=("kopie.txt",))
        assert store.recipes()["aap"] == ("ander recept", "/bron/aap")
        assert store.known_questions() == known[::-1] and store.copy_names() == [("Zon", "kopie.txt")]
        assert store.staged("aap", "recept") == b"nieuw" and store.staged("aap", "ander recept") is None
        assert store.known_embeddings(["b", "c", *map(str, range(1200))]) == {"b"}
        vectors, tokens = store.read_embeddings(["b", "a", "b"] * 300, book)
        assert (vectors == encoded.vectors[[1, 0, 1] * 300]).all()
        first, second, last = (tokens.codes_of(row).tobytes() for row in (0, 1, 898))
        assert second == last != first
        with pytest.raises(IndexDamaged, match="ontbreekt een vector"):
            store.read_embeddings(["a", "c"], book)
        store.check()
    with RecordStore(tmp_path, records, writable=True) as store, store.transaction():
        store.remove_document("Zon")
        store.keep_embeddings(["a"])
        store.put_document(named("aap"), "/bron/aap", "recept")
        store.clear_staged()
        store.put_known_questions({Path("/"): []})
    with RecordStore(tmp_path, records) as store:
        assert not store.copies() and not store.known_questions() and store.count_embeddings() == 1
        assert store.staged("aap", "recept") is None and "Zon" not in store.heads()


def test_who_reads_sees_one_state_and_a_writer_that_fails_leaves_nothing(tmp_path: Path, records: str) -> None:
    with RecordStore(tmp_path, records, writable=True) as store:
        with store.transaction():
            store.put_document(named("een", "Het eerste."), "/een", "recept")
        with RecordStore(tmp_path, records) as reader:
            assert set(reader.heads()) == {"een"}
            with store.transaction():
                store.put_document(named("een", "Het tweede."), "/een", "recept")
                store.put_document(named("twee"), "/twee", "recept")
            with pytest.raises(KeyboardInterrupt), store.transaction():
                store.put_document(named("drie"), "/drie", "recept")
                raise KeyboardInterrupt
            assert set(reader.heads()) == {"een"} and reader.read_documents()[0].pages[0].text == "Het eerste."
    with RecordStore(tmp_path, records) as reader:
        assert set(reader.heads()) == {"een", "twee"} and reader.read_documents()[0].pages[0].text == "Het tweede."


def test_a_connection_that_the_server_ends_is_made_again_for_who_reads(tmp_path: Path, postgres: str) -> None:
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    with RecordStore(tmp_path, postgres, writable=True) as store:
        with store.transaction():
            store.put_document(named("een"), "/een", "recept")
        with RecordStore(tmp_path, postgres) as reader:
            for _ in range(2):
                assert ask(postgres, ended)
                assert set(reader.heads()) == {"een"}
        with pytest.raises(EngineMissing, match="niet bereikbaar"), store.transaction():
            store.put_document(named("twee"), "/twee", "recept")
    with RecordStore(tmp_path, postgres) as reader:
        assert set(reader.heads()) == {"een"}


def test_what_is_wrong_is_said_in_one_sentence_without_the_password(
    tmp_path: Path, postgres: str, cluster: Cluster
) -> None:
    def told(kind: type[Exception], address: str = postgres, *, writable: bool = False) -> str:
        with (
            pytest.raises(kind) as caught,
            RecordStore(tmp_path, address, writable=writable) as store,
            store.transaction(),
        ):
            store.read_documents()
            store.put_document(named("nieuw"), "/nieuw", "recept")
        assert (caught.value.__cause__ is None and caught.value.__suppress_context__) or kind is not EngineMissing
        message = str(caught.value)
        assert "geheim" not in message and message.endswith(".") and "\n" not in message
        return message

    for wrong in (
        "mysql://u:geheim@h/n",
        "postgresql://u:geheim@h",
        "postgresql+psycopg://u:geheim@h/n",
        "geheim",
        "//[",
    ):
        assert "geen adres van PostgreSQL" in told(EngineMissing, wrong)
    assert "nog geen index" in told(IndexMissing)
    assert "(de verbinding is geweigerd); start PostgreSQL" in told(
        EngineMissing, postgres.replace(str(cluster.port), "9")
    )
    assert "(die databank bestaat niet)" in told(EngineMissing, postgres + "x")
    assert "kijk BELEIDSWIJZER_RECORDS na" in told(EngineMissing, postgres + "?onbekend=geheim")
    with RecordStore(tmp_path, postgres, writable=True) as store, store.transaction():
        store.put_document(named("een"), "/een", "recept")
    ask(postgres, "CREATE ROLE gast LOGIN")
    ask(postgres, "GRANT USAGE ON SCHEMA beleidswijzer_6 TO gast")
    ask(postgres, "GRANT SELECT ON ALL TABLES IN SCHEMA beleidswijzer_6 TO gast")
    guest = postgres.replace("//postgres", "//gast")
    assert "kunnen niet beschreven worden" in told(IndexReadOnly, guest, writable=True)
    with RecordStore(tmp_path, guest) as store:
        assert set(store.heads()) == {"een"}
    ask(postgres, "UPDATE document SET source_path = '/elders'")
    assert "document een is gewijzigd" in told(IndexDamaged) and "schema beleidswijzer_6" in told(IndexDamaged)
    ask(postgres, "ALTER TABLE document DROP COLUMN twin CASCADE")
    assert "is beschadigd" in told(IndexDamaged)
    ask(postgres, "ALTER SCHEMA beleidswijzer_6 RENAME TO beleidswijzer_5")
    assert "een andere versie" in told(IndexMismatch)
    with RecordStore(tmp_path, postgres, writable=True) as store:
        assert not store.heads()


def test_a_server_that_was_away_is_used_again(tmp_path: Path, postgres: str, cluster: Cluster) -> None:
    with RecordStore(tmp_path, postgres, writable=True) as store, store.transaction():
        store.put_document(named("een"), "/een", "recept")
    with RecordStore(tmp_path, postgres) as reader:
        cluster.control("stop")
        try:
            with pytest.raises(EngineMissing, match="niet bereikbaar"):
                reader.heads()
        finally:
            cluster.control("start")
        assert set(reader.heads()) == {"een"}


class Between(HashingEmbedder):
    """Does something once, when the first passages are about to be embedded: after reading, before writing."""

    def __init__(self, what: Callable[[], object]) -> None:
        super().__init__()
        self._what: Callable[[], object] | None = what

    def embed_passages(self, texts: Sequence[str]) -> Encoded:
        what, self._what = self._what, None
        if what:
            what()
        return super().embed_passages(texts)


def test_two_machines_at_once_lose_nothing_and_store_nothing_twice(
    tmp_path: Path, postgres: str, hashing: HashingEmbedder
) -> None:
    """The one reads, then the other does all of its work, then the first goes on."""
    shared = "Een stuk over zeppelins dat op beide machines staat, met dezelfde tekst."
    own = write(tmp_path / "een", nota="De nota van machine een over kasseien.", kopie=shared)
    other = write(tmp_path / "twee", nota="De nota van machine twee over belforten.", stuk=shared)
    meanwhile = Between(lambda: update_index(tmp_path / "index twee", [other], hashing, records=postgres))
    report = update_index(tmp_path / "index een", [own], meanwhile, records=postgres)
    assert len(meanwhile.embedded) == len(set(meanwhile.embedded)) == report.embedded
    index = load_index(tmp_path / "leeg", hashing, records=postgres)
    texts = sorted(document.pages[0].text for document in index.documents.values())
    assert texts == sorted([shared, *(folder.joinpath("nota.txt").read_text() for folder in (own, other))])
    assert index.documents["stuk"].copies == ("kopie.txt",) and report.copies == {str(own / "kopie.txt"): "stuk"}
    for folder in (own, other):
        again = update_index(tmp_path / "nog een", [folder], hashing, records=postgres)
        assert not (again.added or again.changed or again.removed or again.embedded) and again.documents == 3


def test_vectors_that_another_machine_sweeps_are_made_again(
    tmp_path: Path, postgres: str, hashing: HashingEmbedder
) -> None:
    own = write(tmp_path / "een", nota="De nota van machine een over kasseien.")

    def sweep() -> None:
        with RecordStore(tmp_path, postgres, writable=True) as store, store.transaction():
            store.keep_embeddings([])

    class Swept(Between):
        def embed_queries(self, texts: Sequence[str]) -> Encoded:
            if self._what and texts == ["Wat kost een kassei?"]:
                self._what()
                self._what = None
            return HashingEmbedder.embed_queries(self, texts)

        def embed_passages(self, texts: Sequence[str]) -> Encoded:
            return HashingEmbedder.embed_passages(self, texts)

    line = {"question": "Wat kost\0een kassei?", "doc": "nota", "passage": "De nota van machine een over kasseien."}
    (own / KNOWN_NAME).write_text(json.dumps(line) + "\n", encoding="utf-8")
    embedder = Swept(sweep)
    assert update_index(tmp_path / "index", [own], embedder, records=postgres).known == 1
    assert Searcher(load_index(tmp_path / "leeg", hashing, records=postgres), hashing).search("kasseien", 1)


def forked(what: Callable[[], object]) -> int:
    """Do something in a process of its own, with children of its own to read files; return its id."""
    child = os.fork()
    if not child:
        pool._idle.clear()
        with suppress(BaseException):
            what()
            os._exit(0)
        os._exit(1)
    return child


def outcome(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def test_two_processes_at_once_and_one_killed(tmp_path: Path, postgres: str, hashing: HashingEmbedder) -> None:
    words = "zeppelin luchtschip fietspad waterloop kasseien belfort ommegang carnaval".split()
    one = write(tmp_path / "een", **{f"stuk-{i}": f"Stuk {i} over {words[i]}." for i in range(6)})
    two = write(tmp_path / "twee", **{f"stuk-{i}": f"Stuk {i} over {words[i]}." for i in range(3, 8)})
    kill = Between(lambda: os.kill(os.getpid(), signal.SIGKILL))
    assert outcome(forked(lambda: update_index(tmp_path / "weg", [one], kill, records=postgres))) == -signal.SIGKILL
    with pytest.raises(IndexMissing):
        load_index(tmp_path / "leeg", hashing, records=postgres)
    work = partial(update_index, embedder=hashing, records=postgres)
    running = [forked(partial(work, tmp_path / f"index {folder.name}", [folder])) for folder in (one, two)]
    assert [outcome(process) for process in running] == [0, 0]
    index = load_index(tmp_path / "leeg", hashing, records=postgres)
    texts = [document.pages[0].text for document in index.documents.values()]
    assert sorted(texts) == [f"Stuk {i} over {words[i]}." for i in range(8)]
    assert sum(len(document.copies) for document in index.documents.values()) == 3
    assert not index.documents.store.db.select("SELECT 1 FROM staged")


def test_a_writer_killed_in_its_transaction_leaves_nothing_half(
    tmp_path: Path, postgres: str, hashing: HashingEmbedder
) -> None:
    corpus = write(tmp_path / "een", een="Een stuk over zeppelins.")
    update_index(tmp_path / "index", [corpus], hashing, records=postgres)
    write(corpus, een="Een stuk over kasseien.", twee="Een stuk over belforten.")

    def stopped() -> None:
        RecordStore.put_known_questions = lambda *_: os._exit(9)  # type: ignore[method-assign] # the last of its changes
        update_index(tmp_path / "index", [corpus], hashing, records=postgres)

    assert outcome(forked(stopped)) == 9
    index = load_index(tmp_path / "index", hashing, records=postgres)
    assert [document.pages[0].text for document in index.documents.values()] == ["Een stuk over zeppelins."]
    report = update_index(tmp_path / "index", [corpus], hashing, records=postgres)
    assert (report.changed, report.added, report.embedded) == (["een"], ["twee"], 0)

"""What a larger corpus costs where it must cost nothing, or little."""

import gc
import tracemalloc
from pathlib import Path

import pytest

from index.search.rank import Searcher
from index.store.load import load_index
from index.store.records import RecordStore
from index.store.update import update_index
from tests.conftest import HashingEmbedder

MOST_BYTES = 1000  # of memory for a passage, in documents of ten


def write(corpus: Path, documents: int) -> Path:
    corpus.mkdir()
    for number in range(documents):
        paragraphs = (f"Alinea {i} van stuk {number}. {'Het bedrijf telt de enclaves op. ' * 26}" for i in range(10))
        (corpus / f"stuk-{number:04}.txt").write_text("\n\n".join(paragraphs), encoding="utf-8")
    return corpus


@pytest.mark.slow
def test_a_passage_more_takes_little_memory_and_no_document_is_read_at_a_start(
    tmp_path: Path, hashing: HashingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("load", "files", "update"):
        monkeypatch.setattr(f"index.store.{module}.HASHED_AT_START", 0)  # as where the index is large
    read: list[str] = []
    whole = RecordStore.read_document

    def counted(store: RecordStore, document_id: str, content: str) -> object:
        read.append(document_id)
        return whole(store, document_id, content)

    held = []
    for documents in (10, 110):
        folder = tmp_path / f"index-{documents}"
        passages = update_index(folder, [write(tmp_path / f"corpus-{documents}", documents)], hashing).passages
        with monkeypatch.context() as patch:
            patch.setattr(RecordStore, "read_document", counted)
            gc.collect()
            tracemalloc.start()
            searcher = Searcher(load_index(folder, hashing), hashing)
            gc.collect()
            held.append((passages, tracemalloc.get_traced_memory()[0]))
            tracemalloc.stop()
            assert read == []
            assert len(searcher.search("enclaves van stuk 7", 10)) == 10 and len(read) <= 10
            read.clear()
    (few, little), (many, more) = held
    assert many - few >= 900 and (more - little) / (many - few) < MOST_BYTES

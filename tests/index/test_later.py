import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from index.answer.newer import NewerPassages
from index.search.rank import Searcher
from index.store.load import load_index
from index.store.update import update_index
from ingest.document import Document, Metadata, Span
from tests.conftest import HashingEmbedder
from tests.records import plain_passage


def test_a_newer_passage_on_the_same_matter_is_named(searcher: Searcher) -> None:
    newer, found = NewerPassages(searcher.index), {}
    for document in searcher.index.documents.values():
        for passage in document.passages:
            later = newer.find(passage)
            if later:
                found[passage.passage_id] = later.passage.search_text
                assert document.metadata.period is not None and later.document.metadata.period is not None
                assert later.document.metadata.period[0] > document.metadata.period[1]
    assert {passage_id[:3] for passage_id in found} == {"003"}, "the newest has nothing newer, an undated one neither"
    assert 10 <= len(found) <= 60, "a link that is always there says nothing"
    sifo = [text for passage_id, text in found.items() if "SIFO werd opgericht" in text]
    assert sifo


@pytest.mark.parametrize(
    ("subject", "found"), [("elke vrijwillige brandweerploeg", True), ("gehuurde marktkramen", False)]
)
def test_words_of_any_document_are_no_same_matter(
    tmp_path: Path, hashing: HashingEmbedder, subject: str, found: bool
) -> None:
    said = "Aanvraag toelage gemeente voorwaarden: {}."
    subjects = ["een vrijwillige brandweerploeg", *(f"onderwerp{i} zaak{i}" for i in range(30)), subject]
    files = {f"{i:02}": (said.format(one), 2023 if i == 31 else 2010) for i, one in enumerate(subjects)}
    files |= {f"n{i}": (" ".join(f"ander{i}x{j}" for j in range(9)), 2022) for i in range(40)}
    for name, (text, _) in files.items():
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    told = "".join(f"[{name}]\ntitle = '{name}'\ndate = {year}-05-01\n" for name, (_, year) in files.items())
    (tmp_path / "catalogue.toml").write_text(told, encoding="utf-8")
    update_index(tmp_path / "index", [tmp_path], hashing)
    index = load_index(tmp_path / "index", hashing)
    later = NewerPassages(index).find(index.documents["00"].passages[0])
    assert (later and later.document.document_id) == ("31" if found else None)


def test_nothing_is_newer_than_the_last_day() -> None:
    document = Document("d", "d.txt", "", Metadata("d", date=datetime.date.max), ())
    index: Any = SimpleNamespace(engine=SimpleNamespace(term_count=len), documents={"d": document}, passages=())
    assert NewerPassages(index).find(plain_passage("d:1:0-5", (), (Span(1, 0, 5),), "tekst")) is None

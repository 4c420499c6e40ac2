import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.search.exact import Exact, narrow, number_fits, read_operators
from index.search.hit import Filters
from index.search.rank import Searcher
from index.store.engine import ANYWHERE, passage_numbers
from index.store.load import load_index
from index.store.local import LocalEngine
from index.store.update import update_index
from ingest.document import Kind
from ingest.files import read_document
from tests.conftest import CORPUS, HashingEmbedder, local_engine

DOCUMENTS = {document.document_id: document for document in map(read_document, sorted(CORPUS.glob("*.txt")))}
PASSAGES = [passage for document in DOCUMENTS.values() for passage in document.passages]
NUMBERS = passage_numbers(passage.passage_id for passage in PASSAGES)
ACCENTS = str.maketrans("éèêëïíóöôüúáàâäçñ", "eeeeiiooouuaaaacn")
PLAIN = [" ".join(passage.search_text.lower().split()).translate(ACCENTS) for passage in PASSAGES]
WORDS = sorted({word for text in PLAIN for word in re.findall(r"\b[a-z]{4,}\b", text)})
PHRASES = st.builds(
    lambda text, start, size: " ".join(re.findall(r"[a-z]+", text)[start : start + size]),
    st.sampled_from(PLAIN),
    st.integers(0, 40),
    st.integers(1, 4),
).filter(bool)


@cache
def engine() -> LocalEngine:
    return local_engine(DOCUMENTS.values(), HashingEmbedder())


def allowed(exact: Exact) -> list[bool]:
    """Return for each passage whether the operators of a query let it be found."""
    where = narrow(ANYWHERE, exact, engine().digests())
    found = engine().sample(len(PASSAGES), where)
    assert engine().count(where)[0] == len(found)
    return [bool(one) for one in np.isin(NUMBERS, found)]


def contains(phrase: str, text: str) -> bool:
    """Plain text search: the words of a phrase with nothing but signs between them."""
    return bool(re.search(r"(?<![^\W_])" + r"[\W_]+".join(map(re.escape, phrase.split())) + r"(?![^\W_])", text))


@given(PHRASES)
@settings(max_examples=60)
def test_a_phrase_finds_what_a_plain_text_search_finds(phrase: str) -> None:
    assert allowed(read_operators(f'"{phrase}"')) == [contains(phrase, text) for text in PLAIN]


@given(st.lists(st.sampled_from(WORDS), min_size=2, max_size=4, unique=True), st.sampled_from(WORDS))
@settings(max_examples=60)
def test_alternatives_and_what_is_left_out(words: list[str], unwanted: str) -> None:
    exact = read_operators(" OR ".join(words) + f" -{unwanted}")
    assert exact.wanted == (tuple((word,) for word in words),) and exact.unwanted == ((unwanted,),)
    wanted = [any(contains(word, text) for word in words) and not contains(unwanted, text) for text in PLAIN]
    assert allowed(exact) == wanted


@pytest.mark.parametrize(
    "query",
    [
        "maatwerkbedrijven en -afdelingen",
        "bodemsanering en de -bescherming",
        "sectorconvenants 2021 -2022",
        "Waarom staat er '-' in de tabel?",
        "2017 - 2018",
        "cijfers van 2017-2018",
        "OR",
        "doorstroom OR",
        'een " los teken',
        "om 10:30 uur",
        "Wat is LDE?",
        "",
    ],
)
def test_ordinary_signs_are_no_operators(query: str) -> None:
    exact = read_operators(query)
    assert not exact and exact.plain == query


@given(st.text(max_size=60))
def test_any_text_is_read(query: str) -> None:
    exact = read_operators(query)
    assert exact or exact.plain == query


@pytest.mark.parametrize(
    ("query", "documents"),
    [
        ("soort:beleidsbrief", {"001", "003"}),
        ("soort:vraag", {"000", "002", "004"}),
        ("nr:1328 budget", {"001"}),
        ("nr:1328/1", {"001"}),
        ("nr:1328/2", set()),
        ('minister:"van den bossche"', {"003"}),
        ("jaar:2011", {"003"}),
        ("jaar:2012-2017 krediet", {"001", "003"}),
        ("soort:beleidsbrief jaar:2018", {"001"}),
        ("nr:1328 nr:1324", {"001", "003"}),
    ],
)
def test_fields_name_documents(query: str, documents: set[str]) -> None:
    mask = allowed(read_operators(query))
    assert {p.document_id[:3] for p, held in zip(PASSAGES, mask, strict=True) if held} == documents


def test_hits_and_counts_obey_the_operators(small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder) -> None:
    update_index(tmp_path / "index", [small_corpus], hashing)
    searcher = Searcher(load_index(tmp_path / "index", hashing), hashing)
    query = '"departement WSE" -enclavewerking'
    there = [p for p in searcher.index.passages if contains("departement wse", " ".join(p.search_text.lower().split()))]
    wanted = [p for p in there if not contains("enclavewerking", p.search_text.lower())]
    assert 0 < len(wanted) < len(there)
    analysed = searcher.analyse(query)
    assert {hit.passage.passage_id for hit in searcher.search(query, 50)} == {p.passage_id for p in wanted}
    assert searcher.count(analysed, None) == (len(wanted), len({p.document_id for p in wanted}))
    assert searcher.count(analysed, Filters(kinds=(Kind.BELEIDSBRIEF,))) == (0, 0)
    assert searcher.search('"dit staat er nergens"') == []
    loose = 'Wat doet een enclave volgens "dit staat er nergens"'
    assert searcher.count(searcher.analyse(loose), None) == (0, 0) and "enclave" in searcher.search(loose)[0].text
    assert searcher.search(f"{loose} jaar:1830") == []


def test_a_number_has_its_volume_or_any() -> None:
    assert number_fits("1328/1", "1328") and number_fits("86, 131", "131")
    assert not number_fits("1328/1", "132") and not number_fits(None, "1")

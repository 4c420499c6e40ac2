import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.search.exact import Exact, narrow, number_fits, read_operators, wrong_field, years_of_document
from index.search.hit import Filters
from index.search.rank import Searcher
from index.store.engine import ANYWHERE, Digest, passage_numbers
from index.store.load import load_index
from index.store.local import LocalEngine
from index.store.remote import LOCAL
from index.store.update import update_index
from index.terms import STOPWORDS
from ingest.document import Kind, Metadata
from ingest.files import read_document
from tests.conftest import CORPUS, HashingEmbedder, local_engine

DOCUMENTS = {document.document_id: document for document in map(read_document, sorted(CORPUS.glob("*.txt")))}
PASSAGES = [passage for document in DOCUMENTS.values() for passage in document.passages]
LETTER = "003-beleidsbrief-sociale-economie-2011-2012"
NUMBERS = passage_numbers(passage.passage_id for passage in PASSAGES)
ACCENTS = str.maketrans("éèêëïíóöôüúáàâäçñ", "eeeeiiooouuaaaacn")
ABOVE = [(DOCUMENTS[p.document_id].metadata.title, *p.section) for p in PASSAGES]
BEFORE = [() if p is DOCUMENTS[p.document_id].passages[0] else ABOVE[i - 1] for i, p in enumerate(PASSAGES)]
PLAIN = [  # of each passage what stands in it, and the whole headings above it between line feeds
    [" ".join(text.lower().split()).translate(ACCENTS) for text in (p.search_text, *begun)]
    + [f"\n{' '.join(re.findall('[a-z0-9]+', one.lower().translate(ACCENTS)))}\n" for one in above]
    for p, above, before in zip(PASSAGES, ABOVE, BEFORE, strict=True)
    for begun in [[one for depth, one in enumerate(above, start=1) if above[:depth] != before[:depth]]]
]
WORDS = sorted({word for texts in PLAIN for text in texts for word in re.findall(r"\b[a-z]{4,}\b", text)} - STOPWORDS)
PHRASES = st.builds(
    lambda text, start, size: " ".join(re.findall(r"[a-z]+", text)[start : start + size]),
    st.sampled_from(PLAIN).flatmap(st.sampled_from),
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


def contains(phrase: str, texts: list[str]) -> bool:
    """Plain text search: the words of a phrase with nothing but signs between them, or a whole heading."""
    pattern = r"(?<![^\W_])" + r"[\W_]+".join(map(re.escape, phrase.split())) + r"(?![^\W_])"
    return any(text == f"\n{phrase}\n" if "\n" in text else re.search(pattern, text) for text in texts)


@given(PHRASES)
@settings(max_examples=60)
def test_a_phrase_finds_what_a_plain_text_search_finds(phrase: str) -> None:
    assert allowed(read_operators(f'"{phrase}"')) == [contains(phrase, texts) for texts in PLAIN]


@given(st.lists(st.sampled_from(WORDS), min_size=2, max_size=4, unique=True), st.sampled_from(WORDS))
@settings(max_examples=60)
def test_alternatives_and_what_is_left_out(words: list[str], unwanted: str) -> None:
    exact = read_operators(" OR ".join(words) + f" -{unwanted}")
    assert exact.wanted == (tuple((word,) for word in words),) and exact.unwanted == ((unwanted,),)
    wanted = [any(contains(word, texts) for word in words) and not contains(unwanted, texts) for texts in PLAIN]
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
        "Krijgt de OR inzage in het dossier?",
        "Welke taken heeft OR bij ontslag?",
        "Wie is een OR lid?",
        "Kan de minister geven: -aantal scholen, -aantal klassen; -aantal leerkrachten?",
        "Tel -scholen, -klassen en -leraren",
        "Per gemeente\n-scholen\n-klassen",
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
        ("Wat staat er in nr:1328?", {"001"}),
        ("Wie schreef nr:1328, jaar:2018.", {"001"}),
        ("jaar:2016-17 soort:beleidsbrief", {"001"}),
        ("-soort:vraag premie", {"001", "003"}),
        ("-soort:vraag -nr:1328", {"003"}),
        ("-jaar:2018 soort:beleidsbrief", {"003"}),
        ("-jaar:2011", {"000", "001", "002", "004"}),
        ('-minister:"van den bossche"', {"000", "001", "002", "004"}),
        (f'"{DOCUMENTS[LETTER].metadata.title}"', {"003"}),
    ],
)
def test_fields_name_documents(query: str, documents: set[str]) -> None:
    mask = allowed(read_operators(query))
    assert {p.document_id[:3] for p, held in zip(PASSAGES, mask, strict=True) if held} == documents


@pytest.mark.parametrize("field", ["jaar:>2015", "jaar:2016-", "jaar:2016/2018", "-jaar:vroeg", "-soort:brief?"])
def test_a_field_that_is_half_right_is_refused(field: str) -> None:
    assert field.lstrip("-").rstrip("?") in (wrong_field(f"premie {field}") or "")


@pytest.mark.parametrize("engine", [LOCAL, "qdrant"])
@pytest.mark.parametrize(
    ("query", "found", "occurs"),
    [
        ('"Gids voor zeppelins"', 4, 1),
        ('"Kosten per vlucht"', 1, 1),
        ('"kosten per vlucht: XYZ/2023/04"', 3, 1),
        ('"XYZ/2023/04"', 1, 1),
        ('"per vlucht (XYZ"', 1, 1),
        ('"zeppelins Kosten"', 0, 0),
        ('"hangar. Kosten"', 0, 0),
        ('"zeppelins" -vlucht', 1, 1),
        ("vlucht kosten", 0, 1),
        ('"Gids voor zeppelins" huur', 4, 3),
        ('"Gids voor zeppelins" "huur"', 3, 3),
    ],
)
def test_a_title_or_heading_occurs_once_and_as_a_whole_finds_all_below_it(
    tmp_path: Path, hashing: HashingEmbedder, query: str, found: int, occurs: int, engine: str
) -> None:
    below = "\n\n".join(f"{letter} rekent een huur. " * 35 for letter in "abc")
    text = f"# Gids voor zeppelins\n\nEerst komt de hangar.\n\n## Kosten per vlucht (XYZ/2023/04)\n\n{below}\n"
    (tmp_path / "gids.md").write_text(text, encoding="utf-8")
    where = str(tmp_path / engine) if engine == "qdrant" else engine
    update_index(tmp_path / "index", [tmp_path / "gids.md"], hashing, engine=where)
    searcher = Searcher(load_index(tmp_path / "index", hashing, where), hashing)
    analysed = searcher.analyse(query)
    assert searcher.index.engine.count(searcher.holding(query))[0] == occurs
    assert not analysed.exact or searcher.count(analysed, None)[0] == found == len(searcher.search(query))
    assert "^" not in "".join(searcher.index.engine.vocabulary())


def test_hits_and_counts_obey_the_operators(small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder) -> None:
    update_index(tmp_path / "index", [small_corpus], hashing)
    searcher = Searcher(load_index(tmp_path / "index", hashing), hashing)
    query = '"departement WSE" -enclavewerking'
    plain = dict(zip([p.passage_id for p in PASSAGES], PLAIN, strict=True))
    there = [p for p in searcher.index.passages if contains("departement wse", plain[p.passage_id])]
    wanted = [p for p in there if not contains("enclavewerking", plain[p.passage_id])]
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


def test_what_is_quoted_is_no_operator() -> None:
    assert read_operators('verkiezing "OR" leden').wanted == ((("or",),),)


def test_a_document_is_of_the_years_in_its_title_not_of_other_numbers() -> None:
    def years(title: str) -> frozenset[int]:
        return years_of_document(Digest("a", "", Metadata(title=title), 1, 1))

    assert years("Budget 2011/2012: 1999 euro voor 8400 Oostende") == {2011, 2012}
    assert years("Beleidsbrief 2017-2018") == {2017, 2018}

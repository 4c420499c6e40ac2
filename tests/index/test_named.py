import datetime
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.search.hit import Filters
from index.search.named import Named, NamedBy, Names, asks_for_document, named_strengths
from index.search.rank import Searcher
from index.search.ranker import _numbered_first
from index.store.engine import Digest, Place
from index.store.load import load_index
from index.store.update import update_index
from ingest.document import Document, Kind, Metadata, Page
from tests.conftest import HashingEmbedder


def document(name: str, title: str, **known: object) -> Document:
    metadata = Metadata(title, **known)  # type: ignore[arg-type]
    return Document(name, f"{name}.txt", "0" * 64, metadata, (Page(1, None, title),))


BRIEF, QUESTION = Kind.BELEIDSBRIEF, Kind.SCHRIFTELIJKE_VRAAG
DOCUMENTS = (
    document("brief18", "Beleidsbrief Onderwijs 2018-2019", kind=BRIEF, number="1711/1", session="2018-2019"),
    document("brief12", "Beleidsbrief Onderwijs 2012-2013", kind=BRIEF, number="1711/1", session="2012-2013"),
    document("akkoord", "Regeerakkoord", kind=Kind.REGEERAKKOORD),
    document(
        "vraag",
        "Schoolmaaltijden - Hygiëne",
        kind=QUESTION,
        number="86, 131",
        minister="Ann Van der Elst, Jo Peeters",
        member="Bosmans, Karel",
        date=datetime.date(2016, 3, 1),
    ),
    document("184501", "Stations", kind=QUESTION, minister="Minister van Mobiliteit, belast met het spoor"),
    document("zin", "De raad keurt het actieplan voor propere lucht goed.", minister="Zending van"),
    document("nota", "Visienota 'Fietssnelwegen 2025'", number="1711", minister="Mia Vogels"),
    document("SV-77", "Tol"),
)
NAMES = Names([Digest(one.document_id, "", one.metadata, 1, 0) for one in DOCUMENTS])


@pytest.mark.parametrize(
    ("question", "by", "documents"),
    [
        ("stuk 1711", NamedBy.NUMBER, {"brief18", "brief12", "nota"}),
        ("Wat zegt stuk nr. 1711/1 over leraren?", NamedBy.NUMBER, {"brief18", "brief12"}),
        ("Wat zegt stuk 1711 (2012-2013) – Nr. 1?", NamedBy.NUMBER, {"brief12"}),
        ("1711/1", NamedBy.NUMBER, {"brief18", "brief12"}),
        ("Onderwijs, Parl.St. Vl.Parl. 2012-13, nr. 1711/1", NamedBy.NUMBER, {"brief12"}),
        ("Wat zegt stuk 1711 (2012-13)?", NamedBy.NUMBER, {"brief12", "nota"}),
        ("Wat zegt stuk nr.1711/1?", NamedBy.NUMBER, {"brief18", "brief12"}),
        ("SV 131", NamedBy.NUMBER, {"vraag"}),
        ("wat was het antwoord op schriftelijke vraag nr. 86?", NamedBy.NUMBER, {"vraag"}),
        ("vraag 184501", NamedBy.NUMBER, {"184501"}),
        ("Wat staat er in de visienota Fietssnelwegen 2025?", NamedBy.TITLE, {"nota"}),
        ("Beleidsbrief onderwijs 2012-2013", NamedBy.TITLE, {"brief12"}),
        ("Wie controleert schoolmaaltijden: hygiëne?", NamedBy.TITLE, {"vraag"}),
        ("Hoeveel leraren komen er bij volgens het regeerakkoord?", NamedBy.KIND, {"akkoord"}),
        ("Wat zeggen de beleidsbrieven?", NamedBy.KIND, {"brief18", "brief12"}),
        ("Wat zei minister van der elst over brood?", NamedBy.PERSON, {"vraag"}),
        ("Wat antwoordde Peeters?", NamedBy.PERSON, {"vraag"}),
        ("Peeters brood", NamedBy.PERSON, {"vraag"}),
        ("Van der Elst", NamedBy.PERSON, {"vraag"}),
        ("de vraag van Karel Bosmans", NamedBy.PERSON, {"vraag"}),
        ("Wat zegt de minister van Mobiliteit?", NamedBy.PERSON, {"184501"}),
        ("Hoeveel leraren waren er in 2012?", NamedBy.YEAR, {"brief12"}),
    ],
)
def test_what_a_question_names_is_recognised(question: str, by: NamedBy, documents: set[str]) -> None:
    assert documents in [set(one.documents) for one in NAMES.find(question) if one.by is by]


@pytest.mark.parametrize(
    "question",
    [
        "Hoeveel van de 86 scholen kregen 131 euro?",
        "In 86 % van de scholen is er een verslag.",
        "Wat kost een beleid?",
        "Welke peeters zijn er?",  # a word like a name, without a capital or a title before it
        "Onderwijs in Vlaanderen",
        "Vogels in het bos",  # so does a surname that is a word first, with its capital there
        "actieplan voor propere lucht",  # the title is the document's first sentence
        "Wat doet de minister van Onderwijs?",  # "van" is no surname
        "stuk 9999",
        "Hoeveel leraren kwamen er na 2012 bij?",  # what goes on after a year is not of it
        "",
    ],
)
def test_what_names_no_document_is_left_alone(question: str) -> None:
    assert NAMES.find(question) == ()


def test_an_id_is_named_once_however_it_is_written() -> None:
    (named,) = [one for one in NAMES.find("sv-77 (SV-77)?") if one.by is NamedBy.NUMBER]
    assert asks_for_document("sv-77 (SV-77)?", [named]) == {"SV-77"}


@given(st.text(max_size=60))
def test_any_text_may_be_asked(question: str) -> None:
    for one in NAMES.find(question):
        assert one.documents <= {d.document_id for d in DOCUMENTS} and one.text


def test_a_document_counts_by_its_share_of_what_is_named() -> None:
    strengths = named_strengths(NAMES.find("de beleidsbrief van 2012"))
    assert strengths["brief12"] == 1 and strengths["brief18"] == 0.5
    assert named_strengths(NAMES.find("Hoeveel leraren waren er in 2012?")) == {}, "years are of passages"


def test_the_named_document_comes_first_until_that_is_switched_off(tmp_path: Path, hashing: HashingEmbedder) -> None:
    texts = {
        f"d{i}": f"De school kreeg {'een premie ' * (i % 3)} van {i} euro voor {'brood' if i % 2 else 'melk'}."
        for i in range(60)
    }
    texts["anders"] = "Fietspaden langs de kust, met een premie."
    folder = tmp_path / "texts"
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    (folder / "anders.txt.toml").write_text(
        'title = "Kust"\nnumber = "512/1"\nkind = "beleidsnota"\n', encoding="utf-8"
    )
    update_index(tmp_path / "index", [folder], hashing)
    searcher = Searcher(load_index(tmp_path / "index", hashing), hashing)
    query = "Hoeveel premie voor brood is er volgens stuk 512?"
    hits = searcher.search(query, 5)
    assert hits[0].document.document_id == "anders" and hits[0].explanation.named == 1
    (named,) = hits[0].query.named
    off = searcher.search(query, 50, Filters(ignore=(named.key,)))
    assert off[0].document.document_id != "anders" and json.dumps(named.key) == '"nummer:512"'


def test_a_document_named_by_number_is_before_all_others() -> None:
    places = [Place(f"{name}:1:0-1", name, 0, frozenset()) for name in ("a", "b", "c")]
    scores = np.array([-2.0, 9.0, 1.0], np.float32)
    by_number = Named(NamedBy.NUMBER, "1328", frozenset({"a"}))
    assert np.argmax(_numbered_first([by_number], places, scores)) == 0
    by_name = Named(NamedBy.PERSON, "Homans", frozenset({"a"}))
    assert np.array_equal(_numbered_first([by_name], places, scores), scores)

"""Yes or no: only what the sentence itself says."""

import json
import re
from pathlib import Path

import pytest

from index.answer.citation import Citation
from index.answer.units import cut_units
from index.answer.verdict import Verdict, asks_yes_or_no, verdict_of
from ingest.document import Document, Passage
from ingest.dutch import join_lines
from ingest.files import list_files, read_document
from tests.conftest import ROOT

CHAMBER = ROOT.parent / "shared" / "benchmarks" / "dekamer" / "corpus.jsonl"
SAID = re.compile(r"\W*(?:\d+[.)]\s*)?(?:(?P<yes>ja)|neen?)\b", re.IGNORECASE)

ASKED = (
    "Enclaves.\n\nEnclaves groeien.\n\n1. Krijgen enclaves een premie? 2. Werd de premie al verhoogd? Zo niet, waarom? "
    "3. Is er een inspectie van enclaves gepland? Hoeveel kost die?"
)
ANSWERED = (
    "1. Ja. Elke enclave vraagt die zelf aan bij het departement. 2. Neen, de begroting laat dat niet toe. "
    "3. Ja, in het voorjaar wordt elke enclave bezocht."
)


def paired(folder: Path, answer: str = ANSWERED) -> Document:
    path = folder / "vragen.jsonl"
    path.write_text(json.dumps({"id": "a1", "question": ASKED, "answer": answer}), encoding="utf-8")
    return read_document(list_files([path])[0])


def cite(document: Document, passage: Passage, at: int = 0) -> Citation:
    unit = cut_units(document, passage)[at]
    return Citation.of(document, passage, unit.own, unit.heads)


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("Moet een enclave gemeld worden?", True),
        ("En komt er een nieuwe oproep?", True),
        ("2. Overweegt u een verhoging? Zo ja, wanneer?", True),
        ("Er is een premie. Wordt die verhoogd?", False),  # what is asked last does not begin with its verb
        ("Wie is er bevoegd? Is dat de minister?", True),
        ("Kunt u zeggen hoeveel er zijn?", False),
        ("Is dat een premie of een lening?", False),
        ("Hoeveel is dat?", False),
        ("Bezoekt de VSI bedrijven waar een enclave werkt?", True),
        ("krediet de enclaves", False),
        ("Betaalt Zeppelin Plus de cursus?", True),
        ("Budget Vlaanderen 2018?", False),
        ("", False),
    ],
)
def test_a_question_asks_yes_or_no_where_its_verb_is_first(question: str, asks: bool) -> None:
    assert asks_yes_or_no(question) is asks


@pytest.mark.parametrize(
    ("number", "question", "verdict"),
    [
        (1, "Krijgen enclaves een premie?", Verdict.YES),
        (1, "Krijgen enclaves een lening?", Verdict.UNKNOWN),  # another question than was answered
        (1, "Krijgen enclaves geen premie?", Verdict.UNKNOWN),  # "ja" may then mean either
        (1, "Welke premie krijgen enclaves?", None),
        (2, "Werd de premie al verhoogd?", Verdict.NO),
        (2, "Werd de premie in 2019 verhoogd?", Verdict.UNKNOWN),
        (3, "Is er een inspectie van enclaves gepland?", Verdict.UNKNOWN),  # asked with another thing
    ],
)
def test_what_an_answer_begins_with_counts_for_its_own_question(
    number: int, question: str, verdict: Verdict | None, tmp_path: Path
) -> None:
    document = paired(tmp_path)
    passage = next(passage for passage in document.passages if passage.pair == number - 1)
    assert verdict_of(question, cite(document, passage)) is verdict


def test_a_bare_ja_is_quoted_with_what_follows_it(tmp_path: Path) -> None:
    document = paired(tmp_path)
    first = next(p for p in document.passages if p.pair == 0)
    assert cite(document, first).text == "1. Ja. Elke enclave vraagt die zelf aan bij het departement."


QUESTION = "Werden er in 2019 nieuwe labels toegekend?"


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("In 2019 werden er geen nieuwe labels toegekend.", Verdict.NO),
        ("Er werden nog geen labels toegekend in 2019, ook geen nieuwe.", Verdict.UNKNOWN),  # two times "geen"
        ("In 2019 werden er geen nieuwe labels toegekend, tenzij op proef.", Verdict.UNKNOWN),
        ("In 2019 werden er geen volledige nieuwe labels toegekend.", Verdict.UNKNOWN),  # denies another thing
        ("In 2019 kunnen geen nieuwe labels worden toegekend.", Verdict.UNKNOWN),  # says what may be
        ("In 2018 werden geen labels uitgereikt.", Verdict.UNKNOWN),
        ("In 2019 werden er geen andere nieuwe labels toegekend.", Verdict.UNKNOWN),
        ("In 2019 werden er niet veel nieuwe labels toegekend.", Verdict.UNKNOWN),
        ("In 2019 werden er geen nieuwe filmlabels toegekend.", Verdict.UNKNOWN),  # of another sort
        ("In 2019 werden er geen nieuwe labels toegekend binnen 20 kilometer van zee.", Verdict.UNKNOWN),  # in part
        ("Nieuwe labels werden er in 2019 niet toegekend.", Verdict.NO),
        ("Nieuwe labels werden er na 2019 niet toegekend.", Verdict.UNKNOWN),  # of another time
        ("In 2019 werden er nieuwe labels toegekend.", Verdict.UNKNOWN),  # nothing that says "ja"
    ],
)
def test_a_sentence_that_denies_the_question_says_no(sentence: str, verdict: Verdict, tmp_path: Path) -> None:
    path = tmp_path / "nota.txt"
    path.write_text(f"Nota over labels\n\n{sentence}\n", encoding="utf-8")
    document = read_document(path)
    assert verdict_of(QUESTION, cite(document, document.passages[-1], -1)) is verdict


@pytest.mark.slow
@pytest.mark.skipif(not CHAMBER.exists(), reason="the questions of the Chamber are not here")
def test_no_explicit_answer_of_the_chamber_is_contradicted() -> None:
    told = right = 0
    for file in list_files([CHAMBER]):
        document = read_document(file)
        for passage in document.passages:
            pair = document.pair_of(passage)
            said = SAID.match(document.quote(pair.answer)) if pair and pair.answer else None
            if pair is None or said is None:
                continue
            for question in (document.quote(other.question) for other in document.pairs):
                verdict = verdict_of(join_lines(question), cite(document, passage))
                if verdict in (Verdict.YES, Verdict.NO):
                    own = question == document.quote(pair.question)
                    told, right = told + 1, right + (own and (verdict is Verdict.YES) == bool(said["yes"]))
    assert told == right >= 12


@pytest.mark.parametrize(
    ("sentence", "question", "verdict"),
    [
        ("De piloot moet de toren niet verwittigen.", "Moet de piloot de toren verwittigen?", Verdict.NO),
        ("De piloot moet de toren niet verwittigen.", "Moet de toren de piloot verwittigen?", Verdict.UNKNOWN),
        ("Het beroep schorst de vlucht niet.", "Schorst het beroep de vlucht?", Verdict.NO),
        ("De melding mag niet voor 1 maart gebeuren.", "Mag de melding na 1 maart gebeuren?", Verdict.UNKNOWN),
        ("Het loon wordt niet door de haven uitbetaald.", "Wordt het loon aan de haven uitbetaald?", Verdict.UNKNOWN),
    ],
)
def test_who_does_what_to_whom_counts(sentence: str, question: str, verdict: Verdict, tmp_path: Path) -> None:
    path = tmp_path / "nota.txt"
    path.write_text(f"Nota over luchtvaart\n\n{sentence}\n", encoding="utf-8")
    document = read_document(path)
    assert verdict_of(question, cite(document, document.passages[-1], -1)) is verdict


def test_an_answer_to_a_question_that_denies_says_neither(tmp_path: Path) -> None:
    path = tmp_path / "vragen.jsonl"
    asked = "Hangars.\n\nHangars groeien.\n\n1. Is de toelage voor hangars niet verhoogd? 2. Hoeveel zijn er?"
    row = {"id": "a2", "question": asked, "answer": "1. Neen, ze is wel verhoogd, met 3 procent. 2. Er zijn er 12."}
    path.write_text(json.dumps(row), encoding="utf-8")
    document = read_document(list_files([path])[0])
    first = next(passage for passage in document.passages if passage.pair == 0)
    assert verdict_of("Is de toelage voor hangars verhoogd?", cite(document, first)) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("question", "verdict"),
    [
        ("Mag mijn hond mee aan boord?", Verdict.NO),
        ("Mag mijn kat mee aan boord?", Verdict.UNKNOWN),
    ],
)
def test_a_heading_that_asks_counts_as_a_question(question: str, verdict: Verdict, tmp_path: Path) -> None:
    path = tmp_path / "faq.md"
    path.write_text("# Vragen\n\n## Mag mijn hond mee aan boord?\n\nNeen, een luchtschip vervoert geen dieren.\n")
    document = read_document(path)
    assert verdict_of(question, cite(document, document.passages[-1])) is verdict

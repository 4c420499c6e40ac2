"""An incoming question is split into introduction and sub-questions, whatever its layout."""

import json
from pathlib import Path

import pytest

from ingest.asked import read_asked, without_number
from tests.ingest.parliament import STYLES, make
from tests.timing import growth

NUMBERED = [i for i, style in enumerate(STYLES) if "nummer" not in style.name]
CHAMBER = Path(__file__).parents[3] / "shared" / "benchmarks" / "dekamer" / "metadata.jsonl"


@pytest.mark.parametrize("i", NUMBERED[:20])
def test_a_letter_of_the_flemish_parliament(i: int) -> None:
    made = make(i)
    text = made.text(dense=False)
    asked = read_asked(text)
    assert (asked.subject, asked.member) == (made.title, made.member)
    firsts = [first for first, _ in made.style.pairs]
    found = [without_number(one.text) for one in asked.questions]
    assert all(any(first.split()[0] in one for one in found) for first in firsts)


@pytest.mark.parametrize(
    "head",
    [
        "Vlaams Parlement\nSchriftelijke vraag\nnr. 412\nvan ANN DE WOLF\ndatum: 12 maart 2024\naan JO PEETERS\n"
        "Vlaams minister van Werk en Sociale Economie",
        "SCHRIFTELIJKE VRAAG nr. 412 van ANN DE WOLF van 12 maart 2024 aan JO PEETERS, Vlaams minister van Werk",
        "Schriftelijke vraag nr. 412 van mevrouw Ann De Wolf aan Jo Peeters, Vlaams minister van Werk",
    ],
)
def test_a_letterhead_that_was_pasted(head: str) -> None:
    asked = read_asked(f"{head}\n\nEnclaves - Melding\n\nEr zijn enclaves.\n\nHelpt dat kmo's? Hoeveel zijn er?")
    assert (asked.subject, asked.member, asked.ministers) == ("Enclaves - Melding", "Ann De Wolf", ("Jo Peeters",))
    assert asked.introduction == "Er zijn enclaves."
    assert [one.text for one in asked.questions] == ["Helpt dat kmo's?", "Hoeveel zijn er?"]


@pytest.mark.parametrize(
    ("text", "introduction", "questions"),
    [
        (
            "Premies\n\nEr zijn premies.1. Hoeveel in 2024?2. a) Sinds wanneer? b) Voor wie?",
            "Er zijn premies.",
            ["1. Hoeveel in 2024?", "2. a) Sinds wanneer? b) Voor wie?"],
        ),
        (
            "Het decreet geldt sinds 2019. Hoeveel bedrijven zijn er? Hoeveel werknemers?",
            "Het decreet geldt sinds 2019.",
            ["Hoeveel bedrijven zijn er?", "Hoeveel werknemers?"],
        ),
        (
            "Premies\n\nEr zijn premies:\n- groot\n- klein\n\n- Hoeveel in 2024? Voor wie?\n- Graag een lijst.",
            "Er zijn premies: - groot - klein",
            ["- Hoeveel in 2024? Voor wie?", "- Graag een lijst."],
        ),
        ("• Hoeveel premies?\n• Sinds wanneer?", "", ["• Hoeveel premies?", "• Sinds wanneer?"]),
        (
            "Hoeveel premies zijn er?\n- Sinds wanneer?\n- Voor wie?",
            "",
            ["Hoeveel premies zijn er?", "- Sinds wanneer?", "- Voor wie?"],
        ),
        ("Hoeveel premies zijn er?\n- groot\n- klein", "", ["Hoeveel premies zijn er? - groot - klein"]),
        ("Vraag 1: Hoeveel premies? Sinds wanneer?", "", ["Vraag 1: Hoeveel premies? Sinds wanneer?"]),
        ("1. Hoeveel premies?\n- per jaar?", "", ["1. Hoeveel premies? - per jaar?"]),
        ("Graag een overzicht van de premies.", "", ["Graag een overzicht van de premies."]),
        ("Er zijn premies.", None, []),
    ],
)
def test_a_pasted_text(text: str, introduction: str | None, questions: list[str]) -> None:
    asked = read_asked(text)
    assert [one.text for one in asked.questions] == questions
    assert introduction is None or asked.introduction == introduction


@pytest.mark.parametrize(
    "number", ["", "1. ", "1: ", "1 - ", "2.a) ", "b) ", "- ", "• ", "Vraag 1: ", "Vraag 2 ", "Deelvraag 3. "]
)
@pytest.mark.parametrize("text", ["Hoeveel premies?", "2019 was het eerste jaar?", "1,5 miljoen?", "“Groot” of klein?"])
def test_what_numbers_a_question_is_no_part_of_it(number: str, text: str) -> None:
    assert without_number(number + text) == text


def test_a_list_without_end_is_read_in_time() -> None:
    assert growth(read_asked, 300 * "1. x?\n") < 8


@pytest.mark.skipif(not CHAMBER.is_file(), reason="the questions of the Chamber are not here")
def test_questions_of_the_chamber_lose_no_word() -> None:
    lines = CHAMBER.read_text(encoding="utf-8").splitlines()[:300]
    rows = [row["question"] for line in lines if (row := json.loads(line)).get("question")]
    several = 0
    for text in rows:
        asked = read_asked(text)
        there = " ".join([asked.subject, asked.introduction, *(one.text for one in asked.questions)])
        lost = len("".join(text.split())) - len("".join(there.split()))
        assert asked.questions and abs(lost) <= 0.02 * len(text) + 3, text[:200]
        several += len(asked.questions) > 1
    assert several > 0.7 * len(rows) > 50

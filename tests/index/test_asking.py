"""What a member of parliament says before asking is shown with care: no minister answers for it."""

from pathlib import Path

import pytest

from index.answer.answer import Answerer, Look
from index.answer.dossier import MAX_CHARS, make_dossier
from index.model.embed import Embedder
from ingest.asked import Asked, SubQuestion
from tests.index.made import answerer_over

LETTER = """SCHRIFTELIJKE VRAAG nr. 17 van AN PEETERS datum: 3 mei 2016 aan BRAM DE COSTERE VLAAMS MINISTER VAN VERKEER

Zeppelins - Hangars

De gemeente Veurne kocht vorig jaar een grote groene hangar voor luchtschepen.

1. Hoeveel zeppelins vlogen er in 2015 boven zee?

2. Wie betaalt de piloten?

ANTWOORD op vraag nr. 17 van 3 mei 2016 van AN PEETERS

1. In 2015 vlogen er 12 zeppelins boven zee.

2. De dienst Luchtvaart betaalt de piloten.
"""


@pytest.fixture
def answerer(tmp_path: Path, embedder: Embedder) -> Answerer:
    """Over one letter; nothing is too unsure to be told as sure."""
    return answerer_over(tmp_path, embedder, {"vraag.txt": LETTER}, sure=1e-9, threshold=1e-9)


@pytest.mark.parametrize(
    ("question", "look", "told"),
    [
        ("Welke gemeente kocht een grote groene hangar?", Look.UNSURE, "Veurne"),
        ("Wie betaalt de piloten?", Look.SURE, "De dienst Luchtvaart"),
        ("Wie betaalt de piloten van ballonnen?", Look.UNSURE, "De dienst Luchtvaart"),  # which nothing names
        ("Hoeveel zeppelins vlogen er in 2015 boven zee?", Look.SURE, "12 zeppelins"),
    ],
)
def test_only_what_is_answered_is_told_as_sure(answerer: Answerer, question: str, look: Look, told: str) -> None:
    answer = answerer.answer(question)
    assert told in answer.citations[0].text and answer.look is look


@pytest.mark.parametrize("size", [3, MAX_CHARS])
def test_a_long_subject_leaves_the_question(answerer: Answerer, size: int) -> None:
    asked = Asked("hangar " * size, "", (SubQuestion("1.", "Wie betaalt de piloten?"),))
    (part,) = make_dossier(answerer, asked).parts
    assert part.searched.startswith("Wie betaalt de piloten (hangar") and len(part.searched) <= MAX_CHARS


@pytest.mark.parametrize("subject", ["– “boven zee” en gas", "jaar:2018", "-nr:17", "– zee OR boven", "-“piloten”"])
def test_a_letter_holds_no_operators(answerer: Answerer, subject: str) -> None:
    asked = [(f"Zeppelins {subject}", "Wie betaalt de piloten?"), ("", f"Wie betaalt de piloten {subject}?")]
    for about, question in asked:
        (part,) = make_dossier(answerer, Asked(about, "", (SubQuestion("1", question),))).parts
        assert any("Luchtvaart betaalt" in hit.text for hit in part.answer.hits), part.searched

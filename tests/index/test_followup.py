import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.search.followup import standalone_question


@pytest.mark.parametrize(
    ("before", "question", "standalone"),
    [
        ("Hoeveel budget was er in 2015 voor dienstencheques?", "En voor kringwinkels?", "voor kringwinkels?"),
        ("Hoeveel budget was er in 2015 voor dienstencheques?", "en in 2016?", "in 2016 voor dienstencheques?"),
        ("Wat is VDAB?", "En RVA?", "Wat is RVA?"),
        ("Wie leidt de werkgroep?", "Sinds wanneer is dat zo?", "Wie leidt de werkgroep? Sinds wanneer is dat zo?"),
        ("Wie leidt de werkgroep?", "Waarom?", "Wie leidt de werkgroep? Waarom?"),
    ],
)
def test_a_follow_up_is_resolved(before: str, question: str, standalone: str) -> None:
    assert standalone_question(question, [before]).endswith(standalone)


@pytest.mark.parametrize(
    "question",
    [
        "Hoeveel doelgroepwerknemers telden de beschutte werkplaatsen in Limburg?",
        "Wat is een kringwinkel?",
        "kringwinkel subsidie",
    ],
)
def test_a_question_that_stands_alone_stays(question: str) -> None:
    assert standalone_question(question, ["Wie leidt de werkgroep?"]) == question


def test_a_chain_of_follow_ups_is_carried_along() -> None:
    history = ["Hoeveel budget was er in 2015 voor dienstencheques?", "en voor kringwinkels?"]
    assert standalone_question("En in 2016?", history) == "Hoeveel budget was er in 2016 voor kringwinkels?"


@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=4))
def test_any_text_gives_a_question_of_bounded_length(question: str, history: list[str]) -> None:
    standalone = standalone_question(question, history)
    assert standalone_question(question, []) == " ".join(question.split())
    assert len(standalone) <= 400 + len(question)

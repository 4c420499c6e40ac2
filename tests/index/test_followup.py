import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.measure import measure
from eval.questions import DATA, read_questions
from eval.run import FoundHit
from index.search.followup import standalone_question
from index.search.rank import Searcher


@pytest.mark.parametrize(
    ("before", "question", "standalone"),
    [
        ("Hoeveel budget was er in 2015 voor dienstencheques?", "En voor kringwinkels?", "voor kringwinkels?"),
        ("Hoeveel budget was er in 2015 voor dienstencheques?", "en in 2016?", "in 2016 voor dienstencheques?"),
        ("Wat is VDAB?", "En RVA?", "Wat is RVA?"),
        ("Wie leidt de werkgroep?", "Sinds wanneer is dat zo?", "Sinds wanneer is dat zo (leidt de werkgroep)?"),
        ("Wie leidt de werkgroep?", "Waarom?", "Waarom (leidt de werkgroep)?"),
        ("Wat zijn kringwinkels?", "Hoeveel zijn er?", "Hoeveel zijn er (kringwinkels)?"),
        ("Hoeveel kringwinkels zijn er?", "En in 2016?", "Hoeveel kringwinkels zijn er in 2016?"),
        ("Hoeveel kringwinkels zijn er in Gent?", "En hoeveel klanten?", "Hoeveel klanten zijn er in Gent?"),
        ("Hoeveel kringwinkels zijn er in Gent?", "En klanten?", "Hoeveel klanten zijn er in Gent?"),
        ("Wat kost een toets in 2015?", "En hoe lang duurt die?", "Hoe lang duurt die (kost een toets in 2015)?"),
        ("Wat kost een toets in 2015?", "Was er een in 2016?", "Was er een in 2016 (kost een toets)?"),
        ("Wat kost stuk 32012 in 2012?", "En in 2018?", "Wat kost stuk 32012 in 2018?"),
        ("Wat zegt nr. 2012/1 over 2014?", "En in 2018?", "Wat zegt nr. 2012/1 over 2018?"),
        ("Wie betaalt 2000 euro?", "En in 2018?", "Wie betaalt 2000 euro in 2018?"),
        ("Wie betaalde € 2000 in 2014?", "En in 2018?", "Wie betaalde € 2000 in 2018?"),
        # A time takes the place of a time, with what says that it is open and with its month.
        ("Hoeveel vluchten waren er in 2014?", "En na 2015?", "Hoeveel vluchten waren er na 2015?"),
        ("Hoeveel vluchten waren er sinds 2014?", "En in 2013?", "Hoeveel vluchten waren er in 2013?"),
        ("Hoeveel vluchten waren er?", "En na 2015?", "Hoeveel vluchten waren er na 2015?"),
        ("Hoeveel piloten waren er in juni 2011?", "En in mei 2008?", "Hoeveel piloten waren er in mei 2008?"),
        ("Wie las het besluit van 3 mei 2011?", "En dat van 4 juni 2012?", "Wie las het besluit van 4 juni 2012?"),
        # So does a name with its article.
        ("Hoeveel piloten telt het Zeppelinhuis?", "En het Vlieghuis?", "Hoeveel piloten telt het Vlieghuis?"),
        ("Wat kreeg de provincie Mol in 2015?", "En de stad Gent?", "Wat kreeg de stad Gent in 2015?"),
        ("Wie betaalt de lange vlucht?", "En de gids?", "De gids (betaalt de lange vlucht)?"),
        # "die van" and "dat van" take the place of what they stand for, or are not resolved.
        ("Wanneer ging de luchthaven EBOS open?", "En die van Luik?", "Wanneer ging de luchthaven van Luik open?"),
        ("Hoe lang is de startbaan in Deurne?", "En die van Gent?", "Hoe lang is de startbaan van Gent?"),
        ("Wanneer werd het vliegveld gebouwd?", "en dat van Luik?", "Wanneer werd het vliegveld van Luik gebouwd?"),
        ("Wie keurt een toestel?", "En die van een club?", "Die van een club (keurt een toestel)?"),
        ("Wie vloog de route 2011-2012 in?", "en die van 2017-2018?", "Wie vloog de route 2017-2018 in?"),
        ("Hoeveel piloten in Gent hadden een brevet?", "En in Luik?", "Hoeveel piloten in Luik hadden een brevet?"),
        # A phrase ends before a verb, and before the participle at the end.
        ("Hoeveel procent van de piloten is ouder dan 60 jaar?", "en van de gidsen?", "gidsen is ouder dan 60 jaar?"),
        ("Hoeveel vluchten werden vanaf Oostende geschrapt?", "En vanaf Luik?", "werden vanaf Luik geschrapt?"),
        ("Hoeveel drones vliegen in een groot gebied?", "En in Luik?", "Hoeveel drones vliegen in Luik?"),
        ("Hoeveel drones vliegen er?", "En waarom?", "Waarom (drones vliegen)?"),
        # A participle takes the place of a participle, a name that of a name.
        ("Hoeveel piloten werden gekeurd in 2010?", "En erkend?", "Hoeveel piloten werden erkend in 2010?"),
        ("Hoeveel piloten werden gekeurd in 2010?", "En hoeveel erkend in 2012?", "werden erkend in 2012?"),
        ("Hoeveel vluchten vertrokken er uit Oostende?", "En Luik?", "Hoeveel vluchten vertrokken er uit Luik?"),
        # What is asked beside another year or another thing takes its own place.
        (
            "Hoeveel piloten waren er in Gent in 2015?",
            "En in Luik in 2016?",
            "Hoeveel piloten waren er in Luik in 2016?",
        ),
        ("Hoeveel piloten waren er in Gent?", "En in 2016?", "Hoeveel piloten waren er in Gent in 2016?"),
        ("Hoeveel piloten waren er in Gent?", "En hoeveel gidsen in Luik?", "Hoeveel gidsen waren er in Luik?"),
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
        "Zijn er premies voor scholen die een kok zoeken?",
        "Waar meldt een school haar leerlingen?",
        "Wat is het budget van de RVA?",
        "Welke fietsen zijn duurder dan een auto?",
        "Moet een piloot met een klein toestel elk jaar een keuring afleggen, en wat kost dat?",
    ],
)
def test_a_question_that_stands_alone_stays(question: str) -> None:
    assert standalone_question(question, ["Wie leidt de werkgroep?"]) == question


def test_a_chain_of_follow_ups_is_carried_along() -> None:
    history = ["Hoeveel budget was er in 2015 voor dienstencheques?", "en voor kringwinkels?"]
    assert standalone_question("En in 2016?", history) == "Hoeveel budget was er in 2016 voor kringwinkels?"


def test_a_new_subject_after_en_is_a_question_of_its_own() -> None:
    assert standalone_question("En wie keurt een school?", ["Wie leidt de werkgroep?"]) == "Wie keurt een school?"


def test_a_question_after_two_turns_stands_alone() -> None:
    history = ["Wat is LDE?", "Hoeveel plaatsen zijn er?"]
    assert standalone_question("En in 2012?", history) == "Hoeveel plaatsen zijn er in 2012 (LDE)?"


def test_our_conversations_end_in_one_question_that_finds_its_answer(searcher: Searcher) -> None:
    conversations = read_questions(DATA / "followups.jsonl")
    assert len(conversations) >= 30 and all(len(one.history) == 2 for one in conversations)
    found = []
    for one in conversations:
        standalone = standalone_question(one.question, one.history)
        assert standalone.count("?") == 1 and standalone.endswith("?")
        if one.answers[0].quote:
            hits = [FoundHit(hit.document.document_id, hit.text) for hit in searcher.search(standalone, 5)]
            found.append(measure(one, hits)["S@5"])
    assert len(found) >= 20 and sum(found) >= 0.95 * len(found)


@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=4))
def test_any_text_gives_a_question_of_bounded_length(question: str, history: list[str]) -> None:
    standalone = standalone_question(question, history)
    assert standalone_question(question, []) == " ".join(question.split())
    assert len(standalone) <= 400 + len(question)

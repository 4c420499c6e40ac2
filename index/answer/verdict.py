"""Yes or no: what a quoted sentence itself says to a question that asks so, and nothing that it only suggests."""

import re
from enum import StrEnum

from index.answer.citation import Citation
from index.answer.units import NUMBER
from index.search.followup import LIGHT, PREPOSITIONS
from index.search.question import ANY_MONTH
from index.terms import STOPWORDS, word_terms, words_of
from ingest.dutch import join_lines, sentence_spans


class Verdict(StrEnum):
    """What a sentence says to a question that asks yes or no."""

    YES = "ja"
    NO = "nee"
    UNKNOWN = "niet te zeggen"


_VERB = re.compile(
    r"(?:(?:en|maar|dus|nu),?\s)?(?:is|was|zijn|waren|bent|heb|hebt|heeft|hebben|had|hadden|kan|kun|kunt|kunnen|kon"
    r"|konden|mag|mogen|mocht|mochten|moet|moeten|moest|moesten|zal|zult|zullen|zou|zouden|wil|wilt|willen|wordt|worden"
    r"|werd|werden|komt|komen|kwam|kwamen|gaat|gaan|ging|gingen|krijgt|krijgen|kreeg|kregen|bestaat|bestaan|bestond"
    r"|geldt|gelden|doet|doen|klopt|blijft|blijven|loopt|lopen|staat|staan|volstaat|valt|vallen)\s",
    re.IGNORECASE,
)
_ANY_VERB = re.compile(  # before what can only be its subject, a name too: "Betaalt Zeppelin Plus de cursus?"
    r"\w{2,20}(?:t|en|de|te)\s(?:[A-Z]\w{1,40}\s){0,3}"
    r"(?i:u|de|het|een|er|men|wij|we|ik|hij|zij|deze|die|dit|dat|uw|mijn)\s"
)
_ASKS_MORE = re.compile(r"\b(?:hoe\w*|welke?|wat|wie|wanneer|waarom|of)\b", re.IGNORECASE)
_ALSO = re.compile(r"(?:[,.;?]\s{0,3})?\b(?:zo|indien) (?:ja|nee|neen|niet)\b.*", re.IGNORECASE | re.DOTALL)
_NUMBERED = re.compile(NUMBER)
_SAYS = re.compile(rf"{NUMBER}(?:(?P<yes>ja)|neen?)\b(?!-)", re.IGNORECASE)
_OR_ELSE = re.compile(r"\bof\s+\S{1,60}")  # "geen A of B": neither
_NOT = frozenset("niet geen nooit niemand evenmin noch nergens".split())
# Beside one of these a "niet" may deny a part only, or on a condition.
_UNLESS = frozenset(
    "indien als tenzij behalve maar wanneer zolang alvorens vooraleer voordat toch echter wel mits hoewel enkel alleen "
    "noodzakelijk altijd steeds uitsluitend louter volledig zomaar zonder".split()
)
# Such a word narrows what is denied, unless the question has it too: "mag niet meer dan vier", "geen andere".
_NARROWS = frozenset(
    "meer minder meest veel weinig vaak dikwijls zelden ander andere anders zelf zelfs zo te elk elke ieder iedere "
    "alle beide meteen onmiddellijk dadelijk genoeg voldoende even".split()
)
_DAY = re.compile(rf"\b(?:\d{{1,2}} )?(?:{ANY_MONTH})(?: \d{{4}})?\b", re.IGNORECASE)
_PREPOSITIONS = {*PREPOSITIONS, *"achter boven buiten langs na naast per te tijdens vooraf wegens zonder".split()}
_MODALS = ("kan kun kunt kunnen kon konden", "mag mogen mocht mochten", "moet moeten moest moesten", "wil wilt willen")
_MODAL = {form: forms for forms in _MODALS for form in forms.split()}
_ASKING = frozenset("u uw minister ministers graag nog al reeds heden momenteel thans".split())
_LONGEST = 300  # characters of such a sentence; a longer one says more than one thing


def asks_yes_or_no(question: str) -> bool:
    """Whether a question, the last of what is asked, begins with its verb and asks nothing else.

    >>> asks_yes_or_no("Moet een enclave gemeld worden?"), asks_yes_or_no("Kunt u zeggen hoeveel er zijn?")
    (True, False)
    """
    last = _last(question)
    begins = _VERB.match(f"{last} ") or ("?" in question and _ANY_VERB.match(f"{last} "))
    return bool(begins) and not _ASKS_MORE.search(last)


def _last(question: str) -> str:
    """Return the last thing that is asked, without what is asked besides ("Zo ja, ...")."""
    parts = [part.strip() for part in _ALSO.sub("", question).split("?") if part.strip()]
    return _NUMBERED.sub("", parts[-1], count=1) if parts else ""


def verdict_of(question: str, citation: Citation) -> Verdict | None:
    """Return what the first statement says to a question, or None where that does not ask yes or no.

    "Ja" or "neen" at the start of an answer counts where a member's question, or the heading above it, asks the same
    and nothing more; "niet" or "geen" in a sentence that says what the question asks and no more.
    """
    if not asks_yes_or_no(question):
        return None
    if not _NOT.isdisjoint(words_of(_last(question))):  # to "Is er geen?" both "ja" and "nee" may mean none
        return Verdict.UNKNOWN
    if (asked := _answered(citation)) and (said := _SAYS.match(citation.text)):
        same = _same(question, asked)
        return (Verdict.YES if said["yes"] else Verdict.NO) if same else Verdict.UNKNOWN
    sentences = (citation.text[start:end] for start, end in sentence_spans(citation.text, 0, len(citation.text)))
    return Verdict.NO if any(_denies(sentence, question) for sentence in sentences) else Verdict.UNKNOWN


def content(text: str) -> frozenset[str]:
    """Return the stems of the words of a text that say what it is about."""
    empty = STOPWORDS | LIGHT | _ASKING
    return frozenset(word_terms(w)[0] for w in words_of(_NUMBERED.sub("", text, count=1)) if w not in empty)


def _answered(citation: Citation) -> str:
    """Return the question that a citation begins to answer: a member's, or the heading above it; "" where none is."""
    document, passage, first = citation.document, citation.passage, min(citation.own)
    pair, heading = document.pair_of(passage), next(iter(passage.section[-1:]), "")
    asked, start = heading if heading.endswith("?") else "", passage.own[0]
    if pair:
        asked, start = (join_lines(document.quote(pair.question)), pair.answer[0]) if pair.answer else ("", start)
    return asked if (first.page, first.start) <= (start.page, start.start + len("1. ")) else ""


def _same(question: str, asked: str) -> bool:
    """Whether a question says what another does, which asks one thing and denies nothing itself."""
    only = _ALSO.sub("", asked)
    is_plain = only.count("?") <= 1 and asks_yes_or_no(only) and _NOT.isdisjoint(words_of(only))
    return is_plain and _said(_last(question), question) == _said(only, question)


def _denies(sentence: str, question: str) -> bool:
    """Whether a sentence denies once, on no condition, what the question asks: no word less and none more.

    A word more narrows what is denied ("geen turbine binnen 300 meter"), and another is of another thing.
    """
    words, last = words_of(sentence), _last(question)
    denied = sum(word in _NOT for word in words)
    narrowed = not _UNLESS.isdisjoint(words) or not _NARROWS.isdisjoint(set(words).difference(words_of(last)))
    if len(sentence) > _LONGEST or denied != 1 or narrowed or len(content(last)) <= 1:
        return False
    same = _said(_OR_ELSE.sub("", sentence), question) == _said(last, question)
    told, asked = ({_MODAL[word] for word in some if word in _MODAL} for some in (words, words_of(last)))
    return same and told == asked


def _said(text: str, question: str) -> tuple[frozenset[tuple[str, str]], tuple[str, ...], bool]:
    """Return what a text says, to be compared: who does what to whom hangs on prepositions and on the order of words.

    Each preposition with the word after it, or the day, wherever it stands; the other words of content in their order,
    without the verb with which the question begins; whether that is among them.
    """
    verb = next(iter(content(_last(question).partition(" ")[0])), "")
    behind, others, preposition = set(), [], ""
    for word in words_of(_DAY.sub(lambda day: day[0].replace(" ", ""), _NUMBERED.sub("", text, count=1))):
        stem = next(iter(content(word)), "")
        if preposition and stem:
            behind.add((preposition, stem))
        elif stem and stem != verb:
            others.append(stem)
        if word not in STOPWORDS or word in _PREPOSITIONS:  # no article
            preposition = word if word in _PREPOSITIONS else ""
    return frozenset(behind), tuple(others), verb in content(text)

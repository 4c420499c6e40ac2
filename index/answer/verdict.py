"""Yes or no: what a quoted sentence itself says to a question that asks so, and nothing that it only suggests."""

import re
from collections.abc import Sequence
from enum import StrEnum

from index.answer.citation import Citation
from index.answer.units import NUMBER
from index.search.followup import LIGHT
from index.terms import STOPWORDS, word_terms, words_of
from ingest.document import Pair
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
_MODAL = {
    form: forms.split()[0]
    for forms in (
        "kan kun kunt kunnen kon konden",
        "mag mogen mocht mochten",
        "moet moeten moest moesten",
        "wil wilt willen",
    )
    for form in forms.split()
}
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

    "Ja" or "neen" at the start of a parliamentary answer counts where its question asks the same and nothing more;
    "niet" or "geen" in a sentence that has the words of the question and no others.
    """
    if not asks_yes_or_no(question):
        return None
    if not _NOT.isdisjoint(words_of(_last(question))):  # to "Is er geen?" both "ja" and "nee" may mean none
        return Verdict.UNKNOWN
    document, pair = citation.document, citation.document.pair_of(citation.passage)
    said = _SAYS.match(citation.text) if pair and pair.answer and _is_first(citation, pair) else None
    if pair and said:
        same = _same(question, join_lines(document.quote(pair.question)))
        return (Verdict.YES if said["yes"] else Verdict.NO) if same else Verdict.UNKNOWN
    sentences = (citation.text[start:end] for start, end in sentence_spans(citation.text, 0, len(citation.text)))
    return Verdict.NO if any(_denies(sentence, question) for sentence in sentences) else Verdict.UNKNOWN


def content(text: str) -> frozenset[str]:
    """Return the stems of the words of a text that say what it is about."""
    empty = STOPWORDS | LIGHT | _ASKING
    return frozenset(word_terms(w)[0] for w in words_of(_NUMBERED.sub("", text, count=1)) if w not in empty)


def _is_first(citation: Citation, pair: Pair) -> bool:
    own, answer = min(citation.own), pair.answer[0]
    return (own.page, own.start) <= (answer.page, answer.start + len("1. "))


def _same(question: str, asked: str) -> bool:
    """Whether a question has the words of another, which asks one thing."""
    only = _ALSO.sub("", asked)
    return only.count("?") <= 1 and asks_yes_or_no(only) and content(_last(question)) == content(only)


def _denies(sentence: str, question: str) -> bool:
    """Whether a sentence denies once, on no condition, what the question asks: no word less and none more.

    A word more narrows what is denied ("geen turbine binnen 300 meter"), and another is of another thing.
    """
    words, wanted = words_of(sentence), content(_last(question))
    denied = sum(word in _NOT for word in words)
    if len(sentence) > _LONGEST or denied != 1 or not _UNLESS.isdisjoint(words) or len(wanted) <= 1:
        return False
    return content(_OR_ELSE.sub("", sentence)) == wanted and _modals(words) == _modals(words_of(_last(question)))


def _modals(words: Sequence[str]) -> set[str]:
    return {_MODAL[word] for word in words if word in _MODAL}

"""A follow-up question and the questions before it -> one question that stands alone."""

import re
from collections.abc import Sequence

from index.search.question import Expected, read_question
from index.store.years import years_in
from index.terms import STOPWORDS, tokens, words_of

_OPENING = re.compile(r"^(en|maar|of|ook)\b[\s,]*(?=\S)", re.IGNORECASE)
# Words that point back: "Hoeveel zijn dat er?", "Wie betaalt het dan?"
_POINTING = frozenset(
    "dat dit die deze daar dan erbij het hier hij zij ze hun hen zo zoiets diezelfde dezelfde hetzelfde laatste "
    "eerste vorige".split()
)
# Those that do so in a question of any length: "dat" and "het" only where they stand for something.
_ALWAYS = re.compile(
    r"\b(?:(?:daar|hier|er)(?:aan|door|in|mee|na|naar|om|op|over|toe|tegen|uit|van|voor)|hun|hen|hij|zij|ze|zoiets"
    r"|(?:dat|dit|die|deze|het)(?=\W*$)|(?:is|was|werd|wordt|moet|kan|mag|geldt) (?:dat|dit)"
    r"|het(?= (?:de|het|een|er|uit|in|op|aan|af|al|nog|niet|ook|wel|te)\b))\b",
    re.IGNORECASE,
)
_PREPOSITIONS = (
    "aan bij binnen door in met naar onder op over rond sinds tegen tot tussen uit van vanaf via voor".split()
)
_ANY_OF_THEM = "|".join(_PREPOSITIONS)
_BEGINS = re.compile(rf"\b(?:{_ANY_OF_THEM})\s+(?!(?:{_ANY_OF_THEM})\b)\w", re.IGNORECASE)
_PHRASE = re.compile(rf"\b(?P<preposition>{_ANY_OF_THEM})\s+(?P<rest>[^?.!,;:()]+)", re.IGNORECASE)
_BOUNDARY = re.compile(rf"(?<!\s)\s++(?=(?:{_ANY_OF_THEM})\b|\()|(?=[?.!,;:()]|$)", re.IGNORECASE)
# Words that every question may have, so that they say nothing about what it is about.
LIGHT = frozenset(
    "wie wat waar wanneer waarom welk welke hoe hoeveel hoelang vaak veel lang groot hoog moet moeten mag mogen kan "
    "kunnen zal zullen gaat gaan komt komen wordt worden werd werden was waren is zijn bestaat bestaan juist precies "
    "eigenlijk minstens hoogstens nog al ook wel niet geen mee heeft hebben had krijgt krijgen doet doen zit zitten "
    "waarvoor waaruit waarvan waarmee".split()
)
_PLACE = frozenset({"bij", "binnen", "in", "via", "voor"})  # prepositions that may stand for each other in a follow-up
_ACRONYM = re.compile(r"\b[A-Z][A-Z&]+\b")
_IN_YEAR = re.compile(r"(?:\s(?:in|van|voor))?\s(?:19|20)\d{2}\b", re.IGNORECASE)
_COUNTED = re.compile(r"(?P<asks>hoeveel|welke?)\s+(?P<what>\w+)\b", re.IGNORECASE)  # "Hoeveel plaatsen zijn er?"
_BARE = re.compile(r"(?P<what>\w+)", re.IGNORECASE)
_ABOUT = re.compile(r"(?P<main>[^()]*)(?:\((?P<about>[^()]*)\)[\s?.!]*)?")
_FEW = 3  # content words up to which a question that points back leans on the one before; one less where it does not
_MOST = 300  # characters of what is carried over


def standalone_question(question: str, history: Sequence[str]) -> str:
    """Resolve a follow-up against the questions before it, oldest first; one that stands alone is given back.

    "En voor invoeg?" takes the place of the like phrase of the question before, "en in 2018?" that of its year;
    where there is none it is added. Another question that leans on the one before ("Hoeveel zijn dat er?") says in
    brackets what that one was about.

    >>> standalone_question("En in 2012?", ["Wat is LDE?", "Hoeveel plaatsen zijn er?"])
    'Hoeveel plaatsen zijn er in 2012 (LDE)?'
    """
    resolved = ""
    for asked in (*history, question):
        asked = " ".join(asked.split())
        resolved = _resolve(asked, resolved) if resolved else asked
    return resolved


def _resolve(question: str, before: str) -> str:
    opening = _OPENING.match(question)
    rest = question[opening.end() :].strip() if opening else question
    if opening:
        replaced = _replace_year(rest, before) or _replace_acronym(rest, before) or _replace_phrase(rest, before)
        added = replaced or _replace_counted(rest, before) or _add_phrase(rest, before)
        if added:
            return added
    is_part = opening and next((word not in LIGHT for word in words_of(rest)), True)  # "En de werkplaatsen?"
    about = _about(before, years_in(rest)) if is_part or _leans(rest) else ""
    if not (opening or about):
        return question
    standing = f"{rest[:1].upper()}{rest[1:]}"
    return f"{standing.rstrip('?.! ')} ({about})?" if about else standing


def _leans(question: str) -> bool:
    asked = words_of(question)
    content = [w for w in asked if w not in STOPWORDS | LIGHT | _POINTING and not w.isdigit()]
    if not content or _ALWAYS.search(question):
        return True
    is_question = question.endswith("?") or asked[0] in LIGHT
    points = not _POINTING.isdisjoint(asked)
    if not is_question or (read_question(question).expected is Expected.DEFINITION and not points):
        return False
    names_something = "een" in asked or any(char.isupper() for char in question[1:])
    return len(content) <= _FEW if points else len(content) < _FEW and not names_something


def _about(before: str, years: Sequence[int]) -> str:
    """Return what a question is about, without words that any question may have; `years` take the place of its own."""
    match = _ABOUT.match(_IN_YEAR.sub("", before) if years else before)
    assert match is not None  # any text matches
    words = list(tokens(match["main"]))
    empty = STOPWORDS | LIGHT | _POINTING
    said = [i for i, (word, _, _) in enumerate(words) if word not in empty]
    own = match["main"][words[said[0]][1] : words[said[-1]][2]] if said else ""
    return ", ".join(part for part in (own, match["about"] or "") if part)[:_MOST].strip(" ,")


def _insert(before: str, phrase: str) -> str:
    """Put a phrase at the end of a question, ahead of what it is about."""
    match = _ABOUT.match(before)
    assert match is not None
    main, about = match["main"].rstrip("?.! "), match["about"]
    return f"{main} {phrase.rstrip('?.! ')}{f' ({about})' if about else ''}?"


def _add_phrase(rest: str, before: str) -> str | None:
    """Add a phrase ("via de VDAB") for which the question before has no like one."""
    phrase = _phrase(rest.removeprefix("dat ").removeprefix("die "))
    return _insert(before, phrase[0]) if phrase else None


def _phrase(text: str) -> re.Match[str] | None:
    """Return a text that is a phrase and nothing more; "in welke gemeenten" asks something itself."""
    found = _PHRASE.fullmatch(text.rstrip("?.! "))
    return found if found and LIGHT.isdisjoint(words_of(text)) else None


def _replace_counted(rest: str, before: str) -> str | None:
    """Put what is counted now ("hoeveel begeleiders", "begeleiders") in the place of what was counted before."""
    there, text = _COUNTED.match(before), rest.rstrip("?.! ")
    now = _COUNTED.match(text) or _BARE.fullmatch(text)
    if there is None or now is None or now["what"].lower() in STOPWORDS:
        return None
    more = text[now.end() :].strip()
    asks = now.groupdict().get("asks") or there["asks"]
    if more and not _phrase(more):
        return None
    changed = f"{asks.capitalize()} {now['what']}{before[there.end() :]}"
    return _insert(changed, more) if more else changed


def _replace_year(rest: str, before: str) -> str | None:
    """Put a year in the place of the one asked about before, if nothing else is asked."""
    asked, there = years_in(rest), years_in(before)
    other = [word for word in words_of(rest) if word not in STOPWORDS and word not in _PREPOSITIONS]
    if len(asked) == 1 and len(there) == 1 and other == [str(asked[0])]:
        return before.replace(str(there[0]), str(asked[0]))
    return None


def _replace_acronym(rest: str, before: str) -> str | None:
    """Put an acronym in the place of the only one asked about before."""
    asked, there = (_ACRONYM.findall(text) for text in (rest, before))
    if len(asked) == 1 and rest.strip("?.! ") == asked[0] and len(set(there)) == 1:
        return before.replace(there[0], asked[0])
    return None


def _replace_phrase(rest: str, before: str) -> str | None:
    """Put a phrase ("voor invoeg") in the place of the last one like it, where it is clear where that one ends."""
    new = _phrase(rest)
    if new is None:
        return None
    phrases = [
        (match["preposition"].lower(), match.start(), stop.start())
        for found in _BEGINS.finditer(before)  # of "op in de werkplaatsen" the first word belongs to the verb
        if (match := _PHRASE.match(before, found.start())) and (stop := _BOUNDARY.search(before, match.start("rest")))
    ]
    kind = new["preposition"].lower()
    for same in (True, False):
        for preposition, start, end in reversed(phrases):
            alike = preposition == kind if same else {preposition, kind} <= _PLACE and not before[end:].strip(" ?.!")
            if alike and not years_in(before[start:end]):
                return f"{before[:start]}{new[0]}{before[end:]}"
    return None

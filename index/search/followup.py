"""A follow-up question and the questions before it -> one question that stands alone."""

import re
from collections.abc import Sequence

from index.search.question import ANY_MONTH, Expected, read_question
from index.store.years import years_in
from index.terms import STOPWORDS, tokens, words_of
from ingest.dutch import dutch_words

_OPENING = re.compile(r"^(en|maar|of|ook)\b[\s,]*(?=\S)", re.IGNORECASE)
# Words that point back: "Hoeveel zijn dat er?", "Wie betaalt het dan?"
_POINTING = frozenset(
    "dat dit die deze daar dan erbij hier hij zij ze hun hen zo zoiets diezelfde dezelfde hetzelfde laatste "
    "eerste vorige".split()
)
# Those that do so in a question of any length: "dat" and "het" only where they stand for something.
_ALWAYS = re.compile(
    r"\b(?:(?:daar|hier|er)(?:aan|door|in|mee|na|naar|om|op|over|toe|tegen|uit|van|voor)|hun|hen|hij|zij|ze|zoiets"
    r"|(?:dat|dit|die|deze|het)(?=\W*$)|(?:is|was|werd|wordt|moet|kan|mag|geldt) (?:dat|dit)"
    r"|het(?= (?:de|het|een|er|uit|in|op|aan|af|al|nog|niet|ook|wel|te)\b))\b",
    re.IGNORECASE,
)
_COMPARED = re.compile(r"(?<=\w\wer) dan(?= \w)", re.IGNORECASE)  # "langer dan een jaar" points nowhere
PREPOSITIONS = (
    "aan bij binnen door in met naar onder op over rond sinds tegen tot tussen uit van vanaf via voor".split()
)
_ANY_OF_THEM = "|".join(PREPOSITIONS)
_BEGINS = re.compile(rf"\b(?:{_ANY_OF_THEM})\s+(?!(?:{_ANY_OF_THEM})\b)\w", re.IGNORECASE)
_PHRASE = re.compile(rf"\b(?P<preposition>{_ANY_OF_THEM})\s+(?P<rest>[^?.!,;:()]+)", re.IGNORECASE)
_VERBS = (
    "moet moeten mag mogen kan kunnen zal zullen gaat gaan komt komen wordt worden werd werden was waren is zijn "
    "bestaat bestaan heeft hebben had hadden krijgt krijgen doet doen zit zitten".split()
)
_ENDS = "|".join((*PREPOSITIONS, *_VERBS, "de", "het", "een"))
_BOUNDARY = re.compile(rf"(?<!\s)(?<! en)(?<! of)\s++(?=(?:{_ENDS})\b|\()|(?=[?.!,;:()]|$)", re.IGNORECASE)
QUESTION_WORDS = frozenset(
    "wie wat waar wanneer waarom welk welke hoe hoeveel hoelang waarvoor waaruit waarvan waarmee".split()
)
# Words that every question may have, so that they say nothing about what it is about.
LIGHT = QUESTION_WORDS.union(
    _VERBS,
    "vaak veel lang groot hoog juist precies eigenlijk minstens hoogstens nog al ook wel niet geen mee".split(),
    "telt tellen telde telden".split(),
)
_EMPTY = STOPWORDS | LIGHT | _POINTING
_PLACE = frozenset({"bij", "binnen", "in", "via", "voor"})  # prepositions that may stand for each other in a follow-up
_ACRONYM = re.compile(r"\b[A-Z][A-Z&]+\b")
_NAME = re.compile(r"(?<=\s)[A-Z]\w+(?:[ -][A-Z]\w+)*")
_WITH_ARTICLE = re.compile(rf"(?<=\s)(?:de|het) (?:[a-z]\w+ )?{_NAME.pattern}")  # "het Atomium", "de stad Gent"
_NAMED = re.compile(rf"(?: (?i:{_ANY_OF_THEM}))? {_NAME.pattern}")  # "de haven in Gent"
_THAT_OF = re.compile(r"(?P<that>die|dat) (?P<of>van [^?.!,;:()]+)", re.IGNORECASE)  # "die van Gent"
_OWNED = re.compile(r"\b(de|het|hun|haar) ")
_PARTICIPLE = re.compile(r"\b(?:be|er|her|ont|ver|\w{0,20}ge)\w{1,30}[dt]\b", re.IGNORECASE)
# Or "2011-2012", but no amount.
_YEAR = re.compile(r"(?<![\d.,/€])(?<!€ )(?:19|20)\d{2}(?:[-–/]\d{2,4})?(?![.,/]?\d| ?(?:%|€|euro\b|procent\b))")
_IN_YEAR = re.compile(rf"(?:(?:^|\s)(?:in|van|voor))?(?:^|\s){_YEAR.pattern}", re.IGNORECASE)
_MOMENT = rf"(?:\b(?:\d{{1,2}}|begin|midden|einde?|{ANY_MONTH}) ){{0,3}}{_YEAR.pattern}"  # "eind juni 2011"
_TIME = re.compile(rf"(?:\b(?:in|van|voor|vóór|na|op|sinds|tegen|tot|vanaf) )?{_MOMENT}", re.IGNORECASE)
_COUNTED = re.compile(r"(?:(?P<asks>hoeveel|welke?)\s+)?(?P<what>\w+)\b", re.IGNORECASE)  # "Hoeveel plaatsen zijn er?"
_ABOUT = re.compile(r"([^()]*)(?:\(([^()]*)\)[\s?.!]*)?")  # what is asked, and what that is about
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
    if opening and (replaced := _replace(*_replace_year(rest.rstrip("?.! "), before))):
        return replaced
    is_part = opening and next((word not in LIGHT for word in words_of(rest)), True)  # "En de werkplaatsen?"
    about = _about(before, years_in(rest)) if is_part or _leans(rest) else ""
    if not (opening or about):
        return question
    standing = f"{rest[:1].upper()}{rest[1:]}"
    return f"{standing.rstrip('?.! ')} ({about})?" if about else standing


def _replace(rest: str, before: str) -> str | None:
    """Put what is asked now in the place of its like in the question before; nothing is left to ask after a year."""
    if not rest:
        return before
    if that := _THAT_OF.fullmatch(rest):
        return _replace_phrase(that["of"], before) or _replace_owner(that, before)
    replaced = _replace_name(rest, before) or _replace_phrase(rest, before) or _replace_counted(rest, before)
    return replaced or (_insert(before, rest) if _phrase(rest) or _TIME.fullmatch(rest) else None)


def _content(text: str) -> list[str]:
    return [word for word in words_of(text) if word not in _EMPTY and not word.isdigit()]


def _leans(question: str) -> bool:
    question = _COMPARED.sub("", question)
    asked, content, always = words_of(question), _content(question), _ALWAYS.search(question)
    if not content or (always and len(_content(question[: always.start()])) <= _FEW):  # later it points within itself
        return True
    is_question = question.endswith("?") or asked[0] in LIGHT
    points = not _POINTING.isdisjoint(asked)
    if not is_question or (read_question(question).expected is Expected.DEFINITION and not points):
        return False
    names_something = "een" in asked or any(char.isupper() for char in question[1:])
    return len(content) <= _FEW if points else len(content) < _FEW and not names_something


def _about(before: str, years: Sequence[int]) -> str:
    """Return what a question is about, without words that any question may have; `years` take the place of its own."""
    main, about = _ABOUT.findall(_IN_YEAR.sub("", before) if years else before)[0]
    said = [(start, end) for word, start, end in tokens(main) if word not in _EMPTY]
    own = main[said[0][0] : said[-1][1]] if said else ""
    return ", ".join(part for part in (own, about) if part)[:_MOST].strip(" ,")


def _insert(before: str, phrase: str) -> str:
    """Put a phrase at the end of a question, ahead of what it is about."""
    main, about = _ABOUT.findall(before)[0]
    return f"{main.rstrip('?.! ')} {phrase}{f' ({about})' if about else ''}?"


def _phrase(text: str) -> re.Match[str] | None:
    """Return a text that is a phrase and nothing more; "in welke gemeenten" asks something itself."""
    found = _PHRASE.fullmatch(text)
    return found if found and LIGHT.isdisjoint(words_of(text)) else None


def _replace_counted(rest: str, before: str) -> str | None:
    """Put what is counted or was done ("hoeveel begeleiders", "ingediend") in the place of its like before."""
    there, now = _COUNTED.match(before), _COUNTED.match(rest)
    more = rest[now.end() :].strip() if now else ""
    if now is None or now["what"].istitle() or now["what"].lower() in STOPWORDS | LIGHT or (more and not _phrase(more)):
        return None
    if _participles(now["what"]):
        done = _participles(before)[-1:]
        changed = now["what"].join(before.rsplit(done[0][0], 1)) if done else _insert(before, now["what"])
    elif there and there["asks"]:
        changed = f"{(now['asks'] or there['asks']).capitalize()} {now['what']}{before[there.end() :]}"
    else:
        return None
    return _replace(more, changed)


def _replace_year(rest: str, before: str) -> tuple[str, str]:
    """Put a year in the place of the only one asked about before; what else is asked comes first."""
    asked, there = (set(_YEAR.findall(text)) for text in (rest, before))
    if len(asked) != 1 or len(there) != 1:
        return rest, before
    told, time = _TIME.search(before), rest.removeprefix("die ").removeprefix("dat ")
    if told and _TIME.fullmatch(time) and not (_IN_YEAR.fullmatch(time) and _IN_YEAR.fullmatch(told[0])):
        return "", _TIME.sub(time, before)
    other = _IN_YEAR.sub("", rest).strip()
    is_more = any(word not in STOPWORDS and word not in PREPOSITIONS for word in words_of(other))
    return other if is_more else "", _YEAR.sub(asked.pop(), before)


def _replace_name(rest: str, before: str) -> str | None:
    """Put an acronym, another name, or one with its article in the place of the only one asked about before."""
    for kind in (_ACRONYM, _NAME, _WITH_ARTICLE):
        there = set(kind.findall(before))
        if kind.fullmatch(f" {rest}", 1) and len(there) == 1:
            return before.replace(there.pop(), rest)
    return None


def _replace_owner(that: re.Match[str], before: str) -> str | None:
    """Put "die van X" in the place of a noun with its article ("de", "hun") and the name or place of that."""
    article, main = "de" if that["that"].lower() == "die" else "het", before.split(" (")[0].rstrip("?.! ")
    noun = next((m for m in _OWNED.finditer(main) if m[1] in (article, "hun", "haar")), None)
    if noun is None:
        return None
    start = end = _phrase_end(main, noun.end())
    if (named := _NAMED.search(main, noun.end())) and named.start() <= end:
        start, end = named.span()
    return f"{main[: noun.start()]}{article} {main[noun.end() : start]} {that['of']}{main[end:]}?"


def _participles(text: str) -> list[re.Match[str]]:
    """Return the participles of weak verbs: unlike a noun ("gebied") they are declined in -e rather than in -en."""
    known, found = dutch_words(), _PARTICIPLE.finditer(text)
    return [m for m in found if known.get(f"{m[0].lower()}e", 0) > known.get(f"{m[0].lower()}en", 0)]


def _phrase_end(text: str, start: int) -> int:
    """Return where a phrase ends: before the next, a verb or the participle that ends the question."""
    ends = [m.start() - 1 for m in _participles(text) if m.start() > start and not text[m.end() :].strip(" ?.!")]
    return min(next(_BOUNDARY.finditer(text, start)).start(), *ends, len(text))


def _replace_phrase(rest: str, before: str) -> str | None:
    """Put a phrase ("voor invoeg") in the place of the last one like it, where it is clear where that one ends."""
    new = _phrase(rest)
    if new is None or _IN_YEAR.fullmatch(rest):  # a year takes no other place
        return None
    phrases = [
        (match["preposition"].lower(), match.start(), _phrase_end(before, match.start("rest")))
        for found in _BEGINS.finditer(before)  # of "op in de werkplaatsen" the first word belongs to the verb
        if (match := _PHRASE.match(before, found.start()))
    ]
    kind = new["preposition"].lower()
    for same in (True, False):
        for preposition, start, end in reversed(phrases):
            alike = preposition == kind if same else {preposition, kind} <= _PLACE and not before[end:].strip(" ?.!")
            if alike and not years_in(before[start:end]):
                return f"{before[:start]}{new[0]}{before[end:]}"
    return None

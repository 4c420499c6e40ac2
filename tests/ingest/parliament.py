"""Written questions in the layout of the Flemish Parliament, made up: invented names, every way of numbering."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

import docx
from docx.document import Document as WordDocument

from ingest.dates import MONTHS
from tests.pdf import Text, draw_pdf

_MEMBERS = (
    ("WOUT VAN DER LINDEN", "Wout Van der Linden"),
    ("MIEKE VANDERSTRAETEN", "Mieke Vanderstraeten"),
    ("AN PEETERS-D'HOOGHE", "An Peeters-D'Hooghe"),
    ("JORIS DE WACHTER", "Joris De Wachter"),
)
_MINISTERS = (
    (
        "HILDE JANSSENS-PEETERS",
        "Hilde Janssens-Peeters",
        "VICEMINISTER-PRESIDENT VAN DE VLAAMSE REGERING, VLAAMS MINISTER VAN SAMENLEVEN EN SOCIALE ECONOMIE",
    ),
    ("BRAM DE COSTERE", "Bram De Costere", "VLAAMS MINISTER VAN WERK, ECONOMIE EN INNOVATIE"),
    ("KAREL VAN DEN BOCK", "Karel Van den Bock", "MINISTER-PRESIDENT VAN DE VLAAMSE REGERING"),
)
_SUBJECTS = (
    "Lokale diensteneconomie - Doorstroom",
    "Arbeidszorg - Wachtlijsten",
    "Aan het werk blijven - Premies",
    "Maatwerkbedrijven - Omkadering van enclaves",
)
_DAYS = ((24, 9, 2017), (25, 9, 2017), (4, 10, 2021), (14, 1, 2020), (30, 6, 2022), (26, 9, 2022))
_SESSIONS = ("2016-2017", "2017-2018", "2021-2022", "2019-2020", "2021-2022", "2022-2023")
INTRODUCTION = "De Vlaamse overheid ondersteunt ondernemingen bij de begeleiding van werknemers op de werkvloer."
ASKED = (
    "Hoeveel werknemers stroomden in 2020 door naar een reguliere job?",
    "Welke drempels ervaren de ondernemingen?",
    "Plant de minister een evaluatie van het decreet? Zo ja, tegen wanneer?",
)
SAID = (
    "In 2020 stroomden 164 werknemers door naar een reguliere job.",
    "De ondernemingen melden vooral een gebrek aan passende vacatures.",
    "De evaluatie van het decreet wordt opgeleverd in het najaar.",
)
_LIST = ("een verhoging van het contingent;", "een premie voor begeleiding;", "een versoepeling van de termijnen.")


@dataclass(frozen=True)
class Style:
    """A way of numbering: paragraphs of question and answer, and which question goes with which answers.

    `pairs` holds the first words of each question with the words that its answers must and may not hold.
    """

    name: str
    questions: Sequence[str]
    answers: Sequence[str]
    pairs: Sequence[tuple[str, Sequence[str]]] = field(default_factory=tuple)
    supplement: Sequence[str] = ()
    others: Sequence[tuple[str, str]] = ()  # number and minister of the same question to others
    together: bool = False


def _labelled(form: str, texts: Sequence[str] = SAID) -> list[str]:
    return [f"{form.format(n)} {text}" for n, text in enumerate(texts, start=1)]


def _each(asked: Sequence[str] = ASKED, said: Sequence[str] = SAID) -> list[tuple[str, Sequence[str]]]:
    return [(question, [answer]) for question, answer in zip(asked, said, strict=True)]


QUESTIONS = _labelled("{}.", ASKED)


def _joint(form: str) -> Style:
    return Style(form, QUESTIONS, [f"{form} " + " ".join(SAID)], [(question, SAID) for question in ASKED])


_PLEASE = (
    "Graag een overzicht van de doorstroom.",
    "Graag een toelichting bij de drempels.",
    "Kan de minister de timing geven?",
)
_LETTERS = [
    "Hoeveel aanvragen waren er?",
    "Hoeveel werden goedgekeurd?",
    "Hoe lang is de wachttijd?",
    "Wat doet de minister?",
]
_LETTER_ANSWERS = [
    "Er waren 96 aanvragen.",
    "Er werden er 71 goedgekeurd.",
    "De wachttijd is 5 maanden.",
    "Er komt personeel bij.",
]
STYLES = (
    *(Style(form, QUESTIONS, _labelled(form), _each()) for form in ("{}.", "{})", "Ad {}", "Ad {}.", "Vraag {}:")),
    *(
        Style(form, _labelled("{})", ASKED), _labelled(form), _each())
        for form in ("Antwoord op vraag {}:", "Deelvraag {}:", "Punt {}.")
    ),
    Style("eigen regel", QUESTIONS, [p for n, a in enumerate(SAID, 1) for p in (f"Vraag {n}", a)], _each()),
    Style(
        "kop bij de vraag",
        [p for n, a in enumerate(ASKED, 1) for p in (f"Vraag {n}", a)],
        _labelled("Deelvraag {}:"),
        _each(),
    ),
    *map(
        _joint,
        ("1-3.", "1 t.e.m. 3.", "1. tot 3.", "1. t.e.m. 3.", "1., 2. en 3.", "1.-3.", "1 tot en met 3.", "1 t/m 3:"),
    ),
    Style(
        "1. en 3., 2.",
        QUESTIONS,
        [f"1. en 3. {SAID[0]} {SAID[2]}", f"2. {SAID[1]}"],
        [(ASKED[0], [SAID[0], SAID[2]]), (ASKED[1], [SAID[1]]), (ASKED[2], [SAID[0], SAID[2]])],
    ),
    *(
        Style(
            " ".join(forms),
            [f"{form} {text}" for form, text in zip(forms, _LETTERS, strict=True)],
            [f"{form} {text}" for form, text in zip(forms, _LETTER_ANSWERS, strict=True)],
            _each(_LETTERS, _LETTER_ANSWERS),
        )
        for forms in (
            ("1.a)", "1.b)", "2.a)", "2.b)"),
            ("1a.", "1b.", "2a.", "2b."),
            ("1.a)", "b)", "2.a)", "b)"),
            ("1. a)", "b)", "2. a)", "b)"),
        )
    ),
    Style(
        "letters onder een nummer",
        [f"1. {ASKED[0]} Graag opgesplitst:", "a) naar geslacht?", "b) naar provincie?", f"2. {ASKED[1]}"],
        [f"1. {SAID[0]}", "a) 80 vrouwen en 84 mannen.", "b) 60 in Antwerpen.", f"2. {SAID[1]}"],
        [(ASKED[0], [SAID[0], "80 vrouwen", "60 in Antwerpen"]), (ASKED[1], [SAID[1]])],
    ),
    Style(
        "zonder nummer",
        ["Hoeveel werknemers stroomden in 2020 door?"],
        [SAID[0], SAID[1]],
        [("Hoeveel werknemers", SAID[:2])],
    ),
    Style(
        "lijst in de inleiding",
        ["Er zijn drie maatregelen:", *_labelled("{}.", _LIST), "Mijn vragen zijn:", *QUESTIONS],
        _labelled("{}."),
        _each(),
    ),
    Style(
        "lijst in een antwoord",
        QUESTIONS,
        [f"1. {SAID[0]} Dat komt door drie maatregelen:", *_labelled("{}.", _LIST), f"2. {SAID[1]}", f"3. {SAID[2]}"],
        [(ASKED[0], [SAID[0], *_LIST]), (ASKED[1], [SAID[1]]), (ASKED[2], [SAID[2]])],
    ),
    Style("zonder vraagteken", _labelled("{}.", _PLEASE), _labelled("{}."), _each(_PLEASE)),
    Style(
        "een antwoord ontbreekt",
        QUESTIONS,
        [f"1. {SAID[0]}", f"3. {SAID[2]}"],
        [(ASKED[0], [SAID[0]]), (ASKED[1], []), (ASKED[2], [SAID[2]])],
    ),
    Style(
        "vragen herhaald",
        QUESTIONS,
        [p for q, a in zip(_labelled("{}.", ASKED), SAID, strict=True) for p in (q, a)],
        _each(),
    ),
    Style(
        "aanvullend",
        QUESTIONS,
        ["1. Deze gegevens worden opgevraagd.", f"2. {SAID[1]}", f"3. {SAID[2]}"],
        [(ASKED[0], ["worden opgevraagd", SAID[0]]), (ASKED[1], [SAID[1]]), (ASKED[2], [SAID[2]])],
        supplement=[f"1. {SAID[0]}"],
    ),
    Style("gecoördineerd", QUESTIONS, _labelled("{}."), _each(), others=(("131", "De Wael"), ("244", "Moerman"))),
    Style("niet per vraag", QUESTIONS, [SAID[0], SAID[1]], together=True),
)


@dataclass(frozen=True)
class Made:
    """A made question with what is true of it."""

    style: Style
    title: str
    number: str
    date: datetime.date
    session: str
    member: str
    minister: str
    pages: list[list[tuple[str, bool, bool]]]  # line, whether it is bold, whether a paragraph starts with it

    def text(self, *, dense: bool = False) -> str:
        """As plain text, a form feed between pages; dense has no blank lines between paragraphs."""
        return "\f".join(
            "".join(("\n" if starts and not dense else "") + line + "\n" for line, _, starts in page)
            for page in self.pages
        )

    def word(self) -> WordDocument:
        """As a Word document, bold where the print is."""
        document = docx.Document()
        for page in self.pages:
            for line, bold, starts in page:
                paragraph = document.add_paragraph() if starts else document.paragraphs[-1]
                paragraph.add_run(line if starts else f" {line}").bold = bold
        return document

    def pdf(self) -> bytes:
        """As printed pages."""
        drawn = []
        for page in self.pages:
            y, items = 800.0, []
            for line, bold, starts in page:
                y -= 26 if starts else 14
                items.append(Text(60, y, line, 11, bold))
            drawn.append(items)
        return draw_pdf(drawn)


def make(i: int) -> Made:
    """Make question i."""
    style = STYLES[i % len(STYLES)]
    (member, member_name), (minister, minister_name, role) = _MEMBERS[i % 4], _MINISTERS[i % 3]
    subject, (day, month, year), number = _SUBJECTS[i % 4], _DAYS[i % 6], str(12 + 37 * i)
    date = f"{day} {list(MONTHS)[month - 1]} {year}"
    other_numbers = "".join(f", nr. {n} van {date}" for n, _ in style.others)
    asked = [
        *_block("SCHRIFTELIJKE VRAAG", bold=True),
        *_block(f"nr. {number} van {member}"),
        *_block(f"datum: {date}"),
        *_block(f"aan {minister}"),
        *_block(role),
        *_block(subject, bold=True),
        *_block(INTRODUCTION),
        *(line for paragraph in style.questions for line in _block(paragraph)),
    ]
    ministers = minister_name
    if style.others:
        listed = " en ".join(f"{name} (vraag nr. {n})" for n, name in style.others)
        asked += _block(f"Deze vraag werd gesteld aan de ministers {minister_name} (vraag nr. {number}), {listed}.")
        ministers = ", ".join([minister_name, *(name for _, name in style.others)])

    def answer(sort: str, when: str, paragraphs: Sequence[str]) -> list[tuple[str, bool, bool]]:
        return [
            *_block(minister, bold=True),
            *_block(role),
            *_block(sort, bold=True),
            *_block(f"op vraag nr. {number} van {date}{other_numbers}"),
            *_block(f"van {member}"),
            *(_block(f"datum: {when}") if when else []),
            *(line for paragraph in paragraphs for line in _block(paragraph)),
        ]

    pages = [asked, answer("GECOÖRDINEERD ANTWOORD" if style.others else "ANTWOORD", "", style.answers)]
    if style.supplement:
        pages.append(answer("AANVULLEND ANTWOORD", "3 maart 2023", style.supplement))
    return Made(
        style,
        subject,
        ", ".join([number, *(n for n, _ in style.others)]),
        datetime.date(year, month, day),
        _SESSIONS[i % 6],
        member_name,
        ministers,
        pages,
    )


def _block(text: str, *, bold: bool = False) -> list[tuple[str, bool, bool]]:
    """A paragraph in lines of at most 90 characters."""
    lines: list[str] = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > 88:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [(line, bold, k == 0) for k, line in enumerate(lines)]

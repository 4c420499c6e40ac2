"""The dossier as a Word file to work on: sub-questions as headings, citations as footnotes."""

from api.ask_schemas import CitationOut
from api.dossier import TOO_MANY, DossierOut, EarlierOut, PartOut
from api.web.flow import GONE, flowed
from api.word import WordFile
from index.answer.answer import Look


def to_word(dossier: DossierOut, base_url: str = "") -> bytes:
    """Return a dossier as a Word file; addresses of sources begin with that of the server."""
    file = WordFile(dossier.subject or "Dossier bij een schriftelijke vraag")
    if dossier.member or dossier.ministers:
        by = f" van {dossier.member}" if dossier.member else ""
        to = f" aan {', '.join(dossier.ministers)}" if dossier.ministers else ""
        file.paragraph(f"Vraag{by}{to}.")
    file.lead(dossier.coverage)
    if dossier.left_out:
        file.paragraph(TOO_MANY)
    if dossier.introduction:
        file.heading("Inleiding van de vraag", 1)
        file.paragraph(dossier.introduction)
    for part in dossier.parts:
        _write(file, part, base_url)
    return file.to_bytes()


def _write(file: WordFile, part: PartOut, base_url: str) -> None:
    file.heading(part.question, 1)
    file.lead(part.found.value.capitalize())
    for title, several in (("Eerder beantwoord", part.same), ("Andere vragen hierover", part.related)):
        if several:
            file.heading(title, 2)
        for one in several:
            _earlier(file, one, base_url)
        if several is part.same and part.passages:
            sure = part.look is Look.SURE
            file.heading("Passages die antwoorden" if sure else "Passages die misschien antwoorden", 2)
            for citation in part.passages:
                _quote(file, citation, base_url)
    if part.missing:
        file.paragraph(f"Ontbreekt: in wat hier staat, komt niet voor: {', '.join(part.missing)}.")


def _earlier(file: WordFile, one: EarlierOut, base_url: str) -> None:
    pair = one.answer.pair
    who = [
        f"{one.answer.date:%d/%m/%Y}" if one.answer.date else "zonder datum",
        *([pair.minister] if pair and pair.minister else []),
        *(["zelfde minister"] if one.same_minister else []),
        f"kans dat het dezelfde vraag is: {100 * one.same_question:.0f} %",
    ]
    file.paragraph(f"Gevraagd: “{one.question}” ({', '.join(who)})")
    _quote(file, one.answer, base_url)


def _quote(file: WordFile, citation: CitationOut, base_url: str) -> None:
    link = base_url + citation.url
    file.cited(flowed(citation.quote).replace(GONE, ""), (f"{citation.reference}. {link}", link))
    if citation.later:
        file.paragraph(f"Geldt dit nog? Nieuwer document over hetzelfde: {citation.later.reference}.")

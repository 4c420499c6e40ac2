"""Written questions in the layout of the Flemish Parliament: facts, pairs, and what is none."""

import datetime
from pathlib import Path

import docx
import pytest

from index.answer.citation import reference
from ingest.asked import read_asked
from ingest.document import AnswerStatus, Kind
from ingest.files import read_document
from ingest.question_letter import read_letter
from ingest.questions import QAPair, pair_questions
from ingest.read import read_file
from tests.ingest.parliament import SAID, STYLES, Made, make

MADE = [make(i) for i in range(len(STYLES))]
DENSE = ".dense.txt"  # no blank lines
UNNUMBERED = ("zonder nummer", "niet per vraag")


def write(made: Made, folder: Path, suffix: str) -> Path:
    path = folder / f"sv{suffix}"
    if suffix == ".pdf":
        path.write_bytes(made.pdf())
    elif suffix == ".docx":
        made.word().save(str(path))
    else:
        path.write_text(made.text(dense=suffix == DENSE), encoding="utf-8")
    return path


def read_pairs(path: Path) -> list[tuple[QAPair, str, list[str]]]:
    """Pairs with their questions and their answers."""
    blocks = read_file(path).blocks

    def text(parts: tuple[tuple[int, int], ...]) -> str:
        return " ".join(" ".join(block.text.split()) for part in parts for block in blocks[slice(*part)])

    return [
        (pair, text(pair.questions), [text((answer.blocks,)) for answer in pair.answers])
        for pair in pair_questions(blocks)
    ]


def test_there_are_thirty_of_them() -> None:
    assert len(MADE) >= 30


@pytest.mark.parametrize("suffix", [".txt", DENSE, ".pdf", ".docx"])
@pytest.mark.parametrize("made", MADE, ids=[style.name for style in STYLES])
def test_facts_and_pairs(made: Made, suffix: str, tmp_path: Path) -> None:
    if suffix == DENSE and made.style.name in UNNUMBERED:
        pytest.skip("without numbers and blank lines nothing parts question and letterhead")
    path = write(made, tmp_path, suffix)
    document = read_document(path)
    metadata = document.metadata
    assert metadata.kind is Kind.SCHRIFTELIJKE_VRAAG
    assert (metadata.title, metadata.number, metadata.date) == (made.title, made.number, made.date)
    assert (metadata.session, metadata.member, metadata.minister) == (made.session, made.member, made.minister)
    session = f"{made.session[:5]}{made.session[-2:]}"
    cited = f"{made.title}, Vr. en Antw. Vl.Parl. {session}, nr. {made.number}, {made.date:%d/%m/%Y} ({made.member})"
    assert reference(document, document.passages[-1]).startswith(cited)

    pairs = read_pairs(path)
    if made.style.together:
        assert [pair.title for pair, _, _ in pairs][-1] == "Antwoord op vragen 1 tot 3 (niet per vraag genummerd)"
        assert not any(pair.questions and pair.answers for pair, _, _ in pairs)
    for asked, expected in made.style.pairs:
        own = [answers for _, question, answers in pairs if asked in question]
        assert len(own) == 1, asked
        joined = " ".join(own[0])
        assert [answer for answer in SAID if answer in joined] == [answer for answer in SAID if answer in expected]
        assert all(words in joined for words in expected) and bool(joined) == bool(expected)
    for _, question, answers in pairs:
        parts = answers if suffix == DENSE else [question, *answers]  # there the last question runs into the sentence
        assert not any("ANTWOORD" in part or "MINISTER" in part or "gesteld aan" in part for part in parts)


@pytest.mark.parametrize("made", MADE, ids=[style.name for style in STYLES])
def test_a_precedent_tells_question_and_answer_apart(made: Made, tmp_path: Path) -> None:
    document = read_document(write(made, tmp_path, ".pdf"))
    for asked, expected in made.style.pairs:
        if not expected:
            continue
        passage = next(p for p in document.passages if asked in " ".join(document.quote(p.spans).split()))
        pair = document.pair_of(passage)
        assert pair is not None
        question, answer = (" ".join(document.quote(spans).split()) for spans in (pair.question, pair.answer))
        assert asked in question
        assert all(words in answer and words not in question for words in expected)


def test_a_supplementary_answer_has_its_own_status_and_date(tmp_path: Path) -> None:
    made = next(made for made in MADE if made.style.supplement)
    for suffix in (".txt", ".pdf"):
        (pair, _, _), *others = read_pairs(write(made, tmp_path, suffix))
        assert [(a.status, a.date) for a in pair.answers] == [
            (AnswerStatus.PROVISIONAL, None),
            (AnswerStatus.SUPPLEMENTARY, datetime.date(2023, 3, 3)),
        ]
        assert all(answer.status is AnswerStatus.FINAL for other, _, _ in others for answer in other.answers)


def test_a_joint_answer_names_all_ministers_and_an_introduction_is_known(tmp_path: Path) -> None:
    made = next(made for made in MADE if made.style.others)
    path = write(made, tmp_path, ".pdf")
    blocks = read_file(path).blocks
    letter = read_letter(blocks)
    assert letter and letter.ministers == tuple(made.minister.split(", "))
    for pair, _, _ in read_pairs(path):
        assert [block.text[:18] for block in blocks[slice(*pair.introduction)]] == ["De Vlaamse overheid"[:18]]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("Ik verwijs naar het antwoord van minister Moerman op vraag nr. 12.", AnswerStatus.REFERRED),
        ("Dit behoort tot de bevoegdheid van de federale overheid.", AnswerStatus.REFERRED),
        ("De cijfers worden momenteel opgevraagd.", AnswerStatus.PROVISIONAL),
        ("Er zijn er 12.", AnswerStatus.FINAL),
    ],
)
def test_the_status_of_an_answer(said: str, status: AnswerStatus, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"Vragen\n\n1. Hoeveel?\n\n2. Waarom?\n\nAntwoord\n\n1. {said}\n\n2. Daarom.\n", encoding="utf-8")
    pairs = read_pairs(path)
    assert [pair.answers[0].status for pair, _, _ in pairs] == [status, AnswerStatus.FINAL]


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("BIJLAGE", "bijlage"),
        ("Bijlagen", "bijlage"),
        ("Bijlage 1", "bijlage"),
        ("**Bijlage 2: plaatsen**", "bijlage"),
        ("Bijlage - Plaatsen", "bijlage"),
        ("Bijlage 1 toont de plaatsen.", "vraag en antwoord 2"),
    ],
)
def test_an_annex_is_no_part_of_the_last_answer(line: str, part: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    asked = "Vragen\n\n1. Hoeveel?\n\n2. Waarom?\n\nAntwoord\n\n1. Tien.\n\n2. Daarom."
    path.write_text(f"{asked}\n\n{line}\n\nGemeente\tPlaatsen\nAalst\t12\n", encoding="utf-8")
    document = read_document(path)
    assert reference(document, document.passages[-2 if part != "bijlage" else -1]).split(", ")[1] == part
    assert ("Aalst" in document.quote(document.pairs[-1].answer)) == (part != "bijlage")


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("uw kenmerk: - ons kenmerk: AB/2021/7 datum: 9 maart 2021", datetime.date(2021, 3, 9)),
        ("Ons kenmerk:\tDatum: 9 maart 2021\tBijlagen: 2", datetime.date(2021, 3, 9)),
        ("Contact: An Peeters uiterste datum: 9 maart 2021", None),
        ("Dossier: de zitting met datum 9 maart 2021", None),
    ],
)
def test_a_line_of_several_labels_gives_the_date_of_a_letter(
    line: str, date: datetime.date | None, tmp_path: Path
) -> None:
    path = tmp_path / "brief.txt"
    path.write_text(f"Dienst Bomen\n\n{line}\n\nBetreft: snoeiwerken\n\nWij snoeien de linden.\n", encoding="utf-8")
    assert read_document(path).metadata.date == date


MINUTES = """Verslag van de werkgroep arbeidszorg

Agenda

1. Hoeveel plaatsen zijn er nog vrij?
2. Wie neemt het secretariaat over?

{between}

1. De voorzitter belt het departement op.
2. De secretaris boekt een zaal voor juni.
"""


@pytest.mark.parametrize(
    "between",
    [
        "Bespreking\n\nDe leden overlopen de agenda.\n\nActies",
        "Acties",
        "De leden bespraken dit en spraken af:",
        "Schriftelijke vragen\n\nEr waren geen schriftelijke vragen.\n\nAntwoorden van de leden",
        "Het antwoord van de minister op de vraag komt later.\n\nActies",
    ],
)
def test_minutes_hold_no_questions_with_answers(between: str, tmp_path: Path) -> None:
    path = tmp_path / "verslag.txt"
    path.write_text(MINUTES.format(between=between), encoding="utf-8")
    document = read_document(path)
    assert document.metadata.kind is Kind.VERSLAG
    assert not pair_questions(read_file(path).blocks)
    assert not any("Vraag" in passage.section[-1] for passage in document.passages if passage.section)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            "Nota aan de leden\n\nHet verslag werd opgesteld door de dienst en\nverslag uitgebracht aan het bestuur.",
            Kind.ANDERE,
        ),
        ("Nota\n\nDit verslag van de dienst is voorlopig.", Kind.ANDERE),
        ("Verslag\n\nvan de vergadering", Kind.VERSLAG),
        ("Integraal verslag van de commissie\n\nTekst.", Kind.VERSLAG),
        ("Verslag van de vergadering van 3 mei 2021\n\nTekst.", Kind.VERSLAG),
        ("Verslag stuurgroep maatwerk\n\nTekst.", Kind.VERSLAG),
        ("Werkgroep arbeidszorg: verslag van 3 mei 2021\n\nTekst.", Kind.VERSLAG),
        ("Notulen van het directiecomité\n\nTekst.", Kind.VERSLAG),
        ("Klankbordgroep maatwerk\n\nDatum: 3 mei 2021\n\nAanwezig: An Peeters, Jo Maes\n\nTekst.", Kind.VERSLAG),
        ("Nota aan de leden\n\nBijlage: verslag van de werkgroep\n\nTekst.", Kind.ANDERE),
        ("Conceptnota buurtzorg: bijsturing\n\nTekst.", Kind.CONCEPTNOTA),
        ("Omzendbrief – noodplannen\n\nTekst.", Kind.OMZENDBRIEF),
        ("Conceptnota's buurtzorg\n\nTekst.", Kind.ANDERE),
        ("Nota aan de leden\n\nDatum: 3 mei 2021\n\nDe leden die aanwezig waren, stemden in.", Kind.ANDERE),
    ],
)
def test_a_report_is_one_by_its_title(text: str, kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    assert read_document(path).metadata.kind is kind


INCOMING = """SCHRIFTELIJKE VRAAG

nr. 86
van WOUT VAN DER LINDEN
datum: 4 oktober 2021
{to}

Arbeidszorg - Wachtlijsten

Er wachten mensen op een plaats.

1. Hoeveel wachten er?
2. Waarom?
"""


@pytest.mark.parametrize(
    ("to", "minister"),
    [
        ("aan minister HOMBEEK", "Hombeek"),
        ("aan minister Hombeek", "Hombeek"),
        ("aan Vlaams minister VAN DEN BOCK", "Van den Bock"),
        ("aan minister Lieve HOMBEEK", "Lieve Hombeek"),
        ("aan HOMBEEK\nVLAAMS MINISTER VAN WERK", "Hombeek"),
        ("aan mevrouw HOMBEEK, Vlaams minister van Werk", "Hombeek"),
        ("aan ministers HOMBEEK en DE COSTERE", "Hombeek, De Costere"),
        ("aan de minister van Werk", None),
        ("AAN DE VLAAMSE MINISTER VAN WERK", None),
    ],
)
def test_a_minister_may_have_a_surname_only(to: str, minister: str | None, tmp_path: Path) -> None:
    path = tmp_path / "sv.txt"
    path.write_text(INCOMING.format(to=to), encoding="utf-8")
    metadata = read_document(path).metadata
    assert (metadata.minister, metadata.title) == (minister, "Arbeidszorg - Wachtlijsten")
    assert ", ".join(read_asked(path.read_text(encoding="utf-8")).ministers) == (minister or "")


@pytest.mark.parametrize("suffix", [".txt", ".docx"])
def test_a_table_gives_no_title(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"plaatsen-2023{suffix}"
    rows = [["Provincie", "Plaatsen"], ["Antwerpen", "61"], ["Limburg", "48"]]
    if suffix == ".txt":
        path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    else:
        word = docx.Document()
        table = word.add_table(rows=3, cols=2)
        for row, texts in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
        word.save(str(path))
    assert read_document(path).metadata.title == "plaatsen-2023"


@pytest.mark.parametrize(
    ("cover", "title", "minister"),
    [
        (
            "Beleidsbrief\n\ningediend door viceminister-president Lieve Hombeek\n\nSociale Economie 2017-2018",
            "Beleidsbrief Sociale Economie 2017-2018",
            "Lieve Hombeek",
        ),
        (
            "Beleidsnota\n\nWerk en Sociale Economie\n\n2019-2024\n\ningediend door mevrouw Lieve Hombeek,\n"
            "Vlaams minister van Werk",
            "Beleidsnota Werk en Sociale Economie 2019-2024",
            "Lieve Hombeek",
        ),
        (
            "Vlaams\nParlement\n\nBeleidsbrief\n\nSociale Economie\n\nBeleidsprioriteiten 2011-2012\n\n"
            "ingediend door de heer Karel Van den Bock, minister-president van de Vlaamse Regering",
            "Beleidsbrief Sociale Economie 2011-2012",
            "Karel Van den Bock",
        ),
    ],
)
def test_a_cover_page_gives_title_and_minister(cover: str, title: str, minister: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"1328 (2017-2018) – Nr. 1\n\n{cover}\n\n1. Inleiding\n\nDe tekst begint hier.\n", encoding="utf-8")
    metadata = read_document(path).metadata
    assert (metadata.title, metadata.minister, metadata.number) == (title, minister, "1328/1")


@pytest.mark.parametrize(
    ("title", "date"),
    [
        ("Decreet van 12 juli 2013 betreffende maatwerk bij collectieve inschakeling", "2013-07-12"),
        ("Besluit van de Vlaamse Regering van 17 februari 2017 tot uitvoering van het decreet maatwerk", "2017-02-17"),
        ("Verslag van de werkgroep van 12 maart 2020", "2020-03-12"),
        ("Omzendbrief WSE/2020/1 van 2 maart 2020 over de loonpremie", "2020-03-02"),
        ("Advies over het decreet van 12 juli 2013", None),
        ("Besluit van de Vlaamse Regering tot wijziging van het besluit van 17 februari 2017", None),
        ("Besluit van 17 februari 2017 tot wijziging van het decreet van 12 juli 2013", None),
        ("Verslag van de periode van 1 januari 2020", None),
        ("Toelichting van 12 maart 2020", None),
        ("Verslag van 31 februari 2020", None),
    ],
)
def test_a_title_that_names_its_own_day_gives_the_document_that_date(
    title: str, date: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "stuk.txt"
    path.write_text(f"{title}\n\nDe Vlaamse Regering kan subsidies toekennen.\n", encoding="utf-8")
    found = read_document(path).metadata
    assert (found.title, found.date and found.date.isoformat()) == (title, date)


@pytest.mark.parametrize("number", ["Pagina 1 van 4", "blz. 1", "p. 1/4", "Geachte heer, mevrouw,"])
def test_a_page_number_or_greeting_is_no_title(number: str, tmp_path: Path) -> None:
    path = tmp_path / "brief.txt"
    path.write_text(f"{number}\n\nOproep aan maatwerkbedrijven\n\nDien uw aanvraag in.\n", encoding="utf-8")
    assert read_document(path).metadata.title == "Oproep aan maatwerkbedrijven"

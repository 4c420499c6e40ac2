"""Mail: what its sender says that day, apart from what was said before."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from ingest.document import Block, BlockKind
from ingest.read import read_file

OWN = "De bus naar het atelier vertrekt voortaan om zeven uur."
OLDER = "Vertrekt de bus om acht uur?"
HEADS = "Van: Bea <bea@voorbeeld.be>\nVerzonden: vrijdag 5 april 2024 9:12\nAan: An\nOnderwerp: Bus"
WROTE = "Op vr 5 apr 2024 om 09:12 schreef Bea Janssens\n<bea@voorbeeld.be>:"


def blocks_of(tmp_path: Path, plain: str, html: str = "") -> list[Block]:
    """Read a mail with this text below its heads."""
    mail = EmailMessage()
    mail["Subject"], mail["From"] = "RE: Bus", "An <an@voorbeeld.be>"
    mail.set_content(plain or html, subtype="plain" if plain else "html")
    if plain and html:
        mail.add_alternative(html, subtype="html")
    (tmp_path / "a.eml").write_bytes(mail.as_bytes())
    return list(read_file(tmp_path / "a.eml").blocks[2:])


def said(tmp_path: Path, plain: str, html: str = "") -> dict[str, list[str]]:
    """What such a mail says below each heading; "" is none."""
    heads: dict[str, list[str]] = {"": []}
    for block in blocks_of(tmp_path, plain, html):
        if block.kind is BlockKind.HEADING:
            heads.setdefault(block.text, [])
        else:
            heads[[*heads][-1]].append(" ".join(block.text.split()))
    return heads


@pytest.mark.parametrize(
    "stub", ["Uw programma kan dit bericht niet tonen.", "Bekijk de online versie van dit bericht."]
)
def test_html_is_read_where_the_plain_text_only_stands_in(tmp_path: Path, stub: str) -> None:
    assert said(tmp_path, stub, f"<p>{OWN}</p>")[""] == [OWN]


@pytest.mark.parametrize("html", [f"<p>{OWN}</p><p>Groeten</p>", "<p>Bekijk online.</p>", "<!-- -->"])
def test_the_plain_text_is_read_where_it_says_as_much(tmp_path: Path, html: str) -> None:
    assert said(tmp_path, f"{OWN}\n\nGroeten", html)[""] == [OWN, "Groeten"]


@pytest.mark.parametrize(
    "begin",
    [
        HEADS,
        WROTE,
        f"-----Oorspronkelijk bericht-----\n{HEADS}",
        f"-------- Doorgestuurd bericht --------\n\n{HEADS}",
        "Op 5 april 2024 om 9:12 heeft Bea <bea@voorbeeld.be> het volgende geschreven:",
        "On Fri, 5 Apr 2024 at 09:12, Bea <bea@voorbeeld.be> wrote:",
        "Le ven. 5 avr. 2024 à 09:12, Bea <bea@voorbeeld.be> a écrit :",
    ],
)
@pytest.mark.parametrize("mark", ["", "> "])
def test_an_earlier_mail_is_a_section_of_its_own(tmp_path: Path, begin: str, mark: str) -> None:
    found = said(tmp_path, f"{OWN}\n{begin}\n\n{mark}{OLDER}\n{mark}Groeten")
    assert list(found) == ["", "Eerder bericht"]
    assert found[""] == [OWN] and found["Eerder bericht"][-1] == f"{OLDER} Groeten"
    assert not any("bericht--" in text for text in found["Eerder bericht"])


def test_an_earlier_mail_in_html_is_a_section_of_its_own(tmp_path: Path) -> None:
    heads = HEADS.replace("<", "&lt;").replace("\n", "<br>")
    found = blocks_of(tmp_path, "", f"<p>{OWN}</p><div>{heads}</div><h1>Uren</h1><p>{OLDER}</p>")
    assert [(block.text, block.level) for block in found if block.kind is BlockKind.HEADING] == [
        ("Eerder bericht", 2),
        ("Uren", 3),
    ]
    assert (found[0].text, found[-1].text) == (OWN, OLDER)


def test_what_is_said_below_marked_lines_is_of_the_sender(tmp_path: Path) -> None:
    found = said(tmp_path, f"{WROTE}\n> {OLDER}\n> Of om\n>\n> > negen uur?\n\n{OWN}\n\n-- \nAn\nChauffeur")
    assert found["Eerder bericht"][1:] == [f"{OLDER} Of om", "negen uur?"]
    assert found["Dit bericht"] == [OWN]


def test_a_signature_ends_the_text(tmp_path: Path) -> None:
    found = said(tmp_path, f"{OWN}\n\n-- \nAn Peeters\n\nHandelskaai 1\n\n{HEADS}\n\n{OLDER}\n")
    assert found[""] == [OWN] and found["Eerder bericht"][-1] == OLDER


def test_lists_and_labels_keep_their_lines(tmp_path: Path) -> None:
    fares = "Rit: 3 euro\nAbonnement: 9 euro\nper maand"
    lists = "- heen\n- terug,\n  ook laat\n1. Boeken\n2. Betalen"
    assert said(tmp_path, f"{OWN.replace(' vertrekt ', chr(10) + 'vertrekt ')}\n{fares}\n{lists}\n\nMvg,\nAn")[""] == [
        OWN,
        "Rit: 3 euro",
        "Abonnement: 9 euro per maand",
        "- heen",
        "- terug, ook laat",
        "1. Boeken",
        "2. Betalen",
        "Mvg, An",
    ]


@pytest.mark.parametrize(
    ("lines", "blocks"),
    [
        ("Halte   2020  2021\nGent     120   130\nAalst     80    90", 1),
        ("-- Gent: 120 ritten\n-- Aalst: 80 ritten", 1),
        ("De bus naar het atelier\nvertrekt om zeven uur.\u200b", 1),
        ("Halte\t2020\nGent\t120", 2),
    ],
)
def test_lines_and_columns_stay_as_in_a_text_file(tmp_path: Path, lines: str, blocks: int) -> None:
    found = blocks_of(tmp_path, f"Dag,\n\n{lines}\n\nAn")[1:-1]
    (tmp_path / "a.txt").write_text(f"Dag,\n\n{lines}\n\nAn", encoding="utf-8")
    assert [(block.kind, block.text) for block in found] == [
        (block.kind, block.text.strip("\u200b")) for block in read_file(tmp_path / "a.txt").blocks[1:-1]
    ]
    assert len(found) == blocks


@pytest.mark.parametrize(
    "line",
    [
        "Op 3 mei 2022 schreef de raad al dat de bus blijft.",
        "Van: zie hierboven.",
        "Let op: de bus rijdt niet op zondag.",
    ],
)
def test_a_sentence_is_no_earlier_mail(tmp_path: Path, line: str) -> None:
    assert said(tmp_path, f"{line}\n\n{OWN}") == {"": [line, OWN]}


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("; charset=iso-8859-1", "cp1252"), ("; charset=us-ascii", "utf-8"), ("", "utf-8"), ("; charset=x", "cp1252")],
)
def test_letters_are_right_whatever_the_mail_says_of_its_encoding(tmp_path: Path, charset: str, encoding: str) -> None:
    text = f"Content-Type: text/plain{charset}\n\nEén premie – van € 5."
    (tmp_path / "a.eml").write_bytes(text.encode(encoding))
    assert read_file(tmp_path / "a.eml").blocks[-1].text == "Eén premie – van € 5."


def test_the_heads_are_given_as_they_are_written(tmp_path: Path) -> None:
    heads = ("Eén bus", "Team [Bus] <bus@voorbeeld.be>", "Maes, An; Claes, Bea", '=?utf-8?Q?Ren=C3=A9?= "')
    lines = zip(("Subject", "From", "to", "CC"), heads, strict=True)
    text = "".join(f"{name}: {value}\n" for name, value in lines) + f"\n{OWN}\n"
    (tmp_path / "a.eml").write_text(text, encoding="utf-8")
    found = [block.text for block in read_file(tmp_path / "a.eml").blocks]
    assert found == [heads[0], f"Van: {heads[1]}", f"Aan: {heads[2]}", 'Kopie: René "', OWN]


@pytest.mark.parametrize("html", [False, True])
def test_text_below_an_attachment_is_read(tmp_path: Path, html: bool) -> None:
    mail = EmailMessage()
    mail.set_content("<p>Zie de foto.</p>" if html else "Zie de foto.", subtype="html" if html else "plain")
    mail.add_attachment(b"x", "image", "png", filename="bus.png")
    mail.add_attachment(OWN)
    del list(mail.iter_parts())[-1]["Content-Disposition"]  # as Apple's Mail writes it
    mail.add_attachment("Een bijlage.", filename="a.txt")
    inner = EmailMessage()
    inner["Subject"] = "Vraag over de bus"
    inner.set_content("Rijdt hij?")
    mail.add_attachment(inner)
    (tmp_path / "a.eml").write_bytes(mail.as_bytes())
    content = read_file(tmp_path / "a.eml")
    assert [block.text for block in content.blocks[1:]] == ["Zie de foto.", OWN]
    assert [note.split("'")[1] for note in content.notes] == ["bus.png", "a.txt", "Vraag over de bus"]


@pytest.mark.parametrize("kinds", [("plain", "html"), ("html", "plain"), ("html", "html"), ("plain", "plain")])
def test_parts_that_follow_each_other_are_all_read(tmp_path: Path, kinds: tuple[str, str]) -> None:
    mail = EmailMessage()
    mail.make_mixed()
    for kind, said in zip(kinds, (OWN, "Dit bericht is vertrouwelijk."), strict=True):
        part = EmailMessage()
        part.set_content(said, subtype=kind)
        mail.attach(part)
    (tmp_path / "a.eml").write_bytes(mail.as_bytes())
    content = read_file(tmp_path / "a.eml")
    assert [block.text for block in content.blocks[1:]] == [OWN, "Dit bericht is vertrouwelijk."]
    assert not content.notes

"""Footnotes and endnotes of Word: below the section of their mark, with the number that Word shows there."""

from pathlib import Path

from ingest.document import BlockKind
from ingest.files import read_document
from ingest.read import read_file
from tests.ingest.test_word import cell, par, run, table, write_word

MARK = "<w:r><w:{}Reference w:id='{}'{}/></w:r>"
HEAD = "<w:outlineLvl w:val='0'/>"
KEPT = "De kosten van de pendelbus worden gedeeld door de gemeenten waar ze een halte heeft."


def foot(number: int, more: str = "") -> str:
    return MARK.format("footnote", number, more)


def end(number: int) -> str:
    return MARK.format("endnote", number, "")


def written(kind: str, **notes: str) -> str:
    return "".join(f"<w:{kind} w:id='{key[1:]}' w:type='normal'>{par(text)}</w:{kind}>" for key, text in notes.items())


def test_notes_stand_below_the_section_of_their_mark(tmp_path: Path) -> None:
    body = par("Haltes", properties=HEAD) + par(KEPT, foot(7)) + table(["Kerkplein", cell(par("12", foot(5)))])
    body += par("Slot van de haltes.") + par("Uren", properties=HEAD) + par(KEPT, end(3))
    notes = written("footnote", n5="In het weekend niet.", n7="Niet in mei.")
    path = write_word(tmp_path / "a.docx", body, footnotes=notes, endnotes=written("endnote", n3="Volgens plan."))
    assert [(b.text if b.kind is BlockKind.NOTE else b.kind) for b in read_file(path).blocks] == [
        BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.ROW, BlockKind.PARAGRAPH, "1 Niet in mei.",
        "2 In het weekend niet.", BlockKind.HEADING, BlockKind.PARAGRAPH, "i Volgens plan.",
    ]  # fmt: skip
    sections = {passage.section for passage in read_document(path).passages}
    assert sections >= {("Haltes", "Voetnoten"), ("Uren", "Voetnoten")}


def test_notes_have_the_numbers_that_word_shows(tmp_path: Path) -> None:
    deleted = f"<w:del>{foot(1)}</w:del>"
    own = foot(2, " w:customMarkFollows='1'")
    body = par(KEPT, deleted, own, "*", foot(3), foot(4), end(8), end(9))
    body += "<w:sectPr><w:endnotePr><w:numFmt w:val='upperLetter'/></w:endnotePr></w:sectPr>"
    parts = {
        "footnotes": written("footnote", n1="Vervallen.", n2="* Eigen teken.", n3="Derde.", n4="Vierde."),
        "endnotes": written("endnote", n9="Laatste.", n8="Voorlaatste."),
        "settings": "<w:footnotePr><w:numStart w:val='6'/></w:footnotePr>"
        "<w:endnotePr><w:numFmt w:val='decimal'/></w:endnotePr>",
    }
    blocks = read_file(write_word(tmp_path / "a.docx", body, **parts)).blocks
    assert [block.text for block in blocks if block.kind is BlockKind.NOTE] == [
        "* Eigen teken.", "6 Derde.", "7 Vierde.", "A Voorlaatste.", "B Laatste.",
    ]  # fmt: skip


def test_a_note_makes_no_heading_of_the_bold_line_that_it_belongs_to(tmp_path: Path) -> None:
    body = par("Haltes", properties=HEAD) + par(KEPT) + par(run("Voor het bestuur", "<w:b/>"), foot(1))
    blocks = read_file(write_word(tmp_path / "a.docx", body, footnotes=written("footnote", n1="Tot mei."))).blocks
    assert [block.kind for block in blocks[2:]] == [BlockKind.PARAGRAPH, BlockKind.NOTE]

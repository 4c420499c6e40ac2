"""RTF: what Word shows of it, and its notes."""

from pathlib import Path

import pytest

from ingest.document import BlockKind
from ingest.read import read_file

NOTE = r"{\super\chftn{\footnote%s\pard\plain {\super\chftn} %s\par}}"


def read(tmp_path: Path, body: str) -> list[tuple[BlockKind, str]]:
    path = tmp_path / "a.rtf"
    path.write_text(rf"{{\rtf1\ansi\ansicpg1252{{\fonttbl{{\f0 Arial;}}}}{body}}}")
    return [(block.kind, block.text) for block in read_file(path).blocks]


@pytest.mark.parametrize(
    "body",
    [
        r"De bus {\v geheim \u8364? 5} rijdt.",
        r"De bus \v geheim\'e9\tab x\v0  rijdt.",
        r"De bus {\deleted\b oud} rijdt.",
        r"De bus {\v geheim {\b ook} dit}\plain\v x\plain  rijdt.",
        r"De bus {\v geheim" + NOTE % ("", "ook") + r"} rijdt.",
    ],
)
def test_hidden_and_deleted_text_is_left_out(tmp_path: Path, body: str) -> None:
    assert read(tmp_path, rf"Eerst.\par {body}\par {{\v weg\par}}Slot.") == [
        (BlockKind.PARAGRAPH, "Eerst."),
        (BlockKind.PARAGRAPH, "De bus rijdt."),
        (BlockKind.PARAGRAPH, "Slot."),
    ]


def test_a_number_that_wordpad_writes_before_an_item_is_kept(tmp_path: Path) -> None:
    body = r"\pard{\pntext\f0 1.\tab}{\*\pn\pnlvlbody\pnf0\pndec{\pntxta.}}Vijf.\par{\pntext\f0 2.\tab}Zes.\par"
    assert [text for _, text in read(tmp_path, body)] == ["1. Vijf.", "2. Zes."]


@pytest.mark.parametrize(("settings", "first"), [("", "1"), (r"\aftnnrlc ", "i")])
def test_notes_follow_the_text_with_their_numbers(tmp_path: Path, settings: str, first: str) -> None:
    body = r"De bus rijdt" + NOTE % ("", r"Niet op \'e9\'e9n mei.\par Wel in juni.")
    body += r" elk uur" + NOTE % (r"\ftnalt", "Zie het reisplan.")
    body += r".\par Slot" + NOTE % ("", r"Van {\deleted 2} 3 haltes.") + r"{\footnote * Eigen teken.}.\par"
    assert read(tmp_path, settings + body) == [
        (BlockKind.PARAGRAPH, "De bus rijdt elk uur."),
        (BlockKind.PARAGRAPH, "Slot."),
        (BlockKind.NOTE, "1 Niet op één mei. Wel in juni."),
        (BlockKind.NOTE, f"{first} Zie het reisplan."),
        (BlockKind.NOTE, "2 Van 3 haltes."),
        (BlockKind.NOTE, "* Eigen teken."),
    ]


def test_a_file_that_is_cut_off_keeps_its_notes(tmp_path: Path) -> None:
    path = tmp_path / "a.rtf"
    path.write_text(r"{\rtf1 De bus rijdt" + NOTE % ("", "Niet in mei.") + r"{\b elk uur {\*\info weg")
    assert [block.text for block in read_file(path).blocks] == ["De bus rijdtelk uur", "1 Niet in mei."]


@pytest.mark.parametrize(
    "cells",
    [
        r"\pard\intbl Fiets\par met mand\cell\pard\intbl 3 euro\par per dag\cell\row",
        r"\pard\intbl {\b Fiets\line met mand}\cell{3 euro\par per {\v\par}dag\cell}\row\pard ",
    ],
)
def test_a_cell_of_more_paragraphs_is_one_cell(tmp_path: Path, cells: str) -> None:
    table = r"\trowd\pard\intbl Wat|hoe\cell Prijs\cell\row\trowd" + cells
    assert read(tmp_path, rf"Huren.\par {table}\pard Slot.\par") == [
        (BlockKind.PARAGRAPH, "Huren."),
        (BlockKind.ROW, "Wat|hoe\tPrijs"),
        (BlockKind.ROW, "Fiets met mand\t3 euro per dag"),
        (BlockKind.PARAGRAPH, "Slot."),
    ]


BOX = r"{\shp{\*\shpinst\shpleft0{\sp{\sn shapeType}{\sv 202}}{\shptxt \pard Bel ons%s}}{\shprslt{\*\do oud}}}"


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        (r"De bus " + BOX % r"\par of schrijf.\par " + "rijdt.", ["De bus rijdt.", "Bel ons", "of schrijf."]),
        (r"{\shpgrp{\*\shpinst " + BOX % "" + "}}De bus.", ["De bus.", "Bel ons"]),
        (r"{\header " + BOX % "" + r"}{\v " + BOX % "" + "}De bus.", ["De bus."]),
        (
            r"\pard\intbl Bus" + BOX % r"\par\intbl A\cell B\cell\row" + r"\par ook\cell 3\cell\row\pard Dus.",
            ["Bus ook\t3", "Bel ons", "A\tB", "Dus."],
        ),
    ],
)
def test_a_text_box_is_read_behind_its_paragraph(tmp_path: Path, body: str, texts: list[str]) -> None:
    assert [text for _, text in read(tmp_path, body + r"\par Slot.")] == [*texts, "Slot."]


def test_an_emoji_in_two_halves_is_one_sign(tmp_path: Path) -> None:
    assert read(tmp_path, r"Goed \u-10179?\u-8704?, ook \u-10179?.") == [(BlockKind.PARAGRAPH, "Goed 😀, ook �.")]

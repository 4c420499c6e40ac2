"""What is made of recognised words and of the image that they were read in, without the recogniser itself."""

from dataclasses import replace

import numpy as np
import pypdfium2
import pytest

from ingest.document import BlockKind
from ingest.readers.pdf.compose import Composed, compose
from ingest.readers.pdf.ocr import _is_drawn, _join_parted, _put_dots
from ingest.readers.pdf.printed import Sheet, Word
from ingest.readers.pdf.scan import Pixels, Row, agreed, apart, drawn_lines, more_words, parted
from tests.pdf import Stroke, Text, draw_pdf

SCALE = 300 / 72


def _image(items: list[Text | Stroke]) -> Pixels:
    return np.array(pypdfium2.PdfDocument(draw_pdf([items]))[0].render(scale=SCALE, grayscale=True).to_numpy())


def _row(text: str, left: float, conf: float = 95, line: str = "1", width: float = 40, top: float = 100) -> Row:
    return Row(True, ("1", "1", "1", line), round(left), round(top), round(width), 12, conf, text)


def _texts(rows: list[Row]) -> list[str]:
    return [row.text for row in sorted(rows, key=lambda row: row.left) if row.is_word]


def test_lines_are_found_in_an_image_and_letters_and_surfaces_are_none() -> None:
    surface = [Stroke(300, y, 400, y) for y in range(300, 340)]
    items: list[Text | Stroke] = [
        Stroke(50, 700, 400, 700),
        Stroke(50, 600, 50, 700),
        Text(60, 640, "LLLL HHHH IIII EEEE", 14),
        *surface,
    ]
    found = {
        (round(r.x0, -1), round(r.y0, -1), round(r.x1, -1), round(r.y1, -1)) for r in drawn_lines(_image(items), SCALE)
    }
    assert {(50, 140, 400, 140), (50, 140, 50, 240)} <= found
    assert all(y0 in (140, 500, 540) or x0 in (50, 300, 400) for x0, y0, _, _ in found)


@pytest.mark.parametrize(
    ("words", "gap", "read"),
    [
        (["nota", "is"], 1.2, ["nota", "is"]),
        (["Is", "een", "stemming", "een"], 4.0, ["Is", "een", "stemming", "een"]),
        (["Eventueel", "komt"], 4.5, ["Eventueel", "komt"]),
        (["sneuvelmodel", "te"], 4.0, ["sneuvelmodel", "te"]),
        (["Zie.", "Nota", "aan"], 4.0, ["Zie.", "Nota", "aan"]),
        (["samenkomst", "om"], 2.5, ["samenkomst", "om"]),
        (["samenkomst", "om"], 0.5, ["samenkomstom"]),
        (["maatwerkbedrijf"], 0, ["maatwerkbedrijf"]),
        (["2de"], 0, ["2de"]),
        (["e", "en"], 6, ["een"]),
        (["Van", "laere"], 2.5, ["Vanlaere"]),
        (["is", "er"], 2.5, ["is", "er"]),
        (["zonder", "een"], 0, ["zonder", "een"]),
        (["over", "alle"], 0.5, ["over", "alle"]),
        (["daar", "om"], 0.5, ["daarom"]),
        (["impact", "is,"], 2.0, ["impact", "is,"]),
        (["informatie"], 0, ["informatie"]),
        (["taken"], 0, ["taken"]),
        (["werkgroepen"], 0, ["werkgroepen"]),
    ],
)
def test_words_that_were_read_as_one_are_parted_where_the_image_shows_a_gap(
    words: list[str], gap: float, read: list[str]
) -> None:
    items: list[Text | Stroke] = []
    end = 60.0
    for word in words:
        items.append(Text(end, 700, word, 12))
        end = int(np.flatnonzero((_image(items) < 128).any(axis=0)).max()) / SCALE + gap
    pixels = _image(items)
    columns, lines = (np.flatnonzero((pixels < 128).any(axis=axis)) for axis in (0, 1))
    row = _row("".join(words), columns.min(), width=columns.max() - columns.min() + 1, top=lines.min())
    row = row._replace(height=int(lines.max() - lines.min() + 1))
    assert [part.text for part in parted(row, pixels)] == read


def test_an_icon_that_the_recogniser_took_for_a_sign_is_no_word() -> None:
    rows = [
        _row("°,", 0, conf=0),
        _row(" | ", 10),
        _row("°", 20, conf=95),
        _row("&", 30, conf=20),
        _row("20°C", 40, conf=5),
    ]
    assert [_is_drawn(row) for row in rows] == [True, True, False, False, False]


def test_another_reading_adds_what_was_missed_and_replaces_what_cannot_be_right() -> None:
    rows = [_row("Opdracht", 200), _row("80", 300, conf=40), _row("heeft", 400, conf=50), _row("xq", 500, conf=30)]
    others = [
        _row("", 100)._replace(is_word=False), _row("10u15", 100), _row("Opdrcht", 200, conf=99), _row("GROEP", 300),
        _row("hceft", 400), _row("plan", 500, conf=60), _row("", 100, line="2")._replace(is_word=False),
        _row("<<~", 100, line="2", top=200),
    ]  # fmt: skip
    more_words(rows, others, prefix="also ")
    assert _texts(rows) == ["10u15", "Opdracht", "GROEP", "heeft", "plan"]


def test_a_word_that_another_reading_has_in_parts_is_parted_where_it_is_none_itself() -> None:
    rows = [_row("vergunningtijdenseen", 100, width=150), _row("premieregeling", 300, width=90)]
    others = [_row("vergunning", 100, width=80), _row("tijdens", 190, width=40), _row("een", 235, width=15)]
    more_words(rows, [*others, _row("premie", 300), _row("regeling", 350)], prefix="also ")
    assert _texts(rows) == ["vergunning", "tijdens", "een", "premieregeling"]


def test_what_each_reading_has_alike_is_searched_also_where_each_is_unsure() -> None:
    ways = [[_row("_MANDATARISXQ", 100, conf=20)], [_row("MANDATARISXQ", 102, conf=40)]]
    assert agreed(_row("MANDATARISXQ", 100, conf=30), ways).conf == 60
    assert agreed(_row("MANDATARISXQ", 100, conf=30), [*ways, []]).conf == 40, "one way missed it"
    assert agreed(_row("ij<", 100, conf=30), [[_row("ij", 100, conf=20)]]).conf == 30, "of a drawing"
    assert agreed(_row("BESLUITQX", 100, conf=30), [[_row("BESLUITQX", 100, conf=96)], []]).conf == 96


def test_a_word_that_the_document_has_whole_elsewhere_is_made_whole() -> None:
    sheet = _sheet(1, [(60, 100, "de omzettingstabellen zijn er"), (60, 300, "de werk en de werken")])
    sheet.words = [
        *sheet.words,
        *(Word(t, x, x + w, 200, 11, confidence=0.9) for t, x, w in (("Omzettingsta", 60, 60), ("bellen", 123, 30))),
    ]
    _join_parted([sheet])
    assert [word.text for word in sheet.words[-2:]] == ["werken", "Omzettingstabellen"]
    sheet.words = [Word("werk", 60, 80, 100, 11, confidence=0.9), Word("plaats", 83, 110, 100, 11, confidence=0.9)]
    _join_parted([sheet, _sheet(2, [(60, 100, "de werkplaats")])])
    assert len(sheet.words) == 2, "two words may stand beside each other"


def test_headings_of_one_look_in_a_scan_stand_beside_each_other_though_their_sizes_differ() -> None:
    sizes = {"2. WERKGROEP": 16, "2.1 Doel": 13, "2.2 Aanpak": 12, "KIES DE BEGRIPPEN": 11, "LEG DE VERBANDEN": 10}
    sheets = []
    for n, (title, size) in enumerate(sizes.items(), start=1):
        sheet, head = _sheet(n, [(60, 300 + 14 * i, BODY) for i in range(4)], 10), _sheet(n, [(60, 200, title)], size)
        sheets.append(replace(sheet, words=[*(word._replace(bold=True) for word in head.words), *sheet.words]))
    headings = {block.text: block.level for block in compose(sheets).blocks if block.kind is BlockKind.HEADING}
    assert list(headings) == list(sizes)
    assert headings["KIES DE BEGRIPPEN"] == headings["LEG DE VERBANDEN"] > headings["2.2 Aanpak"]


def test_a_section_number_alone_on_its_line_goes_with_the_heading_below_it() -> None:
    sheet = _sheet(1, [(60, 100 + 14 * i, BODY) for i in range(4)])
    title = [word._replace(bold=True) for word in _sheet(1, [(60, 216, "Een aanpak op maat")]).words]
    sheet.words = [*sheet.words, *_sheet(1, [(60, 200, "3.2.1.4")]).words, *title, *_sheet(1, [(60, 240, BODY)]).words]
    assert [b.text for b in compose([sheet]).blocks if b.kind is BlockKind.HEADING] == ["3.2.1.4 Een aanpak op maat"]


def test_a_slide_without_heading_has_its_bold_first_line_for_title() -> None:
    first = _sheet(1, [(60, 80, "Doel")], 30)
    first.words = [*first.words, *_sheet(1, [(60, 200, BODY), (60, 230, BODY)]).words]
    second = _sheet(2, [(60, 200, BODY), (60, 230, BODY)])
    second.words = [*(word._replace(bold=True) for word in _sheet(2, [(60, 80, "Aanleiding")]).words), *second.words]
    blocks = compose([replace(sheet, width=842, height=595) for sheet in (first, second)]).blocks
    assert [b.text for b in blocks if b.kind is BlockKind.HEADING] == ["Doel", "Aanleiding"]


def test_a_line_that_one_way_reads_is_added_where_half_of_its_words_are_known_signs_aside() -> None:
    line = [
        _row("LBLOD", 100),
        _row("traject", 150),
        _row("subsidies", 200),
        _row("-", 250),
        _row("05/nov", 260, conf=55),
    ]
    rows: list[Row] = []
    more_words(rows, [_row("", 100)._replace(is_word=False), *line], prefix="also ")
    assert _texts(rows) == ["LBLOD", "traject", "subsidies", "-", "05/nov"]
    rows.clear()
    more_words(rows, [_row("", 100)._replace(is_word=False), _row("///", 100), _row("\\", 150)], prefix="also ")
    assert rows == []


def _sheet(number: int, lines: list[tuple[float, float, str]], size: float = 11) -> Sheet:
    words: list[Word] = []
    for x, y, text in lines:
        for part in text.split():
            words.append(Word(part, x, x + 5 * len(part), y, size, confidence=0.9))
            x += 5 * len(part) + 3
    return Sheet(number, 595, 842, words)


BODY = "De minister beslist over de aanvraag van elke onderneming en deelt dat mee."


def _left_out(composed: Composed) -> list[str]:
    return [composed.pages[span.page - 1].text[span.start : span.end] for span in composed.left_out]


def test_a_logo_that_was_read_otherwise_on_each_page_is_no_body_text() -> None:
    marks = [r"{ \ Vlaanderen", r"(\°\ Vlaanderen", r"/\ Vlaanderen", "Ú Vlaanderen"]
    xs, topics = [430, 426, 433, 430], ["Werk is er in", "Elk jaar leest", "Bos in", "Wie naar"]
    sheets = [
        _sheet(n, [(60, 300, BODY), (60, 780, f"{word} Vlaanderen wordt {word}"), (x, 800, mark)])
        for n, (mark, x, word) in enumerate(zip(marks, xs, topics, strict=True), start=1)
    ]
    composed = compose(sheets)
    assert _left_out(composed) == marks
    assert [block.text for block in composed.blocks][1] == "Werk is er in Vlaanderen wordt Werk is er in"


def test_the_name_in_a_logo_is_left_out_in_another_place_too() -> None:
    places = [(430, 30), (430, 30), (430, 30), (60, 810)]
    topics = ["Werk is er in", "Elk jaar leest", "Bos in", "Wie naar"]
    sheets = [
        _sheet(n, [(x, y, "( Vlaanderen"), (60, 300, BODY), (60, 320, f"{topic} {BODY}")])
        for n, ((x, y), topic) in enumerate(zip(places, topics, strict=True), start=1)
    ]
    sheets[3] = _sheet(4, [(60, 300, BODY), (60, 320, f"{topics[3]} {BODY}"), (60, 810, "N Vlaanderen")])
    assert _left_out(compose(sheets))[-1] == "N Vlaanderen"


def test_a_line_with_a_sign_in_the_middle_is_no_logo() -> None:
    composed = compose([_sheet(1, [(60, 80, "Locatie: ° Gent"), (60, 110, "° Vlaanderen"), (60, 300, BODY)])])
    assert _left_out(composed) == ["° Vlaanderen"]


def test_a_box_of_a_word_ends_where_the_next_begins() -> None:
    rows = apart([_row("beslissing", 300, width=60), _row("een", 100, width=260)])
    assert [(row.text, row.width) for row in rows] == [("een", 200), ("beslissing", 60)]


def test_what_is_left_of_a_drawing_is_not_searched() -> None:
    composed = compose([_sheet(1, [(60, 300, BODY), (60, 500, "/ \\ <"), (60, 600, "Artikel 3")])])
    assert _left_out(composed) == ["/ \\ <"]


def test_a_title_at_the_top_within_a_sentence_of_two_columns_is_left_out() -> None:
    left = [(60, 130 + 14 * i, "Daarom zetten we met alle partners") for i in range(8)] + [(60, 244, "verder in op de")]
    right = [(330, 130 + 14 * i, "combinatie van premies en vorming") for i in range(9)]
    composed = compose([_sheet(1, [*left, (330, 60, "Werk en economie"), *right])])
    assert _left_out(composed) == ["Werk en economie"]
    assert "verder in op de combinatie van premies" in composed.blocks[0].text


def test_the_number_of_a_section_gets_the_dots_that_another_one_has() -> None:
    sheets = [_sheet(1, [(60, 100, "3213"), (60, 200, "2014"), (60, 300, "3.2.1.5"), (60, 400, "in 3214 gevallen")])]
    _put_dots(sheets)
    assert [word.text for word in sheets[0].words] == ["3.2.1.3", "2014", "3.2.1.5", "in", "3214", "gevallen"]

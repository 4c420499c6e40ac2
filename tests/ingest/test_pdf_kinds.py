"""Kinds of fault that real PDFs showed, each on a small PDF drawn for it."""

import io
from itertools import pairwise
from pathlib import Path

import pypdf
import pytest
from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, PdfObject, TextStringObject

from ingest.document import BlockKind
from ingest.read import read_file
from ingest.readers.pdf.chars import is_nonsense
from tests.ingest.test_pdf import column, read
from tests.pdf import Stroke, Text, draw_pdf

PROSE = [
    "De Vlaamse overheid ondersteunt maatwerkbedrijven bij de begeleiding van hun werknemers op de",
    "werkvloer, en gaat elk jaar na of de middelen daarvoor goed gebruikt worden door elk van hen.",
]


def table(
    rows: list[list[str]], xs: tuple[int, ...], top: float, step: float, ruled: bool, last: float = 100
) -> list[Text | Stroke]:
    items: list[Text | Stroke] = [
        Text(x + 4, top - step * i - 0.7 * step, cell)
        for i, row in enumerate(rows)
        for x, cell in zip(xs, row, strict=True)
    ]
    if ruled:
        bottom, right = top - step * len(rows), xs[-1] + last
        items += [Stroke(xs[0], top - step * i, right, top - step * i) for i in range(len(rows) + 1)]
        items += [Stroke(x, bottom, x, top) for x in (*xs, right)]
    return items


@pytest.mark.parametrize("repeated", [True, False])
@pytest.mark.parametrize("ruled", [True, False])
def test_no_row_of_a_long_table_is_taken_for_a_running_title(tmp_path: Path, ruled: bool, repeated: bool) -> None:
    provinces = ["Antwerpen", "Limburg", "Brabant"]
    pages: list[list[Text | Stroke]] = []
    for page in range(6):
        rows = [["Onderneming", "Provincie", "Erkend", "2021"]] if repeated or page == 0 else []
        rows += [
            [f"Onderneming {page * 40 + i:03}", provinces[i % 3], "neen" if i % 2 else "ja", str(1200 + 37 * i)]
            for i in range(40)
        ]
        pages.append([*table(rows, (60, 200, 320, 400), 810, 18, ruled), Text(290, 25, str(page + 3), 9)])
    content = read(tmp_path, pages)
    found = [block.text.split("\t")[0] for block in content.blocks if block.kind is BlockKind.ROW]
    assert [name for name in found if name != "Onderneming"] == [f"Onderneming {i:03}" for i in range(240)]
    assert [page.label for page in content.pages] == [str(n) for n in range(3, 9)]
    assert any("6 bladzijdenummers" in note for note in content.notes), "what is left out is said"


@pytest.mark.parametrize("last", [True, False])
def test_a_wrapped_first_cell_is_one_cell_wherever_the_others_stand_beside_it(tmp_path: Path, last: bool) -> None:
    rows = [("Taak", "Jaar", "Kost"), ("De ploegen van|de wijk samen|opleiden", "2024", "50.000")]
    rows += [("Voor iedereen|fietsen kopen", "2025", "7.500"), ("Slot", "2026", "900")]
    items: list[Text | Stroke] = []
    y = 700.0
    for first, *others in rows:
        lines = first.split("|")
        items += [Text(60, y - 12 * i, line) for i, line in enumerate(lines)]
        at = y - 12 * (len(lines) - 1) * last
        items += [Text(x, at, text) for x, text in zip((220, 300), others, strict=True)]
        y -= 12 * len(lines) + 8
    expected = [("row", "\t".join(row).replace("|", " ")) for row in rows]
    assert [(kind, text.replace("\n", " ")) for kind, _, text in kinds(tmp_path, items)] == expected


def to_the_right(x: float, y: float, text: str) -> Text:
    """Text that ends at a place; digits have one width, points and commas half of it."""
    return Text(x - 10 * sum(0.278 if mark in ".," else 0.556 for mark in text), y, text)


def test_figures_that_stand_to_the_right_are_in_one_column(tmp_path: Path) -> None:
    rows = [
        ["Antwerpen", "1.204", "98", "12,5"],
        ["Limburg", "87", "1.310", "1.102,75"],
        ["West-Vlaanderen", "14.020", "7", "3,25"],
        ["Brussel", "5", "", "140,00"],
    ]
    items: list[Text | Stroke] = [Text(60, 700, "Provincie"), Text(236, 700, "2012"), Text(316, 700, "2013")]
    items += [Text(370, 700, "Budget"), Stroke(60, 695, 410, 695), Stroke(60, 620, 410, 620)]
    for i, row in enumerate(rows):
        items.append(Text(60, 680 - 16 * i, row[0]))
        ends = zip((258, 338, 402), row[1:], strict=True)
        items += [to_the_right(x, 680 - 16 * i, cell) for x, cell in ends if cell]
    found = [block.text.split("\t") for block in read(tmp_path, [items]).blocks if block.kind is BlockKind.ROW]
    assert found == [["Provincie", "2012", "2013", "Budget"], *rows]


@pytest.mark.parametrize("years", [1, 4])
def test_years_over_the_columns_of_a_table_are_no_page_numbers(tmp_path: Path, years: int) -> None:
    pages: list[list[Text | Stroke]] = []
    for page in range(years + 3):
        heads = ["Gemeente", *(str(2018 + page * (years == 1) + i) for i in range(years))]
        rows = [heads, *([f"Gemeente {page}{i:02}", *("1" * years)] for i in range(40))]
        pages.append(table(rows, (60, 200, 280, 360, 440)[: years + 1], 810, 18, ruled=False))
    content = read(tmp_path, pages)
    assert {page.label for page in content.pages} == {None}


def test_a_stray_number_at_the_foot_is_no_page_number(tmp_path: Path) -> None:
    pages = [[*column(60, 700, PROSE), Text(60, 60 + 20 * page, str(number))] for page, number in enumerate((7, 1, 12))]
    assert {page.label for page in read(tmp_path, pages).pages} == {None}


@pytest.mark.parametrize("form", ["{}", "- {} -", "Pagina {}"])
def test_pages_counted_in_roman_digits_keep_their_numbers_out_of_the_text(tmp_path: Path, form: str) -> None:
    numbers = ["i", "ii", "iii", "iv", *map(str, range(1, 6))]
    pages = [[*column(60, 700, PROSE), Text(290, 40, form.format(number))] for number in numbers]
    content = read(tmp_path, pages)
    assert not {block.text for block in content.blocks} & {form.format(number) for number in numbers}
    assert [page.label for page in content.pages] == [None] * 4 + ["1", "2", "3", "4", "5"]
    upper = read(tmp_path, [[*column(60, 700, PROSE), Text(290, 40, number)] for number in ("V", "VI", "VII", "VIII")])
    assert [page.label for page in upper.pages] == ["V", "VI", "VII", "VIII"]
    same = read(tmp_path, [[*column(60, 700, PROSE), Text(290, 40, "mix")] for _ in range(4)])
    assert {page.label for page in same.pages} == {None}


@pytest.mark.parametrize(
    "head", ["Bijlage {}", "Fiche {}", "{}. Hoeveel plaatsen zijn er", "Vraag {}: wie betaalt dat?"]
)
@pytest.mark.parametrize("bold", [True, False])
def test_what_counts_its_own_headings_at_the_top_of_each_page_keeps_them(tmp_path: Path, head: str, bold: bool) -> None:
    pages = [
        [Text(60, 790, head.format(n), 11, bold), *column(60, 740, [*PROSE, f"Het gaat hier om {word}."])]
        for n, word in enumerate(("fietsen", "strijken", "groen", "zorg"), start=1)
    ]
    body = [block.text for block in read(tmp_path, pages).blocks]
    assert [text for text in body if text in [head.format(n) for n in range(1, 5)]] == [
        head.format(n) for n in range(1, 5)
    ]


def test_a_footer_that_counts_the_pages_is_left_out(tmp_path: Path) -> None:
    pages = [
        [*column(60, 740, [*PROSE, f"Het gaat om {word}."]), Text(60, 30, f"Vlaams Parlement, verslag {n}", 8)]
        for n, word in enumerate(("fietsen", "strijken", "groen", "zorg"), start=1)
    ]
    content = read(tmp_path, pages)
    assert not any("verslag" in block.text for block in content.blocks)
    assert any("4 kop- of voetregels" in note for note in content.notes)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_table_that_stands_turned_on_the_page_is_read_as_a_table(tmp_path: Path, turn: int) -> None:
    rows = [("Provincie", "Aanvragen", "Goedgekeurd"), ("Antwerpen", "61", "48"), ("Oost-Vlaanderen", "52", "44")]
    place = {
        90: lambda x, y: (100 + y, 100 + x),
        180: lambda x, y: (500 - x, 100 + y),
        270: lambda x, y: (500 - y, 700 - x),
    }
    items: list[Text | Stroke] = [Text(60, 780, "Bijlage 1", 16)]
    for i, row in enumerate(rows):
        for x, cell in zip((0, 82, 137), row, strict=True):
            items.append(Text(*place[turn](x, 24 * i), cell, 10, turn=turn))
    found = [block.text for block in read(tmp_path, [items]).blocks]
    assert found == ["Bijlage 1", *("\t".join(row) for row in rows)]


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("rest", ["loopt tot het einde.", "Loopt tot het einde."])
def test_a_row_over_a_page_end_is_one_row_where_its_sentence_goes_on(tmp_path: Path, rest: str, header: bool) -> None:
    head = [["Maatregel", "Uitleg", "Duur"]]
    first = table(
        [*head, ["Maatwerk", "De premie is er.", "kort"], ["Zorg", "De steun die", "lang"]],
        (60, 160, 380),
        200,
        40,
        True,
    )
    second = table(
        [*head * header, ["", rest, ""], ["Label", "Het label blijft.", "kort"]], (60, 160, 380), 800, 40, True
    )
    rows = [
        block
        for block in read(tmp_path, [[*column(60, 700, PROSE), *first], second]).blocks
        if block.kind is BlockKind.ROW
    ]
    joined = next(block for block in rows if block.text.startswith("Zorg"))
    assert {span.page for span in joined.spans} == ({1, 2} if rest[0].islower() else {1})
    assert (rest in joined.text) == rest[0].islower()


def test_text_in_other_languages_is_no_nonsense() -> None:
    for text in (
        "Przedsiębiorstwa społeczne zatrudniają osoby z niepełnosprawnością i otrzymują dotację na wynagrodzenia, a "
        "wniosek należy złożyć do dnia trzydziestego pierwszego marca na podstawie tych samych zasad co wcześniej",
        "Sosyal ekonomi işletmeleri engelli çalışanları istihdam eder ve ücretleri için destek alır, başvurular her "
        "yıl mart ayının sonuna kadar bakanlığa yapılmalıdır ve sonuç daha sonra yazılı olarak bildirilir",
        "تدعم الحكومة الفلمنكية المؤسسات الاجتماعية التي توظف الأشخاص ذوي الإعاقة في مكان العمل كل سنة "
        "ويجب تقديم الطلب قبل نهاية شهر مارس من كل عام إلى الوزارة مع جميع الوثائق المطلوبة للحصول على الدعم المالي",
        "사회적 기업은 장애인을 고용하고 임금에 대한 보조금을 받으며 신청서는 매년 삼월 말까지 제출하여야 합니다 " * 2,
    ):
        assert not is_nonsense(text)


def kinds(tmp_path: Path, items: list[Text | Stroke]) -> list[tuple[str, int, str]]:
    return [(block.kind.value, block.level, block.text) for block in read(tmp_path, [items]).blocks]


def test_a_change_to_bold_inside_a_sentence_does_not_break_the_paragraph(tmp_path: Path) -> None:
    last = Text(60, 676, "speelt in het inspireren en aanleveren van nieuwe methodieken.", bold=True)
    (block,) = read(tmp_path, [[*column(60, 700, [PROSE[0], PROSE[0].replace("De", "en de")]), last]]).blocks
    assert block.text.endswith("op de speelt in het inspireren en aanleveren van nieuwe methodieken.")


@pytest.mark.parametrize(
    ("base", "small", "size", "rise", "expected"),
    [
        ("2019", "1", 7, 4, "2019^1"),
        ("24.500", "2,", 6, 2, "24.500^2,"),
        ("(12", "50", 7.5, 1.5, "(12^50"),
        ("zone 4.", "1", 7, 4, "zone 4.^1"),
        ("2019", "1", 9, 4, "20191"),  # too large
        ("2019", "1", 7, 1, "20191"),  # too low
        ("2019", "1", 7, -2, "20191"),  # lowered
        ("werknemers", "12", 7, 4, "werknemers¹²"),
        ("24.500", "3", 8, 7.8, "24.500^3"),  # so high that PDFium sets it apart
        ("zone.", "2", 8, 4, "zone.²"),
        ("zone", "2", 7, -3, "zone2"),  # lowered
    ],
)
def test_a_superscript_is_set_apart_from_the_number_before_it(
    tmp_path: Path, base: str, small: str, size: float, rise: float, expected: str
) -> None:
    narrow = {".": 2.78, "(": 3.33, " ": 2.78, "z": 5}
    width = sum(narrow.get(letter, 5.56) for letter in base) if base != "werknemers" else 51.1
    items: list[Text | Stroke] = [Text(60, 400, base), Text(60 + width, 400 + rise, small, size)]
    items.append(Text(62 + width + 4 * len(small), 400, "in totaal"))
    assert [block.text for block in read(tmp_path, [items]).blocks] == [f"{expected} in totaal"]


def test_bullets_that_are_drawn_apart_from_their_text_make_a_list(tmp_path: Path) -> None:
    texts = ["Eerste punt over maatwerk.", "Tweede punt over LDE.", "Derde punt.", "Vierde punt over de premie."]
    items: list[Text | Stroke] = [Text(70, 700 - 20 * i, "•") for i in range(4)]
    items += [Text(95, 700 - 20 * i, text) for i, text in enumerate(texts)]
    assert [(kind, text) for kind, _, text in kinds(tmp_path, items)] == [("item", f"• {text}") for text in texts]


def test_rows_of_a_table_inside_a_cell_stand_below_the_row_of_that_cell(tmp_path: Path) -> None:
    rows = [["Term", "Definitie"], ["Catalogus", ""], ["Dataset", "Een reeks gegevens."]]
    outer = [item for item in table(rows, (60, 140), 700, 60, True, 310) if not isinstance(item, Text) or item.text]
    inner = table(
        [["taal", "De taal van het item."], ["titel", "De naam van het item."]], (160, 220), 622, 16, True, 200
    )
    page: list[Text | Stroke] = [*outer, *inner, Text(150, 629, "Een verzameling.")]
    content = read(tmp_path, [page])
    assert [block.text for block in content.blocks] == [
        "Term\tDefinitie",
        "Catalogus\tEen verzameling.",
        "taal\tDe taal van het item.",
        "titel\tDe naam van het item.",
        "Dataset\tEen reeks gegevens.",
    ]
    assert "\n\ttaal\t" in content.pages[0].text, "with an empty first cell it goes on with the row above"


def form(values: list[tuple[str, str, PdfObject, int]]) -> bytes:
    """A page with labels, and fields (name, type, value, baseline) of which the first three stand behind a label."""
    labels = ["Naam van de onderneming:", "Gevraagd bedrag:", "Startdatum:"]
    printed = [[Text(60, 700, "Aanvraag subsidie maatwerk", 16), *column(60, 660, labels)]]
    writer = pypdf.PdfWriter(io.BytesIO(draw_pdf(printed)))
    fields = ArrayObject()
    for name, kind, value, y in values:
        box = ArrayObject([FloatObject(n) for n in (220, y - 3, 400, y + 9)])
        field: dict[str, PdfObject] = {"/Type": NameObject("/Annot"), "/Subtype": NameObject("/Widget"), "/Rect": box}
        field |= {"/FT": NameObject(kind), "/T": TextStringObject(name), "/V": value}
        fields.append(writer._add_object(DictionaryObject({NameObject(k): v for k, v in field.items()})))
    writer.pages[0][NameObject("/Annots")] = fields
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/Fields"): fields})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_what_is_filled_in_on_a_form_stands_behind_its_label(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(
        form(
            [
                ("naam", "/Tx", TextStringObject("Werkspoor Zuid vzw"), 660),
                ("bedrag", "/Tx", TextStringObject("48.500 euro"), 648),
                ("start", "/Ch", TextStringObject("1 september 2023"), 636),
                ("plaats", "/Tx", TextStringObject("Gent"), 500),
                ("akkoord", "/Btn", NameObject("/Ja"), 450),
                ("leeg", "/Tx", TextStringObject(""), 400),
            ]
        )
    )
    text = read_file(path).pages[0].text
    for line in ("Naam van de onderneming: Werkspoor Zuid vzw", "Gevraagd bedrag: 48.500 euro", "plaats: Gent", "☒"):
        assert line in text
    assert "Startdatum: 1 september 2023" in text and "leeg" not in text


def _grid(xs: list[float], ys: list[float], merged: int | None = None) -> list[Stroke]:
    """Lines around rows, drawn as Word does: those across stop at each column, but for a row of one wide cell."""
    drawn = [Stroke(xs[0], ys[0], xs[0], ys[-1]), Stroke(xs[-1], ys[0], xs[-1], ys[-1])]
    for i, y in enumerate(ys):
        stops = [xs[0], xs[-1]] if i == merged else xs
        drawn += [Stroke(a + 0.2, y, b - 0.2, y) for a, b in pairwise(stops)]
    return drawn


def test_a_cell_over_more_columns_keeps_its_text_whole(tmp_path: Path) -> None:
    rows = [("Maatregel", "Doelgroep", "Bedrag"), ("premie", "kmo", "750"), ("label", "vzw", "300")]
    xs, ys = [50.0, 150.0, 250.0, 350.0], [700.0, 680.0, 660.0, 640.0, 620.0]
    cells: list[Text | Stroke] = [
        Text(xs[k] + 4, ys[i + 1] + 6, cell, 10) for i, row in enumerate(rows, start=1) for k, cell in enumerate(row)
    ]
    title = Text(54, 686, "Alle maatregelen die de minister in 2019 nam", 10)
    path = tmp_path / "tabel.pdf"
    page: list[Text | Stroke] = [*_grid(xs, ys, merged=0), title, *cells]
    path.write_bytes(draw_pdf([page]))
    assert [block.text for block in read_file(path).blocks] == [title.text, *("\t".join(row) for row in rows)]


def test_the_end_of_a_row_alone_at_the_top_of_a_page_goes_with_its_row(tmp_path: Path) -> None:
    xs = [50.0, 150.0, 350.0, 500.0]
    first: list[Text | Stroke] = [
        *_grid(xs, [150, 120, 90, 60]),
        Text(54, 130, "Begrip", 10), Text(154, 130, "Omschrijving", 10), Text(354, 130, "Bron", 10),
        Text(54, 100, "Advies", 10), Text(154, 100, "Standpunt van een raad", 10), Text(354, 100, "SERV", 10),
        Text(54, 70, "Dossier", 10), Text(154, 70, "Geheel van stukken die over", 10), Text(354, 70, "VVSG", 10),
    ]  # fmt: skip
    rest: list[Text | Stroke] = [
        *_grid(xs, [780, 750]),
        Text(154, 760, "een zaak gaan.", 10),
        Text(60, 700, "Daarna volgt een besluit.", 10),
    ]
    path = tmp_path / "tabel.pdf"
    path.write_bytes(draw_pdf([first, rest]))
    blocks = read_file(path).blocks
    assert (
        blocks[2].text.startswith("Dossier\tGeheel van stukken die over\tVVSG") and "een zaak gaan." in blocks[2].text
    )
    assert [span.page for span in blocks[2].spans] == [1, 2]

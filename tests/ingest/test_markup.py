"""Web pages and Markdown as people save them: the main text whole, without what is around it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.document import BlockKind
from ingest.errors import UnreadableFile
from ingest.files import read_document
from ingest.read import Content, read_file
from ingest.readers.flow import HEADER_ROW
from ingest.readers.markup import read_html
from ingest.readers.text import LOOSE_LEVEL

TEXT = "Het decreet van 12 juli 2013 regelt de steun aan maatwerkbedrijven en hun werknemers."


def page(tmp_path: Path, body: str, head: str = "<meta charset=utf-8>", encoding: str = "utf-8") -> Content:
    path = tmp_path / "a.html"
    path.write_bytes(f"<!doctype html><html><head>{head}</head><body>{body}</body></html>".encode(encoding))
    return read_file(path)


def texts(content: Content) -> list[str]:
    return [block.text for block in content.blocks]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"<div><h1>Decreet</h1><p>{TEXT}</p></div><div><article><p>Nieuwsbrief</p></article></div>",
         ["Decreet", TEXT, "Nieuwsbrief"]),
        (f"<form id=aspnetForm><input value=x><div><p>{TEXT}</p><button>Zoek</button></div></form>", [TEXT]),
        (f"<nav>Start</nav><main><p>{TEXT}</p></main><div>Kort</div>", [TEXT]),
        (f"<div class='main-menu'>Start</div><p>{TEXT}</p><div role=contentinfo>Adres</div>", [TEXT]),
        (f"<div class='content has-sidebar nav'><p>{TEXT}</p></div>", [TEXT]),
        (f"<main><p>{TEXT}</p><aside>Opgelet: <p>de premie wordt dan geweigerd.</p></aside><p>Slot</p></main>",
         [TEXT, "Opgelet:", "de premie wordt dan geweigerd.", "Slot"]),
        (f"<p>{TEXT}</p><div class=sidebar><nav><a href=/>Lees hier alles over</a></nav>Dat is er pas in juni.</div>",
         [TEXT, "Dat is er pas in juni."]),
        (f"<p>{TEXT}</p><div role=complementary>Zie <a href=/>het decreet</a>, dat in juni begint.</div>",
         [TEXT, "Zie het decreet, dat in juni begint."]),
        (f"<p>{TEXT}</p><aside>Deel dit. <a href=/>Volg ons</a></aside>", [TEXT]),
        (f"<p>{TEXT}</p><div class=menu><a href=/>Lees er hier alles over.</a></div>", [TEXT]),
        (f"<p>{TEXT}</p><aside class=cookie-banner>Wij gebruiken cookies op deze site.</aside>", [TEXT]),
        (f"<article><header><h1>Decreet</h1></header><p>{TEXT}</p></article><footer>Voet</footer>", ["Decreet", TEXT]),
        (f"<p>{TEXT}</p><p hidden>a</p><p style='display: none'>b</p><p aria-hidden=true>c</p><!-- d -->", [TEXT]),
        ("<button aria-controls=p1>Wie?</button><div id=p1 hidden><p>Personen.</p></div>", ["Wie?", "Personen."]),
        ("<h3><button class=x>Wat is de premie?</button></h3><div style='display:none'>Een bedrag.</div>",
         ["Wat is de premie?", "Een bedrag."]),
        ("<button class=accordion>Wie</button><p>Een.</p>", ["Wie", "Een."]),
        ("<a onclick=toon('t2')>Tab</a><p id=t2 style='display:none'>Twee.</p><a href='#t3'>Meer</a><p id=t3 hidden>3",
         ["Tab", "Twee.", "Meer", "3"]),
        ("<details><summary>Voorwaarden</summary>Wie <b>er</b>kend is.</details>", ["Voorwaarden", "Wie erkend is."]),
        ("<p>doel&shy;groep<wbr>werk&#8203;nemer&nbsp;x</p>", ["doelgroepwerknemer x"]),
        ("eerste<br>regel<br> <br>tweede<br>", ["eerste regel", "tweede"]),
        ("<ol start=3 type=a><li><p>een</p><li value=5>vijf<ul><li>onder</ul></ol>", ["c) een", "e) vijf", "◦ onder"]),
        ("<p>Zie<sup><a href='#fn1'>1</a></sup> m<sup>2</sup></p>", ["Zie m2"]),
        ("<p>10<sup>6</sup> ton, m<sup>2</sup><sup>3</sup>, de 1<sup>ste</sup>", ["10^6 ton, m23, de 1ste"]),
        ("<p>10<sup>-3</sup> of 10<sup>−<i>3</i></sup> en 2<sup>+</sup>", ["10^-3 of 10^−3 en 2+"]),
        ("<p>in <b>2019</b><sup><i>1</i></sup><sup>, 2</sup>", ["in 2019^1, 2"]),
        ("<p>zone <b>4</b>.<sup>1</sup> 2017,<sup>2</sup> (of 2018)<sup>3</sup>", ["zone 4.^1 2017,^2 (of 2018)^3"]),
        ("<p>in 2019<br><sup>1</sup> noot<p>2018<p><sup>2</sup> noot<p>in 2019<sup><a href=#n>3</a></sup>",
         ["in 2019 1 noot", "2018", "2 noot", "in 2019"]),
        ("<table><tr><td>12<td><sup>50</sup><td>12<sup>50</sup></table>", ["12\t50\t12^50"]),
        ("<h2>In 2019<sup>1</sup></h2>", ["In 2019^1"]),
        ("<dl><dt>Term</dt><dd>Uitleg</dd></dl><fieldset><legend>Vak</legend>In</fieldset>",
         ["Term", "Uitleg", "Vak", "In"]),
        ("<p>Graag:<br>1. geld<br>en tijd<br>2. rust<br><br>Dank.", ["Graag:", "1. geld en tijd", "2. rust", "Dank."]),
        ("<table role=presentation><tr><td><p>links</p><td>rechts</table>", ["links", "rechts"]),
        ("<table><tr><td><h2>Kop</h2><p>tekst</p></table>", ["Kop", "tekst"]),
        (f"<table><tr><td>menu<td><table><tr><td>{TEXT}</table></table>", ["menu", TEXT]),
        ("<table><tr><form><td>links</td></form></tr>los<tr><td>rechts</table>", ["links", "los", "rechts"]),
        ("<table><tr><td>a<td>b<tr><td>c<td>d <table><tr><td>1<td>2</table></table>", ["a\tb", "c\td", "c\t1\t2"]),
    ],
)  # fmt: skip
def test_the_main_text_is_read_whole(tmp_path: Path, body: str, expected: list[str]) -> None:
    content = page(tmp_path, body)
    assert texts(content) == expected


@pytest.mark.parametrize(
    ("after", "heads"), [("<p>Slot.</p>", False), ("<h3>Slot</h3>", False), ("<h2>Slot</h2>", True)]
)
def test_a_heading_aside_does_not_head_what_comes_after_it(tmp_path: Path, after: str, heads: bool) -> None:
    aside = f"<aside><h2>Opgelet</h2><p>{TEXT}</p></aside>"
    content = page(tmp_path, f"<h1>Premie</h1><p>{TEXT} {TEXT}</p>{aside}{after}")
    (opened,) = [block for block in content.blocks if block.text == "Opgelet"]
    assert (opened.kind is BlockKind.HEADING) == heads


QUESTIONS = ("Wie mag met de bus?", "Wie mag met de trein?")


@pytest.mark.parametrize(
    "item",
    [
        "<details><summary>{}</summary><p>Wie ver woont.</p></details>",
        "<button class=accordion>{}</button><div><p>Wie ver woont.</p></div>",
        "<h3><button>{}</button></h3><div style='display:none'><p>Wie ver woont.</p></div>",
        "<div><h2><button aria-controls=p{0[15]}>{0}</button></h2></div><ul id=p{0[15]}><li>Wie ver woont.</ul>",
    ],
)
def test_what_is_opened_ends_before_the_text_that_goes_on(tmp_path: Path, item: str) -> None:
    opened = "".join(map(item.format, QUESTIONS))
    path = tmp_path / "b.html"
    path.write_text(
        f"<h1>Vervoer</h1><p>{TEXT}</p>{opened}<p>Vanaf maart rijdt er een pendelbus.</p><h1>Slot</h1>Einde"
    )
    document = read_document(path)
    sections = {passage.section: document.quote(passage.spans) for passage in document.passages}
    assert "pendelbus" in sections["Vervoer",]
    assert all("Wie ver woont" in sections["Vervoer", question] for question in QUESTIONS)
    assert sum("pendelbus" in text for text in sections.values()) == 1
    assert document.pages[0].text.count("Vervoer") == 1, "heads what follows too, but stands there once"
    assert [heading.title for heading in document.headings] == ["Vervoer", *QUESTIONS, "Slot"]


@pytest.mark.parametrize(
    "tab",
    [
        "<button role=tab aria-controls=p{0}>{0}</button>",
        "<li><a data-toggle=tab href='#p{0}'>{0}</a></li>",
    ],
)
def test_the_name_of_a_tab_heads_what_it_shows_and_the_headings_in_that(tmp_path: Path, tab: str) -> None:
    tabs = f"<ul class='nav nav-tabs'>{tab.format(2022)}{tab.format(2023)}</ul>"
    shown = "<div id=p2022>In 2022 waren er 80.</div><div id=p2023 hidden><h3>Gent</h3><p>Er waren 90 werknemers.</div>"
    path = tmp_path / "b.html"
    path.write_text(f"<h1>Cijfers</h1><h2>VTE</h2>{tabs}{shown}<p>Bron: RSZ.</p>", encoding="utf-8")
    document = read_document(path)
    assert [(passage.section[1:], document.quote(passage.own)) for passage in document.passages] == [
        (("VTE", "2022"), "In 2022 waren er 80."),
        (("VTE", "2023", "Gent"), "Er waren 90 werknemers."),
        (("VTE",), "Bron: RSZ."),
    ]


def test_what_is_opened_below_no_heading_heads_nothing(tmp_path: Path) -> None:
    opened = "".join(f"<details><summary>{question}</summary><p>Wie ver woont.</p></details>" for question in QUESTIONS)
    content = page(tmp_path, f"{opened}<p>Vanaf maart rijdt er een pendelbus.</p>")
    assert texts(content)[::2] == [*QUESTIONS, "Vanaf maart rijdt er een pendelbus."]
    assert all(block.kind is not BlockKind.HEADING for block in content.blocks)
    (alone,) = [block for block in page(tmp_path, opened).blocks if block.text == QUESTIONS[1]]
    assert alone.kind is BlockKind.HEADING, "nothing goes on after it"


def test_a_page_without_a_heading_of_its_own_stands_under_its_title(tmp_path: Path) -> None:
    item = "<h2><button class=accordion data-target='#{0}'>{0}?</button></h2><div id={0}><p>Ja, {0}.</p></div>"
    body = f"<div>{item.format('LDE')}{item.format('MVO')}</div><p>Bel ons.</p>"
    (tmp_path / "a.html").write_text(f"<title>Veelgestelde vragen</title>{body}", encoding="utf-8")
    document = read_document(tmp_path / "a.html")
    assert document.metadata.title == "Veelgestelde vragen" and "Veelgestelde" not in document.pages[0].text
    found = [(passage.section[-1], document.quote(passage.own)) for passage in document.passages]
    assert found == [("LDE?", "Ja, LDE."), ("MVO?", "Ja, MVO."), ("Veelgestelde vragen", "Bel ons.")]


def test_merged_cells_are_unfolded_and_header_rows_known(tmp_path: Path) -> None:
    rows = (
        "<tr><th rowspan=2>Maatregel<th colspan=2>Begroting<tr><th>2022<th>2023<tr><td rowspan=2>Maatwerk<td>410<td>425"
        "<tr><td>12<td>13<tr><td>LDE<td colspan=2>38<tr><td colspan=3>in duizend euro"
    )
    for content in (
        page(tmp_path, f"<table><caption>Middelen</caption>{rows}</table>"),
        page(tmp_path, f"<table><caption>Middelen</caption>{rows.replace('th', 'td')}</table>"),
    ):
        assert [(block.kind, block.level, block.text) for block in content.blocks] == [
            (BlockKind.CAPTION, 0, "Middelen"),
            (BlockKind.ROW, HEADER_ROW, "Maatregel\tBegroting\tBegroting"),
            (BlockKind.ROW, HEADER_ROW, "2022\t2023"),
            (BlockKind.ROW, 0, "Maatwerk\t410\t425"),
            (BlockKind.ROW, 0, "Maatwerk\t12\t13"),
            (BlockKind.ROW, 0, "LDE\t38\t38"),
            (BlockKind.ROW, 0, "in duizend euro"),
        ]


def test_a_first_row_in_bold_is_header(tmp_path: Path) -> None:
    content = page(
        tmp_path, "<table><tr><td><b>Jaar</b><td><p><strong>VTE</strong></p><tr><td>2020<td><b>20</b> VTE</table>"
    )
    assert [block.level for block in content.blocks] == [HEADER_ROW, 0]


def test_a_cell_of_absurd_size_is_held_in_bounds(tmp_path: Path) -> None:
    content = page(tmp_path, "<table><tr><td colspan=99999999 rowspan=99999999>a<td>b<tr><td>c<td>d</table>")
    assert len(content.pages[0].text) < 500
    long = "x" * 300
    content = page(tmp_path, f"<table><tr><td rowspan=2>{long}<td>b<tr><td>d</table>")
    assert texts(content) == [f"{long}\tb", "d"], "a long text is not given again"


def test_an_item_that_opens_with_a_list_keeps_its_number(tmp_path: Path) -> None:
    inner = "<ol style='margin: 0; list-style-type: lower-alpha'><li>Tien.</li><li>Elf.</li></ol>"
    content = page(tmp_path, f"<ol><li>Vijf.</li><li>{inner}</li><li><ul><li>Punt</li></ul></li></ol>")
    assert texts(content) == ["1. Vijf.", "2. a) Tien.", "b) Elf.", "3. ◦ Punt"]


def test_a_list_may_count_down(tmp_path: Path) -> None:
    assert texts(page(tmp_path, "<ol reversed><li>Gent<ul><li>x</ul><li>Aalst</ol>")) == ["2. Gent", "◦ x", "1. Aalst"]
    assert texts(page(tmp_path, "<ol reversed start=9><li>Gent<li>Aalst</ol>")) == ["9. Gent", "8. Aalst"]


def test_buttons_and_summaries_head_what_they_open(tmp_path: Path) -> None:
    body = "<h1>Vragen</h1><button aria-expanded=false>Wie komt in aanmerking?</button><p>Wie erkend is.</p>"
    content = page(tmp_path, body)
    assert (BlockKind.HEADING, LOOSE_LEVEL, "Wie komt in aanmerking?") in [
        (b.kind, b.level, b.text) for b in content.blocks
    ]


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
        ("", "cp1252"),
        ("<meta charset=iso-8859-1>", "utf-8"),
        ("<meta charset=iso-8859-1>", "cp1252"),
        ("<meta http-equiv=Content-Type content='text/html; charset=iso-8859-15'>", "iso-8859-15"),
        ("<meta charset=bestaatniet>", "cp1252"),
    ],
)
def test_letters_are_right_whatever_the_page_says_of_its_encoding(tmp_path: Path, head: str, encoding: str) -> None:
    assert texts(page(tmp_path, "<p>De geëvalueerde coördinatie kost € 500</p>", head, encoding)) == [
        "De geëvalueerde coördinatie kost € 500"
    ]


def test_a_title_in_the_header_of_the_page_is_kept(tmp_path: Path) -> None:
    body = f"<header><h1>Decreet <!-- x -->maatwerk</h1></header><main><h2>Doel</h2><p>{TEXT}</p></main>"
    assert texts(page(tmp_path, body)) == ["Doel", TEXT], "the name of a site"
    path = tmp_path / "b.html"
    path.write_text(f"<title>Decreet maatwerk | Vlaanderen</title>{body}", encoding="utf-8")
    assert texts(read_file(path)) == ["Decreet maatwerk", "Doel", TEXT] and read_file(path).title == "Decreet maatwerk"


def test_text_outside_the_marked_main_part_is_said(tmp_path: Path) -> None:
    content = page(tmp_path, f"<main><p>{TEXT}</p></main><div>Ook dit stuk staat op de bladzijde.</div>")
    assert texts(content) == [TEXT]
    assert content.notes == (
        "a.html is niet volledig gelezen: 28,3 % van de letters (28 van 99) staat buiten de hoofdtekst van de pagina "
        "en is weggelaten; kijk na of er niets ontbreekt.",
    )
    assert not page(tmp_path, f"<main><p>{TEXT}</p></main><div><a href=x>Een lange rij koppelingen</a></div>").notes
    assert not page(tmp_path, f"<p>{TEXT}</p><nav>{TEXT}</nav>").notes


@pytest.mark.parametrize("tag", ["div", "b", "ul", "font"])
def test_deep_pages_are_read(tmp_path: Path, tag: str) -> None:
    assert texts(page(tmp_path, f"<{tag}>" * 1500 + TEXT)) == [TEXT]


@pytest.mark.parametrize("tags", ["<div>", "<table><tr><td>x<td>"])
def test_what_is_nested_too_deep_is_refused(tmp_path: Path, tags: str) -> None:
    with pytest.raises(UnreadableFile, match="te diep genest"):
        page(tmp_path, "<p>begin</p>" + tags * 3000 + TEXT)


def test_front_matter_gives_title_and_date(tmp_path: Path) -> None:
    path = tmp_path / "nota.md"
    front = '---\ntitle: "Nota maatwerk"\ndatum: 1 maart 2022\ntags:\n  - a\n---\n\n'
    body = "# Inleiding\n\nTekst.[^1] Meer[^bron].\n\n- [x] gedaan\n- [ ] te doen\n\n"
    notes = "[^1]: Bron: *departement*,\n    tweede regel.\n[^bron]: Cijfers 2021.\n\nSlot.\n"
    path.write_text(front + body + notes, encoding="utf-8")
    document = read_document(path)
    assert document.metadata.title == "Nota maatwerk" and str(document.metadata.date) == "2022-03-01"
    assert document.metadata.origins["date"] == "document, bovenaan"
    assert [(block.kind, block.text) for block in read_file(path).blocks] == [
        (BlockKind.HEADING, "Inleiding"),
        (BlockKind.PARAGRAPH, "Tekst. Meer."),
        (BlockKind.ITEM, "• ☒ gedaan"),
        (BlockKind.ITEM, "• ☐ te doen"),
        (BlockKind.PARAGRAPH, "Slot."),
        (BlockKind.NOTE, "1 Bron: departement, tweede regel."),
        (BlockKind.NOTE, "bron Cijfers 2021."),
    ]
    (tmp_path / "nota.md.toml").write_text("date = 2023-01-01\n", encoding="utf-8")
    assert str(read_document(path).metadata.date) == "2023-01-01", "what a person wrote beside it wins"


def test_a_superscript_in_markdown_is_set_apart_from_the_number_before_it(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("Met **10**<sup>3</sup> ton in 2019<sup>1</sup>.\n\n<sup>1</sup> 300 m<sup>2</sup>\n", "utf-8")
    assert texts(read_file(path)) == ["Met 10^3 ton in 2019^1.", "1 300 m2"]


def test_a_rule_at_the_start_is_no_front_matter(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\n\nTekst na een lijn.\n", encoding="utf-8")
    assert texts(read_file(path)) == ["Tekst na een lijn."]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("suffix", [".txt", ".md"])
def test_text_is_read_in_the_encodings_that_people_have(tmp_path: Path, suffix: str, encoding: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes("De coördinatie kost € 500 per jaar – zie bijlage.".encode(encoding))
    content = read_file(path)
    assert texts(content) == ["De coördinatie kost € 500 per jaar – zie bijlage."]
    assert [note.startswith("a" + suffix + " is gelezen als Windows-1252") for note in content.notes] == (
        [True] if encoding == "cp1252" else []
    )


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html"])
def test_letters_of_two_characters_become_one(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text("De coo\u0308rdinatie van de erkenning.", encoding="utf-8")
    assert texts(read_file(path)) == ["De co\u00f6rdinatie van de erkenning."]


_TAGS = "div p table tr td th ul ol li h1 h2 form br b span dl dt dd details summary caption button".split()
_PIECES = [f"<{tag}>" for tag in _TAGS] + [f"</{tag}>" for tag in _TAGS] + ["woord ", "deel", "7 ", "<", "&shy;"]


@given(st.lists(st.sampled_from(_PIECES), max_size=40))
def test_any_page_keeps_its_words(pieces: list[str]) -> None:
    elements, notes = read_html(Path("a.html"), f"<div>begin {''.join(pieces)}")
    assert any("begin" in element.text for element in elements)
    assert not notes, "without a marked main part nothing is left out"


def test_signs_that_are_in_no_text_and_marks_without_an_element_stop_nothing(tmp_path: Path) -> None:
    page = "<p>De pre&#11;mie<!-- a--b --><script>x</script> is\x0b 40 euro.\ufffe</p>"
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    assert read_document(tmp_path / "a.html").pages[0].text == "De pre mie is 40 euro."
    for suffix in (".html", ".txt"):
        (tmp_path / f"c{suffix}").write_text(f"{'Een premie voor wie werkt. ' * 10}\x02 Ja.", encoding="utf-8")
        assert read_document(tmp_path / f"c{suffix}").pages[0].text.split()[-2:] == ["werkt.", "Ja."]
    (tmp_path / "b.md").write_text("<!-- niets -->", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="bevat geen tekst"):
        read_document(tmp_path / "b.md")

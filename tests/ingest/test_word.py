"""Word files as people make them: what Word shows is read, in its order and with its numbers, and nothing else."""

import zipfile
from pathlib import Path

import pytest

from ingest.document import BlockKind
from ingest.errors import UnreadableFile
from ingest.files import read_document
from ingest.read import Content, read_file
from ingest.readers.flow import HEADER_ROW, NEXT_TABLE
from ingest.readers.text import LOOSE_LEVEL

_NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
)
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


def write_word(path: Path, body: str, **parts: str) -> Path:
    """Write a Word file of the given body and parts ("numbering", "styles", "footnotes")."""
    links = "".join(f'<Relationship Id="{n}" Type="{_TYPES}/{n}" Target="{n}.xml"/>' for n in parts)
    main = f'<Relationship Id="r" Type="{_TYPES}/officeDocument" Target="word/document.xml"/>'
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("_rels/.rels", f'<Relationships xmlns="{_RELATIONS}">{main}</Relationships>')
        file.writestr("word/_rels/document.xml.rels", f'<Relationships xmlns="{_RELATIONS}">{links}</Relationships>')
        file.writestr("word/document.xml", f"<w:document {_NAMES}><w:body>{body}</w:body></w:document>")
        for name, content in parts.items():
            file.writestr(f"word/{name}.xml", f"<w:{name} {_NAMES}>{content}</w:{name}>")
    return path


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def par(*runs: str, properties: str = "") -> str:
    inner = "".join(item if item.startswith("<") else run(item) for item in runs)
    return f"<w:p><w:pPr>{properties}</w:pPr>{inner}</w:p>"


def cell(content: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{content if content.startswith('<') else par(content)}</w:tc>"


def table(*rows: list[str], header: int = 0) -> str:
    made = (
        f"<w:tr><w:trPr>{'<w:tblHeader/>' if i < header else ''}</w:trPr>"
        + "".join(c if c.startswith("<w:tc") else cell(c) for c in row)
        + "</w:tr>"
        for i, row in enumerate(rows)
    )
    return f"<w:tbl>{''.join(made)}</w:tbl>"


def texts(content: Content) -> list[str]:
    return [block.text for block in content.blocks]


SYMBOL = '<w:r><w:sym w:font="Wingdings" w:char="F0{}"/></w:r>'
WINGDINGS = '<w:rFonts w:ascii="Wingdings"/>'
RAISED = '<w:vertAlign w:val="superscript"/>'
BOX = "<w:txbxContent>{}</w:txbxContent>"
FIELD = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
TICK_BOX = (
    '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:default w:val="{}"/></w:checkBox></w:ffData>'
    "</w:fldChar></w:r><w:r><w:instrText> FORMCHECKBOX </w:instrText></w:r>" + FIELD.format("end")
)
NOTE = "<w:r><w:footnoteReference w:id='2'/></w:r>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            par("premie ", f"<w:del>{run('weg').replace('w:t', 'w:delText')}</w:del>", f"<w:ins>{run('750')}</w:ins>"),
            ["premie 750"],
        ),
        (par("van ", f"<w:moveFrom>{run('oud')}</w:moveFrom>", f"<w:moveTo>{run('nieuw')}</w:moveTo>"), ["van nieuw"]),
        (par("Eerste ", properties="<w:rPr><w:del/></w:rPr>") + par("tweede deel"), ["Eerste tweede deel"]),
        (par("op ", f"<w:sdt><w:sdtContent>{run('3 mei')}</w:sdtContent></w:sdt>", " om 8 uur"), ["op 3 mei om 8 uur"]),
        (f"<w:sdt><w:sdtContent>{par('Blok')}{table(['a', 'b'])}</w:sdtContent></w:sdt>", ["Blok", "a\tb"]),
        (
            table(["a", f"<w:tc>{'<w:sdt><w:sdtContent>'}{par('in cel')}{'</w:sdtContent></w:sdt>'}</w:tc>"]).replace(
                "<w:tr>", "<w:sdt><w:sdtContent><w:tr>"
            ).replace("</w:tr>", "</w:tr></w:sdtContent></w:sdt>"),
            ["a\tin cel"],
        ),
        (par("nota van ", f"<w:smartTag>{run('3 mei')}</w:smartTag>", f"<w:customXml>{run(' 2018')}</w:customXml>"),
         ["nota van 3 mei 2018"]),
        (par("blz. ", f"<w:fldSimple w:instr='PAGEREF x'>{run('12')}</w:fldSimple>"), ["blz. 12"]),
        (par("zie ", f"<w:hyperlink>{run('de website')}</w:hyperlink>"), ["zie de website"]),
        (par("zichtbaar", run(" intern", "<w:vanish/>"), run(" ook", "<w:vanish w:val='0'/>")), ["zichtbaar ook"]),
        (par(SYMBOL.format("FE"), " ja ", SYMBOL.format("A8"), " neen"), ["☒ ja ☐ neen"]),
        (par(TICK_BOX.format("1"), " ja ", TICK_BOX.format("0"), " neen"), ["☒ ja ☐ neen"]),
        (par(run("o", WINGDINGS), " ja ", run("\uf0fe"), " neen"), ["☐ ja ☒ neen"]),
        (par('<w:r><w:sym w:font="Symbol" w:char="F0B3"/></w:r>', " 50 % ", '<w:r><w:sym w:char="2612"/></w:r>'),
         ["≥ 50 % ☒"]),
        (par("kapot", '<w:r><w:sym w:char="x"/></w:r>', '<w:r><w:sym w:char="99999999"/></w:r>'), ["kapot"]),
        (par("a", "<w:r><w:tab/><w:br/></w:r>", "b", "<w:r><w:noBreakHyphen/></w:r>", "c"), ["a b-c"]),
        (
            par("Voor ", "<w:r><mc:AlternateContent><mc:Choice Requires='wps'><wps:txbx>"
                + BOX.format(par("In het kader")) + "</wps:txbx></mc:Choice><mc:Fallback><v:textbox>"
                + BOX.format(par("In het kader")) + "</v:textbox></mc:Fallback></mc:AlternateContent></w:r>", "na"),
            ["Voor na", "In het kader"],
        ),
        (
            par("x = ", "<m:oMath><m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den>"
                "</m:f><m:sSup><m:e><m:r><m:t>c</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup>"
                "</m:oMath>"),
            ["x = (a+b)/2 c^2"],
        ),
        (par("2,5 × 10", run("6", RAISED), " ton, 12", run("5", RAISED), run("0", RAISED), " euro, m", run("2", RAISED),
             run("3", RAISED), ", de 1", run("ste", RAISED), ", CO", run("2", "<w:vertAlign w:val='subscript'/>"),
             " 10", run("-", RAISED), run("3", RAISED)), ["2,5 × 10^6 ton, 12^50 euro, m23, de 1ste, CO2 10^-3"]),
        (par("in zone 4", ".", run("1", RAISED), run("2", RAISED)), ["in zone 4.^12"]),
        (par("in 2019", "<w:r><w:tab/></w:r>", run("1", RAISED)) + par(run("2", RAISED), "0"), ["in 2019 1", "20"]),
        (table([cell(par("Kop in een kader") + par("tekst"))], [cell("meer")]), ["Kop in een kader", "tekst", "meer"]),
        (
            table(["Term", "Uitleg"], ["Taak", cell(par("Doet:") + table(["Plant", "40 %"], ["Leidt", "25 %"]))]),
            ["Term\tUitleg", "Taak\tDoet:", "Taak\tPlant\t40 %", "Taak\tLeidt\t25 %"],
        ),
    ],
)  # fmt: skip
def test_what_word_shows_is_read(tmp_path: Path, body: str, expected: list[str]) -> None:
    content = read_file(write_word(tmp_path / "a.docx", body))
    assert texts(content) == expected and not content.notes


def test_of_a_field_only_the_result_is_read(tmp_path: Path) -> None:
    condition = [FIELD.format("begin"), "<w:r><w:instrText>IF </w:instrText></w:r>", FIELD.format("begin")]
    condition += [FIELD.format("separate"), "verborgen", FIELD.format("end"), FIELD.format("separate")]
    body = par("blz. ", *condition, "12", FIELD.format("end"), " en verder") + par(FIELD.format("begin")) + par("na")
    assert texts(read_file(write_word(tmp_path / "a.docx", body))) == ["blz. 12 en verder", "na"]


def test_merged_cells_are_unfolded_and_two_header_rows_known(tmp_path: Path) -> None:
    across, start, on = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    rows = (
        [cell("Maatregel", start), cell("Begroting", across)],
        [cell(par(), on), "2022", "2023"],
        [cell("Maatwerk", start), "410", "425"],
        [cell(par(), on), "12", "13"],
        ["LDE", cell("38", across)],
        [cell("Alle bedragen in duizend euro", '<w:gridSpan w:val="3"/>')],
    )
    path = write_word(tmp_path / "a.docx", par("Middelen", properties='<w:outlineLvl w:val="0"/>') + table(*rows))
    content = read_file(path)
    assert [(block.level, block.text) for block in content.blocks[1:]] == [
        (HEADER_ROW, "Maatregel\tBegroting\tBegroting"),
        (HEADER_ROW, "2022\t2023"),
        (0, "Maatwerk\t410\t425"),
        (0, "Maatwerk\t12\t13"),
        (0, "LDE\t38\t38"),
        (0, "Alle bedragen in duizend euro"),
    ]
    assert "\n\t2022\t2023\n" in content.pages[0].text, "the years stand in their own columns"


def test_rows_that_word_repeats_on_each_page_are_header(tmp_path: Path) -> None:
    content = read_file(write_word(tmp_path / "a.docx", table(["a", "b"], ["c", "d"], ["1", "2"], header=2)))
    assert [block.level for block in content.blocks] == [HEADER_ROW, HEADER_ROW, 0]


def test_a_first_row_in_bold_is_header_and_tables_stay_apart(tmp_path: Path) -> None:
    strong = [cell(par(run(text, "<w:b/>"))) for text in ("Jaar", "VTE")]
    body = table(strong, ["2020", "20"]) + table(["2021", "21"], ["2022", "22"]) + table(strong, strong)
    content = read_file(write_word(tmp_path / "a.docx", body))
    assert [block.level for block in content.blocks] == [HEADER_ROW, 0, NEXT_TABLE, 0, NEXT_TABLE, 0]
    assert content.pages[0].text == "Jaar\tVTE\n2020\t20\n\n2021\t21\n2022\t22\n\nJaar\tVTE\nJaar\tVTE"


def test_captions_are_known_and_lists_of_contents_left_out(tmp_path: Path) -> None:
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
        for key, name in (("C", "caption"), ("T", "toc 1"))
    )
    body = par("Inleiding 3", properties='<w:pStyle w:val="T"/>') + par(
        "Tabel 1 Plaatsen", properties='<w:pStyle w:val="C"/>'
    )
    content = read_file(write_word(tmp_path / "a.docx", body, styles=styles))
    assert [(b.kind, b.text) for b in content.blocks] == [(BlockKind.CAPTION, "Tabel 1 Plaatsen")] and not content.notes


def levels(*made: tuple[str, str], extra: str = "") -> str:
    return "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/>{extra}</w:lvl>'
        for i, (form, text) in enumerate(made)
    )


def listed(text: str, number: int, level: int = 0) -> str:
    return par(text, properties=f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def test_numbers_are_those_that_word_shows(tmp_path: Path) -> None:
    numbering = (
        f'<w:abstractNum w:abstractNumId="1">{levels(("decimal", "%1."), ("lowerLetter", "%1.%2)"))}</w:abstractNum>'
        f'<w:abstractNum w:abstractNumId="2">{levels(("none", ""), ("upperRoman", "Deel %2"))}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
        '<w:num w:numId="3"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/>'
        '</w:lvlOverride></w:num><w:num w:numId="4"><w:abstractNumId w:val="2"/></w:num>'
        '<w:num w:numId="5"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:lvl w:ilvl="0">'
        '<w:numFmt w:val="decimalZero"/><w:lvlText w:val="(%1)"/></w:lvl></w:lvlOverride></w:num>'
    )
    body = "".join(
        (
            listed("een", 1), listed("onder een", 1, 1), listed("weer", 1, 1), listed("twee", 1), listed("zo", 1, 1),
            listed("telt door", 2), listed("begint bij zeven", 3), listed("acht", 3), listed("zonder", 4),
            listed("met", 4, 1), listed("anders", 5), listed("niet", 0), listed("bestaat niet", 99),
        )
    )  # fmt: skip
    assert texts(read_file(write_word(tmp_path / "a.docx", body, numbering=numbering))) == [
        "1. een", "1.a) onder een", "1.b) weer", "2. twee", "2.a) zo", "3. telt door", "7. begint bij zeven", "8. acht",
        "zonder", "Deel I met", "(09) anders", "niet", "bestaat niet",
    ]  # fmt: skip


def test_headings_take_level_and_number_from_their_style(tmp_path: Path) -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="K1"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/>'
        '</w:numPr><w:outlineLvl w:val="0"/></w:pPr></w:style><w:style w:type="paragraph" w:styleId="K2">'
        '<w:name w:val="heading 2"/><w:basedOn w:val="K1"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="V"><w:name w:val="intern"/><w:rPr><w:vanish/></w:rPr></w:style>'
    )
    numbering = (
        '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/><w:pStyle w:val="K1"/>'
        '<w:lvlText w:val="%1"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
    )
    style = '<w:pStyle w:val="{}"/>'.format
    body = par("Doel", properties=style("K1")) + par("Tekst.") + par("Deel", properties=style("K2")) + par("Nog.")
    path = write_word(
        tmp_path / "a.docx", body + par("Niet tonen", properties=style("V")), styles=styles, numbering=numbering
    )
    assert [(b.kind, b.level, b.text) for b in read_file(path).blocks] == [
        (BlockKind.HEADING, 1, "1 Doel"),
        (BlockKind.PARAGRAPH, 0, "Tekst."),
        (BlockKind.HEADING, 2, "2 Deel"),
        (BlockKind.PARAGRAPH, 0, "Nog."),
    ]


def test_a_row_that_holds_only_a_table_gives_no_row_of_its_own(tmp_path: Path) -> None:
    inner = table(["Begeleidt", "40 %"], ["Plant", "25 %"]) + par("")
    body = table(["Competenties", inner], ["Taken", par("Basis:") + inner], ["Loon", "2.100 euro"]) + par("Na.")
    assert [block.text for block in read_file(write_word(tmp_path / "a.docx", body)).blocks] == [
        "Competenties\tBegeleidt\t40 %",
        "Competenties\tPlant\t25 %",
        "Taken\tBasis:",
        "Taken\tBegeleidt\t40 %",
        "Taken\tPlant\t25 %",
        "Loon\t2.100 euro",
        "Na.",
    ]


def test_short_bold_paragraphs_above_text_are_headings(tmp_path: Path) -> None:
    strong, large = "<w:b/>", '<w:b/><w:sz w:val="32"/>'
    text = par("De Vlaamse overheid steunt de maatwerkbedrijven met een premie en met begeleiding.")
    names = "".join(par(run(name, strong)) for name in ("Jan Peeters", "Kerkstraat 1", "9000 Gent"))
    body = (
        par(run("Nota", large)) + text + par(run("1.1 Kader", strong)) + par(run("1. Waarom?", strong)) + text
        + par(run("Besluit:", strong)) + text + par(run("Let op", strong), " dit is gewone tekst") + names + text
        + par(run("Dit is vet en een zin.", strong)) + text + par(run("De minister", strong))
    )  # fmt: skip
    found = [
        (b.level, b.text)
        for b in read_file(write_word(tmp_path / "a.docx", body)).blocks
        if b.kind is BlockKind.HEADING
    ]
    assert found == [(LOOSE_LEVEL, "Nota"), (LOOSE_LEVEL + 2, "1.1 Kader"), (LOOSE_LEVEL + 1, "Besluit:")], (
        "a numbered question stays one"
    )
    everything_bold = write_word(tmp_path / "b.docx", body.replace("<w:rPr></w:rPr>", "<w:rPr><w:b/></w:rPr>"))
    assert all(block.kind is not BlockKind.HEADING for block in read_file(everything_bold).blocks)


def test_footnotes_stand_at_the_end(tmp_path: Path) -> None:
    notes = "<w:footnote w:type='separator'>" + par("-") + "</w:footnote>"
    source = par("Bron: ", f"<w:ins>{run('departement')}</w:ins>")
    notes += f"<w:footnote w:id='2'>{source}{par('p. 3')}</w:footnote>"
    content = read_file(write_word(tmp_path / "a.docx", par("Tekst", NOTE) + par("Slot"), footnotes=notes))
    assert [(b.kind, b.text) for b in content.blocks[1:]] == [
        (BlockKind.PARAGRAPH, "Slot"),
        (BlockKind.NOTE, "1 Bron: departement p. 3"),
    ]


def test_strict_ooxml_is_read(tmp_path: Path) -> None:
    source, path = write_word(tmp_path / "a.docx", par("Tekst")), tmp_path / "b.docx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = old.read(name).replace(
                b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
                b"http://purl.oclc.org/ooxml/wordprocessingml/main",
            )
            new.writestr(
                name, data.replace(_TYPES.encode(), b"http://purl.oclc.org/ooxml/officeDocument/relationships")
            )
    assert texts(read_file(path)) == ["Tekst"]


def test_what_is_not_read_is_said(tmp_path: Path) -> None:
    drawing = '<a:p xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:t>verloren woorden</a:t></a:p>'
    path = write_word(tmp_path / "a.docx", par("Tekst die wel gelezen wordt."), diagramData=drawing)
    assert read_file(path).notes == (
        "a.docx is niet volledig gelezen: 39,5 % van de letters (15 van 38) staat in een vorm die niet gelezen wordt; "
        "bewaar het ook als PDF.",
    )
    chart = write_word(tmp_path / "c.docx", par("Tekst"), chart="<c/>")
    assert read_file(chart).notes == (
        "c.docx bevat een grafiek waarvan de cijfers niet gelezen zijn; kijk ze na in het document.",
    )
    inserted = write_word(tmp_path / "b.docx", par("Tekst") + "<w:altChunk/>")
    assert read_file(inserted).notes == (
        "b.docx bevat een ingevoegd bestand dat niet gelezen is; bewaar het in Word opnieuw.",
    )


def test_entities_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    write_word(path, par("Tekst"))
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    with zipfile.ZipFile(path, "w") as file:
        for name, data in parts.items():
            start = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' if name == "word/document.xml" else b""
            file.writestr(name, start + data)
    with pytest.raises(UnreadableFile, match=r"geen leesbaar Word-document; open het in Word"):
        read_file(path)


def test_the_header_of_a_table_goes_along_with_each_passage(tmp_path: Path) -> None:
    across = '<w:gridSpan w:val="2"/>'
    label = "Maatregel {} voor de inschakeling van personen in de sociale economie"
    rows = [[label.format(i), f"{i}00", "5"] for i in range(40)]
    header = [[cell("Maatregel", '<w:vMerge w:val="restart"/>'), cell("Begroting", across)]]
    header += [[cell(par(), "<w:vMerge/>"), "2022", "2023"]]
    document = read_document(write_word(tmp_path / "a.docx", table(*header, *rows)))
    assert len(document.passages) > 2
    for passage in document.passages:
        assert document.quote(passage.spans).startswith("Maatregel\tBegroting\tBegroting\n\t2022\t2023")

from pathlib import Path

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import UnreadableFile
from ingest.files import read_document
from ingest.read import read_file, split_pages
from tests.conftest import CORPUS
from tests.pdf import make_pdf

HEADER = "1328 (2017-2018) – Nr. 1 {}\nVlaams Parlement\n{}\n"


@given(st.text())
def test_pages_join_to_the_text(text: str) -> None:
    pages = split_pages(text)
    assert "".join(page.text for page in pages) == text
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))


def test_a_page_number_is_given_only_where_the_document_vouches_for_it() -> None:
    text = "voor\n" + HEADER.format(15, 15) + "vijftien\n zestien\n" + HEADER.format(17, 17) + "zeventien\n achttien\n"
    labels = [(page.label, page.text.strip().splitlines()[-1]) for page in split_pages(text)]
    assert labels == [(None, "voor"), ("15", "vijftien"), ("16", "zestien"), ("17", "zeventien"), (None, "achttien")]


def test_soft_breaks_that_do_not_add_up_are_no_pages() -> None:
    text = HEADER.format(15, 15) + "a\n b\n c\n" + HEADER.format(17, 17) + "d\n"
    assert [page.label for page in split_pages(text)] == ["15", "17"]


def test_the_letter_of_2017_has_pages_15_to_17() -> None:
    pages = read_file(next(CORPUS.glob("001*"))).pages
    assert [page.label for page in pages] == [None, "15", "16", "17", None, None]


def test_form_feeds_split_pages(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("een\ftwee", encoding="utf-8")
    assert [page.text for page in read_file(path).pages] == ["een\f", "twee"]


def test_pdf_pages_keep_their_number(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(make_pdf([["Eerste bladzijde over maatwerk."], ["Tweede bladzijde: één zin met 20 % meer."]]))
    pages = read_file(path).pages
    assert [(page.number, page.label, page.text.strip()) for page in pages] == [
        (1, None, "Eerste bladzijde over maatwerk."),
        (2, None, "Tweede bladzijde: één zin met 20 % meer."),
    ]


def test_running_headers_of_a_pdf_are_no_passage(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(
        make_pdf([["Verslag werkgroep", f"Alinea {i * i} gaat over zaak {7 - i}.", f"pagina {i}"] for i in range(1, 6)])
    )
    document = read_document(path)
    text = "\n".join(document.quote(passage.spans) for passage in document.passages)
    assert "Verslag werkgroep" not in text and "pagina" not in text
    assert all(f"Alinea {i * i} gaat over zaak {7 - i}." in text for i in range(1, 6))


def _encrypted(tmp_path: Path) -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    writer.encrypt("geheim", algorithm="RC4-128")
    path = tmp_path / "encrypted-source.pdf"
    writer.write(path)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", b"", "is leeg"),
        ("a.txt", b"  \n\n ", "bevat geen tekst"),
        ("a.txt", b"\x81\x9dkapot", "is geen UTF-8, UTF-16 of Windows-1252"),
        ("a.txt", b"tekst\0tekst", "binair bestand"),
        ("a.txt", make_pdf([["tekst"]]), "is van binnen een .pdf-bestand en geen .txt"),
        ("a.docx", b"PK\x03\x04kapot", "is geen leesbaar Word-document"),
        ("a.zip", b"PK", "wordt niet gelezen; pak het uit"),
        ("a.doc", b"\xd0\xcf\x11\xe0", "bewaar het als .docx"),
        ("a.xlsx", b"PK\x03\x04kapot", "is geen leesbaar Excel-bestand"),
        ("a.xls", b"PK", "bewaar het als .xlsx"),
        ("a.PPTX", b"PK", "open het in PowerPoint of LibreOffice en bewaar het als PDF"),
        ("a.msg", b"From: x", "bewaar het als .eml, bijlagen apart"),
        ("a.odt", b"PK", "bewaar het als .docx"),
        ("a.jpg", b"x", "is geen .docm, .docx, .eml, .htm, .html, .md, .pdf, .rtf, .txt, .xlsm, .xlsx"),
        ("a.docx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "is beveiligd met een wachtwoord"),
        ("a.html", b" ", "is geen leesbare HTML|bevat geen tekst"),
        ("a.pdf", b"", "is leeg"),
        ("a.pdf", b"geen pdf", "is geen leesbare PDF"),
        ("a.pdf", make_pdf([["tekst"]])[:200], "is geen leesbare PDF"),
        ("a.pdf", make_pdf([[]]), "bevat geen tekst"),
        ("a.pdf", None, "is versleuteld"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_an_unreadable_file_gets_one_clear_sentence(
    tmp_path: Path, name: str, content: bytes | None, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(_encrypted(tmp_path) if content is None else content)
    with pytest.raises(UnreadableFile, match=sentence) as caught:
        read_file(path)
    assert str(caught.value).startswith(name) and str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)

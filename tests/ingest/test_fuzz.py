"""Each reader on files that hypothesis bends: read, or refused in a sentence; `FUZZ_FILES=3000` for a long run."""

import email.message
import io
import os
import zipfile

import docx
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import UnreadableFile
from ingest.files import read_document
from ingest.read import READERS
from tests.pdf import make_pdf

FILES = int(os.environ.get("FUZZ_FILES", "12"))  # of each kind
LINES = [
    "Vraag nr. 12 van 3 maart 2018",
    "",
    "1. Hoeveel premies?",
    "2. Waarom?",
    "",
    "Antwoord",
    "",
    "1. Negen.",
    "2. -",
]
# What steers a reader, or has no end.
BITS = [
    b"\x00",
    b"\xff\xfe",
    b"\xe2\x80\xa8",
    b"\r",
    b"\f",
    b"\t|",
    b"<table>",
    b"<tr><td colspan=9999999>",
    b"</body>",
    b"<!--",
    b"<pre>" * 50,
    b"&#x110000;",
    b"# ",
    b"| a | b |\n|---|",
    b"{\\rtf1",
    b"\\bin99999 ",
    b"\\u-1?",
    b"}" * 40,
    b"\\par ",
    b"Content-Type: multipart/mixed; boundary=x\n\n--x",
    b"=?utf-8?b?/w==?=",
    b"%PDF-1.4",
    b" obj <<",
    b"endstream",
    b"/Length 99999999",
    b"/Kids [1 0 R]",
    b"w:tbl>",
    b'<w:gridSpan w:val="99999999"/>',
    b"<w:p>",
    b"<c r='ZZZ9999999'>",
    b"1." * 60,
    b"9" * 400,
    b" " * 400,
    b"\n" * 400,
    b"Antwoord\n\n1. ",
    "é\u0301\u202e\U0001f600".encode(),
]


def _word() -> bytes:
    file, document = io.BytesIO(), docx.Document()
    for line in LINES:
        document.add_paragraph(line)
    document.add_table(2, 2).cell(1, 1).text = "40 euro"
    document.save(file)
    return file.getvalue()


def _workbook() -> bytes:
    file, book = io.BytesIO(), openpyxl.Workbook()
    for number, line in enumerate(LINES):
        book.worksheets[0].append([line, number, number / 7])
    book.save(file)
    return file.getvalue()


def _mail() -> bytes:
    mail = email.message.EmailMessage()
    mail["Subject"], mail["From"], mail["Date"] = "Premies", "An <an@example.be>", "Sat, 3 Mar 2018 10:00:00 +0100"
    mail.set_content("\n".join(LINES))
    mail.add_alternative("<p>" + "</p><p>".join(LINES) + "</p>", subtype="html")
    return mail.as_bytes()


PLAIN = "\n".join(LINES).encode()
PAGE = f"<html><body><h1>Premies</h1><p>{'</p><p>'.join(LINES)}</p><table><tr><th>a<td>1</table>".encode()
MADE = {
    ".txt": lambda: PLAIN,
    ".md": lambda: b"# Premies\n\n" + PLAIN,
    ".html": lambda: PAGE,
    ".htm": lambda: PAGE,
    ".rtf": lambda: b"{\\rtf1\\ansi " + PLAIN.replace(b"\n", b"\\par\n") + b"}",
    ".eml": _mail,
    ".pdf": lambda: make_pdf([[line for line in LINES if line]]),
    ".docx": _word,
    ".docm": _word,
    ".xlsx": _workbook,
    ".xlsm": _workbook,
}
PLACES = st.floats(0, 1, exclude_max=True)
BENDS = st.lists(
    st.tuples(PLACES, st.integers(0, 60), st.sampled_from(BITS) | st.binary(max_size=12), st.integers(1, 3)),
    min_size=1,
    max_size=6,
)


def _bend(data: bytes, bends: list[tuple[float, int, bytes, int]]) -> bytes:
    """Put bytes in the place of others, here and there."""
    for place, taken, put, times in bends:
        at = int(place * len(data))
        data = data[:at] + put * times + data[at + taken :]
    return data


def _bend_inside(data: bytes, which: float, bends: list[tuple[float, int, bytes, int]]) -> bytes:
    """Bend one file of an archive, and pack it again."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w") as new:
        names = old.namelist()
        for name in names:
            inside = old.read(name)
            new.writestr(name, _bend(inside, bends) if name == names[int(which * len(names))] else inside)
    return written.getvalue()


def test_each_kind_of_file_is_bent() -> None:
    assert set(MADE) == set(READERS)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", sorted(MADE))
@settings(
    max_examples=FILES,
    suppress_health_check=list(HealthCheck),
    derandomize="FUZZ_FILES" not in os.environ,
    database=None,
)
@given(which=PLACES, inside=st.booleans(), bends=BENDS)
def test_a_bent_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory,
    suffix: str,
    which: float,
    inside: bool,
    bends: list[tuple[float, int, bytes, int]],
) -> None:
    data = MADE[suffix]()
    packed = suffix[1:4] in ("doc", "xls") and inside
    path = tmp_path_factory.mktemp("bent") / f"stuk{suffix}"
    path.write_bytes(_bend_inside(data, which, bends) if packed else _bend(data, bends))
    try:
        document = read_document(path)
    except UnreadableFile as error:
        assert path.name in str(error) and str(error).endswith((".", ")"))
    else:
        for passage in document.passages:
            assert document.quote(passage.spans)

"""Two hundred damaged files: each ends in one clear sentence, or is read, within its time and memory."""

import io
import random
import re
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest

import ingest.pool as worker
from ingest.document import Document
from ingest.errors import UnreadableFile
from ingest.pool import Job, read_documents
from tests.ingest.test_formats import write_docx, write_html, write_markdown
from tests.pdf import make_pdf

_BOMB = 400_000_000  # bytes after unpacking


def pdf_with(stream: bytes, header: bytes) -> bytes:
    """A PDF whose page content is a packed stream; `header` stands in the stream's dictionary."""
    return (
        b"%PDF-1.5\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
        b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
        b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>\nendobj\n"
        b"4 0 obj\n<< "
        + header
        + b" /Filter /FlateDecode /Length %d >>\nstream\n" % len(stream)
        + stream
        + b"\nendstream\n"
        b"endobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
    )


def packed(start: bytes, fill: bytes, size: int = _BOMB) -> bytes:
    packer = zlib.compressobj(1)
    parts = [packer.compress(start)]
    block = fill * (1_000_000 // len(fill))
    parts += [packer.compress(block) for _ in range(size // len(block))]
    return b"".join([*parts, packer.flush()])


def docx_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/d.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        )
        file.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" '
            'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="d.xml"/>'
            "</Relationships>",
        )
        with file.open("d.xml", "w", force_zip64=True) as part:
            for _ in range(_BOMB // 1_000_000):
                part.write(b"<a>" * 333_333)
    return out.getvalue()


def damaged(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of two hundred files, the same each time."""
    chance = random.Random(4)
    sound = {".pdf": make_pdf([[f"Een tekst over {word}.", "En nog een zin."] for word in ("maatwerk", "zorg")])}
    for suffix, write in ((".docx", write_docx), (".html", write_html), (".md", write_markdown)):
        write(folder / f"heel{suffix}")
        sound[suffix] = (folder / f"heel{suffix}").read_bytes()
        (folder / f"heel{suffix}").unlink()
    for i in range(60):
        for suffix in (".pdf", ".docx"):
            content = sound[suffix]
            if i < 25:
                yield f"afgebroken-{i}{suffix}", content[: chance.randrange(1, len(content))]
            else:
                flipped = bytearray(content)
                for _ in range(chance.choice([1, 5, 50])):
                    flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
                yield f"omgedraaid-{i}{suffix}", bytes(flipped)
    for i in range(30):
        suffix = (".html", ".md", ".txt")[i % 3]
        yield f"ruis-{i}{suffix}", chance.randbytes(chance.randrange(1, 3000))
    for i, algorithm in enumerate(["RC4-40", "RC4-128", "AES-128-stub"]):
        writer = pypdf.PdfWriter()
        writer.add_blank_page(200, 200)
        if algorithm.startswith("RC4"):
            writer.encrypt("geheim", algorithm=algorithm)
        out = io.BytesIO()
        writer.write(out)
        yield f"versleuteld-{i}.pdf", out.getvalue()
    for suffix in (".pdf", ".docx", ".html", ".htm", ".md", ".txt"):
        yield f"leeg-{suffix[1:]}{suffix}", b""
    wrong = [(".txt", ".pdf"), (".pdf", ".docx"), (".pdf", ".html"), (".docx", ".pdf"), (".docx", ".md")]
    wrong += [(".html", ".docx"), (".zip", ".docx"), (".pdf", ".md")]
    yield from ((f"verkeerd-{i}{suffix}", sound[really]) for i, (suffix, really) in enumerate(wrong))
    yield from bombs(chance)


def bombs(chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Files that grow, nest or go on for ever."""
    writer = pypdf.PdfWriter()
    for _ in range(10_000):
        writer.add_blank_page(595, 842)
    out = io.BytesIO()
    writer.write(out)
    yield "tienduizend.pdf", out.getvalue()
    yield "bom-inhoud.pdf", pdf_with(packed(b"", b"["), b"")
    yield "bom-objecten.pdf", pdf_with(packed(b"5 0 ", b"[<<"), b"/Type /ObjStm /N 1 /First 4")
    yield "bom.docx", docx_bomb()
    yield "diep.html", b"<div>" * 1_000_000
    yield "diep.md", b"> " * 100_000 + b"x"
    yield "haken.md", b"[" * 200_000
    yield "lange-regel.txt", b"a" * 15_000_000
    yield "lange-lijst.txt", b"1. a\n" * 1_500_000
    for i in range(24):
        yield f"kop-{i}.pdf", b"%PDF-1.7\n" + chance.randbytes(5000)


@pytest.mark.slow
def test_damaged_files_never_stop_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert worker.FILE_SECONDS < 30 and worker.MEMORY_BYTES <= 1 << 30
    monkeypatch.setattr(worker, "FILE_SECONDS", 10.0)  # less than users wait, so that the test does not either
    folder = tmp_path / "kapot"
    folder.mkdir()
    names = []
    for name, content in damaged(folder):
        (folder / name).write_bytes(content)
        names.append(name)
    assert len(names) == 200
    jobs = [Job(folder / name, None) for name in names]
    outcomes: dict[str, Document | UnreadableFile] = {}
    longest, last = 0.0, time.monotonic()
    for job, outcome in read_documents(jobs):
        now = time.monotonic()
        longest, last = max(longest, now - last), now
        outcomes[job.path.name] = outcome
    assert set(outcomes) == set(names), "every file has an outcome"
    assert longest < 2 * worker.FILE_SECONDS
    for name, outcome in outcomes.items():
        if isinstance(outcome, UnreadableFile):
            assert str(outcome).startswith(name) and str(outcome).endswith(".") and "\n" not in str(outcome)
            assert re.search(r"[;,] ", str(outcome)), "it says what to do"
        else:
            assert outcome.passages
    assert all(
        isinstance(outcomes[name], UnreadableFile) for name in names if name.startswith(("leeg", "verkeerd-", "kop"))
    )
    sentence = {name: str(outcome) for name, outcome in outcomes.items() if isinstance(outcome, UnreadableFile)}
    assert "versleuteld" in sentence["versleuteld-0.pdf"] and "10000 bladzijden" in sentence["tienduizend.pdf"]
    assert "van binnen een .pdf-bestand" in sentence["verkeerd-0.txt"]
    assert "bom-inhoud.pdf" in sentence and "bom.docx" in sentence

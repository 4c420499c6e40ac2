"""Real PDFs of a few lines, written by hand so that no test needs a PDF library to make them."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """A line of text at a place, in points from the bottom left, turned anticlockwise by a multiple of 90 degrees.

    `ink` is what PDF sets before the text: its colour, or how it is rendered.
    """

    x: float
    y: float
    text: str
    size: float = 10
    bold: bool = False
    turn: int = 0
    ink: str = ""


@dataclass(frozen=True)
class Stroke:
    """A straight line."""

    x0: float
    y0: float
    x1: float
    y1: float


def make_pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF with one text line per string, Helvetica in WinAnsi encoding."""
    return draw_pdf([[Text(60, 780 - 14 * i, line, 11) for i, line in enumerate(lines)] for lines in pages])


def draw_pdf(pages: Sequence[Sequence[Text | Stroke]], catalogue: str = "") -> bytes:
    """A PDF with texts and lines at their places; `catalogue` is added to the document catalogue."""
    return _pages([(b"\n".join(_drawn(item) for item in items), "") for items in pages], catalogue=catalogue)


def scan_pdf(images: Sequence[tuple[int, int, bytes]], over: Sequence[Sequence[Text]] = ()) -> bytes:
    """A PDF with one grey image (width, height, pixels) over each A4 page, and texts over it where given."""
    extra = [_image(*image) for image in images]
    first = 5 + 2 * len(images)
    drawn = [
        (b"q 595 0 0 842 0 0 cm /I Do Q\n" + b"\n".join(map(_drawn, texts)), f"/XObject << /I {first + i} 0 R >>")
        for i, texts in enumerate(over or [()] * len(images))
    ]
    return _pages(drawn, extra)


def outline_pdf(page: tuple[int, int, bytes], picture: tuple[int, int, bytes], box: tuple[int, int, int, int]) -> bytes:
    """A page of which the print (grey, over A4) is drawn as surfaces, with a picture in a box (x, y, width, height)."""
    width, height, pixels = page
    runs = []
    for y in range(height):
        row = bytes(pixel < 128 for pixel in pixels[y * width : (y + 1) * width])
        start = row.find(1)
        while start >= 0:
            end = row.find(0, start) if 0 in row[start:] else width
            runs.append(b"%d %d %d 1 re" % (start, height - y - 1, end - start))
            start = row.find(1, end)
    surfaces = b"q %f 0 0 %f 0 0 cm\n%s\nf Q\n" % (595 / width, 842 / height, b"\n".join(runs))
    shown = b"q %d 0 0 %d %d %d cm /I Do Q" % (box[2], box[3], box[0], box[1])
    return _pages([(surfaces + shown, "/XObject << /I 7 0 R >>")], [_image(*picture)])


def _image(width: int, height: int, pixels: bytes) -> bytes:
    data = zlib.compress(pixels)
    return (
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 "
        b"/Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (width, height, len(data), data)
    )


def _pages(pages: Sequence[tuple[bytes, str]], extra: Sequence[bytes] = (), catalogue: str = "") -> bytes:
    objects = [f"<< /Type /Catalog /Pages 2 0 R {catalogue} >>".encode()]
    kids = " ".join(f"{5 + 2 * i} 0 R" for i in range(len(pages)))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode())
    for name in ("Helvetica", "Helvetica-Bold"):
        objects.append(f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode())
    for i, (content, resources) in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {6 + 2 * i} 0 R "
            f"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> {resources} >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    objects += extra
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _drawn(item: Text | Stroke) -> bytes:
    if isinstance(item, Stroke):
        return f"0.5 w {item.x0} {item.y0} m {item.x1} {item.y1} l S".encode()
    font = "F2" if item.bold else "F1"
    matrix = {0: "1 0 0 1", 90: "0 1 -1 0", 180: "-1 0 0 -1", 270: "0 -1 1 0"}[item.turn]
    place = f"{matrix} {item.x} {item.y} Tm"
    return f"q {item.ink} BT /{font} {item.size} Tf {place} ({_escape(item.text)}) Tj ET Q".encode("cp1252")


def _escape(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")

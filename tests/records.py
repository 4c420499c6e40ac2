"""Records as tests need them."""

from pathlib import Path

from ingest.document import BlockKind, Document, Metadata, Page, Passage, Piece, Span


def plain_passage(
    passage_id: str, section: tuple[str, ...], spans: tuple[Span, ...], text: str, pair: int | None = None
) -> Passage:
    """Return a passage of one paragraph without context."""
    document_id = passage_id.rsplit(":", 2)[0]
    return Passage(passage_id, document_id, section, spans, text, spans, (Piece(BlockKind.PARAGRAPH, spans),), pair)


def bare_document(pages: tuple[Page, ...], file_name: str = "d.txt") -> Document:
    """Return a document without passages."""
    return Document("d", file_name, "0" * 64, Metadata("d"), pages)


def flip(path: Path, position: int) -> None:
    """Change one bit of a file."""
    with path.open("r+b") as file:
        file.seek(position)
        byte = file.read(1)[0]
        file.seek(position)
        file.write(bytes([byte ^ 4]))

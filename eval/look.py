"""Passages beside the image of their page, drawn by lot: for a person who judges how files are read."""

import os.path
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2

from ingest.document import Document, Passage
from ingest.files import list_files, read_document

_DPI = 90  # print of 9 points can be read
LIST = "passages.md"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A passage that was drawn, with the file that it was read from."""

    file: Path
    name: Path  # from the folder that all files have in common
    document: Document
    passage: Passage

    def __str__(self) -> str:
        """Its place, section path and text, with the page marked in the text where it changes."""
        document, own = self.document, self.passage.own
        before = {span.page for span in self.passage.spans} - {span.page for span in own}
        lines = [
            f"{self.name}, blad {', '.join(map(str, sorted({span.page for span in own})))}",
            f"sectie: {' > '.join(self.passage.section) or '-'}",
            *([f"met context van blad {', '.join(map(str, sorted(before)))}"] if before else []),
            "",
            document.quote(self.passage.spans),
        ]
        return "\n".join(lines)


def draw_passages(paths: Sequence[Path], count: int, seed: int) -> list[Drawn]:
    """Draw passages by lot, one of each file in turn, so that a long file does not decide; a seed draws the same again.

    UnreadableFile where a file cannot be read.
    """
    lot = random.Random(seed)  # noqa: S311 - a lot that can be drawn again
    stacks, files = [], list_files(paths)
    places = [file.parent.resolve() / file.name for file in files]
    common = os.path.commonpath([place.parent for place in places])
    for file, place in zip(files, places, strict=True):
        document = read_document(file)
        passages = list(document.passages)
        lot.shuffle(passages)
        stacks.append([Drawn(file, place.relative_to(common), document, passage) for passage in passages])
    drawn: list[Drawn] = []
    while len(drawn) < count and any(stacks):
        drawn += [stack.pop() for stack in stacks if stack]
    return sorted(drawn[:count], key=lambda one: (one.file, one.passage.own[0].page, one.passage.own[0].start))


def write_drawn(drawn: Sequence[Drawn], folder: Path) -> None:
    """Write the passages as one text, and beside it an image of each page of a PDF on which one stands."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n\n".join(f"## {n}. {one}" for n, one in enumerate(drawn, start=1))
    (folder / LIST).write_text(f"{text}\n", encoding="utf-8")
    pdfs = [one for one in drawn if one.file.suffix.lower() == ".pdf"]
    for file, name, page in sorted({(one.file, one.name, span.page) for one in pdfs for span in one.passage.own}):
        place = folder / name.with_name(f"{name.stem}-{page}.png")
        place.parent.mkdir(parents=True, exist_ok=True)
        with pypdfium2.PdfDocument(file) as document:
            document[page - 1].render(scale=_DPI / 72, grayscale=True).to_pil().save(place)

"""Does each quotable unit stand on the page that its citation names? Looked up again, from the citation alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.measure import letters_of
from index.answer.citation import has_pages, place
from index.answer.units import Unit, cut_units
from ingest.document import Document, Page
from ingest.errors import UnreadableFile
from ingest.files import list_files, read_document


@dataclass(frozen=True, slots=True)
class WrongPage:
    """A unit whose words do not stand where its citation says."""

    document_id: str
    cited: str  # page or pages as the citation names them
    true: tuple[int, ...]  # stored pages on which it does stand, 1-based
    quote: str  # its words

    def __str__(self) -> str:
        """Say it in Dutch, on one line."""
        places = ", ".join(map(str, self.true))
        return f'{self.document_id}: "{self.quote[:60]}" verwijst naar p. {self.cited}, maar staat op blad {places}.'


@dataclass(frozen=True, slots=True)
class PageCheck:
    """What was found in documents."""

    units: int  # number of quotable ones
    without: int  # how many of them are cited without a page, since the document does not give one
    wrong: tuple[WrongPage, ...]  # those that are cited on another page than theirs
    unread: tuple[str, ...] = ()  # files that cannot be read, one sentence each, in Dutch


def check_files(paths: Sequence[Path]) -> PageCheck:
    """Check all documents among files and folders; UnreadableFile where one does not exist or holds no document."""
    found, unread = [], []
    for file in list_files(paths):
        try:
            found.append(check_pages(read_document(file)))
        except UnreadableFile as error:
            unread.append(str(error))
    wrong = tuple(one for check in found for one in check.wrong)
    return PageCheck(sum(one.units for one in found), sum(one.without for one in found), wrong, tuple(unread))


def check_pages(document: Document) -> PageCheck:
    """Check the page in the citation of each quotable unit of a document."""
    units = [unit for passage in document.passages for unit in cut_units(document, passage)]
    cited = [(unit, place(document, unit.own)) for unit in units]
    wrong = tuple(
        WrongPage(document.document_id, pages, tuple(sorted({span.page for span in unit.own})), words)
        for unit, pages in cited
        if pages and not _stands(document, unit, pages)
        for words in [" ".join(document.quote(unit.own).split())]
    )
    return PageCheck(len(units), sum(not pages for _, pages in cited), wrong)


def _stands(document: Document, unit: Unit, cited: str) -> bool:
    """Whether a unit stands on the cited pages, all of it, and nothing is cited in which nothing of it stands.

    Its words are looked for as text; the page of a span is not believed.
    """
    parts = [letters_of(document.quote([span])) for span in unit.own]
    return any(
        all(any(part in text for text in texts) for part in parts)
        and all(any(part in text for part in parts) for text in (texts[0], texts[-1]))
        for pages in _resolve(document, cited)
        if (texts := [letters_of(page.text) for page in pages])
    )


def _resolve(document: Document, cited: str) -> Iterator[Sequence[Page]]:
    """Yield the runs of stored pages that a citation may mean; of pages with one number a reader turns to the first."""
    named = cited.removesuffix(" van de pdf")
    by_place = {str(page.number): page.number for page in document.pages}
    printed = {page.label: page.number for page in reversed(document.pages) if page.label}
    pages = by_place if named != cited or (has_pages(document) and not printed) else printed
    dashes = [i for i, sign in enumerate(named) if sign == "-"]  # of a run, or of a number such as "A-3"
    for first, last in [(named, named), *((named[:i], named[i + 1 :]) for i in dashes)]:
        if first in pages and last in pages and pages[first] <= pages[last]:
            yield document.pages[pages[first] - 1 : pages[last]]

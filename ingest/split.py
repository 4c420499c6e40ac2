"""Blocks -> passages: units of about a paragraph or two that can be read on their own."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, groupby

from ingest.document import Block, BlockKind, Document, Heading, Pair, Passage, Piece, Span
from ingest.dutch import join_lines
from ingest.pieces import MAX_CHARS, pieces_of, size_of
from ingest.question_letter import Range
from ingest.questions import QAPair, pair_questions
from ingest.readers.flow import HEADER_ROW
from ingest.readers.text import CAPITALS_LEVEL, runs
from ingest.tables import LEADS, MEASURE, cells, header_rows, table_size
from ingest.topics import topics_of

MIN_CHARS = 120  # a shorter rest says too little to be found or read on its own
_MAX_LEAD_IN = 400  # characters of the sentence that introduces a list and goes along with each part of it


@dataclass(slots=True)
class _Draft:
    """A passage in the making: its own pieces and the spans of the context that it repeats before and after them."""

    section: tuple[str, ...]
    own: list[Piece] = field(default_factory=list)
    context: tuple[Span, ...] = ()
    question: tuple[Piece, ...] = ()
    after: tuple[Piece, ...] = ()
    pair: int | None = None
    is_table: bool = False

    @property
    def size(self) -> int:
        return size_of(_spans(self.own))

    def take_opening(self, document: Document) -> list[Piece]:
        """Take away the end that opens what follows: a question, or a sentence that ends in a colon."""
        taken: list[Piece] = []
        while len(self.own) > 1 and size_of(self.own[-1].spans) <= _MAX_LEAD_IN and self.size >= MIN_CHARS:
            if not document.quote(self.own[-1].spans).endswith((":", "?")):
                break
            taken.insert(0, self.own.pop())
        return taken

    @property
    def opens(self) -> bool:
        """Whether there is nothing but headings yet, which go with what follows."""
        return self.size < MIN_CHARS and all(piece.kind is BlockKind.HEADING for piece in self.own)


def split_document(document: Document, blocks: Sequence[Block], pairs: Sequence[QAPair] | None = None) -> Document:
    """Split a document into passages, and keep its headings and its questions with their answers.

    Every block stands in exactly one passage as its own text, or as a heading in the section path of the passages
    below it. Some stand in more as context: the caption and header of a table with each part of it, the sentence
    that introduces a list with each part of it, a question with each part of its answer. Pairs that are not given are
    looked for.
    """
    found = pair_questions(blocks) if pairs is None else pairs
    first = {pair.blocks[0]: number for number, pair in enumerate(found)}
    taken = {i for pair in found for i in pair.blocks}
    splitter = _Splitter(document, blocks[0] if blocks else None)
    drafts: list[_Draft] = []
    for is_pair, group in groupby(range(len(blocks)), key=taken.__contains__):
        own = list(group)
        if is_pair:
            drafts += [d for i in own if i in first for d in splitter.split_pair(blocks, found[first[i]], first[i])]
        else:
            drafts += splitter.sections(blocks[own[0] : own[-1] + 1])
    return replace(
        document,
        passages=tuple(_passage(document, draft) for draft in drafts),
        headings=tuple(splitter.headings),
        pairs=tuple(_whole_pair(blocks, pair, found) for pair in found),
    )


def _whole_pair(blocks: Sequence[Block], pair: QAPair, found: Sequence[QAPair]) -> Pair:
    """Return a pair as spans; answers that stand together go with all questions, and each question with all of them."""
    letter = [other for other in found if other.introduction == pair.introduction]  # a file may hold more of them
    asked = pair.questions or [part for other in letter for part in other.questions]
    answers = pair.answers or [answer for other in letter if not other.questions for answer in other.answers]
    parts = asked, [*(one.blocks for one in answers), pair.see], [pair.introduction]
    question, answer, introduction = (_spans(_blocks(blocks, part)) for part in parts)
    last = answers[-1] if answers else None
    return Pair(question, answer, introduction, last.status if last else None, last.date if last else None)


def _blocks(blocks: Sequence[Block], parts: Iterable[Range]) -> list[Block]:
    return [block for part in parts for block in blocks[slice(*part)]]


def _spans(items: Iterable[Block | Piece]) -> tuple[Span, ...]:
    return tuple(span for item in items for span in item.spans)


class _Splitter:
    """Splits one document, and keeps the headings that it meets."""

    def __init__(self, document: Document, first: Block | None) -> None:
        self.document, self.first = document, first
        self.headings: list[Heading] = []

    def sections(self, blocks: Sequence[Block]) -> Iterator[_Draft]:
        """Split what stands below each heading; one with nothing below it goes with what follows."""
        path: list[tuple[float, str]] = []
        body: list[Block] = []
        waiting: list[Block] = []  # headings that have no text below them yet: the last ones of the path
        loose: list[Block] = []  # those that never get any
        for block in blocks:
            if block.kind is not BlockKind.HEADING:
                body.append(block)
                waiting.clear()
                continue
            if body:
                yield from self._section(loose, body, path)
                body, loose = [], []
            level = _heading_level(block, path)
            if waiting and path[-1][0] >= level and min(waiting[-1].level, block.level) >= CAPITALS_LEVEL:
                level = path[-1][0] + 0.1  # a title on two lines: the second goes below the first
            at = len(loose)
            while path and path[-1][0] >= level:
                path.pop()
                if waiting:
                    loose.insert(at, waiting.pop())
            path.append((level, _title(block)))
            if size_of(block.spans):  # else it heads again what comes next
                self.headings.append(Heading(_title(block), len(path), block.spans[0]))
            waiting.append(block)
        if body or loose or waiting:
            yield from self._section(loose, [*body, *waiting], path)

    def _section(self, loose: list[Block], body: list[Block], path: Sequence[tuple[float, str]]) -> Iterator[_Draft]:
        """What stands below a heading, and before it headings without text of their own; a cover stands apart."""
        is_cover = loose and body and loose[0] is self.first and loose[-1].spans[0].page < body[0].spans[0].page
        if is_cover:
            yield from _split_section(self.document, loose, ())
        section = tuple(title for _, title in path)
        yield from _split_section(self.document, body if is_cover else [*loose, *body], section)

    def split_pair(self, blocks: Sequence[Block], pair: QAPair, number: int) -> list[_Draft]:
        """Join a question with its answer; a long answer becomes several passages that all carry the question."""
        asked = _blocks(blocks, pair.questions)
        answer = _blocks(blocks, [one.blocks for one in pair.answers])
        question = tuple(Piece(block.kind, block.spans) for block in asked) if answer else ()
        # What the introduction begins with, short enough to go along with each question: what they are about.
        leading = blocks[slice(*pair.introduction)]
        sizes = accumulate(size_of(block.spans) for block in leading)
        about = _spans(block for block, size in zip(leading, sizes, strict=True) if size <= _MAX_LEAD_IN)
        drafts = _split_section(self.document, answer or asked, (pair.title,), about + _spans(question))
        if question:
            drafts[0].question, drafts[0].context = question, about  # the first passage's own, context of the others
            see = blocks[slice(*pair.see)]  # the answer it refers to
            drafts[-1].after = tuple(Piece(block.kind, block.spans) for block in see)
        start = blocks[pair.blocks[0]].spans[0]
        self.headings.append(Heading(pair.title, 1, Span(start.page, start.start, start.start)))
        for draft in drafts:
            draft.pair = number
        return drafts


def _heading_level(block: Block, path: Sequence[tuple[float, str]]) -> float:
    """Numbered headings have their depth; a heading in capitals groups the numbered ones around it."""
    if block.level != CAPITALS_LEVEL:
        return block.level
    groups = [level for level, _ in path if level % 1 == 0.5]
    return groups[-1] if groups else max((level for level, _ in path if level < CAPITALS_LEVEL), default=0) + 0.5


def _title(block: Block) -> str:
    return join_lines(block.text).strip("#*_: ")


def _split_section(
    document: Document, blocks: Sequence[Block], section: tuple[str, ...], context: tuple[Span, ...] = ()
) -> list[_Draft]:
    """Pack blocks into passages of at most MAX_CHARS, tables apart; a short rest joins the passage before it."""
    drafts: list[_Draft] = []
    for draft in _pack(document, blocks, section, context):
        is_rest = draft.size < MIN_CHARS and draft.context == context and not draft.is_table
        if is_rest and drafts and drafts[-1].context == context:
            drafts[-1].own += draft.own
        elif draft.own:
            drafts.append(draft)
    return drafts


def _pack(
    document: Document, blocks: Sequence[Block], section: tuple[str, ...], context: tuple[Span, ...]
) -> Iterator[_Draft]:
    notes = [block for block in blocks if block.kind is BlockKind.NOTE]
    blocks = [block for block in blocks if block.kind is not BlockKind.NOTE]
    draft = _Draft(section, context=context)
    lead_in: tuple[Span, ...] = ()
    parent: Block | None = None  # the item of which those that come are items, too
    end = 0  # of the table before
    for i, block in enumerate(blocks):
        if i < end:
            continue
        if block.kind in (BlockKind.CAPTION, BlockKind.ROW) and (size := table_size(document, blocks, i)):
            if not draft.opens:
                yield draft
                draft = _Draft(section, context=context)
            end = i + size
            yield from _split_table(document, blocks[i:end], draft, list(filter(_leads, blocks[max(i - 1, 0) : i])))
            draft = _Draft(section, context=context)
            continue
        if block.kind is BlockKind.PARAGRAPH:
            lead_in, parent = block.spans if _announces(block) else (), None
        elif parent and _marker(block) == _marker(parent):
            parent = None
        for piece in pieces_of(document, block):
            if not draft.opens and draft.size + size_of(piece.spans) > MAX_CHARS:
                opening = draft.take_opening(document)
                yield draft
                is_item = block.kind is BlockKind.ITEM and not opening
                goes_along = lead_in + (parent.spans if parent else ()) if is_item else ()
                draft = _Draft(section, opening, context + goes_along)
            draft.own.append(piece)
        if block.kind is not BlockKind.PARAGRAPH and _announces(block):
            parent = block
    yield draft
    yield from _split_notes(document, notes, section)


def _split_notes(document: Document, notes: Sequence[Block], section: tuple[str, ...]) -> Iterator[_Draft]:
    """Footnotes stand in passages of their own, so that they neither cut a sentence nor join one."""
    pieces = (piece for note in notes for piece in pieces_of(document, note))
    for own in runs(pieces, lambda own, piece: size_of(_spans([*own, piece])) > MAX_CHARS):
        yield _Draft((*section, "Voetnoten"), own, is_table=True)


def _leads(block: Block) -> bool:
    """Whether a block introduces the table after it, and is short enough to go along with each part of it."""
    return block.kind is BlockKind.PARAGRAPH and len(block.text) <= _MAX_LEAD_IN and bool(LEADS.search(block.text))


def _announces(block: Block) -> bool:
    """Whether a list follows a block that is short enough to go along with each part of it."""
    return block.text.endswith(":") and len(block.text) <= _MAX_LEAD_IN


def _marker(block: Block) -> str:
    """Return with what an item of a list begins: items of one list begin alike."""
    first = block.text[:1]
    return "1" if first.isdecimal() else "a" if first.isalpha() else first


def _split_table(document: Document, blocks: Sequence[Block], draft: _Draft, lead: Sequence[Block]) -> Iterator[_Draft]:
    """Split a table between rows; each part carries lead-in, caption, header rows and the row label it continues.

    The first is `draft`, which may hold headings that have nothing else below them. What says in which unit the table
    counts ("in duizend euro") heads each row.
    """
    caption = blocks[:1] if blocks[0].kind is BlockKind.CAPTION else []
    rows = [block for block in blocks if block.kind is BlockKind.ROW]
    known = next((i for i, row in enumerate(rows) if row.level != HEADER_ROW), len(rows))
    header = rows[: header_rows([cells(document, row.spans) for row in rows], known)]
    headings = {block.text for block in header}
    heads = _spans([*(block for block in (*lead, *caption) if MEASURE.search(block.text)), *header])
    draft.context += _spans(lead)
    draft.is_table = True
    repeated = draft.context + _spans([*caption, *header])
    label: Block | None = None
    for block in blocks:
        if block.kind is not BlockKind.ROW or block.text in headings:  # caption, note, header (also printed again)
            draft.own.append(Piece(BlockKind.HEADER if block.kind is BlockKind.ROW else block.kind, block.spans))
            continue
        continued = label.spans if label and cells(document, block.spans)[0] == "" else ()
        if draft.own and draft.size + size_of(block.spans) > MAX_CHARS:
            yield draft
            draft = _Draft(draft.section, context=repeated + continued, is_table=True)
        if not continued:
            label = block
        draft.own.append(Piece(block.kind, block.spans, heads + continued))
    yield draft


def _passage(document: Document, draft: _Draft) -> Passage:
    question, own, after = (_merge(document, _spans(pieces)) for pieces in (draft.question, draft.own, draft.after))
    spans = (*_merge(document, draft.context), *question, *own, *after)  # question and answer never run together
    if not draft.question and draft.pair is None:
        spans = _merge(document, spans)
    search_text = join_lines(document.quote(spans))
    first = (question + own)[0]
    return Passage(
        passage_id=f"{document.document_id}:{first.page}:{first.start}-{first.end}",
        document_id=document.document_id,
        section=draft.section,
        spans=spans,
        search_text=search_text,
        own=question + own,
        pieces=(*draft.question, *draft.own, *draft.after),
        pair=draft.pair,
        topics=topics_of(" ".join((document.metadata.title, *draft.section, search_text))),
    )


def _merge(document: Document, spans: Iterable[Span]) -> tuple[Span, ...]:
    """Join spans between which only white space lies on the same page."""
    merged: list[Span] = []
    for span in spans:
        last, text = merged[-1] if merged else None, document.pages[span.page - 1].text
        if last and last.page == span.page and last.end <= span.start and not text[last.end : span.start].strip():
            merged[-1] = Span(span.page, last.start, span.end)
        else:
            merged.append(span)
    return tuple(merged)

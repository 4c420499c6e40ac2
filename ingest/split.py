"""Blocks -> passages: units of about a paragraph or two that can be read on their own."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from ingest.document import Document, Passage, Span
from ingest.dutch import join_lines, sentence_spans
from ingest.questions import QAPair, pair_questions
from ingest.readers.text import CAPITALS_LEVEL, Block, BlockKind
from ingest.topics import topics_of

MAX_CHARS = 900  # of a passage's own text; 600 to 900 scored alike on the development questions, larger ones less
MIN_CHARS = 120  # a shorter rest says too little to be found or read on its own
_TABLE_NOTE = re.compile(r"^(\*+|bron\s*:)", re.I)  # the source and the footnotes that close a table
_MAX_LEAD_IN = 400  # characters of the sentence that introduces a list and goes along with each part of it


@dataclass(slots=True)
class _Draft:
    """A passage in the making: its own spans and the spans of the context that it repeats before and after them."""

    section: tuple[str, ...]
    own: list[Span] = field(default_factory=list)
    context: tuple[Span, ...] = ()
    after: tuple[Span, ...] = ()
    size: int = 0
    is_table: bool = False

    def add(self, spans: Iterable[Span]) -> None:
        for span in spans:
            self.own.append(span)
            self.size += span.end - span.start


def split_passages(
    document: Document,
    blocks: Sequence[Block],
    confidence: Mapping[Span, float] | None = None,
    pairs: Sequence[QAPair] | None = None,
) -> tuple[Passage, ...]:
    """Split a document into passages.

    Every block stands in exactly one passage as its own text, or as a heading in the section path of the passages
    below it. Some stand in more as context: the caption and header of a table with each part of it, the sentence
    that introduces a list with each part of it, a question with each part of its answer.

    Args:
        document: the document, with its pages.
        blocks: its blocks in reading order.
        confidence: of recognised text, by span; see `ingest.read.Content`.
        pairs: questions with answers, where they are known; else they are looked for.

    Returns:
        Passages in reading order.
    """
    first = {pair.blocks[0]: pair for pair in (pair_questions(blocks) if pairs is None else pairs)}
    taken = {i for pair in first.values() for i in pair.blocks}
    drafts: list[_Draft] = []
    for is_pair, group in groupby(range(len(blocks)), key=taken.__contains__):
        own = list(group)
        if is_pair:
            drafts += [draft for i in own if i in first for draft in _split_pair(document, blocks, first[i])]
        else:
            drafts += _sections(document, blocks[own[0] : own[-1] + 1], ())
    return tuple(_passage(document, draft, confidence or {}) for draft in drafts)


def _sections(document: Document, blocks: Sequence[Block], root: tuple[str, ...]) -> Iterator[_Draft]:
    """Walk over headings and split what stands below each."""
    path: list[tuple[float, str]] = []
    body: list[Block] = []
    waiting: list[Block] = []  # headings that have no text below them yet
    for block in blocks:
        if block.kind is not BlockKind.HEADING:
            body.append(block)
            waiting.clear()
            continue
        yield from _split_section(document, body, (*root, *(title for _, title in path)))
        body = []
        level = _heading_level(block, path)
        if waiting and path[-1][0] >= level:
            if waiting[-1].level >= CAPITALS_LEVEL and block.level >= CAPITALS_LEVEL:
                level = path[-1][0] + 0.1  # a title on two lines: the second goes below the first
            else:  # a heading with nothing below it is a passage of its own
                yield _whole(waiting[-1], (*root, *(title for _, title in path)))
        while path and path[-1][0] >= level:
            path.pop()
        path.append((level, _title(block)))
        waiting.append(block)
    yield from _split_section(document, body, (*root, *(title for _, title in path)))
    if waiting:
        yield _whole(waiting[-1], (*root, *(title for _, title in path)))


def _heading_level(block: Block, path: Sequence[tuple[float, str]]) -> float:
    """Numbered headings have their depth; a heading in capitals groups the numbered ones around it."""
    if block.level != CAPITALS_LEVEL:
        return block.level
    groups = [level for level, _ in path if level % 1 == 0.5]
    return groups[-1] if groups else max((level for level, _ in path if level < CAPITALS_LEVEL), default=0) + 0.5


def _title(block: Block) -> str:
    return join_lines(block.text).strip("#*_: ")


def _whole(block: Block, section: tuple[str, ...]) -> _Draft:
    draft = _Draft(section)
    draft.add(block.spans)
    return draft


def _split_section(
    document: Document, blocks: Sequence[Block], section: tuple[str, ...], context: tuple[Span, ...] = ()
) -> Iterator[_Draft]:
    """Pack blocks into passages of at most MAX_CHARS, tables apart; a short rest joins the passage before it."""
    held: _Draft | None = None
    for draft in _pack(document, blocks, section, context):
        if held and draft.size < MIN_CHARS and draft.context == context == held.context and not draft.is_table:
            held.add(draft.own)
            continue
        if held:
            yield held
        held = draft
    if held:
        yield held


def _pack(
    document: Document, blocks: Sequence[Block], section: tuple[str, ...], context: tuple[Span, ...]
) -> Iterator[_Draft]:
    notes = [block for block in blocks if block.kind is BlockKind.NOTE]
    blocks = [block for block in blocks if block.kind is not BlockKind.NOTE]
    draft = _Draft(section, context=context)
    lead_in: Block | None = None
    i = 0
    while i < len(blocks):
        block = blocks[i]
        if block.kind in (BlockKind.CAPTION, BlockKind.ROW):
            size = _table_size(blocks, i)
            if size:
                if draft.own:
                    yield draft
                yield from _split_table(document, blocks[i : i + size], section, context)
                draft = _Draft(section, context=context)
                i += size
                continue
        if block.kind is BlockKind.PARAGRAPH:
            lead_in = block if block.text.endswith(":") and len(block.text) <= _MAX_LEAD_IN else None
        for spans, size in _pieces(document, block):
            if draft.own and draft.size + size > MAX_CHARS:
                yield draft
                is_item = block.kind is BlockKind.ITEM and lead_in is not None
                draft = _Draft(section, context=context + (lead_in.spans if is_item and lead_in else ()))
            draft.add(spans)
        i += 1
    if draft.own:
        yield draft
    yield from _split_notes(document, notes, section)


def _split_notes(document: Document, notes: Sequence[Block], section: tuple[str, ...]) -> Iterator[_Draft]:
    """Footnotes stand in passages of their own, so that they neither cut a sentence nor join one."""
    draft = _Draft((*section, "Voetnoten"), is_table=True)
    for note in notes:
        for spans, size in _pieces(document, note):
            if draft.own and draft.size + size > MAX_CHARS:
                yield draft
                draft = _Draft((*section, "Voetnoten"), is_table=True)
            draft.add(spans)
    if draft.own:
        yield draft


def _pieces(document: Document, block: Block) -> Iterator[tuple[tuple[Span, ...], int]]:
    """Yield a block whole, or cut at sentence ends (else at line ends) where it is longer than a passage may be."""
    length = sum(span.end - span.start for span in block.spans)
    if length <= MAX_CHARS:
        yield block.spans, length
        return
    for span in block.spans:
        text = document.pages[span.page - 1].text
        for start, end in sentence_spans(text, span.start, span.end):
            for left, right in _cut_long(text, start, end):
                yield (Span(span.page, left, right),), right - left


def _cut_long(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a "sentence" that is longer than a passage (a list without full stops) at a line end or a space."""
    while end - start > MAX_CHARS:
        window = text[start : start + MAX_CHARS]
        cut = max(window.rfind("\n"), 0) or max(window.rfind(" "), 0) or MAX_CHARS
        left, right = start, start + cut
        while right > left and text[right - 1].isspace():
            right -= 1
        if right > left:
            yield left, right
        start += cut
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        yield start, end


def _table_size(blocks: Sequence[Block], i: int) -> int:
    """Number of blocks of the table at i (caption and rows), or 0 where a caption has no rows below it."""
    size = 1 if blocks[i].kind is BlockKind.CAPTION else 0
    rows = 0
    while i + size + rows < len(blocks) and blocks[i + size + rows].kind is BlockKind.ROW:
        rows += 1
    while rows and i + size + rows < len(blocks) and _TABLE_NOTE.match(blocks[i + size + rows].text):
        rows += 1
    return size + rows if rows else 0


def _split_table(
    document: Document, blocks: Sequence[Block], section: tuple[str, ...], context: tuple[Span, ...]
) -> Iterator[_Draft]:
    """Split a table between rows; each part carries caption, header rows and the row label that it continues."""
    caption = 1 if blocks[0].kind is BlockKind.CAPTION else 0
    body = caption + _header_rows(document, blocks[caption:])
    repeated = context + tuple(span for block in blocks[:body] for span in block.spans)
    draft = _Draft(section, context=context, is_table=True)
    for block in blocks[:body]:
        draft.add(block.spans)
    label: Block | None = None
    for block in blocks[body:]:
        length = sum(span.end - span.start for span in block.spans)
        continues = _cells(document, block)[0] == ""
        if draft.own and draft.size + length > MAX_CHARS:
            yield draft
            draft = _Draft(section, context=repeated + (label.spans if label and continues else ()), is_table=True)
        if not continues:
            label = block
        draft.add(block.spans)
    if draft.own:
        yield draft


def _header_rows(document: Document, rows: Sequence[Block]) -> int:
    """Number of header rows: the first, and those after it without a row label; none in a plain two-column list."""
    cells = [_cells(document, row) for row in rows]
    if all(len([cell for cell in row if cell]) == 2 and not any(c.isdigit() for c in row[-1]) for row in cells):
        return 0
    count = 1
    while count < len(rows) - 1 and cells[count][0] == "" and any(cells[count]):
        count += 1
    return count


def _cells(document: Document, row: Block) -> list[str]:
    """Cells of a row, leading empty ones included (the row's span starts at its first character that is no space)."""
    span = row.spans[0]
    text = document.pages[span.page - 1].text
    start = text.rfind("\n", 0, span.start) + 1
    return [cell.strip() for cell in text[start : span.end].split("\t")]


def _split_pair(document: Document, blocks: Sequence[Block], pair: QAPair) -> Iterator[_Draft]:
    """Join a question with its answer; a long answer becomes several passages that all carry the question."""
    parts = [part for one in pair.answers for part in range(*one.blocks)]
    asked = [part for one in pair.questions for part in range(*one)]
    question = tuple(span for i in asked for span in blocks[i].spans) if parts else ()
    answer = [blocks[i] for i in parts or asked]
    section = (pair.title,)
    drafts = list(_split_section(document, answer, section, question))
    other = tuple(span for block in blocks[pair.see[0] : pair.see[1]] for span in block.spans)
    if drafts and question:
        drafts[0].own[:0] = question  # the question is the first passage's own text, and context of the others
        drafts[0].context = ()
        drafts[-1].after = other  # the answer that this one refers to goes along
    yield from drafts


def _passage(document: Document, draft: _Draft, confidence: Mapping[Span, float]) -> Passage:
    own = _merge(document, draft.own)
    spans = _merge(document, [*draft.context, *draft.own, *draft.after])
    text = document.quote(spans)
    search_text = join_lines(text)
    first = own[0]
    return Passage(
        passage_id=f"{document.document_id}:{first.page}:{first.start}-{first.end}",
        document_id=document.document_id,
        section=draft.section,
        spans=spans,
        search_text=search_text,
        topics=topics_of(" ".join((document.metadata.title, *draft.section, search_text))),
        confidence=_mean_confidence(own, confidence),
    )


def _mean_confidence(spans: Sequence[Span], confidence: Mapping[Span, float]) -> float | None:
    """Mean over the recognised characters of spans, or None where there are none."""
    shares = [
        (min(span.end, known.end) - max(span.start, known.start), value)
        for span in spans
        for known, value in confidence.items()
        if known.page == span.page and known.start < span.end and span.start < known.end
    ]
    return round(sum(size * value for size, value in shares) / sum(size for size, _ in shares), 3) if shares else None


def _merge(document: Document, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Join spans between which only white space lies on the same page."""
    merged: list[Span] = []
    for span in spans:
        last = merged[-1] if merged else None
        if (
            last
            and last.page == span.page
            and last.end <= span.start
            and not document.pages[span.page - 1].text[last.end : span.start].strip()
        ):
            merged[-1] = Span(span.page, last.start, span.end)
        else:
            merged.append(span)
    return tuple(merged)

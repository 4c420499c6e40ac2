"""RTF -> elements, by striprtf, which shows hidden text and drops notes: both are seen to before it reads."""

import re
from collections import Counter
from collections.abc import Iterator

from striprtf.striprtf import PATTERN, remove_pict_groups, rtf_to_text, specialchars

from ingest.document import BlockKind
from ingest.readers.flow import Element, clean, count_text

_HIDING = frozenset({"v", "deleted", "strike", "striked"})  # of text that is hidden, deleted or struck out
# Words that stand for text; what parts paragraphs and cells does so where it is hidden, too.
_TEXT = (frozenset(specialchars) | {"u"}) - {"par", "sect", "page", "cell", "nestcell", "row"}
_TOKEN = re.compile(rf"[^\\{{}}]+|{PATTERN.pattern}", re.I)  # as striprtf, but text in one piece
_NOTE = "\ue000"  # stands before each note: a sign of the private area, not written in RTF as such


def read_rich_text(data: bytes) -> Iterator[Element]:
    """Read an RTF file: its paragraphs and the rows of its tables, its notes last."""
    source: str = remove_pict_groups(data.decode("cp1252", "replace"))  # type: ignore[no-untyped-call]
    text: str = rtf_to_text(_shown(source), errors="replace")  # type: ignore[no-untyped-call]
    body, *notes = text.split(_NOTE)
    for line in body.split("\n"):
        row = line.strip().rstrip("|").replace("|", "\t") if line.strip().endswith("|") else clean(line)
        yield Element(row, BlockKind.ROW if "\t" in row else BlockKind.PARAGRAPH)
    yield from (Element(clean(note), BlockKind.NOTE) for note in notes)


def _shown(source: str) -> str:
    """RTF without what hides, its notes behind the text and with the numbers that Word shows."""
    out: list[str] = []
    notes: list[list[str]] = []
    hiding: frozenset[str] = frozenset()
    outer: list[tuple[list[str], frozenset[str]]] = []  # where each open group goes on when it ends, and what hides
    counts: Counter[str] = Counter()
    kind, forms = "", {"ftnalt": "lowerRoman" if r"\aftnnrlc" in source else "decimal"}
    for token in _TOKEN.finditer(source):
        word, value, _, char, brace, _ = token.groups()
        if brace == "{":
            outer.append((out, hiding))
        elif brace and len(outer) > 1:
            out, hiding = outer.pop()
        elif brace:
            break  # the end of the document
        elif word == "plain":
            hiding = frozenset()
        elif word in _HIDING:
            hiding = hiding - {word} if value == "0" else hiding | {word}
        elif word == "footnote" and not hiding:
            out, kind = [], word
            notes.append(out)
            continue
        elif word == "ftnalt":  # the note is an endnote
            kind = word
        elif word == "chftn" and notes and out is notes[-1]:
            counts[kind] += 1
            out.append("{" + count_text(counts[kind], forms.get(kind, "decimal")) + " }")
        if not hiding or brace or char == "*" or (word and word not in _TEXT):
            out.append(token[0])
    body, ends = "".join(outer[0][0] if outer else out), "}" * (len(outer) - 1)
    return body + ends + "".join("{" + _NOTE + "".join(note) + "}" for note in notes) + "}"

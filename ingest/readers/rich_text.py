"""RTF -> elements, by striprtf, which shows hidden text and drops notes: both are seen to before it reads."""

import re
from collections import Counter
from collections.abc import Iterator

from striprtf.striprtf import PATTERN, remove_pict_groups, rtf_to_text, sectionchars, specialchars

from ingest.document import BlockKind
from ingest.readers.flow import Element, clean, count_text

_HIDING = frozenset({"v", "deleted", "strike", "striked"})  # of text that is hidden, deleted or struck out
# Words that stand for text; what parts paragraphs and cells does so where it is hidden, too.
_TEXT = (frozenset(specialchars) | {"u"}) - {"par", "sect", "page", "cell", "nestcell", "row"}
_INSIDE = frozenset({"intbl", "shptxt"})  # a table, a text box: these words are on as the hiding ones are
_RESETS = {"plain": _HIDING, "pard": frozenset({"intbl"})}
_ENDS = frozenset(sectionchars) | {"line", "row", "\n"}  # of a paragraph
# Around a text box, and around a number of a list as WordPad writes it, as of what is not to be read.
_FRAME = re.compile(r"(?:\\\*)?\\(?:shp(?:inst|grp)?|pntext)(?![a-z]) ?")
_TOKEN = re.compile(rf"[^\\{{}}]+|{PATTERN.pattern}", re.I)  # as striprtf, but text in one piece
# Before each note, behind each cell, before each paragraph of a text box: signs not written in RTF as such.
_NOTE, _CELL, _BOX, _BOX_END = "\ue000\ue001\ue002\ue003"
_BOXES = re.compile(f"{_BOX}([^{_BOX_END}]*)(?:{_BOX_END}|$)")


def read_rich_text(data: bytes) -> Iterator[Element]:
    """Read an RTF file: its paragraphs and the rows of its tables, its notes last."""
    source: str = remove_pict_groups(data.decode("cp1252", "replace"))  # type: ignore[no-untyped-call]
    text: str = rtf_to_text(_shown(_FRAME.sub("", source)), errors="replace")  # type: ignore[no-untyped-call]
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # an emoji is written in two halves
    body, *notes = text.split(_NOTE)
    for line in body.split("\n"):
        for part in (_BOXES.sub("", line), *filter(str.strip, _BOX.join(_BOXES.findall(line)).split(_BOX))):
            row = "\t".join(map(clean, part.split(_CELL))).rstrip("\t")
            yield Element(row, BlockKind.ROW if "\t" in row else BlockKind.PARAGRAPH)
    yield from (Element(clean(note), BlockKind.NOTE) for note in notes)


def _shown(source: str) -> str:
    """RTF without what hides, its notes behind the text with the numbers Word shows, its cells and boxes marked."""
    out: list[str] = []
    notes: list[list[str]] = []
    on: frozenset[str] = frozenset()
    outer: list[tuple[list[str], frozenset[str]]] = []  # where each open group goes on when it ends, and what is on
    counts: Counter[str] = Counter()
    kind, forms = "", {"ftnalt": "lowerRoman" if r"\aftnnrlc" in source else "decimal"}
    for token in _TOKEN.finditer(source):
        word, value, _, char, brace, _ = token.groups()
        if brace == "{":
            outer.append((out, on))
        elif brace and len(outer) > 1:
            out.append(f"{{{_BOX_END}}}" * ("shptxt" in on - outer[-1][1]))
            out, on = outer.pop()
        elif brace:
            break  # the end of the document
        elif word in _RESETS:
            on -= _RESETS[word]
        elif word in _HIDING | _INSIDE:
            on = on - {word} if value == "0" else on | {word}
        elif word == "footnote" and not on & _HIDING:
            out, kind = [], word
            notes.append(out)
            continue
        elif word == "ftnalt":  # the note is an endnote
            kind = word
        elif word == "chftn" and notes and out is notes[-1]:
            counts[kind] += 1
            out.append("{" + count_text(counts[kind], forms.get(kind, "decimal")) + " }")
        if sign := _sign(word or char, on):
            out.append("{" + sign + "}")
        elif not on & _HIDING or brace or char == "*" or (word and word not in _TEXT):
            out.append(token[0])
    body, ends = "".join(outer[0][0] if outer else out), "}" * (len(outer) - 1)
    return body + ends + "".join("{" + _NOTE + "".join(note) + "}" for note in notes) + "}"


def _sign(word: str, on: frozenset[str]) -> str:
    """What marks the end of a cell or begins a paragraph of a box; a cell has one line."""
    if word in ("cell", "nestcell"):
        return _CELL
    if word == "shptxt" or (word in _ENDS and "shptxt" in on):
        return _BOX
    return " " * (word in _ENDS and word != "row" and "intbl" in on)

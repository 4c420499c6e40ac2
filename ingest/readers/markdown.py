"""Markdown -> elements, by markdown-it and the reader of HTML."""

import re
from collections.abc import Mapping

from markdown_it import MarkdownIt

from ingest.document import BlockKind
from ingest.readers.flow import Element
from ingest.readers.markup import read_fragment

_FRONT = re.compile(r"---[^\S\n]*\n(.{0,5000}?)\n(?:---|\.\.\.)[^\S\n]*(?:\n|\Z)", re.S)
_FRONT_LINE = re.compile(r"^([a-zA-Z_]+)[^\S\n]*:[^\S\n]*(\S.*)$", re.M)
_FOOTNOTE = re.compile(r"^\[\^([^\]\s]{1,40})\]:[^\S\n]*(.*(?:\n(?:[^\S\n]{2,}|\t)\S.*)*)", re.M)
_FOOTNOTE_MARK = re.compile(r"\[\^[^\]\s]{1,40}\]")
_TICK = re.compile(r"^([^\S\n]*(?:[-*+]|\d{1,9}[.)])[^\S\n]+)\[([ xX])\](?=\s)", re.M)


def read_markdown(text: str) -> tuple[list[Element], Mapping[str, str]]:
    """Read Markdown (CommonMark with tables, footnotes and boxes to tick).

    Elements come with footnotes last; the lines of the front matter as key in lower case -> value.
    """
    front = _FRONT.match(text)
    stated = {key.lower(): value.strip().strip("\"'") for key, value in _FRONT_LINE.findall(front[1])} if front else {}
    body = text[front.end() :] if front else text
    notes = _FOOTNOTE.findall(body)
    body = _FOOTNOTE_MARK.sub("", _FOOTNOTE.sub("", body))
    elements = _rendered(_TICK.sub(lambda tick: tick[1] + ("☐" if tick[2] == " " else "☒"), body))
    for name, note in notes:
        said = " ".join(element.text for element in _rendered(" ".join(note.split())))
        elements.append(Element(f"{name} {said}", BlockKind.NOTE))
    return elements, stated


def _rendered(text: str) -> list[Element]:
    rendered = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    return read_fragment(rendered) if rendered.strip() else []

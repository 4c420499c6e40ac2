"""HTML and Markdown -> elements, by lxml and markdown-it: what a reader of the page sees, navigation left out."""

from collections.abc import Iterator
from pathlib import Path

import lxml.html
from lxml import etree
from markdown_it import MarkdownIt

from ingest.document import BlockKind
from ingest.errors import UnreadableFile
from ingest.readers.flow import Element

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_UNSEEN = frozenset("script style noscript template nav aside form button select iframe svg head dialog".split())
_FRAME = frozenset({"header", "footer"})  # of the page; those of an article belong to its text
_BREAKS = frozenset(
    "address article blockquote body dd details div dl dt fieldset figcaption figure footer header hr li main ol p pre "
    "section summary table tbody td tfoot th thead tr ul html caption".split()
)


def read_html(path: Path, data: bytes) -> Iterator[Element]:
    """Read an HTML page; where it marks its main text, only that.

    Raises:
        UnreadableFile: nothing in it can be read as HTML.
    """
    try:
        root = lxml.html.document_fromstring(data)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise UnreadableFile(
            f"{path.name} is geen leesbare HTML-pagina; open ze in een browser en bewaar ze opnieuw."
        ) from error
    marked = root.xpath("//main | //*[@role='main']") or root.xpath("//article") or [root]
    for part in marked:
        if not any(other is not part and other in part.iterancestors() for other in marked):
            yield from _walk(part)


def read_markdown(text: str) -> Iterator[Element]:
    """Read Markdown (CommonMark with tables)."""
    rendered = MarkdownIt("commonmark").enable("table").render(text)
    if rendered.strip():
        yield from _walk(lxml.html.document_fromstring(rendered))


def _walk(root: lxml.html.HtmlElement) -> Iterator[Element]:
    """Elements in document order; loose text between blocks is a paragraph."""
    held: list[str] = []
    counters: list[int] = []

    def flush() -> Iterator[Element]:
        text = " ".join("".join(held).split())
        held.clear()
        if text:
            yield Element(text)

    def visit(node: lxml.html.HtmlElement) -> Iterator[Element]:
        name = node.tag if isinstance(node.tag, str) else "!"
        if name == "!" or name in _UNSEEN or _is_frame(node) or node.get("hidden") is not None:
            return
        if name in _HEADINGS or name == "tr":
            yield from flush()
            yield _row(node) if name == "tr" else Element(_text(node), BlockKind.HEADING, _HEADINGS[name])
            return
        if name in _BREAKS:
            yield from flush()
        if name in ("ol", "ul"):
            counters.append(
                int(node.get("start", "1")) if name == "ol" and node.get("start", "1").isdigit() else name == "ol"
            )
        elif name == "li" and counters:
            held.append(f"{counters[-1]}. " if counters[-1] else "• ")
            counters[-1] += 1 if counters[-1] else 0
        held.append((node.text or "") if name != "br" else " ")
        for child in node:
            yield from visit(child)
            held.append(child.tail or "")
        if name in ("ol", "ul"):
            counters.pop()
        if name in _BREAKS:
            yield from flush()

    yield from visit(root)
    yield from flush()


def _is_frame(node: lxml.html.HtmlElement) -> bool:
    return node.tag in _FRAME and not any(parent.tag in ("article", "main") for parent in node.iterancestors())


def _row(node: lxml.html.HtmlElement) -> Element:
    return Element("\t".join(_text(cell) for cell in node if cell.tag in ("td", "th")).rstrip("\t"), BlockKind.ROW)


def _text(node: lxml.html.HtmlElement) -> str:
    return " ".join(" ".join(node.itertext()).split()) if len(node) else " ".join((node.text or "").split())

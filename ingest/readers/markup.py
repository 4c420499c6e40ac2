"""HTML -> elements, by lxml: what a reader of the page sees, navigation left out."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import lxml.html
from lxml import etree
from lxml.html import HtmlElement as Node
from lxml.html.builder import E

from ingest.document import BlockKind
from ingest.errors import UnreadableFile
from ingest.readers.flow import BULLETS, Cell, Element, clean, count_text, loss_note, number, part_lines, read_table
from ingest.readers.text import LOOSE_LEVEL, SWALLOWED

_HEADINGS = {f"h{level}": level for level in range(1, 7)} | dict.fromkeys(("summary", "button"), LOOSE_LEVEL)
_UNSEEN = frozenset(
    "script style noscript template select datalist textarea iframe svg title dialog object rp rt del s strike".split()
)
_OPENERS = ("aria-expanded", "aria-controls", "data-toggle", "data-bs-toggle")  # a button that opens text has one
_TARGETS = ".//@aria-controls | .//@data-target | .//@data-bs-target | .//@href[starts-with(., '#')]"
_OPENER = re.compile(r"accord|collaps|expand|faq", re.I)
_NEXT_BOX = "following-sibling::*[1][self::div or self::section]"
_NAME = re.compile(r"[\w-]+")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_MIN_QUESTION = 3  # words on a button that says what it opens, and not what it does
_NAVIGATION = frozenset({"nav", "aside"})
_NAVIGATION_ROLES = frozenset(
    "navigation banner contentinfo complementary search menu menubar dialog alertdialog".split()
)
_NAVIGATION_NAMES = frozenset(
    "nav navbar navigation menu breadcrumb breadcrumbs skip cookie cookies consent sidebar skiplink pagination".split()
)
_ASIDE = frozenset({"aside", "complementary", "sidebar", "menu"})  # marks that a box with text of the page may have too
_BREAKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form "
    "header hr html legend li main ol option p pre section summary table tbody td tfoot th thead tr ul button "
    "h1 h2 h3 h4 h5 h6".split()
)
_LIST_FORMS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_LIST_FORMS |= {"lower-alpha": "lowerLetter", "lower-latin": "lowerLetter", "lower-roman": "lowerRoman"}
_LIST_STYLE = re.compile(r"list-style(?:-type)?\s*:\s*(lower-(?:alpha|latin|roman))", re.I)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|text-decoration[^;]{0,80}line-through", re.I)
_MAIN_SHARE = 0.5  # of the letters outside links; a marked part that holds less is not the main text
# Of the letters of a part that stands aside: a menu has nearly all in links, a box with text next to none.
_LINK_SHARE = 0.5
_SENTENCE_END, _MIN_SENTENCE = re.compile(r"[.!?](?=\s|$)"), 5  # words; fewer are a label ("Deel dit.")
_NOTE_LINK = "a[starts-with(@href, '#')]"  # what a superscript that is the mark of a footnote holds


def read_html(path: Path, text: str) -> tuple[list[Element], tuple[str, ...]]:
    """Read an HTML page: its main text where it marks that, else all but navigation; and what the user should know.

    Raises:
        UnreadableFile: nothing in it can be read as HTML.
    """
    try:
        root = _parse(text)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise UnreadableFile(
            f"{path.name} is geen leesbare HTML-pagina; open ze in een browser en bewaar ze opnieuw."
        ) from error
    title = _title(root)
    _prune(root)
    _set_apart(root)
    parts = _main_parts(root)
    elements = [element for part in parts for element in _Walk([title] if title.text else []).read(part)]
    if title.text and not any(element.kind is BlockKind.HEADING and element.level == 1 for element in elements):
        elements.insert(0, title)
    for link in set(root.iter("a")) - {link for part in parts for link in part.iter("a")}:
        link.drop_tree()  # links around the main text are menus that no name gives away
    where = "staat buiten de hoofdtekst van de pagina en is weggelaten; kijk na of er niets ontbreekt"
    return elements, loss_note(path.name, [_text(root)], elements, where)


def read_fragment(text: str) -> list[Element]:
    """Read HTML that holds nothing but text, as other formats are turned into."""
    root = _parse(text)
    etree.strip_elements(root, etree.Comment, etree.ProcessingInstruction, *_UNSEEN, with_tail=False)
    _set_apart(root)
    return _Walk().read(root)


def _parse(text: str) -> Node:
    """Parse a page whose characters are known, whatever it says about its encoding.

    Raises:
        RecursionError: it is nested deeper than libxml2 goes, so that text would be lost.
    """
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        root = lxml.html.document_fromstring(text.encode(), parser=parser)
    except etree.ParserError:  # there is no element at all
        return lxml.html.document_fromstring("<html></html>")
    for node in root.iter():  # what libxml2 reads, it does not always write
        node.tail = node.tail and _NOT_XML.sub(" ", node.tail)
        if isinstance(node.tag, str):
            node.text = node.text and _NOT_XML.sub(" ", node.text)
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise RecursionError
    return root


def _title(root: Node) -> Element:
    """The only <h1>, also in the page's header, where <title> begins with it; without any, <title>, which is unseen."""
    heads, title = root.xpath("//h1"), clean(root.xpath("string(//title)"))
    head = clean(root.xpath("string(//h1)")) if len(heads) == 1 else "" if heads else title
    return Element(head if title.startswith(head) else "", BlockKind.HEADING, 1, is_text=bool(heads))


def _prune(root: Node) -> None:
    """Take away what no reader sees, what is navigation, and the marks of footnotes."""
    opened = set(_NAME.findall(" ".join(root.xpath(f"{_TARGETS} | //@onclick"))))
    for node in list(root.iterdescendants()):
        if not _is_seen(node, opened):
            node.drop_tree()
    for mark in root.xpath(f"//sup[{_NOTE_LINK}]"):
        mark.drop_tree()
    _head_parts(root)
    whole = _letters(root)
    for menu in root.xpath("//nav"):  # first, so that a box aside is judged by the rest of it
        menu.drop_tree()
    for node in [node for node in root.iterdescendants() if _is_navigation(node)]:
        if node.tag in _NAVIGATION or 2 * _letters(node) < whole:
            node.drop_tree()


def _head_parts(root: Node) -> None:
    """Put what opens a box, a tab or a button with its heading, at the head of that, as the summary of a <details>."""
    named = {node.get("id"): node for node in root.iter("div", "section", "article", "ul", "ol", "dl", "p", "table")}
    for opener in root.xpath("//button | //*[@role='tab' or @data-toggle='tab' or @data-bs-toggle='tab']"):
        head = next(opener.iterancestors(*_HEADINGS), opener)
        names = _NAME.findall(" ".join(opener.xpath(_TARGETS)))
        opened = [named[name] for name in names if name in named] or head.xpath(_NEXT_BOX)
        around, box = list(head.iterancestors()), next(iter(opened), head)
        is_apart = root in around and box not in around and head not in (box, *box.iterancestors())
        if is_apart and box.getparent().tag != "details" and not _is_navigation(box):
            part = E.details(E(head.tag if head.tag in _HEADINGS else "summary", _text(head)))
            box.addprevious(part)
            part.tail, box.tail = box.tail, None
            part.append(box)
            head.drop_tree()


def _set_apart(root: Node) -> None:
    """Write ^ before a superscript that a number before it would swallow: 10<sup>6</sup> is 10^6 and not 106."""
    before = ""
    for event, node in etree.iterwalk(root, events=("start", "end")):
        if node.tag in _BREAKS or node.tag == "br" or (event == "end" and node.tag == "sup"):
            before = ""
        if event == "start" and node.tag == "sup" and not node.xpath(_NOTE_LINK):
            if SWALLOWED.search("\v".join((before, "".join(node.itertext())))):
                node.text = "^" + (node.text or "")
        before = (before + ((node.text if event == "start" else node.tail) or ""))[-2:]


def _is_seen(node: Node, opened: set[str]) -> bool:
    if not isinstance(node.tag, str) or node.tag in _UNSEEN:
        return False
    if node.tag == "button":
        marked = any(node.get(name) is not None for name in _OPENERS)
        return marked or bool(_OPENER.search(node.get("class", ""))) or len(_text(node).split()) >= _MIN_QUESTION
    hidden = node.get("hidden", "until-found") != "until-found" or node.get("aria-hidden") == "true"
    if not hidden and not _HIDDEN.search(node.get("style", "")):
        return True
    before = node.getprevious()
    opens = before is not None and next(before.iter("button"), None) is not None
    return opens or node.get("id") in opened or node.get("role") == "tabpanel"


def _is_navigation(node: Node) -> bool:
    """Whether its mark says that a part is none of the text; of what may also stand aside, whether it reads so too."""
    marks = {node.tag} & _NAVIGATION | {node.get("role")} & _NAVIGATION_ROLES
    if not marks and node.tag in ("header", "footer"):  # of the page; those of an article belong to its text
        return next(node.iterancestors("article", "main"), None) is None
    if node.tag not in ("html", "body", "main"):
        names = f"{node.get('class', '')} {node.get('id', '')}".lower().replace("-", " ").replace("_", " ").split()
        marks |= _NAVIGATION_NAMES.intersection(names)
    return bool(marks) and not (marks <= _ASIDE and _is_running(node))


def _is_running(node: Node) -> bool:
    """Whether a part holds running text: a sentence, and less in links than outside them."""
    if _size(node) - _letters(node) >= _LINK_SHARE * _size(node):
        return False
    return any(len(part.split()) >= _MIN_SENTENCE for part in _SENTENCE_END.split(_text(node))[:-1])


def _letters(node: Node) -> int:
    """Number of characters below a node that are in no link."""
    return _size(node) - sum(map(_size, node.iter("a")))


def _main_parts(root: Node) -> list[Node]:
    """The parts that are marked as main text, if they hold most of the text; else the whole page."""
    whole = _letters(root)
    for marked in (root.xpath("//main | //*[@role='main']"), root.xpath("//article")):
        outer = [part for part in marked if set(marked).isdisjoint(part.iterancestors())]
        if outer and sum(map(_letters, outer)) >= _MAIN_SHARE * whole:
            return outer
    return [root]


def _text(node: Node) -> str:
    """The words below a node on one line."""
    parts: list[str] = []
    for event, item in etree.iterwalk(node, events=("start", "end")):
        if item.tag in _BREAKS or item.tag == "br":
            parts.append(" ")
        parts.append((item.text if event == "start" else item.tail if item is not node else "") or "")
    return clean("".join(parts))


class _Walk:
    """Elements in document order; loose text between blocks is a paragraph."""

    def __init__(self, path: Sequence[Element] = ()) -> None:
        self._found: list[Element] = []
        self._held: list[str] = []  # text of the paragraph so far; "\v" for a line break
        self._marker = ""  # number or bullet of the list item whose text comes next
        self._lists: list[tuple[int, int, str]] = []  # next number, the step after it and its form, of each open list
        self._path = list(path)  # headings under which the text stands that comes next

    def read(self, node: Node) -> list[Element]:
        """Elements of a node and all below it, its tail aside."""
        walk = etree.iterwalk(node, events=("start", "end"))
        begun: dict[Node, tuple[int, list[Element]]] = {}  # parts with an end of their own: where, below which headings
        asides: list[tuple[int, int, list[Element]]] = []
        for event, item in walk:
            if item.tag in _BREAKS:
                self._flush()
            if event == "start" and item.tag in ("aside", "details"):
                begun[item] = len(self._found), self._path
            elif item in begun:
                first, self._path = begun[item]
                if first < len(self._found):
                    asides.append((first, len(self._found), [] if item.tag == "aside" else self._path))
            if event == "end":
                if item.tag in ("ol", "ul"):
                    self._lists.pop()
                self._marker = "" if item.tag == "li" else self._marker  # of one without text, which may be struck out
                self._held.append((item.tail or "") if item is not node else "")
            elif item.tag == "table" and not _is_layout(item):
                self._found += _table(item)
                walk.skip_subtree()
            elif item.tag in _HEADINGS:
                inside = sum(part[0] is not item for part in item.iterancestors("details"))  # a part that another heads
                head = Element(_text(item), BlockKind.HEADING, _HEADINGS[item.tag] + LOOSE_LEVEL * inside)
                self._path = [*(above for above in self._path if above.level < head.level), head]
                self._found.append(head)
                walk.skip_subtree()
            else:
                self._start(item)
        self._flush()
        for aside in reversed(asides):  # what is done to one may tell on the one before it
            self._close(*aside)
        return self._found

    def _close(self, first: int, end: int, path: Sequence[Element]) -> None:
        """Let headings of a part with an end of its own not also head the text that goes on.

        That stands under the heading above the part; where there is none, those in the part become paragraphs.
        """
        after = self._found[end] if end < len(self._found) else Element("", BlockKind.HEADING)
        below = after.level if after.kind is BlockKind.HEADING else 99 * LOOSE_LEVEL  # deeper than any part
        level = self._found[first].level
        if level < below and (above := [head for head in path if head.level < level]):
            self._found.insert(end, replace(above[-1], is_text=False))
            below = above[-1].level
        for at, head in enumerate(self._found[first:end], start=first):
            if head.kind is BlockKind.HEADING and head.level < below:
                self._found[at] = Element(head.text)

    def _start(self, node: Node) -> None:
        if node.tag in ("ol", "ul"):
            styled = _LIST_STYLE.search(node.get("style", ""))
            form = _LIST_FORMS.get(styled[1].lower() if styled else node.get("type", ""), "decimal")
            form = form if node.tag == "ol" else "bullet"
            items = node.xpath("count(li)") if node.get("reversed") is not None else 0
            self._lists.append((number(node.get("start"), int(items or 1)), -1 if items else 1, form))
        elif node.tag == "li" and self._lists:
            count, step, form = self._lists[-1]
            count = number(node.get("value"), count)
            self._lists[-1] = count + step, step, form
            above = "" if self._marker in BULLETS else self._marker  # an item that opens with a list: "2. a)"
            bullet = BULLETS[min(len(self._lists) - 1, 1)]
            own = bullet if form == "bullet" else count_text(count, form) + ("." if form == "decimal" else ")")
            self._marker = f"{above} {own}".lstrip()
        self._held.append("\v" if node.tag == "br" else node.text or "")

    def _flush(self) -> None:
        for text in part_lines("".join(self._held)):
            self._found.append(Element(f"{self._marker} {text}".lstrip()))
            self._marker = ""
        self._held.clear()


def _is_layout(table: Node) -> bool:
    """Whether a table only places text: it says so, or holds headings, mostly one other table, or text in no cell."""
    if table.get("role") in ("presentation", "none") or next(table.iter("h1", "h2", "h3"), None) is not None:
        return True
    inner = max((_size(other) for other in table.iter("table") if other is not table), default=0)
    cells = (cell for row in _rows(table) for cell in row.iterchildren("td", "th"))
    held = sum(map(_size, [*cells, *table.iterchildren("caption")]))
    return inner > _MAIN_SHARE * _size(table) or held < _size(table)


def _rows(table: Node) -> list[Node]:
    return [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]


def _size(node: Node) -> int:
    """Number of characters below a node, white space aside."""
    return sum(map(len, "".join(node.itertext()).split()))


def _table(table: Node) -> Iterator[Element]:
    for caption in table.iterchildren("caption"):
        yield Element(_text(caption), BlockKind.CAPTION)
    rows: list[list[Cell]] = []
    headers = 0
    running: dict[int, tuple[int, int]] = {}  # column -> rows that a cell above still covers there, and its columns
    for at, row in enumerate(found := _rows(table)):
        cells: list[Cell] = []
        covered, running, column = running, {}, 0
        nodes = list(row.iterchildren("td", "th"))
        while (above := covered.get(column)) or nodes:
            if above:
                left, columns = above
            else:
                node = nodes.pop(0)
                columns = number(node.get("colspan"), 1) or 1
                left = number(node.get("rowspan"), 1) or len(found)
            cells.append(Cell(None if above else _Walk().read(node), columns))
            running |= {column: (left - 1, columns)} if left > 1 else {}
            column += columns
        rows.append(cells)
        is_header = row.getparent().tag == "thead" or all(_is_header(cell) for cell in row.iterchildren("td", "th"))
        headers += headers == at and is_header
    yield from read_table(rows, headers)


def _is_header(cell: Node) -> bool:
    """Whether a cell is marked as header, or all of its text is bold."""
    bold = sum(len(_text(part)) for part in cell.iter("b", "strong"))
    return cell.tag == "th" or (bold > 0 and bold >= len(_text(cell)))

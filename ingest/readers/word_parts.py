"""The parts of a Word file that say how text is shown: relations, styles, signs, the numbers of lists and of notes."""

import posixpath
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from zipfile import ZipFile

from lxml import etree
from lxml.etree import _Element as Node

from ingest.readers.flow import BULLETS, count_text, number

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
# ISO 29500 Strict writes the same elements in other namespaces.
_STRICT = {
    b"http://purl.oclc.org/ooxml/wordprocessingml/main": WORD[1:-1].encode(),
    b"http://purl.oclc.org/ooxml/officeDocument/math": MATH[1:-1].encode(),
}
OFF = frozenset({"0", "false", "off", "none"})
# Signs by their code in the fonts that have no letters; others are ornament.
_SIGNS = {
    "Wingdings": dict.fromkeys((0x6F, 0x71, 0x72, 0xA8), "☐")
    | dict.fromkeys((0x52, 0x53, 0x54, 0x78, 0xFD, 0xFE), "☒")
    | {0xFC: "✓", 0xFB: "✗", 0xE0: "→", 0xF0: "→"},
    "Symbol": dict(zip((0xA3, 0xB3, 0xB1, 0xB4, 0xB8, 0xB9, 0xBB, 0xAE, 0xDE), "≤≥±×÷≠≈→⇒", strict=True))
    | dict(zip((0x44, 0x53, 0x57, 0x61, 0x62, 0x6D, 0x70), "ΔΣΩαβμπ", strict=True)),
}


def local(node: Node) -> str:
    """Name of an element without its namespace; "" for a comment."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def find(node: Node | None, name: str) -> Node | None:
    """The first w:`name` in a node, or None."""
    return node.find(WORD + name) if node is not None else None


def value(node: Node | None, name: str = "", default: str = "") -> str:
    """Attribute w:val of a node, or of its child `name`."""
    found = find(node, name) if name else node
    return str(found.get(WORD + "val", default)) if found is not None else default


def plain(text: str, run: Node | None) -> str:
    """Text of a run, its signs from a font without letters as the characters that they look like."""
    fonts = find(run, "rFonts")
    font = fonts.get(WORD + "ascii", "") if fonts is not None else ""
    return "".join(sign(ord(letter), font) for letter in text)


def sign(code: int, font: str) -> str:
    """Character of a code; Word puts those of fonts without letters in the private area from F000."""
    private = 0xF000 <= code <= 0xF0FF
    if font not in _SIGNS and not private:
        return chr(code)
    return _SIGNS.get(font, _SIGNS["Wingdings"]).get(code & 0xFF, " ")


def read_xml(data: bytes) -> Node:
    """Parse a part; strict OOXML becomes the usual kind.

    Raises:
        ValueError: it declares entities, which no Word file does.
    """
    for strict, usual in _STRICT.items():
        data = data.replace(strict, usual)
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    if root.getroottree().docinfo.doctype:
        raise ValueError("a document type declaration")
    return root


class Package:
    """An Office file: the root of its main part (`main`), and the parts that it refers to."""

    def __init__(self, file: ZipFile) -> None:
        """Open it; raises StopIteration or KeyError where it has no main part."""
        self._file = file
        name = next(target for kind, target in self._targets("") if kind == "officeDocument")
        self.main = read_xml(file.read(name))
        self._related = list(self._targets(name))

    def _targets(self, name: str) -> Iterator[tuple[str, str]]:
        folder, _, base = name.rpartition("/")
        relations = posixpath.join(folder, "_rels", f"{base}.rels")
        for item in read_xml(self._file.read(relations)) if relations in self._file.namelist() else ():
            target = posixpath.normpath(posixpath.join("/", folder, str(item.get("Target", ""))))
            yield str(item.get("Type", "")).rpartition("/")[2], target.lstrip("/")

    def parts(self, kind: str) -> Iterator[Node]:
        """Roots of the related parts of a kind, as "styles" or "footnotes"; those that cannot be read left out."""
        for found, target in self._related:
            if found == kind:
                with suppress(KeyError, etree.LxmlError):
                    yield read_xml(self._file.read(target))


class Styles:
    """Styles, by their ids, with what they take over from others."""

    def __init__(self, package: Package) -> None:
        root = next(package.parts("styles"), None)
        found = list(root.iter(WORD + "style")) if root is not None else []
        self._styles: dict[str, Node] = {str(style.get(WORD + "styleId")): style for style in found}
        self._plain = next((s for s in found if s.get(WORD + "type") == "paragraph" and s.get(WORD + "default")), None)
        self._chains: dict[str, list[Node]] = {}
        self._defaults = root.find(f"{WORD}docDefaults/{WORD}rPrDefault/{WORD}rPr") if root is not None else None

    def chain(self, identity: str) -> list[Node]:
        """A style and those that it is based on; the default paragraph style where it is unknown."""
        if identity not in self._chains:
            found = self._chains[identity] = []
            style = self._styles.get(identity, self._plain)
            while style is not None and style not in found:
                found.append(style)
                style = self._styles.get(value(style, "basedOn"))
        return self._chains[identity]

    def name(self, identity: str) -> str:
        """Name of a style, which Word writes in English and in lower case for its own styles."""
        return value(self._styles.get(identity), "name").lower()

    def shown(self, run: Node | None, paragraph: str, name: str) -> str:
        """Value of a property, as "b" or "sz", by a w:rPr, its style, the paragraph's or the default; "" if unset."""
        own = self.chain(style) if (style := value(run, "rStyle")) in self._styles else []
        sources = [run, *(find(style, "rPr") for style in [*own, *self.chain(paragraph)]), self._defaults]
        return next((value(found, default="1") for s in sources if (found := find(s, name)) is not None), "")

    def is_on(self, run: Node | None, paragraph: str, name: str) -> bool:
        """Whether a property that is on or off is on."""
        return self.shown(run, paragraph, name) not in OFF | {""}

    def hides(self, run: Node | None, paragraph: str) -> bool:
        """Whether text is hidden, or struck out, which is how people delete without tracked changes."""
        return any(self.is_on(run, paragraph, name) for name in ("vanish", "strike", "dstrike"))

    def numbering(self, paragraph: str) -> tuple[Node | None, str]:
        """The list that a style puts its paragraphs in, and the style that says so."""
        for style in self.chain(paragraph):
            if (found := style.find(f"{WORD}pPr/{WORD}numPr")) is not None:
                return found, str(style.get(WORD + "styleId"))
        return None, ""

    def outline(self, paragraph: str) -> int:
        """Depth of a heading by its style, 0 for running text; the style "Title" is the outermost."""
        for style in self.chain(paragraph):
            name = value(style, "name").lower()
            if name in ("title", "titel"):
                return 1
            if level := value(style.find(WORD + "pPr"), "outlineLvl"):
                return (number(level, 9) + 1) % 10
            if name.startswith(("heading ", "kop ")) and name[-1].isdigit():
                return int(name[-1])
        return 0


class Notes:
    """Footnotes and endnotes, counted by their marks in the text as Word does."""

    def __init__(self, package: Package) -> None:
        self._notes = {
            (kind, note.get(WORD + "id")): note
            for kind in ("footnote", "endnote")
            for root in package.parts(f"{kind}s")
            for note in root.iterfind(WORD + kind)
        }
        self._shown = {("endnotePr", "numFmt"): "lowerRoman"}
        for root in reversed([package.main, *package.parts("settings")]):  # a section goes before the document
            for item in reversed(list(root.iter(WORD + "footnotePr", WORD + "endnotePr"))):
                self._shown |= {(local(item), local(child)): value(child) for child in reversed(item)}
        self._counts: Counter[str] = Counter()

    def next(self, mark: Node) -> tuple[str, Node | None]:
        """Number and w:footnote or w:endnote of the next mark; "" where the writer chose a mark of his own."""
        kind = local(mark).removesuffix("Reference")
        note = self._notes.get((kind, mark.get(WORD + "id")))
        if mark.get(WORD + "customMarkFollows", "0") not in OFF:
            return "", note
        count = self._counts[kind] + number(self._shown.get((f"{kind}Pr", "numStart")), 1)
        self._counts[kind] += 1
        return count_text(count, self._shown.get((f"{kind}Pr", "numFmt"), "decimal")), note


class Numbering:
    """Counts list paragraphs as Word does when it shows them.

    Lists (w:num) with the same definition (w:abstractNum) count on, unless one of them sets its own start.
    """

    def __init__(self, package: Package, styles: Styles) -> None:
        self._styles = styles
        self._counts: Counter[tuple[str, int]] = Counter()
        self._started: set[tuple[str, int]] = set()
        nodes = list(next(package.parts("numbering"), ()))
        self._lists = {str(n.get(WORD + "numId")): n for n in nodes if local(n) == "num"}
        self._abstract = {str(n.get(WORD + "abstractNumId")): n for n in nodes if local(n) == "abstractNum"}
        self._linked = {value(n, "styleLink"): key for key, n in self._abstract.items() if value(n, "styleLink")}

    def next(self, properties: Node | None, style: str) -> str:
        """Number or bullet of the next paragraph with this w:pPr and id of a style, "" where it is in no list."""
        own = find(properties, "numPr")
        inherited, owner = self._styles.numbering(style)
        identity = value(own, "numId") or value(inherited, "numId")
        key = value(self._lists.get(identity), "abstractNumId")
        definition = self._linked.get(value(self._abstract.get(key), "numStyleLink"), key)
        if not definition or identity == "0":
            return ""
        levels = _by_level(self._abstract.get(definition), "lvl")
        overrides = _by_level(self._lists[identity], "lvlOverride")
        depth = value(own, "ilvl") or value(inherited, "ilvl")
        linked = (i for i, item in levels.items() if owner and value(item, "pStyle") == owner)
        level = number(depth) if depth else next(linked, 0)
        levels |= {i: lvl for i, item in overrides.items() if (lvl := find(item, "lvl")) is not None}
        if level not in levels:
            return ""

        def start(i: int) -> int:
            return number(value(overrides.get(i), "startOverride") or value(levels.get(i), "start", "1"), 1)

        restarts = value(overrides.get(level), "startOverride") and (identity, level) not in self._started
        self._started.add((identity, level))
        again = (definition, level) in self._counts and not restarts
        self._counts[definition, level] = self._counts[definition, level] + 1 if again else start(level)
        for deeper in range(level + 1, 10):
            if value(levels.get(deeper), "lvlRestart") != "0":
                self._counts.pop((definition, deeper), None)
        form = value(levels[level], "numFmt", "decimal")
        if form == "bullet":
            return BULLETS[level > 0 or style[-1:] in ("2", "3", "4", "5")]  # "List Bullet 2" is inside another
        text = value(levels[level], "lvlText")
        legal = find(levels[level], "isLgl") is not None
        for i in range(level + 1):
            shown = "decimal" if legal else value(levels.get(i), "numFmt", "decimal")
            count = self._counts[definition, i] or start(i)
            text = text.replace(f"%{i + 1}", "" if form == "none" else count_text(count, shown))
        return text.strip()


def _by_level(node: Node | None, name: str) -> dict[int, Node]:
    """Levels of a list, or what overrides them; of two of one level the first."""
    found = node.findall(WORD + name) if node is not None else []
    return {number(item.get(WORD + "ilvl")): item for item in reversed(found)}

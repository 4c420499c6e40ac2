"""Text that a document says, made safe for where it goes: one line, Markdown, LaTeX; and the address of a quote."""

import re
import unicodedata
from urllib.parse import quote

from api.schemas import PlaceOut
from ingest.dutch import join_lines

_LIST_SIGN, _LIST_NUMBER = re.compile(r"^([-+=])"), re.compile(r"^(\d+)([.)])")
_LATEX = {
    **{character: f"\\{character}" for character in "&%$#_"},
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",  # an escaped brace would still count in BibTeX's matching
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_LATEX_ESCAPES = str.maketrans(_LATEX)
_MARKDOWN_ESCAPES = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>|#&~$!"})


def visible(text: str) -> str:
    r"""Return text as it stands, without control characters and without what changes the direction of writing.

    >>> visible("een\n twee\u202e drie\x00\uffff")
    'een\n twee drie'
    """
    told = (c for c in text if c not in "\ufffe\uffff")  # no characters, and none that XML takes
    return "".join(c for c in told if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))


def clean(text: str) -> str:
    r"""Return text on one line without control characters, invisible characters and changes of direction.

    >>> clean("een\n twee\u202e drie\x00")
    'een twee drie'
    """
    return " ".join(visible(" ".join(text.split())).split())


def one_line(quote: str) -> str:
    """Return a quote on one line; words that a line end broke are joined, cells of a table are set apart."""
    if "\t" in quote:
        rows = [" | ".join(clean(cell) for cell in row.split("\t")) for row in quote.split("\n") if row.strip()]
        return " / ".join(rows).strip()
    return clean(join_lines(quote))


def cells_apart(quote: str) -> str:
    r"""Return rows of a table on one line, their cells set apart and the empty ones left out.

    >>> cells_apart("\tJuni 2010\t\nPmah\t29.376\n")
    'Juni 2010 / Pmah | 29.376'
    """
    rows = (filter(None, map(clean, row.split("\t"))) for row in quote.split("\n"))
    return " / ".join(filter(None, map(" | ".join, rows)))


def escape_markdown(text: str) -> str:
    """Return text that Markdown shows as it is, wherever it stands."""
    escaped = clean(text).translate(_MARKDOWN_ESCAPES)
    escaped = _LIST_SIGN.sub(r"\\\1", escaped)
    return _LIST_NUMBER.sub(r"\1\\\2", escaped)


def escape_latex(text: str) -> str:
    """Return text that LaTeX shows as it is, with matching braces."""
    return clean(text).translate(_LATEX_ESCAPES)


def address(one: PlaceOut, base_url: str) -> str:
    """Return the address of a quote in its document; "" where the site has none."""
    return quote(base_url + one.url, safe=":/?#=&%[]") if base_url else ""

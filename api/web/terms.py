"""Acronyms in shown text explained where they stand, as the documents themselves explain them."""

import re
from html import escape

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from index.search.glossary import Glossary
from index.terms import fold

_WORD = re.compile(r"(?<![\w&.-])[A-Z][\w&-]{1,9}(?![\w&-])")
_MOST = 3  # meanings in one tooltip


@pass_context
def explained(context: Context, text: str) -> Markup:
    """Escape a text and put what an acronym stands for in a tooltip at its first place; the text stays as it is."""
    return explain(text, context["request"].app.state.service.answerer().glossary)


def explain(text: str, glossary: Glossary) -> Markup:
    """Return a text as HTML with `<abbr title>` around the first of each acronym of a glossary."""
    pieces: list[str] = []
    position = 0
    seen: set[str] = set()
    for match in _WORD.finditer(text):
        word = match[0]
        meanings = {fold(entry.full): entry.full for entry in glossary.explain(word) if entry.acronym == word}
        if meanings and word not in seen:
            seen.add(word)
            title = escape("; of: ".join(list(meanings.values())[:_MOST]))
            pieces += [escape(text[position : match.start()]), f'<abbr title="{title}">{escape(word)}</abbr>']
            position = match.end()
    return Markup("".join([*pieces, escape(text[position:])]))

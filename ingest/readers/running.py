"""Running headers as text: that of a parliamentary document, and what makes any two of them the same line."""

import re

# "1328 (2017-2018) – Nr. 1  15", where 15 is the page.
RUNNING_HEADER = re.compile(
    r"^[^\w\n]*\d+ \(\d{4}-\d{4}\) [–-] Nr\.[^\w\n]?\d+(?:[^\w\n]+(?P<page>\d+))?[^\w\n]*$", re.MULTILINE
)
_SHORT_NUMBER = re.compile(r"\d{1,6}")


def edge_keys(text: str, page: int) -> set[str]:
    """Return the line itself, and with its first or last number relative to the page: alike on every page."""
    keys = {text}
    numbers = list(_SHORT_NUMBER.finditer(text))
    for number in numbers[:1] + numbers[-1:]:
        keys.add(f"{text[: number.start()]}\0{int(number[0]) - page}\0{text[number.end() :]}")
    return keys

"""Topics of a passage, by the terms that stand in it."""

import re

from ingest.document import Topic

# The terms that make a passage one about a topic; "beschutte werkplaats", "sociale werkplaats" and "enclave" are the
# forms that the maatwerk decree of 12 July 2013 replaced or regulates, the klaverblad is how LDE is financed.
TOPIC_TERMS: dict[Topic, re.Pattern[str]] = {
    Topic.MAATWERK: re.compile(r"\bmaatwerk|(beschutte|sociale|beschermde)( en \w+)? werkplaats|\benclave", re.I),
    Topic.LDE: re.compile(r"\bLDE\b|lokale[ -]diensten|\bbuurtdiensten|\bklaverblad", re.I),
    Topic.MVO: re.compile(r"\bMVO|maatschappelijk verantwoord|duurza\w{1,40} ondernem|duurzaamheidsverslag", re.I),
}


def topics_of(text: str) -> tuple[Topic, ...]:
    """Return the topics whose terms stand in a text, in the order of `Topic`.

    >>> topics_of("Een maatwerkbedrijf in de lokale diensteneconomie")
    (<Topic.MAATWERK: 'maatwerk'>, <Topic.LDE: 'lde'>)
    """
    return tuple(topic for topic, terms in TOPIC_TERMS.items() if terms.search(text))

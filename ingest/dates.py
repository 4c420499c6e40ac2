"""Dates as they stand in Dutch texts, and the parliamentary year that a day falls in."""

import datetime
import re
from collections.abc import Mapping

_NAMES = "januari februari maart april mei juni juli augustus september oktober november december".split()
MONTHS: Mapping[str, int] = dict(zip(_NAMES, range(1, 13), strict=True))
DATE = (
    rf"(?P<day>\d{{1,2}})(?:\s{{1,3}}(?P<month>{'|'.join(_NAMES)})\s{{1,3}}|[/.-](?P<digits>\d{{1,2}})[/.-])"
    r"(?P<year>\d{4})"
)
ANY_DATE = re.compile(DATE, re.I)


def read_date(match: re.Match[str]) -> datetime.date | None:
    """Return the date of a match of `DATE`, or None where there is no such day."""
    month = MONTHS[match["month"].lower()] if match["month"] else int(match["digits"])
    try:
        return datetime.date(int(match["year"]), month, int(match["day"]))
    except ValueError:
        return None


def find_date(text: str) -> datetime.date | None:
    """Return the date that a text begins with, written as "2022-03-01" or as people write it, or None.

    >>> find_date("2022-03-01T10:00"), find_date("1 maart 2022"), find_date("binnenkort")
    (datetime.date(2022, 3, 1), datetime.date(2022, 3, 1), None)
    """
    try:
        return datetime.date.fromisoformat(text[:10])
    except ValueError:
        match = ANY_DATE.match(text)
        return read_date(match) if match else None


def session_of(day: datetime.date) -> str:
    """Return the parliamentary year of the Flemish Parliament, which starts on the fourth Monday of September.

    Source: Bijzondere wet tot hervorming der instellingen of 8 August 1980, article 32, § 1.

    >>> session_of(datetime.date(2017, 5, 24)), session_of(datetime.date(2021, 9, 27))
    ('2016-2017', '2021-2022')
    """
    first = datetime.date(day.year, 9, 1)
    opening = first + datetime.timedelta(days=-first.weekday() % 7 + 21)
    year = day.year if day >= opening else day.year - 1
    return f"{year}-{year + 1}"

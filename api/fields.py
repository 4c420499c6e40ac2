"""Values that pydantic reads more widely than JSON Schema describes them, read as described."""

import datetime
import re
from typing import Annotated

from pydantic import BeforeValidator

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _written_day(value: object) -> object:
    """Return what is no day as "", which is refused; else pydantic takes 0 for the first day of 1970."""
    is_day = value is None or isinstance(value, datetime.date) or (isinstance(value, str) and _DAY.fullmatch(value))
    return value if is_day else ""


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value  # 10.0 is an integer in JSON


Day = Annotated[datetime.date, BeforeValidator(_written_day)]
WHOLE = BeforeValidator(_whole)  # after the bounds, which else do not stand in the schema

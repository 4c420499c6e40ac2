"""Who may read a document: everybody, or who is in one of the groups that its folder, catalogue or sidecar names.

What cannot be read here shuts a document, and never opens it.
"""

import os
import re
import unicodedata
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

GROUPS_NAME = "groepen.txt"  # in a folder: a group a line, for all files in it and below it
NOBODY = "niemand"  # a group that nobody is in
# A proxy sends its groups with commas between them.
_GROUP, _SEPARATOR = re.compile(r"^[^\s,;]{1,100}$"), re.compile(r"[\s,;]+")


def may_read(document_groups: Collection[str], groups: Collection[str]) -> bool:
    """Return whether who is in `groups` may read a document that is kept for `document_groups`.

    >>> may_read((), ()), may_read(("kabinet",), ("kabinet", "pers")), may_read(("kabinet",), ())
    (True, True, False)
    """
    return not document_groups or bool(set(document_groups).intersection(groups) - {NOBODY})


def read_groups(told: object) -> tuple[str, ...]:
    """Return groups as a catalogue gives them, a list or a text with commas; what is neither shuts.

    >>> read_groups("kabinet; pers"), read_groups(5), read_groups([])
    (('kabinet', 'pers'), ('niemand',), ('niemand',))
    """
    names = _SEPARATOR.split(told.strip()) if isinstance(told, str) else told
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) and _GROUP.match(name) for name in names):
        return (NOBODY,)
    return tuple(sorted(set(names))) or (NOBODY,)


def speaks_of_groups(told: object) -> bool:
    """Return whether what is told wrongly, in any form, may name groups."""
    return any(word in str(told).lower() for word in ("groep", "groups"))


def plain_name(name: str) -> str:
    """Return a name as it is compared with another: without capitals, with accents as most programs write them.

    >>> plain_name("Groepen.TXT")
    'groepen.txt'
    """
    return unicodedata.normalize("NFC", name).casefold()


def find_named(folder: Path, name: str) -> Path | None:
    """Return what has this name in a folder, also a broken link, or else what has it with other capitals."""
    path = folder / name
    if os.path.lexists(path):  # pathlib stops at a name that is too long to be there
        return path
    try:
        status = os.stat(folder)
        return _names(folder, status.st_mtime_ns, status.st_ctime_ns).get(plain_name(name))
    except OSError:
        return None


@lru_cache(maxsize=64)
def _names(folder: Path, _mtime_ns: int, _ctime_ns: int) -> Mapping[str, Path]:
    """What is in a folder; its times make a changed one another key."""
    return {plain_name(name): folder / name for name in sorted(os.listdir(folder), reverse=True)}


def folder_groups(file: Path) -> tuple[tuple[str, ...], list[str]]:
    """Return the groups of the nearest folder around a file that names any, and what is wrong with it, in Dutch.

    A link is in its own folder and, before that, in that of its file.
    """
    for folder in (*file.resolve().parents, *file.absolute().parents):
        if path := find_named(folder, GROUPS_NAME):
            with suppress(OSError, UnicodeDecodeError):
                if (groups := read_groups(path.read_text(encoding="utf-8-sig"))) != (NOBODY,):
                    return groups, []
            said = f"{path} noemt geen groep, dus niemand vindt de documenten van die map; zet op elke regel een groep."
            return (NOBODY,), [said]
    return (), []

"""A mail with what is new in saved searches, for cron."""

import json
import logging
import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import TypeAdapter

from api.errors import ApiError
from api.settings import Settings
from api.web.feed import Entry, Followed, find_entries
from api.web.render import amount
from index.search.rank import Searcher
from ingest.errors import IngestError
from ingest.reasons import reason_of

logger = logging.getLogger(__name__)
NEW = ("nieuw document", "nieuwe documenten")
_TIMEOUT_S = 30.0
_SEEN = TypeAdapter(set[str])


class AlertError(IngestError):
    """Nothing could be read of the searches, or the mail could not be sent."""


def read_searches(path: Path) -> list[Followed]:
    """Return the searches of a file: on each line the address of one; an empty line and one with # say nothing.

    Raises:
        AlertError: the file cannot be read, has none, or has a line that is no address of one.
    """
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise AlertError(f"{path} kan niet gelezen worden; kijk het pad na.") from error
    found = [line for line in lines if line and not line.startswith("#")]
    if not found:
        raise AlertError(f"{path} bevat geen zoekopdracht; zet op elke regel het adres van een zoekopdracht.")
    searches = []
    for line in found:
        try:
            searches.append(Followed.of_address(line))
        except ValueError as error:
            told = f"De regel '{line}' in {path} is geen adres van een zoekopdracht; zoiets is '/?q=premie'."
            raise AlertError(told) from error
    return searches


def find_new(searcher: Searcher, searches: Sequence[Followed], seen_path: Path) -> list[tuple[Followed, list[Entry]]]:
    """Return what each search finds that was not told yet, but for wrong ones; AlertError where that cannot be read."""
    seen = _read_seen(seen_path)
    news = []
    for one in searches:
        try:
            if fresh := [new for new in find_entries(searcher, one) if _key(one, new) not in seen]:
                news.append((one, fresh))
        except ApiError as error:  # it names a document that has gone, say; the others are told
            logger.error("De zoekopdracht '%s' is overgeslagen. %s", one.title, error)
    return news


def begun(searches: Sequence[Followed], seen_path: Path) -> frozenset[str]:
    """Return the titles of searches of which nothing is remembered: what they find is not new; errors of `find_new`."""
    seen = _read_seen(seen_path)  # of those that found nothing yet the title alone, which may have " | " in it
    return frozenset(one.title for one in searches) - seen - {key.rsplit(" | ", 2)[0] for key in seen}


def keep_seen(
    news: Sequence[tuple[Followed, list[Entry]]], seen_path: Path, searches: frozenset[str] = frozenset()
) -> None:
    """Remember what was told, and which searches by their titles; raises OSError where it cannot be written."""
    told = {_key(followed, entry) for followed, entries in news for entry in entries} | _read_seen(seen_path) | searches
    seen_path.write_text(json.dumps(sorted(told), ensure_ascii=False, indent=0), encoding="utf-8")


def _read_seen(path: Path) -> set[str]:
    try:
        with path.open("r+b") as file:  # where it cannot be written, the same would be mailed each time
            return _SEEN.validate_json(file.read())
    except FileNotFoundError:
        return set()
    except (OSError, ValueError) as error:
        raise AlertError(
            f"{path}, met wat al gemaild is, kan niet gelezen of geschreven worden; kijk de rechten na, of verwijder "
            "het: dan geldt alles wat er nu is als gemaild."
        ) from error


def _key(followed: Followed, entry: Entry) -> str:
    return f"{followed.title} | {entry.document.document_id} | {entry.document.sha256[:16]}"


def count(news: Sequence[tuple[Followed, list[Entry]]]) -> int:
    """Return of how many documents something is new."""
    return len({entry.document.document_id for _, entries in news for entry in entries})


def write_digest(news: Sequence[tuple[Followed, list[Entry]]], site: str) -> str:
    """Return what is new as plain text."""
    lines = []
    for followed, entries in news:
        lines += [followed.title, "=" * len(followed.title), ""]
        for entry in entries:
            link = [site + entry.url] if site else []
            lines += [entry.document.metadata.title, f"“{entry.sentence}”", entry.source, *link, ""]
    return "\n".join(lines)


def send(settings: Settings, to: Sequence[str], text: str, count: int) -> None:
    """Send a mail, over TLS where the server has it; raises AlertError where none is set or it does not take it."""
    if settings.smtp_url is None:
        raise AlertError("Er is geen mailserver ingesteld; zet BELEIDSWIJZER_SMTP_URL, bv. smtp://mail.example:587.")
    mail = EmailMessage()
    mail["Subject"] = f"Beleidswijzer: {amount(count, *NEW)}"
    mail["From"], mail["To"] = settings.mail_from, ", ".join(to)
    mail.set_content(text)
    address = urlsplit(settings.smtp_url.get_secret_value())
    try:
        safe, is_safe = ssl.create_default_context(), address.scheme == "smtps"
        begin = partial(smtplib.SMTP_SSL, context=safe) if is_safe else smtplib.SMTP
        with begin(address.hostname or "", address.port or 0, timeout=_TIMEOUT_S) as server:
            server.ehlo()
            if not is_safe and server.has_extn("starttls"):
                server.starttls(context=safe)
            if address.username:
                server.login(unquote(address.username), unquote(address.password or ""))
            server.send_message(mail)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise AlertError(f"De mail is niet verstuurd ({reason_of(error)}); kijk BELEIDSWIJZER_SMTP_URL na.") from error

"""A mail with what is new in saved searches, for cron."""

import json
import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

from api.settings import Settings
from api.web.feed import Entry, Followed, find_entries
from api.web.render import amount
from index.search.rank import Searcher
from ingest.errors import IngestError

NEW = ("nieuw document", "nieuwe documenten")
_TIMEOUT_S = 30.0


class AlertError(IngestError):
    """Nothing could be read of the searches, or the mail could not be sent."""


def read_searches(path: Path) -> list[Followed]:
    """Return the searches of a file: on each line the address of one; an empty line and one with # say nothing.

    Raises:
        AlertError: the file cannot be read, or has none.
    """
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise AlertError(f"{path} kan niet gelezen worden; kijk het pad na.") from error
    found = [Followed.of_address(line) for line in lines if line and not line.startswith("#")]
    if not found:
        raise AlertError(f"{path} bevat geen zoekopdracht; zet op elke regel het adres van een zoekopdracht.")
    return found


def find_new(searcher: Searcher, searches: Sequence[Followed], seen_path: Path) -> list[tuple[Followed, list[Entry]]]:
    """Return what each search finds that was not told yet."""
    seen: set[str] = set()
    with suppress(OSError, ValueError):
        seen = set(json.loads(seen_path.read_text(encoding="utf-8")))
    found = [(followed, find_entries(searcher, followed)) for followed in searches]
    fresh = [(followed, [one for one in all_ if _key(followed, one) not in seen]) for followed, all_ in found]
    return [(followed, entries) for followed, entries in fresh if entries]


def keep_seen(news: Sequence[tuple[Followed, list[Entry]]], seen_path: Path) -> None:
    """Remember what was told, beside the searches.

    Raises:
        AlertError: it cannot be written.
    """
    told = [_key(followed, entry) for followed, entries in news for entry in entries]
    try:
        with suppress(FileNotFoundError, ValueError):
            told = sorted({*told, *json.loads(seen_path.read_text(encoding="utf-8"))})
        seen_path.write_text(json.dumps(told, ensure_ascii=False, indent=0), encoding="utf-8")
    except OSError as error:
        raise AlertError(f"{seen_path} kan niet geschreven worden; kijk de rechten na.") from error


def _key(followed: Followed, entry: Entry) -> str:
    return f"{followed.title} | {entry.document.document_id} | {entry.document.sha256[:16]}"


def write_digest(news: Sequence[tuple[Followed, list[Entry]]], site: str) -> str:
    """Return what is new as plain text."""
    lines = []
    for followed, entries in news:
        lines += [followed.title, "=" * len(followed.title), ""]
        for entry in entries:
            lines += [f"{entry.document.metadata.title}", f"“{entry.sentence}”", entry.source]
            lines += [site + entry.url, ""] if site else [""]
    return "\n".join(lines)


def send(settings: Settings, to: Sequence[str], text: str, count: int) -> None:
    """Send a mail, over TLS where the server has it.

    Raises:
        AlertError: no server is set, or it does not take the mail.
    """
    if settings.smtp_url is None:
        raise AlertError("Er is geen mailserver ingesteld; zet BELEIDSWIJZER_SMTP_URL, bv. smtp://mail.example:587.")
    mail = EmailMessage()
    mail["Subject"] = f"Beleidswijzer: {amount(count, *NEW)}"
    mail["From"], mail["To"] = settings.mail_from, ", ".join(to)
    mail.set_content(text)
    address = urlsplit(settings.smtp_url.get_secret_value())
    try:
        host, port, safe = address.hostname or "", address.port or 0, ssl.create_default_context()
        if address.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_S, context=safe)
        else:
            server = smtplib.SMTP(host, port, timeout=_TIMEOUT_S)
        with server:
            server.ehlo()
            if address.scheme != "smtps" and server.has_extn("starttls"):
                server.starttls(context=safe)
            if address.username:
                server.login(unquote(address.username), unquote(address.password or ""))
            server.send_message(mail)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise AlertError(f"De mail is niet verstuurd ({error}); kijk BELEIDSWIJZER_SMTP_URL na.") from error

"""Why something could not be reached, in Dutch where it is known."""

import smtplib
import socket

import pytest

from ingest.reasons import reason_of


def wrapped(cause: Exception) -> Exception:
    """Return what a library makes of an error."""
    try:
        raise RuntimeError("Can't do it") from cause
    except RuntimeError as error:
        return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "de verbinding is geweigerd"),
        (wrapped(socket.gaierror(-2, "Name or service not known")), "de naam van de server is niet te vinden"),
        (wrapped(wrapped(TimeoutError("timed out"))), "er kwam op tijd geen antwoord"),
        (smtplib.SMTPAuthenticationError(535, b"no"), "de naam of het wachtwoord klopt niet"),
        (OSError(28, "No space left on device"), "de schijf is vol"),
        (OSError(5, "Input/output error"), '"Input/output error"'),
        (wrapped(ValueError("x")), '"Can\'t do it"'),
        (ValueError(), "ValueError"),
    ],
)
def test_a_known_cause_is_said_in_dutch(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason

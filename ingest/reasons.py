"""Why something could not be read, written or reached, in Dutch; what a library says of it is in English."""

import errno
from collections.abc import Mapping

_KNOWN: Mapping[str, str] = {
    "ECONNREFUSED": "de verbinding is geweigerd",
    "gaierror": "de naam van de server is niet te vinden",
    "TimeoutError": "er kwam op tijd geen antwoord",
    "ENETUNREACH": "die computer is vanaf hier niet te bereiken",
    "EHOSTUNREACH": "die computer is vanaf hier niet te bereiken",
    "ConnectionError": "de verbinding is verbroken",
    "SSLCertVerificationError": "het certificaat van de server is niet te vertrouwen",
    "SMTPAuthenticationError": "de naam of het wachtwoord klopt niet",
    "ENOENT": "dat bestaat niet",
    "ENOTDIR": "in het pad staat een bestand waar een map moet zijn",
    "EISDIR": "dat is een map",
    "PermissionError": "u hebt daar het recht niet toe",
    "EROFS": "daar kan alleen gelezen worden",
    "ENOSPC": "de schijf is vol",
    "SQLITE_FULL": "de schijf is vol",
    "EFBIG": "het bestand zou te groot worden",
    "SQLITE_NOTADB": "dat is geen databank",
    "BlockingIOError": "een ander proces gebruikt het",
    "HFValidationError": "dat is geen map en geen naam van een model",
    "RepositoryNotFoundError": "dat model bestaat niet",
    "OfflineModeIsEnabled": "dat model staat niet op deze computer, en ophalen staat uit",
    "ValidationError": "de inhoud klopt niet",
}  # name of an error number or of a type of error, the more precise before the others -> the reason


def reason_of(error: BaseException) -> str:
    """Return why, in Dutch where the cause is known, else what the error says, between quotes."""
    link: BaseException | None = error
    while link:
        number = errno.errorcode.get(getattr(link, "errno", None) or 0, "")
        names = {number, getattr(link, "sqlite_errorname", ""), *(kind.__name__ for kind in type(link).__mro__)}
        for name in _KNOWN:
            if name in names:
                return _KNOWN[name]
        link = link.__cause__ or link.__context__
    lines = (getattr(error, "strerror", None) or str(error)).strip().splitlines()
    return f'"{lines[0][:200]}"' if lines else type(error).__name__

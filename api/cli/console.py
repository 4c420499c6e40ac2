"""What all commands share on the terminal: errors as one sentence, progress bars, --json."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Never

import typer
from pydantic import TypeAdapter, ValidationError
from tqdm import tqdm

from api.errors import ApiError, translate
from api.export import ExportForm
from api.logs import PlacesFormatter, request_id
from eval.errors import EvaluationError
from index.errors import RetrievalError
from index.store.intake import Progress, Report
from ingest.document import Kind, Topic
from ingest.errors import IngestError
from ingest.reasons import reason_of

EXIT_FAILED, EXIT_USAGE, EXIT_BUSY = 1, 2, 3
_ANY: TypeAdapter[Any] = TypeAdapter(Any)
_LEVELS = {logging.ERROR: "Fout", logging.WARNING: "Let op", logging.INFO: "Info"}
AsJson = Annotated[bool, typer.Option("--json", help="Schrijf JSON in plaats van tekst.")]
Kinds = Annotated[list[Kind] | None, typer.Option("--kind", help="Alleen deze soort; mag meermaals.")]
Topics = Annotated[list[Topic] | None, typer.Option("--topic", help="Alleen dit onderwerp; mag meermaals.")]
Documents = Annotated[list[str] | None, typer.Option("--document", help="Alleen dit document; mag meermaals.")]
From = Annotated[str | None, typer.Option("--from", help="Vanaf deze dag, JJJJ-MM-DD.")]
To = Annotated[str | None, typer.Option("--to", help="Tot en met deze dag, JJJJ-MM-DD.")]
Form = Annotated[ExportForm | None, typer.Option("--form", help="Schrijf het in een vorm om over te nemen.")]
Out = Annotated[
    Path | None, typer.Option("--out", help="Schrijf in dit bestand; een vorm volgt dan uit zijn naam, zoals .ris.")
]


def filters(
    kind: list[Kind] | None, topic: list[Topic] | None, document: list[str] | None, first: str | None, last: str | None
) -> dict[str, object]:
    """Return the filters of the command line as the API knows them."""
    return {
        "kind": kind or [],
        "topic": topic or [],
        "document_id": document or [],
        "date_from": first,
        "date_to": last,
    }


def fail(what: object, status: int = EXIT_FAILED) -> Never:
    """Say in one sentence what is wrong, and stop."""
    typer.echo(f"Fout: {what}", err=True)
    raise typer.Exit(status)


def write_out(content: str | bytes, out: Path | None) -> None:
    """Write a result to stdout, or to a file and say so; stop where that cannot be written."""
    if out is None:
        typer.echo(content, nl=isinstance(content, str))
        return
    try:
        out.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        fail(f"{out} kan niet geschreven worden ({reason_of(error)}); kies een andere plaats.")
    typer.echo(f"Het staat in {out}.", err=True)


def tell(found: object, lines: Iterable[str], as_json: bool, *, failed: bool = False) -> None:
    """Print what was found: as JSON, or in lines for a reader; status 1 where it `failed`."""
    for line in [json.dumps(_ANY.dump_python(found, mode="json"), ensure_ascii=False, indent=2)] if as_json else lines:
        typer.echo(line)
    if failed:
        raise typer.Exit(EXIT_FAILED)


def told_report(report: Report) -> str:
    """Return what an update of the index did, in Dutch lines."""
    lines = [
        f"{report.documents} documenten, {report.pages} bladzijden, {report.passages} passages in de index; "
        f"{report.known} bekende vragen.",
        f"Nieuw {len(report.added)}, gewijzigd {len(report.changed)}, ongewijzigd {len(report.unchanged)}, "
        f"verwijderd {len(report.removed)}, dubbel {len(report.copies)}, mislukt {len(report.failed)}, "
        f"overgeslagen {len(report.skipped)}; {report.embedded} passages ingebed.",
    ]
    for path, original in report.copies.items():
        lines.append(f"Dubbel: {Path(path).name} heeft dezelfde tekst als {original}.")
    lines += [f"Let op: {note}" for note in report.notes]
    lines += [f"Overgeslagen: {reason}" for reason in report.skipped.values()]
    return "\n".join([*lines, *(f"Fout: {fault}" for fault in (*report.faults, *report.failed.values()))])


class _DutchLevels(PlacesFormatter):
    """A line as a reader of the console knows it; to programs a level keeps its name."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        place = ", request ".join(filter(None, (record.name, request_id.get())))
        return f"{_LEVELS.get(record.levelno, record.levelname)}: {super().format(record)} ({place})"


@contextmanager
def reporting() -> Iterator[None]:
    """Log to stderr; turn known errors into one sentence there and into the right exit status."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_DutchLevels())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for noisy in ("sentence_transformers", "httpx", "httpx2", "faiss", "watchfiles", "mcp"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file name may have bytes that are no UTF-8; JSON escapes them in the same way.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        yield
    except (ApiError, IngestError, RetrievalError, EvaluationError) as error:
        fail(error)
    except MemoryError:
        fail("er is te weinig geheugen; sluit andere programma's of geef minder documenten.")
    except BrokenPipeError:  # whoever read our output has gone
        raise
    except OSError as error:
        sys.stdout = io.StringIO()  # else what could not be written is tried again at the end
        what = error.filename or "De uitvoer"
        fail(f"{what} kan niet gelezen of geschreven worden ({reason_of(error)}); kijk de rechten en de schijf na.")
    except ValidationError as error:
        fail(translate(dict(error.errors()[0])), EXIT_USAGE)


@contextmanager
def steps(what: str, total: int) -> Iterator[Callable[..., None]]:
    """Show one progress; gives what is called with how many more are done, 1 where that is not said."""
    done = 0

    def more(count: int = 1) -> None:
        nonlocal done
        done += count
        progress(what, done, total)

    with progress_bars() as progress:
        yield more


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """Show a bar for each step; where stderr is no terminal, a line at each tenth of the work."""
    bars: dict[str, tqdm[Never]] = {}
    shown: dict[str, int] = {}
    on_terminal = sys.stderr.isatty()

    def update(step: str, done: int, total: int) -> None:
        if on_terminal:
            bar = bars.get(step) or bars.setdefault(step, tqdm(total=total, desc=step))
            bar.update(done - bar.n)
        elif shown.get(step) != 10 * done // total:
            shown[step] = 10 * done // total
            typer.echo(f"{step}: {done} van {total}", err=True)

    try:
        yield update
    finally:
        for bar in bars.values():
            bar.close()

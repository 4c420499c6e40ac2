"""What all commands share on the terminal: errors as one sentence, progress bars, --json."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Never

import typer
from pydantic import ValidationError
from tqdm import tqdm

from api.errors import translate
from eval.errors import EvaluationError
from index.errors import RetrievalError
from index.store.intake import Progress
from ingest.errors import IngestError

EXIT_FAILED, EXIT_USAGE = 1, 2
AsJson = Annotated[bool, typer.Option("--json", help="Schrijf JSON in plaats van tekst.")]


@contextmanager
def reporting() -> Iterator[None]:
    """Log to stderr; turn known errors into one sentence there and into the right exit status."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for noisy in ("sentence_transformers", "httpx", "bm25s", "faiss"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        yield
    except (IngestError, RetrievalError, EvaluationError) as error:
        typer.echo(f"Fout: {error}", err=True)
        raise typer.Exit(EXIT_FAILED) from error
    except MemoryError as error:
        typer.echo("Fout: er is te weinig geheugen; sluit andere programma's of geef minder documenten.", err=True)
        raise typer.Exit(EXIT_FAILED) from error
    except ValidationError as error:
        typer.echo(f"Fout: {translate(dict(error.errors()[0]))}", err=True)
        raise typer.Exit(EXIT_USAGE) from error


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

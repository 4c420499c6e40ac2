"""The commands of `beleidswijzer key`, and the trail."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer

from api.access.keys import KeyStore, Right
from api.cli.console import EXIT_USAGE, AsJson, fail, tell
from api.settings import Settings
from ingest.groups import NOBODY, read_groups

_NONE = (
    "Er zijn geen sleutels: wie de dienst bereikt, mag alles lezen en beoordelen; documenten wijzigen kan alleen op "
    "de computer van de dienst zelf."
)
app = typer.Typer(help="Maak, toon en trek sleutels in.", no_args_is_help=True)


@contextmanager
def store() -> Iterator[KeyStore]:
    """Give the file with keys, sessions and trail; one that cannot be used is said."""
    path = Settings().access_path()
    try:
        yield KeyStore(path)
    except sqlite3.Error:
        fail(f"{path} kan niet gelezen of geschreven worden; kijk de rechten en de schijf na.")


@app.command()
def make(
    name: Annotated[str, typer.Argument(help="Voor wie of wat de sleutel is.")],
    scope: Annotated[list[Right] | None, typer.Option(help="Wat ze toelaat; mag meermaals.")] = None,
    group: Annotated[
        list[str] | None, typer.Option(help="Groep waarvan ze de documenten laat lezen; mag meermaals.")
    ] = None,
) -> None:
    """Maak een sleutel en toon ze, één keer; vanaf de eerste komt niemand er nog zonder in."""
    if not name.strip():
        fail("De naam van de sleutel is leeg; zeg voor wie of wat ze is.", EXIT_USAGE)
    for wrong in (one for one in group or () if read_groups([one]) != (one,) or one == NOBODY):
        fail(f"'{wrong}' kan geen groep zijn; kies een naam zonder spaties, komma's of puntkomma's.", EXIT_USAGE)
    with store() as keys:
        secret = keys.make(name, scope or [Right.READ], group or ())
        typer.echo(secret)
        typer.echo("Bewaar deze sleutel: ze wordt niet nog eens getoond.", err=True)


@app.command(name="list")
def list_keys(as_json: AsJson = False) -> None:
    """Som de sleutels op, zonder hun geheim."""
    with store() as keys:
        found = keys.read()
        rows = [asdict(key) | {"scopes": sorted(key.scopes), "groups": sorted(key.groups)} for key in found]
        lines = []
        for key in found:
            used = f"laatst gebruikt {key.used:%d/%m/%Y %H.%M} UTC" if key.used else "nooit gebruikt"
            state = f"ingetrokken {key.revoked:%d/%m/%Y}" if key.revoked else used
            told = ", ".join([*sorted(key.scopes), *(f"groep {group}" for group in sorted(key.groups))])
            lines.append(f"{key.key_id}  {told}  {key.name}  gemaakt {key.made:%d/%m/%Y}, {state}")
        tell(rows, lines or [_NONE], as_json)


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(help="Het nummer uit 'key list'.")]) -> None:
    """Trek een sleutel in; wie ermee aangemeld is, is dat meteen niet meer."""
    with store() as keys:
        if not keys.revoke(key_id):
            fail(f"Er is geen geldige sleutel {key_id}; kijk in 'beleidswijzer key list'.")
        typer.echo(f"Sleutel {key_id} is ingetrokken.")


def trail(as_json: AsJson = False) -> None:
    """Toon wie wanneer inlas, verwijderde, beoordeelde, of een sleutel maakte of introk."""
    with store() as keys:
        steps = keys.trail()
        lines = (f"{step.at}  {step.who}  {step.what}  {step.about}" for step in steps)
        tell(steps, lines, as_json)

"""The command line in Dutch: the words that typer itself puts into help and errors, which it has in English only."""

import re
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from io import StringIO
from typing import Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup
from typer.exceptions import TyperException

from api.cli.console import EXIT_FAILED, fail, reporting
from ingest.faults import sentence

# What typer writes -> what is shown; in a column, where more than one space follows, the width stays.
_HELP = (
    (re.compile(r"^Usage: ", re.M), "Gebruik: "),
    (re.compile(r"\[OPTIONS\]"), "[OPTIES]"),
    (re.compile(r"\[default:(?=\s)"), "[standaard:"),
    (re.compile(r"COMMAND \[ARGS\]\.\.\."), "OPDRACHT ..."),
    (re.compile(r"^Arguments:$", re.M), "Argumenten:"),
    (re.compile(r"^Options:$", re.M), "Opties:"),
    (re.compile(r"^Commands:$", re.M), "Opdrachten:"),
    (re.compile(r"Show\s+this\s+message\s+and\s+exit\."), "Toon deze uitleg."),
    (re.compile(r"Install\s+completion\s+for\s+the\s+current\s+shell\."), "Laat deze shell opdrachten aanvullen."),
    (
        re.compile(r"Show\s+completion\s+for\s+the\s+current\s+shell,\s+to\s+copy\s+it\s+or\s+customize\s+the\s+instal"
                   r"lation\."),
        "Toon wat daarvoor nodig is, om het zelf te bewaren.",
    ),
    (re.compile(r"\brequired\]"), "verplicht]"),
    (re.compile(r"<(?:list\[)?str\]?>(?: {2}(?= {2}))?"), "<tekst>"),
    (re.compile(r"<(?:list\[)?(?:int|float)\]?(?: range)?>"), "<getal>"),
    (re.compile(r"<(?:list\[)?path\]?>"), "<pad>"),
    (re.compile(r"<list\[([^\[\]<]+)\]>"), r"<\1>"),
)  # fmt: skip
_ERRORS = (
    (re.compile(r"\ANo such command (.+?)\.(?: Did you mean (.+)\?)?"), "De opdracht {0} bestaat niet{1}"),
    (re.compile(r"No such option: (\S+)(?: \(Possible options: (.+)\))?"), "De optie {0} bestaat niet{1}"),
    (re.compile(r"\AMissing argument (.+?)\..*", re.S), "Het argument {0} ontbreekt"),
    (re.compile(r"\AMissing option (.+?)\..*", re.S), "De optie {0} ontbreekt"),
    (re.compile(r"Missing command\."), "Er ontbreekt een opdracht"),
    (re.compile(r"\AOption (.+) requires .+"), "De optie {0} heeft een waarde nodig"),
    (re.compile(r"\AOption (.+) does not take a value\."), "De optie {0} neemt geen waarde"),
    (re.compile(r"Got unexpected extra argument\(s\) \((.+)\)"), "Dit is te veel: {0}"),
    (re.compile(r"\AInvalid value for ([^:]+): (?:Value error, )?(.+) is not one of (.+?)\.?"),
     "De waarde {1} van {0} bestaat niet, kies uit {2}"),
)  # fmt: skip

_INSTALLED = re.compile(r"\A(\w+) completion installed in (.+)\n.+\n")
_COMPLETION = ("install_completion", "show_completion")  # options of typer's own
_NO_SHELL = "deze shell vult niet aan of is niet te herkennen; doe dit in bash, zsh, fish of PowerShell."
_NOW = r"\1 vult nu aan, in elk nieuw venster; dat staat in \2.\n"
_INVALID = re.compile(r"\AInvalid value(?: for [^:]+)?: ")


class DutchContext(typer.Context):
    """What gives the help of a command, in Dutch."""

    def get_help(self) -> str:
        """Return the help."""
        text = super().get_help()
        for pattern, words in _HELP:
            text = pattern.sub(partial(_in_place, words), text)
        return "\n".join(line.rstrip() for line in text.split("\n"))


def _in_place(words: str, found: re.Match[str]) -> str:
    shown = found.expand(words)
    return shown.ljust(len(found[0])) if found[0].startswith("<") else shown


class DutchGroup(TyperGroup):
    """A group of commands of which help and errors are in Dutch, and whose errors are one line."""

    context_class = DutchContext

    def main(self, *args: object, standalone_mode: bool = True, **more: object) -> object:
        """Run a command; wrong use is one sentence and status 2."""
        _use_dutch(self)
        try:
            with reporting():
                status = super().main(*args, standalone_mode=False, **more)  # type: ignore[arg-type, misc]
        except typer.Exit as error:
            status = error.exit_code
        except TyperException as error:
            typer.echo(_told(error), err=True)
            status = error.exit_code
        except typer.Abort:
            typer.echo("Afgebroken.", err=True)
            status = EXIT_FAILED
        if standalone_mode:
            sys.exit(status if isinstance(status, int) else 0)
        return status


def _use_dutch(group: TyperGroup) -> None:
    for option in group.params:
        if option.name in _COMPLETION and option.callback and not isinstance(option.callback, partial):
            option.callback = partial(_complete, option.callback)
    for command in group.commands.values():
        command.context_class = DutchContext
        if isinstance(command, TyperGroup):
            _use_dutch(command)


def _complete(
    ask: Callable[[typer.Context, Any, object], object], context: typer.Context, option: object, value: object
) -> object:
    """Install or show what makes a shell complete, and say so in Dutch."""
    said = StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            return ask(context, option, value)
    except (SystemExit, typer.Exit) as error:
        if getattr(error, "code", 0) or getattr(error, "exit_code", 0):
            fail(_NO_SHELL)
        typer.echo(_INSTALLED.sub(_NOW, said.getvalue()), nl=False)
        raise


def _told(error: TyperException) -> str:
    """Return what is wrong as a Dutch sentence; where nothing was asked, the help."""
    message = error.format_message()
    if message.startswith("Gebruik: "):
        return message
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "beleidswijzer"
    return f"Fout: {_sentence(error, message)}; kijk in '{path} --help'."


def _sentence(error: TyperException, message: str) -> str:
    if isinstance(error.__cause__, ValidationError):
        item = dict(error.__cause__.errors()[0])
        name = message.removeprefix("Invalid value for ").split(": ")[0]
        if item["type"] != "value_error":
            return sentence(item, f"De waarde van {name}").rstrip(".")
    for pattern, form in _ERRORS:
        if found := pattern.fullmatch(message):
            parts = [part or "" for part in found.groups()] + [""]
            if form.endswith("{1}"):
                parts[1] = f", bedoelt u {parts[1].replace(' or ', ' of ')}" if parts[1] else ""
            return form.format(*parts)
    return _INVALID.sub("", message).rstrip(".")

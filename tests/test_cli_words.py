"""What the command says and completes: all of it Dutch, wrong use in one sentence."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from api.cli.main import app
from tests.conftest import ROOT
from tests.test_cli import run

# Words that typer has in English, in help and errors.
ENGLISH = re.compile(
    r"\b(usage|options|option|arguments?|commands?|show|message|exit|default|required|missing|invalid|value|such|try"
    r"|help for|error|install|completion for|current|got|unexpected|extra|mean|requires?|integer|range|text)\b",
    re.I,
)
OUR_NAMES = re.compile(r"^Gebruik: [\w -]+|--[a-z-]+|/[\w/.-]+|\{\w+\}|'[^']*'|^  \w+", re.M)


def _groups(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from _groups(inner, (*path, name))


def test_help_is_in_dutch() -> None:
    paths = list(_groups(typer.main.get_command(app)))
    assert ("eval", "judge") in paths and ("backup",) in paths
    for path in paths:
        done = CliRunner().invoke(app, [*path, "--help"])
        assert done.exit_code == 0 and done.stdout.startswith("Gebruik: ") and "Toon deze uitleg." in done.stdout
        found = ENGLISH.findall(OUR_NAMES.sub("", done.stdout))
        assert not found, f"{path}: {found}"
    assert run().stdout.startswith("Gebruik: ") and run("--version").stdout.startswith("beleidswijzer ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("search", "Fout: Het argument 'ZOEKVRAAG' ontbreekt; kijk in"),
        ("serch x", "Fout: De opdracht 'serch' bestaat niet, bedoelt u 'search'"),
        ("search x --kk 3", "Fout: De optie --kk bestaat niet, bedoelt u --k, --kind;"),
        ("search x --k", "Fout: De optie '--k' heeft een waarde nodig;"),
        ("search x --json=1", "Fout: De optie '--json' neemt geen waarde;"),
        ("search x --k veel", "Fout: De waarde van '--k' moet een geheel getal zijn;"),
        ("search x y z", "Fout: Dit is te veel: y z;"),
        ("search x --kind boek", "Fout: De waarde 'boek' van '--kind' bestaat niet, kies uit 'beleidsbrief', "),
        ("serve --port 0", "Fout: De waarde van '--port' is te klein; geef een getal van minstens 1;"),
        ("search x --form ris --json", "Fout: De optie --form doet hier niets, laat ze daar weg;"),
        ("ask x --out x.ris --json", "Fout: De optie --json doet hier niets, laat ze daar weg;"),
        ("alert x --to jan", "Fout: 'jan' is geen mailadres, schrijf het als naam@mail.example;"),
        ("alert x --to jan@", "Fout: 'jan@' is geen mailadres, schrijf het als naam@mail.example;"),
        ("eval peers x --python y --system z", "Fout: 'z' is geen ander systeem, kies uit txtai, haystack, bm25s;"),
        ("eval export", "Fout: Het argument 'out' ontbreekt;"),
        ("eval import-qrels x", "Fout: De optie '--out' ontbreekt;"),
    ],
)
def test_wrong_use_is_one_dutch_sentence(arguments: str, words: str) -> None:
    done = run(*arguments.split())
    assert done.exit_code == 2 and done.stdout == "" and done.stderr.startswith(words)
    assert len(done.stderr.splitlines()) == 1 and "--help" in done.stderr


@pytest.mark.slow
def test_a_shell_completes_commands_options_and_values(tmp_path: Path) -> None:
    program = f"#!{sys.executable}\nfrom api.cli.main import main\n\nmain()\n"
    (tmp_path / "beleidswijzer").write_text(program, encoding="utf-8")
    (tmp_path / "beleidswijzer").chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    home = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "PATH": path}

    def in_bash(line: str) -> str:
        done = subprocess.run(["bash", "-c", line], env=home, capture_output=True, text=True, check=False)
        assert done.stderr == "" and done.returncode == 0, done.stderr
        return done.stdout

    told = in_bash("beleidswijzer --install-completion; true")  # with one command only, bash gives way to it
    assert told.startswith("bash vult nu aan") and len(told.splitlines()) == 1
    for words, wanted in (
        ("in", "ingest"),
        ("search --k", "--k --kind"),
        ("search --kind beleidsb", "beleidsbrief"),
        ("key ''", "make list revoke"),
        ("remove --u", "--undo"),
    ):
        typed = f"COMP_WORDS=(beleidswijzer {words}); COMP_CWORD={len(words.split())}"
        call = f'. ~/.bashrc; {typed}; _beleidswijzer_completion beleidswijzer; echo "${{COMPREPLY[*]}}"'
        assert in_bash(call).split() == wanted.split(), words
    code = "import sys, api.cli.main; print(*sys.modules)"
    seen = in_bash(f"{sys.executable} -c '{code}'").split()
    assert not {"torch", "transformers", "openvino", "wordfreq", "openpyxl", "scipy"} & {*seen}, "else each key waits"

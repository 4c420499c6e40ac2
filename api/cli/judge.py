"""The commands of `beleidswijzer eval` with which people judge: judge, kappa, adopt, look."""

import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.access.keys import KeyStore
from api.cli.console import AsJson, tell
from api.cli.systems import DEV, Questions
from api.settings import Settings
from eval.judge import Candidate, Item, Judgment, adopt, agreement, pool, read_judgments
from eval.look import LIST, draw_passages, write_drawn
from eval.questions import append_row, read_questions, write_rows
from eval.run import read_run
from ingest.jsonl import read_rows

app = typer.Typer()
_KEYS = "0 antwoordt niet · 1 deel of context · 2 beantwoordt de vraag · o overslaan · s stoppen"


@app.command()
def judge(
    runs: Annotated[list[Path], typer.Argument(help="Runs waarvan de eerste passages beoordeeld worden, JSON-regels.")],
    name: Annotated[str, typer.Option("--name", help="Wie oordeelt.")],
    out: Annotated[Path, typer.Option(help="Bestand met oordelen; wordt aangevuld.")],
    questions: Questions = DEV,
    candidates: Annotated[Path | None, typer.Option(help="Feedback van de pagina, als kandidaten.")] = None,
    depth: Annotated[int, typer.Option(min=1, max=100, help="Zoveel passages van elke run.")] = 5,
) -> None:
    """Beoordeel passages van verschillende systemen, zonder te zien welk systeem ze vond."""
    asked = read_questions(questions)
    found = read_rows(candidates, Candidate) if candidates else []
    before = read_judgments(out) if out.exists() else []  # the first time it begins the file
    done = {row.key for row in before if row.judge == name}
    items = [item for item in pool(asked, [read_run(path) for path in runs], depth, found) if item.key not in done]
    typer.echo(f"{len(items)} passages te beoordelen, {len(done)} al gedaan.\n{_KEYS}")
    judged = 0
    try:
        for number, item in enumerate(items, start=1):
            typer.echo(f"\n[{number}/{len(items)}] {item.question.question}\n\n{item.text}\n({item.document_id})")
            key = _choose()
            if key == "s":
                break
            if key != "o":
                append_row(out, _judgment(item, int(key), name))
                judged += 1
    finally:  # also after Ctrl-C or the end of the input: what was judged is kept
        if judged:
            KeyStore(Settings().access_path()).note("beoordeeld", f"{name}: {judged} oordelen in {out}")
        typer.echo(f"{judged} oordelen bewaard in {out}.")


def _choose() -> str:
    while True:
        key: str = typer.prompt("Oordeel", prompt_suffix=" (0/1/2/o/s): ").strip().lower()
        if key in ("0", "1", "2", "o", "s"):
            return key
        typer.echo(_KEYS)


def _judgment(item: Item, grade: int, name: str) -> Judgment:
    quote = item.text
    while grade:
        quote = _paste("Welk deel? Plak het letterlijk; leeg is de hele passage")
        while quote:  # a paste of more lines comes as more inputs, of which a terminal drops the spaces at the end
            spaces, line_end, rest = item.text.partition(quote)[2].partition("\n")
            if spaces.strip() or not line_end:
                break
            line = _paste("Wat volgt? Leeg is het einde")
            if not line and rest.partition("\n")[0].strip():  # else it may be the blank line that follows
                break
            quote += spaces + line_end + line
        quote = quote.rstrip() or item.text
        if quote in item.text:
            break
        typer.echo("Dat staat niet letterlijk in de passage.")
    return Judgment(
        question_id=item.question.id,
        question=item.question.question,
        document_id=item.document_id,
        text=item.text,
        grade=grade,
        quote=quote,
        judge=name,
        date=datetime.date.today(),
    )


def _paste(what: str) -> str:
    return str(typer.prompt(what, default="", show_default=False))


@app.command()
def kappa(
    first: Annotated[Path, typer.Argument(help="Oordelen van de ene.")],
    second: Annotated[Path, typer.Argument(help="Oordelen van de andere.")],
    as_json: AsJson = False,
) -> None:
    """Zeg hoe ver twee beoordelaars het eens zijn."""
    found = agreement(read_judgments(first), read_judgments(second))
    values = "  ".join(
        f"{name} {'niet te berekenen' if value is None else f'{value:.2f}'}"
        for name, value in (("kappa", found.kappa), ("gewogen kappa", found.weighted))
    )
    lines = [f"{found.both} passages door beiden beoordeeld, {100 * found.equal:.0f} % gelijk  {values}"]
    for left, right in found.differing:
        lines.append(f"\n{left.question}\n{left.judge} {left.grade}, {right.judge} {right.grade}: {left.text[:300]}")
    tell(found, lines, as_json)


@app.command(name="adopt")
def adopt_judgments(
    judgments: Annotated[list[Path], typer.Argument(help="Bestanden met oordelen.")],
    out: Annotated[Path, typer.Option(help="De vragen met de oordelen erbij, JSON-regels.")],
    questions: Questions = DEV,
) -> None:
    """Neem op als citaten bij de vragen waarover twee beoordelaars het eens zijn; de rest blijft weg."""
    rows = [row for path in judgments for row in read_judgments(path)]
    merged, differing, alone = adopt(read_questions(questions), rows)
    write_rows(out, merged)
    left_out = f"over {differing} passages waren de oordelen verdeeld, {alone} hadden maar één beoordelaar"
    typer.echo(f"{len(merged)} vragen staan in {out}; {left_out}.")


@app.command()
def look(
    paths: Annotated[list[Path], typer.Argument(help="Mappen of bestanden met documenten.")],
    out: Annotated[Path, typer.Option(help="Map voor passages.md en de afbeeldingen van de bladzijden.")],
    count: Annotated[int, typer.Option(min=1, help="Hoeveel passages.")] = 60,
    seed: Annotated[int, typer.Option(help="Zelfde getal, zelfde passages.")] = 1,
) -> None:
    """Loot passages, van elk bestand om de beurt, en zet ze naast de afbeelding van hun bladzijde."""
    drawn = draw_passages(paths, count, seed)
    write_drawn(drawn, out)
    typer.echo(f"{len(drawn)} passages: {out / LIST}")

"""The commands about the documents themselves: list, show, add, remove, watch, backup, restore."""

from collections.abc import Sequence
from email.errors import MessageError
from email.headerregistry import Address
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from api import holdings, removed
from api.access.door import acting_for
from api.access.keys import KeyStore
from api.cli.console import AsJson, Kinds, fail, progress_bars, tell, told_report
from api.schemas import DocumentList, DocumentOut, DocumentSummary
from api.service import SearchService
from api.settings import Settings
from api.web.render import amount
from index.answer.citation import KIND_NAMES, UNKNOWN
from index.errors import RetrievalError
from index.model.embed import Embedder
from index.store.intake import Report
from ingest.document import Document
from ingest.errors import IngestError

_FIELDS = {
    "kind": "soort",
    "date": "datum",
    "number": "nummer",
    "session": "zitting",
    "minister": "minister",
    "member": "vraagsteller",
    "language": "taal",
    "source": "bron",
}


def _read() -> dict[str, Document]:
    with Settings().open_records() as store:
        return {document.document_id: document for document in store.read_documents()}


def list_documents(kind: Kinds = None, as_json: AsJson = False) -> None:
    """Som de documenten op; met --json is de uitvoer die van GET /api/documents."""
    wanted = [one for one in _read().values() if not kind or one.metadata.kind in kind]
    if as_json:
        found = DocumentList(documents=[DocumentSummary.from_document(one) for one in wanted], total=len(wanted))
        typer.echo(found.model_dump_json(indent=2))
        return
    for one in wanted:
        day = f"{one.metadata.date:%d/%m/%Y}" if one.metadata.date else "datum onbekend"
        typer.echo(f"{one.document_id}\n   {KIND_NAMES[one.metadata.kind]}, {day}: {one.metadata.title}")
    passages = sum(len(one.passages) for one in wanted)
    typer.echo(f"{len(wanted)} documenten, {passages} passages.", err=True)


def show(
    document_id: Annotated[str, typer.Argument(help="Document, zoals 'list' het noemt.", metavar="DOCUMENT")],
    text: Annotated[bool, typer.Option("--text", help="Toon ook de tekst, bladzijde per bladzijde.")] = False,
    as_json: AsJson = False,
) -> None:
    """Toon één document; met --json is de uitvoer die van GET /api/documents/{document_id}."""
    documents = _read()
    one = documents.get(document_id)
    if one is None:
        fail(f"Het document '{document_id}' bestaat niet; kijk in 'beleidswijzer list'.")
    if as_json:
        typer.echo(DocumentOut.from_document(one, documents.values()).model_dump_json(indent=2))
        return
    typer.echo(one.metadata.title)
    for field, name in _FIELDS.items():
        value, origin = getattr(one.metadata, field), one.metadata.origins.get(field)
        typer.echo(f"   {name}: {value or UNKNOWN}" + (f" ({origin})" if value and origin else ""))
    typer.echo(f"   bestand: {', '.join([one.file_name, *one.copies])}")
    typer.echo(f"   {len(one.pages)} bladzijden, {len(one.passages)} passages")
    for note in one.notes:
        typer.echo(f"   Let op: {note}")
    for page in one.pages if text else ():
        typer.echo(f"\n--- bladzijde {page.label or page.number}\n{page.text.strip()}")


def add(
    paths: Annotated[list[Path], typer.Argument(help="Bestanden en mappen.", metavar="PAD")],
    replace: Annotated[bool, typer.Option("--replace", help="Vervang bestanden met dezelfde naam.")] = False,
    as_json: AsJson = False,
) -> None:
    """Kopieer documenten naar de map met het corpus en werk de index bij; wat niet te lezen is, wordt niet bewaard."""
    settings = Settings()
    with progress_bars() as progress:
        report = holdings.add_files(settings, paths, SearchService(settings).embedder(), progress, replace=replace)
    finish(settings, report, as_json)


def remove(
    document_ids: Annotated[
        list[str], typer.Argument(help="Documenten, zoals 'beleidswijzer list' ze noemt.", metavar="DOCUMENT")
    ],
    undo: Annotated[bool, typer.Option("--undo", help="Zet terug wat onder dit nummer verwijderd is.")] = False,
) -> None:
    """Haal documenten uit de index, en hun bestand uit het corpus; met --undo komt alles terug."""
    settings = Settings()
    embedder = SearchService(settings).embedder()
    with progress_bars() as progress:
        if undo:
            for token in document_ids:
                back, report = removed.put_back(settings, token, embedder, progress)
                typer.echo(f"Teruggezet: {removed.named(settings, back.document_ids)}.")
                holdings.note_ingest(KeyStore(settings.access_path()), report)
            return
        removal, report = removed.remove_documents(settings, document_ids, embedder, progress)
    told = ", ".join(removal.document_ids)
    KeyStore(settings.access_path()).note("verwijderd", told)
    typer.echo(f"Verwijderd: {told}. Er blijven {report.documents} documenten.")
    if removal.stays:
        typer.echo(removal.stays)
    if removal.token:
        typer.echo(f"Terugzetten kan met: beleidswijzer remove --undo {removal.token}")


def watch() -> None:
    """Werk de index bij telkens als er in de map met het corpus iets verandert, tot u stopt met Ctrl+C."""
    from watchfiles import watch as changes

    settings = Settings()
    if not settings.corpus_dir.is_dir():
        fail(f"De map {settings.corpus_dir} is er niet; maak ze, of zeg met BELEIDSWIJZER_CORPUS_DIR welke het is.")
    embedder = SearchService(settings).embedder()
    _try_update(settings, embedder)
    typer.echo(f"Ik kijk naar {settings.corpus_dir}; stop met Ctrl+C.", err=True)
    for _ in changes(settings.corpus_dir, debounce=2000, raise_interrupt=False):
        _try_update(settings, embedder)


def update(settings: Settings, embedder: Embedder, paths: Sequence[Path] = (), *, err: bool = False) -> None:
    """Bring the index up to date, note it in the trail, and say what changed."""
    with progress_bars() as progress:
        report = holdings.bring_up_to_date(settings, embedder, progress, paths)
    holdings.note_ingest(KeyStore(settings.access_path()), report)
    typer.echo(told_report(report), err=err)


def _try_update(settings: Settings, embedder: Embedder) -> None:
    """Bring the index up to date; what is wrong is said, and the next change is another chance."""
    try:
        update(settings, embedder)
    except (IngestError, RetrievalError) as error:
        typer.echo(f"Fout: {error}", err=True)


def mcp() -> None:
    """Geef een assistent de documenten door (MCP, over stdio): zoeken, antwoorden, lezen, eerdere vragen."""
    from api.assistants.tools import make_server

    if not find_spec("mcp"):
        fail("het pakket mcp ontbreekt; installeer 'beleidswijzer[mcp]'.")
    settings = Settings()
    make_server(SearchService(settings).answerer, version("beleidswijzer"), settings.site()).run("stdio")


def _mail_addresses(to: list[str]) -> list[str]:
    for one in to:
        try:
            Address(addr_spec=one)
        except (ValueError, IndexError, MessageError) as error:  # IndexError: of "a@"
            raise typer.BadParameter(f"'{one}' is geen mailadres, schrijf het als naam@mail.example") from error
    return to


def alert(
    searches: Annotated[
        Path, typer.Argument(help="Bestand met op elke regel het adres van een zoekopdracht.", metavar="BESTAND")
    ],
    to: Annotated[list[str], typer.Option(callback=_mail_addresses, help="Adres om naar te mailen; mag meermaals.")],
    group: Annotated[list[str] | None, typer.Option(help="Groep waarin wie de mail krijgt is; mag meermaals.")] = None,
) -> None:
    """Mail wat er sinds de vorige keer nieuw is in bewaarde zoekopdrachten; laat cron dit elke dag doen."""
    with acting_for(group or ()):
        from api.alert import NEW, begun, count, find_new, keep_seen, read_searches, send, write_digest

        settings, wanted = Settings(), read_searches(searches)
        seen = searches.with_name(searches.name + ".gezien")
        news = find_new(SearchService(settings).searcher(), wanted, seen)
        first = begun(wanted, seen)
        known = [one for one in news if one[0].title in first]
        later = [one for one in news if one[0].title not in first]
        if first:
            keep_seen(known, seen, first)
            typer.echo(f"Er zijn nu {count(known)} documenten; vanaf de volgende keer mail ik wat nieuw is.")
        if later:
            send(settings, to, write_digest(later, settings.site()), count(later))
            keep_seen(later, seen)
            typer.echo(f"Gemaild: {amount(count(later), *NEW)}.")
        elif not first:
            typer.echo("Er is niets nieuws.")


def backup(
    target: Annotated[Path, typer.Argument(help="Bestand om te schrijven, zoals back-up.zip.", metavar="BESTAND")],
) -> None:
    """Bewaar documenten, index, sleutels en beoordelingen in één bestand, ook terwijl de dienst loopt."""
    size = holdings.back_up(Settings(), target)
    typer.echo(f"De back-up staat in {target} ({size / 1e6:.1f} MB).")


def restore(
    source: Annotated[Path, typer.Argument(help="Back-up, zoals 'backup' ze schrijft.", metavar="BESTAND")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Vervang documenten, index, sleutels en beoordelingen die er al zijn.")
    ] = False,
) -> None:
    """Zet een back-up terug, ook terwijl de dienst loopt."""
    settings = Settings()
    with progress_bars() as progress:
        report = holdings.restore(settings, source, SearchService(settings).embedder(), progress, overwrite=overwrite)
    KeyStore(settings.access_path()).note("teruggezet", source.name)
    finish(settings, report, False)


def finish(settings: Settings, report: Report, as_json: bool) -> None:
    """Note an update in the trail and print it; status 1 where something could not be read."""
    holdings.note_ingest(KeyStore(settings.access_path()), report)
    tell(report, [told_report(report)], as_json, failed=bool(report.failed or report.faults))

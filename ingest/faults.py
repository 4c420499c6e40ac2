"""What is wrong with a value that a person wrote, as a Dutch sentence: which field, what is wrong, what to do."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

_FORMS: Mapping[str, str] = {
    "string_too_short": "is leeg of te kort; vul aan.",
    "string_too_long": "is te lang; gebruik hoogstens {max_length} tekens.",
    "too_short": "heeft te weinig waarden; geef er minstens {min_length}.",
    "too_long": "heeft te veel waarden; geef er hoogstens {max_length}.",
    "greater_than_equal": "is te klein; geef een getal van minstens {ge}.",
    "less_than_equal": "is te groot; geef een getal van hoogstens {le}.",
    "enum": "heeft een onbekende waarde; kies uit {expected}.",
    "missing": "ontbreekt; vul aan.",
    "extra_forbidden": "bestaat niet; haal het weg of verbeter de naam.",
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "moet een geheel getal zijn."),
    **dict.fromkeys(("bool_type", "bool_parsing"), "moet true (ja) of false (nee) zijn."),
    "string_type": "moet tekst zijn; zet de waarde tussen aanhalingstekens.",
    "list_type": "moet een lijst zijn.",
    "date": "is geen datum; schrijf ze als JJJJ-MM-DD, bijvoorbeeld 2018-03-31.",
}  # type of pydantic -> the end of the sentence


def explain(error: ValidationError, examples: Mapping[str, str] | None = None, fields: Iterable[str] = ()) -> str:
    """Return all faults of a validation as sentences in a row.

    A field whose form is checked may have an example, field -> a right value; `fields` is said where a name is wrong.
    """
    sentences = []
    for item in error.errors():
        where = ".".join(str(part) for part in item["loc"])
        if item["type"] == "json_invalid":
            sentences.append("Dit is geen geldige JSON; kijk haakjes, komma's en aanhalingstekens na.")
        else:
            name = f"Het veld '{where}'" if where else "De regel"
            said = sentence(dict(item), name, (examples or {}).get(where))
            known = ", ".join(fields) if item["type"] == "extra_forbidden" else ""
            sentences.append(f"{said.removesuffix('.')}: {known}." if known else said)
    return " ".join(sentences)


def sentence(item: Mapping[str, Any], name: str, example: str | None = None) -> str:
    """Return one fault of pydantic as a sentence."""
    context = dict(item.get("ctx", {}))
    kind = str(item["type"])
    if kind == "value_error":
        return str(context["error"])
    if kind == "enum":
        context["expected"] = str(context["expected"]).replace(" or ", " of ")
    if kind.startswith("date"):
        kind = "date"
    right = f"schrijf het zoals {example}" if example else "kijk na wat er moet staan"
    return name + " " + _FORMS.get(kind, "klopt niet; {right}.").format(**context, right=right)

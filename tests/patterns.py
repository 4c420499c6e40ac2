"""Hostile texts for a regular expression, and how the time that it takes grows with their length.

A text is a lead that the pattern accepts, pieces that one of its classes or repeats accepts, many times, and a tail
that nothing accepts. Lengths are chosen so that one try takes about a millisecond; what counts is a ratio.
"""

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

from tests.timing import growth

PACKAGES = ("ingest", "index", "api", "eval")
LIMIT = 12.0  # growth at four times the length: 4 is linear, 16 quadratic
_ROOT = Path(__file__).resolve().parent.parent
_METHODS = {"match": "match", "fullmatch": "fullmatch", "search": "search"} | dict.fromkeys(
    ("sub", "subn", "split", "findall", "finditer"), "sub"
)
Node = tuple[object, Any]  # of a parsed pattern: its kind and what that kind needs
Tree = Sequence[Node]
_parse: Callable[[str, int], Tree] = importlib.import_module("re._parser").parse
_KINDS = "a7A \t\n-."  # one of each kind of character
_MOST_LITERALS, _MOST_PIECES = 4, 6  # that are tried in pairs
_SIZES = (20, 80, 320, 1280, 5120)  # characters; small first, for what grows exponentially
_LONG_ENOUGH, _CERTAIN = 1e-3, 4e-3  # seconds of the longer of two texts
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}


@dataclass(frozen=True, slots=True)
class Own:
    """A compiled pattern of the product, with the methods that are called on it (`search` where that is not seen)."""

    place: str
    pattern: re.Pattern[Any]
    methods: frozenset[str]


@dataclass(frozen=True, slots=True)
class Hostile:
    """A text that can be made longer: `lead`, `piece` any number of times, `tail`."""

    lead: str
    piece: str
    tail: str


def own_patterns() -> list[Own]:
    """Return every compiled pattern that a module of the product holds, each once, where it is made."""
    found: dict[int, Own] = {}
    sources = {name: ast.parse(path.read_text()) for name, path in _modules()}
    used = [(module, *use) for module, tree in sources.items() for use in _uses(tree)]
    for module in sources:
        for name, value in vars(importlib.import_module(module)).items():
            for pattern in _patterns_in(value):
                near = {method for at, of, method in used if of == name and (at == module or name[0] != "_")}
                before = found[id(pattern)].methods if id(pattern) in found else frozenset[str]()
                place = found[id(pattern)].place if id(pattern) in found else f"{module}.{name}"
                found[id(pattern)] = Own(place, pattern, before | near)
    return [Own(own.place, own.pattern, own.methods or frozenset({"search"})) for own in found.values()]


def inline_patterns() -> list[str]:
    """Return where a function writes its pattern in the call itself, so that no module holds it."""
    return [f"{path.relative_to(_ROOT)}:{line}" for _, path in _modules() for line in inline(path.read_text())]


def inline(source: str) -> list[int]:
    """Return the lines of a source on which a function of `re` gets a pattern of its own text inside a function."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]
    calls = {node for function in functions for node in ast.walk(function) if isinstance(node, ast.Call)}
    return sorted(node.lineno for node in calls if _of_re(node) and not _escaped(node.args[0], tree))


def worst_growth(pattern: re.Pattern[Any], methods: frozenset[str]) -> tuple[float, Hostile | None]:
    """Return the largest growth over all hostile texts that take long enough to be measured; 0 where none does."""
    worst: tuple[float, Hostile | None] = (0.0, None)
    for hostile in hostile_texts(pattern):
        for method in methods:
            grown = _growth(pattern, method, hostile)
            if grown > worst[0]:
                worst = grown, hostile
            if grown >= LIMIT:
                return worst
    return worst


def hostile_texts(pattern: re.Pattern[Any]) -> Iterator[Hostile]:
    """Yield the texts for a pattern: runs of what it holds, in pairs too, after each lead, with a tail that fails."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    tree = _parse(source, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags)
    kinds = [kind for kind in _KINDS if any(_admits(node, kind) for node in _leaves(tree))]
    literals = sorted({chr(node[1]) for node in _leaves(tree) if str(node[0]) == "LITERAL"})
    signs = [char for char in literals if not char.isalnum() and char not in kinds]
    paired = [*kinds, *signs[:_MOST_LITERALS]]
    pieces = dict.fromkeys([*literals, *map("".join, permutations(paired[:_MOST_PIECES], 2))])
    tails = ("\0", "\na")
    texts = {Hostile("", piece, tail): None for piece in paired for tail in tails}
    texts |= {Hostile("", piece, tails[0]): None for piece in pieces}
    for lead, item in _repeats(tree, ""):
        for piece in dict.fromkeys((*item, lead, *(lead + one for one in item))):
            texts |= {Hostile(before, piece, tail): None for before in (lead, "") for tail in tails if piece}
    yield from texts


def _growth(pattern: re.Pattern[Any], method: str, hostile: Hostile) -> float:
    def attempt(body: str) -> object:
        text = hostile.lead + body + hostile.tail
        given: Any = text.encode("utf-8") if isinstance(pattern.pattern, bytes) else text
        return getattr(pattern, method)(*([given[:0]] if method == "sub" else []), given)

    for size in _SIZES:
        body = hostile.piece * max(1, size // len(hostile.piece) // 4)
        long = min(_seconds(attempt, 4 * body) for _ in range(2)) if size > _SIZES[2] else _seconds(attempt, 4 * body)
        if long > _LONG_ENOUGH:
            break
    else:
        return 0.0
    if long < 0.7 * LIMIT * min(_seconds(attempt, body) for _ in range(3)):
        return long / _seconds(attempt, body)
    grown = growth(attempt, body)
    while grown >= LIMIT and long < _CERTAIN:  # a repeat with a bound grows until it is reached
        body = 4 * body
        long = _seconds(attempt, 4 * body)
        grown = growth(attempt, body)
    return grown


def _seconds(function: Callable[[str], object], text: str) -> float:
    started = time.process_time()
    function(text)
    return time.process_time() - started


def _modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        yield package, _ROOT / package / "__init__.py"
        for module in pkgutil.walk_packages([str(_ROOT / package)], f"{package}."):
            path = _ROOT / module.name.replace(".", "/")
            if not module.name.endswith("__main__"):
                yield module.name, path / "__init__.py" if module.ispkg else path.with_suffix(".py")


def _uses(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in _METHODS:
            of = node.value
            yield of.id if isinstance(of, ast.Name) else getattr(of, "attr", ""), _METHODS[node.attr]


def _patterns_in(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, Mapping):
        for one in (*value.keys(), *value.values()):
            yield from _patterns_in(one)
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from _patterns_in(one)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _patterns_in(getattr(value, field.name, None))


def _of_re(call: ast.Call) -> bool:
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "re"
        and function.attr in {*_METHODS, "compile"}
    )


def _escaped(pattern: ast.expr, tree: ast.AST) -> bool:
    """Whether a pattern holds words of the data, through `re.escape`: such a one can be made in a function only."""
    if isinstance(pattern, ast.Name):
        made = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and any(ast.unparse(one) == pattern.id for one in node.targets)
        ]
        return any(_escaped(one, tree) for one in made if not isinstance(one, ast.Name))
    return "re.escape" in ast.unparse(pattern)


def _leaves(tree: Tree) -> Iterator[Node]:
    for node in tree:
        if str(node[0]) in {"LITERAL", "NOT_LITERAL", "ANY", "IN"}:
            yield node
        for part in _parts(node):
            yield from _leaves(part)


def _parts(node: Node) -> list[Tree]:
    """Return the patterns inside a node of a parsed pattern."""
    op, av = node
    match str(op):
        case "BRANCH":
            return list(av[1])
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return [av[2]]
        case "SUBPATTERN":
            return [av[3]]
        case "ATOMIC_GROUP":
            return [av]
        case "ASSERT" | "ASSERT_NOT":
            return [av[1]]
    return []


def _admits(node: Node, char: str) -> bool:
    op, av = node
    match str(op):
        case "LITERAL":
            return bool(ord(char) == av)
        case "NOT_LITERAL":
            return bool(ord(char) != av)
        case "ANY":
            return char != "\n"
        case "RANGE":
            return bool(av[0] <= ord(char) <= av[1])
        case "CATEGORY":
            return re.match(_CATEGORIES[str(av)], char) is not None
        case "IN":
            inside = any(_admits(one, char) for one in av if str(one[0]) != "NEGATE")
            return inside != (str(av[0][0]) == "NEGATE")
    return False


def _sample(tree: Tree) -> str:
    """Return a short text that a parsed pattern accepts, assertions aside."""
    text = ""
    for node in tree:
        op, av = node
        match str(op):
            case "LITERAL":
                text += chr(av)
            case "NOT_LITERAL" | "ANY" | "IN":
                own = [chr(of) for one, of in av if str(one) == "LITERAL"] if str(op) == "IN" else []
                text += next((char for char in [*_KINDS, *own] if _admits(node, char)), "")
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                text += _sample(av[2]) * av[0]
            case "SUBPATTERN" | "ATOMIC_GROUP" | "BRANCH":
                text += _sample(_parts(node)[0])
    return text


def _repeats(tree: Tree, lead: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each repeat without a (small) bound: a text that leads to it, and what it repeats."""
    for node in tree:
        op, av = node
        if str(op).endswith("REPEAT") and av[1] > 3:
            kinds = [kind for kind in _KINDS if len(av[2]) == 1 and _admits(av[2][0], kind)]
            yield lead, kinds or [_sample(av[2])]
        for part in _parts(node):
            if not str(op).startswith("ASSERT"):
                yield from _repeats(part, lead)
        lead += _sample([node])
    if lead:
        yield "", [lead]

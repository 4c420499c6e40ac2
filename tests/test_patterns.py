import re

import pytest

from tests.patterns import LIMIT, PACKAGES, Own, inline, inline_patterns, own_patterns, worst_growth

_OWN = own_patterns()
_SEARCH = frozenset({"search"})


def test_all_patterns_are_found() -> None:
    assert {own.place.split(".")[0] for own in _OWN} == set(PACKAGES)
    assert len(_OWN) > 100


@pytest.mark.slow
@pytest.mark.parametrize("own", _OWN, ids=lambda own: own.place)
def test_time_grows_with_the_text(own: Own) -> None:
    grown, hostile = worst_growth(own.pattern, own.methods)
    assert grown < LIMIT, f"{own.place} ({', '.join(own.methods)}) takes {grown:.0f} times as long on 4 x {hostile}"


@pytest.mark.parametrize(
    "slow",
    [
        re.compile(r"^\s*(a)", re.M),
        re.compile(r"(\d+)+x"),
        re.compile(r"(?:a|b|ab)+c"),
        re.compile(r"\s+$"),
        re.compile(r"[\w.]+@"),
        re.compile(r"<!--.*?-->"),
        re.compile(rb"\d+x"),
    ],
    ids=lambda slow: str(slow.pattern),
)
def test_a_slow_pattern_is_seen(slow: re.Pattern[str]) -> None:
    assert worst_growth(slow, _SEARCH)[0] >= LIMIT


@pytest.mark.parametrize("fast", [re.compile(r"\d+"), re.compile(r"(?<!\d)\d++x"), re.compile(r"\bwoord.{0,80}x")])
def test_a_fast_pattern_passes(fast: re.Pattern[str]) -> None:
    assert worst_growth(fast, _SEARCH)[0] < LIMIT


def test_no_function_holds_a_pattern_of_its_own() -> None:
    assert inline_patterns() == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("def f(t):\n    return re.sub(r'\\s+$', '', t)", [2]),
        ("def f(t):\n    return re.compile('a' + B).match(t)", [2]),
        ("f = lambda t: re.split('a', t)", [1]),
        ("def f(t, w):\n    return re.search(rf'{re.escape(w)}', t)", []),
        ("A = re.compile('a')\ndef f(t):\n    return A.match(t)", []),
    ],
)
def test_a_pattern_inside_a_function_is_seen(source: str, lines: list[int]) -> None:
    assert inline(source) == lines

"""What the commands share on the terminal."""

import pytest

from api.cli.console import progress_bars


def test_progress_in_a_log_is_a_line_at_each_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bars() as progress:
        for done in range(1, 101):
            progress("lezen", done, 100)
        for done in (32, 50):
            progress("inbedden", done, 50)
    lines = capsys.readouterr().err.splitlines()
    assert lines[:3] == ["lezen: 1 van 100", "lezen: 10 van 100", "lezen: 20 van 100"]
    assert lines[-3:] == ["lezen: 100 van 100", "inbedden: 32 van 50", "inbedden: 50 van 50"] and len(lines) == 13

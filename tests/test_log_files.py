import stat

import pytest

from voiceboard.log_files import LARGEST_BYTES, LONGEST_LINE, PrivateLogFile, Worries, keep_output


@pytest.mark.parametrize(
    ("lines", "worrying"),
    [
        (["2026-01-01 10:00:00,000 INFO web: fine"], []),
        (["2026-01-01 10:00:00,000 WARNING web: hm"], [0]),
        (["[ERROR] cannot bind"], [0]),
        (["INFO web: all good", "ERROR web: broken", "  detail", "INFO web: good again"], [1, 2]),
        (["Traceback (most recent call last):", "  File x", "ValueError: y"], [0, 1, 2]),
        (["INFO web: the voice is called ERROR"], []),
        (['{"level": "INFO", "message": "ERROR"}', '{"level": "ERROR", "time": "2026"}'], [1]),
        (["a line of no level"], []),
        (["a line that has gone on for a good while before it speaks of an ERROR"], []),
    ],
)
def test_warnings_errors_and_tracebacks_are_selected_from_a_log(lines, worrying):
    worries = Worries()

    found = [number for number, line in enumerate(lines) if worries.include(line)]

    assert found == worrying


def test_a_log_file_is_readable_only_by_its_owner(tmp_path):
    path = tmp_path / "logs" / "web.log"

    PrivateLogFile(path).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_large_log_is_rotated(tmp_path):
    path = tmp_path / "web.log"
    path.write_bytes(b"x" * LARGEST_BYTES)
    log = PrivateLogFile(path)

    log.write_line("next")
    log.close()

    assert path.read_text() == "next\n"
    assert (tmp_path / "web.log.1").stat().st_size == LARGEST_BYTES


def test_binary_output_and_long_lines_do_not_break_the_log(tmp_path):
    raw = tmp_path / "raw"
    raw.write_bytes(b"\xff\xfe\n" + b"y" * 100_000 + b"\nend\n")

    keep_output(raw.open("rb"), tmp_path / "web.log", lambda _line: None)

    lines = (tmp_path / "web.log").read_text().splitlines()
    assert lines[-1] == "end"
    assert max(map(len, lines)) <= LONGEST_LINE

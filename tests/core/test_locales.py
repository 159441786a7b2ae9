"""How readers of different regions write days, times, and numbers."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from catalog.core.locales import (
    USUAL,
    current_locale,
    find_locale,
    reading_in,
    say_day,
    say_decimal,
    say_number,
    say_stored,
    storing,
)
from catalog.templating.formats import date as format_date
from catalog.templating.formats import grouped, round_mean

AT = datetime(2026, 11, 30, 23, 5, 9, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("accepted", "moment", "number"),
    [
        ("", "Nov 30, 2026, 23:05", "1,234,567"),
        ("en-US,en;q=0.9", "Nov 30, 2026, 11:05 PM", "1,234,567"),
        ("en-GB", "30 Nov 2026, 23:05", "1,234,567"),
        ("de-AT,de;q=0.8", "30 Nov 2026, 23:05", "1.234.567"),
        ("fr", "30 Nov 2026, 23:05", "1\u202f234\u202f567"),
        ("zh-CN", "2026-11-30, 23:05", "1,234,567"),
        ("xx, ja;q=0.5", "2026-11-30, 23:05", "1,234,567"),
        ("\x00" * 900, "Nov 30, 2026, 23:05", "1,234,567"),
    ],
)
def test_a_locale_has_its_own_formats(accepted, moment, number):
    with reading_in(find_locale(accepted), None):
        assert format_date(AT, "M j, Y, H:i") == moment
        assert grouped(1234567) == number


def test_days_are_those_of_the_reader_s_time_zone():
    with reading_in(find_locale("de"), BERLIN):
        assert format_date(AT, "M j, Y, H:i:s") == "1 Dec 2026, 00:05:09"
        assert format_date(AT, "M j") == "1 Dec"
        assert say_day(AT) == "1 Dec 2026"
        assert say_day(date(2026, 11, 30)) == "30 Nov 2026"
        assert round_mean(3.5) == "3,5"
        assert format_date(AT, "Y-m-d") == "2026-12-01"
    assert current_locale() is USUAL
    assert (say_day(None), say_number(1000), say_decimal("1.5")) == ("", "1,000", "1.5")


def test_a_stored_text_is_written_for_each_reader():
    with storing():
        words = f"{say_number(1200)} voices until {say_day(AT)}, Ada until {say_day(AT.date())}."

    assert say_stored(words) == "1,200 voices until Nov 30, 2026, Ada until Nov 30, 2026."
    with reading_in(find_locale("de"), BERLIN):
        assert say_stored(words) == "1.200 voices until 1 Dec 2026, Ada until 30 Nov 2026."
    assert say_stored("An older text of ⟦2026-99-99⟧.") == "An older text of ⟦2026-99-99⟧."

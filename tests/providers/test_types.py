import pytest

from catalog.providers.types import SettingField

SPEED = SettingField("speed", "Speed", minimum=0.7, maximum=1.2, default=1.0)
BOOST = SettingField("boost", "Boost", default=True)


@pytest.mark.parametrize(
    ("field", "value", "is_taken"),
    [
        (SPEED, 0.7, True),
        (SPEED, 1, True),
        (SPEED, 0.69, False),
        (SPEED, float("nan"), False),
        (SPEED, True, False),
        (SPEED, "1", False),
        (SPEED, None, False),
        (BOOST, False, True),
        (BOOST, 1, False),
        (BOOST, None, False),
    ],
)
def test_a_setting_accepts_only_values_in_its_range(field, value, is_taken):
    assert field.takes(value) is is_taken


def test_a_setting_describes_its_range_in_words():
    assert SPEED.range_words == "between 0.7 and 1.2"
    assert BOOST.range_words == "either on or off"

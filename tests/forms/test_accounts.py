"""The first admin of an installation."""

import pytest

from catalog.forms.users.setup import SetupForm

pytestmark = pytest.mark.usefixtures("installation")
GOOD = {
    "team": "Aurora",
    "name": "Ana",
    "email": "ana@example.com",
    "password": "correct horse battery",
}


def test_complete_form_is_valid():
    form = SetupForm(GOOD)

    assert form.is_valid()
    assert form.cleaned_data == GOOD


def test_password_keeps_leading_and_trailing_spaces():
    form = SetupForm({**GOOD, "password": "  correct horse battery "})

    assert form.is_valid()
    assert form.cleaned_data["password"] == "  correct horse battery "


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("team", ""),
        ("team", " "),
        ("team", "t" * 81),
        ("team", "a\x00b"),
        ("name", ""),
        ("name", "n" * 10_000),
        ("email", "no address"),
        ("email", "a@b\x00.com"),
        ("email", "a" * 400 + "@example.com"),
        ("password", "short"),
        ("password", "password123"),
        ("password", "p" * 201),
        ("password", "ana@example.com"),
    ],
)
def test_invalid_value_gives_an_error_at_its_field(field, value):
    form = SetupForm({**GOOD, field: value})

    assert not form.is_valid()
    assert list(form.errors) == [field]


def test_password_is_not_rendered_after_an_error():
    form = SetupForm({**GOOD, "email": ""})

    assert GOOD["password"] not in form.as_p()

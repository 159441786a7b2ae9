"""The command that makes emergency accounts."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from catalog.models import User


def run(*words: str) -> str:
    out = StringIO()
    call_command("break_glass", *words, stdout=out)
    return out.getvalue()


def test_it_prints_the_password_once_and_ends_the_account(cast):
    said = run("safe@example.com", "--team", "Aurora")

    password = said.partition("Password: ")[2].split()[0]
    user = User.objects.get(email="safe@example.com")
    assert user.check_password(password)
    run("safe@example.com", "--end")
    assert not User.objects.filter(is_break_glass=True).exists()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("safe@example.com", "--team", "Corona"), "No team"),
        (("safe", "--team", "Aurora"), "Enter an email address"),
        (("mia@example.com", "--end"), "no emergency account"),
    ],
)
def test_it_says_what_is_wrong(cast, words, complaint):
    with pytest.raises(CommandError, match=complaint):
        run(*words)

"""The command for users who lost their phone and recovery codes."""

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from catalog.models import AuditEntry
from tests import factories


def test_removes_the_second_factor_and_logs_it(cast, capsys):
    factories.make_factor(cast.mia)

    call_command("remove_second_factor", "MIA@example.com")

    assert not Authenticator.objects.exists()
    assert AuditEntry.objects.get().action == "two-factor authentication turned off"
    assert "turned off" in capsys.readouterr().out


@pytest.mark.parametrize("email", ["mia@example.com", "nobody@example.com"])
def test_user_without_a_second_factor_gives_an_error(cast, email):
    with pytest.raises(CommandError, match="No user with this email address"):
        call_command("remove_second_factor", email)

"""The command for who lost phone and recovery codes."""

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from catalog.models import AuditEntry
from tests import factories


def test_it_takes_the_factor_off_and_says_so_in_the_log(cast, capsys):
    factories.make_factor(cast.mia)

    call_command("remove_second_factor", "MIA@example.com")

    assert not Authenticator.objects.exists()
    assert AuditEntry.objects.get().action == "two-factor authentication turned off"
    assert "turned off" in capsys.readouterr().out


@pytest.mark.parametrize("email", ["mia@example.com", "nobody@example.com"])
def test_where_there_is_none_it_says_so(cast, email):
    with pytest.raises(CommandError, match="No user with this email address"):
        call_command("remove_second_factor", email)

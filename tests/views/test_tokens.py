"""The page of API tokens: a secret is shown once, to the one who made it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.models import ApiToken, Team
from catalog.queries.tokens import find_bearer
from tests import factories
from tests.views.conftest import Page

SECRET = re.compile(r"vb_[0-9A-Za-z]{46}")
FORM = {"name": "Phone system", "scopes": ["read", "speak"], "days": "90"}


def secrets_on(response):
    return set(SECRET.findall(response.content.decode()))


def test_a_new_token_is_shown_once_and_works(cast, sign_in):
    mia = sign_in(cast.mia)

    made = mia.post("/you/tokens/add/", FORM)

    (secret,) = secrets_on(made)
    assert made["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    bearer = find_bearer(secret, timezone.now())
    assert (bearer.user, bearer.scopes) == (cast.mia, ["read", "speak"])
    again = mia.get("/you/tokens/")
    assert not secrets_on(again)
    assert "Phone system" in Page(again).text
    assert f"{secret[:9]}…" in Page(again).text


def test_the_form_offers_only_what_the_role_allows(cast, sign_in):
    mia = sign_in(cast.mia)

    refused = mia.post("/you/tokens/add/", {**FORM, "scopes": ["admin"]})

    assert refused.status_code == 422
    assert 'value="clone"' not in refused.content.decode()
    assert mia.post("/you/tokens/add/", {**FORM, "scopes": []}).status_code == 422
    assert not ApiToken.objects.exists()


def test_a_renewed_token_is_shown_once_and_the_old_one_can_stop_now(cast, sign_in):
    mia, end = sign_in(cast.mia), timezone.now() + timedelta(days=30)
    token, old = factories.make_token(cast.mia, cast.aurora, expires_at=end)

    made = mia.post(f"/you/tokens/{token.pk}/renew/", {"keeps_old": "now", "days": "30"})

    (secret,) = secrets_on(made)
    assert find_bearer(secret, timezone.now()).token == token
    assert find_bearer(old, timezone.now()) is None


@pytest.mark.parametrize("person", ["mia", "ana"])
def test_its_owner_and_admins_revoke_it(cast, sign_in, person):
    token, _ = factories.make_token(cast.mia, cast.aurora)
    browser = sign_in(getattr(cast, person))

    assert browser.get(f"/you/tokens/{token.pk}/revoke/").status_code == 200
    assert browser.post(f"/you/tokens/{token.pk}/revoke/").status_code == 302

    token.refresh_from_db()
    assert token.revoked_by == getattr(cast, person)
    assert browser.get(f"/you/tokens/{token.pk}/renew/").status_code == (
        302 if person == "mia" else 403
    )


def test_without_a_second_factor_that_the_team_requires_there_is_no_page(cast, sign_in):
    Team.objects.update(requires_second_factor=True)

    response = sign_in(cast.mia).post("/you/tokens/add/", FORM)

    assert response.status_code == 302
    assert not ApiToken.objects.exists()

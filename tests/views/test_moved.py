"""Addresses of earlier versions lead to where their pages are now."""

import uuid

import pytest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/alike/?language=en", "/similar/?language=en"),
        (f"/alike/{uuid.UUID(int=7)}/", f"/similar/{uuid.UUID(int=7)}/"),
        ("/voices/7/alike/", "/voices/7/similar/"),
        ("/notices/", "/notifications/"),
        ("/cleanup/ends/", "/cleanup/expiry/"),
        ("/account/second-factor/", "/account/two-factor/"),
    ],
)
def test_an_address_of_an_earlier_version_leads_on(client, db, old, new):
    assert client.get(old)["Location"] == new

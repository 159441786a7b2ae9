"""Addresses of earlier versions redirect to where their pages are now."""

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
def test_an_old_address_redirects_to_the_new_one(client, db, old, new):
    assert client.get(old)["Location"] == new

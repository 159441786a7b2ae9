"""Password guessing is limited by its source and locks nobody else out."""

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from catalog.models import Mail
from tests import factories
from tests.views.codes import code_of
from tests.views.test_sign_in import NEW, text_of

MIA = "mia@example.com"
HERE, THERE = "192.0.2.1", "198.51.100.7"
TOO_MANY = "Too many attempts"


def come_in(client, password=factories.PASSWORD, email=MIA, at=HERE, **headers):
    return client.post(
        "/account/login/", {"login": email, "password": password}, REMOTE_ADDR=at, headers=headers
    )


def guess(times=8, at=THERE, email=MIA, **headers):
    answers = [come_in(Client(), f"wrong {time}", email, at, **headers) for time in range(times)]
    return text_of(answers[-1])


def known_device():
    client = Client()
    assert come_in(client, at=HERE).status_code == 302
    client.post("/account/logout/", REMOTE_ADDR=HERE)
    return client


# Passwords


def test_wrong_passwords_from_elsewhere_do_not_lock_out_the_owner(cast):
    assert TOO_MANY in guess()

    assert come_in(Client(), at=HERE).status_code == 302


def test_after_too_many_guesses_even_the_right_password_is_refused(cast):
    guess(5)

    answer = come_in(Client(), at=THERE)

    assert (answer.status_code, TOO_MANY in text_of(answer)) == (200, True)


def test_guessing_many_accounts_from_one_address_is_stopped(cast):
    for number in range(20):
        guess(1, email=f"someone{number}@example.com")

    assert TOO_MANY in text_of(come_in(Client(), at=THERE))


def test_ipv6_addresses_are_counted_by_their_network(cast):
    for number in range(5):
        guess(1, at=f"2001:db8:1:2::{number + 1}")

    assert TOO_MANY in text_of(come_in(Client(), at="2001:db8:1:2:ffff::9"))
    assert come_in(Client(), at="2001:db8:1:3::1").status_code == 302


def test_a_known_device_can_sign_in_while_someone_guesses_from_its_address(cast):
    mine = known_device()
    guess(30, at=HERE)
    assert TOO_MANY in text_of(come_in(Client(), at=HERE))

    assert come_in(mine, at=HERE).status_code == 302


def test_guesses_on_a_known_device_are_limited_too(cast):
    mine = known_device()

    answers = [come_in(mine, f"wrong {time}", at=f"192.0.2.{time}") for time in range(11)]

    assert TOO_MANY in text_of(answers[-1])
    assert TOO_MANY not in text_of(answers[-2])


def test_a_device_is_known_only_for_the_person_who_signed_in_on_it(cast):
    theirs = Client()
    come_in(theirs, email="sam@example.com", at=THERE)
    theirs.post("/account/logout/", REMOTE_ADDR=THERE)
    guess(5)

    assert TOO_MANY in text_of(come_in(theirs, at=THERE))
    assert come_in(theirs, email="sam@example.com", at=THERE).status_code == 302


def test_several_people_can_share_a_known_device(cast):
    shared = known_device()
    come_in(shared, email="sam@example.com")
    shared.post("/account/logout/")
    guess(30, at=HERE)

    assert come_in(shared, at=HERE).status_code == 302


@pytest.mark.parametrize("word", ["", "x", "e30:1a:b", "\x00"])
def test_a_forged_device_cookie_is_ignored(cast, word):
    client = known_device()
    good = client.cookies["device"].value
    guess(5, at=HERE)

    client.cookies["device"] = word or good[:-2]

    assert TOO_MANY in text_of(come_in(client, at=HERE))


def test_a_password_change_makes_devices_unknown(cast):
    mine = known_device()
    cast.mia.set_password(NEW)
    cast.mia.save()
    guess(5, at=HERE)

    assert TOO_MANY in text_of(come_in(mine, NEW, at=HERE))


def test_the_device_cookie_is_http_only_and_names_nobody(cast):
    cookie = known_device().cookies["device"]

    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"]) == ("Lax", "/")
    assert int(cookie["max-age"]) > 300 * 24 * 3600
    assert "mia" not in cookie.value


# Behind a proxy


def test_the_forwarded_for_header_is_trusted_only_behind_a_proxy(cast):
    for number in range(5):
        guess(1, **{"X-Forwarded-For": f"203.0.113.{number}"})

    assert TOO_MANY in text_of(come_in(Client(), at=THERE, **{"X-Forwarded-For": "203.0.113.99"}))


def test_behind_a_proxy_only_the_address_added_by_the_proxy_counts(cast, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(5):
        guess(1, at="127.0.0.1", **{"X-Forwarded-For": f"203.0.113.{number}, {THERE}"})

    def answer(forwarded):
        return come_in(Client(), at="127.0.0.1", **{"X-Forwarded-For": forwarded})

    assert TOO_MANY in text_of(answer(f"203.0.113.99, {THERE}"))
    assert answer(HERE).status_code == 302


# Second factors


def enter(client, code, at=HERE):
    return client.post("/account/two-factor/authenticate/", {"code": code}, REMOTE_ADDR=at)


def test_wrong_codes_are_counted_by_address(cast):
    factories.make_factor(cast.mia)
    stranger, mine = Client(), Client()
    come_in(stranger, at=THERE)
    come_in(mine, at=HERE)

    answers = [enter(stranger, "000000", THERE) for _ in range(6)]

    assert TOO_MANY in text_of(answers[-1])
    assert enter(mine, code_of()).status_code == 302


def test_guessing_codes_from_many_addresses_is_stopped_except_on_a_known_device(cast, settings):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "code_anywhere": "8/h/key"}
    factors = factories.make_factor(cast.mia)
    mine, other = Client(), Client()
    come_in(mine)
    enter(mine, code_of())
    mine.post("/account/logout/")
    Authenticator.objects.filter(pk=factors.pk).update(last_used_at=None)
    cache.clear()
    for number in range(8):
        stranger = Client()
        come_in(stranger, at=f"198.51.100.{number}")
        enter(stranger, "000000", f"198.51.100.{number}")
    come_in(other)
    come_in(mine)
    recovery = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()

    assert TOO_MANY in text_of(enter(other, recovery[0]))
    assert enter(mine, recovery[0]).status_code == 302


# Forgotten passwords


def test_requesting_many_reset_links_does_not_block_the_page_for_others(cast, settings):
    settings.SENDS_MAIL = True
    path = "/account/password/reset/"

    for _ in range(12):
        Client().post(path, {"email": MIA}, REMOTE_ADDR=THERE)
    answer = Client().post(path, {"email": MIA}, REMOTE_ADDR=HERE)
    unknown = Client().post(path, {"email": "nobody@example.com"}, REMOTE_ADDR=HERE)

    assert (answer.status_code, answer["Location"]) == (302, "/account/password/reset/sent/")
    assert (unknown.status_code, unknown["Location"]) == (302, answer["Location"])
    assert Mail.objects.count() == 5
    known_device().post(path, {"email": MIA})
    assert Mail.objects.count() == 6


def test_too_many_requests_get_429_with_our_own_message(cast, settings):
    settings.SENDS_MAIL = True

    answers = [Client().post("/account/password/reset/", {"email": MIA}) for _ in range(21)]

    assert (answers[-1].status_code, "Too many attempts" in text_of(answers[-1])) == (429, True)

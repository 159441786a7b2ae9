"""Sign-in by the company's OpenID Provider, against one in this process."""

import html
import re
import time
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.socialaccount.models import SocialAccount, SocialLogin, SocialToken
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from catalog.core.crypto import hash_token
from catalog.models import AuditEntry, Mail, Membership, Notification, Team, User
from catalog.models.users import ResetTokens
from catalog.services.users.break_glass import make_break_glass
from catalog.views.users.openid import identify_person
from tests import factories
from tests.openid_provider import SECRET, running_provider
from tests.views.codes import code_of
from tests.views.conftest import PARTIAL


@pytest.fixture
def provider(settings):
    with running_provider() as running:
        settings.OIDC_ISSUER = running.issuer
        yield running


def text_of(response):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def go_there(client, **asked):
    return client.get("/account/company/login/", asked)["Location"]


def come_in(provider, client=None, **asked):
    client = client or Client()
    return client, client.get(provider.authorize(go_there(client, **asked)))


def actions():
    return list(AuditEntry.objects.order_by("number").values_list("action", flat=True))


def connect(provider, user):
    uid = provider.person["sub"]
    return SocialAccount.objects.create(
        user=user,
        provider="company",
        uid=identify_person(provider.issuer, uid),
        extra_data={"iss": provider.issuer, "sub": uid},
    )


def test_the_sign_in_page_offers_the_provider_only_if_there_is_one(cast, settings):
    offered = Client().get("/account/login/?next=/team/")
    settings.OIDC_LABEL = ""
    plain = Client().get("/account/login/")

    assert "Sign in with Acme" in text_of(offered)
    assert 'href="/account/company/login/?next=/team/"' in offered.content.decode()
    assert "Sign in with" not in text_of(plain)


def test_a_first_sign_in_makes_an_account_in_no_team(cast, provider):
    client, back = come_in(provider)
    page = client.get(back["Location"])

    user = User.objects.get(email="nora@example.com")
    identity = SocialAccount.objects.get()
    assert (user.first_name, user.has_usable_password()) == ("Nora Novak", False)
    assert identity.extra_data == {"iss": provider.issuer, "sub": "u-1", "sid": ""}
    assert not SocialToken.objects.exists()
    assert not Membership.objects.filter(user=user).exists()
    assert (page.status_code, "You aren't in a team" in text_of(page)) == (403, True)
    assert "Ask a colleague who is an admin" in text_of(page)
    assert actions() == ["account made at first company sign-in", "signed in"]


def test_the_same_person_comes_back_to_the_same_account_with_another_address(cast, provider):
    come_in(provider)
    user = User.objects.get(email="nora@example.com")
    Membership.objects.create(user=user, team=cast.aurora)
    provider.person["email"] = "ana@example.com"

    client, back = come_in(provider, next="/team/")

    assert back["Location"] == "/team/"
    assert int(client.session["_auth_user_id"]) == user.pk


def test_a_new_identity_never_opens_an_account_with_its_address(cast, provider):
    provider.person |= {"email": "ANA@example.com", "sub": "someone else"}

    client, back = come_in(provider)

    assert back.status_code == 403
    assert "An account with your email address already exists here" in text_of(back)
    assert "Back to sign-in" in text_of(back)
    assert "_auth_user_id" not in client.session
    assert not SocialAccount.objects.exists()


def test_another_issuer_s_person_with_the_same_subject_is_someone_else(cast, provider, settings):
    come_in(provider)
    with running_provider() as other:
        settings.OIDC_ISSUER = other.issuer
        other.person["email"] = "other@example.com"
        come_in(other)

    assert SocialAccount.objects.count() == 2


@pytest.mark.parametrize(
    "said", [{"email_verified": False}, {"email": ""}, {"email": "no address"}]
)
def test_no_account_is_made_without_a_confirmed_address(said, cast, provider):
    provider.person |= said

    _, back = come_in(provider)

    assert "Acme didn't send a confirmed email address for you" in text_of(back)
    assert not SocialAccount.objects.exists()


def test_accounts_can_be_limited_to_people_who_were_invited(cast, provider, settings):
    settings.OIDC_MAKES_ACCOUNTS = False
    factories.make_invitation(cast.ana, cast.aurora, token_hash=hash_token("t"))
    join = Client().get("/join/t/")

    _, refused = come_in(provider)
    _, wrong = come_in(provider, next="/join/wrong/")
    client, back = come_in(provider, next="/join/t/")
    client.post("/join/t/")

    assert 'href="/account/company/login/?next=/join/t/"' in join.content.decode()
    assert "Ask an admin of your team to invite you" in text_of(refused)
    assert wrong.status_code == 403
    assert back["Location"] == "/join/t/"
    assert Membership.objects.get(user__email="nora@example.com").team == cast.aurora


def test_an_inactive_account_stays_shut(cast, provider):
    connect(provider, cast.mia)
    User.objects.filter(pk=cast.mia.pk).update(is_active=False)

    client, back = come_in(provider)

    assert back["Location"] == "/account/inactive/"
    assert "_auth_user_id" not in client.session


def test_the_second_factor_is_asked_for(cast, provider):
    connect(provider, cast.mia)
    factories.make_factor(cast.mia)

    client, back = come_in(provider)
    shut = client.get("/voices/")
    client.post("/account/two-factor/authenticate/", {"code": code_of()})

    assert back["Location"] == "/account/two-factor/authenticate/"
    assert shut.status_code == 302
    assert client.get("/voices/").status_code == 200


def test_a_sign_in_that_another_site_starts_asks_first(cast, provider):
    page = "/account/company/login/?next=/team/"

    asked = Client().get(page, headers={"Sec-Fetch-Site": "cross-site"})
    started = Client().get(page, headers={"Sec-Fetch-Site": "same-origin"})

    assert asked["Location"] == "/account/login/?next=/team/"
    assert started["Location"].startswith(provider.issuer)


def test_another_browser_s_answer_is_refused(cast, provider):
    there = go_there(Client())

    back = Client().get(provider.authorize(there))

    assert back.status_code == 403
    assert "started in another browser" in text_of(back)
    assert not SocialAccount.objects.exists()


def test_an_answer_works_once(cast, provider):
    client = Client()
    address = provider.authorize(go_there(client))
    client.get(address)
    client.post("/account/logout/")

    assert client.get(address).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"iss": "https://another.example"},
        {"sub": "another"},
        {"azp": "another"},
        {"exp": 1},
    ],
    ids=lambda claims: next(iter(claims)),
)
def test_an_id_token_for_something_else_is_refused(claims, cast, provider):
    provider.claims = claims

    client, back = come_in(provider)

    assert back.status_code == 403
    assert "The answer of Acme can't be accepted (OAuth2Error)" in text_of(back)
    assert "_auth_user_id" not in client.session


def test_an_id_token_signed_by_another_key_is_refused(cast, provider):
    provider.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    assert come_in(provider)[1].status_code == 403


def test_a_wrong_code_verifier_is_refused_by_the_provider(cast, provider):
    client = Client()
    address = provider.authorize(go_there(client))
    code = re.search(r"code=([^&]+)", address)[1]
    provider._codes[code]["code_challenge"] = "another"

    assert client.get(address).status_code == 403


def test_a_clock_that_is_a_little_ahead_is_no_reason_to_refuse(cast, provider):
    provider.claims = {"iat": int(time.time()) + 20}

    assert come_in(provider)[1].status_code == 302


def test_the_configuration_is_fetched_once_and_must_name_the_issuer(cast, provider):
    come_in(provider)
    come_in(provider)
    assert provider.calls.count("/login/.well-known/openid-configuration") == 1


@pytest.mark.parametrize(
    "changed",
    [{"issuer": "https://another.example"}, {"token_endpoint": "http://example.com/token"}],
)
def test_a_strange_configuration_is_refused(changed, cast, provider):
    provider.configuration = changed

    answer = Client().get("/account/company/login/")

    assert (answer.status_code, "can't be accepted" in text_of(answer)) == (403, True)


def test_a_provider_that_is_away_is_named(cast, settings):
    settings.OIDC_ISSUER = "http://127.0.0.1:9/login"

    answer = Client().get("/account/company/login/")

    assert (answer.status_code, "Acme can't be reached" in text_of(answer)) == (503, True)


def test_a_cancelled_sign_in_says_so(cast, provider):
    client = Client()
    state = re.search(r"state=([^&]+)", provider.authorize(go_there(client)))[1]

    answer = client.get("/account/company/callback/", {"state": state, "error": "access_denied"})

    assert "Acme refused, or you cancelled." in text_of(answer)


def test_no_secret_reaches_a_page_or_the_log(cast, provider, caplog):
    _, good = come_in(provider)
    provider.claims = {"nonce": "another"}
    _, bad = come_in(provider)

    shown = caplog.text + good.content.decode() + bad.content.decode() + str(bad.headers)
    assert SECRET not in shown
    assert "access-token-in-secret" not in shown
    assert "Sign-in by the provider failed: OAuth2Error" in caplog.text


# Accounts that exist already


def test_an_account_is_connected_after_its_password(cast, provider, sign_in):
    mia = sign_in(cast.mia)
    offered = mia.get("/you/")

    page = mia.post("/account/company/connect/")
    there = html.unescape(re.search(r'href="(http://127[^"]+)"', page.content.decode())[1])
    done = mia.get(provider.authorize(there), follow=True)
    client, back = come_in(provider)

    assert "Connect Acme" in text_of(offered)
    assert "You can now sign in with Acme." in text_of(done)
    assert "Connect Acme" not in text_of(done)
    assert back["Location"] == "/voices/"
    assert int(client.session["_auth_user_id"]) == cast.mia.pk
    assert "company sign-in connected" in actions()


def test_an_account_is_not_connected_without_a_recent_password(cast, provider, sign_in):
    mia = sign_in(cast.mia)
    session = mia.session
    session["proved_at"] = 0
    session.save()

    asked = mia.post("/account/company/connect/")

    assert asked["Location"] == "/account/reauthenticate/"


def test_an_identity_of_another_account_is_not_connected(cast, provider, sign_in):
    connect(provider, cast.ana)
    mia = sign_in(cast.mia)

    page = mia.post("/account/company/connect/")
    there = html.unescape(re.search(r'href="(http://127[^"]+)"', page.content.decode())[1])
    done = mia.get(provider.authorize(there), follow=True)

    assert "already connected to another account" in text_of(done)
    assert SocialAccount.objects.get().user == cast.ana


def test_someone_without_a_password_confirms_at_the_provider(cast, provider):
    cast.ana.set_unusable_password()
    cast.ana.save()
    connect(provider, cast.ana)
    client, _ = come_in(provider)
    session = client.session
    session["proved_at"] = 0
    session.save()

    asked = client.post("/team/invitations/", {"role": "member", "label": "Kim", "days": "7"})
    led = client.get(asked["Location"])
    there = client.get(led["Location"])["Location"]
    provider.claims = {"auth_time": int(time.time()) - 3600}
    stale = client.get(provider.authorize(there))
    provider.claims = {}
    there = client.get(led["Location"])["Location"]
    done = client.get(provider.authorize(there))

    assert "prompt=login" in there
    assert "didn't ask you to sign in again" in text_of(stale)
    assert done.status_code == 200
    assert 'id="made-link"' in done.content.decode()


def test_a_first_password_is_set_only_after_a_recent_confirmation(cast, provider):
    cast.mia.set_unusable_password()
    cast.mia.save()
    connect(provider, cast.mia)
    client, _ = come_in(provider)
    session = client.session
    session["proved_at"] = 0
    session.save()
    form = {"password1": "another long pass phrase", "password2": "another long pass phrase"}

    asked = client.post("/account/password/set/", form)
    before = User.objects.get(pk=cast.mia.pk).has_usable_password()
    led = client.get(asked["Location"])
    client.get(provider.authorize(client.get(led["Location"])["Location"]))

    assert not before
    assert User.objects.get(pk=cast.mia.pk).check_password(form["password1"])


def test_someone_else_at_the_provider_confirms_nothing(cast, provider):
    connect(provider, cast.ana)
    client, _ = come_in(provider)
    there = client.get("/account/company/confirm/")["Location"]
    provider.person["sub"] = "u-2"

    done = client.get(provider.authorize(there))

    assert "You confirmed as someone else" in text_of(done)


# Groups give roles

ROLES = [("audio", "Aurora", "cloner"), ("leads", "Aurora", "admin")]


def role_of(email, team):
    rows = Membership.objects.filter(user__email=email, team=team)
    return rows.values_list("role", flat=True).first()


def test_groups_give_and_take_roles_at_each_sign_in(cast, provider, settings):
    settings.OIDC_ROLES = ROLES
    roles = []
    for groups in (["audio", "other"], ["audio", "leads"], []):
        provider.person["groups"] = groups
        client, back = come_in(provider)
        roles.append(role_of("nora@example.com", cast.aurora))
    page = client.get(back["Location"])

    assert roles == ["cloner", "admin", None]
    assert (page.status_code, "Your membership is suspended" in text_of(page)) == (403, True)
    assert "Ask an admin of Aurora to open it again: Ana" in text_of(page)


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["leads"]}}),
        ("https://acme.example/groups", {"https://acme.example/groups": ["leads"]}),
        ("groups", {"groups": "leads"}),
    ],
)
def test_groups_can_be_in_any_claim(claim, said, cast, provider, settings):
    settings.OIDC_ROLES, settings.OIDC_GROUPS_CLAIM = ROLES, claim
    provider.claims = said

    come_in(provider)

    assert role_of("nora@example.com", cast.aurora) == "admin"


@pytest.mark.parametrize(
    "said",
    [
        {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://x"}}},
        {"hasgroups": "true"},
    ],
    ids=["claim names", "hasgroups"],
)
def test_too_many_groups_to_send_are_never_read_as_none(said, cast, provider, settings):
    settings.OIDC_ROLES = ROLES
    provider.person["groups"] = ["audio"]
    come_in(provider)
    del provider.person["groups"]
    provider.claims = said

    client, back = come_in(provider)

    assert (back.status_code, "_auth_user_id" in client.session) == (403, False)
    assert "Acme didn't send your groups, because you're in too many." in text_of(back)
    assert role_of("nora@example.com", cast.aurora) == "cloner"


@pytest.mark.parametrize("groups", [{"leads": 1}, [{"name": "leads"}], 7], ids=str)
def test_groups_of_another_shape_are_refused(groups, cast, provider, settings):
    settings.OIDC_ROLES = ROLES
    provider.person["groups"] = groups

    _, back = come_in(provider)

    assert (back.status_code, "can't be accepted" in text_of(back)) == (403, True)
    assert not User.objects.filter(email="nora@example.com").exists()


def test_groups_are_ignored_without_roles(cast, provider):
    provider.person["groups"] = {"odd": 1}
    connect(provider, cast.mia)

    client, _ = come_in(provider)

    assert is_in(client)


def test_more_scopes_can_be_asked_for(cast, provider, settings):
    settings.OIDC_SCOPES = ["groups"]

    asked = parse_qs(urlsplit(go_there(Client())).query)["scope"][0]

    assert set(asked.split()) == {"openid", "profile", "email", "groups"}


def test_the_members_page_says_whose_role_follows_from_groups(cast, provider, settings, sign_in):
    settings.OIDC_ROLES = ROLES
    provider.person["groups"] = ["audio"]
    come_in(provider)
    ana = sign_in(cast.ana)
    pk = Membership.objects.get(user__email="nora@example.com").pk

    page = ana.get("/team/")
    done = ana.post(f"/team/people/{pk}/role/", {"role": "admin"}, follow=True)

    assert "Cloner · role from Acme" in text_of(page)
    assert f"/team/people/{pk}/role/" not in page.content.decode()
    assert "This person's role comes from their groups at Acme." in text_of(done)


def test_a_team_that_groups_lead_to_is_not_renamed(cast, settings, sign_in):
    settings.OIDC_ROLES = ROLES
    ana = sign_in(cast.ana)

    answer = ana.post(f"/teams/{cast.aurora.pk}/rename/", {"name": "Corona"})
    another = ana.post("/teams/", {"name": "Aurora"})

    assert (answer.status_code, another.status_code) == (422, 400)
    assert "Company groups give roles in the team with this name," in text_of(answer)


# The only way in


@pytest.fixture
def only(settings):
    settings.OIDC_ONLY = True


def try_password(email, password=factories.PASSWORD):
    client = Client()
    answer = client.post("/account/login/", {"login": email, "password": password})
    return client, answer


def test_passwords_open_nothing_if_the_provider_is_the_only_way(cast, only):
    page = Client().get("/account/login/")
    client, answer = try_password(cast.mia.email)

    assert "Emergency access" in text_of(page)
    assert "Forgot your password?" not in text_of(page)
    assert "_auth_user_id" not in client.session
    assert "Wrong email address or password." in text_of(answer)
    assert "sign-in failed" in actions()


def test_passwords_are_neither_set_nor_reset_nor_confirmed_with(cast, provider, only, settings):
    settings.SENDS_MAIL = True
    connect(provider, cast.mia)
    client, _ = come_in(provider)
    account = client.get("/you/")
    new = {"password1": "another long pass phrase", "password2": "another long pass phrase"}
    change = client.post("/account/password/change/", {"oldpassword": factories.PASSWORD, **new})
    first = client.post("/account/password/set/", new, follow=True)
    session = client.session
    session["proved_at"] = 0
    session.save()
    client.post("/account/reauthenticate/", {"password": factories.PASSWORD})
    reset = Client().post("/account/password/reset/", {"email": cast.mia.email})

    assert not re.search("(Change|Set) password", text_of(account))
    assert change["Location"] == "/you/"
    assert "You sign in with Acme, so you have no password here." in text_of(first)
    assert client.session["proved_at"] == 0
    assert reset["Location"] == "/account/login/"
    assert not Mail.objects.exists()
    settings.OIDC_ONLY = False
    assert User.objects.get(pk=cast.mia.pk).check_password(factories.PASSWORD)


def test_links_that_set_a_password_work_only_for_emergency_accounts(cast, only, sign_in, settings):
    settings.OIDC_ONLY = False
    ana = sign_in(cast.ana)
    pk = Membership.objects.get(user=cast.mia).pk
    factories.make_password_link(cast.ana, cast.mia, token="t")
    settings.OIDC_ONLY = True

    page = ana.get("/team/")
    made = ana.post(f"/team/people/{pk}/password/")
    link = Client().get("/password/t/")

    assert "Create password link" not in text_of(page)
    assert (made.status_code, link.status_code) == (403, 404)
    User.objects.filter(pk=cast.mia.pk).update(is_break_glass=True)
    assert Client().get("/password/t/").status_code == 200


def test_an_emailed_link_sets_a_password_only_for_emergency_accounts(cast, only):
    key = f"{user_pk_to_url_str(cast.mia)}-{ResetTokens().make_token(cast.mia)}"

    shut = Client().get(f"/account/password/reset/key/{key}/", follow=True)
    User.objects.filter(pk=cast.mia.pk).update(is_break_glass=True)
    shown = Client().get(f"/account/password/reset/key/{key}/", follow=True)

    assert 'name="password1"' not in shut.content.decode()
    assert 'name="password1"' in shown.content.decode()


def test_an_invitation_leads_to_the_provider_only(cast, provider, only):
    factories.make_invitation(cast.ana, cast.aurora, token_hash=hash_token("t"))

    page = Client().get("/join/t/")
    posted = Client().post(
        "/join/t/", {"name": "Kim", "email": "kim@example.com", "password": "a long pass phrase"}
    )
    client, back = come_in(provider, next="/join/t/")
    client.post(back["Location"])

    assert "Sign in with Acme to join" in text_of(page)
    assert 'name="password"' not in page.content.decode() + posted.content.decode()
    assert not User.objects.filter(email="kim@example.com").exists()
    assert role_of("nora@example.com", cast.aurora) == "member"


def test_someone_who_is_not_connected_is_told_whom_to_ask(cast, provider, only):
    provider.person["email"] = cast.mia.email

    _, back = come_in(provider)

    assert "it isn't connected to Acme. Ask whoever runs this server" in text_of(back)


def test_an_emergency_account_comes_in_with_a_second_factor_and_the_admins_hear_of_it(cast, only):
    password = make_break_glass(email="safe@example.com", team_name="Aurora", now=factories.NOW)

    client, answer = try_password("safe@example.com", password)
    shut = client.get("/voices/")
    setup = client.get(shut["Location"])
    factories.make_factor(User.objects.get(email="safe@example.com"))

    assert answer["Location"] == "/voices/"
    assert shut["Location"] == "/account/two-factor/"
    assert "An emergency account needs two-factor authentication." in text_of(setup)
    assert is_in(client)
    notice = Notification.objects.get(user=cast.ana)
    assert notice.text == "The emergency account safe@example.com signed in."
    assert actions()[-1] == "emergency account signed in"
    _, asked = try_password("safe@example.com", password)
    assert asked["Location"] == "/account/two-factor/authenticate/"


# A second factor at the provider


@pytest.mark.parametrize(
    ("claims", "is_trusted"),
    [
        ({"amr": ["pwd", "mfa"]}, True),
        ({"acr": "phr"}, True),
        ({"acr": ["phr"]}, False),
        ({"amr": ["pwd"], "acr": "1"}, False),
        ({"amr": "mfa"}, False),
        ({}, False),
    ],
    ids=str,
)
def test_a_second_factor_at_the_provider_counts_if_it_is_trusted(
    claims, is_trusted, cast, provider, settings
):
    settings.OIDC_TRUSTS_MFA = True
    Team.objects.update(requires_second_factor=True)
    connect(provider, cast.mia)
    provider.claims = claims

    client, _ = come_in(provider)
    assert is_in(client) is is_trusted
    factories.make_factor(cast.mia)
    _, back = come_in(provider)
    asked = "/account/two-factor/authenticate/"
    assert (back["Location"] == asked) is not is_trusted


def test_a_second_factor_at_the_provider_counts_for_nothing_by_default(cast, provider):
    Team.objects.update(requires_second_factor=True)
    connect(provider, cast.mia)
    provider.claims = {"amr": ["mfa"]}

    client, _ = come_in(provider)

    assert client.get("/voices/")["Location"] == "/account/two-factor/"


def test_userinfo_proves_no_second_factor(cast, provider, settings):
    settings.OIDC_TRUSTS_MFA = True
    connect(provider, cast.mia)
    factories.make_factor(cast.mia)
    provider.userinfo = {"amr": ["mfa"]}

    _, back = come_in(provider)

    assert back["Location"] == "/account/two-factor/authenticate/"


def test_the_provider_s_second_factor_counts_in_its_own_session_only(
    cast, provider, settings, sign_in
):
    settings.OIDC_TRUSTS_MFA = True
    connect(provider, cast.mia)
    provider.claims = {"amr": ["mfa"]}
    by_password = sign_in(cast.mia)
    by_provider, _ = come_in(provider)

    Team.objects.update(requires_second_factor=True)

    assert (is_in(by_provider), is_in(by_password)) == (True, False)


def test_a_session_by_the_provider_ends_however_much_it_is_used(cast, provider, clock):
    connect(provider, cast.mia)
    client, _ = come_in(provider)

    for hours in (6, 11):
        session = client.session
        session["came_at"] = int(time.time()) - hours * 3600
        session.save()
        assert is_in(client)
    session = client.session
    session["came_at"] = int(time.time()) - 13 * 3600
    session.save()

    assert not is_in(client)


def test_two_first_sign_ins_at_once_make_one_account(cast, provider, monkeypatch):
    first, second = Client(), Client()
    ways = [provider.authorize(go_there(client)) for client in (first, second)]
    found = SocialLogin._lookup_by_socialaccount
    # The second tab asks for the identity before the first one stores it.
    monkeypatch.setattr(SocialLogin, "_lookup_by_socialaccount", lambda login: False)

    answers = [client.get(way) for client, way in zip((first, second), ways, strict=True)]
    monkeypatch.setattr(SocialLogin, "_lookup_by_socialaccount", found)

    assert [answer["Location"] for answer in answers] == ["/voices/", "/voices/"]
    user = User.objects.get(email="nora@example.com")
    assert [int(each.session["_auth_user_id"]) for each in (first, second)] == [user.pk] * 2
    assert SocialAccount.objects.count() == 1


# The provider ends sessions

LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


def log_out(token):
    client = Client(enforce_csrf_checks=True)
    return client.post("/account/company/logout/", {"logout_token": token}).status_code


def is_in(client):
    return client.get("/voices/").status_code == 200


def test_a_logout_token_ends_every_session_of_its_person(cast, provider, sign_in):
    connect(provider, cast.mia)
    first, _ = come_in(provider)
    second, _ = come_in(provider)
    ana = sign_in(cast.ana)
    assert is_in(first)
    assert is_in(second)

    assert log_out(provider.make_logout()) == 200

    assert [is_in(each) for each in (first, second, ana)] == [False, False, True]
    assert actions()[-1] == "sessions ended by company sign-in"


def test_a_logout_token_can_name_a_session_at_the_provider(cast, provider):
    connect(provider, cast.mia)
    factories.make_factor(cast.mia)
    provider.claims = {"sid": "session-7"}
    client, _ = come_in(provider)
    client.post("/account/two-factor/authenticate/", {"code": code_of()})

    assert log_out(provider.make_logout(sub=None, sid="session-8")) == 200
    assert is_in(client)
    assert log_out(provider.make_logout(sub=None, sid="session-7")) == 200
    assert not is_in(client)


def test_a_logout_token_works_once(cast, provider):
    connect(provider, cast.mia)
    token = provider.make_logout()
    log_out(token)
    client, _ = come_in(provider)

    assert log_out(token) == 400
    assert is_in(client)


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://another.example"},
        {"aud": "another"},
        {"events": None},
        {"events": {}},
        {"events": {LOGOUT: None}},
        {"events": [LOGOUT]},
        {"nonce": "n"},
        {"jti": None},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"typ": "JWT"},
        {"typ": "at+jwt"},
    ],
    ids=str,
)
def test_a_token_that_is_no_logout_token_ends_nothing(changed, cast, provider):
    connect(provider, cast.mia)
    client, _ = come_in(provider)

    assert log_out(provider.make_logout(**changed)) == 400
    assert is_in(client)


def test_a_logout_token_without_its_type_counts_if_the_operator_says_so(cast, provider, settings):
    settings.OIDC_UNTYPED_LOGOUT = True
    connect(provider, cast.mia)
    client, _ = come_in(provider)

    assert log_out(provider.make_logout(typ="JWT")) == 200
    assert not is_in(client)


def test_a_logout_token_signed_by_someone_else_ends_nothing(cast, provider):
    connect(provider, cast.mia)
    client, _ = come_in(provider)
    provider.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    assert log_out(provider.make_logout()) == 400
    assert log_out(jwt.encode({"sub": "u-1"}, "", algorithm="none")) == 400
    assert log_out("nonsense") == 400
    assert is_in(client)


def test_only_refused_logout_tokens_are_limited(cast, provider):
    good = [log_out(provider.make_logout()) for _ in range(21)]
    bad = [log_out("nonsense") for _ in range(21)]

    assert good == [200] * 21
    assert bad == [400] * 20 + [429]


# People in no team


def test_someone_who_lost_their_last_team_is_told_whom_to_ask(cast, sign_in):
    mia = sign_in(cast.mia)
    Membership.objects.filter(user=cast.mia).delete()

    page, swap = mia.get("/voices/"), mia.get("/voices/", headers=PARTIAL)

    assert (page.status_code, "You aren't in a team" in text_of(page)) == (403, True)
    assert 'action="/account/logout/"' in page.content.decode()
    assert (swap.content, swap["HX-Redirect"]) == (b"", "/voices/")
    assert Team.objects.count() == 2

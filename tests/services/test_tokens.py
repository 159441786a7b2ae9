"""API tokens: who gets one, what it opens, when it ends, and that its secret stays secret."""

import io
import logging
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from catalog.jobs.tokens import announce_ends
from catalog.management.after_restore import settle_restored
from catalog.models import ApiToken, AuditEntry, Membership, Notification, Tag, Team, Voice
from catalog.models.tokens import Scope, is_secret, make_secret
from catalog.providers.key_formats import holds_key
from catalog.queries.searches.filters import VoiceFilter
from catalog.queries.tokens import find_bearer, find_tokens
from catalog.queries.voices.search import find_voice_ids
from catalog.services.teams.members import remove_member, suspend_member
from catalog.services.teams.teams import choose_team
from catalog.services.tokens import (
    Result,
    StillRunning,
    TokenEnded,
    act_once,
    claim_answer,
    make_token,
    note_token_use,
    renew_token,
    revoke_exposed,
    revoke_token,
)
from tests import factories
from tests.threads import call_at_once

NOW = factories.NOW
DAY = timedelta(days=1)


def membership_of(user):
    return Membership.objects.select_related("user", "team").get(user=user)


def test_a_secret_has_a_checksum_that_a_typo_breaks():
    secret = make_secret()
    typo = secret[:-1] + ("a" if secret[-1] != "a" else "b")

    assert is_secret(secret)
    assert holds_key(f"Use {secret} for it")
    for wrong in (
        typo,
        secret[:20] + "!" + secret[21:],
        secret + "a",
        "",
        None,
        "vb_",
        f"{secret}\n",
    ):
        assert not is_secret(wrong)


def test_only_its_hash_is_stored_and_it_signs_in_as_its_person(cast):
    secret = make_token(
        cast.mia, team=cast.aurora, name="Phone", scopes=["read", "speak"], days=90, now=NOW
    )

    token = ApiToken.objects.get()
    bearer = find_bearer(secret, NOW)
    assert secret not in str(vars(token))
    assert secret not in repr(token) + str(token)
    assert secret[:9] == token.start
    assert (bearer.user, bearer.team, bearer.role) == (cast.mia, cast.aurora, "member")
    assert (bearer.user.email, bearer.team.name) == ("mia@example.com", "Aurora")
    assert bearer.scopes == ["read", "speak"]
    assert secret not in str(list(AuditEntry.objects.values()))
    assert find_bearer(make_secret(), NOW) is None


def test_it_stops_at_its_end_and_when_it_is_revoked(cast):
    token, secret = factories.make_token(cast.mia, cast.aurora)

    assert find_bearer(secret, NOW + 90 * DAY - timedelta(seconds=1))
    assert find_bearer(secret, NOW + 90 * DAY) is None
    revoke_token(cast.ana, token=token, now=NOW)
    assert find_bearer(secret, NOW) is None


@pytest.mark.parametrize("end", ["leaves", "suspended", "deactivated"])
def test_it_stops_with_its_persons_access(cast, end):
    token, secret = factories.make_token(cast.mia, cast.aurora)
    if end == "leaves":
        member = membership_of(cast.mia)
        remove_member(cast.ana, membership=member, new_owner=None, reason="", now=NOW)
        Membership.objects.create(team=cast.aurora, user=cast.mia)
    elif end == "suspended":
        suspend_member(cast.ana, membership=membership_of(cast.mia), now=NOW)
    else:
        cast.mia.is_active = False
        cast.mia.save()

    assert find_bearer(secret, NOW) is None
    token.refresh_from_db()
    assert (token.revoked_by == cast.ana) is (end == "leaves")


def test_it_does_what_the_person_may_do_now(cast):
    Membership.objects.filter(user=cast.mia).update(role="cloner")
    _, secret = factories.make_token(cast.mia, cast.aurora, "read", "clone")
    assert find_bearer(secret, NOW).scopes == ["read", "clone"]

    Membership.objects.filter(user=cast.mia).update(role="viewer")
    assert find_bearer(secret, NOW).scopes == ["read"]
    assert find_tokens(cast.mia, NOW)[0][0].lost == "clone"


ROLES = {"viewer": 1, "member": 3, "cloner": 4, "admin": 5}


@pytest.mark.parametrize("role", ROLES)
def test_a_token_is_made_only_with_scopes_of_the_role(cast, role):
    Membership.objects.filter(user=cast.mia).update(role=role)
    given = {"team": cast.aurora, "name": "Phone", "days": 90, "now": NOW}
    allowed = 0
    for scope in Scope.values:
        try:
            make_token(cast.mia, scopes=[scope], **given)
            allowed += 1
        except PermissionDenied:
            continue

    assert allowed == ROLES[role]
    with pytest.raises(PermissionDenied):
        make_token(cast.sam, scopes=["read"], **given)


def test_a_team_that_requires_two_factor_authentication_gives_none_without(cast):
    Team.objects.update(requires_second_factor=True)
    cast.aurora.refresh_from_db()
    given = {"team": cast.aurora, "name": "Phone", "scopes": ["read"], "days": 90, "now": NOW}

    with pytest.raises(PermissionDenied):
        make_token(cast.mia, **given)
    factories.make_factor(cast.mia)
    assert make_token(cast.mia, **given)


def test_a_renewed_token_has_two_secrets_for_a_day(cast):
    token, old = factories.make_token(cast.mia, cast.aurora)
    later = NOW + 80 * DAY

    new = renew_token(cast.mia, token=token, days=30, keeps_old=True, now=later)

    assert find_bearer(new, later + 29 * DAY)
    assert find_bearer(new, later + 30 * DAY) is None
    assert find_bearer(old, later + DAY - timedelta(seconds=1)).token == token
    assert find_bearer(old, later + DAY) is None
    newest = renew_token(cast.mia, token=token, days=30, keeps_old=False, now=later)
    assert [bool(find_bearer(each, later)) for each in (old, new, newest)] == [False, False, True]


def test_only_its_person_renews_it_and_a_revoked_one_never(cast):
    token, _ = factories.make_token(cast.mia, cast.aurora)
    given = {"token": token, "days": 30, "keeps_old": True, "now": NOW}

    with pytest.raises(PermissionDenied):
        renew_token(cast.ana, **given)
    revoke_token(cast.mia, token=token, now=NOW)
    with pytest.raises(TokenEnded):
        renew_token(cast.mia, **given)
    with pytest.raises(PermissionDenied):
        revoke_token(cast.sam, token=token, now=NOW)


def test_admins_see_the_tokens_of_their_team_and_nobody_elses(cast):
    mias, _ = factories.make_token(cast.mia, cast.aurora)
    anas, _ = factories.make_token(cast.ana, cast.aurora)
    factories.make_token(cast.sam, cast.borealis)

    own, others = find_tokens(cast.ana, NOW)
    assert ([row.token for row in own], [row.token for row in others]) == ([anas], [mias])
    own, others = find_tokens(cast.mia, NOW)
    assert ([row.token for row in own], others) == ([mias], [])


def test_the_team_comes_from_the_token_and_never_from_the_browser(cast):
    Membership.objects.create(team=cast.borealis, user=cast.mia)
    factories.make_credential(cast.mia, cast.other_account)
    here = factories.make_voice(cast.account, "Rachel")
    there = factories.make_voice(cast.other_account, "Adam")
    keys = {team: factories.make_token(cast.mia, team)[1] for team in (cast.aurora, cast.borealis)}
    expected = {cast.aurora: [here.pk], cast.borealis: [there.pk]}

    # What is kept for one token or browser must not be shown to another.
    for day, chosen in enumerate((cast.borealis, cast.aurora, cast.borealis)):
        choose_team(cast.mia, team=chosen, now=NOW + day * DAY)
        assert find_voice_ids(cast.mia, VoiceFilter()) == expected[chosen]
        for team, secret in keys.items():
            user = find_bearer(secret, NOW).user
            assert find_voice_ids(user, VoiceFilter()) == expected[team]
            assert [row.pk for row in Voice.objects.visible_to(user)] == expected[team]
            assert list(Team.objects.visible_to(user)) == [team]


def test_a_use_is_noted_once_a_minute(cast):
    token, _ = factories.make_token(cast.mia, cast.aurora)
    seen = []
    for seconds in (0, 59, 60):
        now = NOW + timedelta(seconds=seconds)
        note_token_use(token=token, address=f"192.0.2.{seconds}", now=now)
        token.refresh_from_db()
        seen.append((token.used_at - NOW).seconds)

    assert seen == [0, 0, 60]
    assert token.used_from == "192.0.2.60"


def test_its_end_is_announced_once_two_weeks_before(cast):
    token, _ = factories.make_token(cast.mia, cast.aurora)
    factories.make_token(cast.mia, cast.aurora, expires_at=NOW + 7 * DAY, name="Short")
    found = []
    for days in (0, 75, 76, 77):
        announce_ends(NOW + days * DAY)
        found.append(Notification.objects.filter(user=cast.mia).count())

    assert found == [0, 0, 1, 1]
    assert "Phone system" in Notification.objects.get().text
    renew_token(cast.mia, token=token, days=90, keeps_old=False, now=NOW + 80 * DAY)
    announce_ends(NOW + 160 * DAY)
    assert Notification.objects.count() == 2


def test_a_token_in_an_address_ends_and_its_owner_is_told(cast):
    token, secret = factories.make_token(cast.mia, cast.aurora)

    revoke_exposed(token=token, now=NOW)
    revoke_exposed(token=token, now=NOW)

    assert find_bearer(secret, NOW) is None
    assert "in an address" in Notification.objects.get(user=cast.mia).text
    assert AuditEntry.objects.filter(action="API token revoked").count() == 1


def run(*words):
    out, notes = io.StringIO(), io.StringIO()
    call_command("create_token", *words, stdout=out, stderr=notes)
    return out.getvalue()


def test_the_command_prints_a_secret_and_nothing_else(cast, caplog):
    caplog.set_level(logging.DEBUG)

    secret = run("Mia@example.com", "--team", "Aurora", "--scopes", "speak, read").strip()

    bearer = find_bearer(secret, ApiToken.objects.get().made_at)
    assert (bearer.user, bearer.team) == (cast.mia, cast.aurora)
    assert bearer.token.scopes == ["read", "speak"]
    assert secret not in caplog.text
    assert AuditEntry.objects.get(action="API token made").actor is None


@pytest.mark.parametrize(
    "words",
    [
        ("mia@example.com", "--team", "Aurora", "--scopes", "read,fly"),
        ("mia@example.com", "--team", "Aurora", "--scopes", "admin"),
        ("mia@example.com", "--team", "Borealis", "--scopes", "read"),
        ("mia@example.com", "--team", "Aurora", "--scopes", "read", "--days", "366"),
    ],
)
def test_the_command_refuses_what_cannot_be(cast, words):
    with pytest.raises(CommandError):
        run(*words)

    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("code", ["", "copy17"])
def test_tokens_work_after_a_restore_but_not_in_a_copy(cast, code):
    _, secret = factories.make_token(cast.mia, cast.aurora)

    settle_restored(made_at=NOW, anchor="1:abc", replaced="", now=NOW, new_code=code)

    assert bool(find_bearer(secret, NOW)) is (code == "")


def test_two_requests_with_one_key_at_once_act_once(file_database, cast):
    token, _ = factories.make_token(cast.mia, cast.aurora)

    answers = call_at_once(
        *(lambda: claim_answer(token=token, key="1", mark="a", now=NOW) for _ in range(2))
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["ApiAnswer", "StillRunning"]


def test_a_request_that_was_taken_over_undoes_what_it_did(cast):
    token, _ = factories.make_token(cast.mia, cast.aurora)
    slow = claim_answer(token=token, key="1", mark="a", now=NOW)
    claim_answer(token=token, key="1", mark="a", now=NOW + timedelta(minutes=3))

    def act():
        factories.make_tag(cast.aurora, "warm")
        return Result(204, {}, b"")

    with pytest.raises(StillRunning):
        act_once(answer=slow, act=act)
    assert not Tag.objects.exists()

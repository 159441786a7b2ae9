"""A consent statement that contradicts an earlier one must be confirmed, which is logged."""

import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.models import AuditEntry, CloneBatch, Consent, Membership
from catalog.queries.consents.contradictions import find_contradictions, name_findings
from catalog.services.clones import CloneRequest, SampleCut, request_clones
from catalog.services.consents.statements import ConsentContradicted, ConsentStatement
from tests import factories
from tests.conftest import make_wav

NOW = factories.NOW
SELF, GUARDIAN, CONTRACT, PERMISSION = (each.value for each in Consent.Relation)


@pytest.fixture
def state_consent(cast: SimpleNamespace) -> Any:
    """Return a function that requests a clone with a consent statement, ``day`` days later."""
    Membership.objects.filter(user=cast.mia).update(role=Membership.Role.CLONER)
    samples = {
        user: factories.make_sample(user, cast.aurora, make_wav(8)) for user in (cast.ana, cast.mia)
    }

    def _state_consent(user: Any, relation: str, speaker: str = "Ada", **values: Any) -> CloneBatch:
        day = values.pop("day", 0)
        given = {"allowed_use": "any", "given_by": "Ann Byron", **values}
        request = CloneRequest(
            form_token=uuid.uuid4(),
            cuts=[SampleCut(samples[user])],
            name="Our Ada",
            description="",
            consent=ConsentStatement(speaker, True, relation=relation, **given),
        )
        now = NOW + timedelta(days=day)
        return request_clones(user, credentials=[cast.credential], params=request, now=now)

    return _state_consent


def find_words(user: Any, relation: str, speaker: str = "Ada", day: int = 0) -> list[str]:
    today = (NOW + timedelta(days=day)).date()
    return [each.words for each in find_contradictions(user, speaker, relation, today)]


def find_confirmation(user: Any, relation: str, speaker: str = "Ada", day: int = 0) -> str:
    today = (NOW + timedelta(days=day)).date()
    return name_findings(find_contradictions(user, speaker, relation, today))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (CONTRACT, SELF),
        (PERMISSION, SELF),
        (SELF, CONTRACT),
        (SELF, PERMISSION),
        (SELF, GUARDIAN),
        (GUARDIAN, SELF),
        (GUARDIAN, CONTRACT),
        (PERMISSION, GUARDIAN),
    ],
)
def test_different_relation_stated_by_the_same_person_needs_confirmation(
    cast, state_consent, before, after
):
    state_consent(cast.ana, before)

    with pytest.raises(ConsentContradicted, match="you said"):
        state_consent(cast.ana, after, " ada ")
    assert CloneBatch.objects.count() == Consent.objects.count() == 1

    state_consent(cast.ana, after, confirmed=find_confirmation(cast.ana, after))
    entry = AuditEntry.objects.get(action="contradiction confirmed")
    assert entry.actor == cast.ana
    assert "you said" in entry.reason
    assert find_words(cast.ana, after) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [(SELF, SELF), (CONTRACT, PERMISSION), (PERMISSION, CONTRACT), (GUARDIAN, GUARDIAN)],
)
def test_compatible_statement_needs_no_confirmation(cast, state_consent, before, after):
    state_consent(cast.ana, before)

    assert find_words(cast.ana, after) == []
    state_consent(cast.ana, after)
    assert not AuditEntry.objects.filter(action="contradiction confirmed").exists()


def test_second_person_who_claims_to_be_the_speaker_needs_confirmation(cast, state_consent):
    state_consent(cast.ana, SELF)

    assert find_words(cast.mia, SELF) == ["On Nov 21, 2026 Ana said that they are the speaker."]
    # Having a contract with that speaker contradicts nothing.
    assert find_words(cast.mia, CONTRACT) == []
    assert find_words(cast.mia, GUARDIAN) == ["On Nov 21, 2026 Ana said: “I am the speaker”."]


def test_person_who_claims_to_be_two_speakers_needs_confirmation_once(cast, state_consent):
    state_consent(cast.ana, SELF)

    assert find_words(cast.ana, SELF, "Grace") == ["On Nov 21, 2026 you said that you are Ada."]
    assert find_words(cast.ana, CONTRACT, "Grace") == []
    state_consent(cast.ana, SELF, "Grace", confirmed=find_confirmation(cast.ana, SELF, "Grace"))
    assert find_words(cast.ana, SELF, "Grace") == find_words(cast.ana, SELF, "Ada") == []


def test_new_statement_after_the_last_one_expired_needs_confirmation(cast, state_consent):
    state_consent(cast.ana, PERMISSION, ends_on=NOW.date() + timedelta(days=3))

    assert find_words(cast.ana, PERMISSION, day=3) == []
    assert find_words(cast.ana, PERMISSION, day=4) == [
        "The consent of Nov 21, 2026 expired on Nov 24, 2026."
    ]
    state_consent(
        cast.ana, PERMISSION, day=4, confirmed=find_confirmation(cast.ana, PERMISSION, day=4)
    )
    assert find_words(cast.ana, PERMISSION, day=5) == []


def test_confirmation_does_not_cover_later_contradictions(cast, state_consent):
    state_consent(cast.ana, CONTRACT)
    seen = find_confirmation(cast.ana, SELF)
    state_consent(cast.mia, SELF)

    with pytest.raises(ConsentContradicted, match="Mia said"):
        state_consent(cast.ana, SELF, confirmed=seen)


def test_statements_of_other_teams_are_not_shown(cast, state_consent):
    state_consent(cast.ana, SELF)

    assert find_words(cast.sam, SELF) == []

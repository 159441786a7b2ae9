"""A statement on a speaker that contradicts an earlier one is asked about, and that is recorded."""

import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.models import AuditEntry, CloneBatch, Consent, Membership
from catalog.queries.consents import find_contradictions, name_findings
from catalog.services.clones import CloneRequest, SampleCut, request_clones
from catalog.services.consents import ConsentContradicted, ConsentStatement
from tests import factories
from tests.conftest import make_wav

NOW = factories.NOW
SELF, GUARDIAN, CONTRACT, PERMISSION = (each.value for each in Consent.Relation)


@pytest.fixture
def say(cast: SimpleNamespace) -> Any:
    """Return what asks for a clone with a statement, perhaps days later."""
    Membership.objects.filter(user=cast.mia).update(role=Membership.Role.CLONER)
    samples = {
        user: factories.make_sample(user, cast.aurora, make_wav(8)) for user in (cast.ana, cast.mia)
    }

    def _say(user: Any, relation: str, speaker: str = "Ada", **values: Any) -> CloneBatch:
        day = values.pop("day", 0)
        given = {"allowed_use": "any", "given_by": "Ann Byron", **values}
        wish = CloneRequest(
            form_token=uuid.uuid4(),
            cuts=[SampleCut(samples[user])],
            name="Our Ada",
            description="",
            consent=ConsentStatement(speaker, True, relation=relation, **given),
        )
        now = NOW + timedelta(days=day)
        return request_clones(user, credentials=[cast.credential], wish=wish, now=now)

    return _say


def found(user: Any, relation: str, speaker: str = "Ada", day: int = 0) -> list[str]:
    today = (NOW + timedelta(days=day)).date()
    return [each.words for each in find_contradictions(user, speaker, relation, today)]


def name_of(user: Any, relation: str, speaker: str = "Ada", day: int = 0) -> str:
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
def test_another_basis_by_the_same_person_is_asked_about_and_the_answer_recorded(
    cast, say, before, after
):
    say(cast.ana, before)

    with pytest.raises(ConsentContradicted, match="you said"):
        say(cast.ana, after, " ada ")
    assert CloneBatch.objects.count() == Consent.objects.count() == 1

    say(cast.ana, after, confirmed=name_of(cast.ana, after))
    entry = AuditEntry.objects.get(action="contradiction confirmed")
    assert entry.actor == cast.ana
    assert "you said" in entry.reason
    assert found(cast.ana, after) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [(SELF, SELF), (CONTRACT, PERMISSION), (PERMISSION, CONTRACT), (GUARDIAN, GUARDIAN)],
)
def test_what_fits_is_not_asked_about(cast, say, before, after):
    say(cast.ana, before)

    assert found(cast.ana, after) == []
    say(cast.ana, after)
    assert not AuditEntry.objects.filter(action="contradiction confirmed").exists()


def test_two_people_who_say_that_they_are_the_speaker_are_asked_about(cast, say):
    say(cast.ana, SELF)

    assert found(cast.mia, SELF) == ["On November 21, 2026 Ana said that they are the speaker."]
    # Somebody who has a contract with that speaker contradicts nobody.
    assert found(cast.mia, CONTRACT) == []
    assert found(cast.mia, GUARDIAN) == ["On November 21, 2026 Ana said: “I am the speaker”."]


def test_one_person_who_says_to_be_two_speakers_is_asked_about_once(cast, say):
    say(cast.ana, SELF)

    assert found(cast.ana, SELF, "Grace") == ["On November 21, 2026 you said that you are Ada."]
    assert found(cast.ana, CONTRACT, "Grace") == []
    say(cast.ana, SELF, "Grace", confirmed=name_of(cast.ana, SELF, "Grace"))
    assert found(cast.ana, SELF, "Grace") == found(cast.ana, SELF, "Ada") == []


def test_a_new_statement_after_the_end_of_the_last_one_is_asked_about(cast, say):
    say(cast.ana, PERMISSION, ends_on=NOW.date() + timedelta(days=3))

    assert found(cast.ana, PERMISSION, day=3) == []
    assert found(cast.ana, PERMISSION, day=4) == [
        "The consent of November 21, 2026 expired on November 24, 2026."
    ]
    say(cast.ana, PERMISSION, day=4, confirmed=name_of(cast.ana, PERMISSION, day=4))
    assert found(cast.ana, PERMISSION, day=5) == []


def test_what_was_confirmed_does_not_stand_for_what_came_since(cast, say):
    say(cast.ana, CONTRACT)
    seen = name_of(cast.ana, SELF)
    say(cast.mia, SELF)

    with pytest.raises(ConsentContradicted, match="Mia said"):
        say(cast.ana, SELF, confirmed=seen)


def test_statements_that_a_person_may_not_see_are_not_shown(cast, say):
    say(cast.ana, SELF)

    assert found(cast.sam, SELF) == []

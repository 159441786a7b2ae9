"""Consents of speakers: no service makes a clone without one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile

from catalog import policies
from catalog.audit import record
from catalog.core.media import clean_filename, remove_media, store_media
from catalog.models import Consent, Speaker, Team, User
from catalog.models.consents import latest_end, proposed_end
from catalog.queries.consents.contradictions import (
    Contradiction,
    find_contradictions,
    fold_speaker,
    name_findings,
)

CONSENT_STATEMENT = "I have the speaker's permission and can prove it."


class ConsentNeeded(Exception):
    """No valid consent: none was attested, or it has ended; the message says which."""


class ConsentContradicted(ConsentNeeded):
    """The consent contradicts earlier ones, and the user has not confirmed it despite them."""


@dataclass(frozen=True, slots=True)
class ConsentStatement:
    """What a user attests; ``proof`` is the uploaded document or recording.

    ``confirmed`` names the contradictions that the user saw and confirmed.
    """

    speaker: str
    is_given: bool
    relation: str = ""
    allowed_use: str = ""
    use_note: str = ""
    given_by: str = ""
    ends_on: date | None = None
    proof: "UploadedFile[Any] | None" = None
    proof_ending: str = ""
    proof_type: str = ""
    confirmed: str = ""

    @classmethod
    def of(cls, consent: Consent) -> Self:
        """Return the statement that a stored consent was made from."""
        return cls(
            speaker=consent.speaker.name,
            is_given=True,
            relation=consent.relation or Consent.Relation.PERMISSION,
            allowed_use=consent.allowed_use or Consent.Use.ANY,
            use_note=consent.use_note,
            given_by=consent.given_by,
            ends_on=consent.last_day,
        )

    def demand(self, now: datetime) -> None:
        """Raise ConsentNeeded unless everything that a clone needs is attested and still valid."""
        if gap := self._find_gap(now.date()):
            raise ConsentNeeded(f"Consent needed: {gap}")

    def _find_gap(self, today: date) -> str:
        if not self.is_given or not self.speaker.strip():
            return "confirm that you have the speaker's permission."
        if self.relation not in Consent.Relation or self.allowed_use not in Consent.Use:
            return "say how you know, and what the voice may be used for."
        if self.relation == Consent.Relation.GUARDIAN and not self.given_by.strip():
            return "enter which parent or guardian agreed."
        if self.allowed_use == Consent.Use.PROJECT and not self.use_note.strip():
            return "enter the project that the voice may be used for."
        if self.ends_on is not None and self.ends_on < today:
            return "the speaker's consent has expired."
        if self.ends_on is not None and self.ends_on > latest_end(self.relation, today):
            return "choose an earlier last day."
        return ""

    @contextmanager
    def stored_proof(self) -> Iterator[str]:
        """Yield the stored proof's path, or ""; deletes the file unless a consent uses it."""
        if self.proof is None:
            yield ""
            return
        path, _, _ = store_media("consents", self.proof.chunks(), self.proof_ending)
        try:
            yield path
        finally:
            if not Consent.objects.filter(proof_path=path).exists():
                remove_media(path)


def attest_consent(
    user: User, *, team: Team, statement: ConsentStatement, proof_path: str, now: datetime
) -> Consent:
    """Store the consent, and its speaker unless the user can already see one of that name.

    Raises ConsentContradicted unless every contradiction with earlier consents was confirmed.
    """
    if not policies.may_clone(user, team):
        raise PermissionDenied
    statement.demand(now)
    found = find_contradictions(user, statement.speaker, statement.relation, now.date())
    if found and statement.confirmed != name_findings(found):
        raise ConsentContradicted(" ".join(each.words for each in found))
    consent = Consent.objects.create(
        speaker=find_or_add_speaker(user, team=team, name=statement.speaker, now=now),
        given_by=statement.given_by,
        relation=statement.relation,
        allowed_use=statement.allowed_use,
        use_note=statement.use_note,
        ends_on=statement.ends_on or proposed_end(statement.relation, now.date()),
        proof_path=proof_path,
        proof_filename=clean_filename(statement.proof.name or "") if statement.proof else "",
        proof_type=statement.proof_type,
        attested_by=user,
        statement=CONSENT_STATEMENT,
        attested_at=now,
    )
    record(user, "consent attested", consent, team=team, now=now, relation=statement.relation)
    _record_confirmed(user, consent, found, now)
    return consent


def find_or_add_speaker(user: User, *, team: Team, name: str, now: datetime) -> Speaker:
    """Return the speaker of that name whom the user can see, or a new one."""
    folded = fold_speaker(name)
    known = Speaker.objects.visible_to(user).filter(team=team, folded=folded)
    return known.order_by("pk").first() or Speaker.objects.create(
        team=team, name=name, folded=folded, added_by=user, added_at=now
    )


def _record_confirmed(
    user: User, consent: Consent, found: list[Contradiction], now: datetime
) -> None:
    if not found:
        return
    words = " ".join(each.words for each in found)
    team = consent.speaker.team
    record(user, "contradiction confirmed", consent, team=team, now=now, reason=words[:300])

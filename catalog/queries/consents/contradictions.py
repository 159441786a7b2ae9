"""Find earlier consents of a speaker that contradict a new one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from catalog.core.locales import say_day
from catalog.models import Consent, Speaker, User
from catalog.search.text_normalization import fold_text

_SELF, _GUARDIAN = Consent.Relation.SELF, Consent.Relation.GUARDIAN


@dataclass(frozen=True, slots=True)
class Contradiction:
    """An earlier consent that contradicts a new one; ``key`` identifies the finding."""

    key: str
    words: str


def fold_speaker(name: str) -> str:
    """Return the speaker's name, normalized for comparison."""
    return " ".join(fold_text(name).split())[:120]


def name_findings(found: Sequence[Contradiction]) -> str:
    """Return one string for all findings; confirming it proves that exactly these were shown."""
    return " ".join(sorted(each.key for each in found))


def find_contradictions(
    user: User, speaker: str, relation: str, today: date
) -> list[Contradiction]:
    """Return how a new consent contradicts the earlier ones that the user can see."""
    visible = Speaker.objects.visible_to(user)
    folded = fold_speaker(speaker)
    rows = Consent.objects.filter(speaker__in=visible).select_related("attested_by", "speaker")
    earlier = list(rows.filter(speaker__folded=folded).order_by("attested_at", "pk"))
    mine = [consent for consent in earlier if consent.attested_by_id == user.pk]
    others = [consent for consent in earlier if consent.attested_by_id != user.pk]
    found = [_find_other_basis(mine, relation) or _find_other_giver(earlier, relation)]
    if relation == _SELF:
        claims = [consent for consent in mine if consent.relation == _SELF]
        found.append(_find_other_self(others, claims))
        if not claims:
            elsewhere = rows.filter(attested_by=user, relation=_SELF)
            found.append(_find_second_self(elsewhere.exclude(speaker__folded=folded).first()))
    found.append(_find_end(earlier, today))
    return [each for each in found if each is not None]


def _find_other_basis(mine: list[Consent], relation: str) -> Contradiction | None:
    """Compare with the user's last consent; only contract and permission are compatible."""
    last = next((each for each in reversed(mine) if each.relation), None)
    if last is None or last.relation == relation:
        return None
    if not {_SELF, _GUARDIAN} & {last.relation, relation}:
        return None
    words = f"On {_day(last)} you said: “{last.get_relation_display()}”."
    return Contradiction(f"basis:{last.pk}", words)


def _find_other_giver(earlier: list[Consent], relation: str) -> Contradiction | None:
    """Compare who agreed: the speaker, or a guardian on their behalf."""
    last = next((each for each in reversed(earlier) if each.relation), None)
    if last is None or (last.relation == _GUARDIAN) == (relation == _GUARDIAN):
        return None
    words = f"On {_day(last)} {last.attested_by} said: “{last.get_relation_display()}”."
    return Contradiction(f"giver:{last.pk}", words)


def _find_other_self(others: list[Consent], claims: list[Consent]) -> Contradiction | None:
    since = claims[-1].attested_at if claims else None
    for each in reversed(others):
        if each.relation == _SELF and (since is None or each.attested_at > since):
            words = f"On {_day(each)} {each.attested_by} said that they are the speaker."
            return Contradiction(f"other:{each.pk}", words)
    return None


def _find_second_self(claim: Consent | None) -> Contradiction | None:
    if claim is None:
        return None
    words = f"On {_day(claim)} you said that you are {claim.speaker.name}."
    return Contradiction(f"second:{claim.pk}", words)


def _find_end(earlier: list[Consent], today: date) -> Contradiction | None:
    last = earlier[-1] if earlier else None
    if last is None or last.ends_on is None or not last.has_ended(today):
        return None
    words = f"The consent of {_day(last)} expired on {say_day(last.ends_on)}."
    return Contradiction(f"ended:{last.pk}", words)


def _day(consent: Consent) -> str:
    return say_day(consent.attested_at)

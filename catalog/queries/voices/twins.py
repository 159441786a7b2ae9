"""The accounts of library voices that several accounts list."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from catalog.models import ProviderAccount, User, Voice, VoiceLabel
from catalog.search.engines import TWIN


def name_accounts(
    labels: Mapping[int, list[tuple[str, str]]],
    accounts: Mapping[int, ProviderAccount],
    hidden: Collection[int],
) -> dict[int, tuple[str, ...]]:
    """Return the names of the accounts that list each of the voices, if there are several.

    ``labels`` has the pairs of facet and value of each voice, and ``hidden`` the key sets whose
    voices the user can't see.
    """
    twins = {pk: value for pk, pairs in labels.items() for facet, value in pairs if facet == TWIN}
    if not twins:
        return {}
    rows = VoiceLabel.objects.filter(
        facet=TWIN, value__in=twins.values(), voice__account__in=accounts
    )
    listed = rows.exclude(voice__key_set__in=hidden).order_by("voice")
    names = defaultdict(list)
    for value, account in listed.values_list("value", "voice__account"):
        names[value].append(_name(accounts[account]))
    return {pk: tuple(names[value]) for pk, value in twins.items() if len(names[value]) > 1}


def find_twins(user: User, voice: Voice) -> list[Voice]:
    """Return the same voice in the user's other accounts."""
    values = VoiceLabel.objects.filter(voice=voice, facet=TWIN).values("value")
    same = VoiceLabel.objects.filter(facet=TWIN, value__in=values).values("voice")
    rows = Voice.objects.visible_to(user).filter(pk__in=same, account__team=voice.account.team_id)
    return list(rows.exclude(pk=voice.pk).select_related("account").order_by("pk"))


def _name(account: ProviderAccount) -> str:
    return account.label or account.info.label

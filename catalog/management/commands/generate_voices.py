"""Add any number of made-up voices to a team, for trying out the product."""

import random
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from catalog.jobs.base.bulk_insert import insert_all
from catalog.jobs.searches.index import build_due_indexes
from catalog.management.fitting import FittingCommand
from catalog.management.inventing import Invented, invent_name, invent_voices
from catalog.models import Membership, PreviewClip, ProviderAccount, Team, Voice, VoiceLabel
from catalog.models.voices.versions import raise_version
from catalog.providers.registry import all_infos
from catalog.search.labels import relist_labels
from catalog.search.search_text import fill_names, fill_words

_BATCH = 5000
# Each voice has its own name and id; the rest comes from this many prototypes, indexed only once.
_PROTOTYPES = 12_000
_ACCOUNTS = 8
_REF = "generated"


class Command(FittingCommand):
    help = "Add made-up voices to a team, with skewed facets, many scripts, and several accounts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--count", type=int, required=True, help="how many voices to add")
        parser.add_argument("--team", required=True, help="the team's name")
        parser.add_argument(
            "--seed", type=int, default=1, help="the same seed gives the same voices"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        team = Team.objects.filter(name=options["team"]).first()
        if team is None:
            raise CommandError(f"No team is named “{options['team']}”.")
        if options["count"] < 1:
            raise CommandError("--count must be at least 1.")
        writer = _Writer(team, options["seed"])
        left = options["count"]
        while left > 0:
            left -= writer.write(min(_BATCH, left))
            self.stdout.write(f"{options['count'] - left:,} of {options['count']:,}\r", ending="")
        writer.finish()
        build_due_indexes()
        self.stdout.write(f"Added {options['count']:,} voices to {team}.")


class _Writer:
    def __init__(self, team: Team, seed: int) -> None:
        self._team = team
        self._chance = random.Random(seed)  # noqa: S311  (not used for secrets)
        self._accounts = _make_accounts(team)
        self._prototypes: list[Invented] = []
        self._source = invent_voices(seed, timezone.now())
        self._next = (Voice.objects.aggregate(last=Max("pk"))["last"] or 0) + 1

    def write(self, count: int) -> int:
        """Write this many voices with labels and clips; return the number."""
        if not self._prototypes:
            self._prototypes = self._make_prototypes(count)
        elif len(self._prototypes) < _PROTOTYPES:
            self._prototypes += self._make_prototypes(count)
        made = list(islice(self._vary(), count))
        with transaction.atomic():
            number = raise_version(self._team.pk)
            for voice, _ in made:
                voice.version = number
            insert_all([voice for voice, _ in made])
            insert_all(
                [
                    VoiceLabel(voice_id=voice.pk, facet=facet, value=value)
                    for voice, invented in made
                    for facet, value in invented.labels
                ]
            )
            insert_all([_make_clip(voice, invented) for voice, invented in made if invented.peaks])
        return count

    def finish(self) -> None:
        """Set the database's sequence after the last voice, and update its statistics."""
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), [Voice]):
                cursor.execute(statement)
            cursor.execute("ANALYZE")

    def _make_prototypes(self, count: int) -> list[Invented]:
        made = list(islice(self._source, min(count, _PROTOTYPES - len(self._prototypes))))
        for invented in made:
            account = self._chance.choices(self._accounts, range(_ACCOUNTS, 0, -1))[0]
            invented.voice.account, invented.voice.provider = account, account.provider
            invented.labels = tuple(relist_labels(invented.voice, invented.labels))
            fill_words(invented.voice, invented.labels)
        return made

    def _vary(self) -> Iterator[tuple[Voice, Invented]]:
        names = [field.attname for field in Voice._meta.concrete_fields]
        while True:
            invented = self._chance.choice(self._prototypes)
            voice = Voice(**{name: getattr(invented.voice, name) for name in names})
            voice.pk, self._next = self._next, self._next + 1
            voice.name = invent_name(self._chance)
            voice.remote_id = f"{self._chance.getrandbits(80):020x}"
            voice.id_words = f" {voice.remote_id} "
            fill_names(voice)
            yield voice, invented


@transaction.atomic
def _make_accounts(team: Team) -> list[ProviderAccount]:
    offered = settings.PROVIDER_BASE_URLS
    infos = [info for info in all_infos() if info.slug in offered and not info.is_built_in]
    providers = [info.slug for info in infos]
    admin = team.memberships.filter(role=Membership.Role.ADMIN).order_by("pk").first()
    accounts = [
        ProviderAccount.objects.get_or_create(
            team=team,
            provider=providers[place % len(providers)],
            ref=f"{_REF}-{place}",
            # Only one user can see the last account, as with an unshared key.
            defaults={
                "is_shared": place < _ACCOUNTS - 1,
                "label": f"Generated {place + 1}",
                "last_owner": admin.user if admin else None,
                "synced_at": timezone.now(),
            },
        )[0]
        for place in range(_ACCOUNTS)
    ]
    raise_version(team.pk)
    return accounts


def _make_clip(voice: Voice, invented: Invented) -> PreviewClip:
    return PreviewClip(
        voice_id=voice.pk,
        source=f"{_REF}-{voice.pk}",
        path="previews/missing.mp3",
        content_type="audio/mpeg",
        size=1,
        seconds=3.2,
        peaks=list(invented.peaks),
        fetched_at=voice.added_at,
    )

"""Print what the cleanup page lists; nothing is changed."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from catalog.management.fitting import FittingCommand
from catalog.models import Membership, Team, User
from catalog.models.cleanups.rules import rules_of
from catalog.queries.cleanups.stale import SECTIONS, Stale, find_stale


class Command(FittingCommand):
    help = "List the stale clones of a team, as the cleanup page does; nothing is deleted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--team", required=True, help="the team's name or id")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            required=True,
            help="required: only an admin can approve a plan, on the page",
        )
        parser.add_argument(
            "--for", dest="person", help="an admin's email address, to include their own accounts"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        team = _find_team(options["team"])
        person = _find_admin(team, options["person"]) if options["person"] else None
        found = find_stale(team, rules_of(team), timezone.now(), user=person)
        for name, title in SECTIONS.items():
            if name == "all":
                continue  # the page's extra list for choosing by hand
            stales = found.section(name)
            self.stdout.write(f"{title}: {len(stales)}")
            for stale in stales:
                self.stdout.write(_describe(stale))
        self.stdout.write("Nothing was changed.")


def _find_team(word: str) -> Team:
    known = Team.objects.filter(pk=int(word)) if word.isdecimal() else Team.objects.none()
    teams = list(known or Team.objects.filter(name=word))
    if len(teams) != 1:
        raise CommandError(f"{len(teams)} teams are named {word}. Enter the id of one.")
    return teams[0]


def _find_admin(team: Team, email: str) -> User:
    admins = Membership.objects.filter(team=team, role=Membership.Role.ADMIN)
    person = admins.filter(user__email=email.strip().lower()).select_related("user").first()
    if person is None:
        raise CommandError("No admin of the team has this email address.")
    return person.user


def _describe(stale: Stale) -> str:
    voice = stale.voice
    why = [f"{reason.label}: {reason.words}" for reason in stale.reasons]
    words = " ".join([*([stale.keep.words] if stale.keep else []), *why]) or "-"
    cells = (voice.info.label, voice.remote_id, voice.shown_name, stale.use.words, words)
    return "\t".join(cells)

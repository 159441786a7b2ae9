"""Send admins a weekly report of voices that match their cleanup rules; deletes nothing."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from catalog.audit import record
from catalog.core.locales import say_number, say_stored, storing
from catalog.jobs.mail import write_mail
from catalog.jobs.notifications.send import notify
from catalog.models import CleanupRules, Mail, Membership, Notification, Team, User
from catalog.models.cleanups.rules import rules_of
from catalog.queries.cleanups.rules import RULES
from catalog.queries.cleanups.stale import StaleList, find_stale

_EVERY = timedelta(days=7)


def find_unreported(now: datetime) -> list[int]:
    """Return the teams that want reports and got none for a week."""
    settled = Q(cleanup_rules__sends_report=False) | Q(cleanup_rules__reported_at__gt=now - _EVERY)
    young = Q(cleanup_rules=None, created_at__gt=now - _EVERY)
    return list(Team.objects.exclude(settled | young).order_by("pk").values_list("pk", flat=True))


def report_stale(team_id: int, now: datetime) -> str:
    """Notify the team's admins, also by email if configured; return the text.

    Only one of two concurrent workers sends the report.
    """
    team = Team.objects.get(pk=team_id)
    CleanupRules.objects.get_or_create(team=team)
    rules = rules_of(team)
    due = CleanupRules.objects.filter(team=team, sends_report=True).filter(
        Q(reported_at=None) | Q(reported_at__lte=now - _EVERY)
    )
    with transaction.atomic():
        if not due.update(reported_at=now):
            return ""
        with storing():
            words = describe_stale(find_stale(team, rules, now))
        if not words:
            return ""
        admins = list(User.objects.filter(pk__in=Membership.objects.admins(team), is_active=True))
        texts = dict.fromkeys((admin.pk for admin in admins), words)
        page = Notification.Page.CLEANUP
        notify(Notification.Event.REPORT, texts, now, team=team, page=page)
        subject, text = f"Cleanup report for {team.name}", f"{say_stored(words)}\n\nVoiceboard\n"
        for admin in admins:
            write_mail(admin, Mail.Kind.REPORT, subject=subject, text=text, now=now)
        record(None, "cleanup report sent", team, team=team, now=now, people=len(admins))
    return say_stored(words)


def describe_stale(found: StaleList) -> str:
    """Return the numbers of the cleanup page in a sentence or two, "" if nothing matches."""
    if not found.open:
        return ""
    parts = [
        f"{say_number(len(found.unused))} not used for long",
        *([f"{say_number(len(found.failed))} failed"] if found.failed else []),
        *([f"{say_number(len(found.unknown))} with unknown usage"] if found.unknown else []),
        *([f"{say_number(len(found.other))} for other reasons"] if found.other else []),
    ]
    counts = found.count_by_rule()
    rules = [f"{RULES[rule].lower()} {say_number(count)}" for rule, count in counts.items()]
    kept = len(found.kept)
    apart = f" Left out: {say_number(kept)} kept by their owners." if kept else ""
    return f"Cleanup: {', '.join(parts)}. By rule: {', '.join(rules)}.{apart}"

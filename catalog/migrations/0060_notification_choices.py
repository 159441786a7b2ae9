"""Events of notifications, and how each person wants to hear of them."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Case, F, Value, When

EVENTS = [
    ("job", "A job is done or failed"),
    ("stuck", "A job needs your attention"),
    ("voice", "A voice you use is gone or has changed"),
    ("owned", "Someone gave you a voice, or archived yours"),
    ("end", "A voice ends soon"),
    ("plan", "A cleanup plan is ready, or deletes your voices soon"),
    ("outcome", "A cleanup plan is done or was canceled"),
    ("report", "The weekly cleanup report"),
    ("key", "An API key doesn't work anymore"),
    ("consent", "A speaker's consent ends soon or was withdrawn"),
    ("budget", "A budget is reached"),
    ("sync", "An account can't be synced"),
    ("team", "Someone in your team was suspended or lost a role"),
    ("server", "The server needs its operator"),
    ("security", "Your account's security"),
]
DELIVERIES = [("off", "No"), ("now", "At once"), ("daily", "Once a day")]
PAGES = [
    ("keeping", "Your clones in cleanup"),
    ("cleanup", "Cleanup"),
    ("account", "Account"),
    ("team", "Team"),
    ("health", "Health"),
]


def name_events(apps: Any, schema_editor: Any) -> None:
    """Tell the events of older notifications from where they lead."""
    rows = apps.get_model("catalog", "Notification").objects
    rows.filter(awaits_mail=True).update(mail="now")
    urgent = When(job__isnull=False, awaits_mail=True, then=Value("stuck"))
    plan = When(plan__isnull=False, then=Value("plan"))
    pages = {"keeping": "outcome", "cleanup": "outcome", "account": "security"}
    named = [When(page=page, then=Value(event)) for page, event in pages.items()]
    rows.update(event=Case(urgent, When(job__isnull=False, then=Value("job")), plan, *named,
                           When(page="health", then=Value("server")),
                           When(page="team", then=Value("team")), default=F("event")))  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("catalog", "0059_urgent_mail")]

    operations = [
        migrations.AddField(
            model_name="notification",
            name="event",
            field=models.CharField(blank=True, choices=EVENTS, default="", max_length=10),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="notification",
            name="about",
            field=models.CharField(blank=True, default="", max_length=40),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="notification", name="is_shown", field=models.BooleanField(default=True)
        ),
        migrations.AddField(
            model_name="notification",
            name="mail",
            field=models.CharField(choices=DELIVERIES, default="off", max_length=5),
        ),
        migrations.AlterField(
            model_name="notification",
            name="page",
            field=models.CharField(blank=True, choices=PAGES, max_length=20),
        ),
        migrations.CreateModel(
            name="NotificationChoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event", models.CharField(choices=EVENTS, max_length=10)),
                ("is_shown", models.BooleanField()),
                ("mail", models.CharField(choices=DELIVERIES, max_length=5)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notification_choices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("user", "event"), name="one_choice_per_event")
                ],
            },
        ),
        migrations.RunPython(name_events, migrations.RunPython.noop),
        migrations.RemoveField(model_name="notification", name="awaits_mail"),
    ]

"""Notifications once a day, and time zones of people; who wanted no emails gets none."""

from typing import Any

from django.db import migrations, models

# What was emailed before people could choose, and what is emailed by default now.
EMAILED = (
    "stuck", "voice", "end", "plan", "key", "consent", "budget", "sync", "team", "server",
)  # fmt: skip


def keep_refusals(apps: Any, schema_editor: Any) -> None:
    """Store for people who turned off emails that they want none about anything."""
    choices = apps.get_model("catalog", "NotificationChoice").objects
    refused = apps.get_model("catalog", "Preference").objects.filter(wants_mail=False)
    for user in refused.values_list("user", flat=True):
        choices.bulk_create(
            [choices.model(user_id=user, event=each, is_shown=True, mail="off") for each in EMAILED]
        )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0061_withdrawn_consents")]

    operations = [
        migrations.AddField(
            model_name="preference",
            name="time_zone",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="mail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("reset", "Password reset link"),
                    ("security", "Security notice"),
                    ("report", "Cleanup report"),
                    ("attention", "Needs attention"),
                    ("digest", "Daily notifications"),
                ],
                max_length=10,
            ),
        ),
        migrations.RunPython(keep_refusals, migrations.RunPython.noop),
        migrations.RemoveField(model_name="preference", name="wants_mail"),
    ]

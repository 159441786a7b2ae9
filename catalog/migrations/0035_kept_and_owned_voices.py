from datetime import timedelta
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F

_ENDED = ("deleted", "hidden", "kept", "skipped", "failed")


def give_back_accounts(apps: Any, schema_editor: Any) -> None:
    """Undo that whoever's key was checked last became responsible for the account.

    Who holds an account without a key of their own took it over, and keeps it.
    """
    Account, Credential = (
        apps.get_model("catalog", name) for name in ("ProviderAccount", "Credential")
    )
    for account in Account.objects.exclude(last_owner=None):
        keys = Credential.objects.filter(account=account).exclude(owner=None)
        rows = list(keys.order_by("created_at", "pk").values_list("owner", "is_shared"))
        if account.last_owner_id not in {owner for owner, _ in rows}:
            continue
        first = next((owner for owner, is_shared in rows if is_shared), rows[0][0])
        if first != account.last_owner_id:
            Account.objects.filter(pk=account.pk).update(last_owner=first)


def make_keeps_last(apps: Any, schema_editor: Any) -> None:
    """Let what owners kept lately be kept for the usual time; nobody is notified of old ends."""
    Line, Keep = (apps.get_model("catalog", name) for name in ("PlannedDeletion", "Keep"))
    kept = Line.objects.filter(state="kept", plan__called_off_at=None).exclude(kept_by=None)
    for line in kept.exclude(ended_at=None).order_by("ended_at"):
        values = {
            "kept_by": line.kept_by,
            "kept_at": line.ended_at,
            "until": (line.ended_at + timedelta(days=90)).date(),
        }
        Keep.objects.update_or_create(voice_id=line.voice_id, defaults=values)
    Line.objects.filter(state__in=_ENDED).update(told_at=F("ended_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0034_links_and_account_notices"),
    ]

    operations = [
        migrations.CreateModel(
            name="Keep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kept_at", models.DateTimeField()),
                ("until", models.DateField()),
                (
                    "kept_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "voice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="keep",
                        to="catalog.voice",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="planneddeletion",
            name="kept_until",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="planneddeletion",
            name="told_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="voice",
            name="keeper",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="voice",
            index=models.Index(
                condition=models.Q(("keeper__isnull", False)),
                fields=["keeper"],
                name="voice_by_keeper",
            ),
        ),
        migrations.AddIndex(
            model_name="voice",
            index=models.Index(
                condition=models.Q(("archived_at__isnull", False)),
                fields=["account", "gone_at"],
                name="voice_archived",
            ),
        ),
        migrations.AlterField(
            model_name="notice",
            name="page",
            field=models.CharField(
                blank=True,
                choices=[
                    ("keeping", "Your clones in clean-up"),
                    ("cleanup", "Clean-up"),
                    ("account", "Account"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="notice",
            name="text",
            field=models.CharField(max_length=500),
        ),
        migrations.RunPython(give_back_accounts, migrations.RunPython.noop),
        migrations.RunPython(make_keeps_last, migrations.RunPython.noop),
    ]

"""Which keys list which voices, what may be done with a voice, and its state in words."""

import hashlib
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def place_voices(apps: Any, schema_editor: Any) -> None:
    """Let the voices of accounts with one key be listed by that key; syncs find out the others."""
    accounts = apps.get_model("catalog", "ProviderAccount").objects
    sets = apps.get_model("catalog", "KeySet").objects
    entries = apps.get_model("catalog", "ListingKey").objects
    voices = apps.get_model("catalog", "Voice").objects
    for account in accounts.prefetch_related("credentials"):
        keys = list(account.credentials.all())
        if len(keys) != 1:
            continue
        signature = hashlib.sha256(f"{keys[0].pk.hex}:2".encode()).hexdigest()
        found = sets.create(
            account=account,
            signature=signature,
            is_shared=keys[0].is_shared,
            last_owner=keys[0].owner,
        )
        entries.create(key_set=found, credential=keys[0], rights=2)
        voices.filter(account=account).update(key_set=found)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0040_work_found_again_after_a_death"),
    ]

    operations = [
        migrations.AddField(
            model_name="voice",
            name="is_editable",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="voice",
            name="state_note",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.CreateModel(
            name="KeySet",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("signature", models.CharField(max_length=64)),
                ("is_shared", models.BooleanField(default=False)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="key_sets",
                        to="catalog.provideraccount",
                    ),
                ),
                (
                    "last_owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="voice",
            name="key_set",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="voices",
                to="catalog.keyset",
            ),
        ),
        migrations.CreateModel(
            name="ListingKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "rights",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "Use"), (1, "Change"), (2, "Delete")]
                    ),
                ),
                (
                    "credential",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="listings",
                        to="catalog.credential",
                    ),
                ),
                (
                    "key_set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entries",
                        to="catalog.keyset",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="keyset",
            constraint=models.UniqueConstraint(
                fields=("account", "signature"), name="one_row_per_key_set"
            ),
        ),
        migrations.AddConstraint(
            model_name="listingkey",
            constraint=models.UniqueConstraint(
                fields=("key_set", "credential"), name="one_entry_per_key_and_set"
            ),
        ),
        migrations.RunPython(place_voices, migrations.RunPython.noop),
    ]

"""What is known of a voice's use: the texts that were spoken before are taken in."""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import Count, Max


def take_in_speeches(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("catalog", "Speech").objects.order_by().values("voice")
    uses = [
        apps.get_model("catalog", "VoiceUse")(
            voice_id=row["voice"],
            last_at=row["newest"],
            spoken_at=row["newest"],
            speech_count=row["number"],
        )
        for row in rows.annotate(newest=Max("created_at"), number=Count("pk"))
    ]
    apps.get_model("catalog", "VoiceUse").objects.bulk_create(uses, batch_size=100)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0022_disguised_clips"),
    ]

    operations = [
        migrations.CreateModel(
            name="VoiceUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("last_at", models.DateTimeField(null=True)),
                ("played_at", models.DateTimeField(null=True)),
                ("play_count", models.PositiveIntegerField(default=0)),
                ("spoken_at", models.DateTimeField(null=True)),
                ("speech_count", models.PositiveIntegerField(default=0)),
                ("exported_at", models.DateTimeField(null=True)),
                ("export_count", models.PositiveIntegerField(default=0)),
                ("provider_used_at", models.DateTimeField(null=True)),
                (
                    "voice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="use",
                        to="catalog.voice",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["last_at"], name="use_by_time")],
            },
        ),
        migrations.AddField(
            model_name="installation",
            name="uses_since",
            field=models.DateTimeField(auto_now_add=True, default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.RunPython(take_in_speeches, migrations.RunPython.noop),
    ]

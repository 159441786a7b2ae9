import uuid
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from catalog.search.text_normalization import fold_text

PROTECT = django.db.models.deletion.PROTECT


def gather_orders(apps: Any, schema_editor: Any) -> None:
    """Give every job that is there an order of its own, with its sample, and its speaker a row."""
    rows = {
        name: apps.get_model("catalog", name)
        for name in ("CloneJob", "CloneOrder", "CloneSource", "Speaker")
    }
    jobs = rows["CloneJob"].objects.select_related("consent").order_by("created_at", "pk")
    for job in jobs.iterator():
        name = job.consent.speaker_name
        speaker, _ = rows["Speaker"].objects.get_or_create(
            team_id=job.team_id,
            folded=" ".join(fold_text(name).split())[:120],
            added_by_id=job.requested_by_id,
            defaults={"name": name, "added_at": job.created_at},
        )
        job.consent.speaker = speaker
        job.consent.save(update_fields=["speaker"])
        order = rows["CloneOrder"].objects.create(
            team_id=job.team_id,
            asked_by_id=job.requested_by_id,
            speaker=speaker,
            consent_id=job.consent_id,
            form_token=job.form_token,
            asked_at=job.created_at,
        )
        rows["CloneSource"].objects.create(order=order, sample_id=job.sample_id, position=1)
        job.order = order
        job.save(update_fields=["order"])
    # What no job points to names a speaker of no team.
    apps.get_model("catalog", "Consent").objects.filter(speaker=None).delete()
    if schema_editor.connection.vendor == "postgresql":
        # It alters no table that still has keys to check.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0018_mute_voices")]

    operations = [
        migrations.CreateModel(
            name="Beat",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, unique=True)),
                ("queues", models.CharField(blank=True, max_length=120)),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Speaker",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("folded", models.CharField(max_length=120)),
                ("added_at", models.DateTimeField()),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=PROTECT, related_name="speakers", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="speakers",
                        to="catalog.team",
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["team", "folded"], name="speaker_by_name")]},
        ),
        migrations.RenameField("consent", "speaker", "speaker_name"),
        migrations.AddField(
            "consent",
            "speaker",
            models.ForeignKey(
                null=True, on_delete=PROTECT, related_name="consents", to="catalog.speaker"
            ),
        ),
        migrations.AddField("consent", "given_by", models.CharField(blank=True, max_length=120)),
        migrations.AddField(
            "consent",
            "relation",
            models.CharField(
                blank=True,
                choices=[
                    ("self", "I am the speaker"),
                    ("guardian", "I am the speaker's parent or guardian"),
                    ("contract", "We have a contract with the speaker"),
                    ("permission", "The speaker gave me permission"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddField(
            "consent",
            "allowed_use",
            models.CharField(
                blank=True,
                choices=[
                    ("any", "Any lawful use"),
                    ("project", "One project, named below"),
                    ("internal", "Inside the team only"),
                    ("noncommercial", "Nothing that is sold or advertises"),
                ],
                max_length=13,
            ),
        ),
        migrations.AddField("consent", "use_note", models.CharField(blank=True, max_length=200)),
        migrations.AddField("consent", "ends_on", models.DateField(null=True)),
        migrations.AddField("consent", "proof_path", models.CharField(blank=True, max_length=200)),
        migrations.AddField(
            "consent", "proof_filename", models.CharField(blank=True, max_length=120)
        ),
        migrations.AddField("consent", "proof_type", models.CharField(blank=True, max_length=40)),
        migrations.AddField("sample", "form_token", models.UUIDField(db_index=True, null=True)),
        migrations.AddField("sample", "problem", models.CharField(blank=True, max_length=200)),
        migrations.AddField("sample", "try_count", models.PositiveSmallIntegerField(default=0)),
        migrations.AddIndex(
            "sample", models.Index(fields=["team", "sha256"], name="sample_by_content")
        ),
        migrations.CreateModel(
            name="CloneOrder",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("form_token", models.UUIDField(unique=True)),
                ("asked_at", models.DateTimeField()),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=PROTECT, related_name="clone_orders", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "consent",
                    models.ForeignKey(
                        on_delete=PROTECT, related_name="orders", to="catalog.consent"
                    ),
                ),
                (
                    "speaker",
                    models.ForeignKey(
                        on_delete=PROTECT, related_name="orders", to="catalog.speaker"
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="clone_orders",
                        to="catalog.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CloneSource",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("start_seconds", models.FloatField(default=0)),
                ("end_seconds", models.FloatField(null=True)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sources",
                        to="catalog.cloneorder",
                    ),
                ),
                (
                    "sample",
                    models.ForeignKey(
                        on_delete=PROTECT, related_name="sources", to="catalog.sample"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("order", "position"), name="one_source_per_place"
                    ),
                    models.UniqueConstraint(
                        fields=("order", "sample"), name="one_source_per_sample"
                    ),
                ]
            },
        ),
        migrations.AddField(
            "clonejob",
            "order",
            models.ForeignKey(
                null=True, on_delete=PROTECT, related_name="jobs", to="catalog.cloneorder"
            ),
        ),
        migrations.AddField("clonejob", "cancel_asked_at", models.DateTimeField(null=True)),
        migrations.AddField("clonejob", "handed_over_at", models.DateTimeField(null=True)),
        migrations.AddField("clonejob", "sent_form", models.CharField(blank=True, max_length=200)),
        migrations.AddField(
            "clonejob",
            "retry_of",
            models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="retried_as",
                to="catalog.clonejob",
            ),
        ),
        migrations.AlterField(
            "clonejob",
            "state",
            models.CharField(
                choices=[
                    ("queued", "Waiting for a worker"),
                    ("running", "Running"),
                    ("waiting", "Waiting"),
                    ("ready", "Ready"),
                    ("failed", "Failed"),
                    ("needs_look", "Needs a look"),
                    ("cancelled", "Cancelled"),
                ],
                default="queued",
                max_length=10,
            ),
        ),
        migrations.RunPython(gather_orders, migrations.RunPython.noop),
        migrations.AlterField(
            "clonejob",
            "order",
            models.ForeignKey(on_delete=PROTECT, related_name="jobs", to="catalog.cloneorder"),
        ),
        migrations.AlterField(
            "consent",
            "speaker",
            models.ForeignKey(on_delete=PROTECT, related_name="consents", to="catalog.speaker"),
        ),
        migrations.RemoveField("consent", "speaker_name"),
        migrations.RemoveField("clonejob", "consent"),
        migrations.RemoveField("clonejob", "form_token"),
        migrations.RemoveField("clonejob", "sample"),
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=300)),
                ("mood", models.CharField(max_length=4)),
                ("made_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
                (
                    "job",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="catalog.clonejob",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="catalog.team",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["user", "read_at"], name="notice_by_person")]
            },
        ),
    ]

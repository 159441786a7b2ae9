"""The models and fields get the field's standard names; the tables keep theirs, so no data moves."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_MODELS = {
    "Beat": "Heartbeat",
    "ClipLikeness": "ClipSimilarity",
    "CloneOrder": "CloneBatch",
    "Notice": "Notification",
    "Replacement": "CredentialReplacement",
    "Speech": "Synthesis",
    "SpokenClip": "SynthesizedClip",
    "VoiceUse": "VoiceUsage",
}


class Migration(migrations.Migration):
    dependencies: ClassVar = [("catalog", "0041_key_sets_and_voice_rights")]

    operations: ClassVar = [
        *(
            operation
            for old, new in _MODELS.items()
            for operation in (
                migrations.AlterModelTable(name=old, table=f"catalog_{old.lower()}"),
                migrations.RenameModel(old_name=old, new_name=new),
            )
        ),
        # Indexes and constraints name the fields, so they step aside while these are renamed.
        migrations.RemoveConstraint(
            model_name="clonesource",
            name="one_source_per_place",
        ),
        migrations.RemoveConstraint(
            model_name="clonesource",
            name="one_source_per_sample",
        ),
        migrations.RemoveIndex(
            model_name="voice",
            name="voice_by_account_name",
        ),
        migrations.RemoveIndex(
            model_name="voice",
            name="voice_by_keeper",
        ),
        migrations.RemoveIndex(
            model_name="voice",
            name="voice_archived",
        ),
        migrations.RenameField("clonesource", "order", "batch"),
        migrations.RenameField("clonejob", "order", "batch"),
        migrations.RenameField("voice", "gone_at", "remote_deleted_at"),
        migrations.RenameField("voice", "keeper", "responsible"),
        migrations.RenameField("planneddeletion", "keeper", "responsible"),
        migrations.AddIndex(
            model_name="voice",
            index=models.Index(
                fields=["account", "remote_deleted_at", "sort_name"], name="voice_by_account_name"
            ),
        ),
        migrations.AddIndex(
            model_name="voice",
            index=models.Index(
                condition=models.Q(("archived_at__isnull", False)),
                fields=["account", "remote_deleted_at"],
                name="voice_archived",
            ),
        ),
        migrations.AddIndex(
            model_name="voice",
            index=models.Index(
                condition=models.Q(("responsible__isnull", False)),
                fields=["responsible"],
                name="voice_by_keeper",
            ),
        ),
        migrations.AddConstraint(
            model_name="clonesource",
            constraint=models.UniqueConstraint(
                fields=("batch", "position"), name="one_source_per_place"
            ),
        ),
        migrations.AddConstraint(
            model_name="clonesource",
            constraint=models.UniqueConstraint(
                fields=("batch", "sample"), name="one_source_per_sample"
            ),
        ),
        migrations.AlterField(
            model_name="clipsimilarity",
            name="clip",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="similarity",
                to="catalog.synthesizedclip",
            ),
        ),
        migrations.AlterField(
            model_name="clonebatch",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="clone_batches",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="clonebatch",
            name="consent",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="batches",
                to="catalog.consent",
            ),
        ),
        migrations.AlterField(
            model_name="clonebatch",
            name="speaker",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="batches",
                to="catalog.speaker",
            ),
        ),
        migrations.AlterField(
            model_name="clonebatch",
            name="team",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="clone_batches",
                to="catalog.team",
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="job",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notifications",
                to="catalog.clonejob",
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="team",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notifications",
                to="catalog.team",
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notifications",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="synthesis",
            name="clip",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="syntheses",
                to="catalog.synthesizedclip",
            ),
        ),
        migrations.AlterField(
            model_name="synthesis",
            name="credential",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="syntheses",
                to="catalog.credential",
            ),
        ),
        migrations.AlterField(
            model_name="synthesis",
            name="requested_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="syntheses",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="synthesis",
            name="team",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="syntheses",
                to="catalog.team",
            ),
        ),
        migrations.AlterField(
            model_name="synthesis",
            name="voice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="syntheses",
                to="catalog.voice",
            ),
        ),
        migrations.AlterField(
            model_name="synthesizedclip",
            name="voice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="synthesized_clips",
                to="catalog.voice",
            ),
        ),
    ]

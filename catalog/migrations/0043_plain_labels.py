"""Labels of choices in plain English; no data changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0042_nouns"),
    ]

    operations = [
        migrations.AlterField(
            model_name="clonejob",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("running", "Running"),
                    ("waiting", "Waiting"),
                    ("ready", "Ready"),
                    ("failed", "Failed"),
                    ("needs_look", "Needs attention"),
                    ("cancelled", "Cancelled"),
                ],
                default="queued",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="consent",
            name="allowed_use",
            field=models.CharField(
                blank=True,
                choices=[
                    ("any", "Any lawful use"),
                    ("project", "One project (name it below)"),
                    ("internal", "Only within the team"),
                    ("noncommercial", "Noncommercial use only"),
                ],
                max_length=13,
            ),
        ),
        migrations.AlterField(
            model_name="credential",
            name="health",
            field=models.CharField(
                choices=[
                    ("unchecked", "Being checked"),
                    ("good", "Works"),
                    ("limited", "Limited access"),
                    ("rejected", "Rejected"),
                    ("unreachable", "No response"),
                ],
                default="unchecked",
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="credentialreplacement",
            name="state",
            field=models.CharField(
                choices=[
                    ("checking", "Being tested"),
                    ("refused", "Rejected"),
                    ("other", "For another account"),
                    ("untold", "Possibly for another account"),
                ],
                default="checking",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="planneddeletion",
            name="state",
            field=models.CharField(
                choices=[
                    ("planned", "Not approved yet"),
                    ("held", "Scheduled"),
                    ("queued", "Queued"),
                    ("running", "Deleting"),
                    ("waiting", "Retrying soon"),
                    ("deleted", "Deleted"),
                    ("hidden", "Hidden here"),
                    ("kept", "Kept"),
                    ("skipped", "Skipped"),
                    ("failed", "Failed"),
                ],
                default="planned",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="synthesis",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("running", "Generating"),
                    ("waiting", "Waiting"),
                    ("done", "Ready"),
                    ("failed", "Failed"),
                    ("unclear", "Unclear"),
                    ("cancelled", "Cancelled"),
                ],
                default="queued",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="voice",
            name="state",
            field=models.CharField(
                choices=[
                    ("ready", "Ready"),
                    ("pending", "Being made"),
                    ("failed", "Failed"),
                    ("mute", "Can't speak here"),
                ],
                default="ready",
                max_length=8,
            ),
        ),
    ]

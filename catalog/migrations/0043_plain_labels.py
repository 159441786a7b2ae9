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
                    ("queued", "Waiting for a worker"),
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
            model_name="credentialreplacement",
            name="state",
            field=models.CharField(
                choices=[
                    ("checking", "Being tested"),
                    ("refused", "Refused"),
                    ("other", "For another account"),
                    ("untold", "Possibly for another account"),
                ],
                default="checking",
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

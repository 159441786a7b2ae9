"""Labels of choices in American English; no data changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0044_user_versions"),
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
                    ("cancelled", "Canceled"),
                ],
                default="queued",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="page",
            field=models.CharField(
                blank=True,
                choices=[
                    ("keeping", "Your clones in cleanup"),
                    ("cleanup", "Cleanup"),
                    ("account", "Account"),
                ],
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
                    ("cancelled", "Canceled"),
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
                    ("pending", "Processing"),
                    ("failed", "Failed"),
                    ("mute", "Can't speak here"),
                ],
                default="ready",
                max_length=8,
            ),
        ),
    ]

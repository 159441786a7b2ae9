"""What was done to a selection last, and how to undo it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0047_label_families_and_styles"),
    ]

    operations = [
        migrations.AddField("selection", "outcome", models.JSONField(default=dict)),
    ]

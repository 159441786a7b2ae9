"""Whether a user still sees the page of first steps."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0049_comparison_rounds"),
    ]

    operations = [
        # People who were here before don't need it.
        migrations.AddField("preference", "has_dismissed_start", models.BooleanField(default=True)),
        migrations.AlterField(
            "preference", "has_dismissed_start", models.BooleanField(default=False)
        ),
    ]

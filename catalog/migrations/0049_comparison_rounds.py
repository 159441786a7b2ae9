"""Comparisons with several texts: each is a round that refers to the first."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0048_selection_outcome"),
    ]

    operations = [
        migrations.AddField(
            model_name="comparison",
            name="first",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="other_rounds",
                to="catalog.comparison",
            ),
        ),
        migrations.AddField(
            model_name="comparison",
            name="place",
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]

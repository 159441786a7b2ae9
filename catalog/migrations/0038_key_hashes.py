"""Keep a keyed hash of each key, by which it is recognized in a text."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0037_runs_that_brought_a_part")]

    operations = [
        migrations.AddField(
            model_name="credential",
            name="key_hash",
            field=models.CharField(blank=True, db_index=True, max_length=80),
        ),
        migrations.AddField(
            model_name="replacement",
            name="key_hash",
            field=models.CharField(blank=True, max_length=80),
        ),
    ]

"""Labels of language families and styles, and one closed list of use cases.

``prepare`` fills in the labels of the voices that are marked here, as it fills in search terms.
"""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def mark_voices(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("catalog", "Voice").objects.update(id_words="")


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0046_requires_second_factor"),
    ]

    operations = [
        migrations.AlterField(
            model_name="voicelabel",
            name="facet",
            field=models.CharField(
                choices=[
                    ("language", "Language"),
                    ("family", "Language family"),
                    ("use_case", "Use case"),
                    ("style", "Style"),
                    ("badge", "Badge"),
                    ("twin", "Twin"),
                ],
                max_length=10,
            ),
        ),
        migrations.RunPython(mark_voices, migrations.RunPython.noop),
    ]

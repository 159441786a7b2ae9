"""Let PostgreSQL compare what is sorted by as SQLite and the index do: by the codes of its letters.

The sort key holds neither case nor accents, so a locale would add nothing but another order.
"""

from django.db import migrations

_COLUMNS = {"sort_name": "varchar(100)", "language": "varchar(20)"}


def _change(schema_editor, collation):
    if schema_editor.connection.vendor != "postgresql":
        return
    for column, kind in _COLUMNS.items():
        schema_editor.execute(
            f'ALTER TABLE catalog_voice ALTER COLUMN {column} TYPE {kind} COLLATE "{collation}"'
        )


def forwards(apps, schema_editor):
    _change(schema_editor, "C")


def backwards(apps, schema_editor):
    _change(schema_editor, "default")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0010_comparisons")]

    operations = [migrations.RunPython(forwards, backwards)]

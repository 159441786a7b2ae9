"""Let PostgreSQL compare what is sorted by as SQLite and the index do: by the codes of its letters.

The sort key holds neither case nor accents, so a locale would add nothing but another order.
"""

from typing import Any

from django.db import migrations

_COLUMNS = {"sort_name": "varchar(100)", "language": "varchar(20)"}


def _change(schema_editor: Any, collation: str) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    for column, kind in _COLUMNS.items():
        schema_editor.execute(
            f'ALTER TABLE catalog_voice ALTER COLUMN {column} TYPE {kind} COLLATE "{collation}"'
        )


def forwards(apps: Any, schema_editor: Any) -> None:
    _change(schema_editor, "C")


def backwards(apps: Any, schema_editor: Any) -> None:
    _change(schema_editor, "default")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0015_password_links")]

    operations = [migrations.RunPython(forwards, backwards)]

"""Insert many rows with one statement."""

from collections.abc import Sequence

from django.db import connection, models


def insert_all(rows: Sequence[models.Model], ending: str = "") -> None:
    """Insert rows of one model with one prepared statement; primary keys that are set are kept.

    ``bulk_create`` would split them into statements of a few dozen rows for SQLite.
    """
    if not rows:
        return
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if rows[0].pk or not field.primary_key]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    table = connection.ops.quote_name(meta.db_table)
    values = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
        for row in rows
    ]
    with connection.cursor() as cursor:
        # Only our own table and column names are interpolated; values are passed as parameters.
        cursor.executemany(
            f"INSERT INTO {table} ({columns}) VALUES ({places}) {ending}",  # noqa: S608
            values,
        )

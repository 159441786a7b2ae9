"""The log becomes a chain to which rows are only ever added, also for who knows the database."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_SQLITE = """
CREATE TRIGGER catalog_auditentry_no_{verb} BEFORE {verb} ON catalog_auditentry
BEGIN SELECT RAISE(ABORT, 'The audit log is append-only.'); END
"""
_POSTGRESQL = (
    """
    CREATE FUNCTION catalog_auditentry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'The audit log is append-only.'; END $$
    """,
    """
    CREATE TRIGGER catalog_auditentry_no_change BEFORE UPDATE OR DELETE ON catalog_auditentry
    FOR EACH ROW EXECUTE FUNCTION catalog_auditentry_refuse()
    """,
    """
    CREATE TRIGGER catalog_auditentry_no_truncate BEFORE TRUNCATE ON catalog_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_auditentry_refuse()
    """,
)


def number_entries(apps: Any, schema_editor: Any) -> None:
    """Number what was written before there was a chain; its digest stays empty."""
    entries = apps.get_model("catalog", "AuditEntry").objects.order_by("pk")
    number = 0
    for number, entry in enumerate(entries, start=1):
        type(entry).objects.filter(pk=entry.pk).update(number=number)
    if number:
        apps.get_model("catalog", "AuditHead").objects.create(pk=1, number=number)


def add_triggers(apps: Any, schema_editor: Any) -> None:
    """Have the database itself refuse to change or remove an entry."""
    if schema_editor.connection.vendor == "sqlite":
        statements = [_SQLITE.format(verb=verb) for verb in ("UPDATE", "DELETE")]
    elif schema_editor.connection.vendor == "postgresql":
        statements = list(_POSTGRESQL)
    else:
        statements = []
    for statement in statements:
        schema_editor.execute(statement)


def remove_triggers(apps: Any, schema_editor: Any) -> None:
    """Take the refusals away again."""
    if schema_editor.connection.vendor == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            schema_editor.execute(f"DROP TRIGGER catalog_auditentry_no_{verb}")
    elif schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION catalog_auditentry_refuse() CASCADE")


def _link(to: str) -> Any:
    return models.ForeignKey(
        null=True,
        on_delete=django.db.models.deletion.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        to=to,
    )


def _text(length: int) -> Any:
    return models.CharField(blank=True, max_length=length)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0004_annotations_and_collections"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveBigIntegerField(default=0)),
                ("digest", _text(64)),
                ("signature", _text(64)),
            ],
        ),
        migrations.AddField("installation", "audit_key", models.BinaryField(default=b"")),
        migrations.AlterModelOptions("auditentry", {"base_manager_name": "objects"}),
        migrations.RemoveIndex("auditentry", "audit_by_team"),
        migrations.AlterField("auditentry", "team", _link("catalog.team")),
        migrations.AlterField("auditentry", "actor", _link(settings.AUTH_USER_MODEL)),
        migrations.AddField("auditentry", "actor_name", _text(200)),
        migrations.AddField("auditentry", "target_name", _text(200)),
        migrations.AddField("auditentry", "before", models.JSONField(default=dict)),
        migrations.AddField("auditentry", "after", models.JSONField(default=dict)),
        migrations.AddField("auditentry", "request_number", _text(40)),
        migrations.AddField("auditentry", "address", _text(45)),
        migrations.AddField("auditentry", "previous", _text(64)),
        migrations.AddField(
            "auditentry", "digest", models.CharField(default="", max_length=64), False
        ),
        migrations.AddField("auditentry", "number", models.PositiveBigIntegerField(null=True)),
        migrations.RunPython(number_entries, migrations.RunPython.noop, elidable=True),
        migrations.AlterField("auditentry", "number", models.PositiveBigIntegerField(unique=True)),
        migrations.AddIndex(
            "auditentry", models.Index(fields=["team", "number"], name="audit_by_team")
        ),
        migrations.AddIndex(
            "auditentry", models.Index(fields=["target", "number"], name="audit_by_target")
        ),
        migrations.AddIndex(
            "auditentry", models.Index(fields=["request_number"], name="audit_by_request")
        ),
        migrations.RunPython(add_triggers, remove_triggers),
    ]

"""All tables as of the last of the 33 changes that this one replaces (merged for version 0.2.0).

What those did to rows that were there already is left out: a database that has them has no need.
"""

import uuid
from typing import Any

import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models.deletion import CASCADE, DO_NOTHING, PROTECT, SET_NULL

from catalog.migrations._merged import MERGED

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


def sort_by_code(apps: Any, schema_editor: Any) -> None:
    """Let PostgreSQL compare what is sorted by as SQLite and the index do: by the codes of letters.

    The sort key holds neither case nor accents, so a locale would add nothing but another order.
    """
    if schema_editor.connection.vendor == "postgresql":
        for column, kind in (("sort_name", "varchar(100)"), ("language", "varchar(20)")):
            schema_editor.execute(
                f'ALTER TABLE catalog_voice ALTER COLUMN {column} TYPE {kind} COLLATE "C"'
            )


def _id() -> tuple[str, Any]:
    return (
        "id",
        models.BigAutoField(
            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
        ),
    )


def _uuid() -> tuple[str, Any]:
    return (
        "id",
        models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
    )


def _link(
    on_delete: Any, related_name: str, to: str, kind: Any = models.ForeignKey, **more: Any
) -> Any:
    return kind(to, on_delete, related_name=related_name, **more)


_USER = settings.AUTH_USER_MODEL


class Migration(migrations.Migration):
    initial = True
    replaces = [("catalog", name) for name in MERGED]
    dependencies = [("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                _id(),
                ("number", models.PositiveBigIntegerField(default=0)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("signature", models.CharField(blank=True, max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Beat",
            fields=[
                _id(),
                ("name", models.CharField(max_length=120, unique=True)),
                ("queues", models.CharField(blank=True, max_length=120)),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Installation",
            fields=[
                _id(),
                ("code", models.CharField(max_length=8)),
                ("key_check", models.BinaryField()),
                ("hash_key", models.BinaryField()),
                ("audit_key", models.BinaryField(default=b"")),
                ("uses_since", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="SetupLink",
            fields=[
                _id(),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("expires_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SpokenClip",
            fields=[
                _id(),
                ("recipe", models.CharField(max_length=64, unique=True)),
                ("path", models.CharField(max_length=200)),
                ("content_type", models.CharField(max_length=60)),
                ("size", models.PositiveIntegerField()),
                ("seconds", models.FloatField(null=True)),
                ("peaks", models.JSONField(default=list)),
                ("loudness", models.FloatField(null=True)),
                ("charged", models.PositiveIntegerField(null=True)),
                ("made_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                _id(),
                ("name", models.CharField(max_length=80)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("demands_second_factor", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                _id(),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "first_name",
                    models.CharField(blank=True, max_length=150, verbose_name="first name"),
                ),
                (
                    "last_name",
                    models.CharField(blank=True, max_length=150, verbose_name="last name"),
                ),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="date joined"
                    ),
                ),
                ("email", models.EmailField(max_length=254, unique=True)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={"verbose_name": "user", "verbose_name_plural": "users", "abstract": False},
        ),
        migrations.CreateModel(
            name="CleanupPlan",
            fields=[
                _id(),
                ("drawn_up_at", models.DateTimeField()),
                ("approved_at", models.DateTimeField(null=True)),
                ("called_off_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("protected_count", models.PositiveIntegerField(default=0)),
                ("spare_count", models.PositiveIntegerField(default=0)),
                ("started_at", models.DateTimeField(null=True)),
                ("waiting_days", models.PositiveSmallIntegerField(default=0)),
                ("planned_count", models.PositiveIntegerField(default=0)),
                ("approved_by", _link(PROTECT, "+", _USER, null=True)),
                ("called_off_by", _link(PROTECT, "+", _USER, null=True)),
                ("drawn_up_by", _link(PROTECT, "+", _USER)),
                ("team", _link(CASCADE, "cleanup_plans", "catalog.team")),
            ],
        ),
        migrations.CreateModel(
            name="Collection",
            fields=[
                _id(),
                ("name", models.CharField(max_length=80)),
                ("description", models.CharField(blank=True, max_length=300)),
                ("is_shared", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "maintainers",
                    models.ManyToManyField(
                        related_name="maintained_collections", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("owner", _link(PROTECT, "collections", _USER)),
                ("team", _link(CASCADE, "collections", "catalog.team")),
            ],
        ),
        migrations.CreateModel(
            name="Comparison",
            fields=[
                _uuid(),
                ("text", models.TextField()),
                ("is_blind", models.BooleanField(default=False)),
                ("votes_wanted", models.PositiveSmallIntegerField(default=1)),
                ("revealed_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("made_by", _link(PROTECT, "comparisons", _USER)),
                ("team", _link(CASCADE, "comparisons", "catalog.team")),
            ],
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                _id(),
                ("statement", models.CharField(max_length=300)),
                ("attested_at", models.DateTimeField()),
                ("given_by", models.CharField(blank=True, max_length=120)),
                (
                    "relation",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("self", "I am the speaker"),
                            ("guardian", "I am the speaker's parent or guardian"),
                            ("contract", "We have a contract with the speaker"),
                            ("permission", "The speaker gave me permission"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "allowed_use",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("any", "Any lawful use"),
                            ("project", "One project, named below"),
                            ("internal", "Inside the team only"),
                            ("noncommercial", "Nothing that is sold or advertises"),
                        ],
                        max_length=13,
                    ),
                ),
                ("use_note", models.CharField(blank=True, max_length=200)),
                ("ends_on", models.DateField(null=True)),
                ("proof_path", models.CharField(blank=True, max_length=200)),
                ("proof_filename", models.CharField(blank=True, max_length=120)),
                ("proof_type", models.CharField(blank=True, max_length=40)),
                ("attested_by", _link(PROTECT, "consents", _USER)),
                ("kept_by", _link(PROTECT, "+", _USER, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="CloneOrder",
            fields=[
                _uuid(),
                ("form_token", models.UUIDField(unique=True)),
                ("asked_at", models.DateTimeField()),
                ("asked_by", _link(PROTECT, "clone_orders", _USER)),
                ("consent", _link(PROTECT, "orders", "catalog.consent")),
            ],
        ),
        migrations.CreateModel(
            name="PasswordLink",
            fields=[
                _id(),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("made_by", _link(PROTECT, "+", _USER)),
                ("user", _link(CASCADE, "password_links", _USER)),
            ],
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                _id(),
                ("layout", models.CharField(blank=True, max_length=10)),
                ("sort", models.CharField(blank=True, max_length=20)),
                ("columns", models.JSONField(null=True)),
                ("seen_at", models.DateTimeField(null=True)),
                ("news_since", models.DateTimeField(null=True)),
                ("last_collection", _link(SET_NULL, "+", "catalog.collection", null=True)),
                ("user", _link(CASCADE, "preference", _USER, kind=models.OneToOneField)),
            ],
        ),
        migrations.CreateModel(
            name="ProviderAccount",
            fields=[
                _id(),
                ("provider", models.CharField(max_length=40)),
                ("ref", models.CharField(max_length=200)),
                ("label", models.CharField(blank=True, max_length=200)),
                ("is_shared", models.BooleanField(default=False)),
                ("slots_used", models.PositiveIntegerField(null=True)),
                ("slots_limit", models.PositiveIntegerField(null=True)),
                ("synced_at", models.DateTimeField(null=True)),
                ("sync_due_at", models.DateTimeField(null=True)),
                ("sync_lease_until", models.DateTimeField(null=True)),
                ("sync_error", models.CharField(blank=True, max_length=500)),
                ("busy_with", models.UUIDField(null=True)),
                ("busy_until", models.DateTimeField(null=True)),
                ("uses_due_at", models.DateTimeField(null=True)),
                ("uses_from", models.DateTimeField(null=True)),
                ("uses_read_at", models.DateTimeField(null=True)),
                ("last_owner", _link(SET_NULL, "+", _USER, null=True)),
                ("team", _link(CASCADE, "provider_accounts", "catalog.team")),
            ],
        ),
        migrations.CreateModel(
            name="Credential",
            fields=[
                _uuid(),
                ("provider", models.CharField(max_length=40)),
                ("nickname", models.CharField(blank=True, max_length=80)),
                ("is_shared", models.BooleanField(default=False)),
                ("sealed", models.BinaryField()),
                ("last_four", models.CharField(max_length=4)),
                (
                    "health",
                    models.CharField(
                        choices=[
                            ("unchecked", "Being checked"),
                            ("good", "Works"),
                            ("limited", "Works in part"),
                            ("rejected", "Refused"),
                            ("unreachable", "No answer"),
                        ],
                        default="unchecked",
                        max_length=12,
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=500)),
                ("abilities", models.JSONField(default=dict)),
                ("checked_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("check_asked_at", models.DateTimeField(null=True)),
                ("replaced_at", models.DateTimeField(null=True)),
                ("owner", _link(CASCADE, "credentials", _USER, null=True)),
                ("account", _link(SET_NULL, "credentials", "catalog.provideraccount", null=True)),
                ("team", _link(CASCADE, "credentials", "catalog.team")),
            ],
        ),
        migrations.CreateModel(
            name="CloneJob",
            fields=[
                _uuid(),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("sent", "Sent"),
                            ("unknown", "Unknown"),
                            ("confirmed", "Confirmed"),
                            ("refused", "Refused"),
                        ],
                        default="planned",
                        max_length=10,
                    ),
                ),
                ("fence", models.PositiveIntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("not_before", models.DateTimeField(null=True)),
                ("woken_at", models.DateTimeField(null=True)),
                ("attempt_count", models.PositiveIntegerField(default=0)),
                ("empty_look_count", models.PositiveIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                ("message", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("name", models.CharField(max_length=200)),
                ("description", models.CharField(blank=True, max_length=500)),
                ("removes_noise", models.BooleanField(default=False)),
                ("marker", models.CharField(max_length=80, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting for a worker"),
                            ("running", "Running"),
                            ("waiting", "Waiting"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                            ("needs_look", "Needs a look"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("evidence", models.JSONField(default=list)),
                ("remote_id", models.CharField(blank=True, max_length=200)),
                ("gender", models.CharField(blank=True, max_length=8)),
                ("language", models.CharField(blank=True, max_length=20)),
                ("progress", models.JSONField(default=dict)),
                ("transcript", models.TextField(blank=True)),
                ("cancel_asked_at", models.DateTimeField(null=True)),
                ("handed_over_at", models.DateTimeField(null=True)),
                ("sent_form", models.CharField(blank=True, max_length=200)),
                ("first_sound_path", models.CharField(blank=True, max_length=200)),
                ("made_share", models.FloatField(default=0)),
                ("audit_count", models.PositiveSmallIntegerField(default=0)),
                ("kept_by", _link(PROTECT, "+", _USER, null=True)),
                ("requested_by", _link(PROTECT, "clone_jobs", _USER)),
                (
                    "retry_of",
                    _link(
                        SET_NULL,
                        "retried_as",
                        "catalog.clonejob",
                        kind=models.OneToOneField,
                        null=True,
                    ),
                ),
                ("order", _link(PROTECT, "jobs", "catalog.cloneorder")),
                ("credential", _link(SET_NULL, "clone_jobs", "catalog.credential", null=True)),
                ("account", _link(PROTECT, "clone_jobs", "catalog.provideraccount")),
                ("team", _link(CASCADE, "clone_jobs", "catalog.team")),
            ],
        ),
        migrations.CreateModel(
            name="Replacement",
            fields=[
                _id(),
                ("sealed", models.BinaryField()),
                ("last_four", models.CharField(max_length=4)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("checking", "Being tested"),
                            ("refused", "Refused"),
                            ("other", "Opens another account"),
                            ("untold", "Perhaps another account"),
                        ],
                        default="checking",
                        max_length=10,
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=500)),
                ("ref", models.CharField(blank=True, max_length=200)),
                ("label", models.CharField(blank=True, max_length=200)),
                ("asked_at", models.DateTimeField()),
                (
                    "credential",
                    _link(CASCADE, "replacement", "catalog.credential", kind=models.OneToOneField),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Sample",
            fields=[
                _uuid(),
                ("path", models.CharField(max_length=200)),
                ("filename", models.CharField(max_length=120)),
                ("audio_format", models.CharField(max_length=8)),
                ("size", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("seconds", models.FloatField(null=True)),
                ("peaks", models.JSONField(default=list)),
                ("uploaded_at", models.DateTimeField()),
                ("form_token", models.UUIDField(db_index=True, null=True)),
                ("problem", models.CharField(blank=True, max_length=200)),
                ("try_count", models.PositiveSmallIntegerField(default=0)),
                (
                    "original",
                    _link(
                        CASCADE, "cleaned", "catalog.sample", kind=models.OneToOneField, null=True
                    ),
                ),
                ("owner", _link(PROTECT, "samples", _USER)),
                ("team", _link(CASCADE, "samples", "catalog.team")),
            ],
        ),
        migrations.CreateModel(
            name="SampleReport",
            fields=[
                _id(),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("ready", "Ready"), ("failed", "Failed")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("measures", models.JSONField(default=dict)),
                ("words", models.TextField(blank=True)),
                ("language", models.CharField(blank=True, max_length=20)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("asked_at", models.DateTimeField()),
                ("sample", _link(CASCADE, "report", "catalog.sample", kind=models.OneToOneField)),
            ],
        ),
        migrations.CreateModel(
            name="Speaker",
            fields=[
                _id(),
                ("name", models.CharField(max_length=120)),
                ("folded", models.CharField(max_length=120)),
                ("added_at", models.DateTimeField()),
                ("added_by", _link(PROTECT, "speakers", _USER)),
                ("team", _link(CASCADE, "speakers", "catalog.team")),
            ],
        ),
        migrations.AddField(
            model_name="consent",
            name="speaker",
            field=_link(PROTECT, "consents", "catalog.speaker"),
        ),
        migrations.AddField(
            model_name="cloneorder",
            name="speaker",
            field=_link(PROTECT, "orders", "catalog.speaker"),
        ),
        migrations.CreateModel(
            name="ClipLikeness",
            fields=[
                _id(),
                ("score", models.FloatField(null=True)),
                ("judged_at", models.DateTimeField()),
                (
                    "clip",
                    _link(CASCADE, "likeness", "catalog.spokenclip", kind=models.OneToOneField),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SyncRun",
            fields=[
                _id(),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("seen_count", models.PositiveIntegerField(default=0)),
                ("added_count", models.PositiveIntegerField(default=0)),
                ("changed_count", models.PositiveIntegerField(default=0)),
                ("gone_count", models.PositiveIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=500)),
                ("account", _link(CASCADE, "runs", "catalog.provideraccount")),
            ],
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                _id(),
                ("name", models.CharField(max_length=40)),
                ("folded", models.CharField(max_length=80)),
                ("team", _link(CASCADE, "tags", "catalog.team")),
            ],
        ),
        migrations.CreateModel(
            name="SoundQuery",
            fields=[
                _uuid(),
                ("path", models.CharField(blank=True, max_length=200)),
                ("filename", models.CharField(max_length=120)),
                ("audio_format", models.CharField(max_length=8)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("heard", "Heard"), ("failed", "Failed")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("vector", models.BinaryField(default=bytes)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("asked_at", models.DateTimeField()),
                ("owner", _link(CASCADE, "sound_queries", _USER)),
                ("team", _link(CASCADE, "sound_queries", "catalog.team")),
            ],
        ),
        migrations.CreateModel(
            name="Selection",
            fields=[
                _id(),
                ("voice_ids", models.JSONField()),
                ("chosen_at", models.DateTimeField()),
                ("user", _link(CASCADE, "selections", _USER)),
                ("team", _link(CASCADE, "selections", "catalog.team")),
            ],
        ),
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                _id(),
                ("name", models.CharField(max_length=80)),
                ("query", models.TextField()),
                ("is_shared", models.BooleanField(default=False)),
                ("saved_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
                ("owner", _link(PROTECT, "searches", _USER)),
                ("team", _link(CASCADE, "searches", "catalog.team")),
            ],
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                _id(),
                ("text", models.CharField(max_length=300)),
                ("mood", models.CharField(max_length=4)),
                ("made_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
                (
                    "page",
                    models.CharField(
                        blank=True,
                        choices=[("keeping", "What is soon deleted"), ("cleanup", "Clean-up")],
                        max_length=10,
                    ),
                ),
                ("job", _link(CASCADE, "notices", "catalog.clonejob", null=True)),
                ("user", _link(CASCADE, "notices", _USER)),
                ("team", _link(CASCADE, "notices", "catalog.team")),
            ],
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                _id(),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("viewer", "Viewer"),
                            ("member", "Member"),
                            ("cloner", "Cloner"),
                            ("admin", "Admin"),
                        ],
                        default="member",
                        max_length=10,
                    ),
                ),
                ("chosen_at", models.DateTimeField(null=True)),
                ("user", _link(CASCADE, "memberships", _USER)),
                ("team", _link(CASCADE, "memberships", "catalog.team")),
            ],
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                _id(),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("viewer", "Viewer"),
                            ("member", "Member"),
                            ("cloner", "Cloner"),
                            ("admin", "Admin"),
                        ],
                        max_length=10,
                    ),
                ),
                ("label", models.CharField(blank=True, max_length=120)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("made_by", _link(PROTECT, "+", _USER)),
                ("used_by", _link(PROTECT, "+", _USER, null=True)),
                ("team", _link(CASCADE, "invitations", "catalog.team")),
            ],
        ),
        migrations.AddField(
            model_name="cloneorder",
            name="team",
            field=_link(CASCADE, "clone_orders", "catalog.team"),
        ),
        migrations.CreateModel(
            name="CleanupRules",
            fields=[
                _id(),
                ("unused_days", models.PositiveSmallIntegerField(default=180, null=True)),
                ("unheard_days", models.PositiveSmallIntegerField(default=90, null=True)),
                ("expiry_days", models.PositiveSmallIntegerField(default=30, null=True)),
                ("finds_failed", models.BooleanField(default=True)),
                ("finds_unconsented", models.BooleanField(default=True)),
                ("finds_lapsed", models.BooleanField(default=True)),
                ("finds_ownerless", models.BooleanField(default=True)),
                ("finds_duplicates", models.BooleanField(default=True)),
                ("waiting_days", models.PositiveSmallIntegerField(default=7)),
                ("most_per_run", models.PositiveSmallIntegerField(default=500)),
                ("sends_report", models.BooleanField(default=True)),
                ("reported_at", models.DateTimeField(null=True)),
                (
                    "team",
                    _link(CASCADE, "cleanup_rules", "catalog.team", kind=models.OneToOneField),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CatalogVersion",
            fields=[
                _id(),
                ("number", models.BigIntegerField(default=0)),
                (
                    "team",
                    _link(CASCADE, "catalog_version", "catalog.team", kind=models.OneToOneField),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                _id(),
                ("at", models.DateTimeField()),
                ("action", models.CharField(max_length=60)),
                ("target", models.CharField(max_length=120)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("facts", models.JSONField(default=dict)),
                ("actor_name", models.CharField(blank=True, max_length=200)),
                ("target_name", models.CharField(blank=True, max_length=200)),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                ("request_number", models.CharField(blank=True, max_length=40)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("previous", models.CharField(blank=True, max_length=64)),
                ("digest", models.CharField(max_length=64)),
                ("number", models.PositiveBigIntegerField(unique=True)),
                ("actor", _link(DO_NOTHING, "+", _USER, db_constraint=False, null=True)),
                ("team", _link(DO_NOTHING, "+", "catalog.team", db_constraint=False, null=True)),
            ],
            options={"base_manager_name": "objects"},
        ),
        migrations.CreateModel(
            name="Voice",
            fields=[
                _id(),
                ("provider", models.CharField(max_length=40)),
                ("remote_id", models.CharField(max_length=200)),
                ("name", models.CharField(max_length=300)),
                ("sort_name", models.CharField(max_length=100)),
                ("description", models.TextField(blank=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("library", "Library"),
                            ("clone", "Clone"),
                            ("designed", "Designed"),
                            ("professional", "Professional clone"),
                            ("community", "Community"),
                            ("unknown", "Unknown"),
                        ],
                        default="unknown",
                        max_length=14,
                    ),
                ),
                (
                    "gender",
                    models.CharField(
                        choices=[
                            ("female", "Female"),
                            ("male", "Male"),
                            ("neutral", "Neutral"),
                            ("unknown", "Unknown"),
                        ],
                        default="unknown",
                        max_length=8,
                    ),
                ),
                (
                    "age",
                    models.CharField(
                        choices=[
                            ("young", "Young"),
                            ("middle_aged", "Middle-aged"),
                            ("old", "Old"),
                            ("unknown", "Unknown"),
                        ],
                        default="unknown",
                        max_length=12,
                    ),
                ),
                ("accent", models.CharField(default="unknown", max_length=60)),
                ("language", models.CharField(default="unknown", max_length=20)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ready", "Ready"),
                            ("pending", "Being made"),
                            ("failed", "Failed"),
                            ("mute", "Cannot speak here"),
                        ],
                        default="ready",
                        max_length=8,
                    ),
                ),
                ("is_owned", models.BooleanField(default=False)),
                ("preview_url", models.TextField(blank=True)),
                ("preview_sample_id", models.CharField(blank=True, max_length=200)),
                ("raw_labels", models.JSONField(default=dict)),
                ("details", models.JSONField(default=dict)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("marker", models.CharField(blank=True, max_length=80)),
                ("search_text", models.TextField(blank=True)),
                ("content_hash", models.CharField(blank=True, max_length=64)),
                ("remote_created_at", models.DateTimeField(null=True)),
                ("added_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("gone_at", models.DateTimeField(null=True)),
                ("gone_reason", models.CharField(blank=True, max_length=200)),
                ("own_name", models.CharField(blank=True, max_length=300)),
                ("rename_problem", models.CharField(blank=True, max_length=300)),
                ("archived_at", models.DateTimeField(null=True)),
                ("team_text", models.TextField(blank=True)),
                ("label_words", models.TextField(blank=True)),
                ("name_words", models.TextField(blank=True)),
                ("version", models.BigIntegerField(default=0)),
                ("has_generated_preview", models.BooleanField(default=False)),
                ("end_note", models.CharField(blank=True, max_length=200)),
                ("ends_at", models.DateTimeField(null=True)),
                ("is_verified", models.BooleanField(default=False)),
                ("plan_note", models.CharField(blank=True, max_length=120)),
                ("id_words", models.TextField(blank=True)),
                ("source_mark", models.CharField(blank=True, max_length=32)),
                ("own_labels", models.JSONField(default=dict)),
                ("account", _link(CASCADE, "voices", "catalog.provideraccount")),
            ],
        ),
        migrations.CreateModel(
            name="TagUse",
            fields=[
                _id(),
                ("tag", _link(CASCADE, "uses", "catalog.tag")),
                ("voice", _link(CASCADE, "tag_uses", "catalog.voice")),
            ],
        ),
        migrations.CreateModel(
            name="Star",
            fields=[
                _id(),
                ("starred_at", models.DateTimeField()),
                ("user", _link(CASCADE, "stars", _USER)),
                ("voice", _link(CASCADE, "stars", "catalog.voice")),
            ],
        ),
        migrations.AddField(
            model_name="spokenclip",
            name="voice",
            field=_link(CASCADE, "spoken_clips", "catalog.voice"),
        ),
        migrations.CreateModel(
            name="Speech",
            fields=[
                _uuid(),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("sent", "Sent"),
                            ("unknown", "Unknown"),
                            ("confirmed", "Confirmed"),
                            ("refused", "Refused"),
                        ],
                        default="planned",
                        max_length=10,
                    ),
                ),
                ("fence", models.PositiveIntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("not_before", models.DateTimeField(null=True)),
                ("woken_at", models.DateTimeField(null=True)),
                ("attempt_count", models.PositiveIntegerField(default=0)),
                ("empty_look_count", models.PositiveIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                ("message", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("text", models.TextField()),
                ("settings", models.JSONField(default=dict)),
                ("recipe", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting for a worker"),
                            ("running", "Speaking"),
                            ("waiting", "Waiting"),
                            ("done", "Ready"),
                            ("failed", "Failed"),
                            ("unclear", "Unclear"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("is_preview", models.BooleanField(default=False)),
                ("is_cached", models.BooleanField(default=False)),
                ("credential", _link(SET_NULL, "speeches", "catalog.credential", null=True)),
                ("requested_by", _link(PROTECT, "speeches", _USER)),
                ("clip", _link(SET_NULL, "speeches", "catalog.spokenclip", null=True)),
                ("team", _link(CASCADE, "speeches", "catalog.team")),
                ("voice", _link(CASCADE, "speeches", "catalog.voice")),
            ],
        ),
        migrations.CreateModel(
            name="Rating",
            fields=[
                _id(),
                ("value", models.PositiveSmallIntegerField()),
                ("user", _link(CASCADE, "ratings", _USER)),
                ("voice", _link(CASCADE, "ratings", "catalog.voice")),
            ],
        ),
        migrations.CreateModel(
            name="Protection",
            fields=[
                _id(),
                (
                    "kind",
                    models.CharField(
                        choices=[("pin", "Pinned"), ("hold", "Legal hold")],
                        default="pin",
                        max_length=4,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("set_at", models.DateTimeField()),
                ("set_by", _link(PROTECT, "+", _USER)),
                ("voice", _link(CASCADE, "protection", "catalog.voice", kind=models.OneToOneField)),
            ],
        ),
        migrations.CreateModel(
            name="PreviewClip",
            fields=[
                _id(),
                ("source", models.CharField(max_length=64)),
                ("path", models.CharField(max_length=200)),
                ("content_type", models.CharField(max_length=60)),
                ("size", models.PositiveIntegerField()),
                ("seconds", models.FloatField(null=True)),
                ("peaks", models.JSONField(default=list)),
                ("fetched_at", models.DateTimeField()),
                ("voice", _link(CASCADE, "clip", "catalog.voice", kind=models.OneToOneField)),
            ],
        ),
        migrations.CreateModel(
            name="PlannedDeletion",
            fields=[
                _uuid(),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("sent", "Sent"),
                            ("unknown", "Unknown"),
                            ("confirmed", "Confirmed"),
                            ("refused", "Refused"),
                        ],
                        default="planned",
                        max_length=10,
                    ),
                ),
                ("fence", models.PositiveIntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("not_before", models.DateTimeField(null=True)),
                ("woken_at", models.DateTimeField(null=True)),
                ("attempt_count", models.PositiveIntegerField(default=0)),
                ("empty_look_count", models.PositiveIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                ("message", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("remote_id", models.CharField(max_length=200)),
                ("name", models.CharField(max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Nothing touched yet"),
                            ("held", "Waiting for its time"),
                            ("queued", "Waiting for a worker"),
                            ("running", "Deleting"),
                            ("waiting", "Trying again soon"),
                            ("deleted", "Deleted"),
                            ("hidden", "Hidden here"),
                            ("kept", "Kept"),
                            ("skipped", "Skipped"),
                            ("failed", "Failed"),
                        ],
                        default="planned",
                        max_length=10,
                    ),
                ),
                ("last_use", models.CharField(blank=True, max_length=120)),
                ("position", models.PositiveIntegerField(default=0)),
                ("reasons", models.JSONField(default=list)),
                ("uses", models.JSONField(default=list)),
                ("credential", _link(SET_NULL, "+", "catalog.credential", null=True)),
                ("keeper", _link(PROTECT, "planned_deletions", _USER, null=True)),
                ("kept_by", _link(PROTECT, "+", _USER, null=True)),
                ("plan", _link(CASCADE, "lines", "catalog.cleanupplan")),
                ("account", _link(PROTECT, "+", "catalog.provideraccount")),
                ("voice", _link(PROTECT, "planned_deletions", "catalog.voice")),
            ],
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                _id(),
                ("text", models.TextField(max_length=2000)),
                ("written_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField(null=True)),
                ("removed_at", models.DateTimeField(null=True)),
                ("author", _link(PROTECT, "+", _USER)),
                ("voice", _link(CASCADE, "notes", "catalog.voice")),
            ],
        ),
        migrations.CreateModel(
            name="ComparedVoice",
            fields=[
                _id(),
                ("place", models.PositiveSmallIntegerField()),
                ("disguised_path", models.CharField(blank=True, max_length=200)),
                ("comparison", _link(CASCADE, "entries", "catalog.comparison")),
                ("speech", _link(SET_NULL, "comparisons", "catalog.speech", null=True)),
                ("voice", _link(CASCADE, "comparisons", "catalog.voice")),
            ],
        ),
        migrations.CreateModel(
            name="CollectionEntry",
            fields=[
                _id(),
                ("position", models.PositiveIntegerField()),
                ("note", models.CharField(blank=True, max_length=300)),
                ("added_at", models.DateTimeField()),
                ("collection", _link(CASCADE, "entries", "catalog.collection")),
                ("voice", _link(CASCADE, "collection_entries", "catalog.voice")),
            ],
        ),
        migrations.AddField(
            model_name="clonejob",
            name="voice",
            field=_link(SET_NULL, "clone_jobs", "catalog.voice", null=True),
        ),
        migrations.CreateModel(
            name="VoiceEmbedding",
            fields=[
                _id(),
                ("clip_path", models.CharField(max_length=200)),
                ("encoder", models.CharField(max_length=40)),
                ("vector", models.BinaryField()),
                ("made_at", models.DateTimeField()),
                ("voice", _link(CASCADE, "embedding", "catalog.voice", kind=models.OneToOneField)),
            ],
        ),
        migrations.CreateModel(
            name="VoiceLabel",
            fields=[
                _id(),
                (
                    "facet",
                    models.CharField(
                        choices=[
                            ("language", "Language"),
                            ("use_case", "Use case"),
                            ("badge", "Badge"),
                        ],
                        max_length=10,
                    ),
                ),
                ("value", models.CharField(max_length=60)),
                ("voice", _link(CASCADE, "labels", "catalog.voice")),
            ],
        ),
        migrations.CreateModel(
            name="VoiceSettings",
            fields=[
                _id(),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reading", "Reading"),
                            ("saving", "Saving"),
                            ("ready", "Read"),
                            ("saved", "Saved"),
                            ("failed", "Failed"),
                        ],
                        default="reading",
                        max_length=8,
                    ),
                ),
                ("values", models.JSONField(default=dict)),
                ("defaults", models.JSONField(default=dict)),
                ("wanted", models.JSONField(default=dict)),
                ("read_at", models.DateTimeField(null=True)),
                ("asked_at", models.DateTimeField()),
                ("not_before", models.DateTimeField()),
                ("attempt_count", models.PositiveIntegerField(default=0)),
                ("message", models.CharField(blank=True, max_length=300)),
                ("asked_by", _link(SET_NULL, "+", _USER, null=True)),
                (
                    "voice",
                    _link(CASCADE, "kept_settings", "catalog.voice", kind=models.OneToOneField),
                ),
            ],
        ),
        migrations.CreateModel(
            name="VoiceUse",
            fields=[
                _id(),
                ("last_at", models.DateTimeField(null=True)),
                ("played_at", models.DateTimeField(null=True)),
                ("play_count", models.PositiveIntegerField(default=0)),
                ("spoken_at", models.DateTimeField(null=True)),
                ("speech_count", models.PositiveIntegerField(default=0)),
                ("exported_at", models.DateTimeField(null=True)),
                ("export_count", models.PositiveIntegerField(default=0)),
                ("provider_used_at", models.DateTimeField(null=True)),
                ("voice", _link(CASCADE, "use", "catalog.voice", kind=models.OneToOneField)),
            ],
        ),
        migrations.CreateModel(
            name="Vote",
            fields=[
                _id(),
                ("voted_at", models.DateTimeField()),
                ("comparison", _link(CASCADE, "votes", "catalog.comparison")),
                ("entry", _link(CASCADE, "votes", "catalog.comparedvoice")),
                ("user", _link(CASCADE, "votes", _USER)),
            ],
        ),
        migrations.CreateModel(
            name="CloneSource",
            fields=[
                _id(),
                ("position", models.PositiveSmallIntegerField()),
                ("start_seconds", models.FloatField(default=0)),
                ("end_seconds", models.FloatField(null=True)),
                ("order", _link(CASCADE, "sources", "catalog.cloneorder")),
                ("sample", _link(PROTECT, "sources", "catalog.sample")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("order", "position"), name="one_source_per_place"
                    ),
                    models.UniqueConstraint(
                        fields=("order", "sample"), name="one_source_per_sample"
                    ),
                ]
            },
        ),
        migrations.AddConstraint(
            model_name="tag",
            constraint=models.UniqueConstraint(
                fields=("team", "folded"), name="one_tag_per_team_and_word"
            ),
        ),
        migrations.AddIndex(
            model_name="speaker",
            index=models.Index(fields=["team", "folded"], name="speaker_by_name"),
        ),
        migrations.AddIndex(
            model_name="sample",
            index=models.Index(fields=["team", "sha256"], name="sample_by_content"),
        ),
        migrations.AddConstraint(
            model_name="provideraccount",
            constraint=models.UniqueConstraint(
                fields=("team", "provider", "ref"), name="one_row_per_provider_account"
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["user", "read_at"], name="notice_by_person"),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                fields=("team", "user"), name="one_role_per_person_and_team"
            ),
        ),
        migrations.AddConstraint(
            model_name="credential",
            constraint=models.UniqueConstraint(
                condition=models.Q(("owner", None)),
                fields=("team", "provider"),
                name="one_built_in_key_per_provider",
            ),
        ),
        migrations.AddIndex(
            model_name="comparison",
            index=models.Index(fields=["team", "created_at"], name="comparison_by_team"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["team", "number"], name="audit_by_team"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["target", "number"], name="audit_by_target"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["request_number"], name="audit_by_request"),
        ),
        migrations.AddIndex(
            model_name="voice",
            index=models.Index(
                fields=["account", "gone_at", "sort_name"], name="voice_by_account_name"
            ),
        ),
        migrations.AddIndex(
            model_name="voice",
            index=models.Index(
                condition=models.Q(("marker", ""), _negated=True),
                fields=["marker"],
                name="voice_by_marker",
            ),
        ),
        migrations.AddIndex(
            model_name="voice",
            index=models.Index(fields=["account", "version"], name="voice_by_account_version"),
        ),
        migrations.AddIndex(
            model_name="voice",
            index=models.Index(fields=["account", "changed_at"], name="voice_by_account_change"),
        ),
        migrations.AddConstraint(
            model_name="voice",
            constraint=models.UniqueConstraint(
                fields=("account", "remote_id"), name="one_row_per_voice"
            ),
        ),
        migrations.AddConstraint(
            model_name="taguse",
            constraint=models.UniqueConstraint(
                fields=("tag", "voice"), name="one_use_per_tag_and_voice"
            ),
        ),
        migrations.AddConstraint(
            model_name="star",
            constraint=models.UniqueConstraint(
                fields=("user", "voice"), name="one_star_per_person_and_voice"
            ),
        ),
        migrations.AddIndex(
            model_name="speech",
            index=models.Index(fields=["voice", "created_at"], name="speech_by_voice"),
        ),
        migrations.AddIndex(
            model_name="speech",
            index=models.Index(fields=["requested_by", "created_at"], name="speech_by_person"),
        ),
        migrations.AddConstraint(
            model_name="speech",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "running"), ("step", "sent")),
                fields=("recipe",),
                name="one_call_for_a_recipe",
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.UniqueConstraint(
                fields=("user", "voice"), name="one_rating_per_person_and_voice"
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(("value__range", (1, 5))), name="rating_from_1_to_5"
            ),
        ),
        migrations.AddConstraint(
            model_name="planneddeletion",
            constraint=models.UniqueConstraint(
                fields=("plan", "voice"), name="one_line_per_plan_and_voice"
            ),
        ),
        migrations.AddConstraint(
            model_name="comparedvoice",
            constraint=models.UniqueConstraint(
                fields=("comparison", "place"), name="one_voice_for_a_place_of_a_comparison"
            ),
        ),
        migrations.AddConstraint(
            model_name="comparedvoice",
            constraint=models.UniqueConstraint(
                fields=("comparison", "voice"), name="a_voice_is_compared_once"
            ),
        ),
        migrations.AddIndex(
            model_name="collectionentry",
            index=models.Index(fields=["collection", "position"], name="entry_by_position"),
        ),
        migrations.AddConstraint(
            model_name="collectionentry",
            constraint=models.UniqueConstraint(
                fields=("collection", "voice"), name="one_place_per_collection_and_voice"
            ),
        ),
        migrations.AddIndex(
            model_name="clonejob",
            index=models.Index(fields=["team", "created_at"], name="clone_job_by_team"),
        ),
        migrations.AddConstraint(
            model_name="voicelabel",
            constraint=models.UniqueConstraint(
                fields=("facet", "value", "voice"), name="one_label_per_voice_and_value"
            ),
        ),
        migrations.AddIndex(
            model_name="voiceuse", index=models.Index(fields=["last_at"], name="use_by_time")
        ),
        migrations.AddConstraint(
            model_name="vote",
            constraint=models.UniqueConstraint(
                fields=("comparison", "user"), name="one_vote_for_a_person_and_round"
            ),
        ),
        migrations.RunPython(add_triggers, remove_triggers),
        migrations.RunPython(sort_by_code, migrations.RunPython.noop),
    ]

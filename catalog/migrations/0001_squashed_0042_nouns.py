"""All of 0001 to 0042 at once, for a new database; one that has some of them goes on with those."""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
import uuid
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


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("catalog", "0001_initial"),
        ("catalog", "0002_names_and_wishes"),
        ("catalog", "0003_check_asked_at"),
        ("catalog", "0004_annotations_and_collections"),
        ("catalog", "0005_audit_chain"),
        ("catalog", "0006_search_words"),
        ("catalog", "0007_voice_settings"),
        ("catalog", "0008_searches_and_preferences"),
        ("catalog", "0009_spoken_texts"),
        ("catalog", "0010_comparisons"),
        ("catalog", "0011_built_in_keys"),
        ("catalog", "0012_badges"),
        ("catalog", "0013_people"),
        ("catalog", "0014_likenesses"),
        ("catalog", "0015_password_links"),
        ("catalog", "0016_sort_by_code"),
        ("catalog", "0017_sample_reports"),
        ("catalog", "0018_mute_voices"),
        ("catalog", "0019_clone_orders"),
        ("catalog", "0020_replacements"),
        ("catalog", "0021_id_words"),
        ("catalog", "0022_disguised_clips"),
        ("catalog", "0023_voice_uses"),
        ("catalog", "0024_clones_being_made"),
        ("catalog", "0025_cleaned_samples"),
        ("catalog", "0026_stale_clones"),
        ("catalog", "0027_clone_audits"),
        ("catalog", "0028_voice_source_mark"),
        ("catalog", "0029_voice_own_labels"),
        ("catalog", "0030_planned_elsewhere"),
        ("catalog", "0031_clip_likenesses"),
        ("catalog", "0032_voice_by_account_change"),
        ("catalog", "0033_saved_settings"),
        ("catalog", "0034_links_and_account_notices"),
        ("catalog", "0035_kept_and_owned_voices"),
        ("catalog", "0036_copies_that_every_browser_plays"),
        ("catalog", "0037_runs_that_brought_a_part"),
        ("catalog", "0038_key_hashes"),
        ("catalog", "0039_waits_and_slots"),
        ("catalog", "0040_work_found_again_after_a_death"),
        ("catalog", "0041_key_sets_and_voice_rights"),
        ("catalog", "0042_nouns"),
    ]

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
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
                ("digest", models.CharField(blank=True, max_length=64)),
                ("signature", models.CharField(blank=True, max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, unique=True)),
                ("queues", models.CharField(blank=True, max_length=120)),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
            ],
            options={
                "db_table": "catalog_beat",
            },
        ),
        migrations.CreateModel(
            name="Installation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("expires_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SynthesizedClip",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
            options={
                "db_table": "catalog_spokenclip",
            },
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("demands_second_factor", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CleanupPlan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("drawn_up_at", models.DateTimeField()),
                ("waiting_days", models.PositiveSmallIntegerField(default=0)),
                ("spare_count", models.PositiveIntegerField(default=0)),
                ("planned_count", models.PositiveIntegerField(default=0)),
                ("protected_count", models.PositiveIntegerField(default=0)),
                ("approved_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("called_off_at", models.DateTimeField(null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "called_off_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "drawn_up_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cleanup_plans",
                        to="catalog.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Collection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="collections",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="collections",
                        to="catalog.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Comparison",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("text", models.TextField()),
                ("is_blind", models.BooleanField(default=False)),
                ("votes_wanted", models.PositiveSmallIntegerField(default=1)),
                ("revealed_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comparisons",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comparisons",
                        to="catalog.team",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["team", "created_at"], name="comparison_by_team")],
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
                ("statement", models.CharField(max_length=300)),
                ("attested_at", models.DateTimeField()),
                (
                    "attested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "kept_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CloneBatch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("form_token", models.UUIDField(unique=True)),
                ("asked_at", models.DateTimeField()),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clone_batches",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "consent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batches",
                        to="catalog.consent",
                    ),
                ),
            ],
            options={
                "db_table": "catalog_cloneorder",
            },
        ),
        migrations.CreateModel(
            name="Credential",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("provider", models.CharField(max_length=40)),
                ("nickname", models.CharField(blank=True, max_length=80)),
                ("is_shared", models.BooleanField(default=False)),
                ("sealed", models.BinaryField()),
                ("last_four", models.CharField(max_length=4)),
                ("key_hash", models.CharField(blank=True, db_index=True, max_length=80)),
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
                ("check_asked_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("replaced_at", models.DateTimeField(null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="credentials",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CredentialReplacement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sealed", models.BinaryField()),
                ("last_four", models.CharField(max_length=4)),
                ("key_hash", models.CharField(blank=True, max_length=80)),
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
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="replacement",
                        to="catalog.credential",
                    ),
                ),
            ],
            options={
                "db_table": "catalog_replacement",
            },
        ),
        migrations.CreateModel(
            name="PasswordLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("is_for_admin", models.BooleanField(default=False)),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="password_links",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("layout", models.CharField(blank=True, max_length=10)),
                ("sort", models.CharField(blank=True, max_length=20)),
                ("columns", models.JSONField(null=True)),
                ("seen_at", models.DateTimeField(null=True)),
                ("news_since", models.DateTimeField(null=True)),
                (
                    "last_collection",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="catalog.collection",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="preference",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProviderAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("provider", models.CharField(max_length=40)),
                ("ref", models.CharField(max_length=200)),
                ("label", models.CharField(blank=True, max_length=200)),
                ("is_shared", models.BooleanField(default=False)),
                ("slots_used", models.PositiveIntegerField(null=True)),
                ("slots_limit", models.PositiveIntegerField(null=True)),
                ("slots_read_at", models.DateTimeField(null=True)),
                ("synced_at", models.DateTimeField(null=True)),
                ("sync_due_at", models.DateTimeField(null=True)),
                ("sync_lease_until", models.DateTimeField(null=True)),
                ("sync_fence", models.PositiveIntegerField(default=0)),
                ("uses_read_at", models.DateTimeField(null=True)),
                ("uses_from", models.DateTimeField(null=True)),
                ("uses_due_at", models.DateTimeField(null=True)),
                ("sync_error", models.CharField(blank=True, max_length=500)),
                ("busy_with", models.UUIDField(null=True)),
                ("busy_until", models.DateTimeField(null=True)),
                (
                    "last_owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="provider_accounts",
                        to="catalog.team",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("team", "provider", "ref"), name="one_row_per_provider_account"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="KeySet",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("signature", models.CharField(max_length=64)),
                ("is_shared", models.BooleanField(default=False)),
                (
                    "last_owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="key_sets",
                        to="catalog.provideraccount",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "signature"), name="one_row_per_key_set"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="credential",
            name="account",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="credentials",
                to="catalog.provideraccount",
            ),
        ),
        migrations.CreateModel(
            name="CloneJob",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
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
                ("failure_count", models.PositiveIntegerField(default=0)),
                ("waits_for_answer", models.BooleanField(default=False)),
                ("unsent_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("message", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("name", models.CharField(max_length=200)),
                ("description", models.CharField(blank=True, max_length=500)),
                ("removes_noise", models.BooleanField(default=False)),
                ("language", models.CharField(blank=True, max_length=20)),
                ("gender", models.CharField(blank=True, max_length=8)),
                ("transcript", models.TextField(blank=True)),
                ("progress", models.JSONField(default=dict)),
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
                ("sent_form", models.CharField(blank=True, max_length=200)),
                ("handed_over_at", models.DateTimeField(null=True)),
                ("cancel_asked_at", models.DateTimeField(null=True)),
                ("made_share", models.FloatField(default=0)),
                ("first_sound_path", models.CharField(blank=True, max_length=200)),
                ("evidence", models.JSONField(default=list)),
                ("remote_id", models.CharField(blank=True, max_length=200)),
                ("audit_count", models.PositiveSmallIntegerField(default=0)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="jobs",
                        to="catalog.clonebatch",
                    ),
                ),
                (
                    "kept_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clone_jobs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "retry_of",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="retried_as",
                        to="catalog.clonejob",
                    ),
                ),
                (
                    "credential",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="clone_jobs",
                        to="catalog.credential",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clone_jobs",
                        to="catalog.provideraccount",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="clone_jobs",
                        to="catalog.team",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["team", "created_at"], name="clone_job_by_team"),
                    models.Index(
                        condition=models.Q(("waits_for_answer", True)),
                        fields=["not_before"],
                        name="clone_job_waits",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Sample",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("path", models.CharField(max_length=200)),
                ("copy_path", models.CharField(blank=True, default="", max_length=200)),
                ("is_playable", models.BooleanField(null=True)),
                ("is_sendable", models.BooleanField(null=True)),
                ("filename", models.CharField(max_length=120)),
                ("audio_format", models.CharField(max_length=8)),
                ("size", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("seconds", models.FloatField(null=True)),
                ("peaks", models.JSONField(default=list)),
                ("problem", models.CharField(blank=True, max_length=200)),
                ("try_count", models.PositiveSmallIntegerField(default=0)),
                ("form_token", models.UUIDField(db_index=True, null=True)),
                ("uploaded_at", models.DateTimeField()),
                (
                    "original",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cleaned",
                        to="catalog.sample",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="samples",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="samples",
                        to="catalog.team",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["team", "sha256"], name="sample_by_content")],
            },
        ),
        migrations.CreateModel(
            name="CloneSource",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("start_seconds", models.FloatField(default=0)),
                ("end_seconds", models.FloatField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sources",
                        to="catalog.clonebatch",
                    ),
                ),
                (
                    "sample",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sources",
                        to="catalog.sample",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("batch", "position"), name="one_source_per_place"
                    ),
                    models.UniqueConstraint(
                        fields=("batch", "sample"), name="one_source_per_sample"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SampleReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
                (
                    "sample",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="report",
                        to="catalog.sample",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Speaker",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("folded", models.CharField(max_length=120)),
                ("added_at", models.DateTimeField()),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="speakers",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="speakers",
                        to="catalog.team",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["team", "folded"], name="speaker_by_name")],
            },
        ),
        migrations.AddField(
            model_name="consent",
            name="speaker",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="consents",
                to="catalog.speaker",
            ),
        ),
        migrations.AddField(
            model_name="clonebatch",
            name="speaker",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="batches",
                to="catalog.speaker",
            ),
        ),
        migrations.CreateModel(
            name="SyncRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("seen_count", models.PositiveIntegerField(default=0)),
                ("added_count", models.PositiveIntegerField(default=0)),
                ("changed_count", models.PositiveIntegerField(default=0)),
                ("gone_count", models.PositiveIntegerField(default=0)),
                ("doubted_count", models.PositiveIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=500)),
                ("warning", models.CharField(blank=True, max_length=500)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="catalog.provideraccount",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ClipSimilarity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("score", models.FloatField(null=True)),
                ("judged_at", models.DateTimeField()),
                (
                    "clip",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="similarity",
                        to="catalog.synthesizedclip",
                    ),
                ),
            ],
            options={
                "db_table": "catalog_cliplikeness",
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40)),
                ("folded", models.CharField(max_length=80)),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tags",
                        to="catalog.team",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("team", "folded"), name="one_tag_per_team_and_word"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SoundQuery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
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
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sound_queries",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sound_queries",
                        to="catalog.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Selection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("voice_ids", models.JSONField()),
                ("chosen_at", models.DateTimeField()),
                ("unnoted_exports", models.PositiveIntegerField(default=0)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="selections",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="selections",
                        to="catalog.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("query", models.TextField()),
                ("is_shared", models.BooleanField(default=False)),
                ("saved_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="searches",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="searches",
                        to="catalog.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "page",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("keeping", "Your clones in clean-up"),
                            ("cleanup", "Clean-up"),
                            ("account", "Account"),
                        ],
                        max_length=10,
                    ),
                ),
                ("text", models.CharField(max_length=500)),
                ("mood", models.CharField(max_length=4)),
                ("made_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
                (
                    "job",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to="catalog.clonejob",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to="catalog.team",
                    ),
                ),
            ],
            options={
                "db_table": "catalog_notice",
                "indexes": [models.Index(fields=["user", "read_at"], name="notice_by_person")],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="catalog.team",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("team", "user"), name="one_role_per_person_and_team"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
                ("kept_for", models.EmailField(blank=True, default="", max_length=254)),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "used_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="catalog.team",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="credential",
            name="team",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="credentials",
                to="catalog.team",
            ),
        ),
        migrations.AddField(
            model_name="clonebatch",
            name="team",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="clone_batches",
                to="catalog.team",
            ),
        ),
        migrations.CreateModel(
            name="CleanupRules",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cleanup_rules",
                        to="catalog.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CatalogVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.BigIntegerField(default=0)),
                (
                    "team",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="catalog_version",
                        to="catalog.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveBigIntegerField(unique=True)),
                ("at", models.DateTimeField()),
                ("actor_name", models.CharField(blank=True, max_length=200)),
                ("action", models.CharField(max_length=60)),
                ("target", models.CharField(max_length=120)),
                ("target_name", models.CharField(blank=True, max_length=200)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                ("facts", models.JSONField(default=dict)),
                ("request_number", models.CharField(blank=True, max_length=40)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("previous", models.CharField(blank=True, max_length=64)),
                ("digest", models.CharField(max_length=64)),
                (
                    "actor",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.team",
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["team", "number"], name="audit_by_team"),
                    models.Index(fields=["target", "number"], name="audit_by_target"),
                    models.Index(fields=["request_number"], name="audit_by_request"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Voice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("provider", models.CharField(max_length=40)),
                ("remote_id", models.CharField(max_length=200)),
                ("name", models.CharField(max_length=300)),
                ("own_name", models.CharField(blank=True, max_length=300)),
                ("rename_problem", models.CharField(blank=True, max_length=300)),
                ("own_labels", models.JSONField(default=dict)),
                ("archived_at", models.DateTimeField(null=True)),
                ("has_generated_preview", models.BooleanField(default=False)),
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
                ("state_note", models.CharField(blank=True, max_length=200)),
                ("is_owned", models.BooleanField(default=False)),
                ("is_editable", models.BooleanField(default=False)),
                ("is_verified", models.BooleanField(default=False)),
                ("plan_note", models.CharField(blank=True, max_length=120)),
                ("ends_at", models.DateTimeField(null=True)),
                ("end_note", models.CharField(blank=True, max_length=200)),
                ("preview_url", models.TextField(blank=True)),
                ("preview_sample_id", models.CharField(blank=True, max_length=200)),
                ("raw_labels", models.JSONField(default=dict)),
                ("details", models.JSONField(default=dict)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("marker", models.CharField(blank=True, max_length=80)),
                ("name_words", models.TextField(blank=True)),
                ("id_words", models.TextField(blank=True)),
                ("label_words", models.TextField(blank=True)),
                ("search_text", models.TextField(blank=True)),
                ("team_text", models.TextField(blank=True)),
                ("content_hash", models.CharField(blank=True, max_length=64)),
                ("source_mark", models.CharField(blank=True, max_length=32)),
                ("remote_created_at", models.DateTimeField(null=True)),
                ("added_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("remote_deleted_at", models.DateTimeField(null=True)),
                ("gone_reason", models.CharField(blank=True, max_length=200)),
                ("version", models.BigIntegerField(default=0)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="voices",
                        to="catalog.provideraccount",
                    ),
                ),
                (
                    "key_set",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="voices",
                        to="catalog.keyset",
                    ),
                ),
                (
                    "responsible",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["account", "remote_deleted_at", "sort_name"],
                        name="voice_by_account_name",
                    ),
                    models.Index(fields=["account", "version"], name="voice_by_account_version"),
                    models.Index(fields=["account", "changed_at"], name="voice_by_account_change"),
                    models.Index(
                        condition=models.Q(("marker", ""), _negated=True),
                        fields=["marker"],
                        name="voice_by_marker",
                    ),
                    models.Index(
                        condition=models.Q(("archived_at__isnull", False)),
                        fields=["account", "remote_deleted_at"],
                        name="voice_archived",
                    ),
                    models.Index(
                        condition=models.Q(("responsible__isnull", False)),
                        fields=["responsible"],
                        name="voice_by_keeper",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "remote_id"), name="one_row_per_voice"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TagUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "tag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uses",
                        to="catalog.tag",
                    ),
                ),
                (
                    "voice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tag_uses",
                        to="catalog.voice",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tag", "voice"), name="one_use_per_tag_and_voice"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="synthesizedclip",
            name="voice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="synthesized_clips",
                to="catalog.voice",
            ),
        ),
        migrations.CreateModel(
            name="Synthesis",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
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
                ("failure_count", models.PositiveIntegerField(default=0)),
                ("waits_for_answer", models.BooleanField(default=False)),
                ("unsent_at", models.DateTimeField(null=True)),
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
                (
                    "credential",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="syntheses",
                        to="catalog.credential",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="syntheses",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "clip",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="syntheses",
                        to="catalog.synthesizedclip",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="syntheses",
                        to="catalog.team",
                    ),
                ),
                (
                    "voice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="syntheses",
                        to="catalog.voice",
                    ),
                ),
            ],
            options={
                "db_table": "catalog_speech",
                "indexes": [
                    models.Index(fields=["voice", "created_at"], name="speech_by_voice"),
                    models.Index(fields=["requested_by", "created_at"], name="speech_by_person"),
                    models.Index(
                        condition=models.Q(("waits_for_answer", True)),
                        fields=["not_before"],
                        name="speech_waits",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running"), ("step", "sent")),
                        fields=("recipe",),
                        name="one_call_for_a_recipe",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Star",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starred_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stars",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "voice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stars",
                        to="catalog.voice",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "voice"), name="one_star_per_person_and_voice"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Rating",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("value", models.PositiveSmallIntegerField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ratings",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "voice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ratings",
                        to="catalog.voice",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "voice"), name="one_rating_per_person_and_voice"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("value__range", (1, 5))), name="rating_from_1_to_5"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Protection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "voice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="protection",
                        to="catalog.voice",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PreviewClip",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=64)),
                ("path", models.CharField(max_length=200)),
                ("content_type", models.CharField(max_length=60)),
                ("size", models.PositiveIntegerField()),
                ("is_playable", models.BooleanField(null=True)),
                ("seconds", models.FloatField(null=True)),
                ("peaks", models.JSONField(default=list)),
                ("fetched_at", models.DateTimeField()),
                (
                    "voice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="clip",
                        to="catalog.voice",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PlannedDeletion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
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
                ("failure_count", models.PositiveIntegerField(default=0)),
                ("waits_for_answer", models.BooleanField(default=False)),
                ("unsent_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("message", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("position", models.PositiveIntegerField(default=0)),
                ("remote_id", models.CharField(max_length=200)),
                ("name", models.CharField(max_length=300)),
                ("reasons", models.JSONField(default=list)),
                ("uses", models.JSONField(default=list)),
                ("last_use", models.CharField(blank=True, max_length=120)),
                ("kept_until", models.DateField(null=True)),
                ("told_at", models.DateTimeField(null=True)),
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
                (
                    "credential",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="catalog.credential",
                    ),
                ),
                (
                    "kept_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="catalog.cleanupplan",
                    ),
                ),
                (
                    "responsible",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="planned_deletions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.provideraccount",
                    ),
                ),
                (
                    "voice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="planned_deletions",
                        to="catalog.voice",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("waits_for_answer", True)),
                        fields=["not_before"],
                        name="planned_deletion_waits",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("plan", "voice"), name="one_line_per_plan_and_voice"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(max_length=2000)),
                ("written_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField(null=True)),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "voice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="catalog.voice",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Keep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kept_at", models.DateTimeField()),
                ("until", models.DateField()),
                (
                    "kept_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "voice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="keep",
                        to="catalog.voice",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ComparedVoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("place", models.PositiveSmallIntegerField()),
                ("disguised_path", models.CharField(blank=True, max_length=200)),
                (
                    "comparison",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entries",
                        to="catalog.comparison",
                    ),
                ),
                (
                    "speech",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="comparisons",
                        to="catalog.synthesis",
                    ),
                ),
                (
                    "voice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comparisons",
                        to="catalog.voice",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("comparison", "place"), name="one_voice_for_a_place_of_a_comparison"
                    ),
                    models.UniqueConstraint(
                        fields=("comparison", "voice"), name="a_voice_is_compared_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CollectionEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("note", models.CharField(blank=True, max_length=300)),
                ("added_at", models.DateTimeField()),
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entries",
                        to="catalog.collection",
                    ),
                ),
                (
                    "voice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="collection_entries",
                        to="catalog.voice",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["collection", "position"], name="entry_by_position")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("collection", "voice"), name="one_place_per_collection_and_voice"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="clonejob",
            name="voice",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="clone_jobs",
                to="catalog.voice",
            ),
        ),
        migrations.CreateModel(
            name="VoiceChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("name", "Name"), ("labels", "Labels")], max_length=6
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("not_before", models.DateTimeField()),
                ("attempt_count", models.PositiveIntegerField(default=0)),
                (
                    "voice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="catalog.voice",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("voice", "kind"), name="one_change_per_voice_and_kind"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="VoiceEmbedding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("clip_path", models.CharField(max_length=200)),
                ("encoder", models.CharField(max_length=40)),
                ("vector", models.BinaryField()),
                ("made_at", models.DateTimeField()),
                (
                    "voice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="embedding",
                        to="catalog.voice",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="VoiceLabel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
                (
                    "voice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="labels",
                        to="catalog.voice",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("facet", "value", "voice"), name="one_label_per_voice_and_value"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="VoiceSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "voice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="kept_settings",
                        to="catalog.voice",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="VoiceUsage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("last_at", models.DateTimeField(null=True)),
                ("played_at", models.DateTimeField(null=True)),
                ("play_count", models.PositiveIntegerField(default=0)),
                ("spoken_at", models.DateTimeField(null=True)),
                ("speech_count", models.PositiveIntegerField(default=0)),
                ("exported_at", models.DateTimeField(null=True)),
                ("export_count", models.PositiveIntegerField(default=0)),
                ("provider_used_at", models.DateTimeField(null=True)),
                (
                    "voice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="use",
                        to="catalog.voice",
                    ),
                ),
            ],
            options={
                "db_table": "catalog_voiceuse",
                "indexes": [models.Index(fields=["last_at"], name="use_by_time")],
            },
        ),
        migrations.CreateModel(
            name="Vote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("voted_at", models.DateTimeField()),
                (
                    "comparison",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="votes",
                        to="catalog.comparison",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="votes",
                        to="catalog.comparedvoice",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="votes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("comparison", "user"), name="one_vote_for_a_person_and_round"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ListingKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "rights",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "Use"), (1, "Change"), (2, "Delete")]
                    ),
                ),
                (
                    "credential",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="listings",
                        to="catalog.credential",
                    ),
                ),
                (
                    "key_set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entries",
                        to="catalog.keyset",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("key_set", "credential"), name="one_entry_per_key_and_set"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="credential",
            constraint=models.UniqueConstraint(
                condition=models.Q(("owner", None)),
                fields=("team", "provider"),
                name="one_built_in_key_per_provider",
            ),
        ),
        migrations.RunPython(add_triggers, remove_triggers),
    ]

"""Rules that no linter checks: sizes, names, and what templates and layers can do."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest
from django.apps import apps

from catalog.models import User
from catalog.providers.registry import all_infos
from catalog.services.teams.members import BELONGINGS

ROOT = Path(__file__).resolve().parent.parent
CODE = [
    path
    for folder in ("catalog", "voiceboard", "scripts")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SERVICES = sorted((ROOT / "catalog" / "services").rglob("[a-z]*.py"))
VIEWS = sorted((ROOT / "catalog" / "views").rglob("[a-z]*.py"))
# Only a provider's adapter and sandbox can mention it by name, and the demo's story.
OF_ONE_PROVIDER = ("adapters", "sandbox", "demo")
GENERAL = [path for path in CODE if not set(path.parts) & set(OF_ONE_PROVIDER)]
TOO_VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "handler", "data"}


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def found_in(paths: list[Path], pattern: str) -> list[str]:
    """Return the files that match the pattern, with the line of the first match."""
    return [
        f"{short(path)}:{path.read_text().count(chr(10), 0, found.start()) + 1}"
        for path in paths
        if (found := re.search(pattern, path.read_text()))
    ]


def layer_of(path: Path) -> str:
    """Return the layer of a module: the folder or module directly below its top level."""
    return path.relative_to(ROOT).parts[1]


def functions_of(path: Path) -> list[ast.FunctionDef]:
    """Return the public functions at the top of a module."""
    return [
        node
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


def test_code_files_are_short_and_have_meaningful_names():
    assert [short(path) for path in CODE if len(path.read_text().splitlines()) > 400] == []
    assert [short(path) for path in CODE if path.stem.strip("_") in TOO_VAGUE] == []


def test_a_template_part_starts_with_a_comment_about_what_it_needs():
    parts = [path for path in TEMPLATES if path.name[0] == "_" or path.parent.name == "parts"]

    assert parts
    assert found_in(parts, r"\A(?!\{# (?:(?!#\})[\s\S])+\. #\}\n)") == []


def test_templates_have_short_lines_and_one_block_element_per_line():
    block = r"<(?:div|section|form|ul|ol|table|tr|fieldset|details|nav|header|main|dl)\b"

    # A block element starts its line, so a line has at most one.
    assert TEMPLATES
    assert found_in(TEMPLATES, r"(?m)^.{121}") == []
    assert found_in(TEMPLATES, r"(?m)[ \t]$|\t") == []
    assert found_in(TEMPLATES, r"(?m)^.*\S.*" + block) == []


def test_templates_compare_no_literal_strings_and_mark_nothing_safe():
    assert found_in(TEMPLATES, r"\{% (?:el)?if [^%]*[=!]=\s*[\"']") == []
    assert found_in(TEMPLATES, r"\|\s*safe\b|autoescape|\bstyle=|\bon[a-z]+=\"") == []


# ARCHITECTURE.md lists the nouns. Modules and packages of a layer are named by them.
NOUNS = set(re.findall(r"^\| `(\w+)` \| ", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE))
NOUN_LAYERS = ("models", "queries", "services", "forms", "views", "jobs")
# Modules that the nouns of a layer share.
SHARED = {"base"}
SHARED_BY_VIEWS = {"context_processors", "errors", "middleware"}


@pytest.mark.parametrize("layer", NOUN_LAYERS)
def test_modules_are_named_by_the_nouns(layer):
    parts = {path.stem for path in (ROOT / "catalog" / layer).iterdir()} - {
        "__init__",
        "__pycache__",
    }
    allowed = NOUNS | SHARED | (SHARED_BY_VIEWS if layer == "views" else set())

    assert len(NOUNS) > 20
    assert sorted(parts - allowed) == []


def test_template_folders_are_named_by_the_nouns():
    folders = {path.name for path in (ROOT / "templates" / "catalog").iterdir()}

    assert sorted(folders - NOUNS) == []


def test_class_names_are_unique():
    # These names are looked up by a registry or by Django, so several modules have them.
    by_convention = {"Adapter", "Command", "Provider"}
    names = Counter(
        node.name
        for path in CODE
        if "scripts" not in path.parts
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef)
    )

    assert [name for name, count in names.items() if count > 1 and name not in by_convention] == []


def test_function_names_are_unique_within_a_layer():
    names = Counter(
        (layer_of(path), node.name)
        for path in GENERAL
        if "scripts" not in path.parts
        for node in functions_of(path)
    )

    assert [name for name, count in names.items() if count > 1] == []


def test_a_service_takes_the_actor_first_and_keyword_arguments_otherwise():
    services = [service for path in SERVICES for service in functions_of(path)]

    assert services
    assert [each.name for each in services if len(each.args.args) > 1] == []
    assert [each.name for each in services if each.returns is None] == []


def test_a_task_takes_ids_as_keyword_arguments_and_has_its_function_s_name():
    path = ROOT / "catalog" / "tasks.py"
    tasks = [node for node in functions_of(path) if node.name.endswith("_task")]
    named = re.findall(r'@shared_task\(name="catalog\.(\w+)"\)\ndef (\w+)_task\(', path.read_text())

    assert sorted(f"{name}_task" for _, name in named) == sorted(task.name for task in tasks)
    assert all(name == function for name, function in named)
    for task in tasks:
        assert task.args.args == [], task.name
        for argument in task.args.kwonlyargs:
            assert argument.arg.endswith("_id"), task.name
            assert ast.unparse(argument.annotation) in {"int", "str"}, task.name


def test_a_view_reads_through_visible_to_and_writes_nothing_itself():
    assert VIEWS
    assert found_in(VIEWS, r"\.objects\b(?!\.visible_to\()") == []
    assert found_in(VIEWS, r"transaction|\.save\(|\.delete\(|\.create\(") == []


@pytest.mark.parametrize("info", all_infos(), ids=lambda info: info.slug)
def test_only_its_adapter_and_sandbox_mention_a_provider(info):
    # A built-in provider's name is also an ordinary word, so only its quoted slug counts.
    name = f'"{info.slug}"' if info.is_built_in else info.slug

    assert found_in(GENERAL, f"(?i){name}") == []


def test_code_never_queries_all_teams_of_a_person():
    # Team.objects.visible_to limits people to the team they work in, not all of their teams.
    assert found_in(CODE, "memberships__user") == []


def test_code_reads_no_suspended_memberships_by_a_join():
    # Membership.objects and team.memberships leave them out; a join from another table doesn't.
    assert found_in(CODE, "memberships__") == []


def test_locked_rows_can_still_be_referred_to():
    # Without no_key, storing a row that refers to the locked one waits, which can be a deadlock.
    assert found_in(CODE, r"select_for_update\((?![^)]*\)?[^)]*no_key=True)") == []


# What happens to each reference to a person when they leave a team.
WIPED = {"Credential.owner", "Membership.user"}
REVOKED = {"ApiToken.user"}
HISTORY = {
    "ApiToken.revoked_by",
    "AuditEntry.actor",
    "Charge.person",
    "CleanupPlan.approved_by",
    "CleanupPlan.called_off_by",
    "CleanupPlan.drawn_up_by",
    "CloneJob.requested_by",
    "CloneBatch.asked_by",
    "Comparison.made_by",
    "EndHook.made_by",
    "EndNotice.announced_by",
    "Evacuation.approved_by",
    "Evacuation.canceled_by",
    "Evacuation.made_by",
    "Evacuation.started_by",
    "Evacuation.undone_by",
    "Consent.attested_by",
    "ConsentRequest.asked_by",
    "ConsentRequest.decided_by",
    "Invitation.made_by",
    "Invitation.used_by",
    "Keep.kept_by",
    "Note.author",
    "PasswordLink.made_by",
    "PlannedDeletion.kept_by",
    "PlannedDeletion.responsible",
    "Protection.set_by",
    "Share.made_by",
    "Synthesis.requested_by",
    "TwinPair.decided_by",
    "VoiceSettings.asked_by",
    "Withdrawal.approved_by",
    "Withdrawal.canceled_by",
    "Withdrawal.requested_by",
}
STAYS_PERSONAL = {
    "Budget.person",
    "BundleImport.user",
    "Mail.user",
    "PasswordLink.user",
    "Notification.user",
    "NotificationChoice.user",
    "Preference.user",
    "UserVersion.user",
    "Rating.user",
    "Selection.user",
    "SoundQuery.owner",
    "Star.user",
    "Vote.user",
}


def test_every_reference_to_a_person_is_handled_when_the_person_leaves():
    links = {
        f"{model.__name__}.{field.name}"
        for model in apps.get_app_config("catalog").get_models()
        for field in model._meta.get_fields()
        if field.concrete and field.related_model is User
    }
    # Add a new reference to BELONGINGS in services/teams/members.py, or to a set above.
    handed = {f"{each.model.__name__}.{each.owner_field}" for each in BELONGINGS}

    assert links == WIPED | REVOKED | HISTORY | STAYS_PERSONAL | handed | {
        "Collection.maintainers",
        "KeySet.last_owner",
    }


def test_code_has_no_mark_safe_no_signals_on_save_and_no_todos():
    assert found_in(CODE, r"mark_safe|SafeText") == []
    assert found_in(CODE, r"\b(?:pre|post)_(?:save|delete|init)\b|def save\(") == []
    assert found_in(CODE, r"\bTODO\b|\bFIXME\b|\bXXX\b") == []

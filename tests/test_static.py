"""Rules for templates and static files that the strict CSP and hashed names depend on."""

import gzip
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.management import call_command
from django.test import override_settings

from catalog.core.static_files import join_sheets
from catalog.providers.registry import all_infos
from voiceboard import settings as product

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
# Scripts that only some pages load, through data-module, and their imports.
PAGE_SCRIPTS = {
    "bulk.js", "consents.js", "deck.js", "drop.js", "files.js", "meter.js", "narrow.js",
    "recorder.js", "samples.js", "sliders.js", "sounds.js", "speech.js", "steps.js", "teams.js",
    "upload.js",
}  # fmt: skip
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SHEETS = sorted((STATIC / "css").glob("*.css"))
OUR_TEXTS = [*TEMPLATES, *SCRIPTS, *SHEETS, *sorted(STATIC.glob("*.svg"))]
VENDORED = json.loads((STATIC / "vendor/vendor.json").read_text())

# The htmx 4 attributes that we use. Those of htmx 2 (hx-disabled-elt, hx-ext) have no effect.
HTMX_NAMES = {
    "hx-boost", "hx-boost:inherited", "hx-disable", "hx-get", "hx-history-elt", "hx-include",
    "hx-indicator", "hx-morph-skip", "hx-post", "hx-preserve", "hx-push-url", "hx-select",
    "hx-status:422", "hx-swap", "hx-sync", "hx-target", "hx-trigger", "hx-vals",
}  # fmt: skip
SWAP_STYLES = {"innerHTML", "outerHTML", "innerMorph", "outerMorph", "outerSync", "beforeend",
               "afterbegin", "none", "delete", "textContent"}  # fmt: skip
OUTSIDE = re.compile(r"(?:https?:)?//(?!www\.w3\.org/2000/svg)[a-z0-9-]+\.[a-z]", re.IGNORECASE)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        # A macro may hold the attributes for a tag of the template that calls it.
        if attributes := dict(re.findall(r'([\w:-]+)="([^"]*)"', data)):
            self.found.append(("attributes", attributes))


def read_tags(path: Path) -> list[tuple[str, dict[str, str]]]:
    """Return the tags of a template with their attributes, ignoring its conditions."""
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    valued = re.sub(r"\{\{.*?\}\}", "value", text, flags=re.DOTALL)
    parser = _Tags()
    parser.feed(re.sub(r"\{%.*?%\}", "", valued, flags=re.DOTALL))
    return parser.found


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def zipped_size(*contents: bytes) -> int:
    return sum(len(gzip.compress(content, mtime=0)) for content in contents)


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_template_needs_nothing_that_the_csp_forbids(template: Path) -> None:
    tags = read_tags(template)

    inline = [
        (tag, name)
        for tag, attributes in tags
        for name in attributes
        if name == "style" or name.startswith(("on", "hx-on"))
    ]
    embedded = [tag for tag, found in tags if tag == "style" or (tag == "script" and not found)]
    evaluated = [
        value
        for _, attributes in tags
        for name, value in attributes.items()
        if re.match(r"(js|javascript):", value) or (name == "hx-trigger" and "[" in value)
    ]

    assert (inline, embedded, evaluated) == ([], [], [])


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_template_uses_htmx_4_attributes(template: Path) -> None:
    tags = read_tags(template)

    unknown = {name for _, found in tags for name in found if name.startswith("hx-")} - HTMX_NAMES
    styles = {found["hx-swap"].split()[0] for _, found in tags if found.get("hx-swap")}
    # On a container, hx-boost="false" has no effect on the links inside.
    ineffective = [tag for tag, found in tags if "hx-boost" in found and tag not in {"a", "form"}]

    assert (unknown, styles - SWAP_STYLES, ineffective) == (set(), set(), [])


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_template_works_without_scripts(template: Path) -> None:
    requesting = [
        (tag, found) for tag, found in read_tags(template) if {"hx-get", "hx-post"} & found.keys()
    ]

    helpless = [
        (tag, found.get("hx-get") or found.get("hx-post"))
        for tag, found in requesting
        if not any(found.get(name) for name in ("href", "action", "formaction"))
        and "every" not in found.get("hx-trigger", "")
    ]

    assert helpless == []


@pytest.mark.parametrize("path", OUR_TEXTS, ids=name_of)
def test_file_contains_no_external_url(path: Path) -> None:
    assert OUTSIDE.findall(path.read_text()) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_script_uses_htmx_4_events_and_never_evaluates(script: Path) -> None:
    text = script.read_text()

    old_events = re.findall(r"htmx:[a-z]+[A-Z]\w*", text)
    evaluated = re.findall(r"\beval\(|new Function\(|setAttribute\(\s*[\"']style|innerHTML", text)

    assert (old_events, evaluated) == ([], [])


def test_templates_refer_only_to_static_files_that_exist() -> None:
    named = {
        name
        for template in TEMPLATES
        for name in re.findall(r"""\bstatic\(["']([^"']+)["']""", template.read_text())
    }

    assert {"js/app.js", "js/bulk.js"} <= named
    assert {name for name in named if not (STATIC / name).is_file()} == set()


def test_icons_used_by_templates_and_scripts_are_in_the_sprite() -> None:
    sprite = ElementTree.parse(STATIC / "icons.svg").getroot()  # noqa: S314  (our own file)
    drawn = {symbol.get("id") for symbol in sprite}

    named = {
        name
        for path in [*TEMPLATES, *SCRIPTS]
        for name in re.findall(r"""\bicon\(["']([a-z0-9-]+)["']""", path.read_text())
    }

    assert named
    assert named - drawn == set()


@pytest.mark.parametrize("line", VENDORED, ids=lambda line: str(line["file"]))
def test_vendored_file_matches_its_hash(line: dict[str, str]) -> None:
    content = (STATIC / line["file"]).read_bytes()

    assert hashlib.sha256(content).hexdigest() == line["sha256"]
    assert b"sourceMappingURL" not in content


def test_every_vendored_file_is_listed() -> None:
    folders = [STATIC / "vendor", STATIC / "fonts"]
    present = {str(path.relative_to(STATIC)) for folder in folders for path in folder.iterdir()}

    listed = {line["file"] for line in VENDORED} | {"vendor/vendor.json"}

    assert present - listed == set()


def read_imports() -> dict[str, set[str]]:
    pattern = r"""(?:from|import\()\s*["']\./([\w-]+\.js)["']"""
    return {path.name: set(re.findall(pattern, path.read_text())) for path in SCRIPTS}


def test_script_imports_have_no_cycles() -> None:
    # Hashed names need an order, and the static storage fails on a cycle.
    imports = read_imports()
    settled: set[str] = set()

    while ready := {name for name in imports.keys() - settled if imports[name] <= settled}:
        settled |= ready

    assert imports["app.js"]
    assert imports.keys() - settled == set()


def test_pages_do_not_load_scripts_that_only_one_page_needs() -> None:
    imports = read_imports()

    others = [names for name, names in imports.items() if name not in PAGE_SCRIPTS]
    assert {name for names in others for name in names} & PAGE_SCRIPTS == set()


def test_the_first_visit_stays_within_its_size_limits() -> None:
    pages = [path.read_bytes() for path in SCRIPTS if path.name not in PAGE_SCRIPTS]
    module = [path.read_bytes() for path in SCRIPTS if path.name in PAGE_SCRIPTS]
    htmx, icons, logo = [
        (STATIC / name).read_bytes()
        for name in ("vendor/htmx-4.0.1.min.js", "icons.svg", "logo.svg")
    ]

    assert zipped_size(htmx, *pages) <= 25 * 1024
    assert max(zipped_size(script) for script in module) <= 4.5 * 1024
    assert zipped_size(join_sheets(STATIC / "css").encode()) <= 14 * 1024
    assert zipped_size(icons, logo) <= 4 * 1024
    assert (STATIC / "fonts/instrument-sans-latin.woff2").stat().st_size <= 32 * 1024


def test_every_provider_has_its_color_in_the_stylesheet() -> None:
    rules = set(re.findall(r"\.hue-(\d+) \{", (STATIC / "css/hues.css").read_text()))

    assert {str(info.hue) for info in all_infos()} - rules == set()


def test_every_stylesheet_is_imported_and_every_used_property_is_defined() -> None:
    whole = join_sheets(STATIC / "css")
    scripts = "".join(path.read_text() for path in SCRIPTS)

    imported = re.findall(r'@import "([^"]+)";', (STATIC / "css/app.css").read_text())
    assert sorted(imported) == [path.name for path in SHEETS if path.name != "app.css"]
    set_by_scripts = set(re.findall(r'"(--[\w-]+)"', scripts))
    set_somewhere = set(re.findall(r"(--[\w-]+):", whole)) | set_by_scripts
    used = set(re.findall(r"var\((--[\w-]+)", whole))
    assert used == set_somewhere


@pytest.fixture(scope="module")
def collected(tmp_path_factory: Any) -> tuple[Path, dict[str, str]]:
    """Return the folder of the collected static files, and their hashed names."""
    folder = tmp_path_factory.mktemp("static")
    with override_settings(STORAGES=product.STORAGES, STATIC_ROOT=folder):
        call_command("collectstatic", interactive=False, verbosity=0)
    return folder, json.loads((folder / "staticfiles.json").read_text())["paths"]


def test_the_collected_stylesheet_includes_all_others_and_uses_hashed_names(collected: Any) -> None:
    folder, manifest = collected

    sheet = (folder / manifest["css/app.css"]).read_text()

    assert "@import" not in sheet
    assert ".hue-355{" in sheet
    assert "css/hues.css" not in manifest
    fonts = re.findall(r'url\("../(fonts/[^"]+)"\)', sheet)
    assert {f"fonts/{Path(name).name}" for name in fonts} <= set(manifest.values())
    assert len(fonts) == 2


def test_collected_scripts_import_each_other_by_hashed_names(collected: Any) -> None:
    tmp_path, manifest = collected

    entry = (tmp_path / manifest["js/app.js"]).read_text()
    named = set(re.findall(r"""from "\./([\w.-]+)";""", entry))
    assert named == {Path(manifest[f"js/{name}"]).name for name in read_imports()["app.js"]}

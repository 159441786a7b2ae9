"""The docs match the code: layers, settings, providers, and commands."""

import re
import tomllib
from pathlib import Path

import pytest

from catalog.providers.registry import all_infos
from tests.plugins.follow_guide import (
    EXAMPLE,
    add_provider,
    copy_tree,
    read_excerpts,
    run_suite,
)

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
README = (ROOT / "README.md").read_text()
THIRD_PARTY = (ROOT / "THIRD_PARTY.md").read_text().lower()
SETTINGS = "".join(
    (ROOT / "voiceboard" / name).read_text() for name in ("settings.py", "basics.py")
)
SETTINGS_PAGE = (DOCS / "operate" / "settings.md").read_text()
PAGES = sorted(DOCS.rglob("*.md"))
MOST_LINES_OF_THE_MAP = 200
MARKDOWN = [*sorted(ROOT.glob("*.md")), *PAGES]
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def catalog_modules() -> list[str]:
    """Return the app's folders (with a slash) and files as ARCHITECTURE.md writes them."""
    parts = []
    for path in sorted((ROOT / "catalog").iterdir()):
        if path.is_dir() and (path / "__init__.py").exists() and path.name != "migrations":
            parts.append(f"catalog/{path.name}/")
        elif path.suffix == ".py" and path.name not in {"__init__.py", "apps.py"}:
            parts.append(f"catalog/{path.name}")
    return parts


def settings_variables() -> list[str]:
    """Return every environment variable with a fixed name that the settings read."""
    return sorted(set(re.findall(r'env\.read_\w+\(\s*"([A-Z_]+)"', SETTINGS)))


@pytest.mark.parametrize("part", catalog_modules())
def test_architecture_md_names_every_part_of_the_app(part):
    assert f"`{part}`" in ARCHITECTURE


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`(catalog/[\w/]+\.py|\w+/\w+\.py)[`:]", ARCHITECTURE)))
)
def test_every_file_named_in_architecture_md_exists(path):
    places = [ROOT / path, ROOT / "catalog" / path, ROOT / "catalog" / "providers" / path]

    assert any(place.exists() for place in places)


@pytest.mark.parametrize("function", re.findall(r"`[\w/]+\.py::(\w+)", ARCHITECTURE))
def test_every_function_named_in_architecture_md_exists(function):
    code = "\n".join(path.read_text() for path in (ROOT / "catalog").rglob("*.py"))

    assert re.search(rf"(def|class) {function}\b", code)


def test_architecture_md_is_short():
    assert len(ARCHITECTURE.splitlines()) <= MOST_LINES_OF_THE_MAP


def test_architecture_md_lists_every_decision_in_order():
    reasons = (DOCS / "developers" / "decisions.md").read_text()
    stated = " ".join(ARCHITECTURE.partition("\n## Decisions\n")[2].split())
    areas = re.findall(r"(?<=\)\*\*: )(.+?)(?= \*\*\[|$)", stated)

    assert [decision for area in areas for decision in area.split(" · ")] == re.findall(
        r"^### (.+)$", reasons, re.MULTILINE
    )


@pytest.mark.parametrize("variable", settings_variables())
def test_every_setting_is_documented(variable):
    assert re.search(rf"^\| `{variable}` \|", SETTINGS_PAGE, re.MULTILINE)


def test_documented_defaults_of_numbers_and_switches_are_those_of_the_code():
    given = re.findall(
        r'env\.read_(?:number|flag)\(\s*"(\w+)",\s*(True|False|\d+)\s*[,)]', SETTINGS
    )
    shown = dict(re.findall(r"^\| `(\w+)` \| `(\d+)`", SETTINGS_PAGE, re.MULTILINE))
    digits = {"True": "1", "False": "0"}

    # One default is said in words.
    compared = {name: digits.get(value, value) for name, value in given if name in shown}

    assert len(compared) > 10
    assert compared == {name: shown[name] for name in compared}


def test_every_documented_setting_exists():
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", SETTINGS_PAGE, re.MULTILINE))
    addresses = {f"VOICEBOARD_{i.slug.upper()}_BASE_URL" for i in all_infos() if not i.is_built_in}

    assert named == {*settings_variables(), *addresses}


# Messages of Django, its packages, and PostgreSQL.
FOREIGN_MESSAGES = ("HTTP_HOST", "staticfiles manifest", "connection failed")


def test_every_message_that_troubleshooting_explains_exists():
    folders = (ROOT / "catalog", ROOT / "voiceboard")
    code = "".join(path.read_text() for folder in folders for path in folder.rglob("*.py"))
    code = re.sub(r'"\n\s*f?"', "", code)  # a message may take several lines
    rows = re.findall(r"^\| (.+?) \|", (DOCS / "operate" / "troubleshooting.md").read_text(), re.M)
    messages = [each for row in rows for each in re.findall(r"`([^`/]+ [^`]+)`", row)]
    ours = [each for each in messages if not any(word in each for word in FOREIGN_MESSAGES)]
    # What differs each time is written as "…", or is a number.
    parts = [part.strip() for each in ours for part in re.split("…|8000|VOICEBOARD_", each)]

    assert len(ours) > 15
    assert [part for part in parts if part not in code] == []


@pytest.mark.parametrize("info", all_infos(), ids=lambda info: info.slug)
def test_the_readme_lists_every_provider(info):
    assert re.search(rf"^\| {info.label} \|", README, re.MULTILINE)


def headings(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    lines = re.findall(r"^#+ (.+)$", _CODE.sub("", path.read_text()), re.MULTILINE)
    words = (re.sub(r"[^\w\s-]", "", line.lower()) for line in lines)
    return {word.strip().replace(" ", "-") for word in words}


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_works(page):
    for link in _LINK.findall(_CODE.sub("", page.read_text())):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page

        assert target.exists(), link
        assert not anchor or anchor in headings(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_the_index_links_every_page(page):
    index = DOCS / "README.md"
    links = {(DOCS / link).resolve() for link in _LINK.findall(index.read_text())}

    assert page == index or page in links


def test_the_provider_guide_quotes_existing_code():
    code = "\n".join(path.read_text() for path in EXAMPLE.glob("*.py"))
    excerpts = [each for each in read_excerpts() if not each.startswith("LISTS[")]

    assert len(excerpts) > 10
    assert [each for each in excerpts if each not in code] == []
    for excerpt in read_excerpts("json"):
        assert excerpt in [path.read_text() for path in (EXAMPLE / "fixtures").iterdir()]


def test_following_the_provider_guide_gives_a_provider_that_conforms(tmp_path):
    copy_tree(tmp_path)
    add_provider(tmp_path)
    done = run_suite(tmp_path)

    assert done.returncode == 0, done.stdout
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 150


KINDS_OF_CHANGES = {"Upgrading", "Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_changelog_has_a_dated_section_for_this_version_and_valid_headings():
    changelog = (ROOT / "CHANGELOG.md").read_text()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    releases = re.findall(r"^## (.+)$", changelog, re.MULTILINE)

    assert releases[0] == "Unreleased"
    assert releases[1].startswith(f"{version} - ")
    for release in releases[1:]:
        assert re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d{2}-\d{2}", release)
    assert set(re.findall(r"^### (.+)$", changelog, re.MULTILINE)) <= KINDS_OF_CHANGES
    for release in re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]:
        above = release.partition("\n### ")[0]
        # A merge can bring back entries that were already moved to a release. Remove those.
        assert not re.findall(r"^- .*", above, re.MULTILINE), "Put each entry under a ### heading."


def test_the_commands_in_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text()
    commands = re.findall(r"^make (\w+)$", README, re.MULTILINE)

    assert commands == ["start", "test"]
    for command in commands:
        assert re.search(rf"^{command}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_command_in_the_docs_exists(page):
    makefile = (ROOT / "Makefile").read_text()
    for command in re.findall(r"(?:^|`|[A-Z]=\S* )make ([a-z]+)", page.read_text(), re.MULTILINE):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE), command


def test_locked_dependencies_have_hashes_and_no_urls():
    for name in ("requirements.txt", "requirements-servers.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^[a-z0-9][\w.\-]*(?:\[[\w,\-]+\])?==\S+", text, re.MULTILINE)

        assert "://" not in text
        assert len(pins) > 30
        assert text.count("--hash=sha256:") > len(pins)


def locked_packages() -> list[str]:
    """Return the locked packages that the product needs at run time."""
    lock = (ROOT / "requirements.txt").read_text()
    return sorted(set(re.findall(r"^([a-z0-9][\w.-]*)==", lock, re.MULTILINE)))


@pytest.mark.parametrize("package", locked_packages())
def test_the_license_of_every_locked_package_is_listed(package):
    assert re.search(rf"(?<![\w-]){package}(?![\w-])", THIRD_PARTY)

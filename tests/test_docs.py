"""The documents name what is there: layers, settings, providers, commands."""

import re
from pathlib import Path

import pytest

from catalog.providers.registry import all_infos

ROOT = Path(__file__).resolve().parent.parent
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
README = (ROOT / "README.md").read_text()
THIRD_PARTY = (ROOT / "THIRD_PARTY.md").read_text().lower()
SETTINGS = (ROOT / "voiceboard" / "settings.py").read_text()


def catalog_modules() -> list[str]:
    """Return the parts of the app as the map writes them: a folder with a slash, or a file."""
    parts = []
    for path in sorted((ROOT / "catalog").iterdir()):
        if path.is_dir() and (path / "__init__.py").exists() and path.name != "migrations":
            parts.append(f"catalog/{path.name}/")
        elif path.suffix == ".py" and path.name not in {"__init__.py", "apps.py"}:
            parts.append(f"catalog/{path.name}")
    return parts


def settings_variables() -> list[str]:
    """Return every environment variable that the settings read by a fixed name."""
    return sorted(set(re.findall(r'env\.read_\w+\(\s*"([A-Z_]+)"', SETTINGS)))


@pytest.mark.parametrize("part", catalog_modules())
def test_the_map_names_every_part_of_the_app(part):
    assert f"`{part}`" in ARCHITECTURE


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`(catalog/[\w/]+\.py|\w+/\w+\.py)[`:]", ARCHITECTURE)))
)
def test_every_file_that_the_map_names_is_there(path):
    places = [ROOT / path, ROOT / "catalog" / path, ROOT / "catalog" / "providers" / path]

    assert any(place.exists() for place in places)


@pytest.mark.parametrize("function", re.findall(r"`[\w/]+\.py::(\w+)", ARCHITECTURE))
def test_every_function_of_the_walks_is_there(function):
    code = "\n".join(path.read_text() for path in (ROOT / "catalog").rglob("*.py"))

    assert re.search(rf"(def|class) {function}\b", code)


@pytest.mark.parametrize("variable", settings_variables())
def test_the_readme_explains_every_setting(variable):
    assert f"`{variable}`" in README


@pytest.mark.parametrize("info", all_infos(), ids=lambda info: info.slug)
def test_the_readme_says_what_works_with_every_provider(info):
    assert re.search(rf"^\| {info.label} \|", README, re.MULTILINE)
    setting = info.slug.upper() if info.is_built_in else f"{info.slug.upper()}_BASE_URL"
    assert f"`VOICEBOARD_{setting}`" in README


def test_the_two_commands_of_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text()
    commands = re.findall(r"^make (\w+)$", README, re.MULTILINE)

    assert commands == ["start", "test"]
    for command in commands:
        assert re.search(rf"^{command}:", makefile, re.MULTILINE)


def test_locked_dependencies_carry_hashes_and_no_addresses():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^[a-z0-9][\w.\-]*(?:\[[\w,\-]+\])?==\S+", text, re.MULTILINE)

        assert "://" not in text
        assert len(pins) > 30
        assert text.count("--hash=sha256:") > len(pins)


def locked_packages() -> list[str]:
    """Return the packages of the lock that the product runs with."""
    lock = (ROOT / "requirements.txt").read_text()
    return sorted(set(re.findall(r"^([a-z0-9][\w.-]*)==", lock, re.MULTILINE)))


@pytest.mark.parametrize("package", locked_packages())
def test_the_licence_of_every_locked_package_is_told(package):
    assert re.search(rf"(?<![\w-]){package}(?![\w-])", THIRD_PARTY)

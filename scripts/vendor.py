"""Copy the vendored front-end files from npm packages, and record their versions and licenses.

For maintainers; users of Voiceboard only need Python. Run ``npm pack`` for each of PACKAGES in an
empty folder, then ``python scripts/vendor.py FOLDER`` in the repository.
"""

import argparse
import hashlib
import json
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "static"
LIST = STATIC / "vendor" / "vendor.json"

ICONS = (
    "archive",
    "arrow-down",
    "arrow-up",
    "arrow-up-down",
    "audio-lines",
    "bell",
    "bookmark",
    "building",
    "check",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "circle",
    "circle-alert",
    "circle-check",
    "circle-question-mark",
    "circle-user",
    "circle-x",
    "clock",
    "copy",
    "download",
    "ellipsis",
    "ellipsis",
    "eraser",
    "file-audio",
    "folder-heart",
    "git-compare-arrows",
    "headphones",
    "info",
    "key-round",
    "keyboard",
    "layout-grid",
    "link",
    "list-checks",
    "list-music",
    "loader-circle",
    "lock",
    "log-in",
    "log-out",
    "mic",
    "monitor",
    "moon",
    "pause",
    "pencil",
    "play",
    "plus",
    "refresh-cw",
    "repeat",
    "rows-3",
    "search",
    "shield-check",
    "skip-back",
    "skip-forward",
    "sliders-horizontal",
    "star",
    "sun",
    "table-2",
    "tag",
    "trash-2",
    "triangle-alert",
    "undo-2",
    "upload",
    "users",
    "volume-2",
    "volume-x",
    "wand-sparkles",
    "x",
)


@dataclass(frozen=True, slots=True)
class Package:
    """An npm package that files are copied from.

    ``copies`` maps its paths to ours; ``icons`` are combined into one sprite.
    """

    name: str
    version: str
    licence: str
    tarball: str
    copies: dict[str, str]
    icons: tuple[str, ...] = ()


PACKAGES = (
    Package(
        name="htmx.org",
        version="4.0.1",
        licence="0BSD",
        tarball="htmx.org-4.0.1.tgz",
        copies={
            "dist/htmx.min.js": "vendor/htmx-4.0.1.min.js",
            "LICENSE": "vendor/htmx-LICENSE.txt",
        },
    ),
    Package(
        name="@fontsource-variable/instrument-sans",
        version="5.3.0",
        licence="OFL-1.1",
        tarball="fontsource-variable-instrument-sans-5.3.0.tgz",
        copies={
            "files/instrument-sans-latin-wght-normal.woff2": "fonts/instrument-sans-latin.woff2",
            "files/instrument-sans-latin-ext-wght-normal.woff2": (
                "fonts/instrument-sans-latin-ext.woff2"
            ),
            "LICENSE": "fonts/instrument-sans-LICENSE.txt",
        },
    ),
    Package(
        name="lucide-static",
        version="1.62.0",
        licence="ISC and MIT",
        tarball="lucide-static-1.62.0.tgz",
        copies={"LICENSE": "vendor/lucide-LICENSE.txt"},
        icons=ICONS,
    ),
)


def read_member(tarball: tarfile.TarFile, path: str) -> bytes:
    """Return one file of an npm tarball, where everything is under package/."""
    member = tarball.extractfile(f"package/{path}")
    if member is None:
        raise FileNotFoundError(path)
    return member.read()


def strip_source_map(content: bytes) -> bytes:
    """Remove the source map reference, which the hashed static storage would follow."""
    return re.sub(rb"\n?//# sourceMappingURL=\S+\s*$", b"", content)


def build_sprite(tarball: tarfile.TarFile, names: tuple[str, ...]) -> bytes:
    """Combine the icons into one SVG with a symbol per icon."""
    symbols = []
    for name in names:
        drawing = read_member(tarball, f"icons/{name}.svg").decode()
        inside = drawing[drawing.index(">", drawing.index("<svg")) + 1 : drawing.rindex("</svg>")]
        shapes = " ".join(inside.split()).replace(" />", "/>").replace("> <", "><")
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    body = "\n".join(symbols)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n'.encode()


def write_file(package: Package, source: str, target: str, content: bytes) -> dict[str, str]:
    """Write a file under static/ and return its entry for the list."""
    path = STATIC / target
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return {
        "file": target,
        "package": package.name,
        "version": package.version,
        "source": source,
        "licence": package.licence,
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def copy_package(package: Package, folder: Path) -> list[dict[str, str]]:
    """Copy the files used from one package and return their entries for the list."""
    with tarfile.open(folder / package.tarball) as tarball:
        lines = [
            write_file(package, source, target, strip_source_map(read_member(tarball, source)))
            for source, target in package.copies.items()
        ]
        if package.icons:
            sprite = build_sprite(tarball, package.icons)
            lines.append(write_file(package, "icons/*.svg", "icons.svg", sprite))
    return lines


def main() -> None:
    """Vendor every package from the folder given on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where npm pack put the tarballs")
    folder = parser.parse_args().folder
    lines = [line for package in PACKAGES for line in copy_package(package, folder)]
    LIST.write_text(json.dumps(lines, indent=2) + "\n")


if __name__ == "__main__":
    main()

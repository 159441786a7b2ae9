"""Static files: hashed, compressed, with one stylesheet."""

import re
from pathlib import Path
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

_SHEET = "css/app.css"
_IMPORT = re.compile(r'@import "([\w-]+\.css)";')


class HashedStaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed and compressed static files, with rewritten imports between our scripts.

    The stylesheets imported by css/app.css are merged into it, so pages load a single one.
    """

    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Any:
        """Merge the stylesheets before the files get their hashed names."""
        if _SHEET in paths and not dry_run:
            source, name = paths[_SHEET]
            folder = Path(source.path(name)).parent
            Path(self.path(_SHEET)).write_text(join_sheets(folder), encoding="utf-8")
            joined = {path for path in paths if path.startswith("css/") and path != _SHEET}
            paths = {path: place for path, place in paths.items() if path not in joined}
            paths[_SHEET] = (self, _SHEET)
        yield from super().post_process(paths, dry_run, **options)


def join_sheets(folder: Path) -> str:
    """Return css/app.css with its imports inlined, without comments and needless spaces."""
    entry = (folder / "app.css").read_text(encoding="utf-8")
    whole = _IMPORT.sub(lambda found: (folder / found[1]).read_text(encoding="utf-8"), entry)
    plain = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", whole, flags=re.DOTALL))
    tight = re.sub(r" ?([{};,]|(?<=[\w-]):(?= )) ?", r"\1", plain)
    return re.sub(r";+}", "}", tight).strip()

"""Find the endpoint for a method and a path."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import unquote

Target = TypeVar("Target")


class NoSuchPath(Exception):
    """No endpoint has this path."""


class NoSuchMethod(Exception):
    """The path exists, but not for this method."""


@dataclass(frozen=True, slots=True)
class RouteMatch(Generic[Target]):
    """A matched endpoint with the values of the variable path segments."""

    target: Target
    values: dict[str, str]


class Routes(Generic[Target]):
    """A table of endpoints; the first match wins."""

    def __init__(self, rows: Iterable[tuple[str, str, Target]]) -> None:
        """Rows contain method, template such as ``/v1/voices/{voice_id}``, and endpoint."""
        self._rows = [(method, _pattern(template), target) for method, template, target in rows]

    def find(self, method: str, path: str) -> RouteMatch[Target]:
        """Return the endpoint; HEAD uses GET's. Raises NoSuchPath or NoSuchMethod."""
        wanted = "GET" if method == "HEAD" else method
        is_known = False
        for row_method, pattern, target in self._rows:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            if row_method == wanted:
                values = {name: unquote(value) for name, value in found.groupdict().items()}
                return RouteMatch(target, values)
            is_known = True
        raise NoSuchMethod if is_known else NoSuchPath


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    # Every second part is the name of a variable segment.
    return re.compile(
        "".join(
            f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part)
            for index, part in enumerate(parts)
        )
    )

"""What no process may start without: a database of this version, and its master key."""

import sys

from django.db import DatabaseError


def refuse_unfit() -> None:
    """End the process with one sentence where it must not run; the apps have to be loaded."""
    from catalog.core.crypto import KeyProblem  # noqa: PLC0415  (needs loaded apps, like those below)
    from catalog.core.schema_version import find_misfit  # noqa: PLC0415
    from catalog.models.credentials.key_rotation import verify_key_ring  # noqa: PLC0415

    try:
        if words := find_misfit():
            sys.exit(words)
        verify_key_ring()
    except DatabaseError as exc:
        # Its own words may name host, person and database.
        sys.exit(f"The database does not answer ({type(exc).__name__}), so nothing starts.")
    except KeyProblem as exc:
        sys.exit(str(exc))

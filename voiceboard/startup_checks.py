"""What every process requires to start: a matching database, its master key, and fitting hosts."""

import sys

from django.db import DatabaseError


def refuse_unfit() -> None:
    """Exit with a message if the process must not run; requires loaded apps."""
    from catalog.core.clock import database_now  # noqa: PLC0415
    from catalog.core.crypto import KeyProblem  # noqa: PLC0415  (needs loaded apps, like those below)
    from catalog.core.schema_version import find_misfit  # noqa: PLC0415
    from catalog.jobs.health.hosts import HostsDiffer, join_hosts  # noqa: PLC0415
    from catalog.models.credentials.key_rotation import verify_key_ring  # noqa: PLC0415

    try:
        if words := find_misfit():
            sys.exit(words)
        verify_key_ring()
        join_hosts(database_now())
    except DatabaseError as exc:
        # Its own message may contain host, user, and database names.
        sys.exit(f"The database isn't responding ({type(exc).__name__}). Check DATABASE_URL.")
    except (KeyProblem, HostsDiffer) as exc:
        sys.exit(str(exc))

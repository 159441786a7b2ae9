"""Recognize that the database server is away, which is soon over."""

from django.db import InterfaceError, OperationalError, connection


def is_away(problem: BaseException | None) -> bool:
    """Return whether the error means that the database server doesn't respond.

    SQLite is a file of this host: its errors don't pass with time.
    """
    is_of_server = isinstance(problem, OperationalError | InterfaceError)
    return is_of_server and connection.vendor != "sqlite"

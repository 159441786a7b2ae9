import fcntl
import os
import socket
import time

import pytest

from catalog.core.process_lock import CannotStart, only_one
from voiceboard.locks import check_port


def test_a_second_supervisor_on_the_same_data_directory_is_refused(tmp_path):
    with (
        only_one(tmp_path),
        pytest.raises(CannotStart, match=f"already running on .*process {os.getpid()}"),
        only_one(tmp_path),
    ):
        pass


def test_a_data_directory_is_free_again_after_its_supervisor_ended(tmp_path):
    with only_one(tmp_path):
        pass

    with only_one(tmp_path) as lock:
        assert lock


def test_a_new_supervisor_waits_for_processes_of_a_killed_one(tmp_path, monkeypatch):
    holder = (tmp_path / "processes.lock").open("w")
    fcntl.flock(holder, fcntl.LOCK_EX)
    monkeypatch.setattr(time, "sleep", lambda _seconds: holder.close())

    with only_one(tmp_path):
        was_waited_for = holder.closed

    assert was_waited_for


def test_a_port_in_use_is_reported_with_the_variable_that_changes_it():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(CannotStart, match=f"Port {port} .*in use.*EXAMPLE_PORT={port + 1}"):
            check_port(port, "EXAMPLE_PORT")


def test_a_free_port_is_accepted():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    check_port(port, "EXAMPLE_PORT")

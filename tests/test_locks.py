import fcntl
import os
import socket
import time

import pytest

from voiceboard.locks import CannotStart, check_port, only_one


def test_a_data_directory_has_one_supervisor_and_the_second_is_told_so(tmp_path):
    with (
        only_one(tmp_path),
        pytest.raises(CannotStart, match=f"already running on .*process {os.getpid()}"),
        only_one(tmp_path),
    ):
        pass


def test_a_data_directory_is_free_again_after_its_supervisor(tmp_path):
    with only_one(tmp_path):
        pass

    with only_one(tmp_path) as lock:
        assert lock


def test_what_a_killed_supervisor_left_is_waited_for(tmp_path, monkeypatch):
    holder = (tmp_path / "processes.lock").open("w")
    fcntl.flock(holder, fcntl.LOCK_EX)
    monkeypatch.setattr(time, "sleep", lambda _seconds: holder.close())

    with only_one(tmp_path):
        was_waited_for = holder.closed

    assert was_waited_for


def test_a_port_in_use_is_said_with_the_variable_that_changes_it():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(CannotStart, match=f"Port {port} .*in use.*EXAMPLE_PORT={port + 1}"):
            check_port(port, "EXAMPLE_PORT")


def test_a_free_port_is_fine():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    check_port(port, "EXAMPLE_PORT")

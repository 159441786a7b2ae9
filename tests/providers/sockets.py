"""A raw socket server, for responses that no proper server would send."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Answer = Callable[[socket.socket, bytes], None]


@contextmanager
def listening(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve every connection with the function. Yields the server's origin."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, answer, tls))
        thread.start()
        scheme = "http" if tls is None else "https"
        try:
            yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listener: socket.socket, answer: Answer, tls: ssl.SSLContext | None) -> None:
    threads: list[threading.Thread] = []
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            break
        threads.append(threading.Thread(target=_answer, args=(connection, answer, tls)))
        threads[-1].start()
    for thread in threads:
        thread.join()


def _answer(connection: socket.socket, answer: Answer, tls: ssl.SSLContext | None) -> None:
    connection.settimeout(10)
    try:
        with tls.wrap_socket(connection, server_side=True) if tls else connection as stream:
            answer(stream, stream.recv(65536))
    except OSError:
        # The client closed the connection, as most of these tests expect.
        connection.close()


def saying(*parts: bytes) -> Answer:
    """Answer any request with the parts, then close the connection."""

    def answer(connection: socket.socket, request: bytes) -> None:
        for part in parts:
            connection.sendall(part)

    return answer


def dripping(start: bytes, drop: bytes, times: int, end: bytes) -> Answer:
    """Send the start, then a drop every 20 ms the given number of times, then the end."""
    pause = threading.Event()

    def answer(connection: socket.socket, request: bytes) -> None:
        connection.sendall(start)
        for _ in range(times):
            pause.wait(0.02)
            connection.sendall(drop)
        connection.sendall(end)

    return answer

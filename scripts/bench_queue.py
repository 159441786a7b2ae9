"""Measure the delay between sending a message to the embedded queue and its start on a worker.

python scripts/bench_queue.py [MESSAGES]

Uses one worker with two processes; messages are sent 4 per second, then as fast as possible.
"""

import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from catalog.core.transport import queue_url  # noqa: E402
from tests.servers.processes import in_time  # noqa: E402
from tests.servers.workers import Workers  # noqa: E402

PAUSE_SECONDS = 0.25


def main() -> None:
    """Print the median and 95th percentile of the delay, and the messages per second."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 120
    with tempfile.TemporaryDirectory() as name, Workers(_address(name), Path(name)) as workers:
        workers.start()
        workers.send("first")
        in_time(lambda: bool(workers.lines_of("end")))
        sent_at = {}
        for number in range(count):
            sent_at[workers.send(f"{number}")] = time.time()
            time.sleep(PAUSE_SECONDS)
        in_time(lambda: len(workers.lines_of("end")) == count + 1)
        begun_at = _read_starts(workers.record)
        waits = sorted(begun_at[name] - at for name, at in sent_at.items())
        started = time.monotonic()
        for number in range(count):
            workers.send(f"again-{number}")
        in_time(lambda: len(workers.lines_of("end")) == 2 * count + 1)
        seconds = time.monotonic() - started
    median, late = (1000 * waits[int(part * len(waits))] for part in (0.5, 0.95))
    sys.stdout.write(f"wait: {median:.0f} ms in the median, {late:.0f} ms at the 95th percentile\n")
    sys.stdout.write(f"throughput: {count / seconds:.0f} messages a second\n")


def _address(folder: str) -> str:
    return queue_url(Path(folder) / "queue")


def _read_starts(record: Path) -> dict[str, float]:
    words = [line.split() for line in record.read_text().splitlines()]
    return {name: float(at) for kind, name, at in words if kind == "begin"}


if __name__ == "__main__":
    main()

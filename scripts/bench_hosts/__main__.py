"""Measure two hosts that share PostgreSQL, Redis, and a bucket in Swift against one.

    python scripts/bench_hosts [memory] [pages] [clones] [deaths] [files] [crowd]

Each host is pinned to a core of its own, and everything else may run on any core. Almost all
figures are ratios within one run, because other work on the machine changes the times.
"""

import asyncio
import io
import os
import random
import signal
import statistics
import sys
import threading
import time
import uuid
import wave
from collections.abc import Callable, Sequence

import httpx
from pair import (
    WORKERS,
    Connection,
    Site,
    in_time,
    kill_process_group,
    list_tree,
    opened,
    read_pss,
)

from catalog.providers.registry import all_infos
from tests.e2e.sandbox import ADD_VOICE, USUAL

PROVIDERS = ",".join(info.slug for info in all_infos() if not info.is_built_in)
PATHS = [
    "/voices/?gender=female",
    "/voices/?q=warm",
    "/voices/?language=en&gender=male",
    "/voices/?q=calm&gender=female",
    "/voices/?sort=name&page=2",
]
CLONES, PEOPLE, UPLOADERS = 100, 100, 10
TRIES, DYING_ACCOUNT = 3, "full-11"


def say(figure: str, value: str) -> None:
    """Print a row of the table."""
    sys.stdout.write(f"| {figure} | {value} |\n")
    sys.stdout.flush()


# Memory


def measure_memory(_: Site) -> None:
    """Print what a host takes that runs everything, and one that serves pages or works only."""
    with opened(is_demo=False) as site:
        _measure_memory(site)


def _measure_memory(site: Site) -> None:
    everything = ("web", *WORKERS)
    for what, names in (("everything", everything), ("web", ("web",)), ("workers", WORKERS)):
        leader = site.start(0, *names, is_pinned=False)
        if "web" in names:
            with site.visit(0) as browser:
                for _ in PATHS:
                    browser.get("/account/login/")
        time.sleep(20)
        tree = list_tree(leader.pid)
        total = sum(map(read_pss, tree)) / 1000
        say(f"a host with {what}, PostgreSQL, Redis, and S3, MB", f"{total:.0f} in {len(tree)}")
        site.stop()


# Pages and clones


def measure_pages(site: Site) -> None:
    """Print how many more filter requests two hosts answer than one, and at what price."""
    site.fill()
    found = []
    for count in (1, 2):
        for number in range(count):
            site.start(number, "web")
        ask_all(site, range(count), seconds=3)
        before = site.cpu()
        answers, seconds = ask_all(site, range(count), seconds=15)
        found.append((answers / seconds, (site.cpu() - before) / answers))
        site.stop()
    (one, one_cpu), (two, two_cpu) = found
    say("filter requests per second, one host", f"{one:.0f}")
    say("two hosts / one host", f"{two / one:.2f}")
    say("CPU time of a filter request, two hosts / one host", f"{two_cpu / one_cpu:.2f}")


def measure_clones(site: Site) -> None:
    """Print how many more clones two hosts make than one, and at what price."""
    # One clone at a time is made in an account, so there are enough of them.
    clones = site.hosts[1].converse("tests.servers.clones", site.address, PROVIDERS, "20")
    clones.say("running")
    found = []
    for count in (1, 2):
        for number in range(count):
            site.start(number, "jobs", "schedule")
        time.sleep(10)
        before, start = site.cpu(), time.monotonic()
        clones.say(f"ask {CLONES}")
        if not in_time(lambda: clones.say("running") == 0, 600):
            raise SystemExit("Not all clones were made.")
        seconds = time.monotonic() - start
        found.append((60 * CLONES / seconds, (site.cpu() - before) / CLONES))
        site.stop()
    (one, one_cpu), (two, two_cpu) = found
    say("clones per minute, one host", f"{one:.0f}")
    say("two hosts / one host", f"{two / one:.2f}")
    say("CPU time of a clone, two hosts / one host", f"{two_cpu / one_cpu:.2f}")
    if losses := clones.say("report"):
        raise SystemExit("\n".join(losses))


def ask_all(site: Site, numbers: Sequence[int], seconds: float) -> tuple[int, float]:
    """Ask each host over 4 connections; return the number of answers, and the time."""
    start = time.monotonic()
    counts = asyncio.run(_ask_all(site, numbers, start + seconds))
    return sum(counts), time.monotonic() - start


async def _ask_all(site: Site, numbers: Sequence[int], end: float) -> list[int]:
    tasks = [_ask(site, number, place, end) for number in numbers for place in range(4)]
    return await asyncio.gather(*tasks)


async def _ask(site: Site, number: int, place: int, end: float) -> int:
    async with Connection(site, number) as connection:
        count = 0
        while time.monotonic() < end:
            await connection.get(PATHS[(count + place) % len(PATHS)])
            count += 1
        return count


# The death of a host


def measure_deaths(site: Site) -> None:
    """Print how long a clone rests whose host is killed while the provider makes it."""
    waits = []
    site.start(1, *WORKERS, is_pinned=False)
    time.sleep(5)
    clones = site.hosts[1].converse("tests.servers.clones", site.address, USUAL, "1")
    site.stop()
    for _ in range(TRIES):
        leader = site.start(0, *WORKERS, is_pinned=False)
        site.control.spoil("slow_after", seconds=120, **ADD_VOICE)
        clones.say("ask 1")
        made = site.control.changes(DYING_ACCOUNT)[0]
        if not in_time(lambda made=made: site.control.changes(DYING_ACCOUNT)[0] > made):
            raise SystemExit("No clone began.")
        site.start(1, *WORKERS, is_pinned=False)
        time.sleep(20)
        os.killpg(leader.pid, signal.SIGKILL)
        killed_at = time.monotonic()
        if not in_time(lambda: clones.say("running") == 0):
            raise SystemExit("The clone did not go on.")
        waits.append(time.monotonic() - killed_at)
        site.stop()
    say(
        "seconds from the kill of a host until its clone is done elsewhere: median, longest",
        f"{statistics.median(waits):.0f}, {max(waits):.0f}",
    )


# Files


def make_wav(megabytes: int) -> bytes:
    """Return a recording of this size."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(48_000)
        writer.writeframes(random.Random(1).randbytes(megabytes * 1_000_000))  # noqa: S311
    return file.getvalue()


def upload(browser: httpx.Client, sound: bytes) -> httpx.Response:
    """Upload a recording as the form does."""
    return browser.post(
        "/samples/",
        data={"form_token": str(uuid.uuid4())},
        files={"file": ("ada.wav", sound, "audio/wav")},
        headers={"X-CSRFToken": browser.cookies["csrftoken"], "X-Upload": "1"},
    )


def time_files(site: Site) -> tuple[float, float]:
    """Return the median seconds of an upload of 20 MB, and of playing 64 KiB of it."""
    site.start(0, "web", is_pinned=False)
    sound, uploads, plays = make_wav(20), [], []
    with site.visit(0) as browser:
        for _ in range(9):
            start = time.monotonic()
            answer = upload(browser, sound)
            uploads.append(time.monotonic() - start)
            if answer.status_code != 201:
                raise SystemExit(f"An upload failed: {answer.status_code} {answer.text[:200]}")
        address = f"/samples/{answer.text.partition('/samples/')[2].partition('/')[0]}/audio/"
        # It can be played once a worker has read it.
        worker = site.hosts[0].start(["voiceboard.prefork", "analysis", "schedule"])
        if not in_time(lambda: browser.head(address).status_code == 200):
            raise SystemExit("No worker read the recording.")
        kill_process_group(worker)
        for first in range(0, 10_000_000, 100_000):
            start = time.monotonic()
            part = browser.get(address, headers={"Range": f"bytes={first}-{first + 65_535}"})
            plays.append(time.monotonic() - start)
            if part.content != sound[first : first + 65_536]:
                raise SystemExit(f"A range wasn't what was uploaded: {part.status_code}")
    return statistics.median(uploads), statistics.median(plays)


def measure_files(site: Site) -> None:
    """Print how much longer uploads and playback take by way of S3 than in the folder."""
    by_s3 = time_files(site)
    with opened(has_bucket=False) as other:
        by_folder = time_files(other)
    say("upload of 20 MB, S3 / folder", f"{by_s3[0] / by_folder[0]:.2f}")
    say("playback of 64 KiB by range, S3 / folder", f"{by_s3[1] / by_folder[1]:.2f}")
    say("the same with S3, ms", f"{1000 * by_s3[0]:.0f} and {1000 * by_s3[1]:.1f}")


# A crowd


def measure_crowd(site: Site) -> None:
    """Print what 100 people who browse and ten who upload mean for each other."""
    site.fill()
    for number in (0, 1):
        site.start(number, "web", *WORKERS, is_pinned=False)
    time.sleep(10)
    browse(site, 4, 5)
    alone = browse(site, 1, 30)
    calm = browse(site, PEOPLE, 20)
    stop, failed, sent = threading.Event(), [], []
    threads = [
        threading.Thread(target=keep_uploading, args=(site, number % 2, stop, sent, failed))
        for number in range(UPLOADERS)
    ]
    for thread in threads:
        thread.start()
    crowded = browse(site, PEOPLE, 40)
    stop.set()
    for thread in threads:
        thread.join()
    say("pages of 100 people, uploads of ten", f"{len(crowded)}, {len(sent)}")
    say("errors", f"{len(failed)}")
    for what, times in (("100 people", calm), ("100 people and ten who upload", crowded)):
        for share, words in ((50, "median"), (95, "95th percentile")):
            one, many = find_percentile(alone, share), find_percentile(times, share)
            say(f"page, {what} / one person, {words}", f"{many / one:.1f}, {1000 * many:.0f} ms")
    for words in failed:
        sys.stderr.write(f"{words}\n")


def find_percentile(times: list[float], share: int) -> float:
    """Return a percentile of some times."""
    return statistics.quantiles(times, n=100)[share - 1]


def browse(site: Site, people: int, seconds: float) -> list[float]:
    """Have people open a page every 1 to 3 seconds; return how long each page took."""
    return asyncio.run(_browse_all(site, people, time.monotonic() + seconds))


async def _browse_all(site: Site, people: int, end: float) -> list[float]:
    found = await asyncio.gather(*(_browse(site, number, end) for number in range(people)))
    return [seconds for each in found for seconds in each]


async def _browse(site: Site, number: int, end: float) -> list[float]:
    chance, times = random.Random(number), []  # noqa: S311
    await asyncio.sleep(chance.uniform(0, 2))
    async with Connection(site, number % 2) as connection:
        while time.monotonic() < end:
            start = time.monotonic()
            await connection.get(chance.choice(PATHS))
            times.append(time.monotonic() - start)
            await asyncio.sleep(chance.uniform(1, 3))
    return times


def keep_uploading(
    site: Site, number: int, stop: threading.Event, sent: list[int], failed: list[str]
) -> None:
    """Upload 5 MB every 4 seconds."""
    sound = make_wav(5)
    with site.visit(number) as browser:
        while not stop.wait(4):
            try:
                answer = upload(browser, sound)
            except httpx.HTTPError as exc:
                failed.append(f"upload: {type(exc).__name__}")
                continue
            sent.append(answer.status_code)
            if answer.status_code != 201:
                failed.append(f"upload: {answer.status_code} {answer.text[:200]}")


MEASURES: dict[str, Callable[[Site], None]] = {
    "memory": measure_memory,
    "pages": measure_pages,
    "clones": measure_clones,
    "deaths": measure_deaths,
    "files": measure_files,
    "crowd": measure_crowd,
}


def main() -> None:
    """Run what the command line names, or all."""
    wanted = sys.argv[1:] or list(MEASURES)
    say(f"load of the machine, {os.cpu_count()} cores", f"{os.getloadavg()[0]:.1f}")
    with opened() as site:
        for name in wanted:
            MEASURES[name](site)
            site.stop()


if __name__ == "__main__":
    main()

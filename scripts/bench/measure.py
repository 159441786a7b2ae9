"""Benchmark browsing the catalog in this data directory; prints JSON.

Measures this process's CPU time, because the machine may be busy with other work.
"""

import contextlib
import itertools
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode
from wsgiref.util import setup_testing_defaults

os.environ["DJANGO_SETTINGS_MODULE"] = "settings_of_bench"
from crowd import count_answers, count_missing, running_server
from django.conf import settings
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, QueryDict

import voiceboard.wsgi  # all is set up as in a web process
from catalog.forms.voices.filters import VoiceFilterForm
from catalog.models import ProviderAccount, Team, User, Voice
from catalog.models.voices.versions import touch_voices
from catalog.providers.registry import all_infos
from catalog.queries.searches.filters import COUNTED
from catalog.queries.voices.search import find_voices
from catalog.search.engines import Search, SearchEngine, answer_search
from catalog.search.index.cache import INDEX_CACHE
from catalog.search.index.engine import IndexEngine
from catalog.search.sql import SqlEngine
from catalog.services.annotations import star_voice
from catalog.views.base.auth_backends import SessionStore
from catalog.views.voices.cards import forget_cards

PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
CHOICES = {
    "gender": ["female", "male", "unknown"],
    "age": ["young", "middle_aged", "old"],
    "kind": ["library", "community", "clone"],
    "language": ["en-US", "en-GB", "de", "zh"],
    "accent": ["american", "british", "unknown"],
    "provider": [info.slug for info in all_infos()[:3]],
}
WORDS = ["", "", "warm", "deep narr", "calm", "ada", "audiob", "小美", "storyteller", "w"]
BRIEFS = [
    "warm british lady, not posh",
    "deep old man for documentaries",
    "young energetic female social media",
    "calm german narrator",
    "friendly customer service american",
    "raspy villain for a video game",
    "温柔女声 客服",
    "junge Frau, fröhlich, Werbung",
]
CHANGED = 1000
_TIMES = 5


def measure(act: Callable[[], object], times: int = 1) -> float:
    """Return the CPU milliseconds of a call, the least of several runs.

    Other work on the machine only ever increases CPU time.
    """
    return min(map(_measure_once, [act] * times))


def _measure_once(act: Callable[[], object]) -> float:
    start = time.process_time()
    act()
    return (time.process_time() - start) * 1000


def measure_drawn(act: Callable[[], object]) -> float:
    """Return the CPU milliseconds of a call that renders every card again."""
    costs = []
    for _ in range(_TIMES):
        forget_cards()
        costs.append(measure(act))
    return min(costs)


def check(holds: bool) -> None:
    """Exit with an error if a figure would measure the wrong thing."""
    if not holds:
        raise SystemExit("This did not do what was to be measured.")


def summarize(costs: Iterable[float]) -> dict[str, float]:
    """Return the median and the 95th percentile."""
    ordered = sorted(costs)
    return {
        "median": statistics.median(ordered),
        "p95": ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))],
    }


def mix_queries(count: int) -> list[str]:
    """Return realistic query strings with words and filters, the same on every run."""
    chance = random.Random(7)  # noqa: S311  (the same queries each time)
    queries = []
    for _ in range(count):
        query = QueryDict(mutable=True)
        if words := chance.choice(WORDS):
            query["q"] = words
        for name in chance.sample(list(CHOICES), chance.choice([0, 1, 1, 2, 3])):
            chosen = chance.sample(CHOICES[name], chance.choice([1, 1, 2]))
            query.setlist(name, chosen)
        queries.append(query.urlencode())
    return queries


class Browser:
    """Calls the web application like its server does, with a signed-in user."""

    def __init__(self, user: User) -> None:
        backend = settings.AUTHENTICATION_BACKENDS[0]
        request = HttpRequest()
        request.session = SessionStore()
        login(request, user, backend=backend)
        request.session.save()
        self.session = str(request.session.session_key)

    def get(self, address: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str]]:
        """Return the status and headers of the response, after reading all of it."""
        path, _, query = address.partition("?")
        environ = {
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "HTTP_COOKIE": f"sessionid={self.session}",
            **{f"HTTP_{name.upper().replace('-', '_')}": each for name, each in headers.items()},
        }
        setup_testing_defaults(environ)
        measured: list[Any] = []
        answer = voiceboard.wsgi.application(
            environ, lambda status, headers: measured.extend((status, headers))
        )
        with contextlib.closing(answer):
            for _ in answer:
                pass
        return int(measured[0].split()[0]), dict(measured[1])


class Bench:
    """A user who browses one team's voices."""

    def __init__(self) -> None:
        self.user = User.objects.get(email="mia@example.com")
        operator = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser(
            "operator@example.com", "no password is needed here"
        )
        self.browser, self.admin = Browser(self.user), Browser(operator)
        self.teams = frozenset(Team.objects.visible_to(self.user).values_list("pk", flat=True))
        seen = ProviderAccount.objects.visible_to(self.user)
        self.accounts = frozenset(seen.values_list("pk", flat=True))

    def get(self, query: str, **headers: str) -> None:
        """Request the part of the page that a filter changes."""
        address = f"/voices/?{query}" if query else "/voices/"
        check(self.browser.get(address, {**PART, **headers})[0] == 200)

    def count(self, query: str) -> int:
        """Return how many voices a query string finds."""
        return find_voices(self.user, VoiceFilterForm(QueryDict(query)).wanted).found_count

    def search(self, query: str) -> Search:
        """Return the search for a query string."""
        wanted = VoiceFilterForm(QueryDict(query)).wanted
        chosen = {name: values for name, values in wanted.chosen.items() if values}
        return Search(self.user, self.accounts, wanted.parsed.node, chosen)


def answer(engine: SearchEngine[Any], search: Search) -> object:
    """Run a search with one engine only."""
    return answer_search(engine, search, facets=list(COUNTED), page=1, size=24)


def match_counts(bench: Bench, briefs: list[str]) -> list[str]:
    """Return for each brief the filters, without words, whose number of results is closest."""
    pairs = itertools.combinations(CHOICES, 2)
    filters = [urlencode({name: value}) for name in CHOICES for value in CHOICES[name]] + [
        urlencode({one: value, other: second})
        for one, other in pairs
        for value in CHOICES[one]
        for second in CHOICES[other]
    ]
    counts = {query: bench.count(query) for query in filters}
    return [
        min(filter(counts.get, filters), key=lambda query: abs(counts[query] - wanted))
        for wanted in map(bench.count, briefs)
    ]


def measure_requests(bench: Bench, queries: list[str]) -> dict[str, object]:
    """Measure filter requests, typing, deep pages, and unchanged pages."""
    for query in queries[:10]:
        bench.get(query)
    measured: dict[str, object] = {
        "filter": summarize(measure_drawn(lambda q=q: bench.get(q)) for q in queries),
        "again": summarize(measure(lambda q=q: bench.get(q), _TIMES) for q in queries),
    }
    briefs = [urlencode({"q": words}) for words in BRIEFS]
    measured["brief"] = summarize(measure_drawn(lambda q=q: bench.get(q)) for q in briefs)
    alike = match_counts(bench, briefs)
    measured["as many"] = summarize(measure_drawn(lambda q=q: bench.get(q)) for q in alike)
    measured["landing"] = summarize(
        measure_drawn(lambda: bench.browser.get("/voices/", {})) for _ in range(15)
    )
    typed = [
        word[:end] for word in ("warm", "narrator", "deep voice") for end in range(1, len(word))
    ]
    measured["typing"] = summarize(
        measure_drawn(lambda q=q: bench.get(f"q={q}")) for q in (*typed, "warn", "wrm voice") * 2
    )
    last = Voice.objects.listed_in(bench.accounts).count() // 24
    deep = min(10_000, last)
    for page in (1, deep):
        costs = []
        for step in range(12):
            query = f"page={max(1, page - step)}"
            costs.append(measure_drawn(lambda q=query: bench.get(q)))
        measured["page 1" if page == 1 else "deep page"] = summarize(costs)
    measured["deep"] = deep
    held = {**PART, "If-None-Match": bench.browser.get("/voices/", PART)[1]["ETag"]}
    answers = [bench.browser.get("/voices/", held)[0] for _ in range(3)]
    check(answers == [304] * 3)
    measured["304"] = summarize(
        measure(lambda: bench.browser.get("/voices/", held), _TIMES) for _ in range(40)
    )
    return measured


def measure_engines(bench: Bench, queries: list[str]) -> dict[str, object]:
    """Measure the index against a scan in C, and SQL where it is fast enough."""
    from floor import Floor

    edition = INDEX_CACHE.find_index_version(bench.teams)
    if edition is None:
        raise SystemExit("There is no index to measure.")
    floor = Floor(edition.shards[0].segment, bench.accounts)
    index, scan = [], []
    without_words = [query for query in queries if "q=" not in query]
    for query in without_words:
        search, engine = bench.search(query), IndexEngine(edition)
        prepared = floor.prepare(engine, search)
        scan.append(measure(lambda p=prepared: floor.answer(p), _TIMES))
        index.append(measure(lambda e=engine, s=search: answer(e, s), _TIMES))
    worded = [bench.search(query) for query in queries if "q=" in query]
    by_sql = [measure(lambda s=search: answer(SqlEngine(), s)) for search in worded[:5]]
    by_words = [
        measure(lambda s=search: answer(IndexEngine(edition), s), _TIMES) for search in worded
    ]
    return {
        "index": summarize(index),
        "scan": summarize(scan),
        "sql": summarize(by_sql),
        "words": summarize(by_words),
    }


def measure_admin(bench: Bench, queries: list[str]) -> dict[str, float]:
    """Measure the peer with the first value of each filter, which is all it supports."""
    costs = []
    for query in queries[:6]:
        wanted = QueryDict(query)
        params = {_name_in_admin(name): str(wanted[name]) for name in wanted}

        def ask(params: dict[str, str] = params) -> None:
            check(bench.admin.get(f"/admin/catalog/voice/?{urlencode(params)}", {})[0] == 200)

        costs.append(measure(ask, times=2))
    return summarize(costs)


def _name_in_admin(name: str) -> str:
    return f"{name}__exact" if name in {"kind", "gender", "age"} else name


def measure_changes(bench: Bench) -> dict[str, float]:
    """Measure the cost of applying changed rows in a process."""
    ids = list(Voice.objects.listed_in(bench.accounts).values_list("pk", flat=True)[:CHANGED])

    def change(pks: list[int]) -> float:
        with transaction.atomic():
            touch_voices(pks)
        return measure(lambda: INDEX_CACHE.find_index_version(bench.teams))

    change(ids[:1])  # the first change also builds the row lookup
    return {
        "changed row": statistics.median(change([pk]) for pk in ids[:5]),
        "changed rows": statistics.median(change(ids) for _ in range(3)),
    }


def measure_server(bench: Bench, queries: list[str]) -> dict[str, float]:
    """Load-test the web server, and check that a star appears in all of its processes."""
    paths = [f"/voices/?{query}" for query in queries]
    voice = Voice.objects.listed_in(bench.accounts).select_related("account").latest("pk")
    with running_server() as server:
        count_answers(server.port, bench.browser.session, paths, seconds=5)
        before = server.cpu()
        count, seconds = count_answers(server.port, bench.browser.session, paths, seconds=10)
        measured = {"requests": count / seconds, "cpu": (server.cpu() - before) / count}
        star_voice(bench.user, voice=voice, is_on=True, now=voice.added_at)
        words = f'id="v-{voice.pk}"'.encode()
        measured["unseen"] = count_missing(
            server.port, bench.browser.session, "/voices/?starred=yes", words
        )
        star_voice(bench.user, voice=voice, is_on=False, now=voice.added_at)
        measured["memory"] = server.memory()
    return measured


def main() -> None:
    """Measure everything and print the results."""
    bench, queries = Bench(), mix_queries(60)
    measured = measure_engines(bench, queries)
    measured |= measure_requests(bench, queries)
    measured["server"] = measure_server(bench, queries)
    measured["changes"] = measure_changes(bench)
    measured["admin"] = measure_admin(bench, queries)
    measured["count"] = Voice.objects.listed_in(bench.accounts).count()
    sys.stdout.write(json.dumps(measured) + "\n")


if __name__ == "__main__":
    main()

"""Pages that count the same voices show the same number."""

import csv
import io
import re
from datetime import timedelta

import pytest

from catalog.jobs.accounts.key_sets import ALL_RIGHTS, get_key_set
from catalog.jobs.searches.index import build_due_indexes
from catalog.models import Installation, Voice
from catalog.models.cleanups.rules import rules_of
from catalog.queries.cleanups.rules import RULES
from catalog.queries.cleanups.stale import SECTIONS, find_own_voices, find_stale, get_stale_page
from catalog.queries.collections import find_collections, get_collection_page
from catalog.queries.credentials import find_account_statuses
from catalog.search.index.cache import INDEX_CACHE
from tests import factories

NOW = factories.NOW
LONG_AGO = NOW - timedelta(days=400)


@pytest.fixture(params=["sql", "index"])
def world(request, cast):
    """Fill two accounts with voices in every state that makes counts differ."""
    Installation.objects.update(uses_since=LONG_AGO)
    other = factories.make_account(cast.aurora, provider="inworld", last_owner=cast.ana)
    factories.make_credential(cast.ana, other)
    old = {"added_at": LONG_AGO, "remote_created_at": LONG_AGO}
    for account in (cast.account, other):
        factories.make_voice(account, "Library")
        factories.make_voice(account, "Archived library", archived_at=NOW)
        factories.make_voice(account, "Gone library", remote_deleted_at=NOW)
        unused = factories.make_clone(account, "Unused", **old)
        factories.make_use(unused, played_at=NOW - timedelta(days=300))
        used = factories.make_clone(account, "Used without consent", **old)
        factories.make_use(used, played_at=NOW - timedelta(days=1))
        factories.make_clone(account, "Failed", state=Voice.State.FAILED, **old)
        factories.make_clone(account, "Unknown", **old)
        factories.make_clone(account, "Young", kind=Voice.Kind.DESIGNED)
        factories.make_clone(account, "Archived clone", archived_at=NOW, **old)
        factories.make_clone(account, "Gone clone", remote_deleted_at=NOW, **old)
        factories.keep(factories.make_clone(account, "Kept", **old), cast.ana)
        factories.protect(factories.make_clone(account, "Protected", **old), cast.ana)
        planned = factories.make_clone(account, "Planned", **old)
        plan = factories.make_plan(cast.ana, cast.aurora, [planned], approved_at=NOW)
        plan.lines.update(state="held")
    # Only its owner sees this account, so only they count it.
    closed = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.mia)
    factories.make_clone(closed, "Closed")
    _add_private(cast)
    if request.param == "index":
        build_due_indexes()
        INDEX_CACHE.forget()
    return cast


def _add_private(cast):
    """Add voices of a shared account that only a private key lists."""
    private = factories.make_credential(cast.mia, cast.account, "mia-private-key", is_shared=False)
    key_set = get_key_set(cast.account, {private.pk: ALL_RIGHTS})
    factories.make_voice(cast.account, "Private", key_set_id=key_set)
    factories.make_voice(cast.account, "Private archived", key_set_id=key_set, archived_at=NOW)


@pytest.mark.parametrize("who", ["ana", "mia"])
def test_accounts_facets_list_and_export_count_the_same_voices(world, who, sign_in):
    user = getattr(world, who)
    client = sign_in(user)
    statuses = find_account_statuses(user, NOW)
    by_provider: dict[str, int] = {}
    for status in statuses:
        slug = status.account.provider
        by_provider[slug] = by_provider.get(slug, 0) + status.listed_count
    total = sum(by_provider.values())

    page = client.get("/voices/").content.decode()
    rows = list(csv.DictReader(io.StringIO(read(client.get("/voices/export.csv")))))

    assert len(rows) == total
    assert f"{total} voices" in text_of(page)
    for slug, count in by_provider.items():
        assert facet_count(page, "provider", slug) == count
    archived = sum(status.archived_count for status in statuses)
    rows = list(csv.DictReader(io.StringIO(read(client.get("/voices/export.csv?archived=yes")))))
    assert len(rows) == archived


def read(response) -> str:
    return b"".join(response.streaming_content).decode("utf-8-sig")


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def facet_count(page: str, name: str, value: str) -> int:
    found = re.search(
        rf'name="{name}" value="{value}".*?<output>([\d,]+)</output>', page, re.DOTALL
    )
    assert found, value
    return int(found[1].replace(",", ""))


def test_cleanup_sections_are_disjoint_and_cover_all_own_voices(world):
    found = find_stale(world.aurora, rules_of(world.aurora), NOW, user=world.ana)
    parts = {name: found.section(name) for name in SECTIONS if name != "all"}

    names = {name: {stale.voice.name for stale in part} for name, part in parts.items()}
    assert names == {
        "": {"Unused"},
        "failed": {"Failed"},
        "unknown": {"Unknown", "Archived clone"},
        "other": {"Used without consent"},
        "planned": {"Planned"},
        "kept": {"Kept"},
        "protected": {"Protected"},
    }
    ids = [stale.voice.pk for part in (*parts.values(), found.rest) for stale in part]
    assert len(ids) == len(set(ids)) == find_own_voices(world.aurora, world.ana).count()


def test_every_count_on_the_cleanup_page_matches_its_rows(world):
    for name, _, count in get_stale_page(world.ana, world.aurora, NOW).sections:
        page = get_stale_page(world.ana, world.aurora, NOW, section=name)
        assert page.count == len(page.shown) == count
        assert page.is_ticked is (name == "")
        for rule, _, number in page.rules:
            chosen = get_stale_page(world.ana, world.aurora, NOW, section=name, rule=rule)
            assert chosen.count == number
        for provider, _, number in page.providers:
            part = get_stale_page(world.ana, world.aurora, NOW, section=name, provider=provider)
            assert part.count == number


def test_rules_and_sections_have_different_names():
    """A rule inside a section must not have the section's name, since the counts differ."""
    shared = {words.lower() for words in SECTIONS.values()} & {
        words.lower() for words in RULES.values()
    }

    # The section of failed voices consists of one rule, so both counts are the same.
    assert shared == {"failed"}


def test_failed_section_and_failed_rule_have_the_same_count(world):
    page = get_stale_page(world.ana, world.aurora, NOW, section="failed")

    assert {rule: number for rule, _, number in page.rules}["failed"] == page.count


def test_collection_has_the_same_count_in_list_page_and_filter(world, sign_in):
    ids = ["Library", "Gone clone", "Archived clone", "Closed"]
    voices = list(Voice.objects.filter(name__in=ids).order_by("pk"))
    collection = factories.make_collection(world.ana, world.aurora, *voices, is_shared=True)

    listed = next(each for each in find_collections(world.ana) if each == collection)
    page = get_collection_page(world.ana, collection.pk)

    assert (listed.size, listed.absent, listed.unseen) == (6, 4, 1)
    assert (page.count, page.absent_count, page.unseen_count) == (6, 4, 1)
    shown = sign_in(world.ana).get(f"/voices/?collection={collection.pk}").content.decode()
    assert f"{listed.size - listed.absent} voices" in text_of(shown)

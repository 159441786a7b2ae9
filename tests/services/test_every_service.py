"""Every service logs what it changes, and never logs a secret."""

import importlib
import inspect
import io
import pkgutil
import uuid
from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog import services
from catalog.audio.formats import FORMATS
from catalog.core.bundle_files import write_bundle
from catalog.forms.bundles import read_bundle
from catalog.models import (
    ApiAnswer,
    AuditEntry,
    AuditHead,
    BundledVoice,
    CatalogVersion,
    CleanupPlan,
    CloneBatch,
    CloneJob,
    Collection,
    Comparison,
    ConsentRequest,
    Credential,
    Evacuation,
    Membership,
    Note,
    PlannedDeletion,
    SavedSearch,
    Selection,
    Share,
    Speaker,
    Team,
    TwinPair,
    User,
    Voice,
    Withdrawal,
)
from catalog.queries.audit import AuditFilter
from catalog.queries.bundles import FORMAT, VERSION
from catalog.queries.evacuations.targets import LineChoice
from catalog.queries.shares import SharedClip, SharedPage, SharedRound
from catalog.services.accounts.built_in import (
    provide_built_in,
    provide_built_in_everywhere,
    switch_built_in,
)
from catalog.services.accounts.owners import (
    change_account_owner,
    change_voice_owner,
    change_voice_owners,
)
from catalog.services.annotations import (
    change_note,
    rate_voice,
    rate_voices,
    remove_note,
    restore_note,
    star_voice,
    tag_voices,
    untag_voices,
    write_note,
)
from catalog.services.audit import export_log
from catalog.services.budgets import BudgetParams, set_budget
from catalog.services.bundles import (
    drop_bundle,
    drop_bundled,
    export_collection,
    export_speaker,
    import_bundle,
    keep_bundle,
    match_bundled,
)
from catalog.services.charges import decide_charge, export_charges
from catalog.services.cleanups.keeps import change_keep, end_keep, keep_planned, keep_voice
from catalog.services.cleanups.plans import (
    approve_plan,
    call_off_plan,
    create_plan,
    retry_deletion,
    retry_failed,
)
from catalog.services.cleanups.protections import lift_protection, protect_voice
from catalog.services.cleanups.rules import change_rules
from catalog.services.clones import (
    CloneRequest,
    SampleCut,
    cancel_clone,
    look_again,
    request_clones,
    retry_clone,
)
from catalog.services.collections import (
    change_collection,
    collect_voices,
    drop_voice,
    make_collection,
    move_entry,
    note_entry,
    remove_collection,
    restore_collection,
)
from catalog.services.comparisons import (
    ComparisonRequest,
    cancel_comparison,
    cast_vote,
    close_votes,
    request_comparison,
)
from catalog.services.consents.requests import (
    ConsentAsk,
    ask_consent,
    ask_withdrawal,
    cancel_consent_request,
    decide_consent,
    renew_consent_link,
    send_recording,
)
from catalog.services.consents.statements import ConsentStatement, attest_consent
from catalog.services.credentials.keys import (
    add_credential,
    recheck_credential,
    remove_credential,
    rename_credential,
    request_sync,
    share_credential,
)
from catalog.services.credentials.replacement import (
    confirm_replacement,
    drop_replacement,
    replace_key,
)
from catalog.services.evacuations.hooks import change_hook, remove_hook
from catalog.services.evacuations.notices import KnownEnd, announce_end, withdraw_end
from catalog.services.evacuations.plans import (
    Ending,
    cancel_evacuation,
    choose_replacements,
    create_evacuation,
    start_clones,
)
from catalog.services.evacuations.replace import approve_evacuation, undo_evacuation
from catalog.services.notifications import choose_notifications, read_all_notices, read_notice
from catalog.services.preferences import (
    clear_news,
    dismiss_start,
    note_visit,
    remember_view,
)
from catalog.services.samples import add_sample, clean_sample
from catalog.services.searches import (
    change_search,
    freeze_selection,
    remove_search,
    restore_search,
    save_search,
)
from catalog.services.selections import (
    archive_selected,
    assign_selected,
    protect_selected,
    rate_selected,
    relabel_selected,
    tag_selected,
    unarchive_selected,
    undo_selected,
    unprotect_selected,
    untag_selected,
)
from catalog.services.shares import (
    ShareRequest,
    cast_outside_vote,
    make_share,
    note_view,
    revoke_share,
)
from catalog.services.similarity import start_similarity_search
from catalog.services.speakers import (
    erase_consent,
    erase_recording,
    merge_speakers,
    split_speaker,
)
from catalog.services.syntheses import (
    cancel_speech,
    remove_speech,
    request_preview,
    request_speech,
)
from catalog.services.teams.company_roles import apply_groups
from catalog.services.teams.invitations import (
    accept_invitation,
    answer_invitation,
    invite,
    withdraw_invitation,
)
from catalog.services.teams.members import (
    change_role,
    lift_suspension,
    open_membership,
    remove_member,
    set_role,
    shut_membership,
    suspend_member,
)
from catalog.services.teams.policies import change_policy
from catalog.services.teams.teams import (
    choose_team,
    let_clones_speak,
    make_team,
    rename_team,
    require_second_factor,
)
from catalog.services.tokens import (
    Result,
    act_once,
    claim_answer,
    drop_answer,
    issue_token,
    make_token,
    note_token_use,
    renew_token,
    revoke_exposed,
    revoke_token,
)
from catalog.services.twins import mark_different, merge_twins, reopen_pair, undo_merge
from catalog.services.usage import note_play
from catalog.services.users.break_glass import (
    end_break_glass,
    make_break_glass,
    note_break_glass,
)
from catalog.services.users.company_sign_in import (
    admit_identity,
    connect_identity,
    end_company_sessions,
)
from catalog.services.users.password_links import (
    mail_reset_link,
    make_password_link,
    set_password_by_link,
    withdraw_password_link,
)
from catalog.services.users.setup import create_first_admin, make_setup_link, prepare_demo
from catalog.services.users.sign_in import (
    end_other_sessions,
    end_session,
    end_sessions_of,
    move_session,
    note_account,
    note_failed_sign_in,
    note_provider_session,
    remove_second_factor,
)
from catalog.services.voices.edit import (
    archive_voices,
    relabel_voice,
    rename_voice,
    unarchive_voices,
)
from catalog.services.voices.settings import (
    change_settings,
    read_settings_again,
    reset_settings,
)
from catalog.services.withdrawals import (
    approve_withdrawal,
    cancel_withdrawal,
    request_withdrawal,
    retry_erasures,
)
from tests import factories
from tests.conftest import make_wav
from tests.local import give_local, switch_on
from tests.world import all_rows

NOW = factories.NOW


def make_request(cast: SimpleNamespace, **values: Any) -> ConsentRequest:
    return factories.make_consent_request(cast.ana, cast.aurora, token="spoken", **values)


CANARY = f"sk_canary_{uuid.uuid4().hex}"
PASSWORD = f"pass {uuid.uuid4().hex}"
# These only read, or store a copy of what a provider has. They change nothing of ours.
READERS = {
    "find_consent_request",
    "find_given_consent",
    "takes_recording",
    # Its callers log the consent or the request that it is for.
    "find_or_add_speaker",
    "setup_link_is_good",
    "opens_share",
    "find_invitation",
    "count_belongings",
    "is_last_admin",
    "lock_team",
    "find_password_link",
    # It writes only to the cache, and wakes workers.
    "analyze_now",
    # It needs its own master key file, which its own tests provide.
    "rotate_master_key",
    "fetch_preview",
    # It notifies people, whose request is logged by the service that asks it.
    "demand_budget",
    # It only enqueues; a worker writes.
    "record_export_later",
    # Notices by webhook have their own tests: they are logged if they concern a voice.
    "receive_notices",
    # The services that call these log.
    "gather_words",
    "undo_change",
}
# These change only what the user sees, so they aren't in the team's audit log.


def read_everything(cast: SimpleNamespace) -> None:
    factories.make_notice(cast.mia, cast.aurora)
    read_all_notices(cast.mia, now=NOW)


def share_something(cast: SimpleNamespace) -> Share:
    voice = factories.make_voice(cast.account)
    collection = factories.make_collection(cast.mia, cast.aurora, voice)
    return factories.make_share(cast.mia, collection)


def vote_outside(cast: SimpleNamespace) -> None:
    share = share_something(cast)
    voice = factories.make_voice(cast.account)
    clip = SharedClip("key", "Ada", "", "path", "audio/wav", 1.0, voice)
    rounds = [SharedRound(0, "", [clip], "")]
    page = SharedPage(share, "", "", is_blind=False, takes_votes=True, rounds=rounds)
    cast_outside_vote(page=page, key="key", name="Zed", browser="browser", now=NOW)


def claim(cast: SimpleNamespace) -> ApiAnswer:
    token, _ = factories.make_token(cast.mia, cast.aurora)
    return claim_answer(token=token, key="1", mark="a", now=NOW)


def keep_some_bundle(cast: SimpleNamespace) -> dict[str, Any]:
    manifest = {"format": FORMAT, "version": VERSION, "speaker": "Ada"}
    with write_bundle(manifest | {"samples": [], "consents": [], "clones": []}, {}) as made:
        content = made.read()
    values = {"bundle": read_bundle(io.BytesIO(content), NOW), "now": NOW}
    file = SimpleUploadedFile("ada.zip", content)
    return {**values, "kept": keep_bundle(cast.ana, team=cast.aurora, file=file, **values)}


def drop_some_bundle(cast: SimpleNamespace) -> None:
    keep_some_bundle(cast)
    drop_bundle(cast.ana, kept=keep_some_bundle(cast)["kept"])


PERSONAL: dict[str, Callable[[SimpleNamespace], Any]] = {
    # What a request with an Idempotency-Key does is in the log; that it had one is not.
    "claim_answer": claim,
    "act_once": lambda cast: act_once(answer=claim(cast), act=lambda: Result(204, {}, b"")),
    "drop_answer": lambda cast: drop_answer(answer=claim(cast)),
    # Play and export counts would be noise in the audit log.
    "note_play": lambda cast: note_play(
        cast.mia, voice=factories.make_voice(cast.account), now=NOW
    ),
    "move_session": lambda cast: move_session(
        old=factories.make_session(cast.mia, "one").session_key, new="another"
    ),
    "note_provider_session": lambda cast: note_provider_session(
        factories.make_session(cast.mia, "one").user, session_key="one", sid="s"
    ),
    "note_token_use": lambda cast: note_token_use(
        token=factories.make_token(cast.mia, cast.aurora)[0], address="192.0.2.8", now=NOW
    ),
    "choose_team": lambda cast: choose_team(cast.mia, team=cast.aurora, now=NOW),
    "start_similarity_search": lambda cast: start_similarity_search(
        cast.mia,
        team=cast.aurora,
        file=SimpleUploadedFile("ada.wav", b"RIFF"),
        audio_format=FORMATS["wav"],
        now=NOW,
    ),
    "read_notice": lambda cast: read_notice(
        cast.mia, notice=factories.make_notice(cast.mia, cast.aurora), now=NOW
    ),
    "read_all_notices": read_everything,
    "choose_notifications": lambda cast: choose_notifications(
        cast.mia, choices={"job": (False, "off")}
    ),
    "star_voice": lambda cast: star_voice(
        cast.mia, voice=factories.make_voice(cast.account), is_on=True, now=NOW
    ),
    "remember_view": lambda cast: remember_view(cast.mia, layout="table"),
    "note_visit": lambda cast: note_visit(cast.mia, now=NOW),
    "dismiss_start": lambda cast: dismiss_start(cast.mia),
    "clear_news": lambda cast: clear_news(cast.mia, until=NOW),
    # What is only uploaded isn't part of the team's things yet.
    "keep_bundle": keep_some_bundle,
    "drop_bundle": drop_some_bundle,
    # What outsiders do has no actor, and would be noise.
    "note_view": lambda cast: note_view(share=share_something(cast), now=NOW),
    "cast_outside_vote": vote_outside,
    "freeze_selection": lambda cast: freeze_selection(
        cast.mia, team=cast.aurora, voice_ids=[1], now=NOW
    ),
}


def every_service() -> set[str]:
    """Return the names of the public functions of all service modules."""
    found = set()
    for module in pkgutil.walk_packages(services.__path__, f"{services.__name__}."):
        loaded = importlib.import_module(module.name)
        for name, value in inspect.getmembers(loaded, inspect.isfunction):
            if inspect.unwrap(value).__module__ == module.name and not name.startswith("_"):
                found.add(name)
    return found


def forget_people(cast: SimpleNamespace) -> None:
    """Reset the installation to before its first user."""
    Credential.objects.all().delete()
    Membership.objects.all().delete()
    User.objects.all().delete()
    Team.objects.all().delete()


def switch_off_local(cast: SimpleNamespace) -> None:
    credential = give_local(cast.aurora)
    switch_built_in(cast.ana, credential=credential, is_on=False, now=NOW)


def make_first_admin(cast: SimpleNamespace) -> None:
    forget_people(cast)
    token = make_setup_link(now=NOW)
    person = {"team": "Aurora", "name": "Ana", "email": "ana@example.com", "password": PASSWORD}
    create_first_admin(token=token, now=NOW, **person)


def make_link(cast: SimpleNamespace) -> None:
    forget_people(cast)
    make_setup_link(now=NOW)


def make_demo(cast: SimpleNamespace) -> None:
    forget_people(cast)
    prepare_demo(password=PASSWORD, now=NOW)


CONSENT = ConsentStatement("Ada", True, relation="permission", allowed_use="any")


def ask_for_clone(cast: SimpleNamespace) -> CloneBatch:
    params = CloneRequest(
        form_token=uuid.uuid4(),
        cuts=[SampleCut(factories.make_sample(cast.ana, cast.aurora))],
        name="Our Ada",
        description="",
        consent=CONSENT,
    )
    return request_clones(cast.ana, credentials=[cast.credential], params=params, now=NOW)


def add_speaker(cast: SimpleNamespace) -> Speaker:
    return Speaker.objects.create(
        team=cast.aurora, name="Bo", folded="bo", added_by=cast.ana, added_at=NOW
    )


def withdraw(cast: SimpleNamespace) -> Withdrawal:
    speaker = factories.make_job(cast.ana, cast.credential).batch.speaker
    return request_withdrawal(cast.ana, speaker=speaker, now=NOW, reason="She asked.")


def fail_erasure(cast: SimpleNamespace) -> Withdrawal:
    withdrawal = withdraw(cast)
    factories.make_erasure(withdrawal, factories.make_clone(cast.account), state="failed")
    return withdrawal


def split_off(cast: SimpleNamespace) -> None:
    jobs = [factories.make_job(cast.ana, cast.credential) for _ in range(2)]
    speaker, moved = jobs[0].batch.speaker, [jobs[1].batch_id]
    split_speaker(cast.ana, speaker=speaker, name="Bo", batch_ids=moved, now=NOW)


def plan_replacement(cast: SimpleNamespace) -> Evacuation:
    old = factories.make_clone(factories.make_account(cast.aurora, provider="telnyx"))
    job = factories.make_job(cast.ana, cast.credential, voice=old, state="ready", gender="female")
    factories.make_collection(cast.ana, cast.aurora, old)
    CloneJob.objects.filter(pk=job.pk).update(language="en")
    return create_evacuation(
        cast.ana, team=cast.aurora, voice_ids=[old.pk], ending=Ending(), now=NOW
    )


def choose_successor(cast: SimpleNamespace, plan: Evacuation) -> None:
    voice = factories.make_voice(cast.account)
    choices = {plan.lines.get().pk: LineChoice("voice", voice=voice)}
    choose_replacements(cast.ana, evacuation=plan, choices=choices, now=NOW)


def start_replacement(cast: SimpleNamespace) -> None:
    start_clones(cast.ana, evacuation=plan_replacement(cast), is_confirmed=True, now=NOW)


def approve_replacement(cast: SimpleNamespace) -> Evacuation:
    plan = plan_replacement(cast)
    choose_successor(cast, plan)
    approve_evacuation(cast.ana, evacuation=plan, copies=["tag"], now=NOW)
    return plan


def cancel_job(cast: SimpleNamespace) -> None:
    cancel_clone(cast.ana, job=ask_for_clone(cast).jobs.get(), now=NOW)


def retry_job(cast: SimpleNamespace) -> None:
    job = factories.make_job(cast.ana, cast.credential, state="failed")
    retry_clone(cast.ana, job=job, now=NOW)


def look_for_job(cast: SimpleNamespace) -> None:
    job = factories.make_job(cast.ana, cast.credential, state="needs_look", step="unknown")
    look_again(cast.ana, job=job, now=NOW)


def upload_sample(cast: SimpleNamespace) -> None:
    add_sample(
        cast.ana,
        team=cast.aurora,
        form_token=uuid.uuid4(),
        file=SimpleUploadedFile("ada.wav", b"RIFF"),
        audio_format=FORMATS["wav"],
        now=NOW,
    )


def draw_up(cast: SimpleNamespace) -> Any:
    voice = factories.make_clone(cast.account)
    return create_plan(cast.ana, team=cast.aurora, voice_ids=[voice.pk], now=NOW)


def approve(cast: SimpleNamespace) -> CleanupPlan:
    plan: CleanupPlan = draw_up(cast)
    approve_plan(cast.ana, plan=plan, now=NOW)
    return plan


def fail(cast: SimpleNamespace) -> CleanupPlan:
    plan = approve(cast)
    PlannedDeletion.objects.update(state=PlannedDeletion.State.FAILED)
    return plan


def retry(cast: SimpleNamespace) -> None:
    fail(cast)
    retry_deletion(cast.ana, line=PlannedDeletion.objects.get(), now=NOW)


def kept_voice(cast: SimpleNamespace) -> Voice:
    voice = factories.make_clone(cast.account)
    factories.keep(voice, cast.mia)
    return voice


def bundled_voice(cast: SimpleNamespace) -> BundledVoice:
    voice = factories.make_voice(cast.account)
    ids = {"provider": voice.provider, "remote_id": voice.remote_id}
    return BundledVoice.objects.create(collection=shared(cast), position=3, **ids)


def make_note(cast: SimpleNamespace, **values: Any) -> Note:
    return factories.make_note(cast.mia, factories.make_voice(cast.account), **values)


def shared(cast: SimpleNamespace, **values: Any) -> Collection:
    voices = [factories.make_voice(cast.account) for _ in range(2)]
    return factories.make_collection(cast.mia, cast.aurora, *voices, is_shared=True, **values)


def make_search(cast: SimpleNamespace, **values: Any) -> SavedSearch:
    return factories.make_search(cast.mia, cast.aurora, is_shared=True, **values)


def untag(cast: SimpleNamespace) -> None:
    voice = factories.make_voice(cast.account)
    tag = factories.make_tag(cast.aurora, "warm", voice)
    untag_voices(cast.mia, voices=[voice], tag=tag, now=NOW)


def choose(cast: SimpleNamespace, **values: Any) -> Selection:
    return factories.make_selection(
        cast.ana, cast.aurora, factories.make_clone(cast.account, **values)
    )


def choose_tagged(cast: SimpleNamespace) -> Selection:
    selection = choose(cast)
    factories.make_tag(cast.aurora, "warm", Voice.objects.get(pk=selection.voice_ids[0]))
    return selection


def choose_pinned(cast: SimpleNamespace) -> Selection:
    selection = choose(cast)
    factories.protect(Voice.objects.get(pk=selection.voice_ids[0]), cast.mia)
    return selection


def choose_rated(cast: SimpleNamespace) -> Selection:
    selection = choose(cast)
    rate_selected(cast.ana, selection=selection, value=4, now=NOW)
    return selection


def make_round(cast: SimpleNamespace) -> Comparison:
    voices = [factories.make_voice(cast.account) for _ in range(2)]
    return factories.make_comparison(cast.mia, voices, "Hello there.")


def compare(cast: SimpleNamespace) -> None:
    voices = [factories.make_voice(cast.account) for _ in range(2)]
    params = ComparisonRequest(voices, ["Hello there."], is_blind=False, votes_wanted=1, agreed=99)
    request_comparison(cast.mia, params=params, now=NOW)


def offer(cast: SimpleNamespace, state: str) -> Credential:
    """Add a pending replacement for Ana's key."""
    factories.make_replacement(cast.credential, CANARY, state=state)
    return cast.credential


def break_glass(cast: SimpleNamespace) -> User:
    User.objects.filter(pk=cast.mia.pk).update(is_break_glass=True)
    return User.objects.get(pk=cast.mia.pk)


def suspended(user: User) -> Membership:
    Membership.objects.filter(user=user).update(suspended_at=NOW, suspension="admin")
    return Membership.everyone.select_related("user", "team").get(user=user)


def membership_of(user: User) -> Membership:
    return Membership.objects.select_related("user", "team").get(user=user)


def pair_up(cast: SimpleNamespace, **values: Any) -> TwinPair:
    first, second = (factories.make_clone(cast.account) for _ in range(2))
    return TwinPair.objects.create(
        team=cast.aurora, first=first, second=second, found_at=NOW, **values
    )


def merge_pair(cast: SimpleNamespace) -> TwinPair:
    pair = pair_up(cast)
    merge_twins(cast.ana, pair=pair, kept=pair.first, is_planned=False, now=NOW)
    pair.refresh_from_db()
    return pair


def make_open_invitation(cast: SimpleNamespace) -> str:
    """Return the token of an invitation whose row is made before the service is called."""
    factories.make_invitation(cast.ana, cast.aurora, token="scene")
    return f"scene of {cast.aurora.pk}"


SCENES: dict[str, Callable[[SimpleNamespace], Any]] = {
    "export_speaker": lambda cast: export_speaker(
        cast.ana, speaker=ask_for_clone(cast).speaker, now=NOW
    ).close(),
    "export_collection": lambda cast: export_collection(
        cast.ana, collection=shared(cast), now=NOW
    ).close(),
    "match_bundled": lambda cast: match_bundled(
        cast.ana, collection=bundled_voice(cast).collection, now=NOW
    ),
    "drop_bundled": lambda cast: drop_bundled(cast.ana, voice=bundled_voice(cast), now=NOW),
    "import_bundle": lambda cast: import_bundle(cast.ana, **keep_some_bundle(cast)),
    "mark_different": lambda cast: mark_different(cast.mia, pair=pair_up(cast), now=NOW),
    "reopen_pair": lambda cast: reopen_pair(
        cast.mia, pair=pair_up(cast, state="different"), now=NOW
    ),
    "merge_twins": lambda cast: merge_pair(cast),
    "undo_merge": lambda cast: undo_merge(cast.ana, pair=merge_pair(cast), now=NOW),
    "make_share": lambda cast: make_share(
        cast.mia,
        target=share_something(cast).collection,
        params=ShareRequest("", 14, PASSWORD, names_providers=False, takes_votes=True),
        now=NOW,
    ),
    "revoke_share": lambda cast: revoke_share(cast.mia, share=share_something(cast), now=NOW),
    "make_setup_link": make_link,
    "create_first_admin": make_first_admin,
    "prepare_demo": make_demo,
    "add_credential": lambda cast: add_credential(
        cast.mia,
        team=cast.aurora,
        provider="elevenlabs",
        api_key=CANARY,
        nickname="",
        is_shared=False,
        now=NOW,
    ),
    "replace_key": lambda cast: replace_key(
        cast.ana, credential=cast.credential, api_key=CANARY, now=NOW
    ),
    "recheck_credential": lambda cast: recheck_credential(
        cast.ana, credential=cast.credential, now=NOW
    ),
    "share_credential": lambda cast: share_credential(
        cast.ana, credential=cast.credential, is_shared=False, now=NOW
    ),
    "remove_credential": lambda cast: remove_credential(
        cast.ana, credential=cast.credential, now=NOW
    ),
    "change_keep": lambda cast: change_keep(
        cast.ana, voice=kept_voice(cast), until=date(2026, 12, 24), now=NOW
    ),
    "end_keep": lambda cast: end_keep(cast.ana, voice=kept_voice(cast), now=NOW),
    "change_account_owner": lambda cast: change_account_owner(
        cast.ana, account=cast.account, owner=cast.mia.memberships.get(), reason="Hers.", now=NOW
    ),
    "change_voice_owner": lambda cast: change_voice_owner(
        cast.ana,
        voice=factories.make_clone(cast.account),
        owner=cast.mia.memberships.get(),
        reason="Hers.",
        now=NOW,
    ),
    "change_voice_owners": lambda cast: change_voice_owners(
        cast.ana,
        voices=[factories.make_clone(cast.account)],
        owner=cast.mia.memberships.get(),
        reason="Hers.",
        now=NOW,
    ),
    "tag_selected": lambda cast: tag_selected(
        cast.ana, selection=choose(cast), tags=["warm"], now=NOW
    ),
    "untag_selected": lambda cast: untag_selected(
        cast.ana, selection=choose_tagged(cast), tags=["warm"], now=NOW
    ),
    "rate_selected": lambda cast: rate_selected(cast.ana, selection=choose(cast), value=4, now=NOW),
    "relabel_selected": lambda cast: relabel_selected(
        cast.ana, selection=choose(cast), labels={"gender": "male"}, now=NOW
    ),
    "protect_selected": lambda cast: protect_selected(
        cast.ana, selection=choose(cast), kind="pin", reason="", now=NOW
    ),
    "unprotect_selected": lambda cast: unprotect_selected(
        cast.ana, selection=choose_pinned(cast), now=NOW
    ),
    "assign_selected": lambda cast: assign_selected(
        cast.ana,
        selection=choose(cast, is_owned=True),
        owner=cast.mia.memberships.get(),
        reason="Hers.",
        now=NOW,
    ),
    "archive_selected": lambda cast: archive_selected(cast.ana, selection=choose(cast), now=NOW),
    "unarchive_selected": lambda cast: unarchive_selected(
        cast.ana, selection=choose(cast, archived_at=NOW), now=NOW
    ),
    "undo_selected": lambda cast: undo_selected(cast.ana, selection=choose_rated(cast), now=NOW),
    "provide_built_in": lambda cast: provide_built_in(team=cast.aurora, now=NOW),
    "provide_built_in_everywhere": lambda cast: provide_built_in_everywhere(now=NOW),
    "switch_built_in": switch_off_local,
    "request_sync": lambda cast: request_sync(cast.mia, account=cast.account, now=NOW),
    "request_clones": ask_for_clone,
    "ask_consent": lambda cast: ask_consent(
        cast.ana,
        team=cast.aurora,
        ask=ConsentAsk("Ada", "en", "any", NOW.date(), days=1),
        now=NOW,
    ),
    "renew_consent_link": lambda cast: renew_consent_link(
        cast.ana, request=make_request(cast), days=1, now=NOW
    ),
    "cancel_consent_request": lambda cast: cancel_consent_request(
        cast.ana, request=make_request(cast), now=NOW
    ),
    "send_recording": lambda cast: send_recording(
        request=make_request(cast),
        file=SimpleUploadedFile("a.wav", make_wav(1)),
        audio_format=FORMATS["wav"],
        now=NOW,
    ),
    "decide_consent": lambda cast: decide_consent(
        cast.ana,
        request=make_request(cast, state="doubtful", recording_format="wav"),
        accepts=True,
        reason="All words.",
        now=NOW,
    ),
    "ask_withdrawal": lambda cast: ask_withdrawal(request=make_request(cast), now=NOW),
    "let_clones_speak": lambda cast: let_clones_speak(
        cast.ana, team=cast.aurora, speaks=False, now=NOW
    ),
    "attest_consent": lambda cast: attest_consent(
        cast.ana, team=cast.aurora, statement=CONSENT, proof_path="", now=NOW
    ),
    "cancel_clone": cancel_job,
    "retry_clone": retry_job,
    "look_again": look_for_job,
    "add_sample": upload_sample,
    "clean_sample": lambda cast: clean_sample(
        cast.ana, sample=factories.make_sample(cast.ana, cast.aurora), now=factories.NOW
    ),
    "create_plan": draw_up,
    "change_hook": lambda cast: change_hook(cast.ana, account=cast.account, secret=CANARY, now=NOW),
    "remove_hook": lambda cast: remove_hook(
        cast.ana, hook=factories.make_end_hook(cast.account, CANARY), now=NOW
    ),
    "announce_end": lambda cast: announce_end(
        cast.ana, team=cast.aurora, end=KnownEnd("elevenlabs", unused_days=7), now=NOW
    ),
    "withdraw_end": lambda cast: withdraw_end(
        cast.ana, notice=factories.make_end_notice(cast.account), now=NOW
    ),
    "create_evacuation": plan_replacement,
    "choose_replacements": lambda cast: choose_successor(cast, plan_replacement(cast)),
    "start_clones": start_replacement,
    "cancel_evacuation": lambda cast: cancel_evacuation(
        cast.ana, evacuation=plan_replacement(cast), now=NOW
    ),
    "approve_evacuation": approve_replacement,
    "undo_evacuation": lambda cast: undo_evacuation(
        cast.ana, evacuation=approve_replacement(cast), now=NOW
    ),
    "request_withdrawal": lambda cast: withdraw(cast),
    "approve_withdrawal": lambda cast: approve_withdrawal(
        cast.ana, withdrawal=withdraw(cast), now=NOW
    ),
    "cancel_withdrawal": lambda cast: cancel_withdrawal(
        cast.ana, withdrawal=withdraw(cast), now=NOW
    ),
    "retry_erasures": lambda cast: retry_erasures(cast.ana, withdrawal=fail_erasure(cast), now=NOW),
    "merge_speakers": lambda cast: merge_speakers(
        cast.ana, speaker=add_speaker(cast), other=add_speaker(cast), is_confirmed=True, now=NOW
    ),
    "split_speaker": split_off,
    "erase_recording": lambda cast: erase_recording(
        cast.ana, sample=factories.make_sample(cast.ana, cast.aurora), now=NOW
    ),
    "erase_consent": lambda cast: erase_consent(
        cast.ana, consent=factories.make_job(cast.ana, cast.credential).batch.consent, now=NOW
    ),
    "approve_plan": approve,
    "retry_deletion": retry,
    "retry_failed": lambda cast: retry_failed(cast.ana, plan=fail(cast), now=NOW),
    "call_off_plan": lambda cast: call_off_plan(cast.ana, plan=approve(cast), now=NOW),
    "keep_planned": lambda cast: keep_planned(cast.ana, plan=approve(cast), now=NOW),
    "keep_voice": lambda cast: keep_voice(cast.ana, line=approve(cast).lines.get(), now=NOW),
    "change_rules": lambda cast: change_rules(
        cast.ana, team=cast.aurora, values={"unused_days": 30}, now=NOW
    ),
    "protect_voice": lambda cast: protect_voice(
        cast.mia, voice=factories.make_clone(cast.account), kind="pin", reason="", now=NOW
    ),
    "lift_protection": lambda cast: lift_protection(
        cast.ana,
        voice=factories.protect(factories.make_clone(cast.account), cast.mia).voice,
        now=NOW,
    ),
    "invite": lambda cast: invite(
        cast.ana, team=cast.aurora, role="member", label="Kim", days=7, now=NOW
    ),
    "withdraw_invitation": lambda cast: withdraw_invitation(
        cast.ana, invitation=factories.make_invitation(cast.ana, cast.aurora), now=NOW
    ),
    "accept_invitation": lambda cast: accept_invitation(
        cast.sam, token=make_open_invitation(cast), now=NOW
    ),
    "answer_invitation": lambda cast: answer_invitation(
        token=make_open_invitation(cast),
        name="Kim",
        email="kim@example.com",
        password=PASSWORD,
        now=NOW,
    ),
    "change_role": lambda cast: change_role(
        cast.ana, membership=membership_of(cast.mia), role="cloner", now=NOW
    ),
    "set_role": lambda cast: set_role(
        cast.ana, membership=membership_of(cast.mia), role="cloner", now=NOW
    ),
    "suspend_member": lambda cast: suspend_member(
        cast.ana, membership=membership_of(cast.mia), now=NOW
    ),
    "shut_membership": lambda cast: shut_membership(
        None, membership=membership_of(cast.mia), kind="groups", now=NOW
    ),
    "lift_suspension": lambda cast: lift_suspension(
        cast.ana, membership=suspended(cast.mia), now=NOW
    ),
    "open_membership": lambda cast: open_membership(None, membership=suspended(cast.mia), now=NOW),
    "remove_member": lambda cast: remove_member(
        cast.ana, membership=membership_of(cast.mia), new_owner=None, reason="", now=NOW
    ),
    "make_team": lambda cast: make_team(cast.ana, name="Corona", now=NOW),
    "rename_team": lambda cast: rename_team(cast.ana, team=cast.aurora, name="Corona", now=NOW),
    "rename_credential": lambda cast: rename_credential(
        cast.ana, credential=cast.credential, nickname="Studio", now=NOW
    ),
    "confirm_replacement": lambda cast: confirm_replacement(
        cast.ana, credential=offer(cast, "other"), keeps_account=False, now=NOW
    ),
    "drop_replacement": lambda cast: drop_replacement(
        cast.ana, credential=offer(cast, "refused"), now=NOW
    ),
    "make_token": lambda cast: make_token(
        cast.mia, team=cast.aurora, name="Phone", scopes=["read"], days=90, now=NOW
    ),
    "issue_token": lambda cast: issue_token(
        email="mia@example.com",
        team_name="Aurora",
        name="Phone",
        scopes=["read"],
        days=90,
        now=NOW,
    ),
    "renew_token": lambda cast: renew_token(
        cast.mia,
        token=factories.make_token(cast.mia, cast.aurora)[0],
        days=90,
        keeps_old=True,
        now=NOW,
    ),
    "revoke_token": lambda cast: revoke_token(
        cast.ana, token=factories.make_token(cast.mia, cast.aurora)[0], now=NOW
    ),
    "revoke_exposed": lambda cast: revoke_exposed(
        token=factories.make_token(cast.mia, cast.aurora)[0], now=NOW
    ),
    "note_account": lambda cast: note_account(cast.mia, action="signed in", now=NOW),
    "note_failed_sign_in": lambda cast: note_failed_sign_in(email="mia@example.com", now=NOW),
    "admit_identity": lambda cast: admit_identity(
        identity=make_identity("1"),
        email="nora@example.com",
        name="Nora",
        is_confirmed=True,
        now=NOW,
    ),
    "apply_groups": lambda cast: apply_groups(user=cast.mia, groups={"vb"}, now=NOW),
    "make_break_glass": lambda cast: make_break_glass(
        email="safe@example.com", team_name="Aurora", now=NOW
    ),
    "end_break_glass": lambda cast: end_break_glass(email=break_glass(cast).email, now=NOW),
    "note_break_glass": lambda cast: note_break_glass(break_glass(cast), now=NOW),
    "end_company_sessions": lambda cast: end_company_sessions(
        uid="", sid=factories.make_session(cast.mia, "one", data={"sid": "s"}).data["sid"], now=NOW
    ),
    "connect_identity": lambda cast: connect_identity(
        cast.mia, identity=make_identity("1"), now=NOW
    ),
    "end_session": lambda cast: end_session(
        cast.mia, session=factories.make_session(cast.mia, "one"), now=NOW
    ),
    "end_other_sessions": lambda cast: end_other_sessions(
        factories.make_session(cast.mia, "another").user, current="this", now=NOW
    ),
    "make_password_link": lambda cast: make_password_link(
        cast.ana, membership=membership_of(cast.mia), now=NOW
    ),
    "withdraw_password_link": lambda cast: withdraw_password_link(
        cast.ana, link=factories.make_password_link(cast.ana, cast.mia, token="t"), now=NOW
    ),
    "mail_reset_link": lambda cast: mail_reset_link(
        user=cast.mia, site="https://voices.example.com/", now=NOW
    ),
    "set_password_by_link": lambda cast: set_password_by_link(
        token=make_password_link(cast.ana, membership=membership_of(cast.mia), now=NOW),
        password=PASSWORD,
        now=NOW,
    ),
    "end_sessions_of": lambda cast: end_sessions_of(
        emails=[factories.make_session(cast.mia, "one").user.email], now=NOW
    ),
    "remove_second_factor": lambda cast: remove_second_factor(
        email=factories.make_factor(cast.mia).user.email, now=NOW
    ),
    "require_second_factor": lambda cast: require_second_factor(
        factories.make_factor(cast.ana).user, team=cast.aurora, is_required=True, now=NOW
    ),
    "change_policy": lambda cast: change_policy(
        cast.ana, team=cast.aurora, values={"clip_days": 30}, now=NOW
    ),
    "set_budget": lambda cast: set_budget(
        cast.ana, team=cast.aurora, params=BudgetParams("team", "characters", most=9), now=NOW
    ),
    "decide_charge": lambda cast: decide_charge(
        cast.ana,
        charge=factories.make_charge(cast.ana, factories.make_voice(cast.account), state="unclear"),
        is_charged=True,
        reason="It stands on the invoice.",
        now=NOW,
    ),
    "export_charges": lambda cast: export_charges(
        cast.mia, team=cast.aurora, month=NOW.date().replace(day=1), now=NOW
    ),
    "export_log": lambda cast: export_log(
        cast.ana, team=cast.aurora, wanted=AuditFilter(), form="csv", now=NOW
    ),
    "request_comparison": compare,
    "cancel_comparison": lambda cast: cancel_comparison(
        cast.mia, comparison=make_round(cast), now=NOW
    ),
    "cast_vote": lambda cast: cast_vote(cast.mia, comparison=make_round(cast), place=0, now=NOW),
    "close_votes": lambda cast: close_votes(cast.mia, comparison=make_round(cast), now=NOW),
    "request_speech": lambda cast: request_speech(
        cast.mia,
        voice=factories.make_voice(cast.account),
        text="Hello there.",
        settings={},
        now=NOW,
    ),
    "request_preview": lambda cast: request_preview(
        cast.mia, voice=factories.make_voice(cast.account), now=NOW
    ),
    "cancel_speech": lambda cast: cancel_speech(
        cast.mia,
        speech=factories.make_speech(cast.mia, factories.make_voice(cast.account)),
        now=NOW,
    ),
    "remove_speech": lambda cast: remove_speech(
        cast.mia,
        speech=factories.make_speech(cast.mia, factories.make_voice(cast.account), state="failed"),
        now=NOW,
    ),
    "rename_voice": lambda cast: rename_voice(
        cast.mia, voice=factories.make_voice(cast.account), name="Our Rachel", now=NOW
    ),
    "relabel_voice": lambda cast: relabel_voice(
        cast.mia, voice=factories.make_voice(cast.account), labels={"gender": "male"}, now=NOW
    ),
    "archive_voices": lambda cast: archive_voices(
        cast.ana, team=cast.aurora, voices=[factories.make_voice(cast.account)], now=NOW
    ),
    "unarchive_voices": lambda cast: unarchive_voices(
        cast.ana,
        team=cast.aurora,
        voices=[factories.make_voice(cast.account, archived_at=NOW)],
        now=NOW,
    ),
    "tag_voices": lambda cast: tag_voices(
        cast.mia,
        team=cast.aurora,
        voices=[factories.make_voice(cast.account)],
        names=["warm"],
        now=NOW,
    ),
    "untag_voices": untag,
    "write_note": lambda cast: write_note(
        cast.mia, voice=factories.make_voice(cast.account), text="Calm.", now=NOW
    ),
    "change_note": lambda cast: change_note(
        cast.mia, note=make_note(cast), text="Calmer.", now=NOW
    ),
    "remove_note": lambda cast: remove_note(cast.mia, note=make_note(cast), now=NOW),
    "restore_note": lambda cast: restore_note(
        cast.mia, note=make_note(cast, removed_at=NOW), now=NOW
    ),
    "make_collection": lambda cast: make_collection(
        cast.mia, team=cast.aurora, name="Narrators", description="", is_shared=True, now=NOW
    ),
    "change_collection": lambda cast: change_collection(
        cast.mia,
        collection=shared(cast),
        name="Speakers",
        description="",
        is_shared=False,
        maintainers=[],
        now=NOW,
    ),
    "remove_collection": lambda cast: remove_collection(cast.mia, collection=shared(cast), now=NOW),
    "restore_collection": lambda cast: restore_collection(
        cast.mia, collection=shared(cast, removed_at=NOW), now=NOW
    ),
    "collect_voices": lambda cast: collect_voices(
        cast.mia, collection=shared(cast), voices=[factories.make_voice(cast.account)], now=NOW
    ),
    "drop_voice": lambda cast: drop_voice(
        cast.mia, collection=shared(cast), voice=Voice.objects.latest("pk"), now=NOW
    ),
    "move_entry": lambda cast: move_entry(
        cast.mia, entry=shared(cast).entries.earliest("position"), by=1, now=NOW
    ),
    "note_entry": lambda cast: note_entry(
        cast.mia, entry=shared(cast).entries.earliest("position"), note="Trailer", now=NOW
    ),
    "save_search": lambda cast: save_search(
        cast.mia, team=cast.aurora, name="Warm", query="q=warm", is_shared=True, now=NOW
    ),
    "change_search": lambda cast: change_search(
        cast.mia, search=make_search(cast), name="Calm", query="q=calm", is_shared=True, now=NOW
    ),
    "remove_search": lambda cast: remove_search(cast.mia, search=make_search(cast), now=NOW),
    "restore_search": lambda cast: restore_search(
        cast.mia, search=make_search(cast, removed_at=NOW), now=NOW
    ),
    "rate_voice": lambda cast: rate_voice(
        cast.mia, voice=factories.make_voice(cast.account), value=4, now=NOW
    ),
    "rate_voices": lambda cast: rate_voices(
        cast.mia, team=cast.aurora, voices=[factories.make_voice(cast.account)], value=4, now=NOW
    ),
    "read_settings_again": lambda cast: read_settings_again(
        cast.mia, voice=factories.make_voice(cast.account), now=NOW
    ),
    "change_settings": lambda cast: change_settings(
        cast.mia, voice=factories.make_voice(cast.account), values={"speed": 1.1}, now=NOW
    ),
    "reset_settings": lambda cast: reset_settings(
        cast.mia, voice=factories.make_voice(cast.account), now=NOW
    ),
}


@pytest.fixture(autouse=True)
def _groups_give_roles(settings) -> None:
    settings.OIDC_ROLES = [("vb", "Borealis", "member")]


def make_identity(subject: str) -> SocialAccount:
    return SocialAccount(provider="company", uid=subject, extra_data={"sub": subject})


def rows_except_the_log() -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of the database, except the audit log and the catalog version."""
    return all_rows(AuditEntry, AuditHead, CatalogVersion)


class Watched:
    """Wraps a service and records, for each call, whether it wrote rows and its audit entries."""

    def __init__(self, service: Callable[..., Any]) -> None:
        self.service = service
        self.calls: list[tuple[bool, list[AuditEntry], Any]] = []

    def __call__(self, *args: Any, **values: Any) -> Any:
        rows, start = rows_except_the_log(), AuditEntry.objects.count()
        answer = self.service(*args, **values)
        entries = AuditEntry.objects.filter(number__gt=start).order_by("number")
        actor = args[0] if args else None
        self.calls.append((rows_except_the_log() != rows, list(entries), actor))
        return answer


# These write only an audit entry.
NOTING = {
    "export_charges",
    "export_collection",
    "export_log",
    "export_speaker",
    "mail_reset_link",
    "note_account",
    "note_failed_sign_in",
}


def assert_entries(watched: Watched, *, writes: bool = True) -> None:
    """Check that the service was called and that each call that wrote rows has an audit entry."""
    assert watched.calls
    assert any(has_written for has_written, _, _ in watched.calls) is writes
    for has_written, entries, actor in watched.calls:
        assert bool(entries) is (has_written or not writes)
        for entry in entries:
            assert (entry.at, bool(entry.action), bool(entry.target)) == (NOW, True, True)
            # Entries without an actor are for what Voiceboard does automatically.
            assert actor is None or entry.actor in {actor, None}
        assert actor is None or not entries or actor in {entry.actor for entry in entries}


def test_every_service_has_a_scene():
    assert every_service() == set(SCENES) | set(PERSONAL) | READERS


@pytest.fixture(autouse=True)
def _built_in(settings, tmp_path, monkeypatch) -> None:
    switch_on(settings, tmp_path / "local", monkeypatch)


@pytest.mark.parametrize("name", SCENES)
def test_service_logs_its_changes_without_secrets(cast, wakes, monkeypatch, name):
    watched = Watched(globals()[name])
    monkeypatch.setitem(globals(), name, watched)

    SCENES[name](cast)

    assert_entries(watched, writes=name not in NOTING)
    log = str(list(AuditEntry.objects.values_list()))
    for secret in (CANARY, PASSWORD, "sandbox-elevenlabs"):
        assert secret not in log


def test_service_without_an_audit_entry_fails_the_check(cast):
    forgetful = Watched(lambda user: Team.objects.create(name="Unnoticed"))
    share_credential(cast.ana, credential=cast.credential, is_shared=False, now=NOW)

    forgetful(cast.ana)

    with pytest.raises(AssertionError):
        assert_entries(forgetful)


@pytest.mark.parametrize("name", PERSONAL)
def test_personal_changes_are_not_logged(cast, name):
    before = rows_except_the_log()

    PERSONAL[name](cast)

    assert rows_except_the_log() != before
    assert not AuditEntry.objects.exists()

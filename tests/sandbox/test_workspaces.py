"""Members of one workspace: which voices each one sees, and what each one can do with them."""

import pytest

from tests.sandbox.conftest import clone, own_names


def share(client, voice_id: str, role: str, member: int = 2) -> int:
    body = {"role": role, "resource_type": "voice", "user_email": f"member{member}@sandbox.example"}
    return client.post(f"/v1/workspace/resources/{voice_id}/share", json=body).status_code


def find(client, voice_id: str) -> dict | None:
    page = client.get("/v2/voices", params={"page_size": 100}).json()["voices"]
    return next((each for each in page if each["voice_id"] == voice_id), None)


def test_members_share_a_workspace_and_its_slots_but_not_their_voices(connect):
    first, second = connect("full"), connect("full-member2")
    before = first.get("/v1/user/subscription").json()["voice_slots_used"]

    voice_id = clone(second)

    assert find(second, voice_id)["is_owner"] is True
    assert find(first, voice_id) is None
    assert first.get(f"/v1/voices/{voice_id}").status_code == 400
    assert first.get("/v1/user/subscription").json()["voice_slots_used"] == before + 1
    users = [client.get("/v1/user").json() for client in (first, second)]
    assert users[0]["workspace_id"] == users[1]["workspace_id"]
    assert users[0]["user_id"] != users[1]["user_id"]


@pytest.mark.parametrize(
    ("role", "edited", "deleted"),
    [("admin", 200, 200), ("editor", 200, 403), ("commenter", 403, 403), ("viewer", 403, 403)],
)
def test_a_role_on_a_voice_decides_what_another_member_can_do(connect, role, edited, deleted):
    first, second = connect("full"), connect("full-member2")
    voice_id = clone(first)
    assert share(first, voice_id, role) == 200

    shown = find(second, voice_id)
    edit = second.post(f"/v1/voices/{voice_id}/edit", files={"name": (None, "Renamed")})
    delete = second.delete(f"/v1/voices/{voice_id}")

    assert (shown["is_owner"], shown["permission_on_resource"]) == (False, role)
    assert (edit.status_code, delete.status_code) == (edited, deleted)
    assert ("Renamed" in own_names(first)) is (edited == 200 and deleted == 403)


def test_voices_can_be_shared_only_with_members_and_documented_roles(connect):
    first, second = connect("full"), connect("full-member2")
    voice_id = clone(first)

    assert share(first, voice_id, "king") == 422
    assert share(first, voice_id, "viewer", member=99) == 422
    assert share(second, voice_id, "admin") == 400


def test_a_professional_clone_starts_as_a_draft(full):
    answer = full.post("/v1/voices/pvc", json={"name": "Draft", "language": "en"})

    shown = find(full, answer.json()["voice_id"])
    assert shown["category"] == "professional"
    assert shown["fine_tuning"]["state"] == {}
    assert shown["voice_verification"]["requires_verification"] is True
    assert full.post("/v1/voices/pvc", json={"name": "Draft"}).status_code == 422

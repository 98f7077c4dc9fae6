"""An admin asks under which versions keys are wrapped, and has them wrapped anew."""

from api.parts import Parts
from tests.api.conftest import Door
from tests.api.desk import QuietRotationDesk

KEYS = "/api/admin/v1/keys"


async def test_an_admin_sees_how_many_keys_are_under_which_version(door: Door) -> None:
    answer = await door.get("admin", KEYS)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    [version] = told["versions"]
    assert version["version"] == told["newest"]
    assert version["keys"] > len(("ada", "bob"))  # and the house's


async def test_an_admin_has_the_wrapping_key_rotated(door: Door, parts: Parts) -> None:
    answers = [await door.post("admin", f"{KEYS}/rotate", None, key="rotate-1") for _ in range(2)]
    for answer in answers:
        assert (answer.status_code, answer.json()["workflow_id"]) == (202, "rotate-keys"), answer.text
        assert answer.json()["workflow_url"].endswith("/workflows/rotate-keys")
    assert isinstance(parts.rotation, QuietRotationDesk)
    assert set(parts.rotation.asked) == {door.people.users["admin"].id}


async def test_a_rotation_needs_a_key_of_its_own_and_an_admin(door: Door) -> None:
    assert (await door.post("admin", f"{KEYS}/rotate", None, key=None)).status_code == 400
    assert (await door.post("operator", f"{KEYS}/rotate", None)).status_code == 403

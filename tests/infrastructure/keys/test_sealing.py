"""What is sealed opens with its own key, in its own place, unchanged; and nowhere else."""

import pytest

from infrastructure.keys.sealing import DataKey, NotSealedHere, new_secret


@pytest.fixture
def key() -> DataKey:
    return DataKey("customer/1", new_secret())


def test_sealed_twice_the_same_looks_different_and_opens_the_same(key: DataKey) -> None:
    first, second = key.seal("customers", b"Ada"), key.seal("customers", b"Ada")
    assert first != second
    assert key.unseal("customers", first) == key.unseal("customers", second) == b"Ada"


def test_nothing_opens_elsewhere_for_others_or_changed(key: DataKey) -> None:
    sealed = key.seal("customers", b"Ada")
    other_owner = DataKey("customer/2", key.secret)
    for opener, place, content in (
        (key, "users", sealed),
        (other_owner, "customers", sealed),
        (DataKey(key.owner, new_secret()), "customers", sealed),
        (key, "customers", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (key, "customers", b"\x02" + sealed[1:]),
        (key, "customers", b""),
        (key, "customers", sealed[:5]),
    ):
        with pytest.raises(NotSealedHere):
            opener.unseal(place, content)


def test_an_index_knows_a_word_whatever_its_letters_and_only_with_its_key(key: DataKey) -> None:
    assert key.index("Ada@Example.org ") == key.index("ada@example.ORG")
    assert key.index("ada@example.org") != key.index("bob@example.org")
    assert key.index("ada@example.org") != DataKey("other", new_secret()).index("ada@example.org")
    assert key.index("Zo\u00eb@example.org") == key.index("Zoe\u0308@example.org")


def test_a_key_never_shows(key: DataKey) -> None:
    assert repr(key) == "DataKey(owner='customer/1')"

"""Whoever guesses passwords is slowed down, and nobody else is."""

import asyncio

import pytest

from infrastructure import passwords
from infrastructure.passwords import Passwords, TooManyAttempts


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The true comparison takes a quarter of a second."""
    monkeypatch.setattr(passwords, "password_matches", lambda password, hashed: password == hashed)


async def test_after_so_many_failures_even_the_right_password_waits() -> None:
    door = Passwords(failures=3)
    for _ in range(3):
        assert not await door.opens("ada@example.com", "wrong", "right")
    with pytest.raises(TooManyAttempts) as refused:
        await door.opens("Ada@Example.com", "right", "right")
    assert 0 < refused.value.retry_after <= 60
    assert await door.opens("bob@example.com", "right", "right")


async def test_whoever_knows_the_password_is_never_kept_waiting() -> None:
    door = Passwords(failures=3)
    for _ in range(20):
        assert await door.opens("ada@example.com", "right", "right")


async def test_guesses_at_the_same_time_are_counted_one_by_one() -> None:
    door = Passwords(failures=3)
    guesses = (door.opens("ada@example.com", f"guess {number}", "right") for number in range(50))
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    heard = [answer for answer in answers if answer is False]
    assert 3 <= len(heard) < 3 + passwords.THREADS


async def test_an_account_that_does_not_exist_is_counted_like_another() -> None:
    door = Passwords(failures=1)
    assert not await door.opens("nobody@example.com", "wrong", None)
    with pytest.raises(TooManyAttempts):
        await door.opens("nobody@example.com", "wrong", None)


def test_an_address_has_so_many_attempts() -> None:
    door = Passwords(attempts=2)
    for _ in range(2):
        door.admit("192.0.2.1")
    with pytest.raises(TooManyAttempts):
        door.admit("192.0.2.1")
    door.admit("192.0.2.2")

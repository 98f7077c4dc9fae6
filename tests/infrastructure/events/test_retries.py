"""When a delivery that fails is tried again."""

from datetime import timedelta

from infrastructure.events.retries import wait_after


def test_a_delivery_is_tried_eleven_times_in_three_days_and_ever_more_rarely() -> None:
    age = timedelta()
    waits: list[timedelta] = []
    while (wait := wait_after(len(waits) + 1, age)) is not None:
        waits.append(wait)
        age += wait
    assert len(waits) == 10
    assert waits == sorted(waits)
    assert timedelta(days=2, hours=23) < age <= timedelta(days=3)


def test_what_waited_three_days_behind_another_is_tried_once() -> None:
    assert wait_after(1, timedelta(days=3)) is None

"""An unwrapped key is asked for once, however many wait; and it is forgotten in time."""

import asyncio

from infrastructure.keys.memory import KeysInMemory
from infrastructure.keys.provider import KeysUnavailable
from infrastructure.keys.sealing import DataKey, new_secret


class Provider:
    """Answers when told to; `outages` times it is away first."""

    def __init__(self, outages: int = 0) -> None:
        self.asked = 0
        self.outages = outages
        self.answering = asyncio.Event()

    async def unwrap(self) -> DataKey:
        self.asked += 1
        await self.answering.wait()
        if self.asked <= self.outages:
            raise KeysUnavailable("away")
        return DataKey("ada", new_secret())


async def test_many_who_wait_ask_once() -> None:
    memory, provider = KeysInMemory(), Provider()
    waiting = [asyncio.create_task(memory.get("ada", provider.unwrap)) for _ in range(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    provider.answering.set()
    keys = await asyncio.gather(*waiting[1:])
    assert (len(set(keys)), provider.asked) == (1, 1)


async def test_a_failure_is_told_to_all_who_wait_and_not_kept() -> None:
    memory, provider = KeysInMemory(), Provider(outages=1)
    provider.answering.set()
    told = await asyncio.gather(*(memory.get("ada", provider.unwrap) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in told] == [KeysUnavailable] * 3
    assert (await memory.get("ada", provider.unwrap)).owner == "ada"
    assert provider.asked == 2


async def test_a_key_is_at_hand_once_it_is_known() -> None:
    memory, provider = KeysInMemory(), Provider(outages=1)
    asked = [asyncio.create_task(memory.get("ada", provider.unwrap))]
    await asyncio.sleep(0)
    assert memory.at_hand("ada") is None
    provider.answering.set()
    await asyncio.gather(*asked, return_exceptions=True)
    assert memory.at_hand("ada") is None
    assert memory.at_hand("bob") is None
    known = await memory.get("ada", provider.unwrap)
    assert memory.at_hand("ada") is known


async def test_its_time_is_over_even_if_nobody_asks() -> None:
    memory, provider = KeysInMemory(longest=0.05), Provider()
    provider.answering.set()
    await memory.get("ada", provider.unwrap)
    async with asyncio.timeout(5):
        while memory._kept:  # noqa: ASYNC110  its time passes by itself
            await asyncio.sleep(0.01)
    await memory.get("ada", provider.unwrap)
    assert provider.asked == 2


async def test_the_longest_known_make_room() -> None:
    memory, provider = KeysInMemory(most=2), Provider()
    provider.answering.set()
    for owner in ("ada", "bob", "eve"):
        memory.put(owner, DataKey(owner, new_secret()))
    await memory.get("eve", provider.unwrap)
    assert provider.asked == 0
    await memory.get("ada", provider.unwrap)
    assert provider.asked == 1

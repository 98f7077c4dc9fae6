"""A queue shows what is in trouble, of the branches one works for, a page at a time."""

from infrastructure.postgres.queues import Queues
from tests.infrastructure.postgres.conftest import Bank, Plant


async def test_trouble_of_another_branch_is_not_in_the_queue_and_pages_do_not_repeat(bank: Bank, plant: Plant) -> None:
    for _ in range(3):
        await bank.disbursed()
    plant("""UPDATE loans SET payout = payout || '{"contradicted": ["a key"]}'""")
    queues = Queues(bank.engine)
    assert (await queues.operations(within=frozenset({"elsewhere"}))).items == ()
    first = await queues.operations(limit=2)
    second = await queues.operations(limit=2, after=first.next)
    assert len({loan.loan_id for loan in (*first.items, *second.items)}) == 3
    assert second.next is None

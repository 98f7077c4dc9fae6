"""AtHand: the loans that this process wrote last, so that the next write of one need not read it first."""

from collections import OrderedDict

from infrastructure.postgres.seen import Seen

MOST = 200  # loans; one of twelve installments takes thirty kilobytes, one of 360 up to four hundred


class AtHand:
    """A loan is with whoever took it, alone: a decision changes it, and only once that is in the books is it put back.

    That it is still what the books hold, nobody knows before the write, which holds only if it is.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._loans: OrderedDict[str, Seen] = OrderedDict()

    def take(self, loan_id: str) -> Seen | None:
        return self._loans.pop(loan_id, None)

    def put(self, written: Seen) -> None:
        """What was put longest ago makes room. A loan with a calendar is read each time: its holidays go by the day."""
        if written.loan.product.calendar is not None:
            return
        other = self.take(written.loan.id)  # by somebody who wrote at the same time
        self._loans[written.loan.id] = other if other and other.version > written.version else written
        if len(self._loans) > self._most:
            self._loans.popitem(last=False)

"""The lender's loans taken together."""

from datetime import date

from api.models.base import IsoDate, Model, MoneyView, View


class DayToClose(Model):
    """A day that is over everywhere. Days before it that were missed are closed first."""

    day: IsoDate


class ClosingView(View):
    """The close has begun, or runs already: its workflow in the Temporal Web UI."""

    day: date
    workflow_id: str
    workflow_url: str


class PortfolioFiguresView(View):
    """One product's loans in one currency at the end of a day. `outstanding` is principal; `par30` what of it is owed
    by loans at least 30 days past due. Flows are the day's, and those of earlier days that came too late for theirs;
    what was refunded is not collected."""

    product_code: str
    loans: int
    outstanding: MoneyView
    par1: MoneyView
    par30: MoneyView
    par60: MoneyView
    par90: MoneyView
    disbursed: MoneyView
    collected: MoneyView
    written_off: MoneyView


class PortfolioView(View):
    """`day` is the day they were taken at the close of; null when none was closed, or not that one."""

    day: date | None
    products: list[PortfolioFiguresView]

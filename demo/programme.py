"""Which stories there are, and whose they are."""

from typing import Final

from demo import stories
from demo.mortgage import lives_thirty_years
from demo.narration import Json
from demo.stage import Story, usd


def borrower(given: str, family: str, income: str, account: str) -> Json:
    return {
        "email": f"{given.lower()}@example.com",
        "password": "a password for the demo",
        "given_name": given,
        "family_name": family,
        "date_of_birth": "1990-12-10",
        "country": "US",
        "annual_income": usd(income),
        "bank_account": account,
    }


STORIES: Final = (
    Story(
        name="paid",
        title="Paid as agreed",
        plot="Ada borrows for a year, and pays twelve times, always a few days early.",
        borrower=borrower("Ada", "Byron", "54000.00", "US-000000005501"),
        act=stories.pays_as_agreed,
    ),
    Story(
        name="late",
        title="Late, cured, paid off",
        plot="Tom's score makes an officer look. He gets less than he asked for, misses two installments, catches up.",
        borrower=borrower("Tom", "Later-Mediumscore", "48000.00", "US-000000005502"),
        act=stories.is_late_and_cures,
    ),
    Story(
        name="declined",
        title="Declined",
        plot="Mia asks for more than she can repay, with a bankruptcy on file.",
        borrower=borrower("Mia", "Bankrupt", "36000.00", "US-000000005503"),
        act=stories.is_declined,
    ),
    Story(
        name="payout",
        title="A payout that fails",
        plot="Leo's bank sends the money back, and takes it at the second attempt.",
        borrower=borrower("Leo", "Marlow", "60000.00", "US-000000000003"),
        act=stories.is_paid_out_at_the_second_attempt,
    ),
    Story(
        name="debit",
        title="Looked at twice, drawn twice",
        plot="Ida's identity is checked again. She pays by direct debit; the first one finds her account empty.",
        borrower=borrower("Ida", "Noor-Mediumscore", "60000.00", "US-000000000022"),
        act=stories.is_looked_at_twice_and_pays_by_direct_debit,
    ),
    Story(
        name="expired",
        title="An offer nobody takes",
        plot="Zoe applies, and does not answer.",
        borrower=borrower("Zoe", "Winter", "42000.00", "US-000000005505"),
        act=stories.lets_an_offer_expire,
    ),
)

MORTGAGE: Final = Story(
    name="mortgage",
    title="A mortgage of thirty years",
    plot="The Hartmanns buy a house and pay 360 times. Once, they forget.",
    borrower=borrower("Eva", "Hartmann", "96000.00", "US-000000005506"),
    act=lives_thirty_years,
)

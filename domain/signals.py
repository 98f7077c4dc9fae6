"""What the lender's own records say of an application beside others: the same account, the same device, how many."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """As of the moment of the application, which is counted itself.

    `customers_with_account` and `customers_with_device` are others than the applicant. `exposure` is what the applicant
    owes on other loans in the same currency, in minor units.
    """

    customers_with_account: int = 0
    customers_with_device: int = 0
    applications_1_day: int = 0
    applications_30_days: int = 0
    account_applications_1_day: int = 0
    account_applications_30_days: int = 0
    device_applications_1_day: int = 0
    device_applications_30_days: int = 0
    exposure: int = 0

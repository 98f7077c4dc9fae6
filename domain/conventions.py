"""The words in which lenders say how a loan is counted: kinds of schedule, units, day counts, calendars."""

from enum import StrEnum


class ScheduleKind(StrEnum):
    """How principal and interest are spread over the rows."""

    EQUAL_INSTALLMENTS = "equal_installments"
    EQUAL_PRINCIPAL = "equal_principal"
    FLAT = "flat"  # interest on the original principal
    INTEREST_ONLY = "interest_only"  # the principal is due in the last row
    BULLET = "bullet"  # principal and all interest are due in one row at maturity


class PeriodUnit(StrEnum):
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"
    SEMI_MONTHS = "semi_months"


class DayCount(StrEnum):
    """Days in a month / days in a year, under which a rate becomes interest.

    `ACT/ACT` takes the year in which a period starts and splits a period at a year's end. `30E/360` and `ACT/ACT
    ISDA` follow the ISDA 2006 definitions, section 4.16 (g) and (b).
    """

    THIRTY_360 = "30/360"
    THIRTY_364 = "30/364"
    THIRTY_365 = "30/365"
    THIRTY_ACT = "30/ACT"
    ACT_360 = "ACT/360"
    ACT_364 = "ACT/364"
    ACT_365F = "ACT/365F"
    ACT_ACT = "ACT/ACT"
    THIRTY_E_360 = "30E/360"
    ACT_ACT_ISDA = "ACT/ACT ISDA"


class InterestPeriod(StrEnum):
    """Whether a regular period's interest counts days, or is `rate * every / 12` whatever its length."""

    DAILY = "daily"
    SAME_AS_REPAYMENT = "same_as_repayment"


class YearEndCut(StrEnum):
    """The day at which ACT/ACT changes from one year's length to the next's."""

    DECEMBER_31 = "december_31"
    JANUARY_1 = "january_1"


class LeapYear(StrEnum):
    """Which periods count 366 days under ACT/ACT: all of a leap year, or only those that hold 29 February."""

    WHOLE_YEAR = "whole_year"
    FEB_29_PERIOD_ONLY = "feb_29_period_only"


class Roll(StrEnum):
    """Where a due date goes that is not a business day."""

    NONE = "none"
    NEXT = "next"
    PREVIOUS = "previous"


class OddFirstPeriod(StrEnum):
    """What a first period that is not as long as the others costs."""

    BY_DAYS = "by_days"
    SEPARATE_ROW = "separate_row"  # the odd days' interest is a row of its own, before the first installment
    KEPT_EQUAL = "kept_equal"  # as if it were a regular period


class RateKind(StrEnum):
    NOMINAL = "nominal"
    EFFECTIVE = "effective"  # compounds to the annual rate over a year


class PayoffInterest(StrEnum):
    """What interest a payoff owes."""

    TO_THE_DAY = "to_the_day"
    TO_THE_DUE_DATE = "to_the_due_date"  # of the current row, whole
    SCHEDULED = "scheduled"  # all that is left on the schedule

"""Referred applications: the queue, who has one in hand, what was asked and answered."""

from datetime import date, datetime
from typing import Annotated

from pydantic import StringConstraints

from api.models.base import Model, View
from infrastructure.postgres.correspondence import LetterKind

Prose = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=4000, strip_whitespace=True)]


class Assignment(Model):
    """`officer_id` left out or null: back into the queue."""

    officer_id: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=64)] | None = None


class Recheck(Model):
    reason: Prose | None = None


class Comment(Model):
    text: Prose


class Answer(Model):
    text: Prose


class InquiryView(View):
    """What the applicant is asked."""

    question: str
    asked_on: date
    answered_on: date | None


class StaffInquiryView(InquiryView):
    asked_by: str
    answer_digest: str | None


class ReferralView(View):
    """`level` and above have it in their queue; `decide_by` is the service level's last day."""

    referred_on: date
    level: int
    assigned_to: str | None
    decide_by: date | None
    escalations: int
    inquiry: StaffInquiryView | None


class LetterView(View):
    """`text` is null once the customer was erased; `digest` is the SHA-256 of what is kept of it, sealed."""

    kind: LetterKind
    author: str
    text: str | None
    digest: str
    at: datetime


class CorrespondenceView(View):
    items: list[LetterView]

"""What customers are told of all that is held about them: without other people, and without what the law may forbid to
tell before a person has looked through it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.adverse_action import closure_told, principal_reasons
from domain.evidence import Aspect
from domain.policy import Policy
from domain.status import LoanStatus
from domain.underwriting import Decision
from infrastructure.postgres.correspondence import LetterKind
from infrastructure.postgres.record import PRODUCT
from infrastructure.postgres.tables import products

# The same for everybody, so that it tells nobody that there is something to withhold.
WITHHELD: Final = ("fraud_signals", "officers_comments", "officers_names", "rules_of_the_policy", "sanctions_screening")
STAFF: Final = "staff"  # in place of whoever works here

# A check that was made again or contradicted itself, of somebody who is told that their document was found good, says
# which part was not; and so would a number that is missing.
_SCREENING: Final = frozenset({"identity_checked", "identity_contradicted", "identity_recheck_ordered"})
_LEFT_OUT: Final = frozenset({"approvals", "events", "version"})

DECISION = TypeAdapter(Decision)
Policies = Mapping[tuple[str, int], Policy]


async def policies_of(connection: AsyncConnection, loans: list[dict[str, Any]]) -> Policies:
    """Of the products' versions that the loans were born with."""
    born_with = {(loan["product_code"], loan["product_version"]) for loan in loans}
    asked = select(products).where(tuple_(products.c.code, products.c.version).in_(born_with))
    rows = await connection.execute(asked)
    return {(row.code, row.version): PRODUCT.validate_python(row.definition).policy for row in rows}


def to_its_subject(told: dict[str, Any], policies: Policies) -> dict[str, Any]:
    own = {user["id"] for user in told["users"]}
    loans = [_loan(loan, policies[loan["product_code"], loan["product_version"]], own) for loan in told["loans"]]
    return {**told, "loans": loans, "withheld": WITHHELD}


def _loan(loan: dict[str, Any], policy: Policy, own: set[str]) -> dict[str, Any]:
    kept = {name: value for name, value in loan.items() if name not in _LEFT_OUT}
    return {
        **kept,
        "closure": closure_told(LoanStatus(loan["status"]), loan["closure"]),
        "decision": loan["decision"] and _decision(loan, policy),
        "identity": loan["identity"] and _identity(loan["identity"]),
        "referral": loan["referral"] and _referral(loan["referral"]),
        "correspondence": [letter for letter in loan["correspondence"] if letter["kind"] == LetterKind.ANSWER],
        "evidence": [{**piece, "content": _without_signals(piece["content"])} for piece in loan["evidence"]],
        "audit_trail": [_line(line, own) for line in loan["audit_trail"] if line["action"] not in _SCREENING],
    }


def _decision(loan: dict[str, Any], policy: Policy) -> dict[str, Any]:
    """With the reasons that are told of a refusal, in the words that they are told in."""
    decision = DECISION.validate_python(loan["decision"])
    refused = loan["status"] == LoanStatus.DECLINED
    reasons = principal_reasons(policy, decision) if refused else ()
    return {"verdict": decision.verdict, "reasons": reasons, "grade": decision.grade}


def _identity(identity: dict[str, Any]) -> dict[str, Any]:
    """Whoever learns of a possible match with a list of sanctions, even from what is missing, is warned by it."""
    checks = [check for check in identity.get("checks") or () if check["aspect"] != Aspect.SANCTIONS]
    return {
        "checks": checks,
        **{name: identity.get(name) for name in ("documents_expire_on", "checked_on", "reused_from")},
    }


def _referral(referral: dict[str, Any]) -> dict[str, Any]:
    """What was asked, and when; not in whose hands it is."""
    inquiry = referral.get("inquiry")
    asked = inquiry and {name: inquiry.get(name) for name in ("question", "asked_on", "answered_on")}
    return {"referred_on": referral["referred_on"], "inquiry": asked}


def _without_signals(content: Any) -> Any:
    """What the applicant was known by, but for what links them to other people."""
    if not isinstance(content, dict) or "applicant" not in content:
        return content
    known = {name: value for name, value in content["applicant"].items() if name != "signals"}
    return {**content, "applicant": known}


def _line(line: dict[str, Any], own: set[str]) -> dict[str, Any]:
    """That it was done, and when; what the customer did themselves in full. A hash would let guess what is left out."""
    kept = {name: line[name] for name in ("actor", "action", "at")}
    if line["actor"] in own:
        return {**kept, "reason": line["reason"], "details": line["details"]}
    return {**kept, "actor": STAFF if _is_a_user(line["actor"]) else line["actor"]}


def _is_a_user(actor: str) -> bool:
    try:
        UUID(actor)
    except ValueError:
        return False
    return True

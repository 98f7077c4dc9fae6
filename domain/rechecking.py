"""Rechecking: the identity check of a referred application, asked for again; and what is said of one that was over."""

from dataclasses import dataclass, replace
from datetime import datetime

from domain.commands import HearIdentity, RecheckIdentity, RecordRecheck
from domain.deciding import Deciding
from domain.errors import NotAllowedNow
from domain.evidence import verification_key
from domain.people import ENGINE, Officer
from domain.status import LoanStatus


@dataclass(kw_only=True)
class Rechecking(Deciding):
    def order_recheck(self, command: RecheckIdentity, officer: Officer, at: datetime) -> None:
        """An officer has the provider look again, under a new key. The officers' time goes on."""
        self._refuse_elsewhere(officer)
        self._require(LoanStatus.REFERRED)
        self._require_in_time(at)
        self._refuse_own(officer)
        self._authority(officer, 0)
        referral = self._referral
        if referral.rechecking:
            raise NotAllowedNow("the provider is being asked already")
        self._today(at)
        self.referral = replace(referral, rechecks=referral.rechecks + 1, rechecking=True)
        self._tell("identity_recheck_ordered", officer.id, at, command.reason)

    def record_recheck(self, command: RecordRecheck, at: datetime) -> None:
        """What the provider says now takes the place of what it said before. The decision stays the officers'."""
        self._require(LoanStatus.REFERRED)
        if command.key != self.recheck_key:
            raise NotAllowedNow("no such re-check is under way")
        self.identity = command.result.on(self._today(at)).dated(self.business_date)
        self.referral = replace(self._referral, rechecking=False)
        self._tell("identity_checked", ENGINE, at, outcome=self.identity.outcome)

    def hear_identity(self, command: HearIdentity, at: datetime) -> None:
        """A word on a check that was over. The first stands; another one is kept for a person, and moves nothing."""
        if self.identity is None:
            raise NotAllowedNow("the check is not over")
        known, later = self.identity, command.result
        if later.key and known.key and later.key != known.key:
            raise NotAllowedNow("another check has taken the place of this one")
        if known.is_contradicted_by(later):
            said = _said(command)
            self.identity = replace(known, contradicted=(*known.contradicted, said))
            self._tell("identity_contradicted", ENGINE, at, stands=known.outcome, said=said)

    @property
    def recheck_key(self) -> str | None:
        """What the provider is asked under just now."""
        if self.status is LoanStatus.REFERRED and self._referral.rechecking:
            return verification_key(self.id, self._referral.rechecks)
        return None


def _said(command: HearIdentity) -> str:
    parts = [f"{check.aspect} {check.outcome}" for check in command.result.checks]
    return ", ".join(parts) if parts and command.result.outcome == "pending" else command.result.outcome.value

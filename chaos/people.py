"""Borrowers who pay, pay twice, and give up waiting; an operator who reverses. What each of them was told is kept."""

import asyncio
from collections.abc import Mapping
from random import Random
from typing import Any
from uuid import UUID

import httpx

from chaos.caller import Caller
from chaos.diary import Diary, Sent
from demo.tenor import Tenor

# How a borrower's bank account makes the payment rail behave (docs/sandbox.md).
ACCOUNTS = ("9999", "0001", "0003", "0005", "0006", "0008", "0009")


class People:
    """`chance` decides what they do; the same seed makes the same people."""

    def __init__(self, tenor: Tenor, http: httpx.AsyncClient, chance: Random, diary: Diary) -> None:
        self._http, self._chance, self._diary = http, chance, diary
        self.accepted = 0  # offers, so far
        self._operator = Caller(http, {"Authorization": f"Bearer {tenor.operator.token}"})

    def key(self) -> str:
        return str(UUID(int=self._chance.getrandbits(128), version=4))

    async def borrow(self, account: str | None = None) -> str:
        """A new customer with a loan that is paid out. Its id. `account`: the end of their bank account."""
        caller = await self._sign_up(account or self._chance.choice(ACCOUNTS))
        wish = {
            "product_code": "personal-loan",
            "amount": {"amount": f"{self._chance.randrange(1_000, 5_000)}.00", "currency": "USD"},
            "installments": self._chance.randrange(12, 36),
        }
        loan_id: str = (await self._told(caller, "/api/v1/loans", wish, self.key()))["loan_id"]
        await caller.until(loan_id, "offered")
        digest = (await caller.look(f"/api/v1/loans/{loan_id}/offer"))["digest"]
        await self._told(caller, f"/api/v1/loans/{loan_id}/accept", {"offer_digest": digest}, self.key())
        self.accepted += 1
        while await caller.until(loan_id, "active", "accepted") == "accepted":
            await self._operator.insist(f"/api/admin/v1/loans/{loan_id}/retry-payout", None, self.key())
            await caller.until(loan_id, "active", "disbursing")
        self._diary.loans[loan_id] = caller
        return loan_id

    async def _told(self, caller: Caller, path: str, body: Mapping[str, Any], key: str) -> Any:
        with self._diary.writing():
            return await caller.insist(path, body, key)

    async def _sign_up(self, account: str) -> Caller:
        number = self._chance.getrandbits(64)
        anybody = Caller(self._http, {})
        person = {
            "email": f"{number:x}@example.com",
            "password": "correct horse battery",
            "given_name": "Ada",
            "family_name": "Lovelace",
            "date_of_birth": "1985-12-10",
            "country": "GB",
            "annual_income": {"amount": "900000.00", "currency": "USD"},
            "bank_account": f"GB00TENOR{number}{account}",
        }
        await anybody.insist("/api/v1/customers", person, self.key())
        credentials = {"username": person["email"], "password": person["password"]}
        token = (await anybody.insist("/api/v1/auth/token", credentials, self.key()))["access_token"]
        return Caller(self._http, {"Authorization": f"Bearer {token}"})

    async def act(self) -> None:
        """One thing that somebody does to one of the loans."""
        loan_id = self._chance.choice(sorted(self._diary.loans))
        deed = self._chance.choices((self._pay, self._pay_twice, self._pay_and_hang_up, self._reverse), (5, 2, 2, 1))[0]
        await deed(loan_id)
        await asyncio.sleep(self._chance.uniform(0, 0.2))

    def _payment(self, loan_id: str) -> Sent:
        amount = {"amount": f"{self._chance.randrange(100, 900) / 100:.2f}", "currency": "USD"}
        payment = Sent(loan_id, self.key(), f"/api/v1/loans/{loan_id}/payments", {"amount": amount})
        self._diary.payments.append(payment)
        return payment

    async def _pay(self, loan_id: str) -> None:
        payment = self._payment(loan_id)
        payment.receipt = await self._told(self._diary.loans[loan_id], payment.path, payment.body, payment.key)

    async def _pay_twice(self, loan_id: str) -> None:
        payment, caller = self._payment(loan_id), self._diary.loans[loan_id]
        both = (self._told(caller, payment.path, payment.body, payment.key) for _ in range(2))
        first, second = await asyncio.gather(*both)
        payment.receipt, payment.repeats = first, 1
        if first != second:
            raise AssertionError(f"one payment has two receipts: {first} and {second}")

    async def _pay_and_hang_up(self, loan_id: str) -> None:
        payment = self._payment(loan_id)
        answer = await self._diary.loans[loan_id].once(payment.path, payment.body, payment.key)
        if answer is not None and answer.is_success:
            payment.receipt = answer.json()

    async def _reverse(self, loan_id: str) -> None:
        undone = {sent.body["transaction"] for sent in self._diary.reversals if sent.loan_id == loan_id}
        booked = [p.receipt["transaction"] for p in self._diary.payments if p.loan_id == loan_id and p.receipt]
        if not (open_ := [number for number in booked if number not in undone]):
            return
        body = {"transaction": self._chance.choice(open_), "reason": "bounced"}
        reversal = Sent(loan_id, self.key(), f"/api/admin/v1/loans/{loan_id}/reversals", body)
        self._diary.reversals.append(reversal)
        reversal.receipt = await self._told(self._operator, reversal.path, body, reversal.key)

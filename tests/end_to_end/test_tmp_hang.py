import asyncio, time
import pytest
from tests.end_to_end.house import one_process
from domain.loan import Loan

async def test_hang(database, temporal_server, monkeypatch):
    t=time.monotonic()
    async with one_process(database, temporal_server) as house:
        def broken(*a, **k): raise TypeError("broken")
        monkeypatch.setattr(Loan, "apply", broken)
        body = {"product_code": "personal", "amount": {"amount": "1200.00", "currency": "USD"}, "installments": 12}
        try:
            r = await house.http.post("/api/v1/loans", json=body, headers={**house.headers, "Idempotency-Key": "k"}, timeout=30)
            print(r.status_code, r.text)
        except Exception as e: print("EXC", type(e), e)
        print("before exit", time.monotonic()-t)
    print("after exit", time.monotonic()-t)

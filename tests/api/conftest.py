"""The API over a real database, with a desk that needs no Temporal."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy.ext.asyncio import AsyncEngine

from api.desk import OnceOnly
from api.main import create_app
from api.parts import Parts, statements
from domain.customer import CustomerDetails
from domain.money import Money
from domain.people import Role
from infrastructure.keys.local import LocalKeys
from infrastructure.payload_codec import SealedPayloads
from infrastructure.postgres.acceptances import Acceptances
from infrastructure.postgres.admission import Admission
from infrastructure.postgres.branches import Branches
from infrastructure.postgres.correspondence import Correspondence
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.delegations import Delegations
from infrastructure.postgres.documents import Documents
from infrastructure.postgres.door_log import DoorLog
from infrastructure.postgres.engine import create_engine, is_ready
from infrastructure.postgres.erasure import Erasure
from infrastructure.postgres.event_deliveries import Deliveries
from infrastructure.postgres.event_endpoints import Endpoints
from infrastructure.postgres.export import Export
from infrastructure.postgres.key_rotation import PostgresWrappedKeys
from infrastructure.postgres.ledger import Ledger
from infrastructure.postgres.loans import PostgresLoanBooks
from infrastructure.postgres.lockouts import Lockouts
from infrastructure.postgres.operations import Operations
from infrastructure.postgres.past_applications import PastApplications
from infrastructure.postgres.portfolio import PostgresPortfolio
from infrastructure.postgres.products import Products
from infrastructure.postgres.queues import Queues
from infrastructure.postgres.reconciliations import Reconciliations
from infrastructure.postgres.referred import Referred
from infrastructure.postgres.refusals import Refusals
from infrastructure.postgres.sign_ins import SignIns
from infrastructure.postgres.signals import PostgresSignals
from infrastructure.postgres.users import User, Users
from infrastructure.postgres.views import Views
from infrastructure.providers.webhooks import WebhookReader
from infrastructure.security import Caller, Tokens, hash_password
from infrastructure.settings import DEVELOPMENT_KEY, Settings
from stack.postgres import EmbeddedPostgres
from tests.api.desk import QuietClosingDesk, QuietRotationDesk, StillClock, StraightDesk, now
from tests.fakes import product
from tests.keys import data_keys
from tests.servers import fresh_database

PASSWORD = "correct horse battery"
KYC_SECRET, PAYMENTS_SECRET = "whsec_a3ljLXNlY3JldC1vZi10aGUtdGVzdHM=", "whsec_cGF5bWVudHMtc2VjcmV0LW9mLXRlc3Rz"


@dataclass(frozen=True)
class People:
    """One user of each kind, by the token each would be given."""

    users: dict[str, User]
    tokens: Tokens

    def bearer(self, name: str) -> dict[str, str]:
        user = self.users[name]
        token = self.tokens.issue(Caller(user_id=user.id, role=user.role, customer_id=user.customer_id))
        return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Door:
    """The API as one of its callers meets it."""

    http: httpx.AsyncClient
    people: People

    async def get(self, who: str | None, path: str, **parameters: Any) -> httpx.Response:
        return await self.http.get(path, params=parameters, headers=self.people.bearer(who) if who else {})

    async def post(self, who: str | None, path: str, body: object, *, key: str | None = "new") -> httpx.Response:
        headers = self.people.bearer(who) if who else {}
        if key is not None:
            headers["Idempotency-Key"] = uuid4().hex if key == "new" else key
        return await self.http.post(path, json=body, headers=headers)

    async def apply(
        self, who: str = "ada", amount: str = "1000.00", installments: int = 12, branch: str = "main"
    ) -> str:
        """The id of a new application."""
        body = {
            "product_code": "personal",
            "amount": {"amount": amount, "currency": "USD"},
            "installments": installments,
            "branch": branch,
        }
        answer = await self.post(who, "/api/v1/loans", body)
        assert answer.status_code == 201, answer.text
        loan_id: str = answer.json()["loan_id"]
        return loan_id


@pytest.fixture(scope="session")
def private_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture(scope="session")
def api_settings(postgres: EmbeddedPostgres, private_key: str) -> Iterator[Settings]:
    with fresh_database(postgres) as database:
        yield Settings.model_validate(
            {
                "environment": "development",
                "database_url": database.application_url,
                "jwt_private_key": private_key,
                "sandbox_enabled": True,
                "kyc_webhook_secret": KYC_SECRET,
                "payments_webhook_secret": PAYMENTS_SECRET,
            }
        )


@pytest.fixture(scope="session")
async def engine(api_settings: Settings) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(api_settings.database_url.get_secret_value())
    await Products(engine).create(product(), now())
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
def straight_desk(engine: AsyncEngine) -> StraightDesk:
    keys = data_keys(engine)
    return StraightDesk(PostgresLoanBooks(engine), Customers(engine, keys), Users(engine, keys))


@pytest.fixture(scope="session")
def parts(api_settings: Settings, engine: AsyncEngine, straight_desk: StraightDesk) -> Parts:
    return parts_of(api_settings, engine, straight_desk)


def parts_of(settings: Settings, engine: AsyncEngine, desk: StraightDesk) -> Parts:
    views, keys = Views(engine), data_keys(engine)
    return Parts(
        settings=settings,
        tokens=Tokens(settings),
        desk=OnceOnly(desk, views, PostgresLoanBooks(engine)),
        views=views,
        users=Users(engine, keys),
        branches=Branches(engine),
        customers=Customers(engine, keys),
        documents=Documents(engine, keys),
        products=Products(engine),
        portfolio=PostgresPortfolio(engine),
        closing=QuietClosingDesk(),
        ledger=Ledger(engine),
        operations=Operations(engine),
        webhooks=WebhookReader(kyc=[KYC_SECRET], payments=[PAYMENTS_SECRET]),
        endpoints=Endpoints(engine, keys),
        erasure=Erasure(engine),
        export=Export(engine, keys),
        wrapped_keys=PostgresWrappedKeys(engine, LocalKeys.parse(DEVELOPMENT_KEY)),
        rotation=QuietRotationDesk(),
        deliveries=Deliveries(engine),
        queues=Queues(engine),
        refusals=Refusals(engine),
        acceptances=Acceptances(engine, keys),
        correspondence=Correspondence(engine, keys),
        referred=Referred(engine),
        delegations=Delegations(engine),
        reconciliations=Reconciliations(engine),
        signals=PostgresSignals(engine, keys),
        past_applications=PastApplications(engine, desk.evidence),
        statements=statements(settings, httpx.AsyncClient()),
        codec=SealedPayloads(LocalKeys.parse(DEVELOPMENT_KEY)),
        books_are_ready=lambda: is_ready(engine),
        sign_ins=SignIns(engine, timedelta(hours=settings.sign_in_hours)),
        admission=Admission(engine),
        lockouts=Lockouts(engine),
        door_log=DoorLog(engine),
        clock=StillClock(),
    )


@pytest.fixture(scope="session")
async def people(parts: Parts) -> People:
    hashed = hash_password(PASSWORD)
    users = {name: await parts.customers.register(_customer(name), hashed, now()) for name in ("ada", "bob")}
    for name, role, level in (
        ("officer", Role.OFFICER, 2),
        ("junior", Role.OFFICER, 1),
        ("operator", Role.OPERATOR, 0),
        ("admin", Role.ADMIN, 0),
    ):
        users[name] = await parts.users.create(
            email=f"{name}@lender.example", password_hash=hashed, role=role, at=now(), level=level
        )
    for role in (Role.OFFICER, Role.OPERATOR, Role.ADMIN):
        users[f"ada the {role}"] = await parts.users.create(
            email=f"ada-the-{role}@lender.example",
            password_hash=hashed,
            role=role,
            at=now(),
            level=2,
            customer_id=users["ada"].customer_id,
        )
    return People(users, parts.tokens)


@pytest.fixture
async def clerk(parts: Parts) -> User:
    """A user of this test alone."""
    hashed = hash_password(PASSWORD)
    return await parts.users.create(
        email=f"{uuid4()}@lender.example", password_hash=hashed, role=Role.OFFICER, at=now(), level=1
    )


def _customer(name: str) -> CustomerDetails:
    return CustomerDetails(
        customer_id=str(uuid4()),
        given_name=name.capitalize(),
        family_name="Byron",
        date_of_birth=now().date().replace(year=1990, day=1),
        country="US",
        email=f"{name}@example.com",
        annual_income=Money(90_000_00, "USD"),
        bank_account="US-000123456789",
    )


@pytest.fixture(scope="session")
async def http(api_settings: Settings, parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(api_settings, parts), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://tenor.test") as client:
        yield client


@pytest.fixture
def door(http: httpx.AsyncClient, people: People) -> Door:
    return Door(http, people)


@pytest.fixture
def desk(straight_desk: StraightDesk) -> Iterator[StraightDesk]:
    yield straight_desk
    straight_desk.away = False

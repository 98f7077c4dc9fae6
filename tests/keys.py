"""The keys of a test's database: those of any development installation."""

from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.keys.local import LocalKeys
from infrastructure.postgres.data_keys import DataKeys
from infrastructure.settings import DEVELOPMENT_KEY


def data_keys(engine: AsyncEngine) -> DataKeys:
    return DataKeys(engine, LocalKeys.parse(DEVELOPMENT_KEY))

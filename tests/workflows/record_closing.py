"""python -m tests.workflows.record_closing: record a close of three missed days, for tests/replay."""

import json
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from demo.recording import anonymous
from infrastructure.entry import run
from tests.namespaces import new_namespace
from tests.servers import LocalServers
from tests.workflows.test_close_of_business import FRIDAY, Night

FILE = Path(__file__).parents[1] / "replay" / "closings" / "three-days.json"


async def record(address: str) -> None:
    namespace = await new_namespace(address)
    client = await Client.connect(address, namespace=namespace, data_converter=pydantic_data_converter)
    night = Night(client)
    night.portfolio.changed = ("1",)
    async with night.worker():
        _, handle = await night.close(FRIDAY + timedelta(days=2))
    history = await handle.fetch_history()
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(anonymous(history.to_json_dict()), indent=1) + "\n")


if __name__ == "__main__":
    servers = LocalServers()
    try:
        run(record(servers.temporal().address))
    finally:
        servers.stop()

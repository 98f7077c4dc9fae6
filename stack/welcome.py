"""What a person wants to know once everything runs."""

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from stack.site import Site


def welcome(site: Site, *, ends_with: str = "make down") -> RenderableType:
    """The addresses of a stack, and who can sign in."""
    parts: list[RenderableType] = [_addresses(site)]
    if users := _seeded_users(site):
        parts += [Text("\nWho can sign in", style="bold"), Text(users)]
    return Panel(
        Group(*parts), title="Tenor is up", subtitle=ends_with, border_style="green", expand=False, padding=(1, 2)
    )


def _addresses(site: Site) -> Table:
    ports = site.ports
    api = f"http://127.0.0.1:{ports['api']}"
    rows = {
        "API": f"{api}/docs",
        "Administration": f"{api}/api/admin/docs",
        "Temporal Web UI": f"http://127.0.0.1:{ports['temporal_ui']}",
        "Provider sandbox": f"http://127.0.0.1:{ports['sandbox']}/docs",
        "Temporal": f"127.0.0.1:{ports['temporal']}",
        "Postgres": f"127.0.0.1:{ports['postgres']}",
        "Logs": str(site.logs),
    }
    table = Table.grid(padding=(0, 3))
    for name, address in rows.items():
        table.add_row(Text(name, style="bold"), Text(address, style="cyan", overflow="fold"))
    return table


def _seeded_users(site: Site) -> str:
    """What `seed.py` printed: the users it made, and their development passwords."""
    log = site.log("seed")
    return log.read_text(errors="replace").strip() if log.exists() else ""

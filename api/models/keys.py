"""The keys that seal personal data, by the versions of the key that wraps them. Never a key itself."""

from api.models.base import Model, View


class NothingMore(Model):
    """All that a rotation needs to be told."""


class KeysOfVersionView(View):
    version: str
    keys: int


class KeyVersionsView(View):
    """`keys` are customers' and the house's. A version that has none may go, once Temporal needs it no more."""

    newest: str
    versions: list[KeysOfVersionView]


class RotationView(View):
    """The rotation has begun, or runs already: its workflow in the Temporal Web UI."""

    workflow_id: str
    workflow_url: str

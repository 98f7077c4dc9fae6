"""How the outside world says no: a status and a code, never the data it was sent."""


class Fault(Exception):
    """Answered as `{"code": …}` with `status`."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code

"""How every Python entry point of Tenor ends."""

import gc
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

Result = TypeVar("Result")


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run `main` to its end and leave nothing of Temporal's SDK to the interpreter's exit.

    A client collected while the interpreter shuts down can abort the process (temporalio/sdk-python#300).
    """
    try:
        return uvloop.run(main)
    finally:
        gc.collect()

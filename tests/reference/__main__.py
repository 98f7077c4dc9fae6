"""Run published cases through the domain: `python -m tests.reference [--strict] [FOLDER]`.

The exit code is 0 when the cases could be run; with `--strict`, only when all of them pass.
"""

import argparse
import sys
from pathlib import Path

from tests.reference.run import PUBLISHED, run


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.reference", description="Run published figures through the domain."
    )
    parser.add_argument("folder", nargs="?", type=Path, default=PUBLISHED, help="a folder of *.jsonl case files")
    parser.add_argument("--strict", action="store_true", help="fail when a case fails")
    arguments = parser.parse_args()
    if not any(arguments.folder.glob("*.jsonl")):
        parser.error(f"{arguments.folder} holds no *.jsonl")
    tally = run(arguments.folder)
    sys.stdout.write("\n".join(tally.report()) + "\n")
    return 1 if arguments.strict and tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())

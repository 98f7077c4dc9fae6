"""Where files may lie: also PostgreSQL's, which a system user must reach when root starts it."""

import os
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Final

SYSTEM_USER: Final = "nobody"  # who runs PostgreSQL when root starts it
ROOTS_ROOMS: Final = Path("/var/lib/tenor")
OTHERS_MAY_PASS = 0o001


def is_reachable(path: Path) -> bool:
    """True when any user may pass through all the directories above this absolute path."""
    return all(parent.stat().st_mode & OTHERS_MAY_PASS for parent in path.parents)


def room_for_postgres(data_directory: Path) -> Path:
    """`postgres` in the data directory: a link to a room outside when root's data directory is closed to others."""
    inside = data_directory.resolve() / "postgres"
    if os.geteuid() != 0:
        inside.mkdir(mode=0o700, exist_ok=True)
        return inside
    data_directory.chmod(data_directory.stat().st_mode | OTHERS_MAY_PASS)
    room = inside if is_reachable(inside) else _room_outside(data_directory)
    room.mkdir(mode=0o711, parents=True, exist_ok=True)
    if room != inside and not inside.is_symlink():
        inside.symlink_to(room)
    return room


def remove_rooms(data_directory: Path) -> None:
    """Remove a data directory and what of it lies outside."""
    if (data_directory / "postgres").is_symlink():
        shutil.rmtree(_room_outside(data_directory), ignore_errors=True)
    shutil.rmtree(data_directory)


def _room_outside(data_directory: Path) -> Path:
    return ROOTS_ROOMS / sha256(bytes(data_directory.resolve())).hexdigest()[:16]

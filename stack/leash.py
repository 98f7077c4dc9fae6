"""Become a program that dies with whoever started it, and that runs as another user when asked.

`python -I -S leash.py PARENT_PID SIGNAL USER PROGRAM ARGUMENT…` (USER may be empty). This is a program of its own,
because nothing may safely run between fork and exec of a process that has threads.

The leash is Linux's: elsewhere a child outlives a killed parent until the next start sweeps it away (see `pids`).
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, signal, user, program, *arguments = sys.argv[1:]
    if user:
        become(user)
    if sys.platform == "linux":
        # After `become`: a change of user takes the leash off.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal))
        if os.getppid() != int(parent):
            sys.exit("whoever started this has gone")
    os.execv(program, [program, *arguments])


def become(user: str) -> None:
    """Stop being root, for good and in every respect: PostgreSQL refuses to run as root."""
    account = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


if __name__ == "__main__":
    main()

"""Become the account, promise to end with the parent, then turn into the server: a script, run in between.

A script and not a `preexec_fn`, because the process that starts us has threads, and forked Python code may
deadlock on their locks. It runs as `python -I -S launch.py <uid:gid or -> <signal> <parent pid> <program> …`.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def become(account: str, farewell: int, parent: int, command: list[str]) -> None:
    if account != "-":
        user, group = (int(part) for part in account.split(":"))
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    # After setuid, which clears the promise. macOS has no such call: there a killed parent leaves its servers
    # behind, and the next start ends them (leftover.py).
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, farewell, 0, 0, 0) != 0:
        sys.exit("prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        sys.exit("the parent ended before its server began")
    # Both survive an exec: what the starting thread has blocked, and what Python itself ignores.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored, signal.SIG_DFL)
    os.execv(command[0], command)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    become(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])

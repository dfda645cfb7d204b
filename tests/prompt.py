"""What a reader types at the prompt, without the imports each time: `kartoteka` there is forked from one process."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fork import Fork

PROGRAM = """#!{python} -IS
import json, os, socket, sys

with socket.socket(socket.AF_UNIX) as line:
    line.connect({path!r})
    socket.send_fds(line, [b"."], [0, 1, 2])
    line.sendall(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode())
    line.shutdown(socket.SHUT_WR)
    sys.exit(int(line.recv(16) or b"1"))
"""


@contextmanager
def prompt(program: Path) -> Iterator[None]:
    """While the block runs, the program there is the command line, in a process of its own each time."""
    path = program.with_suffix(".socket")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        door.listen()
        server = Fork(answer, door)
    program.write_text(PROGRAM.format(python=sys.executable, path=str(path)))
    program.chmod(0o755)
    try:
        yield
    finally:
        server.kill()
        server.wait()


def answer(door: socket.socket) -> None:
    """Whoever comes gets a process beside this one, which waits for theirs."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        line, _ = door.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            wait_for(line)
        line.close()


def wait_for(line: socket.socket) -> None:
    """Tell the exit code of what was typed."""
    _, streams, _, _ = socket.recv_fds(line, 1, 3)
    with line.makefile() as told:
        words, folder, environment = json.load(told)
    process = os.fork()
    if process == 0:
        line.close()
        for n, stream in enumerate(streams):
            os.dup2(stream, n)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        os._exit(run(words))
    _, status = os.waitpid(process, 0)
    line.sendall(str(os.waitstatus_to_exitcode(status) % 256).encode())
    os._exit(0)


def run(words: list[str]) -> int:
    """`kartoteka <words>`, to its exit code."""
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 - they end with the process
    sys.argv = ["kartoteka", *words]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from adapters.cli import main

    try:
        main()
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException:  # noqa: BLE001 - whatever it is, a program ends with 1 by it
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
    return 0

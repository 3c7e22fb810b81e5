"""Free the work directory of failed attempts and earlier runs, or of all that is published.

Only `work/<2 hex>/<30 hex>` is ever removed, no link is followed, and nothing while a run goes on.
"""

import argparse
import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from linnaea.base.errors import InputError
from linnaea.base.tables import read_table
from linnaea.run.launch import LOG, Launch, read_launch

_FIRST, _REST = re.compile(r"[0-9a-f]{2}"), re.compile(r"[0-9a-f]{30}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The launch directory, how much, and whether for real."""
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path(), help="where `nextflow run` was started [.]"
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="also remove what the last run used, if it succeeded and all its results are in place",
    )
    parser.add_argument("--dry-run", action="store_true", help="only report what would be freed")
    parser.add_argument("--log", type=Path, help="the engine's log, if not .nextflow.log in that directory")


def run(args: argparse.Namespace) -> int:
    """Remove, and say how much; 1 when something could not be removed."""
    launch = read_launch(args.folder, args.log)
    with held(launch):
        if args.all:
            refuse_unpublished(launch)
        folders = list(to_remove(launch, args.all))
        files = size = 0
        kept: list[str] = []
        for folder in folders:
            inside = weight(folder)
            if args.dry_run or remove(folder, kept):
                files, size = files + inside[0], size + inside[1]
    done = "would be freed" if args.dry_run else "freed"
    print(
        f"{done}: {files} files, {readable(size)} in {len(folders) - len(kept)} task directories of "
        f"{launch.work}"
    )
    print("resume: " + ("no more, a new run starts from the beginning" if args.all else "as before"))
    for complaint in kept:
        print(f"error: not removed: {complaint}", file=sys.stderr)
    return 1 if kept else 0


@contextmanager
def held(launch: Launch) -> Iterator[None]:
    """Hold the engine's locks of a launch directory, so that no run starts; InputError while one goes on."""
    import fcntl

    if launch.state == "running":
        raise InputError(
            f"a run is active in {launch.folder} (process {launch.pid} on {launch.host}); wait until it "
            "ends, or stop it"
        )
    with ExitStack() as stack:
        for path in (launch.folder / ".nextflow" / "cache").glob("*/db/LOCK"):
            handle = stack.enter_context(path.open("r+"))
            try:
                fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise InputError(
                    f"a run is active in {launch.folder} (it holds {path}); wait until it ends, or stop it"
                ) from None
        yield


def refuse_unpublished(launch: Launch) -> None:
    """InputError unless the last run succeeded and every file of its index is in place, whole and no link."""
    if launch.state != "finished":
        raise InputError(
            f"the last run of {launch.folder} did not succeed: --all would lose its results; resume it, or "
            "leave out --all"
        )
    outdir = launch.outdir
    if outdir is None or not (outdir / "index.tsv").is_file():
        raise InputError(f"{outdir} has no index.tsv to compare the results with; run again with -resume")
    work = str(launch.work.resolve()) + os.sep if launch.work else os.sep
    faults = []
    for row in read_table(outdir / "index.tsv"):
        path = outdir / row["file"]
        try:
            status = path.lstat()
        except OSError:
            faults.append(f"{row['file']} does not exist")
            continue
        if not stat.S_ISREG(status.st_mode) or str(path.resolve()).startswith(work):
            faults.append(f"{row['file']} is a link (--publish_mode); its content is in the work directory")
        elif status.st_size != int(row["bytes"]):
            faults.append(f"{row['file']} has {status.st_size} bytes, the index says {row['bytes']}")
    if faults:
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise InputError(f"results of {outdir} are not all in place: {'; '.join(faults[:5])}{more}")


def task_folders(work: Path) -> Iterator[Path]:
    """Task directories below a work directory; links are none."""
    for first in sorted(_directories(work, _FIRST)):
        yield from sorted(_directories(first, _REST))


def _directories(folder: Path, name: re.Pattern[str]) -> list[Path]:
    with os.scandir(folder) as entries:
        return [
            Path(entry.path)
            for entry in entries
            if name.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
        ]


def to_remove(launch: Launch, everything: bool) -> Iterator[Path]:
    """Task directories that may go.

    Of a run that succeeded, those it did not use; else only failed attempts, as -resume may come back to any
    other. A work directory outside the launch directory may serve others too: there only what the logs of
    this launch directory name is touched.
    """
    if launch.work is None or not launch.work.is_dir():
        raise InputError(f"{launch.log} names no existing work directory; nothing to clean")
    work = launch.work.resolve()
    used = {task.hash for task in launch.tasks.values() if task.state in ("done", "cached")}
    if not used and not everything:
        raise InputError(
            "the last run executed no tasks, so it cannot show which files are still needed; "
            "resume the run first"
        )
    linked = set() if everything else linked_folders(launch.outdir, work)
    own = work.is_relative_to(launch.folder.resolve())
    named = set() if own else named_tasks(launch.folder) | set(launch.tasks)
    finished = launch.state == "finished"
    for folder in task_folders(work):
        short = f"{folder.parent.name}/{folder.name[:6]}"
        if not own and short not in named:
            continue
        if everything or (
            short not in used and folder not in linked and (finished or failed_attempt(folder))
        ):
            yield folder


def failed_attempt(folder: Path) -> bool:
    """Whether a task ended with an exit code other than 0; without any, it may still run."""
    try:
        return (folder / ".exitcode").read_text().strip() not in ("", "0")
    except OSError:
        return False


def linked_folders(outdir: Path | None, work: Path) -> set[Path]:
    """Task directories that links among the results point into."""
    found: set[Path] = set()
    for folder, folders, files in os.walk(outdir or os.devnull):
        for name in (*folders, *files):
            path = Path(folder, name)
            if path.is_symlink() and (target := path.resolve()).is_relative_to(work):
                found.add(work.joinpath(*target.relative_to(work).parts[:2]))
    return found


def named_tasks(folder: Path) -> set[str]:
    """Tasks that any log in a launch directory names, as `ab/cdef12`."""
    found: set[str] = set()
    for path in folder.glob(f"{LOG}*"):
        found.update(re.findall(r"\[([0-9a-f]{2}/[0-9a-f]{6})\]", path.read_text(errors="replace")))
    return found


def weight(folder: Path) -> tuple[int, int]:
    """Number of files and links below a folder, and the bytes of disk that go with them."""
    number = size = 0
    for place, folders, files in os.walk(folder):
        for name in files + [name for name in folders if Path(place, name).is_symlink()]:
            status = os.lstat(os.path.join(place, name))  # noqa: PTH118 (a million files)
            number += 1
            # a file that is published as a hard link stays
            size += status.st_blocks * 512 if status.st_nlink == 1 else 0
    return number, size


def remove(folder: Path, kept: list[str]) -> bool:
    """Remove a task directory, and its parent when that is empty; a complaint is added to `kept`."""
    try:
        shutil.rmtree(folder)
    except OSError as error:
        kept.append(f"{folder} ({error.strerror}: {error.filename})")
        return False
    with suppress(OSError):
        folder.parent.rmdir()
    return True


def readable(size: int) -> str:
    """Bytes with a unit: `3.2 GB`."""
    number = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"

"""Why a run failed, on one screen: sample, step, reason, end of the log, what to do, how to go on."""

import math
import os
import re
import shlex
import subprocess
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.paths import ROOT, asset
from linnaea.base.tables import read_unfinished_table
from linnaea.base.text import printable
from linnaea.install.engine import configuration
from linnaea.run.finish import close_to_others, damage
from linnaea.run.launch import Launch, TaskAttempt, bytes_of, end_of, read_launch, seconds_of
from linnaea.run.task_log import SIGPIPE, Complaint, Part, failed_part, first_complaint

WIDTH = 100
LAST_LINES = 8
# Other failed tasks that are named.
NAMED = 5
UNKNOWN_EXIT = ("-", "", "2147483647", "null")
OVERRIDE = "override.config"
# Folders of the checkout whose files tasks get.
OURS = (asset("report").parent, ROOT / "containers")


@dataclass(frozen=True)
class Reason:
    """Why a task failed: `kind` for programs, `words` and `remedy` for people."""

    kind: str
    words: str
    remedy: str = ""


@dataclass
class Failure:
    """A failed run: `report` is what its engine says, `complaint` what the checks at its end say."""

    launch: Launch
    outdir: Path
    command: str
    report: str = ""
    complaint: str = ""


_DISK = re.compile(r".*(?:No space left on device|[Dd]isk quota exceeded|EDQUOT).*")
_TIME = re.compile(r"DUE TO TIME LIMIT|exceeded running time limit", re.IGNORECASE)
_MEMORY = re.compile(
    r"std::bad_alloc|Cannot allocate memory|OutOfMemoryError|Java heap space|insufficient memory|MemoryError"
    r"|oom[_-]kill|killed for want of memory|Out Of Memory|out of memory|exceeded .*memory limit",
)
_LEFT = re.compile(r"CANCELLED.*|.*DUE TO (?:NODE FAILURE|PREEMPTION).*|.*NODE_FAIL.*|.*PREEMPTED.*")
_NO_PROGRAM = re.compile(
    r"(?:line \d+: |env: [‘'\"]?|exec: )([^\s:’'\"]+)[’'\"]?: (?:command not found|No such file)"
)
_NOT_THERE = re.compile(r"Missing output file\(s\) (.+?) expected by process")
_NOT_PUBLISHED = re.compile(r"Failed to publish file: (.+?); to: (\S+)")
_SUBMIT = re.compile(r"Failed to submit process|^ *(?:sbatch|qsub|bsub): ", re.MULTILINE)
_REFUSED = re.compile(r"^ *((?:sbatch|salloc|srun): (?:error|fatal): .+)", re.MULTILINE)
_CRASHES = {
    134: "it aborted itself",
    136: "arithmetic error",
    139: "segmentation fault",
    132: "illegal instruction",
}


def reason(code: str, text: str, cause: str = "", folder: Path | None = None) -> Reason:
    """Why a task failed: from its exit code ("-": unknown), the ends of its logs, the engine's words.

    Of a pipe, the part that failed first decides: `folder` has the script that names it.
    """
    if _SUBMIT.search(cause):
        message = _REFUSED.search(cause)
        return Reason(
            "submit",
            "the scheduler refused the job" + (f": {message[1].strip()}" if message else ""),
            "Correct what it names (account: --project; partition, memory or time: the profile of the site).",
        )
    if found := _NOT_PUBLISHED.search(cause):
        return Reason(
            "publish",
            f"its result could not be written to {found[2]}",
            "Check whether that disk or your quota (bytes, files) is full, and whether you may write there.",
        )
    if found := _DISK.search(text):
        return Reason(
            "disk",
            f"no space was left on the disk, or your quota is full ({found[0].strip()})",
            _MAKE_ROOM,
        )
    part = failed_part(text, _said(folder / ".command.sh") if folder else "")
    if part and code not in UNKNOWN_EXIT:
        code = str(part.code)
    if code not in ("137", "140") and folder and (full := _full_disk(folder)):
        # programs die of it without a word, and their logs cannot be written either
        return Reason("disk", f"no space was left on the disk of the work directory ({full})", _MAKE_ROOM)
    if folder and (lost := _lost_input(folder)):
        return Reason(
            "removed",
            f"its input {lost} no longer exists",
            "It is a result of an earlier step, which -resume repeats. Do not delete anything from the work "
            "directory during a run."
            if _maker(lost)
            else "Put the file back. Inputs must not change during a run.",
        )
    if code == "140" or _TIME.search(text) or _TIME.search(cause):
        return Reason("time", "it reached its time limit")
    if code in ("137", "247") or _MEMORY.search(text):
        return Reason("memory", "it needed more memory than it was given")
    if code in UNKNOWN_EXIT and not _NOT_THERE.search(cause):
        note = _LEFT.search(text)
        return Reason(
            "vanished",
            "the job left the scheduler without an exit code: cancelled, preempted, lost with its node, or "
            "killed for memory" + (f" ({note[0].strip()})" if note else ""),
            "Resume; if it happens again, `sacct -j JOB -o State,MaxRSS,Elapsed` shows why.",
        )
    found = _NO_PROGRAM.search(text)
    if found or code == "127":
        return Reason(
            "program",
            f"the program {found[1]} was not found" if found else "a program was not found",
            "`linnaea doctor` shows what is missing and how to get it; or run with containers.",
        )
    if found := _NOT_THERE.search(cause):
        return Reason(
            "output",
            f"the step exited without an error but did not write {found[1]}",
            "Read its log; if the input is correct, this is a bug of the step: please report it.",
        )
    if code.isdigit() and int(code) in _CRASHES:
        return Reason(
            "bug", f"{_subject(part)} crashed (exit code {code}, {_CRASHES[int(code)]})",
            "Resume once; if it crashes again, the program has a bug or its input is damaged: please "
            "report it.",
        )  # fmt: skip
    complaint = first_complaint(text, part)
    if code == str(SIGPIPE) and part and not (complaint and complaint.own):
        reader = part.reader or "a program"
        return Reason(
            "bug", f"{reader} stopped reading before {_subject(part)} had written everything (exit code 141)",
            _REPORT_IT,
        )  # fmt: skip
    if complaint:
        return _complaint_reason(complaint, part, code)
    return Reason("bug", f"{_subject(part)} ended with exit code {code} and gave no reason", _REPORT_IT)


def _subject(part: Part | None) -> str:
    return part.program if part and part.program else "a program"


def _complaint_reason(complaint: Complaint, part: Part | None, code: str) -> Reason:
    if complaint.own and not complaint.broken:
        return Reason("input", complaint.words)
    if complaint.own:
        return Reason("bug", f"the script {complaint.program} has a bug: {complaint.words}", _REPORT_IT)
    program = complaint.program or _subject(part)
    if re.match(r"(?:ModuleNotFound|Import)Error", complaint.words):
        remedy = "Its installation is incomplete: `linnaea doctor` shows how to get it."
    else:
        remedy = (
            "If the message names an input, correct that. If not, `linnaea doctor` shows whether this "
            "version of the program is known to fail; then please report it."
        )
    return Reason("tool", f"{program} failed (exit code {code}): {complaint.words}", remedy)


_REPORT_IT = "Read the log; if the input is correct, please report it with this page and .nextflow.log."


_MAKE_ROOM = (
    "Free some space: `linnaea clean` removes what the last run does not need. Quotas count files as well "
    "as bytes."
)


def _full_disk(folder: Path) -> str:
    """What a file system has left below 2 % (and 1 GB), in bytes or files; "" when it has more."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return ""
    free = disk.f_bavail * disk.f_frsize
    if free < min(1 << 30, 0.02 * disk.f_blocks * disk.f_frsize):
        return f"{free / 1e6:,.1f} MB are free"
    if disk.f_files and disk.f_favail < 0.02 * disk.f_files:
        return f"{disk.f_favail:,} more files are possible"
    return ""


def _lost_input(folder: Path) -> str:
    """The target of a staged link that points nowhere, "" when all are there."""
    try:
        links = [entry.path for entry in os.scandir(folder) if entry.is_symlink()]
        return next((os.readlink(link) for link in links if not Path(link).exists()), "")  # noqa: PTH115
    except OSError:
        return ""


def _maker(path: str | Path) -> Path | None:
    """The work directory of the task that made a file, None for a file that no task made."""
    folders = (parent for parent in Path(path).parents if re.fullmatch(r"[0-9a-f]{30}", parent.name))
    return next((folder for folder in folders if re.fullmatch(r"[0-9a-f]{2}", folder.parent.name)), None)


def _inputs(folder: Path | None) -> dict[str, Path]:
    """Name -> target of the inputs that are linked into a work directory."""
    entries = sorted([*folder.glob("*"), *folder.glob("*/*")]) if folder else []
    return {entry.name: Path(os.readlink(entry)) for entry in entries if entry.is_symlink()}  # noqa: PTH115


def _names(text: str, name: str) -> bool:
    """Whether a text names a file: not as a part of a longer name."""
    return bool(re.search(rf"(?<![\w.-]){re.escape(name)}(?!\w|[.-]\w)", text))


def suspect_inputs(folder: Path | None, text: str) -> dict[Path, str]:
    """Damaged results of earlier tasks among the inputs that a text names.

    Work directory of the task that made the file -> file and what is wrong with it.
    """
    suspects: dict[Path, str] = {}
    for name, target in _inputs(folder).items():
        maker = _maker(target)
        if maker and _names(text, name) and (fault := damage(target)):
            suspects.setdefault(maker, f"{name} {fault}")
    return suspects


def origins(folder: Path | None, text: str, steps: Mapping[Path, str]) -> list[str]:
    """Where the files that a text names come from: the user's file, or the step that made it.

    `steps` are names of tasks by work directory. A file that the step itself made comes from all files of
    the user that it was given.
    """
    inputs = _inputs(folder)
    given = [str(path) for path in inputs.values() if not _maker(path) and path.parent not in OURS]
    sources = []
    for name, target in inputs.items():
        if _names(text, name) and str(target) not in text:
            maker = _maker(target)
            step = steps.get(maker, "an earlier step") if maker else ""
            sources.append(f"{name} is a result of {step}" if maker else f"{name} is {target}")
    own = [path for path in folder.iterdir() if path.is_file() and not path.is_symlink()] if folder else []
    for path in own:
        if given and not path.name.startswith(".command") and _names(text, path.name):
            sources.append(f"{path.name} was made in this step from {' and '.join(given[:NAMED])}")
    return sources


def log_text(folder: Path | None) -> str:
    """The ends of a task's logs: the scheduler's first, then what its programs said."""
    if folder is None:
        return ""
    return "\n".join(_said(folder / name) for name in (".command.log", ".command.out", ".command.err"))


def _said(log: Path) -> str:
    try:
        return end_of(log).decode(errors="replace")
    except OSError:  # this page is made whatever is wrong
        return ""


def last_lines(folder: Path | None) -> tuple[Path | None, list[str]]:
    """The log of a task that has something to say, and its last lines that are not empty."""
    for name in (".command.err", ".command.log", ".command.out"):
        if folder is None:
            break
        said = _said(folder / name).replace(f"{folder}/", "").splitlines()
        lines = [printable(line.expandtabs().rstrip())[: WIDTH + 20] for line in said if line.strip()]
        if lines:
            return folder / name, lines[-LAST_LINES:]
    return None, []


# What to give


def site_limits(command: str, folder: Path) -> dict[str, str]:
    """What one task may get at this site (`memory`, `time`), as the engine reads it; {} where it does not."""
    words = _words(command)
    given = _options(words, "-c", "-C", "-config")
    profiles = ",".join(_options(words, "-profile")[1::2])
    try:
        settings = configuration(given, profiles, folder, words[0])
    except (InputError, OSError, subprocess.SubprocessError, ValueError):
        return {}
    return dict(re.findall(r"(\w+):'([^']*)'", settings.get("process.resourceLimits", "")))


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command) or ["nextflow"]
    except ValueError:
        return command.split() or ["nextflow"]


def _options(words: Sequence[str], *names: str) -> list[str]:
    """Options of these names with their values, as they were given."""
    return [part for at, word in enumerate(words[:-1]) if word in names for part in words[at : at + 2]]


def bigger(kind: str, asked: str, limits: dict[str, str]) -> tuple[str, str]:
    """(what to write for `memory` or `time`, what to say): twice what was asked, at most the limit.

    The first is "" where nothing more can be asked.
    """
    measure = bytes_of if kind == "memory" else seconds_of
    unit = (1 << 30) if kind == "memory" else 3600
    last, limit = measure(asked), measure(limits.get(kind, "")) or math.inf
    if not last:
        return "", ""
    if last >= limit:
        return "", f"{asked} is the maximum of this site for one task"
    wanted = min(2 * last, limit)
    number = max(1, int(-(-wanted // unit) if wanted < limit else wanted // unit))
    return f"{number}.{'GB' if kind == 'memory' else 'h'}", ""


# The screen


def failed_tasks(failure: Failure) -> list[TaskAttempt]:
    """Tasks that made the run fail, the one of the engine's page first; not those that were tried again."""
    tasks = failure.launch.tasks.values()
    failed = [task for task in tasks if task.state == "failed" and not task.retried]
    named = re.search(r"^Work dir:\n +(.+)$", failure.report, re.MULTILINE)
    title = re.search(r"Error executing process > '(.+)'", failure.report)
    if named:
        folder = Path(named[1].strip())
        first = next((task for task in tasks if task.workdir == folder), None)
        if first is None and title:
            short = f"{folder.parent.name}/{folder.name[:6]}"
            first = TaskAttempt(short, title[1], "failed", workdir=folder)
        failed = [*([first] if first else []), *(task for task in failed if task.workdir != folder)]
    elif title and not any(task.name == title[1] for task in failed):
        failed.insert(0, TaskAttempt("", title[1], "failed"))
    return failed


def cause(report: str) -> str:
    """The engine's words for the failure of a task."""
    return re.split(r"^(?:Command error|Command wrapper|Work dir):", report, maxsplit=1, flags=re.MULTILINE)[
        0
    ]


def page(failure: Failure) -> str:
    """The screen, which is Markdown as well."""
    parts = ["# The run failed"]
    tasks = [] if failure.complaint else failed_tasks(failure)
    if failure.complaint:
        parts += [_facts({"Step": "the checks at the end of the run", "Why": failure.complaint})]
    elif tasks:
        parts += _of_task(failure, tasks[0])
        parts += _others(tasks[1:])
    else:
        parts += _of_engine(failure)
    return "\n\n".join(part for part in parts if part) + "\n"


def sentence(words: str) -> str:
    """Words with a capital and a full stop."""
    return words[:1].upper() + words[1:].rstrip(".") + "."


def _facts(facts: dict[str, str]) -> str:
    lines = []
    for name, value in facts.items():
        text = printable(value)
        lines += textwrap.wrap(
            f"- {name + ':':<8} {text}", WIDTH, subsequent_indent=" " * 11, break_long_words=False,
            break_on_hyphens=False,
        )  # fmt: skip
    return "\n".join(lines)


def _of_task(failure: Failure, task: TaskAttempt) -> list[str]:
    rows = {row.get("hash"): row for row in read_unfinished_table(failure.launch.trace)}
    row = rows.get(task.hash, {})
    why = reason(task.exit, log_text(task.workdir), cause(failure.report), task.workdir)
    attempt = f", attempt {row['attempt']}" if row.get("attempt", "1") not in ("1", "-", "") else ""
    words, remedy, snippet = why.words, why.remedy, ""
    if why.kind in ("memory", "time"):
        asked = row.get(why.kind, "") or ""
        words += f" ({asked})" if asked.strip("-") else ""
        snippet, remedy = _override(failure, task, why.kind, asked)
    log, lines = last_lines(task.workdir)
    said = "\n".join([why.words, *lines])
    makers = suspect_inputs(task.workdir, said) if why.kind in ("input", "bug", "tool") else {}
    steps = {known.workdir: known.name for known in failure.launch.tasks.values() if known.workdir}
    files = origins(task.workdir, why.words, steps) if why.kind in ("input", "bug", "tool") else []
    facts = {
        "Sample": task.tag or "all",
        "Step": f"{task.process}{attempt}",
        "Why": sentence(words) if why.kind != "input" else words,
        "Files": "; ".join(files),
        "Do": remedy,
    }
    shown = f"The end of {log}:\n\n" + textwrap.indent("\n".join(lines), "    ") if log else ""
    anew = "\n\n".join(
        f"{file}, a result of {steps.get(maker, 'an earlier step')}. To repeat that step:\n\n"
        f"    rm -r {shlex.quote(str(maker))}"
        for maker, file in makers.items()
    )
    parts = [_facts({k: v for k, v in facts.items() if v}), shown, snippet, anew]
    return [*parts, _go_on(failure, bool(snippet))]


def _override(failure: Failure, task: TaskAttempt, kind: str, asked: str) -> tuple[str, str]:
    """(the configuration to try, what to do): more memory or time where the site has more."""
    process = task.process.split(":")[-1]
    wanted, limit = bigger(kind, asked, site_limits(failure.command, failure.launch.folder))
    if limit:
        more = "larger nodes" if kind == "memory" else "a longer limit"
        return "", (
            f"{limit}: choose a site or partition with {more}, or give it less data (--hifi_coverage_cap, "
            "--subsample_depth, a smaller --region_size)."
        )
    if not wanted:
        return "", f"Give {process} more {kind}: `-c {OVERRIDE}`, written like conf/resources.config."
    snippet = (
        f"Write this to {OVERRIDE} (or add it there):\n\n    process {{\n"
        f"        withName: '{process}' {{ {kind} = {wanted} }}\n    }}"
    )
    return snippet, f"Give it {wanted.replace('.', ' ')}, as below."


def _others(tasks: Sequence[TaskAttempt]) -> list[str]:
    if not tasks:
        return []
    lines = [
        f"- {task.name}: {reason(task.exit, log_text(task.workdir), folder=task.workdir).words}"
        for task in tasks[:NAMED]
    ]
    more = f"\n- and {len(tasks) - NAMED} more: `linnaea status`" if len(tasks) > NAMED else ""
    return ["Also failed:\n\n" + "\n".join(printable(line)[: 2 * WIDTH] for line in lines) + more]


def _of_engine(failure: Failure) -> list[str]:
    """Failures that are of no task: results that cannot be written, an interrupt, a fault of the workflow."""
    text = failure.report + "\n" + "\n".join(_log_errors(failure.launch.log))
    if _NOT_PUBLISHED.search(text):
        why = reason("0", "", text)
        if _DISK.search(text):
            why = reason("0", text)
    elif re.search(r"SIG(?:INT|TERM|HUP)|[Ii]nterrupt", text):
        why = Reason(
            "stopped",
            "it was stopped from outside: by you, at the end of your session, or at the time limit of the "
            "engine's own job",
            "Resume; start long runs in tmux, or in a job with a long time limit.",
        )
    elif _DISK.search(text):
        why = reason("0", text)
    else:
        first = next(
            (line for line in failure.report.splitlines() if line.strip()), "the engine gave no reason"
        )
        why = Reason("engine", first.strip(), _REPORT_IT)
    facts = {"Step": "the engine itself, not a task", "Why": sentence(why.words), "Do": why.remedy}
    return [_facts(facts), _go_on(failure, False)]


def _log_errors(log: Path) -> list[str]:
    """Lines of errors in the engine's log, with the two after each (the exception)."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return []
    starts = [at for at, line in enumerate(lines) if re.match(r"\S+ \S+ \[[^\]]*\] ERROR ", line)]
    return [line for at in starts for line in lines[at : at + 3]]


def _go_on(failure: Failure, override: bool) -> str:
    command = failure.command
    if override and OVERRIDE not in command:
        command += f" -c {OVERRIDE}"
    if not re.search(r"(^| )-resume\b", command):
        command += " -resume"
    return f"Continue with what is done:\n\n    {printable(command)}"


def explain_failure(
    *,
    outdir: Path,
    launch_dir: Path,
    command: str,
    report: str = "",
    complaint: str = "",
) -> None:
    """After a failed run: one screen that says why, and pipeline_info/failure.md with the same.

    command: the command line of the run
    report: what the engine says of the failure
    complaint: what the checks at the end of the run say
    """
    try:
        launch = read_launch(launch_dir)
    except (InputError, OSError):
        launch = Launch(launch_dir, launch_dir / ".nextflow.log")
    launch.trace = outdir / "pipeline_info" / "trace.tsv"
    text = page(Failure(launch, outdir, command, report, complaint))
    print(f"\n{text}")
    path = outdir / "pipeline_info" / "failure.md"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with complete_file(path) as handle:
            handle.write(text)
        close_to_others(outdir)
    except OSError:
        return  # the disk may be the reason
    print(f"This page: {path}")

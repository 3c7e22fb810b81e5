"""What the log and the script of a failed task say: which program failed first, and with which words."""

import re
from dataclasses import dataclass
from pathlib import Path

from linnaea.base.paths import ROOT

# Written by bin/pipe_status.sh.
_PIPE = re.compile(r"^exit codes along the pipe at line (\d+): ([\d ]+)$", re.MULTILINE)
_FRAME = re.compile(r'^ +File "([^"]+)", line \d+', re.MULTILINE)
_TRACEBACK = re.compile(r"^Traceback \(most recent call last\):\n((?:(?: .*)?\n)*)([^\s].*)$", re.MULTILINE)
_OWN_ERROR = re.compile(r"^error: (.+)", re.MULTILINE)
_TOOL_ERROR = re.compile(
    r"^(?!.*\bwarn)(?:\[E::.+"
    r"|(?:[\w./+-]+:? ?){0,3}\b(?:fatal(?: error)?|error|exception|abort(?:ed)?)\b ?[:!] ?.+"
    r"|\[?[\w./+-]+[\]:] ?.*\b(?:fail(?:ed|ure)?|could not|couldn't|cannot|can't|unable|invalid|truncated"
    r"|no such)\b.*"
    r"|(?:failed to|could not|cannot|unable to|terminate called|exception in thread|segmentation fault).*)$",
    re.MULTILINE | re.IGNORECASE,
)
# Words before the program of a command.
_BEFORE = re.compile(r"^(?:[\s!]+|\w+=\S*\s|(?:do|then|else|if|while|time|exec|command|env)\s)+")
SIGPIPE = 141


@dataclass(frozen=True)
class Part:
    """The part of a pipe that failed first: its program ("" when unknown) and exit code.

    `reader` is the program that stopped reading, when nothing else failed than its writer by SIGPIPE.
    """

    program: str
    code: int
    reader: str = ""


@dataclass(frozen=True)
class Complaint:
    """The words of a program; `own` for our scripts, `broken` when they are the end of a Python traceback."""

    words: str
    program: str = ""
    own: bool = False
    broken: bool = False


def failed_part(text: str, script: str) -> Part | None:
    """The part of the last pipe of a task that failed first; None when no pipe failed."""
    reports = _PIPE.findall(text)
    if not reports:
        return None
    line, codes = int(reports[-1][0]), [int(code) for code in reports[-1][1].split()]
    programs = _programs(script, line, len(codes))
    first = next((at for at, code in enumerate(codes) if code not in (0, SIGPIPE)), None)
    if first is not None:
        return Part(programs[first], codes[first])
    last = max((at for at, code in enumerate(codes) if code == SIGPIPE), default=None)
    if last is None:
        return None
    return Part(programs[last], SIGPIPE, programs[last + 1] if last + 1 < len(programs) else "")


def _programs(script: str, line: int, parts: int) -> list[str]:
    """Names of the programs of the pipe of so many parts that is at a line of a script; "" where unknown."""
    fitting = [pipe for pipe in pipes(script) if len(pipe[2]) == parts]
    here = [pipe for pipe in fitting if pipe[0] <= line <= pipe[1]]
    chosen = here or fitting
    return chosen[0][2] if len(chosen) == 1 else [""] * parts


def pipes(script: str) -> list[tuple[int, int, list[str]]]:
    """Commands of a shell script as (first line, last line, [program of each part of the pipe])."""
    found: list[tuple[int, int, list[str]]] = []
    parts, word_start, line, start = [""], True, 1, 1
    quote, depth, at, waiting = "", 0, 0, ""
    while at < len(script):
        char, two = script[at], script[at : at + 2]
        line += char == "\n"
        if quote:
            quote = "" if char == quote else quote
            at += quote == '"' and char == "\\"
        elif char == "\\":
            line += script[at + 1 : at + 2] == "\n"
            parts[-1] += "" if two == "\\\n" else two
            at += 2
            continue
        elif char in "'\"":
            quote = char
        elif char == "#" and word_start:
            end = script.find("\n", at)
            at = len(script) if end < 0 else end
            continue
        elif depth == 0 and (heredoc := re.match(r"<<-?\s*(['\"]?)(\w+)\1", script[at:])):
            waiting = heredoc[2]
            at += heredoc.end()
            continue
        elif char in "({":
            depth += char == "("
        elif char == ")":
            depth = max(0, depth - 1)
        elif depth == 0 and (char in ";\n&|"):
            if two in ("&>", "|&") or (char == "&" and parts[-1].endswith((">", "<"))):
                pass
            elif char == "|" and two != "||":
                parts.append("")
            elif char == "\n" and not parts[-1].strip() and len(parts) > 1:
                pass  # a pipe that goes on in the next line
            elif char == "\n" and re.match(r"\s*\|(?!\|)", script[at + 1 :]):
                pass
            else:
                if any(part.strip() for part in parts):
                    found.append((start, line - (char == "\n"), [_program(part) for part in parts]))
                parts, start = [""], line
                if char == "\n" and waiting:
                    closing = re.compile(rf"^\t*{waiting}$", re.MULTILINE).search(script, at)
                    stop = closing.end() if closing else len(script)
                    line += script.count("\n", at + 1, stop)
                    at, waiting, start = stop, "", line
                    continue
                at += two in ("&&", "||")
            at += 1
            word_start = True
            continue
        parts[-1] += char
        word_start = char.isspace()
        at += 1
    if any(part.strip() for part in parts):
        found.append((start, line, [_program(part) for part in parts]))
    return found


def _program(command: str) -> str:
    """The program of a command, "" for a group of commands."""
    words = re.split(r"[\s;)]+", _BEFORE.sub("", command.strip() + " "))
    return "" if words[0].startswith(("(", "{")) else Path(words[0]).name


def first_complaint(text: str, part: Part | None = None) -> Complaint | None:
    """The words of the program that failed first; None when none said anything.

    Programs of a pipe write into one log: those of the part that failed count. Without a pipe the last
    command failed, and what a script of ours says of it comes before what tools said until then.
    """
    own = [Complaint(words.strip(), own=True) for words in _OWN_ERROR.findall(text)]
    tracebacks = [_of_traceback(found[1], found[2]) for found in _TRACEBACK.finditer(_unchained(text))]
    ours = [*own, *(complaint for complaint in tracebacks if complaint.own)]
    broken = [complaint for complaint in tracebacks if not complaint.own]
    lines = [
        Complaint(found[0].strip(), part.program if part else "")
        for found in _TOOL_ERROR.finditer(text)
        if not _OWN_ERROR.match(found[0])
    ]
    theirs = [*broken, *lines]
    if part and part.program and not (ROOT / "bin" / part.program).exists():
        named = [one for one in theirs if part.program in (one.program if one.broken else one.words)]
        return next(iter([*named, *theirs]), None)
    return next(iter([*ours, *theirs]), None)


def _unchained(text: str) -> str:
    """Tracebacks without the ones that theirs arose from: the last is what ended the program."""
    return re.sub(
        r"^Traceback \(most recent call last\):\n(?:(?: .*)?\n)*[^\s].*\n\n"
        r"(?:During handling of the above|The above exception was).*\n\n",
        "", text, flags=re.MULTILINE,
    )  # fmt: skip


def _of_traceback(frames: str, exception: str) -> Complaint:
    """A traceback belongs to the program whose file its outermost frame is in."""
    files = _FRAME.findall(frames)
    standard = re.compile(r"/lib/python3[\w.]*/(?!(?:site|dist)-packages)|/python3/(?!dist-packages)|^<")
    outer = next((file for file in files if not standard.search(file)), "")
    if outer.startswith(f"{ROOT}/bin/"):
        return Complaint(exception, Path(outer).name, own=True, broken=True)
    package = re.search(r"/(?:site|dist)-packages/([\w-]+)", outer)
    return Complaint(exception, package[1] if package else Path(outer).stem, broken=True)

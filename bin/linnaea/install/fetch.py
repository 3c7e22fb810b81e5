"""Fetch an optional program that Debian does not have, into this Python environment."""

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from linnaea.base.errors import InputError
from linnaea.install import engine
from linnaea.install.doctor import as_root

# Where Debian's own packages of Python are found.
DEBIAN_PYTHON = Path("/usr/bin/python3")
ELSEWHERE = "use it in a container (-profile apptainer) or by conda (-profile conda)"


@dataclass(frozen=True)
class JavaProgram:
    """A program on Maven Central: its coordinates, main class, Java options and dependencies to leave out."""

    coordinates: tuple[str, ...]
    main_class: str
    options: str = ""
    exclusions: tuple[str, ...] = ()

    @property
    def package(self) -> str:
        """What is fetched, with its version."""
        return self.coordinates[0]


@dataclass(frozen=True)
class PythonProgram:
    """A program on PyPI whose requirements do not agree with ours: it gets an environment of its own.

    With `debian` it runs on Debian's Python with these packages of Debian, which bring `modules`, and no
    other requirement is installed. `newest` is the minor version of the last Python 3 that it runs on.
    """

    requirements: tuple[str, ...]
    commands: tuple[str, ...]
    debian: str = ""
    modules: tuple[str, ...] = ()
    newest: int = 13

    @property
    def package(self) -> str:
        """What is fetched, with its version."""
        return self.requirements[0]


PROGRAMS: dict[str, JavaProgram | PythonProgram] = {
    "gatk": JavaProgram(
        # GenomicsDB asks for a range of json-simple, which does not resolve
        ("org.broadinstitute:gatk:4.5.0.0", "com.googlecode.json-simple:json-simple:1.1.1"),
        "org.broadinstitute.hellbender.Main",
        # as GATK's own launcher sets them
        "-Dsamjdk.use_async_io_read_samtools=false -Dsamjdk.use_async_io_write_samtools=true "
        "-Dsamjdk.use_async_io_write_tribble=false -Dsamjdk.compression_level=2",
        # serve its Spark tools alone, and do not resolve whole
        (
            "org.apache.orc:*",
            "org.apache.hive:*",
            "com.github.fommil.netlib:*",
            "com.googlecode.json-simple:json-simple",
        ),
    ),
    "omark": PythonProgram(
        # ete3 does not say that it needs six
        ("omark==0.5.0", "omamer==2.1.2", "six"),
        ("omark", "omamer"),
        newest=12,
    ),
    # PyPI's PyTorch brings gigabytes of CUDA, Debian's is for processors
    "psauron": PythonProgram(
        ("psauron==1.1.3",),
        ("psauron",),
        debian="python3-torch python3-scipy python3-tqdm",
        modules=("torch", "scipy", "tqdm"),
    ),
}


def launcher(program: JavaProgram, java: Path, jars: Path) -> str:
    """Text of a launcher that takes `--java-options` first, as GATK's own does."""
    return f"""#!/usr/bin/env bash
# {program.coordinates[0]} from Maven Central.
java_options=
[ "${{1:-}}" != --java-options ] || {{ java_options=$2; shift 2; }}
exec "{java}/bin/java" {program.options} $java_options -cp "{jars}/*" {program.main_class} "$@"
"""


def fetch_java(name: str, program: JavaProgram, folder: Path) -> None:
    """Resolve the jars into `folder`, and write the launcher."""
    java = engine.java_home()
    engine.resolve(folder, java, program.coordinates, program.exclusions)
    target = Path(sys.prefix) / "bin" / name
    target.write_text(launcher(program, java, folder))
    target.chmod(0o755)


def python_for(name: str, program: PythonProgram) -> Path:
    """The Python that the environment is made of; InputError when it is too new or lacks Debian's modules."""
    python = DEBIAN_PYTHON if program.debian else Path(sys.executable)
    question = f"import {', '.join(('sys', *program.modules))}; print(sys.version_info.minor)"
    try:
        answer = subprocess.run([python, "-c", question], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise InputError(
            f"{name} runs on Debian's Python with {program.debian}, but one of these is missing; install "
            f"them (`{as_root(f'apt-get install {program.debian}')}`) and run this again, or {ELSEWHERE}"
        ) from error
    if int(answer) > program.newest:
        raise InputError(
            f"{name} runs on Python up to 3.{program.newest}, and {python} is 3.{answer.strip()}; {ELSEWHERE}"
        )
    return python


def fetch_python(name: str, program: PythonProgram, folder: Path) -> None:
    """Make the program's environment in `folder` unless it is there, and link its commands."""
    if not all((folder / "bin" / command).exists() for command in program.commands):
        python = python_for(name, program)
        sharing, alone = (["--system-site-packages"], ["--no-deps"]) if program.debian else ([], [])
        subprocess.run([python, "-m", "venv", "--clear", "--without-pip", *sharing, folder], check=True)
        subprocess.run(
            [sys.executable, "-m", "pip", "--python", str(folder / "bin/python")]
            + ["--disable-pip-version-check"]
            + ["install", "-q", *alone, *program.requirements],
            check=True,
        )  # fmt: skip
    for command in program.commands:
        target = Path(sys.prefix) / "bin" / command
        target.unlink(missing_ok=True)
        target.symlink_to(folder / "bin" / command)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The program to fetch."""
    parser.add_argument("program", choices=sorted(PROGRAMS))


def run(args: argparse.Namespace) -> int:
    """Make the program answer in this environment; nothing happens when it already does."""
    program, folder = PROGRAMS[args.program], Path(sys.prefix) / args.program
    if not folder.exists():
        print(f"linnaea: fetching {program.package}; this takes some minutes", file=sys.stderr)
    if isinstance(program, JavaProgram):
        fetch_java(args.program, program, folder)
    else:
        fetch_python(args.program, program, folder)
    return 0

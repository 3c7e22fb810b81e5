"""Fetch an optional program that Debian and PyPI do not have, into this Python environment."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from linnaea.install import engine


@dataclass(frozen=True)
class JavaProgram:
    """A program on Maven Central: its coordinates, main class, Java options and dependencies to leave out."""

    coordinates: tuple[str, ...]
    main_class: str
    options: str = ""
    exclusions: tuple[str, ...] = ()


PROGRAMS = {
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
}


def launcher(program: JavaProgram, java: Path, jars: Path) -> str:
    """Text of a launcher that takes `--java-options` first, as GATK's own does."""
    return f"""#!/usr/bin/env bash
# {program.coordinates[0]} from Maven Central.
java_options=
[ "${{1:-}}" != --java-options ] || {{ java_options=$2; shift 2; }}
exec "{java}/bin/java" {program.options} $java_options -cp "{jars}/*" {program.main_class} "$@"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The program to fetch."""
    parser.add_argument("program", choices=sorted(PROGRAMS))


def run(args: argparse.Namespace) -> int:
    """Make the program answer in this environment; nothing happens when it already does."""
    program = PROGRAMS[args.program]
    java, jars = engine.java_home(), Path(sys.prefix) / args.program
    if not jars.exists():
        print(f"linnaea: fetching {program.coordinates[0]}; this takes some minutes", file=sys.stderr)
    engine.resolve(jars, java, program.coordinates, program.exclusions)
    target = Path(sys.prefix) / "bin" / args.program
    target.write_text(launcher(program, java, jars))
    target.chmod(0o755)
    return 0

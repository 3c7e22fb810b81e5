"""A simulated species for tests, and what is read of it."""

import argparse
import hashlib
from pathlib import Path

import pysam

from linnaea.simulate import add_arguments, run


def simulate(out: Path, *options: str) -> Path:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert run(parser.parse_args(["--out", str(out), *options])) == 0
    return out


def fasta(path: Path) -> dict[str, str]:
    with pysam.FastxFile(str(path)) as records:
        return {record.name: record.sequence for record in records}


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

"""Adaptors and vectors left in an assembly, by BLAST with the settings and match classes of VecScreen.

The report has the format of FCS-adaptor, so that one cleaner reads both (`contamination.py`).
https://www.ncbi.nlm.nih.gov/tools/vecscreen/about
"""

import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from linnaea.assembly.contamination import SHORTEST_SEQUENCE
from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.paths import asset
from linnaea.base.programs import program_output
from linnaea.formats.sequences import fasta_pieces

BLAST = "BLAST (Debian: ncbi-blast+)"
UNIVEC = "/usr/share/ncbi/data/UniVec_Core"
SETTINGS = (
    "-task", "blastn", "-reward", "1", "-penalty", "-5", "-gapopen", "3", "-gapextend", "3", "-dust", "yes",
    "-soft_masking", "true", "-evalue", "700", "-searchsp", "1750000000000",
)  # fmt: skip
BLAST_FIELDS = "qseqid qstart qend qlen score sseqid stitle"
# A match this near to an end is terminal; its strong score is lower than that of an internal one.
TERMINAL_BP = 25
STRONG_TERMINAL, STRONG_INTERNAL = 24, 30
MODERATE_TERMINAL, MODERATE_INTERNAL = 19, 25
# The project's own list is so short that 24 matching bases are no chance in it.
STRONG_OWN = 24
# Strong matches at most this far apart are one insert.
JOINED_BP = 50


@dataclass(frozen=True)
class Match:
    """A match of a sequence, 0-based half-open, with its source as FCS-adaptor names it."""

    sequence: str
    start: int
    end: int
    length: int
    strong: bool
    source: str


def _source(subject: str, title: str) -> str:
    """`CONTAMINATION_SOURCE_TYPE_ADAPTOR:NGB00360.1:Illumina PCR Primer`, or TYPE_VECTOR."""
    words = title.removeprefix(subject).strip()
    accession = subject.removeprefix("gnl|uv|").partition(":")[0]
    vector = "vector" in words.lower() or (subject.startswith("gnl|uv|") and not accession.startswith("NGB"))
    return f"CONTAMINATION_SOURCE_TYPE_{'VECTOR' if vector else 'ADAPTOR'}:{accession}:{words}"


def parse_matches(lines: Iterable[str]) -> Iterator[Match]:
    """Strong and moderate matches of BLAST's table (columns as `BLAST_FIELDS`); weaker ones are chance."""
    for line in lines:
        name, first, last, size, score, subject, title = line.rstrip("\n").split("\t")
        start, end, length, points = int(first) - 1, int(last), int(size), int(float(score))
        terminal = start < TERMINAL_BP or length - end < TERMINAL_BP
        univec = subject.startswith("gnl|uv|")
        strong = STRONG_TERMINAL if terminal else STRONG_INTERNAL if univec else STRONG_OWN
        moderate = MODERATE_TERMINAL if terminal else MODERATE_INTERNAL
        if points >= min(strong, moderate):
            yield Match(name, start, end, length, points >= strong, _source(subject, title))


def join_matches(matches: Iterable[Match]) -> list[Match]:
    """Matches of each sequence in order, neighbours joined; a match within `TERMINAL_BP` reaches the end.

    Moderate matches count beside a strong one and are reported where they stand alone.
    """
    joined: list[Match] = []
    for one in sorted(matches, key=lambda match: (match.sequence, match.start, -match.end)):
        start = 0 if one.start < TERMINAL_BP else one.start
        end = one.length if one.length - one.end < TERMINAL_BP else one.end
        last = joined[-1] if joined else None
        if last and last.sequence == one.sequence and start <= last.end + JOINED_BP:
            longer = last if (last.strong, last.end - last.start) >= (one.strong, end - start) else one
            strong = last.strong or one.strong
            end = max(last.end, end)
            joined[-1] = Match(one.sequence, last.start, end, one.length, strong, longer.source)
        else:
            joined.append(Match(one.sequence, start, end, one.length, one.strong, one.source))
    return joined


def report_rows(matches: Sequence[Match]) -> Iterator[str]:
    """Rows of FCS-adaptor's report; REVIEW marks moderate matches, which FCS-adaptor does not report."""
    by_sequence: dict[str, list[Match]] = {}
    for match in matches:
        by_sequence.setdefault(match.sequence, []).append(match)
    for name, found in by_sequence.items():
        length = found[0].length
        strong = [match for match in found if match.strong]
        if strong and length - sum(match.end - match.start for match in strong) < SHORTEST_SEQUENCE:
            yield f"{name}\t{length}\tACTION_EXCLUDE\t\t{strong[0].source}\n"
            continue
        for match in found:
            action = "ACTION_TRIM" if match.strong else "REVIEW"
            yield f"{name}\t{length}\t{action}\t{match.start + 1}..{match.end}\t{match.source}\n"


def screen_adaptors(
    *,
    assembly: str,
    out: str,
    univec: str | None = None,
    oligos: str | None = None,
    threads: int = 1,
) -> None:
    """Screen an assembly for adaptors and vectors; writes a report in the format of FCS-adaptor.

    assembly: FASTA, not compressed
    univec: BLAST database of UniVec_Core, by default that of Debian's ncbi-data; without it only the list of
        the project is used
    oligos: FASTA of further adaptors, instead of the project's list
    out: report
    """
    next(fasta_pieces(assembly))  # blastn does not say what is wrong with a file
    if univec is None:
        univec = UNIVEC if Path(f"{UNIVEC}.nin").is_file() else ""
        if not univec:
            print(f"warning: {UNIVEC} is not here; vectors are not looked for, adaptors are", file=sys.stderr)
    elif not Path(f"{univec}.nin").is_file():
        raise InputError(
            f"{univec}.nin: no such file; give the BLAST database UniVec_Core (Debian: ncbi-data) by --univec"
        )
    with tempfile.TemporaryDirectory(prefix="adaptors.", dir=".") as directory:
        own = str(Path(directory) / "own")
        source = oligos or str(asset("adaptors.fa"))
        command = ["makeblastdb", "-in", source, "-dbtype", "nucl", "-blastdb_version", "4", "-out", own]
        program_output(command, f"index {source}", BLAST)
        databases = f"{univec} {Path(own).resolve()}".strip()
        command = ["blastn", *SETTINGS, "-db", databases, "-query", assembly, "-outfmt", f"6 {BLAST_FIELDS}"]
        command += ["-num_threads", str(threads)]
        text = program_output(command, f"screen {assembly}", BLAST)
    matches = parse_matches(text.splitlines())
    with complete_file(out) as handle:
        handle.write("#accession\tlength\taction\trange\tname\n")
        handle.writelines(report_rows(join_matches(matches)))

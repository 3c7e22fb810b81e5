"""Scaffolds of simulated contigs, and of the sets in the folder HIC_SETS, beside YaHS and known truth.

A set is NAME.contigs.tsv (name, length), NAME.pairs.npz (a, p, b, q: contig and position in units of `unit`
bp, twice) and NAME.truth.tsv (contig, its start and end, chromosome, start, end, strand). YaHS is measured
on the simulated contigs where it is on the PATH.
"""

import os
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from timing import BIN, Limit, at_most, below, compare

sys.path[:0] = [str(BIN), str(BIN.parent / "tests/support")]

from contacts import ContactSet, contact_set  # noqa: E402

from linnaea.base.tables import read_table  # noqa: E402
from linnaea.formats.agp import read_agp  # noqa: E402
from linnaea.truth.scaffolds import Origin, scaffold_accuracy  # noqa: E402

OURS, YAHS = "scaffold.py", "yahs"
# Least joints right, most joints of two chromosomes, least chromosomes restored, and the tolerance in bp.
HOLD = {"yeast": (128, 0, 18, 20_000), "mouse": (230, 1, 20, 100_000)}
# Limit of the CPU of four times the contigs and pairs; it is 4 in proportion, 16 with the square.
GROWTH = 8


def published(folder: Path, name: str) -> ContactSet:
    """A set of the folder HIC_SETS."""
    rows = (line.split("\t") for line in (folder / f"{name}.contigs.tsv").read_text().splitlines())
    lengths = {contig: int(length) for contig, length in rows}
    origins = defaultdict(list)
    for row in read_table(folder / f"{name}.truth.tsv"):
        places = (int(row[key]) for key in ("cstart", "cend", "start", "end"))
        start, end, low, high = places
        origins[row["contig"]].append(Origin(start, end, row["chrom"], low, high, row["strand"] == "+"))
    file = np.load(folder / f"{name}.pairs.npz")
    unit = int(file["unit"])
    columns = [file[key].astype(np.int64) for key in "apbq"]
    for k in (1, 3):
        columns[k] = columns[k] * unit + unit // 2
    return ContactSet(lengths, origins, np.stack(columns, 1))


def command(fai: Path, pairs: Path, folder: Path) -> list[str]:
    return [
        sys.executable, str(BIN / OURS), "--id", "b", "--haplotype", "hap1", "--assembly", str(fai),
        "--agp", f"{folder}/b.agp", "--decisions", f"{folder}/b.tsv", "--out", f"{folder}/b.json", str(pairs),
    ]  # fmt: skip


def many_contigs(folder: Path) -> list[Limit]:
    """Growth of the time with contigs, and joints of thousands of them."""
    found, cpu = [], []
    for number in (1000, 4000):
        one = contact_set(
            2, bases=100_000 * number, chromosomes=12, contig=100_000, pairs=400 * number,
            chimeras=number // 50, least=5000,
        )  # fmt: skip
        title = f"{len(one.lengths):,} contigs, {len(one.pairs):,} Hi-C pairs"
        measured = compare(title, {OURS: command(*one.write(folder), folder)}, 1)
        cpu.append(measured[OURS].cpu)
        counts = scaffold_accuracy(read_agp(folder / "b.agp"), one.origins, 5000)
        found.append(Limit(f"{title}: {counts}", counts["right"] >= 0.95 * counts["adjacencies"]))
    found.append(at_most(GROWTH, cpu[1], cpu[0], "four times the contigs", "the smaller set"))
    return found


def limits(folder: Path, runs: int) -> list[Limit]:
    """Time and memory beside YaHS, growth with contigs, and joints of the published sets."""
    simulated = contact_set(1, bases=100_000_000, chromosomes=20, contig=400_000, pairs=1_000_000)
    fai, pairs = simulated.write(folder)
    with (folder / "contigs.fasta").open("w") as out:
        for name, length in simulated.lengths.items():
            out.write(f">{name}\n{'N' * length}\n")
    (folder / "contigs.fasta.fai").write_text(fai.read_text())
    rows = (line.split("\t") for line in pairs.read_text().splitlines() if line[0] != "#")
    (folder / "contacts.pa5").write_text("".join("\t".join([*row[:5], "60", "60\n"]) for row in rows))
    peer = [YAHS, "-o", f"{folder}/yahs", f"{folder}/contigs.fasta", f"{folder}/contacts.pa5"]
    measured = compare("1 M Hi-C pairs of 100 Mb", {OURS: command(fai, pairs, folder), YAHS: peer}, runs)
    found = [below(1000, measured[OURS].mb, OURS)]
    if YAHS in measured:
        found.append(at_most(1, measured[OURS].cpu, measured[YAHS].cpu, OURS, YAHS))
    found += many_contigs(folder)
    if sets := os.environ.get("HIC_SETS"):
        for name, (right, other, whole, tolerance) in HOLD.items():
            one = published(Path(sets), name)
            measured = compare(f"Set {name}", {OURS: command(*one.write(folder), folder)}, 1)
            counts = scaffold_accuracy(read_agp(folder / "b.agp"), one.origins, tolerance)
            holds = (
                counts["right"] >= right
                and counts["wrong_chromosome"] <= other
                and counts["restored"] >= whole
                and not counts["needless_breaks"]
            )
            found.append(Limit(f"{name}: {counts}", holds))
    return found

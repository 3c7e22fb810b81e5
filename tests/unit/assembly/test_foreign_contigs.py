"""Contigs of bacteria and another cobiont planted among those of a simulated host, with depth and Hi-C."""

import json
from itertools import pairwise

import numpy as np
import pytest

import contamination
import foreign_contigs as step
from linnaea.assembly.decisions import read_decisions
from linnaea.base.errors import run
from linnaea.base.tables import read_table
from linnaea.formats.sequences import fasta_records
from linnaea.simulate.genome import make_bacterium, make_genome, make_mitochondrion
from linnaea.simulate.hic import draw_contacts
from linnaea.simulate.sequence import decode, diverge, random_sequence

WINDOW_BP = 1000
HOST_DEPTH = 40


def pieces(rng, name, codes, mean_bp):
    """Contigs of a chromosome, name -> codes."""
    cuts = [0, *np.cumsum(rng.integers(mean_bp // 2, mean_bp * 3 // 2, 2 * codes.size // mean_bp)).tolist()]
    edges = [cut for cut in cuts if cut < codes.size - mean_bp // 4] + [codes.size]
    return {f"{name}_{k}": codes[a:b] for k, (a, b) in enumerate(pairwise(edges))}


class Planted:
    """An assembly with truth: `origin` (organism) and `depth` relative to the host of each contig."""

    def __init__(self, seed, gc=0.6, depth=3.0, host_bp=400_000, bacterium_bp=75_000, host_contig=40_000):
        rng = self.rng = np.random.default_rng(seed)
        self.codes, self.origin, self.depth, self.organisms = {}, {}, {}, {}
        genome = make_genome(rng, host_bp, 3, "TTAGGG", "XY")
        for name, codes in genome.chromosomes.items():
            self.add("host", name, codes, 0.5 if name == "chrX" else 1, host_contig)
        self.add("bacterium", "bact", make_bacterium(rng, bacterium_bp, gc), depth, 30_000)
        self.add("cobiont", "second", random_sequence(rng, 60_000, 0.55, 0.0), 0.25, 30_000)
        self.add("organelle", "mito", make_mitochondrion(rng), 60, 10**6)
        # Bacterial genes in many copies, as of a plastid.
        self.add("organelle", "plastid", make_bacterium(rng, 60_000, 0.4), 30, 10**6)
        unit = random_sequence(rng, 9_000, 0.52, 0.0)
        self.add("repeat", "rdna", np.concatenate([diverge(rng, unit, 0.005) for _ in range(4)]), 12, 10**6)
        # A satellite that is one open frame.
        open_unit = make_bacterium(rng, 3_000, 0.6)[200:371]
        self.add("repeat", "satellite", np.tile(open_unit, 150), 3, 10**6)
        for k in range(3):
            self.add("short", f"short{k}", make_bacterium(rng, 4_000, gc), 3, 10**6)

    def add(self, origin, name, codes, depth, contig_bp):
        contigs = {name: codes} if codes.size < contig_bp else pieces(self.rng, name, codes, contig_bp)
        self.organisms.setdefault(origin, []).append((codes.size, list(contigs)))
        for contig, part in contigs.items():
            self.codes[contig], self.origin[contig], self.depth[contig] = part, origin, depth

    def names(self, *origins):
        return {name for name, origin in self.origin.items() if origin in origins}

    def write(self, folder):
        with (folder / "assembly.fa").open("wb") as handle:
            for name, codes in self.codes.items():
                handle.write(b">%b\n%b\n" % (name.encode(), decode(codes)))
        rows = []
        for name, codes in self.codes.items():
            edges = [*range(0, codes.size, WINDOW_BP), codes.size]
            depths = self.rng.negative_binomial(10, 10 / (10 + HOST_DEPTH * self.depth[name]), len(edges))
            rows += [f"{name}\t{a}\t{b}\t{d}\n" for (a, b), d in zip(pairwise(edges), depths, strict=False)]
        (folder / "depth.bedgraph").write_text("".join(rows))

    def write_pairs(self, folder, pairs=30_000, trans=0.15, noise=0.05):
        """Contacts within each organism; in a share `noise` the ends of any two molecules were joined."""
        ends = [[], []]
        for chromosomes in self.organisms.values():
            sizes = np.array([size for size, _ in chromosomes])
            weight = sum(size * min(4, self.depth[contigs[0]]) for size, contigs in chromosomes)
            drawn = draw_contacts(self.rng, sizes, int(pairs * weight / 500_000), trans, 0, 0)
            sides = ((drawn.first, drawn.position1), (drawn.second, drawn.position2))
            for side, (chromosome, position) in zip(ends, sides, strict=True):
                side += map(self.place, (chromosomes[k][1] for k in chromosome), position.tolist())
        joined = np.flatnonzero(self.rng.random(len(ends[0])) < noise)
        for k, other in zip(joined, self.rng.permutation(joined), strict=True):
            ends[1][k] = ends[0][other]
        header = "## pairs format v1.0\n#columns: readID chrom1 pos1 chrom2 pos2\n"
        body = "".join(f".\t{a}\t{p}\t{b}\t{q}\n" for (a, p), (b, q) in zip(*ends, strict=True))
        (folder / "contacts.pairs").write_text(header + body)

    def place(self, contigs, position):
        """Contig and 1-based position of a base of a chromosome."""
        for name in contigs:
            if position < self.codes[name].size:
                return name, position + 1
            position -= self.codes[name].size
        raise ValueError(position)


def screened(folder, *options, depth=True):
    """Run the step; returns its record, and action and row of each contig."""
    words = ["--id", "x", "--haplotype", "primary", "--assembly", str(folder / "assembly.fa")]
    words += ["--out", str(folder / "report.txt"), "--table", str(folder / "signals.tsv")]
    words += ["--metrics", str(folder / "record.json")]
    words += ["--depth", str(folder / "depth.bedgraph")] if depth else []
    assert step.main([*words, *map(str, options)]) == 0
    rows = {row["sequence"]: row for row in read_table(folder / "signals.tsv")}
    return json.loads((folder / "record.json").read_text()), rows


def cleaned(folder, *options):
    words = ["--id", "x", "--haplotype", "primary", "--reports", str(folder / "report.txt")]
    paths = {"assembly": "assembly.fa", "out": "out.fa", "removed": "removed.fa.gz", "agp": "out.agp"}
    paths |= {"decisions": "decisions.tsv", "metrics": "clean.json"}
    words += [word for name, path in paths.items() for word in (f"--{name}", str(folder / path))]
    return contamination.main([*words, *map(str, options)])


def action(rows, wanted):
    return {name for name, row in rows.items() if row["action"] == wanted}


@pytest.mark.parametrize(
    ("gc", "depth", "hic", "host_contig"),
    [
        (0.62, 0.25, False, 40_000),
        (0.62, 3, False, 40_000),
        (0.4, 0.25, True, 40_000),
        (0.4, 3, True, 40_000),
        (0.62, 1, True, 40_000),
        (0.5, 2, True, 10**6),  # contigs are whole chromosomes
    ],
)
def test_bacteria_are_excluded_and_nothing_of_the_host(tmp_path, gc, depth, hic, host_contig):
    planted = Planted(3, gc, depth, host_contig=host_contig)
    planted.write(tmp_path)
    options = []
    if hic:
        planted.write_pairs(tmp_path)
        options = ["--pairs", tmp_path / "contacts.pairs"]
    record, rows = screened(tmp_path, *options)
    assert action(rows, "EXCLUDE") == planted.names("bacterium")
    assert planted.names("cobiont") <= action(rows, "REVIEW")
    assert not planted.names("host") & action(rows, "REVIEW")
    assert record["exclude_bp"] == sum(planted.codes[name].size for name in planted.names("bacterium"))
    assert record["host_depth_x"] == pytest.approx(HOST_DEPTH, rel=0.15)
    assert cleaned(tmp_path, "--confirmed") == 0
    assert set(dict(fasta_records(tmp_path / "out.fa"))) == planted.codes.keys() - planted.names("bacterium")
    removals = [one for one in read_decisions(tmp_path / "decisions.tsv") if one.action == "remove"]
    assert {one.tool for one in removals} == {"linnaea foreign_contigs"}
    assert all("% in bacterial genes" in one.reason for one in removals)


def test_two_signals_are_left_to_a_person(tmp_path):
    planted = Planted(4, gc=0.62, depth=1)
    planted.write(tmp_path)
    _, rows = screened(tmp_path)  # no contacts, and the host's depth
    assert action(rows, "EXCLUDE") == set()
    assert planted.names("bacterium", "cobiont") <= action(rows, "REVIEW")
    assert {rows[name]["signals"] for name in planted.names("bacterium")} == {"coding,composition"}


def test_bacterial_genes_within_the_host_stay(tmp_path):
    """A contig like a bacterium in genes, composition and depth, whose Hi-C contacts are the host's."""
    planted = Planted(5, gc=0.6, depth=4)
    inserted = make_bacterium(planted.rng, 40_000, 0.6)
    planted.add("host", "insert", inserted, 0.3, 10**6)
    (size, contigs), *others = planted.organisms["host"]
    planted.organisms["host"] = [(size + inserted.size, [*contigs, "insert"]), *others[:-1]]
    planted.write(tmp_path)
    _, rows = screened(tmp_path)
    assert rows["insert"]["action"] == "EXCLUDE"
    planted.write_pairs(tmp_path)
    _, rows = screened(tmp_path, "--pairs", tmp_path / "contacts.pairs")
    assert rows["insert"]["action"] == "REVIEW"
    assert "contacts are those of the host" in rows["insert"]["reason"]
    assert action(rows, "EXCLUDE") == planted.names("bacterium")


def test_best_hits_are_a_signal_and_a_veto(tmp_path):
    planted = Planted(6, gc=0.62, depth=1)
    planted.write(tmp_path)
    bacterium = sorted(planted.names("bacterium"))
    length = planted.codes[bacterium[1]].size
    hits = [f"{name}\t100\t900\t50\tBacteria\tsome name\n" for name in bacterium]
    hits += [f"{bacterium[0]}\t{100}\t{900}\t90\tEukaryota\n", "chr1_0\t1\t300\t80\tViruses\n"]
    hits += [f"{bacterium[1]}\t{length}\t{length - 50}\t90\tEukaryota\n", "chr1_1\t1\t9\t9\tN/A\n"]
    (tmp_path / "hits.tsv").write_text("".join(hits))
    record, rows = screened(tmp_path, "--hits", tmp_path / "hits.tsv")
    assert rows[bacterium[0]]["action"] == "REVIEW" and "of eukaryotes" in rows[bacterium[0]]["reason"]
    assert float(rows[bacterium[1]]["foreign_hits_pct"]) == pytest.approx(100 * 801 / 852, rel=1e-4)
    assert action(rows, "EXCLUDE") == set(bacterium[1:])
    assert rows["chr1_0"]["action"] == "REVIEW" and rows["chr1_1"]["foreign_hits_pct"] == "NA"
    assert "hits that name no kingdom were not used: 1" in record["warnings"]


def test_a_contaminant_larger_than_the_host_is_found_and_not_removed_unseen(tmp_path, capsys):
    planted = Planted(7, gc=0.6, depth=3, host_bp=300_000, bacterium_bp=700_000)
    planted.write(tmp_path)
    record, rows = screened(tmp_path)
    assert action(rows, "EXCLUDE") == planted.names("bacterium")
    assert "of the assembly is as dense in genes as a prokaryote" in record["warnings"][0]
    assert run(lambda: cleaned(tmp_path)) == 1
    assert "of the assembly would be removed (alarm: 3 %)" in capsys.readouterr().err
    assert not (tmp_path / "out.fa").exists()


def test_inputs_of_another_assembly_are_refused(tmp_path, capsys):
    planted = Planted(8, host_bp=300_000)
    planted.write(tmp_path)
    names = list(planted.codes)
    track = (tmp_path / "depth.bedgraph").read_text().splitlines()
    (tmp_path / "depth.bedgraph").write_text("\n".join(track[:-1]) + "\n")
    assert run(lambda: screened(tmp_path)) == 1
    message = capsys.readouterr().err
    assert f"{names[-1]} has 3,000 bp here and 4,000 bp in the assembly" in message
    assert "Give the read depth of this assembly" in message
    (tmp_path / "hits.tsv").write_text("a\t1\t2\t3\tBacteria\nmito\t1\t99999\t3\tBacteria\nmito\tx\n")
    assert run(lambda: screened(tmp_path, "--hits", tmp_path / "hits.tsv", depth=False)) == 1
    message = capsys.readouterr().err
    assert "line 1: sequence a is not in the assembly" in message
    assert "line 2: 1 to 99999 is not within mito of 16,000 bp" in message
    assert "line 3: not the columns qseqid qstart qend bitscore sskingdoms" in message
    (tmp_path / "hits.tsv").write_text("mito\t1\t99\t3\t0\n")
    assert run(lambda: screened(tmp_path, "--hits", tmp_path / "hits.tsv", depth=False)) == 1
    assert "none of 1 hits names a kingdom" in capsys.readouterr().err

"""BUSCO for real on a lineage of the simulated species, and on gene sets that are damaged on purpose."""

import argparse
import csv
import re
import subprocess
from collections import Counter

import pytest

from linnaea.annotation.gene_sequences import write_sequences
from linnaea.formats.gff3 import read_genes
from linnaea.formats.tool_metrics import busco_metrics
from linnaea.simulate import add_arguments, run

SMALL = (
    "--size 240000 --chromosomes 1 --sex none --heterozygosity 0 --hifi-coverage 1 --hic-coverage 0 "
    "--rnaseq-pairs 0 --busco-lineage"
)


@pytest.fixture(scope="module")
def species(tmp_path_factory):
    folder = tmp_path_factory.mktemp("species")
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert run(parser.parse_args(["--out", str(folder), *SMALL.split()])) == 0
    return folder


def records(path):
    """Gene -> protein of a FASTA whose headers name the gene."""
    entries = path.read_text().split(">")[1:]
    return {entry.split("gene=")[1].split()[0]: "".join(entry.splitlines()[1:]) for entry in entries}


@pytest.fixture(scope="module")
def proteins(species):
    """The longest protein of each true gene, as a run gives them to BUSCO."""
    kinds = {kind: species / f"{kind}.fasta" for kind in ("representatives", "proteins")}
    write_sequences(read_genes(species / "truth/genes.gff3"), species / "truth/haplotype1.fasta", kinds)
    return records(kinds["representatives"])


def busco(species, folder, proteins):
    """Metrics and {marker: status} of BUSCO on these proteins."""
    (folder / "proteins.fasta").write_text("".join(f">{name}\n{text}\n" for name, text in proteins))
    subprocess.run(
        ["busco", "-i", "proteins.fasta", "-m", "proteins", "-l", species / "busco/linnaea_odb10"]
        + ["-o", "out", "--offline", "-c", "1"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    (summary,) = (folder / "out").glob("short_summary.specific.*.json")
    with (folder / "out/run_linnaea_odb10/full_table.tsv").open() as handle:
        rows = [row for row in csv.reader(handle, delimiter="\t") if not row[0].startswith("#")]
    return busco_metrics(summary), {row[0]: row[1] for row in rows}


def test_all_markers_are_complete_in_the_true_genes(species, proteins, tmp_path):
    metrics, states = busco(species, tmp_path, proteins.items())
    assert metrics["markers"] == len(states) > 20
    assert set(states.values()) == {"Complete"}
    assert (metrics["complete_pct"], metrics["single_copy_pct"], metrics["missing_pct"]) == (100, 100, 0)
    assert metrics["lineage"] == "linnaea_odb10"


def test_isoforms_are_not_duplicates(species, proteins, tmp_path):
    """BUSCO takes two proteins of a gene for two genes, so it is given one of each."""
    text = (species / "proteins.fasta").read_text()
    isoforms = re.findall(r"^>(\S+) gene=(\S+)\n([^>]+)", text, re.MULTILINE)
    assert len(isoforms) > len(proteins) == (species / "representatives.fasta").read_text().count(">")
    _, states = busco(species, tmp_path, [(name, "".join(lines.split())) for name, _, lines in isoforms])
    genes = Counter(gene for _, gene, _ in isoforms)
    several = {f"{int(gene[2:])}at1" for gene, number in genes.items() if number > 1}
    doubled = {marker for marker, state in states.items() if state == "Duplicated"}
    assert doubled and doubled <= several


def test_lost_cut_and_doubled_genes_are_told_apart(species, proteins, tmp_path):
    markers = {line.split("\t")[0] for line in (species / "busco/linnaea_odb10/scores_cutoff").open()}
    of_marker = {name: f"{int(name[2:])}at1" for name in proteins}
    genes = sorted(name for name in proteins if of_marker[name] in markers)
    lost, cut, doubled = genes[:4], genes[4:7], genes[7:9]
    damaged = [(name, text) for name, text in proteins.items() if name not in lost]
    damaged = [(name, text[: len(text) * 3 // 4] if name in cut else text) for name, text in damaged]
    damaged += [(f"{name}_copy", proteins[name]) for name in doubled]
    metrics, states = busco(species, tmp_path, damaged)
    expected = dict.fromkeys(markers, "Complete")
    for names, state in ((lost, "Missing"), (cut, "Fragmented"), (doubled, "Duplicated")):
        expected |= {of_marker[name]: state for name in names}
    assert states == expected
    shares = [len(names) / len(markers) * 100 for names in (lost, cut, doubled)]
    measured = [metrics[key] for key in ("missing_pct", "fragmented_pct", "duplicated_pct")]
    assert measured == pytest.approx(shares, abs=0.06)

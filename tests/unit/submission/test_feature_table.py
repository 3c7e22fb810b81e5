"""NCBI's feature table says the same as the flat file."""

import random
from itertools import groupby

import pytest
from Bio import SeqIO
from flat_files import coding
from genome_packages import Genome

from linnaea.base.errors import InputError
from linnaea.submission import command
from linnaea.submission.embl import read_entries
from linnaea.submission.feature_table import intervals
from linnaea.submission.location import read_location


def read_table(path):
    """Features of a table by sequence: (key, rows of positions, qualifiers)."""
    tables = {}
    for line in path.read_text().splitlines():
        cells = line.split("\t")
        if line.startswith(">Feature "):
            features = tables[line[9:]] = []
        elif cells[0]:
            if len(cells) == 3:
                features.append((cells[2], [], {}))
            features[-1][1].append(tuple(cells[:2]))
        else:
            features[-1][2].setdefault(cells[3], []).append(cells[4] if len(cells) > 4 else "")
    return tables


@pytest.fixture
def genome(tmp_path):
    genome = Genome(tmp_path)
    rng = random.Random(5)
    for name in ("SUPER_1", "MT"):
        plus, minus = coding(rng, 90), coding(rng, 70)
        orf = plus[:100] + "gt" + "c" * 60 + "ag" + plus[100:]
        back = minus.translate(str.maketrans("acgt", "tgca"))[::-1]
        genome.letters[name] = "ac" * 100 + orf + "n" * 100 + back + "gt" * 40
        end = 200 + len(orf)
        genome.gene(name, [(181, 300), (365, end)], cds=[(201, 300), (365, end)])
        genome.gene(name, [(end + 101, end + 100 + len(back))], "-")
    return genome


def make(genome, **facts):
    genome.package(
        mito_code=2,
        chromosomes=genome.list("SUPER_1\t1\tchromosome", "MT\tMIT\tcircular-chromosome\tMitochondrion"),
    )
    command.ncbi(
        fasta=str(genome.folder / "genome.fa"), genes=str(genome.folder / "genes.gff3"), name="ncbi",
        organism="Parus major", out=str(genome.folder), locus_tag="LINN", isolate="bird 1", mito_code=2,
        chromosomes=str(genome.folder / "chromosomes.tsv"), **facts,
    )  # fmt: skip
    return read_table(genome.folder / "ncbi.tbl")


def test_the_table_has_the_features_of_the_flat_file(genome):
    tables = make(genome)
    for entry in read_entries(genome.folder / "bParMaj1.1.embl.gz"):
        flat = [f for f in entry.features if f.key not in ("source", "assembly_gap")]
        assert [(key, rows) for key, rows, _ in tables[entry.name]] == [
            (f.key, intervals(f.location)) for f in flat
        ]


def test_mrna_and_cds_of_a_transcript_share_their_ids(genome):
    for features in make(genome)["SUPER_1"], make(genome)["MT"]:
        by_gene = [
            list(group) for is_gene, group in groupby(features, lambda f: f[0] == "gene") if not is_gene
        ]
        ids = [[(f[2]["protein_id"], f[2]["transcript_id"]) for f in group] for group in by_gene]
        assert all(mrna == cds for mrna, cds in ids)
        assert len({pair[0][0][0] for pair in ids}) == len(ids)
        assert all("locus_tag" in f[2] for f in features if f[0] == "gene")
        assert not any("locus_tag" in f[2] for f in features if f[0] != "gene")


def test_the_fasta_has_the_source(genome):
    make(genome)
    said = {record.name: record.description for record in SeqIO.parse(genome.folder / "ncbi.fsa", "fasta")}
    assert (
        "[organism=Parus major] [isolate=bird 1] [gcode=1] [chromosome=1] [location=chromosome]"
        in said["SUPER_1"]
    )
    assert "[location=mitochondrion] [mgcode=2] [topology=circular] [completeness=complete]" in said["MT"]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("<1..>9", [("<1", ">9")]),
        ("complement(<1..>9)", [("<9", ">1")]),
        ("complement(join(1..3,7..>9))", [("<9", "7"), ("3", "1")]),
        ("join(1..3,complement(7..9))", [("1", "3"), ("9", "7")]),
    ],
)
def test_positions_are_in_the_order_of_reading(text, rows):
    assert intervals(read_location(text)) == rows


def test_sequences_too_short_for_ncbi(genome):
    genome.letters["tiny"] = "ac" * 99
    with pytest.raises(InputError, match=r"1 sequences are shorter than 200 bp, which NCBI refuses \(tiny\)"):
        make(genome)
    assert not (genome.folder / "ncbi.tbl").exists()

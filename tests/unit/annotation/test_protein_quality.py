"""PSAURON and OMArk for real, as `linnaea fetch` installs and modules call them, on known proteins."""

import io
import json
import os
import random
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from Bio.Seq import Seq
from simulated import genome_with_genes

from linnaea.annotation.gene_sequences import write_sequences
from linnaea.annotation.verdict import judge
from linnaea.base.errors import InputError
from linnaea.base.paths import ROOT
from linnaea.formats.gff3 import read_genes
from linnaea.formats.tool_metrics import omark_metrics, psauron_metrics

pytestmark = pytest.mark.slow
STATISTICS = {"id": "g", "step": "annotation_statistics"}


def fetch(program):
    subprocess.run([Path(sys.executable).with_name("linnaea"), "fetch", program], check=True)


def call_module(name, folder, **inputs):
    """Run the script of a process in `folder`; return the metrics record it leaves."""
    text = (ROOT / f"modules/{name}.nf").read_text()
    script = re.search(r'    script:\n    """\n(.*?)    """', text, re.DOTALL)[1]
    values = {"meta.id": "g", "task.cpus": "1", "task.ext.args ?: ''": "", "task.ext.code": "code", **inputs}
    command = re.sub(r"\$\{(.*?)\}", lambda expression: str(values[expression[1]]), script)
    path = os.pathsep.join([str(Path(sys.executable).parent), str(ROOT / "bin"), os.environ["PATH"]])
    # Compiling OMAmer takes a minute of a core; in plain Python it places these proteins in three seconds.
    environment = os.environ | {"PATH": path, "NUMBA_DISABLE_JIT": "1"}
    answer = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return json.loads((folder / f"g.{name}.json").read_text())


def row_of(metric, record):
    """The row of AnnoAudit that a record fills."""
    (row,) = [row for row in judge("g", [STATISTICS, record])["metrics"] if row["metric"] == metric]
    return row


@pytest.fixture(scope="module")
def sequences(tmp_path_factory):
    """Name -> protein, and name -> what its coding sequence reads in the second frame, without stops."""
    fetch("psauron")
    folder = tmp_path_factory.mktemp("genes")
    fasta, annotation = genome_with_genes(folder, 30, seed=3)
    kinds = {kind: folder / f"{kind}.fasta" for kind in ("representatives", "cds")}
    write_sequences(read_genes(annotation), fasta, kinds)
    proteins, coding = (
        {
            entry.split()[0]: "".join(entry.splitlines()[1:])
            for entry in kinds[kind].read_text().split(">")[1:]
        }
        for kind in ("representatives", "cds")
    )
    frames = {name: coding[name][1 : len(coding[name]) - 2] for name in proteins}
    return proteins, {name: str(Seq(text).translate()).replace("*", "") for name, text in frames.items()}


def psauron(folder, proteins):
    (folder / "proteins.fasta").write_text("".join(f">{name}\n{text}\n" for name, text in proteins.items()))
    return call_module("psauron", folder, proteins="proteins.fasta")


def test_psauron_tells_true_proteins_from_another_frame(sequences, tmp_path):
    true, shifted = sequences
    names = list(true)
    half = {name: shifted[name] if i % 2 else true[name] for i, name in enumerate(names)}
    scores = {}
    for kind, proteins in {"true": true, "half": half, "shifted": shifted}.items():
        folder = tmp_path / kind
        folder.mkdir()
        record = psauron(folder, proteins)
        own = re.search(r"^psauron score: ([\d.]+)$", (folder / "g.psauron.csv").read_text(), re.MULTILINE)
        assert record["proteins"] == len(names) == 30
        assert record["psauron_score_pct"] == pytest.approx(float(own[1]), abs=0.05)
        scores[kind] = record
    assert scores["true"]["psauron_score_pct"] > 90 and scores["shifted"]["psauron_score_pct"] < 10
    assert 40 <= scores["half"]["psauron_score_pct"] <= 60
    assert row_of("psauron", scores["true"])["verdict"] == "pass"
    row = row_of("psauron", scores["half"])
    assert (row["verdict"], row["value"]) == ("warn", scores["half"]["psauron_score_pct"])
    assert row["why"].endswith("of 30") and row["threshold"] == "< 90"


def test_psauron_without_a_score_is_a_fault(tmp_path):
    (tmp_path / "p.csv").write_text(
        "psauron -i p\npsauron score: 0\ndescription,psauron_is_protein,in-frame_score\n"
    )
    with pytest.raises(InputError, match="scored no protein"):
        psauron_metrics(tmp_path / "p.csv")


LETTERS = "ACDEFGHIKLMNPQRSTVWY"
CLADES = {"Coleoptera": 7041, "Bacteria": 2}
FAMILIES = 30
SPECIES = 5
# Of the taxonomy alone, as a release of OMA has it.
SET_TAXA = """
import ete3, sys, tables
ete3.NCBITaxa(dbfile="taxa.sqlite", taxdump_file="taxdump.tar.gz")
with tables.open_file("families.h5", "a") as database:
    table = database.root.Taxonomy
    known = dict(word.split("=") for word in sys.argv[1:])
    taxa = [int(known.get(name.decode(), taxon)) for name, taxon in zip(table.col("ID"), table.col("TaxID"))]
    table.modify_column(colname="TaxID", column=taxa)
"""


def relative(rng, protein):
    """The protein with 6 % of its amino acids drawn anew."""
    return "".join(rng.choice(LETTERS) if rng.random() < 0.06 else letter for letter in protein)


def write_families(folder, rng):
    """Write gene families of two clades; return clade -> ancestral proteins, and name -> taxid."""
    ancestors = {
        clade: ["".join(rng.choices(LETTERS, k=rng.randrange(150, 250))) for _ in range(FAMILIES)]
        for clade in CLADES
    }
    species = {clade: [f"{clade} {letter}" for letter in "abcde"[:SPECIES]] for clade in CLADES}
    xml = ['<orthoXML xmlns="http://orthoXML.org/2011/" version="0.3" origin="simulated" originVersion="1">']
    members = {(clade, family): [] for clade in CLADES for family in range(FAMILIES)}
    fasta, number = [], 0
    for clade, names in species.items():
        for name in names:
            xml.append(f'<species name="{name}" NCBITaxId="0"><database name="s" version="1"><genes>')
            for family, ancestor in enumerate(ancestors[clade]):
                number += 1
                protein = f"{name.replace(' ', '_')}_{family}"
                xml.append(f'<gene id="{number}" protId="{protein}"/>')
                fasta.append(f">{protein}\n{relative(rng, ancestor)}\n")
                members[clade, family].append(number)
            xml.append("</genes></database></species>")
    xml.append("<groups>")
    for i, ((clade, _), genes) in enumerate(members.items(), 1):
        listed = "".join(f'<geneRef id="{gene}"/>' for gene in genes)
        xml.append(
            f'<orthologGroup id="{i}"><property name="TaxRange" value="{clade}"/>{listed}</orthologGroup>'
        )
    xml.append("</groups></orthoXML>")
    (folder / "families.xml").write_text("\n".join(xml))
    (folder / "families.fasta").write_text("".join(fasta))
    clades = ",".join(f"({','.join(map(repr, names))}){clade}" for clade, names in species.items())
    (folder / "tree.nwk").write_text(f"({clades})LUCA;\n")
    taxa = [(1, 1, "root", "no rank"), *((taxon, 1, clade, "order") for clade, taxon in CLADES.items())]
    taxa += [(taxon * 10_000 + i, taxon, name, "species") for clade, taxon in CLADES.items()
             for i, name in enumerate(species[clade])]  # fmt: skip
    tables = {
        "nodes.dmp": "".join(f"{taxon}\t|\t{parent}\t|\t{rank}\t|\t\t|\n" for taxon, parent, _, rank in taxa),
        "names.dmp": "".join(
            f"{taxon}\t|\t{name}\t|\t\t|\tscientific name\t|\n" for taxon, _, name, _ in taxa
        ),
        "merged.dmp": "9999999\t|\t1\t|\n",
    }
    with tarfile.open(folder / "taxdump.tar.gz", "w:gz") as archive:
        for name, text in tables.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return ancestors, {name: taxon for taxon, _, name, _ in taxa}


@pytest.fixture(scope="module")
def families(tmp_path_factory):
    """Folder with an OMAmer database and taxonomy of two clades, and their ancestral proteins."""
    fetch("omark")
    folder = tmp_path_factory.mktemp("families")
    ancestors, taxa = write_families(folder, random.Random(5))
    python = Path(sys.prefix) / "omark/bin/python"
    # what OMAmer needs to make a database, and has to compile
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "-q", "pysais==1.1.0"], check=True
    )
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "HOME": str(folder)}
    make = [
        "mkdb",
        "--k",
        "5",
        "--db",
        "families.h5",
        "--orthoxml",
        "families.xml",
        "--species_tree",
        "tree.nwk",
    ]
    for command in (
        [python.with_name("omamer"), *make, "--species_tree", "tree.nwk", "--sequences", "families.fasta"],
        [python, "-c", SET_TAXA, *(f"{name}={taxon}" for name, taxon in taxa.items())],
    ):
        answer = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        assert answer.returncode == 0, answer.stdout + answer.stderr
    return folder, ancestors


@pytest.mark.nightly
@pytest.mark.parametrize(("own", "foreign", "unknown"), [(22, 5, 3), (30, 0, 0)])
def test_omark_finds_the_planted_bacterial_proteins(families, tmp_path, own, foreign, unknown):
    folder, ancestors = families
    rng = random.Random(own)
    proteins = {f"own{i}": relative(rng, ancestors["Coleoptera"][i]) for i in range(own)}
    proteins |= {f"bacterial{i}": relative(rng, ancestors["Bacteria"][i]) for i in range(foreign)}
    proteins |= {f"random{i}": "".join(rng.choices(LETTERS, k=200)) for i in range(unknown)}
    (tmp_path / "p.fasta").write_text("".join(f">{name}\n{text}\n" for name, text in proteins.items()))
    record = call_module(
        "omark",
        tmp_path,
        proteins="p.fasta",
        database=folder / "families.h5",
        taxonomy=folder / "taxa.sqlite",
    )
    shares = {
        "consistent_pct": own,
        "contaminants_pct": foreign,
        "unknown_pct": unknown,
        "inconsistent_pct": 0,
    }
    assert record["proteins"] == 30
    assert {key: record[key] for key in shares} == pytest.approx(
        {key: 100 * count / 30 for key, count in shares.items()}
    )
    assert (record["lineage"], record["conserved_groups"]) == ("Coleoptera", FAMILIES)
    assert record["single_pct"] == pytest.approx(100 * own / FAMILIES)
    assert record["single_pct"] + record["missing_pct"] == pytest.approx(100)
    named = re.findall(r"^bacterial\d+$", (tmp_path / "g.omark_proteins.txt").read_text(), re.MULTILINE)
    assert len(named) == foreign
    row = row_of("omark_contaminants", record)
    assert (row["verdict"], row["value"]) == ("warn" if foreign else "pass", record["contaminants_pct"])
    assert ("proteins of Bacteria (5)" in row["why"]) == bool(foreign) and "against Coleoptera" in row["why"]


def test_a_file_that_is_no_summary_of_omark_is_a_fault(tmp_path):
    (tmp_path / "g.sum").write_text("#The selected clade was Coleoptera\n")
    with pytest.raises(InputError, match="is not the summary"):
        omark_metrics(tmp_path / "g.sum")

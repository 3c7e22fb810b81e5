"""The image, a bundle with it, and code without set-up, in a namespace without network."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from linnaea.catalogue import software
from linnaea.formats.gff3 import read_genes
from linnaea.formats.sequences import fasta_records
from linnaea.formats.tool_metrics import busco_metrics
from linnaea.truth.assembly import align

NO_NETWORK = ["unshare", "--net"]
LINNAEA = [Path(sys.executable).with_name("linnaea")]
SEEN = """
import json
from linnaea.catalogue import software
from linnaea.install import doctor
print(json.dumps({f.tool["name"]: [f.state, f.version] for f in doctor.examine(software.image_tools())}))
"""


@pytest.fixture(scope="module")
def environment():
    """Nothing of this machine's set-up but what Debian has."""
    kept = {name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ}
    return kept | {"PATH": "/usr/bin:/bin", "USER": "root", "NXF_HOME": "/nowhere"}


@pytest.fixture(scope="module")
def bare_python(folder):
    """A folder for PATH with a python3 that has the standard library alone."""
    program = folder / "bare/python3"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nexec /usr/bin/python3 -S "$@"\n')
    program.chmod(0o755)
    return program.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("offline")


@pytest.fixture(scope="module")
def site(folder, environment):
    """A bundle, taken where no network is: checked, unpacked, set up."""
    subprocess.run([software.ROOT / "containers/image.sh"], check=True)
    subprocess.run([*LINNAEA, "bundle", "--out", folder / "bundle.tar"], check=True)
    subprocess.run(
        [*NO_NETWORK, *LINNAEA, "bundle", "--unpack", folder / "bundle.tar", "--to", folder], check=True
    )
    (folder / "bundle.tar").unlink()
    (unpacked,) = folder.glob("linnaea-*")
    subprocess.run([*NO_NETWORK, "./set_up.sh"], cwd=unpacked, check=True, env=environment)
    return unpacked


def test_every_tool_of_the_image_answers_inside_with_its_version(site, environment):
    answer = subprocess.run(
        [*NO_NETWORK, site / "code/.venv/bin/python", "-c", SEEN],
        cwd=site / "code/bin", env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    seen = json.loads(answer.stdout)
    versions = {tool["name"]: str(tool.get("version_13", tool["version"])) for tool in software.tools()}
    for name, (state, version) in seen.items():
        assert state == "found", name
        # 2.27-r1193 is a build of 2.27, and 2.270 is not
        assert re.match(rf"{re.escape(versions[name])}(?![.\d])", version), (name, version, versions[name])
    assert len(seen) > 30


def test_the_demo_of_a_smaller_species_runs_inside_the_image_without_network(site, folder, environment):
    subprocess.run(
        [*LINNAEA, "simulate", "--out", "demo", "--size", "300000", "--chromosomes", "1",
         "--hifi-coverage", "20", "--hic-coverage", "10", "--rnaseq-pairs", "0",
         "--mitochondrion-coverage", "0", "--contaminant-coverage", "0", "--symbiont-coverage", "0",
         "--dropouts", "0"],
        cwd=folder, check=True,
    )  # fmt: skip
    answer = subprocess.run(
        [*NO_NETWORK, site / "engine/nextflow", "run", site / "code", "-profile", "demo,charliecloud",
         "--workflow", "assembly", "-ansi-log", "false"],
        cwd=folder, env=environment | {"NXF_HOME": str(folder / "nextflow")}, capture_output=True, text=True,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr
    with (folder / "results/pipeline_info/trace.tsv").open() as handle:
        tasks = list(csv.DictReader(handle, delimiter="\t"))
    assert {task["status"] for task in tasks} == {"COMPLETED"}
    assert {"CUTADAPT_HIFI", "KMC_COUNT", "WTDBG2", "RACON", "HIC_PAIRS", "COOLER_MCOOL", "MULTIQC"} <= {
        task["process"].split(":")[-1] for task in tasks
    }
    for task in tasks:
        wrapper = (folder / task["workdir"] / ".command.run").read_text()
        assert f"{site}/code/build/linnaea -- " in wrapper
    assert (folder / "results/xxLinDemo1/report.html").stat().st_size > 100_000
    answer = subprocess.run(
        [*NO_NETWORK, site / "engine/linnaea", "status"],
        cwd=folder, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert "finished" in answer.stdout


@pytest.fixture(scope="module")
def species(folder):
    """A small haploid species with HiFi reads and a BUSCO lineage of its own genes."""
    subprocess.run(
        [*LINNAEA, "simulate", "--out", "species", "--size", "120000", "--chromosomes", "1", "--sex", "none",
         "--heterozygosity", "0", "--hifi-coverage", "30", "--hic-coverage", "0", "--rnaseq-pairs", "0",
         "--mitochondrion-coverage", "0", "--contaminant-coverage", "0", "--symbiont-coverage", "0",
         "--dropouts", "0", "--adapter-share", "0",
         "--busco-lineage"],
        cwd=folder, check=True,
    )  # fmt: skip
    return folder / "species"


def test_code_without_set_up_assembles_with_flye_and_the_python_of_the_image(
    site, folder, environment, bare_python, species
):
    """Flye of Debian 13 by the command of its module: one contig, the true sequence."""
    shutil.copytree(site / "code", folder / "code", ignore=shutil.ignore_patterns(".venv", "build"))
    (folder / "own.config").write_text("process { withName: 'FLYE' { container = { params.image } } }\n")
    answer = subprocess.run(
        [*NO_NETWORK, site / "engine/nextflow", "run", folder / "code", "-profile", "charliecloud",
         "-c", "own.config", "--image", site / "code/build/linnaea", "--input", species / "genomes.yml",
         "--assembler", "flye", "--steps", "reads,assemble", "--outdir", "unset", "-ansi-log", "false"],
        cwd=folder, capture_output=True, text=True,
        env=environment | {"PATH": f"{bare_python}:/usr/bin:/bin", "NXF_HOME": str(folder / "nextflow")},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr
    with (folder / "unset/pipeline_info/trace.tsv").open() as handle:
        tasks = {task["process"].split(":")[-1]: task for task in csv.DictReader(handle, delimiter="\t")}
    assert (
        f"{site}/code/build/linnaea -- " in (folder / tasks["FLYE"]["workdir"] / ".command.run").read_text()
    )
    assert "flye\t2.9.5" in (folder / "unset/pipeline_info/software.tsv").read_text()
    assert (folder / "unset/index.tsv").is_file()  # what runs after the last task ran as well
    (contigs,) = (folder / "unset").rglob("*.primary.fasta.gz")
    ((_, true),) = fasta_records(species / "truth/haplotype1.fasta")
    ((_, contig),) = fasta_records(contigs)
    assert len(contig) == pytest.approx(len(true), rel=0.005)
    plain = folder / "contig.fasta"
    plain.write_bytes(b">contig\n" + bytes(contig) + b"\n")
    (aligned,) = align(plain, [species / "truth/haplotype1.fasta"], threads=2)
    matches = sum(int(bases) for bases in re.findall(r"(\d+)=", aligned.cigar))
    assert matches > 0.9999 * len(contig)


def test_busco_of_the_image_tells_lost_cut_and_doubled_genes_of_a_genome_apart(
    site, folder, environment, species
):
    """BUSCO 5.5 with metaeuk by the command of its module."""
    markers = {line.split("\t")[0] for line in (species / "busco/linnaea_odb10/scores_cutoff").open()}
    ((_, letters),) = fasta_records(species / "truth/haplotype1.fasta")
    genome = bytearray(letters)
    genes = {f"{int(gene.id[2:])}at1": gene for gene in read_genes(species / "truth/genes.gff3")}
    names = sorted(markers & genes.keys())
    lost, cut, doubled = names[:2], names[2:4], names[4:6]
    copies = [bytes(genome[genes[name].start - 500 : genes[name].end + 500]) for name in doubled]
    for name in lost:
        genome[genes[name].start : genes[name].end] = b"N" * (genes[name].end - genes[name].start)
    for name in cut:
        start, end = last_third(genes[name])
        genome[start:end] = b"N" * (end - start)
    with (species / "assembly.fasta").open("wb") as handle:
        for number, sequence in enumerate([genome, *copies]):
            handle.write(b">s%d\n%b\n" % (number, sequence))
    states = busco_states(site, environment, species)
    expected = dict.fromkeys(markers, "Complete")
    for changed, state in ((lost, "Missing"), (cut, "Fragmented"), (doubled, "Duplicated")):
        expected |= dict.fromkeys(changed, state)
    assert states == expected
    (summary,) = (species / "run").glob("short_summary.specific.*.json")
    metrics = busco_metrics(summary)
    assert metrics["markers"] == len(markers)
    for key, changed in (("missing", lost), ("fragmented", cut), ("duplicated", doubled)):
        # the share of missing ones is what the others, of one decimal, leave of 100
        assert metrics[f"{key}_pct"] == pytest.approx(100 * len(changed) / len(markers), abs=0.16)


def test_busco_of_the_image_reads_the_genetic_code_of_the_genome(site, environment, species):
    """The same proteins in code 6, where TAA and TAG are glutamine."""
    markers = {line.split("\t")[0] for line in (species / "busco/linnaea_odb10/scores_cutoff").open()}
    ((_, letters),) = fasta_records(species / "truth/haplotype1.fasta")
    genome = bytearray(letters)
    for gene in read_genes(species / "truth/genes.gff3"):
        reassign_stops(genome, gene)
    (species / "assembly.fasta").write_bytes(b">s\n" + bytes(genome) + b"\n")
    table = "--translation-table=6"
    options = f"--metaeuk_parameters={table} --metaeuk_rerun_parameters={table}"
    complete = [
        [*busco_states(site, environment, species, code).values()].count("Complete") for code in (options, "")
    ]
    # three of the twelve came out 4 to 8 % shorter
    assert complete[0] >= 0.75 * len(markers)
    assert complete[1] <= 0.25 * len(markers)


def busco_states(site, environment, species, options=""):
    """Marker -> its state, of assembly.fasta of the species, in species/run."""
    shutil.rmtree(species / "run", ignore_errors=True)
    command = f"busco -i assembly.fasta -m genome -l $PWD/busco/linnaea_odb10 -o run --offline -c 2 {options}"
    answer = subprocess.run(
        [*NO_NETWORK, "ch-run", "-w", "--set-env", "--bind", f"{species}:/mnt", "--cd", "/mnt",
         site / "code/build/linnaea", "--", "bash", "-c", command],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr
    with (species / "run/run_linnaea_odb10/full_table.tsv").open() as handle:
        return {row[0]: row[1] for row in csv.reader(handle, delimiter="\t") if row[0][0] != "#"}


def reassign_stops(genome, gene):
    """Write CAA and CAG of a gene's transcripts as TAA and TAG, and their stops as TGA."""
    forward = gene.strand == "+"
    stop = b"TGA" if forward else b"ACT"
    for transcript in gene.transcripts:
        bases = [base for part in transcript.cds for base in range(*part)][:: 1 if forward else -1]
        codons = list(zip(*[iter(bases)] * 3, strict=False))
        for codon in codons:
            letters = bytes(genome[base] for base in codon)
            if letters in ((b"CAA", b"CAG") if forward else (b"GTT", b"GTC")):
                genome[codon[0]] = ord("T") if forward else ord("A")
        for base, letter in zip(codons[-1], stop, strict=True):
            genome[base] = letter


def last_third(gene):
    """(start, end) from where a third of the longest coding sequence is left to the end of the gene."""
    coded = [[base for part in transcript.cds for base in range(*part)] for transcript in gene.transcripts]
    bases = max(coded, key=len)
    if gene.strand == "+":
        return bases[2 * len(bases) // 3], gene.end
    return gene.start, bases[len(bases) // 3]

"""The joint call of a region against variants planted in the reads of two samples."""

import random
import subprocess

import pysam
import pytest

from linnaea.base.paths import ROOT

LENGTH, REGION = 2000, (400, 1200)
# 0-based position -> copies of the other base in sample a and in sample b
PLANTED = {450: (2, 0), 700: (1, 0), 900: (1, 2), 1350: (2, 2)}


def other(base):
    return "CAGT"["ACTG".index(base)]


@pytest.fixture(scope="module")
def gvcfs(tmp_path_factory):
    """A reference, and a gVCF of each of two samples with reads at 24x, in the folder `gvcfs`."""
    folder = tmp_path_factory.mktemp("region")
    genome = "".join(random.Random(3).choices("ACGT", k=LENGTH))
    (folder / "genome.fasta").write_text(f">c\n{genome}\n")
    (folder / "gvcfs").mkdir()
    for sample, name in enumerate("ab"):
        copies = []
        for copy in range(2):
            bases = list(genome)
            for place, counts in PLANTED.items():
                if copy < counts[sample]:
                    bases[place] = other(genome[place])
            copies.append("".join(bases))
        rows = [
            "\t".join(
                [
                    f"r{start}.{copy}",
                    f"0\tc\t{start + 1}\t60\t120M\t*\t0\t0",
                    copies[copy][start : start + 120],
                    "I" * 120,
                ]
            )
            for start in range(0, LENGTH - 120, 10)
            for copy in range(2)
        ]
        (folder / name).write_text("\n".join([f"@SQ\tSN:c\tLN:{LENGTH}", *rows, ""]))
        command = (
            f"samtools faidx genome.fasta && bcftools mpileup --ignore-RG -f genome.fasta -a AD,DP -g 4,30"
            f" -Ob -o gvcfs/{name}.g.bcf {name} && bcftools index -c gvcfs/{name}.g.bcf"
        )
        subprocess.run(["bash", "-c", command], cwd=folder, check=True, capture_output=True)
    (folder / "region.bed").write_text("c\t{}\t{}\n".format(*REGION))
    (folder / "ploidy").write_text("* * * * 2\n")
    (folder / "sexes").write_text("a U\nb U\n")
    return folder


def call(gvcfs, folder, called, *more):
    """Genotypes as {position: {sample: copies}} of the VCF on standard output."""
    (folder / "samples.tsv").write_text("".join(f"{name}\n" for name in ("sample", *called)))
    given = [gvcfs / name for name in ("region.bed", "gvcfs", "genome.fasta", "genome.fasta.fai")]
    command = [ROOT / "bin/call_region.sh", *given, "samples.tsv", gvcfs / "ploidy", gvcfs / "sexes", *more]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    (folder / "out.vcf").write_text(answer.stdout)
    return genotypes(folder / "out.vcf") if answer.stdout else {}


def genotypes(path):
    with pysam.VariantFile(str(path)) as vcf:
        return {row.start: {name: sum(row.samples[name]["GT"]) for name in row.samples} for row in vcf}


def test_every_site_of_the_region_is_called_and_planted_variants_are_found(gvcfs, tmp_path):
    sites = call(gvcfs, tmp_path, "ab", "all.bcf")
    assert set(sites) == set(range(REGION[0] - 100, REGION[1] + 100))
    variants = {place: tuple(copies.values()) for place, copies in sites.items() if any(copies.values())}
    assert variants == {place: counts for place, counts in PLANTED.items() if place < REGION[1] + 100}
    assert set(genotypes(tmp_path / "all.bcf")) == set(range(*REGION))
    assert not (tmp_path / "region.likelihoods.bcf").exists()


def test_likelihoods_are_kept_where_a_sample_is_not_called(gvcfs, tmp_path):
    sites = call(gvcfs, tmp_path, "a")
    assert all(set(copies) == {"a"} for copies in sites.values())
    assert {place: copies["a"] for place, copies in sites.items() if copies["a"]} == {450: 2, 700: 1, 900: 1}
    kept = genotypes(tmp_path / "region.likelihoods.bcf")
    assert kept == {450: {"a": 2, "b": 0}, 700: {"a": 1, "b": 0}, 900: {"a": 1, "b": 2}}


def test_of_shallow_samples_alone_only_likelihoods_are_written(gvcfs, tmp_path):
    assert call(gvcfs, tmp_path, "") == {}
    assert len(genotypes(tmp_path / "region.likelihoods.bcf")) == 3
    assert not (tmp_path / "all.bcf").exists()


def test_a_cut_gvcf_fails_the_call_and_names_the_program(gvcfs, tmp_path):
    (tmp_path / "gvcfs").mkdir()
    for path in (gvcfs / "gvcfs").iterdir():
        (tmp_path / "gvcfs" / path.name).write_bytes(path.read_bytes())
    whole = (gvcfs / "gvcfs/a.g.bcf").read_bytes()
    (tmp_path / "gvcfs/a.g.bcf").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "samples.tsv").write_text("sample\na\nb\n")
    given = [gvcfs / "region.bed", "gvcfs", gvcfs / "genome.fasta", gvcfs / "genome.fasta.fai", "samples.tsv"]
    answer = subprocess.run(
        [ROOT / "bin/call_region.sh", *given, gvcfs / "ploidy", gvcfs / "sexes"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert answer.returncode != 0
    assert "exit codes along the pipe" in answer.stderr

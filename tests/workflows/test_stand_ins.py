"""The command lines that stand-ins were given, and what single processes make of small inputs."""

import gzip
import json

import cooler
import pytest


def arguments(workflow_dir, name):
    (found,) = workflow_dir.glob(f"work/*/*/{name}_arguments.txt")
    return found.read_text().split()


@pytest.mark.workflow("hifiasm, haplotypes phased by Hi-C, ultra-long reads")
def test_hifiasm_with_hic(workflow_dir):
    words = arguments(workflow_dir, "hifiasm")
    assert words[words.index("--h1") + 1] == "hic_1/hic_1.fastq.gz"
    assert words[words.index("--h2") + 1] == "hic_2/hic_2.fastq.gz"
    assert words[words.index("--ul") + 1] == "ultralong/ont.fastq.gz"
    assert words[words.index("-o") + 1] == "ilAusBus1"
    assert words[-2:] == ["hifi_1.fastq.gz", "hifi_2.fastq.gz"]
    assert "--primary" not in words


@pytest.mark.workflow("hifiasm, primary and alternate")
def test_hifiasm_primary(workflow_dir):
    files = sorted(workflow_dir.glob("work/*/*/hifiasm_arguments.txt"))
    assert len(files) == 2
    for words in (path.read_text().split() for path in files):
        assert "--primary" in words
        assert "--h1" not in words


@pytest.mark.workflow("Flye with ONT")
def test_flye(workflow_dir):
    words = arguments(workflow_dir, "flye")
    assert words[:2] == ["--nano-hq", "ont.fastq.gz"]
    assert words[words.index("--genome-size") + 1] == "1500000"


def one(workflow_dir, pattern):
    (found,) = workflow_dir.glob(f"work/*/*/{pattern}")
    return found


@pytest.mark.workflow("single processes")
@pytest.mark.parametrize("code", [1, 6, 12])
def test_genetic_codes_reach_aligners_and_the_trna_finder(workflow_dir, code):
    """The gene uses codons that the standard code reads as stops (6) or as leucine (12)."""
    work = {path.parent for path in workflow_dir.glob(f"work/*/*/code{code}.fasta")}
    (spaln,) = [folder for folder in work if (folder / "relative.proteins.gff3").exists()]
    rows = [line.split("\t") for line in (spaln / "relative.proteins.gff3").read_text().splitlines()]
    (model,) = [row for row in rows if len(row) == 9 and row[2] == "mRNA"]
    assert (int(model[3]), int(model[4])) == (6001, 6903)
    assert "identity=1.000" in model[8] and "stops=0" in model[8] and "frameshifts=0" in model[8]
    (miniprot,) = [folder for folder in work if (folder / "miniprot_arguments.txt").exists()]
    words = (miniprot / "miniprot_arguments.txt").read_text().split()
    assert words[words.index("-T") + 1] == str(code)
    (trna,) = [
        row for row in one(workflow_dir, f"code{code}.aragorn.txt").read_text().splitlines() if "(tta)" in row
    ]
    assert ("tRNA-Gln" in trna) == (code == 6)


@pytest.mark.workflow("single processes")
@pytest.mark.parametrize("code", [1, 6, 12])
def test_busco_is_told_a_code_other_than_the_standard_one(workflow_dir, code):
    folder = one(workflow_dir, f"code{code}.hap1.busco.json").parent
    words = (folder / "busco_arguments.txt").read_text().split()
    table = f"--translation-table={code}"
    told = ["--metaeuk", f"--metaeuk_parameters={table}", f"--metaeuk_rerun_parameters={table}"]
    assert [word for word in words if "metaeuk" in word] == ([] if code == 1 else told)


@pytest.mark.workflow("single processes")
@pytest.mark.parametrize("kind", ["bam", "cram", "embedded_cram", "interleaved"])
def test_pairs_in_one_file_become_two_files(workflow_dir, kind):
    def names(path):
        with gzip.open(path, "rt") as handle:
            return [line.split()[0] for number, line in enumerate(handle) if number % 4 == 0]

    first, second = (names(one(workflow_dir, f"{kind}.pairs_{mate}.fastq.gz")) for mate in (1, 2))
    assert first == second
    assert set(first) == {f"@{file}{number}" for file in ("one", "two") for number in range(55)}
    assert len(first) == 110
    record = json.loads(one(workflow_dir, f"{kind}.read_pairs.json").read_text())
    assert (record["pairs"], record["reads_without_mate"]) == (110, 10)
    if kind != "interleaved":
        # Every primary record once: 60 first mates and 55 second ones of each file.
        assert len(names(one(workflow_dir, f"{kind}.fastq.gz"))) == 230


@pytest.mark.workflow("single processes")
@pytest.mark.parametrize(("tool", "orientations"), [("linnaea", "+-+-"), ("yahs", "++++")])
def test_contigs_become_scaffolds_with_either_scaffolder(workflow_dir, tool, orientations):
    """Four contigs of a chromosome, every other one reversed; the stand-in for YaHS leaves them so."""
    folders = [path.parent for path in workflow_dir.glob("work/*/*/sc.hap1.scaffold.json")]
    (folder,) = [
        path for path in folders if json.loads((path / "sc.hap1.scaffold.json").read_text())["tool"] == tool
    ]
    rows = [line.split("\t") for line in (folder / "sc.hap1.scaffolds.agp").read_text().splitlines()[1:]]
    contigs = [(row[5], row[8]) for row in rows if row[4] == "W"]
    expected = list(zip(["contig0", "contig1", "contig2", "contig3"], orientations, strict=True))
    turned = [(name, "-" if side == "+" else "+") for name, side in reversed(expected)]
    assert contigs in (expected, turned)
    with gzip.open(folder / "sc.hap1.scaffolds.fasta.gz", "rt") as handle:
        header, *lines = handle.read().splitlines()
    assert header == ">scaffold_1"
    assert len("".join(lines)) == 200_600
    if tool == "linnaea":
        with gzip.open(folder / "given" / "contigs.fasta.gz", "rt") as handle:
            first = handle.read().split()[1]
        assert first in "".join(lines) or contigs == turned


def bases(path):
    """Sequences of a FASTA by name."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as handle:
        records = handle.read().split(">")[1:]
    return {record.split("\n", 1)[0].split()[0]: "".join(record.split("\n")[1:]) for record in records}


@pytest.mark.workflow("single processes")
def test_duplicates_of_purge_dups_are_removed(workflow_dir):
    """The second contig is a part of the first; both have names that purge_dups cannot read."""
    words = arguments(workflow_dir, "purge_dups")
    assert words[:5] == ["-2", "-T", "cutoffs", "-c", "PB.base.cov"]
    (folder,) = [path.parent for path in workflow_dir.glob("work/*/*/purge_dups_arguments.txt")]
    assert (folder / "cutoffs").read_text().split() == ["2", "11", "11", "12", "12", "48"]
    given = bases(workflow_dir / "in" / "duplicated.fasta.gz")
    assert bases(one(workflow_dir, "dup.primary.purged.fasta.gz")) == {"ctg-1": given["ctg-1"]}
    record = json.loads(one(workflow_dir, "dup.primary.purge.json").read_text())
    assert (record["tool"], record["removed_by_kind_bp"]) == ("purge_dups", {"haplotig": 40_000})


@pytest.mark.workflow("single processes")
def test_reports_of_contamination_are_carried_out(workflow_dir):
    """The stand-ins call the last sequence a bacterium's, and the start of the first an adaptor."""
    words = arguments(workflow_dir, "run_gx")
    assert words[:6] == ["--fasta", "contigs.fasta", "--gx-db", "database", "--tax-id", "50557"]
    given = bases(workflow_dir / "in" / "hap1.fasta.gz")
    after = bases(one(workflow_dir, "mixed.hap1.screened.fasta.gz"))
    assert after == {
        "h1_scaffold_1": given["h1_scaffold_1"][40:],
        "h1_scaffold_2": given["h1_scaffold_2"],
        "h1_scaffold_3": given["h1_scaffold_3"],
    }
    record = json.loads(one(workflow_dir, "mixed.hap1.screen.json").read_text())
    assert record["removed_by_tool_bp"] == {"FCS-GX": 3000, "FCS-adaptor": 40}
    # Tiara takes all for bacteria, which is no more than a question
    assert record["reviews"] == 3
    assert list(workflow_dir.glob("work/*/*/mixed.hap1.foreign_contigs.*")) == []


@pytest.mark.workflow("single processes")
def test_oatk_tries_lower_limits_and_mitohifi_may_find_nothing(workflow_dir):
    """At 302 the stand-in for Oatk ends as the real one does where no k-mer is left."""
    calls = one(workflow_dir, "oatk_arguments.txt").read_text().splitlines()
    assert [call.split()[3] for call in calls] == ["302", "151"]
    assert len(bases(one(workflow_dir, "oatk.oatk.fasta"))["ctg000001c"]) == 12_000
    words = arguments(workflow_dir, "mitohifi")
    assert words[:6] == ["-r", "reads.fastq.gz", "-f", "relative.fasta", "-g", "relative.gb"]
    assert words[words.index("-o") + 1 :] == ["2", "-a", "animal"]
    assert one(workflow_dir, "mitohifi.mitohifi.fasta").stat().st_size == 0


@pytest.mark.workflow("single processes")
def test_chromosomes_are_named_by_size_depth_and_homology(workflow_dir):
    """The third one is in one haplotype, and the sex is X0; the second haplotype is reversed."""
    given = bases(workflow_dir / "in" / "hap1.fasta.gz")
    first = bases(one(workflow_dir, "named.hap1.chromosomes.fasta.gz"))
    second = bases(one(workflow_dir, "named.hap2.chromosomes.fasta.gz"))
    assert first == {
        "SUPER_1_hap1": given["h1_scaffold_2"],
        "SUPER_2_hap1": given["h1_scaffold_1"],
        "SUPER_X_hap1": given["h1_scaffold_3"],
        "hap1_h1_scaffold_4": given["h1_scaffold_4"],
    }
    assert second["SUPER_1_hap2"] == given["h1_scaffold_2"][:198_000]
    assert second["SUPER_2_hap2"] == given["h1_scaffold_1"][1000:]
    assert json.loads(one(workflow_dir, "named.hap1.sex.json").read_text())["sex"] == "X0"
    record = json.loads(one(workflow_dir, "named.hap1.chromosomes.json").read_text())
    assert (record["stage"], record["chromosomes"], record["haplotype"]) == ("scaffolded", 3, "hap1")
    assert record["assigned_pct"] == pytest.approx(100 * 480 / 483)


@pytest.mark.workflow("single processes")
def test_a_curated_map_of_both_haplotypes_is_applied(workflow_dir):
    given = [bases(workflow_dir / "in" / f"hap{number}.fasta.gz") for number in (1, 2)]
    first = bases(one(workflow_dir, "drawn.hap1.curated.fasta.gz"))
    assert first == {
        "SUPER_1_hap1": given[0]["h1_scaffold_1"],
        "SUPER_2_hap1": given[0]["h1_scaffold_2"][:100_000],
        "SUPER_X_hap1": given[0]["h1_scaffold_3"],
    }
    second = bases(one(workflow_dir, "drawn.hap2.curated.fasta.gz"))
    assert second["SUPER_1_hap2"] == given[1]["h2_scaffold_2"]
    assert second["SUPER_2_hap2"] == given[0]["h1_scaffold_2"][:198_000]
    (haplotig,) = bases(one(workflow_dir, "drawn.hap1.haplotigs.fasta.gz")).values()
    assert haplotig == given[0]["h1_scaffold_2"][100_000:]
    assert list(bases(one(workflow_dir, "drawn.hap1.contaminants.fasta.gz")).values()) == [
        given[0]["h1_scaffold_4"]
    ]
    record = json.loads(one(workflow_dir, "drawn.hap1.chromosomes.json").read_text())
    assert (record["stage"], record["rule"], record["assigned_pct"]) == ("curated", "names", 100)
    rows = one(workflow_dir, "drawn.hap1.curation.decisions.tsv").read_text().splitlines()
    assert sum("\tremove\t" in row for row in rows) == 2 and sum("\tbreak\t" in row for row in rows) == 1
    assert list(workflow_dir.glob("work/*/*/drawn.*.chromosomes.fasta.gz")) == []


@pytest.mark.workflow("single processes")
def test_one_map_of_both_haplotypes(workflow_dir):
    """Reads of chromosomes that both haplotypes have are in the map of MAPQ 0 alone; one has the third."""
    folder = one(workflow_dir, "curation/joint.mapq0.pretext").parent
    contacts = {}
    for quality in (10, 0):
        clr = cooler.Cooler(f"{folder}/joint.mapq{quality}.mcool::resolutions/1000")
        pixels = clr.pixels(join=True)[:]
        contacts[quality] = pixels.groupby("chrom1", observed=False)["count"].sum().to_dict()
    assert list(contacts[0]) == [
        "h1_scaffold_2_hap1", "h2_scaffold_1_hap2", "h1_scaffold_1_hap1", "h2_scaffold_2_hap2",
        "h1_scaffold_3_hap1", "h1_scaffold_4_hap1", "h2_scaffold_3_hap2",
    ]  # fmt: skip
    assert sum(contacts[0].values()) > 1950
    assert 620 < contacts[10].pop("h1_scaffold_3_hap1") < 680
    assert sum(contacts[10].values()) < 60
    pretext = (folder / "joint.mapq0.pretext").read_text().splitlines()
    assert pretext[0].split()[1:] == [str(sum(contacts[0].values())), "nosort"]
    assert [row.split()[1] for row in pretext if row.startswith("graph")] == [
        "repeat_density",
        "haplotig_coverage",
    ]
    assert "both haplotypes together" in (folder / "README.txt").read_text()
    with gzip.open(folder / "joint.haplotig_coverage.bedgraph.gz", "rt") as handle:
        rows = [line.split() for line in handle]
    assert {row[3] for row in rows if row[0] == "h1_scaffold_3_hap1"} == {"0"}
    shared = [row[3] for row in rows if row[0] in ("h1_scaffold_2_hap1", "h2_scaffold_2_hap2")]
    assert shared.count("1") > 0.97 * len(shared)

"""The folder for curation: every file opens, and says what went in."""

import gzip
import json
import os
import random
import subprocess

import cooler
import pyBigWig
import pysam
import pytest
from browser import chromium

from linnaea.assembly.curation_bundle import join_haplotypes, write_bundle
from linnaea.base.paths import ROOT

SIZES = {"SUPER_1": 60_000, "SUPER_2": 30_000}
HOMOLOGUES = ["SUPER_1_hap1", "SUPER_1_hap2", "SUPER_2_hap1", "SUPER_2_hap2"]


def write_fasta(path, records):
    path.write_text("".join(f">{name}\n{letters}\n" for name, letters in records.items()))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """Two haplotypes of two chromosomes; the second library has a pair of low quality alone."""
    folder = tmp_path_factory.mktemp("bundle")
    out = folder / "curation"
    out.mkdir()
    rng = random.Random(7)
    for haplotype in ("hap1", "hap2"):
        records = {f"{name}_{haplotype}": rng.choices("ACGT", k=size) for name, size in SIZES.items()}
        records[f"SUPER_1_{haplotype}"][-900:] = "TTAGGG" * 150
        records[f"SUPER_1_{haplotype}"][20_000:20_100] = "N" * 100
        write_fasta(folder / f"{haplotype}.fa", {name: "".join(bases) for name, bases in records.items()})
    fastas = [f"{name}={folder}/{name}.fa" for name in ("hap1", "hap2")]
    join_haplotypes(fastas, fasta=out / "xx.fasta.gz", table=str(out / "map_names.tsv"))
    header = "## pairs format v1.0.0\n#sorted: chr1-chr2-pos1-pos2\n#samheader: @PG\tID:bwa\n"
    header += "".join(f"#chromsize: {name} {SIZES[name[:7]]}\n" for name in HOMOLOGUES)
    header += "#columns: readID chrom1 pos1 chrom2 pos2 strand1 strand2 pair_type mapq1 mapq2\n"
    rows = []
    for _ in range(4000):
        name = rng.choice(HOMOLOGUES)
        size = SIZES[name[:7]]
        start = rng.randrange(1, size)
        end = min(size, start + int(rng.expovariate(1 / 8000)))
        rows.append(f"r\t{name}\t{start}\t{name}\t{end}\t+\t-\tUU\t{rng.choice((0, 30, 60))}\t60\n")
    (out / "xx.joint.a.pairs.gz").write_bytes(gzip.compress((header + "".join(rows)).encode()))
    low = "r\tSUPER_1_hap1\t5\tSUPER_2_hap2\t7\t+\t-\tUU\t0\t60\n"
    (out / "xx.joint.b.pairs.gz").write_bytes(gzip.compress((header + low).encode()))
    (folder / "repeats").write_text(">SUPER_1_hap1\n100 - 199\n")
    for haplotype in ("hap1", "hap2"):
        depth = "".join(
            f"{name}_{haplotype}\t{start}\t{start + 1000}\t{31.6}\n"
            for name, size in SIZES.items()
            for start in range(0, size, 1000)
        )
        (folder / f"{haplotype}.depth").write_text(depth)
    (folder / "paf").write_text(
        "SUPER_1_hap2\t60000\t0\t50000\t+\tSUPER_1_hap1\t60000\t1000\t51000\t1\t1\t60\n"
    )
    (folder / "genes.gff3").write_text(
        "##gff-version 3\n"
        + "".join(
            f"{name}\t.\t{kind}\t101\t400\t.\t-\t{phase}\t{more}\n"
            for name, gene in (("SUPER_2_hap1", "g1"), ("lost", "g2"))
            for kind, phase, more in (
                ("gene", ".", f"ID={gene}"),
                ("mRNA", ".", f"ID={gene}.t;Parent={gene}"),
                ("CDS", "0", f"ID={gene}.c;Parent={gene}.t"),
            )
        )
    )
    write_bundle(
        id="xx", fasta=str(out / "xx.fasta.gz"), table=str(out / "map_names.tsv"),
        pairs=[str(out / f"xx.joint.{name}.pairs.gz") for name in "ab"], bin_bp=1000, min_mapq=10,
        repeats=str(folder / "repeats"), outdir=out, first="hap1", homologous=[f"hap2={folder}/paf"],
        depth=[f"{name}={folder}/{name}.depth" for name in ("hap1", "hap2")],
        annotation=str(folder / "genes.gff3"),
    )  # fmt: skip
    return out


def test_maps_hold_both_haplotypes_and_both_qualities(bundle):
    sums = []
    for quality in (10, 0):
        clr = cooler.Cooler(f"{bundle}/xx.mapq{quality}.mcool::resolutions/1000")
        assert clr.chromnames == HOMOLOGUES
        sums.append(int(clr.pixels()[:]["count"].sum()))
    assert sums[1] == 4001
    assert 2400 < sums[0] < 2900
    assert f"MAPQ ≥ 10 holds {sums[0]:,} pairs" in (bundle / "README.txt").read_text()


def test_views_name_files_that_are_there(bundle):
    config = json.loads((bundle / "config.json").read_text())
    view = json.loads((bundle / "higlass.json").read_text())

    def values(item, key):
        if isinstance(item, dict):
            own = [item[key]] if isinstance(item.get(key), str) else []
            return own + [v for part in item.values() for v in values(part, key)]
        return [v for part in item for v in values(part, key)] if isinstance(item, list) else []

    named = values(config, "uri") + values(view, "tilesetUid") + values(view, "chromInfoPath")
    assert {name for name in named if not (bundle / name).is_file()} == set()
    assert len(set(named)) == 3 + 5 + 2 + 2
    assert [track["name"] for track in config["tracks"]] == [
        "Gaps", "Read depth", "Telomere motif", "Repeats", "Other haplotype", "Genes",
    ]  # fmt: skip
    (assembly,) = config["assemblies"]
    assert assembly["sequence"]["adapter"]["type"] == "BgzipFastaAdapter"
    assert values(view["views"][0]["tracks"]["center"], "tilesetUid") == ["xx.mapq10.mcool"]


def test_tracks_are_at_their_places(bundle):
    with pyBigWig.open(str(bundle / "xx.gap.bw")) as track:
        assert track.intervals("SUPER_1_hap2") == ((20_000, 20_100, 100.0),)
    with pyBigWig.open(str(bundle / "xx.telomere.bw")) as track:
        ((start, end, _),) = track.intervals("SUPER_1_hap1")
        assert 59_090 < start <= 59_100 and end == 60_000
    with pyBigWig.open(str(bundle / "xx.coverage.bw")) as track:
        assert track.stats("SUPER_2_hap2", exact=True) == [32]
    with pysam.TabixFile(str(bundle / "xx.genes.bed.gz"), index=str(bundle / "xx.genes.bed.gz.csi")) as genes:
        assert list(genes.fetch()) == ["SUPER_2_hap1\t100\t400\tg1\t0\t-"]
    with gzip.open(bundle / "xx.haplotig_coverage.bedgraph.gz", "rt") as handle:
        rows = [line.split() for line in handle]
    assert [row[3] for row in rows if row[0] == "SUPER_1_hap1"] == ["0"] + ["1"] * 50 + ["0"] * 9
    assert [row[3] for row in rows if row[0] == "SUPER_1_hap2"] == ["1"] * 50 + ["0"] * 10


def test_readme_names_every_file_and_says_what_was_mapped(bundle):
    text = (bundle / "README.txt").read_text()
    assert "both haplotypes together" in text
    assert "Genes on sequences that the map lacks: 1 (lost)" in text
    for path in bundle.iterdir():
        name = path.name.removesuffix(".csi").removesuffix(".fai").removesuffix(".gzi")
        name = "xx*.pairs.gz" if name.endswith(".pairs.gz") else name.replace(".bw", ".bedgraph.gz")
        assert name == "README.txt" or name in text


def test_pretext_commands_run(bundle):
    path = f"{ROOT}/tests/workflows/stand_ins:{os.environ['PATH']}"
    run = subprocess.run(
        ["bash", str(bundle / "make_pretext.sh"), "--highRes"],
        env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    kept = []
    for quality in (10, 0):
        head, *rows = (bundle / f"xx.mapq{quality}.pretext").read_text().splitlines()
        kept.append(int(head.split()[1]))
        assert head.split()[2] == "nosort"
        assert [row.split()[1] for row in rows if row.startswith("sequence")] == HOMOLOGUES
        assert [row.split()[1] for row in rows if row.startswith("graph")] == [
            "gap", "coverage", "telomere", "repeat_density", "haplotig_coverage",
        ]  # fmt: skip
        picture = bundle / f"xx.mapq{quality}_FullMap.png"
        assert picture.exists()
        picture.unlink()
        (bundle / f"xx.mapq{quality}.pretext").unlink()
    assert 2400 < kept[0] < 2900
    assert kept[1] == 4001


def test_page_shows_each_chromosome_with_its_homologue(bundle):
    with chromium() as browser:
        browser.get((bundle / "maps.html").as_uri())
        images = browser.execute_script(
            "return Array.from(document.images).map(i => [i.alt, i.complete ? i.naturalWidth : 0])"
        )
        assert [alt.rsplit(" ", 1)[1] for alt, _ in images] == ["map", "SUPER_1", "SUPER_2"]
        assert all(width > 700 for _, width in images)
        links = browser.execute_script(
            "return Array.from(document.querySelectorAll('nav a'))"
            ".map(a => !!document.getElementById(a.hash.slice(1)))"
        )
        assert links == [True] * 3
        asked = browser.execute_script(
            "return performance.getEntriesByType('resource').map(r => r.name).filter(n => !/^data:/.test(n))"
        )
        assert asked == []
        assert browser.get_log("browser") == []
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 1280


def test_one_haplotype_is_said_to_be_alone(tmp_path):
    """Without other haplotypes, depth and annotation: these tracks are not there, and README says why."""
    write_fasta(tmp_path / "p.fa", {"a": "ACGT" * 2000})
    join_haplotypes([f"primary={tmp_path}/p.fa"], fasta=tmp_path / "y.fasta.gz", table=str(tmp_path / "t"))
    (tmp_path / "y.pairs").write_text(
        "## pairs format v1.0.0\n#chromsize: a 8000\n"
        "#columns: readID chrom1 pos1 chrom2 pos2 strand1 strand2 pair_type mapq1 mapq2\n"
        "r\ta\t5\ta\t7000\t+\t-\tUU\t0\t60\n"
    )
    (tmp_path / "repeats").write_text(">a\n")
    write_bundle(
        id="y", fasta=str(tmp_path / "y.fasta.gz"), table=str(tmp_path / "t"),
        pairs=[str(tmp_path / "y.pairs")], bin_bp=1000, min_mapq=0,
        repeats=str(tmp_path / "repeats"), outdir=tmp_path / "out",
    )  # fmt: skip
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"y.mapq0.mcool", "y.repeat_density.bw"} < names
    assert not {name for name in names if any(w in name for w in ("coverage", "telomere", "genes", "gap"))}
    text = (tmp_path / "out" / "README.txt").read_text()
    assert "of this assembly alone" in text
    assert "Read depth: no track (no long reads, or the step evaluate did not run)" in text
    assert "Gaps: no track (there are none)" in text

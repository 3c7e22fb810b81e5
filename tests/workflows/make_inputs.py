"""Tiny inputs for the wiring tests: real formats, random sequence, a genomes.yml for each case."""

import gzip
import random
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

import pysam

ADAPTER = "ATCTCTCTCAACAACAACAACGGAGGAGGAGGAAAAGAGAGAGAT"

GENES = """\
##gff-version 3
hap1_1\t.\tgene\t101\t700\t.\t+\t.\tID=g1
hap1_1\t.\tmRNA\t101\t700\t.\t+\t.\tID=t1;Parent=g1
hap1_1\t.\texon\t101\t700\t.\t+\t.\tID=e1;Parent=t1
hap1_1\t.\tCDS\t101\t700\t.\t+\t0\tID=c1;Parent=t1
"""


def fastq(path: Path, reads: list[str], name: str = "r", names: Sequence[str] = ()) -> None:
    names = names or [f"{name}{n}" for n in range(len(reads))]
    text = "".join(f"@{n}\n{read}\n+\n{'I' * len(read)}\n" for n, read in zip(names, reads, strict=True))
    path.write_bytes(gzip.compress(text.encode()))


def bam(path: Path, reads: list[str], paired: bool) -> None:
    """Unaligned BAM of reads of quality 40; of pairs both mates follow each other."""
    with pysam.AlignmentFile(str(path), "wb", header={"HD": {"VN": "1.6"}}) as handle:
        for number, letters in enumerate(reads):
            read = pysam.AlignedSegment(handle.header)
            read.query_name, read.query_sequence = f"r{number // (1 + paired)}", letters
            read.query_qualities = [40] * len(letters)
            read.flag = 4 + (1 + (128 if number % 2 else 64) if paired else 0)
            handle.write(read)


def main(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    rng = random.Random(5)

    def sequence(length: int) -> str:
        return "".join(rng.choices("ACGT", k=length))

    for number in (1, 2, 3, 4):
        fastq(folder / f"hifi_{number}.fastq.gz", [sequence(3000) for _ in range(20)], f"cell{number}_")
    fastq(folder / "only_adapter.fastq.gz", [ADAPTER * 3 for _ in range(20)])
    fastq(folder / "ont.fastq.gz", [sequence(5000) for _ in range(5)])
    for library in ("hic", "other_hic", "illumina"):
        for mate in (1, 2):
            fastq(folder / f"{library}_{mate}.fastq.gz", [sequence(100) for _ in range(50)])
    for haplotype in ("hap1", "hap2"):
        (folder / f"{haplotype}.fasta").write_text(f">{haplotype}_1\n{sequence(4000)}\n")
    (folder / "map.agp").write_text(
        "Scaffold_1\t1\t4000\t1\tW\thap1_1\t1\t4000\t+\tPainted\tHap1\n"
        "Scaffold_2\t1\t4000\t1\tW\thap2_1\t1\t4000\t-\tPainted\tHap2\n"
    )
    for mate in (1, 2):
        fastq(folder / f"rna_{mate}.fastq.gz", [sequence(100) for _ in range(50)])
    fastq(folder / "rna_single.fastq.gz", [sequence(75) for _ in range(50)])
    fastq(folder / "isoseq.fastq.gz", [sequence(900) for _ in range(10)])
    bam(folder / "rna_pairs.bam", [sequence(100) for _ in range(50)], paired=True)
    bam(folder / "hic.bam", [sequence(100) for _ in range(50)], paired=True)
    for library in ("hic", "rna"):
        names = [f"{library}{number // 2}" for number in range(50)]
        fastq(folder / f"{library}_interleaved.fastq.gz", [sequence(100) for _ in names], names=names)
    bam(folder / "isoseq.bam", [sequence(900) for _ in range(10)], paired=False)
    (folder / "proteins.fasta").write_text(
        f">relative1\nM{''.join(rng.choices('ACDEFGHIKLMNPQRSTVWY', k=90))}\n"
    )
    (folder / "hints.gff").write_text("hap1_1\tb2h\tintron\t301\t400\t0\t.\t.\tmult=5;pri=4;src=E\n")
    (folder / "genes.gff3").write_text(GENES)
    (folder / "genes_2.gff3").write_text(GENES.replace("hap1", "hap2"))
    (folder / "families.fasta").write_text(f">family1\n{sequence(200)}\n")
    for name in ("rfam", "eggnog"):
        (folder / name).mkdir(exist_ok=True)
    for name in ("Rfam.cm", "Rfam.clanin"):
        (folder / "rfam" / name).write_text("INFERNAL1/a [1.1.4]\n")
    (folder / "eggnog" / "eggnog.db").write_bytes(b"SQLite format 3\0")
    (folder / "pfam.hmm").write_text("HMMER3/f [3.3.2]\n")
    (folder / "families.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    (folder / "taxa.sqlite").unlink(missing_ok=True)
    with sqlite3.connect(folder / "taxa.sqlite") as taxa:
        taxa.executescript("CREATE TABLE stats (version INT PRIMARY KEY); INSERT INTO stats VALUES (2)")
    (folder / "lineage_odb12").mkdir(exist_ok=True)
    (folder / "lineage_odb12" / "dataset.cfg").write_text("name=lineage_odb12\n")
    cut = gzip.compress("".join(f"@r{n}\n{sequence(900)}\n+\n{'I' * 900}\n" for n in range(50)).encode())
    (folder / "cut.fastq.gz").write_bytes(cut[: len(cut) // 2])

    two = """\
- name: Aus bus
  id: ilAusBus1
  ploidy: 2
  hifi:
    - reads: [hifi_1.fastq.gz]
      library: run1
    - reads: [hifi_2.fastq.gz]
      library: run2
  hic:
    - read1: hic_1.fastq.gz
      read2: hic_2.fastq.gz
      kit: arima_v2
  illumina:
    - read1: illumina_1.fastq.gz
      read2: illumina_2.fastq.gz
- name: Cus dus
  id: ilCusDus1
  hifi:
    - reads: [hifi_3.fastq.gz]
"""
    (folder / "two.yml").write_text(two)
    (folder / "ultralong.yml").write_text("""\
- name: Aus bus
  id: ilAusBus1
  ploidy: 2
  hifi:
    - reads: [hifi_1.fastq.gz, hifi_2.fastq.gz]
  ont:
    - reads: [ont.fastq.gz]
  hic:
    - read1: hic_1.fastq.gz
      read2: hic_2.fastq.gz
""")
    (folder / "ont.yml").write_text("""\
- name: Aus bus
  id: ilAusBus1
  taxid: 50557
  genome_size: 1.5m
  ont:
    - reads: [ont.fastq.gz]
""")
    for suffix in ("", ".h3f", ".h3i", ".h3m", ".h3p"):
        (folder / f"mito.fam{suffix}").write_text("HMMER3/f [3.3.2]\n")
    (folder / "gxdb").mkdir(exist_ok=True)
    for suffix in ("gxi", "gxs"):
        (folder / "gxdb" / f"all.{suffix}").touch()
    given = """\
- name: Aus bus
  id: ilAusBus1
  hifi:
    - reads: [hifi_1.fastq.gz]
  hic:
    - read1: hic_1.fastq.gz
      read2: hic_2.fastq.gz
    - reads: hic.bam
      library: omni
    - reads: hic_interleaved.fastq.gz
      library: arima
      kit: arima_v2
  assembly:
    stage: curated
    haplotypes:
      hap1: hap1.fasta
      hap2: hap2.fasta
"""
    (folder / "given.yml").write_text(given)
    other = given.replace("Aus bus", "Eus fus").replace("ilAusBus1", "ilEusFus1")
    for own, name in (("hifi_4", "hifi_1"), ("other_hic_1", "hic_1"), ("other_hic_2", "hic_2")):
        other = other.replace(name, own)
    # its haplotypes were curated in one map
    other = other.replace("stage: curated", "stage: scaffolded\n    curated: map.agp")
    (folder / "three.yml").write_text(two + other)
    evidence = """\
- name: Aus bus
  id: ilAusBus1
  locus_tag: AUSB
  assembly:
    stage: curated
    primary: hap1.fasta
  rnaseq:
    - read1: rna_1.fastq.gz
      read2: rna_2.fastq.gz
      library: gut
      strandedness: reverse
    - reads: rna_single.fastq.gz
      library: head
    - reads: rna_pairs.bam
      library: wing
    - reads: rna_interleaved.fastq.gz
      library: leg
  isoseq:
    - reads: [isoseq.fastq.gz]
      library: whole
    - reads: isoseq.bam
      library: larva
  proteins:
    - fasta: proteins.fasta
  repeats:
    - fasta: families.fasta
  hints: hints.gff
  liftover:
    assembly: hap1.fasta
    annotation: genes.gff3
  reference_annotation:
    annotation: genes.gff3
"""
    (folder / "annotation.yml").write_text(evidence)
    (folder / "no_genes.yml").write_text("""\
- name: Aus bus
  id: ilAusBus1
  assembly:
    stage: curated
    primary: hap1.fasta
  rnaseq:
    - reads: rna_single.fastq.gz
  proteins:
    - fasta: proteins.fasta
""")
    given_genes = """\
- name: Eus fus
  id: ilEusFus1
  assembly:
    stage: curated
    primary: hap1.fasta
  annotation: genes.gff3
  reference_annotation:
    assembly: hap2.fasta
    annotation: genes_2.gff3
"""
    (folder / "with_given_genes.yml").write_text(evidence + given_genes)
    (folder / "chain.yml").write_text("""\
- name: Aus bus
  id: ilAusBus1
  locus_tag: AUSB
  hifi:
    - reads: [hifi_1.fastq.gz]
  proteins:
    - fasta: proteins.fasta
""")
    fields = {
        "alias": "specimen", "title": "Aus bus specimen", "taxon_id": "7", "scientific_name": "Aus bus",
        "organism part": "WHOLE_ORGANISM", "lifestage": "adult", "project name": "ERGA", "sex": "FEMALE",
        "collected_by": "ANNA EXAMPLE", "collection date": "2023-05-14", "habitat": "forest",
        "geographic location (country and/or sea)": "Sweden", "collecting institution": "UPPSALA UNIVERSITY",
        "geographic location (region and locality)": "Uppsala",
    }  # fmt: skip
    (folder / "specimens.csv").write_text(f"{','.join(fields)}\n{','.join(fields.values())}\n")
    (folder / "only_adapter.yml").write_text(
        "- name: Aus bus\n  hifi:\n    - reads: [only_adapter.fastq.gz]\n"
    )
    (folder / "faults.yml").write_text("""\
- name: Aus bus
  id: il Aus
  ploidy: two
  hifi:
    - reads: [missing.fastq.gz]
    - reads: [cut.fastq.gz]
  colour: blue
""")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

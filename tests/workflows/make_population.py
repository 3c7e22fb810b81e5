"""Tiny inputs of populations for the wiring tests: `make_population.py FOLDER [SAMPLES]`."""

import gzip
import random
import sys
from pathlib import Path

import pysam

# Names that tools and shells like to trip over.
LENGTHS = {"chr|1": 3000, "2": 2000, "sc.3": 1000}


def main(folder: Path, samples: int = 4) -> None:
    """Reference, masks, genes; reads of `samples` samples, the first two historical; BAM and VCF."""
    folder.mkdir(exist_ok=True)
    rng = random.Random(7)
    sequences = {name: "".join(rng.choices("ACGT", k=length)) for name, length in LENGTHS.items()}
    fasta = "".join(f">{name}\n{sequence}\n" for name, sequence in sequences.items())
    (folder / "reference.fasta").write_text(fasta)
    (folder / "repeats.bed").write_text("chr|1\t100\t200\nsc.3\t0\t50\n")
    (folder / "sex.tsv").write_text("chromosome\tkind\nsc.3\tX\n")
    rows = [("gene", "ID=g1"), ("mRNA", "ID=t1;Parent=g1"), ("exon", "Parent=t1"), ("CDS", "Parent=t1")]
    genes = "".join(
        f"2\t.\t{kind}\t101\t700\t.\t+\t{'0' if kind == 'CDS' else '.'}\t{text}\n" for kind, text in rows
    )
    (folder / "genes.gff3").write_text(f"##gff-version 3\n{genes}")

    names = [f"s{number:04d}" for number in range(1, samples + 1)]
    table = ["sample,library,lane,fastq_1,fastq_2,population,age_class,sex"]
    for number, name in enumerate(names):
        for mate in (1, 2):
            read = f"@{name}:1 {mate}:N:0:A\n{sequences['chr|1'][number % 2000 :][:100]}\n+\n{'I' * 100}\n"
            (folder / f"{name}_{mate}.fastq.gz").write_bytes(gzip.compress(read.encode(), mtime=number))
        age = "historical" if number < 2 else "modern"
        files = f"{name}_1.fastq.gz,{name}_2.fastq.gz"
        table.append(f"{name},{name}_lib,L1,{files},{'north' if number % 2 else 'south'},{age},female")
    (folder / "samples.csv").write_text("\n".join([*table, ""]))

    header = pysam.AlignmentHeader.from_dict(
        {
            "HD": {"VN": "1.6", "SO": "coordinate"},
            "SQ": [{"SN": name, "LN": length} for name, length in LENGTHS.items()],
        }
    )
    with pysam.AlignmentFile(folder / "mapped.bam", "wb", header=header) as bam:
        read = pysam.AlignedSegment(header)
        read.query_name, read.flag, read.reference_id, read.reference_start = "r1", 0, 0, 10
        read.mapping_quality, read.cigarstring, read.query_sequence = 60, "50M", sequences["chr|1"][10:60]
        read.query_qualities = pysam.qualitystring_to_array("I" * 50)
        bam.write(read)
    _write_shallow(folder, header, sequences, rng)
    # VCF allows a header that describes neither sequences nor tags; a sample is not in the table
    start = '##fileformat=VCFv4.1\n##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"
    sites = [_row(at, sequences["2"][at - 1]) for at in range(1, 900)]
    (folder / "all_sites").mkdir()
    for name, rows in (("a", sites[400:]), ("b", sites[:400])):
        with pysam.BGZFile(str(folder / "all_sites" / f"{name}.vcf.gz"), "wb") as vcf:
            vcf.write(f"{start}{columns}A\tB\tC\tD 2\n{''.join(rows)}".encode())
    (folder / "called.csv").write_text("sample,population\nA,north\nB,north\nC,south\n")
    (folder / "samples.tsv").write_text("sample\tsire\tdam\nA\t.\tB\nB\t.\t.\n")  # a pedigree
    table = ["sample,bam,fastq_1,fastq_2,age_class", "M1,mapped.bam,,,"]
    for number, (name, age) in enumerate((("M2", "modern"), ("M3", "historical"))):
        # mates of fragments of 120 bases that follow each other, the last one lost
        names = [f"{name}.{pair}" for pair in range(30)]
        fragments = {read: sequences["2"][50 * place :][:120] for place, read in enumerate(names, 1 + number)}
        reads = [
            f"@{read} {mate}:N:0:A\n{bases[:90]}\n+\n{'I' * 90}\n"
            for read, whole in fragments.items()
            for mate, bases in ((1, whole), (2, whole[::-1].translate(str.maketrans("ACGT", "TGCA"))))
        ]
        with gzip.open(folder / f"{name}.fastq.gz", "wt") as handle:
            handle.writelines(reads[:-1])
        table.append(f"{name},,{name}.fastq.gz,,{age}")
    (folder / "mapped.csv").write_text("\n".join([*table, ""]))
    # the mask covers the end of the genome and of a sequence
    with pysam.BGZFile(str(folder / "end.bed.gz"), "wb") as bed:
        bed.write(b"2\t1500\t2000\nsc.3\t0\t1000\n")


def _write_shallow(
    folder: Path, header: pysam.AlignmentHeader, sequences: dict[str, str], rng: random.Random
) -> None:
    """shallow.csv and its BAMs: six samples at a depth of 2, with a variant every 20 bases."""
    frequency = {
        (name, at): rng.random() for name, text in sequences.items() for at in range(5, len(text), 20)
    }
    table = ["sample,bam,population"]
    for number in range(6):
        copies = []
        for _ in range(2):
            copy = {name: list(text) for name, text in sequences.items()}
            for (name, at), share in frequency.items():
                if rng.random() < share:
                    copy[name][at] = "A" if copy[name][at] != "A" else "G"
            copies.append({name: "".join(letters) for name, letters in copy.items()})
        with pysam.AlignmentFile(folder / f"low{number}.bam", "wb", header=header) as bam:
            for place, (name, length) in enumerate(LENGTHS.items()):
                for start in sorted(rng.randrange(length - 100) for _ in range(2 * length // 100)):
                    read = pysam.AlignedSegment(header)
                    read.query_name, read.flag = f"r{place}.{rng.random()}", rng.choice((0, 16))
                    read.reference_id, read.reference_start = place, start
                    read.mapping_quality, read.cigarstring = 60, "100M"
                    read.query_sequence = rng.choice(copies)[name][start : start + 100]
                    read.query_qualities = pysam.qualitystring_to_array("I" * 100)
                    bam.write(read)
        table.append(f"low{number},low{number}.bam,{'north' if number % 2 else 'south'}")
    (folder / "shallow.csv").write_text("\n".join([*table, ""]))


def _row(at: int, base: str) -> str:
    """A site of four samples; every thirtieth is a variant."""
    varies = at % 30 == 1
    alternate = ("G" if base != "G" else "A") if varies else "."
    calls = ("0/1:k:20" if varies and (at + 10 * place) % 3 == 0 else "0/0:.:20" for place in range(4))
    return "\t".join(["2", str(at), ".", base, alternate, "99", ".", "XX=1;YY", "GT:ZZ:DP", *calls]) + "\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(word) for word in sys.argv[2:]))

"""Files of a simulated species: every one appears under its name only when complete."""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from linnaea.base.files import complete_file
from linnaea.simulate.haplotypes import Variant
from linnaea.simulate.sequence import decode


@contextmanager
def gzip_file(path: Path) -> Iterator[IO[bytes]]:
    """A gzip file without a time or a name in its header, so equal content gives equal bytes."""
    from isal import igzip

    with (
        complete_file(path, "wb") as raw,
        igzip.IGzipFile("", "wb", igzip._COMPRESS_LEVEL_TRADEOFF, raw, mtime=0) as packed,
        io.BufferedWriter(packed, 1 << 20) as handle,
    ):
        yield handle


def write_fasta(path: Path, records: Iterable[tuple[str, np.ndarray | str]]) -> None:
    """FASTA in lines of 80; sequences are codes, or text for proteins."""
    with complete_file(path) as handle:
        for name, content in records:
            text = content if isinstance(content, str) else decode(content).decode()
            handle.write(f">{name}\n")
            handle.writelines(text[i : i + 80] + "\n" for i in range(0, len(text), 80))


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Text lines."""
    with complete_file(path) as handle:
        handle.writelines(line + "\n" for line in lines)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """JSON with indents."""
    write_lines(path, [json.dumps(content, indent=1)])


def vcf_lines(chromosomes: Mapping[str, np.ndarray], variants: Mapping[str, list[Variant]]) -> Iterator[str]:
    """VCF 4.3 of the second haplotype against the first, genotype 0|1.

    INFO has the place on the second haplotype (H2START, H2END: 0-based half-open) and, for variants
    of 50 bp or more, SVTYPE. Inversions are written as <INV>.
    """
    yield "##fileformat=VCFv4.3"
    for name, codes in chromosomes.items():
        yield f"##contig=<ID={name},length={codes.size}>"
    yield '##INFO=<ID=H2START,Number=1,Type=Integer,Description="Start on haplotype 2, 0-based">'
    yield '##INFO=<ID=H2END,Number=1,Type=Integer,Description="End on haplotype 2, exclusive">'
    yield '##INFO=<ID=SVTYPE,Number=1,Type=String,Description="Type of structural variant">'
    yield '##INFO=<ID=END,Number=1,Type=Integer,Description="Last base on haplotype 1, 1-based">'
    yield '##ALT=<ID=INV,Description="Inversion">'
    yield '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">'
    yield "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tsample"
    for name, codes in chromosomes.items():
        shift = 0
        for variant in variants.get(name, []):
            start = variant.start + shift
            shift += variant.alternative.size - (variant.end - variant.start)
            info = f"H2START={start};H2END={start + variant.alternative.size}"
            # VCF puts the base before an indel, and before a symbolic allele, into REF.
            first = variant.start - (variant.kind != "SNV")
            reference = decode(codes[first : variant.end]).decode()
            alternative = reference[: variant.start - first] + decode(variant.alternative).decode()
            if variant.kind == "inversion":
                info += f";SVTYPE=INV;END={variant.end}"
                reference, alternative = reference[0], "<INV>"
            elif max(variant.end - variant.start, variant.alternative.size) >= 50:
                info += f";SVTYPE={variant.kind[:3].upper()}"
            yield (f"{name}\t{first + 1}\t.\t{reference}\t{alternative}\t.\tPASS\t{info}\tGT\t0|1")

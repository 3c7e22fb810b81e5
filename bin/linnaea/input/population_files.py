"""Files of a population study looked into before the run: reference, BAM, VCF, gVCF, masks, sex chromosomes.

Checks are cheap: of BAM and VCF the header, the end and some rows spread over the file. Each raises
InputError with the first fault of its file.
"""

import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice, pairwise, takewhile
from pathlib import Path
from statistics import median
from typing import Any

from linnaea.base.errors import InputError
from linnaea.base.text import some
from linnaea.formats.sequences import (
    BAM_END,
    byte_blocks,
    fasta_pieces,
    is_gzip,
    refuse_non_nucleotides,
    refuse_truncated_bam,
)
from linnaea.input.files import (
    refuse_misnamed,
    refuse_other_compression,
    regular_file,
    safe_path,
    sniffed,
)
from linnaea.population.compartments import read_compartments
from linnaea.population.masks import BedCounts, read_mask
from linnaea.population.vcf_reader import Header, VcfBlock, read_blocks
from linnaea.population.vcf_survey import VcfSurvey

# The longest sequence that BAI and TBI indices reach (2^29 bp); CSI reaches further.
LONGEST_BAI_BP = 1 << 29
# Names that SAM and VCF allow (SAM specification, 1.2.1).
_SEQUENCE_NAME = re.compile(r"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*")
# A block of BGZF: gzip whose extra field has the size of the block (SAM specification, 4.1).
_BGZF_BLOCK = re.compile(rb"\x1f\x8b\x08\x04.{8}BC\x02\x00", re.DOTALL)
PLACES = 40
ROWS_PER_PLACE = 50
_MOST_TEXT_PER_PLACE = 8 << 20
# Places and rows of a VCF that is too large to be read whole, for its counts.
SURVEY_PLACES, SURVEY_ROWS = 200, 100
# BCF cannot be entered without an index: up to this size it is read from its start.
_WHOLE_BCF_BYTES = 64 << 20
# Up to these sizes all rows are counted, in some ten seconds; records of BCF become text one by one.
_WHOLE_SURVEY_BYTES, _WHOLE_SURVEY_BCF_BYTES = 16 << 20, 4 << 20
_NO_VARIANT = (b".", b"<*>", b"<NON_REF>")


# Reference


def reference_lengths(path: str) -> dict[str, int]:
    """Length (bp) of each sequence of the reference, in its order, from plain or gzip FASTA."""
    sniffed(path, ("fasta",))
    lengths: dict[str, int] = {}
    current = ""
    for name, piece in fasta_pieces(path):
        if name is not None:
            if name in lengths:
                raise InputError(f"{path}: two sequences are called {name}; rename one")
            if not _SEQUENCE_NAME.fullmatch(name):
                raise InputError(
                    f"{path}: the sequence name {name!r} has characters that BAM and VCF do not allow "
                    "(commas, quotes, brackets, backslashes or non-ASCII letters); rename it"
                )
            current = name
            lengths[name] = 0
        refuse_non_nucleotides(piece, f"{path}: sequence {current}")
        lengths[current] += len(piece)
    empty = [name for name, length in lengths.items() if not length]
    if empty:
        raise InputError(f"{path}: empty sequences ({some(empty)}); remove them")
    return lengths


def sequences_fault(given: Mapping[str, int | None], reference: Mapping[str, int], whole: bool) -> str:
    """How sequences of a header differ from those of the reference, "" when they do not.

    A length of None is not known. With `whole`, all sequences of the reference must be there, in its order.
    """
    strange = [name for name in given if name not in reference]
    if strange:
        return f"it has {_many(strange)} that the reference lacks ({some(strange)}; it has {some(reference)})"
    other = [name for name, length in given.items() if length not in (None, reference[name])]
    if other:
        name = other[0]
        return (
            f"{_many(other)} differ in length from the reference ({name}: {given[name]} bp, "
            f"in the reference {reference[name]} bp)"
        )
    lacking = [name for name in reference if name not in given]
    if whole and lacking:
        return f"it lacks {_many(lacking)} of the reference ({some(lacking)})"
    if whole and list(given) != list(reference):
        return "its sequences are in another order than in the reference"
    return ""


def _many(names: Sequence[str]) -> str:
    return f"{len(names)} sequence{'s' if len(names) > 1 else ''}"


# BAM


@dataclass
class BamFacts:
    """What the header of a BAM tells: samples of its read groups, and whether an index lies beside it."""

    bytes: int
    samples: list[str]
    indexed: bool


def check_bam(path: str, reference: Mapping[str, int] | None) -> BamFacts:
    """A BAM file sorted by coordinate whose sequences are those of the reference (None: not known)."""
    import pysam

    size = regular_file(path)
    refuse_other_compression(path)
    start = next(byte_blocks(path, 4096))
    if start.startswith(b"CRAM"):
        raise InputError(
            f"{path} is CRAM; convert it with `samtools view -b -T reference.fasta` and give the BAM file"
        )
    if not start.startswith(b"BAM\1"):
        raise InputError(f"{path} is not a BAM file; give mapped reads as BAM, others as fastq_1 and fastq_2")
    refuse_misnamed(path, "bam")
    refuse_truncated_bam(path)
    with _quiet(path, "BAM"), pysam.AlignmentFile(path, "rb", check_sq=False) as handle:
        # As a dict, headers of many scaffolds take long.
        header = [line for line in str(handle.header).split("\n") if line.startswith(("@HD\t", "@RG\t"))]
        sequences = dict(zip(handle.references, handle.lengths, strict=True))
        empty = next(iter(handle), None) is None
    if not sequences:
        raise InputError(f"{path}: its reads are not mapped; give them as FASTQ (`samtools fastq`)")
    if empty:
        raise InputError(f"{path}: the BAM file has no reads; give a file with reads")
    order = next((order for line in header if (order := _tag(line, "SO"))), "unknown")
    if order != "coordinate":
        raise InputError(f"{path}: not sorted by coordinate (its header says {order}); use `samtools sort`")
    if reference and (fault := sequences_fault(sequences, reference, whole=True)):
        remedy = (
            "order the reference like it (`samtools faidx` with the names)"
            if "another order" in fault
            else "give the FASTA it was mapped to as --reference, or map the reads again"
        )
        raise InputError(f"{path}: mapped to another reference: {fault}; {remedy}")
    names = sorted({_tag(line, "SM") for line in header} - {""})
    if len(names) > 1:
        raise InputError(f"{path}: holds reads of {len(names)} samples ({some(names)}); use `samtools split`")
    return BamFacts(size, names, _indexed(path, (".bai", ".csi")))


def _tag(line: str, tag: str) -> str:
    """The value of a tag in a line of a SAM header, "" where it is missing."""
    return next((field[3:] for field in line.split("\t")[1:] if field.startswith(f"{tag}:")), "")


def _indexed(path: str, endings: Sequence[str]) -> bool:
    stems = (path, path.removesuffix(".bam"))
    return any(Path(stem + ending).is_file() for stem in stems for ending in endings)


@contextmanager
def _quiet(path: str, kind: str) -> Iterator[None]:
    """Faults of htslib as one sentence instead of lines on stderr."""
    import pysam

    verbosity = pysam.set_verbosity(0)
    try:
        yield
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: the {kind} file cannot be read ({error}); copy it again, or make it again"
        ) from None
    finally:
        pysam.set_verbosity(verbosity)


# VCF


@dataclass
class VcfFacts:
    """What the header of a VCF or BCF tells; lengths are None where it does not say.

    VCF allows a header without contigs: then there are no sequences. `occupied` are the sequences that have
    rows by the index of a BCF, else all.
    """

    path: str
    bytes: int
    samples: list[str]
    sequences: dict[str, int | None]
    binary: bool
    indexed: bool
    occupied: dict[str, int | None]


def check_vcf(path: str, reference: Mapping[str, int] | None) -> VcfFacts:
    """A whole VCF (bgzip) or BCF with genotypes on sequences of the reference (None: not known)."""
    import pysam

    size = regular_file(path)
    refuse_other_compression(path)
    if not is_gzip(path):
        with Path(path).open("rb") as handle:
            start = handle.read(13)
        if start == b"##fileformat=":
            raise InputError(f"{path} is not compressed; use `bgzip {Path(path).name}` and give the .gz file")
        raise InputError(f"{path} is not a VCF; give VCF compressed with bgzip, or BCF")
    with Path(path).open("rb") as handle:
        bgzf = _BGZF_BLOCK.match(handle.read(18))
        handle.seek(max(0, size - len(BAM_END)))
        closed = handle.read() == BAM_END
    start = next(byte_blocks(path, 4096))
    binary = start.startswith(b"BCF\2")
    if not binary and not start.startswith(b"##fileformat=VCF"):
        raise InputError(f"{path} is not a VCF; give VCF compressed with bgzip, or BCF")
    if not bgzf:
        raise InputError(
            f"{path} is compressed with gzip, which cannot be read by region; use `gunzip` and then `bgzip`"
        )
    if not closed:
        raise InputError(
            f"{path}: the file is truncated (its closing block is missing); copy or make it again"
        )
    with _quiet(path, "VCF"), pysam.VariantFile(path) as handle:
        header = handle.header
        samples = list(header.samples)
        sequences = {str(name): record.length for name, record in header.contigs.items()}
    if not samples:
        raise InputError(f"{path}: no samples in its header; give a VCF with genotypes")
    remedy = (
        "give the FASTA it was called on as --reference, or `bcftools reheader --fai reference.fasta.fai`"
    )
    if reference and (fault := sequences_fault(sequences, reference, whole=False)):
        raise InputError(f"{path}: called on another reference: {fault}; {remedy}")
    indexed = _indexed(path, (".csi", ".tbi"))
    occupied = _occupied(path, sequences) if binary and indexed else sequences
    return VcfFacts(path, size, samples, sequences, binary, indexed, occupied)


def _occupied(path: str, sequences: Mapping[str, int | None]) -> dict[str, int | None]:
    """The sequences on which an indexed BCF has rows: one of a single chromosome names all in its header."""
    from pysam import bcftools
    from pysam.utils import SamtoolsError

    try:
        rows = str(bcftools.index("-s", path)).splitlines()
    except SamtoolsError as error:
        reason = str(error).strip().splitlines()[-1]
        raise InputError(
            f"{path}: its index cannot be read ({reason}); make it again with `bcftools index -f`"
        ) from None
    with_rows = {row.split("\t", 1)[0] for row in rows}
    return {name: length for name, length in sequences.items() if name in with_rows}


def given_vcf_paths(value: str, folder: Path) -> list[str]:
    """Absolute paths of the files that an option names: one, several with commas, or all of a folder."""
    if "," not in value and (inside := Path(safe_path(value, folder))).is_dir():
        names = sorted(path.name for path in inside.iterdir() if path.name.endswith((".vcf.gz", ".bcf")))
        if not names:
            raise InputError(f"{inside} is a folder without files whose names end in .vcf.gz or .bcf")
        return [safe_path(name, inside) for name in names]
    paths = [safe_path(name.strip(), folder) for name in value.split(",") if name.strip()]
    first: dict[str, str] = {}
    for path in paths:
        other = first.setdefault(Path(path).name, path)
        if other != path:
            raise InputError(f"{other} and {path} have the same name; rename one")
    if len(first) < len(paths):
        raise InputError(f"{value} names a file twice; name each file once")
    return paths


def check_vcfs(paths: Sequence[str], reference: Mapping[str, int] | None) -> list[VcfFacts]:
    """Facts of the files of one cohort, each with other rows; InputError where their samples differ."""
    facts = [check_vcf(path, reference) for path in paths]
    first = facts[0].samples
    for file in facts[1:]:
        strange = sorted(set(file.samples) ^ set(first))
        if strange:
            raise InputError(
                f"{file.path}: its samples are not those of {paths[0]} ({some(strange)} in one of them "
                "only); join files of different samples with `bcftools merge`"
            )
        if file.samples != first:
            raise InputError(
                f"{file.path}: its samples are in another order than those of {paths[0]}; order them alike "
                f"with `bcftools view -s {','.join(first[:3])}{',...' if len(first) > 3 else ''}`"
            )
    return facts


@dataclass
class VcfPlace:
    """Rows at one place of a VCF: how many, those without variant, and blocks of many such sites."""

    where: str
    rows: int = 0
    invariant: int = 0
    blocks: int = 0
    # Position of the last row, where rows are looked for by position.
    end: int = 0


def look_at_rows(path: str, facts: VcfFacts) -> list[VcfPlace]:
    """Kinds of rows at places spread evenly over a VCF or BCF; places without rows are left out.

    InputError when a row is none, or when a large BCF without index cannot be entered.
    """
    if facts.binary:
        looks = _bcf_looks(path, facts)
    else:
        looks = [_look(path, rows) for rows in _spread_rows(path, facts.bytes)]
    return [look for look in looks if look.rows]


def _spread_rows(
    path: str, size: int, places: int = PLACES, rows_per_place: int = ROWS_PER_PLACE
) -> Iterator[list[bytes]]:
    """Whole rows of a BGZF VCF at evenly spread places; every row at most once."""
    import pysam

    after = -1
    with pysam.BGZFile(path, "rb", None) as text, Path(path).open("rb") as raw:
        for place in range(places):
            start = _block_start(raw, max(place * size // places, after))
            if start is None or (start << 16) <= after << 16:
                continue
            text.seek(start << 16)
            # A row may have begun in the block before; the first line of the file is of the header.
            text.readline()
            rows: list[bytes] = []
            length = 0
            while len(rows) < rows_per_place and length < _MOST_TEXT_PER_PLACE:
                line = text.readline()
                if not line:
                    break
                if not line.startswith(b"#"):
                    rows.append(line)
                    length += len(line)
            after = text.tell() >> 16
            yield rows


def _block_start(raw: Any, offset: int) -> int | None:
    """Where the first block of BGZF from an offset on starts; None when only the closing one is left."""
    raw.seek(offset)
    # A block has at most 64 KB.
    found = _BGZF_BLOCK.search(raw.read((1 << 16) + 18))
    return None if found is None else offset + found.start()


def _look(path: str, rows: Sequence[bytes]) -> VcfPlace:
    look = VcfPlace("")
    for row in rows:
        cells = row.split(b"\t", 8)
        if len(cells) < 9 or not cells[1].isdigit():
            shown = row[:40].decode("latin-1")
            raise InputError(f"{path}: a row is not VCF (it starts with {shown!r}); make the file again")
        look.where = look.where or f"{cells[0].decode('latin-1')}:{cells[1].decode()}"
        look.rows += 1
        if cells[4] in _NO_VARIANT:
            look.invariant += 1
            look.blocks += cells[7].startswith(b"END=") or b";END=" in cells[7]
    return look


def _bcf_looks(path: str, facts: VcfFacts) -> list[VcfPlace]:
    import pysam

    looks = []
    with _quiet(path, "BCF"), pysam.VariantFile(path) as handle:
        if facts.indexed:
            total = sum(length or 1 for length in facts.occupied.values())
            seen: dict[str, int] = {}
            for place in range(PLACES if facts.occupied else 0):
                name, position = _place(facts.occupied, place * total // PLACES)
                # Rows that the place before reached are not counted again.
                records = handle.fetch(name, max(position, seen.get(name, 0)))
                looks.append(look := _bcf_look(islice(records, ROWS_PER_PLACE)))
                seen[name] = max(seen.get(name, 0), look.end)
        elif facts.bytes <= _WHOLE_BCF_BYTES:
            while (look := _bcf_look(islice(handle, 1000))).rows:
                looks.append(look)
        else:
            raise InputError(
                f"{path}: without an index only its start could be checked; index it (`bcftools index`), or "
                "state its content with --vcf_kind"
            )
    return looks


def _place(sequences: Mapping[str, int | None], offset: int) -> tuple[str, int]:
    """Sequence and 0-based position of an offset in all sequences laid end to end."""
    for name, length in sequences.items():
        if offset < (length or 1):
            return name, offset
        offset -= length or 1
    return next(iter(sequences)), 0


def _bcf_look(records: Iterator[Any]) -> VcfPlace:
    look = VcfPlace("")
    for record in records:
        look.where = look.where or f"{record.chrom}:{record.pos}"
        look.rows += 1
        look.end = record.pos
        if record.alts is None or record.alts[0] in ("<*>", "<NON_REF>"):
            look.invariant += 1
            look.blocks += "END" in record.info
    return look


def survey_vcfs(
    files: Sequence[VcfFacts],
    reference: Mapping[str, int] | None,
    samples: Sequence[str],
    members: Sequence[bool],
    others: Collection[str] = (),
) -> tuple[VcfSurvey, bool, list[VcfFacts]]:
    """Counts over the rows of the VCF or BCF files of a cohort, whether all rows were read, and the files in
    the order of the genome, without those that have no rows.

    All rows are read of up to 16 MB in all. `members` are the samples whose alleles count in frequencies,
    `others` the chromosomes that are no autosomes. InputError with the first row that cannot be read, is out
    of order or off the reference, where two files have rows on one stretch, or when no row can be used.
    """
    size = sum(file.bytes for file in files)
    binary = any(file.binary for file in files)
    whole = size <= (_WHOLE_SURVEY_BCF_BYTES if binary else _WHOLE_SURVEY_BYTES)
    survey = None
    stretches: list[tuple[VcfFacts, dict[str, tuple[int, int]]]] = []
    for file in files:
        path, places = file.path, max(1, round(SURVEY_PLACES * file.bytes / size))
        stretch: dict[str, tuple[int, int]] = {}
        try:
            for number, (header, blocks) in enumerate(_parts(file, whole, samples, places)):
                survey = survey or VcfSurvey(header, others, members)
                survey.gap() if number else survey.begin(header, path)
                for block in blocks:
                    _refuse_places(block, reference)
                    survey.add(block)
                    _widen(stretch, block)
        except InputError as error:
            raise InputError(str(error) if path in str(error) else f"{path}: {error}") from None
        if stretch:
            stretches.append((file, stretch))
    if survey is None or not stretches:
        raise InputError(f"{files[0].path}: it has no sites; give a VCF with genotypes")
    survey.refuse_unusable(files[0].path if len(files) == 1 else f"{files[0].path} and the others")
    return survey, whole, _in_genome_order(stretches, reference)


def _widen(stretch: dict[str, tuple[int, int]], block: VcfBlock) -> None:
    """Take the rows of a block into the stretch of each chromosome on which a file has rows."""
    if block.position.size:
        first, last = int(block.position[0]), int(block.position[-1])
        low, high = stretch.get(block.chromosome, (first, last))
        stretch[block.chromosome] = min(low, first), max(high, last)


def _in_genome_order(
    stretches: Sequence[tuple[VcfFacts, dict[str, tuple[int, int]]]], reference: Mapping[str, int] | None
) -> list[VcfFacts]:
    """Files by their first row; InputError where two of them have rows on one stretch."""
    by_chromosome: dict[str, list[tuple[int, int, VcfFacts]]] = {}
    for file, stretch in stretches:
        for name, (low, high) in stretch.items():
            by_chromosome.setdefault(name, []).append((low, high, file))
    for name, parts in by_chromosome.items():
        parts.sort(key=lambda part: part[0])
        for (_, high, one), (low, _, two) in pairwise(parts):
            if low <= high:
                raise InputError(
                    f"{one.path} and {two.path} both have rows at {name}:{low}-{high}; give each row once, "
                    "in one of the files"
                )
    rank = {name: place for place, name in enumerate(reference or by_chromosome)}

    def place(part: tuple[VcfFacts, dict[str, tuple[int, int]]]) -> tuple[int, int]:
        return min((rank[name], low) for name, (low, _) in part[1].items())

    return [file for file, _ in sorted(stretches, key=place)]


def _parts(
    file: VcfFacts, whole: bool, samples: Sequence[str], places: int
) -> Iterator[tuple[Header, Iterator[VcfBlock]]]:
    """Header and blocks of a whole file, or of its parts."""
    fields = ("GT", "DP", "AD", "FT")
    if whole and not file.binary:
        yield read_blocks(file.path, fields, samples, keep_lines=True)
        return
    if file.binary:
        header, parts = _bcf_parts(file, whole, places)
    else:
        header = _header_text(file.path)
        parts = _spread_rows(file.path, file.bytes, places, SURVEY_ROWS)
    for rows in parts:
        text = io.BytesIO(header + b"".join(row.rstrip(b"\n") + b"\n" for row in rows))
        yield read_blocks(text, fields, samples, keep_lines=True, part_of=file.path)


def _header_text(path: str) -> bytes:
    import pysam

    with pysam.BGZFile(path, "rb", None) as text:
        lines = takewhile(lambda line: line.startswith(b"#"), iter(text.readline, b""))
        return b"".join(line.rstrip(b"\n") + b"\n" for line in lines)


def _bcf_parts(file: VcfFacts, whole: bool, places: int) -> tuple[bytes, Iterator[list[bytes]]]:
    """Header of a BCF, and rows of it as text: all, at places, or every twentieth hundred without index."""
    import pysam

    with _quiet(file.path, "BCF"), pysam.VariantFile(file.path) as handle:
        header = str(handle.header).encode()

    def parts() -> Iterator[list[bytes]]:
        with _quiet(file.path, "BCF"), pysam.VariantFile(file.path) as handle:
            if file.indexed and not whole:
                total = sum(length or 1 for length in file.occupied.values())
                seen: dict[str, int] = {}
                for place in range(places if file.occupied else 0):
                    name, position = _place(file.occupied, place * total // places)
                    records = list(islice(handle.fetch(name, max(position, seen.get(name, 0))), SURVEY_ROWS))
                    if records:
                        seen[name] = records[-1].pos
                        yield [str(record).encode() for record in records]
                return
            number = 0
            while records := list(islice(handle, SURVEY_ROWS)):
                if whole or number % 20 == 0:
                    yield [str(record).encode() for record in records]
                number += 1

    return header, parts()


def _refuse_places(block: VcfBlock, reference: Mapping[str, int] | None) -> None:
    if reference is None or not block.position.size:
        return
    if block.chromosome not in reference:
        raise InputError(
            f"called on another reference: it has rows on {block.chromosome}, which the reference lacks (it "
            f"has {some(reference)}); give the FASTA it was called on as --reference"
        )
    last = int(block.position.max())
    if last > reference[block.chromosome]:
        raise InputError(
            f"called on another reference: it has a row at {block.chromosome}:{last}, and the sequence has "
            f"{reference[block.chromosome]} bp; give the FASTA it was called on as --reference"
        )


def vcf_kind(path: str, looks: Sequence[VcfPlace], given: str) -> tuple[str, str]:
    """("all-sites" or "variants", a note of what was found) by `given` (auto, all-sites, variants).

    In an all-sites VCF most rows are without variant everywhere. Raises InputError when there are no rows,
    when the file is a gVCF, when places differ, or when all sites were promised and all rows are variants.
    """
    rows, invariant = sum(look.rows for look in looks), sum(look.invariant for look in looks)
    if not rows:
        raise InputError(f"{path}: it has no sites; give a VCF with genotypes")
    if any(look.blocks for look in looks):
        raise InputError(
            f"{path} is a gVCF, whose rows stand for many sites; give it in the column `gvcf` of the table, "
            "one per sample"
        )
    shares = [look.invariant / look.rows for look in looks]
    full = [look for look, share in zip(looks, shares, strict=True) if share >= 0.5]
    bare = [look for look, share in zip(looks, shares, strict=True) if share < 0.05]
    found = f"{invariant} of {rows} rows at {len(looks)} places have no variant"
    if given == "all-sites" and not invariant:
        raise InputError(
            f"{path}: --vcf_kind all-sites, but none of {rows} rows is without a variant; call all sites"
        )
    if given != "auto":
        return given, f"{path}: read as --vcf_kind {given} ({found})"
    if full and bare:
        raise InputError(
            f"{path}: all sites in one part (at {full[0].where}), variants only in another (at "
            f"{bare[0].where}); make it of one kind, or set --vcf_kind"
        )
    kind = "all-sites" if median(shares) >= 0.5 else "variants"
    return kind, f"{path}: read as --vcf_kind {kind}: {found}"


def check_gvcf(path: str, sample: str, caller: str, reference: Mapping[str, int] | None) -> VcfFacts:
    """A gVCF of one sample, made by the caller of this run."""
    facts = check_vcf(path, reference)
    if facts.samples != [sample]:
        raise InputError(
            f"{path}: holds {some(facts.samples)}, not sample {sample}; correct the table, or rename it with "
            "`bcftools reheader --samples`"
        )
    mark, other = ("<NON_REF>", "<*>") if caller == "gatk" else ("<*>", "<NON_REF>")
    import pysam

    with _quiet(path, "gVCF"), pysam.VariantFile(path) as handle:
        alternates = [record.alts or () for record in islice(handle, 1000)]
    if not any(mark in found for found in alternates):
        who = "GATK" if any(other in found for found in alternates) and mark == "<*>" else "another caller"
        raise InputError(
            f"{path}: not a gVCF of --caller {caller} (none of its first rows has {mark}"
            + (f", it looks like one of {who}" if any(other in found for found in alternates) else "")
            + "); give one of the same caller, or the reads"
        )
    return facts


# Masks and tables


def check_bed(path: str, reference: Mapping[str, int] | None) -> list[str]:
    """Notes on a BED file of intervals on the reference (None: not known): what of it is left out."""
    check_text(path)
    counts = BedCounts()
    read_mask(path, lengths=reference, counts=counts)
    if not counts.intervals:
        raise InputError(f"{path}: it has no intervals; leave out the option if there is nothing to mask")
    if counts.beyond:
        raise InputError(
            f"{path}: {counts.beyond} of {counts.intervals} intervals end beyond their sequence "
            f"({counts.first_beyond}); give the file made for this reference"
        )
    strange = sum(counts.strange.values())
    if reference is not None and strange == counts.intervals:
        raise InputError(
            f"{path}: none of its {strange} intervals is on a sequence of the reference (it has "
            f"{some(counts.strange)}, the reference has {some(reference)}); rename them or give the matching "
            "reference"
        )
    notes = []
    if strange:
        notes.append(
            f"{path}: {strange} of {counts.intervals} intervals are on {_many(list(counts.strange))} that "
            f"the reference lacks ({some(counts.strange)}): left out"
        )
    if counts.empty:
        notes.append(f"{path}: {counts.empty} of {counts.intervals} intervals are empty (start = end)")
    return notes


def check_sex_chromosomes(path: str, reference: Mapping[str, int] | None) -> dict[str, str]:
    """Kind (X, Y, Z, W or mito) of the sequences that are named in a table `chromosome<TAB>kind`."""
    check_text(path)
    kinds = read_compartments(path)
    lacking = [name for name in kinds if reference and name not in reference]
    if reference and lacking:
        raise InputError(
            f"{path}: the reference lacks {_many(lacking)} of it ({some(lacking)}; it has "
            f"{some(reference)}); rename them or give the matching reference"
        )
    if not kinds:
        raise InputError(f"{path}: it has no sequences; name one, or leave out the option")
    systems = set(kinds.values())
    if systems & {"X", "Y"} and systems & {"Z", "W"}:
        raise InputError(
            f"{path}: has X or Y and Z or W; a species has one of the two systems, correct the kinds"
        )
    if reference and set(reference) <= kinds.keys():
        raise InputError(f"{path}: it leaves no autosome in the reference; remove the autosomes from it")
    return kinds


def check_text(path: str) -> None:
    """InputError for what is not a plain or gzip text file."""
    regular_file(path)
    refuse_other_compression(path)
    refuse_misnamed(path, "text")

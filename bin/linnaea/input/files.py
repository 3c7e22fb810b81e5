"""Checks of one input file or directory before a run: cheap, and every complaint names the remedy."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from linnaea.assembly.read_statistics import ReadTotals
from linnaea.base.errors import InputError
from linnaea.formats.read_names import SEQUENCE_NAME, ReadNames, name_of, refuse_bad_names, shared_names
from linnaea.formats.sequences import (
    BLOCK_BYTES,
    ReadBatch,
    byte_blocks,
    is_gzip,
    read_batches,
    refuse_non_nucleotides,
    refuse_truncated_bam,
    sequence_lengths,
    sniff_format,
    text_lines,
)

# Smaller files are read to their end, so that truncation shows at once; the statistics of the reads
# step read the others.
READ_WHOLE_BYTES = 64 << 20
FIRST_RECORDS = 1000
FIRST_BASES = 32 << 20
# Annotations up to this size are compared with their assembly row by row, of others the first rows.
WHOLE_ANNOTATION_BYTES = 100_000_000
FIRST_ROWS = 10_000
# The names of larger assemblies are not looked at before the run.
LARGEST_NAMED_BP = 5_000_000_000

_SAFE = re.compile(r"[A-Za-z0-9._/+=@%,:-]")
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SUFFIXES = {
    "fastq": (".fastq", ".fq"),
    "fasta": (".fasta", ".fa", ".fna", ".faa", ".fas", ".pep"),
    "bam": (".bam",),
    "cram": (".cram",),
}
FORMAT_NAMES = {
    "fastq": "FASTQ", "interleaved": "interleaved FASTQ", "fasta": "FASTA", "bam": "BAM", "cram": "CRAM",
    "gff": "GFF", "text": "text",
}  # fmt: skip
_COMPRESSED = {
    b"BZh": ("bzip2", "bunzip2"),
    b"\xfd7zXZ": ("xz", "unxz"),
    b"PK\x03\x04": ("zip", "unzip"),
    b"\x28\xb5\x2f\xfd": ("zstd", "unzstd"),
}


@dataclass
class FileFacts:
    """What a check learnt: `reads` is the number of records, or None when only the start was read."""

    format: str
    bytes: int
    reads: int | None = None
    first_name: str = ""
    # 1 or 2 where the first read is marked as that mate (name/2, or 2:N:0 after the name), 0 without a mark.
    mate: int = 0
    aligned: bool = False
    # Whether one file (BAM, CRAM, interleaved FASTQ) holds both mates, and the local reference that the
    # header of a CRAM names.
    paired: bool = False
    reference: str = ""
    # Of reads: names, whether all looked at have qualities, and their only quality ("" where they differ).
    names: ReadNames = field(default_factory=ReadNames)
    qualities: bool = True
    placeholder: str = ""
    # Of a FASTA file: records looked at, share of lower case, length of the longest record, proteins with a
    # stop before their end.
    records: int = 0
    lower_pct: float = 0.0
    longest: int = 0
    with_stops: int = 0
    # What is left out of a file, repaired, or odd but usable.
    notes: list[str] = field(default_factory=list)


def safe_path(text: str, folder: Path) -> str:
    """The absolute form of a path of the input; InputError when a tool or shell could stumble on it.

    Relative paths start at `folder`; `~` is the home directory.
    """
    if _REMOTE.match(text):
        raise InputError(f"{text} is a web address; files must be local: download it first and give its path")
    path = os.path.abspath(folder / Path(text).expanduser())  # noqa: PTH100 (keeps symbolic links)
    if any(letter in text for letter in "*?[{"):
        raise InputError(f"{text} is a pattern; patterns are not expanded; list the files")
    odd = sorted(set(_SAFE.sub("", path)))
    if odd:
        named = ", ".join(_LETTERS.get(letter, letter) for letter in odd)
        raise InputError(
            f"the path {path!r} holds {named}, which breaks tools or could be read as a command; "
            "rename it, or make a link with a plain name (letters, digits, . _ -) and give that"
        )
    for part in Path(path).parts:
        if part.startswith("-"):
            raise InputError(
                f"the path {path} has a name that starts with a dash ({part}), which tools take "
                "for an option; rename it"
            )
    return path


_LETTERS = {
    " ": "a space", "\n": "a line break", "\t": "a tab", "'": "a single quote",
    '"': "a double quote", "(": "a parenthesis (", ")": "a parenthesis )", "\\": "a backslash",
}  # fmt: skip


def regular_file(path: str, start: str = "of the input file") -> int:
    """The size in bytes of a readable file that is not empty; InputError for anything else.

    `start` says which folder relative paths begin at.
    """
    try:
        status = Path(path).stat()
        if stat.S_ISDIR(status.st_mode):
            raise InputError(f"{path} is a directory; give the file in it")
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{path} is a pipe or a device; write its content to a file and give that")
        size = status.st_size
        with Path(path).open("rb"):
            pass
    except (FileNotFoundError, NotADirectoryError):
        hint = "is a broken link" if os.path.islink(path) else "does not exist"  # noqa: PTH114
        raise InputError(
            f"file {path} {hint}; give an existing path (relative paths start at the folder {start})"
        ) from None
    except OSError as error:
        raise InputError(
            f"file {path} cannot be read ({error.strerror}); ask its owner for permission"
        ) from None
    if not size:
        raise InputError(f"file {path} is empty; copy or download it again")
    return size


def refuse_misnamed(path: str, kind: str) -> None:
    """Tools choose by name or by content: both have to say the same."""
    name = Path(path).name.lower()
    zipped = name.endswith((".gz", ".bgz"))
    if kind not in ("bam", "cram") and is_gzip(path) != zipped:
        if zipped:
            raise InputError(
                f"{path} is named as a gzip file but is not compressed; rename it or compress it"
            )
        raise InputError(f"{path} is gzip, but its name does not end in .gz; rename it")
    stem = name.rsplit(".", 1)[0] if zipped else name
    for other, suffixes in _SUFFIXES.items():
        if stem.endswith(suffixes) and other != kind:
            raise InputError(
                f"{path} is named as {FORMAT_NAMES[other]} but holds {FORMAT_NAMES[kind]}; rename it"
            )


def refuse_other_compression(path: str) -> None:
    with Path(path).open("rb") as handle:
        start = handle.read(8)
    for magic, (name, command) in _COMPRESSED.items():
        if start.startswith(magic):
            raise InputError(f"{path} is compressed with {name}; unpack it with `{command}` and use gzip")


def check_reads(
    path: str, formats: tuple[str, ...], whole_bytes: int = READ_WHOLE_BYTES, reference: str | None = None
) -> FileFacts:
    """Check a read file whose format must be one of `formats`.

    These are "fastq", "interleaved" (FASTQ in which mates follow each other), "fasta", "bam" and "cram".
    Files up to `whole_bytes` are read wholly, of others the first 1000 records. `reference` is the FASTA a
    CRAM was compressed with.
    """
    facts = sniffed(path, formats)
    whole = facts.bytes <= whole_bytes
    if facts.format == "fastq":
        facts.first_name, facts.mate = _first_name(path)
    if facts.format == "bam":
        refuse_truncated_bam(path)
    if facts.format in ("bam", "cram"):
        _look_at_alignments(path, facts, whole, reference)
    totals = ReadTotals()
    reads = bases = 0
    with _local_references(), _plain_copy(facts.reference) as fasta:
        for batch in read_batches(path, BLOCK_BYTES if whole else BLOCK_BYTES // 4, fasta):
            refuse_non_nucleotides(batch.bases, f"{path}: a read")
            facts.names.add(batch)
            totals.add(batch, path)
            facts.qualities &= batch.qualities is not None
            reads += batch.lengths.size
            bases += batch.bases.size
            if not whole and (reads >= FIRST_RECORDS or bases >= FIRST_BASES):
                break
        else:
            facts.reads = reads
    if not bases:
        raise InputError(f"{path} holds no bases; give a file with reads")
    facts.placeholder = totals.placeholder() if facts.qualities else ""
    rated = facts.qualities and not facts.placeholder
    facts.names.scored, facts.names.below_q20 = (reads, totals.below_hifi) if rated else (0, 0)
    if facts.format == "fastq" and "interleaved" in formats and facts.names.interleaved:
        facts.format, facts.paired = "interleaved", True
    refuse_bad_names(path, facts.names, facts.format, facts.paired)
    return facts


def check_fasta(path: str, proteins: bool) -> FileFacts:
    """Check a FASTA file of nucleotides, or of proteins; the same limits as `check_reads`."""
    facts = sniffed(path, ("fasta",))
    whole = facts.bytes <= READ_WHOLE_BYTES
    letters = nucleotides = lower = 0
    content = _Sequences()
    for batch in read_batches(path, BLOCK_BYTES):
        if not proteins:
            refuse_non_nucleotides(batch.bases, f"{path}: a sequence")
            content.add(batch)
        facts.records += batch.lengths.size
        letters += batch.bases.size
        lower += int(np.count_nonzero(batch.bases >= ord("a")))
        upper = batch.bases & 0xDF
        nucleotides += sum(int(np.count_nonzero(upper == base)) for base in b"ACGTUN")
        facts.longest = max(facts.longest, int(batch.lengths.max(initial=0)))
        if proteins:
            facts.with_stops += _with_stops(batch.bases, batch.lengths)
        if not whole and (facts.records >= FIRST_RECORDS or letters >= FIRST_BASES):
            break
    else:
        facts.reads = facts.records
    if not letters:
        raise InputError(f"{path} holds no sequences; give a FASTA file with sequences")
    # A, C, G, T, N and the rare U make up about a third of a protein.
    if proteins and nucleotides > 0.9 * letters:
        raise InputError(f"{path} holds nucleotides where proteins are expected; give proteins")
    if proteins and 2 * facts.with_stops > facts.records:
        raise InputError(
            f"{path}: {facts.with_stops} of {facts.records} proteins have internal stop codons, as in "
            "translations of a wrong frame; give proteins of genes"
        )
    facts.lower_pct = 100 * lower / letters
    content.refuse(path)
    facts.notes = content.remarks(path)
    return facts


class _Sequences:
    """Names and content of the sequences of an assembly."""

    def __init__(self) -> None:
        self.names: dict[bytes, int] = {}
        self.by_content: dict[int, int] = {}
        self.empty: list[bytes] = []
        self.gaps: list[bytes] = []
        self.other = 0

    def add(self, batch: ReadBatch) -> None:
        upper = batch.bases & 0xDF
        acgt = np.isin(upper, np.frombuffer(b"ACGTU", np.uint8))
        self.other += int(np.count_nonzero(~acgt & (upper != ord("N"))))
        ends = np.cumsum(batch.lengths)
        for name, start, end in zip(batch.names, ends - batch.lengths, ends, strict=True):
            self.names[name] = self.names.get(name, 0) + 1
            if start == end:
                self.empty.append(name)
            elif not acgt[start:end].any():
                self.gaps.append(name)
            else:
                key = hash(upper[start:end].tobytes())
                self.by_content[key] = self.by_content.get(key, 0) + 1

    def refuse(self, path: str) -> None:
        """InputError for what later steps cannot take: repeated or odd names, sequences without bases."""
        faults = [
            (
                [name for name, number in self.names.items() if number > 1],
                "names belong to several sequences",
                "rename them, for example with `seqkit rename`",
            ),
            (
                [name for name in self.names if not SEQUENCE_NAME.fullmatch(name)],
                "names of sequences cannot be used in BAM",
                "rename them with letters, digits, . _ - |, and at most 254 characters",
            ),
            (self.empty, "sequences are empty", "remove them, for example with `seqkit seq -m 1`"),
            (self.gaps, "sequences consist only of gaps (N)", "remove them"),
        ]
        sentences = [
            f"{len(names)} {what} ({', '.join(n[:40].decode('latin-1') for n in names[:3])}): {remedy}"
            for names, what, remedy in faults
            if names
        ]
        if sentences:
            raise InputError(f"{path}: {'; '.join(sentences)}")

    def remarks(self, path: str) -> list[str]:
        """What can be used but should be known."""
        repeated = sum(number - 1 for number in self.by_content.values())
        remarks = []
        if repeated:
            remarks.append(
                f"{path}: {repeated} sequences are copies of another one, letter by letter; if they are not "
                "meant to be, remove them (`seqkit rmdup -s`)"
            )
        if self.other:
            remarks.append(f"{path}: {self.other} bases are ambiguity codes (other than A, C, G, T, N)")
        return remarks


def _with_stops(letters: np.ndarray, lengths: np.ndarray) -> int:
    """Number of proteins with `*` elsewhere than at their end; `letters` holds all of them joined."""
    stops = np.flatnonzero(letters == ord("*"))
    ends = np.cumsum(lengths)
    owners = np.searchsorted(ends, stops, side="right")
    return np.unique(owners[stops != ends[owners] - 1]).size


def check_gff(path: str) -> FileFacts:
    """Check that a file is GFF3, GTF or another GFF of nine columns, and has a feature."""
    from linnaea.formats.gff3 import rows

    size = regular_file(path)
    refuse_other_compression(path)
    refuse_misnamed(path, "gff")
    row = next(rows(path), None)
    if row is None:
        raise InputError(f"{path} holds no features; give a GFF file with features")
    if len(row) != 9:
        raise InputError(f"{path} is not GFF (its first row has {len(row)} columns, not 9); give GFF3 or GTF")
    return FileFacts("gff", size)


def check_genes(path: str, over_origin: bool = True) -> FileFacts:
    """Check a file of genes, GFF3 or GTF, that must have coding ones; a large one in the run.

    Without `over_origin` the genes over the origin of a circular sequence cannot be used, and are noted.
    """
    facts = check_gff(path)
    if is_whole_annotation(path):
        from linnaea.formats.gff3 import read_genes

        genes = read_genes(path, facts.notes, over_origin)
        models = [model for gene in genes for model in gene.transcripts]
        if not any(model.cds for model in models):
            what = f"{len(models)} transcripts but no CDS rows" if models else "no gene with exon or CDS rows"
            raise InputError(
                f"{path} has {what}, so it has no proteins; give genes with CDS rows (for assembled "
                "transcripts, such as StringTie's, first find the coding sequences, for example with "
                "TransDecoder)"
            )
    return facts


def check_gene_set(path: str) -> FileFacts:
    """Check a gene set that is to be published; like `check_genes`, and its IDs and parents."""
    facts = check_genes(path)
    if is_whole_annotation(path):
        from linnaea.formats.gff3_sort import sort_gff3

        sort_gff3(path, None, notes=facts.notes)
        facts.notes = list(dict.fromkeys(facts.notes))
    return facts


def check_hints(path: str) -> FileFacts:
    """Check a file of hints; the kinds that are not used are noted."""
    facts = check_gff(path)
    if is_whole_annotation(path):
        from linnaea.annotation.hints import read_hints

        read_hints(path, notes=facts.notes)
    return facts


def check_decisions(path: str) -> FileFacts:
    """Check an edited table of decisions; its sequences are known only in the run."""
    from linnaea.assembly.decisions import read_decisions

    size = regular_file(path)
    read_decisions(path)
    return FileFacts("tsv", size)


def check_screen_report(path: str, tool: str, fasta: str | None) -> FileFacts:
    """Check a report of FCS-GX or FCS-adaptor, against the FASTA that it is of where that is given."""
    from linnaea.assembly.contamination import read_report

    size = regular_file(path)
    calls = read_report(path, fasta_lengths(fasta) if fasta else None)
    if other := next((call.tool for call in calls if call.tool != tool), None):
        raise InputError(f"{path} is a report of {other}; give that of {tool}")
    return FileFacts("tsv", size)


def check_genbank(path: str) -> FileFacts:
    """Check that a file begins as a GenBank record."""
    size = regular_file(path)
    first = next((line for _, line in text_lines(path)), "")
    if not first.startswith("LOCUS"):
        raise InputError(f"{path} is not a GenBank file, whose first word is LOCUS; give one with the genes")
    return FileFacts("genbank", size)


def check_names(path: str) -> FileFacts:
    """Check a list of sequence names, one a line."""
    size = regular_file(path)
    if not Path(path).read_text(errors="replace").split():
        raise InputError(f"{path} names no sequence; write one name a line, or leave the file out")
    return FileFacts("text", size)


def check_agp(path: str) -> FileFacts:
    """Facts of a curated map, which is read with its FASTA."""
    return FileFacts("agp", Path(path).stat().st_size)


def is_whole_annotation(path: str) -> bool:
    """Whether an annotation is small enough to be read whole before the run (about 100 MB of text)."""
    return Path(path).stat().st_size * (10 if is_gzip(path) else 1) <= WHOLE_ANNOTATION_BYTES


def fasta_lengths(path: str) -> dict[str, int] | None:
    """Length (bp) of each sequence of a plain or gzip FASTA; None for one beyond 5 Gb, which is not read."""
    # Sequence in gzip takes a quarter of its size.
    if Path(path).stat().st_size * (4 if is_gzip(path) else 1) > LARGEST_NAMED_BP:
        return None
    return sequence_lengths(path)


def misplaced(path: str, lengths: Mapping[str, int]) -> tuple[float, list[str]]:
    """Share (0 to 1) of rows of a GFF that cannot lie on these sequences, and sentences why.

    Up to 100 MB (10 MB of gzip) all rows are compared, of larger files the names of the first 10,000.
    """
    from linnaea.formats.gff3 import check_names, rows

    if is_whole_annotation(path):
        return check_names(path, lengths)
    names = [row[0] for row in islice(rows(path), FIRST_ROWS)]
    strange = [name for name in names if name not in lengths]
    if not strange:
        return 0.0, []
    some, known = (", ".join(list(found)[:3]) for found in (dict.fromkeys(strange), lengths))
    return len(strange) / len(names), [
        f"{path}: {len(strange)} of its first {len(names)} rows are on sequences that the assembly lacks "
        f"({some}; it has {known}); rename them or give the matching assembly"
    ]


def sniffed(path: str, formats: tuple[str, ...]) -> FileFacts:
    """Format and size of a sequence file; InputError unless its content and its name are of `formats`."""
    size = regular_file(path)
    refuse_other_compression(path)
    kind = sniff_format(path)
    if kind == "cram" and "cram" not in formats:
        raise InputError(f"{path} is CRAM; convert it with `samtools fastq` and give the FASTQ")
    if kind == "bam" and formats == ("fastq",):
        raise InputError(
            f"{path} holds BAM where FASTQ is expected; make two files of pairs with `samtools collate -u -O "
            "in.bam | samtools fastq -1 R1.fastq.gz -2 R2.fastq.gz -0 /dev/null -s /dev/null -n -`"
        )
    if kind not in formats:
        wanted = " or ".join(FORMAT_NAMES[name] for name in formats if name != "interleaved")
        raise InputError(f"{path} holds {FORMAT_NAMES[kind]} where {wanted} is expected; give another file")
    refuse_misnamed(path, kind)
    return FileFacts(kind, size)


def _first_name(path: str) -> tuple[str, int]:
    """Name of the first read without the mark of the mate (/1, /2), and the mate that is marked, or 0."""
    words = next(byte_blocks(path, 4096)).lstrip().split(b"\n")[0].decode("latin-1")[1:].split()
    if not words:
        return "", 0
    mark = re.search(r"/([12])$", words[0]) or re.match(r"([12]):[YN]:", " ".join(words[1:]))
    return re.sub(r"[/._][12]$", "", words[0]), int(mark[1]) if mark else 0


def pair_fault(one: str, two: str, first: FileFacts, second: FileFacts) -> str:
    """The sentence why two read files are no pair, "" when they may be one.

    All names are compared of files that were read whole, else those of the first reads.
    """
    a, b = first.names.hashes, second.names.hashes
    whole = None not in (first.reads, second.reads)
    if first.mate == second.mate != 0:
        return f"both files hold {('first', 'second')[first.mate - 1]} mates; give the two files of one run"
    if first.first_name == second.first_name and 0 != first.names.content == second.names.content:
        return f"{one} and {two} hold the same reads; give first and second mates"
    common = np.intersect1d(a, b).size if whole else 0
    if whole and a.size != b.size and (common or first.first_name == second.first_name):
        return (
            f"{one} has {a.size} reads but {two} has {b.size}, {common} names are in both; one of them is "
            "incomplete: copy or download both again, or keep the pairs with `seqkit pair`"
        )
    if whole and common and common == a.size and not np.array_equal(a, b):
        at = int(np.flatnonzero(a != b)[0])
        return (
            f"{one} and {two} hold the same read names in another order, from read {at + 1} on; bring them "
            "into one order with `seqkit pair`"
        )
    if first.first_name != second.first_name:
        return (
            f"{one} and {two} are not a pair: their first reads are called {first.first_name} and "
            f"{second.first_name}; give the two files of one run in the same order"
        )
    if first.names.first != second.names.first and not first.mate:
        return (
            f"{one} and {two} name mates {first.names.first} and {second.names.first}, which aligners treat "
            "as two reads; remove the mark, for example with `seqkit replace -p '[._][12](\\s.*)?$'`"
        )
    size = min(a.size, b.size)
    if not np.array_equal(a[:size], b[:size]):
        at = int(np.flatnonzero(a[:size] != b[:size])[0])
        return f"{one} and {two} are not a pair from read {at + 1} on, where their names differ"
    return ""


def swapped_fault(one: str, first: FileFacts, second: FileFacts) -> str:
    """The sentence when the files of a pair are exchanged, else ""."""
    swapped = (first.mate, second.mate) == (2, 1)
    return f"R1 and R2 are swapped: {one} holds second mates; exchange the two" if swapped else ""


def shared_fault(one: str, two: str, first: FileFacts, second: FileFacts) -> str:
    """The sentence when two files that are used together have read names in common, else ""."""
    shared = shared_names(first.names, second.names)
    if not shared.size:
        return ""
    same = 0 != first.names.content == second.names.content
    return (
        f"{two} holds the same reads as {one}; remove one"
        if same
        else f"{shared.size} read names of {two} are also in {one}, such as {name_of(two, shared)}, and "
        "steps that choose reads by name would mix them up; rename the reads of one file, for example with "
        "`seqkit replace -p '^' -r 'cell2_'`"
    )


def _look_at_alignments(path: str, facts: FileFacts, whole: bool, reference: str | None) -> None:
    """Add what a BAM or CRAM says of its reads to `facts`: aligned, paired, their number when read whole.

    InputError when it cannot be decoded: damaged, or a CRAM without the reference it was compressed with.
    """
    import pysam

    verbosity = pysam.set_verbosity(0)
    reads = paired = 0
    try:
        if facts.format == "cram":
            with pysam.AlignmentFile(path, check_sq=False) as handle:
                facts.reference = reference or _named_reference(handle.header.to_dict())
        with (
            _local_references(),
            _plain_copy(facts.reference) as fasta,
            pysam.AlignmentFile(path, check_sq=False, reference_filename=fasta) as handle,
        ):
            for read in handle.fetch(until_eof=True):
                if read.is_secondary or read.is_supplementary:
                    continue
                reads += 1
                paired += read.is_paired
                facts.aligned |= not read.is_unmapped
                if not whole and reads >= FIRST_RECORDS:
                    break
            else:
                facts.reads = reads
    except (OSError, ValueError) as error:
        raise InputError(_undecodable(path, facts, error)) from None
    finally:
        pysam.set_verbosity(verbosity)
    if not reads:
        raise InputError(f"{path} holds no reads; give a file with reads")
    if 0 < paired < reads:
        raise InputError(
            f"{path}: {paired} of {'' if whole else 'the first '}{reads} reads are mates of pairs and the "
            "others are single; split it with `samtools view -f 1` and `-F 1` and give each as a library"
        )
    facts.paired = paired > 0


@contextmanager
def _local_references() -> Iterator[None]:
    """htslib would look for the sequences of a CRAM on the internet."""
    kept = {name: os.environ.get(name) for name in ("REF_PATH", "REF_CACHE")}
    os.environ |= {"REF_PATH": "/nowhere/%s", "REF_CACHE": "/nowhere/%s"}
    try:
        yield
    finally:
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _undecodable(path: str, facts: FileFacts, error: Exception) -> str:
    """The sentence why alignments cannot be decoded."""
    if facts.format == "cram" and not facts.reference:
        return (
            f"{path}: the CRAM file cannot be decoded; if it needs the reference it was compressed with, "
            "give that FASTA as `reference` of the library, else copy or download it again"
        )
    if facts.format == "cram":
        return (
            f"{path}: the CRAM file cannot be decoded with {facts.reference} as reference; give the FASTA it "
            "was compressed with as `reference` of the library, or copy or download it again"
        )
    return f"{path}: the BAM file cannot be read ({error}); copy or download it again"


@contextmanager
def _plain_copy(fasta: str) -> Iterator[str | None]:
    """A FASTA as htslib wants it: not in gzip, and where an index may be written beside it; None of ""."""
    if not fasta:
        yield None
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder, "reference.fa")
        if is_gzip(fasta):
            with copy.open("wb") as handle:
                handle.writelines(byte_blocks(fasta))
        else:
            copy.symlink_to(Path(fasta).absolute())
        yield str(copy)


def _named_reference(header: Mapping[str, Any]) -> str:
    """The local FASTA that a header names for all its sequences (UR), "" without one."""
    named = {
        line.get("UR", "").removeprefix("file://").removeprefix("file:") for line in header.get("SQ", [])
    }
    path = named.pop() if len(named) == 1 else ""
    return safe_path(path, Path("/")) if path.startswith("/") and Path(path).is_file() else ""


def check_outdir(text: str) -> None:
    """InputError unless the results directory exists or can be made, and can be written."""
    path = Path(safe_path(text, Path.cwd()))
    parent = path
    while not parent.exists() and parent != parent.parent:
        parent = parent.parent
    if not parent.is_dir():
        raise InputError(f"{parent} is a file, not a directory; choose another --outdir")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(f"{parent} is not writable; choose another --outdir or ask for permission")

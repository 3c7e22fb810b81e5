"""What the reads of a file say of it before a run: names, pairs, and whether they are what their key says."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from linnaea.base.errors import InputError
from linnaea.formats.sequences import ReadBatch, read_names

# SAM 1.6, section 1.4: QNAME. Names of reads end up in BAM.
READ_NAME = re.compile(rb"[!-?A-~]{1,254}")
# SAM 1.6, section 1.2.1: names of reference sequences.
SEQUENCE_NAME = re.compile(rb"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]{0,253}")
# How many reads are enough to judge their kind, and how long short and long reads are.
JUDGED_READS = 100
SHORT_READ_BP = 650
LONG_READ_BP = 1000
_ONT_NAME = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SUBREAD_NAME = re.compile(rb"m[\w-]+/\d+/\d+_\d+")
_CCS_NAME = re.compile(rb"m[\w-]+/\d+/ccs(/(fwd|rev))?")


@dataclass
class ReadNames:
    """Names, lengths and bases of the reads looked at, as far as checks need them.

    `hashes` (int64, of this process only) has one entry a read, in order, of its name without the mark of
    the mate (/1, /2).
    """

    first: str = ""
    hashes: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    odd: int = 0
    first_odd: str = ""
    longest_bp: int = 0
    # Hash of the first bases, 0 where they are too few to tell files apart.
    content: int = 0
    ont: int = 0
    subreads: int = 0
    ccs: int = 0
    # Reads of the head with a mean quality below Q20, of those that have qualities.
    scored: int = 0
    below_q20: int = 0
    # Reads that have the name of the read before, but for the mark of the mate.
    followers: int = 0

    def add(self, batch: ReadBatch) -> None:
        if not self.hashes.size:
            self.first = batch.names[0].decode("latin-1") if batch.names else ""
            self.content = hash(batch.bases[: 1 << 16].tobytes()) if batch.bases.size >= 1000 else 0
            head = batch.names[:1000]
            self.ont = sum(bool(_ONT_NAME.fullmatch(name)) for name in head)
            self.subreads = sum(bool(_SUBREAD_NAME.fullmatch(name)) for name in head)
            self.ccs = sum(bool(_CCS_NAME.fullmatch(name)) for name in head)
        odd = [name for name in batch.names if not READ_NAME.fullmatch(name)]
        if odd and not self.odd:
            self.first_odd = odd[0][:40].decode("latin-1")
        self.odd += len(odd)
        self.longest_bp = max(self.longest_bp, int(batch.lengths.max(initial=0)))
        self.hashes = np.concatenate([self.hashes, name_hashes(batch.names)])
        mates = [mate_of(name) for name in batch.names]
        self.followers += sum(are_mates(one, two) for one, two in pairwise(mates))

    @property
    def interleaved(self) -> bool:
        """Whether most reads follow or precede their mate; the others have lost it."""
        return 4 * self.followers > self.hashes.size


def mate_of(name: bytes) -> tuple[bytes, bytes]:
    """A name without the mark of the mate, and the mark (/1, /2 or nothing)."""
    return (name[:-2], name[-2:]) if name.endswith((b"/1", b"/2")) else (name, b"")


def are_mates(one: tuple[bytes, bytes], two: tuple[bytes, bytes]) -> bool:
    """Whether two reads are mates: of one name, and not both first or both second (see `mate_of`)."""
    return one[0] == two[0] and (one[1] != two[1] or not one[1])


def pair_names(names: Sequence[bytes]) -> Sequence[bytes]:
    """Names without the mark of the mate (/1, /2), where all have one, of one file or of alternating mates.

    Long reads may end so as well ("movie/1"), but not all of them.
    """
    marks = ({name[-2:] for name in names[0::2]}, {name[-2:] for name in names[1::2]})
    marked = all(len(mark) == 1 and mark <= {b"/1", b"/2"} for mark in marks if mark)
    return [name[:-2] for name in names] if marked else names


def name_hashes(names: Sequence[bytes]) -> np.ndarray:
    """Hashes (int64, of this process only) of names without the mark of the mate."""
    return np.fromiter(map(hash, pair_names(names)), np.int64, len(names))


def name_of(path: str, wanted: Iterable[int]) -> str:
    """The first name of a file whose hash is among `wanted`."""
    values = np.array(list(wanted), np.int64)
    for names in read_names(path):
        hits = np.flatnonzero(np.isin(name_hashes(names), values))
        if hits.size:
            return names[hits[0]].decode("latin-1")
    return ""


def refuse_bad_names(path: str, names: ReadNames, kind: str, mates: bool) -> None:
    """InputError for names that BAM cannot hold, and for names that several reads of one file have.

    `kind` is the format. In a file with `mates` both reads of a pair have one name.
    """
    if names.odd:
        raise InputError(
            f"{path}: {names.odd} of {names.hashes.size} read names cannot be used, such as "
            f"'{names.first_odd}' (1 to 254 printable characters without @ are allowed); rename the reads, "
            "for example with `seqkit replace -p '.+' -r 'read_{nr}'`"
        )
    values, counts = np.unique(names.hashes, return_counts=True)
    if mates and (counts > 2).any():
        repeated = values[counts > 2]
        raise InputError(
            f"{path}: {repeated.size} names belong to more than two reads, such as "
            f"{name_of(path, repeated[:1])}; give each pair once, with its own name"
        )
    repeated = values[counts > 1]
    # Marked mates (/1, /2) may have no name in common when some are lost. Long reads may end so as well.
    if kind == "fastq" and names.interleaved and (repeated.size or names.longest_bp <= SHORT_READ_BP):
        raise InputError(
            f"{path} holds both mates of each pair, interleaved; give first and second mates as two files, "
            "for example with `seqtk seq -1` and `seqtk seq -2`"
        )
    if not repeated.size or mates:
        return
    raise InputError(
        f"{path}: {repeated.size} names belong to several reads, such as {name_of(path, repeated[:1])}; "
        "if reads are in it twice, remove them (`seqkit rmdup -n`), else rename them (`seqkit rename -n`)"
    )


def shared_names(one: ReadNames, two: ReadNames) -> np.ndarray:
    """Hashes of names that two files have in common."""
    return np.intersect1d(one.hashes, two.hashes)


def kind_fault(kind: str, names: ReadNames) -> str:
    """Why reads are not those of a key such as `hifi`, "" when they may be."""
    reads = names.hashes.size
    if kind in ("hic", "illumina", "rnaseq") and names.longest_bp >= LONG_READ_BP:
        return f"has reads of up to {names.longest_bp} bp, not short reads; give them under `hifi` or `ont`"
    if kind not in ("hifi", "ont") or reads < JUDGED_READS:
        return ""
    if names.longest_bp <= SHORT_READ_BP:
        return (
            f"has no read of more than {names.longest_bp} bp: these are short reads; give them under "
            "`illumina` or `hic`"
        )
    head = min(reads, 1000)
    if kind == "hifi" and names.subreads > head / 2:
        return (
            "holds PacBio subreads, not HiFi reads (names such as "
            f"{names.first}); make HiFi reads with `ccs`, or give those of the instrument"
        )
    if kind == "hifi" and names.ont > head / 2 and 2 * names.below_q20 > names.scored > 0:
        return f"holds ONT reads ({names.below_q20} of {names.scored} are below Q20); give them under `ont`"
    if kind == "ont" and names.ccs > head / 2:
        return f"holds PacBio HiFi reads (names such as {names.first}); give them under `hifi`"
    return ""

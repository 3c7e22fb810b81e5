"""VCF text to blocks of sites: a parser that works on whole blocks of bytes with numpy.

A block of text is cut at its tabs and line ends at once, giving a matrix of field ends; numbers and
genotypes are then gathered from those places. No step looks at one row at a time, except at what is
rare: allele numbers above 9 and faults. Memory is a few times `BLOCK_BYTES` and does not grow with the file.

VCF 4.1 to 4.5 is read by these rules (docs/reference/vcf.md has them for users). Bases are A, C, G and T of
either case. `*`, `<*>`, `<NON_REF>` and `<X>` are no base: a copy that has one is missing, and a row with
no other alternate is one without an alternate. A row with any other allele (several bases, N, symbolic,
breakend) is no `snv`. Genotypes have one or two alleles, phased or not; of more, only missing ones are
read.
"""

import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from linnaea.base.errors import InputError
from linnaea.population.blocks import NO_BASE, SiteBlock

# About the second-level cache of a core: the passes over a block then read from there.
BLOCK_BYTES = 1 << 19
FIXED_COLUMNS = 9
MAXIMUM_ALLELES = 4
HAPLOID = -2
# What may be asked of FORMAT.
FIELDS = ("GT", "DP", "AD", "GQ", "FT")

_CHROM, _POS, _REF, _ALT, _QUAL, _FILTER, _FORMAT = 0, 1, 3, 4, 5, 6, 8
# Gathers may reach over the ends of the text, so it gets a margin on both sides.
MARGIN = b"\n" * 32
# Alternates that stand for any other base, or for a base that another row deletes.
NO_ALLELES = (b"<*>", b"<NON_REF>", b"<X>", b"*", b".")
# The longest ALT that can hold only single bases: A,C,G,*,<NON_REF>.
_LONGEST_SNV_ALT = 17
# What ALT may hold (VCF 4.5, 1.6.1): bases, those above, symbolic alleles and breakends. Ambiguity codes are
# not allowed, but occur.
_LETTERS = rb"[ACGTNRYSWKMBDHV]"
ALLELE = re.compile(
    rb"%(l)s+|[.*]|<[^<>,\s]+>|\.%(l)s+|%(l)s+\.|%(l)s*[][][^][,\s]+[][]%(l)s*" % {b"l": _LETTERS},
    re.IGNORECASE,
)

_BASE_CODE = np.full(256, NO_BASE, np.uint8)
for _code, _letters in enumerate((b"Aa", b"Cc", b"Gg", b"Tt")):
    _BASE_CODE[list(_letters)] = _code
_IS_LETTER = np.zeros(256, bool)
_IS_LETTER[list(b"ACGTNRYSWKMBDHVacgtnryswkmbdhv")] = True
_BAD = -9
_ALLELE_CODE = np.full(256, _BAD, np.int8)
_ALLELE_CODE[ord("0") : ord("9") + 1] = np.arange(10)
_ALLELE_CODE[ord(".")] = -1
_SEPARATOR, _END = 1, 2
_CHARACTER = np.zeros(256, np.uint8)
_CHARACTER[list(b"/|")] = _SEPARATOR
_CHARACTER[list(b":\t\n")] = _END


@dataclass(frozen=True)
class VcfBlock(SiteBlock):
    """A block with what filters need besides.

    genotype_quality (n, m) int32, -1 missing and at rows without alternate; None as `depth`
    genotype_passed  (n, m) bool: FT is PASS or missing; None as `depth`
    alternate        (n,) bool: there is an alternate allele
    reference_length (n,) int32: bases of REF
    """

    genotype_quality: np.ndarray | None = None
    genotype_passed: np.ndarray | None = None
    alternate: np.ndarray = field(kw_only=True)
    reference_length: np.ndarray = field(kw_only=True)


@dataclass(frozen=True)
class Header:
    """What stands above the rows: `lines` are the `##` lines, `samples` the columns that blocks have.

    `contigs` maps names to lengths in bp, None where the header gives none; `columns` are all samples of the
    file.
    """

    lines: list[bytes]
    samples: list[str]
    contigs: Mapping[str, int | None]
    columns: list[str]


def read_blocks(
    source: str | Path | BinaryIO,
    fields: Collection[str] = ("GT",),
    samples: Sequence[str] | None = None,
    keep_lines: bool = False,
    block_bytes: int = BLOCK_BYTES,
    part_of: str | None = None,
) -> tuple[Header, Iterator[VcfBlock]]:
    """Open a VCF (plain, gzip or bgzip; a path or a binary stream) and give its header and its blocks.

    `fields` are keys of FORMAT among GT (always read), DP, AD, GQ, FT; a block has None for one that neither
    the header describes nor a row of the block has. AD and GQ are read at rows with an alternate allele only
    and are -1 elsewhere. Where DP is missing, the depth is the sum of AD. Genotypes of a row without GT are
    missing. `samples` selects and orders the columns. With `keep_lines`, `SiteBlock.lines` has the text of
    the rows with an alternate allele, and b"" for others. BCF is for `bcftools view`. `part_of` names the
    file that a stream is a part of: its rows are named by their place, not by their line.
    InputError names the row where the file is truncated or malformed, or the sample that is not in it.
    """
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise ValueError(f"FORMAT keys {sorted(unknown)} are not read; choose among {FIELDS}")
    is_path = isinstance(source, str | Path)
    name = str(source) if is_path else str(getattr(source, "name", "the VCF"))
    if part_of or name in ("<stdin>", "0"):
        name = part_of or "standard input"
    pieces = (
        _file_pieces(source, block_bytes)
        if isinstance(source, str | Path)
        else _stream_pieces(source, name, block_bytes)
    )
    header, rest = _read_header(name, pieces)
    columns = header.columns if samples is None else list(samples)
    lost = [sample for sample in columns if sample not in header.columns]
    if lost:
        raise InputError(
            f"{name}: sample {lost[0]} is not among its {len(header.columns)} samples; correct the name in "
            "the sample table, or remove it"
        )
    header = Header(header.lines, columns, header.contigs, header.columns)
    parser = _Parser(name, header, frozenset(fields), keep_lines, numbered=part_of is None)
    return header, parser.blocks(rest, pieces)


def _file_pieces(path: str | Path, block_bytes: int) -> Iterator[bytes]:
    """The decompressed content of a file; InputError also where a bgzip file lacks its closing block."""
    from linnaea.formats.sequences import BAM_END, byte_blocks

    with Path(path).open("rb") as handle:
        start = handle.read(18)
        if start[:4] == b"\x1f\x8b\x08\x04" and start[12:14] == b"BC":
            handle.seek(-min(len(BAM_END), handle.seek(0, io.SEEK_END)), io.SEEK_END)
            if handle.read() != BAM_END:
                raise InputError(
                    f"{path}: the bgzip file is truncated (its closing block is missing); copy it again"
                )
    return byte_blocks(path, block_bytes)


def _stream_pieces(stream: Any, name: str, block_bytes: int) -> Iterator[bytes]:
    """The content of a binary stream in pieces, decompressed where it begins like gzip."""
    handle = stream if hasattr(stream, "peek") else io.BufferedReader(stream)
    if handle.peek(2)[:2] != b"\x1f\x8b":
        while piece := handle.read(block_bytes):
            yield piece
        return
    from isal import igzip, isal_zlib

    try:
        with igzip.GzipFile(fileobj=handle) as unpacked:
            while piece := unpacked.read(block_bytes):
                yield piece
    except (EOFError, igzip.BadGzipFile, isal_zlib.error) as error:  # type: ignore[misc]
        raise InputError(
            f"{name}: the gzip stream is truncated or damaged ({error}); copy it again"
        ) from error


def _read_header(name: str, pieces: Iterator[bytes]) -> tuple[Header, bytes]:
    """The header, and what was read beyond it."""
    text = b""
    lines: list[bytes] = []
    for piece in pieces:
        if not text and not lines:
            if piece[:5] == b"BCF\2\2":
                raise InputError(f"{name}: this is BCF; pipe it through `bcftools view`")
            if not piece.startswith(b"##fileformat=VCF"):
                raise InputError(
                    f"{name}: not a VCF (its first line is not ##fileformat=VCF); give a VCF file"
                )
        text += piece
        done = 0
        while (end := text.find(b"\n", done)) >= 0:
            line, done = text[done:end].rstrip(b"\r"), end + 1
            if line.startswith(b"##"):
                lines.append(line)
                continue
            if not line.startswith(b"#CHROM\t"):
                raise InputError(
                    f"{name}, line {len(lines) + 1}: a row before the line #CHROM; restore the header"
                )
            columns = line.decode().split("\t")[FIXED_COLUMNS:]
            if not columns:
                raise InputError(f"{name}: no sample in it; give a VCF with genotypes")
            if len(set(columns)) < len(columns):
                twice = next(column for column in columns if columns.count(column) > 1)
                raise InputError(f"{name}: sample {twice} has two columns; rename one (bcftools reheader)")
            return Header(lines, columns, _contigs(lines), columns), text[done:]
        text = text[done:]
    raise InputError(f"{name}: empty or truncated within its header; make or copy it again")


def _contigs(lines: Iterable[bytes]) -> dict[str, int | None]:
    """Names and lengths of the ##contig lines."""
    contigs: dict[str, int | None] = {}
    for line in lines:
        if line.startswith(b"##contig=<"):
            parts = dict(
                part.split("=", 1) for part in line[10:].decode().rstrip(">").split(",") if "=" in part
            )
            if "ID" in parts:
                length = parts.get("length", "")
                contigs[parts["ID"]] = int(length) if length.isdigit() else None
    return contigs


_DESCRIPTION = re.compile(rb"##(INFO|FORMAT|FILTER|contig)=<ID=([^,>]+)")


def described(lines: Iterable[bytes]) -> dict[str, set[bytes]]:
    """The names that header lines describe, by their kind: INFO, FORMAT, FILTER, contig."""
    names: dict[str, set[bytes]] = {kind: set() for kind in ("INFO", "FORMAT", "FILTER", "contig")}
    for line in lines:
        if match := _DESCRIPTION.match(line):
            names[match[1].decode()].add(match[2])
    return names


class Malformed(Exception):
    """A row (index in the block) that is not VCF, and why."""

    def __init__(self, row: int, why: str) -> None:
        self.row, self.why = int(row), why


class _Parser:
    """Cuts the stream at line ends and turns each part into blocks."""

    def __init__(
        self, name: str, header: Header, fields: frozenset[str], keep_lines: bool, numbered: bool = True
    ) -> None:
        self.numbered = numbered
        self.name, self.fields, self.keep_lines = name, {field.encode() for field in fields}, keep_lines
        self.described = self.fields & described(header.lines)["FORMAT"]
        self.width = FIXED_COLUMNS + len(header.columns)
        self.line = len(header.lines) + 2
        # None: all columns in the order of the file, so that they need not be gathered.
        self.columns = None
        if header.samples != header.columns:
            place = {column: index for index, column in enumerate(header.columns)}
            self.columns = np.array([place[sample] for sample in header.samples], np.intp)
        self.n_samples = len(header.samples)

    def blocks(self, rest: bytes, pieces: Iterator[bytes]) -> Iterator[VcfBlock]:
        """The blocks of the rows: `rest`, then the pieces."""
        waiting: list[bytes] = []
        for piece in chain([rest], pieces):
            cut = piece.rfind(b"\n") + 1
            if not cut:
                waiting.append(piece)
                continue
            yield from self._parse([*waiting, memoryview(piece)[:cut]])
            waiting = [piece[cut:]]
        if any(waiting):
            raise InputError(
                f"{self.name}, line {self.line}: the last row is truncated (no line end); make or copy the "
                "file again"
            )

    def _parse(self, parts: list[bytes | memoryview]) -> Iterator[VcfBlock]:
        """The blocks of some whole rows, one for each chromosome in a row."""
        text = b"".join([MARGIN, *parts, MARGIN])
        rows = text.count(b"\n") - 2 * len(MARGIN)
        try:
            if text.find(b"\r", 0, text.find(b"\n", len(MARGIN)) + 1) >= 0:
                text = text.replace(b"\r\n", b"\n")
            if rows:
                yield from self._rows(text, rows)
        except Malformed as fault:
            place = f"line {self.line + fault.row}"
            row = text.strip(b"\n").split(b"\n")[fault.row].split(b"\t")
            if len(row) > _POS:
                where = f"{row[_CHROM].decode(errors='replace')}:{row[_POS].decode(errors='replace')}"
                place = f"{place} ({where})" if self.numbered else where
            raise InputError(f"{self.name}, {place}: {fault.why}") from None
        self.line += rows

    def _rows(self, text: bytes, rows: int) -> Iterator[VcfBlock]:
        data = np.frombuffer(text, np.uint8)
        start = len(MARGIN)
        ends: np.ndarray = np.flatnonzero(data[start:-start] <= 10)
        ends += start
        if ends.size != rows * self.width or not (data[ends[self.width - 1 :: self.width]] == 10).all():
            for row, line in enumerate(text[start:-start].split(b"\n")[:-1]):
                found = line.count(b"\t") + 1
                if found != self.width:
                    raise Malformed(
                        row,
                        f"{found} columns, the header has {self.width}; the file is truncated or damaged",
                    )
            raise Malformed(0, "control characters within the rows; remove them")
        ends = ends.reshape(rows, self.width)
        fixed = ends[:, :FIXED_COLUMNS].T.copy()
        starts = np.empty_like(fixed)
        starts[1:] = fixed[:-1] + 1
        starts[0, 0] = start
        starts[0, 1:] = ends[:-1, -1] + 1

        position = integers(data, starts[_POS], fixed[_POS], "POS").astype(np.int64)
        alleles, snv, alternate, reference_length, numbers = _read_alleles(data, starts, fixed)
        filter_length = fixed[_FILTER] - starts[_FILTER]
        first = data[starts[_FILTER]]
        passed = (filter_length == 1) & (first == ord("."))
        four = filter_length == 4
        if four.any():
            passed |= four & (_gather(data, starts[_FILTER], 4).view("<u4")[:, 0] == _WORD_PASS)
        genotypes, values = self._genotypes(text, data, ends, starts, fixed, alternate)
        _number_alleles(data, starts, fixed, genotypes, snv, alternate, numbers)
        quality = _floats(text, data, starts[_QUAL], fixed[_QUAL])
        lines = None
        if self.keep_lines:
            lines = [b""] * rows
            for row in np.flatnonzero(alternate).tolist():
                lines[row] = text[starts[0, row] : ends[row, -1]]
        for chromosome, part in name_runs(text, data, starts[_CHROM], fixed[_CHROM]):
            yield VcfBlock(
                chromosome=chromosome,
                position=position[part],
                alleles=alleles[part],
                snv=snv[part],
                genotypes=genotypes[part],
                quality=quality[part],
                passed=passed[part],
                lines=None if lines is None else lines[part],
                alternate=alternate[part],
                reference_length=reference_length[part],
                **{name: table[part] for name, table in values.items()},
            )

    def _genotypes(
        self,
        text: bytes,
        data: np.ndarray,
        ends: np.ndarray,
        starts: np.ndarray,
        fixed: np.ndarray,
        alternate: np.ndarray,
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Genotypes (n, m, 2), and what else FORMAT has of the fields, by its name in the block."""
        rows, shape = len(ends), (len(ends), self.n_samples)
        formats = list(_formats(data, starts[_FORMAT], fixed[_FORMAT]))
        if len(formats) == 1 and formats[0][0] == [b"GT"]:
            genotypes = self._plain_genotypes(data, ends)
            if genotypes is not None:
                return genotypes, self._tables(shape, self.described)
        genotypes = np.full((*shape, 2), -1, np.int8)
        asked = self.described | self.fields & {key for keys, _ in formats for key in keys}
        tables = self._tables(shape, asked)
        columns = np.arange(self.width - FIXED_COLUMNS) if self.columns is None else self.columns
        values = _Values(data, ends, columns + FIXED_COLUMNS)
        for keys, chosen in formats:
            numbers = np.arange(rows) if chosen is None else chosen
            part = slice(None) if chosen is None else chosen
            if b"GT" in keys:
                genotypes[part] = _decode(data, *values.places(keys, b"GT", numbers), numbers)
            if b"DP" in asked and b"DP" in keys:
                tables["depth"][part] = _whole_numbers(
                    text, data, *values.places(keys, b"DP", numbers), "DP", numbers
                )
            if b"FT" in asked and b"FT" in keys:
                tables["genotype_passed"][part] = _passes(data, *values.places(keys, b"FT", numbers))
            varied = numbers[alternate[part]]
            if b"GQ" in asked and b"GQ" in keys and varied.size:
                tables["genotype_quality"][varied] = _whole_numbers(
                    text, data, *values.places(keys, b"GQ", varied), "GQ", varied
                )
            if b"AD" in asked and b"AD" in keys:
                counted = varied if b"DP" in keys else numbers
                if counted.size:
                    reads = _depths(data, *values.places(keys, b"AD", counted), counted)
                    if "depth" in tables:
                        depth = tables["depth"][counted]
                        unknown = (depth < 0) & (reads >= 0).all(-1)
                        tables["depth"][counted] = np.where(unknown, reads.sum(-1), depth)
                    tables["allele_depth"][counted] = np.where(alternate[counted, None, None], reads, -1)
        return genotypes, tables

    def _tables(self, shape: tuple[int, int], asked: Collection[bytes]) -> dict[str, np.ndarray]:
        """What a block has of FORMAT besides GT, all missing."""
        tables: dict[str, np.ndarray] = {}
        if b"DP" in self.fields and (b"DP" in asked or b"AD" in asked):
            tables["depth"] = np.full(shape, -1, np.int32)
        if b"AD" in asked:
            tables["allele_depth"] = np.full((*shape, 2), -1, np.int32)
        if b"GQ" in asked:
            tables["genotype_quality"] = np.full(shape, -1, np.int32)
        if b"FT" in asked:
            tables["genotype_passed"] = np.ones(shape, bool)
        return tables

    def _plain_genotypes(self, data: np.ndarray, ends: np.ndarray) -> np.ndarray | None:
        """Genotypes of rows whose calls all have three characters as in 0/0, else None.

        Each call with the tab before it is then a word of four bytes, and a block is a matrix of words.
        """
        size = 4 * (self.width - FIXED_COLUMNS)
        first = ends[:, FIXED_COLUMNS - 1]
        if not (ends[:, -1] - first == size).all():
            return None
        words = _gather(data, first, size).view("<u4")
        if self.columns is not None:
            words = words.take(self.columns, axis=1)
        frame = words & np.uint32(0x00FF00FF)
        fits = frame == np.uint32(ord("\t") | ord("/") << 16)
        if not fits.all() and not (fits | (frame == np.uint32(ord("\t") | ord("|") << 16))).all():
            return None
        calls = words.view(np.uint8).reshape(len(ends), -1, 4)[:, :, 1::2] - np.uint8(ord("0"))
        calls = calls.view(np.int8)
        # '.' is two below '0'; one below is '/', which is no allele
        if calls.max(initial=0) > 9 or calls.min(initial=0) < -2 or (calls == -1).any():
            return None
        return np.maximum(calls, np.int8(-1), out=calls)


class _Values:
    """Where the values of samples stand: `columns` (m,) are their columns in `ends` (n, 9 + all)."""

    def __init__(self, data: np.ndarray, ends: np.ndarray, columns: np.ndarray) -> None:
        self.data, self.ends, self.columns = data, ends, columns
        self.delimiters: np.ndarray = np.empty(0, np.intp)
        self.where: np.ndarray = self.delimiters

    def places(self, keys: list[bytes], key: bytes, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Starts and ends (rows, m) of a key's values; they are equal where trailing values were left out."""
        before, field = np.ix_(rows, self.columns - 1), np.ix_(rows, self.columns)
        if len(keys) == 1:
            return self.ends[before] + 1, self.ends[field]
        if not self.where.size:
            # all field ends and colons in a row; `where` has the place of each field end among them
            text = self.data[len(MARGIN) : -len(MARGIN)]
            delimiters = np.flatnonzero((text <= 10) | (text == ord(":"))) + len(MARGIN)
            self.where = np.flatnonzero(self.data[delimiters] != ord(":")).reshape(self.ends.shape)
            self.delimiters = delimiters
        place, last = self.where[before] + keys.index(key), self.where[field]
        starts = self.delimiters[np.minimum(place, last)] + (place < last)
        return starts, self.delimiters[np.minimum(place + 1, last)]


_WORD_PASS = np.frombuffer(b"PASS", "<u4")[0]


def _gather(data: np.ndarray, starts: np.ndarray, size: int) -> np.ndarray:
    """`size` bytes from each start: (n, size) uint8, contiguous."""
    view = np.ndarray((data.size - size + 1,), f"V{size}", data, strides=(1,))
    return view[starts].view(np.uint8).reshape(*starts.shape, size)


def integers(
    data: np.ndarray, starts: np.ndarray, ends: np.ndarray, what: str, rows: np.ndarray | None = None
) -> np.ndarray:
    """Whole numbers of at most 16 digits, -1 where the text is `.` or empty.

    Digits are taken as words of 4 or 8 bytes from the end of the number: XOR with '0' leaves digits, a
    mask drops what stands before the number. int32 up to 8 digits, else int64.
    """
    length = ends - starts
    longest = int(length.max(initial=0))
    if longest > 16:
        raise _fault(length > 16, rows, f"{what} is too long to be a number")
    if longest > 8:
        low = integers(data, np.maximum(starts, ends - 8), ends, what, rows)
        high = integers(data, starts, np.maximum(starts, ends - 8), what, rows)
        return np.where(low < 0, -1, low + np.maximum(high, 0).astype(np.int64) * 10**8)
    size = 4 if longest <= 4 else 8
    word = np.dtype(f"<u{size}").type
    zeros, tops = (word(int.from_bytes(bytes([byte] * size), "little")) for byte in (0x30, 0x80))
    masks = np.array([(1 << 8 * size) - (1 << 8 * (size - n)) for n in range(size + 1)], word)
    digits = _gather(data, ends - size, size).view(word)[..., 0]
    digits ^= zeros
    digits &= masks[length]
    bad = ((digits + word(int.from_bytes(bytes([0x76] * size), "little"))) | digits) & tops
    missing = length == 0
    if bad.any():
        dots = (length == 1) & (data[starts] == ord("."))
        missing |= dots
        if ((bad != 0) & ~dots).any():
            raise _fault((bad != 0) & ~dots, rows, f"{what} is not a whole number")
    value = (digits >> word(8 * (size - 1))).astype(np.int32)
    for power in range(1, longest):
        value += ((digits >> word(8 * (size - 1 - power))) & word(255)).astype(np.int32) * np.int32(10**power)
    value[missing] = -1
    return value


def _fault(wrong: np.ndarray, rows: np.ndarray | None, why: str) -> Malformed:
    """The fault of the first row with something wrong."""
    first = int(np.argwhere(wrong)[0][0])
    return Malformed(first if rows is None else rows[first], why)


def _floats(text: bytes, data: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Decimal numbers (float32), NaN where the text is `.`; other notations go one by one."""
    length = ends - starts
    value = np.full(len(starts), np.nan, np.float32)
    todo = np.flatnonzero((length != 1) | (data[starts] != ord(".")))
    if not todo.size:
        return value
    plain = todo[length[todo] <= 16]
    odd = [todo[length[todo] > 16]]
    if plain.size:
        width = int(length[plain].max())
        text_of = _gather(data, ends[plain] - width, width)
        outside = np.arange(width) < (width - length[plain])[:, None]
        dot = (text_of == ord(".")) & ~outside
        digits = text_of - np.uint8(ord("0"))
        digits[outside | dot] = 0
        good = (digits <= 9).all(1) & (dot.sum(1) <= 1)
        # number of digits after the point; the columns before it move one place to the right
        after = np.where(dot.any(1), width - 1 - dot.argmax(1), 0)
        for places in np.unique(after[good]).tolist():
            same = good & (after == places)
            weights = 10.0 ** np.arange(width - 1, -1, -1)
            if places:
                weights[: width - 1 - places] /= 10
            value[plain[same]] = digits[same].astype(np.float64) @ weights / 10.0**places
        odd.append(plain[~good])
    for row in np.concatenate(odd).tolist():
        try:
            value[row] = float(text[starts[row] : ends[row]])
        except ValueError:
            raise Malformed(row, "QUAL is not a number") from None
    return value


def _read_alleles(
    data: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[int, bytes]]:
    """Base codes (n, 4), snv (n,), whether there is an alternate (n,), length of the reference (n,).

    Last, the ALT of rows whose alleles have other numbers among the base codes, by row. Malformed where REF
    or a short ALT is no allele.
    """
    rows = starts.shape[1]
    alleles = np.full((rows, MAXIMUM_ALLELES), NO_BASE, np.uint8)
    reference_length = (ends[_REF] - starts[_REF]).astype(np.int32)
    alternate_length = ends[_ALT] - starts[_ALT]
    for column, name in ((_REF, "REF"), (_ALT, "ALT")):
        empty = starts[column] == ends[column]
        if empty.any():
            raise Malformed(int(np.argmax(empty)), f"{name} is empty; {_NO_ALLELE_REMEDY}")
    first = data[starts[_REF]]
    wrong = ~(_IS_LETTER[first] & _IS_LETTER[data[ends[_REF] - 1]])
    if wrong.any():
        row = int(np.argmax(wrong))
        shown = data[starts[_REF, row] : ends[_REF, row]].tobytes().decode(errors="replace")
        raise Malformed(row, f"REF {shown!r} is not a base; {_NO_ALLELE_REMEDY}")
    alleles[:, 0] = _BASE_CODE[first]
    snv = (reference_length == 1) & (alleles[:, 0] < NO_BASE)
    letter = data[starts[_ALT]]
    one = alternate_length == 1
    alternate = ~one | ((letter != ord(".")) & (letter != ord("*")))
    alleles[:, 1] = np.where(one, _BASE_CODE[letter], NO_BASE)
    single = one & alternate
    if not _IS_LETTER[letter[single]].all():
        row = int(np.flatnonzero(single & ~_IS_LETTER[letter])[0])
        raise Malformed(row, f"ALT {chr(letter[row])!r} is not an allele; {_NO_ALLELE_REMEDY}")
    snv &= ~single | (alleles[:, 1] < NO_BASE)
    numbers: dict[int, bytes] = {}
    if not one.all():
        snv &= alternate_length <= _LONGEST_SNV_ALT
        for size in np.unique(alternate_length[~one]).tolist():
            if size > _LONGEST_SNV_ALT:
                continue
            chosen = np.flatnonzero(alternate_length == size)
            texts, inverse = np.unique(
                _gather(data, starts[_ALT][chosen], size).view(f"S{size}")[:, 0], return_inverse=True
            )
            for index, text in enumerate(texts.tolist()):
                same = chosen[inverse == index]
                try:
                    codes, bases, real = _alternates(text)
                except ValueError as error:
                    raise Malformed(same[0], f"{error}; {_NO_ALLELE_REMEDY}") from None
                alleles[same, 1:] = codes
                snv[same] &= bases
                alternate[same] = real
                if bases and any(allele in NO_ALLELES for allele in text.split(b",")):
                    numbers |= dict.fromkeys(same[snv[same]].tolist(), text)
    # a row of one `*`, too, has an allele that is no base
    for row in np.flatnonzero(one & (letter == ord("*")) & snv).tolist():
        numbers[row] = b"*"
    return alleles, snv, alternate, reference_length, numbers


_NO_ALLELE_REMEDY = "write alleles as bases (SLiM and tskit can: nucleotide-based models)"


def _alternates(text: bytes) -> tuple[list[int], bool, bool]:
    """Codes of the bases in a short ALT, in order, whether all are bases, and whether there is any at all.

    ValueError where an alternate is none by VCF's grammar.
    """
    codes, bases, real = [], True, False
    for allele in text.split(b","):
        if not ALLELE.fullmatch(allele):
            raise ValueError(f"ALT {allele.decode(errors='replace')!r} is not an allele")
        if allele in NO_ALLELES:
            continue
        real = True
        code = int(_BASE_CODE[allele[0]]) if len(allele) == 1 else NO_BASE
        bases &= code < NO_BASE
        codes.append(code)
    bases &= len(codes) < MAXIMUM_ALLELES
    return (codes + [NO_BASE] * MAXIMUM_ALLELES)[: MAXIMUM_ALLELES - 1], bases, real


def _number_alleles(
    data: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    genotypes: np.ndarray,
    snv: np.ndarray,
    alternate: np.ndarray,
    numbers: dict[int, bytes],
) -> None:
    """Number the alleles of genotypes as the base codes are; those that are no base become missing.

    `numbers` has the ALT of the rows where the two differ. An allele that ALT does not have is a fault.
    """
    if genotypes.max(initial=0) <= 0:
        return
    rows = np.flatnonzero(snv | ~alternate)
    highest = genotypes[rows].max(axis=(1, 2), initial=0)
    texts: dict[bytes, list[int]] = {}
    # in other rows the number of alternates is that of the commas; the most common ALT is one base
    for row in rows[(highest > 1) | ((highest > 0) & ~alternate[rows])].tolist():
        alternates = data[starts[_ALT, row] : ends[_ALT, row]].tobytes()
        if alternates == b"." or genotypes[row].max() > alternates.count(b",") + 1:
            raise Malformed(row, "a genotype has an allele that is not in ALT")
    for row, text in numbers.items():
        texts.setdefault(text, []).append(row)
    for text, same in texts.items():
        place = np.full(128, -1, np.int8)
        place[0] = 0
        kept = [number for number, allele in enumerate(text.split(b","), 1) if allele not in NO_ALLELES]
        place[kept] = np.arange(1, len(kept) + 1)
        calls = genotypes[same]
        genotypes[same] = np.where(calls >= 0, place[np.maximum(calls, 0)], calls)


def name_runs(
    text: bytes, data: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> Iterator[tuple[str, slice]]:
    """The chromosomes in a row: name and slice of rows."""
    length = ends - starts
    width = int(length.max()) + 1
    # with the tab behind it, a name of the same length is the same name if its bytes are
    names = _gather(data, starts, min(width, data.size))
    edges = [0, len(starts)]
    if not (length == length[0]).all() or not (names == names[0]).all():
        names[np.arange(width) > length[:, None]] = 0
        edges = [0, *(np.flatnonzero((names[1:] != names[:-1]).any(1)) + 1).tolist(), len(starts)]
    for first, last in pairwise(edges):
        yield text[starts[first] : ends[first]].decode(), slice(first, last)


def _formats(
    data: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> Iterator[tuple[list[bytes], np.ndarray | None]]:
    """The different FORMATs with the rows that have each; None stands for all rows."""
    length = ends - starts
    left = np.arange(len(starts))
    while left.size:
        size = int(length[left[0]])
        texts = _gather(data, starts[left], size + 1)
        same = (texts == texts[0]).all(1)
        keys = texts[0, :size].tobytes().split(b":")
        if same.all():
            yield keys, None if left.size == len(starts) else left
            return
        yield keys, left[same]
        left = left[~same]


def _decode(data: np.ndarray, starts: np.ndarray, ends: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Genotypes of any ploidy up to two, phased or not: (n, m, 2) int8."""
    # from VCF 4.4 on, a genotype may begin with the phase of its first allele: /0|1, |1
    letters = _gather(data, starts + (_CHARACTER[data[starts]] == _SEPARATOR), 4)
    calls = np.empty((*starts.shape, 2), np.int8)
    first, second = _ALLELE_CODE[letters[..., 0]], _ALLELE_CODE[letters[..., 2]]
    after_first, after_second = _CHARACTER[letters[..., 1]], _CHARACTER[letters[..., 3]]
    haploid = after_first == _END
    good = (first != _BAD) & (
        haploid | ((after_first == _SEPARATOR) & (second != _BAD) & (after_second == _END))
    )
    calls[..., 0] = first
    calls[..., 1] = np.where(haploid, np.int8(HAPLOID), second)
    if not good.all():
        for row, column in np.argwhere(~good).tolist():
            text = data[starts[row, column] : ends[row, column]].tobytes()
            calls[row, column] = _decode_one(text, rows[row])
    return calls


def _decode_one(text: bytes, row: int) -> tuple[int, int]:
    """A genotype that is not of the usual form, such as 0/12, or none at all."""
    if not text:
        return -1, -1
    numbers = text.replace(b"|", b"/").removeprefix(b"/").split(b"/")
    if not all(number == b"." or number.isdigit() for number in numbers):
        raise Malformed(row, f"genotype {text.decode(errors='replace')!r} cannot be read")
    if len(numbers) > 2:
        if set(numbers) == {b"."}:
            return -1, -1
        raise Malformed(
            row, f"genotype {text.decode()!r} has more than two alleles; call the samples as diploid"
        )
    codes = [-1 if number == b"." else min(int(number), 127) for number in numbers]
    return codes[0], codes[1] if len(codes) == 2 else HAPLOID


def _passes(data: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Whether texts are PASS, `.` or empty."""
    length = ends - starts
    named = (length == 4) & (_gather(data, starts, 4).view("<u4")[..., 0] == _WORD_PASS)
    return named | (length == 0) | ((length == 1) & (data[starts] == ord(".")))


def _whole_numbers(
    text: bytes, data: np.ndarray, starts: np.ndarray, ends: np.ndarray, what: str, rows: np.ndarray
) -> np.ndarray:
    """`integers`; where a file has decimals (GQ of freebayes) they are cut."""
    try:
        return integers(data, starts, ends, what, rows)
    except Malformed as fault:
        flat = starts.ravel(), ends.ravel()
        filled = flat[0] < flat[1]
        value = np.full(flat[0].size, -1, np.int32)
        try:
            numbers = _floats(text, data, flat[0][filled], flat[1][filled])
        except Malformed:
            raise fault from None
        value[filled] = np.where(np.isfinite(numbers), np.floor(numbers), -1)
        return value.reshape(starts.shape)


def _depths(data: np.ndarray, starts: np.ndarray, ends: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """AD (numbers separated by commas): reads of the reference and of all others, (n, m, 2) int32."""
    depths = np.full((*starts.shape, 2), -1, np.int32)
    length = ends - starts
    width = int(length.max(initial=0))
    if not width:
        return depths
    # a gather that reaches over the end of the text is moved back in
    over = starts + width > data.size
    letters = _gather(data, np.where(over, data.size - width, starts), width)
    if over.any():
        for row, column in np.argwhere(over).tolist():
            part = data[starts[row, column] : ends[row, column]]
            letters[row, column, : part.size] = part
    commas = (letters == ord(",")) & (np.arange(width) < length[..., None])
    number = commas.cumsum(-1, dtype=np.int32)
    begin = starts
    for index in range(int(number[..., -1].max()) + 1):
        has_next = number[..., -1] > index
        stop = np.where(has_next, starts + (number == index + 1).argmax(-1), ends)
        stop = np.where(number[..., -1] >= index, stop, begin)
        value = integers(data, begin, stop, "AD", rows)
        if index == 0:
            depths[..., 0] = value
            depths[..., 1] = np.where(value < 0, -1, 0)
        else:
            depths[..., 1] += np.maximum(value, 0)
        begin = np.where(has_next, stop + 1, ends)
    return depths

"""EMBL flat files as ENA takes them for genome assemblies: writing and reading, one sequence at a time.

https://ena-docs.readthedocs.io/en/latest/submit/fileprep/flat-file-example.html. The name of a sequence
stands behind `AC * _`; ENA fills in what is not written (accessions, division, references).
"""

import re
import textwrap
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.base.errors import InputError
from linnaea.formats.sequences import byte_blocks
from linnaea.submission.entries import Entry, Feature
from linnaea.submission.location import LocationError, read_location

# Values that are written without quotes.
UNQUOTED = frozenset(
    ("anticodon", "citation", "codon_start", "compare", "direction", "estimated_length", "mod_base", "number",
     "rpt_type", "rpt_unit_range", "tag_peptide", "transl_except", "transl_table")
)  # fmt: skip
_WIDTH = 59  # characters of a line behind the first 21
_INDENT = "FT" + " " * 19
_BASES = 60
_LINES = 20_000  # of sequence, formatted at once


def plain_text(text: str) -> str:
    """A value as ENA takes it: ASCII on one line; `"` becomes two apostrophes."""
    if not text.isascii():
        for letter, said in (("æ", "ae"), ("Æ", "AE"), ("ø", "o"), ("Ø", "O"), ("ß", "ss"), ("ð", "d")):
            text = text.replace(letter, said)
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    if '"' in text:
        text = text.replace('"', "''")
    return text if text.isprintable() else " ".join(text.split())


# Writing


def feature_text(feature: Feature) -> str:
    """The FT lines of a feature; locations wrap after commas, values at spaces."""
    lines = _wrapped_location(f"FT   {feature.key:<15} ", str(feature.location))
    for name, value in feature.qualifiers:
        if value is None:
            text = f"/{name}"
        else:
            text = f"/{name}={value}" if name in UNQUOTED else f'/{name}="{plain_text(value)}"'
        if len(text) <= _WIDTH:
            lines.append(f"{_INDENT}{text}\n")
        else:
            wrapped = textwrap.wrap(text, _WIDTH, break_on_hyphens=False)
            lines += [f"{_INDENT}{line}\n" for line in wrapped]
    return "".join(lines)


def _wrapped_location(head: str, text: str) -> list[str]:
    lines = []
    while len(text) > _WIDTH:
        at = text.rfind(",", 0, _WIDTH) + 1
        if not at:
            break
        lines.append(f"{head}{text[:at]}\n")
        head, text = _INDENT, text[at:]
    return [*lines, f"{head}{text}\n"]


def sequence_text(letters: bytes) -> Iterator[bytes]:
    """The SQ line and the lines of a sequence: lower case, tens, and the number of the last base."""
    yield f"SQ   Sequence {len(letters)} BP;\n".encode()
    whole = len(letters) // _BASES
    for first in range(0, whole, _LINES):
        rows = min(_LINES, whole - first)
        bases = np.frombuffer(_lower(letters, first * _BASES, (first + rows) * _BASES), np.uint8)
        lines = np.full((rows, 81), ord(" "), np.uint8)
        lines[:, 80] = ord("\n")
        tens = lines[:, 5:71].reshape(rows, 6, 11)
        tens[:, :, :10] = bases.reshape(rows, 6, 10)
        number = (np.arange(first, first + rows) + 1) * _BASES
        for column in range(79, 79 - len(str(len(letters))), -1):
            lines[:, column] = np.where(number > 0, number % 10 + ord("0"), ord(" "))
            number //= 10
        yield lines.tobytes()
    if rest := _lower(letters, whole * _BASES, len(letters)):
        tens_text = b" ".join(rest[at : at + 10] for at in range(0, len(rest), 10))
        yield b"     %-66b%9d\n" % (tens_text, len(letters))


def _lower(letters: bytes, start: int, end: int) -> bytes:
    return letters[start:end].lower().replace(b"u", b"t")


def write_entry(handle: Any, entry: Entry, project: str = "") -> None:
    """Write an entry to a binary file; `project` is the study's accession (PRJEB…)."""
    topology = "circular" if entry.circular else "linear"
    head = [
        f"ID   XXX; XXX; {topology}; genomic DNA; XXX; XXX; {len(entry.letters)} BP.", "XX", "AC   ;", "XX",
        f"AC * _{entry.name}", "XX", *([f"PR   Project:{project};", "XX"] if project else []),
        *(f"DE   {line}" for line in textwrap.wrap(plain_text(entry.description or entry.name), 75)), "XX",
        "FH   Key             Location/Qualifiers", "FH",
    ]  # fmt: skip
    handle.write("\n".join([*head, ""]).encode())
    handle.write("".join(map(feature_text, entry.features)).encode())
    handle.write(b"XX\n")
    for block in sequence_text(entry.letters):
        handle.write(block)
    handle.write(b"//\n")


def write_fasta_lines(handle: Any, header: str, letters: bytes) -> None:
    """Write a FASTA record in lines of 60 letters to a binary file."""
    handle.write(b">%b\n" % header.encode())
    for first in range(0, len(letters), _BASES * _LINES):
        block = letters[first : first + _BASES * _LINES]
        handle.write(b"\n".join(block[at : at + _BASES] for at in range(0, len(block), _BASES)) + b"\n")


# Reading


@dataclass(slots=True)
class FlatEntry(Entry):
    """An entry as its file has it, with what its lines say and cannot be taken over.

    `name` is "" without `AC *`, `said_bp` the length of the ID line; `faults` are (line, class, text).
    """

    line: int = 0
    said_bp: int | None = None
    topology: str = ""
    faults: list[tuple[int, str, str]] = field(default_factory=list)


def read_entries(path: str | Path) -> Iterator[FlatEntry]:
    """Entries of a plain or gzip flat file, one in memory at a time; InputError when it is none."""
    lines = _Lines(path)
    seen = False
    while (line := lines.next()) is not None:
        if not line.strip():
            continue
        if not line.startswith(b"ID "):
            raise InputError(
                f"{path}, line {lines.number}: an entry starts with an ID line; give an EMBL flat file"
            )
        seen = True
        yield _entry(lines, line)
    if not seen:
        raise InputError(f"{path} has no entries; give an EMBL flat file")


class _Lines:
    """Lines of a file, and the block of sequence lines up to the next `//` at once."""

    def __init__(self, path: str | Path):
        self.path, self.number = path, 0
        self._blocks = byte_blocks(path)
        self._text, self._at = b"", 0

    def _more(self) -> bool:
        block = next(self._blocks, b"")
        self._text, self._at = self._text[self._at :] + block, 0
        return bool(block)

    def next(self) -> bytes | None:
        while (end := self._text.find(b"\n", self._at)) < 0:
            if not self._more():
                line, self._at = self._text[self._at :], len(self._text)
                self.number += bool(line)
                return line.rstrip(b"\r") or None
        line, self._at = self._text[self._at : end], end + 1
        self.number += 1
        return line.rstrip(b"\r")

    def table(self, first: bytes) -> list[str]:
        """The line `first` and all lines after it up to the sequence (SQ) or the end of the entry (//)."""
        while (match := _TABLE_END.search(self._text, self._at)) is None:
            if not self._more():
                break
        end = match.start() if match else len(self._text)
        text = self._text[self._at : end].decode("utf-8", "replace")
        self._at = end
        lines = [first.decode("utf-8", "replace"), *text.removesuffix("\n").split("\n")]
        self.number += len(lines) - 1
        return lines

    def sequence(self) -> bytes | None:
        """Letters up to the line `//`; None when it is missing."""
        pieces: list[bytes] = []
        while (end := self._text.find(b"//", self._at)) < 0:
            # The last characters wait, as `//` may be cut in two.
            cut = max(self._at, len(self._text) - 1)
            self._take(pieces, cut)
            if not self._more():
                return None
        self._take(pieces, end)
        if self.next() is None:
            return None
        return b"".join(pieces)

    def _take(self, pieces: list[bytes], end: int) -> None:
        text = self._text[self._at : end]
        self.number += text.count(b"\n")
        pieces.append(text.translate(None, b" 0123456789\r\n\t"))
        self._at = end


_TABLE_END = re.compile(rb"^(?=SQ|//)", re.MULTILINE)
_ID_BP = re.compile(rb"(\d+) BP")


def _entry(lines: _Lines, first: bytes) -> FlatEntry:
    entry = FlatEntry("", b"", line=lines.number)
    if match := _ID_BP.search(first):
        entry.said_bp = int(match[1])
    words = first.split(b";")
    topology = words[2].strip().lower() if len(words) > 2 else b""
    entry.topology = topology.decode() if topology in (b"linear", b"circular") else ""
    entry.circular = topology == b"circular"
    features = _Features(entry)
    while (line := lines.next()) is not None:
        tag = line[:2]
        if tag == b"FT":
            number = lines.number
            features.read(number, lines.table(line))
        elif tag == b"SQ":
            letters = lines.sequence()
            if letters is None:
                break
            entry.letters = letters
            return entry
        elif tag == b"//":
            return entry
        elif line.startswith(b"AC *"):
            name = line[4:].strip().decode("utf-8", "replace")
            entry.name = name.removeprefix("_")
        elif tag == b"DE":
            entry.description = f"{entry.description} {line[5:].decode('utf-8', 'replace').strip()}".strip()
    raise InputError(f"{lines.path}: the entry of line {entry.line} has no end (//); the file is truncated")


class _Features:
    """Features of an entry from their FT lines."""

    def __init__(self, entry: FlatEntry):
        self.entry = entry
        self.key, self.line = "", 0
        self.texts: list[str] = []  # the location, then one per qualifier
        self.open_quote = False

    def read(self, number: int, lines: list[str]) -> None:
        """Read the lines of a table, the first of which has a number."""
        for at, line in enumerate(lines, number):
            if line[:2] != "FT":
                continue
            text = line[21:].strip()
            if line[5:6].strip():
                self.close()
                self.key, _, location = line[5:].partition(" ")
                self.line, self.texts, self.open_quote = at, [location.strip()], False
            elif not self.texts:
                continue
            elif text[:1] == "/" and not self.open_quote:
                self.texts.append(text)
                self.open_quote = text.count('"') % 2 == 1
            elif len(self.texts) == 1:
                self.texts[0] += text
            else:
                name = self.texts[-1][1:].partition("=")[0]
                joint = "" if name in ("translation", "anticodon", "transl_except") else " "
                self.texts[-1] += joint + text
                self.open_quote ^= text.count('"') % 2 == 1
        self.close()

    def close(self) -> None:
        if not self.texts:
            return
        location, *qualifiers = self.texts
        self.texts, self.open_quote = [], False
        try:
            place = read_location(location)
        except LocationError as error:
            self.entry.faults.append((self.line, "location", f"{self.key}: {error}"))
            return
        pairs: list[tuple[str, str | None]] = []
        for text in qualifiers:
            name, equals, value = text[1:].partition("=")
            if not equals:
                pairs.append((name, None))
                continue
            if value[:1] == '"':
                value = value[1:].removesuffix('"')
                if '"' in value.replace('""', ""):
                    self.entry.faults.append((self.line, "quote", f'/{name} holds a " within its value'))
                value = value.replace('""', '"')
            pairs.append((name, value))
        self.entry.features.append(Feature(self.key, place, pairs, self.line))

"""GFF3 1.26 and GTF 2.2 of gene models: reading in every common dialect, writing, checking names.

Every given file is read through `lines`: plain or gzip (several members too), with any line end, a byte
order mark, sequences behind or between the features (`##FASTA`, or a `>` line), several files appended to
one. Columns and attributes are decoded on reading and encoded on writing. What is left out of a file or
repaired is counted in `Remarks`.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pysam

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.text import some
from linnaea.formats.gene_models import Gene, Part, Transcript, by_sequence, is_stepwise, merged, phases
from linnaea.formats.sequences import byte_blocks

_PARTS = frozenset(("exon", "CDS", "stop_codon", "pseudogenic_exon"))
# Rows that repeat what exons and CDS say already.
_REPEATED = re.compile(
    r"(?i).*(utr|_prime_.*|_codon|intron|_site)$|initial|internal|terminal|single|tss|tts|(poly)?peptide|protein"
)
_RECODED = re.compile(r"(?i)selenocysteine|stop_codon_redefined_as_selenocysteine")
_GFF3 = re.compile(r'\s*[^\s"=;]+=')
_GTF = re.compile(r'([\w.-]+) +(?:"([^"]*)"|([^";]+))')
_PARENT = re.compile(r"(?:^|;) *Parent=([^;]*)")
_TRANSCRIPT = re.compile(r'(?:^|[ ;])transcript_id +(?:"([^"]*)"|([^";]+))')
_GENE = re.compile(r'(?:^|[ ;])gene_id +(?:"([^"]*)"|([^";]+))')
# Types of transcripts that GTF has as transcript_biotype.
_RNA = re.compile(
    r"(t|r|sn|sno|nc|sc|mi|pre_mi|tm|lnc_|antisense_|guide_|pi|si|SRP_|RNase_M?R?P_|telomerase_|vault_|Y_)RNA"
    r"|(primary|pseudogenic)_transcript"
)
_PSEUDO = re.compile(r"(?i)pseudo(gene)?$|(.*_)?pseudogene$")
# Attributes whose value is a list: their commas separate, those of other values are escaped.
_LISTS = frozenset(("Alias", "Dbxref", "Ontology_term", "partial"))
# GTF (Ensembl, GENCODE) -> GFF3, of a gene's and of a transcript's row.
_GTF_GENE = {"gene_name": "Name", "gene_biotype": "biotype", "gene_type": "biotype", "db_xref": "Dbxref"}
_GTF_TRANSCRIPT = {
    "transcript_name": "Name", "transcript_biotype": "biotype", "transcript_type": "biotype",
    "db_xref": "Dbxref",
}  # fmt: skip
_ESCAPES = {n: f"%{n:02X}" for n in (*range(32), 127, *map(ord, "%;=&"))}
_ESCAPES_COMMA = {**_ESCAPES, ord(","): "%2C"}
_COLUMN_ESCAPES = {n: f"%{n:02X}" for n in (*range(32), 127, ord("%"))}
# Attributes that say something of the coding sequence.
OF_CDS = ("product", "exception", "transl_except", "protein_id")
# Parts of the attributes of a CDS that say something of the whole transcript.
_SPECIAL = ("xcept", "slippage", "seudo", "_range", "trans_splic")
_SLIPPAGE = re.compile(r"(?i)ribosom\w*[ _-]slippage|programmed.*frameshift")
_SEQID = re.compile(r"[^a-zA-Z0-9.:^*$@!+_?|-]")
# Accessions of the Sequence Ontology that may stand for the names of features.
SO_TERMS = {
    "SO:0000704": "gene", "SO:0000234": "mRNA", "SO:0000673": "transcript", "SO:0000147": "exon",
    "SO:0000316": "CDS", "SO:0000318": "start_codon", "SO:0000319": "stop_codon", "SO:0000336": "pseudogene",
    "SO:0000204": "five_prime_UTR", "SO:0000205": "three_prime_UTR", "SO:0000655": "ncRNA",
    "SO:0000252": "rRNA", "SO:0000253": "tRNA",
}  # fmt: skip
_GTF_NAMES = frozenset(("gene_id", "transcript_id", "exon_number"))
TRANS_SPLICED = "trans-spliced transcripts are left out"
_OVER_ORIGIN = "transcripts over the origin of a circular sequence are left out"
_APART = "transcripts with parts on several strands or sequences are left out"
_BOM = b"\xef\xbb\xbf"
_VERSION = b"##gff-version"


class Remarks:
    """What a reader left out of a file or repaired: how often, and the first lines and names."""

    def __init__(self, path: str | Path):
        self.path = path
        self._lines: dict[str, dict[str, int]] = defaultdict(dict)

    def add(self, what: str, name: str, line: int) -> None:
        """Note what was done to a thing ("genes are left out"), once a name; line 0 stands for none."""
        self._lines[what].setdefault(name, line)

    def count(self, what: str) -> int:
        return len(self._lines.get(what, ()))

    def sentence(self, what: str) -> str:
        lines = self._lines[what]
        examples = some(f"{name} in line {line}" if line else name for name, line in lines.items())
        return f"{self.path}: {what}: {len(lines)} ({examples})"

    def sentences(self) -> list[str]:
        return [self.sentence(what) for what in self._lines]


def attributes(column: str) -> dict[str, str]:
    """Attributes of a GFF3 or GTF line, decoded; values of a key that is repeated are joined by commas.

    A comma within a value of a list (Dbxref …) stays encoded, as a bare one separates.
    """
    found: dict[str, str] = {}
    if _GFF3.match(column):
        for item in column.strip().split(";"):
            key, _, value = item.partition("=")
            if not item.strip():
                continue
            key, value = key.strip(), value.strip()
            if "%" in item:
                key = unquote(key)
                if key in _LISTS:
                    value = ",".join(unquote(part).replace(",", "%2C") for part in value.split(","))
                else:
                    value = unquote(value)
            found[key] = f"{found[key]},{value}" if key in found else value
        return found
    for key, quoted, bare in _GTF.findall(column):
        value = quoted or bare.strip()
        found[key] = f"{found[key]},{value}" if key in found else value
    return found


# Lines


def _text_lines(path: str | Path) -> Iterator[bytes]:
    """Lines of a plain or gzip file without their ends (LF, CR LF or CR) and byte order marks."""
    rest, carriage = b"", False
    for block in byte_blocks(path):
        if carriage or b"\r" in block:
            block = b"\r" * carriage + block
            carriage = block.endswith(b"\r")
            block = (block[:-1] if carriage else block).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *whole, rest = (rest + block).split(b"\n")
        yield from whole
    yield rest


def lines(path: str | Path, remarks: Remarks | None = None) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of every feature row and directive (## or #!) of a file; comments are left out.

    Sequences are passed over; what follows them counts again from the first row or ##gff-version on, as
    in files that were appended to each other. A ##gff-version glued to a row (the file before had no line
    end) becomes a line of its own.
    """
    in_sequences = after_sequences = False
    for number, line in enumerate(_text_lines(path), 1):
        if line.startswith(_BOM):
            line = line[3:]
        if not line.strip():
            continue
        if line[0] == 62:  # >
            in_sequences = True
        elif line[0] == 35:  # #
            if line.startswith(b"##FASTA"):
                in_sequences = True
            elif line.startswith((b"##", b"#!")):
                in_sequences = in_sequences and not line.startswith(_VERSION)
                yield number, line
        elif in_sequences and line.count(b"\t") < 8:
            continue
        else:
            if in_sequences and remarks and not after_sequences:
                remarks.add("rows after a FASTA section are read", "first one", number)
                after_sequences = True
            in_sequences = False
            row, glue, after = line.partition(_VERSION)
            yield number, row
            if glue:
                yield number, glue + after


def decoded(line: bytes) -> str:
    """A line as UTF-8, which the specification asks for, else as Latin-1."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


def numbered_rows(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Line and columns of every feature row of a plain or gzip file."""
    for number, line in lines(path):
        if line[0] != 35:
            yield number, _columns(decoded(line))


def _columns(line: str) -> list[str]:
    """The columns of a row, sequence, source and type decoded."""
    row = line.split("\t")
    if "%" in line:
        row[:3] = map(unquote, row[:3])
    if "\tSO:" in line and len(row) > 2:
        row[2] = SO_TERMS.get(row[2], row[2])
    return row


def rows(path: str | Path) -> Iterator[list[str]]:
    """The columns of every feature row of a plain or gzip file."""
    for _, row in numbered_rows(path):
        yield row


def is_gtf(path: str | Path) -> bool:
    """Whether the first feature row with attributes has those of GTF: key "value", or a bare name."""
    for row in rows(path):
        if len(row) == 9 and row[8].strip(" .;"):
            return not _GFF3.match(row[8])
    return False


def _place(path: str | Path, number: int, row: list[str]) -> Part:
    """Start and end (0-based, half-open) of a row; InputError names its line."""
    if len(row) == 17:
        raise InputError(
            f"{path}, line {number}: two rows on one line (files without a final line end were "
            "concatenated); put a line break between them"
        )
    if len(row) != 9:
        raise InputError(
            f"{path}, line {number}: {len(row)} columns where GFF3 and GTF have nine, separated by tabs; "
            "repair the file"
        )
    start, end = row[3], row[4]
    if not (start.isdecimal() and end.isdecimal()) or int(start) < 1 or int(end) < int(start):
        raise InputError(
            f"{path}, line {number}: {start} to {end} is not a valid range (start and end are 1-based, start "
            "first); repair the file"
        )
    if row[6] not in ("+", "-", ".", "?"):
        raise InputError(f"{path}, line {number}: strand {row[6]!r} is none of + - . ?; repair the file")
    return int(start) - 1, int(end)


def _score(path: str | Path, number: int, text: str) -> float | None:
    try:
        return None if text in (".", "") else float(text)
    except ValueError:
        raise InputError(
            f"{path}, line {number}: score {text!r} is neither a number nor a dot; repair it"
        ) from None


# Gene models


class _Feature:
    """A row that is or may be a gene or a transcript."""

    __slots__ = ("attributes", "line", "name", "parent", "reached", "score", "source", "strand", "type")

    def __init__(
        self, kind: str, source: str, score: float | None, strand: str, found: dict[str, str], parent: str,
        name: str, line: int,
    ):  # fmt: skip
        self.type, self.source, self.score, self.strand = kind, source, score, strand
        self.attributes, self.parent, self.name, self.line = found, parent, name, line
        self.reached = False

    @property
    def is_pseudo(self) -> bool:
        return is_pseudo(self.type, self.attributes)


def is_pseudo(kind: str, found: Mapping[str, str]) -> bool:
    """Whether a feature says that it is a pseudogene's (INSDC, RefSeq, Ensembl, GENCODE)."""
    if kind.lower().startswith("pseudogen"):
        return True
    if found.get("pseudo", "false").lower() in ("true", "", "_no_value", "yes", "1") or "pseudogene" in found:
        return True
    keys = ("biotype", "gene_biotype", "gene_type", "transcript_biotype", "transcript_type")
    return any(_PSEUDO.match(found[key]) for key in keys if key in found)


class _Reader:
    """What the rows of one scope of IDs said: parts of transcripts, and features above them.

    GTF's transcripts and genes are keyed by name, sequence and strand: some files place a name twice.
    """

    def __init__(self, path: str | Path, remarks: Remarks):
        self.path, self.remarks = path, remarks
        self.models: dict[str, Transcript] = {}
        self.lines: dict[str, int] = {}  # of the first row of each model
        self.first: dict[str, tuple[int, str]] = {}  # reading-direction key and phase of the first CDS row
        self.stops: dict[str, list[Part]] = defaultdict(list)
        self.gene_of: dict[str, str] = {}  # GTF: transcript -> gene
        self.features: dict[str, _Feature] = {}
        self.genes: dict[str, _Feature] = {}  # GTF gene rows
        self.parents: set[str] = set()
        self.pseudo: set[str] = set()
        self.recoded: dict[str, dict[str, None]] = defaultdict(dict)  # transcript -> transl_except
        self.open_ends: dict[str, set[str]] = defaultdict(set)  # transcript -> {"start_range", "end_range"}
        self.apart: dict[str, tuple[int, str]] = {}  # on several strands or sequences -> line and why
        self.circular: dict[str, int] = {}  # circular sequence -> length, bp
        self.over_origin = False  # whether transcripts over the origin of these are kept

    def row(self, number: int, row: list[str]) -> None:
        if len(row) == 9 and row[2] in _PARTS:
            self.part(number, row)
        else:
            self.feature(number, row)

    def part(self, number: int, row: list[str]) -> None:
        """Add an exon, CDS or stop codon to its transcripts."""
        place = _place(self.path, number, row)
        seqid, source, kind, _, _, _, strand, phase, column = row
        of_gtf = False
        if match := _PARENT.search(column):
            owners = match[1].strip().split(",")
            if "%" in match[1]:
                owners = list(map(unquote, owners))
            self.parents.update(owners)
        elif match := _TRANSCRIPT.search(column):
            owners, of_gtf = [f"{match[1] or match[2].strip()}\t{seqid}\t{strand}"], True
            if gene := _GENE.search(column):
                self.gene_of.setdefault(owners[0], gene[1] or gene[2].strip())
        else:
            found = attributes(column)
            owners = [found.get("ID") or found.get("gene_id") or ""]
            if not owners[0]:
                raise InputError(
                    f"{self.path}, line {number}: this {kind} names no transcript (Parent or transcript_id); "
                    "repair the file"
                )
        special = any(word in column for word in _SPECIAL)
        for owner in owners:
            model = self.models.get(owner)
            if model is None:
                name = owner.partition("\t")[0] if of_gtf else owner
                model = self.models[owner] = Transcript(name, seqid, strand, [], source=source)
                self.lines[owner] = number
            elif model.seqid != seqid or model.strand != strand:
                self.apart.setdefault(
                    owner, (number, f"{model.seqid} ({model.strand}) and {seqid} ({strand})")
                )
                continue
            if kind == "CDS":
                model.cds.append(place)
                key = -place[1] if model.strand == "-" else place[0]
                if owner not in self.first or key < self.first[owner][0]:
                    self.first[owner] = (key, phase)
            elif kind == "stop_codon":
                self.stops[owner].append(place)
            else:
                model.exons.append(place)
            if special:
                self._special(owner, model, kind, attributes(column))

    def _special(self, owner: str, model: Transcript, kind: str, found: dict[str, str]) -> None:
        """Attributes of a part that say something of the whole."""
        if "exception" in found and kind == "CDS":
            model.attributes["exception"] = found["exception"]
        elif "ribosomal_slippage" in found and kind == "CDS":
            model.attributes["exception"] = "ribosomal slippage"
        if "transl_except" in found:
            self.recoded[owner][found["transl_except"]] = None
        if kind == "CDS":
            self.open_ends[owner].update(found.keys() & {"start_range", "end_range"})
        if is_pseudo(kind, found):
            self.pseudo.add(owner)
        if is_trans_spliced(found):
            self.apart.setdefault(owner, (self.lines[owner], "trans-splicing"))

    def feature(self, number: int, row: list[str]) -> None:
        """Keep a feature that may be a gene or a transcript."""
        start, end = _place(self.path, number, row)
        seqid, source, kind, _, _, score, strand, _, column = row
        if _RECODED.fullmatch(kind):
            place = f"{start + 1}..{end}" if strand != "-" else f"complement({start + 1}..{end})"
            found = attributes(column)
            owners = found["Parent"].split(",") if "Parent" in found else []
            if "transcript_id" in found:
                owners = [f"{found['transcript_id']}\t{seqid}\t{strand}"]
            for owner in owners:
                self.recoded[owner][f"(pos:{place},aa:Sec)"] = None
            return
        if _REPEATED.fullmatch(kind):
            return
        facts = (kind, source, _score(self.path, number, score), strand)
        found = attributes(column)
        if _GFF3.match(column):
            if found.get("Is_circular", "").lower() == "true":
                self.circular[seqid] = end
            if "ID" in found:
                match = _PARENT.search(column)
                parent = unquote(match[1].split(",")[0].strip()) if match else ""
                self.parents.add(parent)
                if parent == found["ID"]:
                    # EVM: gene and mRNA share an ID; the mRNA owns the parts, as the nearer one.
                    above = self.features.pop(parent, None)
                    parent = f"{parent}.gene"
                    if above:
                        self.features.setdefault(parent, above)
                    self.remarks.add("transcripts have the ID of their gene: renamed", found["ID"], number)
                    self.features[found["ID"]] = _Feature(*facts, found, parent, found["ID"], number)
                else:
                    name = found["ID"]
                    known = self.features.get(name)
                    if known and not parent and known.parent == f"{name}.gene":
                        name = known.parent
                    self.features.setdefault(name, _Feature(*facts, found, parent, name, number))
            return
        bare = "" if found else column.strip().rstrip(";")  # AUGUSTUS writes a name without a key
        ident = found.get("transcript_id") or (bare if kind in ("transcript", "mRNA") else "")
        gene = found.get("gene_id", bare)
        if kind == "gene" or kind.lower().startswith("pseudogene"):
            kept = {_GTF_GENE.get(key, key): value for key, value in found.items() if key not in _GTF_NAMES}
            self.genes.setdefault(f"{gene}\t{seqid}", _Feature(*facts, kept, "", gene, number))
        elif ident:
            kept = {
                _GTF_TRANSCRIPT.get(key, key): value
                for key, value in found.items()
                if key not in _GTF_NAMES and not key.startswith("gene_")
            }
            if "biotype" not in kept and is_pseudo("", found):
                kept["biotype"] = "pseudogene"
            if kind == "transcript" and _RNA.fullmatch(kept.get("biotype", "")):
                kind = kept.pop("biotype")
            self.features.setdefault(
                f"{ident}\t{seqid}\t{strand}",
                _Feature(kind, *facts[1:], kept, found.get("gene_id", ""), ident, number),
            )

    def lost(self) -> set[str]:
        """Parents that are no feature of this scope."""
        return {name for name in self.parents if name and name not in self.features}

    def add(self, other: "_Reader") -> None:
        """Take the rows of another scope as of this one."""
        for owner, model in other.models.items():
            if mine := self.models.get(owner):
                mine.exons += model.exons
                mine.cds += model.cds
                if (mine.seqid, mine.strand) != (model.seqid, model.strand):
                    self.apart.setdefault(owner, (other.lines[owner], f"{mine.seqid} and {model.seqid}"))
            else:
                self.models[owner] = model
        for owner, first in other.first.items():
            self.first[owner] = min(first, self.first.get(owner, first))
        first_wins: list[tuple[dict[str, Any], dict[str, Any]]] = [
            (self.lines, other.lines), (self.gene_of, other.gene_of), (self.features, other.features),
            (self.genes, other.genes), (self.apart, other.apart), (self.circular, other.circular),
        ]  # fmt: skip
        for ours, theirs in first_wins:
            for key, value in theirs.items():
                ours.setdefault(key, value)
        for owner, stops in other.stops.items():
            self.stops[owner] += stops
        for owner, recoded in other.recoded.items():
            self.recoded[owner].update(recoded)
        for owner, ends in other.open_ends.items():
            self.open_ends[owner].update(ends)
        self.parents |= other.parents
        self.pseudo |= other.pseudo

    def finish(self) -> list[Gene]:
        """Genes in the order of their first row with a part."""
        collected: dict[tuple[str, str], Gene] = {}
        # Genes with parts of their own get a transcript; its ID must not be theirs.
        direct = {
            name
            for name in self.models.keys() & self.features.keys()
            if not self.features[name].parent and self.features[name].type.lower().endswith("gene")
        }
        for owner, model in self.models.items():
            feature = self.features.get(owner)
            parent = feature.parent if feature else ""
            parent = parent or self.gene_of.get(owner, "")
            top, above = self._top(parent, model.seqid)
            for one in (feature, *above):
                if one:
                    one.reached = True
            if self._left_out(owner, model, feature, top):
                continue
            pseudo = owner in self.pseudo or any(f.is_pseudo for f in (feature, *above) if f)
            if owner in direct:
                top, parent = feature, owner
                model.id = self._free(f"{model.id}.t1")
            else:
                if feature:
                    model.score, model.source, model.strand = feature.score, feature.source, feature.strand
                    model.attributes = {**feature.attributes, **model.attributes}
                if top:
                    parent = top.name
            self._close(model, owner, pseudo)
            circle = self.circular.get(model.seqid, 0)
            if owner in direct:
                model.type = "mRNA" if model.cds else "transcript"
            else:
                model.type = feature.type if feature else "transcript"
                if model.cds and model.type == "transcript":
                    model.type = "mRNA"
            if pseudo:
                model.attributes["pseudo"] = "true"
                self.remarks.add("pseudogenes: not counted as coding", parent or model.id, self.lines[owner])
            name = parent or f"{model.id}.gene"
            if name not in direct and not self.models.keys().isdisjoint(
                (name, f"{name}\t{model.seqid}\t{model.strand}")
            ):
                name = f"{name}.gene"
            gene = collected.get((name, model.seqid))
            if gene is None:
                if top:
                    facts = _without_ids(top.attributes)
                    gene = Gene(name, model.seqid, model.strand, [], top.type, top.source, top.score, facts)
                else:
                    gene = Gene(name, model.seqid, model.strand, [], source=model.source)
                collected[name, model.seqid] = gene
            if circle and model.end > circle:
                gene.circle = circle
            model.attributes = _without_ids(model.attributes)
            gene.transcripts.append(model)
        self._unread()
        return list(collected.values())

    def _unread(self) -> None:
        """Remark genes of which no row tells where their exons are."""
        for feature in (*self.features.values(), *self.genes.values()):
            if not feature.reached and feature.type.lower().endswith("gene"):
                self.remarks.add("genes have neither exons nor CDS: left out", feature.name, feature.line)

    def _left_out(
        self, owner: str, model: Transcript, feature: _Feature | None, top: _Feature | None
    ) -> bool:
        """Whether a transcript cannot be a model: in pieces of several strands, or over an origin."""
        flagged = any(is_trans_spliced(f.attributes) for f in (feature, top) if f)
        if owner in self.apart or flagged:
            line, why = self.apart.get(owner, (self.lines[owner], "trans-splicing"))
            trans_spliced = flagged or why == "trans-splicing"
            self.remarks.add(TRANS_SPLICED if trans_spliced else _APART, model.id, line)
            return True
        length = self.circular.get(model.seqid)
        if length:
            stops = self.stops.get(owner, [])
            if _continue_over_origin(length, model.exons, model.cds, stops) and owner in self.first:
                self.first[owner] = (0, ".")
            parts = (*model.exons, *model.cds, *stops)
            first, last = min(start for start, _ in parts), max(end for _, end in parts)
            if last > length and not (self.over_origin and first < length and last - first <= length):
                self.remarks.add(_OVER_ORIGIN, model.id, self.lines[owner])
                return True
        return False

    def _free(self, name: str) -> str:
        while name in self.models or name in self.features:
            name += ".1"
        return name

    def _top(self, name: str, seqid: str) -> tuple[_Feature | None, list[_Feature]]:
        """The gene above a transcript (None without a row), and all features between."""
        gene = self.genes.get(f"{name}\t{seqid}")
        if gene:
            return gene, [gene]
        above: list[_Feature] = []
        seen: set[str] = set()
        while name in self.features and name not in seen:
            seen.add(name)
            above.append(self.features[name])
            name = above[-1].parent
        return (above[-1] if above else None), above

    def _close(self, model: Transcript, owner: str, pseudo: bool) -> None:
        """Ascending parts; stop codons of their own become part of the CDS."""
        phase = self.first.get(owner, (0, "."))[1]
        stops = self.stops.get(owner, [])
        model.phase = int(phase) if phase in ("1", "2") and not pseudo else 0
        model.exons = merged(model.exons + model.cds + stops)
        model.cds = self._coding(model, owner, stops) if model.cds and not pseudo else []
        if owner in self.recoded and model.cds:
            model.attributes["transl_except"] = ",".join(self.recoded[owner])
        five = "end_range" if model.strand == "-" else "start_range"
        if missing := {"5" if end == five else "3" for end in self.open_ends.get(owner, ())}:
            model.attributes["partial"] = ",".join(sorted(missing, reverse=True))
        elif model.attributes.get("partial", "").lower() in ("true", "false"):
            del model.attributes["partial"]

    def _coding(self, model: Transcript, owner: str, stops: list[Part]) -> list[Part]:
        """CDS parts, ascending; they overlap where ribosomal slippage reads bases twice."""
        parts = sorted(set(model.cds))
        if is_stepwise(parts):
            if _SLIPPAGE.search(model.attributes.get("exception", "")):
                if model.strand == "-":
                    return merged([parts[0], *stops]) + parts[1:]
                return parts[:-1] + merged([parts[-1], *stops])
            what = "transcripts with overlapping CDS and no exception=ribosomal slippage: CDS joined"
            self.remarks.add(what, model.id, self.lines[owner])
        return merged(parts + stops)


def _continue_over_origin(length: int, *kinds: list[Part]) -> bool:
    """Whether some parts end at the end of a circle and others begin at its start; then they are joined.

    Those behind the origin get coordinates beyond the length (in place). They are those before the longest
    gap between parts, which is the rest of the circle.
    """
    parts = merged([part for kind in kinds for part in kind])
    if len(parts) < 2 or parts[0][0] or parts[-1][1] != length:
        return False
    _, rest = max((right[0] - left[1], right[0]) for left, right in pairwise(parts))
    for kind in kinds:
        kind[:] = [(start + length, end + length) if end <= rest else (start, end) for start, end in kind]
    return True


def _without_ids(found: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in found.items() if key not in ("ID", "Parent")}


def is_trans_spliced(found: Mapping[str, str]) -> bool:
    """Whether the attributes of a feature say that it is trans-spliced."""
    said = found.get("exception", "").lower().replace("_", "-").replace(" ", "-")
    return "trans-splic" in said or "trans_splicing" in found


def read_genes(path: str | Path, notes: list[str] | None = None, over_origin: bool = False) -> list[Gene]:
    """Genes with their transcripts, from GFF3 or GTF, in the order of first appearance.

    The dialects of AUGUSTUS, BRAKER, EVM, StringTie, RefSeq, Ensembl, GENCODE, UCSC and FlyBase are
    understood, rows in any order. Stop codons given as rows of their own become part of the CDS; CDS or exons
    directly under a gene get the transcript `<gene>.t1`, transcripts without a gene the gene
    `<transcript>.gene`. Abutting or overlapping parts become one, but for the CDS of a ribosomal slippage
    (`exception`), which reads bases twice. An ID is known from one ##gff-version to the next; IDs and names
    that several scopes use get a number. Pseudogenes have no CDS. Selenocysteines and other recoded codons
    are `transl_except` (INSDC), `partial` holds the ends that a model lacks (5, 3). What has neither exons
    nor CDS is not read.

    Left out, with a sentence in `notes`, are transcripts that are trans-spliced or have parts on several
    strands or sequences, and those over the origin of a circular sequence unless `over_origin` keeps them
    (`Gene.circle`), be they written beyond its end or in parts on both sides. InputError names the line that
    is wrong, or says that most transcripts had to be left out.
    """
    remarks = Remarks(path)
    scopes = [_Reader(path, remarks)]
    for number, line in lines(path, remarks):
        if line[0] != 35:
            scopes[-1].row(number, _columns(decoded(line)))
        elif line.startswith(_VERSION) and (scopes[-1].models or scopes[-1].features):
            scopes.append(_Reader(path, remarks))
    lost = [scope.lost() for scope in scopes]
    if any(names & scope.features.keys() for names in lost for scope in scopes):
        for scope in scopes[1:]:
            scopes[0].add(scope)
        del scopes[1:]
    circular = {name: length for scope in scopes for name, length in scope.circular.items()}
    genes: list[Gene] = []
    transcripts = 0
    for scope in scopes:
        scope.circular, scope.over_origin = circular, over_origin
        transcripts += len(scope.models)
        genes += scope.finish()
    _number_repeated(genes)
    if 2 * remarks.count(_APART) > transcripts:
        raise InputError(
            f"{remarks.sentence(_APART)}, more than half; give every transcript its own ID, on one strand of "
            "one sequence"
        )
    if notes is not None:
        notes += remarks.sentences()
    return genes


def _number_repeated(genes: Iterable[Gene]) -> None:
    """Give genes and transcripts whose names were used before a number."""
    used: set[str] = set()

    def unique(name: str) -> str:
        number, new = 1, name
        while new in used:
            number += 1
            new = f"{name}.{number}"
        used.add(new)
        return new

    for gene in genes:
        gene.id = unique(gene.id)
    for gene in genes:
        for model in gene.transcripts:
            model.id = unique(model.id)


# Names and writing


def sequence_lengths(path: str | Path) -> dict[str, int]:
    """Length (bp) of each sequence of a plain FASTA, or of the first two columns of its .fai, in order."""
    with Path(path).open("rb") as handle:
        if handle.read(1) == b">":
            with pysam.FastaFile(str(path)) as reference:
                return dict(zip(reference.references, reference.lengths, strict=True))
    lengths = {}
    for number, line in enumerate(Path(path).read_text().splitlines(), 1):
        name, _, rest = line.partition("\t")
        length = rest.partition("\t")[0]
        if not length.isdecimal():
            raise InputError(f"{path}, line {number}: no name and length; give the .fai of the assembly")
        lengths[name] = int(length)
    return lengths


def check_rows(path: str | Path) -> None:
    """InputError that names the first line whose columns are not those of GFF3 or GTF, if there is one."""
    for number, row in numbered_rows(path):
        _place(path, number, row)


def check_names(path: str | Path, lengths: Mapping[str, int]) -> tuple[float, list[str]]:
    """Share (0 to 1) of rows that cannot lie on the sequences of `lengths` (bp), and sentences why.

    Rows may go on beyond the end of a circular sequence (`Is_circular=true`), over its origin.
    """
    lacking: Counter[str] = Counter()
    beyond: Counter[str] = Counter()
    circular: set[str] = set()
    total = 0
    for number, row in numbered_rows(path):
        total += 1
        _, end = _place(path, number, row)
        if "Is_circular=true" in row[8]:
            circular.add(row[0])
        if row[0] not in lengths:
            lacking[row[0]] += 1
        elif end > lengths[row[0]]:
            beyond[row[0]] += 1
    for name in circular & beyond.keys():
        del beyond[name]
    sentences = []
    if lacking:
        sentences.append(
            f"{path}: {lacking.total()} of {total} rows lie on {len(lacking)} sequences that the assembly "
            f"lacks ({some(lacking)}; it has {some(lengths)}); rename them or give the matching assembly"
        )
    if beyond:
        name = next(iter(beyond))
        sentences.append(
            f"{path}: {beyond.total()} of {total} rows end beyond their sequence ({some(beyond)}; {name} "
            f"has {lengths[name]} bp); give the assembly the file was made for"
        )
    return ((lacking.total() + beyond.total()) / total if total else 0.0), sentences


def _placed(genes: Iterable[Gene], lengths: Mapping[str, int]) -> dict[str, list[Gene]]:
    placed = dict(by_sequence(list(genes)))
    for name in placed.keys() - lengths.keys():
        raise InputError(
            f"gene {placed[name][0].id} lies on {name}, which the assembly lacks (it has {some(lengths)}); "
            "give the matching assembly"
        )
    return {name: placed[name] for name in lengths if name in placed}


def ordered(gene: Gene) -> list[Transcript]:
    return sorted(gene.transcripts, key=lambda model: (model.start, model.end, model.id))


def write_genes(path: str | Path, genes: Iterable[Gene], lengths: Mapping[str, int]) -> None:
    """Write sorted GFF3 (gene, transcript, exon, CDS); `lengths` (bp) give the order of sequences.

    InputError when a gene lies on a sequence that is not in `lengths`.
    """
    placed = _placed(genes, lengths)
    with complete_file(path) as handle:
        handle.write("##gff-version 3\n")
        handle.writelines(f"##sequence-region {encoded_name(name)} 1 {lengths[name]}\n" for name in placed)
        handle.writelines(
            _circle(name, lengths[name]) for name in placed if any(gene.circle for gene in placed[name])
        )
        for listed in placed.values():
            for gene in listed:
                handle.write(gene_lines(gene))
                handle.write("###\n")


def _circle(name: str, length: int) -> str:
    """The row that says that a sequence is circular."""
    found = {"ID": f"{name}:1..{length}", "Is_circular": "true"}
    return _line((encoded_name(name), ".", "region"), (0, length), None, ".", found, None)


def gene_lines(gene: Gene) -> str:
    """The rows of a gene; a transcript's product and what its codons are read as stand on its CDS, too."""
    seqid, strand = encoded_name(gene.seqid), gene.strand
    place = (seqid, gene.source, gene.type)
    lines = [
        _line(place, (gene.start, gene.end), gene.score, strand, {**gene.attributes, "ID": gene.id}, None)
    ]
    for model in ordered(gene):
        place, strand = (seqid, model.source, model.type), model.strand
        names = {**model.attributes, "ID": model.id}
        lines.append(_line(place, (model.start, model.end), model.score, strand, names, gene.id))
        ident = escaped("ID", model.id)
        head = f"{seqid}\t{encoded_column(model.source)}\t"
        lines += [
            f"{head}exon\t{start + 1}\t{end}\t.\t{strand}\t.\tID={ident}.exon{i};Parent={ident}\n"
            for i, (start, end) in enumerate(model.exons, 1)
        ]
        said = "".join(
            f";{key}={escaped(key, model.attributes[key])}" for key in OF_CDS if key in model.attributes
        )
        lines += [
            f"{head}CDS\t{start + 1}\t{end}\t.\t{strand}\t{phase}\tID={ident}.cds;Parent={ident}{said}\n"
            for (start, end), phase in zip(model.cds, phases(model.cds, strand, model.phase), strict=True)
        ]
    return "".join(lines)


def escaped(key: str, value: str) -> str:
    """The value of an attribute as GFF3 writes it; commas of lists (Dbxref …) stay."""
    if key in _LISTS:
        return ",".join(part.replace("%2C", ",").translate(_ESCAPES_COMMA) for part in value.split(","))
    text = value.translate(_ESCAPES_COMMA)
    if text != (inner := text.strip()):
        if not inner:
            return quote(text)
        before, _, after = text.partition(inner)
        text = f"{quote(before)}{inner}{quote(after)}"
    return text


def encoded_name(name: str) -> str:
    """The name of a sequence as the first column of GFF3 has it."""
    return _SEQID.sub(lambda letter: "".join(f"%{byte:02X}" for byte in letter[0].encode()), name)


def encoded_column(text: str) -> str:
    """A source or type as GFF3 has it; the tab, %, and control characters are escaped."""
    return text.translate(_COLUMN_ESCAPES) or "."


def shown_score(score: float | None) -> str:
    if score is None:
        return "."
    short = f"{score:g}"
    return short if float(short) == score else repr(score)


def _line(
    place: tuple[str, str, str],
    part: Part,
    score: float | None,
    strand: str,
    found: Mapping[str, str],
    parent: str | None,
) -> str:
    names = {"ID": found["ID"]} | ({"Parent": parent} if parent is not None else {})
    pairs = {**names, **found, **names}.items()
    column = ";".join(f"{escaped('', key)}={escaped(key, value)}" for key, value in pairs if value)
    seqid, source, kind = place
    head = f"{seqid}\t{encoded_column(source)}\t{encoded_column(kind)}"
    return f"{head}\t{part[0] + 1}\t{part[1]}\t{shown_score(score)}\t{strand}\t.\t{column}\n"

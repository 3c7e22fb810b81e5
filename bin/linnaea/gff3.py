"""GFF3 and GTF of gene models: reading in every common dialect, writing, checking names."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

import pysam

from linnaea.errors import InputError
from linnaea.gene_models import Gene, Part, Transcript, bases, by_sequence, merged, phases
from linnaea.metrics import complete_file
from linnaea.sequences import blocks

_PARTS = frozenset(("exon", "CDS", "stop_codon"))
# Rows that repeat what exons and CDS say already.
_REPEATED = re.compile(
    r"(?i).*(utr|_prime_.*|_codon|intron|_site|selenocysteine)$|initial|internal|terminal|single|tss|tts"
    r"|(poly)?peptide|protein"
)
_GFF3 = re.compile(r'\s*[^\s"=;]+=')
_GTF = re.compile(r'([\w.-]+) +(?:"([^"]*)"|([^";]+))')
_PARENT = re.compile(r"(?:^|;) *Parent=([^;]*)")
_TRANSCRIPT = re.compile(r'(?:^|[ ;])transcript_id +"?([^";]+)')
_GENE = re.compile(r'(?:^|[ ;])gene_id +"?([^";]+)')
# Attributes whose value is a list: their commas separate, those of other values are escaped.
_LISTS = frozenset(("Parent", "Alias", "Dbxref", "Ontology_term", "partial"))
_ESCAPES = {ord(letter): f"%{ord(letter):02X}" for letter in "%;=&\t\n\r"}
_ESCAPES_COMMA = {**_ESCAPES, ord(","): "%2C"}


def attributes(column: str) -> dict[str, str]:
    """Attributes of a GFF3 or GTF line."""
    if _GFF3.match(column):
        pairs = (item.partition("=") for item in column.strip().split(";") if item)
        return {key.strip(): unquote(value.strip()) for key, _, value in pairs}
    return {key: quoted or bare.strip() for key, quoted, bare in _GTF.findall(column)}


def _lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Number and text of every feature line of a plain or gzip file, up to its sequences."""
    rest, before = b"", 0
    for block in blocks(path):
        *whole, rest = (rest + block).split(b"\n")
        for number, line in enumerate(whole, before + 1):
            if line and line[0] not in b"#>\r":
                yield number, line.decode(errors="replace").rstrip("\r")
            elif line.startswith((b"##FASTA", b">")):
                return
        before += len(whole)
    if rest and rest[0] not in b"#>\r":
        yield before + 1, rest.decode(errors="replace").rstrip("\r")


def rows(path: str | Path) -> Iterator[list[str]]:
    """The nine columns of every feature line of a plain or gzip file, up to ##FASTA."""
    for _, line in _lines(path):
        yield line.split("\t")


def _place(path: str | Path, number: int, row: list[str]) -> Part:
    """Start and end (0-based, half-open) of a row; InputError names its line."""
    if len(row) != 9:
        raise InputError(
            f"{path}, line {number}: {len(row)} columns where GFF3 and GTF have nine, separated by tabs; "
            "repair the file"
        )
    start, end = row[3], row[4]
    if not (start.isdecimal() and end.isdecimal()) or int(start) < 1 or int(end) < int(start):
        raise InputError(
            f"{path}, line {number}: {start} to {end} is no place (start and end count from 1, start first); "
            "repair the file"
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


class _Reader:
    """What the rows of one file said: parts of transcripts, and features that hold or are transcripts."""

    def __init__(self, path: str | Path):
        self.path = path
        self.models: dict[str, Transcript] = {}
        self.first: dict[str, tuple[int, str]] = {}  # reading-direction key and phase of the first CDS row
        self.stops: dict[str, list[Part]] = {}
        self.gene_of: dict[str, str] = {}  # GTF: transcript -> gene
        self.features: dict[str, tuple[str, str, float | None, str, dict[str, str], str]] = {}
        self.genes: dict[str, tuple[str, str, float | None, str, dict[str, str], str]] = {}  # GTF gene rows

    def part(self, number: int, row: list[str]) -> None:
        """Add an exon, CDS or stop codon to its transcripts."""
        place = _place(self.path, number, row)
        seqid, source, kind, _, _, _, strand, phase, column = row
        if match := _PARENT.search(column):
            owners = [unquote(owner) if "%" in owner else owner for owner in match[1].strip().split(",")]
        elif match := _TRANSCRIPT.search(column):
            owners = [match[1].strip()]
            if gene := _GENE.search(column):
                self.gene_of.setdefault(owners[0], gene[1].strip())
        else:
            found = attributes(column)
            owners = [found.get("ID") or found.get("gene_id") or ""]
            if not owners[0]:
                raise InputError(
                    f"{self.path}, line {number}: this {kind} names no transcript (Parent or transcript_id); "
                    "repair the file"
                )
        for owner in owners:
            model = self.models.get(owner)
            if model is None:
                model = self.models[owner] = Transcript(owner, seqid, strand, [], source=source)
            elif (model.seqid != seqid or model.strand != strand) and not self._trans_spliced(owner, column):
                raise InputError(
                    f"{self.path}, line {number}: {owner} has parts on {model.seqid} ({model.strand}) and on "
                    f"{seqid} ({strand}); give it one strand of one sequence, or mark it "
                    "exception=trans-splicing"
                )
            elif model.seqid != seqid:
                continue
            if kind == "exon":
                model.exons.append(place)
            elif kind == "stop_codon":
                self.stops.setdefault(owner, []).append(place)
            else:
                model.cds.append(place)
                key = -place[1] if model.strand == "-" else place[0]
                if owner not in self.first or key < self.first[owner][0]:
                    self.first[owner] = (key, phase)
                if "exception=" in column:
                    model.attributes["exception"] = attributes(column)["exception"]

    def _trans_spliced(self, owner: str, column: str) -> bool:
        feature = self.features.get(owner)
        told = (column, feature[4].get("exception", "") if feature else "")
        return any("trans-splic" in text or "trans_splic" in text for text in told)

    def feature(self, number: int, row: list[str]) -> None:
        """Keep a feature that may be a gene or a transcript."""
        _place(self.path, number, row)
        _, source, kind, _, _, score, strand, _, column = row
        if _REPEATED.fullmatch(kind):
            return
        facts = (kind, source, _score(self.path, number, score), strand)
        if _GFF3.match(column):
            found = attributes(column)
            if "ID" in found:
                self.features.setdefault(found["ID"], (*facts, found, found.get("Parent", "").split(",")[0]))
            return
        found = attributes(column)
        bare = "" if found else column.strip().rstrip(";")  # AUGUSTUS writes a name without a key
        if kind == "gene":
            self.genes[found.get("gene_id", bare)] = (*facts, found, "")
        elif ident := found.get("transcript_id") or (bare if kind in ("transcript", "mRNA") else ""):
            parent = found.get("gene_id", "")
            self.features.setdefault(ident, (*facts, found, parent))

    def finish(self) -> list[Gene]:
        """Genes in the order of their first row with a part."""
        collected: dict[tuple[str, str], Gene] = {}
        times: Counter[str] = Counter()
        # Genes with parts of their own get a transcript; its ID must not be theirs.
        direct = {
            name
            for name in self.models.keys() & self.features.keys()
            if not self.features[name][5] and self.features[name][0].lower().endswith("gene")
        }
        for ident, model in self.models.items():
            kind, source, score, strand, found, parent = self.features.get(
                ident, ("", model.source, None, model.strand, {}, "")
            )
            parent = parent or self.gene_of.get(ident, "")
            of_gene = None
            if ident in direct:
                of_gene, parent = (kind, source, score, strand, found, ""), ident
                model.id = self._free(f"{ident}.t1")
                model.type = "mRNA" if model.cds else "transcript"
            else:
                model.score, model.source, model.strand = score, source, strand
                model.attributes = {**found, **model.attributes}
                model.type = kind or "transcript"
                if model.cds and model.type == "transcript":
                    model.type = "mRNA"
                parent, of_gene = self._top(parent)
            self._close(model, ident)
            name = parent or f"{ident}.gene"
            if name in self.models and name not in direct:
                name = f"{name}.gene"
            gene = collected.get((name, model.seqid))
            if gene is None:
                kind, source, score, _, found, _ = of_gene or ("gene", model.source, None, "", {}, "")
                times[name] += 1
                unique = name if times[name] == 1 else f"{name}.{times[name]}"
                gene = Gene(unique, model.seqid, model.strand, [], kind, source, score, dict(found))
                collected[name, model.seqid] = gene
            gene.transcripts.append(model)
        return list(collected.values())

    def _free(self, name: str) -> str:
        while name in self.models or name in self.features:
            name += ".1"
        return name

    def _top(self, name: str):
        """The gene above a transcript: its name, and what its row said (None without a row)."""
        if name in self.genes:
            return name, self.genes[name]
        seen: set[str] = set()
        while name in self.features and self.features[name][5] and name not in seen:
            seen.add(name)
            name = self.features[name][5]
        return name, self.features.get(name)

    def _close(self, model: Transcript, ident: str) -> None:
        """Ascending parts; stop codons of their own become part of the CDS."""
        phase = self.first.get(ident, (0, "."))[1]
        model.phase = int(phase) if phase in ("1", "2") else 0
        model.cds = merged(model.cds + self.stops.get(ident, [])) if model.cds else []
        model.exons = merged(model.exons + model.cds + self.stops.get(ident, []))


def read_genes(path: str | Path) -> list[Gene]:
    """Genes with their transcripts, from GFF3 or GTF, in the order of first appearance.

    The dialects of AUGUSTUS, StringTie, RefSeq, Ensembl and FlyBase are understood, rows in any order. Stop
    codons given as rows of their own become part of the CDS; CDS or exons directly under a gene get the
    transcript `<gene>.t1`, transcripts without a gene the gene `<transcript>.gene`; abutting or overlapping
    parts (ribosomal slippage) become one and `exception` stays as attribute; a trans-spliced transcript
    keeps the strand of its own row. What has neither exons nor CDS is left out.
    InputError names the line that is wrong.
    """
    reader = _Reader(path)
    for number, line in _lines(path):
        row = line.split("\t")
        if len(row) == 9 and row[2] in _PARTS:
            reader.part(number, row)
        else:
            reader.feature(number, row)
    return reader.finish()


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
    for number, line in _lines(path):
        _place(path, number, line.split("\t"))


def check_names(path: str | Path, lengths: Mapping[str, int]) -> tuple[float, list[str]]:
    """Share (0 to 1) of rows that cannot lie on the sequences of `lengths` (bp), and sentences why."""
    lacking: Counter[str] = Counter()
    beyond: Counter[str] = Counter()
    total = 0
    for number, line in _lines(path):
        total += 1
        row = line.split("\t")
        _, end = _place(path, number, row)
        if row[0] not in lengths:
            lacking[row[0]] += 1
        elif end > lengths[row[0]]:
            beyond[row[0]] += 1
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


def some(names: Iterable[str], number: int = 3) -> str:
    """The first names of many, fit for a message."""
    listed = list(names)
    return ", ".join(listed[:number]) + (", …" if len(listed) > number else "")


def _placed(genes: Iterable[Gene], lengths: Mapping[str, int]) -> dict[str, list[Gene]]:
    placed = dict(by_sequence(list(genes)))
    for name in placed.keys() - lengths.keys():
        raise InputError(
            f"gene {placed[name][0].id} lies on {name}, which the assembly lacks (it has {some(lengths)}); "
            "give the matching assembly"
        )
    return {name: placed[name] for name in lengths if name in placed}


def _ordered(gene: Gene) -> list[Transcript]:
    return sorted(gene.transcripts, key=lambda model: (model.start, model.end, model.id))


def write_genes(path: str | Path, genes: Iterable[Gene], lengths: Mapping[str, int]) -> None:
    """Write sorted GFF3 (gene, transcript, exon, CDS); `lengths` (bp) give the order of sequences.

    InputError when a gene lies on a sequence that is not in `lengths`.
    """
    placed = _placed(genes, lengths)
    with complete_file(path) as handle:
        handle.write("##gff-version 3\n")
        handle.writelines(f"##sequence-region {name} 1 {lengths[name]}\n" for name in placed)
        for listed in placed.values():
            for gene in listed:
                handle.write(_gene_lines(gene))
                handle.write("###\n")


def _gene_lines(gene: Gene) -> str:
    lines = [
        _line(
            (gene.seqid, gene.source, gene.type),
            (gene.start, gene.end),
            gene.score,
            gene.strand,
            ".",
            {**gene.attributes, "ID": gene.id},
        )
    ]
    for model in _ordered(gene):
        names = {**model.attributes, "ID": model.id, "Parent": gene.id}
        place = (gene.seqid, model.source, model.type)
        lines.append(_line(place, (model.start, model.end), model.score, model.strand, ".", names))
        ident, strand = escaped("ID", model.id), model.strand
        head = f"{gene.seqid}\t{model.source}\t"
        lines += [
            f"{head}exon\t{start + 1}\t{end}\t.\t{strand}\t.\tID={ident}.exon{i};Parent={ident}\n"
            for i, (start, end) in enumerate(model.exons, 1)
        ]
        lines += [
            f"{head}CDS\t{start + 1}\t{end}\t.\t{strand}\t{phase}\tID={ident}.cds;Parent={ident}\n"
            for (start, end), phase in zip(model.cds, phases(model.cds, strand, model.phase), strict=True)
        ]
    return "".join(lines)


def escaped(key: str, value: str) -> str:
    """The value of an attribute as GFF3 writes it; commas of lists (Dbxref …) stay."""
    return value.translate(_ESCAPES if key in _LISTS else _ESCAPES_COMMA)


def _line(
    place: tuple[str, str, str],
    part: Part,
    score: float | None,
    strand: str,
    phase: str,
    found: Mapping[str, str],
) -> str:
    shown = "." if score is None else f"{score:g}"
    first = {key: found[key] for key in ("ID", "Parent") if key in found}
    column = ";".join(f"{key}={escaped(key, value)}" for key, value in {**first, **found}.items())
    head = "\t".join(place)
    return f"{head}\t{part[0] + 1}\t{part[1]}\t{shown}\t{strand}\t{phase}\t{column}\n"


def write_gtf(path: str | Path, genes: Iterable[Gene], lengths: Mapping[str, int]) -> None:
    """Write sorted GTF: gene, transcript, exon, CDS, start_codon, stop_codon.

    As Ensembl and StringTie have it, the CDS is without the stop codon, which has rows of its own; a
    transcript whose `partial` names the 3' end, or whose CDS is no multiple of three, has none.
    """
    placed = _placed(genes, lengths)
    with complete_file(path) as handle:
        for listed in placed.values():
            for gene in listed:
                handle.write(_gtf_lines(gene))


def _gtf_lines(gene: Gene) -> str:
    def line(source: str, kind: str, part: Part, strand: str, phase: int | str, names: str) -> str:
        start, end = part
        return f"{gene.seqid}\t{source}\t{kind}\t{start + 1}\t{end}\t.\t{strand}\t{phase}\t{names}\n"

    quoted = gene.id.replace('"', "'")
    of_gene = f'gene_id "{quoted}";'
    lines = [line(gene.source, "gene", (gene.start, gene.end), gene.strand, ".", of_gene)]
    for model in _ordered(gene):
        strand, source = model.strand, model.source
        quoted = model.id.replace('"', "'")
        names = f'{of_gene} transcript_id "{quoted}";'
        lines.append(line(source, "transcript", (model.start, model.end), strand, ".", names))
        lines += [line(source, "exon", part, strand, ".", names) for part in model.exons]
        partial = model.attributes.get("partial", "").split(",")
        whole = (bases(model.cds) - model.phase) % 3 == 0 and bases(model.cds) > 3
        left = {
            "start_codon": "5" not in partial and not model.phase,
            "stop_codon": "3" not in partial and whole,
        }
        coding = model.cds
        if left["stop_codon"]:
            coding, stop = _cut(model.cds, 3, at_end=strand != "-")
        numbers = phases(coding, strand, model.phase)
        lines += [
            line(source, "CDS", part, strand, n, names) for part, n in zip(coding, numbers, strict=True)
        ]
        if coding and left["start_codon"]:
            _, codon = _cut(coding, 3, at_end=strand == "-")
            numbers = phases(codon, strand)
            lines += [
                line(source, "start_codon", p, strand, n, names) for p, n in zip(codon, numbers, strict=True)
            ]
        if left["stop_codon"]:
            numbers = phases(stop, strand)
            lines += [
                line(source, "stop_codon", p, strand, n, names) for p, n in zip(stop, numbers, strict=True)
            ]
    return "".join(lines)


def _cut(parts: list[Part], number: int, at_end: bool) -> tuple[list[Part], list[Part]]:
    """Parts without `number` bases of one end, and the parts of those bases."""
    kept, taken = list(parts), []
    while number and kept:
        start, end = kept.pop(-1 if at_end else 0)
        size = min(number, end - start)
        number -= size
        edge = end - size if at_end else start + size
        taken.append((edge, end) if at_end else (start, edge))
        rest = (start, edge) if at_end else (edge, end)
        if rest[0] < rest[1]:
            kept.insert(len(kept) if at_end else 0, rest)
    return kept, sorted(taken)

"""Repairs of a GFF3 that breaks the specification but leaves no doubt of what is meant.

IDs are known from one ##gff-version to the next, so that files can be appended to each other.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from linnaea.formats.gff3 import Remarks, attributes, escaped

_ATTRIBUTE = re.compile(rb"(^|; *)(ID|Parent)=([^;]*)")
# Attributes that the specification defines; other names with a capital letter are reserved.
_RESERVED = frozenset(
    (
        "ID",
        "Name",
        "Alias",
        "Parent",
        "Target",
        "Gap",
        "Derives_from",
        "Note",
        "Dbxref",
        "Ontology_term",
        "Is_circular",
    )
)
_PART = re.compile(rb"(?i)exon|CDS|.*utr|.*_prime_.*|.*_codon|intron|.*_site")
_TRANSCRIPT = re.compile(rb"(?i).*(RNA|transcript)(_gene_segment)?|.*_gene_segment|pseudogenic_.*")


@dataclass(slots=True)
class _Row:
    columns: list[bytes]
    scope: int
    place: tuple[Remarks, int]
    ident: bytes
    parents: list[bytes]
    changed: bool = False

    @property
    def type(self) -> bytes:
        return self.columns[2]

    def remark(self, what: str, name: bytes) -> None:
        remarks, line = self.place
        remarks.add(what, name.decode(errors="replace"), line)

    def line(self) -> bytes:
        if not self.changed:
            return b"\t".join(self.columns)
        values = {b"ID": self.ident, b"Parent": b",".join(self.parents)}
        column = _ATTRIBUTE.sub(lambda m: m[1] + m[2] + b"=" + values[m[2]], self.columns[8])
        return b"\t".join([*self.columns[:8], column])


def repair(text: bytes, places: Sequence[tuple[Remarks, int]]) -> bytes:
    """The text of a GFF3 with unique IDs, and with rows for parents that only their children name.

    `places` are the remarks on the file of each row, and its line.

    - A transcript that names itself as parent (EVM): its gene gets the ID `<ID>.gene`.
    - IDs that several scopes define get a number, where no scope refers to another.
    - Parts with one ID but other parents, types or sequences get a number.
    - Attributes without a value get `true`, those of one key become one, and names that the specification
      reserves become lower case.
    - Exons, CDS and the like whose transcript has no row get one, and a gene; transcripts whose gene has none
      get one.
    """
    rows: list[_Row] = []
    others: list[bytes] = []
    scope = 0
    for line in text.split(b"\n"):
        if line.startswith(b"##gff-version"):
            scope += 1
        elif line[:1] == b"#":
            others.append(line)
        elif line:
            columns = line.split(b"\t")
            odd = not is_standard_column(columns[8].decode(errors="replace"))
            if odd:
                columns[8] = _standard_column(columns[8].decode(errors="replace")).encode()
            named = {m[2]: m[3].strip() for m in _ATTRIBUTE.finditer(columns[8])}
            parents = [name for name in named.get(b"Parent", b"").split(b",") if name]
            rows.append(_Row(columns, scope, places[len(rows)], named.get(b"ID", b""), parents))
            if odd:
                rows[-1].remark("attributes without a value, repeated or reserved: rewritten", columns[2])
    _part_transcripts_from_genes(rows)
    _part_scopes(rows)
    _part_features(rows)
    made = _missing_parents(rows)
    return b"\n".join([b"##gff-version 3", *others, *(row.line() for row in rows), *made, b""])


def is_standard_column(column: str) -> bool:
    """Whether attributes are key=value, each key once, and names with a capital the specification's own."""
    items = column.removesuffix(";").split(";")
    keys = [item.partition("=")[0] for item in items]
    return column in (".", "") or (
        all(item.count("=") == 1 and not item.endswith("=") for item in items)
        and len(set(keys)) == len(keys)
        and all(key and (not key[0].isupper() or key in _RESERVED) for key in map(str.strip, keys))
    )


def _standard_column(column: str) -> str:
    found: dict[str, str] = {}
    for key, value in attributes(column).items():
        name = key if key in _RESERVED or not key[:1].isupper() else key.lower()
        value = escaped(name, value) or "true"
        found[name] = f"{found[name]},{value}" if name in found else value
    return ";".join(f"{escaped('', name)}={value}" for name, value in found.items())


def _part_transcripts_from_genes(rows: list[_Row]) -> None:
    shared: dict[tuple[int, bytes], bytes] = {}
    for row in rows:
        if row.ident and row.ident in row.parents:
            new = shared.setdefault((row.scope, row.ident), row.ident + b".gene")
            row.parents = [new if name == row.ident else name for name in row.parents]
            row.changed = True
            row.remark("transcripts have the ID of their gene: renamed", row.ident)
    for row in rows if shared else ():
        if not row.parents and (gene := shared.get((row.scope, row.ident))):
            row.ident, row.changed = gene, True


def _part_scopes(rows: list[_Row]) -> None:
    defined: dict[int, set[bytes]] = defaultdict(set)
    for row in rows:
        defined[row.scope].add(row.ident)
    every = set().union(*defined.values())
    if len(defined) < 2 or any(
        name in every and name not in defined[row.scope] for row in rows for name in row.parents
    ):
        return
    used: set[bytes] = set()
    names: dict[tuple[int, bytes], bytes] = {}
    for scope, idents in defined.items():
        for ident in idents - {b""} & used:
            names[scope, ident] = new = _unused(ident, every)
            every.add(new)
        used |= idents
    for row in rows if names else ():
        other = names.get((row.scope, row.ident))
        parents = [names.get((row.scope, name), name) for name in row.parents]
        if other or parents != row.parents:
            if other:
                row.remark("IDs used by several files or scopes: numbered", row.ident)
            row.ident, row.parents, row.changed = other or row.ident, parents, True


def _unused(ident: bytes, used: set[bytes]) -> bytes:
    number = 2
    while (new := b"%s.%d" % (ident, number)) in used:
        number += 1
    return new


def _part_features(rows: list[_Row]) -> None:
    parents = {name for row in rows for name in row.parents}
    used = {row.ident for row in rows}
    features: dict[bytes, dict[tuple, bytes]] = defaultdict(dict)
    for row in rows:
        if not row.ident or row.ident in parents:
            continue
        key = (row.type, row.columns[0], *row.parents)
        known = features[row.ident]
        if key not in known:
            known[key] = _unused(row.ident, used) if known else row.ident
            used.add(known[key])
        if known[key] != row.ident:
            row.remark("IDs that several features share: numbered", row.ident)
            row.ident, row.changed = known[key], True


def _missing_parents(rows: list[_Row]) -> list[bytes]:
    """Rows for parents that are missing and for the genes above them."""
    known = {row.ident for row in rows}
    children: dict[bytes, list[_Row]] = defaultdict(list)
    for row in rows:
        for name in row.parents:
            if name not in known:
                children[name].append(row)
    made = []
    for name, below in children.items():
        if len({row.columns[0] for row in below}) > 1:
            continue
        types = {row.type for row in below}
        first = below[0].columns
        start = min(int(row.columns[3]) for row in below)
        end = max(int(row.columns[4]) for row in below)

        def line(
            kind: bytes, ident: bytes, first: list[bytes] = first, start: int = start, end: int = end
        ) -> bytes:
            place = b"%s\t%s\t%s\t%d\t%d" % (first[0], first[1], kind, start, end)
            return b"%s\t.\t%s\t.\tID=%s" % (place, first[6], ident)

        if all(map(_PART.fullmatch, types)):
            gene = name + b".gene"
            kind = b"mRNA" if b"CDS" in types else b"transcript"
            made += [line(b"gene", gene), line(kind, name) + b";Parent=" + gene]
            below[0].remark("transcripts without their own row: added", name)
        elif all(map(_TRANSCRIPT.fullmatch, types)):
            made.append(line(b"gene", name))
            below[0].remark("genes without their own row: added", name)
    return made

"""A small annotated assembly as ENA takes it, to change one thing in: flat file, lists, manifest."""

import random
from dataclasses import dataclass, field
from pathlib import Path

_COMPLEMENT = str.maketrans("acgtn", "tgcan")
UNQUOTED = ("codon_start", "transl_table", "estimated_length", "anticodon", "rpt_type")


@dataclass
class Feature:
    key: str
    location: str
    qualifiers: list[tuple[str, str | None]] = field(default_factory=list)

    def set(self, name: str, value: str | None) -> None:
        self.drop(name)
        self.qualifiers.append((name, value))

    def drop(self, name: str) -> None:
        self.qualifiers = [pair for pair in self.qualifiers if pair[0] != name]

    def lines(self) -> list[str]:
        lines = [f"FT   {self.key:<15} {self.location}"]
        for name, value in self.qualifiers:
            said = value if name in UNQUOTED else f'"{value}"'
            lines.append(f"FT                   /{name}" + ("" if value is None else f"={said}"))
        return lines


@dataclass
class Entry:
    name: str
    letters: str
    features: list[Feature] = field(default_factory=list)
    topology: str = "linear"
    head: dict[str, str] = field(default_factory=dict)

    def add(self, key: str, location: str, **qualifiers: str | None) -> Feature:
        self.features.append(Feature(key, location, list(qualifiers.items())))
        return self.features[-1]

    def put(self, position: int, letters: str) -> None:
        """Write letters at a position (from 1)."""
        self.letters = self.letters[: position - 1] + letters + self.letters[position - 1 + len(letters) :]

    def of(self, tag: str, key: str) -> Feature:
        return next(f for f in self.features if f.key == key and ("locus_tag", tag) in f.qualifiers)

    def text(self) -> str:
        head = {
            "ID": f"ID   XXX; XXX; {self.topology}; genomic DNA; XXX; XXX; {len(self.letters)} BP.",
            "AC": "AC   ;", "name": f"AC * _{self.name}", "PR": "PR   Project:PRJEB00000;",
            "DE": f"DE   {self.name}", "SQ": f"SQ   Sequence {len(self.letters)} BP;", **self.head,
        }  # fmt: skip
        square = head.pop("SQ")
        lines = [line for value in head.values() if value for line in (value, "XX")]
        lines += ["FH   Key             Location/Qualifiers", "FH"]
        lines += [line for feature in self.features for line in feature.lines()]
        lines += ["XX", square]
        for at in range(0, len(self.letters), 60):
            row = self.letters[at : at + 60]
            tens = " ".join(row[i : i + 10] for i in range(0, len(row), 10))
            lines.append(f"     {tens:<66}{min(at + 60, len(self.letters)):>9}")
        return "\n".join([*lines, "//", ""])


def coding(rng: random.Random, codons: int) -> str:
    """ATG, so many codons that stop in neither code 1 nor 2, TAA."""
    letters = "atg"
    while len(letters) < 3 * codons + 3:
        codon = "".join(rng.choices("acgt", k=3))
        letters += codon if codon not in ("taa", "tag", "tga", "aga", "agg") else ""
    return letters + "taa"


class Assembly:
    """Chromosome 1 with three genes and a gap, its unlocalised sequence, a mitochondrion, a scaffold.

    LINN_000010 is one exon at 301..486, LINN_000020 three on the minus strand, LINN_000030 runs over the end.
    """

    def __init__(self) -> None:
        rng = random.Random(11)

        def spacer(size: int) -> str:
            return "".join(rng.choices("acgt", k=size))

        exons = coding(rng, 98)
        pieces = (
            exons[:100],
            "gt" + spacer(76) + "ag",
            exons[100:200],
            "gt" + spacer(56) + "ag",
            exons[200:],
        )
        ends = [0]
        for piece in pieces:
            ends.append(ends[-1] + len(piece))
        letters = spacer(300) + coding(rng, 60) + spacer(200)
        base = len(letters)
        letters += "".join(pieces).translate(_COMPLEMENT)[::-1]
        last, exons_at = base + ends[-1], zip(ends[::2], ends[1::2], strict=True)
        spans = [(last - b + 1, last - a) for a, b in exons_at][::-1]
        self.exons = [f"{a}..{b}" for a, b in spans]
        letters += spacer(150)
        self.gap = len(letters) + 1
        letters += "n" * 200 + spacer(150)
        self.last = len(letters) + 1
        letters += coding(rng, 80)[:-3]
        one = Entry("SUPER_1", letters)
        one.add(
            "source", f"1..{len(letters)}", organism="Parus major", mol_type="genomic DNA", isolate="bParMaj1"
        )
        self._gene(one, "LINN_000010", "301..486", "301..486", "hypothetical protein")
        joined = f"complement(join({','.join(self.exons)}))"
        span = f"complement({spans[0][0]}..{spans[-1][1]})"
        self._gene(one, "LINN_000020", span, joined, "actin, cytoplasmic", gene="actb")
        one.add(
            "assembly_gap", f"{self.gap}..{self.gap + 199}", estimated_length="200",
            gap_type="within scaffold", linkage_evidence="proximity ligation",
        )  # fmt: skip
        self._gene(one, "LINN_000030", *[f"{self.last}..>{len(letters)}"] * 2, "cytochrome P450")
        orf = coding(rng, 70)[:-3] + "aga"
        mito = Entry("scaffold_MT", spacer(100) + orf + spacer(200), topology="circular")
        mito.add(
            "source", f"1..{len(mito.letters)}", organism="Parus major", mol_type="genomic DNA",
            isolate="bParMaj1", organelle="mitochondrion",
        )  # fmt: skip
        place = f"101..{100 + len(orf)}"
        mito.add("gene", place, locus_tag="LINN_MT001", gene="ND1")
        mito.add(
            "CDS", place, locus_tag="LINN_MT001", gene="ND1", product="NADH dehydrogenase subunit 1",
            transl_table="2",
        )  # fmt: skip
        loose, other = Entry("SUPER_1_unloc_1", spacer(400)), Entry("scaffold_7", spacer(350))
        for entry in (loose, other):
            entry.add("source", f"1..{len(entry.letters)}", organism="Parus major", mol_type="genomic DNA")
        self.one, self.mito, self.loose, self.other = one, mito, loose, other
        self.entries = [one, mito, loose, other]
        self.chromosomes: list[str] | None = [
            "SUPER_1\t1\tchromosome", "scaffold_MT\tMIT\tcircular-chromosome\tMitochondrion",
        ]  # fmt: skip
        self.unlocalised: list[str] | None = ["SUPER_1_unloc_1\t1"]
        self.manifest = {
            "STUDY": "PRJEB00000", "SAMPLE": "SAMEA0000000", "ASSEMBLYNAME": "bParMaj1.1",
            "ASSEMBLY_TYPE": "clone or isolate", "COVERAGE": "45", "PROGRAM": "hifiasm 0.19.8",
            "PLATFORM": "PacBio HiFi", "MINGAPLENGTH": "10", "FLATFILE": "a.embl.gz",
        }  # fmt: skip

    @staticmethod
    def _gene(entry: Entry, tag: str, span: str, parts: str, product: str, gene: str = "") -> None:
        named = {"locus_tag": tag, **({"gene": gene} if gene else {})}
        entry.add("gene", span, **named)
        entry.add("mRNA", parts, **named, product=product)
        entry.add("CDS", parts, **named, product=product, transl_table="1")

    def write(self, folder: Path) -> Path:
        """Write all files; the path of the manifest."""
        (folder / "a.embl.gz").write_text("".join(entry.text() for entry in self.entries))
        for key, name, rows in (
            ("CHROMOSOME_LIST", "chromosomes.tsv.gz", self.chromosomes),
            ("UNLOCALISED_LIST", "unlocalised.tsv.gz", self.unlocalised),
        ):
            if rows is not None:
                (folder / name).write_text("\n".join([*rows, ""]))
                self.manifest[key] = name
        manifest = folder / "manifest.txt"
        manifest.write_text("".join(f"{key}\t{value}\n" for key, value in self.manifest.items()))
        return manifest

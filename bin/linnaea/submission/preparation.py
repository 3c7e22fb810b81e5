"""What both writers of a package start from: entries with their genes, lists and locus tags."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from linnaea.annotation.functional_annotation import refuse_bad_prefix
from linnaea.assembly.chromosome_lists import Chromosome
from linnaea.base.errors import InputError
from linnaea.base.text import some
from linnaea.submission import package
from linnaea.submission.entries import Entry
from linnaea.submission.examination import kind_of
from linnaea.submission.findings import Findings
from linnaea.submission.gene_features import Conversion
from linnaea.submission.lists import read_chromosome_list, read_unlocalised_list
from linnaea.submission.locus_tags import LocusTags, read_tagged


def say(lines: Iterable[str]) -> None:
    """Print lines to standard error."""
    for line in lines:
        print(line, file=sys.stderr)


@dataclass
class Prepared:
    """What both writers start from; `retired` are locus tags of an earlier version that no gene has now."""

    entries: Iterator[Entry]
    conversion: Conversion
    chromosomes: list[Chromosome]
    unlocalised: dict[str, str]
    notes: list[str]
    retired: list[str]

    def report(self, tags: str) -> None:
        """Write the table of locus tags, if asked for, and say what was resolved."""
        if tags:
            self.conversion.tags.write(tags, self.retired)
        say([*self.notes, *package.resolution_sentences(self.conversion)])
        say(list(self.conversion.findings.sentences()))
        if self.retired:
            say([f"{len(self.retired)} earlier locus tags are given up ({some(self.retired)})"])


def prepare(
    fasta: str, genes: str, locus_tag: str, earlier: str, source: list[tuple[str, str | None]],
    chromosomes: str, unlocalised: str, code: int, mito_code: int | None, linkage: str, min_gap: int,
    resolve: Sequence[str],
) -> Prepared:  # fmt: skip
    """Entries of a FASTA, as `linnaea submission ena` describes its options; InputError for unusable ones."""
    if genes and not locus_tag:
        raise InputError(
            "genes are given without a locus tag prefix; register one for the study and give --locus-tag"
        )
    if locus_tag:
        refuse_bad_prefix(locus_tag)
    findings = Findings()
    listed = read_chromosome_list(chromosomes, findings) if chromosomes else []
    loose = read_unlocalised_list(unlocalised, listed, findings) if unlocalised else {}
    tags = LocusTags(locus_tag)
    notes: list[str] = []
    retired: list[str] = []
    conversion = Conversion(tags, package.read_actions(resolve), genes or fasta, linkage, min_gap, findings)
    models, spliced = package.genes_of(genes, notes) if genes else ([], {})
    if earlier:
        retired = tags.keep(models, read_tagged(earlier, kind_of(earlier) == "embl"))
    tags.reserve([*models, *(one.gene for listed in spliced.values() for one in listed)])
    entries = package.annotated_entries(
        fasta,
        models,
        conversion,
        source,
        chromosomes={one.sequence: one for one in listed},
        spliced=spliced,
        code=code,
        mito_code=mito_code,
    )
    return Prepared(entries, conversion, listed, loose, notes, retired)

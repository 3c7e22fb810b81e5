"""Locus tags of genes: PREFIX_id, kept where a gene has one, numbered in tens where it has none."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from linnaea.base.errors import InputError
from linnaea.formats.gene_models import Gene

# https://ena-docs.readthedocs.io/en/latest/faq/locus_tags.html
PREFIX = re.compile(r"[A-Z][A-Z0-9]{2,11}")
STEP = 10


def refuse_bad_prefix(prefix: str) -> None:
    """InputError for a prefix that ENA does not register."""
    if not PREFIX.fullmatch(prefix):
        raise InputError(
            f"locus tag prefix {prefix!r} cannot be registered at ENA: it has 3 to 12 capital letters and "
            "digits, a letter first; give the prefix of the study"
        )


@dataclass
class LocusTags:
    """Locus tags of the genes of one annotation; `kept` has those of gene IDs that were decided before.

    Without a prefix only genes that have a tag get one.
    """

    prefix: str = ""
    kept: dict[str, str] = field(default_factory=dict)
    width: int = 6
    used: set[str] = field(default_factory=set)
    next: int = STEP

    def reserve(self, genes: Iterable[Gene]) -> None:
        """Note the tags that genes have, so that no new one is equal; new numbers lie above all of them."""
        genes = list(genes)
        self.width = max(self.width, len(str(STEP * len(genes))))
        self.used.update(filter(None, map(self._own, genes)))
        self.used.update(self.kept.values())
        numbers = [int(number) for tag in self.used if (number := tag.rpartition("_")[2]).isdecimal()]
        self.next = (max(numbers, default=0) // STEP + 1) * STEP

    def _own(self, gene: Gene) -> str:
        tag = self.kept.get(gene.id) or gene.attributes.get("locus_tag", "")
        return tag if not self.prefix or tag.startswith(f"{self.prefix}_") else ""

    def of(self, gene: Gene) -> str:
        """The tag of a gene; "" when it has none and there is no prefix."""
        if tag := self._own(gene):
            return tag
        if not self.prefix:
            return ""
        tag = f"{self.prefix}_{self.next:0{self.width}d}"
        self.next += STEP
        self.used.add(tag)
        return tag

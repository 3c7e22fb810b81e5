"""Chromosomes of a finished assembly under new names, with their AGP and lists."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from linnaea.assembly.chromosome_lists import (
    Chromosome,
    name_faults,
    natural_key,
    read_list,
    write_chromosome_list,
    write_unlocalised_list,
)
from linnaea.assembly.decisions import Decision, apply_decisions, check_conservation, write_decisions
from linnaea.formats.agp import Agp, Component, compose, read_agp, refuse, write_agp, write_objects
from linnaea.formats.sequence_store import SequenceStore


class NamedAssembly:
    """An assembly with the lists of its chromosomes and unlocalised scaffolds, sequence -> name of
    chromosome.

    Raises InputError for names in the lists that the assembly lacks, or that do not begin with `prefix`.
    """

    def __init__(
        self, store: SequenceStore, chromosomes: Path, unlocalised: Path | None, prefix: str = "SUPER_"
    ) -> None:
        self.store = store
        self.lengths = store.lengths
        self.prefix = prefix
        self.chromosomes = read_list(chromosomes)
        self.unlocalised = read_list(unlocalised) if unlocalised else {}
        faults = []
        for path, names in ((chromosomes, self.chromosomes), (unlocalised, self.unlocalised)):
            for sequence, name in names.items():
                if sequence not in self.lengths:
                    faults.append(f"{path}: sequence {sequence} is not in the FASTA; give its own list")
                elif not sequence.startswith(prefix + name):
                    faults.append(
                        f"{path}: sequence {sequence} of chromosome {name} is not named {prefix}{name}; give "
                        "its prefix with --prefix"
                    )
        refuse(faults)

    def renamings(
        self, step: str, names: Mapping[str, str], reasons: Mapping[str, tuple[str, Mapping[str, object]]]
    ) -> Iterator[Decision]:
        """Decisions that give chromosomes, by sequence, new `names`, and their unlocalised scaffolds with
        them.
        """
        new = {self.chromosomes[sequence]: name for sequence, name in names.items()}
        for sequence, old in [*self.chromosomes.items(), *self.unlocalised.items()]:
            if new.get(old, old) != old:
                name = self.prefix + new[old] + sequence.removeprefix(self.prefix + old)
                reason, evidence = reasons.get(sequence, ("unlocalised scaffold of a renamed chromosome", {}))
                evidence = {"name": name, **evidence}
                yield Decision(step, sequence, 0, self.lengths[sequence], "rename", reason, evidence)

    def write(
        self, stem: str, agp: Path, decisions: Sequence[Decision], names: Mapping[str, str]
    ) -> list[str]:
        """Apply decisions, write FASTA, AGP (composed with `agp`), lists and decisions; returns warnings."""
        changed = apply_decisions(self.lengths, decisions)
        check_conservation(self.lengths, changed, decisions)
        final = {
            parts[0].name: name for name, parts in changed.objects.items() if isinstance(parts[0], Component)
        }
        placed = sorted((final[name] for name in (*self.chromosomes, *self.unlocalised)), key=natural_key)
        rest = [name for name in changed.objects if name not in set(placed)]
        changed = Agp({name: changed.objects[name] for name in (*placed, *rest)})
        write_objects(changed, self.store, f"{stem}.fa.gz")
        write_agp(f"{stem}.agp", compose(changed, read_agp(agp)))
        new = {old: names.get(sequence, old) for sequence, old in self.chromosomes.items()}
        chromosomes = [
            Chromosome(final[sequence], new[old])
            for sequence, old in _by_name(self.chromosomes.items(), final)
        ]
        write_chromosome_list(f"{stem}.chromosomes.tsv", chromosomes)
        if self.unlocalised:
            rows = (
                (final[name], new.get(old, old)) for name, old in _by_name(self.unlocalised.items(), final)
            )
            write_unlocalised_list(f"{stem}.unlocalised.tsv", rows)
        write_decisions(f"{stem}.decisions.tsv", decisions)
        return name_faults(chromosomes, ())


def _by_name(rows: Iterable[tuple[str, str]], final: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(rows, key=lambda row: natural_key(final[row[0]]))

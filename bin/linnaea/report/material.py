"""What the report of a genome is made of."""

from collections.abc import Iterable, Mapping, Sequence

from linnaea.base.records import Record
from linnaea.base.tables import Row

TYPES = {"hifi": "PacBio HiFi", "ont": "Oxford Nanopore", "hic": "Hi-C", "illumina": "Illumina"}
TYPE_ORDER = {kind: i for i, kind in enumerate(TYPES)}


class Material:
    """Records of one genome by step, the latest assembly stage, and the per-sequence tables."""

    def __init__(
        self,
        records: Iterable[Record],
        stages: Sequence[str],
        tables: Mapping[tuple[str, str], Sequence[Row]] | None = None,
    ):
        self.records = list(records)
        self.stages = list(stages)
        self.tables = tables or {}

    def of(self, step: str) -> list[Record]:
        """Records of a step, in the order of stages, libraries and haplotypes."""
        return sorted((r for r in self.records if r["step"] == step), key=self._place)

    def first(self, step: str) -> Record | None:
        return next(iter(self.of(step)), None)

    def latest(self, step: str) -> list[Record]:
        """Records of the most advanced stage that has any of this step."""
        found = self.of(step)
        return [r for r in found if r.get("stage") == found[-1].get("stage")]

    def _place(self, record: Record) -> tuple:
        stage = record.get("stage")
        if stage == "annotation":  # after all assemblies
            rank = len(self.stages)
        else:
            rank = self.stages.index(stage) if stage in self.stages else -1
        if "library" in record:
            kind = record.get("type", "")
            return (TYPE_ORDER.get(kind, 9), record["library"], stage != "raw")
        return (rank, record.get("haplotype") or "", record.get("lineage") or "")

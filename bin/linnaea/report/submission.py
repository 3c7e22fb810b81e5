"""The section of the report that says what of a genome can be submitted, and what is missing."""

from linnaea.base.text import bases, number
from linnaea.report.blocks import Block, Cell, Facts, Section, Table, Text
from linnaea.report.material import Material

VERDICTS = ("ready", "waiting", "refused")


def submission_section(material: Material) -> Section | None:
    """Packages with their verdicts, what ENA would refuse in them, and who can supply what is missing."""
    record = material.first("submission")
    if not record or not record.get("packages"):
        return None
    packages = record["packages"]
    count = {word: sum(one["verdict"] == word for one in packages) for word in VERDICTS}
    rows: list[list[Cell | str]] = [
        [
            one["part"],
            one["name"],
            Cell(mark=one["verdict"]),
            number(one["sequences"]),
            bases(one["total_bp"]),
            one["study"] or "–",
            "; ".join(one["remarks"]) or "–",
        ]
        for one in packages
    ]
    blocks: list[Block] = [
        Facts([
            ("packages", f"{count['ready']} ready", f"{count['waiting']} wait, {count['refused']} refused"),
            ("experiments", f"{record['experiments_ready']} ready", f"{record['experiments_waiting']} wait"),
            ("samples", f"{record['samples_ready']} to submit", f"{record['samples_registered']} registered"),
        ]),
        Table(["part", "assembly name", "verdict", "sequences", "size", "study", "note"], rows, "lllrrll",
              wide_last=True),
    ]  # fmt: skip
    refused = [[one["part"], found["sentence"]] for one in packages for found in one["findings"]]
    if refused:
        text = (
            "ENA would refuse or silently change these; no package was left. Correct them, or say what to do."
        )
        blocks += [Text(text, "warning"), Table(["part", "finding"], refused, "ll", wide_last=True)]
    resolved = [[one["part"], line] for one in packages for line in one.get("resolved", ())]
    if resolved:
        title = f"{len(resolved)} classes of gene models were resolved"
        blocks.append(Table(["part", "what was done"], resolved, "ll", title, folded=True, wide_last=True))
    gaps = [[gap["missing"], gap["part"], gap["supplier"], gap["place"]] for gap in record["gaps"]]
    if gaps:
        columns = ["missing", "of", "who can supply it", "where it goes"]
        blocks.append(Table(columns, gaps, "llll", f"{len(gaps)} facts are missing", wide_last=True))
    return Section(
        "submission",
        "Submission",
        "A package is ready if the check finds nothing that ENA would refuse or change, and its manifest is "
        "complete.",
        blocks,
    )

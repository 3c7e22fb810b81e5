"""Decisions and AGPs of all steps, composed and checked."""

import json
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linnaea.assembly.decisions import Decision, apply_decisions, write_decisions
from linnaea.assembly.history import trace_steps, write_history
from linnaea.assembly.kmer_evaluation import STEP_KEYS, evaluate
from linnaea.formats.agp import Agp, Component, identity, join_gap, write_agp, write_objects
from linnaea.formats.sequence_store import stored_sequences


def random_step(draw, lengths, number):
    """A step that removes, masks, splits or joins sequences of `lengths`."""
    name = f"step{number}"
    kind = draw(st.sampled_from(["remove", "mask", "break", "join"]))
    names = list(lengths)
    if kind == "join" and len(names) > 1:
        first, second = names[:2]
        parts = [Component(first, 0, lengths[first]), join_gap(), Component(second, 0, lengths[second], "-")]
        objects = {f"scaffold{number}": parts} | {
            other: [Component(other, 0, lengths[other])] for other in names[2:]
        }
        end = lengths[first]
        return name, Agp(objects), [Decision(name, first, end, end, "join", "Hi-C", {"to": second})]
    if kind == "join":
        return name, identity(lengths), []
    one = draw(st.sampled_from(names))
    start = draw(st.integers(1, max(lengths[one] // 2, 1)))
    end = start if kind == "break" else min(start + 5, lengths[one])
    if lengths[one] < 20 or (kind == "remove" and end >= lengths[one]):
        return name, identity(lengths), []
    decisions = [Decision(name, one, start, end, kind, "test")]
    return name, apply_decisions(lengths, decisions), decisions


@settings(deadline=None)
@given(st.data())
def test_bases_of_random_steps_are_conserved_and_traced(data):
    contigs = {f"c{n}": data.draw(st.integers(20, 200)) for n in range(data.draw(st.integers(1, 4)))}
    lengths, steps = contigs, []
    for number in range(data.draw(st.integers(0, 4))):
        step = random_step(data.draw, lengths, number)
        steps.append(step)
        lengths = step[1].lengths()
    layouts, rows, faults = trace_steps(contigs, steps)
    whole = layouts[-1]
    assert faults == [] and len(layouts) == len(rows) == len(steps) + 1
    assert whole.lengths() == lengths
    lost = sum(row["removed_bp"] + row["masked_bp"] for row in rows)
    assert rows[0]["bases_bp"] == rows[-1]["bases_bp"] + lost == sum(contigs.values())
    used = np.concatenate([np.arange(p.start, p.end) for p in whole.components() if p.name == "c0"] or [[]])
    assert len(np.unique(used)) == len(used) <= contigs["c0"]


def test_a_lost_base_is_named_with_its_step():
    short = Agp({"a": [Component("a", 0, 99)]})
    _, _, faults = trace_steps({"a": 100}, [("screen", short, [])])
    assert len(faults) == 1
    assert "step screen: a: 100 bp in, 99 bp out" in faults[0] and "1 bp are neither" in faults[0]


def test_a_map_of_two_haplotypes_begins_anew():
    contigs = {"a1": 100}
    mixed = Agp({"SUPER_1": [Component("a1", 0, 60), join_gap(), Component("b1", 0, 50)]})
    layouts, rows, faults = trace_steps(contigs, [("curation", mixed, [])])
    assert faults == []
    assert [agp.objects for agp in layouts] == [mixed.objects]
    assert [row["step"] for row in rows] == ["curation"] and rows[0]["bases_bp"] == 110


@pytest.fixture
def steps(tmp_path):
    """Two contigs: the end of one is trimmed, then both are joined."""
    rng = np.random.default_rng(1)
    letters = {n: "".join(rng.choice(list("ACGT"), 300)) for n in ("one", "two")}
    (tmp_path / "contigs.fa").write_text("".join(f">{n}\n{s}\n" for n, s in letters.items()))
    trimmed = [Decision("screen", "one", 0, 50, "trim", "adaptor")]
    first = apply_decisions({"one": 300, "two": 300}, trimmed)
    joined = [Decision("scaffold", "one", 250, 250, "join", "Hi-C", {"to": "two"})]
    second = Agp({"s": [Component("one", 0, 250), join_gap(), Component("two", 0, 300, "-")]})
    source = tmp_path / "contigs.fa"
    for number, (agp, decisions) in enumerate([(first, trimmed), (second, joined)], 1):
        write_agp(tmp_path / f"{number}.agp", agp)
        write_decisions(tmp_path / f"{number}.tsv", decisions)
        with stored_sequences(source) as store:
            write_objects(agp, store, tmp_path / f"{number}.fa")
        source = tmp_path / f"{number}.fa"
    return tmp_path


def options(folder, **more):
    return {
        "id": "x", "haplotype": "primary", "stage": "scaffolded", "contigs": str(folder / "contigs.fa"),
        "assembly": str(folder / "2.fa"), "steps": ["screen", "scaffold"],
        "agps": [str(folder / f"{n}.agp") for n in (1, 2)],
        "tables": [str(folder / f"{n}.tsv") for n in (1, 2)],
        "out": str(folder / "whole.agp"), "decisions": str(folder / "all.tsv"),
        "metrics": str(folder / "history.json"),
    } | more  # fmt: skip


def test_the_final_assembly_is_made_of_the_contigs_by_the_composed_agp(steps):
    gaps = {"sequence": ["s"], "start_bp": [250], "end_bp": [350], "spanning": [4], "clipped": [0]}
    (steps / "depth.json").write_text(json.dumps({"id": "x", "step": "read_depth", "gaps": gaps}))
    write_history(**options(steps), depth=steps / "depth.json")
    from linnaea.formats.agp import read_agp
    from linnaea.formats.sequences import fasta_records

    with stored_sequences(steps / "contigs.fa") as store:
        write_objects(read_agp(steps / "whole.agp", store.lengths), store, steps / "again.fa")
    assert list(fasta_records(steps / "again.fa")) == list(fasta_records(steps / "2.fa"))
    rows = (steps / "all.tsv").read_text().splitlines()
    assert [row.split("\t")[0] for row in rows[1:]] == ["screen", "scaffold"]
    record = json.loads((steps / "history.json").read_text())
    assert [row["step"] for row in record["steps"]] == ["contigs", "screen", "scaffold"]
    assert [row["removed_bp"] for row in record["steps"]] == [0, 50, 0]
    assert record["steps"][-1]["joins"] == 1 and record["steps"][-1]["bases_bp"] == 550
    assert {key: value for key, (value,) in record["joins"].items()} == {
        "sequence": "s", "start_bp": 250, "end_bp": 350, "step": "scaffold", "left": "one", "right": "two",
        "hic_pairs": None, "expected_hic_pairs": None, "spanning_reads": 4, "clipped_reads": 0,
    }  # fmt: skip


def test_another_final_assembly_is_refused(steps):
    with pytest.raises(RuntimeError, match="not those of the last AGP"):
        write_history(**options(steps, assembly=str(steps / "1.fa")))


def wrong_at(letters, places):
    """A copy with another base at each place."""
    changed = list(letters)
    for place in places:
        changed[place] = "ACGT"["TGCA".index(changed[place])]
    return "".join(changed)


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    """Contigs with a stranger, a copy and errors; each step's sequences; k-mers of 30x of reads."""
    folder = tmp_path_factory.mktemp("stages")
    rng = np.random.default_rng(7)
    genome, stranger = ("".join(rng.choice(list("ACGT"), size)) for size in (20_000, 3_000))
    reads = [genome[at : at + 500] for at in rng.integers(0, len(genome) - 500, 1200)]
    (folder / "reads.fa").write_text("".join(f">{n}\n{read}\n" for n, read in enumerate(reads)))
    command = ["kmc", "-k21", "-ci1", "-cs10000", "-fm", "-m2", "-t1", "-hp", folder / "reads.fa"]
    subprocess.run([*command, folder / "reads", folder], check=True, capture_output=True)
    contigs = {
        "a": wrong_at(genome[:9_000], [200, 4_000]), "b": wrong_at(genome[9_000:19_000], [70]),
        "copy": genome[2_000:5_000], "stranger": stranger,
    }  # fmt: skip
    (folder / "contigs.fa").write_text("".join(f">{n}\n{s}\n" for n, s in contigs.items()))
    lengths = {name: len(letters) for name, letters in contigs.items()}
    screen = [Decision("screen", "stranger", 0, 3_000, "remove", "bacterium")]
    purge = [
        Decision("purge", "copy", 0, 3_000, "remove", "haplotig"),
        Decision("purge", "a", 0, 300, "trim", "end"),
    ]
    agps = [apply_decisions(lengths, screen)]
    agps.append(apply_decisions(agps[0].lengths(), purge))
    (first, second) = agps[1].objects
    size = agps[1].lengths()
    agps.append(
        Agp({"s": [Component(first, 0, size[first], "-"), join_gap(), Component(second, 0, size[second])]})
    )
    joined = [Decision("scaffold", first, size[first], size[first], "join", "Hi-C", {"to": second})]
    source = folder / "contigs.fa"
    for number, (agp, decisions) in enumerate(zip(agps, (screen, purge, joined), strict=True), 1):
        write_agp(folder / f"{number}.agp", agp)
        write_decisions(folder / f"{number}.tsv", decisions)
        with stored_sequences(source) as store:
            write_objects(agp, store, folder / f"{number}.fa")
        source = folder / f"{number}.fa"
    return folder


def test_kmers_after_each_step_are_those_of_its_sequences(stages, monkeypatch):
    monkeypatch.chdir(stages)
    files = {
        "assembly": str(stages / "3.fa"), "steps": ["screen", "purge", "scaffold"],
        "agps": [str(stages / f"{n}.agp") for n in (1, 2, 3)],
        "tables": [str(stages / f"{n}.tsv") for n in (1, 2, 3)],
    }  # fmt: skip
    write_history(**options(stages, **files), reads_db=stages / "reads")
    rows = json.loads((stages / "history.json").read_text())["steps"]
    for row, name in zip(rows, ("contigs", "1", "2", "3"), strict=True):
        record, _ = evaluate(stages / "reads", {"x": stages / f"{name}.fa"}, 21, 1, 2)
        (entry,) = record["haplotypes"]
        assert {key: row[key] for key in STEP_KEYS} == {key: entry[key] for key in STEP_KEYS}
    assert [round(row["qv_phred"]) for row in rows[:3]] == sorted(round(row["qv_phred"]) for row in rows[:3])
    assert rows[0]["completeness_pct"] == rows[1]["completeness_pct"] > rows[2]["completeness_pct"]
    assert rows[1]["false_duplication_pct"] > 10 and rows[2]["false_duplication_pct"] == 0
    assert not list(stages.glob("parts.*")) and not list(stages.glob("kmers.*"))


def test_without_read_kmers_steps_have_no_quality(steps):
    write_history(**options(steps))
    rows = json.loads((steps / "history.json").read_text())["steps"]
    assert not set(STEP_KEYS) & rows[0].keys()

"""Reports of FCS-GX and FCS-adaptor carried out on an assembly."""

import json

import numpy as np
import pytest

import contamination as step
from linnaea.assembly.decisions import read_decisions
from linnaea.base.errors import run
from linnaea.formats.sequences import fasta_records
from linnaea.simulate.sequence import decode, random_sequence

LENGTHS = {"host": 60_000, "other": 40_000, "bacterium": 2_000, "chimera": 20_000, "tiny": 700}
GX = '##[["FCS genome report",2,1],{"git-rev":"x"}]\n#seq_id\tstart_pos\tend_pos\tseq_len\taction\tdiv\n'


def gx_row(name, start, end, action, size=None):
    size = size or LENGTHS.get(name, 1)
    return f"{name}\t{start}\t{end}\t{size}\t{action}\tprok:g-proteobacteria\t90\tEscherichia coli\n"


def adaptor_row(name, place, action="ACTION_TRIM"):
    return f"{name}\t{LENGTHS[name]}\t{action}\t{place}\tCONTAMINATION_SOURCE_TYPE_ADAPTOR:NGB1.1:Primer\n"


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(1)
    letters = {name: decode(random_sequence(rng, size, 0.4)) for name, size in LENGTHS.items()}
    text = b"".join(b">%b\n%b\n" % (name.encode(), one) for name, one in letters.items())
    (tmp_path / "assembly.fa").write_bytes(text)
    return tmp_path


def cleaned(folder, gx=(), adaptors=(), *options):
    """Run the step on rows of reports; returns its record, decisions and sequences."""
    (folder / "gx.txt").write_text(GX + "".join(gx))
    (folder / "adaptors.txt").write_text("#accession\tlength\taction\trange\tname\n" + "".join(adaptors))
    paths = {"assembly": "assembly.fa", "out": "out.fa", "removed": "removed.fa.gz", "agp": "out.agp"}
    paths |= {"decisions": "decisions.tsv", "metrics": "record.json"}
    words = [word for name, path in paths.items() for word in (f"--{name}", str(folder / path))]
    words += ["--reports", str(folder / "gx.txt"), str(folder / "adaptors.txt"), *map(str, options)]
    assert step.main(["--id", "x", "--haplotype", "primary", *words]) == 0
    record = json.loads((folder / "record.json").read_text())
    assert record["bases_in_bp"] == sum(LENGTHS.values()) == record["bases_out_bp"] + record["removed_bp"]
    return record, read_decisions(folder / "decisions.tsv"), dict(fasta_records(folder / "out.fa"))


TIARA = "sequence_id\tclass_fst_stage\tclass_snd_stage\n"


def test_tiara_is_evidence_and_asks_for_a_look_where_no_report_speaks(folder):
    rows = [
        "bacterium first\tbacteria\tn/a",
        "other\tprokarya\tn/a",
        "host\teukarya\tn/a",
        "tiny\torganelle\tplastid",
    ]
    (folder / "tiara.txt").write_text(TIARA + "".join(f"{row}\n" for row in rows))
    gx = [gx_row("bacterium", 1, 2_000, "EXCLUDE")]
    adaptors = [adaptor_row("other", "1..60")]
    record, decisions, after = cleaned(folder, gx, adaptors, "--tiara", folder / "tiara.txt")
    assert [(one.sequence, one.action, one.tool, one.evidence["tiara"]) for one in decisions] == [
        ("bacterium", "remove", "FCS-GX", "bacteria"),
        ("other", "trim", "FCS-adaptor", "prokarya"),
        ("other", "review", "Tiara", "prokarya"),
    ]
    assert after.keys() == LENGTHS.keys() - {"bacterium"} and record["reviews"] == 1


def test_rows_on_contigs_that_an_earlier_step_removed_are_left_out(folder, capsys):
    whole = (folder / "assembly.fa").read_bytes()
    (folder / "entered.fa").write_bytes(whole + b">mitochondrion\n" + b"ACGT" * 100 + b"\n")
    gx = [
        "mitochondrion\t1\t400\t400\tEXCLUDE\tprok:x\t90\tE. coli\n",
        gx_row("bacterium", 1, 2_000, "EXCLUDE"),
    ]
    _, decisions, _ = cleaned(folder, gx, (), "--entered", folder / "entered.fa")
    assert [one.sequence for one in decisions] == ["bacterium"]
    assert run(lambda: cleaned(folder, gx)) == 1
    assert "gx.txt, line 3: sequence mitochondrion is not in the assembly" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TIARA + "strange\tbacteria\tn/a\n", "line 2: sequence strange is not in the assembly"),
        (TIARA + "host\tfungi\tn/a\n", "line 2: class 'fungi' is not one of"),
        ("host\tbacteria\n", "not the output of Tiara"),
    ],
)
def test_the_output_of_tiara_on_another_assembly_is_refused(folder, capsys, text, words):
    (folder / "tiara.txt").write_text(text)
    assert run(lambda: cleaned(folder, (), (), "--tiara", folder / "tiara.txt")) == 1
    assert words in capsys.readouterr().err


def test_every_action_is_carried_out_as_it_is_meant(folder):
    before = dict(fasta_records(folder / "assembly.fa"))
    gx = [
        gx_row("bacterium", 1, 2_000, "EXCLUDE"),
        gx_row("chimera", 1, 500, "TRIM"),
        gx_row("chimera", 9_001, 9_100, "SPLIT"),
        gx_row("other", 101, 200, "FIX"),
        gx_row("other", 30_001, 31_000, "REVIEW"),
    ]
    adaptors = [
        adaptor_row("host", "59951..60000"),
        adaptor_row("host", "1001..1045"),
        adaptor_row("tiny", "1..600"),
    ]
    record, decisions, after = cleaned(folder, gx, adaptors)
    host = before["host"]
    assert after["host"] == host[:1_000] + b"N" * 45 + host[1_045:59_950]
    assert after["other"] == before["other"][:100] + b"N" * 100 + before["other"][200:]
    assert after["chimera_1"] == before["chimera"][500:9_000]
    assert after["chimera_2"] == before["chimera"][9_100:]
    assert after.keys() == {"host", "other", "chimera_1", "chimera_2"}
    removed = dict(fasta_records(folder / "removed.fa.gz"))
    assert removed["bacterium"] == before["bacterium"] and removed["tiny"] == before["tiny"]
    assert removed["chimera:9001-9100"] == before["chimera"][9_000:9_100]
    assert [one.sequence for one in decisions if one.action == "review"] == ["other"]
    assert record["removed_by_tool_bp"] == {"FCS-GX": 2_700, "FCS-adaptor": 50 + 45 + 700}
    assert record["masked_bp"] == 145 and record["warnings"] == ["a person should look at other"]
    _, _, split = cleaned(folder, gx, adaptors, "--inside", "split")
    assert split["host_1"] == host[:1_000] and split["host_2"] == host[1_045:59_950]


def test_calls_of_two_reports_that_overlap_remove_their_union(folder):
    gx = [gx_row("chimera", 1, 300, "TRIM"), gx_row("bacterium", 1, 2_000, "EXCLUDE")]
    adaptors = [adaptor_row("chimera", "281..340"), adaptor_row("bacterium", "1..40")]
    record, decisions, after = cleaned(folder, gx, adaptors)
    assert after["chimera"] == b"N" * 40 + dict(fasta_records(folder / "assembly.fa"))["chimera"][340:]
    assert record["removed_bp"] == 2_300
    assert [one.action for one in decisions if one.sequence == "bacterium"] == ["remove"]


def test_a_large_removal_waits_for_a_person(folder, capsys):
    gx = [gx_row("other", 1, 40_000, "EXCLUDE")]
    assert run(lambda: cleaned(folder, gx)) == 1
    message = capsys.readouterr().err
    assert "x primary: 32.6 % of the assembly would be removed (alarm: 3 %)" in message
    assert not (folder / "out.fa").exists()
    (folder / "keep.txt").write_text("other\n")
    record, decisions, _ = cleaned(folder, gx, (), "--keep", folder / "keep.txt")
    assert record["removed_bp"] == 0 and decisions[0].decided_by == "person"
    record, _, after = cleaned(folder, gx, (), "--confirmed")
    assert record["removed_bp"] == 40_000 and "other" not in after and len(record["warnings"]) == 1


def test_all_faults_of_a_report_are_named_at_once(folder, capsys):
    gx = [
        gx_row("host", 1, 60_000, "EXCLUDE", size=59_999),
        gx_row("absent", 1, 1, "EXCLUDE"),
        gx_row("host", 1, 600, "EXCLUDE"),
        gx_row("host", 100, 600, "TRIM"),
        gx_row("host", 1, 600, "FIX"),
        gx_row("host", 1, 60_000, "DELETE"),
        "host\t1\n",
    ]
    assert run(lambda: cleaned(folder, gx)) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(gx) + 1 and all("gx.txt, line " in line for line in lines[: len(gx)])
    assert "host has 59,999 bp here and 60,000 bp in the assembly" in lines[0]
    assert "absent is not in the assembly" in lines[1]
    assert "it must touch one end" in lines[3]
    (folder / "taxonomy.txt").write_text("#seq-id\tlen\n")
    assert run(lambda: cleaned(folder, (), (), "--reports", folder / "taxonomy.txt")) == 1
    assert "taxonomy.txt: not an action report" in capsys.readouterr().err


def test_clean_reports_change_nothing(folder):
    record, decisions, after = cleaned(folder)
    assert record["removed_bp"] == 0 and not decisions
    assert after == dict(fasta_records(folder / "assembly.fa"))

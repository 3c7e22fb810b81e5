"""Every column of a published table and every key of a record is described."""

import ast
import importlib
import json

from linnaea.base.paths import ROOT
from linnaea.catalogue.columns import RECORDS, key_paths, known_columns, undescribed
from linnaea.catalogue.floors import PACKAGE
from linnaea.catalogue.outputs import known_outputs

# Written by the tools and by Nextflow, and documented there.
OF_OTHERS = (
    "trace.tsv", "busco_table.tsv", "fastp.json", "cutadapt.json", "config.json", "higlass.json",
    "ro-crate-metadata.json",
)  # fmt: skip
# Of scripts that no pipeline calls yet.
OF_TABLES = (
    "decisions", "ear_difference", "ear_missing", "foreign_contigs", "homologues", "sex_chromosomes",
)  # fmt: skip
OF_RECORDS = (
    "curation", "foreign_contigs", "homologues", "organelle", "organelle_copies", "sex_chromosomes",
)  # fmt: skip
OF_SCRIPTS = {f"{name}.tsv" for name in OF_TABLES} | {f"{name}.json" for name in OF_RECORDS}
# Rooms that write no published table.
NO_RESULTS = {"input", "publication", "simulate", "truth"}
# Records of steps that are not published.
INTERNAL = {"locus_pictures", "beagle_likelihoods", "population_truth"}
# Constants that are not the header of a published table.
NOT_PUBLISHED = {"HIT_COLUMNS", "FIXED_COLUMNS", "READ_COLUMNS", "SAMPLE_COLUMNS"}
NAMES = {name.split(".")[-1] for column in known_columns() for name in column.names}


def test_every_published_table_and_record_has_described_columns():
    columns = known_columns()
    files = {output.pattern.split("/")[-1].replace("<id>", "x") for output in known_outputs()}
    files = {name for name in files if name.endswith((".tsv", ".json")) and not name.endswith(OF_OTHERS)}
    own = [column for column in columns if column.files != (RECORDS,)]
    assert sorted(name for name in files if not any(column.of(name) for column in own)) == []
    assert len(files) > 60
    files |= {"trimming.json", "tracks/config.json"} | OF_SCRIPTS
    dead = [known for column in own for known in column.files if not any(_ends(f, known) for f in files)]
    assert dead == []


def _ends(file, known):
    return f".{file}".endswith(f".{known}")


def test_every_header_in_the_package_is_described():
    lacking = []
    for path in sorted(PACKAGE.glob("**/*.py")):
        parts = path.relative_to(ROOT / "bin").with_suffix("").parts
        if "COLUMNS" not in path.read_text() or parts[1] in NO_RESULTS:
            continue
        module = importlib.import_module(".".join(parts))
        for constant in sorted(vars(module).keys() - NOT_PUBLISHED):
            if constant.endswith("COLUMNS"):
                lacking += [f"{path.name}: {name}" for name in vars(module)[constant] if name not in NAMES]
    assert lacking == []


def test_keys_of_records_that_the_code_writes_are_described():
    lacking = []
    for path in sorted(ROOT.glob("bin/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Dict):
                pairs = [(key.value, value) for key, value in zip(node.keys, node.values, strict=True)
                         if isinstance(key, ast.Constant)]  # fmt: skip
                step = dict(pairs).get("step")
                if isinstance(step, ast.Constant) and step.value not in INTERNAL:
                    lacking += [f"{path.name}: {key}" for key, _ in pairs if key not in NAMES]
    assert lacking == []


def test_a_column_and_a_key_without_a_description_are_named(tmp_path):
    (tmp_path / "diversity.tsv").write_text("group\tpi_per_bp\tnew_column\n")
    (tmp_path / "x.depth.json").write_text(json.dumps({"id": "x", "step": "sample_depth", "a": {"b": 1}}))
    (tmp_path / "other.json").write_text(json.dumps({"not": "a record"}))
    assert undescribed(tmp_path) == ["depth.json: a", "depth.json: a.b", "diversity.tsv: new_column"]


def test_paths_of_keys_go_through_lists_and_names_with_dots():
    record = {"a": [{"b": 1}, {"c": 2}], "groups": {"north.historical": {"n": 3}}, "d": [1, 2]}
    paths = ["a", "a.b", "a.c", "groups", "groups.north_historical", "groups.north_historical.n", "d"]
    assert list(key_paths(record)) == paths

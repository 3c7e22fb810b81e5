import ast

import pytest

from linnaea.base.errors import InputError
from linnaea.base.paths import ROOT
from linnaea.base.tables import read_table, read_unfinished_table, write_table

COLUMNS = ("name", "product", "length_bp")


def test_cells_with_quotes_come_back_as_they_were_written(tmp_path):
    path = tmp_path / "t.tsv"
    rows = [("g1", '"open', 3), ("g2", '4"-phosphatase "x"', 6), ("g3", "", 9)]
    write_table(path, COLUMNS, rows)
    assert [tuple(row.values()) for row in read_table(path)] == [(a, b, str(c)) for a, b, c in rows]
    assert '4"-phosphatase "x"' in path.read_text()


def test_tabs_and_line_ends_in_a_cell_make_neither_column_nor_row(tmp_path):
    path = tmp_path / "t.tsv"
    write_table(path, COLUMNS, [("g\t1", "a\r\nb\n", None)])
    assert read_table(path) == [{"name": "g 1", "product": "a b", "length_bp": "NA"}]


def test_a_row_of_the_wrong_length_is_a_fault_with_its_line(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("name\tproduct\tlength_bp\ng1\tx\t3\n\ng2\tx\n")
    with pytest.raises(InputError, match=r"t\.tsv, line 4: 2 values for 3 columns"):
        read_table(path)
    path.write_text("name\tproduct\tlength_bp\ng1\tx\t3\tmore\n")
    with pytest.raises(InputError, match="line 2: 4 values"):
        read_table(path)


def test_a_table_without_a_needed_column_or_file_is_a_fault(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("name\tproduct\n")
    with pytest.raises(InputError, match="no column length_bp"):
        read_table(path, COLUMNS)
    with pytest.raises(InputError, match="does not exist"):
        read_table(tmp_path / "none.tsv")


def test_the_empty_table_of_a_stub_run_has_no_rows(tmp_path):
    (tmp_path / "t.tsv").touch()
    assert read_table(tmp_path / "t.tsv", COLUMNS) == []


def test_a_table_under_way_is_read_as_far_as_it_goes(tmp_path):
    path = tmp_path / "trace.tsv"
    assert read_unfinished_table(path) == read_unfinished_table(None) == []
    path.write_bytes(b"hash\tstatus\n\0\0a\tCOMPLETED\tmore\nb\xff")
    assert read_unfinished_table(path) == [
        {"hash": "a", "status": "COMPLETED"},
        {"hash": "b\N{REPLACEMENT CHARACTER}", "status": ""},
    ]


def test_tab_separated_tables_have_one_reader():
    """`csv` is for comma-separated files of users and other programs, where quotes mean something."""
    package = ROOT / "bin" / "linnaea"
    users = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import) and any(name.name == "csv" for name in node.names)
    }
    assert users == {
        "input/sample_sheet.py",
        "formats/tool_metrics.py",
        "population/pedigree.py",
        "submission/samples.py",
    }

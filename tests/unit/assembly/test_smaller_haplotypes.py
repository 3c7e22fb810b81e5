from linnaea.assembly.smaller_haplotypes import smaller_haplotypes
from smaller_haplotypes import main

TAGS = """\
#readname\thaplotype\tphaseset\tchromosome
a1\tH1\t7\tctg1
a2\tH1\t7\tctg1
a3\tH2\t7\tctg1
b1\tH1\t7\tctg2
b2\tH2\t7\tctg2
b3\tH2\t7\tctg2
c1\tH1\t90\tctg1
c2\tH2\t90\tctg1
d1\tnone\tnone\tctg1
"""


def test_each_block_keeps_its_larger_haplotype_and_all_untagged_reads(tmp_path, capsys):
    (tmp_path / "tags.tsv").write_text(TAGS)
    assert main([str(tmp_path / "tags.tsv")]) == 0
    assert capsys.readouterr().out.split() == ["a3", "b1", "c2"]


def test_nothing_is_left_out_without_phase():
    assert list(smaller_haplotypes([])) == []

from linnaea.run.tool_options import bcftools, java, samtools, samtools_sort


def test_threads_are_those_beside_the_first():
    assert (samtools(16), samtools(1)) == ("-@ 15", "")
    assert (bcftools(8), bcftools(1)) == ("--threads 7", "")


def test_heap_leaves_room_beside_it():
    assert java(8192).split() == ["-Xmx6553M", "-Djava.io.tmpdir=."]


def test_sort_shares_its_part_of_the_memory():
    assert samtools_sort(16, 32768, 0.5) == "-@ 15 -m 1024M"
    assert samtools_sort(1, 4096, 0.25) == "-m 1024M"
    assert samtools_sort(32, 1024, 0.33).endswith("-m 64M")
    assert samtools_sort(2, 100_000, 0.8).endswith("-m 2048M")

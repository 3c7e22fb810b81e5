import re

from linnaea.catalogue.resources import CONFIG, ROOT, input_dependent, nextflow_config, processes


def test_config_is_up_to_date():
    assert CONFIG.read_text() == nextflow_config()


def test_table_has_every_process_of_the_modules():
    text = "".join(path.read_text() for path in (ROOT / "modules").rglob("*.nf"))
    text += "".join(path.read_text() for path in (ROOT / "workflows").rglob("*.nf"))
    made = set(re.findall(r"^process (\w+)", text, re.M)) | set(
        re.findall(r"[A-Z0-9_]+ as ([A-Z0-9_]+)", text)
    )
    assert set(processes()) == made


def test_every_process_that_is_waited_for_exists():
    for process in processes().values():
        for use in process.uses:
            assert {name for name, _ in use.after or ()} <= set(processes())


def test_time_grows_after_the_time_limit_and_memory_after_all_else():
    directives = [line.strip() for line in nextflow_config().splitlines()]
    memory = [line for line in directives if line.startswith("memory")]
    time = [line for line in directives if line.startswith("time")]
    assert len(memory) == len(time) > 20
    assert all("task.previousTrace.memory * (task.exitStatus == 140 ? 1 : 2)" in line for line in memory)
    assert all("task.previousTrace.time * (task.exitStatus == 140 ? 2 : 1)" in line for line in time)


def test_no_task_asks_for_more_than_three_days():
    assert max(process.asks["hours"] for process in processes().values()) <= 72


def test_processes_with_memory_by_their_data_are_known():
    found = input_dependent()
    assert "HIFIASM" in found and "SAMPLE_DEPTH" not in found


def test_costs_are_numbers_and_name_their_source():
    sources = set(re.findall(r"^#   (\w+) +", (ROOT / "conf" / "resources.yml").read_text(), re.M))
    for process in processes().values():
        assert process.cost["from"] in sources
        assert isinstance(process.cost.get("per", 0), int | float)

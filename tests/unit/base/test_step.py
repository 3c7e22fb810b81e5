"""Options of a command line from the signature and the docstring of a function."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pytest

from linnaea.base.errors import InputError
from linnaea.base.step import step


class Calls(list):
    """What a function was called with."""

    def function(
        self,
        first: Path,
        rest: Sequence[int] = (),
        /,
        *,
        min_sites: int,
        kind: Literal["a", "b"] = "a",
        names: Sequence[str] = (),
        share: float | None = None,
        limits: tuple[float, float] = (0.2, 0.8),
        all_sites: bool = False,
    ) -> None:
        """Does it.

        In one pass.

        first: file to read
        min_sites: fewest sites of a pair, 5 % of them
            or more
        """
        self.append(locals().copy())
        self[-1].pop("self")


@pytest.fixture
def calls():
    return Calls()


def test_words_become_values_of_the_types(calls):
    main = step(calls.function)
    options = "in.txt 1 2 --min-sites 3 --kind b --names x y --names z --share 0.5 --limits 0 1 --all-sites"
    assert main(options.split()) == 0
    assert calls == [
        {
            "first": Path("in.txt"), "rest": [1, 2], "min_sites": 3, "kind": "b", "names": ["x", "y", "z"],
            "share": 0.5, "limits": (0.0, 1.0), "all_sites": True,
        }
    ]  # fmt: skip


def test_defaults_are_those_of_the_function(calls):
    step(calls.function)(["in.txt", "--min-sites", "3"])
    assert calls == [
        {
            "first": Path("in.txt"), "rest": (), "min_sites": 3, "kind": "a", "names": (),
            "share": None, "limits": (0.2, 0.8), "all_sites": False,
        }
    ]  # fmt: skip


def test_a_list_may_be_empty_unless_it_is_required():
    def optional(*, names: Sequence[str] = ("a",)) -> int:
        return len(names)

    def required(*, names: Sequence[str]) -> int:
        return len(names)

    assert step(optional)(["--names"]) == 0
    assert step(optional)([]) == 1
    with pytest.raises(SystemExit):
        step(required)(["--names"])
    with pytest.raises(SystemExit):
        step(required)([])


@pytest.mark.parametrize(
    "words", [[], ["x"], ["x", "--min-sites", "y"], ["x", "--min-sites", "1", "--kind", "c"]]
)
def test_wrong_words_end_with_the_usage(words, calls, capsys):
    with pytest.raises(SystemExit) as end:
        step(calls.function)(words)
    assert end.value.code == 2
    assert "--min-sites MIN_SITES" in capsys.readouterr().err
    assert not calls


def test_help_is_that_of_the_docstring(calls, capsys):
    with pytest.raises(SystemExit):
        step(calls.function)(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "Does it. In one pass." in text
    assert "file to read" in text
    assert "fewest sites of a pair, 5 % of them or more" in text
    assert "(default: (0.2, 0.8))" in text
    assert "first:" not in text


def test_the_first_word_chooses_an_action(capsys):
    def sort(*, cpus: int = 1) -> int:
        """Options of sort."""
        return cpus

    def view(name: str, /) -> None:
        """Options of view."""
        print(name)

    main = step(view=view, sort_all=sort)
    assert main(["sort-all", "--cpus", "4"]) == 4
    assert main(["view", "x"]) == 0
    assert capsys.readouterr().out == "x\n"
    with pytest.raises(SystemExit):
        main([])
    with pytest.raises(SystemExit):
        main(["sort-all", "x"])


def test_faults_of_the_input_reach_the_caller():
    def refuse() -> None:
        raise InputError("x.txt is empty")

    with pytest.raises(InputError, match=r"x\.txt is empty"):
        step(refuse)([])

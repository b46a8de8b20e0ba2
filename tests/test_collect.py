"""tools/collect.py: which exercises of returned notebooks are right, as they are and run anew."""

import json
import sys

import collect
import pytest

HEAD = "from nnlib.exercises import check\n"
NO, YES = "not yet. Look.\n", "right. Yes.\n"


def code(source, printed="", *tags, error=False):
    outputs = [{"output_type": "stream", "name": "stdout", "text": printed}] if printed else []
    outputs += [{"output_type": "error", "ename": "E", "evalue": "", "traceback": []}] if error else []
    cell = {"cell_type": "code", "id": f"cell-{len(source)}", "metadata": {"tags": list(tags)}, "source": source}
    return cell | {"outputs": outputs, "execution_count": 1}


def notebook(*cells):
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([code('check("3.1", x)', "4\nright. Yes.\n")], {"3.1": "right"}),
        ([code('check("3.1", x)', "not yet. Look.\n")], {"3.1": "not yet"}),
        ([code('check("3.1", x)', error=True)], {"3.1": "error"}),
        ([code('check("3.1", x)')], {"3.1": "not run"}),
        ([code('check("3.1", x)', "all right.\n")], {"3.1": "not run"}),
        ([code("check('3.1', x)", NO), code('check("3.1", y)', YES)], {"3.1": "right"}),
        ([code('check("3.1", x)', NO), code('check("3.1", x)', YES, "solution")], {"3.1": "not yet"}),
        ([code('print("right.")', "right.\n")], {}),
        ([{"cell_type": "markdown", "metadata": {}, "source": 'check("3.1")'}], {}),
    ],
)
def test_a_cell_is_judged_by_what_its_check_printed(cells, expected):
    assert collect.verdicts(notebook(*cells)) == expected


def collected(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["collect.py", *map(str, arguments)])
    collect.main()
    return capsys.readouterr().out.splitlines()


def test_the_table_has_a_row_a_notebook_and_a_column_an_exercise(tmp_path, monkeypatch, capsys):
    ada = notebook(code('check("3.1", x)', "right. Yes.\n"), code('check("3.10", x)', "not yet. No.\n"))
    for name, nb in {"ada": ada, "bob": notebook(code('check("3.2", x)'))}.items():
        (tmp_path / f"{name}.ipynb").write_text(json.dumps(nb), encoding="utf-8")
    (tmp_path / "torn.ipynb").write_text("{", encoding="utf-8")
    torn, *lines = collected(monkeypatch, capsys, tmp_path)
    assert "torn.ipynb is no notebook that can be read" in torn
    assert [line.split() for line in lines] == [
        ["3.1", "3.2", "3.10", "right"],
        ["ada.ipynb", "right", ".", "not", "yet", "1", "of", "3"],
        ["bob.ipynb", ".", "not", "run", ".", "0", "of", "3"],
    ]


def test_notebooks_are_taken_from_the_homes_of_a_hub_and_not_the_copies_that_jupyter_hides(
    tmp_path, monkeypatch, capsys
):
    nb = json.dumps(notebook(code('check("3.1", x)', YES)))
    for name in ("ada/03.ipynb", "ada/.ipynb_checkpoints/03-checkpoint.ipynb", "ada/04.ipynb", "bob/03.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(nb, encoding="utf-8")
    of_all = collected(monkeypatch, capsys, tmp_path)[1:]
    of_one_chapter = collected(monkeypatch, capsys, tmp_path / "ada" / "03.ipynb", tmp_path / "bob" / "03.ipynb")[1:]
    assert [line.split()[0] for line in of_all] == ["ada/03.ipynb", "ada/04.ipynb", "bob/03.ipynb"]
    assert [line.split()[0] for line in of_one_chapter] == ["ada/03.ipynb", "bob/03.ipynb"]
    missing, line = collected(monkeypatch, capsys, tmp_path / "eve.ipynb", tmp_path / "ada" / "03.ipynb")[::2]
    assert "eve.ipynb is no notebook that can be read: FileNotFoundError" in missing
    assert line.split()[0] == "ada/03.ipynb"


def test_an_empty_folder_is_told(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit, match="expected notebooks"):
        collected(monkeypatch, capsys, tmp_path)


def test_run_anew_a_forged_output_is_found_and_a_solution_does_not_help(tmp_path, monkeypatch, capsys):
    shapes = "four_shapes = [(5, 2), (5,), (), (5, 3)]\n"
    returned = notebook(
        code(HEAD + "four_shapes = ..."),
        code(shapes + 'check("3.1", four_shapes)', "right. Yes.\n", "solution"),
        code('check("3.1", four_shapes)', "right. Forged.\n"),
        code("1 / 0"),
        code('check("3.2", lambda A, B: A @ B)'),
        code("check('3.4', nowhere)", "right. Forged.\n"),
    )
    (tmp_path / "bob.ipynb").write_text(json.dumps(returned), encoding="utf-8")
    as_it_is, anew = collected(monkeypatch, capsys, tmp_path)[1], collected(monkeypatch, capsys, "--run", tmp_path)[1]
    assert as_it_is.split() == "bob.ipynb right not run right 2 of 3".split()
    assert anew.split() == "bob.ipynb not yet right error 1 of 3".split()

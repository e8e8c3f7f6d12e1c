"""Our numbers beside the published ones, from the files of a sweep."""

import json

from hadronlab.sweeps.comparison import comparison, print_comparison


def job(folder, name, quarks, spin, observables, task="vmc"):
    (folder / ".hydra").mkdir(parents=True)
    factory = "hadronlab.systems.quarks.quark_system"
    system = f"{{_target_: {factory}, name: {name}, quarks: {quarks}, spin: {spin}, isospin: 0}}"
    (folder / "config.yaml").write_text(f"system: {system}\n")
    result = {"system": name, "task": task, "seed": 1, "observables": observables}
    (folder / "result.json").write_text(json.dumps(result))


def test_rows_of_bound_and_unbound_systems(tmp_path, capsys):
    energy = {"value": 3863.2, "error": 0.1, "unit": "MeV"}
    binding = {"value": 15.3, "error": 0.1, "unit": "MeV"}
    bound = {
        "energy": energy,
        "threshold": {"value": 3878.5, "unit": "MeV", "name": "D D*"},
        "binding_energy": binding,
    }
    job(tmp_path / "0", "tcc", "c c u~ d~", 1, bound)
    job(
        tmp_path / "1",
        "t4c",
        "c c c~ c~",
        0,
        {"energy": energy, "threshold": {"value": 6010.5, "unit": "MeV"}},
    )
    job(tmp_path / "2", "omega", "c c u~ d~", 1, bound, task="inverse")
    (tmp_path / "3" / ".hydra").mkdir(parents=True)
    (tmp_path / "3" / "result.json").write_text("{torn")
    rows = comparison(tmp_path)
    assert rows[0] == ("tcc (seed 1)", "energy [MeV]", "3863.20(10)", "", "3863.097(30)")
    assert rows[1][:3] == ("tcc (seed 1)", "threshold D D* [MeV]", "3878.5")
    assert rows[2] == ("tcc (seed 1)", "binding_energy [MeV]", "15.30(10)", "15", "15.411(30)")
    assert rows[5][:3] == ("t4c (seed 1)", "binding_energy [MeV]", "no bound state") and len(rows) == 6
    print_comparison(tmp_path)
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("hadronlab", "tcc (seed 1)", "binding_energy [MeV]", "15.411(30)"))


def test_nothing_is_printed_for_the_inverse_problem(tmp_path, capsys):
    print_comparison(tmp_path)
    assert capsys.readouterr().out == ""


def test_jobs_of_one_system_and_seed_are_told_apart(tmp_path):
    for number in "01":
        job(
            tmp_path / number,
            "tcc",
            "c c u~ d~",
            1,
            {"energy": {"value": 3863.2, "error": 0.1, "unit": "MeV"}},
        )
    titles = [row[0] for row in comparison(tmp_path)]
    assert titles == ["tcc (seed 1), job 0", "tcc (seed 1), job 1"]

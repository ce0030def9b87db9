"""The doctor finds what is wrong, says what to do, and keeps quiet otherwise."""

from __future__ import annotations

import socket
import sys
from collections import namedtuple

import psutil
import pytest

from engine.commands import doctor
from engine.commands.doctor import State
from engine.commands.doctor_speed import check_speeds
from engine.commands.exit_codes import ExitCode
from engine.errors import EngineError, ErrorCode
from engine.models import catalogue, measuring
from engine.models.speeds import read_speeds
from tests.bundles import change_manifest, make_tiny_bundle

Usage = namedtuple("Usage", "free")
Memory = namedtuple("Memory", "available")


@pytest.fixture
def free_port():
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_every_row_has_a_name_a_state_and_advice_when_it_is_not_ok(punchin):
    """The table and the JSON say the same; only failing rows fail the command."""
    ended, plain = punchin("doctor", "--json"), punchin("doctor")
    rows = ended.value["rows"]
    failing = [row["name"] for row in rows if row["state"] == "fail"]

    looked_at = {row["name"] for row in rows}

    assert {"python", "numpy", "onnxruntime", "devices", "embedded model", "engine", "port"} <= looked_at
    assert {"state folder", "takes folder", "temporary folder", "disk", "memory"} <= looked_at
    assert all(row["detail"] and (row["state"] == "ok" or row["advice"].endswith(".")) for row in rows)
    assert (not failing) == ended.value["ok"]
    assert (ExitCode.CHECK if failing else ExitCode.OK) == ended.code == plain.code
    assert [row["name"] for row in rows] == [
        line[6:].partition("  ")[0] for line in plain.out.splitlines() if line[0] != " "
    ]


def test_a_package_that_is_missing_fails():
    """With the command that installs it."""
    (row,) = doctor.check_packages(["no-such-package"])

    assert (State.FAIL, "Install it: python -m pip install no-such-package.") == (row.state, row.advice)


def test_packages_are_those_of_the_project():
    """Nothing the engine needs is left out."""
    from importlib import resources
    from pathlib import Path
    from tomllib import loads

    text = (Path(str(resources.files("engine"))).parent / "pyproject.toml").read_text(encoding="utf-8")
    needed = {name.partition(">")[0] for name in loads(text)["project"]["dependencies"]}

    assert needed == set(doctor.PACKAGES)


def test_a_free_port_is_ok_and_a_taken_one_warns(home, free_port):
    """Both UDP and TCP are tried."""
    before = doctor.check_port(free_port).state
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as somebody:
        somebody.bind(("127.0.0.1", free_port))
        after = doctor.check_port(free_port)

    assert (State.OK, State.WARN, True) == (before, after.state, "--port" in after.advice)
    assert home.state.exists()


def test_a_running_engine_is_described_and_a_sick_one_fails(fake):
    """None at all is fine, because render starts one."""
    healthy = doctor.check_engine(fake.connect)
    fake.running = False
    absent = doctor.check_engine(fake.connect)
    fake.refusal = EngineError(ErrorCode.NOT_ALLOWED, "It wants a token.")
    sick = doctor.check_engine(fake.connect)

    assert [State.OK, State.OK, State.FAIL] == [healthy.state, absent.state, sick.state]
    assert ("process 7, worker ready, 400 MB", "It wants a token.") == (healthy.detail, sick.detail)


def test_a_folder_that_can_not_be_written_fails(tmp_path, monkeypatch):
    """A folder that is still to be made is judged by where it would be."""
    fine = doctor.check_folder("takes folder", tmp_path / "not" / "yet")

    def refuse(**_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    bad = doctor.check_folder("takes folder", tmp_path / "not" / "yet")

    assert [State.OK, State.FAIL] == [fine.state, bad.state]
    assert (False, True) == ((tmp_path / "not").exists(), str(tmp_path) in bad.advice)


@pytest.mark.parametrize(
    ("free", "state"), [(10**12, State.OK), (10**9, State.WARN), (10**8, State.FAIL), (0, State.FAIL)]
)
def test_a_full_disk_is_noticed_before_a_take_is_lost(monkeypatch, tmp_path, free, state):
    """First a warning, then a failure."""
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _path: Usage(free))

    assert state == doctor.check_disk(tmp_path / "takes").state


@pytest.mark.parametrize(("free", "state"), [(8 * 10**9, State.OK), (5 * 10**8, State.WARN)])
def test_little_memory_is_a_warning(monkeypatch, free, state):
    """The engine may work all the same."""
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory(free))

    assert state == doctor.check_memory().state


def test_a_damaged_model_is_named(home, punchin, tmp_path):
    """A folder with a manifest that makes no sense is found by list, doctor and verify."""
    folder = tmp_path / "home" / "models" / "broken"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    rows = {row.name: row for row in doctor.check_models()}
    listed, verified = punchin("models", "list"), punchin("models", "verify", "broken", "--json")

    assert (State.FAIL, True) == (rows["model broken"].state, "broken" in listed.out)
    assert (ExitCode.CHECK, False) == (verified.code, verified.value["whole"])
    assert verified.value["problems"]
    assert home.state.parent == tmp_path


@pytest.fixture
def tiny(home, monkeypatch):
    """A tiny model and nothing else, on a machine without torch."""
    folder = make_tiny_bundle(home.state / "models" / "tiny")
    monkeypatch.setattr(catalogue, "EMBEDDED", home.state / "none")
    return folder


def speed_rows(ended):
    """The rows about speed, by their names."""
    return {row["name"]: row for row in ended.value["rows"] if " on " in row["name"]}


@pytest.mark.usefixtures("tiny")
def test_speeds_are_measured_when_asked_for_and_remembered(punchin):
    """In a process of its own; later the doctor shows what was found, and auto goes by it."""
    before = speed_rows(punchin("doctor", "--json"))["tiny on cpu"]
    measured = speed_rows(punchin("doctor", "--measure", "--json"))["tiny on cpu"]
    after = speed_rows(punchin("doctor", "--json"))["tiny on cpu"]
    (speed,) = [speed for speed in read_speeds() if speed.device == "cpu"]

    assert ("ok", True) == (before["state"], "not measured" in before["detail"])
    assert "ok" == measured["state"]
    assert after == measured
    assert ("tiny", "fp32", "", True) == (
        speed.model,
        speed.precision,
        speed.problem,
        speed.steps_per_second > 0.0,
    )


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("print('{}')", "ended with 0"),
        ("print('warming up'); import os; os._exit(3)", "ended with 3"),
        ("import time; time.sleep(60)", "longer than"),
        ('print(\'{"steps_per_second": 0, "problem": "The driver is too old."}\')', "too old"),
    ],
)
def test_a_measurement_that_fails_is_a_row(punchin, tiny, monkeypatch, program, expected):
    """With its reason, also when the process crashes or hangs; auto tries that device last."""
    monkeypatch.setattr(measuring, "module_command", lambda *_: (sys.executable, "-c", program))
    monkeypatch.setattr(measuring, "SECONDS_A_MODEL", 0.5 if "sleep" in program else 60.0)
    row = speed_rows(punchin("doctor", "--measure", "--json"))["tiny on cpu"]

    assert ("warn", True) == (row["state"], expected in row["detail"])
    assert [0.0] == [speed.steps_per_second for speed in read_speeds() if speed.device == "cpu"]
    assert tiny.exists()


@pytest.mark.usefixtures("tiny")
def test_measuring_has_a_time_limit():
    """What there was no time for is said, and nothing is kept of it."""
    rows = list(check_speeds(measure=True, limit_seconds=0.0))

    assert {State.WARN} == {row.state for row in rows}
    assert all("time was up" in row.detail for row in rows)
    assert [] == read_speeds()


def test_fp16_on_a_cpu_is_said_to_be_slow(punchin, tiny):
    """With what to install instead."""
    change_manifest(tiny, precision="fp16")
    row = speed_rows(punchin("doctor", "--json"))["tiny on cpu"]

    assert ("warn", True, True) == (row["state"], "slow" in row["detail"], "int8" in row["advice"])


@pytest.mark.parametrize("question", ["info", "verify"])
def test_a_model_that_is_not_there_is_not_found(punchin, question):
    """One sentence that tells which names there are."""
    ended = punchin("models", question, "nobody")

    assert (ExitCode.NOT_FOUND, 1) == (ended.code, len(ended.err.splitlines()))

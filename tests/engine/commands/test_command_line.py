"""The command line: what it accepts, what it asks of the engine, what it prints and ends with."""

from __future__ import annotations

import io
import json
import sys

import pytest

from engine.commands import main
from engine.commands.exit_codes import MEANINGS, OF_ERROR, ExitCode
from engine.commands.line import COMMANDS, command_of
from engine.commands.progress import NewsLines, PlainLines, describe
from engine.errors import EngineError, ErrorCode
from engine.protocol.replies import (
    Cancelled,
    Done,
    Failed,
    JobStatus,
    Notice,
    Progress,
    Queued,
    Status,
    TakeDone,
)
from engine.protocol.requests import FileSource, Mode, NewSource, Sampler
from engine.protocol.sources import frames
from engine.takes.bext import Bext, encode_bext
from engine.takes.chunks import chunk

RENDER = ("render", "in.wav", "out.wav", "--prompt", "rain", "--region", "0.5:1.5")


def test_a_cancelled_job_names_the_takes_that_were_done(punchin, fake, recording):
    """They are whole files, and somebody may want them."""
    fake.script = lambda request: iter(
        [
            TakeDone(request.job_id, 0, str(recording.with_name("out-1.wav")), 480, 0),
            Cancelled(request.job_id),
        ]
    )
    ended = punchin(*RENDER, "--takes", "2")

    assert (ExitCode.CANCELLED, True) == (ended.code, "out-1.wav was left" in ended.err)


def test_a_plain_render_asks_for_the_region_in_frames(punchin, fake, recording):
    """Seconds become frames of the recording, paths become absolute, the rest keeps its defaults."""
    ended = punchin(*RENDER)
    request = fake.requests[0]

    assert ended.code == ExitCode.OK
    assert FileSource(str(recording), frames(24_000), frames(72_000)) == request.source
    assert (str(recording.with_name("out.wav")), "rain", Mode.TRANSFER, None) == (
        request.output,
        request.prompt,
        request.mode,
        request.sampler,
    )


@pytest.mark.usefixtures("recording")
def test_without_a_name_the_region_alone_goes_into_the_take_folder(punchin, fake):
    """The engine names it; of a new sound, too."""
    assert ExitCode.OK == punchin("render", "in.wav", "--prompt", "rain", "--region", "0.5:1.5").code
    assert ExitCode.OK == punchin("generate", "--prompt", "rain", "--seconds", "1").code
    assert ["", ""] == [request.output for request in fake.requests]


@pytest.mark.usefixtures("recording")
def test_every_option_reaches_the_request(punchin, fake):
    """Nothing that was said on the command line is lost on the way."""
    ended = punchin(
        *RENDER[:-1], "24000f-72000f", "--mode", "inpaint", "--strength", "0.25", "--negative", "music",
        "--seed", "7", "--steps", "12", "--guidance", "3.5", "--takes", "3", "--model", "big",
        "--context", "2", "--sampler", "ddim", "--eta", "0.5", "--mask", "0.75:1", "1.25:1.5",
        "--crossfade", "0.05", "--force",
    )  # fmt: skip
    request = fake.requests[0]

    assert ended.err.splitlines()[0] == "queued, next in line"
    assert (Mode.INPAINT, 0.25, "music", 7, 12, 3.5, 3, "big", 2.0, Sampler.DDIM, 0.5) == (
        request.mode, request.strength, request.negative, request.seed, request.steps, request.guidance,
        request.takes, request.model, request.context_seconds, request.sampler, request.eta,
    )  # fmt: skip
    assert ((0.25, 0.5), (0.75, 1.0)) == request.mask_seconds
    assert (0.05, True, False) == (request.crossfade_seconds, request.overwrite, request.want_chunks)


@pytest.mark.usefixtures("recording")
def test_timecode_with_a_frame_rate_is_exact(punchin, fake):
    """Frame 12 of 25 is 0.48 s, which is frame 23 040 of 48 kHz."""
    punchin(*RENDER[:-1], "00:00:00:12..00:00:01:00", "--fps", "25")

    assert (frames(23_040), frames(48_000)) == (fake.requests[0].source.start, fake.requests[0].source.end)


def test_times_may_be_those_of_the_session(punchin, fake, recording):
    """The recording's time stamp says where it lies there; without one, and before it, is refused."""
    plain = recording.read_bytes()
    line = ("render", "in.wav", "--prompt", "rain", "--fps", "25", "--on-timeline", "--region")
    assert ExitCode.USAGE == punchin(*line, "01:00:00:12..01:00:01:12").code
    stamp = chunk(b"bext", encode_bext(Bext(time_reference=3_600 * 48_000)))
    recording.write_bytes(plain[:4] + (len(plain) - 8 + len(stamp)).to_bytes(4, "little") + plain[8:] + stamp)
    assert ExitCode.OK == punchin(*line, "01:00:00:12..01:00:01:12").code
    (request,) = fake.requests
    assert FileSource(str(recording), frames(23_040), frames(71_040)) == request.source
    early = punchin(*line, "00:59:59:12..01:00:01:12")
    assert (ExitCode.REGION, True) == (early.code, "before the recording" in early.err)


def test_generate_asks_for_a_new_sound(punchin, fake):
    """Length, rate and channels of the file to make."""
    ended = punchin(
        "generate", "new.wav", "--prompt", "rain", "--seconds", "2.5", "--rate", "44100", "--channels", "2"
    )

    assert (ExitCode.OK, Mode.GENERATE) == (ended.code, fake.requests[0].mode)
    assert NewSource(44_100, 2, 110_250) == fake.requests[0].source


def test_render_starts_an_engine_when_there_is_none(punchin, fake, recording):
    """Nobody has to know that there is an engine."""
    fake.running = False
    punchin(*RENDER)

    assert (1, (recording.parent,)) == (fake.started, fake.allowed)


@pytest.mark.parametrize("command", [("status",), ("cancel", "a")])
def test_asking_after_an_engine_starts_none(punchin, fake, command):
    """Without an engine there is nothing to ask."""
    fake.running = False
    ended = punchin(*command)

    assert (ExitCode.NO_ENGINE, 0) == (ended.code, fake.started)


@pytest.mark.parametrize(
    "line",
    [
        (),
        ("restyle",),
        ("render",),
        ("render", "in.wav", "out.wav", "--region", "0:1"),
        (*RENDER, "--seed", "x"),
        (*RENDER, "--seed", "1.5"),
        (*RENDER, "--seed", "9" * 6000),
        (*RENDER, "--seed", "-1"),
        (*RENDER, "--seed", str(2**31)),
        (*RENDER, "--strength", "7"),
        (*RENDER, "--strength", "nan"),
        (*RENDER, "--steps", "100000"),
        (*RENDER, "--takes", "0"),
        (*RENDER, "--sampler", "euler"),
        (*RENDER, "--mode", "remix"),
        (*RENDER, "--mask", "0.6:0.7"),
        (*RENDER, "--fps", "12.5"),
        (*RENDER, "--reg", "0:1"),
        (*RENDER[:-1], "00:00:00:12:00:00:01:00"),
        (*RENDER[:-1], "00:00:00:12-00:00:01:00"),
        (*RENDER[:-1], "half"),
        (*RENDER[:4], "", "--region", "0.5:1.5"),
        ("render", "in.wav", "./in.wav", *RENDER[3:], "--force"),
        (*RENDER, "--force", "--draft", "in.wav"),
        (*RENDER, "--force", "--draft", "./out.wav"),
        (*RENDER, "--force", "--guide", "out.wav"),
        ("generate", "new.wav", "--prompt", "rain", "--seconds", "soon"),
        ("generate", "new.wav", "--prompt", "rain", "--seconds", "1", "--rate", "9" * 39),
        ("models",),
        ("cancel",),
        ("engine", "--port", "70000"),
        ("engine", "--idle-minutes", "-1"),
        ("engine", "--idle-minutes", "nan"),
        ("status", "--verbose"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_nonsense_is_refused_in_one_line(punchin, fake, recording, line, as_json):
    """A wrong command line ends with 2 and one sentence, sends nothing, and touches nothing."""
    ended = punchin(*line, *(("--json",) if as_json else ()))
    sentence = ended.value["error"]["sentence"] if as_json else ended.err

    assert (ExitCode.USAGE, []) == (ended.code, fake.requests)
    assert (1, True) == (len(sentence.splitlines()), len(sentence) < 400)
    assert recording.exists()
    if as_json:
        assert ("bad_argument", "") == (ended.value["error"]["code"], ended.err)
    else:
        assert (True, "") == (sentence.startswith("punchin: "), ended.out)


@pytest.mark.usefixtures("recording")
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ((*RENDER[:-1], "1.5:0.5"), ExitCode.REGION),
        ((*RENDER[:-1], "1:1"), ExitCode.REGION),
        ((*RENDER[:-1], "1:1.001"), ExitCode.REGION),
        ((*RENDER[:-1], "1:5"), ExitCode.REGION),
        ((*RENDER[:-1], "999999999999999999f:1"), ExitCode.REGION),
        (("render", "gone.wav", *RENDER[2:]), ExitCode.NOT_FOUND),
        (("render", "in.wav", "text.wav", *RENDER[3:]), ExitCode.FILE_EXISTS),
        (("render", "in.wav", "no/folder/out.wav", *RENDER[3:]), ExitCode.CANT_WRITE),
        (("render", "text.wav", *RENDER[2:]), ExitCode.AUDIO),
        ((*RENDER[:4], "r" * 10_000, *RENDER[5:]), ExitCode.LIMIT),
        (("generate", "new.wav", "--prompt", "rain", "--seconds", "0.01"), ExitCode.REGION),
        (("generate", "new.wav", "--prompt", "rain", "--seconds", "3600"), ExitCode.REGION),
    ],
)
def test_what_the_engine_would_refuse_is_refused_before_it_is_started(punchin, fake, tmp_path, line, code):
    """The engine's own rules are read here, so that nobody waits for a start to be told of a slip."""
    (tmp_path / "text.wav").write_text("no sound")
    fake.running = False
    ended = punchin(*line, "--json")

    assert (code, 0, ["code", "sentence"]) == (ended.code, fake.started, list(ended.value["error"]))


@pytest.mark.usefixtures("recording")
@pytest.mark.parametrize("code", ErrorCode)
def test_each_failed_reply_has_its_exit_code_and_its_sentence(punchin, fake, code):
    """What the engine says is passed on, word for word."""
    fake.script = lambda request: iter([Queued(request.job_id, 0), Failed(request.job_id, code, "It is so.")])
    plain, as_json = punchin(*RENDER), punchin(*RENDER, "--json")

    assert [OF_ERROR[code]] * 2 == [plain.code, as_json.code]
    assert ("", "punchin: It is so.") == (plain.out, plain.err.splitlines()[-1])
    assert {"error": {"code": code.value, "sentence": "It is so."}} == as_json.value


def test_every_error_has_an_exit_code_and_every_exit_code_a_meaning():
    """The table in --help leaves nothing out."""
    assert set(OF_ERROR) == set(ErrorCode)
    assert set(MEANINGS) == set(ExitCode)
    assert {ExitCode.OK, ExitCode.CHECK, ExitCode.CANCELLED} == set(ExitCode) - set(OF_ERROR.values())


@pytest.mark.usefixtures("recording")
def test_json_is_one_object_with_the_takes(punchin, tmp_path):
    """Scripts get the takes' paths, frames and seeds, and the timings."""
    ended = punchin(*RENDER, "--seed", "4", "--takes", "2", "--json")
    value = ended.value
    path = str(tmp_path / "out.wav")

    assert [(0, path, 480, 4, "rain"), (1, path, 480, 5, "rain")] == [
        tuple(take.values()) for take in value["takes"]
    ]
    assert {"denoising": 1.5, "total": 2.0} == value["timings"]
    assert {"job", "takes", "timings", "seconds", "notices"} == set(value)


def test_what_is_not_as_asked_for_is_on_stderr_and_in_the_json(fake, punchin, recording):
    """A job that had to move to a slower device ends well, but not silently."""

    def moved(request):
        yield Queued(request.job_id, 0)
        yield Notice(request.job_id, "The memory of cuda is not enough.")
        yield Done(request.job_id, 0, ())

    fake.script = moved
    arguments = ("render", recording, "out.wav", "--region", "0:1", "--prompt", "rain")
    plain, as_json = punchin(*arguments), punchin(*arguments, "--json")

    assert (0, 0) == (plain.code, as_json.code)
    assert "note: The memory of cuda is not enough." in plain.err.splitlines()
    assert ["The memory of cuda is not enough."] == as_json.value["notices"]


@pytest.mark.usefixtures("recording")
def test_without_json_the_takes_are_lines_on_stdout(punchin, tmp_path):
    """One line a take, ready for a pipe; the news is on stderr."""
    ended = punchin(*RENDER, "--seed", "4")

    assert f"{tmp_path / 'out.wav'}  (seed 4)\n" == ended.out


@pytest.mark.usefixtures("recording")
def test_an_engine_that_vanishes_is_reported(punchin, fake):
    """Replies that stop without a last one are an error, not a success."""
    fake.script = lambda request: iter([Progress(request.job_id, "denoising", 1, 10, 3.0)])

    assert ExitCode.NO_ENGINE == punchin(*RENDER).code


@pytest.mark.usefixtures("recording")
def test_another_clients_cancel_is_told_apart_from_success(punchin, fake):
    """A job may be stopped by somebody else."""
    fake.script = lambda request: iter([Cancelled(request.job_id)])

    assert ExitCode.CANCELLED == punchin(*RENDER).code


def test_plain_lines_are_few():
    """Four hundred steps are five lines, and each stage is named."""
    stream = io.StringIO()
    lines = PlainLines(stream)
    for step in range(401):
        lines.show(Progress("a", "denoising", step, 400, 400 - step))
    lines.show(Progress("a", "writing", 0, 0, -1.0))

    assert [
        "denoising 0 of 400, 6:40 min left",
        "denoising 100 of 400, 5:00 min left",
        "denoising 200 of 400, 3:20 min left",
        "denoising 300 of 400, 1:40 min left",
        "denoising 400 of 400, 0 s left",
        "writing",
    ] == stream.getvalue().splitlines()


def test_news_for_programs_are_objects_line_by_line():
    """Nothing is said twice, and what is for people is left out."""
    stream = io.StringIO()
    lines = NewsLines(stream)
    for reply in (Queued("a", 2), *[Progress("a", "listening", 3, 12, 7.04)] * 2):
        lines.show(reply)
    lines.say("left out: x.wav")

    assert [
        {"stage": "queued", "done": 0, "total": 2, "seconds_left": -1.0},
        {"stage": "listening", "done": 3, "total": 12, "seconds_left": 7.0},
    ] == [json.loads(line) for line in stream.getvalue().splitlines()]


def test_the_queue_is_told_by_its_length():
    """Position 0 is next."""
    assert ["queued, next in line", "queued behind 2"] == [describe(Queued("a", 0)), describe(Queued("a", 2))]


@pytest.mark.usefixtures("recording")
def test_a_terminal_gets_a_bar(punchin, monkeypatch, fake):
    """On a terminal the plain lines give way to a bar with the time left."""

    def script(request):
        yield Progress(request.job_id, "denoising", 5, 20, 61.0)
        yield Done(request.job_id, 0, ())

    fake.script = script
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")

    assert ExitCode.OK == punchin(*RENDER).code
    assert [True, True] == [text in terminal.getvalue() for text in ("5/20", "1:01 min left")]


def test_status_is_lines_or_the_reply_itself(punchin, fake):
    """Process, memory, model, worker and one line a job."""
    job = JobStatus("a", "running", 3, 20)
    fake.status_reply = Status("0.1.0", 7, "embedded", "cpu", "running", 400_000_000, (job,))
    plain, as_json = punchin("status"), punchin("status", "--json")

    assert [
        "Punch-In 0.1.0, process 7, 400 MB",
        "model embedded on cpu, worker running",
        "a  running 3 of 20",
    ] == plain.out.splitlines()
    assert [{"job_id": "a", "state": "running", "step": 3, "total": 20}] == as_json.value["jobs"]


def test_cancel_and_quit_reach_the_engine(punchin, fake):
    """Each does what it is called; quitting twice is no error."""
    codes = [
        punchin("cancel", "a").code,
        punchin("cancel", "fast").code,
        punchin("quit").code,
        punchin("quit").code,
    ]

    assert [ExitCode.OK] * 4 == codes
    assert (["a", "fast"], 1) == (fake.cancelled, fake.quits)


def test_a_job_that_is_not_there_can_not_be_cancelled(punchin):
    """The engine's words are passed on."""
    assert ExitCode.NOT_FOUND == punchin("cancel", "nobody").code


def test_help_of_every_command_ends_with_0_and_shows_the_exit_codes(punchin):
    """The table is where people look for it."""
    for command in (*COMMANDS, ""):
        ended = punchin(*filter(None, (command, "--help")))

        assert (ExitCode.OK, "", True) == (ended.code, ended.err, "130  cancelled" in ended.out)


def test_every_command_has_a_file():
    """Of this package or of the one it belongs to, and it offers what the command line asks for."""
    for name in COMMANDS:
        command = command_of(name)
        assert command.EPILOG is not None and callable(command.add_arguments) and callable(command.run)


def test_start_up_imports_nothing_heavy(run_python):
    """Looking at the help must not wait for numpy, rich or a model."""
    code = (
        "import sys; from engine.commands import main; main(['render', '--help']);"
        "heavy = {'numpy', 'rich', 'onnxruntime', 'soundfile', 'PIL', 'torch', 'psutil'};"
        "print(*sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )

    assert run_python(code).stderr == "\n"


def test_a_defect_of_ours_is_one_sentence_without_a_traceback(run_python, tmp_path):
    """What nobody expected is kept in a file that can be sent in."""
    code = (
        "import sys, os; os.environ['PUNCHIN_HOME'] = sys.argv[1]\n"
        "from engine.commands.line import run_line\n"
        "def connect(start, allow=()): raise ZeroDivisionError('oh')\n"
        "sys.exit(run_line(['status', *sys.argv[2:]], connect))"
    )
    plain, as_json = run_python(code, str(tmp_path)), run_python(code, str(tmp_path), "--json")

    assert (ExitCode.DEFECT, "", 1) == (plain.returncode, plain.stdout, len(plain.stderr.splitlines()))
    assert (ExitCode.DEFECT, "internal") == (as_json.returncode, json.loads(as_json.stdout)["error"]["code"])
    assert 2 == (tmp_path / "defects.log").read_text().count("ZeroDivisionError: oh")


def test_a_reader_that_has_seen_enough_is_no_error(run_python):
    """As with "punchin models list | head"."""
    code = (
        "import os, sys; read, write = os.pipe(); os.close(read); os.dup2(write, 1)\n"
        "from engine.commands import main; sys.exit(main(['models', 'list', '--json']))"
    )
    ended = run_python(code)

    assert (0, "") == (ended.returncode, ended.stderr)


def test_main_takes_the_command_line_of_the_process(monkeypatch, capsys):
    """The console script calls it without arguments."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(sys, "argv", ["punchin", "--version"])

    assert (0, "punchin ") == (main(), capsys.readouterr().out[:8])


def test_errors_of_the_client_are_reported_like_the_engines(punchin, fake):
    """An engine that can't be started is one sentence, too."""
    fake.refusal = EngineError(ErrorCode.NO_ENGINE, "The engine did not start.")

    assert "punchin: The engine did not start.\n" == punchin("status").err


@pytest.mark.usefixtures("recording")
def test_takes_that_are_there_are_found_by_their_numbers(punchin, fake, tmp_path):
    """With more than one take, the numbered names count, and --force replaces them."""
    (tmp_path / "out-2.wav").write_bytes(b"precious")
    refused, forced = punchin(*RENDER, "--takes", "2"), punchin(*RENDER, "--takes", "2", "--force")

    assert (ExitCode.FILE_EXISTS, ExitCode.OK, 1) == (refused.code, forced.code, len(fake.requests))


def test_takes_are_not_numbered_over_their_recording(punchin, fake, recording):
    """in-1.wav is never changed, although --force may replace files of that name."""
    here = recording.rename(recording.with_name("in-1.wav"))
    ended = punchin("render", "in-1.wav", "in.wav", *RENDER[3:], "--takes", "2", "--force")

    assert (ExitCode.USAGE, []) == (ended.code, fake.requests)
    assert f"OUT would replace {here}, which belongs to the job" in ended.err


@pytest.mark.usefixtures("recording")
def test_names_that_can_not_be_shown_are_shown_by_their_numbers(punchin, fake):
    """A file's name need not be text that the terminal has letters for."""
    fake.script = lambda request: iter(
        [TakeDone(request.job_id, 0, "/\udcff.wav", 1, 0), Done(request.job_id, 1, ())]
    )

    assert "/\\udcff.wav  (seed 0)\n" == punchin(*RENDER).out

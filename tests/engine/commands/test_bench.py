"""What the benchmark makes of what it measures; how long things take is not tested."""

from __future__ import annotations

from datetime import date

import pytest

from engine.errors import EngineError, ErrorCode
from engine.evaluation import bench
from engine.evaluation.bench import Measure, Run
from engine.protocol.replies import Chunk, Done, Failed, TakeDone

MEASURES = [
    Measure("end to end, times real time", 0.3141, "", 1.0),
    Measure("not the model, share of the whole", 7.2, "%", 5.0),
    Measure("resident memory", 412.3, "MB", 500.0),
    Measure("dpm, steps in a second", 21.5, ""),
]


def test_the_share_that_is_not_the_model_is_what_no_network_took():
    """Reading, fitting, writing, sending and waiting, by the client's own clock."""
    timings = {"read": 0.05, "text": 0.1, "denoise": 1.0, "decode": 0.8, "write": 0.02, "total": 1.98}
    run = Run(first_chunk=1.0, total=2.0, timings=timings)

    assert pytest.approx((1.9, 0.05)) == (run.model, run.own_share)


def test_each_number_stands_beside_its_target():
    """PASS and FAIL in words; a number without a target has neither."""
    assert [
        "end to end, times real time                0.314  target 1        PASS",
        "not the model, share of the whole          7.2 %  target 5 %      FAIL",
        "resident memory                           412 MB  target 500 MB   PASS",
        "dpm, steps in a second                      21.5",
    ] == list(bench.table(MEASURES))


def test_markdown_is_a_section_with_a_date_and_the_machine():
    """It can be appended to RESULTS.md as it is."""
    lines = list(bench.markdown(MEASURES, date(2025, 1, 2)))

    assert lines[0].startswith("## 2025-01-02, ")
    assert "| not the model, share of the whole | 7.2 % | at most 5 % | FAIL |" in lines
    assert 8 == len(lines)


def test_a_job_is_timed_from_sending_to_its_first_chunk_and_its_end(fake, tmp_path):
    """The reply that ends it brings the stages."""

    def script(request):
        yield Chunk(request.job_id, 0, 0, 0, 2, 48_000, b"")
        yield Chunk(request.job_id, 0, 1, 10, 2, 48_000, b"")
        yield TakeDone(request.job_id, 0, request.output, 10, 0)
        yield Done(request.job_id, 1, (("denoise", 0.5),))

    fake.script = script
    run = bench.run_job(fake, bench.make_request(tmp_path / "recording.wav", "a"))

    assert 0.0 < run.first_chunk <= run.total
    assert ({"denoise": 0.5}, True) == (run.timings, fake.requests[0].want_chunks)


def test_a_job_that_fails_stops_the_benchmark(fake, tmp_path):
    """With the engine's own words."""
    fake.script = lambda request: iter([Failed(request.job_id, ErrorCode.BAD_BUNDLE, "It is altered.")])

    with pytest.raises(EngineError, match="altered"):
        bench.run_job(fake, bench.make_request(tmp_path / "recording.wav", "a"))


def test_the_recording_is_five_seconds_and_more_of_48_khz_stereo(tmp_path):
    """What the targets speak of."""
    import soundfile

    info = soundfile.info(bench.write_recording(tmp_path / "recording.wav"))
    request = bench.make_request(tmp_path / "recording.wav", "a")

    assert (48_000, 2) == (info.samplerate, info.channels)
    assert 5 * 48_000 == request.source.end.value - request.source.start.value
    assert request.source.end.value < info.frames


def test_import_engine_is_measured_in_a_fresh_interpreter():
    """A number of milliseconds with its target."""
    measure = bench.import_measure()

    assert (True, 150.0, "ms") == (measure.value > 0.0, measure.limit, measure.unit)

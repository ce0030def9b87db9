"""Windows denoised jointly, against the plain samplers and on data whose exact denoiser is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.diffusion.cascade import denoised
from engine.diffusion.cells import Cells, Stream, entering
from engine.diffusion.edits import Observed, generate, noised, transfer
from engine.diffusion.joining import Layout
from engine.diffusion.masks import Masks
from engine.diffusion.passage import Passage, network_calls
from engine.diffusion.samplers import sampler, turns, update_of
from engine.diffusion.schedule import alphas_cumprod, steps
from engine.diffusion.windows import FrameNoise, noise_for
from engine.models.interface import Float32, LatentGeometry, ScheduleParameters
from engine.protocol.requests import Joining, Method, Sampler

PARAMETERS = ScheduleParameters(1000, 0.0015, 0.0195, "scaled_linear", "epsilon")
SHAPE = (2, 3)  # channels, bands
JOINT = [Joining.AVERAGED, Joining.SWAPPED, Joining.SHIFTED]


def local(latents: Float32, timestep: int, _: int = 0) -> Float32:
    """A denoiser to which every cell is the world."""
    return np.tanh(latents) * np.float32(1.0 - timestep / 1200.0)


def looking_around(latents: Float32, timestep: int, _: int = 0) -> Float32:
    """One that mixes every cell with its neighbours, and mirrors the window at its ends."""
    wide = np.pad(latents, ((0, 0), (0, 0), (1, 1), (0, 0)), mode="reflect")
    return local((wide[:, :, :-2] + wide[:, :, 1:-1] + wide[:, :, 2:]) / np.float32(2.0), timestep)


def exact(latents: Float32, timestep: int, _: int = 0) -> Float32:
    """The exact one for Gaussian cells of which neighbours are correlated by a half."""
    level, cells = float(alphas_cumprod(PARAMETERS)[timestep]), np.arange(latents.shape[2])
    covariance = 0.5 ** np.abs(np.subtract.outer(cells, cells))
    gain = sqrt(level) * covariance @ np.linalg.inv(level * covariance + (1.0 - level) * np.eye(len(cells)))
    return np.einsum("ij,bcjk->bcik", gain, latents).astype(np.float32)


def passage(
    cells: int,
    joining: Joining = Joining.AVERAGED,
    *,
    count: int = 4,
    strength: float = 1.0,
    name: Sampler = Sampler.DPM,
    eta: float = 0.0,
    known: Float32 | None = None,
    first: np.ndarray | None = None,
    method: Method = Method.NOISE,
    estimate: Callable[[Float32, int, int], Float32] = looking_around,
    from_source: bool = False,
    window: int = 8,
    seed: int = 3,
) -> Passage:
    """A passage of cells whose windows are 8 long."""
    chain = steps(PARAMETERS, count, noise_strength=strength, spacing="log_snr")
    layout = Layout(joining, cells, LatentGeometry(*SHAPE, 4, 1, window, 1), len(chain), (0, cells))
    return Passage(
        turns=turns(chain),
        update=update_of(name, eta),
        method=method,
        masks=Masks(
            np.zeros((cells, 1), np.float32) if known is None else known,
            np.zeros(cells, np.int64) if first is None else first,
            len(chain),
        ),
        estimate=estimate,
        source_estimate=estimate,
        fresh=lambda draw, start, stop: noise_for(seed, start, stop, SHAPE, draw),
        observing=lambda draw, start, stop: noise_for(seed, start, stop, SHAPE, (1 << 32) + draw),
        shares=layout.shares,
        from_source=from_source,
    )


def source_of(cells: int) -> Float32:
    return np.random.default_rng(1).standard_normal((1, SHAPE[0], cells, SHAPE[1]), dtype=np.float32)


def pieces(cells: int, cuts: list[int], seed: int = 3) -> Iterator[Cells]:
    """The source in pieces that end at the cuts."""
    source = source_of(cells)
    for start, stop in zip([0, *cuts], [*cuts, cells], strict=True):
        yield entering(start, source[:, :, start:stop], noise_for(seed, start, stop, SHAPE))


def run(stream: Stream, way: Passage) -> tuple[Float32, int]:
    """All the latents, and how often the network was called."""
    events = list(denoised(stream, way))
    latents = np.concatenate([event for event in events if event is not None], axis=2)
    return latents, sum(event is None for event in events)


class TestOneWindow:
    """A window alone is what the plain samplers make of it, bit for bit."""

    @pytest.mark.parametrize("joining", JOINT)
    @pytest.mark.parametrize("name", Sampler)
    @pytest.mark.parametrize("eta", [0.0, 1.0])
    @pytest.mark.parametrize("is_known", [False, True])
    @pytest.mark.parametrize("strength", [1.0, 0.5, 0.0])
    def test_the_samples_are_the_plain_ones(
        self, joining: Joining, name: Sampler, eta: float, is_known: bool, strength: float
    ) -> None:
        """Generated, edited, with something to observe or without."""
        source, noise = source_of(8), noise_for(3, 0, 8, SHAPE)
        known = ((np.arange(8) < 3) * is_known).astype(np.float32)[:, None]
        way = passage(
            8, joining, name=name, eta=eta, known=known, strength=strength, from_source=strength < 1.0
        )
        made, calls = run(pieces(8, []), way)
        observed = Observed(source, known[None, None], FrameNoise(3, 0, stream=1)) if is_known else None
        chain = tuple(turn.step for turn in way.turns)
        plain = sampler(name, eta), looking_around
        if strength < 1.0:
            *_, expected = transfer(*plain, source, noise, chain, FrameNoise(3, 0), observed)
        else:
            *_, expected = generate(*plain, noise, chain, FrameNoise(3, 0), observed)
        np.testing.assert_array_equal(expected, made)
        assert len(chain) == calls


class TestManyWindows:
    """A region of several windows."""

    @settings(max_examples=30, deadline=None)
    @given(st.data(), st.sampled_from(JOINT), st.sampled_from(list(Method)), st.integers(9, 60))
    def test_how_the_cells_arrive_does_not_matter(
        self, data: st.DataObject, joining: Joining, method: Method, cells: int
    ) -> None:
        """The same bits from any pieces, and as many calls as was said before."""
        cuts = sorted(data.draw(st.sets(st.integers(1, cells - 1), max_size=8)))
        way = passage(cells, joining, method=method, strength=0.7, from_source=True, eta=1.0)
        whole, calls = run(pieces(cells, []), way)
        cut, same = run(pieces(cells, cuts), way)
        np.testing.assert_array_equal(whole, cut)
        assert calls == same == network_calls(method, way.masks, way.shares)

    @pytest.mark.parametrize("joining", JOINT)
    def test_a_denoiser_that_looks_at_nothing_else_does_not_notice_windows(self, joining: Joining) -> None:
        """Every cell is then what the plain sampler makes of it."""
        made, _ = run(pieces(50, []), passage(50, joining, estimate=local, name=Sampler.DDPM))
        chain = steps(PARAMETERS, 4, spacing="log_snr")
        *_, expected = generate(
            sampler(Sampler.DDPM), local, noise_for(3, 0, 50, SHAPE), chain, FrameNoise(3, 0)
        )
        np.testing.assert_allclose(expected, made, atol=1e-5)

    @pytest.mark.parametrize(("joining", "most"), [("averaged", 78), ("swapped", 78), ("shifted", 25)])
    def test_first_cells_come_before_the_last_have_begun(self, joining: str, most: int) -> None:
        """Standing windows need one more at every step before, drifting ones two at each."""
        calls = 0
        for event in denoised(
            pieces(2000, list(range(8, 2000, 8))), passage(2000, Joining(joining), count=12)
        ):
            if event is not None:
                break
            calls += 1
        assert most / 2 < calls <= most

    @pytest.mark.parametrize("joining", JOINT)
    def test_a_stage_holds_a_few_windows(self, joining: Joining) -> None:
        """However long the region is: what has entered is soon out again."""
        entered = 0

        def arriving() -> Iterator[Cells]:
            nonlocal entered
            for cells in pieces(1600, list(range(8, 1600, 8))):
                entered = cells.stop
                yield cells

        left, most = 0, 0
        for event in denoised(arriving(), passage(1600, joining)):
            left += 0 if event is None else event.shape[2]
            most = max(most, entered - left)
        assert left == 1600
        assert most <= 8 * (2 * 4 + 2)

    @pytest.mark.parametrize("joining", JOINT)
    def test_who_stops_asking_stops_the_network(self, joining: Joining) -> None:
        """Nothing runs ahead."""
        asked = []

        def counted(latents: Float32, timestep: int, start: int) -> Float32:
            asked.append(start)
            return local(latents, timestep)

        running = denoised(pieces(100, []), passage(100, joining, estimate=counted))
        for _ in range(5):
            assert next(running) is None
        running.close()  # type: ignore[attr-defined]
        assert len(asked) == 5


class TestJoints:
    """Where windows meet."""

    @pytest.mark.parametrize(("joining", "least"), [("averaged", 0.35), ("swapped", 0.25), ("shifted", 0.2)])
    def test_neighbours_stay_neighbours_and_as_loud(
        self, joining: str, least: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """On data in which neighbours are correlated by a half, they are so over joints, too."""
        monkeypatch.setitem(globals(), "SHAPE", (1500, 1))  # so many takes at once
        made, _ = run(pieces(30, []), passage(30, Joining(joining), count=12, estimate=exact))
        rows = made[0, :, :, 0].astype(np.float64)
        neighbours = [np.corrcoef(rows[:, cell], rows[:, cell + 1])[0, 1] for cell in range(29)]
        assert min(neighbours) > least
        assert rows.var(axis=0).min() > 0.8


class TestMasks:
    """What is known, and what begins later."""

    @pytest.mark.parametrize("joining", JOINT)
    def test_what_is_known_comes_back_exactly(self, joining: Joining) -> None:
        """Cells and bands, and windows without anything new are not asked about."""
        known = np.zeros((60, SHAPE[1]), np.float32)
        known[:30], known[:, 0] = 1.0, 1.0
        way = passage(60, joining, known=known, eta=1.0)
        made, calls = run(pieces(60, []), way)
        kept = np.broadcast_to(known[None, None] == 1.0, made.shape)
        np.testing.assert_array_equal(source_of(60)[kept], made[kept])
        assert (source_of(60)[~kept] != made[~kept]).all()
        assert calls == network_calls(Method.NOISE, way.masks, way.shares)
        assert calls < 0.7 * network_calls(Method.NOISE, passage(60, joining).masks, way.shares)

    def test_cells_that_begin_late_are_noised_to_where_they_begin(self) -> None:
        """Until then the network sees the source with fresh noise, then with its first one."""
        seen: list[Float32] = []

        def watching(latents: Float32, timestep: int, _: int) -> Float32:
            seen.append(latents)
            return local(latents, timestep)

        first = np.repeat([0, 2, 4], 8)
        way = passage(
            24, first=first, estimate=watching, from_source=True, strength=0.8, window=24, name=Sampler.DDPM
        )
        made, calls = run(pieces(24, []), way)
        source = source_of(24)
        noises = [(1 << 32) + 1, (1 << 32) + 2, 0]
        for number, draw in enumerate(noises):
            alpha_bar = way.turns[number].step.alpha_bar
            expected = noised(source, alpha_bar, noise_for(3, 0, 24, SHAPE, draw))[:, :, 8:16]
            np.testing.assert_allclose(expected, seen[number][:, :, 8:16], atol=1e-6)
        np.testing.assert_array_equal(source[:, :, 16:], made[:, :, 16:])
        assert (source[:, :, :16] != made[:, :, :16]).all()
        assert calls == 4


class TestInversion:
    """The source's own noise brings the source back."""

    @pytest.mark.parametrize("joining", JOINT)
    @pytest.mark.parametrize("name", Sampler)
    @pytest.mark.parametrize("cells", [8, 50])
    def test_ddpm_gives_the_source_back(self, joining: Joining, name: Sampler, cells: int) -> None:
        """To float precision where both estimates are asked the same."""
        way = passage(cells, joining, name=name, eta=1.0, method=Method.DDPM, strength=0.7, from_source=True)
        made, _ = run(pieces(cells, []), way)
        np.testing.assert_allclose(source_of(cells), made, atol=2e-5)

    @pytest.mark.parametrize("joining", JOINT)
    @pytest.mark.parametrize("cells", [8, 50])
    def test_ddim_comes_close(self, joining: Joining, cells: int) -> None:
        """The closer, the finer the steps; the source's root mean square is 1."""
        errors = []
        for count in (6, 12, 24):
            way = passage(
                cells,
                joining,
                count=count,
                name=Sampler.DDIM,
                method=Method.DDIM,
                strength=0.5,
                from_source=True,
                estimate=exact,
            )
            made, _ = run(pieces(cells, []), way)
            errors.append(float(np.sqrt(np.square(made - source_of(cells)).mean())))
        assert sorted(errors, reverse=True) == errors
        assert errors[-1] < 0.05

    @pytest.mark.parametrize("method", [Method.DDIM, Method.DDPM])
    def test_another_estimate_leads_elsewhere(self, method: Method) -> None:
        """Less far than plain noise from the source."""
        moved = []
        for chosen in (method, Method.NOISE):
            way = passage(50, Joining.SHIFTED, method=chosen, strength=0.6, from_source=True, eta=1.0)
            other = partial(_brighter, looking_around)
            edited, _ = run(pieces(50, []), Passage(**{**way.__dict__, "estimate": other}))
            moved.append(float(np.abs(edited - source_of(50)).mean()))
        assert 0.01 < moved[0] < moved[1]


def _brighter(
    estimate: Callable[[Float32, int, int], Float32], latents: Float32, timestep: int, start: int
) -> Float32:
    return estimate(latents, timestep, start) + np.float32(0.1)

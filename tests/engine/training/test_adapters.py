"""Adapters begin as nothing, change what they are beside, and can be merged without a trace."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs the extra train")
pytestmark = pytest.mark.torch


@pytest.fixture
def network() -> torch.nn.Module:
    """A small denoiser with nothing at zero."""
    from engine.training.denoiser import Denoiser

    torch.manual_seed(3)
    found = Denoiser(64, 2, 1)
    for parameter in found.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return found


def outputs(network: torch.nn.Module) -> torch.Tensor:
    """What it says of fixed latents."""
    generator = torch.Generator().manual_seed(5)
    latents, condition = (
        torch.randn(2, 8, 20, 16, generator=generator),
        torch.randn(2, 384, generator=generator) / 20,
    )
    with torch.no_grad():
        return network(latents, torch.tensor([900.0, 30.0]), condition, torch.tensor([0.4, 0.8]))


def moved(network: torch.nn.Module) -> torch.nn.Module:
    """The same with adapters that are far from zero."""
    for name, parameter in network.named_parameters():
        if name.endswith(("up", "down")):
            torch.nn.init.normal_(parameter, std=0.1)
    return network


def test_adapters_begin_as_nothing(network: torch.nn.Module) -> None:
    """An adapted network says what it said before, to the bit."""
    from engine.training.adapters import adapted

    assert torch.equal(outputs(adapted(network, 4)), outputs(network))


def test_merged_adapters_compute_the_same(network: torch.nn.Module) -> None:
    """Nothing but rounding lies between them, and what is merged has the plain network's parameters."""
    from engine.training.adapters import adapted, merged

    with_adapters = moved(adapted(network, 4))
    without = merged(with_adapters)
    assert (outputs(with_adapters) - outputs(network)).abs().max() > 0.1
    torch.testing.assert_close(outputs(without), outputs(with_adapters), atol=2e-5, rtol=1e-5)
    assert without.state_dict().keys() == network.state_dict().keys()


def test_only_adapters_are_trained_and_kept(network: torch.nn.Module) -> None:
    """The network's own numbers get no gradient, are in no checkpoint, and stay as they were."""
    from engine.training.adapters import adapted

    before = {name: value.clone() for name, value in network.state_dict().items()}
    with_adapters = moved(adapted(network, 4))
    latents = torch.randn(1, 8, 8, 16)
    said = with_adapters(latents, torch.tensor([500.0]), torch.zeros(1, 384), torch.ones(1))
    said.square().mean().backward()
    trained = {name for name, value in with_adapters.named_parameters() if value.grad is not None}
    assert trained
    assert all(name.endswith((".up", ".down")) for name in trained)
    kept = sum(value.numel() for value in with_adapters.state_dict().values())
    assert kept < 0.3 * sum(value.numel() for value in before.values())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())

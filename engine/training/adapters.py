"""Low-rank adapters: a small change beside every linear layer of a network that stays as it is.

Hu et al. (2021), "LoRA": what a layer computes is changed by ``up @ down``, of rank ``rank``. ``up`` begins
at zero, so an adapted network begins as the network it was made of; ``merged`` adds the change to the
weights, after which nothing of the adapters is left.
"""

from __future__ import annotations

import copy
import math
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

Network = TypeVar("Network", bound=nn.Module)


class AdaptedLinear(nn.Module):
    """A linear layer with its change. The layer's own numbers are no parameters and are in no checkpoint."""

    weight: Tensor
    bias: Tensor

    def __init__(self, layer: nn.Linear, rank: int, generator: torch.Generator) -> None:
        super().__init__()
        self.register_buffer("weight", layer.weight.detach(), persistent=False)
        self.register_buffer("bias", layer.bias.detach(), persistent=False)
        drawn = torch.randn(rank, layer.in_features, generator=generator, device="cpu")
        self.down = nn.Parameter((drawn / math.sqrt(layer.in_features)).to(layer.weight.device))
        self.up = nn.Parameter(torch.zeros(layer.out_features, rank, device=layer.weight.device))

    def forward(self, x: Tensor) -> Tensor:
        changed = functional.linear(functional.linear(x, self.down), self.up)
        return functional.linear(x, self.weight, self.bias) + changed

    def layer(self) -> nn.Linear:
        """One layer that computes the same."""
        found = nn.Linear(self.weight.shape[1], self.weight.shape[0], device=self.weight.device)
        with torch.no_grad():
            # In double precision, so that the sum is rounded once.
            change = self.up.double() @ self.down.double()
            found.weight.copy_((self.weight.double() + change).float())
            found.bias.copy_(self.bias)
        return found


def adapted(network: Network, rank: int, seed: int = 0) -> Network:
    """A copy whose linear layers have adapters; only these are trained."""
    found = copy.deepcopy(network).requires_grad_(False)
    generator = torch.Generator(device="cpu").manual_seed(seed)
    for parent, name, layer in _children(found, nn.Linear):
        setattr(parent, name, AdaptedLinear(layer, rank, generator))
    return found


def merged(network: Network) -> Network:
    """A copy with every change added to the weights it belongs to: the network that adapters were put to."""
    found = copy.deepcopy(network)
    for parent, name, layer in _children(found, AdaptedLinear):
        setattr(parent, name, layer.layer())
    return found.requires_grad_(False).eval()


Child = TypeVar("Child", bound=nn.Module)


def _children(network: nn.Module, kind: type[Child]) -> list[tuple[nn.Module, str, Child]]:
    """(parent, name, module) of every module of a kind."""
    return [
        (parent, name, child)
        for parent in network.modules()
        for name, child in parent.named_children()
        if isinstance(child, kind)
    ]

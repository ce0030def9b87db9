"""The residual block that UNet and VAE are made of."""

from __future__ import annotations

from engine.networks.operations import Operations, V


def resblock(
    ops: Operations[V],
    name: str,
    x: V,
    *,
    groups: int,
    eps: float,
    shortcut: bool = False,
    steering: V | None = None,
) -> V:
    """Two normalised convolutions added to the image, or to its 1x1 convolution (``shortcut``).

    A block has a shortcut where it changes the image's width. steering: (batch, width), the activated
    vector whose projection is added between the two convolutions.
    """
    inner = ops.group_norm(f"{name}.norm1", x, groups=groups, eps=eps, silu=True)
    inner = ops.conv2d(f"{name}.conv1", inner, padding=1)
    if steering is not None:
        inner = ops.add_vector(inner, ops.linear(f"{name}.time_emb_proj", steering))
    inner = ops.group_norm(f"{name}.norm2", inner, groups=groups, eps=eps, silu=True)
    inner = ops.conv2d(f"{name}.conv2", inner, padding=1)
    return ops.add(inner, ops.conv2d(f"{name}.conv_shortcut", x) if shortcut else x)

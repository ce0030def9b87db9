"""CLAP's audio half: HTSAT, a Swin transformer over a folded log-mel, and the projection into the space
shared with text.

Everything here has a fixed size but the batch. So all that moves tokens around (shifted windows, merged
patches) is a list of places known beforehand. Paper: Chen et al., "HTS-AT", 2022, section 2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.networks.architecture import ClapAudioConfig
from engine.networks.clap_text import attention_names, projection
from engine.networks.operations import Operations, V

Float32 = NDArray[np.float32]
Int64 = NDArray[np.int64]

ENCODER = "audio_model.audio_encoder"
MEL_FRAMES = 1001  # ten seconds, a frame each 10 ms, both ends included
# Of the layers whose epsilon the published configuration leaves at torch's own.
EPS = 1e-5
# Added to the scores of places that only the roll has brought together.
APART = -100.0
# Keys' cubic convolution, as torch and most image libraries have it.
CUBIC = -0.75


def audio_encoder(ops: Operations[V], config: ClapAudioConfig, log_mel: V, mel_frames: int = MEL_FRAMES) -> V:
    """Log-mel in decibels, (batch, 1, mel_frames, n_mels) -> (batch, projection_dim), not normalised."""
    x = ops.batch_norm(f"{ENCODER}.batch_norm", log_mel, eps=EPS)
    x = _fold(ops, config, x, mel_frames)
    x = _patches(ops, config, x)
    side = config.spec_size // config.patch_stride
    last = len(config.depths) - 1
    for stage, depth in enumerate(config.depths):
        name = f"{ENCODER}.layers.{stage}"
        for block in range(depth):
            x = _block(ops, config, f"{name}.blocks.{block}", x, stage, side, shifted=block % 2 == 1)
        if stage < last:
            x = _merge(ops, f"{name}.downsample", x, side, _width(config, stage))
            side //= 2
    x = ops.layer_norm(f"{ENCODER}.norm", x, eps=EPS)
    return projection(ops, "audio_projection", ops.mean_token(x))


def _width(config: ClapAudioConfig, stage: int) -> int:
    return config.patch_embeds_hidden_size << stage


def _fold(ops: Operations[V], config: ClapAudioConfig, x: V, mel_frames: int) -> V:
    """Stretch time to a multiple of the image's side, and lay its parts below each other: a square image.

    (batch, 1, mel_frames, n_mels) -> (batch, 1, spec_size, spec_size); bands go down, low ones first.
    """
    side, n_mels = config.spec_size, config.num_mel_bins
    parts = side // n_mels
    x = ops.reshape(_stretch(ops, x, mel_frames, side * parts), (-1, parts, side, n_mels))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 2)), (-1, 1, side, side))


def _stretch(ops: Operations[V], x: V, frames: int, longer: int) -> V:
    """Bicubic interpolation along time, the first and last frames staying first and last."""
    if frames == longer:
        return x
    if frames > longer:
        raise ValueError(f"{frames} mel frames do not fit into an image that holds {longer}.")
    places, weights = _cubic_taps(frames, longer)
    first, *others = (
        ops.multiply(ops.take(x, places[tap], axis=2), ops.constant(weights[tap, :, None]))
        for tap in range(4)
    )
    for other in others:
        first = ops.add(first, other)
    return first


def _cubic_taps(frames: int, longer: int) -> tuple[Int64, Float32]:
    """Which four frames make each new one, and their weights: both (4, longer)."""
    # Rounded as torch rounds: at a thousand frames in single precision that can be seen in the output.
    position = np.arange(longer, dtype=np.float32) * np.float32((frames - 1) / (longer - 1))
    before = np.floor(position).astype(np.int64)
    taps = np.arange(-1, 3)[:, None]
    places = before + taps
    distance = np.abs(position - places)
    near = ((CUBIC + 2.0) * distance - (CUBIC + 3.0)) * distance**2 + 1.0
    far = CUBIC * (((distance - 5.0) * distance + 8.0) * distance - 4.0)
    weights = np.where(distance <= 1.0, near, far)
    return np.clip(places, 0, frames - 1), weights.astype(np.float32)


def _patches(ops: Operations[V], config: ClapAudioConfig, x: V) -> V:
    """(batch, 1, spec_size, spec_size) -> one token for each patch, row by row."""
    padding = (config.patch_size - config.patch_stride) // 2
    x = ops.conv2d(f"{ENCODER}.patch_embed.proj", x, stride=config.patch_stride, padding=padding)
    return ops.layer_norm(f"{ENCODER}.patch_embed.norm", ops.to_tokens(x), eps=EPS)


def _block(
    ops: Operations[V], config: ClapAudioConfig, name: str, x: V, stage: int, side: int, *, shifted: bool
) -> V:
    """One Swin block: attention inside windows, which every other block shifts by half a window."""
    window, width = config.window_size, _width(config, stage)
    # Where one window is all, there is nothing to shift.
    shift = window // 2 if shifted and side > window else 0
    order = window_order(side, window, shift)
    normed = ops.layer_norm(f"{name}.layernorm_before", x, eps=config.layer_norm_eps)
    windows = ops.reshape(ops.take(normed, order, axis=1), (-1, window**2, width))
    attended = ops.self_attention(
        attention_names(f"{name}.attention"),
        windows,
        heads=config.num_attention_heads[stage],
        bias=_bias(ops, f"{name}.attention", window, side, shift, windows),
    )
    back = ops.take(ops.reshape(attended, (-1, side**2, width)), np.argsort(order), axis=1)
    x = ops.add(x, back)
    normed = ops.layer_norm(f"{name}.layernorm_after", x, eps=config.layer_norm_eps)
    wide = ops.gelu(ops.linear(f"{name}.intermediate.dense", normed))
    return ops.add(x, ops.linear(f"{name}.output.dense", wide))


def _bias(ops: Operations[V], name: str, window: int, side: int, shift: int, windows: V) -> V:
    """What is added to the scores in a window: learned by distance, and ``APART`` across the roll's seam."""
    table = ops.rows(f"{name}.self.relative_position_bias_table", relative_places(window))
    places = window**2
    bias = ops.reshape(ops.transpose(table, (2, 0, 1)), (1, -1, places, places))
    if not shift:
        return bias
    seams = ops.constant(seam_scores(side, window, shift)[:, None])
    return ops.repeat_like(ops.add(seams, bias), windows)


def _merge(ops: Operations[V], name: str, x: V, side: int, width: int) -> V:
    """Four neighbouring tokens become one, twice as wide as each of them."""
    together = ops.reshape(ops.take(x, merge_order(side), axis=1), (-1, side**2 // 4, 4 * width))
    return ops.linear(f"{name}.reduction", ops.layer_norm(f"{name}.norm", together, eps=EPS))


def window_order(side: int, window: int, shift: int) -> Int64:
    """(side * side,): which token comes next when a rolled square is read window by window."""
    rolled = np.roll(np.arange(side * side).reshape(side, side), (-shift, -shift), (0, 1))
    return _by_windows(rolled, window).reshape(-1)


def merge_order(side: int) -> Int64:
    """(side * side,): the four tokens of each 2x2 square, column by column, square after square."""
    squares = np.arange(side * side).reshape(side // 2, 2, side // 2, 2)
    return squares.transpose(0, 2, 3, 1).reshape(-1)


def relative_places(window: int) -> Int64:
    """(places, places) of a window: the row of the learned table for each distance down and across."""
    down, across = np.divmod(np.arange(window * window), window)
    far_down = down[:, None] - down + window - 1
    far_across = across[:, None] - across + window - 1
    places: Int64 = far_down * (2 * window - 1) + far_across
    return places


def seam_scores(side: int, window: int, shift: int) -> Float32:
    """(windows, places, places): ``APART`` for two places of a window that come from different ends."""
    end = np.arange(side)
    strip = (end >= side - window).astype(np.int64) + (end >= side - shift)
    regions = _by_windows(strip[:, None] * 3 + strip, window)
    apart = regions[:, :, None] != regions[:, None, :]
    return np.where(apart, np.float32(APART), np.float32(0.0))


def _by_windows(square: Int64, window: int) -> Int64:
    """(side, side) -> (windows, window * window)."""
    rows = len(square) // window
    windows = square.reshape(rows, window, rows, window).transpose(0, 2, 1, 3)
    return windows.reshape(rows * rows, window * window)

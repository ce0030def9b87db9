"""From training runs to a bundle: wrap, export to ONNX, quantize where it costs nothing, write the manifest.

The VAE is trained on plain log-mels; its graphs here also centre and scale every latent entry, so
that the denoiser sees entries of mean zero and deviation one, and ``scale_factor`` is 1.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from engine.training.clap import EMBEDDING, HEARD, AudioTower
from engine.training.denoiser import Denoiser
from engine.training.phase import RefinedVocoder
from engine.training.vae import Decoder, Encoder, Vae
from engine.training.vocoder import NOISE_CHANNELS

OPSET = 18
TEXT_OUTPUT, SENTENCE, PROJECTION = "text_embeds", "sentence", "projection"


class EncoderGraph(nn.Module):
    """Log-mel (batch, 1, T, 64) -> moments (batch, 16, T / 4, 16) of the centred, scaled latents."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, encoder: Encoder, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        self.encoder = encoder
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)

    def forward(self, mel: Tensor) -> Tensor:
        mean, log_variance = self.encoder(mel).chunk(2, dim=1)
        return torch.cat(
            [(mean - self.mean) / self.deviation, log_variance - 2 * self.deviation.log()], dim=1
        )


class DecoderGraph(nn.Module):
    """Centred, scaled latents (batch, 8, T / 4, 16) -> log-mel (batch, 1, T, 64)."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, decoder: Decoder, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        self.decoder = decoder
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)

    def forward(self, latents: Tensor) -> Tensor:
        mel: Tensor = self.decoder(latents * self.deviation + self.mean)
        return mel


def export_graph(
    module: nn.Module, inputs: dict[str, Tensor], output: str, free: dict[str, dict[int, str]], path: Path
) -> None:
    """One ONNX file with named inputs; ``free`` names the dimensions that may vary."""
    module.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns about every shape it makes constant; tests compare
        torch.onnx.export(
            module,
            tuple(inputs.values()),
            str(path),
            input_names=list(inputs),
            output_names=[output],
            dynamic_axes=free,
            opset_version=OPSET,
            dynamo=False,
        )


def quantize_linear(source: Path, target: Path, kept: Sequence[str] = ()) -> None:
    """Weights of MatMul and Gemm to bytes per channel, activations at run time; nodes in ``kept`` stay.

    Unsigned: processors without VNNI (before 2019, and many since) add pairs of products of an unsigned and
    a signed byte in 16 bits, which overflow. The denoiser's output was 20 to 29 % wrong there, and is 2 %
    so, for a tenth of the time more.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        source,
        target,
        op_types_to_quantize=["MatMul", "Gemm"],
        per_channel=True,
        weight_type=QuantType.QUInt8,
        nodes_to_exclude=list(kept),
    )


def latent_statistics(folder: Path) -> tuple[Tensor, Tensor]:
    """(1, 8, 1, 16) each: mean and deviation of every latent entry over the encoded corpus."""
    statistics = np.load(folder / "statistics.npz")
    mean, deviation = (torch.from_numpy(statistics[key])[None, :, None] for key in ("mean", "deviation"))
    return mean.float(), deviation.float()


def export_vae(vae: Vae, mean: Tensor, deviation: Tensor, folder: Path) -> None:
    """``vae_encoder.onnx`` and ``vae_decoder.onnx``."""
    export_graph(
        EncoderGraph(vae.encoder, mean, deviation),
        {"mel": torch.zeros(2, 1, 64, 64)},
        "moments",
        {"mel": {0: "batch", 2: "mel_frames"}, "moments": {0: "batch", 2: "latent_frames"}},
        folder / "vae_encoder.onnx",
    )
    export_graph(
        DecoderGraph(vae.decoder, mean, deviation),
        {"latents": torch.zeros(2, 8, 16, 16)},
        "mel",
        {"latents": {0: "batch", 2: "latent_frames"}, "mel": {0: "batch", 2: "mel_frames"}},
        folder / "vae_decoder.onnx",
    )


def export_audio_tower(tower: AudioTower, folder: Path) -> None:
    """``audio_encoder.onnx``."""
    export_graph(
        tower,
        {"log_mel": torch.zeros(2, 1, HEARD.mel_frames, HEARD.n_mels)},
        "audio_embeds",
        {"log_mel": {0: "batch"}, "audio_embeds": {0: "batch"}},
        folder / "audio_encoder.onnx",
    )


def project_text_encoder(folder: Path, projection: Tensor) -> None:
    """Let ``text_encoder.onnx`` in ``folder`` lead to the space that the pair shares, by a last product.

    projection: (EMBEDDING, EMBEDDING), as ``nn.Linear`` keeps it.
    """
    path = folder / "text_encoder.onnx"
    model = onnx.load(path)
    last = next(node for node in model.graph.node if TEXT_OUTPUT in node.output)
    last.output[:] = [SENTENCE if name == TEXT_OUTPUT else name for name in last.output]
    model.graph.initializer.append(numpy_helper.from_array(projection.T.contiguous().numpy(), PROJECTION))
    model.graph.node.append(helper.make_node("MatMul", [SENTENCE, PROJECTION], [TEXT_OUTPUT]))
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))


def unproject_text_encoder(path: Path) -> Tensor:
    """Undo ``project_text_encoder`` in a file; the projection, or the identity if there was none."""
    model = onnx.load(path)
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    if PROJECTION not in stored:
        return torch.eye(EMBEDDING)
    model.graph.node.remove(next(node for node in model.graph.node if PROJECTION in node.input))
    last = next(node for node in model.graph.node if SENTENCE in node.output)
    last.output[:] = [TEXT_OUTPUT if name == SENTENCE else name for name in last.output]
    projection = torch.from_numpy(numpy_helper.to_array(stored[PROJECTION]).T.copy())
    model.graph.initializer.remove(stored[PROJECTION])
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))
    return projection


def export_vocoder(vocoder: RefinedVocoder, folder: Path) -> None:
    """``vocoder.onnx``: mel and noise to waveform."""
    export_graph(
        vocoder,
        {"mel": torch.zeros(1, 32, 64), "noise": torch.zeros(1, 32, NOISE_CHANNELS)},
        "waveform",
        {
            "mel": {0: "batch", 1: "mel_frames"},
            "noise": {0: "batch", 1: "mel_frames"},
            "waveform": {0: "batch", 1: "frames"},
        },
        folder / "vocoder.onnx",
    )


def export_denoiser(denoiser: Denoiser, folder: Path, quantize: bool, name: str = "denoiser.onnx") -> None:
    """``denoiser.onnx``, its linear layers int8 if ``quantize``; a student has another ``name``."""
    inputs = {
        "latents": torch.zeros(2, 8, 64, 16),
        "timesteps": torch.tensor([500.0, 10.0]),
        "condition": torch.zeros(2, 384),
        "sounding_seconds": torch.ones(2),
    }
    free = {name: {0: "batch"} for name in (*inputs, "prediction")}
    free["latents"][2] = free["prediction"][2] = "latent_frames"
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "denoiser.onnx"
        export_graph(denoiser, inputs, "prediction", free, plain)
        if quantize:
            quantize_linear(plain, folder / name)
        else:
            shutil.copyfile(plain, folder / name)

"""The embedded model from the corpus to the bundle, stage by stage, in one working folder.

``python -m engine.training.embedded STAGE --corpus FOLDER --work FOLDER``: pack, vae, vocoder, latents,
texts, clap, sounds, denoiser, export, walks, student, graduate, in this order; any training stage may be
stopped and started again. The vocoder can be trained beside the others. ``recover`` after ``pack`` begins all
runs with the weights of ``--bundle``. ``runs/`` has a small file for every run.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional

from engine.models.bundle import load_bundle, seal_bundle
from engine.models.onnx_model import OnnxModel
from engine.models.section import MANIFEST as MANIFEST_FILE
from engine.training.clap import (
    HEARD,
    Clap,
    ClapBatches,
    average_vectors,
    class_ranks,
    hear_corpus,
)
from engine.training.comparison import judge
from engine.training.corpus import Corpus, pack
from engine.training.credits import ATTRIBUTION, CREDITS, write_attribution
from engine.training.denoiser import (
    BETA_END,
    BETA_START,
    TRAIN_STEPS,
    Conditions,
    Denoiser,
    DenoiserBatches,
    Steering,
    halfway,
    steer_through,
)
from engine.training.distillation import STUDENT, JumpBatches, WalkCache, grid, student_of, walks
from engine.training.export import (
    export_audio_tower,
    export_denoiser,
    export_vae,
    export_vocoder,
    latent_statistics,
    project_text_encoder,
    unproject_text_encoder,
)
from engine.training.latents import (
    LONG_FRAMES,
    SHORT_FRAMES,
    TextVariants,
    WindowSampler,
    encode_corpus,
    wordings,
)
from engine.training.lease import WEIGHTS, returned
from engine.training.lengths import fit_lengths
from engine.training.loop import begin, load_average, train
from engine.training.phase import RefinedVocoder
from engine.training.recovered import (
    recovered_audio_tower,
    recovered_denoiser,
    recovered_vae,
    recovered_vocoder,
)
from engine.training.run_file import Run, read_run, shipped_run
from engine.training.shard import write_shard
from engine.training.text_tower import export_text_tower
from engine.training.vae import Vae, VaeBatches
from engine.training.vocoder import Vocoder, VocoderBatches

NAME = "foley-small"
LICENCE = "CC-BY-SA-4.0 AND Apache-2.0"
MAX_TOKENS = 256
LATENT_VARIANTS = 2
COMPARED_BATCHES = 16
# Kinds whose classes are no answer to what a sound is.
UNNAMED = ("instrument", "mix")
WALKS, WALKS_SEED = 3000, 5
SHARD = "shard.zip"
SCALING = "scaling.npz"  # of the latents of a recovered denoiser
TEXT_TOWER_FILES = ("text_encoder.onnx", "tokenizer.json")

MANIFEST: dict[str, Any] = {
    "name": NAME,
    "kind": "audioldm",
    "description": "Foley and ambience in 16 kHz mono, trained by this project on openly licensed sounds.",
    "licence": LICENCE,
    "attribution": ATTRIBUTION,
    # The denoiser's and the text tower's linear layers are int8, all else is float32.
    "precision": "mixed",
    "sample_rate": 16_000,
    "mel": {
        "sample_rate": 16_000,
        "n_fft": 1024,
        "win_length": 1024,
        "hop_length": 160,
        "n_mels": 64,
        "f_min": 0.0,
        "f_max": 8_000.0,
    },
    "latents": {
        "channels": 8,
        "time_factor": 4,
        "band_factor": 4,
        "multiple": 1,
        "window_frames": LONG_FRAMES,
        "shortest_frames": SHORT_FRAMES,
    },
    "schedule": {
        "train_steps": TRAIN_STEPS,
        "beta_start": BETA_START,
        "beta_end": BETA_END,
        "beta_schedule": "scaled_linear",
        "prediction": "v_prediction",
    },
    "scale_factor": 1.0,
    "defaults": {"sampler": "dpm", "steps": 12, "guidance": 4.0, "guidance_low": 0.0},
    # Vocoder: 3 frames of the first convolution, 3 for each of 6 blocks, 4 of the refinement's windows
    # for each pass. Decoder: 7 convolutions on cells, 5 on half cells, of which one frame each.
    "margins": {"vocoder_frames": 32, "decoder_frames": 10},
    "text": {"max_tokens": MAX_TOKENS, "pad_id": 0},
    "graphs": {
        "text_encoder": "text_encoder.onnx",
        "vae_encoder": "vae_encoder.onnx",
        "vae_decoder": "vae_decoder.onnx",
        "denoiser": "denoiser.onnx",
        "vocoder": "vocoder.onnx",
        "audio_encoder": "audio_encoder.onnx",
    },
    "ranking": asdict(HEARD),
    "provenance": None,
    "measured": {},
    "torch": None,
}


@dataclass(frozen=True)
class Workplace:
    """Where the inputs lie and the runs live."""

    corpus: Path
    work: Path
    text_tower: Path  # the published sentence encoder's folder, only for "texts" and "export"
    bundle: Path
    run_file: Path | None  # None: the stage's own of ``runs/``
    weights: Path = Path(WEIGHTS)  # what a lease left, only for "adopt"

    def run(self, stage: str) -> Run:
        """What this stage is to do."""
        return shipped_run(stage) if self.run_file is None else read_run(self.run_file)

    def packed(self) -> Corpus:
        """The packed corpus."""
        return Corpus(self.work / "packed")


def recover(place: Workplace) -> None:
    """The runs as they would stand at step 0 with the weights of ``bundle``, to train on from what ships."""
    vae, mean, deviation = recovered_vae(place.bundle)
    np.savez(place.work / SCALING, mean=mean[0, :, 0].numpy(), deviation=deviation[0, :, 0].numpy())
    networks: dict[str, nn.Module] = {
        "vae": vae,
        "vocoder": recovered_vocoder(place.bundle),
        "denoiser": recovered_denoiser(place.bundle),
    }
    tower = place.work / "text_tower"
    tower.mkdir(parents=True, exist_ok=True)
    for name in TEXT_TOWER_FILES:
        shutil.copyfile(place.bundle / name, tower / name)
    projection = unproject_text_encoder(tower / "text_encoder.onnx")
    np.save(place.work / "projection.npy", projection.numpy())
    if (place.bundle / "audio_encoder.onnx").exists():
        clap = Clap()
        clap.audio = recovered_audio_tower(place.bundle)
        with torch.no_grad():
            clap.projection.weight.copy_(projection)
        networks["clap"] = clap
    for name, network in networks.items():
        begin(place.work / name, network, shipped_run(name).settings)


def train_vae(place: Workplace) -> None:
    """The mel VAE."""
    run = place.run("vae")
    train(place.work / run.name, Vae(), VaeBatches(place.packed(), run.batch).losses, run.settings)


def train_vocoder(place: Workplace) -> None:
    """The vocoder, on real mels."""
    run = place.run("vocoder")
    batches = VocoderBatches(place.packed(), run.batch)
    train(place.work / run.name, Vocoder(), batches.losses, run.settings)


def encode_latents(place: Workplace) -> None:
    """Latents of the training split; scaled as the recovered denoiser knows them, where there is one."""
    vae = load_average(place.work / "vae", Vae())
    assert isinstance(vae, Vae)
    recovered, scaling = place.work / SCALING, None
    if recovered.exists():
        kept = np.load(recovered)
        scaling = kept["mean"], kept["deviation"]
    encode_corpus(place.packed(), vae, place.work / "latents", LATENT_VARIANTS, scaling=scaling)


def embed_texts(place: Workplace) -> None:
    """Every caption in every wording, through the text tower as it ships; the empty text as well."""
    tower = place.work / "text_tower"
    if not (tower / "text_encoder.onnx").exists():
        export_text_tower(place.text_tower, tower)
    tokenizer = Tokenizer.from_file(str(tower / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    session = onnxruntime.InferenceSession(tower / "text_encoder.onnx")

    def vector(text: str) -> Any:
        ids = np.array([tokenizer.encode(text).ids], np.int64)
        found = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]
        return found / np.linalg.norm(found)

    keys = sorted({f"{clip.caption}|{clip.sound_class}" for clip in place.packed().clips})
    vectors = np.array([[vector(text) for text in wordings(key)] for key in keys], np.float32)
    np.savez(place.work / "texts.npz", keys=np.array(keys), vectors=vectors, empty=vector(""))


def read_texts(place: Workplace, clap: Clap | None = None) -> TextVariants:
    """The text vectors that ``embed_texts`` left; of the pair's space, if there is one."""
    texts = np.load(place.work / "texts.npz")
    by_caption = dict(zip([str(key) for key in texts["keys"]], texts["vectors"], strict=True))
    projection = None if clap is None else clap.projection.weight.detach().numpy()
    return TextVariants(by_caption, texts["empty"], projection)


def train_clap(place: Workplace) -> None:
    """The contrastive pair; what it hears is cached first."""
    corpus, heard = place.packed(), place.work / "heard"
    if not (heard / "heard.json").exists():
        hear_corpus(corpus, heard)
    run = place.run("clap")
    batches = ClapBatches(corpus, heard, read_texts(place), run.batch)
    train(place.work / run.name, Clap(), batches.losses, run.settings)


def read_clap(place: Workplace) -> Clap:
    """The trained pair."""
    clap = load_average(place.work / "clap", Clap())
    assert isinstance(clap, Clap)
    return clap


def hear_sounds(place: Workplace) -> None:
    """The audio tower's vector of every training clip, ``sounds.npy``."""
    vectors = average_vectors(read_clap(place), place.work / "heard", len(place.packed().clips))
    np.save(place.work / "sounds.npy", vectors)


def judge_clap(place: Workplace) -> None:
    """Print how often a sound's class is among the nearest names of all: training split, held out."""
    corpus, clap, texts = place.packed(), read_clap(place), read_texts(place)
    clips = [clip for clip in corpus.clips if clip.kind not in UNNAMED]
    classes = sorted({clip.sound_class for clip in clips})
    by_class = {clip.sound_class: texts.vectors[f"{clip.caption}|{clip.sound_class}"][1] for clip in clips}
    with torch.inference_mode():
        names = clap.read(torch.from_numpy(np.stack([by_class[name] for name in classes]))).numpy()
    sounds = np.load(place.work / "sounds.npy")[:, 0]
    for held_out in (False, True):
        chosen = [
            (number, classes.index(clip.sound_class))
            for number, clip in enumerate(corpus.clips)
            if clip.held_out is held_out and clip.kind not in UNNAMED and sounds[number].any()
        ]
        numbers, right = np.array(chosen).T
        ranks = class_ranks(sounds[numbers], names, right)
        shares = ", ".join(f"among {count}: {(ranks < count).mean():.3f}" for count in (1, 5, 10))
        what = "held out" if held_out else "training"
        print(f"{what}: {len(ranks)} sounds, {len(classes)} classes, right one {shares}")


def follow_clap(place: Workplace) -> None:
    """Begin the denoiser's run anew, with the weights of ``bundle`` and in the space of the trained pair."""
    before = torch.from_numpy(np.load(place.work / "projection.npy"))
    change = read_clap(place).projection.weight.detach() @ before.inverse()
    sentences = torch.from_numpy(np.load(place.work / "texts.npz")["vectors"]).flatten(0, 1)
    known = functional.normalize(sentences @ before.T, dim=1)
    denoiser = recovered_denoiser(place.bundle)
    steer_through(denoiser, change / (known @ change.T).norm(dim=1).mean())
    shutil.rmtree(place.work / "denoiser", ignore_errors=True)
    begin(place.work / "denoiser", denoiser, shipped_run("denoiser").settings)


def train_denoiser(place: Workplace) -> None:
    """The latent denoiser, or one of those it is compared with."""
    run = place.run("denoiser")
    texts = read_texts(place, read_clap(place))
    sounds = None if run.steering is Steering.TEXT else np.load(place.work / "sounds.npy")
    conditions = Conditions(texts, sounds, run.steering)
    batches = DenoiserBatches(WindowSampler(place.work / "latents"), conditions, run.batch)
    train(place.work / run.name, Denoiser(**run.network), batches.losses, run.settings)


def send(place: Workplace) -> None:
    """``shard.zip``: all that the denoiser learns from, for a lease of a graphics card."""
    texts = read_texts(place, read_clap(place))
    size = write_shard(place.work / "latents", texts, place.work / SHARD)
    print(f"{place.work / SHARD}: {size / 2**20:.1f} MiB")


def adopt(place: Workplace) -> None:
    """The denoiser's run begun anew, with the weights that came back from a lease."""
    denoiser = returned(place.weights, Denoiser(**place.run("denoiser").network))
    shutil.rmtree(place.work / "denoiser", ignore_errors=True)
    begin(place.work / "denoiser", denoiser, place.run("denoiser").settings)


def compare(place: Workplace) -> None:
    """Print how the three small runs answer to texts, on both splits."""
    vae = load_average(place.work / "vae", Vae())
    assert isinstance(vae, Vae)
    held_out = place.work / "latents_held_out"
    if not (held_out / "clips.json").exists():
        encode_corpus(place.packed(), vae, held_out, 1, held_out=True)
    texts = read_texts(place, read_clap(place))
    for name in ("compare_text", "compare_audio", "compare_mixed"):
        denoiser = load_average(place.work / name, Denoiser(**shipped_run(name).network))
        assert isinstance(denoiser, Denoiser)
        for folder in (place.work / "latents", held_out):
            windows = WindowSampler(folder, statistics_of=place.work / "latents")
            print(name, folder.name, judge(denoiser, windows, texts, COMPARED_BATCHES))


def export(place: Workplace) -> None:
    """The bundle from the runs' averaged weights."""
    place.bundle.mkdir(parents=True, exist_ok=True)
    for name in TEXT_TOWER_FILES:
        shutil.copyfile(place.work / "text_tower" / name, place.bundle / name)
    clap = read_clap(place)
    project_text_encoder(place.bundle, clap.projection.weight.detach())
    export_audio_tower(clap.audio, place.bundle)
    vae = load_average(place.work / "vae", Vae())
    vocoder = load_average(place.work / "vocoder", Vocoder())
    denoiser = load_average(place.work / "denoiser", Denoiser())
    assert isinstance(vae, Vae) and isinstance(vocoder, Vocoder) and isinstance(denoiser, Denoiser)
    export_vae(vae, *latent_statistics(place.work / "latents"), place.bundle)
    export_vocoder(RefinedVocoder(vocoder), place.bundle)
    export_denoiser(denoiser, place.bundle, quantize=True)
    write_attribution(place.corpus, place.bundle)
    seal_bundle(place.bundle, MANIFEST | {"lengths": learned_lengths(place)}, extra=[CREDITS])


def blend(place: Workplace) -> None:
    """Put what lies halfway between the denoiser of ``bundle`` and the run's into ``bundle``."""
    trained = load_average(place.work / "denoiser", Denoiser(**place.run("denoiser").network))
    assert isinstance(trained, Denoiser)
    export_denoiser(halfway(trained, recovered_denoiser(place.bundle)), place.bundle, quantize=True)
    reseal(place.bundle, {})


def learned_lengths(place: Workplace) -> dict[str, Any]:
    """How long sounds last, for the manifest."""
    clips = WindowSampler(place.work / "latents").clips
    return asdict(fit_lengths(clips, read_texts(place, read_clap(place))))


def tell_lengths(place: Workplace) -> None:
    """Put what was learned of lengths into ``bundle``."""
    reseal(place.bundle, {"lengths": learned_lengths(place)})


def reseal(folder: Path, changes: dict[str, Any]) -> None:
    """The bundle with these values in its manifest."""
    values = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    kept = {key: value for key, value in values.items() if key not in ("format_version", "files")}
    seal_bundle(folder, kept | changes, extra=[CREDITS])


def tell_credits(place: Workplace) -> None:
    """Put who made the sounds of the corpus into ``bundle``."""
    write_attribution(place.corpus, place.bundle)
    reseal(place.bundle, {})


def record_walks(place: Workplace) -> None:
    """Sounds that ``bundle`` makes, step by step, until there are enough; goes on where it was."""
    model = OnnxModel(load_bundle(place.bundle))
    cache = WalkCache(place.work / "walks")
    texts, windows = read_texts(place, read_clap(place)), WindowSampler(place.work / "latents")
    for walk in walks(model, texts, windows, seed=WALKS_SEED, first=cache.count):
        if cache.count >= WALKS:
            return
        cache.add(walk)


def train_student(place: Workplace) -> None:
    """The denoiser for drafts, from the walks of ``bundle`` and from its weights."""
    run, folder = place.run("student"), place.work / "student"
    begin(folder, student_of(recovered_denoiser(place.bundle)), run.settings)
    schedule = load_bundle(place.bundle).specification.schedule
    batches = JumpBatches(WalkCache(place.work / "walks"), grid(schedule), run.batch)
    train(folder, Denoiser(**run.network), batches.losses, run.settings)


def graduate(place: Workplace) -> None:
    """Put the trained student into ``bundle``."""
    student = load_average(place.work / "student", Denoiser(**shipped_run("student").network))
    assert isinstance(student, Denoiser)
    export_denoiser(student, place.bundle, quantize=True, name="student.onnx")
    values = json.loads((place.bundle / MANIFEST_FILE).read_text(encoding="utf-8"))
    reseal(place.bundle, {"graphs": values["graphs"] | {"student": "student.onnx"}, "student": STUDENT})


STAGES: dict[str, Callable[[Workplace], None]] = {
    "pack": lambda place: pack(place.corpus, place.work / "packed"),
    "recover": recover,
    "vae": train_vae,
    "vocoder": train_vocoder,
    "latents": encode_latents,
    "texts": embed_texts,
    "clap": train_clap,
    "sounds": hear_sounds,
    "judge": judge_clap,
    "follow": follow_clap,
    "denoiser": train_denoiser,
    "shard": send,
    "adopt": adopt,
    "compare": compare,
    "export": export,
    "blend": blend,
    "walks": record_walks,
    "student": train_student,
    "graduate": graduate,
    "lengths": tell_lengths,
    "credits": tell_credits,
}


def main() -> None:
    """Run one stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=list(STAGES))
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--text-tower", type=Path, default=Path("all-MiniLM-L6-v2"))
    parser.add_argument("--bundle", type=Path, default=Path("bundle"))
    parser.add_argument("--run", type=Path, help="another file than the stage's own of runs/")
    parser.add_argument("--weights", type=Path, default=Path(WEIGHTS), help="what a lease left, for adopt")
    parser.add_argument("--threads", type=int, default=0, help="0: all")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    place = Workplace(
        options.corpus, options.work, options.text_tower, options.bundle, options.run, options.weights
    )
    STAGES[options.stage](place)


if __name__ == "__main__":
    main()

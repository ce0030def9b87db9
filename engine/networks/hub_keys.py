"""The keys of the hub's ``config.json`` files: which are sizes, and which can have one value only."""

from __future__ import annotations

# What these networks can only be in one way; the first value is what an absent key means.
Constants = dict[str, tuple[object, ...]]

UNET_CONSTANTS: Constants = {
    "mid_block_type": ("UNetMidBlock2DCrossAttn",),
    "center_input_sample": (False, None),
    "flip_sin_to_cos": (True,),
    "freq_shift": (0,),
    "only_cross_attention": (False, None),
    "mid_block_only_cross_attention": (None, False),
    "downsample_padding": (1,),
    "mid_block_scale_factor": (1,),
    "act_fn": ("silu", "swish"),
    "norm_eps": (1e-5,),
    "reverse_transformer_layers_per_block": (None,),
    "encoder_hid_dim": (None,),
    "encoder_hid_dim_type": (None,),
    "dual_cross_attention": (False, None),
    "use_linear_projection": (False, None),
    "addition_embed_type": (None,),
    "addition_time_embed_dim": (None,),
    "num_class_embeds": (None,),
    "resnet_time_scale_shift": ("default",),
    "resnet_skip_time_act": (False, None),
    "resnet_out_scale_factor": (1,),
    "time_embedding_type": ("positional",),
    "time_embedding_dim": (None,),
    "time_embedding_act_fn": (None,),
    "timestep_post_act": (None,),
    "time_cond_proj_dim": (None,),
    "conv_in_kernel": (3,),
    "conv_out_kernel": (3,),
    "attention_type": ("default",),
    "cross_attention_norm": (None,),
}
UNET_SIZES = (
    "in_channels",
    "out_channels",
    "block_out_channels",
    "down_block_types",
    "up_block_types",
    "layers_per_block",
    "transformer_layers_per_block",
    "cross_attention_dim",
    "attention_head_dim",
    "num_attention_heads",
    "norm_num_groups",
    "class_embed_type",
    "class_embeddings_concat",
    "projection_class_embeddings_input_dim",
)
# Of no bearing on what a trained network computes.
UNET_IGNORED = ("sample_size", "dropout", "upcast_attention", "addition_embed_type_num_heads")

VAE_CONSTANTS: Constants = {
    "act_fn": ("silu", "swish"),
    "shift_factor": (None, 0),
    "latents_mean": (None,),
    "latents_std": (None,),
    "use_quant_conv": (True,),
    "use_post_quant_conv": (True,),
    "mid_block_add_attention": (True,),
}
VAE_SIZES = (
    "in_channels",
    "out_channels",
    "latent_channels",
    "block_out_channels",
    "down_block_types",
    "up_block_types",
    "layers_per_block",
    "norm_num_groups",
    "scaling_factor",
)
VAE_IGNORED = ("sample_size", "force_upcast")

# transformers writes dozens of keys that are about training and text generation, so unknown ones are let be.
CLAP_CONSTANTS: Constants = {"hidden_act": ("gelu",), "projection_hidden_act": ("relu",)}
CLAP_TEXT_CONSTANTS: Constants = {
    "position_embedding_type": ("absolute", None),
    "type_vocab_size": (1,),
}
CLAP_AUDIO_CONSTANTS: Constants = {
    "enable_fusion": (False, None, True),  # which changes nothing for sounds of its own length
    "patch_embed_input_channels": (1,),
    "flatten_patch_embeds": (True,),
    "enable_patch_layer_norm": (True,),
    "qkv_bias": (True,),
}

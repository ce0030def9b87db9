"""What DPF 1.6's wrappers get wrong for this plugin, in the lines that are replaced in a copy of its sources.

Each was found by a host of the tests: positions by ``clap_host.cpp`` and dawdreamer, the rest by
``clap_check.cpp`` and ``vst3_check.cpp``.
"""

from __future__ import annotations

from dataclasses import dataclass

_CLAP = "DistrhoPluginCLAP.cpp"
_VST3 = "DistrhoPluginVST3.cpp"


@dataclass(frozen=True)
class Patch:
    """Lines of a wrapper that must say something else; they are there once."""

    file: str
    old: str
    new: str


def _for_known_parameters(call: str) -> Patch:
    """A question about a parameter that there is not is refused: it was read beyond the end of a table."""
    return Patch(
        _CLAP,
        f"    return instance->{call};",
        f"    return param_id < instance->getParameterCount() && instance->{call};",
    )


# The running clock of the host is not the place on the timeline.
_CLAP_POSITION = Patch(
    _CLAP,
    "fTimePosition.frame = process->steady_time >= 0 ? process->steady_time : 0;",
    "fTimePosition.playing = fTimePosition.playing && "
    "(transport->flags & CLAP_TRANSPORT_HAS_SECONDS_TIMELINE);\n"
    "            fTimePosition.frame = static_cast<uint64_t>(std::llround(\n"
    "                static_cast<double>(transport->song_pos_seconds) / CLAP_SECTIME_FACTOR * "
    "fPlugin.getSampleRate()));",
)
# Nor is it in VST3, whose projectTimeSamples always is, whatever the flags about musical time say.
_VST3_POSITION = Patch(
    _VST3,
    "            if (ctx->state & V3_PROCESS_CTX_PROJECT_TIME_VALID)\n"
    "                fTimePosition.frame = ctx->project_time_in_samples;\n"
    "            else if (ctx->state & V3_PROCESS_CTX_CONT_TIME_VALID)\n"
    "                fTimePosition.frame = ctx->continuous_time_in_samples;\n",
    "            fTimePosition.frame = ctx->project_time_in_samples;\n",
)
# A host that takes a state in pieces got its first bytes again and again.
_CLAP_STATE = Patch(
    _CLAP,
    "stream->write(stream, buffer, size - wrtntotal);",
    "stream->write(stream, buffer + wrtntotal, size - wrtntotal);",
)
_VST3_STATE = Patch(
    _VST3,
    "write(stream, const_cast<char*>(buffer), size - wrtntotal, &wrtn);",
    "write(stream, const_cast<char*>(buffer) + wrtntotal, size - wrtntotal, &wrtn);",
)
# A host that gives a state in pieces had some parameters left out: what lay behind a piece was read on.
_CLAP_PIECES = Patch(_CLAP, "orig = buffer[read];", "orig = '\\xff';")
_VST3_PIECES = Patch(_VST3, "orig = buffer[read];", "orig = '\\xff';")
# A new value of a parameter that there is not was written beyond the end of a table.
_CLAP_EVENT = Patch(
    _CLAP,
    "        fCachedParameters.values[event->param_id] = event->value;\n",
    "        if (event->param_id >= fCachedParameters.numParams)\n            return;\n"
    "        fCachedParameters.values[event->param_id] = event->value;\n",
)
# Events of another namespace, and of the transport, were taken for MIDI: the audio thread wrote a complaint.
_CLAP_SPACES = Patch(
    _CLAP,
    "event = inputEvents->get(inputEvents, i);\n",
    "event = inputEvents->get(inputEvents, i);\n"
    "                    if (event->space_id != CLAP_CORE_EVENT_SPACE_ID)\n"
    "                        continue;\n",
)
_CLAP_FLUSHED_SPACES = Patch(
    _CLAP,
    "if (event->type != CLAP_EVENT_PARAM_VALUE)\n",
    "if (event->space_id != CLAP_CORE_EVENT_SPACE_ID || event->type != CLAP_EVENT_PARAM_VALUE)\n",
)
_CLAP_TRANSPORT = Patch(
    _CLAP,
    "                    case CLAP_EVENT_TRANSPORT:\n                    case CLAP_EVENT_MIDI:\n",
    "                    case CLAP_EVENT_TRANSPORT:\n                        break;\n"
    "                    case CLAP_EVENT_MIDI:\n",
)
# Ids of groups have a high bit, so none was mono or stereo.
_CLAP_TYPE = Patch(_CLAP, "switch (busInfo.groupId)", "switch (busInfo.groupId - 0x80000000)")
_CLAP_PLUGIN = Patch(
    _CLAP,
    "                                               const char*)\n{\n",
    "                                               const char* const id)\n{\n"
    "    if (std::strcmp(id, DISTRHO_PLUGIN_CLAP_ID) != 0)\n        return nullptr;\n",
)
# What a host tells in a block of no frames, because nothing plays, was passed over.
_VST3_FLUSH = Patch(
    _VST3,
    "        if (data->nframes <= 0)\n        {\n",
    """        if (data->nframes <= 0)
        {
            if (v3_param_changes** const changes = data->input_params)
            {
                for (int32_t i = 0, count = v3_cpp_obj(changes)->get_param_count(changes); i < count; ++i)
                {
                    v3_param_value_queue** const queue = v3_cpp_obj(changes)->get_param_data(changes, i);
                    if (queue == nullptr)
                        continue;
                    const uint32_t id = v3_cpp_obj(queue)->get_param_id(queue);
                    const uint32_t index = id - kVst3InternalParameterCount;
                    const int32_t last = v3_cpp_obj(queue)->get_point_count(queue) - 1;
                    int32_t offset;
                    double normalized;
                    if (index < fParameterCount && last >= 0 &&
                        v3_cpp_obj(queue)->get_point(queue, last, &offset, &normalized) == V3_OK)
                        _setNormalizedPluginParameterValue(index, normalized);
                }
            }
""",
)
# A host that wants no values back was complained about in every block, from the audio thread.
_VST3_SILENT = Patch(
    _VST3,
    "        DISTRHO_SAFE_ASSERT_RETURN(outparamsptr != nullptr,);\n",
    "        if (outparamsptr == nullptr)\n            return;\n",
)


def _for_known_buses(side: str) -> Patch:
    """There is one bus on each side; others were described as well."""
    call = f"getAudioBusInfo<{side}>(busId, info)"
    return Patch(_VST3, f"return {call};", f"return busId == 0 ? {call} : V3_INVALID_ARG;")


CLAP_PATCHES = (
    _CLAP_POSITION,
    _CLAP_STATE,
    _CLAP_PIECES,
    _CLAP_EVENT,
    _CLAP_SPACES,
    _CLAP_FLUSHED_SPACES,
    _CLAP_TRANSPORT,
    _CLAP_TYPE,
    _CLAP_PLUGIN,
    Patch(
        _CLAP,
        "    return instance->getParameterInfo(index, info);",
        "    return index < instance->getParameterCount() && instance->getParameterInfo(index, info);",
    ),
    _for_known_parameters("getParameterValue(param_id, value)"),
    _for_known_parameters("getParameterStringForValue(param_id, value, display, size)"),
    _for_known_parameters("getParameterValueForString(param_id, display, value)"),
)
VST3_PATCHES = (
    _VST3_POSITION,
    _VST3_STATE,
    _VST3_PIECES,
    _VST3_FLUSH,
    _VST3_SILENT,
    _for_known_buses("true"),
    _for_known_buses("false"),
)

// What DPF wants to know of the plugin when it is compiled. PUNCHIN_CHANNELS is 1 or 2 (plugin_host/vst3/build.py).
#ifndef DISTRHO_PLUGIN_INFO_H_INCLUDED
#define DISTRHO_PLUGIN_INFO_H_INCLUDED

#ifndef PUNCHIN_CHANNELS
#define PUNCHIN_CHANNELS 2
#endif

#if PUNCHIN_CHANNELS == 1
#define DISTRHO_PLUGIN_NAME "Punch-In mono"
#define DISTRHO_PLUGIN_URI "urn:punch-in:plugin:mono"
#define DISTRHO_PLUGIN_CLAP_ID "punch-in.plugin.mono"
#else
#define DISTRHO_PLUGIN_NAME "Punch-In"
#define DISTRHO_PLUGIN_URI "urn:punch-in:plugin:stereo"
#define DISTRHO_PLUGIN_CLAP_ID "punch-in.plugin.stereo"
#endif
#define DISTRHO_PLUGIN_BRAND "Punch-In"
#define DISTRHO_PLUGIN_NUM_INPUTS PUNCHIN_CHANNELS
#define DISTRHO_PLUGIN_NUM_OUTPUTS PUNCHIN_CHANNELS
#define DISTRHO_PLUGIN_HAS_UI 0
#define DISTRHO_PLUGIN_IS_RT_SAFE 1
#define DISTRHO_PLUGIN_WANT_TIMEPOS 1
#define DISTRHO_PLUGIN_WANT_STATE 1
#define DISTRHO_PLUGIN_WANT_FULL_STATE 1
#define DISTRHO_PLUGIN_CLAP_FEATURES "audio-effect", "utility"
#define DISTRHO_PLUGIN_LV2_CATEGORY "lv2:UtilityPlugin"
#define DISTRHO_PLUGIN_VST3_CATEGORIES "Fx|Tools"

#endif

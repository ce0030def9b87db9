// Loads a CLAP plugin and plays 0.1 s through it from a place on the timeline, in blocks of 100, with a running clock
// (steady_time) that says something else. Prints the largest difference between what went in and what came out.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <string>
#include <unistd.h>

#include "src/clap/entry.h"
#include "src/clap/plugin.h"
#include "src/clap/plugin-factory.h"
#include "src/clap/process.h"

static const void* noExtension(const clap_host*, const char*) { return nullptr; }
static void nothing(const clap_host*) {}
static uint32_t noEvents(const clap_input_events*) { return 0; }
static const clap_event_header_t* noEvent(const clap_input_events*, uint32_t) { return nullptr; }
static bool takeEvent(const clap_output_events*, const clap_event_header_t*) { return true; }

int main(int, char** words) {
    void* library = dlopen(words[1], RTLD_NOW);
    if (library == nullptr)
        return 1;
    const auto* entry = static_cast<const clap_plugin_entry*>(dlsym(library, "clap_entry"));
    if (entry == nullptr || !entry->init(words[1]))
        return 2;
    const auto* factory = static_cast<const clap_plugin_factory*>(entry->get_factory(CLAP_PLUGIN_FACTORY_ID));
    const auto* about = factory->get_plugin_descriptor(factory, 0);
    const clap_host host{CLAP_VERSION, nullptr, "test", "", "", "", noExtension, nothing, nothing, nothing};
    const clap_plugin* plugin = factory->create_plugin(factory, &host, about->id);
    if (plugin == nullptr || !plugin->init(plugin) || !plugin->activate(plugin, 44100, 1, 4096) ||
        !plugin->start_processing(plugin))
        return 3;
    const long position = std::stol(words[2]);
    float in[2][100], out[2][100], largest = 0;
    for (long done = 0; done < 4400; done += 100) {
        for (int i = 0; i < 100; ++i) {
            in[0][i] = static_cast<float>(done + i + 1) / 65536.0f;
            in[1][i] = -in[0][i];
        }
        clap_event_transport transport{};
        transport.header = {sizeof transport, 0, CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_TRANSPORT, 0};
        transport.flags = CLAP_TRANSPORT_IS_PLAYING | CLAP_TRANSPORT_HAS_SECONDS_TIMELINE;
        // As a host would say it: seconds, cut off to the type's grain.
        transport.song_pos_seconds = static_cast<clap_sectime>((position + done) / 44100.0 * CLAP_SECTIME_FACTOR);
        float* ins[] = {in[0], in[1]};
        float* outs[] = {out[0], out[1]};
        clap_audio_buffer input{ins, nullptr, 2, 0, 0}, output{outs, nullptr, 2, 0, 0};
        const clap_input_events events{nullptr, noEvents, noEvent};
        const clap_output_events told{nullptr, takeEvent};
        clap_process process{7000000 + done, 100, &transport, &input, &output, 1, 1, &events, &told};
        plugin->process(plugin, &process);
        for (int i = 0; i < 100; ++i)
            largest = std::fmax(largest, std::fabs(out[0][i] - in[0][i]) + std::fabs(out[1][i] - in[1][i]));
    }
    std::printf("%s %g\n", about->id, static_cast<double>(largest));
    std::fflush(stdout);
    std::getchar();  // until the test has asked the plugin's port
    plugin->stop_processing(plugin);
    plugin->deactivate(plugin);
    plugin->destroy(plugin);
    entry->deinit();
    return 0;
}

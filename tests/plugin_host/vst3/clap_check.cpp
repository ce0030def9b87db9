// Asks a CLAP plugin what validators ask, against clap's own headers: words are the plugin's file and its channels.
// Prints a line for each thing that is wrong, and how many answers there were.
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "src/clap/entry.h"
#include "src/clap/ext/audio-ports.h"
#include "src/clap/ext/latency.h"
#include "src/clap/ext/params.h"
#include "src/clap/ext/state.h"
#include "src/clap/plugin.h"
#include "src/clap/plugin-factory.h"
#include "src/clap/process.h"

static std::atomic<int> asked{0}, wrong{0};
static void require(bool right, const char* what) {
    ++asked;
    if (!right && ++wrong <= 50)
        std::printf("wrong: %s\n", what);
}

static const void* noExtension(const clap_host*, const char*) { return nullptr; }
static void nothing(const clap_host*) {}
static const clap_host host{CLAP_VERSION, nullptr, "check", "", "", "", noExtension, nothing, nothing, nothing};

// Events of one block: new values of parameters.
struct Events {
    std::vector<clap_event_param_value_t> values;
    clap_input_events list{this, size, get};
    static uint32_t size(const clap_input_events* of) { return static_cast<uint32_t>(self(of)->values.size()); }
    static const clap_event_header_t* get(const clap_input_events* of, uint32_t i) { return &self(of)->values[i].header; }
    static const Events* self(const clap_input_events* of) { return static_cast<const Events*>(of->ctx); }
    void set(clap_id id, double value, uint32_t time = 0) {
        clap_event_param_value_t event{};
        event.header = {sizeof event, time, CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_PARAM_VALUE, 0};
        event.param_id = id;
        event.note_id = -1;
        event.port_index = event.channel = event.key = -1;
        event.value = value;
        values.push_back(event);
    }
};
static bool takeEvent(const clap_output_events*, const clap_event_header_t*) { return true; }
static const clap_output_events told{nullptr, takeEvent};

// A file in memory that gives and takes `grain` bytes at a time, as hosts may.
struct Memory {
    std::string bytes;
    uint64_t grain = 1;
    size_t here = 0;
    clap_istream in{this, read};
    clap_ostream out{this, write};
    static int64_t read(const clap_istream* of, void* buffer, uint64_t size) {
        auto* const self = static_cast<Memory*>(of->ctx);
        const size_t count = std::min<size_t>(std::min(size, self->grain), self->bytes.size() - self->here);
        std::memcpy(buffer, self->bytes.data() + self->here, count);
        self->here += count;
        return static_cast<int64_t>(count);
    }
    static int64_t write(const clap_ostream* of, const void* buffer, uint64_t size) {
        auto* const self = static_cast<Memory*>(of->ctx);
        const size_t count = std::min(size, self->grain);
        self->bytes.append(static_cast<const char*>(buffer), count);
        return static_cast<int64_t>(count);
    }
};

struct Plugin {
    const clap_plugin* plugin;
    const clap_plugin_params* params;
    const clap_plugin_state* state;
    uint32_t channels;

    Plugin(const clap_plugin_factory* factory, const char* id, uint32_t count)
        : plugin(factory->create_plugin(factory, &host, id)), channels(count) {
        require(plugin != nullptr && plugin->init(plugin), "it is made and initialised");
        params = static_cast<const clap_plugin_params*>(plugin->get_extension(plugin, CLAP_EXT_PARAMS));
        state = static_cast<const clap_plugin_state*>(plugin->get_extension(plugin, CLAP_EXT_STATE));
        require(params != nullptr && state != nullptr, "it has parameters and state");
        require(plugin->get_extension(plugin, "no.such.extension") == nullptr, "an unknown extension is none");
    }
    ~Plugin() { plugin->destroy(plugin); }
    Plugin(const Plugin&) = delete;

    double value(clap_id id) const {
        double found = NAN;
        require(params->get_value(plugin, id, &found), "a parameter has a value");
        return found;
    }
    std::vector<clap_param_info> infos() const {
        std::vector<clap_param_info> all(params->count(plugin));
        for (uint32_t i = 0; i < all.size(); ++i)
            require(params->get_info(plugin, i, &all[i]), "a parameter describes itself");
        return all;
    }
    void flush(Events& events) const { params->flush(plugin, &events.list, &told); }

    // Whether a block comes out as it went in; `inPlace` has one buffer for both.
    bool isWire(uint32_t frames, bool inPlace, const clap_event_transport* transport, Events& events) const {
        std::vector<std::vector<float>> in(channels, std::vector<float>(frames)), out = in;
        std::vector<float*> ins, outs;
        for (uint32_t c = 0; c < channels; ++c) {
            for (uint32_t i = 0; i < frames; ++i)
                in[c][i] = static_cast<float>(i * channels + c + 1) / 65536.0f;
            ins.push_back(in[c].data());
            outs.push_back(inPlace ? in[c].data() : out[c].data());
        }
        const auto sent = in;
        clap_audio_buffer input{ins.data(), nullptr, channels, 0, 0}, output{outs.data(), nullptr, channels, 0, 0};
        clap_process process{-1, frames, transport, &input, &output, 1, 1, &events.list, &told};
        require(plugin->process(plugin, &process) != CLAP_PROCESS_ERROR, "a block is processed");
        return (inPlace ? in : out) == sent;
    }
};

static void checkParameters(const Plugin& of) {
    std::set<clap_id> ids;
    for (const auto& info : of.infos()) {
        require(ids.insert(info.id).second, "parameters have ids of their own");
        require(info.name[0] != 0 && info.min_value <= info.default_value && info.default_value <= info.max_value,
            "a parameter has a name, and its default lies in its range");
        const double now = of.value(info.id);
        const bool shown = info.flags & CLAP_PARAM_IS_READONLY;
        require(now >= info.min_value && now <= info.max_value, "its value lies in its range");
        require(shown || now == info.default_value, "at first it is the default");
        for (const double part : {0.0, 0.25, 0.5, 1.0}) {
            double plain = info.min_value + part * (info.max_value - info.min_value), back = NAN;
            if (info.flags & CLAP_PARAM_IS_STEPPED)
                plain = std::round(plain);
            char text[64] = {};
            require(of.params->value_to_text(of.plugin, info.id, plain, text, sizeof text) && text[0] != 0, "a value has a text");
            require(of.params->text_to_value(of.plugin, info.id, text, &back) && std::fabs(back - plain) < 1e-4,
                "the text is that value again");
        }
        if (shown)
            continue;
        for (const double far : {info.max_value + 1000.0, info.min_value - 1000.0, double(NAN), double(INFINITY)}) {
            Events events;
            events.set(info.id, far);
            of.flush(events);
            const double held = of.value(info.id);
            require(std::isfinite(held), "a value that is no number is not kept");
        }
        Events events;
        events.set(info.id, info.default_value);
        of.flush(events);
        require(of.value(info.id) == info.default_value, "a parameter can be set");
    }
    double found;
    char text[8];
    clap_param_info info;
    require(!of.params->get_value(of.plugin, 99999, &found), "an unknown parameter has no value");
    require(!of.params->value_to_text(of.plugin, 99999, 0, text, sizeof text), "nor a text");
    require(!of.params->get_info(of.plugin, of.params->count(of.plugin), &info), "nor a description");
    const clap_param_info first = of.infos().front();
    const double before = of.value(first.id);
    Events events;
    events.set(99999, 1);
    events.set(first.id, first.max_value + first.min_value - before);
    events.values.back().header.space_id = 77;
    of.flush(events);
    require(of.plugin->activate(of.plugin, 48000, 1, 16) && of.plugin->start_processing(of.plugin), "it is activated");
    require(of.isWire(16, false, nullptr, events) && of.value(first.id) == before, "events of another namespace are not its own");
    of.plugin->stop_processing(of.plugin);
    of.plugin->deactivate(of.plugin);
}

static void checkPorts(const Plugin& of) {
    const auto* const ports =
        static_cast<const clap_plugin_audio_ports*>(of.plugin->get_extension(of.plugin, CLAP_EXT_AUDIO_PORTS));
    require(ports != nullptr, "it has audio ports");
    for (const bool isInput : {true, false}) {
        clap_audio_port_info info{};
        require(ports->count(of.plugin, isInput) == 1, "one port on each side");
        require(ports->get(of.plugin, 0, isInput, &info) && info.channel_count == of.channels, "with its channels");
        require(info.flags & CLAP_AUDIO_PORT_IS_MAIN, "the main one");
        require(info.port_type != nullptr && std::strcmp(info.port_type, of.channels == 1 ? CLAP_PORT_MONO : CLAP_PORT_STEREO) == 0,
            "of a type that hosts know");
        require(!ports->get(of.plugin, 1, isInput, &info), "and no other");
    }
    const auto* const latency = static_cast<const clap_plugin_latency*>(of.plugin->get_extension(of.plugin, CLAP_EXT_LATENCY));
    require(latency == nullptr || latency->get(of.plugin) == 0, "it has no latency");
}

// Off, as 0.37 of the way, in every parameter that a user sets.
static void move(const Plugin& of) {
    Events events;
    for (const auto& info : of.infos())
        if (!(info.flags & CLAP_PARAM_IS_READONLY)) {
            const double plain = info.min_value + 0.37 * (info.max_value - info.min_value);
            events.set(info.id, info.flags & CLAP_PARAM_IS_STEPPED ? std::round(plain) : plain);
        }
    of.flush(events);
}

static std::string saved(const Plugin& of, uint64_t grain) {
    Memory memory;
    memory.grain = grain;
    require(of.state->save(of.plugin, &memory.out), "its state is saved");
    return memory.bytes;
}

static void checkState(const clap_plugin_factory* factory, const char* id, uint32_t channels) {
    Plugin one(factory, id, channels);
    const std::string fresh = saved(one, 7);
    move(one);
    const std::string bytes = saved(one, 1);
    require(!bytes.empty() && bytes == saved(one, 4096), "however few bytes a host takes at a time");
    require(bytes != fresh, "what was moved is in it");
    for (const uint64_t grain : {1u, 3u, 65536u}) {
        Plugin other(factory, id, channels);
        Memory memory;
        memory.bytes = bytes;
        memory.grain = grain;
        require(other.state->load(other.plugin, &memory.in), "its state is loaded");
        for (const auto& info : one.infos())
            if (!(info.flags & CLAP_PARAM_IS_READONLY))
                require(std::fabs(other.value(info.id) - one.value(info.id)) < 1e-5, "every parameter is as it was saved");
        require(saved(other, 7) == bytes, "and saves the same again");
    }
    Plugin damaged(factory, id, channels);
    for (size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 50) {
        Memory memory;
        memory.bytes = bytes.substr(0, length);
        damaged.state->load(damaged.plugin, &memory.in);
        memory.bytes = std::string(length, '\xff');
        memory.here = 0;
        damaged.state->load(damaged.plugin, &memory.in);
    }
    Memory memory;
    memory.bytes = bytes;
    require(damaged.state->load(damaged.plugin, &memory.in) && saved(damaged, 7) == bytes, "damaged states do no harm");
}

static void checkProcessing(const clap_plugin_factory* factory, const char* id, uint32_t channels) {
    Plugin one(factory, id, channels);
    Events none;
    for (const double rate : {44100.0, 48000.0, 96000.0, 192000.0, 8000.0, 48000.0, 48000.0})
        for (const uint32_t largest : {1u, 32u, 4096u}) {
            require(one.plugin->activate(one.plugin, rate, 1, largest), "it is activated at any rate, again and again");
            for (int starts = 0; starts < 2; ++starts) {
                require(one.plugin->start_processing(one.plugin), "it starts");
                clap_event_transport transport{};
                transport.header = {sizeof transport, 0, CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_TRANSPORT, 0};
                transport.flags = CLAP_TRANSPORT_IS_PLAYING | CLAP_TRANSPORT_HAS_SECONDS_TIMELINE;
                for (const uint32_t frames : {largest, 1u, 0u, largest / 2})
                    for (const bool inPlace : {false, true}) {
                        require(one.isWire(frames, inPlace, &transport, none), "with a transport it is a wire");
                        require(one.isWire(frames, inPlace, nullptr, none), "without one it is a wire");
                    }
                Events moved;
                for (const auto& info : one.infos())
                    if (info.flags & CLAP_PARAM_IS_AUTOMATABLE)
                        moved.set(info.id, info.default_value, largest - 1);
                require(one.isWire(largest, false, &transport, moved), "with automation it is a wire");
                one.plugin->reset(one.plugin);
                one.plugin->stop_processing(one.plugin);
            }
            one.plugin->deactivate(one.plugin);
        }
}

// The host's main thread asks, sets and saves while another one plays, each in an instance that others stand beside.
static void checkThreads(const clap_plugin_factory* factory, const char* id, uint32_t channels) {
    Plugin one(factory, id, channels), beside(factory, id, channels);
    for (const auto* each : {&one, &beside})
        require(each->plugin->activate(each->plugin, 48000, 1, 256), "two are active at once");
    std::atomic<bool> ends{false};
    std::thread audio([&] {
        Events none;
        one.plugin->start_processing(one.plugin);
        while (!ends)
            require(one.isWire(256, false, nullptr, none), "it is a wire while it is asked");
        one.plugin->stop_processing(one.plugin);
    });
    for (int round = 0; round < 200; ++round) {
        const std::string bytes = saved(one, 64);
        for (const auto& info : one.infos())
            one.value(info.id);
        Memory memory;
        memory.bytes = bytes;
        require(one.state->load(one.plugin, &memory.in), "its state is loaded while it plays");
    }
    ends = true;
    audio.join();
    for (const auto* each : {&one, &beside})
        each->plugin->deactivate(each->plugin);
}

int main(int, char** words) {
    void* const library = dlopen(words[1], RTLD_NOW | RTLD_LOCAL);
    require(library != nullptr, "it is loaded");
    const auto* const entry = static_cast<const clap_plugin_entry*>(dlsym(library, "clap_entry"));
    require(entry != nullptr && clap_version_is_compatible(entry->clap_version), "it has an entry of a known version");
    const auto channels = static_cast<uint32_t>(std::atoi(words[2]));
    for (int life = 0; life < 2; ++life) {
        require(entry->init(words[1]), "its entry begins");
        require(entry->get_factory("no.such.factory") == nullptr, "an unknown factory is none");
        const auto* const factory = static_cast<const clap_plugin_factory*>(entry->get_factory(CLAP_PLUGIN_FACTORY_ID));
        require(factory != nullptr && factory->get_plugin_count(factory) == 1, "one plugin is in it");
        require(factory->create_plugin(factory, &host, "no.such.plugin") == nullptr, "an unknown plugin is none");
        const auto* const about = factory->get_plugin_descriptor(factory, 0);
        require(about != nullptr && about->id && about->name && about->vendor && about->version && about->features, "it says what it is");
        bool isEffect = false;
        for (const char* const* feature = about->features; *feature != nullptr; ++feature)
            isEffect = isEffect || std::strcmp(*feature, "audio-effect") == 0;
        require(isEffect, "it is an effect");
        {
            Plugin one(factory, about->id, channels);
            checkParameters(one);
            checkPorts(one);
        }
        checkState(factory, about->id, channels);
        checkProcessing(factory, about->id, channels);
        checkThreads(factory, about->id, channels);
        for (int i = 0; i < 10; ++i)
            Plugin passing(factory, about->id, channels);
        entry->deinit();
    }
    std::printf("answers: %d, wrong: %d\n", asked.load(), wrong.load());
    return wrong > 0;
}

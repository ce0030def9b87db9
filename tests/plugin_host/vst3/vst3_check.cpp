// Asks a VST3 plugin what validators ask, at its binary interface: words are the plugin's library and its channels.
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

#include "src/travesty/audio_processor.h"
#include "src/travesty/bstream.h"
#include "src/travesty/component.h"
#include "src/travesty/edit_controller.h"
#include "src/travesty/factory.h"

static std::atomic<int> asked{0}, wrong{0};
static void require(bool right, const char* what) {
    ++asked;
    if (!right && ++wrong <= 50)
        std::printf("wrong: %s\n", what);
}

// Objects of the host: the first member is the table of functions, as the interface wants it.
static v3_result noInterface(void*, const v3_tuid, void** obj) { *obj = nullptr; return V3_NO_INTERFACE; }
static uint32_t one(void*) { return 1; }

struct v3_bstream_cpp : v3_funknown {
    v3_bstream stream;
};

// A file in memory that gives and takes `grain` bytes at a time, as hosts may.
struct Memory {
    v3_bstream_cpp* table;
    std::string bytes;
    int32_t grain;
    size_t here = 0;
    explicit Memory(int32_t pieces, std::string content = "") : table(functions()), bytes(std::move(content)), grain(pieces) {}
    v3_bstream** object() { return reinterpret_cast<v3_bstream**>(this); }

    static v3_bstream_cpp* functions() {
        static v3_bstream_cpp all;
        all.query_interface = noInterface;
        all.ref = all.unref = one;
        all.stream.read = [](void* self, void* buffer, int32_t size, int32_t* read) -> v3_result {
            auto& of = *static_cast<Memory*>(self);
            const size_t count = std::min<size_t>(std::min(size, of.grain), of.bytes.size() - of.here);
            std::memcpy(buffer, of.bytes.data() + of.here, count);
            of.here += count;
            if (read != nullptr)
                *read = static_cast<int32_t>(count);
            return V3_OK;
        };
        all.stream.write = [](void* self, void* buffer, int32_t size, int32_t* written) -> v3_result {
            auto& of = *static_cast<Memory*>(self);
            const int32_t count = std::min(size, of.grain);
            of.bytes.append(static_cast<const char*>(buffer), static_cast<size_t>(count));
            if (written != nullptr)
                *written = count;
            return V3_OK;
        };
        all.stream.seek = [](void*, int64_t, int32_t, int64_t*) -> v3_result { return V3_NOT_IMPLEMENTED; };
        all.stream.tell = [](void*, int64_t*) -> v3_result { return V3_NOT_IMPLEMENTED; };
        return &all;
    }
};

// New values of parameters, each at one place in a block.
struct Queue {
    v3_param_value_queue_cpp* table = functions();
    v3_param_id id;
    double value;
    int32_t offset;
    Queue(v3_param_id of, double to, int32_t at) : id(of), value(to), offset(at) {}

    static v3_param_value_queue_cpp* functions() {
        static v3_param_value_queue_cpp all;
        all.query_interface = noInterface;
        all.ref = all.unref = one;
        all.queue.get_param_id = [](void* self) -> v3_param_id { return static_cast<Queue*>(self)->id; };
        all.queue.get_point_count = [](void*) -> int32_t { return 1; };
        all.queue.get_point = [](void* self, int32_t, int32_t* offset, double* value) -> v3_result {
            *offset = static_cast<Queue*>(self)->offset;
            *value = static_cast<Queue*>(self)->value;
            return V3_OK;
        };
        all.queue.add_point = [](void*, int32_t, double, int32_t*) -> v3_result { return V3_OK; };
        return &all;
    }
};
struct Changes {
    v3_param_changes_cpp* table = functions();
    std::vector<Queue> queues;
    v3_param_changes** object() { return reinterpret_cast<v3_param_changes**>(this); }

    static v3_param_changes_cpp* functions() {
        static v3_param_changes_cpp all;
        all.query_interface = noInterface;
        all.ref = all.unref = one;
        all.changes.get_param_count = [](void* self) -> int32_t {
            return static_cast<int32_t>(static_cast<Changes*>(self)->queues.size());
        };
        all.changes.get_param_data = [](void* self, int32_t i) -> v3_param_value_queue** {
            return reinterpret_cast<v3_param_value_queue**>(&static_cast<Changes*>(self)->queues[static_cast<size_t>(i)]);
        };
        all.changes.add_param_data = [](void*, v3_param_id*, int32_t*) -> v3_param_value_queue** { return nullptr; };
        return &all;
    }
};

// A host that offers nothing.
static v3_funknown** hostContext() {
    static v3_funknown table{noInterface, one, one};
    static v3_funknown* object = &table;
    return &object;
}

struct Plugin {
    v3_component** component = nullptr;
    v3_audio_processor** processor = nullptr;
    v3_edit_controller** controller = nullptr;
    int32_t channels;

    Plugin(v3_plugin_factory** factory, const v3_tuid id, int32_t count) : channels(count) {
        void* made = nullptr;
        require(v3_cpp_obj(factory)->create_instance(factory, id, v3_component_iid, &made) == V3_OK && made != nullptr, "it is made");
        component = static_cast<v3_component**>(made);
        require(v3_cpp_obj_initialize(component, hostContext()) == V3_OK, "it is initialised");
        require(v3_cpp_obj_query_interface(component, v3_audio_processor_iid, &processor) == V3_OK && processor, "it processes audio");
        require(v3_cpp_obj_query_interface(component, v3_edit_controller_iid, &controller) == V3_OK && controller, "it has a controller");
    }
    ~Plugin() {
        v3_cpp_obj_unref(controller);
        v3_cpp_obj_unref(processor);
        require(v3_cpp_obj_terminate(component) == V3_OK, "it ends");
        v3_cpp_obj_unref(component);
    }
    Plugin(const Plugin&) = delete;

    std::vector<v3_param_info> infos() const {
        std::vector<v3_param_info> all(static_cast<size_t>(v3_cpp_obj(controller)->get_parameter_count(controller)));
        for (size_t i = 0; i < all.size(); ++i)
            require(v3_cpp_obj(controller)->get_parameter_info(controller, static_cast<int32_t>(i), &all[i]) == V3_OK,
                "a parameter describes itself");
        return all;
    }
    double value(v3_param_id id) const { return v3_cpp_obj(controller)->get_parameter_normalised(controller, id); }

    bool setup(double rate, int32_t largest) const {
        v3_process_setup wanted{V3_REALTIME, V3_SAMPLE_32, largest, rate};
        return v3_cpp_obj(processor)->setup_processing(processor, &wanted) == V3_OK;
    }
    void activate(bool on) const {
        require(v3_cpp_obj(component)->set_active(component, on) == V3_OK, "it is activated and deactivated");
        const v3_result done = v3_cpp_obj(processor)->set_processing(processor, on);
        require(done == V3_OK || done == V3_NOT_IMPLEMENTED, "it starts and stops");
    }
    // Without buses and frames: how a host that stands tells new values.
    void flush(Changes& changes) const {
        v3_process_data data{};
        data.process_mode = V3_REALTIME;
        data.symbolic_sample_size = V3_SAMPLE_32;
        data.input_params = changes.object();
        require(v3_cpp_obj(processor)->process(processor, &data) == V3_OK, "a block of nothing is processed");
    }
    bool isWire(int32_t frames, bool inPlace, bool rolls, Changes* changes) const {
        std::vector<std::vector<float>> in(static_cast<size_t>(channels), std::vector<float>(static_cast<size_t>(frames))), out = in;
        std::vector<float*> ins, outs;
        for (size_t c = 0; c < in.size(); ++c) {
            for (size_t i = 0; i < in[c].size(); ++i)
                in[c][i] = static_cast<float>(i * in.size() + c + 1) / 65536.0f;
            ins.push_back(in[c].data());
            outs.push_back(inPlace ? in[c].data() : out[c].data());
        }
        const auto sent = in;
        v3_audio_bus_buffers input{}, output{};
        input.num_channels = output.num_channels = channels;
        input.channel_buffers_32 = ins.data();
        output.channel_buffers_32 = outs.data();
        v3_process_context time{};
        time.state = V3_PROCESS_CTX_PLAYING | V3_PROCESS_CTX_PROJECT_TIME_VALID;
        v3_process_data data{};
        data.process_mode = V3_REALTIME;
        data.symbolic_sample_size = V3_SAMPLE_32;
        data.nframes = frames;
        data.num_input_buses = data.num_output_buses = 1;
        data.inputs = &input;
        data.outputs = &output;
        data.input_params = changes == nullptr ? nullptr : changes->object();
        data.ctx = rolls ? &time : nullptr;
        require(v3_cpp_obj(processor)->process(processor, &data) == V3_OK, "a block is processed");
        return (inPlace ? in : out) == sent;
    }
};

static bool isShown(const v3_param_info& info) { return info.flags & V3_PARAM_READ_ONLY; }

static void checkParameters(const Plugin& of) {
    const auto& ask = *v3_cpp_obj(of.controller);
    void* const self = of.controller;
    std::set<v3_param_id> ids;
    for (const auto& info : of.infos()) {
        require(ids.insert(info.param_id).second, "parameters have ids of their own");
        require(info.title[0] != 0, "a parameter has a name");
        require(info.default_normalised_value >= 0 && info.default_normalised_value <= 1, "its default lies in its range");
        const double now = of.value(info.param_id);
        require(now >= 0 && now <= 1, "its value lies in its range");
        require(isShown(info) || std::fabs(now - info.default_normalised_value) < 1e-6, "at first it is the default");
        for (const double part : {0.0, 0.25, 0.5, 1.0}) {
            const double plain = ask.normalised_parameter_to_plain(self, info.param_id, part);
            const double normal = ask.plain_parameter_to_normalised(self, info.param_id, plain);
            require(normal >= 0 && normal <= 1 && (info.step_count > 0 || std::fabs(normal - part) < 1e-6),
                "plain values and those from 0 to 1 are each other's");
            v3_str_128 text = {};
            double back = NAN;
            require(ask.get_parameter_string_for_value(self, info.param_id, part, text) == V3_OK && text[0] != 0, "a value has a text");
            require(ask.get_parameter_value_for_string(self, info.param_id, text, &back) == V3_OK && std::fabs(back - normal) < 1e-4,
                "the text is that value again");
        }
    }
    v3_str_128 text = {};
    double back;
    v3_param_info info;
    require(ask.get_parameter_string_for_value(self, 99999, 0.5, text) != V3_OK, "an unknown parameter has no text");
    require(ask.get_parameter_value_for_string(self, 99999, text, &back) != V3_OK, "nor a value of one");
    require(ask.get_parameter_info(self, static_cast<int32_t>(ids.size()), &info) != V3_OK, "nor a description");
    require(ask.get_parameter_info(self, -1, &info) != V3_OK, "nor has one before the first");
    ask.set_parameter_normalised(self, 99999, 0.5);
}

static void checkBuses(const Plugin& of) {
    const auto& ask = *v3_cpp_obj(of.component);
    auto& process = *v3_cpp_obj(of.processor);
    v3_speaker_arrangement mono = V3_SPEAKER_M, stereo = V3_SPEAKER_L | V3_SPEAKER_R;
    v3_speaker_arrangement& own = of.channels == 1 ? mono : stereo;
    v3_speaker_arrangement& other = of.channels == 1 ? stereo : mono;
    const auto isOwn = [&] {
        for (const int32_t side : {V3_INPUT, V3_OUTPUT}) {
            v3_speaker_arrangement found = 0;
            require(process.get_bus_arrangement(of.processor, side, 0, &found) == V3_OK && found == own, "it has its own speakers");
        }
    };
    for (const int32_t side : {V3_INPUT, V3_OUTPUT}) {
        v3_bus_info info{};
        require(ask.get_bus_count(of.component, V3_AUDIO, side) == 1, "one bus on each side");
        require(ask.get_bus_count(of.component, V3_EVENT, side) == 0, "and none for notes");
        require(ask.get_bus_info(of.component, V3_AUDIO, side, 0, &info) == V3_OK && info.channel_count == of.channels, "with its channels");
        require(info.bus_type == V3_MAIN && info.flags & V3_DEFAULT_ACTIVE && info.bus_name[0] != 0, "the main one, with a name");
        require(ask.get_bus_info(of.component, V3_AUDIO, side, 1, &info) != V3_OK, "and no other");
        require(ask.activate_bus(of.component, V3_AUDIO, side, 0, true) == V3_OK, "that can be switched on");
    }
    isOwn();
    require(process.set_bus_arrangements(of.processor, &own, 1, &own, 1) == V3_OK, "its own speakers are taken");
    isOwn();
    require(process.set_bus_arrangements(of.processor, &other, 1, &other, 1) != V3_OK, "others are not");
    isOwn();
    require(process.can_process_sample_size(of.processor, V3_SAMPLE_32) == V3_OK, "it takes floats");
    require(process.can_process_sample_size(of.processor, V3_SAMPLE_64) != V3_OK, "and no doubles");
    require(process.get_latency_samples(of.processor) == 0, "it has no latency");
    require(process.get_tail_samples(of.processor) == 0, "nor a tail");
}

static std::string saved(const Plugin& of, int32_t grain) {
    Memory memory(grain);
    require(v3_cpp_obj(of.component)->get_state(of.component, memory.object()) == V3_OK, "its state is saved");
    return memory.bytes;
}
static bool load(const Plugin& of, const std::string& bytes, int32_t grain) {
    Memory memory(grain, bytes);
    return v3_cpp_obj(of.component)->set_state(of.component, memory.object()) == V3_OK;
}

static void checkState(v3_plugin_factory** factory, const v3_tuid id, int32_t channels) {
    Plugin before(factory, id, channels);
    const std::string fresh = saved(before, 7);
    Changes moved;
    for (const auto& info : before.infos())
        if (!isShown(info))
            moved.queues.emplace_back(info.param_id, 0.37, 0);
    moved.queues.emplace_back(99999, 0.5, 0);
    before.setup(48000, 64);
    before.activate(true);
    before.flush(moved);
    before.activate(false);
    const std::string bytes = saved(before, 1);
    require(!bytes.empty() && bytes == saved(before, 4096), "however few bytes a host takes at a time");
    require(bytes != fresh, "what was moved in a block of nothing is in it");
    for (const int32_t grain : {1, 3, 65536}) {
        Plugin other(factory, id, channels);
        require(load(other, bytes, grain), "its state is loaded");
        for (const auto& info : before.infos())
            if (!isShown(info))
                require(std::fabs(other.value(info.param_id) - before.value(info.param_id)) < 1e-5, "every parameter is as it was saved");
        require(saved(other, 7) == bytes, "and saves the same again");
    }
    Plugin damaged(factory, id, channels);
    for (size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 50) {
        load(damaged, bytes.substr(0, length), 64);
        load(damaged, std::string(length, '\xff'), 64);
    }
    require(load(damaged, bytes, 64) && saved(damaged, 7) == bytes, "damaged states do no harm");
}

static void checkProcessing(v3_plugin_factory** factory, const v3_tuid id, int32_t channels) {
    Plugin one(factory, id, channels);
    for (const double rate : {44100.0, 48000.0, 96000.0, 192000.0, 8000.0, 48000.0, 48000.0})
        for (const int32_t largest : {1, 32, 4096}) {
            require(one.setup(rate, largest), "it is set up for any rate, again and again");
            for (int starts = 0; starts < 2; ++starts) {
                one.activate(true);
                Changes none, moved;
                one.flush(none);
                for (const int32_t frames : {largest, 1, largest / 2})
                    for (const bool inPlace : {false, true})
                        for (const bool rolls : {false, true})
                            require(one.isWire(frames, inPlace, rolls, nullptr), "it is a wire");
                for (const auto& info : one.infos())
                    if (info.flags & V3_PARAM_CAN_AUTOMATE)
                        moved.queues.emplace_back(info.param_id, info.default_normalised_value, largest - 1);
                moved.queues.emplace_back(99999, 0.5, 0);
                require(one.isWire(largest, false, true, &moved), "with automation it is a wire");
                one.activate(false);
            }
        }
    v3_process_setup doubles{V3_REALTIME, V3_SAMPLE_64, 64, 48000};
    require(v3_cpp_obj(one.processor)->setup_processing(one.processor, &doubles) != V3_OK, "doubles are refused");
}

// The host's main thread asks, saves and loads while another one plays, and a second instance stands beside.
static void checkThreads(v3_plugin_factory** factory, const v3_tuid id, int32_t channels) {
    Plugin played(factory, id, channels), beside(factory, id, channels);
    for (const auto* each : {&played, &beside}) {
        each->setup(48000, 256);
        each->activate(true);
    }
    std::atomic<bool> ends{false};
    std::thread audio([&] {
        while (!ends)
            require(played.isWire(256, false, true, nullptr), "it is a wire while it is asked");
    });
    for (int round = 0; round < 200; ++round) {
        const std::string bytes = saved(played, 64);
        for (const auto& info : played.infos())
            require(std::isfinite(played.value(info.param_id)), "a value is a number while it plays");
        require(load(played, bytes, 64), "its state is loaded while it plays");
    }
    ends = true;
    audio.join();
    for (const auto* each : {&played, &beside})
        each->activate(false);
}

int main(int, char** words) {
    void* const library = dlopen(words[1], RTLD_NOW | RTLD_LOCAL);
    require(library != nullptr, "it is loaded");
    const auto enter = reinterpret_cast<bool (*)(void*)>(dlsym(library, "ModuleEntry"));
    const auto leave = reinterpret_cast<bool (*)()>(dlsym(library, "ModuleExit"));
    const auto get = reinterpret_cast<v3_plugin_factory** (*)()>(dlsym(library, "GetPluginFactory"));
    require(enter != nullptr && leave != nullptr && get != nullptr, "it has the three entries");
    const int32_t channels = std::atoi(words[2]);
    for (int life = 0; life < 2; ++life) {
        require(enter(library), "it begins");
        v3_plugin_factory** const factory = get();
        v3_class_info about{};
        require(v3_cpp_obj(factory)->num_classes(factory) == 1, "one plugin is in it");
        require(v3_cpp_obj(factory)->get_class_info(factory, 0, &about) == V3_OK && about.name[0] != 0, "it says what it is");
        require(std::strcmp(about.category, "Audio Module Class") == 0, "an audio plugin");
        const v3_tuid nobody = {};
        void* made = nullptr;
        require(v3_cpp_obj(factory)->create_instance(factory, nobody, v3_component_iid, &made) != V3_OK && made == nullptr,
            "an unknown plugin is none");
        {
            Plugin plugin(factory, about.class_id, channels);
            checkParameters(plugin);
            checkBuses(plugin);
        }
        checkState(factory, about.class_id, channels);
        checkProcessing(factory, about.class_id, channels);
        checkThreads(factory, about.class_id, channels);
        for (int i = 0; i < 10; ++i)
            Plugin passing(factory, about.class_id, channels);
        v3_cpp_obj_unref(factory);
        require(leave(), "it ends");
    }
    std::printf("answers: %d, wrong: %d\n", asked.load(), wrong.load());
    return wrong > 0;
}

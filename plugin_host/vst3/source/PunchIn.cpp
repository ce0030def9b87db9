// Punch-In on a track: keeps what passes, with its place on the timeline, and plays takes in place of it.
#include "DistrhoPlugin.hpp"

#include <cmath>
#include <memory>

#include "ControlPort.hpp"
#include "Store.hpp"
#include "Takes.hpp"

START_NAMESPACE_DISTRHO

enum Parameters {
    kBypass, kCapture, kPlay, kTake, kMix, kMark, kPunch, kPunchWhat, kStop, kMinutes,
    kInstance, kEngine, kTakes, kPunchState, kPunchPercent,  // shown only
    kParameterCount
};
constexpr const char* kCaptures[] = {"Off", "While rolling", "Always"};
constexpr const char* kRegions[] = {"Last pass", "Marked"};
enum Capture { kCaptureOff, kCaptureRolling, kCaptureAlways };

class PunchIn : public Plugin {
public:
    PunchIn() : Plugin(kParameterCount, 0, 1), store_(DISTRHO_PLUGIN_NUM_INPUTS) {
        for (uint32_t i = 0; i < kParameterCount; ++i) {
            Parameter parameter;
            initParameter(i, parameter);
            values_[i] = parameter.ranges.def;
        }
    }

protected:
    const char* getLabel() const override { return PUNCHIN_CHANNELS == 1 ? "punchin_mono" : "punchin"; }
    const char* getDescription() const override { return "Captures a track and plays takes in place of it."; }
    const char* getMaker() const override { return "Punch-In"; }
    const char* getLicense() const override { return "GPL-3.0-or-later"; }
    uint32_t getVersion() const override { return d_version(0, 1, 0); }
    int64_t getUniqueId() const override { return PUNCHIN_CHANNELS == 1 ? d_cconst('P', 'n', 'I', 'm') : d_cconst('P', 'n', 'I', 's'); }

    void initAudioPort(bool input, uint32_t index, AudioPort& port) override {
        port.groupId = PUNCHIN_CHANNELS == 1 ? kPortGroupMono : kPortGroupStereo;
        Plugin::initAudioPort(input, index, port);
    }

    void initParameter(uint32_t index, Parameter& parameter) override {
        const auto describe = [&](const char* name, const char* symbol, float def, float min, float max, uint32_t hints) {
            parameter.name = name;
            parameter.symbol = symbol;
            parameter.ranges = ParameterRanges(def, min, max);
            parameter.hints = hints;
        };
        const auto choices = [&](const char* const* labels, int count) {
            auto* const values = new ParameterEnumerationValue[count];  // DPF frees them
            for (int i = 0; i < count; ++i) {
                values[i].value = static_cast<float>(i);
                values[i].label = labels[i];
            }
            parameter.enumValues.count = static_cast<uint8_t>(count);
            parameter.enumValues.restrictedMode = true;
            parameter.enumValues.values = values;
        };
        const uint32_t automated = kParameterIsAutomatable, shown = kParameterIsOutput | kParameterIsInteger;
        switch (index) {
        case kBypass: parameter.initDesignation(kParameterDesignationBypass); return;
        case kCapture:
            describe("Capture", "capture", kCaptureRolling, kCaptureOff, kCaptureAlways, automated | kParameterIsInteger);
            return choices(kCaptures, 3);
        case kPlay: return describe("Play take", "play_take", 1, 0, 1, automated | kParameterIsBoolean);
        // 0 is the latest.
        case kTake: return describe("Take", "take", 0, 0, punchin::kMaxNumber, automated | kParameterIsInteger);
        case kMix: return describe("Mix", "mix", 1, 0, 1, automated);
        case kMark: return describe("Mark", "mark", 0, 0, 1, automated | kParameterIsBoolean);
        case kPunch: return describe("Punch", "punch", 0, 0, 1, automated | kParameterIsBoolean);
        case kPunchWhat:
            describe("Punch what", "punch_what", 0, 0, 1, automated | kParameterIsInteger);
            return choices(kRegions, 2);
        case kStop: return describe("Stop", "stop", 0, 0, 1, automated | kParameterIsBoolean);
        case kMinutes: return describe("Minutes kept", "minutes", 2, 1, 30, kParameterIsInteger);
        case kInstance: return describe("Instance", "instance", 0, 0, 256, shown);
        case kEngine: return describe("Engine runs", "engine", 0, 0, 1, kParameterIsOutput | kParameterIsBoolean);
        case kTakes: return describe("Takes here", "takes", 0, 0, punchin::kMaxTakes, shown);
        case kPunchState:
            describe("Punch state", "punch_state", 0, 0, punchin::kPunchStateCount - 1, shown);
            return choices(punchin::kPunchStates, punchin::kPunchStateCount);
        case kPunchPercent: return describe("Punch percent", "punch_percent", 0, 0, 100, shown);
        }
    }

    float getParameterValue(uint32_t index) const override {
        switch (index) {
        case kInstance: return static_cast<float>(store_.instance.load(std::memory_order_relaxed));
        case kEngine: return store_.engine.load(std::memory_order_relaxed) ? 1.0f : 0.0f;
        case kTakes: return static_cast<float>(store_.takeCount.load(std::memory_order_relaxed));
        case kPunchState: return static_cast<float>(store_.punch.state());
        case kPunchPercent: return static_cast<float>(store_.punch.percent());
        default: return index < kParameterCount ? values_[index].load(std::memory_order_relaxed) : 0.0f;
        }
    }

    void setParameterValue(uint32_t index, float value) override {
        if (index >= kInstance || !std::isfinite(value))
            return;
        values_[index].store(value, std::memory_order_relaxed);
        if (index == kPunchWhat)
            store_.punch.ofMark.store(isOn(kPunchWhat), std::memory_order_relaxed);
        if (index == kMinutes)
            store_.minutes.store(whole(kMinutes, 1, 30), std::memory_order_relaxed);
    }

    void initState(uint32_t, State& state) override {
        state.key = "takes";
        state.label = "Takes";
        state.hints = kStateIsOnlyForDSP;
    }
    String getState(const char*) const override { return String(store_.text().c_str()); }
    void setState(const char* key, const char* value) override {
        if (std::strcmp(key, "takes") == 0)
            store_.restore(value);
    }

    void sampleRateChanged(double rate) override { store_.sampleRate.store(static_cast<uint32_t>(std::lround(rate))); }

    // Memory and thread come with the first activation: a host that only looks through its plugins gets neither.
    void activate() override {
        if (isDummyInstance())
            return;
        rate_ = static_cast<uint32_t>(std::lround(getSampleRate()));
        store_.sampleRate.store(rate_);
        store_.prepare(rate_, store_.minutes.load());
        store_.settle();
        player_.prepare(rate_);
        wasRolling_ = captured_ = pressable_ = false;
        if (!port_)
            port_ = std::make_unique<punchin::ControlPort>(store_);
    }

    void deactivate() override { store_.rolling.store(false); }

    // The audio thread: no memory, lock or system call from here on.
    void run(const float** inputs, float** outputs, uint32_t frames) override {
        const TimePosition& time = getTimePosition();
        const bool rolling = time.playing;
        const int64_t position = static_cast<int64_t>(time.frame);
        capture(inputs, frames, rolling, position);
        mark(rolling, position);
        press();
        play(inputs, outputs, frames, rolling, position);
        store_.rolling.store(rolling, std::memory_order_relaxed);
        store_.position.store(position + (rolling ? frames : 0), std::memory_order_relaxed);
        wasRolling_ = rolling;
    }

private:
    int whole(Parameters index, int least, int most) const {
        return std::max(least, std::min(most, static_cast<int>(std::lround(values_[index].load(std::memory_order_relaxed)))));
    }
    bool isOn(Parameters index) const { return values_[index].load(std::memory_order_relaxed) >= 0.5f; }

    // A jump of the transport, its start and its stop each begin a span.
    void capture(const float* const* inputs, uint32_t frames, bool rolling, int64_t position) {
        const int choice = whole(kCapture, kCaptureOff, kCaptureAlways);
        punchin::Ring* ring = store_.rings.current();
        const bool wanted = choice == kCaptureAlways || (choice == kCaptureRolling && rolling);
        const bool possible = ring != nullptr && static_cast<uint32_t>(ring->rate) == rate_ && frames <= ring->capacity;
        if (wanted && !possible)
            store_.lost.fetch_add(frames, std::memory_order_relaxed);
        if (!wanted || !possible) {
            captured_ = false;
            return;
        }
        if (!captured_ || ring != ring_ || rolling != wasRolling_ || (rolling && position != expected_))
            ring->begin(position, rolling);
        ring->write(inputs, frames);
        ring_ = ring;
        captured_ = true;
        expected_ = position + frames;
    }

    void mark(bool rolling, int64_t position) {
        const bool marking = isOn(kMark) && rolling;
        if (marking && !marking_) {
            store_.markStart.store(position, std::memory_order_relaxed);
            store_.markEnd.store(-1, std::memory_order_relaxed);
        }
        if (!marking && marking_)
            store_.markEnd.store(passed_, std::memory_order_relaxed);
        marking_ = marking;
        store_.marking.store(marking, std::memory_order_relaxed);
    }

    // Going on is what counts, not being on: what a session was saved with asks for nothing when it is opened.
    void press() {
        const bool punch = isOn(kPunch), stop = isOn(kStop);
        if (pressable_ && punch && !punched_)
            store_.punch.punches.fetch_add(1, std::memory_order_relaxed);
        if (pressable_ && stop && !stopped_)
            store_.punch.stops.fetch_add(1, std::memory_order_relaxed);
        punched_ = punch;
        stopped_ = stop;
        pressable_ = true;
    }

    void play(const float* const* inputs, float* const* outputs, uint32_t frames, bool rolling, int64_t position) {
        const int number = whole(kTake, 0, punchin::kMaxNumber);
        const int choice = rolling && isOn(kPlay) && !isOn(kBypass) ? number : punchin::kOriginal;
        const float mix = std::max(0.0f, std::min(1.0f, values_[kMix].load(std::memory_order_relaxed)));
        if (!rolling || !wasRolling_ || position != passed_)
            player_.jump(choice, mix);
        player_.play(inputs, outputs, DISTRHO_PLUGIN_NUM_INPUTS, frames, position, store_.tables.current(), rate_, choice, mix);
        passed_ = position + frames;
    }

    mutable punchin::Store store_;
    std::atomic<float> values_[kParameterCount];
    punchin::Player player_;
    punchin::Ring* ring_ = nullptr;
    uint32_t rate_ = 48000;
    bool wasRolling_ = false, captured_ = false, marking_ = false;
    bool pressable_ = false, punched_ = false, stopped_ = false;
    int64_t expected_ = 0, passed_ = 0;
    std::unique_ptr<punchin::ControlPort> port_;  // the last: its thread uses the store

    DISTRHO_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR(PunchIn)
};

Plugin* createPlugin() { return new PunchIn(); }

END_NAMESPACE_DISTRHO

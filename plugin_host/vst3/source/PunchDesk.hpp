// What is asked for on the instance itself, and what has come of it: between the audio thread, the host and the others.
#pragma once
#include <atomic>
#include <mutex>
#include <string>

namespace punchin {

enum class PunchState { ready, sends, waits, makes, inPlace, stopped, noEngine, engineEnded, nothingTyped, nothingPlayed, refused };

// As the parameter shows it, in the order of PunchState.
constexpr const char* kPunchStates[] = {"Ready", "Sends", "Waits", "Makes takes", "In place", "Stopped", "No engine",
                                        "Engine ended", "Nothing typed", "Nothing played", "Refused"};
constexpr int kPunchStateCount = sizeof kPunchStates / sizeof *kPunchStates;

struct PunchNews {
    PunchState state = PunchState::ready;
    int percent = 0;
    std::string sentence;  // for a person
};

class PunchDesk {
public:
    // Told by the audio thread: how often each was pressed.
    std::atomic<uint32_t> punches{0}, stops{0};
    // Told by the host: the region is what was marked, not the last pass.
    std::atomic<bool> ofMark{false};

    // For the audio thread and the host, too.
    PunchState state() const noexcept { return state_.load(std::memory_order_relaxed); }
    int percent() const noexcept { return percent_.load(std::memory_order_relaxed); }

    // Not the audio thread.
    void say(PunchState state, const std::string& sentence, int percent = 0) {
        const std::lock_guard<std::mutex> hold(mutex_);
        sentence_ = sentence;
        percent_.store(percent);
        state_.store(state);
    }

    // Not the audio thread.
    PunchNews news() {
        const std::lock_guard<std::mutex> hold(mutex_);
        return {state_.load(), percent_.load(), sentence_};
    }

private:
    std::mutex mutex_;  // never the audio thread's
    std::atomic<PunchState> state_{PunchState::ready};
    std::atomic<int> percent_{0};
    std::string sentence_;
};

}  // namespace punchin

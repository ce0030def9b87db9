// The last minutes that passed, with their place on the timeline. One thread writes and never waits; any other reads.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace punchin {

// What passed without a jump. Its frames lie in the ring from `first` on, until the next span's `first`.
struct Span {
    uint64_t first;     // counts every frame that was ever written
    int64_t position;   // of its first frame on the host's timeline, or where the transport stood
    bool rolling;       // false: the transport stood, the sound has no place on the timeline
};

// A reader copies first and asks then whether the writer has come round meanwhile: all that is shared is atomic, and
// `reserved` is raised before the first frame of a block is overwritten.
class Ring {
public:
    static constexpr uint64_t kSpans = 16384;

    // Memory is touched here, so that the audio thread meets no page for the first time.
    Ring(uint32_t channels, double rate, uint64_t capacity, uint32_t generation)
        : channels(channels), rate(rate), capacity(capacity), generation(generation),
          samples_(new std::atomic<float>[capacity * channels]), spans_(new Entry[kSpans]) {
        for (uint64_t i = 0; i < capacity * channels; ++i)
            samples_[i].store(0.0f, std::memory_order_relaxed);
        for (uint64_t i = 0; i < kSpans; ++i)
            spans_[i].first.store(0, std::memory_order_relaxed);
    }

    // Writer: what follows begins a new span.
    void begin(int64_t position, bool rolling) noexcept {
        const uint64_t count = spanCount_.load(std::memory_order_relaxed);
        spansReserved_.store(count + 1, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_release);
        Entry& entry = spans_[count % kSpans];
        entry.first.store(written_.load(std::memory_order_relaxed), std::memory_order_relaxed);
        entry.position.store(position, std::memory_order_relaxed);
        entry.rolling.store(rolling, std::memory_order_relaxed);
        spanCount_.store(count + 1, std::memory_order_release);
    }

    // Writer: `frames` of all channels, at most `capacity`.
    void write(const float* const* inputs, uint32_t frames) noexcept {
        const uint64_t from = written_.load(std::memory_order_relaxed);
        reserved_.store(from + frames, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_release);
        uint64_t at = from % capacity;
        for (uint32_t frame = 0; frame < frames; ++frame) {
            for (uint32_t channel = 0; channel < channels; ++channel)
                samples_[at * channels + channel].store(inputs[channel][frame], std::memory_order_relaxed);
            at = at + 1 == capacity ? 0 : at + 1;
        }
        written_.store(from + frames, std::memory_order_release);
    }

    // Reader: frames from `first` on, interleaved; false if they are not there, or not any more.
    bool read(uint64_t first, uint32_t frames, float* out) const noexcept {
        const uint64_t written = written_.load(std::memory_order_acquire);
        if (first > written || frames > written - first)
            return false;
        uint64_t at = first % capacity;
        for (uint32_t frame = 0; frame < frames; ++frame) {
            for (uint32_t channel = 0; channel < channels; ++channel)
                *out++ = samples_[at * channels + channel].load(std::memory_order_relaxed);
            at = at + 1 == capacity ? 0 : at + 1;
        }
        std::atomic_thread_fence(std::memory_order_acquire);
        return reserved_.load(std::memory_order_relaxed) <= first + capacity;
    }

    // Reader: the newest spans, oldest first, at most `limit`; `written` ends the last of them. A span that begins
    // meanwhile makes it look again; none at all only where they begin faster than they are read.
    std::vector<Span> spans(uint64_t limit, uint64_t& written) const {
        for (int tries = 0; tries < 100; ++tries) {
            const uint64_t count = spanCount_.load(std::memory_order_acquire);
            written = written_.load(std::memory_order_acquire);
            std::vector<Span> found;
            for (uint64_t i = count > limit ? count - limit : 0; i < count; ++i)
                found.push_back(span(spans_[i % kSpans]));
            std::atomic_thread_fence(std::memory_order_acquire);
            if (spansReserved_.load(std::memory_order_relaxed) == count)
                return found;
        }
        return {};
    }

    uint64_t written() const noexcept { return written_.load(std::memory_order_acquire); }

    const uint32_t channels;
    const double rate;
    const uint64_t capacity;     // frames
    const uint32_t generation;   // no two rings of an instance have the same

private:
    struct Entry {
        std::atomic<uint64_t> first;
        std::atomic<int64_t> position;
        std::atomic<bool> rolling;
    };

    static Span span(const Entry& entry) noexcept {
        return {entry.first.load(std::memory_order_relaxed), entry.position.load(std::memory_order_relaxed),
                entry.rolling.load(std::memory_order_relaxed)};
    }

    std::unique_ptr<std::atomic<float>[]> samples_;
    std::unique_ptr<Entry[]> spans_;
    std::atomic<uint64_t> reserved_{0}, written_{0}, spansReserved_{0}, spanCount_{0};
};

}  // namespace punchin

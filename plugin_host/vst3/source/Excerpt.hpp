// A region with its surroundings, copied out of the ring, as it goes to the engine.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "Regions.hpp"
#include "Store.hpp"

namespace punchin {

struct Excerpt {
    Region region;       // empty: there is none, and `problem` says why
    uint32_t rate = 0;
    int64_t before = 0;  // frames of surroundings before the region
    std::vector<float> samples;  // interleaved
    std::string problem;

    int64_t frames(uint32_t channels) const { return static_cast<int64_t>(samples.size() / channels); }
};

constexpr uint64_t kMaxSpansSeen = 512;
constexpr int64_t kHandlesSeconds = 8;  // as plugin_host/bridge.py
constexpr uint64_t kMaxExcerptBytes = 256ull * 1024 * 1024;  // as engine/protocol/sources.py

inline Region regionMeant(Store& store, const std::vector<Stretch>& rolled) {
    if (!store.punch.ofMark.load())
        return lastPass(rolled);
    const int64_t start = store.markStart.load(), end = store.markEnd.load();
    return start < 0 ? Region{} : Region{start, end < 0 ? store.position.load() : end};
}

// False where something was overwritten meanwhile.
inline bool copy(const Ring& ring, const std::vector<Stretch>& run, int64_t frames, std::vector<float>& samples) {
    samples.resize(static_cast<size_t>(frames) * ring.channels);
    float* to = samples.data();
    for (const Stretch& piece : run) {
        if (!ring.read(piece.first, static_cast<uint32_t>(piece.frames), to))
            return false;
        to += static_cast<size_t>(piece.frames) * ring.channels;
    }
    return true;
}

// Not the audio thread. Throws std::bad_alloc.
inline Excerpt excerptOf(Store& store) {
    Excerpt excerpt;
    excerpt.problem = store.punch.ofMark.load() ? "Nothing is marked: switch Mark on and off while the part plays."
                                                : "Nothing was played: play the part once.";
    store.withRing([&](const Ring& ring) {
        const std::vector<Stretch> heard = rolled(ring, kMaxSpansSeen);
        const Region region = regionMeant(store, heard);
        if (region.frames() <= 0)
            return;
        const auto run = withHandles(heard, region, kHandlesSeconds * static_cast<int64_t>(ring.rate));
        int64_t frames = 0;
        for (const Stretch& piece : run)
            frames += piece.frames;
        excerpt.problem = "A part of the region has not passed: play it once from start to end.";
        if (static_cast<uint64_t>(frames) > kMaxExcerptBytes / sizeof(float) / store.channels)
            excerpt.problem = "The region is longer than the engine takes at once (256 MiB): choose a shorter one.";
        else if (frames > 0 && copy(ring, run, frames, excerpt.samples)) {
            excerpt.region = region;
            excerpt.rate = static_cast<uint32_t>(ring.rate);
            excerpt.before = region.start - run.front().position;
        }
    });
    return excerpt;
}

}  // namespace punchin

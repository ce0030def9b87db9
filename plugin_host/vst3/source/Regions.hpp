// Which frames of the ring are which stretch of the timeline, and which stretch is meant: what coverage.py and
// regions.py say on the other side of the port.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "Ring.hpp"

namespace punchin {

// `frames` from `first` of the ring are the timeline from `position` on.
struct Stretch {
    uint64_t first;
    int64_t position, frames;

    int64_t end() const noexcept { return position + frames; }
    Stretch part(int64_t low, int64_t high) const noexcept {
        return {first + static_cast<uint64_t>(low - position), low, high - low};
    }
};

// A span of the timeline; empty where nothing is meant.
struct Region {
    int64_t start = 0, end = 0;

    int64_t frames() const noexcept { return end - start; }
};

// What passed with the transport rolling and has not been overwritten; the oldest comes first.
inline std::vector<Stretch> rolled(const Ring& ring, uint64_t limit) {
    uint64_t written = 0;
    const std::vector<Span> spans = ring.spans(limit, written);
    const uint64_t oldest = written > ring.capacity ? written - ring.capacity : 0;
    std::vector<Stretch> found;
    for (size_t i = 0; i < spans.size(); ++i) {
        const uint64_t end = i + 1 < spans.size() ? spans[i + 1].first : written;
        const uint64_t first = std::max(spans[i].first, oldest);
        if (spans[i].rolling && end > first)
            found.push_back({first, spans[i].position + static_cast<int64_t>(first - spans[i].first), static_cast<int64_t>(end - first)});
    }
    return found;
}

// From where the transport last started, or jumped to, until it stopped or jumped again; in a loop the last whole round.
inline Region lastPass(const std::vector<Stretch>& rolled) {
    if (rolled.empty())
        return {};
    Stretch last = rolled.back();
    if (rolled.size() > 1 && rolled[rolled.size() - 2].position == last.position && rolled[rolled.size() - 2].end() > last.end())
        last = rolled[rolled.size() - 2];
    return {std::max<int64_t>(0, last.position), last.end()};
}

// What is there of a region, in order, without overlaps: the newest of what passed more than once.
inline std::vector<Stretch> pieces(const std::vector<Stretch>& rolled, Region region) {
    std::vector<Region> gaps{region};
    std::vector<Stretch> found;
    for (auto stretch = rolled.rbegin(); stretch != rolled.rend(); ++stretch) {
        std::vector<Region> left;
        for (const Region& gap : gaps) {
            const int64_t low = std::max(gap.start, stretch->position), high = std::min(gap.end, stretch->end());
            if (low >= high) {
                left.push_back(gap);
                continue;
            }
            found.push_back(stretch->part(low, high));
            if (gap.start < low)
                left.push_back({gap.start, low});
            if (high < gap.end)
                left.push_back({high, gap.end});
        }
        gaps = std::move(left);
    }
    std::sort(found.begin(), found.end(), [](const Stretch& a, const Stretch& b) { return a.position < b.position; });
    return found;
}

// The region and what joins it without a gap, `handles` frames on each side at most; nothing where it has a gap itself.
inline std::vector<Stretch> withHandles(const std::vector<Stretch>& rolled, Region region, int64_t handles) {
    std::vector<Stretch> run;
    for (const Stretch& piece : pieces(rolled, {std::max<int64_t>(0, region.start - handles), region.end + handles})) {
        if (!run.empty() && run.back().end() != piece.position) {
            if (run.back().end() > region.start)
                break;
            run.clear();
        }
        run.push_back(piece);
    }
    if (run.empty() || run.front().position > region.start || run.back().end() < region.end)
        return {};
    return run;
}

}  // namespace punchin

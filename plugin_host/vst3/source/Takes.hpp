// The takes of one instance, and how they are heard in place of what they are takes of.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace punchin {

struct Take {
    std::string path;
    int64_t start = 0;      // on the host's timeline
    int64_t frames = 0;     // 0: its file is not there
    uint32_t channels = 1;
    uint32_t rate = 0;
    int number = 1;         // among the takes of this very region
    bool leads = false;     // the one of its region that "latest" plays
    std::vector<float> samples;  // interleaved

    int64_t end() const noexcept { return start + frames; }
    uint64_t bytes() const noexcept { return samples.size() * sizeof(float); }
    bool isOf(const Take& other) const noexcept { return start == other.start && frames == other.frames; }
    float sample(int64_t position, uint32_t channel) const noexcept {
        return samples[static_cast<size_t>(position - start) * channels + (channels == 1 ? 0 : channel)];
    }
};

constexpr int kOriginal = -1, kLatest = 0;  // choices beside the numbers of takes

// The newest first. Made and freed outside the audio thread, and never changed.
struct TakeTable {
    std::vector<std::shared_ptr<const Take>> takes;

    // The take heard at `position`, or none; `until` is lowered to where that may change.
    const Take* find(int choice, uint32_t rate, int64_t position, int64_t& until) const noexcept {
        if (choice == kOriginal)
            return nullptr;
        for (const auto& take : takes) {
            if (take->rate != rate || (choice == kLatest ? !take->leads : take->number != choice))
                continue;
            if (position < take->start)
                until = std::min(until, take->start);
            else if (position < take->end()) {
                until = std::min(until, take->end());
                return take.get();
            }
        }
        return nullptr;
    }
};

// Follows choice and mix without clicks: from one to the other in 10 ms. Where nothing changes it is exact: the
// original bit for bit, or the take bit for bit, hard at the region's edges, where takes have their own seams.
class Player {
public:
    void prepare(double rate) noexcept {
        step_ = static_cast<float>(1.0 / (0.010 * rate));
        jump(kOriginal, 1.0f);
    }

    // While nothing plays there is nothing to fade.
    void jump(int choice, float mix) noexcept {
        before_ = choice_ = choice;
        weight_ = 1.0f;
        mix_ = mix;
    }

    void play(const float* const* in, float* const* out, uint32_t channels, uint32_t frames, int64_t position,
              const TakeTable* table, uint32_t rate, int choice, float mix) noexcept {
        if (choice != choice_ && weight_ >= 1.0f) {
            before_ = choice_;
            choice_ = choice;
            weight_ = 0.0f;
        }
        for (uint32_t done = 0; done < frames;) {
            const int64_t at = position + done;
            int64_t until = position + frames;
            const Take* to = table ? table->find(choice_, rate, at, until) : nullptr;
            const Take* from = table && weight_ < 1.0f ? table->find(before_, rate, at, until) : to;
            const uint32_t end = static_cast<uint32_t>(until - position);
            if (from == nullptr && to == nullptr && copy(in, out, channels, done, end)) {
                fadeOver(end - done, mix);
                done = end;
                continue;
            }
            for (; done < end; ++done)
                frame(in, out, channels, done, position + done, from, to, mix);
        }
    }

private:
    // The original alone, in one go; false where the host gives the buffers crosswise.
    static bool copy(const float* const* in, float* const* out, uint32_t channels, uint32_t from, uint32_t end) noexcept {
        for (uint32_t channel = 0; channel < channels; ++channel)
            for (uint32_t other = 0; other < channels; ++other)
                if (channel != other && out[channel] == in[other])
                    return false;
        for (uint32_t channel = 0; channel < channels; ++channel)
            if (out[channel] != in[channel])
                std::memcpy(out[channel] + from, in[channel] + from, (end - from) * sizeof(float));
        return true;
    }

    // What `frame` does to fades, for frames in which they are not heard.
    void fadeOver(uint32_t frames, float mix) noexcept {
        const float most = step_ * static_cast<float>(frames);
        mix_ += std::max(-most, std::min(most, mix - mix_));
        weight_ = std::min(1.0f, weight_ + most);
    }

    void frame(const float* const* in, float* const* out, uint32_t channels, uint32_t at, int64_t position,
               const Take* from, const Take* to, float mix) noexcept {
        mix_ += std::max(-step_, std::min(step_, mix - mix_));
        float dry[8];
        for (uint32_t channel = 0; channel < channels; ++channel)
            dry[channel] = in[channel][at];  // all of them first: a host may give one buffer two roles
        for (uint32_t channel = 0; channel < channels; ++channel) {
            float wet = to ? to->sample(position, channel) : dry[channel];
            if (weight_ < 1.0f) {
                const float old = from ? from->sample(position, channel) : dry[channel];
                wet = old + (wet - old) * weight_;
            }
            if (mix_ < 1.0f && (from || to))
                wet = mix_ > 0.0f ? dry[channel] + (wet - dry[channel]) * mix_ : dry[channel];
            out[channel][at] = wet;
        }
        weight_ = std::min(1.0f, weight_ + step_);
    }

    int before_ = kOriginal, choice_ = kOriginal;
    float weight_ = 1.0f, mix_ = 1.0f, step_ = 1.0f;
};

}  // namespace punchin

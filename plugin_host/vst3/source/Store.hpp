// What the audio thread and the rest of an instance share: the ring, the takes, and what the transport does.
#pragma once
#include <atomic>
#include <mutex>
#include <new>
#include <sstream>

#include "Granted.hpp"
#include "Handover.hpp"
#include "PunchDesk.hpp"
#include "Ring.hpp"
#include "Takes.hpp"
#include "WavFile.hpp"

namespace punchin {

constexpr uint64_t kMaxRingBytes = 1024ull * 1024 * 1024;
constexpr uint64_t kMaxTakesBytes = 1024ull * 1024 * 1024;
constexpr size_t kMaxTakes = 512;
constexpr int kMaxNumber = 64;

class Store {
public:
    explicit Store(uint32_t channels) : channels(channels) {}

    // Not the audio thread: a ring of so many minutes, unless it is there. False where there is no memory for it.
    bool prepare(uint32_t rate, int minutes) {
        const std::lock_guard<std::mutex> hold(mutex_);
        if (ring_ != nullptr && ringRate_ == rate && ringMinutes_ == minutes)
            return true;
        const uint64_t wanted = static_cast<uint64_t>(minutes) * 60 * rate;
        const uint64_t most = kMaxRingBytes / sizeof(float) / channels;
        try {
            auto ring = std::make_unique<Ring>(channels, rate, std::min(wanted, most), ++generation_);
            ring_ = ring.get();
            rings.offer(std::move(ring));
        } catch (const std::bad_alloc&) {
            return ring_ != nullptr && ringRate_ == rate;
        }
        ringRate_ = rate;
        ringMinutes_ = minutes;
        return true;
    }

    // Not the audio thread, again and again: frees what it has done with.
    void collect() {
        const std::lock_guard<std::mutex> hold(mutex_);
        rings.collect();
        tables.collect();
    }

    // While there is no audio thread: it finds at once what was offered.
    void settle() {
        const std::lock_guard<std::mutex> hold(mutex_);
        rings.collect();
        rings.current();
        rings.collect();
        tables.collect();
        tables.current();
        tables.collect();
    }

    // Calls `look(ring)` with the ring that stays there meanwhile; false if there is none.
    template <class Look>
    bool withRing(Look look) {
        const std::lock_guard<std::mutex> hold(mutex_);
        if (ring_ == nullptr)
            return false;
        look(*ring_);
        return true;
    }

    // Takes from files, all of them or none. They get the next free numbers of their region; the first of these comes
    // back. With `leads` its first one is from now on what "latest" plays; without, that stays, if there is any. Throws
    // std::runtime_error with a sentence.
    int put(int64_t start, const std::vector<std::string>& paths, bool leads = true) {
        std::vector<std::shared_ptr<Take>> made;
        uint64_t room = kMaxTakesBytes;
        for (const std::string& path : paths) {
            made.push_back(load(start, 1, false, path, room));
            checkFits(*made.back(), *made.front());
            room -= made.back()->bytes();
        }
        const std::lock_guard<std::mutex> hold(mutex_);
        checkRoom(made);
        const int first = nextNumber(*made.front());
        if (first + static_cast<int>(made.size()) - 1 > kMaxNumber)
            throw std::runtime_error("A region has room for " + std::to_string(kMaxNumber) + " takes in the plugin: remove some.");
        made.front()->leads = leads || !hasLeader(*made.front());
        for (auto& other : takes_)
            if (made.front()->leads && other->leads && other->isOf(*made.front()))
                other = following(*other);
        for (size_t i = 0; i < made.size(); ++i)
            made[i]->number = first + static_cast<int>(i);
        takes_.insert(takes_.begin(), made.begin(), made.end());
        publish();
        return first;
    }

    // Forgets every take that overlaps the stretch; how many there were. Their files stay.
    int forget(int64_t start, int64_t end) {
        const std::lock_guard<std::mutex> hold(mutex_);
        const size_t before = takes_.size();
        takes_.erase(std::remove_if(takes_.begin(), takes_.end(),
                                    [=](const auto& take) {
                                        const int64_t last = std::max(take->end(), take->start + 1);
                                        return take->start < end && last > start;
                                    }),
                     takes_.end());
        publish();
        return static_cast<int>(before - takes_.size());
    }

    std::vector<std::shared_ptr<const Take>> takes() {
        const std::lock_guard<std::mutex> hold(mutex_);
        return takes_;
    }

    // What a session keeps: one line a take, the newest first.
    std::string text() {
        std::ostringstream out;
        for (const auto& take : takes())
            out << take->start << ' ' << take->number << ' ' << take->leads << ' ' << take->path << '\n';
        return out.str();
    }

    // From what a session kept. A take whose file is gone stays in the list, silent, for it may come back.
    void restore(const std::string& text) {
        std::vector<std::shared_ptr<const Take>> found;
        std::istringstream lines(text);
        std::string line;
        uint64_t room = kMaxTakesBytes;
        while (std::getline(lines, line) && found.size() < kMaxTakes) {
            auto take = remembered(line, room);
            if (take)
                found.push_back(take);
        }
        const std::lock_guard<std::mutex> hold(mutex_);
        takes_ = std::move(found);
        publish();
    }

    const uint32_t channels;
    Handover<Ring> rings;
    Handover<TakeTable> tables;
    PunchDesk punch;

    // Told by the audio thread.
    std::atomic<bool> rolling{false};
    std::atomic<int64_t> position{0};
    std::atomic<int64_t> markStart{-1}, markEnd{-1};  // of the last stretch that was marked, or -1
    std::atomic<bool> marking{false};
    std::atomic<uint32_t> lost{0};  // frames that passed while there was no ring for them
    // Told by the host.
    std::atomic<uint32_t> sampleRate{48000};
    std::atomic<int> minutes{2};
    // Told by the port.
    std::atomic<int> instance{0};
    std::atomic<bool> engine{false};
    std::atomic<int> takeCount{0};

private:
    std::shared_ptr<Take> load(int64_t start, int number, bool leads, const std::string& path,
                               uint64_t room) const {
        auto take = std::make_shared<Take>();
        if (path.find('\n') != std::string::npos || !mayRead(path, take->path))
            throw std::runtime_error("The plugin reads takes from your home and temporary folders and those of \"punchin daw "
                                     "grant\", and finds no file " + path + " there.");
        Sound sound = WavFile::read(take->path, room);
        if (sound.channels != 1 && sound.channels != channels)
            throw std::runtime_error("The take has " + std::to_string(sound.channels) + " channels and this plugin " +
                                     std::to_string(channels) + ".");
        take->start = start;
        take->number = std::max(1, number);
        take->leads = leads;
        take->channels = sound.channels;
        take->rate = sound.rate;
        take->samples = std::move(sound.samples);
        take->frames = static_cast<int64_t>(take->samples.size() / take->channels);
        return take;
    }

    std::shared_ptr<Take> remembered(const std::string& line, uint64_t& room) const {
        std::istringstream fields(line);
        int64_t start = 0;
        int number = 0, leads = 0;
        std::string path;
        if (!(fields >> start >> number >> leads) || number < 1 || number > kMaxNumber)
            return nullptr;
        std::getline(fields >> std::ws, path);
        try {
            auto take = load(start, number, leads != 0, path, room);
            room -= take->bytes();
            return take;
        } catch (const std::exception&) {
            auto take = std::make_shared<Take>();
            take->start = start;
            take->number = number;
            take->leads = leads != 0;
            take->path = path;
            return take;
        }
    }

    void checkFits(const Take& take, const Take& first) const {
        if (take.rate != sampleRate.load())
            throw std::runtime_error("The take has " + std::to_string(take.rate) + " Hz and the session " +
                                     std::to_string(sampleRate.load()) + " Hz: make it at the session's rate.");
        if (take.frames != first.frames)
            throw std::runtime_error("The takes are not of the same length.");
    }

    void checkRoom(const std::vector<std::shared_ptr<Take>>& made) const {
        uint64_t bytes = 0;
        for (const auto& take : made)
            bytes += take->bytes();
        for (const auto& other : takes_)
            bytes += other->bytes();
        if (takes_.size() + made.size() > kMaxTakes || bytes > kMaxTakesBytes)
            throw std::runtime_error("The plugin has no more room for takes: remove some.");
    }

    int nextNumber(const Take& take) const {
        int number = 1;
        for (const auto& other : takes_)
            if (other->isOf(take))
                number = std::max(number, other->number + 1);
        return number;
    }

    bool hasLeader(const Take& take) const {
        return std::any_of(takes_.begin(), takes_.end(), [&](const auto& other) { return other->leads && other->isOf(take); });
    }

    // The same take, no longer the one that "latest" plays.
    static std::shared_ptr<const Take> following(const Take& take) {
        auto changed = std::make_shared<Take>(take);
        changed->leads = false;
        return changed;
    }

    void publish() {
        takeCount.store(static_cast<int>(takes_.size()));
        tables.offer(std::make_unique<TakeTable>(TakeTable{takes_}));
    }

    std::mutex mutex_;  // never the audio thread's
    Ring* ring_ = nullptr;  // the one that was offered last
    uint32_t ringRate_ = 0, generation_ = 0;
    int ringMinutes_ = 0;
    std::vector<std::shared_ptr<const Take>> takes_;
};

}  // namespace punchin

// The port of one instance, on this machine only: by it stretches are fetched and takes are put. A thread of its own.
// The messages are in plugin_host/vst3/README.md.
#pragma once
#include <thread>

#include "Connection.hpp"
#include "Discovery.hpp"
#include "Punch.hpp"
#include "Store.hpp"

namespace punchin {

class ControlPort {
public:
    explicit ControlPort(Store& store) : store_(store), thread_([this] { serve(); }) {}

    ~ControlPort() {
        ends_.store(true);
        thread_.join();
    }

private:
    static constexpr int kTickMs = Connection::kTickMs, kPatienceMs = 2000, kHelloMs = 500;
    static constexpr size_t kMaxPacket = 65536;  // what is asked is short: paths, at most
    static constexpr int32_t kMaxReadFrames = 16384;  // what is answered stays below the engine's limit for a packet
    static constexpr uint64_t kMaxSpans = 512;

    void serve() {
        const std::string token = randomToken();
        const int listener = token.empty() ? -1 : Connection::listenOnLoopback();
        if (listener < 0) {
            while (!ends_.load())
                tick();
            return;
        }
        const Announcement announcement(folder_ + "/plugins", Connection::portOf(listener), token);
        store_.instance.store(announcement.number);
        while (!ends_.load()) {
            tick();
            pollfd waiting{listener, POLLIN, 0};
            if (poll(&waiting, 1, kTickMs) == 1) {
                const int peer = accept(listener, nullptr, nullptr);
                if (peer >= 0)
                    converse(peer, token);
            }
        }
        close(listener);
    }

    // What has to be done now and then.
    void tick() {
        store_.collect();
        punch_.look();
        const auto now = std::chrono::steady_clock::now();
        if (now < nextLook_) {
            if (store_.instance.load() == 0)
                std::this_thread::sleep_for(std::chrono::milliseconds(kTickMs));
            return;
        }
        nextLook_ = now + std::chrono::seconds(1);
        store_.engine.store(engineRuns(folder_));
        store_.prepare(store_.sampleRate.load(), store_.minutes.load());
    }

    // One peer after the other: each says in its first message that it may read the account's files.
    void converse(int socket, const std::string& token) {
        Connection peer(socket, [this] { return goesOn(); });
        try {
            hello(peer, token);
            for (;;) {
                const std::string packet = peer.receive(kPatienceMs, kMaxPacket, kPatienceMs);
                peer.send(answer(packet), kPatienceMs);
            }
        } catch (const Connection::Gone&) {
        } catch (const std::exception&) {  // no memory, or an answer that can't be made: the peer sees the end
        }
    }

    bool goesOn() {
        tick();
        return !ends_.load();
    }

    void hello(Connection& peer, const std::string& token) {
        Incoming message(peer.receive(kHelloMs, kMaxPacket, kHelloMs));
        const std::string shown = message.s();
        unsigned char different = shown.size() != token.size();
        for (size_t i = 0; i < token.size() && i < shown.size(); ++i)
            different |= static_cast<unsigned char>(shown[i] ^ token[i]);
        if (message.address != "/punchin/plugin/hello" || different) {
            peer.send(failed("not_allowed", "The plugin answers only to who may read its file in the state folder."), kPatienceMs);
            throw Connection::Gone();
        }
        peer.send(status(), kPatienceMs);
    }

    std::string answer(const std::string& packet) {
        try {
            Incoming message(packet);
            if (message.address == "/punchin/plugin/status")
                return status();
            if (message.address == "/punchin/plugin/spans")
                return spans();
            if (message.address == "/punchin/plugin/read")
                return read(message);
            if (message.address == "/punchin/plugin/put")
                return put(message, true);
            if (message.address == "/punchin/plugin/add")
                return put(message, false);
            if (message.address == "/punchin/plugin/takes")
                return takes();
            if (message.address == "/punchin/plugin/forget")
                return forget(message);
            return failed("bad_message", "The plugin does not know " + message.address + ".");
        } catch (const std::bad_alloc&) {
            return failed("too_much", "There is not enough memory for this.");
        } catch (const std::exception& problem) {
            return failed("bad_argument", problem.what());
        }
    }

    static std::string failed(const std::string& code, const std::string& sentence) {
        return Message("/punchin/plugin/failed").s(code).s(sentence).framed();
    }

    std::string status() {
        Message reply("/punchin/plugin/status/reply");
        reply.i(store_.instance.load()).i(static_cast<int32_t>(store_.channels));
        reply.i(static_cast<int32_t>(store_.sampleRate.load())).i(store_.rolling.load()).h(store_.position.load());
        reply.i(store_.marking.load()).h(store_.markStart.load()).h(store_.markEnd.load());
        reply.i(store_.takeCount.load()).i(store_.engine.load()).h(store_.lost.load());
        const PunchNews news = store_.punch.news();
        reply.i(static_cast<int32_t>(news.state)).i(news.percent).s(news.sentence);
        return reply.framed();
    }

    std::string spans() {
        Message reply("/punchin/plugin/spans/reply");
        const bool there = store_.withRing([&](const Ring& ring) {
            uint64_t written = 0;
            const std::vector<Span> found = ring.spans(kMaxSpans, written);
            reply.i(static_cast<int32_t>(ring.generation)).i(static_cast<int32_t>(ring.rate));
            reply.h(static_cast<int64_t>(ring.capacity)).h(static_cast<int64_t>(written));
            for (const Span& span : found)
                reply.h(static_cast<int64_t>(span.first)).h(span.position).i(span.rolling);
        });
        return there ? reply.framed() : failed("not_found", "The plugin has captured nothing yet: play the part once.");
    }

    std::string read(Incoming& message) {
        const int32_t generation = message.i();
        const int64_t first = message.h();
        const int32_t frames = message.i();
        message.end();
        if (frames < 1 || frames > kMaxReadFrames || first < 0)
            return failed("bad_argument", "A piece has 1 to " + std::to_string(kMaxReadFrames) + " frames.");
        std::vector<float> samples(static_cast<size_t>(frames) * store_.channels);
        bool there = false;
        store_.withRing([&](const Ring& ring) {
            there = ring.generation == static_cast<uint32_t>(generation) &&
                    ring.read(static_cast<uint64_t>(first), static_cast<uint32_t>(frames), samples.data());
        });
        if (!there)
            return failed("not_found", "This part was overwritten meanwhile: play it again, or give the plugin more minutes.");
        return Message("/punchin/plugin/audio").h(first)
            .b(reinterpret_cast<const char*>(samples.data()), samples.size() * sizeof(float)).framed();
    }

    std::string put(Incoming& message, bool leads) {
        const int64_t start = message.h();
        std::vector<std::string> paths;
        while (message.hasMore())
            paths.push_back(message.s());
        message.end();
        if (paths.empty() || paths.size() > kMaxNumber || start < INT64_MIN / 4 || start > INT64_MAX / 4)
            return failed("bad_argument", "Takes have a place on the timeline, and there are 1 to 64 of them.");
        return Message(leads ? "/punchin/plugin/put/reply" : "/punchin/plugin/add/reply").i(store_.put(start, paths, leads)).framed();
    }

    std::string takes() {
        Message reply("/punchin/plugin/takes/reply");
        size_t room = kMaxTakes;
        for (const auto& take : store_.takes())
            if (room-- > 0 && take->path.size() < 1024)
                reply.h(take->start).h(take->frames).i(take->number).i(take->leads).s(take->path);
        return reply.framed();
    }

    std::string forget(Incoming& message) {
        const int64_t start = message.h(), end = message.h();
        message.end();
        return Message("/punchin/plugin/forget/reply").i(store_.forget(start, end)).framed();
    }

    Store& store_;
    const std::string folder_ = stateFolder();
    std::atomic<bool> ends_{false};
    std::chrono::steady_clock::time_point nextLook_{};
    Punch punch_{store_, folder_};
    std::thread thread_;  // the last: it uses all the others
};

}  // namespace punchin

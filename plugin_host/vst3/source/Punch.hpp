// "Punch" pressed on the instance: a region goes to the engine, as was typed last, and its takes are put in its place.
// A thread of its own for as long as that takes. The engine's messages are in engine/protocol/README.md.
#pragma once
#include <thread>

#include "Connection.hpp"
#include "Discovery.hpp"
#include "Excerpt.hpp"
#include "Osc.hpp"
#include "Store.hpp"

namespace punchin {

class Punch {
public:
    Punch(Store& store, const std::string& folder) : store_(store), desk_(store.punch), folder_(folder) {}

    ~Punch() {
        ends_.store(true);
        if (thread_.joinable())
            thread_.join();
    }

    // The port's thread, again and again. What is pressed while a punch goes on counts for nothing.
    void look() {
        const uint32_t punches = desk_.punches.load();
        const bool pressed = punches != answered_;
        answered_ = punches;
        if (busy_.load())
            return;
        if (thread_.joinable())
            thread_.join();
        if (pressed)
            begin();
    }

private:
    static constexpr int kReachMs = 2000, kSendMs = 30000;
    static constexpr size_t kMaxPacket = 1024 * 1024, kMaxAsk = 65536, kPieceBytes = 32768;

    // How a punch comes to its end.
    struct End {
        PunchState state;
        std::string sentence;
    };

    void begin() {
        stops_ = desk_.stops.load();
        busy_.store(true);
        desk_.say(PunchState::sends, "The region goes to the engine.");
        try {
            thread_ = std::thread([this] {
                const End end = ended();
                desk_.say(end.state, end.sentence, end.state == PunchState::inPlace ? 100 : 0);
                busy_.store(false);
            });
        } catch (const std::system_error&) {
            desk_.say(PunchState::refused, "The system has no room for another thread.");
            busy_.store(false);
        }
    }

    End ended() {
        try {
            return punch();
        } catch (const End& end) {
            return end;
        } catch (const std::bad_alloc&) {
            return {PunchState::refused, "There is not enough memory for this region."};
        } catch (const std::exception& problem) {
            return {PunchState::refused, problem.what()};
        }
    }

    // From the region to its takes in place.
    End punch() {
        const std::string ask = contents(folder_ + "/ask.osc", kMaxAsk + 1);
        if (ask.empty() || ask.size() > kMaxAsk)
            throw End{PunchState::nothingTyped, "Type in the panel what it should sound like, or say it with \"punchin daw ask\"."};
        const Excerpt excerpt = excerptOf(store_);
        if (excerpt.region.frames() <= 0)
            throw End{PunchState::nothingPlayed, excerpt.problem};
        const std::string lock = contents(folder_ + "/engine.json");
        const int socket = lives(numberIn(lock, "pid")) ? Connection::reach(textIn(lock, "host"), numberIn(lock, "port")) : -1;
        if (socket < 0)
            throw noEngine();
        Connection engine(socket, [this] { return !ends_.load() && desk_.stops.load() == stops_; });
        if (!engine.arrives(kReachMs))
            throw stopped() ? End{PunchState::stopped, "Stopped."} : noEngine();
        placed_ = 0;
        waiting_.clear();
        const End end = made(engine, ask, excerpt, isLoopback(textIn(lock, "host")) ? "" : token());
        return withTakes(end);
    }

    bool stopped() const { return desk_.stops.load() != stops_; }

    static End noEngine() {
        return {PunchState::noEngine, "No engine runs: open the panel, or start one with \"punchin engine\"."};
    }

    static bool isLoopback(const std::string& host) { return host.compare(0, 4, "127.") == 0 || host == "::1"; }

    std::string token() const {
        const std::string text = contents(folder_ + "/token");
        return text.substr(0, text.find_first_of("\r\n"));
    }

    // Sends all, and follows the job to its end; each take is put in place as soon as it is done. Leaving ends the job there.
    End made(Connection& engine, const std::string& ask, const Excerpt& excerpt, const std::string& token) {
        try {
            const std::string job = "plugin-" + randomToken().substr(0, 12);
            engine.send(request(job, ask, excerpt, token), kSendMs);
            sendSound(engine, job, excerpt, token);
            desk_.say(PunchState::waits, "The engine has the region.");
            for (;;) {
                Incoming reply(engine.receive(Connection::kForEver, kMaxPacket, kSendMs));
                End end{PunchState::ready, ""};
                if (isLast(reply, job, excerpt, end))
                    return end;
            }
        } catch (const Connection::Gone&) {
            if (stopped())
                return {PunchState::stopped, "Stopped."};
            return {PunchState::engineEnded, "The engine ended before the takes were done: press Punch again when it runs."};
        }
    }

    std::string request(const std::string& job, const std::string& packet, const Excerpt& excerpt, const std::string& token) const {
        Incoming ask(packet);
        if (ask.address == "/punchin/ask/refused")
            throw End{PunchState::refused, ask.s()};
        if (ask.address != "/punchin/ask")
            throw End{PunchState::nothingTyped, "What was typed last can't be read: type it again."};
        const bool newSeed = ask.i() != 0;
        Message message("/punchin/render");
        message.s(job).rest(ask);
        message.s("source").s("stream").s("rate").i(static_cast<int32_t>(excerpt.rate));
        message.s("channels").i(static_cast<int32_t>(store_.channels)).s("frames").h(excerpt.frames(store_.channels));
        message.s("start").h(excerpt.before).s("end").h(excerpt.before + excerpt.region.frames());
        message.s("time_reference").h(excerpt.region.start).s("chunks").i(0);
        if (newSeed)
            message.s("seed").i(static_cast<int32_t>(std::strtoul(randomToken().substr(0, 8).c_str(), nullptr, 16) & 0x7fffffff));
        return withToken(message, token).framed();
    }

    static Message& withToken(Message& message, const std::string& token) {
        return token.empty() ? message : message.s("token").s(token);
    }

    void sendSound(Connection& engine, const std::string& job, const Excerpt& excerpt, const std::string& token) const {
        const size_t step = std::max<size_t>(1, kPieceBytes / sizeof(float) / store_.channels) * store_.channels;
        for (size_t at = 0; at < excerpt.samples.size(); at += step) {
            const size_t count = std::min(step, excerpt.samples.size() - at);
            Message piece("/punchin/audio");
            piece.s(job).s("offset").h(static_cast<int64_t>(at / store_.channels));
            piece.s("samples").b(reinterpret_cast<const char*>(excerpt.samples.data() + at), count * sizeof(float));
            engine.send(withToken(piece, token).framed(), kSendMs);
        }
    }

    // Takes note of a reply; true, and `end`, for the last one of the job.
    bool isLast(Incoming& reply, const std::string& job, const Excerpt& excerpt, End& end) {
        if (!reply.isOf(job))
            return false;
        if (reply.address == "/punchin/progress")
            progress(reply);
        else if (reply.address == "/punchin/take")
            put(take(reply, excerpt), excerpt);
        else if (reply.address == "/punchin/done")
            end = {PunchState::inPlace, ""};
        else if (reply.address == "/punchin/cancelled")
            end = {PunchState::stopped, "Stopped."};
        else if (reply.address == "/punchin/failed") {
            reply.s();
            end = {PunchState::refused, reply.s()};
        }
        return end.state != PunchState::ready;
    }

    void progress(Incoming& reply) {
        const std::string stage = reply.s();
        const int64_t step = reply.i(), total = reply.i();
        const int percent = total > 0 ? static_cast<int>(std::max<int64_t>(0, std::min<int64_t>(100, 100 * step / total))) : 0;
        desk_.say(PunchState::makes, "The engine makes the takes: " + stage + ".", percent);
    }

    static std::string take(Incoming& reply, const Excerpt& excerpt) {
        reply.i();
        const std::string path = reply.s();
        if (reply.i() != excerpt.region.frames())
            throw std::runtime_error("The engine made a take of another length: " + path);
        return path;
    }

    // The first of a punch is the one that is heard, and stays it. What was put stays however the job ends; what can't be
    // put is tried again with the next, for there may be room by then.
    void put(const std::string& path, const Excerpt& excerpt) {
        waiting_.push_back(path);
        try {
            store_.put(excerpt.region.start, waiting_, placed_ == 0);
            placed_ += static_cast<int>(waiting_.size());
            waiting_.clear();
        } catch (const std::exception& problem) {
            problem_ = problem.what();
        }
    }

    // How the punch ends, and where its takes are.
    End withTakes(const End& end) const {
        const std::string many = std::to_string(placed_) + (placed_ == 1 ? " take is" : " takes are") + " in place.";
        const bool whole = end.state == PunchState::inPlace;
        if (!waiting_.empty())
            return {whole ? PunchState::refused : end.state, (whole ? problem_ : end.sentence + " " + problem_) +
                    " It was made: " + waiting_.front() + (placed_ > 0 ? " " + many : "")};
        if (placed_ == 0)
            return whole ? End{PunchState::refused, "The engine made no take."} : end;
        return {end.state, whole ? many : end.sentence + " What was done before: " + many};
    }

    Store& store_;
    PunchDesk& desk_;
    const std::string folder_;
    std::atomic<bool> ends_{false}, busy_{false};
    uint32_t answered_ = 0;  // the port's thread's own
    uint32_t stops_ = 0;     // before this punch
    int placed_ = 0;         // takes of this punch, and the files of those that could not be put
    std::vector<std::string> waiting_;
    std::string problem_;    // why not
    std::thread thread_;     // the last: it uses all the others
};

}  // namespace punchin

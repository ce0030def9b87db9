// One TCP connection that carries OSC packets, a length before each. Nobody waits longer than was said.
#pragma once
#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <functional>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include "Osc.hpp"

namespace punchin {

class Connection {
public:
    static constexpr int kTickMs = 50;
    static constexpr int kForEver = -1;

    struct Gone {};  // the peer left, stalled or was shown out; or whoever waits has to end

    // `goesOn` is asked every 50 ms while there is nothing to receive or send: false ends the waiting.
    Connection(int socket, std::function<bool()> goesOn) : socket_(socket), goesOn_(std::move(goesOn)) {
        fcntl(socket_, F_SETFD, FD_CLOEXEC);
        const int yes = 1;
        setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
#ifdef SO_NOSIGPIPE
        setsockopt(socket_, SOL_SOCKET, SO_NOSIGPIPE, &yes, sizeof yes);
#endif
    }

    ~Connection() { close(socket_); }

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // A socket that listens on this machine only, at a port of its own; or -1.
    static int listenOnLoopback() {
        const int listener = socket(AF_INET, SOCK_STREAM, 0);
        if (listener < 0)
            return -1;
        fcntl(listener, F_SETFD, FD_CLOEXEC);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(listener, 8) == 0)
            return listener;
        close(listener);
        return -1;
    }

    static int portOf(int listener) {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
        return ntohs(address.sin_port);
    }

    // A socket on its way to an address in numbers, not a name that would have to be looked up; or -1.
    static int reach(const std::string& host, long port) {
        addrinfo hints{}, *found = nullptr;
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
        if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
            return -1;
        int made = socket(found->ai_family, SOCK_STREAM, 0);
        if (made >= 0) {
            fcntl(made, F_SETFL, fcntl(made, F_GETFL) | O_NONBLOCK);
            if (connect(made, found->ai_addr, found->ai_addrlen) != 0 && errno != EINPROGRESS) {
                close(made);
                made = -1;
            }
        }
        freeaddrinfo(found);
        return made;
    }

    // Whether a socket from `reach` has arrived.
    bool arrives(int milliseconds) {
        try {
            wait(POLLOUT, deadlineIn(milliseconds));
        } catch (const Gone&) {
            return false;
        }
        int problem = 0;
        socklen_t size = sizeof problem;
        return getsockopt(socket_, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 && problem == 0;
    }

    // A whole packet of at most `most` bytes: its beginning within the time, and its rest within as long again.
    std::string receive(int milliseconds, size_t most, int restMilliseconds) {
        const std::string length = bytes(4, deadlineIn(milliseconds));
        const uint64_t size = getBig(length.data(), 4);
        if (size < 8 || size > most)
            throw Gone();
        return bytes(size, deadlineIn(restMilliseconds));
    }

    void send(const std::string& data, int milliseconds) {
        const Time deadline = deadlineIn(milliseconds);
        for (size_t sent = 0; sent < data.size();) {
            wait(POLLOUT, deadline);
#ifdef MSG_NOSIGNAL
            const ssize_t now = ::send(socket_, data.data() + sent, data.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
#else
            const ssize_t now = ::send(socket_, data.data() + sent, data.size() - sent, MSG_DONTWAIT);
#endif
            if (now <= 0 && errno != EAGAIN && errno != EINTR)
                throw Gone();
            sent += now > 0 ? static_cast<size_t>(now) : 0;
        }
    }

private:
    using Time = std::chrono::steady_clock::time_point;

    static Time deadlineIn(int milliseconds) {
        return milliseconds == kForEver ? Time::max() : std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    }

    std::string bytes(size_t count, Time deadline) {
        std::string data(count, '\0');
        for (size_t got = 0; got < count;) {
            wait(POLLIN, deadline);
            const ssize_t now = recv(socket_, &data[got], count - got, 0);
            if (now == 0 || (now < 0 && errno != EAGAIN && errno != EINTR))
                throw Gone();
            got += now > 0 ? static_cast<size_t>(now) : 0;
        }
        return data;
    }

    void wait(short what, Time deadline) {
        while (goesOn_() && std::chrono::steady_clock::now() < deadline) {
            pollfd waiting{socket_, what, 0};
            if (poll(&waiting, 1, kTickMs) > 0)
                return;
        }
        throw Gone();
    }

    const int socket_;
    const std::function<bool()> goesOn_;
};

}  // namespace punchin

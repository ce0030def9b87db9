// OSC messages of the types i, h, s and b, in the framing of OSC 1.0 over TCP (a length before each packet).
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>

namespace punchin {

inline void putBig(std::string& to, uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        to.push_back(static_cast<char>(value >> shift & 0xff));
}

inline uint64_t getBig(const char* from, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; ++i)
        value = value << 8 | static_cast<unsigned char>(from[i]);
    return value;
}

class Incoming;

// A message on its way out.
class Message {
public:
    explicit Message(const std::string& address) : address_(address), tags_(",") {}

    Message& i(int32_t value) { return number('i', static_cast<uint32_t>(value), 4); }
    Message& h(int64_t value) { return number('h', static_cast<uint64_t>(value), 8); }
    Message& s(const std::string& text) {
        tags_ += 's';
        arguments_ += padded(text);
        return *this;
    }
    Message& b(const char* bytes, size_t count) {
        tags_ += 'b';
        putBig(arguments_, count, 4);
        arguments_.append(bytes, count);
        arguments_.append((4 - count % 4) % 4, '\0');
        return *this;
    }

    // What was not read of another message.
    Message& rest(const Incoming& other);

    std::string framed() const {
        const std::string packet = padded(address_) + padded(tags_) + arguments_;
        std::string out;
        putBig(out, packet.size(), 4);
        return out + packet;
    }

private:
    Message& number(char tag, uint64_t value, int bytes) {
        tags_ += tag;
        putBig(arguments_, value, bytes);
        return *this;
    }

    static std::string padded(const std::string& text) {
        return text + std::string(4 - text.size() % 4, '\0');
    }

    std::string address_, tags_, arguments_;
};

// A message that came in. Every getter throws std::runtime_error where the message is not what it should be.
class Incoming {
public:
    explicit Incoming(const std::string& packet) : packet_(packet) {
        address = text();
        tags_ = text();
        if (address.empty() || address[0] != '/' || tags_.empty() || tags_[0] != ',')
            throw std::runtime_error("This is not an OSC message.");
    }

    int32_t i() { return static_cast<int32_t>(getBig(take('i', 4), 4)); }
    int64_t h() { return static_cast<int64_t>(getBig(take('h', 8), 8)); }
    std::string s() {
        expect('s');
        return text();
    }
    // Whether the next argument is this text; it is read then.
    bool isOf(const std::string& id) { return tag_ < tags_.size() && tags_[tag_] == 's' && s() == id; }
    bool hasMore() const { return tag_ < tags_.size(); }
    void end() const {
        if (tag_ != tags_.size() || at_ != packet_.size())
            throw std::runtime_error("This OSC message has more in it than it should.");
    }

    std::string address;

private:
    friend class Message;

    const char* take(char tag, size_t bytes) {
        expect(tag);
        if (bytes > packet_.size() - at_)
            throw std::runtime_error("This OSC message is cut short.");
        at_ += bytes;
        return packet_.data() + at_ - bytes;
    }

    void expect(char tag) {
        if (tag_ >= tags_.size() || tags_[tag_] != tag)
            throw std::runtime_error("This OSC message has other types than it should.");
        ++tag_;
    }

    std::string text() {
        const size_t zero = packet_.find('\0', at_);
        const size_t end = zero == std::string::npos ? zero : zero / 4 * 4 + 4;
        if (zero == std::string::npos || end > packet_.size())
            throw std::runtime_error("This OSC message is cut short inside a text.");
        const std::string found = packet_.substr(at_, zero - at_);
        at_ = end;
        return found;
    }

    const std::string packet_;
    std::string tags_;
    size_t at_ = 0, tag_ = 1;
};

inline Message& Message::rest(const Incoming& other) {
    tags_ += other.tags_.substr(other.tag_);
    arguments_ += other.packet_.substr(other.at_);
    return *this;
}

}  // namespace punchin

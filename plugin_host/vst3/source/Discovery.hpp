// How instances are found, and how the engine is: small files in the account's state folder (engine/config.py).
#pragma once
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace punchin {

inline std::string stateFolder() {
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string(value ? value : "");
    };
    if (!variable("PUNCHIN_HOME").empty())
        return variable("PUNCHIN_HOME");
#ifdef __APPLE__
    return variable("HOME") + "/Library/Application Support/punch-in";
#else
    const std::string state = variable("XDG_STATE_HOME");
    return (state.empty() ? variable("HOME") + "/.local/state" : state) + "/punch-in";
#endif
}

// The whole number after `"key":` in a small JSON object of ours, or 0.
inline long numberIn(const std::string& text, const std::string& key) {
    const size_t at = text.find("\"" + key + "\":");
    return at == std::string::npos ? 0 : std::strtol(text.c_str() + at + key.size() + 3, nullptr, 10);
}

// The text after `"key":` there, as far as it has no escapes, or "".
inline std::string textIn(const std::string& text, const std::string& key) {
    const size_t at = text.find("\"" + key + "\":");
    const size_t from = at == std::string::npos ? at : text.find('"', at + key.size() + 3);
    return from == std::string::npos ? "" : text.substr(from + 1, text.find('"', from + 1) - from - 1);
}

// A file, or what it begins with where it is longer than `most` bytes; "" where there is none.
inline std::string contents(const std::string& path, size_t most = 4096) {
    std::ifstream file(path, std::ios::binary);
    std::string text(most, '\0');
    file.read(&text[0], static_cast<std::streamsize>(most));
    text.resize(static_cast<size_t>(file.gcount()));
    return text;
}

inline bool lives(long pid) { return pid > 0 && (kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM); }

// Does this account's engine run? Its lock file and its process say so; it is not disturbed.
inline bool engineRuns(const std::string& folder) { return lives(numberIn(contents(folder + "/engine.json"), "pid")); }

inline std::string randomToken() {
    unsigned char bytes[16];
    std::FILE* source = std::fopen("/dev/urandom", "rb");
    const bool read = source != nullptr && std::fread(bytes, 1, sizeof bytes, source) == sizeof bytes;
    if (source != nullptr)
        std::fclose(source);
    if (!read)
        return "";
    std::string token;
    for (const unsigned char byte : bytes) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", byte);
        token += digits;
    }
    return token;
}

// The file by which one instance is found, for as long as this object lives. Its name is the instance's number.
class Announcement {
public:
    static constexpr int kMost = 256;

    Announcement(const std::string& folder, int port, const std::string& token) {
        makeFolder(folder);
        for (number = 1; number <= kMost; ++number) {
            path_ = folder + "/" + std::to_string(number) + ".json";
            if (claim(text(port, token)))
                return;
            // A host that crashed left its file behind.
            if (!lives(numberIn(contents(path_), "pid")) && unlink(path_.c_str()) == 0 && claim(text(port, token)))
                return;
        }
        number = 0;
    }

    ~Announcement() {
        if (number != 0)
            unlink(path_.c_str());
    }

    Announcement(const Announcement&) = delete;
    Announcement& operator=(const Announcement&) = delete;

    int number = 0;  // from 1; 0: none could be written

private:
    static std::string text(int port, const std::string& token) {
        return "{\"pid\": " + std::to_string(getpid()) + ", \"port\": " + std::to_string(port) + ", \"token\": \"" + token +
               "\"}\n";
    }

    static void makeFolder(const std::string& folder) {
        for (size_t slash = folder.find('/', 1);; slash = folder.find('/', slash + 1)) {
            mkdir(folder.substr(0, slash).c_str(), 0700);
            if (slash == std::string::npos)
                return;
        }
    }

    // Whole or not at all, and never another's: written beside it, then linked to the name if that is free.
    bool claim(const std::string& content) const {
        const std::string draft = path_ + "." + std::to_string(getpid()) + ".draft";
        const int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (file < 0)
            return false;
        const bool written = write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size());
        close(file);
        const bool claimed = written && link(draft.c_str(), path_.c_str()) == 0;
        unlink(draft.c_str());
        return claimed;
    }

    std::string path_;
};

}  // namespace punchin

// From where takes may be read: the account's own folders, and those that it granted ("punchin daw grant").
#pragma once
#include <cstdlib>
#include <limits.h>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "Discovery.hpp"

namespace punchin {

constexpr size_t kMaxGrantBytes = 65536;

// The path with links resolved, or "".
inline std::string resolved(const std::string& path) {
    char real[PATH_MAX];
    return !path.empty() && path[0] == '/' && realpath(path.c_str(), real) != nullptr ? real : "";
}

// The lines of the file; none where another account could have written it.
inline std::vector<std::string> grantedByFile() {
    const std::string path = stateFolder() + "/granted";
    struct stat about;
    std::vector<std::string> folders;
    if (stat(path.c_str(), &about) != 0 || about.st_uid != getuid() || (about.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return folders;
    std::istringstream lines(contents(path, kMaxGrantBytes));
    for (std::string line; std::getline(lines, line);)
        folders.push_back(line);
    return folders;
}

// The root of all folders grants nothing: everything would lie in it.
inline bool liesIn(const std::string& real, const std::string& folder) {
    const std::string root = resolved(folder);
    return root.size() > 1 && real.compare(0, root.size() + 1, root + "/") == 0;
}

// Whether takes may be read from there; `real` is the file with links resolved.
inline bool mayRead(const std::string& path, std::string& real) {
    struct stat about;
    real = resolved(path);
    if (real.empty() || stat(real.c_str(), &about) != 0 || !S_ISREG(about.st_mode))
        return false;
    std::vector<std::string> folders = grantedByFile();
    folders.push_back("/tmp");
    for (const char* variable : {"HOME", "PUNCHIN_HOME", "TMPDIR"})
        if (const char* folder = std::getenv(variable))
            folders.push_back(folder);
    for (const std::string& folder : folders)
        if (liesIn(real, folder))
            return true;
    return false;
}

}  // namespace punchin

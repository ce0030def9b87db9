// A host for tests: one instance of the plugin, driven line by line over standard input. Each line is answered.
//
//   rate R                          the sample rate, then activate
//   set SYMBOL VALUE                a parameter
//   get SYMBOL                      answers its value
//   run FRAMES SIZES POSITION ROLLS FILE   FRAMES frames in blocks of SIZES ("64,7,512", round and round) from POSITION;
//                                   ROLLS 1: the transport runs. What comes out is appended to FILE, float32 interleaved
//   bench SIZE BLOCKS               answers microseconds a block (median, 99th percentile), and page faults
//   guard SABOTAGE SIZE             runs blocks as fast as it can until "stop", in a thread to which every allocation,
//                                   lock and system call is death; SABOTAGE none, malloc, lock or syscall does one;
//                                   SIZE 0: blocks of changing sizes, of a transport that loops and locates
//   save FILE, load FILE            the session's state
//
// What goes in is a counter: frame n of channel c is (n * channels + c + 1) / 2^24, so that any frame can be told.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <iostream>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <mutex>
#include <pthread.h>
#include <sstream>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "src/DistrhoPlugin.cpp"
#include "src/DistrhoPluginInternal.hpp"
#include "PunchIn.cpp"

// Where the audio thread may not be. The process dies by SIGILL; a system call dies by SIGSYS (seccomp).
static thread_local bool guarded = false;
static void forbid() {
    if (guarded)
        __builtin_trap();
}

#ifndef NO_GUARD
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void __libc_free(void*);
void* malloc(size_t size) { forbid(); return __libc_malloc(size); }
void* calloc(size_t count, size_t size) { forbid(); return __libc_calloc(count, size); }
void* realloc(void* old, size_t size) { forbid(); return __libc_realloc(old, size); }
void free(void* old) { forbid(); __libc_free(old); }
#define FORBIDDEN(name, type)                                                       \
    int name(type* object) {                                                        \
        forbid();                                                                   \
        static int (*real)(type*) = reinterpret_cast<int (*)(type*)>(dlsym(RTLD_NEXT, #name)); \
        return real(object);                                                        \
    }
FORBIDDEN(pthread_mutex_lock, pthread_mutex_t)
FORBIDDEN(pthread_mutex_trylock, pthread_mutex_t)
FORBIDDEN(pthread_mutex_unlock, pthread_mutex_t)
FORBIDDEN(pthread_rwlock_rdlock, pthread_rwlock_t)
FORBIDDEN(pthread_rwlock_wrlock, pthread_rwlock_t)
FORBIDDEN(pthread_cond_signal, pthread_cond_t)
FORBIDDEN(pthread_cond_broadcast, pthread_cond_t)
}
#endif

USE_NAMESPACE_DISTRHO

static constexpr uint32_t kChannels = DISTRHO_PLUGIN_NUM_INPUTS;
static constexpr uint32_t kMaxBlock = 8192;

struct Host {
    Host() {
        d_nextBufferSize = kMaxBlock;
        d_nextSampleRate = 48000;
        plugin = new PluginExporter(nullptr, nullptr, nullptr, nullptr);
    }
    ~Host() {
        plugin->deactivateIfNeeded();
        delete plugin;
    }

    uint32_t index(const std::string& symbol) const {
        for (uint32_t i = 0; i < plugin->getParameterCount(); ++i)
            if (symbol == plugin->getParameterSymbol(i).buffer())
                return i;
        std::cerr << "no parameter " << symbol << std::endl;
        std::exit(2);
    }

    // One block; the second half of the calls is in place, as many hosts do it.
    void block(uint32_t frames, int64_t position, bool rolls) {
        for (uint32_t frame = 0; frame < frames; ++frame)
            for (uint32_t channel = 0; channel < kChannels; ++channel)
                in[channel][frame] = static_cast<float>((counter + frame) * kChannels + channel + 1) / 16777216.0f;
        TimePosition time;
        time.playing = rolls;
        time.frame = static_cast<uint64_t>(position);
        plugin->setTimePosition(time);
        const bool inPlace = calls++ % 2 == 1;
        const float* inputs[kChannels];
        float* outputs[kChannels];
        for (uint32_t channel = 0; channel < kChannels; ++channel) {
            inputs[channel] = in[channel];
            outputs[channel] = inPlace ? in[channel] : out[channel];
        }
        result = inPlace ? in : out;
        const auto start = std::chrono::steady_clock::now();
        plugin->run(inputs, outputs, frames);
        spent = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
        counter += frames;
    }

    PluginExporter* plugin;
    float in[kChannels][kMaxBlock], out[kChannels][kMaxBlock];
    float (*result)[kMaxBlock] = out;
    uint64_t counter = 0, calls = 0;
    double spent = 0;  // microseconds in the last block
};

static Host host;

static std::vector<uint32_t> sizesOf(const std::string& text) {
    std::vector<uint32_t> sizes;
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');)
        sizes.push_back(static_cast<uint32_t>(std::stoul(part)));
    return sizes;
}

static void run(std::istream& words) {
    uint64_t frames;
    std::string sizeText, path;
    int64_t position;
    int rolls;
    words >> frames >> sizeText >> position >> rolls >> path;
    const std::vector<uint32_t> sizes = sizesOf(sizeText);
    std::ofstream file(path, std::ios::binary | std::ios::app);
    for (uint64_t done = 0, i = 0; done < frames; ++i) {
        const uint32_t now = static_cast<uint32_t>(std::min<uint64_t>(sizes[i % sizes.size()], frames - done));
        host.block(now, position + (rolls ? static_cast<int64_t>(done) : 0), rolls != 0);
        for (uint32_t frame = 0; frame < now; ++frame)
            for (uint32_t channel = 0; channel < kChannels; ++channel)
                file.write(reinterpret_cast<const char*>(&host.result[channel][frame]), sizeof(float));
        done += now;
    }
    file.close();
    std::cout << "ok " << host.counter << std::endl;
}

static long faults() {
    rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_minflt + usage.ru_majflt;
}

static void bench(std::istream& words) {
    uint32_t size, blocks;
    words >> size >> blocks;
    std::vector<double> spent;
    spent.reserve(blocks);
    for (uint32_t i = 0; i < 64; ++i)
        host.block(size, static_cast<int64_t>(i) * size, true);
    const long before = faults();
    for (uint32_t i = 64; i < blocks + 64; ++i) {
        host.counter = 0;
        host.block(size, static_cast<int64_t>(i) * size, true);
        spent.push_back(host.spent);
    }
    const long met = faults() - before;
    std::sort(spent.begin(), spent.end());
    std::cout << "ok " << spent[blocks / 2] << ' ' << spent[blocks * 99 / 100] << ' ' << met << std::endl;
}

// From now on this thread may do nothing but end.
static bool forbidSystemCalls() {
    sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    sock_fprog program{sizeof filter / sizeof *filter, filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static std::mutex idleMutex;
static std::atomic<bool> stops{false}, stopped{false}, refused{false}, begun{false};
static std::atomic<uint64_t> blocks{0};

static void sabotage(const std::string& what) {
    if (what == "malloc")
        std::free(std::malloc(100));
    else if (what == "lock")
        std::lock_guard<std::mutex> hold(idleMutex);
    else if (what == "syscall")
        syscall(SYS_getpid);
}

constexpr uint32_t kGuardedSizes[] = {1, 31, 512, 7, 4096, 64, 480};

// Loops of two seconds, one after the other at five places, the first of them before the timeline's start.
static int64_t wandering(int64_t position) { return 100000 * (position / 500000 % 5) - 50000 + position % 96001; }

static void guard(std::istream& words) {
    std::string what;
    uint32_t size;
    words >> what >> size;
    stops = stopped = refused = begun = false;
    std::thread([what, size] {
#ifndef NO_GUARD
        if (!forbidSystemCalls()) {
            refused = true;
            return;
        }
#endif
        begun = true;
        guarded = true;
        uint32_t count = 0, frames = size;
        for (int64_t position = 0; !stops.load(std::memory_order_relaxed); position += frames) {
            frames = size > 0 ? size : kGuardedSizes[count++ % std::size(kGuardedSizes)];
            host.block(frames, size > 0 ? position % (48000 * 60) : wandering(position), position / 480000 % 4 != 3);
            sabotage(what);
            blocks.fetch_add(1, std::memory_order_relaxed);
        }
        guarded = false;
        stopped = true;
#ifndef NO_GUARD
        syscall(SYS_exit, 0);
#endif
    }).detach();
    while (!refused && !begun)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::cout << (refused ? "refused" : "ok") << std::endl;
}

static void stop() {
    stops = true;
    while (!stopped)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::cout << "ok " << blocks << std::endl;
}

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string verb, word;
        words >> verb;
        if (verb == "run")
            run(words);
        else if (verb == "bench")
            bench(words);
        else if (verb == "guard")
            guard(words);
        else if (verb == "stop")
            stop();
        else if (verb == "rate") {
            double rate;
            words >> rate;
            host.plugin->deactivateIfNeeded();
            host.plugin->setSampleRate(rate, true);
            host.plugin->activate();
            std::cout << "ok" << std::endl;
        } else if (verb == "set") {
            float value;
            words >> word >> value;
            host.plugin->setParameterValue(host.index(word), value);
            std::cout << "ok" << std::endl;
        } else if (verb == "get") {
            words >> word;
            std::cout << "ok " << host.plugin->getParameterValue(host.index(word)) << std::endl;
        } else if (verb == "save") {
            words >> word;
            std::ofstream(word) << host.plugin->getStateValue("takes").buffer();
            std::cout << "ok" << std::endl;
        } else if (verb == "load") {
            words >> word;
            std::stringstream text;
            text << std::ifstream(word).rdbuf();
            host.plugin->setState("takes", text.str().c_str());
            std::cout << "ok" << std::endl;
        } else
            return 2;
    }
    return 0;
}

// Ring and Handover under ThreadSanitizer: one thread writes and plays, one reads, one hands over.
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "Handover.hpp"
#include "Ring.hpp"

using namespace punchin;

static constexpr uint32_t kBlock = 64;
static constexpr uint64_t kCapacity = 4096, kBlocks = 60000;

// Frame n holds n and -n, so a torn frame, a wrong place and a wrong span can each be told.
static void write(Ring& ring, Handover<std::pair<int, int>>& tables, std::atomic<bool>& done) {
    float left[kBlock], right[kBlock];
    const float* inputs[] = {left, right};
    long sum = 0;
    for (uint64_t block = 0; block < kBlocks; ++block) {
        if (block % 50 == 0)
            ring.begin(static_cast<int64_t>(block * kBlock) + 1000, true);
        for (uint32_t i = 0; i < kBlock; ++i) {
            left[i] = static_cast<float>(block * kBlock + i);
            right[i] = -left[i];
        }
        ring.write(inputs, kBlock);
        if (const auto* table = tables.current()) {
            if (table->first != -table->second)
                std::abort();
            sum += table->first;
        }
        if (block % 16 == 0)
            std::this_thread::yield();
    }
    done = true;
    std::fprintf(stderr, "%ld\n", sum);
}

int main() {
    Ring ring(2, 48000, kCapacity, 1);
    Handover<std::pair<int, int>> tables;
    std::atomic<bool> done{false};
    std::thread writer([&] { write(ring, tables, done); });
    int offered = 0;
    std::thread giver([&] {
        while (!done) {
            tables.offer(std::make_unique<std::pair<int, int>>(offered, -offered));
            tables.collect();
            ++offered;
            std::this_thread::yield();
        }
    });
    long whole = 0, torn = 0, gone = 0;
    float samples[2 * 256];
    while (!done) {
        uint64_t written = 0;
        for (const Span& span : ring.spans(16, written))
            if (span.position != static_cast<int64_t>(span.first) + 1000)
                ++torn;
        if (written < 256)
            continue;
        // Half of the reads are at the oldest end, where the writer comes round.
        const uint64_t first = whole % 2 && written > kCapacity ? written - kCapacity : written - 256;
        if (!ring.read(first, 256, samples)) {
            ++gone;
            whole += gone % 2;
            continue;
        }
        ++whole;
        for (uint32_t i = 0; i < 256; ++i)
            if (samples[2 * i] != static_cast<float>(first + i) || samples[2 * i + 1] != -samples[2 * i])
                ++torn;
    }
    writer.join();
    giver.join();
    std::printf("whole=%ld torn=%ld gone=%ld tables=%d\n", whole, torn, gone, offered);
    return 0;
}

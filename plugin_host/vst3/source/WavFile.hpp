// Reads a WAV or RF64 file whole, as float32: 16, 24 and 32 bit and float32, each exact.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace punchin {

struct Sound {
    uint32_t channels = 0, rate = 0;
    std::vector<float> samples;  // interleaved
};

class WavFile {
public:
    // Throws std::runtime_error with a sentence. No more than `maxBytes` of samples are read.
    static Sound read(const std::string& path, uint64_t maxBytes) {
        WavFile wav(path);
        wav.walk();
        return wav.decode(maxBytes);
    }

private:
    explicit WavFile(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "rb"), &std::fclose) {
        if (!file_)
            fail("can't be opened");
    }

    [[noreturn]] void fail(const char* why) const { throw std::runtime_error("The file " + path_ + " " + why + "."); }

    void bytes(void* to, size_t count) {
        if (std::fread(to, 1, count, file_.get()) != count)
            fail("is cut short");
    }

    static uint64_t little(const unsigned char* from, int count) {
        uint64_t value = 0;
        for (int i = count - 1; i >= 0; --i)
            value = value << 8 | from[i];
        return value;
    }

    void walk() {
        unsigned char head[12];
        bytes(head, 12);
        const bool rf64 = std::memcmp(head, "RF64", 4) == 0;
        if ((!rf64 && std::memcmp(head, "RIFF", 4) != 0) || std::memcmp(head + 8, "WAVE", 4) != 0)
            fail("is no WAV file");
        uint64_t wide = 0;  // RF64 keeps the length of the samples elsewhere
        for (;;) {
            bytes(head, 8);
            uint64_t size = little(head + 4, 4);
            if (std::memcmp(head, "data", 4) == 0) {
                size_ = rf64 && size == 0xffffffffu ? wide : size;
                return;
            }
            if (std::memcmp(head, "ds64", 4) == 0 && size >= 24) {
                unsigned char sizes[24];
                bytes(sizes, 24);
                wide = little(sizes + 8, 8);
                skip(size + (size & 1) - 24);
            } else if (std::memcmp(head, "fmt ", 4) == 0 && size >= 16) {
                unsigned char format[40] = {};
                const size_t taken = size < 40 ? static_cast<size_t>(size) : 40;
                bytes(format, taken);
                skip(size + (size & 1) - taken);
                kind_ = static_cast<uint32_t>(little(format, 2));
                if (kind_ == 0xfffe)
                    kind_ = static_cast<uint32_t>(little(format + 24, 2));
                channels_ = static_cast<uint32_t>(little(format + 2, 2));
                rate_ = static_cast<uint32_t>(little(format + 4, 4));
                bits_ = static_cast<uint32_t>(little(format + 14, 2));
            } else {
                skip(size + (size & 1));
            }
        }
    }

    void skip(uint64_t count) {
        if (fseeko(file_.get(), static_cast<off_t>(count), SEEK_CUR) != 0)
            fail("is cut short");
    }

    Sound decode(uint64_t maxBytes) {
        const bool isFloat = kind_ == 3 && bits_ == 32;
        if (!isFloat && !(kind_ == 1 && (bits_ == 16 || bits_ == 24 || bits_ == 32)))
            fail("is neither 16, 24, 32 bit nor float32");
        if (channels_ < 1 || channels_ > 8 || rate_ < 8000 || rate_ > 384000)
            fail("has a number of channels or a sample rate that no take has");
        const uint64_t sampleBytes = bits_ / 8, count = size_ / sampleBytes / channels_ * channels_;
        if (count == 0 || count > maxBytes / sizeof(float))
            fail("is empty, or too long for the plugin's memory");
        checkThere(count * sampleBytes);
        Sound sound{channels_, rate_, std::vector<float>(count)};
        std::vector<unsigned char> raw(4096 * sampleBytes);
        for (uint64_t done = 0; done < count;) {
            const uint64_t now = count - done < 4096 ? count - done : 4096;
            bytes(raw.data(), now * sampleBytes);
            for (uint64_t i = 0; i < now; ++i)
                sound.samples[done + i] = value(raw.data() + i * sampleBytes, isFloat);
            done += now;
        }
        return sound;
    }

    // Before memory is taken for what a header claims.
    void checkThere(uint64_t count) {
        const off_t here = ftello(file_.get());
        fseeko(file_.get(), 0, SEEK_END);
        const off_t end = ftello(file_.get());
        fseeko(file_.get(), here, SEEK_SET);
        if (here < 0 || end < here || static_cast<uint64_t>(end - here) < count)
            fail("is cut short");
    }

    float value(const unsigned char* from, bool isFloat) const {
        const uint32_t left = static_cast<uint32_t>(little(from, static_cast<int>(bits_ / 8))) << (32 - bits_);
        if (!isFloat)
            return static_cast<float>(static_cast<int32_t>(left)) / 2147483648.0f;
        float number;
        std::memcpy(&number, &left, sizeof number);
        return number;
    }

    std::string path_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
    uint64_t size_ = 0;
    uint32_t kind_ = 0, channels_ = 0, rate_ = 0, bits_ = 0;
};

}  // namespace punchin

// Gives the audio thread a new value and takes the old one back, without either waiting for the other.
#pragma once
#include <atomic>
#include <memory>

namespace punchin {

template <class Value>
class Handover {
public:
    ~Handover() {
        delete next_.load();
        delete old_.load();
        delete current_;
    }

    // Not the audio thread, one at a time: `value` is what the audio thread finds next.
    void offer(std::unique_ptr<Value> value) {
        collect();
        delete next_.exchange(value.release(), std::memory_order_acq_rel);
    }

    // Not the audio thread, one at a time: frees what the audio thread has done with.
    void collect() { delete old_.exchange(nullptr, std::memory_order_acq_rel); }

    // The audio thread, or while there is none: what was offered last, as soon as the one before it is collected.
    Value* current() noexcept {
        if (next_.load(std::memory_order_acquire) != nullptr && old_.load(std::memory_order_acquire) == nullptr) {
            if (Value* next = next_.exchange(nullptr, std::memory_order_acq_rel)) {
                old_.store(current_, std::memory_order_release);
                current_ = next;
            }
        }
        return current_;
    }

private:
    std::atomic<Value*> next_{nullptr}, old_{nullptr};
    Value* current_ = nullptr;  // the audio thread's own
};

}  // namespace punchin

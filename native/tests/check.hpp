// The few things the tests share: a check that says what it saw, seeded numbers, buffers with a known
// neighbourhood.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "isa.hpp"

namespace chainrule::test {

inline int failures = 0;
inline bool all_cases = false;  // --all: every small size instead of a sample
inline bool emulated = false;   // --emulated: no forks

#define CHECK(condition, ...)                                               \
    do {                                                                    \
        if (!(condition)) {                                                 \
            if (++::chainrule::test::failures <= 20) {                      \
                std::printf("%s:%d: %s: ", __FILE__, __LINE__, #condition); \
                std::printf(__VA_ARGS__);                                   \
                std::printf("\n");                                          \
            }                                                               \
        }                                                                   \
    } while (0)

/// Numbers in [-1, 1), the same on every run.
class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}
    double number() { return static_cast<double>(engine_() >> 11) * 0x1p-52 - 1; }
    ptrdiff_t below(ptrdiff_t limit) {
        return static_cast<ptrdiff_t>(engine_() % static_cast<std::uint64_t>(limit));
    }
    std::uint64_t bits() { return engine_(); }

private:
    std::mt19937_64 engine_;
};

/// Exactly `count` elements on the heap, aligned to a vector: the address sanitizer sees the first one beyond.
template <class T>
class Array {
public:
    explicit Array(ptrdiff_t count) : count_(count), data_(static_cast<T*>(::operator new(bytes(), alignment))) {
        for (ptrdiff_t i = 0; i < count; ++i) data_[i] = T{};
    }
    Array(ptrdiff_t count, Random& random) : Array(count) {
        for (ptrdiff_t i = 0; i < count; ++i) data_[i] = static_cast<T>(random.number());
    }
    Array(Array&& other) noexcept : count_(other.count_), data_(other.data_) { other.data_ = nullptr; }
    Array(const Array& other) : Array(other.count_) {
        for (ptrdiff_t i = 0; i < count_; ++i) data_[i] = other.data_[i];
    }
    ~Array() { ::operator delete(data_, alignment); }
    Array& operator=(const Array&) = delete;
    T* get() const { return data_; }
    T& operator[](ptrdiff_t i) const { return data_[i]; }
    ptrdiff_t size() const { return count_; }
    bool same_bits(const Array& other) const { return __builtin_memcmp(data_, other.data_, bytes()) == 0; }

private:
    static constexpr std::align_val_t alignment{64};
    std::size_t bytes() const { return static_cast<std::size_t>(count_) * sizeof(T); }
    ptrdiff_t count_;
    T* data_;
};

/// Where feature f of example e lies.
inline ptrdiff_t at(ptrdiff_t lanes, ptrdiff_t stride, ptrdiff_t f, ptrdiff_t e) {
    return e / lanes * stride + f * lanes + e % lanes;
}

/// Error of `got` in units in the last place of the number wanted.
template <class T>
double ulps(T got, long double want) {
    if (std::isnan(want)) return std::isnan(got) ? 0 : HUGE_VAL;
    const T rounded = static_cast<T>(want);
    if (std::isinf(rounded) || std::isinf(got)) return rounded == got ? 0 : HUGE_VAL;
    int exponent = 0;
    std::frexp(rounded, &exponent);
    using Limits = std::numeric_limits<T>;
    exponent = std::max(exponent, Limits::min_exponent);
    return static_cast<double>(std::fabs(got - want) / std::ldexp(1.0L, exponent - Limits::digits));
}

void test_vector_math(const std::string& isa);
void test_random(const Isa& isa);
void test_products(const Isa& isa);
void test_single_example(const Isa& isa);
void test_activations(const Isa& isa);
void test_losses(const Isa& isa);
void test_optimizers(const Isa& isa);
void test_panels(const Isa& isa);
void test_embedding(const Isa& isa);
void test_training(const Isa& isa);
void test_memory();
void test_team();
void test_pace();
void test_session();
void test_small_networks();
void test_predictor();

int plant_overflow();
int plant_race();

}  // namespace chainrule::test

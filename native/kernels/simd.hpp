// One vector register of the instruction set this file is compiled for, and the few operations on it that the
// compilers' vector extensions lack. Everything in native/kernels is compiled once per instruction set, each time
// into a namespace of its own; no function here may be shared between them (no inline std:: helpers), or the
// linker could pick the AVX-512 copy for a processor without it.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#ifndef CHAINRULE_ISA_NAMESPACE
#error "compile native/kernels with CHAINRULE_ISA_NAMESPACE set to the name of the instruction set"
#endif

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

using std::ptrdiff_t;

#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
inline constexpr int kTileRows = 14;  // 28 of 32 registers hold the tile
#elif defined(__AVX2__)
inline constexpr int kVectorBytes = 32;
inline constexpr int kTileRows = 6;  // 12 of 16
#elif defined(__aarch64__)
inline constexpr int kVectorBytes = 16;
inline constexpr int kTileRows = 14;  // 28 of 32
#else
inline constexpr int kVectorBytes = 16;
inline constexpr int kTileRows = 6;
#endif

template <class T>
struct VectorOf {
    typedef T type __attribute__((vector_size(kVectorBytes)));
};
template <class T>
using Vec = typename VectorOf<T>::type;
template <class T>
inline constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));

/// 0, 1, ..., N - 1 as template arguments (std::integer_sequence would do, were it not in std).
template <int... I>
struct Sequence {};
template <int N>
using MakeSequence = Sequence<__integer_pack(N)...>;

template <class T>
struct IntegerOf;
template <>
struct IntegerOf<float> {
    using type = std::int32_t;
    using unsigned_type = std::uint32_t;
};
template <>
struct IntegerOf<double> {
    using type = std::int64_t;
    using unsigned_type = std::uint64_t;
};

/// The element type of a vector type, and the integer vector of the same shape (which comparisons give: 0 or -1).
template <class V>
struct ElementOf {
    static V value();
    using type = decltype(value()[0] + value()[0]);  // the sum, as an element itself has a reference type
};
template <class V>
using Element = typename ElementOf<V>::type;
template <class V>
using Integers = Vec<typename IntegerOf<Element<V>>::type>;
template <class V>
using Unsigned = Vec<typename IntegerOf<Element<V>>::unsigned_type>;

template <class T>
inline Vec<T> load(const T* p) {
    Vec<T> v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}
template <class T>
inline void store(T* p, Vec<T> v) {
    __builtin_memcpy(p, &v, sizeof v);
}

#if defined(__AVX2__) && !defined(__AVX512F__)
/// All bits set in the first `count` lanes.
template <class T>
inline __m256i first_lanes(ptrdiff_t count) {
    using I = typename IntegerOf<T>::type;
    static constexpr I lanes[] = {0, 1, 2, 3, 4, 5, 6, 7};
    return reinterpret_cast<__m256i>(load(lanes) < static_cast<I>(count));
}
#endif

/// The first `count` < V elements at p; the other lanes are 0, and nothing beyond them is touched.
template <class T>
inline Vec<T> load_part(const T* p, ptrdiff_t count) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4)
        return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), p);
    else
        return _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << count) - 1), p);
#elif defined(__AVX2__)
    if constexpr (sizeof(T) == 4)
        return _mm256_maskload_ps(p, first_lanes<T>(count));
    else
        return _mm256_maskload_pd(p, first_lanes<T>(count));
#else
    T part[kLanes<T>] = {};
    for (ptrdiff_t i = 0; i < count; ++i) part[i] = p[i];
    return load(part);
#endif
}
template <class T>
inline void store_part(T* p, Vec<T> v, ptrdiff_t count) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4)
        _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << count) - 1), v);
    else
        _mm512_mask_storeu_pd(p, static_cast<__mmask8>((1u << count) - 1), v);
#elif defined(__AVX2__)
    if constexpr (sizeof(T) == 4)
        _mm256_maskstore_ps(p, first_lanes<T>(count), v);
    else
        _mm256_maskstore_pd(p, first_lanes<T>(count), v);
#else
    for (ptrdiff_t i = 0; i < count; ++i) p[i] = v[i];
#endif
}

template <class T>
inline Vec<T> broadcast(T x) {
    return x - Vec<T>{};  // x - 0 and not x + 0, which would lose the sign of -0
}
template <class To, class From>
inline To bits_as(From from) {
    static_assert(sizeof(To) == sizeof(From));
    return reinterpret_cast<To>(from);
}

/// a * b + c, rounded once where the processor can (all but x86-64-v2). Contraction by the compiler is off, so
/// that the same numbers get the same bits wherever they stand in a vector, a tile or a thread's share.
inline Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) {
#if defined(__AVX512F__)
    return _mm512_fmadd_ps(a, b, c);
#elif defined(__FMA__)
    return _mm256_fmadd_ps(a, b, c);
#elif defined(__aarch64__)
    return vfmaq_f32(c, a, b);
#else
    return a * b + c;
#endif
}
inline Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) {
#if defined(__AVX512F__)
    return _mm512_fmadd_pd(a, b, c);
#elif defined(__FMA__)
    return _mm256_fmadd_pd(a, b, c);
#elif defined(__aarch64__)
    return vfmaq_f64(c, a, b);
#else
    return a * b + c;
#endif
}

inline Vec<float> sqrt(Vec<float> a) {
#if defined(__AVX512F__)
    return _mm512_maskz_sqrt_ps(0xFFFF, a);  // the unmasked form sets off a false warning in GCC 12
#elif defined(__AVX2__)
    return _mm256_sqrt_ps(a);
#elif defined(__aarch64__)
    return vsqrtq_f32(a);
#else
    return _mm_sqrt_ps(a);
#endif
}
inline Vec<double> sqrt(Vec<double> a) {
#if defined(__AVX512F__)
    return _mm512_maskz_sqrt_pd(0xFF, a);
#elif defined(__AVX2__)
    return _mm256_sqrt_pd(a);
#elif defined(__aarch64__)
    return vsqrtq_f64(a);
#else
    return _mm_sqrt_pd(a);
#endif
}

// The first argument wins if the second is NaN-free; a NaN in `a` stays.
template <class V>
inline V max(V a, V b) {
    return a < b ? b : a;
}
template <class V>
inline V min(V a, V b) {
    return a > b ? b : a;
}
template <class V>
inline V abs(V a) {
    using I = Integers<V>;
    return bits_as<V>(bits_as<I>(a) & ~(I{} + (Element<I>{1} << (8 * sizeof(Element<V>) - 1))));
}

/// sqrt(v) and 1 / b to within the last bit or two, where a processor's own root and division of float vectors are
/// several times as slow: with AVX-512, from an estimate of 14 bits and a step of Newton's. v must not be negative
/// or infinite, nor b below 1e-30 or above 1e30 in size; a v below 1e-30 counts as one about 1e-37. NaN stays NaN.
inline Vec<float> quick_sqrt(Vec<float> v) {
#if defined(__AVX512F__)
    const Vec<float> positive = v + 1e-37f;  // the estimate for 0 is infinite
    const Vec<float> inverse = _mm512_maskz_rsqrt14_ps(0xFFFF, positive);
    const Vec<float> root = positive * inverse;
    return fma(root * 0.5f, fma(-root, inverse, broadcast(1.0f)), root);
#else
    return sqrt(v);
#endif
}
inline Vec<double> quick_sqrt(Vec<double> v) { return sqrt(v); }

inline Vec<float> quick_inverse(Vec<float> b) {
#if defined(__AVX512F__)
    const Vec<float> estimate = _mm512_maskz_rcp14_ps(0xFFFF, b);
    return fma(estimate, fma(-b, estimate, broadcast(1.0f)), estimate);
#else
    return broadcast(1.0f) / b;
#endif
}
inline Vec<double> quick_inverse(Vec<double> b) { return broadcast(1.0) / b; }

#if defined(__AVX512F__)
/// Products of the lower 32 bits of each lane, in full.
inline Vec<std::uint64_t> multiply_low_halves(Vec<std::uint64_t> a, Vec<std::uint64_t> b) {
    using V = Vec<std::uint64_t>;  // the unmasked form sets off a false warning in GCC 12
    return reinterpret_cast<V>(
        _mm512_maskz_mul_epu32(0xFF, reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
}
#endif

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE

// exp, log and their kin on whole vectors, for float and double, within about two units in the last place.
// Infinities, NaN, zeros and subnormal numbers give what libm gives (but for flags). The polynomials are the Taylor
// series of exp and atanh, cut where the rest drops below the precision: on the reduced arguments they converge
// fast.
#pragma once

#include "simd.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

template <class T>
struct Format;
template <>
struct Format<float> {
    static constexpr int mantissa_bits = 23, bias = 127, exp_terms = 7, log_terms = 5;
    static constexpr float rounder = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer in the low bits
    static constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;  // high: 9 bits, k * high is exact
    static constexpr float exp_lowest = -104.0f, exp_highest = 89.0f;           // 0 and infinity from here on
    static constexpr float expm1_lowest = -20.0f;                               // -1 from here on
    static constexpr float smallest_normal = 1.17549435e-38f;
    static constexpr float infinity = __builtin_inff();
};
template <>
struct Format<double> {
    static constexpr int mantissa_bits = 52, bias = 1023, exp_terms = 13, log_terms = 10;
    static constexpr double rounder = 6755399441055744.0;
    static constexpr double ln2_high = 6.93147180369123816490e-1, ln2_low = 1.90821492927058770002e-10;  // 32 bits
    static constexpr double exp_lowest = -746.0, exp_highest = 710.0;
    static constexpr double expm1_lowest = -40.0;
    static constexpr double smallest_normal = 2.2250738585072014e-308;
    static constexpr double infinity = __builtin_inf();
};

template <class V>
inline V splat(Element<V> x) {
    return broadcast<Element<V>>(x);
}

/// coefficients[0] x^(N-1) + ... + coefficients[N-1].
template <class V, int N>
inline V horner(V x, const Element<V> (&coefficients)[N]) {
    V sum = splat<V>(coefficients[0]);
#pragma GCC unroll 32
    for (int i = 1; i < N; ++i) sum = fma(sum, x, splat<V>(coefficients[i]));
    return sum;
}

namespace detail {

/// 1/N!, ..., 1/3!, 1/2!
template <class T>
struct ExpSeries {
    T values[Format<T>::exp_terms - 1];
    constexpr ExpSeries() : values{} {
        double factorial = 1;
        for (int n = 2; n <= Format<T>::exp_terms; ++n) {
            factorial *= n;
            values[Format<T>::exp_terms - n] = static_cast<T>(1 / factorial);
        }
    }
};
template <class T>
inline constexpr ExpSeries<T> kExpSeries;

/// 2/(2N+1), ..., 2/5, 2/3
template <class T>
struct LogSeries {
    T values[Format<T>::log_terms];
    constexpr LogSeries() : values{} {
        for (int n = 1; n <= Format<T>::log_terms; ++n)
            values[Format<T>::log_terms - n] = static_cast<T>(2.0 / (2 * n + 1));
    }
};
template <class T>
inline constexpr LogSeries<T> kLogSeries;

/// 2^n for n within the exponents of normal numbers.
template <class V>
inline V power_of_two(Integers<V> n) {
    using F = Format<Element<V>>;
    return bits_as<V>((n + F::bias) << F::mantissa_bits);
}

/// x = n ln 2 + r with |r| <= ln 2 / 2; returns exp(r) - 1.
template <class V>
inline V reduced_expm1(V x, Integers<V>& n) {
    using T = Element<V>;
    using F = Format<T>;
    constexpr T log2_e = static_cast<T>(1.44269504088896340736);
    const V shifted = fma(x, splat<V>(log2_e), splat<V>(F::rounder));
    n = bits_as<Integers<V>>(shifted) - bits_as<Integers<V>>(splat<V>(F::rounder));
    const V whole = shifted - F::rounder;
    V r = fma(whole, splat<V>(-F::ln2_high), x);
    r = fma(whole, splat<V>(-F::ln2_low), r);
    return fma(r * r, horner(r, kExpSeries<T>.values), r);
}

/// log(1 + f) less f, and plus `rest`, for 1 + f between sqrt(1/2) and sqrt(2). With s = f / (2 + f), log(1 + f)
/// is 2 atanh(s) = 2s + s R, R = 2s^2/3 + 2s^4/5 + ...; written so that the large term f enters unrounded.
template <class V>
inline V reduced_log(V f, V rest) {
    const V s = f / (f + Element<V>(2)), square = s * s;
    const V series = square * horner(square, kLogSeries<Element<V>>.values);
    const V half_square = f * f * Element<V>(0.5);
    return fma(s, half_square + series, rest) - half_square;
}

/// x = 2^k m with m between sqrt(1/2) and sqrt(2), for x positive, normal and finite.
template <class V>
inline V split_exponent(V x, Integers<V>& k) {
    using T = Element<V>;
    using U = Unsigned<V>;  // where x is negative or NaN the difference wraps around
    using F = Format<T>;
    // Subtracting the bits of sqrt(1/2) carries into the exponent exactly where the mantissa is below it.
    const U root = bits_as<U>(splat<V>(static_cast<T>(0.70710678118654752440)));
    const U difference = bits_as<U>(x) - root;
    k = bits_as<Integers<V>>(difference) >> F::mantissa_bits;
    return bits_as<V>((difference & ((Element<U>{1} << F::mantissa_bits) - 1)) + root);
}

template <class V>
inline V to_floating(Integers<V> k) {
    return __builtin_convertvector(k, V);
}

}  // namespace detail

template <class V>
inline V exp(V x) {
    using F = Format<Element<V>>;
    const V clamped = max(min(x, splat<V>(F::exp_highest)), splat<V>(F::exp_lowest));
    Integers<V> n;
    const V y = detail::reduced_expm1(clamped, n) + Element<V>(1);
    // 2^n can be infinite or subnormal where the result is not, or is so rightly: scale in two steps.
    const Integers<V> half = n >> 1;
    return y * detail::power_of_two<V>(half) * detail::power_of_two<V>(n - half);
}

template <class V>
inline V expm1(V x) {
    using T = Element<V>;
    using F = Format<T>;
    const V clamped = max(min(x, splat<V>(F::exp_highest)), splat<V>(F::expm1_lowest));
    Integers<V> n;
    const V y = detail::reduced_expm1(clamped, n);
    const V half_scale = detail::power_of_two<V>(n - 1);  // half, so that n = 128 (1024) does not overflow yet
    const V scaled = fma(half_scale, y, half_scale - T(0.5)) * T(2);
    return n == 0 ? (x == V{} ? x : y) : scaled;
}

template <class V>
inline V log(V x) {
    using T = Element<V>;
    using F = Format<T>;
    const auto subnormal = x < F::smallest_normal;
    const V normal = subnormal ? x * T(Element<Integers<V>>{1} << F::mantissa_bits) : x;
    Integers<V> k;
    const V f = detail::split_exponent(normal, k) - T(1);
    const V exponent = detail::to_floating<V>(subnormal ? k - F::mantissa_bits : k);
    const V rest = detail::reduced_log(f, exponent * F::ln2_low);
    V result = fma(exponent, splat<V>(F::ln2_high), f + rest);
    result = x < F::infinity ? result : x;  // infinity and NaN
    result = x == V{} ? splat<V>(-F::infinity) : result;
    return x < V{} ? splat<V>(__builtin_nan("")) : result;
}

template <class V>
inline V log1p(V x) {
    using T = Element<V>;
    using F = Format<T>;
    const V sum = x + T(1);
    // What rounding took from 1 + x, relative to the sum.
    const V lost = (sum > T(2) ? T(1) - (sum - x) : x - (sum - T(1))) / sum;
    Integers<V> k;
    const V m = detail::split_exponent(sum, k);
    const V f = k == 0 ? x : m - T(1);
    const V exponent = detail::to_floating<V>(k);
    const V rest = detail::reduced_log(f, fma(exponent, splat<V>(F::ln2_low), k == 0 ? V{} : lost));
    V result = fma(exponent, splat<V>(F::ln2_high), f + rest);
    result = x < F::infinity ? result : x;
    result = x == T(-1) ? splat<V>(-F::infinity) : result;
    result = x == V{} ? x : result;
    return x < T(-1) ? splat<V>(__builtin_nan("")) : result;
}

template <class V>
inline V copy_sign(V magnitude, V sign) {
    using I = Integers<V>;
    const I mask = bits_as<I>(splat<V>(Element<V>(-0.0)));
    return bits_as<V>((bits_as<I>(magnitude) & ~mask) | (bits_as<I>(sign) & mask));
}

template <class V>
inline V tanh(V x) {
    using T = Element<V>;
    const V limit = splat<V>(sizeof(T) == 4 ? T(10) : T(20));  // 1 to the last bit from here on
    const V e = expm1(min(abs(x), limit) * T(2));
    return copy_sign(e / (e + T(2)), x);
}

template <class V>
inline V sigmoid(V x) {
    using T = Element<V>;
    const V e = exp(-abs(x));
    return (x < V{} ? e : splat<V>(T(1))) / (e + T(1));
}

/// log(1 + exp(x)).
template <class V>
inline V softplus(V x) {
    return max(x, V{}) + log1p(exp(-abs(x)));
}

/// x P(x^2) on |x| < 1, 1 - exp(-x^2) t Q(t) with t = 2 / (2 + |x|) beyond: the fits and the coefficients of the
/// Python engine (chainrule/autodiff/special.py tells how they were made).
template <class V>
inline V erf(V x) {
    using T = Element<V>;
    static constexpr T near_coefficients[] = {
        T(5.957176147748911e-11),   T(-1.1372848856791674e-09), T(1.4659775274047436e-08),
        T(-1.6350312701054695e-07), T(1.6461000484121368e-06),  T(-1.4925595266831182e-05),
        T(0.0001205533111164271),   T(-0.000854832698083379),   T(0.0052239776248180145),
        T(-0.026866170645076792),   T(0.11283791670954879),     T(-0.3761263890318375),
        T(1.1283791670955126),
    };
    static constexpr T far_coefficients[] = {
        T(0.01903897708982235), T(-0.22274557559165956), T(1.0939232364813136),  T(-3.0759000060720783),
        T(5.565023073135318),   T(-6.81445515986897),    T(5.776473630657898),   T(-3.49704154940459),
        T(1.667676529707274),   T(-0.6615902120599745),  T(0.1147116153292139),  T(-0.04163179510110588),
        T(0.08986306885087147), T(0.1755728252604423),   T(0.24689428108956782), T(0.28209163224665396),
        T(0.28209486762112),
    };
    const V magnitude = abs(x);
    const V small = min(magnitude, splat<V>(T(1)));
    const V near = x * horner(small * small, near_coefficients);
    const V large = min(max(magnitude, splat<V>(T(1))), splat<V>(T(6)));
    const V t = splat<V>(T(2)) / (large + T(2));
    const V far = T(1) - exp(-large * large) * t * horner(t, far_coefficients);
    return magnitude < T(1) ? near : copy_sign(far, x);
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE

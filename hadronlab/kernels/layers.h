// What the passes through dense layers share: activations with their derivatives, and products of a layer's weights with
// vectors of columns. A block is a matrix X (features, K) of such vectors.

#include "vectors.h"

namespace {

constexpr int VALUES = 6;  // vectors of columns in a block of values, at most

template <class T> int vectors_of(int64_t columns) {
    return columns >= VALUES * LANES<T> ? VALUES : int((columns + LANES<T> - 1) / LANES<T>);
}

template <class T> struct Numbers;
template <> struct Numbers<double> {
    typedef int64_t Bits __attribute__((vector_size(VECTOR)));
    static constexpr double largest = 700.0, ln2_high = 0x1.62e42fefa38p-1, ln2_low = 0x1.ef35793c7673p-45;
    static constexpr double round = 0x1.8p52;
    static constexpr int mantissa = 52, degree = 13;
    static constexpr int64_t bias = 1023;
};
template <> struct Numbers<float> {
    typedef int32_t Bits __attribute__((vector_size(VECTOR)));
    static constexpr float largest = 80.0f, ln2_high = 0x1.62e4p-1f, ln2_low = 0x1.7f7d1cp-20f;
    static constexpr float round = 0x1.8p23f;
    static constexpr int mantissa = 23, degree = 7;
    static constexpr int32_t bias = 127;
};

// e^x = 2^k e^s with |s| <= ½ ln 2 and the Taylor series of e^s, whose rest is below half a unit in the last place.
template <class T> inline Vector<T> exponential(Vector<T> x) {
    using N = Numbers<T>;
    using Bits = typename N::Bits;
    const Vector<T> high = Vector<T>{} + N::largest, low = Vector<T>{} - N::largest;
    x = x > high ? high : x;
    x = x < low ? low : x;
    const Vector<T> shifted = x * T(1.4426950408889634) + N::round, k = shifted - N::round;
    const Vector<T> s = (x - k * N::ln2_high) - k * N::ln2_low;
    T coefficient[N::degree + 1] = {T(1)};
    UNROLLED for (int n = 1; n <= N::degree; n++) coefficient[n] = coefficient[n - 1] / T(n);
    Vector<T> sum = Vector<T>{} + coefficient[N::degree];
    UNROLLED for (int n = N::degree - 1; n >= 0; n--) sum = sum * s + coefficient[n];
    return sum * (Vector<T>)(((Bits)shifted + N::bias) << N::mantissa);
}

struct Tanh {
    template <class V, class T> static V value(V z) { return T(1) - T(2) / (exponential<T>(T(2) * z) + T(1)); }
    template <class V, class T> static void derivatives(V &f, V &slope, V &curvature) {
        f = value<V, T>(f);
        slope = T(1) - f * f;
        curvature = T(-2) * f * slope;
    }
};

struct Silu {
    template <class V, class T> static V sigmoid(V z) { return T(1) / (exponential<T>(-z) + T(1)); }
    template <class V, class T> static V value(V z) { return z * sigmoid<V, T>(z); }
    template <class V, class T> static void derivatives(V &f, V &slope, V &curvature) {
        const V z = f, s = sigmoid<V, T>(z);
        f = z * s;
        slope = s * (T(1) + z * (T(1) - s));
        curvature = s * (T(1) - s) * (T(2) + z * (T(1) - T(2) * s));
    }
};

// S columns of vectors of Y = W X + b: W is stored as blocks of ROWS outputs, (n_in, ROWS) each.
template <class T, int S>
inline void product(const T *w, const T *b, int n_in, int K, int biased, const Vector<T> *x, Vector<T> *y) {
    Vector<T> sum[ROWS][S];
    UNROLLED for (int j = 0; j < ROWS; j++)
        UNROLLED for (int s = 0; s < S; s++) sum[j][s] = Vector<T>{} + (s < biased ? b[j] : T(0));
    for (int i = 0; i < n_in; i++, w += ROWS, x += K)
        UNROLLED for (int j = 0; j < ROWS; j++)
            UNROLLED for (int s = 0; s < S; s++) sum[j][s] += w[j] * x[s];
    UNROLLED for (int j = 0; j < ROWS; j++)
        UNROLLED for (int s = 0; s < S; s++) y[j * K + s] = sum[j][s];
}

// Y (n_out, K) = W X + b; the bias is added to the first `biased` vectors. Weights are followed by their biases.
template <class T>
const T *linear(const T *w, int n_in, int n_out, int K, int biased, const Vector<T> *x, Vector<T> *y) {
    const int padded = (n_out + ROWS - 1) / ROWS * ROWS;
    const T *b = w + padded * n_in;
    for (int j = 0; j < padded; j += ROWS, w += ROWS * n_in, y += ROWS * K) {
        int k = 0;
        for (; k + 3 <= K; k += 3) product<T, 3>(w, b + j, n_in, K, biased - k, x + k, y + k);
        if (K - k == 2) product<T, 2>(w, b + j, n_in, K, biased - k, x + k, y + k);
        if (K - k == 1) product<T, 1>(w, b + j, n_in, K, biased - k, x + k, y + k);
    }
    return b + padded;
}

}  // namespace

// The hidden layers of a dense network, block of columns by block, so that nothing leaves the first-level cache:
// values, and jets (a value, its D derivatives and its Laplacian, as in jets.py). Called by models/wavefunctions/compiled.py.
//
// A column is one sample. A block is a matrix X (features, K) of vectors of columns: K vectors of values, or D + 2
// slots of one vector each.

#include "vectors.h"

namespace {

constexpr int VALUES = 6;  // vectors of columns in a block of values

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

// sizes (layers): nodes of the hidden layers, and outputs. weights: of all layers behind the first.
// first (width, n_copies, n) and bias (width, n_labels, n or 1) -> out (n_labels, n_copies, n_out, n), from column
// `start` to `stop`. room: 2 * largest padded size * VALUES vectors.
template <class T, class F>
void values(const int64_t *sizes, int layers, const T *weights, const T *first, const T *bias, int64_t bias_columns,
            int n_labels, int n_copies, int64_t n, int64_t start, int64_t stop, Vector<T> *room, int64_t half, T *out) {
    constexpr int K = VALUES, B = K * LANES<T>;
    for (int64_t at = start; at < stop; at += B)
        for (int m = 0; m < n_labels; m++)
            for (int c = 0; c < n_copies; c++) {
                Vector<T> *x = room, *y = room + half;
                for (int h = 0; h < sizes[0]; h++) {
                    const T *b = bias + (h * n_labels + m) * bias_columns;
                    for (int k = 0; k < K; k++) {
                        const int64_t column = at + k * LANES<T>;
                        const int64_t count = stop - column;
                        Vector<T> z = load(first + (h * n_copies + c) * n + column, count);
                        z += bias_columns == 1 ? Vector<T>{} + b[0] : load(b + column, count);
                        x[h * K + k] = F::template value<Vector<T>, T>(z);  // Eq. (5)
                    }
                }
                const T *w = weights;
                for (int layer = 1; layer < layers; layer++) {
                    w = linear(w, sizes[layer - 1], sizes[layer], K, K, x, y);
                    Vector<T> *swapped = x;
                    x = y, y = swapped;
                    if (layer < layers - 1)
                        for (int e = 0; e < sizes[layer] * K; e++) x[e] = F::template value<Vector<T>, T>(x[e]);
                }
                for (int o = 0; o < sizes[layers - 1]; o++)
                    for (int k = 0; k < K; k++) {
                        const int64_t column = at + k * LANES<T>;
                        store(out + ((int64_t(m) * n_copies + c) * sizes[layers - 1] + o) * n + column, x[o * K + k],
                              stop - column);
                    }
            }
}

// value (n_copies, width, n), gradient (n_copies, width, D, n), laplacian (n_copies, width, n), each with strides of
// copies and nodes (and of directions) -> out (n_copies, n_out, D + 2, n). room: 2 * largest padded size * (D + 2).
template <class T, class F>
void jets(const int64_t *sizes, int layers, const T *weights, const T *const *inputs, const int64_t *strides, int D,
          int n_copies, int64_t n, int64_t start, int64_t stop, Vector<T> *room, int64_t half, T *out) {
    const int K = D + 2;
    for (int64_t at = start; at < stop; at += LANES<T>) {
        const int64_t count = stop - at;
        for (int c = 0; c < n_copies; c++) {
            Vector<T> *x = room, *y = room + half;
            for (int h = 0; h < sizes[0]; h++) {
                x[h * K] = load(inputs[0] + c * strides[0] + h * strides[1] + at, count);
                for (int d = 0; d < D; d++)
                    x[h * K + 1 + d] = load(inputs[1] + c * strides[2] + h * strides[3] + d * strides[4] + at, count);
                x[h * K + D + 1] = load(inputs[2] + c * strides[5] + h * strides[6] + at, count);
            }
            const T *w = weights;
            for (int layer = 1; layer < layers; layer++) {
                for (int h = 0; h < sizes[layer - 1]; h++) {
                    Vector<T> *jet = x + h * K, slope, curvature, squares{};
                    F::template derivatives<Vector<T>, T>(jet[0], slope, curvature);
                    for (int d = 1; d <= D; d++) squares += jet[d] * jet[d], jet[d] *= slope;
                    jet[D + 1] = slope * jet[D + 1] + curvature * squares;  // Δσ(x) = σ' Δx + σ'' |∇x|²
                }
                w = linear(w, sizes[layer - 1], sizes[layer], K, 1, x, y);
                Vector<T> *swapped = x;
                x = y, y = swapped;
            }
            for (int e = 0; e < sizes[layers - 1] * K; e++)
                store(out + (int64_t(c) * sizes[layers - 1] * K + e) * n + at, x[e], count);
        }
    }
}

}  // namespace

#define ENTRY(NAME, T, F)                                                                                             \
    extern "C" void values_##NAME(const int64_t *sizes, int64_t layers, const T *weights, const T *first,              \
                                  const T *bias, int64_t bias_columns, int64_t n_labels, int64_t n_copies, int64_t n,  \
                                  int64_t start, int64_t stop, void *room, int64_t half, T *out) {                     \
        values<T, F>(sizes, layers, weights, first, bias, bias_columns, n_labels, n_copies, n, start, stop,            \
                     (Vector<T> *)room, half, out);                                                                    \
    }                                                                                                                  \
    extern "C" void jets_##NAME(const int64_t *sizes, int64_t layers, const T *weights, const T *const *inputs,        \
                                const int64_t *strides, int64_t D, int64_t n_copies, int64_t n, int64_t start,         \
                                int64_t stop, void *room, int64_t half, T *out) {                                      \
        jets<T, F>(sizes, layers, weights, inputs, strides, D, n_copies, n, start, stop, (Vector<T> *)room, half,      \
                   out);                                                                                               \
    }

ENTRY(tanh_double, double, Tanh)
ENTRY(tanh_float, float, Tanh)
ENTRY(silu_double, double, Silu)
ENTRY(silu_float, float, Silu)

extern "C" int value_vectors() { return VALUES; }

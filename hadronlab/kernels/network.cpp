// The hidden layers of a dense network, block of columns by block, so that nothing leaves the first-level cache:
// values, and jets (a value, its D derivatives and its Laplacian, as in jets.py). Called by models/wavefunctions/compiled.py.
//
// A column is one sample. A block holds K vectors of values, or D + 2 slots of one vector each.

#include "layers.h"

namespace {

// sizes (layers): nodes of the hidden layers, and outputs. weights: of all layers behind the first.
// first (width, n_copies, n) and bias (width, n_labels, n or 1) -> out (n_labels, n_copies, n_out, n), from column
// `start` to `stop`. room: 2 * largest padded size * VALUES vectors.
template <class T, class F>
void values(const int64_t *sizes, int layers, const T *weights, const T *first, const T *bias, int64_t bias_columns,
            int n_labels, int n_copies, int64_t n, int64_t start, int64_t stop, Vector<T> *room, int64_t half, T *out) {
    for (int64_t at = start; at < stop; at += VALUES * LANES<T>) {
        const int K = vectors_of<T>(stop - at);
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

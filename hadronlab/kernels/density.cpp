// ln of the density of a wave function of pair distances, block of walkers by block, from their positions to Σψ²: distances,
// envelopes, features, networks of all permuted copies and their antisymmetric sum, as in models/wavefunctions/invariant.py.
// Called by models/wavefunctions/compiled_density.py.

#include "layers.h"

namespace {

enum Feature { LINEAR, SATURATING, SMOOTH, LORENTZIAN, GAUSSIAN };

template <class T> inline Vector<T> feature(int64_t kind, Vector<T> t) {
    switch (kind) {
    case SATURATING: return T(2) * t / (T(1) + t);
    case SMOOTH: return root(T(1) + t * t);
    case LORENTZIAN: return T(1) / (T(1) + t * t);
    case GAUSSIAN: return exponential<T>(-t * t);
    default: return t;
    }
}

struct Shape {
    int64_t particles, pairs, features, contact, confining, copies, envelopes, channels, layers;
};

// numbers: of Shape, then the particles i, j of every pair, the kinds of features, and the nodes of the layers.
// weights: scale (pairs) and contact slopes (pairs), then layers with their biases: exponents of all copies, for every copy
// the first layer, the layers behind it, the sum over copies.
// r (particles, 3, n) -> out (2, n): Σψ² over e^{2m}, and 2m, m the largest exponent. room: see the caller.
template <class T, class F>
void density(const int64_t *numbers, const T *weights, const T *r, int64_t n, int64_t start, int64_t stop, Vector<T> *room,
             T *out) {
    const Shape s = *(const Shape *)numbers;
    const int64_t *pairs = numbers + sizeof(Shape) / sizeof(int64_t), *kinds = pairs + 2 * s.pairs;
    const int64_t *sizes = kinds + s.features;
    const int P = s.pairs, terms = s.copies * s.envelopes, lengths = P * (1 + s.confining);
    const T *scale = weights, *slope = weights + P;
    for (int64_t at = start; at < stop; at += VALUES * LANES<T>) {
        const int K = vectors_of<T>(stop - at);
        Vector<T> *length = room, *input = length + lengths * K, *exponent = input + P * s.features * K;
        Vector<T> *x = exponent + (terms + ROWS) * K, contact[VALUES] = {}, largest[VALUES];
        for (int p = 0; p < P; p++)
            for (int k = 0; k < K; k++) {
                const int64_t column = at + k * LANES<T>;
                Vector<T> squares{};
                for (int i = 0; i < 3; i++) {
                    const Vector<T> apart = load(r + (3 * pairs[2 * p] + i) * n + column, stop - column) -
                                            load(r + (3 * pairs[2 * p + 1] + i) * n + column, stop - column);
                    squares += apart * apart;
                }
                const Vector<T> d = root(squares), t = d / scale[p];
                length[p * K + k] = d;
                if (s.contact) {
                    const Vector<T> g = scale[p] * (T(1) - exponential<T>(-t));
                    length[p * K + k] -= g;
                    contact[k] += slope[p] * g;
                }
                if (s.confining) {
                    const Vector<T> w = root(T(1) + t * t);
                    length[(P + p) * K + k] = scale[p] * (w * root(w) - T(1));
                }
                for (int f = 0; f < s.features; f++) input[(f * P + p) * K + k] = feature<T>(kinds[f], t);
            }

        const T *w = linear(weights + 2 * P, lengths, terms, K, K, length, exponent);
        for (int k = 0; k < K; k++) {
            largest[k] = exponent[k];
            for (int e = 1; e < terms; e++) {
                const Vector<T> other = exponent[e * K + k];
                largest[k] = other > largest[k] ? other : largest[k];
            }
        }
        const int padded = (sizes[0] + ROWS - 1) / ROWS * ROWS;
        const T *first = w, *behind = w + s.copies * padded * (P * s.features + 1);
        for (int c = 0; c < s.copies; c++) {
            Vector<T> *a = x, *b = x + sizes[s.layers] * K;
            first = linear(first, P * s.features, sizes[0], K, K, input, a);
            w = behind;
            for (int layer = 1; layer < s.layers; layer++) {
                for (int e = 0; e < sizes[layer - 1] * K; e++) a[e] = F::template value<Vector<T>, T>(a[e]);
                w = linear(w, sizes[layer - 1], sizes[layer], K, K, a, b);
                Vector<T> *swapped = a;
                a = b, b = swapped;
            }
            Vector<T> *of_copy = exponent + c * s.envelopes * K;
            for (int e = 0; e < s.envelopes * K; e++) of_copy[e] = exponential<T>(of_copy[e] - largest[e % K]) * a[e];
        }
        linear(w, terms, s.channels, K, K, exponent, x);
        for (int k = 0; k < K; k++) {
            const int64_t column = at + k * LANES<T>;
            Vector<T> squares{};
            for (int o = 0; o < s.channels; o++) squares += x[o * K + k] * x[o * K + k];
            store(out + column, squares, stop - column);
            store(out + n + column, T(2) * (largest[k] - contact[k]), stop - column);
        }
    }
}

}  // namespace

#define ENTRY(NAME, T, F)                                                                                             \
    extern "C" void density_##NAME(const int64_t *numbers, const T *weights, const T *r, int64_t n, int64_t start,     \
                                   int64_t stop, void *room, T *out) {                                                 \
        density<T, F>(numbers, weights, r, n, start, stop, (Vector<T> *)room, out);                                    \
    }

ENTRY(tanh_double, double, Tanh)
ENTRY(tanh_float, float, Tanh)
ENTRY(silu_double, double, Silu)
ENTRY(silu_float, float, Silu)

extern "C" int value_vectors() { return VALUES; }

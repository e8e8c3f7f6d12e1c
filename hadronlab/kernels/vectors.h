// Vectors of numbers as wide as a register of the processor, VECTOR bytes. A product of matrices keeps the sums of
// ROWS outputs times 3 vectors in registers.

#include <cstdint>
#include <cstring>
#include <immintrin.h>

#define UNROLLED _Pragma("GCC unroll 16")  // so that arrays of vectors are registers

constexpr int ROWS = VECTOR >= 64 ? 8 : 4;

template <class T> struct VectorOf {
    typedef T type __attribute__((vector_size(VECTOR)));
};
template <class T> using Vector = typename VectorOf<T>::type;
template <class T> constexpr int LANES = VECTOR / sizeof(T);

template <class T> inline Vector<T> load(const T *from, int64_t count) {
    Vector<T> v{};
    if (count >= LANES<T>) memcpy(&v, from, sizeof v);
    else if (count > 0) memcpy(&v, from, count * sizeof(T));
    return v;
}

template <class T> inline void store(T *to, Vector<T> v, int64_t count) {
    if (count >= LANES<T>) memcpy(to, &v, sizeof v);
    else if (count > 0) memcpy(to, &v, count * sizeof(T));
}

#if VECTOR >= 64
inline Vector<float> root(Vector<float> v) { return (Vector<float>)_mm512_sqrt_ps((__m512)v); }
inline Vector<double> root(Vector<double> v) { return (Vector<double>)_mm512_sqrt_pd((__m512d)v); }
#else
inline Vector<float> root(Vector<float> v) { return (Vector<float>)_mm256_sqrt_ps((__m256)v); }
inline Vector<double> root(Vector<double> v) { return (Vector<double>)_mm256_sqrt_pd((__m256d)v); }
#endif

extern "C" int vector() { return VECTOR; }
extern "C" int rows() { return ROWS; }

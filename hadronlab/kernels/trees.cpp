// The least length of a tree with two junctions, vector by vector, as in physics/forces/trees.py, which says why.
// Called from there.

#include "vectors.h"

#include <cfloat>
#include <cmath>

namespace {

typedef Vector<double> V;
typedef int64_t Mask __attribute__((vector_size(VECTOR)));

constexpr int N = LANES<double>, STEPS = 100;
constexpr double HALF_HEIGHT = 0.86602540378443864676, PRECISE = 1e-12, ROUNDING = 1e-14, MET = 1e-9, FLAT = 1e-4, REGULAR = 1e-9;

inline V all(double x) { return V{} + x; }
inline V most(V a, V b) { return a > b ? a : b; }
inline V least(V a, V b) { return a < b ? a : b; }
inline V size(V a) { return most(a, -a); }
inline V within(V x, V m) { return least(most(x, -m), m); }
inline bool any(Mask mask) {
    int64_t found = 0;
    for (int i = 0; i < N; i++) found |= mask[i];
    return found;
}

struct Point {
    V x, y, z;
};
inline Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline Point operator*(V c, Point a) { return {c * a.x, c * a.y, c * a.z}; }
inline V dot(Point a, Point b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Point cross(Point a, Point b) { return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }
inline V length(Point a) { return root(dot(a, a)); }
inline Point unit(Point a) { return (1.0 / length(a)) * a; }
inline Point choose(Mask mask, Point a, Point b) {
    return {mask ? a.x : b.x, mask ? a.y : b.y, mask ? a.z : b.z};
}

struct Places {
    Point d[2], m;
};

struct Work {
    V value, gain;
    Point step;
};

Places places(const V *r) {
    const V r01 = r[0], r23 = r[5], tiny = all(DBL_MIN);
    const V s01 = r01 * r01, s02 = r[1] * r[1], s03 = r[2] * r[2], s12 = r[3] * r[3], s13 = r[4] * r[4], s23 = r23 * r23;
    const Mask swap = r23 > r01;
    const V longer = most(r01, r23), shorter = least(r01, r23);
    const V m = root(most((s02 + s03 + s12 + s13 - s01 - s23) / 4.0, V{}));
    const V first = (s02 + s03 - s12 - s13) / 4.0, second = (s03 + s13 - s02 - s12) / 4.0;
    const V over = 1.0 / most(longer, tiny);
    const V z = within((s03 + s12 - s02 - s13) / 2.0 * over, shorter);
    const V x = root((shorter - z) * (shorter + z));
    const V m_z = within((swap ? second : first) * over, m);
    const V across = root((m - m_z) * (m + m_z));
    const V m_x = within(((swap ? first : second) - z * m_z) / most(x, tiny), across);
    const V m_y = root((across - m_x) * (across + m_x));
    return {{{V{}, V{}, longer}, {x, V{}, z}}, {m_x, m_y, m_z}};
}

struct Apart {
    const Places &at;
    Point turn(Point x) const { return unit(x); }

    Work operator()(Point u) const {
        Point pull = at.m, axes[2];
        V work{}, bends[2];
        for (int i = 0; i < 2; i++) {
            const Point d = at.d[i], normal = cross(d, u);
            const V along = dot(d, u), over = 1.0 / most(length(normal), all(DBL_MIN)), far = length(d);
            const Mask both = 2.0 * size(along) <= far;
            const V stiff = both ? HALF_HEIGHT * far * (far * over) : far;
            const V half = along > 0.0 ? all(-0.5) : along < 0.0 ? all(0.5) : V{};
            pull = pull + (both ? -HALF_HEIGHT * along * over : half) * d;
            work += stiff;
            bends[i] = both ? stiff : V{};
            axes[i] = over * normal;
        }
        const V a = bends[0], b = bends[1];
        V held = dot(pull, u);
        const Point slope = pull - held * u, n = axes[0], k = axes[1];
        const V value = work + held, nk = dot(n, k), skew = a * b * nk * nk;
        const V softest = held + (a + b) / 2.0 - root((a - b) * (a - b) / 4.0 + skew);
        held += most(size(softest), FLAT * value) - softest;
        const V over = 1.0 / most(held * (held + a + b) + a * b - skew, all(DBL_MIN));
        const Point step = over * (held * slope + (a * dot(n, slope)) * n + (b * dot(k, slope)) * k);
        const Point shortened = (1.0 / most(length(step), all(1.0))) * step;
        return {value, dot(slope, shortened), shortened};
    }

    V inwards(Point u) const {
        V result = -dot(at.m, u);
        for (const Point &d : at.d) {
            const V along = size(dot(d, u));
            result += 2.0 * along <= length(d) ? length(cross(d, u)) / (4.0 * HALF_HEIGHT) : along / 2.0;
        }
        return result;
    }
};

struct Together {
    const Point *corners;
    Point turn(Point x) const { return x; }

    Work operator()(Point x) const {
        V lengths{}, weights{}, xx{}, yy{}, zz{}, xy{}, xz{}, yz{};
        Point slope{};
        for (int i = 0; i < 4; i++) {
            const Point string = x - corners[i];
            const V far = most(length(string), all(DBL_MIN)), w = 1.0 / far;
            const Point e = w * string;
            slope = slope + e;
            lengths += far, weights += w;
            xx -= w * e.x * e.x, yy -= w * e.y * e.y, zz -= w * e.z * e.z;
            xy -= w * e.x * e.y, xz -= w * e.x * e.z, yz -= w * e.y * e.z;
        }
        weights *= 1.0 + REGULAR;
        xx += weights, yy += weights, zz += weights;
        const Point p{yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy};  // adjugate over determinant
        const Point q{p.y, xx * zz - xz * xz, xy * xz - xx * yz}, s{p.z, q.z, xx * yy - xy * xy};
        const V over = -1.0 / (xx * p.x + xy * p.y + xz * p.z);
        const Point step = over * Point{dot(p, slope), dot(q, slope), dot(s, slope)};
        return {-lengths, -dot(slope, step), step};
    }
};

// x, the first step and the best value, each replaced by what is found; lanes that have enough stay
template <class F> void climb(const F &work, Point &base, Point step, V &best, V enough) {
    Mask active = best < enough;
    for (int made = 0; made < STEPS && any(active); made++) {
        const Point x = work.turn(base + step);
        const Work now = work(x);
        const Mask worse = now.value < best - ROUNDING * size(best);
        base = choose(active & ~worse, x, base);
        step = choose(worse, all(0.25) * step, now.step);
        best = active ? most(best, now.value) : best;
        active &= (worse | (now.gain > PRECISE * size(best))) & (best < enough);
    }
}

V star(const Places &at, const V *r) {
    const Point &m = at.m;
    Point corners[4] = {m + at.d[0], m - at.d[0], at.d[1] - m, V{} * m - at.d[1] - m};
    for (Point &corner : corners) corner = all(0.5) * corner;
    V best = all(INFINITY), left{};
    Point base{}, step{};
    for (int i = 0; i < 4; i++) {
        V lengths{}, weights{}, far{}, here{};
        Point pull{};
        for (const Point &other : corners) far = most(far, length(other - corners[i]));
        for (const Point &other : corners) {
            const Point way = other - corners[i];
            const V l = length(way), w = l <= ROUNDING * far ? V{} : 1.0 / l;
            lengths += l, weights += w, pull = pull + w * way;
            here += l <= ROUNDING * far ? all(1.0) : V{};
        }
        const Mask better = lengths < best;
        const V size = length(pull);
        best = better ? lengths : best;
        left = better ? size - here : left;
        base = choose(better, corners[i], base);
        step = choose(better, (left / (size * weights)) * pull, step);
    }
    best = -best;
    climb(Together{corners}, base, step, best, left > 0.0 ? all(INFINITY) : all(-INFINITY));
    const V particles = least(least(r[0] + r[1] + r[2], r[0] + r[3] + r[4]), least(r[1] + r[3] + r[5], r[2] + r[4] + r[5]));
    return least(-best, particles);
}

}  // namespace

// distances (6, n), below (n) -> lengths (n)
extern "C" void trees(int64_t n, const double *distances, const double *below, double *out) {
    for (int64_t start = 0; start < n; start += N) {
        V r[6];
        for (int p = 0; p < 6; p++) r[p] = load(distances + p * n + start, n - start);
        const V enough = load(below + start, n - start);
        const Places at = places(r);
        const V m = length(at.m);
        Point u = unit(choose(m > 0.0, at.m, {V{}, V{}, all(1.0)}));
        V result = all(-1.0);
        climb(Apart{at}, u, Point{}, result, enough);
        const Mask met = (Apart{at}.inwards(u) > MET * result) & (result < enough);
        if (any(met)) result = met ? star(at, r) : result;
        store(out + start, result, n - start);
    }
}

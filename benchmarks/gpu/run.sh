#!/usr/bin/env bash
# What a CUDA GPU does with hadronlab, in under 8 minutes: tests, the main job, the steps of T_cc with 1e3 to 1e5 walkers, a
# sweep on slots, NetKet's step, the paper's schedule. Every number is compared with the CPU's.
#
#   benchmarks/gpu/run.sh              results in build/gpu, or in $OUT: gpu.json, and the table that is printed
#   WHEELS=dir benchmarks/gpu/run.sh   packages that lack are taken from the wheels in dir
#   DEVICE=cpu benchmarks/gpu/run.sh   a dry run, shortened, on the CPU
#
# Exit status 1: something lacks (one line says what), a part failed or took too long, or a number is not the CPU's.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
device=${DEVICE:-cuda}
out=${OUT:-$root/build/gpu}
mkdir -p "$out" && out=$(cd "$out" && pwd)
python=${PYTHON:-$([ -x "$root/.venv/bin/python" ] && echo "$root/.venv/bin/python" || echo python3)}
python=$(command -v "$python") || { echo "lacks: ${PYTHON:-python3} (PYTHON=… names another)" >&2; exit 1; }
[[ $python = /* ]] || python=$PWD/$python  # the parts run elsewhere
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "lacks: Python 3.11 (PYTHON=… names one)" >&2; exit 1; }
lacking=$("$python" "$root/benchmarks/gpu/lacking.py")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if [ -n "$lacking" ] && [ -n "${WHEELS:-}" ]; then
    "$python" -m venv --system-site-packages "$scratch/venv"
    base=$("$python" -c 'import site; print(":".join(site.getsitepackages()))')  # also where that is a venv itself
    python=$scratch/venv/bin/python
    export PYTHONPATH=$base:${PYTHONPATH:-}
    # shellcheck disable=SC2086 (several names)
    "$python" -m pip install --quiet --no-index --find-links "$WHEELS" $lacking >"$out/pip.log" 2>&1 ||
        { echo "lacks: $lacking, and $WHEELS does not have all of it: $(grep -m1 ERROR "$out/pip.log")" >&2; exit 1; }
    lacking=$("$python" "$root/benchmarks/gpu/lacking.py")
fi
[ -z "$lacking" ] || { echo "lacks: $lacking (WHEELS=dir names a folder of wheels)" >&2; exit 1; }
if [ "$device" = cuda ] && ! "$python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then
    echo "lacks: a CUDA GPU that torch can use (DEVICE=cpu makes a dry run)" >&2
    exit 1
fi

# The package as it is installed, with conf/ in it, without installing it; in the checkout Python would find it without.
mkdir -p "$scratch/hadronlab"
ln -s "$root"/hadronlab/* "$root/conf" "$scratch/hadronlab"
export PYTHONPATH=$scratch:$root/benchmarks:$root/benchmarks/gpu:${PYTHONPATH:-}
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} HADRONLAB_CACHE=$scratch/cache
cd "$scratch"
"$python" "$root/benchmarks/gpu/measure_all.py" --device "$device" --out "$out"

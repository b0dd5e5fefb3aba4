"""The jobs of tools/test: what is built, what runs on it, in which groups, for how long at most.

In: command-line arguments. Out: the chosen Jobs, builds before what uses them. A job's counts are read from the last lines it
prints; a job that is not counted (a check, a build) is one passed or failed by its exit code. run_tests.py runs them.
"""
import os
import platform
import shutil
import time
from dataclasses import dataclass, field

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "wasmrt")
IN_CI = os.environ.get("CI") == "true"
FUZZ_SECONDS = 60
# Commands of the 3.0 suite that need a module with instructions which are refused at compile time: garbage collection,
# exceptions. Each engine that learns them lowers the number.
SKIPS_3_0 = 900
# Whether the whole suite is at hand, or a fetched one, which lacks parts.
SUITE_BESIDE = os.path.isdir(os.path.join(os.environ.get("WASM_SPEC_DIR") or os.path.join(ROOT, "..", "shared", "spec"), "custom"))
# The comparison with another tool's conversions, which only the suite beside the project has.
UNIT_SKIPS = 0 if os.path.exists(os.path.join(ROOT, "..", "shared", "spec", "spec-json.tar.xz")) else 1
UNIT_SKIPS += 3  # perf and gdb need rights that a container may not give


@dataclass
class Job:
    group: str
    name: str
    command: list
    after: list = field(default_factory=list)  # keys of jobs that must have passed
    timeout: int = 600
    counted: bool = False       # prints counts
    silent: bool = False        # a preparation: counts only when it fails
    exclusive: bool = False     # alone on the machine: it measures, or uses every processor itself
    allowed_skips: int = None   # more skipped than this is a failure
    env: dict = field(default_factory=dict)
    cwd: str = None

    @property
    def key(self):
        return self.name


def exists(path):
    return os.path.exists(os.path.join(ROOT, path))


def shell(script, *arguments):
    return ["bash", "-euo", "pipefail", "-c", script, "tools/test", *arguments]


# $1: the runner with its engine (words), $2: option of get-spec-suite, $3: part of the suite, then options. A part that this suite lacks (a fetched one
# has no proposals, or no custom) or a suite that is out of reach is one skip.
SPEC_SCRIPT = '''
skip() { echo "$1"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
suite=$(tools/get-spec-suite $2) || skip "no suite"
[ -d "$suite/$3" ] || skip "no $3 in $suite"
runner=$1 part=$suite/$3; shift 3
$runner "$@" "$part"
'''

# The same, one process per file: the emulator keeps a record of every reserved page, and a process that runs the whole suite
# under it reserves more than the machine has room to record.
SPEC_EACH_SCRIPT = SPEC_SCRIPT.rstrip().rsplit("\n", 1)[0] + '''
find "$part" -name "*.wast" | sort | while read -r file; do $runner "$@" "$file" || echo "exit code $?: $file"; echo "ran"; done |
  awk '/^[0-9]+ passed, / { p += $1; f += $3; s += $5; n++; next } /^ran$/ { ran++; next } { print }
       END { f += ran - n; printf "%d passed, %d failed, %d skipped\\n", p, f, s }'
'''

# The suite twice with one code cache: the second time nothing is compiled, and the outcome is the same.
SPEC_CACHED_SCRIPT = SPEC_SCRIPT.rstrip().rsplit("\n", 1)[0] + '''
cache=$(mktemp -d); trap 'rm -rf "$cache"' EXIT
first=$($runner --cache="$cache" "$@" "$part" | tail -1) || true
$runner --cache="$cache" "$@" "$part" >"$cache/second" || true
cat "$cache/second"
grep -qE "^code cache: [1-9][0-9]* hits, 0 compiled$" "$cache/second" || { echo "not all came from the cache"; exit 1; }
[ "$first" = "$(tail -1 "$cache/second")" ] || { echo "the first time: $first"; exit 1; }
'''

# Code that arrives late: $1 to $3 as above, $4 how many functions must at least have been called as machine code after their modules
# had begun in the interpreter.
SPEC_LATE_SCRIPT = SPEC_SCRIPT.rstrip().rsplit("\n", 2)[0] + '''
runner=$1 part=$suite/$3 least=$4
code=0; said=$($runner "$part") || code=$?
echo "$said"
changed=$(sed -n 's/^late: .* compiled, \\([0-9]*\\) functions changed over$/\\1/p' <<<"$said")
[ "${changed:-0}" -ge "$least" ] || { echo "hardly anything was compiled"; exit 1; }
exit $code
'''


class Plan:
    def __init__(self, full):
        self.full = full
        self.jobs = []

    def add(self, *arguments, **options):
        self.jobs.append(Job(*arguments, **options))
        return self.jobs[-1].key

    def build(self, label, *options):
        return self.add("build", f"build {label}", ["tools/build", *options], timeout=3000, silent=True)

    def unit(self, label, directory, built, arguments=(), emulator=(), env=None, timeout=900):
        """Some of the unit tests read the official suite."""
        command = shell('WASM_SPEC_DIR=$(tools/get-spec-suite --kept || true) exec "$@"', *emulator, f"{directory}/wasmrt-tests",
                        *arguments)
        self.add("unit", f"unit {label}", command, after=[built, "suite"], counted=True, timeout=timeout,
                 allowed_skips=UNIT_SKIPS if IN_CI else None, env=env or {})

    def suite(self, label, built, command, skips, **options):
        """A job on a part of the suite of which that many commands are skipped (None: any number). A fetched suite lacks some
        parts, which is one skip each; the one beside lacks none."""
        allowed = max(skips, 0 if SUITE_BESIDE else 1) if skips is not None and (IN_CI or skips) else None
        self.add("spec", f"spec {label}", command, after=[built, "suite"], counted=True, allowed_skips=allowed, **options)

    def spec(self, label, directory, built, engine="interp", emulator=(), env=None, timeout=600, extras=True, parts=2):
        """The official suite on one engine, or its first parts; tools/get-spec-suite finds or fetches it."""
        script = SPEC_EACH_SCRIPT if emulator else SPEC_SCRIPT
        runner = " ".join([*emulator, f"{directory}/wasmrt-spectest", f"--engine={engine}"])
        parts = [("wasm-2.0", ["wasm-2.0"], [], 0), ("wasm-3.0", ["wasm-3.0"], [], SKIPS_3_0)][:parts]
        if extras:
            parts += [("custom", ["custom"], [], 0),
                      ("threads", ["proposals/threads"], ["--features=+threads"], None),
                      ("custom-page-sizes", ["proposals/custom-page-sizes"], ["--features=+custom-page-sizes"], 0),
                      ("wide-arithmetic", ["proposals/wide-arithmetic"], ["--features=+wide-arithmetic"], 0)]
        for part, folders, options, skips in parts:
            self.suite(f"{part} {label}", built, shell(script, runner, "", *folders, *options), skips, timeout=timeout,
                       env=env or {})

    def spec_late(self, label, directory, built, engine, least, env=None):
        runner = f"{directory}/wasmrt-spectest --engine={engine}"
        for part, skips in (("wasm-2.0", 0), ("wasm-3.0", SKIPS_3_0)):
            self.suite(f"{part} {label}", built, shell(SPEC_LATE_SCRIPT, runner, "", part, str(least)), skips, env=env or {})

    def wasi(self, label, directory, built, *options):
        self.add("wasi", f"wasi {label}", ["tests/wasi/suite", f"--run={directory}/wasmrt-run", *options], after=[built],
                 counted=True, allowed_skips=0 if IN_CI else None)


def release(plan):
    built = plan.build("release", "--werror")
    plan.add("spec", "suite", shell("tools/get-spec-suite || [ $? = 3 ]"), timeout=900, silent=True)
    plan.unit("release", "build", built)
    plan.spec("release", "build", built)
    if platform.machine() == "x86_64":  # where there is a compiler
        plan.spec("release jit", "build", built, engine="jit")
        plan.spec("release jit, least processor", "build", built, engine="jit --cpu=min", extras=False)
        for part, skips in (("wasm-2.0", 0), ("wasm-3.0", SKIPS_3_0)):
            plan.suite(f"{part} release jit from the cache", built,
                       shell(SPEC_CACHED_SCRIPT, "build/wasmrt-spectest --engine=jit", "", part), skips)
        plan.spec("release jit, no signals", "build", built, engine="jit --signals=off", extras=False)
        plan.spec("release jit, no Spectre guards", "build", built, engine="jit --spectre-guards=off", extras=False)
        for bytes in (1, 100):
            plan.spec(f"release jit, sections of {bytes}", "build", built, engine="jit", env={"WASMRT_COMPILE": f"sections={bytes}"},
                      extras=False)
        plan.spec("release auto", "build", built, engine="auto")
        # Code that arrives while modules run: whenever a thread is done with it, and inside of the first, second and ninth call.
        late = "auto --compile-at-once=0"
        plan.spec_late("release late", "build", built, f"{late} --compile-after-us=0", least=50)
        for call in (1, 2, 9):
            plan.spec_late(f"release late, in call {call}", "build", built, f"{late} --wait-at-call={call}", least=1000)
        for label, stubs in (("stubs of signatures", "0-1000000"), ("stubs for all", "0-0")):
            env = {"WASMRT_COMPILE": f"stubs={stubs}"}
            plan.spec_late(f"release late, {label}", "build", built, f"{late} --wait-at-call=1", least=1000, env=env)
            plan.unit(f"release, {label}", "build", built, arguments=["[public]"], env=env)
    if platform.machine() == "x86_64":
        plan.add("unit", "golden listings", ["tests/jit/golden/run"], after=[built], counted=True)
    plan.wasi("release", "build", built)
    plan.add("programs", "programs", ["tests/programs/run", "--run=build/wasmrt-run"], after=[built], counted=True,
             timeout=1800, allowed_skips=0 if IN_CI else None)
    plan.add("programs", "kernels agree", ["tools/bench", "--verify", "--engines=wasmrt-interp"], after=[built], counted=True)
    plan.add("examples", "tools/demo", ["tools/demo"], after=[built], timeout=900)
    for check in ("layers", "files", "headers", "format"):
        plan.add("checks", f"check {check}", [f"tools/check-{check}"], timeout=900)
    if platform.machine() == "x86_64":  # it reads x64 code
        plan.add("checks", "check dispatch", ["tools/check-dispatch", "build/libwasmrt_interp_hot.a"], after=[built])


def other_builds(plan):
    """The other compiler and the build without a JIT pass what the release passes."""
    for label, directory, options in (("gcc", "build-gcc", ["--compiler=gcc"]),
                                      ("no JIT", "build-jit-disabled", ["--jit=disabled"])):
        built = plan.build(label, "--werror", *options)
        plan.unit(label, directory, built)
        plan.spec(label, directory, built, extras=False)
        plan.wasi(label, directory, built)


EMULATOR = ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"]


# A WASI command under the emulator: $1 is the runtime, with the emulator (words).
HELLO_SCRIPT = '''
scratch=$(mktemp -d); trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/hello.wat" <<"END"
(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 16) "hello\\n") (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00")
  (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))))
END
[ "$($1 --engine=jit --no-cache "$scratch/hello.wat")" = hello ]
'''


def other_machine(plan, short=False):
    """arm64 by cross compilation, under an emulator. In short, as in every run: suite 2.0 on compiled code and a program."""
    if platform.machine() != "x86_64":
        return
    if short and not (shutil.which(EMULATOR[0]) and os.path.isdir(EMULATOR[2])):
        return  # the packages are not there, and could not be had
    targets = ["wasmrt-spectest", "wasmrt-run"] + ([] if short else ["wasmrt-tests", "wasmrt-fuzz"])
    built = plan.build("arm64", "--arch=arm64", "--werror", *targets)
    plan.add("programs", "hello, arm64 emulated", shell(HELLO_SCRIPT, " ".join([*EMULATOR, "build-arm64/wasmrt-run"])), after=[built])
    if short:
        plan.spec("arm64 emulated jit", "build-arm64", built, engine="jit", emulator=EMULATOR, extras=False, parts=1)
        return
    # In parts: what the emulator records of reserved pages is given back at the end of a process.
    for part, tags in (("engine", "[engine]"), ("jit", "[jit]"), ("public", "[public]"), ("rest", "~[engine]~[jit]~[public]")):
        plan.unit(f"arm64 emulated, {part}", "build-arm64", built, arguments=[f"{tags}~[no-emulation]~[.]"], emulator=EMULATOR,
                  timeout=1200)
    for label, engine in (("interp", "interp"), ("jit", "jit"), ("jit, no signals", "jit --signals=off"),
                          ("jit, poisoned, stores probed", "jit --cpu=native,+poison,+probe-stores")):
        plan.spec(f"arm64 emulated {label}", "build-arm64", built, engine=engine, emulator=EMULATOR, timeout=1800, extras=False)
    plan.spec("arm64 emulated jit, stubs of signatures", "build-arm64", built, engine="jit", emulator=EMULATOR, timeout=1800,
              extras=False, env={"WASMRT_COMPILE": "stubs=0-1000000"})
    plan.wasi("arm64 emulated", "build-arm64", built, "--engine=jit", "--emulator=" + " ".join(EMULATOR))
    plan.add("fuzz", "fuzz engines, arm64 emulated",
             shell('mkdir -p build/findings; exec "$@"', *EMULATOR, "build-arm64/wasmrt-fuzz", "--torn-stores", f"--seconds={FUZZ_SECONDS}",
                   f"--first={int(time.time())}000", "--keep=build/findings"), after=[built], timeout=FUZZ_SECONDS + 240)


def sanitizers(plan):
    options = {
        "ASAN_OPTIONS": "detect_stack_use_after_return=0:allow_user_segv_handler=1:handle_segv=1:abort_on_error=0",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1:report_signal_unsafe=0",
    }
    symbolizer = "/usr/lib/llvm-14/bin/llvm-symbolizer"
    if os.path.exists(symbolizer):
        options["ASAN_SYMBOLIZER_PATH"] = options["UBSAN_SYMBOLIZER_PATH"] = symbolizer
        options["TSAN_OPTIONS"] += ":external_symbolizer_path=" + symbolizer
    built = plan.build("ASan+UBSan", "--asan")
    plan.unit("ASan+UBSan", "build-asan", built, arguments=["~[no-asan]~[.]"], env=options, timeout=1800)
    plan.spec("ASan+UBSan", "build-asan", built, env=options, timeout=1800, extras=False)
    built = plan.build("TSan", "--tsan", "wasmrt-tests")
    plan.unit("TSan", "build-tsan", built, arguments=["~[no-tsan]~[.]"], env=options)


def fuzzers(plan):
    """Each target for a minute, on a corpus that is kept and grows from run to run."""
    listed = os.path.join(ROOT, "tests", "fuzz", "targets")
    if not os.path.exists(listed):
        return
    with open(listed) as file:
        targets = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    built = plan.build("fuzzers", "--fuzz", *[f"fuzz-{t}" for t in targets])
    for target in targets:
        script = ('corpus=$1; seeds=tests/fuzz/seeds/$2; mkdir -p "$corpus" build/logs/fuzz-artifacts;'
                  '[ -d "$seeds" ] || seeds=; '
                  '"build-fuzz/fuzz-$2" -max_total_time=$3 -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 '
                  '-artifact_prefix="build/logs/fuzz-artifacts/$2-" "$corpus" $seeds')
        plan.add("fuzz", f"fuzz {target}", shell(script, os.path.join(CACHE, "fuzz", target), target, str(FUZZ_SECONDS)),
                 after=[built], timeout=FUZZ_SECONDS + 240)
    plan.add("fuzz", "fuzz engines without instrumentation", ["tools/fuzz", f"--seconds={FUZZ_SECONDS}"], after=["build release"],
             timeout=FUZZ_SECONDS + 240)
    plan.add("fuzz", "fuzz engines, compiled in sections", ["tools/fuzz", "--seconds=30"], after=["build release"],
             timeout=30 + 240, env={"WASMRT_COMPILE": "sections=20"})
    # The generator is a crate, which is built once.
    plan.add("fuzz", "fuzz engines with wasm-smith", ["tools/fuzz", "--smith", "--seconds=30"], after=["build release"], counted=True,
             timeout=3000)


def slow_checks(plan):
    # The suite as a machine finds it that has only the project.
    for part in ("wasm-2.0", "wasm-3.0"):
        plan.add("spec", f"spec fetched {part}", shell(SPEC_SCRIPT, "build/wasmrt-spectest --engine=interp", "--fetch", part),
                 after=["build release"], counted=True, timeout=900, allowed_skips=SKIPS_3_0)
    if platform.machine() == "x86_64":
        for arch in ("arm64", "x64"):
            plan.add("programs", f"programs compile for {arch}, checked", ["tests/programs/compile", f"--arch={arch}", "--verify"],
                     after=["programs"], counted=True, allowed_skips=0 if IN_CI else None)
    plan.add("checks", "check tidy", ["tools/check-tidy", "--limit=300", "--jobs=1"], after=["build release"], counted=True,
             timeout=600)
    plan.add("examples", "tools/demo is stable", ["tools/lib/repeat_demo"], after=["tools/demo"], timeout=900)


def clean_machine(plan):
    """README's two commands on a fresh Debian: builds everything again, from the objects that ccache has."""
    plan.add("chroot", "clean chroot", ["tools/lib/chroot_test"], after=["build release"], counted=True, timeout=3000)


def select(arguments):
    """The jobs that the arguments of tools/test ask for. Raises ValueError for what is not understood."""
    full = "--full" in arguments
    arm64 = "--arch=arm64" in arguments
    groups = [a for a in arguments if not a.startswith("-")]
    for option in arguments:
        if option.startswith("-") and option not in ("--full", "--arch=arm64"):
            raise ValueError(f"unknown option {option}")
    plan = Plan(full)
    if arm64 and platform.machine() == "x86_64":  # elsewhere it is the release
        plan.add("spec", "suite", shell("tools/get-spec-suite || [ $? = 3 ]"), timeout=900, silent=True)
        other_machine(plan)
    else:
        release(plan)
    if not full and not arm64:
        other_machine(plan, short=True)
    if full and not arm64:
        other_builds(plan)
        other_machine(plan)
        sanitizers(plan)
        fuzzers(plan)
        slow_checks(plan)
        clean_machine(plan)
    known = {j.group for j in plan.jobs} - {"build"}
    if unknown := [g for g in groups if g not in known]:
        raise ValueError(f"unknown group {unknown[0]}; groups: {' '.join(sorted(known))}")
    if not groups:
        return plan.jobs
    chosen = [j for j in plan.jobs if j.group in groups and j.key != "suite"]
    needed = {key for j in chosen for key in j.after}
    return [j for j in plan.jobs if j in chosen or j.key in needed]

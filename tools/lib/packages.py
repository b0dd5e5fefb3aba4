"""Fetches pinned packages from the public registries, through each registry's own client, into the project's cache folder.

In: a name, a version and a SHA-256 (for Go: the sums in a go.sum). Out: a folder in the cache that holds what was asked for,
complete or not there at all. Guaranteed: a thing is made once, also when several processes ask for it at a time; what does
not match its hash is a Failure; a registry or client that is out of reach is Unavailable, so that a caller can skip.
"""
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wasmrt"
NETWORK_TROUBLE = re.compile(
    r"could not resolve|couldn't resolve|failed to (download|get|fetch)|unable to (fetch|connect)|temporary failure|timed? ?out|"
    r"no such host|connection (refused|reset)|network is unreachable|retrying|could not find a version|unable to find a source|"
    r"spurious network|proxyconnect|dial tcp|not resolve host", re.IGNORECASE)


class Unavailable(Exception):
    """What is asked for cannot be had on this machine now."""


class Failure(Exception):
    """It was had, and it is wrong, or it does not build."""


def run(command, what, *, env=None, cwd=None, timeout=1500, network=False):
    """Runs a client quietly; the tail of its output explains a failure. Returns its standard output."""
    try:
        done = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                              env={**os.environ, **(env or {})}, cwd=cwd, text=True, errors="replace")
    except FileNotFoundError:
        raise Unavailable(f"{what}: no {command[0]} on this machine") from None
    except subprocess.TimeoutExpired:
        raise (Unavailable if network else Failure)(f"{what}: no answer after {timeout} s") from None
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        kind = Unavailable if network and NETWORK_TROUBLE.search(done.stdout + done.stderr) else Failure
        raise kind(f"{what}: exit code {done.returncode}\n{tail}")
    return done.stdout


def setup(*groups):
    """Installs the Debian packages of these groups of tools/lib/setup.sh where they are missing."""
    script = '. tools/lib/setup.sh; setup_packages "$@"'
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script, "setup", *groups], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise Unavailable("packages are missing: " + done.stderr.strip().splitlines()[-1])


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def verify(path, expected):
    found = sha256(path)
    if found != expected:
        raise Failure(f"{Path(path).name}: SHA-256 is {found}, expected {expected}")


@contextmanager
def locked(name):
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f".lock-{name.replace('/', '-')}", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def once(name, make):
    """The folder CACHE/name; where it is not there, make(folder) fills a temporary one that is then renamed."""
    target = CACHE / name
    if target.is_dir():
        return target
    with locked(name):
        if target.is_dir():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
        try:
            make(scratch)
            scratch.chmod(0o755)
            scratch.rename(target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return target


def unpack_tar(archive, into):
    """Unpacks a source archive without its top folder."""
    into.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            inner = member.name.lstrip("./").partition("/")[2]
            if not inner or ".." in inner.split("/") or not (member.isfile() or member.isdir()):
                continue
            member.name = inner
            tar.extract(member, into, set_attrs=False)


def apt_source(package, archive, digest, into):
    """The upstream archive of a Debian source package, unpacked into `into`.

    The mirrors are those of this machine's own configuration, read as source mirrors in an apt state of our own.
    """
    if not shutil.which("apt-get"):
        raise Unavailable(f"{package}: no apt-get on this machine")

    def fetch(folder):
        state = folder / "state"
        for name in ("lists/partial", "archives/partial", "sources"):
            (state / name).mkdir(parents=True)
        configured = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
        for source in configured:
            if not source.is_file() or source.suffix not in (".list", ".sources"):
                continue
            text = source.read_text(errors="replace")
            if source.suffix == ".sources":
                text = re.sub(r"(?m)^Types:.*$", "Types: deb-src", text)
            else:
                text = "".join(re.sub(r"^deb ", "deb-src ", line) for line in text.splitlines(True)
                               if line.startswith(("deb ", "deb [")))
            (state / "sources" / source.name).write_text(text)
        options = ["-q", "-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={state}/sources",
                   "-o", f"Dir::State::lists={state}/lists", "-o", f"Dir::Cache={state}", "-o", "APT::Sandbox::User="]
        try:  # a mirror of something else may be out of reach; what counts is whether the package is found
            run(["apt-get", *options, "update"], "apt-get update", network=True, timeout=300)
        except (Unavailable, Failure):
            pass
        run(["apt-get", *options, "--download-only", "source", package], f"Debian source of {package}", cwd=folder,
            network=True, timeout=300)
        if not (folder / archive).exists():
            raise Unavailable(f"{package}: this release of Debian has no {archive}")
        verify(folder / archive, digest)
        shutil.rmtree(state)

    folder = once(f"sources/{package}-{digest[:12]}", fetch)
    unpack_tar(folder / archive, into)


def pip_wheel(name, version, digest, into=None, *, platform=None):
    """A wheel from PyPI, unpacked into `into` (or into a folder of the cache); returns that folder. `platform`: another machine's."""
    def fetch(folder):
        pip = next((p for p in ([sys.executable, "-m", "pip"], ["/usr/bin/python3", "-m", "pip"])
                    if subprocess.run([*p, "--version"], capture_output=True).returncode == 0), None)
        if not pip:
            setup("pip")
            pip = ["/usr/bin/python3", "-m", "pip"]
        wanted = folder / "requirements.txt"
        wanted.write_text(f"{name}=={version} --hash=sha256:{digest}\n")
        run([*pip, "download", "-q", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--require-hashes",
             *(["--platform", platform] if platform else []), "-d", folder / "wheel", "-r", wanted], f"{name} {version} from PyPI", network=True, timeout=600)
        with zipfile.ZipFile(next((folder / "wheel").iterdir())) as wheel:
            wheel.extractall(folder / "unpacked")
        shutil.rmtree(folder / "wheel")

    folder = once(f"wheels/{name}-{version}-{digest[:12]}", fetch) / "unpacked"
    if into is not None:
        shutil.copytree(folder, into, dirs_exist_ok=True)
        return into
    return folder


def debian_cargo():
    """(cargo, environment, target) of Debian's Rust with its standard library for WASI."""
    if not Path("/etc/debian_version").exists():
        raise Unavailable("Debian's rustc and its library for WASI are needed")
    setup("rust", "wasm")
    targets = [t for t in ("wasm32-wasip1", "wasm32-wasi") if Path("/usr/lib/rustlib", t).is_dir()]
    if not targets:
        raise Unavailable("Debian's rustc has no library for WASI here")
    variable = f"CARGO_TARGET_{targets[0].upper().replace('-', '_')}_LINKER"
    # This cargo is older than the sparse index, which it knows only as an unstable feature.
    return "/usr/bin/cargo", {"RUSTC": "/usr/bin/rustc", "RUSTC_BOOTSTRAP": "1", "CARGO_UNSTABLE_SPARSE_REGISTRY": "true",
                              variable: "wasm-ld-14", "CARGO_HOME": str(CACHE / "cargo-home")}, targets[0]


def cargo_install(crate, version, digest, into, options=()):
    """Builds a crate's program for WASI with Debian's Rust, with the versions its own Cargo.lock pins."""
    cargo, env, target = debian_cargo()
    with locked("cargo-home"):
        run([cargo, "install", crate, "--version", f"={version}", "--locked", "--target", target, "--root", into, "--no-track",
             "--target-dir", into / "target", *options], f"crate {crate} {version}", env=env, network=True)
        archives = list(Path(env["CARGO_HOME"]).glob(f"registry/cache/*/{crate}-{version}.crate"))
        if not archives:
            raise Failure(f"crate {crate} {version}: its archive is not where cargo keeps it")
        verify(archives[0], digest)
    shutil.rmtree(into / "target", ignore_errors=True)


def find_go(minimum=(1, 21)):
    """The go command, if there is one that knows GOOS=wasip1."""
    for go in (shutil.which("go"), "/usr/local/go/bin/go", "/usr/lib/go/bin/go"):
        if go and Path(go).exists():
            found = re.search(r"go(\d+)\.(\d+)", run([go, "version"], "go version"))
            if found and (int(found[1]), int(found[2])) >= minimum:
                return go
    raise Unavailable("no go %d.%d or newer on this machine" % minimum)


def go_build(package, module_folder, output, *, guest=True):
    """Builds a Go command at the version that go.mod in module_folder requires; go.sum there holds the hashes."""
    go = find_go()
    with tempfile.TemporaryDirectory(prefix="wasmrt-go-") as scratch:
        for name in ("go.mod", "go.sum"):
            shutil.copy(Path(module_folder) / name, scratch)
        env = {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -buildvcs=false", "GOWORK": "off"}
        if guest:
            env |= {"GOOS": "wasip1", "GOARCH": "wasm", "CGO_ENABLED": "0"}
        run([go, "build", "-trimpath", "-ldflags=-s -w", "-o", output, package], f"Go program {package}", env=env, cwd=scratch,
            network=True)

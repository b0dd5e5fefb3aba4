# Sourced by the tools: installs the Debian packages a job needs, from the mirrors this machine is configured with.
#   setup_packages GROUP...     says nothing and costs milliseconds when nothing is missing
# Groups: build (compile and link), sanitize (the compiler's runtimes for that), wasm (guest programs in C and C++), test
# (tools the tests call), full (what only tools/test --full needs), arm64 (cross build and emulation), count (an emulator that takes plugins), rust (guest programs in Rust), pip (packages from PyPI),
# chroot.

setup_group() {
  case $1 in
    build) echo clang-14 g++ ccache meson ninja-build pkg-config git python3 \
                libasmjit-dev libcapstone-dev libssl-dev catch2 libspdlog-dev libfmt-dev libcli11-dev ;;
    wasm) echo clang-14 lld-14 wasi-libc libclang-rt-14-dev-wasm32 libc++-14-dev-wasm32 libc++abi-14-dev-wasm32 ;;
    test) echo wabt strace gdb llvm-14 clang-format-14 python3 git ca-certificates curl xz-utils ;;
    sanitize) echo libclang-rt-14-dev ;;
    full) echo libclang-rt-14-dev clang-tidy-14 ;;
    rust) echo cargo rustc libstd-rust-dev-wasm32 ;;
    pip) echo python3-pip ;;
    arm64) echo lld-14 libc6-dev-arm64-cross libstdc++-12-dev-arm64-cross qemu-user-static ;;
    count) echo qemu-user ;;
    chroot) echo debootstrap ;;
    *) echo "setup: no group $1" >&2; return 2 ;;
  esac
}

setup_as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else return 1
  fi
}

setup_packages() {
  local group package missing=() wanted=()
  for group in "$@"; do wanted+=($(setup_group "$group")) || return; done
  command -v dpkg-query >/dev/null || return 0  # not a Debian: the user provides the tools
  local installed
  installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/ installed$//p' || true)
  for package in "${wanted[@]}"; do
    grep -qx -- "$package" <<<"$installed" || missing+=("$package")
  done
  [ ${#missing[@]} != 0 ] || return 0
  echo "installing ${missing[*]}" >&2
  local log
  log=$(mktemp)
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends
                 -o DPkg::Lock::Timeout=300 install "${missing[@]}")
  if ! setup_as_root "${install[@]}" >"$log" 2>&1 </dev/null; then
    # The lists may be absent or old. A mirror that is configured but unreachable must not stop us.
    setup_as_root apt-get -q -o DPkg::Lock::Timeout=300 update >>"$log" 2>&1 </dev/null || true
    if ! setup_as_root "${install[@]}" >>"$log" 2>&1 </dev/null; then
      tail -20 "$log" >&2
      echo "could not install: ${missing[*]}" >&2
      rm -f "$log"
      return 1
    fi
  fi
  rm -f "$log"
}

// A process that the system refuses executable memory, in the two ways that there are.
#pragma once

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>

namespace wasmrt::test {

enum class NoExec { Seccomp, Prctl };

/// From now on, for this process and its children. False where the kernel lacks the way.
inline bool refuse_executable_memory(NoExec way) {
  if (way == NoExec::Prctl) return prctl(65 /* PR_SET_MDWE */, 1, 0, 0, 0) == 0;
  // mmap, mprotect and pkey_mprotect with PROT_EXEC fail; the third argument is the protection.
  constexpr auto call = static_cast<unsigned>(offsetof(seccomp_data, nr));
  constexpr auto protection = static_cast<unsigned>(offsetof(seccomp_data, args) + 16);
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, call),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pkey_mprotect, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, protection),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program{sizeof rules / sizeof rules[0], rules};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

}  // namespace wasmrt::test

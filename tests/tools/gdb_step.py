# Run by gdb: steps through compiled code instruction by instruction and counts where a backtrace does not reach main. Ends when
# the host function of $STEP_UNTIL is reached. Prints "stepped N through A B C, lost L".
import os

import gdb

for line in ("set pagination off", "set debuginfod enabled off", "handle SIGSEGV nostop noprint pass",
             "break wasmrt::engine::native_entry", "run", "delete"):
    gdb.execute(line, to_string=True)
last = os.environ["STEP_UNTIL"]


def compiled(frame):
    return (frame.name() or "").startswith(("wasm:", "wasm "))


seen, lost, steps = {}, 0, 0
gdb.execute("break *(long)&'wasm:_start'", to_string=True)
gdb.execute("continue", to_string=True)
while steps < 5000:
    frame = gdb.newest_frame()
    if compiled(frame):
        steps += 1
        outer = frame
        while outer.older() is not None:
            outer = outer.older()
        if outer.name() != "main":
            lost += 1
            print("lost at", frame.name(), hex(frame.pc()))
        seen[frame.name()] = True
        gdb.execute("stepi", to_string=True)
    elif last in (frame.name() or ""):
        break
    elif frame.older() is not None and compiled(frame.older()):
        gdb.execute("finish", to_string=True)
    else:
        break
print(f"stepped {steps} through {' '.join(sorted(seen))}, lost {lost}")
gdb.execute("kill")

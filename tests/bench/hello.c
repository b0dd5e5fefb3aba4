// The smallest guest that does what a guest does: one line through the C library. For the start-up time of a whole process.
#include <stdio.h>

int main(void) {
  puts("hello, world");
  return 0;
}

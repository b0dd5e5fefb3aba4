// The guest of the call benchmarks: what the host calls, and a loop that calls the host.
__attribute__((import_module("env"), import_name("host"))) int host(int a, int b);

__attribute__((export_name("add"))) int add(int a, int b) { return a + b; }

__attribute__((export_name("loop"))) int loop(int n) {
  int sum = 0;
  for (int i = 0; i < n; ++i) sum = host(sum, i);
  return sum;
}

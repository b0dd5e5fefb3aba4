// What the x64 emitter writes, against another assembler: every instruction of many functions, of
// all machine ops and vector ops, with registers, displacements and numbers changed at random.
// Skipped where there is no llvm-mc.
//
// The emitter's listing says which instruction was meant, its bytes what became of it. One
// instruction may have several encodings, so both are compared as llvm's disassembler reads them:
// its text of our bytes, and of the bytes that llvm's assembler makes of our listing.
#include <catch2/catch_test_macros.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "jit/x64/mir_ops.h"
#include "jit/x64/regs.h"
#include "jit/x64/vec_ops.h"
#include "libwasmrt/base/dump.h"
#include "tests/fuzz/modules/random_module.h"
#include "tests/jit/compile.h"
#include "tests/jit/scalar_bodies.h"
#include "tests/jit/simd_bodies.h"
#include "tests/support/temporary_directory.h"

using namespace wasmrt;
using namespace wasmrt::jit;
using namespace wasmrt::jit::x64;

namespace {

class Random {
 public:
  explicit Random(std::uint32_t seed) : state_(seed * 2654435761u + 1) {}
  std::uint32_t below(std::uint32_t n) {
    state_ = state_ * 1664525 + 1013904223;
    return static_cast<std::uint32_t>(std::uint64_t{state_} * n >> 32);
  }
  template <class T, std::size_t N>
  T of(const T (&list)[N]) {
    return list[below(N)];
  }

 private:
  std::uint32_t state_;
};

// ---- the functions
// ------------------------------------------------------------------------------------

/// The same instructions on other registers, with other displacements and numbers: no program any
/// more, but all the emitter asks for is kept.
void scramble(MFunc& f, Random& random) {
  const Target& target = x64_target();
  std::uint32_t fixed[2] = {0, 0};
  for (const MOperand& o : f.ops) {
    if (o.vreg == kNoVReg || o.constraint != Constraint::Fixed) continue;
    fixed[static_cast<unsigned>(f.vregs[raw(o.vreg)].cls)] |= 1u << o.fixed;
  }
  std::uint32_t to[2][32];
  for (unsigned c = 0; c < 2; ++c) {
    std::vector<std::uint32_t> free;
    for (std::uint32_t r = 0; r < 32; ++r) {
      to[c][r] = r;
      if ((target.allocatable[c] & ~fixed[c] & 1u << r) != 0) free.push_back(r);
    }
    for (std::size_t n = free.size(); n > 1; --n) {
      std::swap(to[c][free[n - 1]], to[c][free[random.below(static_cast<std::uint32_t>(n))]]);
    }
  }
  for (MOperand& o : f.ops) {
    if (o.vreg == kNoVReg || !o.loc.is_reg()) continue;
    o.loc = Loc::reg(to[static_cast<unsigned>(f.vregs[raw(o.vreg)].cls)][o.loc.n]);
  }
  static constexpr std::uint32_t kAreas[] = {0, 16, 96, 128, 1024};
  f.out_arg_bytes += random.of(kAreas);
  static constexpr std::int32_t kDisps[] = {0,    1,    8,      127,        128,        -1,
                                            -128, -129, 0x1000, 0x7FFFFFF0, -0x7FFFFFF0};
  static constexpr std::int64_t kImms[] = {
      1, 2, -1, 127, 128, -128, -129, 255, 65535, 0x7FFFFFFF, -0x7FFFFFFF - 1};
  constexpr std::uint32_t kCompareImm = 1u << 24;
  for (MInst& i : f.insts) {
    const bool memory = i.mem_base || i.mem_index || i.mem_pinned != 0;
    if (memory && i.mem_pinned != kLiteral) i.mem_disp = random.of(kDisps);
    if (i.mem_index && i.op != kVec) i.mem_scale = static_cast<std::uint8_t>(random.below(4));
    switch (i.op) {
      case kAdd:
      case kSub:
      case kAnd:
      case kOr:
      case kXor:
        if (i.uses == 1) i.imm = random.of(kImms);
        break;
      case kImulImm: i.imm = random.of(kImms); break;
      case kCmpBranch:
      case kCmpSet:
      case kCmpSelect:
      case kCmpTrap:
        if ((i.aux & kCompareImm) != 0) i.imm = random.of(kImms);
        break;
      case kStore:
        if ((i.aux & 0x100) != 0) i.imm = random.of(kImms);
        break;
      case kShl:
      case kShr:
      case kSar:
      case kRol:
      case kRor:
        if (i.uses == 1) i.imm = 1 + random.below(8u * i.size - 1);
        break;
      case kRorx: i.imm = 1 + random.below(8u * i.size - 1); break;
      case kMovImm:
        if (random.below(3) == 0) i.imm = random.of(kImms);
        break;
      default: break;
    }
  }
}

// ---- the listing and the bytes
// ------------------------------------------------------------------------

struct Line {
  std::string text;     // what was meant; "L5:" for a label
  std::string origin;   // the function, for messages
  bool branch = false;  // compared without its distance
  std::string label;    // where it goes or reads
};

struct Corpus {
  std::vector<std::uint8_t> code;
  std::vector<std::vector<Line>> functions;  // the lines of each
  std::vector<std::size_t> begins;
  std::set<std::uint16_t> ops;
  std::set<std::uint32_t> vec_ops[2];  // without and with AVX
  std::size_t declined = 0;

  void add(const Target& target, const CompileContext& context, const MFunc& f,
           const std::string& origin);
};

std::string without_spaces(std::string text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

/// The emitter's line as the other assembler spells it.
Line meant(std::string text) {
  Line line;
  if (text.starts_with("short ")) text.erase(0, 6);
  if (text.starts_with("rex ")) text.erase(0, 4);
  // A label of the data behind the code: "[L7]", "[L7+8]".
  if (const std::size_t at = text.find("[L"); at != text.npos) {
    const std::size_t end = text.find(']', at);
    line.label = text.substr(at + 1, text.find_first_of("+-]", at) - at - 1);
    text = text.substr(0, at) + "[rip]" + text.substr(end + 1);
  }
  const std::size_t blank = text.find(' ');
  if (text[0] == 'j' && blank != text.npos && text[blank + 1] == 'L') {
    line.branch = true;
    line.label = text.substr(blank + 1);
    text = text.substr(0, blank) + " away";
  }
  line.text = text;
  return line;
}

void Corpus::add(const Target& target, const CompileContext& context, const MFunc& f,
                 const std::string& origin) {
  CodeBlob blob;
  if (target.emit(context, f, blob) != nullptr) {
    ++declined;
    return;
  }
  for (const MBlock& block : f.blocks) {
    for (const std::uint32_t i : block.insts) {
      ops.insert(f.insts[i].op);
      if (f.insts[i].op == kVec || f.insts[i].op == kVecStore) {
        vec_ops[(context.options.cpu & kCpuAvx) != 0 ? 1 : 0].insert(f.insts[i].aux);
      }
    }
  }
  begins.push_back(code.size());
  code.insert(code.end(), blob.code.begin(), blob.code.begin() + blob.code_bytes);
  std::vector<Line>& lines = functions.emplace_back();
  std::istringstream listing(blob.listing);
  for (std::string text; std::getline(listing, text);) {
    text = without_spaces(text);
    if (text.empty()) continue;
    if (text == ".db 0xE8" || text == ".db 0xE9") {
      text = text[7] == '8' ? "call away" : "jmp away";  // of the linker
      lines.push_back({text, origin, true, {}});
      continue;
    }
    if (text.starts_with(".dd") || text.starts_with(".db") || text.starts_with(".dq")) continue;
    lines.push_back(meant(text));
    lines.back().origin = origin;
  }
}

/// Runs the other assembler; its output by line.
std::vector<std::string> run(const std::string& command) {
  std::vector<std::string> lines;
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string line;
  for (int c; (c = std::getc(pipe)) != EOF;) {
    if (c != '\n') {
      line += static_cast<char>(c);
      continue;
    }
    lines.push_back(line);
    line.clear();
  }
  pclose(pipe);
  return lines;
}

struct Decoded {
  std::string text;
  std::size_t bytes = 0;
  std::vector<unsigned> code;
};

/// Lines "\ttext  # encoding: [0x..,0x..]" of the other assembler.
std::vector<Decoded> decoded(const std::vector<std::string>& lines) {
  std::vector<Decoded> out;
  for (const std::string& line : lines) {
    const std::size_t at = line.find("# encoding: [");
    if (at == line.npos) continue;
    Decoded d;
    d.text = without_spaces(line.substr(0, at));
    for (char& c : d.text) c = c == '\t' ? ' ' : c;
    std::istringstream bytes(line.substr(at + 13));
    for (std::string byte; std::getline(bytes, byte, ',');) {
      // A byte that waits for an address is "A", or "0x00'A'".
      d.code.push_back(
          byte[0] == '0' ? static_cast<unsigned>(std::strtoul(byte.c_str(), nullptr, 16)) : 0);
    }
    d.bytes = d.code.size();
    out.push_back(std::move(d));
  }
  return out;
}

/// Two instructions that differ in the distance of something only.
std::string without_distance(std::string text, bool branch) {
  if (branch) text.erase(text.find(' '));
  if (const std::size_t at = text.find("[rip"); at != text.npos) {
    text = text.substr(0, at + 4) + text.substr(text.find(']', at));
  }
  return text;
}

constexpr const char* kAssembler =
    "llvm-mc-14 --triple=x86_64 -mattr=+avx512vl,+avx512bw,+avx512dq,"
    "+avx512vbmi --output-asm-variant=1 --show-encoding ";

std::vector<Decoded> disassemble(const test::TemporaryDirectory& folder,
                                 const std::vector<unsigned>& code) {
  std::ofstream out(folder / "bytes");
  for (std::size_t n = 0; n < code.size(); ++n) {
    char text[8];
    std::snprintf(text, sizeof text, "0x%02x%c", code[n], n % 16 == 15 ? '\n' : ' ');
    out << text;
  }
  out.close();
  return decoded(run(kAssembler + std::string("--disassemble ") + (folder / "bytes")));
}

/// For the tests' own use of the dumps: texts go nowhere.
struct Listings {
  Listings() {
    dump_set_sink([](void*, Stage, std::string_view) {}, nullptr);
    REQUIRE(dump_configure("asm").ok());
  }
  ~Listings() {
    (void)dump_configure("");
    dump_set_sink(nullptr, nullptr);
  }
};

struct Processor {
  const char* name;
  std::uint64_t bits = 0;
};

void add_module(Corpus& corpus, const test::Bytes& bytes, const Processor& cpu, bool signals,
                std::uint32_t seed, std::uint32_t section_bytes = 0) {
  test::Compiled c(bytes);
  INFO(c.checked.error.message);
  REQUIRE(c.checked.ok);
  c.context.options.cpu = cpu.bits;
  c.context.options.signals = signals;
  c.context.options.verify = false;
  c.context.options.section_bytes = section_bytes;
  if (!signals) {
    for (ir::MemoryInfo& m : c.memories) m.guarded_bytes = 0, m.may_move = true;
  }
  const DecodedModule& m = *c.checked.module;
  if (section_bytes != 0) {  // what is left in the end is the last section
    c.state.watch = [&](Stage stage) {
      if (stage == Stage::Regalloc) corpus.add(x64_target(), c.context, c.machine, "a section");
    };
  }
  for (std::uint32_t f = m.imported_funcs; f < m.funcs.size(); ++f) {
    if (c.compile(f) != nullptr) {
      ++corpus.declined;
      continue;
    }
    const std::string origin = std::string(cpu.name) + ", module " + std::to_string(seed) +
                               ", function " + std::to_string(f);
    corpus.add(x64_target(), c.context, c.machine, origin);
    Random random(seed * 1000 + f);
    MFunc changed = c.machine;
    scramble(changed, random);
    corpus.add(x64_target(), c.context, changed, origin + ", changed");
  }
}

}  // namespace

TEST_CASE("x64: the emitter writes what it means, as another assembler sees it",
          "[jit][no-emulation]") {
  if (std::system("command -v llvm-mc-14 >/dev/null") != 0) SKIP("no llvm-mc-14");
  const Listings listings;
  Corpus corpus;
  Processor cpus[] = {{"min"}, {"x86-64-v2"}, {"x86-64-v3"}, {"x86-64-v4"}};
  std::uint32_t seed = 0;
  for (Processor& cpu : cpus) {
    REQUIRE(x64_target().parse_cpu(cpu.name, ~std::uint64_t{0}, cpu.bits).empty());
    for (const bool signals : {true, false}) {
      add_module(corpus, test::wat(test::scalar_module("(memory 1)")), cpu, signals, ++seed);
      add_module(corpus, test::wat(test::kControlModule), cpu, signals, ++seed);
      add_module(corpus, test::wat(test::loop_module()), cpu, signals, ++seed);
      add_module(corpus, test::wat(test::loop_module()), cpu, signals, ++seed, 10);
    }
    add_module(corpus, test::wat(test::simd_module(test::simd_op_bodies())), cpu, true, ++seed);
    add_module(corpus, test::wat(test::simd_module(test::simd_sequence_bodies())), cpu, true,
               ++seed);
    Random random(seed);
    for (int n = 0; n < 10; ++n) {
      std::vector<std::uint8_t> choices(400);
      for (std::uint8_t& c : choices) c = static_cast<std::uint8_t>(random.below(256));
      add_module(corpus, fuzz::random_module(choices), cpu, n % 2 == 0, ++seed);
    }
  }

  // Every op the emitter has a rule for is there.
  for (std::uint16_t op = kMove; op < kOpEnd; ++op) {
    if (op >= kFirstMachineOp || common_op_name(op) != nullptr) {
      INFO("op " << x64_target().op_name(op));
      CHECK(corpus.ops.count(op) == 1);
    }
  }
  constexpr const char* kVecNames[] = {
#define VEC(Name, sse, vex, form, bytes) #Name,
#include "jit/x64/vec_ops.def"
#undef VEC
  };
  for (std::uint32_t v = 0; v < std::size(kVecNames); ++v) {
    INFO("vector op " << kVecNames[v]);
    CHECK((corpus.vec_ops[0].count(v) != 0 || corpus.vec_ops[1].count(v) != 0));
  }

  // Our bytes as the other disassembler reads them, line by line.
  const test::TemporaryDirectory folder;
  const std::vector<Decoded> ours =
      disassemble(folder, std::vector<unsigned>(corpus.code.begin(), corpus.code.end()));
  std::map<std::pair<std::string, std::string>, const Line*> pairs;
  std::size_t next = 0;
  std::size_t at = 0;
  for (std::size_t f = 0; f < corpus.functions.size(); ++f) {
    INFO((corpus.functions[f].empty() ? "" : corpus.functions[f][0].origin));
    REQUIRE(at == corpus.begins[f]);
    const std::size_t end =
        f + 1 < corpus.begins.size() ? corpus.begins[f + 1] : corpus.code.size();
    std::map<std::string, std::size_t> labels;
    std::vector<std::pair<const Line*, std::size_t>> targets;
    for (const Line& line : corpus.functions[f]) {
      if (line.text.ends_with(':')) {
        labels[line.text.substr(0, line.text.size() - 1)] = at;
        continue;
      }
      if (line.text.starts_with("align")) {
        if (at == end) continue;  // of data
        // The nop of two bytes, one with a prefix, comes back as one of one byte.
        const std::size_t to = std::stoul(line.text.substr(line.text.find(' ')));
        const std::size_t aligned = corpus.begins[f] + (at - corpus.begins[f] + to - 1) / to * to;
        while (at < aligned && ours[next].text.starts_with("nop")) at += ours[next++].bytes;
        at = aligned;
        continue;
      }
      INFO(line.text);
      REQUIRE(next < ours.size());
      const std::string& text = ours[next].text;
      pairs.try_emplace({line.text, without_distance(text, line.branch)}, &line);
      at += ours[next++].bytes;
      if (line.label.empty()) continue;
      // "je -20" or "movaps xmm0, xmmword ptr [rip + 32]", both from the instruction's end.
      const std::size_t number = text.find(line.branch ? " " : "[rip ");
      REQUIRE(number != text.npos);
      const bool minus = !line.branch && text[number + 5] == '-';
      const long distance = std::strtol(text.c_str() + number + (line.branch ? 1 : 7), nullptr, 0);
      targets.emplace_back(&line, at + static_cast<std::size_t>(minus ? -distance : distance));
    }
    for (const auto& [line, target] : targets) {
      INFO(line->text << " " << line->label);
      REQUIRE(labels.count(line->label) == 1);
      if (labels[line->label] < end) {
        REQUIRE(target == labels[line->label]);
      } else {
        REQUIRE(target >= end);  // literals and tables
      }
    }
    REQUIRE(at == end);
  }

  // The listing through the other assembler, and that back again.
  std::vector<std::string> texts;
  {
    std::ofstream out(folder / "text.s");
    out << ".intel_syntax noprefix\n";
    for (const auto& [pair, line] : pairs) {
      if (!texts.empty() && texts.back() == pair.first) continue;
      texts.push_back(pair.first);
      out << pair.first << '\n';
    }
  }
  const std::vector<std::string> output =
      run(kAssembler + (folder / "text.s") + " 2>'" + (folder / "errors") + "'");
  std::istringstream errors(folder.read("errors"));
  for (std::string error; std::getline(errors, error);) {
    if (error.find("error:") == error.npos) continue;
    const std::size_t number = std::strtoul(error.c_str() + error.find(".s:") + 3, nullptr, 10);
    INFO(error);
    FAIL_CHECK("not understood: " << texts.at(number - 2));
  }
  const std::vector<Decoded> assembled = decoded(output);
  REQUIRE(assembled.size() == texts.size());
  std::vector<unsigned> bytes;
  for (const Decoded& d : assembled) bytes.insert(bytes.end(), d.code.begin(), d.code.end());
  const std::vector<Decoded> theirs = disassemble(folder, bytes);
  REQUIRE(theirs.size() == texts.size());
  std::map<std::string, std::string> expected;
  for (std::size_t n = 0; n < texts.size(); ++n) expected[texts[n]] = theirs[n].text;
  std::size_t different = 0;
  for (const auto& [pair, line] : pairs) {
    if (without_distance(expected[pair.first], line->branch) == pair.second) continue;
    if (++different > 20) continue;
    INFO(line->origin);
    INFO("meant: " << pair.first);
    CHECK(pair.second == without_distance(expected[pair.first], line->branch));
  }
  CHECK(different == 0);
  CHECK(corpus.declined == 0);
  CHECK(pairs.size() > 10000);
}

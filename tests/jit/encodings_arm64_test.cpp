// What the emitter of arm64 has the assembler write is what another assembler writes for the same
// text. Functions with operands and numbers of all kinds go through the compiler; each
// instruction's text goes through llvm-mc. Runs on any host; skipped where there is no llvm-mc.
#include <catch2/catch_test_macros.hpp>

#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "jit/arm64/emit.h"
#include "jit/opt/pipeline.h"
#include "tests/jit/compile.h"
#include "tests/support/temporary_directory.h"

using namespace wasmrt;

namespace {

/// Compiles a function for arm64; the log of its instructions is appended.
void compile(const std::string& text, std::string& log) {
  test::Compiled c(
      test::wat("(module (memory 1) (memory 1) (memory i64 1) (table 2 funcref)"
                "(type $t (func (param i32 i64) (result i64)))" +
                text + ")"));
  INFO(text);
  REQUIRE(c.checked.ok);
  c.context.target = &jit::arm64_target();
  REQUIRE(c.build() == nullptr);
  jit::opt::optimise(c.context, c.func);
  REQUIRE(c.context.target->select(c.context, c.func, c.machine) == nullptr);
  REQUIRE(c.state.allocator.run(*c.context.target, c.machine) == nullptr);
  jit::arm64::Emitter emitter(c.context, c.machine, c.blob);
  emitter.log_to(&log);
  REQUIRE(emitter.run() == nullptr);
}

/// Bodies of functions (i32 i32 i64 i64 f32 f32 f64 f64), by the type of their result.
std::vector<std::pair<std::string, std::string>> bodies() {
  std::vector<std::pair<std::string, std::string>> all;
  const auto local = [](unsigned n) { return "(local.get " + std::to_string(n) + ")"; };
  for (const bool wide : {false, true}) {
    const std::string type = wide ? "i64" : "i32";
    const auto op = [&](const std::string& name, const std::string& operands) {
      return "(" + type + "." + name + " " + operands + ")";
    };
    const std::string a = local(wide ? 2 : 0);
    const std::string b = local(wide ? 3 : 1);
    std::vector<std::string> seconds = {b};
    for (const char* n : {"1", "-1", "7", "255", "4095", "4096", "-5", "0xfff000", "0x12345",
                          "0x7fffffff", "-0x80000000", "0xff00ff", "65535"}) {
      seconds.push_back(op("const", n));
    }
    if (wide) seconds.push_back(op("const", "0x123456789abcdef0"));
    for (const char* n : {"1", "4", "31"}) {
      for (const char* s : {"shl", "shr_u", "shr_s", "rotl", "rotr"}) {
        seconds.push_back(op(s, b + op("const", n)));
      }
    }
    seconds.push_back(op("and", b + op("const", "255")));
    seconds.push_back(op("extend8_s", b));
    seconds.push_back(op("extend16_s", b));
    seconds.push_back(op("xor", b + op("const", "-1")));
    seconds.push_back(op("mul", b + b));
    if (wide) {
      for (const char* s : {"_s", "_u"}) {
        const std::string narrow = std::string("(i64.extend_i32") + s + local(1) + ")";
        seconds.push_back(narrow);
        seconds.push_back(op("shl", narrow + op("const", "3")));
        all.push_back({op("mul", narrow + "(i64.extend_i32" + s + local(0) + ")"), type});
      }
    }
    for (const std::string& second : seconds) {
      for (const char* name : {"add", "sub", "and", "or", "xor", "mul", "shl", "shr_u", "shr_s",
                               "rotl", "rotr", "div_s", "div_u", "rem_s", "rem_u"}) {
        all.push_back({op(name, a + second), type});
      }
      for (const char* name :
           {"eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"}) {
        const std::string test = op(name, a + second);
        all.push_back({test, "i32"});
        all.push_back({"(select " + a + b + test + ")", type});
        all.push_back({"(select " + local(4) + local(5) + test + ")", "f32"});
        all.push_back(
            {"(if (result " + type + ") " + test + "(then " + a + ") (else " + b + "))", type});
      }
      all.push_back({"(i32.eqz " + std::string(wide ? "(i32.wrap_i64 " : "(i32.and ") +
                         (wide ? op("and", a + second) : a + second) + "))",
                     "i32"});
    }
    for (const char* name : {"clz", "ctz", "popcnt", "extend8_s", "extend16_s", "eqz"}) {
      all.push_back({op(name, a), std::string(name) == "eqz" ? "i32" : type});
    }
    for (const char* low : {"3", "17"}) {
      const std::string shifted = op("shr_u", a + op("const", low));
      all.push_back({op("and", shifted + op("const", "0x7f")), type});
      all.push_back({op("shl", op("and", a + op("const", "0x7f")) + op("const", low)), type});
      all.push_back({op("shr_s", op("shl", a + op("const", "9")) + op("const", "21")), type});
      all.push_back({op("or", op("shl", a + op("const", "13")) +
                                  op("shr_u", b + op("const", wide ? "51" : "19"))),
                     type});
    }
    for (const char* f : {"f32", "f64"}) {
      const std::string x = local(f[1] == '3' ? 4 : 6);
      for (const char* s : {"_s", "_u"}) {
        all.push_back({op(std::string("trunc_") + f + s, x), type});
        all.push_back({op(std::string("trunc_sat_") + f + s, x), type});
        all.push_back({std::string("(") + f + ".convert_" + type + s + a + ")", f});
      }
    }
    for (const char* offset : {"0", "1", "255", "256", "4095", "4096", "32760", "65535", "74565",
                               "16777215", "305419896", "4294967295"}) {
      const std::string at = std::string("offset=") + offset;
      for (const char* name : {"load", "load8_s", "load8_u", "load16_s", "load16_u"}) {
        all.push_back({op(name, at + local(0)), type});
        all.push_back({op(std::string(name) + " 1", at + local(0)), type});
      }
      for (const char* name : {"store", "store8", "store16"}) {
        all.push_back(
            {op(name, at + local(0) + a) + op(name, at + local(0) + op("const", "0")), ""});
      }
    }
  }
  // Checked addresses, also by offsets that may be outside.
  for (const char* offset : {"0", "65532", "65533", "4294967296"}) {
    all.push_back({std::string("(i32.load 2 offset=") + offset + local(2) + ")", "i32"});
    all.push_back({std::string("(i64.store 2 offset=") + offset + local(2) + local(3) + ")", ""});
  }
  // Compares that are made under the condition of another.
  for (const char* first : {"lt_s", "lt_u", "eq", "le_u"}) {
    const std::string before = std::string("(i32.") + first + local(0) + local(1) + ")";
    std::vector<std::string> seconds;
    for (const char* name :
         {"eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"}) {
      for (const char* n : {"0", "31", "-31", "32"}) {
        const std::string number = std::string(".const ") + n + "))";
        seconds.push_back(std::string("(i32.") + name + local(1) + "(i32" + number);
        seconds.push_back(std::string("(i64.") + name + local(2) + "(i64" + number);
      }
      seconds.push_back(std::string("(i64.") + name + local(2) + local(3) + ")");
    }
    for (const char* name : {"eq", "ne", "lt", "gt", "le", "ge"}) {
      seconds.push_back(std::string("(f32.") + name + local(4) + local(5) + ")");
      seconds.push_back(std::string("(f64.") + name + local(6) + local(7) + ")");
    }
    for (const std::string& second : seconds) {
      all.push_back({"(i32.and " + before + second + ")", "i32"});
      all.push_back({"(if (result i32) (i32.or " + before + second + ")(then " + local(0) +
                         ") (else " + local(1) + "))",
                     "i32"});
    }
  }
  for (const bool wide : {false, true}) {
    const std::string type = wide ? "f64" : "f32";
    const std::string a = local(wide ? 6 : 4);
    const std::string b = local(wide ? 7 : 5);
    const auto op = [&](const std::string& name, const std::string& operands) {
      return "(" + type + "." + name + " " + operands + ")";
    };
    for (const char* name : {"add", "sub", "mul", "div", "min", "max", "copysign"}) {
      all.push_back({op(name, a + b), type});
    }
    for (const char* name : {"abs", "neg", "sqrt", "ceil", "floor", "trunc", "nearest"}) {
      all.push_back({op(name, a), type});
    }
    for (const char* name : {"eq", "ne", "lt", "gt", "le", "ge"}) {
      for (const std::string& second : {b, op("const", "0"), op("const", "1.5")}) {
        all.push_back({op(name, a + second), "i32"});
        all.push_back({"(select " + a + b + op(name, a + second) + ")", type});
      }
    }
    for (const char* n : {"0", "1", "-1", "0.1", "31", "0.125", "nan", "inf", "1e30"}) {
      all.push_back({op("add", a + op("const", n)), type});
    }
    all.push_back({op("load", "offset=40" + local(0)), type});
    all.push_back({op("store", "offset=40" + local(0) + a), ""});
  }
  // Two accesses at once. The first load proves that the stores cannot fault.
  struct Sized {
    const char* type;
    int bytes;
    const char* value;
  };
  for (const Sized& kind : {Sized{"i32", 4, "(local.get 0)"}, Sized{"i64", 8, "(local.get 2)"},
                            Sized{"f32", 4, "(local.get 4)"}, Sized{"f64", 8, "(local.get 6)"},
                            Sized{"v128", 16, "(v128.load (local.get 0))"}}) {
    for (const int units : {0, 1, 63}) {
      const auto at = [&](int n) {
        return "offset=" + std::to_string((units + n) * kind.bytes) + local(0);
      };
      const std::string t = kind.type;
      const auto load = [&](int n) { return "(" + t + ".load " + at(n) + ")"; };
      const std::string sum = t == "v128" ? "v128.xor" : t + ".add";
      all.push_back({"(" + sum + load(0) + load(1) + ")", t});
      const std::string value = kind.value;
      all.push_back({"(drop" + load(2) + ")(" + t + ".store " + at(1) + value + ")(" + t +
                         ".store " + at(0) + value + ")",
                     ""});
      all.push_back({"(i64.add (i64.load32_s " + at(0) + ")(i64.load32_s " + at(1) + "))", "i64"});
    }
  }
  all.push_back(
      {"(i64.store" + local(0) + local(2) + ")(i64.store offset=8" + local(0) + "(i64.const 0))",
       ""});
  all.push_back(
      {"(i32.store" + local(0) + "(i32.const 0))(i32.store offset=4" + local(0) + "(i32.const 0))",
       ""});
  all.push_back({"(i32.wrap_i64 (i64.shr_u (local.get 2) (i64.const 40)))", "i32"});
  all.push_back({"(i32.reinterpret_f32 (local.get 4))", "i32"});
  all.push_back({"(i64.reinterpret_f64 (local.get 6))", "i64"});
  all.push_back({"(f32.reinterpret_i32 (local.get 0))", "f32"});
  all.push_back({"(f64.reinterpret_i64 (local.get 2))", "f64"});
  all.push_back({"(f32.demote_f64 (local.get 6))", "f32"});
  all.push_back({"(f64.promote_f32 (local.get 4))", "f64"});
  all.push_back({"(call_indirect (type $t) (local.get 0) (local.get 2) (local.get 1))", "i64"});
  all.push_back(
      {"(return_call_indirect (type $t) (local.get 0) (local.get 2) (local.get 1))", "i64"});
  all.push_back({"(memory.grow (local.get 0))", "i32"});
  all.push_back({"(memory.fill (local.get 0) (local.get 1) (local.get 1))", ""});
  all.push_back({"(loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))", ""});
  all.push_back(
      {"(block $x (block $y (block $z (br_table $x $y $z $y $x $z (local.get 0)))))", ""});
  return all;
}

/// A function that keeps so many values at once that they need slots, and calls in between.
std::string crowded(unsigned values) {
  std::string text =
      "(func (export \"f\") (param i32 f64) (result i32) (local $s i32) (local $d f64)";
  for (const char* suffix : {"i", "f"}) {
    for (unsigned n = 0; n < values; ++n)
      text += " (local $" + (suffix + std::to_string(n)) + (suffix[0] == 'i' ? " i32)" : " f64)");
  }
  for (unsigned n = 0; n < values; ++n) {
    const std::string k = std::to_string(n);
    text += "(local.set $i" + k + " (i32.mul (local.get 0) (i32.load offset=" + k +
            " (local.get 0)))) (local.set $f" + k +
            " (f64.mul (local.get 1) (f64.load offset=" + k + " (local.get 0))))";
  }
  text += "(drop (call 0 (local.get 0) (local.get 1)))";
  for (unsigned n = 0; n < values; ++n) {
    const std::string k = std::to_string(n);
    text += "(local.set $s (i32.xor (local.get $s) (local.get $i" + k +
            "))) (local.set $d (f64.add (local.get $d) (local.get $f" + k + ")))";
  }
  return text + "(i32.add (local.get $s) (i32.trunc_f64_s (local.get $d))))";
}

/// The assembler's text says conditions as numbers, and leaves out what shifts and extends.
std::string complete(std::string text) {
  const std::string op = text.substr(0, text.find(' '));
  const std::size_t comma = text.rfind(", ");
  if (comma == text.npos) return text;
  const std::string last = text.substr(comma + 2);
  if (op == "fcmp" && last == "0") return text + ".0";
  if (last.back() == ']' && (last[0] == 'w' || last[0] == 'x')) {  // an index
    const std::size_t space = last.find(' ');
    const std::string index = last.substr(0, std::min(space, last.size() - 1));
    if (space != last.npos)
      return text.substr(0, comma + 2) + index + ", " + last.substr(space + 1);
    return last[0] == 'x' ? text : text.substr(0, comma + 2) + index + ", uxtw]";
  }
  if (op == "csel" || op == "cset" || op == "cinc" || op == "ccmp" || op == "ccmn" ||
      op == "fccmp" || op == "fcsel") {
    static constexpr const char* kConditions[] = {"al", "nv", "eq", "ne", "hs", "lo", "mi", "pl",
                                                  "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le"};
    return text.substr(0, comma + 2) + kConditions[std::stoul(last) & 15];
  }
  const std::size_t before = text.rfind(", ", comma - 1);
  if ((op == "add" || op == "sub") && last == "12" && before != text.npos &&
      text[before + 2] >= '0' && text[before + 2] <= '9') {
    return text.substr(0, comma + 2) + "lsl 12";
  }
  return text;
}

/// text -> bytes as eight hexadecimal digits in the order of memory.
std::set<std::pair<std::string, std::string>> instructions(const std::string& log) {
  std::set<std::pair<std::string, std::string>> all;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t comment = line.find(';');
    if (comment == std::string::npos || line.find('.') == 0) continue;
    std::string text = line.substr(0, comment);
    while (!text.empty() && text.back() == ' ') text.pop_back();
    const std::string bytes = line.substr(comment + 2, 8);
    if (!text.empty() && bytes.size() == 8) all.emplace(complete(text), bytes);
  }
  return all;
}

}  // namespace

TEST_CASE("encodings of arm64 are those of another assembler", "[jit][no-emulation]") {
  if (std::system("command -v llvm-mc-14 >/dev/null") != 0) {
    SKIP("no llvm-mc-14");
  }
  std::string log;
  for (const auto& [body, result] : bodies()) {
    const std::string type = result.empty() ? "" : "(result " + result + ")";
    compile("(func (export \"f\") (param i32 i32 i64 i64 f32 f32 f64 f64) " + type + body + ")",
            log);
  }
  for (const unsigned values : {10u, 40u, 200u, 3000u}) compile(crowded(values), log);

  const auto all = instructions(log);
  CHECK(all.size() > 1000);
  for (const char* pair : {"ldp w", "ldp x", "ldp s", "ldp d", "ldp q", "ldpsw x", "stp w", "stp x",
                           "stp s", "stp d", "stp q", "stp wzr"}) {
    INFO(pair);
    const auto at = all.lower_bound({pair, ""});
    CHECK((at != all.end() && at->first.rfind(pair, 0) == 0));
  }
  const test::TemporaryDirectory folder;
  const std::string source = folder / "a.s";
  {
    std::ofstream out(source);
    for (const auto& [text, bytes] : all) out << text << '\n';
  }
  const std::string command =
      "llvm-mc-14 --triple=aarch64 --mattr=+v8.5a --show-encoding " + source + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::vector<std::string> encodings;
  std::string errors;
  char buffer[512];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) {
    const std::string line = buffer;
    const std::size_t at = line.find("encoding: [");
    if (at != std::string::npos) {
      std::string bytes;
      for (std::size_t n = at; n + 1 < line.size(); ++n) {
        if (line.compare(n, 2, "0x") == 0) bytes += line.substr(n + 2, 2);
      }
      for (char& c : bytes) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
      encodings.push_back(bytes);
    } else if (line.find("error") != std::string::npos) {
      errors += line;
      if (std::fgets(buffer, sizeof buffer, pipe) != nullptr) errors += buffer;
    }
  }
  pclose(pipe);
  INFO(errors.substr(0, 2000));
  REQUIRE(encodings.size() == all.size());
  std::size_t n = 0;
  for (const auto& [text, bytes] : all) {
    INFO(text);
    CHECK(encodings[n++] == bytes);
  }
}

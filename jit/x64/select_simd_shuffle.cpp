// i8x16.shuffle: the cheapest instruction that moves bytes as asked, pshufb with a literal where
// there is none. Lanes are bytes 0..15 of the first source, 16..31 of the second.
#include <algorithm>

#include "jit/x64/select_simd.h"

namespace wasmrt::jit::x64 {

using namespace ir;

namespace {

using Lanes = std::uint8_t[16];

/// Whether the k-th group of `size` bytes is a group of a source too; gives which.
bool group(const Lanes& lanes, unsigned k, unsigned size, unsigned& index) {
  const unsigned first = lanes[k * size];
  index = first / size;
  bool whole = first % size == 0;
  for (unsigned n = 1; n < size; ++n) whole &= lanes[k * size + n] == first + n;
  return whole;
}

/// All groups of 4 or 2 bytes.
template <unsigned kSize>
bool groups(const Lanes& lanes, unsigned (&index)[16 / kSize]) {
  bool whole = true;
  for (unsigned k = 0; k < 16 / kSize; ++k) whole &= group(lanes, k, kSize, index[k]);
  return whole;
}

/// Whether lane i is what `expected` says, for all i.
template <class F>
bool all_lanes(const Lanes& lanes, F expected) {
  for (unsigned i = 0; i < 16; ++i) {
    if (lanes[i] != expected(i)) return false;
  }
  return true;
}

unsigned pack_four(const unsigned* index) {
  return (index[0] & 3) | (index[1] & 3) << 2 | (index[2] & 3) << 4 | (index[3] & 3) << 6;
}

}  // namespace

void VectorSelector::shuffle_one(VReg a, const Lanes& lanes) {
  unsigned dwords[4];
  unsigned words[8];
  if (all_lanes(lanes, [](unsigned i) { return i; })) {
    copy(a);
    return;
  }
  if (groups<4>(lanes, dwords)) {
    un(VecOp::Pshufd, a, pack_four(dwords), out());
    return;
  }
  if (avx2() && all_lanes(lanes, [](unsigned) { return 0u; })) {
    un(VecOp::Pbroadcastb, a, out());
    return;
  }
  if (groups<2>(lanes, words)) {
    if (avx2() && all_lanes(lanes, [](unsigned i) { return i % 2; })) {
      un(VecOp::Pbroadcastw, a, out());
      return;
    }
    const auto stay = [&](unsigned from) {
      for (unsigned k = from; k < from + 4; ++k) {
        if (words[k] != k) return false;
      }
      return true;
    };
    const auto within = [&](unsigned from) {
      for (unsigned k = from; k < from + 4; ++k) {
        if (words[k] / 4 != from / 4) return false;
      }
      return true;
    };
    if (stay(4) && within(0)) {
      un(VecOp::Pshuflw, a, pack_four(words), out());
      return;
    }
    if (stay(0) && within(4)) {
      un(VecOp::Pshufhw, a, pack_four(words + 4), out());
      return;
    }
  }
  const unsigned by = lanes[0];
  if (all_lanes(lanes, [by](unsigned i) { return (i + by) & 15; })) {
    bin(VecOp::Palignr, a, a, by, out());
    return;
  }
  V128 mask;
  std::copy(lanes, lanes + 16, mask.bytes);
  bin(VecOp::Pshufb, a, literal(mask), out());
}

/// The second source is zero.
void VectorSelector::shuffle_zero(VReg a, const Lanes& lanes) {
  static constexpr VecOp kWiden[] = {VecOp::Pmovzxbw, VecOp::Pmovzxwd, VecOp::Pmovzxdq};
  // Any byte of the second source will do.
  Lanes clean;
  for (unsigned i = 0; i < 16; ++i) clean[i] = lanes[i] < 16 ? lanes[i] : 16;
  for (unsigned n = 0; n < 3; ++n) {
    const unsigned size = 1u << n;
    const auto widened = [size](unsigned i) {
      return i / size % 2 == 0 ? i / (2 * size) * size + i % size : 16;
    };
    if (all_lanes(clean, widened)) {
      un(kWiden[n], a, out());
      return;
    }
  }
  if (const unsigned by = clean[0];
      by < 16 && all_lanes(clean, [by](unsigned i) { return std::min(i + by, 16u); })) {
    un(VecOp::Psrldq, a, by, out());
    return;
  }
  const auto by = static_cast<unsigned>(std::find(clean, clean + 16, 0) - clean);
  if (by < 16 && all_lanes(clean, [by](unsigned i) { return i < by ? 16 : i - by; })) {
    un(VecOp::Pslldq, a, by, out());
    return;
  }
  V128 mask;
  for (unsigned i = 0; i < 16; ++i) mask.bytes[i] = clean[i] < 16 ? clean[i] : 0x80;
  bin(VecOp::Pshufb, a, literal(mask), out());
}

/// One instruction for both sources; false: there is none with the sources in this order.
bool VectorSelector::shuffle_two(VReg a, VReg b, const Lanes& lanes) {
  unsigned dwords[4];
  unsigned words[8];
  const bool by_dwords = groups<4>(lanes, dwords);
  const auto blends = [](const unsigned* index, unsigned count, unsigned& mask) {
    mask = 0;
    for (unsigned k = 0; k < count; ++k) {
      if (index[k] % count != k) return false;
      mask |= (index[k] / count) << k;
    }
    return true;
  };
  unsigned mask = 0;
  if (by_dwords && avx2() && blends(dwords, 4, mask)) {
    bin(VecOp::Pblendd, a, b, mask, out());
    return true;
  }
  if (groups<2>(lanes, words) && blends(words, 8, mask)) {
    bin(VecOp::Pblendw, a, b, mask, out());
    return true;
  }
  static constexpr VecOp kUnpack[4][2] = {{VecOp::Punpcklbw, VecOp::Punpckhbw},
                                          {VecOp::Punpcklwd, VecOp::Punpckhwd},
                                          {VecOp::Punpckldq, VecOp::Punpckhdq},
                                          {VecOp::Punpcklqdq, VecOp::Punpckhqdq}};
  for (unsigned n = 0; n < 4; ++n) {
    const unsigned size = 1u << n;
    for (unsigned high = 0; high < 2; ++high) {
      const auto interleaved = [size, high](unsigned i) {
        const unsigned unit = i / size;
        return unit / 2 * size + i % size + high * 8 + unit % 2 * 16;
      };
      if (all_lanes(lanes, interleaved)) {
        bin(kUnpack[n][high], a, b, out());
        return true;
      }
    }
  }
  if (const unsigned by = lanes[0];
      by < 16 && all_lanes(lanes, [by](unsigned i) { return i + by; })) {
    bin(VecOp::Palignr, b, a, by, out());
    return true;
  }
  if (by_dwords && dwords[0] < 4 && dwords[1] < 4 && dwords[2] >= 4 && dwords[3] >= 4) {
    bin(VecOp::Shufps, a, b, pack_four(dwords), out());
    return true;
  }
  return false;
}

void VectorSelector::shuffle() {
  const V a = i_.arg(0);
  const V b = i_.arg(1);
  const Shuffle found = shuffle_lanes();
  const Lanes& lanes = found.lanes;
  const Lanes& flipped = found.flipped;
  if (!found.uses_b) return shuffle_one(arg(0), lanes);
  if (!found.uses_a) return shuffle_one(arg(1), flipped);
  if (is_zero(b)) return shuffle_zero(arg(0), lanes);
  if (is_zero(a)) return shuffle_zero(arg(1), flipped);
  if (shuffle_two(arg(0), arg(1), lanes) || shuffle_two(arg(1), arg(0), flipped)) return;
  unsigned dwords[4];
  if (groups<4>(lanes, dwords)) {  // each source on its own, then blended
    unsigned in_a[4];
    unsigned in_b[4];
    unsigned mask = 0;
    for (unsigned k = 0; k < 4; ++k) {
      const bool second = dwords[k] >= 4;
      in_a[k] = second ? k : dwords[k];
      in_b[k] = second ? dwords[k] - 4 : k;
      if (second) mask |= (avx2() ? 1u : 3u) << (avx2() ? k : 2 * k);
    }
    const auto placed = [&](VReg x, const unsigned* index) {
      const unsigned imm = pack_four(index);
      return imm == 0xE4 ? x : un(VecOp::Pshufd, x, imm);
    };
    const VReg x = placed(arg(0), in_a);
    const VReg y = placed(arg(1), in_b);
    bin(avx2() ? VecOp::Pblendd : VecOp::Pblendw, x, y, mask, out());
    return;
  }
  V128 from_a;
  V128 from_b;
  for (unsigned i = 0; i < 16; ++i) {
    from_a.bytes[i] = lanes[i] < 16 ? lanes[i] : 0x80;
    from_b.bytes[i] = lanes[i] < 16 ? 0x80 : flipped[i];
  }
  const VReg x = bin(VecOp::Pshufb, arg(0), literal(from_a));
  bin(VecOp::Por, bin(VecOp::Pshufb, arg(1), literal(from_b)), x, out());
}

}  // namespace wasmrt::jit::x64

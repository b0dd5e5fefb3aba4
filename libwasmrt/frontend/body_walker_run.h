// The walker's main loop (included by body_walker.h).
//
// Position and top of stack live in registers here; they are written back before anything that may
// look at them: the sink, the slow paths, failures.
#pragma once

namespace wasmrt {

namespace walker_detail {

/// A u32 of at most three bytes; false (nothing taken) when it is longer or cut off.
inline bool short_u32(const std::uint8_t*& p, const std::uint8_t* end, std::uint32_t& out) {
  if (end - p >= 3) [[likely]] {
    const std::uint32_t a = p[0];
    if (a < 0x80) [[likely]]
      return out = a, p += 1, true;
    const std::uint32_t b = p[1];
    if (b < 0x80) return out = (a & 0x7F) | b << 7, p += 2, true;
    const std::uint32_t c = p[2];
    if (c < 0x80) return out = (a & 0x7F) | (b & 0x7F) << 7 | c << 14, p += 3, true;
    return false;
  }
  if (p != end && *p < 0x80) return out = *p++, true;
  return false;
}

}  // namespace walker_detail

template <Sink S>
bool BodyWalker<S>::run() {
  using walker_detail::short_u32;
  const std::uint8_t* p = reader_.position();
  const std::uint8_t* const end = reader_.end();
  ValType* top = top_;
  ValType* base = frame_base();

  const auto sync_out = [&] {
    reader_.seek(p);
    top_ = top;
  };
  const auto sync_in = [&] {
    p = reader_.position();
    top = top_;
    base = frame_base();
  };
  const auto read_u32 = [&](std::uint32_t& out) {
    if (short_u32(p, end, out)) [[likely]]
      return true;
    reader_.seek(p);
    if (!reader_.u32(out)) return false;
    p = reader_.position();
    return true;
  };
  const auto pop = [&](ValType type) {
    if (top > base && top[-1] == type) [[likely]]
      return --top, true;
    sync_out();
    if (!BodyState::pop(type)) return false;
    top = top_;
    return true;
  };
  const auto memarg = [&](const FastOp& f, Imm& imm) {
    imm.index = 0;
    if (end - p >= 2 && p[0] <= f.align && p[1] < 0x80 && !memory0_.is_bottom()) [[likely]] {
      imm.align = p[0];
      imm.value = p[1];
      p += 2;
      return true;
    }
    sync_out();
    if (!read_imm(reader_, module_, f.op, imm, imm_scratch_) || !type_memarg(f.op, imm))
      return false;
    p = reader_.position();
    return true;
  };

  while (p != end) {
    if (static_cast<std::size_t>(limit_ - top) < kStackSlack) [[unlikely]] {
      sync_out();
      grow_stack(kStackSlack);
      sync_in();
    }
    op_ = p;
    const FastOp& f = fast_[*p++];
    Imm imm;
    switch (f.cls) {
      case FastClass::Slow: {
        sync_out();
        if (!step(p[-1])) return false;
        sync_in();
        break;
      }
      case FastClass::LocalGet: {
        std::uint32_t index = 0;
        ValType type;
        if (!read_u32(index)) return false;
        if (index < flat_locals_.size() && !tracks_init_) [[likely]] {
          type = flat_locals_[index];
        } else if (!local_index(index, type) || !check_local_initialized(index)) {
          return false;
        }
        *top++ = type;
        if (telling()) sync_out(), sink_.on_local_get(index, type);
        break;
      }
      case FastClass::LocalSet: {
        std::uint32_t index = 0;
        ValType type;
        if (!read_u32(index)) return false;
        if (index < flat_locals_.size()) [[likely]] {
          type = flat_locals_[index];
        } else if (!local_index(index, type)) {
          return false;
        }
        if (!pop(type)) return false;
        if (tracks_init_) initialize_local(index);
        if (telling()) sync_out(), sink_.on_local_set(index, type);
        break;
      }
      case FastClass::LocalTee: {
        std::uint32_t index = 0;
        ValType type;
        if (!read_u32(index)) return false;
        if (index < flat_locals_.size()) [[likely]] {
          type = flat_locals_[index];
        } else if (!local_index(index, type)) {
          return false;
        }
        if (!pop(type)) return false;
        *top++ = type;
        if (tracks_init_) initialize_local(index);
        if (telling()) sync_out(), sink_.on_local_tee(index, type);
        break;
      }
      case FastClass::GlobalGet: {
        std::uint32_t index = 0;
        ValType type;
        if (!read_u32(index) || !global_index(index, false, type)) return false;
        *top++ = type;
        if (telling()) sync_out(), sink_.on_global_get(GlobalIdx{index}, type);
        break;
      }
      case FastClass::GlobalSet: {
        std::uint32_t index = 0;
        ValType type;
        if (!read_u32(index) || !global_index(index, true, type) || !pop(type)) return false;
        if (telling()) sync_out(), sink_.on_global_set(GlobalIdx{index}, type);
        break;
      }
      case FastClass::I32Const: {
        std::int32_t value = 0;
        reader_.seek(p);
        if (!reader_.s32(value)) return false;
        p = reader_.position();
        *top++ = kI32;
        if (telling()) {
          sync_out();
          imm.value = static_cast<std::uint32_t>(value);
          sink_.on_const(f.op, imm);
        }
        break;
      }
      case FastClass::I64Const: {
        std::int64_t value = 0;
        reader_.seek(p);
        if (!reader_.s64(value)) return false;
        p = reader_.position();
        *top++ = kI64;
        if (telling()) {
          sync_out();
          imm.value = static_cast<std::uint64_t>(value);
          sink_.on_const(f.op, imm);
        }
        break;
      }
      case FastClass::FConst: {
        reader_.seek(p);
        if (!read_imm(reader_, module_, f.op, imm, imm_scratch_)) return false;
        p = reader_.position();
        *top++ = f.result;
        if (telling()) sync_out(), sink_.on_const(f.op, imm);
        break;
      }
      case FastClass::Unary: {
        if (top > base && top[-1] == f.a) [[likely]] {
          top[-1] = f.result;
        } else {
          sync_out();
          if (!type_fixed(op_info(f.op), imm)) return false;
          top = top_;
        }
        if (telling()) sync_out(), tell(f.op, f.kind, imm);
        break;
      }
      case FastClass::Binary: {
        if (top - base >= 2 && top[-1] == f.b && top[-2] == f.a) [[likely]] {
          --top;
          top[-1] = f.result;
        } else {
          sync_out();
          if (!type_fixed(op_info(f.op), imm)) return false;
          top = top_;
        }
        if (telling()) sync_out(), tell(f.op, f.kind, imm);
        break;
      }
      case FastClass::Load: {
        if (!memarg(f, imm)) return false;
        const ValType address = imm.index == 0 ? memory0_ : memory_address(imm.index);
        if (top > base && top[-1] == address) [[likely]] {
          top[-1] = f.result;
        } else {
          sync_out();
          if (!type_fixed(op_info(f.op), imm)) return false;
          top = top_;
        }
        if (telling()) sync_out(), sink_.on_load(f.op, imm);
        break;
      }
      case FastClass::Store: {
        if (!memarg(f, imm)) return false;
        const ValType address = imm.index == 0 ? memory0_ : memory_address(imm.index);
        if (top - base >= 2 && top[-1] == f.a && top[-2] == address) [[likely]] {
          top -= 2;
        } else {
          sync_out();
          if (!type_fixed(op_info(f.op), imm)) return false;
          top = top_;
        }
        if (telling()) sync_out(), sink_.on_store(f.op, imm);
        break;
      }
      case FastClass::Drop: {
        ValType type;
        sync_out();
        if (!pop_any(type)) return false;
        top = top_;
        if (telling()) sink_.on_drop(type);
        break;
      }
      case FastClass::Select: {
        ValType type;
        if (top - base >= 3 && top[-1] == kI32 && top[-2] == top[-3] && !top[-2].is_ref())
            [[likely]] {
          top -= 2;
          type = top[-1];
        } else {
          sync_out();
          if (!type_select(Op::Select, imm, type)) return false;
          top = top_;
        }
        if (telling()) sync_out(), sink_.on_select(type);
        break;
      }
      case FastClass::Block:
      case FastClass::Loop:
      case FastClass::If: {
        ControlFrame frame;
        sync_out();
        if (!read_block_type(frame)) return false;
        if (f.cls == FastClass::If && !BodyState::pop(kI32)) return false;
        const FrameKind kind = f.cls == FastClass::Block  ? FrameKind::Block
                               : f.cls == FastClass::Loop ? FrameKind::Loop
                                                          : FrameKind::If;
        if (!open_frame(kind, frame)) return false;
        sync_in();
        if (telling()) {
          if (kind == FrameKind::Block) sink_.on_block(frames_.back());
          if (kind == FrameKind::Loop) sink_.on_loop(frames_.back());
          if (kind == FrameKind::If) sink_.on_if(frames_.back());
        }
        break;
      }
      case FastClass::Else: {
        sync_out();
        if (!check_else()) return false;
        if constexpr (!S::kNull) {
          if (frames_.back().announced) sink_.on_else(frames_.back());
        }
        begin_else();
        sync_in();
        break;
      }
      case FastClass::End: {
        sync_out();
        if (!check_end()) return false;
        if constexpr (!S::kNull) {
          if (frames_.back().announced) sink_.on_end(frames_.back());
        }
        if (frames_.size() == 1) return check_body_end();
        close_frame();
        sync_in();
        break;
      }
      case FastClass::Br: {
        std::uint32_t depth = 0;
        if (!read_u32(depth)) return false;
        sync_out();
        if (!check_label(depth) || !peek_all(label_types(depth))) return false;
        mark_branch(depth);
        if (telling()) sink_.on_br(depth);
        set_unreachable();
        sync_in();
        break;
      }
      case FastClass::BrIf: {
        std::uint32_t depth = 0;
        if (!read_u32(depth)) return false;
        if (!pop(kI32)) return false;
        sync_out();
        if (!check_label(depth) || !peek_all(label_types(depth))) return false;
        mark_branch(depth);
        if (telling()) sink_.on_br_if(depth);
        sync_in();
        break;
      }
      case FastClass::Call: {
        std::uint32_t index = 0;
        if (!read_u32(index)) return false;
        if (index >= module_.funcs.size()) return fail_index(Err::UnknownFunction, index);
        const FuncType& type = module_.func_type(FuncIdx{index});
        sync_out();
        if (!type_call(type)) return false;
        sync_in();
        if (telling()) sink_.on_call(FuncIdx{index}, type);
        break;
      }
      case FastClass::Return: {
        sync_out();
        if (!peek_all(frames_.front().results())) return false;
        if (telling()) sink_.on_return();
        set_unreachable();
        sync_in();
        break;
      }
    }
  }
  sync_out();
  return fail_body_end();
}

}  // namespace wasmrt

// Access: how the library makes handles of the API and looks into them.
#pragma once

#include <wasmrt/deadline.hpp>
#include <wasmrt/engine.hpp>
#include <wasmrt/externref.hpp>
#include <wasmrt/func.hpp>
#include <wasmrt/global.hpp>
#include <wasmrt/instance.hpp>
#include <wasmrt/linker.hpp>
#include <wasmrt/memory.hpp>
#include <wasmrt/module.hpp>
#include <wasmrt/store.hpp>
#include <wasmrt/table.hpp>
#include <wasmrt/tag.hpp>

#include "libwasmrt/abi/vmctx.h"
#include "libwasmrt/runtime/object.h"

namespace wasmrt::rt {
class Engine;
class Module;
class Store;
class Token;
class Memory;
class Table;
class Global;
class Tag;
class ExternObject;
class Instance;
class Linked;
class LinkerState;
struct CallFrame;
}  // namespace wasmrt::rt

namespace wasmrt::detail {

/// The calls between a host function and what it asks of its Caller.
struct CallFrame {
  rt::CallFrame* frame;  ///< The host's call into the guest.
  Vmctx* ctx;            ///< The instance that called; null when the host did.
};

struct Access {
  // Objects are complete types in the runtime's own headers; their addresses as Object* are equal
  // to their own: Object is the first base of each.
#define WASMRT_ACCESS(Public, Impl, make)                                                      \
  static rt::Impl* get(const Public& h) { return reinterpret_cast<rt::Impl*>(h.impl_.get()); } \
  static Public make(rt::Impl* p) { return Public(detail::Handle(reinterpret_cast<Object*>(p))); }
  WASMRT_ACCESS(wasmrt::Engine, Engine, make_engine)
  WASMRT_ACCESS(wasmrt::Module, Module, make_module)
  WASMRT_ACCESS(wasmrt::Store, Store, make_store)
  WASMRT_ACCESS(wasmrt::Memory, Memory, make_memory)
  WASMRT_ACCESS(wasmrt::Table, Table, make_table)
  WASMRT_ACCESS(wasmrt::Global, Global, make_global)
  WASMRT_ACCESS(wasmrt::Tag, Tag, make_tag)
  WASMRT_ACCESS(wasmrt::ExternRef, ExternObject, make_externref)
  WASMRT_ACCESS(wasmrt::Instance, Instance, make_instance)
  WASMRT_ACCESS(wasmrt::Linked, Linked, make_linked)
#undef WASMRT_ACCESS
  static rt::Token* get(const CancelToken& t) {
    return reinterpret_cast<rt::Token*>(t.impl_.get());
  }
  static rt::LinkerState* get(const Linker& l) {
    return reinterpret_cast<rt::LinkerState*>(l.impl_.get());
  }
  static VmFuncRef* get(const Func& f) { return static_cast<VmFuncRef*>(f.ref_); }
  static rt::Store* store_of(const Func& f) { return reinterpret_cast<rt::Store*>(f.store_.get()); }
  static Object* owner_of(const Func& f) { return f.owner_.get(); }
  static Func make_func(rt::Store* store, Object* owner, VmFuncRef* ref) {
    return {Handle(reinterpret_cast<Object*>(store)), Handle(owner), ref};
  }
  static Caller make_caller(CallFrame& frame) { return Caller(frame); }
  static CallFrame& get(const Caller& c) { return c.frame_; }
};

}  // namespace wasmrt::detail

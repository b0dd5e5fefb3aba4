;; Indirect calls through a table that never changes: a table of code, whose gaps trap.
(module (table 4 funcref) (elem (i32.const 1) $a $b $a) (type $t (func (param i64) (result i64)))
  (func $a (param i64) (result i64) (i64.const 5))
  (func $b (result i64) (i64.const 6))
  (func (export "f") (param i32 i64) (result i64)
    (call_indirect (type $t) (local.get 1) (local.get 0))))

;; Division with its two traps, and by constants.
(module
  (func (export "f") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "g") (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 10)))
  (func (export "h") (param i64) (result i64) (i64.rem_s (local.get 0) (i64.const 8))))

;; An indirect call: bounds, null and type checks out of line.
(module (table 8 funcref) (type $t (func (param i64) (result i64)))
  (func (export "f") (param i32 i64) (result i64)
    (call_indirect (type $t) (local.get 1) (local.get 0))))

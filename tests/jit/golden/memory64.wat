;; A memory that is checked: the address against the size, behind the hot code a trap.
(module (memory i64 1)
  (func (export "f") (param i64) (result i32)
    (i32.add (i32.load offset=8 (local.get 0)) (i32.load8_u offset=100 (local.get 0)))))

;; A memory that is checked: the address against the size, behind the hot code a trap. Two accesses by one address have one check; in a
;; loop that of an address that rests is in front, and the other compares with a register.
(module (memory i64 1)
  (func (export "f") (param i64) (result i32)
    (i32.add (i32.load offset=8 (local.get 0)) (i32.load8_u offset=100 (local.get 0))))
  (func (export "g") (param $at i64) (param $n i64) (local $i i64)
    (loop
      (i32.store offset=4 (local.get $i) (i32.load (local.get $at)))
      (br_if 0 (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 4))) (local.get $n))))))

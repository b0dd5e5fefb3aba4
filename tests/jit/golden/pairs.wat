;; Fields of one struct: neighbours are loaded and stored together. The load at 24 proves that the
;; stores of floats cannot fault.
(module
  (memory 1)
  (func (export "move") (param $p i32) (param $dt f64) (result i32)
    (local $left i32)
    (local.set $left (i32.load offset=24 (local.get $p)))
    (f64.store (local.get $p)
      (f64.add (f64.load (local.get $p))
               (f64.mul (f64.load offset=8 (local.get $p)) (local.get $dt))))
    (f64.store offset=8 (local.get $p)
      (f64.sub (f64.load offset=8 (local.get $p)) (local.get $dt)))
    (i32.sub (local.get $left) (i32.load offset=20 (local.get $p))))
  (func (export "reset") (param $p i32)
    (i64.store (local.get $p) (i64.const 0))
    (i64.store offset=8 (local.get $p) (i64.const 1))))

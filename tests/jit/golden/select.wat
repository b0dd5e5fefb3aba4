;; Comparisons where they are used: select, branch, value; floats with NaN.
(module
  (func (export "max") (param i32 i32) (result i32)
    (select (local.get 0) (local.get 1) (i32.gt_s (local.get 0) (local.get 1))))
  (func (export "less") (param f64 f64) (result i32) (f64.lt (local.get 0) (local.get 1)))
  (func (export "bit") (param i64) (result i32)
    (if (result i32) (i64.eqz (i64.and (local.get 0) (i64.const 0x100)))
      (then (i32.const 10)) (else (i32.const 20)))))

;; br_table by comparisons, by bit tests, and through a table of offsets.
(module
  (func (export "runs") (param i32) (result i32)
    (block $c (block $b (block $a (br_table $a $b $c $a (local.get 0)))
      (return (i32.const 1))) (return (i32.const 2))) (i32.const 3))
  (func (export "bits") (param i32) (result i32)
    (block $b (block $a (br_table $a $b $a $b $a $b $a $b (local.get 0)))
      (return (i32.const 1))) (i32.const 2))
  (func (export "table") (param i32) (result i32)
    (block $d (block $c (block $b (block $a (br_table $a $b $c $a $b $d (local.get 0)))
      (return (i32.const 1))) (return (i32.const 2))) (return (i32.const 3))) (i32.const 4)))

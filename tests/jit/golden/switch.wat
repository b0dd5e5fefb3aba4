;; br_table through a table of offsets.
(module
  (func (export "f") (param i32) (result i32)
    (block $c (block $b (block $a (br_table $a $b $c $a (local.get 0)))
      (return (i32.const 1))) (return (i32.const 2))) (i32.const 3)))

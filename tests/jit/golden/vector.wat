;; Vectors: a load folds, a constant is a literal, madd is rounded twice.
(module (memory 1)
  (func (export "f") (param i32 v128) (result v128)
    (f32x4.add (f32x4.mul (local.get 1) (v128.load offset=16 (local.get 0)))
               (v128.const f32x4 1 2 3 4))))

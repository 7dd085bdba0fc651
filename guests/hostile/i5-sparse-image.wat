;; validation
;; I5: has one byte of data at each end of 16 MiB, so that an image of its memory would be mostly empty.
(module
  (memory (export "memory") 256)
  (data (i32.const 0) "\00")
  (data (i32.const 0xffffff) "x")
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (i32.const 16)))

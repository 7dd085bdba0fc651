;; validation
;; U3: returns a list that begins on an odd byte.
(module
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (data (i32.const 16) "\00\00\00\00\41\00\00\00\01\00\00\00")
  (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (i32.const 16)))

;; validation
;; R15: returns 1,000 violations whose messages all are the same 16 MiB: 16 GiB if copied.
(module
  (memory (export "memory") 260)
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (data (i32.const 16) "\00\00\00\00\00\00\01\00\e8\03\00\00")
  (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.const 65536))
    (loop $next
      (i32.store offset=20 (local.get $at) (i32.const 0x20000))
      (i32.store offset=24 (local.get $at) (i32.const 0x1000000))
      (local.set $at (i32.add (local.get $at) (i32.const 28)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 93536))))
    (i32.const 16)))

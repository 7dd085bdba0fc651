;; validation
;; R12: logs one line of 16 MiB.
(module
  (import "signalsync:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (memory (export "memory") 257)
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (memory.fill (i32.const 65536) (i32.const 0x78) (i32.const 0x1000000))
    (call $log (i32.const 1) (i32.const 65536) (i32.const 0x1000000))
    (i32.const 16)))

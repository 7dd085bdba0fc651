;; validation
;; X1: gives a handle back twice.
(module
  (import "signalsync:plugin/storage@0.1.0" "[static]collection.open" (func $open (param i32 i32 i32)))
  (import "signalsync:plugin/storage@0.1.0" "[resource-drop]collection" (func $close (param i32)))
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (data (i32.const 256) "data")
  (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (call $open (i32.const 256) (i32.const 4) (i32.const 32))
    (call $close (i32.load (i32.const 36)))
    (call $close (i32.load (i32.const 36)))
    (i32.const 16)))

;; mapping
;; X1: reads a file through the handle of a collection.
(module
  (import "signalsync:plugin/storage@0.1.0" "[static]collection.open" (func $open (param i32 i32 i32)))
  (import "signalsync:plugin/files@0.1.0" "[method]folder.read" (func $read (param i32 i32 i32 i64 i32 i32)))
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (data (i32.const 256) "data")
  (func (export "transform") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (call $open (i32.const 256) (i32.const 4) (i32.const 32))
    (call $read (i32.load (i32.const 36)) (i32.const 256) (i32.const 4) (i64.const 0) (i32.const 16) (i32.const 64))
    (i32.const 16)))

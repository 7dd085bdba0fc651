;; validation
;; R17: writes a record that is not JSON into the collection `data`. Accepts when it is told `invalid`.
(module
  (import "signalsync:plugin/storage@0.1.0" "[static]collection.open" (func $open (param i32 i32 i32)))
  (import "signalsync:plugin/storage@0.1.0" "[method]collection.put"
    (func $put (param i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (data (i32.const 256) "data")
  (data (i32.const 260) "{\22a\22:")
  (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (call $open (i32.const 256) (i32.const 4) (i32.const 32))
    (call $put (i32.load (i32.const 36)) (i32.const 256) (i32.const 4) (i32.const 260) (i32.const 5) (i32.const 64))
    ;; Err, and its case: 2 is `invalid`.
    (if (i32.ne (i32.load8_u (i32.const 64)) (i32.const 1)) (then (unreachable)))
    (if (i32.ne (i32.load8_u (i32.const 68)) (i32.const 2)) (then (unreachable)))
    (i32.const 16)))

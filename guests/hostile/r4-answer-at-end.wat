;; validation
;; R4: asks for its settings to be written where half of the answer is outside its memory.
(module
  (import "signalsync:plugin/context@0.1.0" "settings" (func $settings (param i32)))
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (call $settings (i32.const 65532))
    (i32.const 16)))

;; validation
;; U3: calls the host while the host waits for memory.
(module
  (import "signalsync:plugin/context@0.1.0" "now" (func $now (result i64)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (drop (call $now))
    (i32.const 4096))
  (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (i32.const 16)))

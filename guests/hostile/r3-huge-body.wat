;; validation
;; R3: sends a request with a body of 16 MiB, which is in its memory. Accepts when the host says no.
(module
  (import "signalsync:plugin/http@0.1.0" "send"
    (func $send (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 257)
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (data (i32.const 256) "POSThttps://example.com/")
  (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    ;; method, url, no headers, the body, no credential
    (call $send (i32.const 256) (i32.const 4) (i32.const 260) (i32.const 20) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0x1000000) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64))
    (if (i32.ne (i32.load8_u (i32.const 64)) (i32.const 1)) (then (unreachable)))
    (i32.const 16)))

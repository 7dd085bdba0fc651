;; validation
;; R3: sends a request with 65,536 headers that all are the same 1 MiB of its memory: 64 GiB if copied.
(module
  (import "signalsync:plugin/http@0.1.0" "send"
    (func $send (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 49)
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (data (i32.const 256) "POSThttps://example.com/")
  (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (local $at i32)
    ;; The headers start at 2 MiB; name and value of each are the first MiB.
    (local.set $at (i32.const 0x200000))
    (loop $next
      (i32.store offset=4 (local.get $at) (i32.const 0x100000))
      (i32.store offset=12 (local.get $at) (i32.const 0x100000))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 0x300000))))
    (call $send (i32.const 256) (i32.const 4) (i32.const 260) (i32.const 20) (i32.const 0x200000) (i32.const 65536)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64))
    (i32.const 16)))

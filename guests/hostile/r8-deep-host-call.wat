;; validation
;; R8: calls itself as often as the document says (a number), and then the host with 60,000 open brackets as
;; a record of the collection `data`: the host needs stack of its own to refuse them.
(module
  (import "signalsync:plugin/storage@0.1.0" "[static]collection.open" (func $open (param i32 i32 i32)))
  (import "signalsync:plugin/storage@0.1.0" "[method]collection.put"
    (func $put (param i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (data (i32.const 256) "data")
  ;; The decimal number that the document is.
  (func $number (param $at i32) (param $left i32) (result i32)
    (local $number i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $left)))
        (local.set $number
          (i32.add
            (i32.mul (local.get $number) (i32.const 10))
            (i32.sub (i32.load8_u (local.get $at)) (i32.const 48))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next)))
    (local.get $number))
  (func $down (param $left i32) (result i32)
    (if (result i32) (local.get $left)
      (then (i32.add (call $down (i32.sub (local.get $left) (i32.const 1))) (i32.const 0)))
      (else
        (call $put (i32.load (i32.const 36)) (i32.const 256) (i32.const 4) (i32.const 65536) (i32.const 60000)
          (i32.const 64))
        (i32.const 16))))
  (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (call $open (i32.const 256) (i32.const 4) (i32.const 32))
    (memory.fill (i32.const 65536) (i32.const 0x5b) (i32.const 60000))
    (call $down (call $number (local.get 7) (local.get 8)))))

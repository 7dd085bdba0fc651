;; validation
;; R5: asks for memory 200,000 times. Accepts when it was told once that there is no more.
(module
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (local $left i32) (local $refused i32)
    (local.set $left (i32.const 200000))
    (loop $again
      (local.set $refused (i32.or (local.get $refused) (i32.eq (memory.grow (i32.const 1)) (i32.const -1))))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))
    (if (i32.eqz (local.get $refused)) (then (unreachable)))
    (i32.const 16)))

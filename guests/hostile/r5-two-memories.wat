;; validation
;; R5: grows two memories in turn, so that each alone stays small. Accepts when it was told once that
;; there is no more; traps when it got 128 MiB.
(module
  (memory (export "memory") 1)
  (memory $second 1)
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (local $left i32)
    (local.set $left (i32.const 1024))
    (loop $again
      (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (return (i32.const 16))))
      (if (i32.eq (memory.grow $second (i32.const 1)) (i32.const -1)) (then (return (i32.const 16))))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))
    (unreachable)))

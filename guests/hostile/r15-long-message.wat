;; validation
;; R15: returns a violation with a message of 16 MiB.
(module
  (memory (export "memory") 257)
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  ;; Ok, and the list: one violation at 64 with the code at 256.
  (data (i32.const 16) "\00\00\00\00\40\00\00\00\01\00\00\00")
  (data (i32.const 64) "\00\00\00\00\00\00\00\00\00\01\00\00\04\00\00\00\00\00\00\00\00\00\01\00\00\00\00\01")
  (data (i32.const 256) "CODE")
  (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (memory.fill (i32.const 65536) (i32.const 0x78) (i32.const 0x1000000))
    (i32.const 16)))

;; validation
;; X2: keeps its handle of the collection `data` in memory. In a second call it uses the one of the first,
;; and refuses the document: every call has to find a fresh instance.
(module
  (import "signalsync:plugin/storage@0.1.0" "[static]collection.open" (func $open (param i32 i32 i32)))
  (import "signalsync:plugin/storage@0.1.0" "[method]collection.get" (func $get (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  ;; Ok, and the list: one violation at 64 with the code at 256.
  (data (i32.const 16) "\00\00\00\00\40\00\00\00\01\00\00\00")
  (data (i32.const 64) "\00\00\00\00\00\00\00\00\00\01\00\00\04\00\00\00\00\00\00\00\04\01\00\00\1e\00\00\00")
  (data (i32.const 256) "CODE")
  (data (i32.const 256) "data")
  (data (i32.const 260) "it is here from an earlier one")
  (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (if (i32.load (i32.const 300))
      (then
        (call $get (i32.load (i32.const 36)) (i32.const 256) (i32.const 4) (i32.const 128))
        (return (i32.const 16))))
    (i32.store (i32.const 300) (i32.const 1))
    (call $open (i32.const 256) (i32.const 4) (i32.const 32))
    (i32.const 48)))

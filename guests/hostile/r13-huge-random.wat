;; component
;; R13: asks WASI for 2^63 random bytes.
(component
  (import "signalsync:plugin/types@0.1.0" (instance $types
    (type $severity (enum "error" "warning"))
    (export "severity" (type $named-severity (eq $severity)))
    (type $violation (record
      (field "path" string) (field "code" string) (field "severity" $named-severity) (field "message" string)))
    (export "violation" (type (eq $violation)))))
  (alias export $types "violation" (type $violation))
  (type $unnamed-subject (record
    (field "collection" string) (field "id" string) (field "before" (option string)) (field "after" string)))
  (import "subject" (type $subject (eq $unnamed-subject)))
  (import "wasi:random/random@0.2.0" (instance $random
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
  (alias export $random "get-random-bytes" (func $get-random-bytes))
  (core module $memory
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
  (core instance $memory (instantiate $memory))
  (core func $get (canon lower (func $get-random-bytes) (memory (core memory $memory "memory"))
    (realloc (core func $memory "cabi_realloc"))))
  (core module $module
    (import "memory" "memory" (memory 1))
    (import "random" "get" (func $get (param i64 i32)))
    (export "memory" (memory 0))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
    (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
      (call $get (i64.const 0x8000000000000000) (i32.const 64))
      (i32.const 16)))
  (core instance $main (instantiate $module
    (with "memory" (instance $memory))
    (with "random" (instance (export "get" (func $get))))))
  (func $validate (param "subject" $subject) (result (result (list $violation) (error string)))
    (canon lift (core func $main "validate") (memory (core memory $main "memory"))
      (realloc (core func $main "cabi_realloc"))))
  (export "validate" (func $validate)))

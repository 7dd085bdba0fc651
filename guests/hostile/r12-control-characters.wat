;; validation
;; R12: logs what a terminal or a log reader would obey: escapes, NUL, line ends, a forged record, and an
;; order of text that runs backwards.
(module
  (import "signalsync:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 256)
    "\1b[31mred\1b]0;title\07\00\0d\0a{\22level\22:\22ERROR\22,\22message\22:\22the host is on fire\22}\0a\e2\80\aegnihsilbatse\0d\0a............")
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (call $log (i32.const 1) (i32.const 256) (i32.const 96))
    (i32.const 16)))

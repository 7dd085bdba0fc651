;; component
;; I4: has a thousand core instances more than it needs.
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
  (core module $module
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
    (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 16)))
  (core module $small (func (export "f")))
  (core instance $main (instantiate $module))
  ;; repeat 1000
  (core instance (instantiate $small))
  (func $validate (param "subject" $subject) (result (result (list $violation) (error string)))
    (canon lift (core func $main "validate") (memory (core memory $main "memory"))
      (realloc (core func $main "cabi_realloc"))))
  (export "validate" (func $validate)))

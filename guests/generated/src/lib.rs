//! Components that tests make: good ones that differ by a number, and shapes that nobody would write down.

#![expect(clippy::unwrap_used, reason = "tests call it, and a test fails by panicking")]

use wasm_encoder::{
    BlockType, CodeSection, Component, ComponentInstanceSection, ConstExpr, CustomSection, DataSection, ElementSection,
    Elements, EntityType, Function, FunctionSection, GlobalSection, GlobalType, ImportSection, InstanceSection,
    Instruction, MemorySection, MemoryType, Module, ModuleArg, ModuleSection, NestedComponentSection, RawSection,
    RefType, TableSection, TableType, TypeSection, ValType,
};

/// Types that every validation shares, as the contract has them.
const TYPES: &str = r#"
    (import "signalsync:plugin/types@0.1.0" (instance $types
        (type $s (enum "error" "warning"))
        (export "severity" (type $severity (eq $s)))
        (type $v (record
            (field "path" string) (field "code" string) (field "severity" $severity) (field "message" string)))
        (export "violation" (type (eq $v)))))
    (alias export $types "violation" (type $violation))
    (type $s (record
        (field "collection" string) (field "id" string) (field "before" (option string)) (field "after" string)))
    (import "subject" (type $subject (eq $s)))"#;

/// Memory, an allocator that never frees, and `validate`, which finds nothing wrong.
const ALLOCATOR: &str = r#"
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
        (global.set $next (i32.add (local.get $at) (local.get 3)))
        (local.get $at))"#;

const ACCEPT: &str =
    r#"(func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 16))"#;

const EXPORT: &str = r#"
    (func $validate (param "subject" $subject) (result (result (list $violation) (error string)))
        (canon lift (core func $main "validate") (memory (core memory $main "memory")) (realloc (core func $main "realloc"))))
    (export "validate" (func $validate))"#;

pub fn parse(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A validation with these fields in its only module.
pub fn validation_with(fields: &str) -> Vec<u8> {
    validation(fields, "", "")
}

/// A validation that differs from the others by its number.
pub fn numbered(number: usize) -> Vec<u8> {
    validation_with(&format!(r#"(data (i32.const 64) "component {number}")"#))
}

/// A validation with these fields in its module, and more definitions at the beginning and at the end.
pub fn validation(fields: &str, before: &str, after: &str) -> Vec<u8> {
    parse(&format!(
        "(component {before} {TYPES} (core module $m {ALLOCATOR} {ACCEPT} {fields})
            (core instance $main (instantiate $m)) {EXPORT} {after})"
    ))
}

/// A component that exports a function of this name, or several, and does nothing else.
pub fn exporting(names: &[&str]) -> Vec<u8> {
    exporting_with("", names)
}

/// The same with more definitions at the beginning.
pub fn exporting_with(before: &str, names: &[&str]) -> Vec<u8> {
    let exports: String = names.iter().map(|name| format!(r#"(export "{name}" (func $f))"#)).collect();
    parse(&format!(
        r#"(component {before} (core module $m (func (export "f"))) (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f"))) {exports})"#
    ))
}

/// A validation made of two components, between which a string travels there and back.
pub fn composed() -> Vec<u8> {
    parse(&format!(
        r#"(component {TYPES}
            (component $echo
                (core module $m {ALLOCATOR}
                    (func (export "echo") (param $at i32) (param $length i32) (result i32)
                        (i32.store (i32.const 32) (local.get $at))
                        (i32.store (i32.const 36) (local.get $length))
                        (i32.const 32)))
                (core instance $i (instantiate $m))
                (func (export "echo") (param "text" string) (result string)
                    (canon lift (core func $i "echo") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
            (instance $echo (instantiate $echo))
            (component $judge {TYPES}
                (import "echo" (func $echo (param "text" string) (result string)))
                (core module $libc {ALLOCATOR})
                (core instance $libc (instantiate $libc))
                (core func $lowered
                    (canon lower (func $echo)
                        (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
                (core module $m
                    (import "libc" "memory" (memory 1))
                    (import "libc" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
                    (import "echo" "echo" (func $echo (param i32 i32 i32)))
                    (export "memory" (memory 0))
                    (export "realloc" (func $realloc))
                    (func (export "validate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
                        (call $echo (local.get 0) (local.get 1) (i32.const 48))
                        (if (i32.ne (i32.load (i32.const 52)) (local.get 1)) (then (unreachable)))
                        (if (i32.ne (i32.load8_u (i32.load (i32.const 48))) (i32.load8_u (local.get 0)))
                            (then (unreachable)))
                        (i32.const 16)))
                (core instance $main (instantiate $m
                    (with "libc" (instance $libc))
                    (with "echo" (instance (export "echo" (func $lowered))))))
                {EXPORT})
            (instance $judge (instantiate $judge
                (with "signalsync:plugin/types@0.1.0" (instance $types))
                (with "subject" (type $subject))
                (with "echo" (func $echo "echo"))))
            (export "validate" (func $judge "validate")))"#
    ))
}

/// Nothing but this module.
pub fn of_module(module: &Module) -> Vec<u8> {
    let mut component = Component::new();
    component.section(&ModuleSection(module));
    component.finish()
}

/// C1: each level instantiates the one before it twice.
pub fn doubling_instances(levels: usize) -> Vec<u8> {
    let mut innermost = Component::new();
    innermost.section(&ModuleSection(&Module::new()));
    innermost.section(InstanceSection::new().instantiate::<[(&str, ModuleArg); 0], &str>(0, []));
    let mut component = innermost;
    for _ in 0..levels {
        let mut outer = Component::new();
        outer.section(&NestedComponentSection(&component));
        outer.section(&component_instances(2));
        component = outer;
    }
    component.finish()
}

/// C1 without nesting: every component is defined on one level and reaches the one before by an alias.
pub fn doubling_aliases(levels: usize) -> Vec<u8> {
    let levels: String = (1..=levels)
        .map(|level| {
            let before = level - 1;
            format!("(component $c{level} (alias outer $top $c{before} (component $b)) (instance (instantiate $b)) (instance (instantiate $b)))")
        })
        .collect();
    let last = levels.matches("(component $c").count();
    parse(&format!(
        "(component $top (component $c0 (core module $m) (core instance (instantiate $m))) {levels} (instance (instantiate $c{last})))"
    ))
}

fn component_instances(count: u64) -> ComponentInstanceSection {
    let mut instances = ComponentInstanceSection::new();
    for _ in 0..count {
        instances.instantiate::<[(&str, wasm_encoder::ComponentExportKind, u32); 0], &str>(0, []);
    }
    instances
}

/// Components inside of each other.
pub fn nested(depth: u64) -> Vec<u8> {
    let mut component = Component::new();
    for _ in 0..depth {
        let mut outer = Component::new();
        outer.section(&NestedComponentSection(&component));
        component = outer;
    }
    component.finish()
}

/// So many instances of one module.
pub fn core_instances(module: &Module, count: u64) -> Vec<u8> {
    let mut component = Component::new();
    component.section(&ModuleSection(module));
    let mut instances = InstanceSection::new();
    for _ in 0..count {
        instances.instantiate::<[(&str, ModuleArg); 0], &str>(0, []);
    }
    component.section(&instances);
    component.finish()
}

/// So many instances of one component.
pub fn instances(count: u64) -> Vec<u8> {
    let mut component = Component::new();
    component.section(&NestedComponentSection(&Component::new()));
    component.section(&component_instances(count));
    component.finish()
}

/// A module with these bodies, all of type `() -> ()`.
pub fn bodies(bodies: impl IntoIterator<Item = Function>) -> Module {
    let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
    for body in bodies {
        functions.function(0);
        code.function(&body);
    }
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&code);
    module
}

/// Empty functions.
pub fn functions(count: u64) -> Vec<u8> {
    of_module(&bodies((0..count).map(|_| body([]))))
}

fn body<'a>(instructions: impl IntoIterator<Item = Instruction<'a>>) -> Function {
    let mut function = Function::new([]);
    for instruction in instructions {
        function.instruction(&instruction);
    }
    function.instruction(&Instruction::End);
    function
}

/// A function of so many bytes.
pub fn long_function(bytes: u64) -> Vec<u8> {
    of_module(&bodies([body((0..bytes - 2).map(|_| Instruction::Nop))]))
}

/// C2: blocks inside of each other, each with a way out.
pub fn nested_blocks(depth: u64) -> Module {
    let open =
        (0..depth).flat_map(|_| [Instruction::Block(BlockType::Empty), Instruction::I32Const(0), Instruction::BrIf(0)]);
    let close = (0..depth).map(|_| Instruction::End);
    bodies([body(open.chain(close))])
}

/// C5: one jump with many targets.
pub fn branch_table(targets: u64) -> Vec<u8> {
    let targets = vec![0; usize::try_from(targets).unwrap()];
    of_module(&bodies([body([Instruction::I32Const(0), Instruction::BrTable(targets.into(), 0)])]))
}

/// C6: many local variables, in few bytes.
pub fn locals(count: u64, functions: usize) -> Vec<u8> {
    let one = || {
        let mut function = Function::new([(u32::try_from(count).unwrap(), ValType::I64)]);
        function.instruction(&Instruction::End);
        function
    };
    of_module(&bodies((0..functions).map(|_| one())))
}

/// I5: passive data segments.
pub fn data_segments(count: u64) -> Vec<u8> {
    let mut data = DataSection::new();
    for _ in 0..count {
        data.passive([]);
    }
    let mut module = Module::new();
    module.section(&data);
    of_module(&module)
}

/// A component of exactly so many bytes, nearly all of them in one data segment.
pub fn of_size(bytes: u64) -> Vec<u8> {
    let with = |length: usize| {
        let mut data = DataSection::new();
        data.passive(vec![0; length]);
        let mut module = Module::new();
        module.section(&data);
        of_module(&module)
    };
    let bytes = usize::try_from(bytes).unwrap();
    let rest = with(bytes).len() - bytes;
    with(bytes - rest)
}

/// Entries of an element segment.
pub fn elements(count: u64) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut imports = ImportSection::new();
    imports.import("m", "f", EntityType::Function(0));
    let mut elements = ElementSection::new();
    elements.passive(Elements::Functions(vec![0; usize::try_from(count).unwrap()].into()));
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&elements);
    of_module(&module)
}

/// Bytes in custom sections, half of them in a module.
pub fn custom(bytes: u64) -> Vec<u8> {
    let half = vec![0; usize::try_from(bytes / 2).unwrap()];
    let rest = vec![0; usize::try_from(bytes).unwrap() - half.len()];
    let mut module = Module::new();
    module.section(&CustomSection { name: "name".into(), data: half.into() });
    let mut component = Component::new();
    component.section(&ModuleSection(&module));
    component.section(&CustomSection { name: "notes".into(), data: rest.into() });
    component.finish()
}

/// Core types without parameters.
pub fn core_types(count: u64) -> Vec<u8> {
    core_types_of(count, 0, 0)
}

/// Core types with so many parameters, and one more with `rest`.
pub fn core_types_of(count: u64, params: usize, rest: usize) -> Vec<u8> {
    let mut types = TypeSection::new();
    for _ in 0..count {
        types.ty().function(vec![ValType::I32; params], []);
    }
    if rest > 0 {
        types.ty().function(vec![ValType::I32; rest], []);
    }
    let mut module = Module::new();
    module.section(&types);
    of_module(&module)
}

/// C7: instance types inside of each other; three bytes a level.
pub fn nested_types(depth: u64) -> Vec<u8> {
    let mut data = vec![1];
    for _ in 1..depth {
        data.extend([0x42, 1, 1]);
    }
    data.extend([0x42, 0]);
    let mut component = Component::new();
    component.section(&RawSection { id: 7, data: &data });
    component.finish()
}

/// C7: a type whose parts, written out, are so many; each line uses the line before many times.
pub fn shared_type(parts: u64) -> Vec<u8> {
    let (inner, middle) = (101, 1 + 100 * 101);
    let rest = usize::try_from(parts - 1 - middle).unwrap();
    assert_eq!(inner, 101);
    parse(&format!(
        "(component (type $a (tuple {})) (type $b (tuple {})) (type (tuple $b {})))",
        "string ".repeat(100),
        "$a ".repeat(100),
        "string ".repeat(rest)
    ))
}

/// C7: each type uses the one before twice.
pub fn doubling_types(levels: usize) -> Vec<u8> {
    let types: String = (1..=levels)
        .map(|level| format!(r#"(type $t{level} (record (field "a" $t{0}) (field "b" $t{0})))"#, level - 1))
        .collect();
    parse(&format!(r#"(component (type $t0 (record (field "a" string))) {types})"#))
}

/// Globals, of which each is an item; the module is one too.
pub fn items(count: u64) -> Vec<u8> {
    let mut globals = GlobalSection::new();
    let ty = GlobalType { val_type: ValType::I32, mutable: false, shared: false };
    for _ in 0..count - 1 {
        globals.global(ty, &ConstExpr::i32_const(0));
    }
    let mut module = Module::new();
    module.section(&globals);
    of_module(&module)
}

/// A module with a memory of so many pages.
pub fn memory(pages: u64) -> Module {
    memories(pages, 1)
}

/// A module with several memories.
pub fn memories(pages: u64, count: usize) -> Module {
    let mut memories = MemorySection::new();
    for _ in 0..count {
        memories.memory(MemoryType {
            minimum: pages,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
    }
    let mut module = Module::new();
    module.section(&memories);
    module
}

/// A module with tables of so many elements.
pub fn tables(elements: u64, count: usize) -> Module {
    let mut tables = TableSection::new();
    for _ in 0..count {
        let ty = TableType {
            element_type: RefType::FUNCREF,
            minimum: elements,
            maximum: None,
            table64: false,
            shared: false,
        };
        tables.table(ty);
    }
    let mut module = Module::new();
    module.section(&tables);
    module
}

//! The figures that a component may not exceed, each with its reason.

use serde::{Deserialize, Serialize};

use crate::compile::CompileLimits;

/// Shape of a component that may be compiled. The defaults let Rust, C, Go, JavaScript (SpiderMonkey, QuickJS) and
/// Python components pass and are at most a few times what the largest of them was measured to need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdmissionLimits {
    /// Bytes of one component, whatever the tenant's tier says. Everything else is linear in it.
    pub component_bytes_max: u64,
    /// Components and modules inside of each other, the whole one left out. Python has 1, composed ones 2 or 3. Each level costs the parser a stack entry
    /// and the compiler a scope.
    pub nesting_max: u64,
    /// Core instances that the whole component makes. Python makes 38. A component that instantiates another one twice,
    /// which instantiates a third one twice, and so on, doubles with every 60 bytes: 24 levels cost the compiler
    /// 20 s and 2.3 GB.
    pub core_instances_max: u64,
    /// Component instances that the whole component makes; see `core_instances_max`.
    pub component_instances_max: u64,
    /// Functions with a body. Python has 13,500; a million empty ones cost a compiler minutes.
    pub functions_max: u64,
    /// Bytes of one function's body. Python's interpreter loop has 427,000. Register allocation grows faster than its
    /// length.
    pub function_bytes_max: u64,
    /// Blocks inside of each other in one function. Python has 781; 20,000 of them cost 5 s in 140 kB.
    pub block_nesting_max: u64,
    /// Local variables of one function, parameters left out. Python has 271; 50,000 of them take five bytes to declare.
    pub locals_max: u64,
    /// Targets of one `br_table`. Python has 3,202. A table costs memory for each of them and each is one byte long.
    pub branch_targets_max: u64,
    /// Data and element segments. JavaScript has 10,002, because its snapshot is stored in pieces. Each one is a record in the image and a step of instantiation.
    pub segments_max: u64,
    /// Functions listed in element segments. JavaScript has 7,708.
    pub elements_max: u64,
    /// Bytes of custom sections (Python has 417,000): names of functions, producers, debug information. They are read and thrown away,
    /// but they are read.
    pub custom_bytes_max: u64,
    /// Types, those inside of other types included. Python has 1,440.
    pub types_max: u64,
    /// Fields, cases, parameters, results and declarations of all types.
    pub type_parts_max: u64,
    /// Types inside of each other. The format lets them nest without end, two bytes a level, and a reader that
    /// recurses runs out of stack.
    pub type_nesting_max: u64,
    /// Parts of one type when everything that it refers to is written out. Sharing doubles it with each line:
    /// `record { a: T, b: T }`.
    pub type_size_max: u64,
    /// Imports, exports, globals, aliases and adapters, of modules and components, together. Python has
    /// 11,000. Each is an entry in a table of the compiled image.
    pub items_max: u64,
    /// Linear memories that one call's instance has. QuickJS has 3. Never more than the pool's.
    pub memories_max: u64,
    /// Bytes that all linear memories have at the start, together. The tier's limit of a call holds as well.
    pub memory_bytes_max: u64,
    /// Tables that one call's instance has. Never more than the pool's.
    pub tables_max: u64,
    /// Elements that one table has at the start. Never more than the pool's.
    pub table_elements_max: u64,
    /// What a compilation may use.
    pub compile: CompileLimits,
}

/// One linear memory for a module: the pool has the same limit, and says it less clearly.
pub(crate) const MEMORIES_PER_MODULE_MAX: u64 = 1;

/// As in the pool.
pub(crate) const TABLES_PER_MODULE_MAX: u64 = 8;

impl Default for AdmissionLimits {
    fn default() -> Self {
        Self {
            component_bytes_max: 32 << 20,
            nesting_max: 8,
            core_instances_max: 64,
            component_instances_max: 64,
            functions_max: 60_000,
            function_bytes_max: 1 << 20,
            block_nesting_max: 2_000,
            locals_max: 5_000,
            branch_targets_max: 8_192,
            segments_max: 20_000,
            elements_max: 200_000,
            custom_bytes_max: 8 << 20,
            types_max: 20_000,
            type_parts_max: 100_000,
            type_nesting_max: 16,
            type_size_max: 20_000,
            items_max: 100_000,
            memories_max: 8,
            memory_bytes_max: 256 << 20,
            tables_max: 32,
            table_elements_max: 100_000,
            compile: CompileLimits::default(),
        }
    }
}

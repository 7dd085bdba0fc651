//! Core modules: what is in their sections, and how their functions are built.

use signalsync_core::Refusal;
use wasmparser::{
    ElementItems, ElementSectionReader, FunctionBody, MemorySectionReader, Operator, Payload, TableSectionReader,
};

use super::cost::Cost;
use super::limits::{MEMORIES_PER_MODULE_MAX, TABLES_PER_MODULE_MAX};
use super::{AdmissionLimits, broken, malformed, unsupported, within};

/// Bytes of a page of linear memory.
const PAGE_BYTES: u64 = 64 << 10;

/// Sums over all modules of a component. Each module is compiled once, however often it is instantiated.
#[derive(Debug)]
pub(crate) struct ModuleTally<'l> {
    limits: &'l AdmissionLimits,
    functions: u64,
    segments: u64,
    elements: u64,
    items: u64,
    custom_bytes: u64,
}

impl<'l> ModuleTally<'l> {
    pub(crate) fn new(limits: &'l AdmissionLimits) -> Self {
        Self { limits, functions: 0, segments: 0, elements: 0, items: 0, custom_bytes: 0 }
    }

    /// Notes one section of a module; `cost` is what an instance of the module makes.
    pub(crate) fn payload(&mut self, payload: Payload<'_>, cost: &mut Cost) -> Result<(), Refusal> {
        match payload {
            Payload::ImportSection(section) => self.items(section.count()),
            Payload::ExportSection(section) => self.items(section.count()),
            Payload::GlobalSection(section) => self.items(section.count()),
            Payload::FunctionSection(section) => self.functions(section.count()),
            Payload::CodeSectionEntry(body) => self.body(&body),
            Payload::MemorySection(section) => self.memories(section, cost),
            Payload::TableSection(section) => self.tables(section, cost),
            Payload::DataSection(section) => self.segments(section.count()),
            Payload::ElementSection(section) => self.element_segments(section),
            Payload::CodeSectionStart { .. } | Payload::DataCountSection { .. } | Payload::StartSection { .. } => {
                Ok(())
            }
            Payload::TagSection(_) => Err(unsupported("exceptions", "build without them")),
            _ => Err(malformed("an unknown section", 0)),
        }
    }

    /// Notes entries of a table.
    pub(crate) fn items(&mut self, more: u32) -> Result<(), Refusal> {
        self.items = self.items.saturating_add(u64::from(more));
        let what = "imports, exports, globals, aliases and adapters";
        within(what, self.items, self.limits.items_max, "split the component or leave out what it does not use")
    }

    /// Notes a custom section.
    pub(crate) fn custom(&mut self, bytes: u64) -> Result<(), Refusal> {
        self.custom_bytes = self.custom_bytes.saturating_add(bytes);
        within("bytes of custom sections", self.custom_bytes, self.limits.custom_bytes_max, "strip debug information")
    }

    fn functions(&mut self, more: u32) -> Result<(), Refusal> {
        self.functions = self.functions.saturating_add(u64::from(more));
        within("functions", self.functions, self.limits.functions_max, "leave out libraries that it does not use")
    }

    fn segments(&mut self, more: u32) -> Result<(), Refusal> {
        self.segments = self.segments.saturating_add(u64::from(more));
        within("data and element segments", self.segments, self.limits.segments_max, "merge them when linking")
    }

    fn element_segments(&mut self, section: ElementSectionReader<'_>) -> Result<(), Refusal> {
        self.segments(section.count())?;
        for element in section {
            let count = match element.map_err(broken)?.items {
                ElementItems::Functions(functions) => functions.count(),
                ElementItems::Expressions(_, expressions) => expressions.count(),
            };
            self.elements = self.elements.saturating_add(u64::from(count));
            within(
                "entries of element segments",
                self.elements,
                self.limits.elements_max,
                "use fewer indirect functions",
            )?;
        }
        Ok(())
    }

    fn memories(&mut self, section: MemorySectionReader<'_>, cost: &mut Cost) -> Result<(), Refusal> {
        for memory in section {
            let memory = memory.map_err(broken)?;
            if memory.memory64 || memory.shared || memory.page_size_log2.is_some() {
                let what = "a memory that is 64-bit, shared or of unusual page size";
                return Err(unsupported(what, "build for `wasm32` without threads"));
            }
            cost.memories += 1;
            cost.memory_bytes = cost.memory_bytes.saturating_add(memory.initial.saturating_mul(PAGE_BYTES));
        }
        within("memories of one module", cost.memories, MEMORIES_PER_MODULE_MAX, "use one")
    }

    fn tables(&self, section: TableSectionReader<'_>, cost: &mut Cost) -> Result<(), Refusal> {
        for table in section {
            let table = table.map_err(broken)?.ty;
            if table.table64 || table.shared {
                return Err(unsupported("a table that is 64-bit or shared", "build for `wasm32` without threads"));
            }
            within(
                "elements of one table",
                table.initial,
                self.limits.table_elements_max,
                "use fewer indirect functions",
            )?;
            cost.tables += 1;
            cost.table_elements = cost.table_elements.saturating_add(table.initial);
        }
        within("tables of one module", cost.tables, TABLES_PER_MODULE_MAX, "use one")
    }

    fn body(&self, body: &FunctionBody<'_>) -> Result<(), Refusal> {
        let split = "split the function, or optimise for size";
        within("bytes of one function", body.range().len() as u64, self.limits.function_bytes_max, split)?;
        self.locals(body, split)?;
        let mut operators = body.get_operators_reader().map_err(broken)?;
        let mut depth = 0_u64;
        while !operators.eof() {
            match operators.read().map_err(broken)? {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                    depth += 1;
                    within("blocks inside of each other", depth, self.limits.block_nesting_max, split)?;
                }
                Operator::End => depth = depth.saturating_sub(1),
                Operator::BrTable { targets } => {
                    let targets = u64::from(targets.len());
                    within("targets of one jump table", targets, self.limits.branch_targets_max, split)?;
                }
                Operator::TryTable { .. } | Operator::Try { .. } => {
                    return Err(unsupported("exceptions", "build without them"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn locals(&self, body: &FunctionBody<'_>, advice: &str) -> Result<(), Refusal> {
        let mut locals = 0_u64;
        for group in body.get_locals_reader().map_err(broken)? {
            locals = locals.saturating_add(u64::from(group.map_err(broken)?.0));
            within("local variables of one function", locals, self.limits.locals_max, advice)?;
        }
        Ok(())
    }
}

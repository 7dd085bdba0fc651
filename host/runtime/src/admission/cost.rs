//! What one instantiation of a module or component makes, everything below it included.

use std::ops::AddAssign;

/// Sums saturate: a bomb's figure is at the end of the range, not around the corner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Instances of modules.
    pub(crate) core_instances: u64,
    /// Instances of components.
    pub(crate) component_instances: u64,
    /// Linear memories.
    pub(crate) memories: u64,
    /// Bytes in linear memories at the start.
    pub(crate) memory_bytes: u64,
    /// Tables.
    pub(crate) tables: u64,
    /// Elements in tables at the start.
    pub(crate) table_elements: u64,
}

impl AddAssign for Cost {
    fn add_assign(&mut self, more: Self) {
        let Self { core_instances, component_instances, memories, memory_bytes, tables, table_elements } = more;
        self.core_instances = self.core_instances.saturating_add(core_instances);
        self.component_instances = self.component_instances.saturating_add(component_instances);
        self.memories = self.memories.saturating_add(memories);
        self.memory_bytes = self.memory_bytes.saturating_add(memory_bytes);
        self.tables = self.tables.saturating_add(tables);
        self.table_elements = self.table_elements.saturating_add(table_elements);
    }
}

//! One pass over a component's bytes.

use signalsync_core::{Admitted, Digest, Refusal};
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentImport, ComponentInstance, ComponentOuterAliasKind,
    ComponentTypeRef, Encoding, Instance, Parser, Payload, SectionLimited,
};
use wasmtime::{Engine, Precompiled};

use super::contract::Surface;
use super::cost::Cost;
use super::modules::ModuleTally;
use super::types::Types;
use super::{AdmissionLimits, broken, malformed, unsupported, within};

/// What was read out of a component.
#[derive(Debug)]
pub(crate) struct Inspection {
    /// For its owner.
    pub(crate) admitted: Admitted,
    /// What each call makes of it.
    pub(crate) cost: Cost,
}

/// Reads the shape of a component without compiling it: linear in its length, and bounded by its length in memory.
///
/// # Errors
/// Why it can never run here.
pub(crate) fn inspect(wasm: &[u8], limits: &AdmissionLimits) -> Result<Inspection, Refusal> {
    recognise(wasm, limits)?;
    let mut walk = Walk::new(wasm, limits);
    for payload in Parser::new(0).parse_all(wasm) {
        walk.payload(payload.map_err(broken)?)?;
    }
    walk.finish()
}

/// Tells a component from everything else that people upload.
fn recognise(wasm: &[u8], limits: &AdmissionLimits) -> Result<(), Refusal> {
    let size = wasm.len() as u64;
    if size > limits.component_bytes_max {
        return Err(too_many_bytes(size, limits.component_bytes_max));
    }
    match wasm {
        [0, b'a', b's', b'm', version @ ..] => recognise_version(version),
        [0x7f, b'E', b'L', b'F', ..] => Err(refuse_native(wasm)),
        _ if looks_like_text(wasm) => Err(Refusal::new(
            "text-format",
            "this is the text form of WebAssembly; upload the binary that `wasm-tools parse` makes of it",
        )),
        _ => Err(Refusal::new(
            "not-a-component",
            "this is not WebAssembly; upload the `.wasm` file of a component, uncompressed",
        )),
    }
}

fn recognise_version(version: &[u8]) -> Result<(), Refusal> {
    match version {
        [0x0d, 0, 1, 0, ..] => Ok(()),
        [1, 0, 0, 0, ..] => Err(Refusal::new(
            "core-module",
            "this is a core WebAssembly module; make a component of it: build for `wasm32-wasip2`, or run \
             `wasm-tools component new`",
        )),
        [_, _, _, _, ..] => Err(malformed("unknown version of the component format", 4)),
        _ => Err(malformed("the file ends within its first eight bytes", 4)),
    }
}

fn refuse_native(wasm: &[u8]) -> Refusal {
    let what = match Engine::detect_precompiled(wasm) {
        Some(Precompiled::Module | Precompiled::Component) => "this was compiled to machine code by wasmtime",
        None => "this is machine code",
    };
    Refusal::new("precompiled", format!("{what}; upload the WebAssembly component that it was made from"))
}

fn looks_like_text(wasm: &[u8]) -> bool {
    let text = wasm.trim_ascii_start();
    text.starts_with(b"(") || text.starts_with(b";;")
}

/// A component or module that others of the same level can refer to.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    cost: Cost,
    largest_type: u64,
}

/// A component or module that is being read.
#[derive(Debug)]
enum Frame {
    Component { components: Vec<Part>, modules: Vec<Cost>, cost: Cost },
    Module { cost: Cost },
}

impl Frame {
    fn component() -> Self {
        Self::Component { components: Vec::new(), modules: Vec::new(), cost: Cost::default() }
    }
}

struct Walk<'a> {
    wasm: &'a [u8],
    limits: &'a AdmissionLimits,
    /// The innermost is last. Never empty: the first one is the whole component.
    frames: Vec<Frame>,
    types: Types<'a>,
    tally: ModuleTally<'a>,
    surface: Surface,
}

impl<'a> Walk<'a> {
    fn new(wasm: &'a [u8], limits: &'a AdmissionLimits) -> Self {
        Self {
            wasm,
            limits,
            frames: vec![Frame::component()],
            types: Types::new(limits),
            tally: ModuleTally::new(limits),
            surface: Surface::default(),
        }
    }

    fn payload(&mut self, payload: Payload<'a>) -> Result<(), Refusal> {
        match payload {
            Payload::Version { encoding, .. } => self.version(encoding),
            Payload::ModuleSection { .. } => self.open(Frame::Module { cost: Cost::default() }),
            Payload::ComponentSection { .. } => self.open(Frame::component()),
            Payload::End(_) => self.close(),
            Payload::CustomSection(custom) => self.tally.custom(custom.data().len() as u64),
            Payload::CoreTypeSection(section) => self.types.core_section(self.section(&section)),
            Payload::TypeSection(section) => self.types.core_section(self.section(&section)),
            Payload::ComponentTypeSection(section) => self.types.section(self.section(&section)),
            Payload::InstanceSection(section) => self.each(section, Self::core_instance),
            Payload::ComponentInstanceSection(section) => self.each(section, Self::instance),
            Payload::ComponentAliasSection(section) => self.each(section, Self::alias),
            Payload::ComponentImportSection(section) => self.each(section, Self::import),
            Payload::ComponentExportSection(section) => self.each(section, Self::export),
            Payload::ComponentCanonicalSection(section) => self.tally.items(section.count()),
            Payload::ComponentStartSection { .. } => Err(unsupported("a start function of components", "remove it")),
            payload => self.module_payload(payload),
        }
    }

    fn module_payload(&mut self, payload: Payload<'a>) -> Result<(), Refusal> {
        match self.frames.last_mut() {
            Some(Frame::Module { cost }) => self.tally.payload(payload, cost),
            _ => Err(malformed("a section of a module outside of a module", 0)),
        }
    }

    /// The raw bytes of a section; the reader of types must not recurse, so it reads them itself.
    fn section<T>(&self, section: &SectionLimited<'a, T>) -> (&'a [u8], usize) {
        let range = section.range();
        (self.wasm.get(range.clone()).unwrap_or_default(), range.start)
    }

    fn each<T: wasmparser::FromReader<'a>>(
        &mut self,
        section: SectionLimited<'a, T>,
        visit: fn(&mut Self, T) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        self.tally.items(section.count())?;
        for item in section {
            visit(self, item.map_err(broken)?)?;
        }
        Ok(())
    }

    fn version(&mut self, encoding: Encoding) -> Result<(), Refusal> {
        match (self.frames.last(), encoding) {
            (Some(Frame::Component { .. }), Encoding::Component) | (Some(Frame::Module { .. }), Encoding::Module) => {
                Ok(())
            }
            _ => Err(malformed("a component where a module belongs, or the reverse", 0)),
        }
    }

    fn open(&mut self, frame: Frame) -> Result<(), Refusal> {
        let depth = self.frames.len() as u64;
        within(
            "components and modules inside of each other",
            depth,
            self.limits.nesting_max,
            "compose them side by side",
        )?;
        self.tally.items(1)?;
        if let Frame::Component { .. } = frame {
            self.types.open();
        }
        self.frames.push(frame);
        Ok(())
    }

    fn close(&mut self) -> Result<(), Refusal> {
        if self.frames.len() == 1 {
            return Ok(());
        }
        let closed = self.frames.pop();
        let (components, modules, _) = self.top()?;
        match closed {
            Some(Frame::Module { cost }) => modules.push(cost),
            Some(Frame::Component { cost, .. }) => {
                let part = components.len();
                components.push(Part { cost, largest_type: 0 });
                let largest = self.types.close();
                self.top()?.0[part].largest_type = largest;
            }
            None => {}
        }
        Ok(())
    }

    /// The component that is being read.
    fn top(&mut self) -> Result<(&mut Vec<Part>, &mut Vec<Cost>, &mut Cost), Refusal> {
        let depth = self.frames.len();
        self.outer(depth.saturating_sub(1))
    }

    fn outer(&mut self, index: usize) -> Result<(&mut Vec<Part>, &mut Vec<Cost>, &mut Cost), Refusal> {
        match self.frames.get_mut(index) {
            Some(Frame::Component { components, modules, cost }) => Ok((components, modules, cost)),
            _ => Err(malformed("a section of a component outside of a component", 0)),
        }
    }

    fn core_instance(&mut self, instance: Instance<'a>) -> Result<(), Refusal> {
        match instance {
            Instance::FromExports(exports) => self.tally.items(length(exports.len())),
            Instance::Instantiate { module_index, args } => {
                self.tally.items(length(args.len()))?;
                let (_, modules, cost) = self.top()?;
                *cost += *modules.get(module_index as usize).ok_or_else(no_such_part)?;
                cost.core_instances = cost.core_instances.saturating_add(1);
                Ok(())
            }
        }
    }

    fn instance(&mut self, instance: ComponentInstance<'a>) -> Result<(), Refusal> {
        match instance {
            ComponentInstance::FromExports(exports) => {
                self.tally.items(length(exports.len()))?;
                self.types.add_bag();
            }
            ComponentInstance::Instantiate { component_index, args } => {
                self.tally.items(length(args.len()))?;
                if args.iter().any(|arg| is_code(arg.kind)) {
                    return Err(higher_order());
                }
                let (components, _, cost) = self.top()?;
                let part = *components.get(component_index as usize).ok_or_else(no_such_part)?;
                *cost += part.cost;
                cost.component_instances = cost.component_instances.saturating_add(1);
                self.types.add_instance(part.largest_type);
            }
        }
        Ok(())
    }

    fn alias(&mut self, alias: ComponentAlias<'a>) -> Result<(), Refusal> {
        match alias {
            ComponentAlias::InstanceExport { kind, .. } if is_code(kind) => Err(higher_order()),
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::CoreModule, count, index } => {
                let module = *self.enclosing(count)?.1.get(index as usize).ok_or_else(no_such_part)?;
                self.top()?.1.push(module);
                Ok(())
            }
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
                let component = *self.enclosing(count)?.0.get(index as usize).ok_or_else(no_such_part)?;
                self.top()?.0.push(component);
                Ok(())
            }
            alias => self.types.alias(&alias),
        }
    }

    fn enclosing(&mut self, count: u32) -> Result<(&mut Vec<Part>, &mut Vec<Cost>, &mut Cost), Refusal> {
        let index = (self.frames.len() - 1).checked_sub(count as usize).ok_or_else(no_such_part)?;
        self.outer(index)
    }

    fn import(&mut self, import: ComponentImport<'a>) -> Result<(), Refusal> {
        if matches!(import.ty, ComponentTypeRef::Module(_) | ComponentTypeRef::Component(_)) && self.frames.len() > 1 {
            return Err(higher_order());
        }
        if self.frames.len() == 1 {
            self.surface.import(&import)?;
        }
        self.types.named(import.ty)
    }

    /// An export makes a second name, with its own index, for what it exports.
    fn export(&mut self, export: wasmparser::ComponentExport<'a>) -> Result<(), Refusal> {
        if self.frames.len() == 1 {
            self.surface.export(&export);
        }
        match export.kind {
            kind if is_code(kind) => Err(higher_order()),
            ComponentExternalKind::Type => self.types.again(export.index),
            ComponentExternalKind::Instance => {
                self.types.instance_again(export.index);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn finish(mut self) -> Result<Inspection, Refusal> {
        let cost = *self.top()?.2;
        self.check_instances(&cost)?;
        let (kind, contract) = self.surface.kind()?;
        let admitted = Admitted {
            digest: Digest::of(self.wasm),
            size: self.wasm.len() as u64,
            kind,
            contract: contract.to_owned(),
            imports: self.surface.into_imports(),
            definition: None,
        };
        Ok(Inspection { admitted, cost })
    }

    fn check_instances(&self, cost: &Cost) -> Result<(), Refusal> {
        let limits = self.limits;
        let compose = "compose fewer parts";
        within("component instances", cost.component_instances, limits.component_instances_max, compose)?;
        within("core instances", cost.core_instances, limits.core_instances_max, compose)?;
        within("linear memories", cost.memories, limits.memories_max, compose)?;
        within("tables", cost.tables, limits.tables_max, compose)?;
        if cost.memory_bytes <= limits.memory_bytes_max {
            return Ok(());
        }
        Err(too_much_memory(cost.memory_bytes, limits.memory_bytes_max))
    }
}

/// The component is longer than a component may be.
pub(crate) fn too_many_bytes(found: u64, limit: u64) -> Refusal {
    let detail = format!(
        "the component has {found} bytes, and at most {limit} are allowed; optimise for size and strip debug information"
    );
    Refusal::new("over-limit", detail)
}

/// The component starts with more memory than a call may have.
pub(crate) fn too_much_memory(found: u64, limit: u64) -> Refusal {
    let detail = format!(
        "the component starts with {found} bytes of memory, and a call may use {limit}; lower its initial memory \
         (for Rust and C: smaller static data, or the linker's `--initial-memory`)"
    );
    Refusal::new("over-limit", detail)
}

fn is_code(kind: ComponentExternalKind) -> bool {
    matches!(kind, ComponentExternalKind::Module | ComponentExternalKind::Component)
}

/// Parts that are handed around could be instantiated anywhere, so nobody could count them before.
fn higher_order() -> Refusal {
    unsupported("components or modules as values", "nest the parts in the component that instantiates them")
}

fn no_such_part() -> Refusal {
    malformed("a module or component is used that is not defined before", 0)
}

fn length(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}

//! Types: how many, how deep, and how large each is when everything that it shares is written out.
//!
//! The format nests types without a limit and the usual reader follows by recursion: two bytes a level would
//! overflow the stack of the whole host. This reader keeps its own stack.

use signalsync_core::Refusal;
use wasmparser::{
    BinaryReader, ComponentAlias, ComponentDefinedType, ComponentExternName, ComponentExternalKind, ComponentImport,
    ComponentOuterAliasKind, ComponentType, ComponentTypeRef, ComponentValType, CompositeInnerType, RecGroup,
    TypeBounds,
};

use super::{AdmissionLimits, broken, malformed, unsupported, within};

const COMPONENT_TYPE: u8 = 0x41;
const INSTANCE_TYPE: u8 = 0x42;
const FUNCTION_TYPE: u8 = 0x60;

/// One type, or one instance.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// Parts when everything is written out.
    whole: u64,
    /// The same of its largest member that an alias can take out.
    largest: u64,
}

const ONE: Size = Size { whole: 1, largest: 1 };

/// Index spaces of a component, or of a type that declares its own.
#[derive(Debug, Default)]
struct Scope {
    types: Vec<Size>,
    instances: Vec<u64>,
    exported: u64,
    largest: u64,
}

/// A component or instance type whose declarations are being read.
struct Open {
    left: u32,
    component: bool,
}

/// All types of a component, and the scopes that are open.
#[derive(Debug)]
pub(crate) struct Types<'l> {
    limits: &'l AdmissionLimits,
    scopes: Vec<Scope>,
    count: u64,
    parts: u64,
}

impl<'l> Types<'l> {
    pub(crate) fn new(limits: &'l AdmissionLimits) -> Self {
        Self { limits, scopes: vec![Scope::default()], count: 0, parts: 0 }
    }

    /// A component inside of this one begins.
    pub(crate) fn open(&mut self) {
        self.scopes.push(Scope::default());
    }

    /// It ends; the size of its largest type.
    pub(crate) fn close(&mut self) -> u64 {
        self.scopes.pop().map_or(1, |scope| scope.largest)
    }

    /// Reads a section of core types.
    pub(crate) fn core_section(&mut self, (bytes, offset): (&[u8], usize)) -> Result<(), Refusal> {
        let mut reader = BinaryReader::new(bytes, offset);
        for _ in 0..reader.read_var_u32().map_err(broken)? {
            self.core_type(&mut reader)?;
        }
        Ok(())
    }

    /// Reads a section of component types.
    pub(crate) fn section(&mut self, (bytes, offset): (&[u8], usize)) -> Result<(), Refusal> {
        let mut reader = BinaryReader::new(bytes, offset);
        for _ in 0..reader.read_var_u32().map_err(broken)? {
            self.component_type(&mut reader)?;
        }
        Ok(())
    }

    /// Only plain function types: everything else belongs to proposals that are off.
    fn core_type(&mut self, reader: &mut BinaryReader<'_>) -> Result<(), Refusal> {
        if peek(reader)? != FUNCTION_TYPE {
            return Err(unsupported("core types that are not plain functions", "build without garbage collection"));
        }
        let group = reader.read::<RecGroup>().map_err(broken)?;
        let parts: usize = group.types().map(|ty| function_parts(&ty.composite_type.inner)).sum();
        self.note(parts as u64)
    }

    fn component_type(&mut self, reader: &mut BinaryReader<'_>) -> Result<(), Refusal> {
        let mut open = Vec::new();
        self.begin(reader, &mut open)?;
        while let Some(innermost) = open.last_mut() {
            if innermost.left > 0 {
                innermost.left -= 1;
                let component = innermost.component;
                self.declaration(reader, component, &mut open)?;
            } else {
                open.pop();
                self.end()?;
            }
        }
        Ok(())
    }

    fn begin(&mut self, reader: &mut BinaryReader<'_>, open: &mut Vec<Open>) -> Result<(), Refusal> {
        let kind = peek(reader)?;
        if !matches!(kind, COMPONENT_TYPE | INSTANCE_TYPE) {
            let ty = reader.read::<ComponentType<'_>>().map_err(broken)?;
            return self.leaf(&ty);
        }
        reader.read_u8().map_err(broken)?;
        let left = reader.read_var_u32().map_err(broken)?;
        self.note(u64::from(left))?;
        open.push(Open { left, component: kind == COMPONENT_TYPE });
        let depth = open.len() as u64;
        within("types inside of each other", depth, self.limits.type_nesting_max, "flatten the interfaces")?;
        self.scopes.push(Scope::default());
        Ok(())
    }

    fn end(&mut self) -> Result<(), Refusal> {
        let Scope { exported, largest, .. } = self.scopes.pop().unwrap_or_default();
        self.add(Size { whole: exported.saturating_add(1), largest: largest.max(1) })
    }

    fn declaration(
        &mut self,
        reader: &mut BinaryReader<'_>,
        component: bool,
        open: &mut Vec<Open>,
    ) -> Result<(), Refusal> {
        match reader.read_u8().map_err(broken)? {
            0 => self.core_type(reader),
            1 => self.begin(reader, open),
            2 => self.alias(&reader.read::<ComponentAlias<'_>>().map_err(broken)?),
            3 if component => self.named(reader.read::<ComponentImport<'_>>().map_err(broken)?.ty),
            4 => {
                reader.read::<ComponentExternName<'_>>().map_err(broken)?;
                self.named(reader.read::<ComponentTypeRef>().map_err(broken)?)
            }
            _ => Err(malformed("an unknown declaration in a type", reader.original_position())),
        }
    }

    /// An import, or an export of a type that is being declared.
    pub(crate) fn named(&mut self, ty: ComponentTypeRef) -> Result<(), Refusal> {
        let size = match ty {
            ComponentTypeRef::Type(TypeBounds::SubResource) => ONE,
            ComponentTypeRef::Type(TypeBounds::Eq(index)) => self.size(index),
            ComponentTypeRef::Func(index) | ComponentTypeRef::Instance(index) | ComponentTypeRef::Component(index) => {
                self.size(index)
            }
            ComponentTypeRef::Value(_) => return Err(unsupported("values as imports or exports", "use functions")),
            ComponentTypeRef::Module(_) => ONE,
        };
        match ty {
            ComponentTypeRef::Type(_) => self.add(size)?,
            ComponentTypeRef::Instance(_) => self.add_instance(size.largest),
            _ => {}
        }
        let scope = self.scope();
        scope.exported = scope.exported.saturating_add(size.whole);
        Ok(())
    }

    /// A type, or an instance, of another scope.
    pub(crate) fn alias(&mut self, alias: &ComponentAlias<'_>) -> Result<(), Refusal> {
        match *alias {
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Type, instance_index, .. } => {
                let size = self.instance(instance_index);
                self.add(Size { whole: size, largest: size })
            }
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Instance, instance_index, .. } => {
                let size = self.instance(instance_index);
                self.add_instance(size);
                Ok(())
            }
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::Type, count, index } => {
                let scope = self.scopes.len().checked_sub(1 + count as usize).and_then(|at| self.scopes.get(at));
                let size = scope.and_then(|scope| scope.types.get(index as usize)).copied().unwrap_or(ONE);
                self.add(size)
            }
            _ => Ok(()),
        }
    }

    /// A second index for a type.
    pub(crate) fn again(&mut self, index: u32) -> Result<(), Refusal> {
        self.add(self.size(index))
    }

    /// A second index for an instance.
    pub(crate) fn instance_again(&mut self, index: u32) {
        self.add_instance(self.instance(index));
    }

    /// An instance whose largest type has this size.
    pub(crate) fn add_instance(&mut self, largest: u64) {
        self.scope().instances.push(largest.max(1));
    }

    /// An instance made of what is in scope.
    pub(crate) fn add_bag(&mut self) {
        let largest = self.scope().largest;
        self.add_instance(largest);
    }

    fn leaf(&mut self, ty: &ComponentType<'_>) -> Result<(), Refusal> {
        let (parts, size) = match ty {
            ComponentType::Defined(defined) => self.defined(defined),
            ComponentType::Func(function) => {
                let params = function.params.iter().map(|(_, ty)| *ty);
                self.sum(params.chain(function.result))
            }
            _ => (0, 1),
        };
        self.note(parts)?;
        self.add(Size { whole: size, largest: size })
    }

    /// Parts that are written, and parts when everything is written out.
    fn defined(&self, ty: &ComponentDefinedType<'_>) -> (u64, u64) {
        match ty {
            ComponentDefinedType::Record(fields) => self.sum(fields.iter().map(|(_, ty)| *ty)),
            ComponentDefinedType::Variant(cases) => {
                let (_, size) = self.sum(cases.iter().filter_map(|case| case.ty));
                let cases = cases.len() as u64;
                (cases, size.saturating_add(cases))
            }
            ComponentDefinedType::Tuple(types) => self.sum(types.iter().copied()),
            ComponentDefinedType::Flags(names) | ComponentDefinedType::Enum(names) => {
                (names.len() as u64, 1 + names.len() as u64)
            }
            ComponentDefinedType::List(ty) | ComponentDefinedType::Option(ty) => self.sum([*ty]),
            ComponentDefinedType::Result { ok, err } => self.sum(ok.iter().chain(err).copied()),
            _ => (0, 1),
        }
    }

    fn sum(&self, types: impl IntoIterator<Item = ComponentValType>) -> (u64, u64) {
        types.into_iter().fold((0, 1), |(parts, size): (u64, u64), ty| {
            let more = match ty {
                ComponentValType::Primitive(_) => 1,
                ComponentValType::Type(index) => self.size(index).whole,
            };
            (parts + 1, size.saturating_add(more))
        })
    }

    /// An index that does not exist is the validator's business.
    fn size(&self, index: u32) -> Size {
        self.scopes.last().and_then(|scope| scope.types.get(index as usize)).copied().unwrap_or(ONE)
    }

    fn instance(&self, index: u32) -> u64 {
        self.scopes.last().and_then(|scope| scope.instances.get(index as usize)).copied().unwrap_or(1)
    }

    fn scope(&mut self) -> &mut Scope {
        if self.scopes.is_empty() {
            self.scopes.push(Scope::default());
        }
        let innermost = self.scopes.len() - 1;
        &mut self.scopes[innermost]
    }

    fn add(&mut self, size: Size) -> Result<(), Refusal> {
        let share = "define smaller types";
        within("parts of one type, written out", size.whole, self.limits.type_size_max, share)?;
        let scope = self.scope();
        scope.types.push(size);
        scope.largest = scope.largest.max(size.largest);
        Ok(())
    }

    fn note(&mut self, parts: u64) -> Result<(), Refusal> {
        self.count += 1;
        self.parts = self.parts.saturating_add(parts);
        within("types", self.count, self.limits.types_max, "use fewer interfaces")?;
        within("fields, cases and parameters of types", self.parts, self.limits.type_parts_max, "use fewer interfaces")
    }
}

fn function_parts(ty: &CompositeInnerType) -> usize {
    match ty {
        CompositeInnerType::Func(function) => function.params().len() + function.results().len(),
        _ => 0,
    }
}

/// The next byte, without taking it.
fn peek(reader: &BinaryReader<'_>) -> Result<u8, Refusal> {
    reader.clone().read_u8().map_err(broken)
}

//! The types of CEL by name.

/// The types of CEL, and their names in an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `null_type`
    Null,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `uint`
    UInt,
    /// `double`
    Double,
    /// `string`
    Str,
    /// `bytes`
    Bytes,
    /// `timestamp`
    Time,
    /// `duration`
    Duration,
    /// `type`
    Type,
    /// `list`
    List,
    /// `map`
    Map,
}

impl Type {
    const ALL: [Type; 12] = [
        Type::Null,
        Type::Bool,
        Type::Int,
        Type::UInt,
        Type::Double,
        Type::Str,
        Type::Bytes,
        Type::Time,
        Type::Duration,
        Type::Type,
        Type::List,
        Type::Map,
    ];

    /// The name in an expression.
    pub fn name(self) -> &'static str {
        match self {
            Type::Null => "null_type",
            Type::Bool => "bool",
            Type::Int => "int",
            Type::UInt => "uint",
            Type::Double => "double",
            Type::Str => "string",
            Type::Bytes => "bytes",
            Type::Time => "timestamp",
            Type::Duration => "duration",
            Type::Type => "type",
            Type::List => "list",
            Type::Map => "map",
        }
    }

    /// The type a name stands for. Such a name cannot be bound to anything else.
    pub fn named(name: &str) -> Option<Type> {
        Type::ALL.into_iter().find(|t| t.name() == name)
    }

    /// The type of a name in the package `google.protobuf`, as the CEL specification calls timestamps and durations.
    pub(super) fn of_protobuf(name: &str) -> Option<Type> {
        match name {
            "Timestamp" => Some(Type::Time),
            "Duration" => Some(Type::Duration),
            _ => None,
        }
    }
}

/// The type's name for a sentence: `a string`, `an int`, `null`.
pub(super) fn with_article(kind: Type) -> &'static str {
    match kind {
        Type::Null => "null",
        Type::Bool => "a bool",
        Type::Int => "an int",
        Type::UInt => "a uint",
        Type::Double => "a double",
        Type::Str => "a string",
        Type::Bytes => "bytes",
        Type::Time => "a timestamp",
        Type::Duration => "a duration",
        Type::Type => "a type",
        Type::List => "a list",
        Type::Map => "a map",
    }
}

//! The compiled tree: a flat table of nodes that name each other by number, so that it is small and cheap to walk.

use super::kind::Type;
use super::pattern::Pattern;
use super::value::{Shared, Value};

/// The number of a node.
pub(super) type Id = u32;

/// The bytes of the source that a node was written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Ast {
    pub(super) text: String,
    pub(super) nodes: Vec<Node>,
    /// By node.
    pub(super) spans: Vec<Span>,
    pub(super) root: Id,
    /// The free names, in the order of their first use.
    pub(super) names: Vec<Box<str>>,
    /// How many names macros bind at once at most.
    pub(super) slots: usize,
}

impl Ast {
    /// The node.
    #[inline]
    pub(super) fn node(&self, id: Id) -> &Node {
        &self.nodes[id as usize]
    }

    /// What the node was written as.
    pub(super) fn source(&self, id: Id) -> &str {
        let span = self.spans[id as usize];
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Where the node begins, in bytes.
    pub(super) fn offset(&self, id: Id) -> usize {
        self.spans[id as usize].start as usize
    }

    /// The range of a macro as it was written.
    pub(super) fn range(&self, fold: &Fold) -> Id {
        match self.node(fold.range) {
            Node::Pairs(of) => *of,
            _ => fold.range,
        }
    }

    /// The nodes directly below, in reading order.
    pub(super) fn children(&self, id: Id) -> Vec<Id> {
        match self.node(id) {
            Node::Literal(_) | Node::Name(_) | Node::Slot(_) => Vec::new(),
            Node::Select(of, _)
            | Node::Has(of, _)
            | Node::Not(of)
            | Node::Negate(of)
            | Node::Pairs(of)
            | Node::Matches(of, _) => {
                vec![*of]
            }
            Node::Index(a, b) | Node::Binary(_, a, b) => vec![*a, *b],
            Node::If(test, yes, no) => vec![*test, *yes, *no],
            Node::And(items) | Node::Or(items) | Node::List(items) | Node::Call(_, items) => items.to_vec(),
            Node::Map(members) => members.iter().flat_map(|(k, v)| [*k, *v]).collect(),
            Node::Fold(fold) => {
                [Some(fold.range), fold.when, Some(fold.body)].into_iter().flatten().collect()
            }
        }
    }
}

/// One node.
#[derive(Debug)]
pub(super) enum Node {
    Literal(Literal),
    /// A free name, by its number in `Ast::names`.
    Name(u32),
    /// A name that a macro binds, by the depth of its macro.
    Slot(u32),
    Select(Id, Box<str>),
    Has(Id, Box<str>),
    Index(Id, Id),
    /// Two or more operands, evaluated from the left until one is false.
    And(Box<[Id]>),
    /// Two or more operands, evaluated from the left until one is true.
    Or(Box<[Id]>),
    Not(Id),
    Negate(Id),
    Binary(Op, Id, Id),
    If(Id, Id, Id),
    List(Box<[Id]>),
    Map(Box<[(Id, Id)]>),
    Fold(Fold),
    /// What a macro of two names walks: of a list each number with its element, of a map each key with its value.
    Pairs(Id),
    Call(Func, Box<[Id]>),
    /// `matches` with a literal pattern.
    Matches(Id, Box<Pattern>),
}

/// A literal.
#[derive(Debug)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Str(Box<str>),
    Bytes(Box<[u8]>),
    Type(Type),
}

impl Literal {
    /// The literal as a value, lent.
    #[inline]
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Literal::Null => Value::Null,
            Literal::Bool(b) => Value::Bool(*b),
            Literal::Int(i) => Value::Int(*i),
            Literal::UInt(u) => Value::UInt(*u),
            Literal::Float(f) => Value::Float(*f),
            Literal::Str(text) => Value::str(text),
            Literal::Bytes(bytes) => Value::Bytes(Shared::Lent(bytes)),
            Literal::Type(kind) => Value::Type(*kind),
        }
    }
}

/// Operators of two operands that are both evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Equal,
    Unequal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

impl Op {
    /// As it is written.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Op::Equal => "==",
            Op::Unequal => "!=",
            Op::Less => "<",
            Op::LessEqual => "<=",
            Op::Greater => ">",
            Op::GreaterEqual => ">=",
            Op::In => "in",
            Op::Add => "+",
            Op::Subtract => "-",
            Op::Multiply => "*",
            Op::Divide => "/",
            Op::Modulo => "%",
        }
    }
}

/// A macro over a range.
#[derive(Debug)]
pub(super) struct Fold {
    pub(super) kind: FoldKind,
    pub(super) range: Id,
    pub(super) slot: u32,
    /// What the element is called.
    pub(super) name: Box<str>,
    /// The filter of a `map` with three arguments.
    pub(super) when: Option<Id>,
    pub(super) body: Id,
}

/// Which macro.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FoldKind {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
}

impl FoldKind {
    /// The macro a member call of this name is.
    pub(super) fn named(name: &str) -> Option<FoldKind> {
        Some(match name {
            "all" => FoldKind::All,
            "exists" => FoldKind::Exists,
            "exists_one" | "existsOne" => FoldKind::ExistsOne,
            "map" => FoldKind::Map,
            "filter" => FoldKind::Filter,
            _ => return None,
        })
    }
}

/// Every function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Func {
    Size,
    Contains,
    StartsWith,
    EndsWith,
    Matches,
    ToInt,
    ToUInt,
    ToDouble,
    ToString,
    ToBytes,
    ToBool,
    ToTimestamp,
    ToDuration,
    Dyn,
    TypeOf,
    GetFullYear,
    GetMonth,
    GetDate,
    GetDayOfMonth,
    GetDayOfWeek,
    GetDayOfYear,
    GetHours,
    GetMinutes,
    GetSeconds,
    GetMilliseconds,
    LowerAscii,
    UpperAscii,
    Trim,
    Split,
    Join,
    Replace,
    Substring,
    IndexOf,
    LastIndexOf,
    Files,
    Exists,
    Stem,
    Sorted,
    Distinct,
    Difference,
    Sum,
    Div,
    Age,
    DaysUntil,
    Sha256,
    Valid,
    Grep,
}

impl Func {
    /// Whether it takes a calendar part out of a timestamp, or a part out of a duration.
    pub(super) fn is_getter(self) -> bool {
        use Func as F;
        matches!(
            self,
            F::GetFullYear
                | F::GetMonth
                | F::GetDate
                | F::GetDayOfMonth
                | F::GetDayOfWeek
                | F::GetDayOfYear
                | F::GetHours
                | F::GetMinutes
                | F::GetSeconds
                | F::GetMilliseconds
        )
    }

    /// Whether its receiver is a string.
    pub(super) fn is_of_string(self) -> bool {
        use Func as F;
        matches!(
            self,
            F::Contains
                | F::StartsWith
                | F::EndsWith
                | F::Matches
                | F::LowerAscii
                | F::UpperAscii
                | F::Trim
                | F::Split
                | F::Replace
                | F::Substring
                | F::IndexOf
                | F::LastIndexOf
        )
    }
}

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `f(x)`
    Global,
    /// `x.f()`
    Member,
    /// Either.
    Both,
}

/// A row of the table of functions; the receiver counts as an argument.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) style: Style,
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) func: Func,
}

const fn row(name: &'static str, style: Style, least: usize, most: usize, func: Func) -> Row {
    Row { name, style, least, most, func }
}

/// The functions: the standard ones of the language definition of CEL, some of its strings extension, and those that
/// gates have beside them (`docs/expressions.md`).
pub(super) const FUNCTIONS: &[Row] = &[
    row("size", Style::Both, 1, 1, Func::Size),
    row("contains", Style::Member, 2, 2, Func::Contains),
    row("startsWith", Style::Member, 2, 2, Func::StartsWith),
    row("endsWith", Style::Member, 2, 2, Func::EndsWith),
    row("matches", Style::Both, 2, 2, Func::Matches),
    row("int", Style::Global, 1, 1, Func::ToInt),
    row("uint", Style::Global, 1, 1, Func::ToUInt),
    row("double", Style::Global, 1, 1, Func::ToDouble),
    row("string", Style::Global, 1, 1, Func::ToString),
    row("bytes", Style::Global, 1, 1, Func::ToBytes),
    row("bool", Style::Global, 1, 1, Func::ToBool),
    row("timestamp", Style::Global, 1, 1, Func::ToTimestamp),
    row("duration", Style::Global, 1, 1, Func::ToDuration),
    row("dyn", Style::Global, 1, 1, Func::Dyn),
    row("type", Style::Global, 1, 1, Func::TypeOf),
    row("getFullYear", Style::Member, 1, 2, Func::GetFullYear),
    row("getMonth", Style::Member, 1, 2, Func::GetMonth),
    row("getDate", Style::Member, 1, 2, Func::GetDate),
    row("getDayOfMonth", Style::Member, 1, 2, Func::GetDayOfMonth),
    row("getDayOfWeek", Style::Member, 1, 2, Func::GetDayOfWeek),
    row("getDayOfYear", Style::Member, 1, 2, Func::GetDayOfYear),
    row("getHours", Style::Member, 1, 2, Func::GetHours),
    row("getMinutes", Style::Member, 1, 2, Func::GetMinutes),
    row("getSeconds", Style::Member, 1, 2, Func::GetSeconds),
    row("getMilliseconds", Style::Member, 1, 2, Func::GetMilliseconds),
    row("lowerAscii", Style::Member, 1, 1, Func::LowerAscii),
    row("upperAscii", Style::Member, 1, 1, Func::UpperAscii),
    row("trim", Style::Member, 1, 1, Func::Trim),
    row("split", Style::Member, 2, 3, Func::Split),
    row("join", Style::Member, 1, 2, Func::Join),
    row("replace", Style::Member, 3, 4, Func::Replace),
    row("substring", Style::Member, 2, 3, Func::Substring),
    row("indexOf", Style::Member, 2, 3, Func::IndexOf),
    row("lastIndexOf", Style::Member, 2, 2, Func::LastIndexOf),
    row("files", Style::Global, 1, 1, Func::Files),
    row("exists", Style::Global, 1, 1, Func::Exists),
    row("stem", Style::Global, 1, 1, Func::Stem),
    row("sorted", Style::Global, 1, 1, Func::Sorted),
    row("distinct", Style::Global, 1, 1, Func::Distinct),
    row("difference", Style::Global, 2, 2, Func::Difference),
    row("sum", Style::Global, 1, 1, Func::Sum),
    row("div", Style::Global, 2, 2, Func::Div),
    row("age", Style::Global, 1, 1, Func::Age),
    row("days_until", Style::Global, 1, 1, Func::DaysUntil),
    row("sha256", Style::Global, 1, 1, Func::Sha256),
    row("valid", Style::Global, 1, 1, Func::Valid),
    row("grep", Style::Global, 2, 2, Func::Grep),
];

//! The compiled tree: a flat table of nodes that name each other by number, so that it is small and cheap to walk.

use super::kind::Type;
use super::pattern::CompiledPattern;
use super::value::{Shared, Value};

/// The number of a node.
pub(super) type NodeId = u32;

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
    pub(super) nodes: Vec<CelNode>,
    /// By node.
    pub(super) spans: Vec<Span>,
    pub(super) root: NodeId,
    /// The free names, in the order of their first use.
    pub(super) names: Vec<Box<str>>,
    /// How many names macros bind at once at most.
    pub(super) slots: usize,
}

impl Ast {
    /// The node.
    #[inline]
    pub(super) fn node(&self, id: NodeId) -> &CelNode {
        &self.nodes[id as usize]
    }

    /// What the node was written as.
    pub(super) fn source(&self, id: NodeId) -> &str {
        let span = self.spans[id as usize];
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Where the node begins, in bytes.
    pub(super) fn offset(&self, id: NodeId) -> usize {
        self.spans[id as usize].start as usize
    }

    /// The range of a macro as it was written.
    pub(super) fn range(&self, fold: &Fold) -> NodeId {
        match self.node(fold.range) {
            CelNode::Pairs(of) => *of,
            _ => fold.range,
        }
    }

    /// The nodes directly below, in reading order.
    pub(super) fn children(&self, id: NodeId) -> Vec<NodeId> {
        match self.node(id) {
            CelNode::Literal(_) | CelNode::Name(_) | CelNode::Slot(_) => Vec::new(),
            CelNode::Select(of, _)
            | CelNode::Has(of, _)
            | CelNode::Not(of)
            | CelNode::Negate(of)
            | CelNode::Pairs(of)
            | CelNode::Matches(of, _) => {
                vec![*of]
            }
            CelNode::Index(a, b) | CelNode::Binary(_, a, b) => vec![*a, *b],
            CelNode::If(test, yes, no) => vec![*test, *yes, *no],
            CelNode::And(items) | CelNode::Or(items) | CelNode::List(items) | CelNode::Call(_, items) => {
                items.to_vec()
            }
            CelNode::Map(members) => members.iter().flat_map(|(k, v)| [*k, *v]).collect(),
            CelNode::Fold(fold) => {
                [Some(fold.range), fold.when, Some(fold.body)].into_iter().flatten().collect()
            }
        }
    }
}

/// One node.
#[derive(Debug)]
pub(super) enum CelNode {
    Literal(Literal),
    /// A free name, by its number in `Ast::names`.
    Name(u32),
    /// A name that a macro binds, by the depth of its macro.
    Slot(u32),
    Select(NodeId, Box<str>),
    Has(NodeId, Box<str>),
    Index(NodeId, NodeId),
    /// Two or more operands, evaluated from the left until one is false.
    And(Box<[NodeId]>),
    /// Two or more operands, evaluated from the left until one is true.
    Or(Box<[NodeId]>),
    Not(NodeId),
    Negate(NodeId),
    Binary(CelOperator, NodeId, NodeId),
    If(NodeId, NodeId, NodeId),
    List(Box<[NodeId]>),
    Map(Box<[(NodeId, NodeId)]>),
    Fold(Fold),
    /// What a macro of two names walks: of a list each number with its element, of a map each key with its value.
    Pairs(NodeId),
    Call(Func, Box<[NodeId]>),
    /// `matches` with a literal pattern.
    Matches(NodeId, Box<CompiledPattern>),
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
pub(super) enum CelOperator {
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

impl CelOperator {
    /// As it is written.
    pub(super) fn sign(self) -> &'static str {
        match self {
            CelOperator::Equal => "==",
            CelOperator::Unequal => "!=",
            CelOperator::Less => "<",
            CelOperator::LessEqual => "<=",
            CelOperator::Greater => ">",
            CelOperator::GreaterEqual => ">=",
            CelOperator::In => "in",
            CelOperator::Add => "+",
            CelOperator::Subtract => "-",
            CelOperator::Multiply => "*",
            CelOperator::Divide => "/",
            CelOperator::Modulo => "%",
        }
    }
}

/// A macro over a range.
#[derive(Debug)]
pub(super) struct Fold {
    pub(super) kind: FoldKind,
    pub(super) range: NodeId,
    pub(super) slot: u32,
    /// What the element is called.
    pub(super) name: Box<str>,
    /// The filter of a `map` with three arguments.
    pub(super) when: Option<NodeId>,
    pub(super) body: NodeId,
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
pub(super) enum CallStyle {
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
    pub(super) style: CallStyle,
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) func: Func,
}

const fn row(name: &'static str, style: CallStyle, least: usize, most: usize, func: Func) -> Row {
    Row { name, style, least, most, func }
}

/// The functions: the standard ones of the language definition of CEL, some of its strings extension, and those that
/// gates have beside them (`docs/expressions.md`).
pub(super) const FUNCTIONS: &[Row] = &[
    row("size", CallStyle::Both, 1, 1, Func::Size),
    row("contains", CallStyle::Member, 2, 2, Func::Contains),
    row("startsWith", CallStyle::Member, 2, 2, Func::StartsWith),
    row("endsWith", CallStyle::Member, 2, 2, Func::EndsWith),
    row("matches", CallStyle::Both, 2, 2, Func::Matches),
    row("int", CallStyle::Global, 1, 1, Func::ToInt),
    row("uint", CallStyle::Global, 1, 1, Func::ToUInt),
    row("double", CallStyle::Global, 1, 1, Func::ToDouble),
    row("string", CallStyle::Global, 1, 1, Func::ToString),
    row("bytes", CallStyle::Global, 1, 1, Func::ToBytes),
    row("bool", CallStyle::Global, 1, 1, Func::ToBool),
    row("timestamp", CallStyle::Global, 1, 1, Func::ToTimestamp),
    row("duration", CallStyle::Global, 1, 1, Func::ToDuration),
    row("dyn", CallStyle::Global, 1, 1, Func::Dyn),
    row("type", CallStyle::Global, 1, 1, Func::TypeOf),
    row("getFullYear", CallStyle::Member, 1, 2, Func::GetFullYear),
    row("getMonth", CallStyle::Member, 1, 2, Func::GetMonth),
    row("getDate", CallStyle::Member, 1, 2, Func::GetDate),
    row("getDayOfMonth", CallStyle::Member, 1, 2, Func::GetDayOfMonth),
    row("getDayOfWeek", CallStyle::Member, 1, 2, Func::GetDayOfWeek),
    row("getDayOfYear", CallStyle::Member, 1, 2, Func::GetDayOfYear),
    row("getHours", CallStyle::Member, 1, 2, Func::GetHours),
    row("getMinutes", CallStyle::Member, 1, 2, Func::GetMinutes),
    row("getSeconds", CallStyle::Member, 1, 2, Func::GetSeconds),
    row("getMilliseconds", CallStyle::Member, 1, 2, Func::GetMilliseconds),
    row("lowerAscii", CallStyle::Member, 1, 1, Func::LowerAscii),
    row("upperAscii", CallStyle::Member, 1, 1, Func::UpperAscii),
    row("trim", CallStyle::Member, 1, 1, Func::Trim),
    row("split", CallStyle::Member, 2, 3, Func::Split),
    row("join", CallStyle::Member, 1, 2, Func::Join),
    row("replace", CallStyle::Member, 3, 4, Func::Replace),
    row("substring", CallStyle::Member, 2, 3, Func::Substring),
    row("indexOf", CallStyle::Member, 2, 3, Func::IndexOf),
    row("lastIndexOf", CallStyle::Member, 2, 2, Func::LastIndexOf),
    row("files", CallStyle::Global, 1, 1, Func::Files),
    row("exists", CallStyle::Global, 1, 1, Func::Exists),
    row("stem", CallStyle::Global, 1, 1, Func::Stem),
    row("sorted", CallStyle::Global, 1, 1, Func::Sorted),
    row("distinct", CallStyle::Global, 1, 1, Func::Distinct),
    row("difference", CallStyle::Global, 2, 2, Func::Difference),
    row("sum", CallStyle::Global, 1, 1, Func::Sum),
    row("div", CallStyle::Global, 2, 2, Func::Div),
    row("age", CallStyle::Global, 1, 1, Func::Age),
    row("days_until", CallStyle::Global, 1, 1, Func::DaysUntil),
    row("sha256", CallStyle::Global, 1, 1, Func::Sha256),
    row("valid", CallStyle::Global, 1, 1, Func::Valid),
    row("grep", CallStyle::Global, 2, 2, Func::Grep),
];

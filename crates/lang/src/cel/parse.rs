//! The `cel` crate's parser, and the only file that names the crate: bounds before it, plain words after it, and what
//! its tree is made of under names of our own.
//!
//! Of the crate's two parsers this is the hand-written one: it gives the same trees as the generated one (a test
//! compares them) in a thirtieth of the time.

use super::ast::{CelOperator, FoldKind};
use super::errors::CompileError;
use cel::parser::pratt_parser::{Lexer, PrattParser};
use tollgate_text::figures::total;

pub(super) use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr as Cst, IdedEntryExpr, IdedExpr, LiteralValue, operators,
};
pub(super) use cel::parser::pratt_parser::{Token, TokenKind as Kind};

/// Longest expression, in bytes and in tokens. The parser recurses along chains of `?` and of unary signs, and the tree
/// of a chain of operators is as deep as the chain is long: these bounds keep both off the end of the stack.
const MAX_BYTES: usize = 64 << 10;
const MAX_TOKENS: usize = 4096;
const MAX_TERNARIES: usize = 64;
const MAX_SIGNS: usize = 64;

pub(super) fn error<T>(offset: usize, message: impl Into<String>) -> Result<T, CompileError> {
    Err(CompileError { message: message.into(), offset })
}

/// The tokens without white space and comments, within the bounds.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, CompileError> {
    if text.len() > MAX_BYTES {
        return error(0, format!("the expression has {} bytes, more than {MAX_BYTES}", text.len()));
    }
    let mut lexer = Lexer::new(text);
    let mut tokens = Vec::with_capacity(text.len() / 3 + 1);
    let (mut ternaries, mut signs) = (0, 0);
    // The sign before this token, if it stands before its operand.
    let mut sign = None;
    loop {
        let token = lexer.lex();
        match token.kind {
            Kind::TokEnd => break,
            Kind::TokWhitespace | Kind::TokComment => continue,
            Kind::TokError => {
                let what = lexer.get_error().map_or("unexpected character", |e| e.message.as_str());
                return error(token.start, what);
            }
            Kind::TokQuestion => ternaries += 1,
            _ => {}
        }
        let is_sign = matches!(token.kind, Kind::TokExclamation | Kind::TokMinus);
        // No grammar of CEL has `-!a`, and the parser drops pairs of signs across others: `-!!a` would be `-a`.
        if is_sign && sign.is_some_and(|sign| sign != token.kind) {
            return error(token.start, "`!` and `-` beside each other: write parentheses between them");
        }
        let leads = token.kind == Kind::TokExclamation || !tokens.last().is_some_and(ends_an_operand);
        sign = (is_sign && leads).then_some(token.kind);
        signs = if is_sign { signs + 1 } else { 0 };
        if tokens.len() == MAX_TOKENS || ternaries > MAX_TERNARIES || signs > MAX_SIGNS {
            return error(token.start, "the expression is too long");
        }
        tokens.push(token);
    }
    if tokens.is_empty() {
        return error(0, "the expression is empty");
    }
    Ok(tokens)
}

/// Whether a `-` after it takes something away from it.
fn ends_an_operand(token: &Token) -> bool {
    use Kind as K;
    matches!(
        token.kind,
        K::TokNull
            | K::TokFalse
            | K::TokTrue
            | K::TokInt
            | K::TokUint
            | K::TokFloat
            | K::TokString
            | K::TokBytes
            | K::TokIdent
            | K::TokReservedWord
            | K::TokRightBracket
            | K::TokRightBrace
            | K::TokRightParen
    )
}

/// What the crate parses. A panic in it is a compile error.
pub(super) fn tree(text: &str) -> Result<IdedExpr, CompileError> {
    let parse = || {
        PrattParser::new()
            .enable_optional_syntax(false)
            .enable_ident_escape_syntax(true)
            .enable_variadic_operator_asts(true)
            .parse(text)
    };
    match std::panic::catch_unwind(parse) {
        Err(_) => error(0, "the expression cannot be parsed"),
        Ok(Ok(tree)) => Ok(tree),
        Ok(Err(errors)) => match errors.errors.first() {
            Some(first) => {
                let offset = offset_of(text, first.pos);
                error(offset, plain(&first.msg, offset == text.len()))
            }
            None => error(0, "the expression cannot be parsed"),
        },
    }
}

/// The crate's words without its jargon.
fn plain(message: &str, at_end: bool) -> String {
    if message.contains("recursion limit") {
        return "the expression is nested too deeply".into();
    }
    let text = message.trim_start_matches("Syntax error: ");
    let wanted = ["mismatched input '<EOF>' expecting ", "mismatched input <EOF> expecting ", "expected "]
        .iter()
        .find_map(|start| text.strip_prefix(start));
    match wanted {
        Some("expression") => "the expression ends too early, expected an operand".into(),
        Some(wanted) if at_end => format!("the expression ends too early, expected {wanted}"),
        _ => text
            .replace("mismatched input ", "unexpected ")
            .replace(" expecting <EOF>", "")
            .replace(" expecting ", ", expected "),
    }
}

/// The byte offset of the crate's line and column (both from 1, columns in bytes).
fn offset_of(text: &str, (line, column): (isize, isize)) -> usize {
    let (Ok(line), Ok(column)) = (usize::try_from(line - 1), usize::try_from(column - 1)) else { return 0 };
    let start: usize = total(text.split_inclusive('\n').take(line).map(str::len));
    (start + column).min(text.len())
}

/// The filter and the body out of the crate's expansion of a macro.
pub(super) fn parts_of(kind: FoldKind, step: &IdedExpr) -> Option<(Option<&IdedExpr>, &IdedExpr)> {
    use operators as o;
    match kind {
        FoldKind::All => Some((None, operands_of(step, o::LOGICAL_AND)?.get(1)?)),
        FoldKind::Exists => Some((None, operands_of(step, o::LOGICAL_OR)?.get(1)?)),
        FoldKind::ExistsOne | FoldKind::Filter => Some((None, operands_of(step, o::CONDITIONAL)?.first()?)),
        FoldKind::Map => match operands_of(step, o::CONDITIONAL) {
            Some(args) => Some((Some(args.first()?), element_of(args.get(1)?)?)),
            None => Some((None, element_of(step)?)),
        },
    }
}

fn operands_of<'c>(node: &'c IdedExpr, name: &str) -> Option<&'c [IdedExpr]> {
    match &node.expr {
        Cst::Call(call) if call.func_name == name && call.target.is_none() => Some(&call.args),
        _ => None,
    }
}

/// The `f` of `@result + [f]`.
fn element_of(step: &IdedExpr) -> Option<&IdedExpr> {
    match &operands_of(step, operators::ADD)?.get(1)?.expr {
        Cst::List(list) => list.elements.first(),
        _ => None,
    }
}

/// The operator of a call that the parser made of one, and its token.
pub(super) fn operator(name: &str) -> Option<(CelOperator, Kind)> {
    use operators as o;
    Some(match name {
        o::EQUALS => (CelOperator::Equal, Kind::TokEqualEqual),
        o::NOT_EQUALS => (CelOperator::Unequal, Kind::TokExclamationEqual),
        o::LESS => (CelOperator::Less, Kind::TokLess),
        o::LESS_EQUALS => (CelOperator::LessEqual, Kind::TokLessEqual),
        o::GREATER => (CelOperator::Greater, Kind::TokGreater),
        o::GREATER_EQUALS => (CelOperator::GreaterEqual, Kind::TokGreaterEqual),
        o::IN => (CelOperator::In, Kind::TokIn),
        o::ADD => (CelOperator::Add, Kind::TokPlus),
        o::SUBSTRACT => (CelOperator::Subtract, Kind::TokMinus),
        o::MULTIPLY => (CelOperator::Multiply, Kind::TokAsterisk),
        o::DIVIDE => (CelOperator::Divide, Kind::TokSlash),
        o::MODULO => (CelOperator::Modulo, Kind::TokPercent),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex::Regex;

    /// A tree without the numbers that a parser gives its nodes.
    fn shape(tree: Result<IdedExpr, impl Sized>) -> Option<String> {
        let ids = Regex::new(r"\bid: \d+, ").unwrap();
        tree.ok().map(|tree| ids.replace_all(&format!("{tree:?}"), "").into_owned())
    }

    fn pratt(text: &str) -> Option<String> {
        shape(PrattParser::new().enable_ident_escape_syntax(true).parse(text))
    }

    fn antlr(text: &str) -> Option<String> {
        shape(cel::parser::Parser::new().enable_ident_escape_syntax(true).parse(text))
    }

    #[test]
    fn both_parsers_read_the_same() {
        for text in [
            "a.b.c == 'x' && size(a.d) > 0 || !b",
            "a ? b : c ? d : e",
            "-1 + -a * 2 - -(3)",
            "!!a && !(b == c)",
            "a.all(x, x.b.exists(y, y > 0))",
            "a.map(x, x > 1, x * 2).filter(y, y in [1, 2u, 3.0])",
            "has(a.b) && has(a.b.c) && a.`d-e` == b'x'",
            "{'a': 1, 2: [true, null,],}['a']",
            "a < b == c != d",
            "a[0].b['c'](1)",
            "f(a)(b)",
            "a.f(1, 'x').g()",
            "1 - 1-1",
            "r'\\n' + \"\"\"a'b\"\"\" + '\\u00e9'",
        ] {
            assert_eq!(pratt(text), antlr(text), "{text}");
        }
    }

    #[test]
    fn signs_of_two_kinds_are_not_mixed() {
        for text in
            ["- ! .size()", "-!a", "!-a", "!-1", "-!!a", "!--a", "a && !-b", "a - -!b", "[-!a]", "(a) == -!b"]
        {
            let refused = tokens(text).unwrap_err();
            assert_eq!(
                refused.message, "`!` and `-` beside each other: write parentheses between them",
                "{text}"
            );
        }
        for text in [
            "a - !b",
            "(a) - !b",
            "'a' - !b",
            "!(-a)",
            "-(!a)",
            "!!a",
            "--a",
            "a - -b",
            "a[0] - !b",
            "1-1",
            "-.a",
        ] {
            assert!(tokens(text).is_ok(), "{text}");
            assert_eq!(pratt(text), antlr(text), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// What the parser in use takes, the other takes too and reads alike. It may take less, never more.
        #[test]
        fn nothing_is_read_otherwise(words in prop::collection::vec(prop::sample::select(vec![
            "a", "b", "x", "a.b", "1", "'s'", "2.5", "null", "(", ")", "(", ")", "[", "]", ",", ":", "?", "!", "-", "+",
            "*", "==", "<", "in", "&&", "||", ".size()", ".all(x,", ".c", "[0]", "{", "}",
        ]), 1..12)) {
            let text = words.join(" ");
            if tokens(&text).is_ok() && let Some(tree) = pratt(&text) {
                prop_assert_eq!(Some(tree), antlr(&text), "{}", text);
            }
        }
    }
}

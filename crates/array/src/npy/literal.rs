//! [`Literal`]: the few forms of Python literal that a .npy header is written in.
//!
//! Headers may come from anyone, so the parser looks at each byte once and nests at most
//! [`MAX_DEPTH`] deep.

use std::fmt;

use super::NpyError;

/// Structures of structures seldom go deeper than three.
const MAX_DEPTH: usize = 32;

/// A value of a header.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    String(String),
    Int(u64),
    Bool(bool),
    Tuple(Vec<Literal>),
    List(Vec<Literal>),
}

/// Parses `text`, a dict with string keys, into its entries in order.
pub(super) fn parse_dict(text: &str) -> Result<Vec<(String, Literal)>, NpyError> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.expect('{', "a dict, which begins with `{`")?;
    let mut entries = Vec::new();
    while !cursor.takes('}') {
        let key = cursor.string()?;
        cursor.expect(':', "`:` after a key")?;
        entries.push((key, cursor.value(0)?));
        if !cursor.takes(',') {
            cursor.expect('}', "`,` or `}` after a value")?;
            break;
        }
    }
    cursor.skip_spaces();
    match cursor.peek() {
        None => Ok(entries),
        Some(_) => Err(cursor.expected("nothing but spaces after the dict")),
    }
}

struct Cursor<'a> {
    text: &'a str,
    /// A byte offset into `text`, always at a character's boundary.
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(|c| c.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn takes(&mut self, wanted: char) -> bool {
        self.skip_spaces();
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn expect(&mut self, wanted: char, what: &'static str) -> Result<(), NpyError> {
        if self.takes(wanted) {
            Ok(())
        } else {
            Err(self.expected(what))
        }
    }

    fn expected(&self, expected: &'static str) -> NpyError {
        NpyError::Malformed {
            at: self.at,
            expected,
        }
    }

    fn value(&mut self, depth: usize) -> Result<Literal, NpyError> {
        if depth > MAX_DEPTH {
            return Err(self.expected("less nesting"));
        }
        self.skip_spaces();
        match self.peek() {
            Some('\'' | '"') => self.string().map(Literal::String),
            Some('0'..='9') => self.int().map(Literal::Int),
            Some('(') => self.tuple(depth),
            Some('[') => {
                let (items, _) = self.sequence('[', ']', depth)?;
                Ok(Literal::List(items))
            }
            _ => self.keyword(),
        }
    }

    fn keyword(&mut self) -> Result<Literal, NpyError> {
        for (keyword, value) in [("True", true), ("False", false)] {
            if self.text[self.at..].starts_with(keyword) {
                self.at += keyword.len();
                return Ok(Literal::Bool(value));
            }
        }
        Err(self.expected("a string, a number from 0 up, True, False, a tuple or a list"))
    }

    /// A parenthesised value without a comma is that value, as in Python.
    fn tuple(&mut self, depth: usize) -> Result<Literal, NpyError> {
        let (mut items, ends_in_comma) = self.sequence('(', ')', depth)?;
        if items.len() == 1 && !ends_in_comma {
            items.pop().ok_or_else(|| self.expected("a value"))
        } else {
            Ok(Literal::Tuple(items))
        }
    }

    fn sequence(
        &mut self,
        open: char,
        close: char,
        depth: usize,
    ) -> Result<(Vec<Literal>, bool), NpyError> {
        self.expect(open, "a sequence")?;
        let mut items = Vec::new();
        let mut ends_in_comma = false;
        while !self.takes(close) {
            if !items.is_empty() && !ends_in_comma {
                return Err(self.expected("`,` between the items of a sequence"));
            }
            items.push(self.value(depth + 1)?);
            ends_in_comma = self.takes(',');
        }
        Ok((items, ends_in_comma))
    }

    fn int(&mut self) -> Result<u64, NpyError> {
        let digits = self.text[self.at..]
            .bytes()
            .take_while(u8::is_ascii_digit)
            .count();
        let number = self.text[self.at..self.at + digits]
            .parse()
            .map_err(|_| self.expected("a number of at most 64 bits"))?;
        self.at += digits;
        // Python 2 wrote long integers so.
        if self.peek() == Some('L') {
            self.at += 1;
        }
        Ok(number)
    }

    fn string(&mut self) -> Result<String, NpyError> {
        self.skip_spaces();
        let quote = match self.peek() {
            Some(quote @ ('\'' | '"')) => quote,
            _ => return Err(self.expected("a string in quotes")),
        };
        self.at += 1;
        let mut string = String::new();
        loop {
            match self.next() {
                None => return Err(self.expected("the quote that ends a string")),
                Some(c) if c == quote => return Ok(string),
                Some('\\') => match self.next() {
                    Some(c @ ('\\' | '\'' | '"')) => string.push(c),
                    _ => return Err(self.expected("only a quote or a backslash after a backslash")),
                },
                Some(c) => string.push(c),
            }
        }
    }
}

/// As Python's `repr` prints it, which is how NumPy writes headers.
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::String(string) => write_string(string, f),
            Literal::Int(number) => number.fmt(f),
            Literal::Bool(true) => f.write_str("True"),
            Literal::Bool(false) => f.write_str("False"),
            Literal::Tuple(items) => {
                f.write_str("(")?;
                write_items(items, f)?;
                f.write_str(if items.len() == 1 { ",)" } else { ")" })
            }
            Literal::List(items) => {
                f.write_str("[")?;
                write_items(items, f)?;
                f.write_str("]")
            }
        }
    }
}

fn write_items(items: &[Literal], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        let separator = if i == 0 { "" } else { ", " };
        write!(f, "{separator}{item}")?;
    }
    Ok(())
}

fn write_string(string: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let quote = if string.contains('\'') && !string.contains('"') {
        '"'
    } else {
        '\''
    };
    write!(f, "{quote}")?;
    for c in string.chars() {
        if c == quote || c == '\\' {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    write!(f, "{quote}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_structure_prints_as_python_does() {
        let text = r#"{"descr":[('a','<i4',),("it's",'<f8',(2,)),('b',[('c','|u1')])],'x':()}"#;
        let entries = parse_dict(text).unwrap();
        assert_eq!(
            entries[0].1.to_string(),
            r#"[('a', '<i4'), ("it's", '<f8', (2,)), ('b', [('c', '|u1')])]"#
        );
        assert_eq!(entries[1], ("x".to_owned(), Literal::Tuple(Vec::new())));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, at) in [
            ("", 0),
            ("{'a' 1}", 5),
            ("{'a': 1 2}", 8),
            ("{'a': -1}", 6),
            ("{'a': 99999999999999999999}", 6),
            ("{'a': (1 2)}", 9),
            ("{'a': None}", 6),
            ("{'a", 3),
            ("{'a': 1} x", 9),
            ("{,}", 1),
        ] {
            match parse_dict(text) {
                Err(NpyError::Malformed { at: found, .. }) => assert_eq!(found, at, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        assert!(parse_dict(&format!("{{'a': {}", "(".repeat(100_000))).is_err());
    }
}

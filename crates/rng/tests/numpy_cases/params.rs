//! [`Params`]: the parameters of a case's call.

use serde_json::{Map, Value};

use super::Result;

/// The parameters by name; every access says what is missing or of the wrong type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Params<'a>(pub(crate) &'a Value);

impl<'a> Params<'a> {
    pub(crate) fn has(self, name: &str) -> bool {
        self.0.get(name).is_some()
    }

    pub(crate) fn value(self, name: &str) -> Result<&'a Value> {
        self.0
            .get(name)
            .ok_or_else(|| format!("`{name}` is missing").into())
    }

    pub(crate) fn text(self, name: &str) -> Result<&'a str> {
        self.value(name)?
            .as_str()
            .ok_or_else(|| format!("`{name}` is not text").into())
    }

    pub(crate) fn text_or(self, name: &str, default: &'a str) -> Result<&'a str> {
        if self.has(name) {
            self.text(name)
        } else {
            Ok(default)
        }
    }

    pub(crate) fn flag(self, name: &str, default: bool) -> Result<bool> {
        match self.0.get(name) {
            None => Ok(default),
            Some(value) => value
                .as_bool()
                .ok_or_else(|| format!("`{name}` is no flag").into()),
        }
    }

    pub(crate) fn real(self, name: &str) -> Result<f64> {
        self.value(name)?
            .as_f64()
            .ok_or_else(|| format!("`{name}` is no number").into())
    }

    pub(crate) fn reals(self, name: &str) -> Result<Vec<f64>> {
        let items = self.list(name)?;
        items
            .iter()
            .map(|item| {
                item.as_f64()
                    .ok_or_else(|| format!("`{name}` holds no numbers").into())
            })
            .collect()
    }

    pub(crate) fn integer(self, name: &str) -> Result<i128> {
        integer(self.value(name)?).map_err(|error| format!("`{name}`: {error}").into())
    }

    pub(crate) fn integer_or(self, name: &str, default: i128) -> Result<i128> {
        if self.has(name) {
            self.integer(name)
        } else {
            Ok(default)
        }
    }

    pub(crate) fn integers<T: TryFrom<i128>>(self, name: &str) -> Result<Vec<T>> {
        self.list(name)?.iter().map(narrow_item).collect()
    }

    fn list(self, name: &str) -> Result<&'a [Value]> {
        let list = self.value(name)?.as_array();
        list.map(Vec::as_slice)
            .ok_or_else(|| format!("`{name}` is no list").into())
    }
}

/// An integer as a number, or as text for those that JSON readers would round.
pub(crate) fn integer(value: &Value) -> Result<i128> {
    match value {
        Value::String(digits) => Ok(digits.parse()?),
        Value::Number(number) => number
            .as_i64()
            .map(i128::from)
            .or(number.as_u64().map(i128::from))
            .ok_or_else(|| format!("{number} is no integer").into()),
        other => Err(format!("{other} is no integer").into()),
    }
}

pub(crate) fn narrow_item<T: TryFrom<i128>>(value: &Value) -> Result<T> {
    let wide = integer(value)?;
    T::try_from(wide).map_err(|_| format!("{wide} is out of range").into())
}

/// The shape that a call draws: a number, a list, or nothing for methods without one.
pub(crate) fn shape(size: &Value) -> Result<Vec<usize>> {
    match size {
        Value::Null => Ok(Vec::new()),
        Value::Array(axes) => axes.iter().map(narrow_item).collect(),
        n => Ok(vec![narrow_item(n)?]),
    }
}

/// The entries of a dict.
pub(crate) fn dict<'a>(value: &'a Value, name: &str) -> Result<&'a Map<String, Value>> {
    value
        .as_object()
        .ok_or_else(|| format!("`{name}` is no dict").into())
}

//! [`Attributes`]: where the attributes of a task function go.

use syn::Attribute;

/// A function's attributes: what describes the name to the struct, what concerns the code to
/// the function that is called, conditions to both.
#[derive(Default)]
pub(crate) struct Attributes<'a> {
    pub(crate) on_struct: Vec<&'a Attribute>,
    pub(crate) on_both: Vec<&'a Attribute>,
    pub(crate) on_body: Vec<&'a Attribute>,
}

impl<'a> Attributes<'a> {
    pub(crate) fn of(attributes: &'a [Attribute]) -> Attributes<'a> {
        let mut sorted = Attributes::default();
        for attribute in attributes {
            let path = attribute.path();
            let place = if path.is_ident("doc") || path.is_ident("deprecated") {
                &mut sorted.on_struct
            } else if path.is_ident("cfg") || path.is_ident("cfg_attr") {
                &mut sorted.on_both
            } else {
                &mut sorted.on_body
            };
            place.push(attribute);
        }
        sorted
    }
}

//! What `#[derive(Element)]` adds to a structure.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Field, Fields, LitStr, Path, Result};

/// Expands the derive.
pub(crate) fn element(structure: TokenStream) -> TokenStream {
    try_element(structure).unwrap_or_else(Error::into_compile_error)
}

fn try_element(structure: TokenStream) -> Result<TokenStream> {
    let structure: DeriveInput = syn::parse2(structure)?;
    let home = home(&structure.attrs)?;
    let name = &structure.ident;
    if !structure.generics.params.is_empty() {
        let problem = "a dtype is one list of fields: give each type its own structure";
        return Err(Error::new(structure.generics.span(), problem));
    }
    check_repr(&structure)?;
    let fields = named_fields(&structure)?;
    let types: Vec<_> = fields.iter().map(|field| &field.ty).collect();
    let texts = fields
        .iter()
        .map(|field| text_of(field, &home))
        .collect::<Result<Vec<TokenStream>>>()?;
    let padding = format!(
        "`{name}` has padding: write it as fields `#[element(padding)] _padding: [u8; N]`, \
         or use `#[repr(C, packed)]`"
    );
    Ok(quote! {
        const _: () = {
            use #home::__private as private;

            const FIELDS: &[private::FieldText] = &[#(#texts),*];
            const TEXT: &private::DtypeText<{ private::FieldText::capacity(FIELDS) }> =
                &private::DtypeText::of_structure(FIELDS);
            const _: () = ::core::assert!(
                ::core::mem::size_of::<#name>() == 0 #(+ ::core::mem::size_of::<#types>())*,
                #padding
            );

            // SAFETY: every field is of a type of which zeros are a value.
            unsafe impl private::Zeroable for #name {}
            // SAFETY: every field is of a type of which all bytes are a value, and the size is that
            // of the fields: no padding. The layout is C's.
            unsafe impl private::Pod for #name {}
            // SAFETY: the description names the fields in the order in which they lie.
            unsafe impl #home::Element for #name {
                const DESCR: &'static str = TEXT.as_str();
            }
        };
    })
}

/// The crate that the expansion names.
fn home(attributes: &[Attribute]) -> Result<TokenStream> {
    let mut home = quote!(::multiproc::array);
    for attribute in of_element(attributes) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(meta.error("a structure's only option is `crate = path`"));
            }
            let path = meta.value()?.call(Path::parse_mod_style)?;
            home = quote!(#path);
            Ok(())
        })?;
    }
    Ok(home)
}

fn of_element(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("element"))
}

fn check_repr(structure: &DeriveInput) -> Result<()> {
    let mut is_in_order = false;
    for attribute in &structure.attrs {
        if attribute.path().is_ident("repr") {
            attribute.parse_nested_meta(|meta| {
                is_in_order |= meta.path.is_ident("C") || meta.path.is_ident("transparent");
                // The numbers of `align` and `packed` are the compiler's to judge.
                if meta.input.peek(syn::token::Paren) {
                    let number;
                    syn::parenthesized!(number in meta.input);
                    number.parse::<TokenStream>()?;
                }
                Ok(())
            })?;
        }
    }
    if is_in_order {
        return Ok(());
    }
    let problem =
        "Rust may order the fields as it likes: write `#[repr(C)]` or `#[repr(C, packed)]`";
    Err(Error::new(structure.ident.span(), problem))
}

fn named_fields(structure: &DeriveInput) -> Result<Vec<&Field>> {
    let problem = "an element is a structure with named fields, of which there is at least one";
    match &structure.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if !fields.named.is_empty() => {
                return Ok(fields.named.iter().collect());
            }
            _ => {}
        },
        Data::Enum(_) | Data::Union(_) => {}
    }
    Err(Error::new(structure.ident.span(), problem))
}

/// The expression of what the dtype says of a field.
fn text_of(field: &Field, home: &TokenStream) -> Result<TokenStream> {
    let ty = &field.ty;
    let mut name = field.ident.as_ref().map(ToString::to_string);
    let mut is_padding = false;
    for attribute in of_element(&field.attrs) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("padding") {
                is_padding = true;
                Ok(())
            } else if meta.path.is_ident("name") {
                let given: LitStr = meta.value()?.parse()?;
                name = Some(checked(&given)?);
                Ok(())
            } else {
                Err(meta.error("a field's options are `name = \"..\"` and `padding`"))
            }
        })?;
    }
    if is_padding {
        return Ok(quote_spanned!(ty.span()=> #home::__private::FieldText::padding::<#ty>()));
    }
    let name = name.unwrap_or_default();
    let name = name.strip_prefix("r#").unwrap_or(&name);
    Ok(quote_spanned!(ty.span()=> #home::__private::FieldText::of::<#ty>(#name)))
}

/// A name that Python writes in single quotes as it is.
fn checked(name: &LitStr) -> Result<String> {
    let text = name.value();
    let is_plain = |c: char| !c.is_control() && !matches!(c, '\'' | '\\');
    if text.is_empty() || !text.chars().all(is_plain) {
        let problem = "a name is not empty, and has neither quotes nor backslashes";
        return Err(Error::new(name.span(), problem));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_an_element_is_told() {
        for (structure, problem) in [
            (
                quote!(
                    #[repr(C)]
                    struct S<T> {
                        a: T,
                    }
                ),
                "a dtype is one list",
            ),
            (
                quote!(
                    struct S {
                        a: u8,
                    }
                ),
                "write `#[repr(C)]`",
            ),
            (
                quote!(
                    #[repr(u8)]
                    enum S {
                        A,
                    }
                ),
                "write `#[repr(C)]`",
            ),
            (
                quote!(
                    #[repr(C)]
                    struct S(u8);
                ),
                "with named fields",
            ),
            (
                quote!(
                    #[repr(C)]
                    struct S {}
                ),
                "with named fields",
            ),
            (
                quote!(
                    #[repr(C, align(8))]
                    struct S {
                        #[element(size = 3)]
                        a: u8,
                    }
                ),
                "a field's options are",
            ),
            (
                quote!(
                    #[repr(C)]
                    struct S {
                        #[element(name = "it's")]
                        a: u8,
                    }
                ),
                "neither quotes nor",
            ),
        ] {
            let expansion = element(structure).to_string();
            assert!(expansion.contains(problem), "{expansion}");
        }
    }
}

//! [`Options`]: what stands between the parentheses of `#[task(..)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::{Path, Result, Token};

pub(crate) struct Options {
    /// The module of the traits and types that the expansion names.
    pub(crate) private: TokenStream,
}

impl Options {
    pub(crate) fn parse(tokens: TokenStream) -> Result<Options> {
        let mut home: Option<Path> = None;
        let parser = syn::meta::parser(|meta| {
            if meta.path.is_ident("crate") {
                home = Some(meta.value()?.call(Path::parse_mod_style)?);
                Ok(())
            } else {
                Err(meta.error("the only option is `crate = path`"))
            }
        });
        parser.parse2(tokens)?;
        let private = match home {
            Some(path) => quote!(#path::__private),
            None => {
                let colons = <Token![::]>::default();
                quote!(#colons multiproc::__private)
            }
        };
        Ok(Options { private })
    }
}

//! What `#[task] fn` becomes.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{
    FnArg, GenericArgument, Ident, ItemFn, PathArguments, Result, Type, TypePath, parse_quote,
};

use crate::attributes::Attributes;
use crate::options::Options;
use crate::signature::{Output, Reference, Signature};

/// Expands the attribute; what is wrong becomes a compiler error beside the function itself, so that
/// plain calls of it do not add errors of their own.
pub(crate) fn task(options: TokenStream, function: TokenStream) -> TokenStream {
    match try_task(options, &function) {
        Ok(expansion) => expansion,
        Err(problems) => {
            let problems = problems.into_compile_error();
            quote!(#problems #function)
        }
    }
}

fn try_task(options: TokenStream, function: &TokenStream) -> Result<TokenStream> {
    let Options { private } = Options::parse(options)?;
    let function: ItemFn = syn::parse2(function.clone())?;
    let signature = Signature::of(&function)?;

    let name = &function.sig.ident;
    let visibility = &function.vis;
    let Attributes {
        on_struct,
        on_both,
        on_body,
    } = Attributes::of(&function.attrs);

    let body = format_ident!("__task_{}", name, span = name.span());
    let inputs = &function.sig.inputs;
    let output = &function.sig.output;
    let block = &function.block;
    let parameter_types = parameter_types(&function);

    let implementation = match signature.part() {
        None => items_task(name, &body, &signature, &private),
        Some(part) => parts_task(name, &body, &signature, part, &private),
    };
    let kind = match signature.part() {
        None => quote!(items),
        Some(_) => quote!(parts),
    };
    let (contexts, arguments, argument_names) = needs(&signature);

    Ok(quote! {
        #(#on_both)*
        #(#on_struct)*
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug)]
        #visibility struct #name;

        #(#on_both)*
        const _: () = {
            #(#on_body)*
            fn #body(#inputs) #output #block

            #implementation

            impl ::core::ops::Deref for #name {
                type Target = fn(#(#parameter_types),*) #output;

                fn deref(&self) -> &Self::Target {
                    const FUNCTION: fn(#(#parameter_types),*) #output = #body;
                    &FUNCTION
                }
            }

            const __ARGUMENTS: &[#private::Parameter] = &[#(
                #private::Parameter::of::<#arguments>(#argument_names),
            )*];

            #[#private::linkme::distributed_slice(#private::TASKS)]
            #[linkme(crate = #private::linkme)]
            static __ENTRY: #private::Entry = #private::Entry::#kind::<#name>(
                #private::TaskName {
                    path: ::core::concat!(::core::module_path!(), "::", ::core::stringify!(#name)),
                    line: ::core::line!(),
                    column: ::core::column!(),
                },
                ::core::stringify!(fn(#(#parameter_types),*) #output),
                #private::Needs {
                    seed: false #(|| <#contexts as #private::FromContext>::NEEDS_SEED)*,
                    arguments: __ARGUMENTS,
                },
            );
        };
    })
}

/// `impl Task`: the item is unpacked, the references are fetched, the body is called.
fn items_task(
    name: &Ident,
    body: &Ident,
    signature: &Signature,
    private: &TokenStream,
) -> TokenStream {
    let Call { prepare, values } = call_of(signature, private);
    let types = &signature.items;
    let items: Vec<Ident> = (0..types.len())
        .map(|k| format_ident!("item_{k}"))
        .collect();
    let (item_type, item_pattern) = match types.as_slice() {
        [one] => (quote!(#one), quote!(item_0)),
        _ => (quote!((#(#types,)*)), quote!((#(#items,)*))),
    };
    let (output, finish) = output_of(&signature.output, private);
    quote! {
        impl #private::Task for #name {
            type Item = #item_type;
            type Output = #output;

            fn entry() -> &'static #private::Entry {
                &__ENTRY
            }

            fn call(
                call: &#private::Call<'_>,
                #item_pattern: Self::Item,
            ) -> ::core::result::Result<Self::Output, #private::Fault> {
                #(#prepare)*
                let output = #body(#(#values,)* #(#items),*);
                #finish
            }
        }
    }
}

/// `impl PartTask`: the same with the part in place of the item.
fn parts_task(
    name: &Ident,
    body: &Ident,
    signature: &Signature,
    part: &Type,
    private: &TokenStream,
) -> TokenStream {
    let Call { prepare, values } = call_of(signature, private);
    let (output, finish) = output_of(&signature.output, private);
    let part = with_static_lifetimes(part);
    quote! {
        impl #private::PartTask for #name {
            type Element = <#part as #private::Part>::Element;
            type Dim = <#part as #private::Part>::Dim;
            type Output = #output;

            fn entry() -> &'static #private::Entry {
                &__ENTRY
            }

            fn call(
                call: &#private::Call<'_>,
                part: &mut #private::PartMut<'_, Self::Element, Self::Dim>,
            ) -> ::core::result::Result<Self::Output, #private::Fault> {
                #(#prepare)*
                let output = #body(#(#values),*);
                #finish
            }
        }
    }
}

/// `PartMut<f64>` and `PartMut<'_, f64>` as `PartMut<'static, f64>`: an associated type elides no lifetime.
fn with_static_lifetimes(part: &Type) -> Type {
    let mut part = part.clone();
    if let Type::Path(TypePath { path, .. }) = &mut part
        && let Some(last) = path.segments.last_mut()
        && let PathArguments::AngleBracketed(arguments) = &mut last.arguments
    {
        let types = arguments
            .args
            .iter()
            .filter(|argument| !matches!(argument, GenericArgument::Lifetime(_)));
        let lifetime: GenericArgument = parse_quote!('static);
        arguments.args = std::iter::once(&lifetime).chain(types).cloned().collect();
    }
    part
}

/// How the references of a call come to be.
struct Call {
    /// Statements that make them.
    prepare: Vec<TokenStream>,
    /// Expressions that pass them.
    values: Vec<TokenStream>,
}

fn call_of(signature: &Signature, private: &TokenStream) -> Call {
    let mut call = Call {
        prepare: Vec::new(),
        values: Vec::new(),
    };
    let mut arguments = 0usize;
    for (k, reference) in signature.references.iter().enumerate() {
        let value = format_ident!("reference_{k}");
        match reference {
            Reference::Part(_) => call.values.push(quote!(part)),
            Reference::Context(ty) => {
                call.prepare.push(quote_spanned! {ty.span()=>
                    let mut #value = <#ty as #private::FromContext>::from_context(call)?;
                });
                call.values.push(quote!(&mut #value));
            }
            Reference::Argument(ty, _) => {
                call.prepare.push(quote_spanned! {ty.span()=>
                    let #value = call.argument::<#ty>(#arguments)?;
                });
                call.values.push(quote!(#value));
                arguments += 1;
            }
        }
    }
    call
}

/// The type of a job's results, and the expression that makes one from `output`.
fn output_of(output: &Output, private: &TokenStream) -> (TokenStream, TokenStream) {
    match output {
        Output::Unit => (quote!(()), quote!(::core::result::Result::Ok(output))),
        Output::Plain(ty) => (quote!(#ty), quote!(::core::result::Result::Ok(output))),
        Output::Fallible(ty) => (
            quote!(<#ty as #private::Fallible>::Output),
            quote!(#private::Fallible::into_result(output)),
        ),
    }
}

/// The types of the context parameters, and the types and names of the arguments.
fn needs(signature: &Signature) -> (Vec<&Type>, Vec<&Type>, Vec<&str>) {
    let mut contexts = Vec::new();
    let mut arguments = Vec::new();
    let mut names = Vec::new();
    for reference in &signature.references {
        match reference {
            Reference::Context(ty) => contexts.push(ty),
            Reference::Argument(ty, name) => {
                arguments.push(ty);
                names.push(name.as_str());
            }
            Reference::Part(_) => {}
        }
    }
    (contexts, arguments, names)
}

fn parameter_types(function: &ItemFn) -> Vec<&Type> {
    function
        .sig
        .inputs
        .iter()
        .filter_map(|parameter| match parameter {
            FnArg::Typed(parameter) => Some(&*parameter.ty),
            FnArg::Receiver(_) => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_by_the_last_word_of_its_type() {
        let part = parse_quote!(multiproc::PartMut<'_, f64, Ix2>);
        let part = with_static_lifetimes(&part);
        let expected: Type = parse_quote!(multiproc::PartMut<'static, f64, Ix2>);
        assert_eq!(quote!(#part).to_string(), quote!(#expected).to_string());

        let function = quote!(
            fn f(p: &mut multiproc::PartMut<f64>) {}
        );
        let expansion = task(TokenStream::new(), function).to_string();
        assert!(expansion.contains("PartTask for f"), "{expansion}");
    }

    #[test]
    fn an_unknown_option_is_told_beside_the_function() {
        let expansion = task(
            quote!(name = "f"),
            quote!(
                fn f() {}
            ),
        )
        .to_string();
        assert!(
            expansion.contains("the only option is `crate = path`"),
            "{expansion}"
        );
        assert!(expansion.ends_with("fn f () { }"), "{expansion}");
    }
}

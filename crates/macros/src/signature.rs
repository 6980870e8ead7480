//! [`Signature`]: what a task's parameters and return type mean, or why they cannot be a task's.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Error, FnArg, Ident, ItemFn, Pat, Result, ReturnType, Safety, Type, TypeReference};

/// A task function's parameters, sorted by where their values come from.
pub(crate) struct Signature {
    /// In the order of the function's parameters: first these, then the items.
    pub(crate) references: Vec<Reference>,
    /// The types of the owned parameters: together, the item.
    pub(crate) items: Vec<Type>,
    pub(crate) output: Output,
}

/// A parameter that the job provides.
pub(crate) enum Reference {
    /// `&mut T`: made anew for each item.
    Context(Type),
    /// `&mut PartMut<T, D>`: the item's part of the array.
    Part(Type),
    /// `&T`: the job's next argument, with the parameter's name for messages.
    Argument(Type, String),
}

pub(crate) enum Output {
    Unit,
    Plain(Type),
    /// Written `..Result<..>`: its `Err` fails the item.
    Fallible(Type),
}

impl Signature {
    /// Returns the type of the part parameter, when the task is over parts of an array.
    pub(crate) fn part(&self) -> Option<&Type> {
        self.references
            .iter()
            .find_map(|reference| match reference {
                Reference::Part(ty) => Some(ty),
                _ => None,
            })
    }

    pub(crate) fn of(function: &ItemFn) -> Result<Signature> {
        let mut problems = Problems::default();
        refuse_modifiers(function, &mut problems);

        let mut references: Vec<Reference> = Vec::new();
        let mut items = Vec::new();
        for (position, parameter) in function.sig.inputs.iter().enumerate() {
            let FnArg::Typed(parameter) = parameter else {
                problems.add(
                    parameter,
                    "a method cannot be a task; write a free function that takes the value",
                );
                continue;
            };
            match &*parameter.ty {
                Type::Reference(reference) => {
                    if !items.is_empty() {
                        problems.add(
                            parameter,
                            "references come first: they are filled in by the job, what follows is the item",
                        );
                    }
                    match classify(reference, name_of(&parameter.pat, position)) {
                        Ok(Reference::Part(_))
                            if references.iter().any(|r| matches!(r, Reference::Part(_))) =>
                        {
                            problems.add(
                                parameter,
                                "a task has one part: `fill` and `update` cut one array",
                            );
                        }
                        Ok(kind) => references.push(kind),
                        Err(problem) => problems.push(problem),
                    }
                }
                Type::ImplTrait(_) => problems.add(
                    &parameter.ty,
                    "a task cannot be generic: its name must mean one function; write the type out",
                ),
                owned => items.push(owned.clone()),
            }
        }

        let signature = Signature {
            references,
            items,
            output: output_of(&function.sig.output, &mut problems),
        };
        if signature.part().is_some() && !signature.items.is_empty() {
            problems.add(
                &function.sig.inputs,
                "a task over a part of an array takes no items: pass what all parts need as `&Frozen<T, D>`",
            );
        }
        problems.into_result()?;
        Ok(signature)
    }
}

fn refuse_modifiers(function: &ItemFn, problems: &mut Problems) {
    let signature = &function.sig;
    if !signature.generics.params.is_empty() || signature.generics.where_clause.is_some() {
        problems.add(
            &signature.generics,
            "a task cannot be generic: its name must mean one function; write the types out",
        );
    }
    if let Some(asyncness) = &signature.asyncness {
        problems.add(
            asyncness,
            "a task cannot be async: it has its process to itself and may block",
        );
    }
    if let Safety::Unsafe(token) = &signature.safety {
        problems.add(
            token,
            "a task cannot be unsafe: the worker could not keep its conditions",
        );
    }
    if let Some(abi) = &signature.abi {
        problems.add(abi, "a task is a plain Rust function");
    }
    if let Some(variadic) = &signature.variadic {
        problems.add(variadic, "a task has a fixed number of parameters");
    }
}

fn classify(reference: &TypeReference, name: String) -> Result<Reference> {
    let target = (*reference.elem).clone();
    if reference.mutability.is_some() {
        return Ok(
            if last_word(&target).is_some_and(|word| word == "PartMut") {
                Reference::Part(target)
            } else {
                Reference::Context(target)
            },
        );
    }
    let owned = match &target {
        Type::Slice(slice) => {
            let element = &slice.elem;
            Some(format!("Vec<{}>", quote::quote!(#element)))
        }
        path if last_word(path).is_some_and(|word| word == "str") => Some("String".to_owned()),
        _ => None,
    };
    match owned {
        Some(owned) => Err(Error::new(
            reference.span(),
            format!("an item arrives as an owned value: write `{owned}`"),
        )),
        None => Ok(Reference::Argument(target, name)),
    }
}

fn output_of(output: &ReturnType, problems: &mut Problems) -> Output {
    let ReturnType::Type(_, ty) = output else {
        return Output::Unit;
    };
    match &**ty {
        Type::Reference(_) => problems.add(ty, "a task returns an owned value"),
        Type::ImplTrait(_) => {
            problems.add(
                ty,
                "a task returns a type with a name: the parent must know it",
            );
        }
        _ => {}
    }
    if last_word(ty).is_some_and(|word| word == "Result") {
        Output::Fallible((**ty).clone())
    } else {
        Output::Plain((**ty).clone())
    }
}

fn last_word(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| &segment.ident),
        _ => None,
    }
}

fn name_of(pattern: &Pat, position: usize) -> String {
    match pattern {
        Pat::Ident(name) => name.ident.to_string(),
        _ => format!("parameter {}", position + 1),
    }
}

/// All that is wrong with a function, so that one compilation tells it all.
#[derive(Default)]
struct Problems(Option<Error>);

impl Problems {
    fn add(&mut self, at: impl Spanned, message: &str) {
        self.push(Error::new(span_of(&at), message));
    }

    fn push(&mut self, problem: Error) {
        match &mut self.0 {
            Some(first) => first.combine(problem),
            None => self.0 = Some(problem),
        }
    }

    fn into_result(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

fn span_of(at: &impl Spanned) -> Span {
    at.span()
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::quote;

    use super::*;

    fn complaints(function: TokenStream) -> Vec<String> {
        let function = syn::parse2(function).expect("a function");
        let problems = Signature::of(&function).err().expect("no task");
        problems
            .into_iter()
            .map(|problem| problem.to_string())
            .collect()
    }

    #[test]
    fn what_cannot_be_a_task_is_told_with_what_to_write() {
        let cases = [
            (
                quote!(
                    fn f<T>(x: T) {}
                ),
                "write the types out",
            ),
            (
                quote!(
                    fn f(x: impl Copy) {}
                ),
                "write the type out",
            ),
            (
                quote!(
                    async fn f() {}
                ),
                "cannot be async",
            ),
            (
                quote!(
                    unsafe fn f() {}
                ),
                "cannot be unsafe",
            ),
            (
                quote!(
                    extern "C" fn f() {}
                ),
                "plain Rust function",
            ),
            (
                quote!(
                    fn f(self) {}
                ),
                "write a free function",
            ),
            (
                quote!(
                    fn f(x: &str) {}
                ),
                "write `String`",
            ),
            (
                quote!(
                    fn f(x: &[u8]) {}
                ),
                "write `Vec<u8>`",
            ),
            (
                quote!(
                    fn f(x: u64, rng: &mut Stream) {}
                ),
                "references come first",
            ),
            (
                quote!(
                    fn f(a: &mut PartMut<f64>, b: &mut PartMut<f64>) {}
                ),
                "one part",
            ),
            (
                quote!(
                    fn f(a: &mut PartMut<f64>, x: u64) {}
                ),
                "takes no items",
            ),
            (
                quote!(
                    fn f() -> &'static str {}
                ),
                "returns an owned value",
            ),
            (
                quote!(
                    fn f() -> impl Copy {}
                ),
                "a type with a name",
            ),
        ];
        for (function, sentence) in cases {
            let complaints = complaints(function.clone());
            let told = complaints
                .iter()
                .any(|complaint| complaint.contains(sentence));
            assert!(told, "{function}: {complaints:?}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let complaints = complaints(quote!(
            async fn f<T>(x: &str) -> &'static str {}
        ));
        assert_eq!(complaints.len(), 4);
    }
}

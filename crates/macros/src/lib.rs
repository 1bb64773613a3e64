//! The derive macros of lazulite: `Tree`, `Module` and `Static`. Use them through the crate `lazulite`, whose traits they implement.

use proc_macro::TokenStream;
use proc_macro2::{Span, TokenStream as Tokens, TokenTree};
use quote::{format_ident, quote};
use std::collections::HashSet;
use syn::{Data, DeriveInput, Error, Field, Fields, Generics, Ident, Result, Type};

/// Derives `lazulite::Tree`; `lazulite` documents it.
#[proc_macro_derive(Tree, attributes(tree, module))]
pub fn derive_tree(input: TokenStream) -> TokenStream {
    expand(input, tree)
}

/// Derives `lazulite::nn::Module` and `lazulite::Tree`; `lazulite` documents it.
#[proc_macro_derive(Module, attributes(tree, module))]
pub fn derive_module(input: TokenStream) -> TokenStream {
    expand(input, |shape| {
        let tree = tree(shape)?;
        let name = &shape.input.ident;
        let (bounds, types, _) = shape.input.generics.split_for_impl();
        let mut predicates = shape.bounds();
        if !shape.input.generics.params.is_empty() {
            predicates.push(quote!(Self: ::core::clone::Clone));
        }
        Ok(quote! {
            #tree
            #[automatically_derived]
            impl #bounds ::lazulite::__private::Module for #name #types where #(#predicates),* {}
        })
    })
}

/// Derives `lazulite::Static`; `lazulite` documents it.
#[proc_macro_derive(Static)]
pub fn derive_static(input: TokenStream) -> TokenStream {
    expand(input, |shape| {
        shape.variants.iter_mut().flat_map(|v| &mut v.members).for_each(|m| m.is_static = true);
        let name = &shape.input.ident;
        let (bounds, types, _) = shape.input.generics.split_for_impl();
        let predicates = shape.bounds();
        let arms = shape.arms(|v| {
            let index = v.index;
            let fed = v.members.iter().map(|m| {
                let binding = &m.binding;
                quote!(::lazulite::__private::Static::feed(#binding, key);)
            });
            quote!({ key.word(#index); #(#fed)* })
        });
        Ok(quote! {
            #[automatically_derived]
            impl #bounds ::lazulite::__private::Static for #name #types where #(#predicates),* {
                fn feed(&self, key: &mut ::lazulite::__private::KeyHasher) {
                    match self { #arms }
                }
            }
        })
    })
}

/// One field.
struct Member {
    /// How a pattern names it: an identifier, or a number.
    name: syn::Member,
    /// The variable a pattern binds it to.
    binding: Ident,
    ty: Type,
    is_static: bool,
    /// What paths to its arrays call it.
    text: String,
}

/// One variant of an enum; of a struct, the struct.
struct Variant {
    path: Tokens,
    index: u64,
    members: Vec<Member>,
}

impl Variant {
    /// `Path { field: binding, .. }`, in which `value` gives each member's right-hand side.
    fn with(&self, value: impl Fn(&Member) -> Tokens) -> Tokens {
        let path = &self.path;
        let fields = self.members.iter().map(|m| {
            let (name, value) = (&m.name, value(m));
            quote!(#name: #value)
        });
        quote!(#path { #(#fields),* })
    }

    /// The members that hold arrays.
    fn trees(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|m| !m.is_static)
    }
}

/// What is derived for.
struct Shape {
    input: DeriveInput,
    variants: Vec<Variant>,
}

fn expand(input: TokenStream, derive: impl Fn(&mut Shape) -> Result<Tokens>) -> TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    Shape::new(input).and_then(|mut s| derive(&mut s)).unwrap_or_else(Error::into_compile_error).into()
}

impl Shape {
    fn new(input: DeriveInput) -> Result<Shape> {
        let variants = match &input.data {
            Data::Struct(s) => vec![Variant { path: quote!(Self), index: 0, members: members(&s.fields)? }],
            Data::Enum(e) => e
                .variants
                .iter()
                .enumerate()
                .map(|(i, v)| {
                    let name = &v.ident;
                    Ok(Variant { path: quote!(Self::#name), index: i as u64, members: members(&v.fields)? })
                })
                .collect::<Result<_>>()?,
            Data::Union(_) => return Err(Error::new(Span::call_site(), "a union holds no tree: derive this for a struct or an enum")),
        };
        Ok(Shape { input, variants })
    }

    /// A match's arms, one a variant, with every member bound.
    fn arms(&self, body: impl Fn(&Variant) -> Tokens) -> Tokens {
        let arms = self.variants.iter().map(|v| {
            let pattern = v.with(|m| {
                let binding = &m.binding;
                quote!(#binding)
            });
            let body = body(v);
            quote!(#pattern => #body)
        });
        if self.variants.is_empty() {
            quote!(_ => ::core::unreachable!("an enum without variants has no values"))
        } else {
            quote!(#(#arms),*)
        }
    }

    /// The bounds that generic fields need.
    fn bounds(&self) -> Vec<Tokens> {
        let given = self.input.generics.where_clause.iter().flat_map(|w| w.predicates.iter().map(|p| quote!(#p)));
        let generic = self.variants.iter().flat_map(|v| &v.members).filter(|m| mentions(&m.ty, &self.input.generics));
        let needed = generic.map(|m| {
            let ty = &m.ty;
            if m.is_static { quote!(#ty: ::lazulite::__private::Static) } else { quote!(#ty: ::lazulite::__private::Tree) }
        });
        given.chain(needed).collect()
    }
}

/// Whether a type names a type parameter.
fn mentions(ty: &Type, generics: &Generics) -> bool {
    fn search(tokens: Tokens, generics: &Generics) -> bool {
        tokens.into_iter().any(|t| match t {
            TokenTree::Ident(i) => generics.type_params().any(|p| p.ident == i),
            TokenTree::Group(g) => search(g.stream(), generics),
            _ => false,
        })
    }
    search(quote!(#ty), generics)
}

fn members(fields: &Fields) -> Result<Vec<Member>> {
    let members = fields
        .members()
        .zip(fields)
        .enumerate()
        .map(|(i, (name, field))| {
            let Options { is_static, text } = options(field)?;
            if is_static && text.is_some() {
                return Err(Error::new_spanned(field, "a static field has no arrays to be named"));
            }
            let text = text.unwrap_or_else(|| match &name {
                syn::Member::Named(i) => i.to_string().trim_start_matches("r#").to_string(),
                syn::Member::Unnamed(i) => i.index.to_string(),
            });
            Ok(Member { name, binding: format_ident!("field_{i}"), ty: field.ty.clone(), is_static, text })
        })
        .collect::<Result<Vec<Member>>>()?;
    let mut seen = HashSet::new();
    for (m, field) in members.iter().zip(fields).filter(|(m, _)| !m.is_static) {
        if !seen.insert(&m.text) {
            return Err(Error::new_spanned(field, format!("two fields are named `{}`", m.text)));
        }
    }
    Ok(members)
}

/// What a field's attributes `#[module(..)]` and `#[tree(..)]` say.
#[derive(Default)]
struct Options {
    is_static: bool,
    text: Option<String>,
}

fn options(field: &Field) -> Result<Options> {
    let mut found = Options::default();
    for a in field.attrs.iter().filter(|a| a.path().is_ident("module") || a.path().is_ident("tree")) {
        a.parse_nested_meta(|meta| {
            if meta.path.is_ident("static") {
                found.is_static = true;
            } else if meta.path.is_ident("name") {
                let text: syn::LitStr = meta.value()?.parse()?;
                if text.value().is_empty() || text.value().contains('.') {
                    return Err(Error::new(text.span(), "a name is not empty and has no dot"));
                }
                found.text = Some(text.value());
            } else {
                return Err(meta.error("the options are `static` and `name = \"...\"`"));
            }
            Ok(())
        })?;
    }
    Ok(found)
}

fn tree(shape: &mut Shape) -> Result<Tokens> {
    let name = &shape.input.ident;
    let (bounds, types, _) = shape.input.generics.split_for_impl();
    let predicates = shape.bounds();
    let each = |call: &dyn Fn(&Member) -> Tokens| {
        shape.arms(|v| {
            let calls = v.trees().map(call);
            quote!({ #(#calls)* })
        })
    };
    let visit = each(&|m| {
        let binding = &m.binding;
        quote!(::lazulite::__private::Tree::visit(#binding, f);)
    });
    let map = shape.arms(|v| {
        v.with(|m| {
            let binding = &m.binding;
            if m.is_static {
                quote!(::core::clone::Clone::clone(#binding))
            } else {
                quote!(::lazulite::__private::Tree::map_arrays(#binding, f))
            }
        })
    });
    let signature = shape.arms(|v| {
        let tag = 7 | (v.members.len() as u64) << 8 | v.index << 32;
        let fed = v.members.iter().map(|m| {
            let binding = &m.binding;
            if m.is_static {
                quote!(::lazulite::__private::Static::feed(#binding, key);)
            } else {
                quote!(::lazulite::__private::Tree::signature(#binding, key);)
            }
        });
        quote!({ key.word(#tag); #(#fed)* })
    });
    let visit_named = each(&|m| {
        let binding = &m.binding;
        let text = &m.text;
        quote!(path.within(#text, |path| ::lazulite::__private::Tree::visit_named(#binding, path, f));)
    });
    let axes = shape.arms(|v| {
        let n = v.trees().count();
        let calls = v.trees().enumerate().map(|(i, m)| {
            let binding = &m.binding;
            quote!(::lazulite::__private::Tree::axes(#binding, spec.child(#i, #n)?, out)?;)
        });
        quote!({ #(#calls)* })
    });
    Ok(quote! {
        #[automatically_derived]
        #[allow(unused_variables, clippy::all)]
        impl #bounds ::lazulite::__private::Tree for #name #types where #(#predicates),* {
            fn visit(&self, f: &mut dyn FnMut(&::lazulite::__private::Array)) {
                match self { #visit }
            }
            fn map_arrays(&self, f: &mut dyn FnMut(&::lazulite::__private::Array) -> ::lazulite::__private::Array) -> Self {
                match self { #map }
            }
            fn signature(&self, key: &mut ::lazulite::__private::KeyHasher) {
                match self { #signature }
            }
            fn visit_named(&self, path: &mut ::lazulite::__private::Path, f: &mut dyn FnMut(&str, &::lazulite::__private::Array)) {
                match self { #visit_named }
            }
            fn axes(
                &self,
                spec: &::lazulite::__private::AxisTree,
                out: &mut ::std::vec::Vec<::core::option::Option<i64>>,
            ) -> ::lazulite::__private::Result<()> {
                match self { #axes }
                ::core::result::Result::Ok(())
            }
        }
    })
}

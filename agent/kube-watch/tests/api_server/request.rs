//! What a request asks for.

use std::collections::HashMap;

/// A place in the API.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    /// As the store names it, without the version.
    pub(crate) resource: String,
    /// As [`super::faults::Faults::not_served`] names it, with the version.
    pub(crate) versioned: String,
    pub(crate) namespace: String,
    pub(crate) name: Option<String>,
}

impl Place {
    /// The place that a path such as `/apis/apps/v1/namespaces/shop/replicasets/cart` names.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let mut parts = path.trim_start_matches('/').split('/');
        let group = match parts.next()? {
            "api" => String::new(),
            "apis" => parts.next()?.to_owned(),
            _ => return None,
        };
        let version = parts.next()?.to_owned();
        let mut rest: Vec<&str> = parts.collect();
        let mut namespace = String::new();
        if rest.len() > 2 && rest[0] == "namespaces" {
            namespace = rest[1].to_owned();
            rest.drain(..2);
        }
        let plural = *rest.first()?;
        Some(Self {
            resource: format!("{group}/{plural}"),
            versioned: format!("{group}/{version}/{plural}"),
            namespace,
            name: rest.get(1).map(|name| (*name).to_owned()),
        })
    }
}

/// The parameters of a request.
pub(crate) fn query(text: &str) -> HashMap<String, String> {
    let parts = text.split('&').filter_map(|part| part.split_once('='));
    parts
        .map(|(key, value)| (key.to_owned(), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex: Vec<u8> = match byte {
            b'%' => rest.by_ref().take(2).collect(),
            b'+' => b"20".to_vec(),
            _ => {
                bytes.push(byte);
                continue;
            }
        };
        let hex = String::from_utf8(hex).expect("hexadecimal digits");
        bytes.push(u8::from_str_radix(&hex, 16).expect("hexadecimal digits"));
    }
    String::from_utf8(bytes).expect("text")
}

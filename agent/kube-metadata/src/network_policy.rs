//! Network policies, whole: what a policy says decides which connections it allows.

use crate::labels::Labels;
use crate::objects::ObjectName;
use std::net::IpAddr;
use std::sync::Arc;

/// A network policy (`networking.k8s.io/v1`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkPolicy {
    /// Where it is; it selects pods of its own namespace.
    pub name: ObjectName,
    /// Uid.
    pub uid: Arc<str>,
    /// The pods that it is about; a selector without requirements is about all of the namespace.
    pub pods: Selector,
    /// What may come in; `None` where it does not restrict that direction, an empty list where nothing
    /// may.
    pub ingress: Option<Box<[PolicyRule]>>,
    /// What may go out, likewise.
    pub egress: Option<Box<[PolicyRule]>>,
}

/// One rule: any of the peers at any of the ports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyRule {
    /// Whom it allows; anybody where empty.
    pub peers: Box<[PolicyPeer]>,
    /// Which ports it allows; all where empty.
    pub ports: Box<[PolicyPort]>,
}

/// Whom a rule allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyPeer {
    /// Pods.
    Pods {
        /// Of these namespaces; of the policy's own where `None`.
        namespaces: Option<Selector>,
        /// With these labels; all where `None`.
        pods: Option<Selector>,
    },
    /// Addresses.
    Addresses {
        /// Of this block,
        block: AddressBlock,
        /// but not of these.
        except: Box<[AddressBlock]>,
    },
    /// Somebody that is written in a way that this version does not understand: it allows nobody.
    NotUnderstood,
}

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressBlock {
    /// Their first address.
    pub address: IpAddr,
    /// How many bits are the same.
    pub prefix_bits: u8,
}

impl AddressBlock {
    /// The block that a text such as `10.0.0.0/8` names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let prefix_bits: u8 = bits.parse().ok()?;
        let bits_max = if address.is_ipv4() { 32 } else { 128 };
        (prefix_bits <= bits_max).then_some(Self {
            address,
            prefix_bits,
        })
    }
}

impl AddressBlock {
    /// The block that a text names, or the one of an address alone.
    #[must_use]
    pub fn parse_or_address(text: &str) -> Option<Self> {
        Self::parse(text).or_else(|| {
            let address: IpAddr = text.parse().ok()?;
            let prefix_bits = if address.is_ipv4() { 32 } else { 128 };
            Some(Self {
                address,
                prefix_bits,
            })
        })
    }

    /// Whether an address is in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let same_bits = |one: u128, other: u128, width: u32| {
            let rest = width.saturating_sub(u32::from(self.prefix_bits));
            one.checked_shr(rest) == other.checked_shr(rest)
        };
        match (self.address.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(one), IpAddr::V4(other)) => {
                same_bits(one.to_bits().into(), other.to_bits().into(), 32)
            }
            (IpAddr::V6(one), IpAddr::V6(other)) => same_bits(one.to_bits(), other.to_bits(), 128),
            _ => false,
        }
    }
}

/// Ports that a rule allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPort {
    /// Protocol.
    pub protocol: PolicyProtocol,
    /// Which.
    pub ports: PolicyPorts,
}

/// Protocol of a port, as policies, pods and services name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PolicyProtocol {
    /// TCP, also where none is named.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
    /// Another one, which this version does not know.
    Other,
}

impl PolicyProtocol {
    /// The protocol that a specification names; TCP where it names none.
    #[must_use]
    pub fn named(name: Option<&str>) -> Self {
        match name {
            None | Some("TCP") => Self::Tcp,
            Some("UDP") => Self::Udp,
            Some("SCTP") => Self::Sctp,
            Some(_) => Self::Other,
        }
    }
}

/// Ports by number or by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyPorts {
    /// All.
    All,
    /// From the first to the last.
    Range {
        /// First.
        first: u16,
        /// Last.
        last: u16,
    },
    /// The one that the pod gives this name.
    Named(Arc<str>),
}

/// Which labels an object must have: all of the requirements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// The requirements.
    pub requirements: Box<[Requirement]>,
}

impl Selector {
    /// Whether an object with these labels is selected.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = labels.get(&requirement.key);
            let is_one_of = |values: &[Arc<str>]| {
                value.is_some_and(|value| values.iter().any(|known| **known == *value))
            };
            match &requirement.test {
                LabelTest::In(values) => is_one_of(values),
                LabelTest::NotIn(values) => !is_one_of(values),
                LabelTest::Exists => value.is_some(),
                LabelTest::DoesNotExist => value.is_none(),
                LabelTest::NotUnderstood => false,
            }
        })
    }
}

/// What a selector requires of a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Key of the label.
    pub key: Arc<str>,
    /// How its value is tested.
    pub test: LabelTest,
}

/// How the value of a label is tested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelTest {
    /// It is one of these.
    In(Box<[Arc<str>]>),
    /// It is none of these, or there is no such label.
    NotIn(Box<[Arc<str>]>),
    /// There is such a label.
    Exists,
    /// There is no such label.
    DoesNotExist,
    /// A test that this version does not know: nothing passes.
    NotUnderstood,
}

#[cfg(test)]
mod tests {
    use super::{AddressBlock, LabelTest, Requirement, Selector};
    use crate::labels::Labels;

    #[test]
    fn a_block_is_an_address_and_its_bits() {
        let block = AddressBlock::parse("10.1.0.0/16").unwrap();
        assert_eq!(block.address.to_string(), "10.1.0.0");
        assert_eq!(block.prefix_bits, 16);
        assert!(AddressBlock::parse("fd00::/8").is_some());
        let alone = AddressBlock::parse_or_address("fd00::1").unwrap();
        assert_eq!(alone.prefix_bits, 128);
        assert_eq!(AddressBlock::parse_or_address("fd00::1/129"), None);
        for wrong in [
            "",
            "10.0.0.0",
            "10.0.0.0/33",
            "fd00::/129",
            "a/8",
            "10.0.0.0/-1",
        ] {
            assert_eq!(AddressBlock::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_block_contains_what_begins_like_it() {
        let contains = |block: &str, address: &str| {
            let block = AddressBlock::parse(block).unwrap();
            block.contains(address.parse().unwrap())
        };
        assert!(contains("10.1.0.0/16", "10.1.255.1"));
        assert!(contains("10.1.0.0/16", "::ffff:10.1.2.3"));
        assert!(!contains("10.1.0.0/16", "10.2.0.1"));
        assert!(contains("10.1.2.3/32", "10.1.2.3"));
        assert!(!contains("10.1.2.3/32", "10.1.2.2"));
        assert!(contains("0.0.0.0/0", "192.0.2.1"));
        assert!(!contains("0.0.0.0/0", "fd00::1"));
        assert!(contains("::/0", "fd00::1"));
        assert!(contains("fd00:1::/32", "fd00:1:ffff::"));
        assert!(!contains("fd00:1::/32", "fd00:2::"));
    }

    #[test]
    fn a_selector_requires_all_that_it_says() {
        let labels = Labels::from_iter([("app", "web"), ("tier", "front")]);
        let matches = |tests: &[(&str, LabelTest)]| {
            let requirement = |(key, test): &(&str, LabelTest)| Requirement {
                key: (*key).into(),
                test: test.clone(),
            };
            let requirements = tests.iter().map(requirement).collect();
            Selector { requirements }.matches(&labels)
        };
        let web = || LabelTest::In(["web".into()].into());
        let not_web = || LabelTest::NotIn(["web".into()].into());
        assert!(matches(&[]));
        assert!(matches(&[("app", web()), ("tier", LabelTest::Exists)]));
        assert!(!matches(&[("app", web()), ("tier", web())]));
        assert!(!matches(&[("app", not_web())]));
        assert!(matches(&[("other", not_web())]), "no label, no value");
        assert!(matches(&[("other", LabelTest::DoesNotExist)]));
        assert!(!matches(&[("app", LabelTest::DoesNotExist)]));
        assert!(!matches(&[("app", LabelTest::NotUnderstood)]));
    }
}

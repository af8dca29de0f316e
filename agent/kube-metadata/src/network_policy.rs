//! Network policies, whole: what a policy says decides which connections it allows.

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

/// Ports that a rule allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPort {
    /// Protocol.
    pub protocol: PolicyProtocol,
    /// Which.
    pub ports: PolicyPorts,
}

/// Protocol of a port of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyProtocol {
    /// TCP, also where the policy names none.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
    /// Another one, which this version does not know.
    Other,
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
    use super::AddressBlock;

    #[test]
    fn a_block_is_an_address_and_its_bits() {
        let block = AddressBlock::parse("10.1.0.0/16").unwrap();
        assert_eq!(block.address.to_string(), "10.1.0.0");
        assert_eq!(block.prefix_bits, 16);
        assert!(AddressBlock::parse("fd00::/8").is_some());
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
}

//! MITRE ATT&CK in the tags of rules, as Falco's rules have it: `mitre_execution`, `T1059`, `T1059.004`.

/// What a rule detects, in the words of MITRE ATT&CK.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Attack<'a> {
    /// Tactics in the order of the tags.
    pub(crate) tactics: Vec<Tactic>,
    /// Ids of techniques, such as `T1059`, each once.
    pub(crate) techniques: Vec<&'a str>,
    /// Ids of techniques of techniques, such as `T1059.004`.
    pub(crate) subtechniques: Vec<&'a str>,
}

/// A tactic of the matrix for enterprises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tactic {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
}

/// What begins the tag of a tactic.
const TACTIC_PREFIX: &str = "mitre_";

/// What follows it, and the tactic: <https://attack.mitre.org/tactics/enterprise/>.
const TACTICS: &[(&str, Tactic)] = &[
    tactic("reconnaissance", "TA0043", "Reconnaissance"),
    tactic("resource_development", "TA0042", "Resource Development"),
    tactic("initial_access", "TA0001", "Initial Access"),
    tactic("execution", "TA0002", "Execution"),
    tactic("persistence", "TA0003", "Persistence"),
    tactic("privilege_escalation", "TA0004", "Privilege Escalation"),
    tactic("defense_evasion", "TA0005", "Defense Evasion"),
    tactic("credential_access", "TA0006", "Credential Access"),
    tactic("discovery", "TA0007", "Discovery"),
    tactic("lateral_movement", "TA0008", "Lateral Movement"),
    tactic("collection", "TA0009", "Collection"),
    tactic("command_and_control", "TA0011", "Command and Control"),
    tactic("exfiltration", "TA0010", "Exfiltration"),
    tactic("impact", "TA0040", "Impact"),
];

const fn tactic(tag: &'static str, id: &'static str, name: &'static str) -> (&'static str, Tactic) {
    (tag, Tactic { id, name })
}

impl<'a> Attack<'a> {
    /// What tags say. Others than those of MITRE ATT&CK are passed over.
    pub(crate) fn of(tags: &'a [String]) -> Self {
        let mut attack = Self::default();
        for tag in tags {
            if let Some(tactic) = named_tactic(tag) {
                push_once(&mut attack.tactics, tactic);
            }
            match technique(tag) {
                Some((technique, None)) => push_once(&mut attack.techniques, technique),
                Some((technique, Some(subtechnique))) => {
                    push_once(&mut attack.techniques, technique);
                    push_once(&mut attack.subtechniques, subtechnique);
                }
                None => {}
            }
        }
        attack
    }
}

fn named_tactic(tag: &str) -> Option<Tactic> {
    let named = tag.strip_prefix(TACTIC_PREFIX);
    let found = TACTICS
        .iter()
        .find(|(name, tactic)| named == Some(*name) || tag == tactic.id);
    found.map(|(_, tactic)| *tactic)
}

/// The technique that a tag names, and the technique of it.
fn technique(tag: &str) -> Option<(&str, Option<&str>)> {
    let is_number =
        |text: &str, digits| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    let (technique, below) = match tag.split_once('.') {
        Some((technique, below)) => (technique, Some(below)),
        None => (tag, None),
    };
    let is_named =
        is_number(technique.strip_prefix('T')?, 4) && below.is_none_or(|below| is_number(below, 3));
    is_named.then_some((technique, below.map(|_| tag)))
}

fn push_once<T: PartialEq>(list: &mut Vec<T>, element: T) {
    if !list.contains(&element) {
        list.push(element);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_name_tactics_and_techniques() {
        let tags = [
            "container",
            "mitre_execution",
            "T1059.004",
            "T1059",
            "TA0040",
            "mitre_execution",
            "mitre_unheard_of",
            "T12345",
            "T1059.4",
            "Tabcd",
            "T",
        ];
        let tags = tags.map(str::to_owned);
        let attack = Attack::of(&tags);
        let tactics: Vec<_> = attack.tactics.iter().map(|tactic| tactic.id).collect();
        assert_eq!(tactics, ["TA0002", "TA0040"]);
        assert_eq!(attack.techniques, ["T1059"]);
        assert_eq!(attack.subtechniques, ["T1059.004"]);
        assert_eq!(Attack::of(&[]), Attack::default());
    }
}

//! A question in SQL.

use crate::Query;
use crate::row::{column_text, first_id_of, nanoseconds, short_container_id, tag_needle};
use saker_proto::AlertId;
use std::fmt::Write;

/// What differs between the databases.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    /// Begins the number of a parameter.
    pub(crate) parameter: char,
    /// The function that finds a text in another.
    pub(crate) find: &'static str,
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Parameter {
    Text(String),
    Long(i64),
    Integer(i32),
    Id(AlertId),
}

/// What stands behind WHERE, and the parameters that it names.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    dialect: Dialect,
    pub(crate) sql: String,
    pub(crate) parameters: Vec<Parameter>,
}

impl Condition {
    /// True for all.
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            sql: "TRUE".to_owned(),
            parameters: Vec::new(),
        }
    }

    /// True for what a query asks for. The alerts' table is `a`.
    pub(crate) fn of(query: &Query, dialect: Dialect) -> Self {
        let mut condition = Self::new(dialect);
        if let Some(since_ns) = query.since_ns {
            condition.and("a.id >= ", Parameter::Id(first_id_of(since_ns / 1_000_000)));
            condition.and("a.time_ns >= ", Parameter::Long(nanoseconds(since_ns)));
        }
        if let Some(until_ns) = query.until_ns {
            let bound = (until_ns / 1_000_000).saturating_add(1);
            condition.and("a.id < ", Parameter::Id(first_id_of(bound)));
            condition.and("a.time_ns < ", Parameter::Long(nanoseconds(until_ns)));
        }
        if query.filter.minimum_priority > 0 {
            let priority = Parameter::Integer(query.filter.minimum_priority);
            condition.and("a.priority >= ", priority);
        }
        condition.and_one_of("a.rule", &query.filter.rules);
        condition.and_one_of("a.namespace", &query.filter.namespaces);
        condition.and_one_of("a.node", &query.nodes);
        condition.and_one_of("a.pod", &query.pods);
        condition.and_container(&query.containers);
        condition.and_tags(&query.filter.tags);
        condition
    }

    /// The name of one more parameter.
    pub(crate) fn bind(&mut self, parameter: Parameter) -> String {
        self.parameters.push(parameter);
        format!("{}{}", self.dialect.parameter, self.parameters.len())
    }

    /// True where `comparison` is, too.
    pub(crate) fn and(&mut self, comparison: &str, parameter: Parameter) {
        let name = self.bind(parameter);
        self.append(&format!("{comparison}{name}"));
    }

    fn append(&mut self, sql: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
    }

    fn list(&mut self, column: &str, texts: impl Iterator<Item = String>) -> String {
        let mut list = format!("{column} IN (");
        for (place, text) in texts.enumerate() {
            let name = self.bind(Parameter::Text(text));
            list.push_str(if place == 0 { "" } else { ", " });
            list.push_str(&name);
        }
        list.push(')');
        list
    }

    fn and_one_of(&mut self, column: &str, texts: &[String]) {
        if !texts.is_empty() {
            let list = self.list(column, texts.iter().map(|text| column_text(text)));
            self.append(&list);
        }
    }

    fn and_container(&mut self, texts: &[String]) {
        if !texts.is_empty() {
            let short = texts
                .iter()
                .map(|text| column_text(short_container_id(text)));
            let ids = self.list("a.container_id", short);
            let names = self.list(
                "a.container_name",
                texts.iter().map(|text| column_text(text)),
            );
            self.append(&format!("({ids} OR {names})"));
        }
    }

    fn and_tags(&mut self, tags: &[String]) {
        if tags.is_empty() {
            return;
        }
        let mut any = String::from("(FALSE");
        for tag in tags {
            let name = self.bind(Parameter::Text(tag_needle(tag)));
            // Writing to a string cannot fail.
            let _infallible = write!(any, " OR {}(a.tags, {name}) > 0", self.dialect.find);
        }
        any.push(')');
        self.append(&any);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use saker_proto::v1;

    const DIALECT: Dialect = Dialect {
        parameter: '?',
        find: "instr",
    };

    #[test]
    fn what_is_empty_excludes_nothing() {
        assert_eq!(Condition::of(&Query::default(), DIALECT).sql, "TRUE");
    }

    #[test]
    fn texts_are_parameters_always() {
        let query = Query {
            filter: v1::AlertFilter {
                rules: vec!["' OR 1=1 --".to_owned()],
                tags: vec!["a".to_owned(), "b".to_owned()],
                ..v1::AlertFilter::default()
            },
            containers: vec!["web".to_owned()],
            ..Query::default()
        };
        let condition = Condition::of(&query, DIALECT);
        assert_eq!(
            condition.sql,
            "TRUE AND a.rule IN (?1) AND (a.container_id IN (?2) OR a.container_name IN (?3)) \
             AND (FALSE OR instr(a.tags, ?4) > 0 OR instr(a.tags, ?5) > 0)"
        );
        assert_eq!(condition.parameters.len(), 5);
    }
}

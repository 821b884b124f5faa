//! The names of condition operators.

use std::cmp::Ordering;

/// How numbers and dates are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    pub(super) fn accepts(self, found: Ordering) -> bool {
        match self {
            Self::Equal => found.is_eq(),
            Self::Less => found.is_lt(),
            Self::LessOrEqual => found.is_le(),
            Self::Greater => found.is_gt(),
            Self::GreaterOrEqual => found.is_ge(),
        }
    }
}

/// What is compared, and how. `ArnEquals` and `ArnLike` are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Base {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Numeric(Order),
    Date(Order),
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
}

/// The set qualifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
    All,
    Any,
}

/// A condition operator, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operator {
    pub base: Base,
    pub negated: bool,
    pub if_exists: bool,
    pub quantifier: Option<Quantifier>,
}

/// Names in lower case, whether they are negated, and what they compare.
const NAMES: [(&str, bool, Base); 26] = [
    ("stringequals", false, Base::StringEquals),
    ("stringnotequals", true, Base::StringEquals),
    ("stringequalsignorecase", false, Base::StringEqualsIgnoreCase),
    ("stringnotequalsignorecase", true, Base::StringEqualsIgnoreCase),
    ("stringlike", false, Base::StringLike),
    ("stringnotlike", true, Base::StringLike),
    ("numericequals", false, Base::Numeric(Order::Equal)),
    ("numericnotequals", true, Base::Numeric(Order::Equal)),
    ("numericlessthan", false, Base::Numeric(Order::Less)),
    ("numericlessthanequals", false, Base::Numeric(Order::LessOrEqual)),
    ("numericgreaterthan", false, Base::Numeric(Order::Greater)),
    ("numericgreaterthanequals", false, Base::Numeric(Order::GreaterOrEqual)),
    ("dateequals", false, Base::Date(Order::Equal)),
    ("datenotequals", true, Base::Date(Order::Equal)),
    ("datelessthan", false, Base::Date(Order::Less)),
    ("datelessthanequals", false, Base::Date(Order::LessOrEqual)),
    ("dategreaterthan", false, Base::Date(Order::Greater)),
    ("dategreaterthanequals", false, Base::Date(Order::GreaterOrEqual)),
    ("bool", false, Base::Bool),
    ("binaryequals", false, Base::Binary),
    ("ipaddress", false, Base::Ip),
    ("notipaddress", true, Base::Ip),
    ("arnequals", false, Base::Arn),
    ("arnlike", false, Base::Arn),
    ("arnnotequals", true, Base::Arn),
    ("arnnotlike", true, Base::Arn),
];

impl Operator {
    /// Reads a name such as `ForAllValues:StringNotLikeIfExists`; nothing for a name that is not documented.
    pub fn parse(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let (quantifier, rest) = match lower.split_once(':') {
            None => (None, lower.as_str()),
            Some(("forallvalues", rest)) => (Some(Quantifier::All), rest),
            Some(("foranyvalue", rest)) => (Some(Quantifier::Any), rest),
            Some(_) => return None,
        };
        if rest == "null" && quantifier.is_none() {
            return Some(Self { base: Base::Null, negated: false, if_exists: false, quantifier });
        }
        let (rest, if_exists) = match rest.strip_suffix("ifexists") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let (_, negated, base) = NAMES.iter().find(|(known, ..)| *known == rest)?;
        Some(Self { base: *base, negated: *negated, if_exists, quantifier })
    }

    /// The documented names, without qualifiers, for suggestions.
    pub(in crate::policy) fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, ..)| *name).chain(["null"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let operator = Operator::parse("ForAllValues:StringNotLikeIfExists").unwrap();
        assert_eq!(operator.base, Base::StringLike);
        assert!(operator.negated && operator.if_exists && operator.quantifier == Some(Quantifier::All));
        assert_eq!(Operator::parse("ArnEquals").unwrap().base, Operator::parse("ArnLike").unwrap().base);
        for name in ["NullIfExists", "ForAnyValue:Null", "StringMatches", "ForSome:Bool", "IfExists", "BinaryNotEquals"]
        {
            assert_eq!(Operator::parse(name), None, "{name}");
        }
    }
}

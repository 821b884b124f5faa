//! Which combinations of patterns some text can match, each with a shortest text that does.
//!
//! All patterns and the language of possible texts run side by side, as one automaton that is searched breadth first.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::super::glob::{Glob, Token};

/// More states than this, and the answer is that it is not known.
const MAX_STATES: usize = 60_000;

/// And no more memory than this, in words of 64 bits, for the states and for the moves between them.
const MAX_WORDS: usize = 4_000_000;

/// A set of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Set {
    Char(char),
    /// Any character but control characters.
    Any,
    /// What no part of an ARN before the last can hold is a colon.
    NoColon,
    /// Letters and digits of a name in IAM, and its punctuation.
    Name,
    /// A name in IAM, or the slash of a path.
    NameOrSlash,
    /// A path in IAM.
    Path,
    Digit,
    LowerOrDigit,
    LowerOrDigitOrDash,
    Lower,
}

impl Set {
    fn has(self, c: char) -> bool {
        match self {
            Self::Char(own) => own == c,
            Self::Any => !c.is_control(),
            Self::NoColon => !c.is_control() && c != ':' && c != ' ',
            // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, "IAM name requirements"
            Self::Name => c.is_ascii_alphanumeric() || "+=,.@_-".contains(c),
            Self::NameOrSlash => Self::Name.has(c) || c == '/',
            Self::Path => c.is_ascii_graphic(),
            Self::Digit => c.is_ascii_digit(),
            Self::LowerOrDigit => c.is_ascii_lowercase() || c.is_ascii_digit(),
            Self::LowerOrDigitOrDash => c == '-' || Self::LowerOrDigit.has(c),
            Self::Lower => c.is_ascii_lowercase(),
        }
    }
}

/// A language of possible texts: one set after the other, some of them any number of times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Domain(Vec<(Set, bool)>);

impl Domain {
    pub(super) fn anything() -> Self {
        Self::default().many(Set::Any)
    }

    /// Names of regions, also of those that do not exist.
    pub(super) fn region() -> Self {
        Self::default().one(Set::Lower).some(Set::Lower).text("-").some(Set::Lower).text("-").one(Set::Digit)
    }

    /// Any ARN.
    pub(super) fn arn() -> Self {
        let mut domain = Self::default().text("arn:aws:").some(Set::NoColon);
        for _ in 0..2 {
            domain = domain.text(":").many(Set::NoColon);
        }
        domain.text(":").some(Set::Any)
    }

    pub(super) fn text(mut self, text: &str) -> Self {
        self.0.extend(text.chars().map(|c| (Set::Char(c), false)));
        self
    }

    pub(super) fn one(mut self, set: Set) -> Self {
        self.0.push((set, false));
        self
    }

    /// Any number, also none.
    pub(super) fn many(mut self, set: Set) -> Self {
        self.0.push((set, true));
        self
    }

    pub(super) fn some(self, set: Set) -> Self {
        self.one(set).many(set)
    }
}

/// A text with the patterns that it matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) matches: Vec<bool>,
}

/// One text for every combination of patterns that a text of one of the domains can match, shortest first; nothing when
/// there are too many states. The `seeds` stand for their combination when they belong to a domain.
pub(super) fn words(domains: &[Domain], patterns: &[&Glob], seeds: &[String]) -> Option<Vec<Word>> {
    let mut found: BTreeMap<Vec<bool>, (usize, String)> = BTreeMap::new();
    for domain in domains {
        Search::new(domain, patterns)?.run(seeds, &mut found)?;
    }
    let mut words: Vec<(usize, Word)> =
        found.into_iter().map(|(matches, (rank, text))| (rank, Word { text, matches })).collect();
    words.sort_by(|(a, left), (b, right)| (a, left.text.len(), &left.text).cmp(&(b, right.text.len(), &right.text)));
    Some(words.into_iter().map(|(_, word)| word).collect())
}

/// Positions of the domain and of every pattern, one bit each, with one more at the end of each for having matched.
type State = Vec<u64>;

struct Search {
    symbols: Vec<char>,
    /// How many of them, the first ones, each stand for all that belong to the same sets of the domain.
    standing: usize,
    sets: Vec<Set>,
    /// For each symbol, the positions that take it and move on, and those that take it and stay.
    moves: Vec<(State, State)>,
    repeats: State,
    start: State,
    ends: Vec<usize>,
}

impl Search {
    fn new(domain: &Domain, patterns: &[&Glob]) -> Option<Self> {
        let mut machines: Vec<Vec<Step>> = vec![domain.0.iter().map(|(set, many)| Step::Of(*set, *many)).collect()];
        machines.extend(
            patterns.iter().map(|glob| glob.tokens.iter().map(|token| Step::Token(*token, glob.fold)).collect()),
        );
        let bits: usize = machines.iter().map(|machine| machine.len() + 1).sum();
        let empty: State = vec![0; bits.div_ceil(64)];
        let sets: Vec<Set> = domain.0.iter().map(|(set, _)| *set).collect();
        let (symbols, standing) = symbols(&sets, patterns);
        if symbols.len().saturating_mul(2 * empty.len()) > MAX_WORDS {
            return None;
        }
        let mut moves = vec![(empty.clone(), empty.clone()); symbols.len()];
        let (mut repeats, mut start, mut ends) = (empty.clone(), empty, Vec::new());
        let mut at = 0;
        for machine in &machines {
            set(&mut start, at);
            for step in machine {
                if step.repeats() {
                    set(&mut repeats, at);
                }
                for (symbol, (moving, staying)) in symbols.iter().zip(&mut moves) {
                    if step.takes(*symbol) {
                        set(if step.repeats() { staying } else { moving }, at);
                    }
                }
                at += 1;
            }
            ends.push(at);
            at += 1;
        }
        let mut search = Self { symbols, standing, sets, moves, repeats, start, ends };
        let mut first = std::mem::take(&mut search.start);
        search.skip_repeats(&mut first);
        search.start = first;
        Some(search)
    }

    fn run(&self, seeds: &[String], found: &mut BTreeMap<Vec<bool>, (usize, String)>) -> Option<()> {
        for (rank, seed) in seeds.iter().enumerate() {
            self.accept_seed(seed, rank, found);
        }
        // Each state remembers by which symbol, and from where, it was reached first.
        let mut parents: Vec<(usize, usize)> = vec![(0, 0)];
        let mut seen: HashMap<State, usize> = HashMap::from([(self.start.clone(), 0)]);
        let mut queue = VecDeque::from([self.start.clone()]);
        let most = MAX_STATES.min(MAX_WORDS / self.start.len().max(1));
        let mut at = 0;
        while let Some(state) = queue.pop_front() {
            if let Some(matches) = self.accepted(&state) {
                found.entry(matches).or_insert_with(|| (usize::MAX, self.text(&parents, at)));
            }
            for (symbol, moves) in self.moves.iter().enumerate() {
                let next = self.step(&state, moves);
                // What can no longer become a possible text leads nowhere.
                if !self.alive(&next) || seen.contains_key(&next) {
                    continue;
                }
                if parents.len() >= most {
                    return None;
                }
                seen.insert(next.clone(), parents.len());
                parents.push((at, symbol));
                queue.push_back(next);
            }
            at += 1;
        }
        Some(())
    }

    fn accept_seed(&self, seed: &str, rank: usize, found: &mut BTreeMap<Vec<bool>, (usize, String)>) {
        let mut state = self.start.clone();
        for c in seed.chars() {
            let Some(symbol) = self.symbol(c) else { return };
            state = self.step(&state, &self.moves[symbol]);
        }
        if let Some(matches) = self.accepted(&state) {
            found.entry(matches).or_insert_with(|| (rank, seed.to_owned()));
        }
    }

    /// The place of a character, or of the one that stands for it.
    fn symbol(&self, c: char) -> Option<usize> {
        let same = |other: &char| self.sets.iter().all(|set| set.has(*other) == set.has(c));
        let own = self.symbols.iter().position(|symbol| *symbol == c);
        own.or_else(|| self.symbols.iter().take(self.standing).position(same))
    }

    fn step(&self, state: &State, (moving, staying): &(State, State)) -> State {
        let mut next = vec![0; state.len()];
        let mut carry = 0;
        for (at, word) in state.iter().enumerate() {
            let moved = word & moving[at];
            next[at] = (moved << 1) | carry | (word & staying[at]);
            carry = moved >> 63;
        }
        self.skip_repeats(&mut next);
        next
    }

    fn skip_repeats(&self, state: &mut State) {
        loop {
            let mut carry = 0;
            let mut changed = false;
            for (word, repeats) in state.iter_mut().zip(&self.repeats) {
                let skipped = *word & repeats;
                let more = *word | (skipped << 1) | carry;
                carry = skipped >> 63;
                changed |= more != *word;
                *word = more;
            }
            if !changed {
                return;
            }
        }
    }

    fn alive(&self, state: &State) -> bool {
        let end = self.ends.first().copied().unwrap_or(0);
        (0..=end).any(|at| has(state, at))
    }

    /// The patterns that are matched here, where the text is possible.
    fn accepted(&self, state: &State) -> Option<Vec<bool>> {
        let mut ends = self.ends.iter().map(|end| has(state, *end));
        ends.next().filter(|possible| *possible).map(|_| ends.collect())
    }

    fn text(&self, parents: &[(usize, usize)], mut at: usize) -> String {
        let mut text = Vec::new();
        while at != 0 {
            let (parent, symbol) = parents[at];
            text.push(self.symbols[symbol]);
            at = parent;
        }
        text.iter().rev().collect()
    }
}

enum Step {
    Of(Set, bool),
    Token(Token, bool),
}

impl Step {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Of(set, _) => set.has(c),
            Self::Token(token, fold) => token.takes(if *fold { c.to_ascii_lowercase() } else { c }),
        }
    }

    fn repeats(&self) -> bool {
        match self {
            Self::Of(_, many) => *many,
            Self::Token(token, _) => token.repeats(),
        }
    }
}

/// Of the characters that nothing tells apart one each, and how many these are; then every character that something asks
/// for.
fn symbols(sets: &[Set], patterns: &[&Glob]) -> (Vec<char>, usize) {
    let mut asked: Vec<char> = Vec::new();
    for glob in patterns {
        for token in &glob.tokens {
            if let Token::Char(c) = token {
                asked.push(*c);
                if glob.fold {
                    asked.push(c.to_ascii_uppercase());
                }
            }
        }
    }
    asked.extend(sets.iter().filter_map(|set| match set {
        Set::Char(c) => Some(*c),
        _ => None,
    }));
    // Where wildcards stay inside a part, the colon is a character of its own.
    asked.push(':');
    asked.sort_unstable();
    asked.dedup();
    let pretty = ('a'..='z').rev().skip(2).chain("yz0123456789".chars());
    let others = pretty.chain('A'..='Z').chain("-_.@/+=, é!#$%&()<>^~|{}[]\\'\"`;?*".chars());
    let mut signatures: Vec<Vec<bool>> = Vec::new();
    let mut symbols = Vec::new();
    for c in others {
        let signature: Vec<bool> = sets.iter().map(|set| set.has(c)).collect();
        if asked.binary_search(&c).is_err() && !signatures.contains(&signature) {
            signatures.push(signature);
            symbols.push(c);
        }
    }
    let standing = symbols.len();
    symbols.extend(asked);
    (symbols, standing)
}

fn set(state: &mut State, at: usize) {
    if let Some(word) = state.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

fn has(state: &State, at: usize) -> bool {
    state.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(domain: Domain, patterns: &[&str]) -> Vec<(String, Vec<bool>)> {
        let globs: Vec<Glob> = patterns.iter().map(|text| Glob::wildcards(text)).collect();
        let words = words(&[domain], &globs.iter().collect::<Vec<_>>(), &[]).unwrap();
        words.into_iter().map(|word| (word.text, word.matches)).collect()
    }

    #[test]
    fn every_combination_has_a_shortest_text() {
        let found = found(Domain::anything(), &["a*", "*b"]);
        let texts: Vec<&str> = found.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["", "a", "b", "ab"]);
    }

    #[test]
    fn texts_belong_to_the_domain() {
        let role = Domain::default().text("r/").some(Set::Name);
        let found = found(role, &["*:r/*", "r/ops*", "*"]);
        assert!(found.iter().all(|(text, matches)| !text.contains(':') && !matches[0] && matches[2]), "{found:?}");
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn an_example_stands_for_what_it_matches() {
        let globs = [Glob::wildcards("ap-northeast-1"), Glob::wildcards("us-*")];
        let seeds = ["us-east-1", "Us-east-1", "eu-west-1", "ap-northeast-1"].map(str::to_owned);
        let words = words(&[Domain::region()], &globs.iter().collect::<Vec<_>>(), &seeds).unwrap();
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["us-east-1", "eu-west-1", "ap-northeast-1"]);
    }

    #[test]
    fn too_many_states_are_not_searched() {
        let patterns: Vec<String> = ('a'..='z').map(|c| format!("*{c}*")).collect();
        let globs: Vec<Glob> = patterns.iter().map(|text| Glob::wildcards(text)).collect();
        assert_eq!(words(&[Domain::anything()], &globs.iter().collect::<Vec<_>>(), &[]), None);
    }

    #[test]
    fn patterns_of_any_size_are_bounded() {
        let characters: String = ('a'..='\u{2fff}').collect();
        let long = Glob::wildcards(&characters.repeat(3));
        assert_eq!(words(&[Domain::anything()], &[&long], &[]), None);
    }

    proptest! {
        #[test]
        fn words_are_what_matching_says_and_no_combination_is_missed(
            patterns in proptest::collection::vec("[ab:*?]{0,5}", 1..4),
            text in "[ab:c]{0,7}",
            seed in "[abcZé:]{0,5}",
        ) {
            let globs: Vec<Glob> = patterns
                .iter()
                .enumerate()
                .map(|(at, text)| if at == 0 { Glob::wildcards(text).within_parts(false) } else { Glob::wildcards(text) })
                .collect();
            let refs: Vec<&Glob> = globs.iter().collect();
            let words = words(&[Domain::anything()], &refs, &[seed]).unwrap();
            for word in &words {
                let own: Vec<bool> = globs.iter().map(|glob| glob.matches(&word.text)).collect();
                prop_assert_eq!(&own, &word.matches, "{}", &word.text);
            }
            let own: Vec<bool> = globs.iter().map(|glob| glob.matches(&text)).collect();
            prop_assert!(words.iter().any(|word| word.matches == own), "{} {:?}", text, own);
        }
    }
}

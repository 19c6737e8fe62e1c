//! How fast a bot sends, by the machine's clock, which no test can stop.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::bot::FakeBot;

/// Messages noted per bot.
const NOTED_MAX: usize = 200_000;

/// A message that Telegram accepted from a bot.
#[derive(Clone, Copy, Debug)]
pub struct Accepted {
    /// The chat it went to.
    pub chat: i64,
    /// When, by the machine's clock.
    pub at: Instant,
}

#[derive(Default)]
pub(crate) struct Pace {
    noted: VecDeque<Accepted>,
}

impl Pace {
    pub fn note(&mut self, chat: i64) {
        if self.noted.len() == NOTED_MAX {
            self.noted.pop_front();
        }
        self.noted.push_back(Accepted { chat, at: Instant::now() });
    }

    pub fn iter(&self) -> impl Iterator<Item = &Accepted> {
        self.noted.iter()
    }

    pub fn forget(&mut self) {
        self.noted.clear();
    }
}

impl FakeBot {
    /// The messages that Telegram accepted from this bot, oldest first, edits aside.
    pub fn accepted(&self) -> Vec<Accepted> {
        self.world.read(|state| state.bot(self.id).pace.iter().copied().collect())
    }
}

/// The most messages that were accepted within any stretch of time shorter than `span`, in all chats together.
pub fn busiest(accepted: &[Accepted], span: Duration) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (last, message) in accepted.iter().enumerate() {
        while message.at.duration_since(accepted[first].at) >= span {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    most
}

/// The same of the one chat that got most.
pub fn busiest_chat(accepted: &[Accepted], span: Duration) -> usize {
    let mut chats = BTreeMap::<i64, Vec<Accepted>>::new();
    for message in accepted {
        chats.entry(message.chat).or_default().push(*message);
    }
    chats.values().map(|accepted| busiest(accepted, span)).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_stretch_is_found_wherever_it_begins() {
        let start = Instant::now();
        let sent = |chat, ms| Accepted { chat, at: start + Duration::from_millis(ms) };
        let accepted = [(7, 0), (8, 400), (7, 1_000), (8, 1_300), (9, 1_350), (7, 2_000)].map(|(c, ms)| sent(c, ms));
        let second = Duration::from_secs(1);
        assert_eq!((busiest(&accepted, second), busiest_chat(&accepted, second)), (4, 2));
        assert_eq!((busiest(&accepted[..2], second), busiest_chat(&accepted[..2], second)), (2, 1));
        assert_eq!(busiest(&[], second), 0);
    }
}

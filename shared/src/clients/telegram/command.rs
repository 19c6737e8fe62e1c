//! Commands in texts.

/// Characters kept of what follows a command; no argument of ours is longer.
const REST_CHARS_MAX: usize = 512;

/// A command, with what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its name as it was written, without the slash.
    pub name: String,
    /// The rest of the line, trimmed.
    pub rest: String,
}

/// The command a text begins with, and the bot it names.
pub fn command(text: &str) -> Option<(Command, Option<&str>)> {
    let line = text.lines().next().unwrap_or_default();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let name = word.strip_prefix('/')?;
    let (name, bot) = match name.split_once('@') {
        Some((name, bot)) => (name, Some(bot)),
        None => (name, None),
    };
    Some((Command { name: name.to_owned(), rest: rest.trim().chars().take(REST_CHARS_MAX).collect() }, bot))
}

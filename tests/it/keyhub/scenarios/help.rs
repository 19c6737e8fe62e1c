//! 1 and 16: what the bot tells about itself, and silence in groups.

use serde_json::json;
use tests::{ADMIN, ALICE, World};

use super::{LIST, unknown_command, world};

const USER_COMMANDS: [&str; 16] = [
    "/forgetme",
    "/help",
    "/keystatus",
    "/mykeys",
    "/paysupport",
    "/premium",
    "/removekeyboard",
    "/requestkey",
    "/shareinfoa",
    "/shareinfob",
    "/shareinfoc",
    "/shareinfod",
    "/shareinfoe",
    "/shareloc",
    "/sharephone",
    "/waitlist",
];
const ADMIN_COMMANDS: [&str; 15] = [
    "/addproduct",
    "/block",
    "/export",
    "/keyinfo",
    "/products",
    "/refund",
    "/replace",
    "/resetlimit",
    "/restock",
    "/return",
    "/revoke",
    "/setproduct",
    "/stats",
    "/unbindphone",
    "/unblock",
];
const LINK: &str = "https://t.me/keyhub_bot";

/// The commands that a text names, in its order.
fn commands(text: &str) -> Vec<&str> {
    text.split_whitespace().filter(|word| word.starts_with('/')).collect()
}

async fn told(world: &World, user: i64, line: &str) -> String {
    world.say(user, line).await.text().to_owned()
}

#[tokio::test]
async fn scenario_01_help_lists_every_command_once() {
    let world = world().await;
    let help = told(&world, ALICE, "/help").await;
    assert_eq!(commands(&help), USER_COMMANDS, "each once, sorted, and nothing else");
    for (line, command) in help.lines().filter(|line| line.starts_with('/')).zip(USER_COMMANDS) {
        assert!(line.starts_with(&format!("{command} - ")) && line.len() > command.len() + 3, "{line}");
    }
    assert_eq!(help.lines().filter(|line| line.starts_with('/')).count(), USER_COMMANDS.len(), "one line each");
    assert!(help.contains("Please contact @owner if you have problems with this bot."), "{help}");
    assert!(help.contains("© OpenStreetMap contributors"), "{help}");
    assert_eq!(told(&world, ALICE, "/help@keyhub_bot").await, help);
}

#[tokio::test]
async fn scenario_01_help_of_an_admin_has_the_admin_commands_too() {
    let world = world().await;
    let help = told(&world, ADMIN, "/help").await;
    let (user, admin): (Vec<_>, Vec<_>) =
        commands(&help).into_iter().enumerate().partition(|(n, _)| *n < USER_COMMANDS.len());
    assert_eq!(user.into_iter().map(|(_, command)| command).collect::<Vec<_>>(), USER_COMMANDS);
    let admin: Vec<_> =
        admin.into_iter().map(|(_, command)| command).filter(|command| *command != "/premium").collect();
    assert_eq!(admin, ADMIN_COMMANDS);
    assert!(help.contains("/premium <id> <days>"), "{help}");
}

#[tokio::test]
async fn scenario_01_help_follows_the_active_products() {
    let world = world().await;
    world.set_product("C", json!({ "state": "hidden" })).await;
    world.add_product("MAC", "Mac <OS>").await;
    let help = told(&world, ALICE, "/help").await;
    assert!(!commands(&help).contains(&"/shareinfoc"), "{help}");
    let line = help.lines().find(|line| line.starts_with("/shareinfomac ")).unwrap();
    assert!(line.contains("Mac <OS>"), "{line}");
    let mut sorted = commands(&help);
    sorted.sort_unstable();
    assert_eq!(commands(&help), sorted);
}

#[tokio::test]
async fn scenario_01_help_of_one_command() {
    let world = world().await;
    for line in ["/help requestkey", "/help /requestkey", "/help requestkey and more", "/help@keyhub_bot requestkey"] {
        let entry = told(&world, ALICE, line).await;
        assert!(entry.starts_with("/requestkey - "), "{entry}");
        assert_eq!(commands(&entry), ["/requestkey"]);
    }
    assert!(told(&world, ALICE, "/help shareinfoa").await.starts_with("/shareinfoa - "));
    for word in ["nosuch", "REQUESTKEY", "shareinfox", "<b>", "addproduct"] {
        assert_eq!(told(&world, ALICE, &format!("/help {word}")).await, unknown_command(word));
    }
    assert!(told(&world, ADMIN, "/help addproduct").await.starts_with("/addproduct <code> <label> - "));
    for command in USER_COMMANDS.map(|command| &command[1..]) {
        assert!(told(&world, ADMIN, &format!("/help {command}")).await.starts_with(&format!("/{command} - ")));
    }
}

#[tokio::test]
async fn scenario_01_start_says_what_the_bot_is() {
    let world = world().await;
    let help = told(&world, ALICE, "/help").await;
    for line in ["/start", "/start anything", "/start@keyhub_bot"] {
        let start = told(&world, ALICE, line).await;
        let (about, hint) = start.split_once("\n\n").unwrap();
        assert_eq!(hint, "Use /help to get a list of all the commands.");
        assert!(help.starts_with(&format!("{about}\n\n")), "the same about text");
        assert!(about.contains("key provider bot") && about.contains("A - 2 keys per day"), "{about}");
    }
}

#[tokio::test]
async fn scenario_01_other_words_are_answered_in_one_line() {
    let world = world().await;
    for line in ["/nosuch", "/Help", "/shareinfox", "/addproduct F Mac", "/restock A", "/shareinfo", "/shareinfoA"] {
        let command = line[1..].split(' ').next().unwrap();
        assert_eq!(told(&world, ALICE, line).await, unknown_command(command));
    }
    for line in ["hello", "help", "A"] {
        let hint = told(&world, ALICE, line).await;
        assert!(hint.contains("/help") && hint.lines().count() == 1, "{hint}");
    }
    assert_eq!(world.say(ALICE, "/help@other_bot").await.texts(), Vec::<&str>::new());
}

#[tokio::test]
async fn scenario_16_groups_get_one_link() {
    let world = world().await;
    let group = world.telegram.group("@our_group", "Our group");
    world.bot.set_status("@our_group", "member");
    world.telegram.set_member("@our_group", ALICE, "member", true);
    for line in ["/requestkey@keyhub_bot", "/requestkey@Keyhub_Bot now", "/bogus@keyhub_bot"] {
        let before = world.messages(group).len();
        let turn = world.say_in("@our_group", ALICE, line).await;
        assert_eq!(turn.texts(), Vec::<&str>::new(), "nothing in the private chat");
        let said = world.messages(group).split_off(before);
        assert_eq!(said.len(), 1, "{line}");
        assert!(said[0].text.contains(LINK), "{}", said[0].text);
        assert_eq!(world.telegram_update(&turn.update).await, 200);
        assert_eq!(world.messages(group).len(), before + 1, "a redelivery says nothing");
    }
}

#[tokio::test]
async fn scenario_16_groups_hear_nothing_else() {
    let world = world().await;
    let group = world.telegram.group("@our_group", "Our group");
    world.bot.set_status("@our_group", "member");
    world.telegram.set_member("@our_group", ALICE, "member", true);
    let mut updates = Vec::new();
    for line in ["/requestkey@otherbot", "/bogus", "/requestkey", "chatter", "@keyhub_bot hello", "/help", "A"] {
        updates.push(world.bot.say_in("@our_group", ALICE, line));
    }
    for content in [
        json!({ "contact": { "phone_number": "+919000000001", "first_name": "Alice", "user_id": ALICE } }),
        json!({ "location": { "latitude": 12.9716, "longitude": 77.5946 } }),
    ] {
        let mut update = world.bot.say_in("@our_group", ALICE, "x");
        let message = update["message"].as_object_mut().unwrap();
        message.remove("text");
        message.extend(content.as_object().unwrap().clone());
        updates.push(update);
    }
    for update in &updates {
        assert_eq!(world.telegram_update(update).await, 200, "{update}");
    }
    assert!(world.messages(group).is_empty() && world.texts(ALICE).is_empty());
    assert_eq!(
        world.number("select (select count(*) from keyhub.person) + (select count(*) from core.conversation)").await,
        0
    );
    world.introduce(ALICE).await;
    assert_eq!(told(&world, ALICE, "/requestkey").await, LIST);
}

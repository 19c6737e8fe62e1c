//! English and Russian, by what the browser prefers.

use tests::bank::{Bank, PASSWORD, flash};
use tests::{Browser, Call};

use super::{LOGIN, PAY, SIGN_UP, STATEMENTS, TRANSACTIONS, VERIFY, log_in, told};

#[tokio::test]
async fn the_language_the_browser_likes_best_is_spoken() {
    let bank = Bank::new().await;
    for (accepted, lang, title) in [
        ("ru", "ru", "Вход"),
        ("ru-RU,ru;q=0.9,en-US;q=0.8", "ru", "Вход"),
        ("de-DE,de;q=0.9,ru;q=0.2", "ru", "Вход"),
        ("en-GB,ru;q=0.9", "en", "Login"),
        ("ru;q=0.4,en;q=0.5", "en", "Login"),
        ("de", "en", "Login"),
        ("*", "en", "Login"),
        ("", "en", "Login"),
        (";;,,q=", "en", "Login"),
    ] {
        let page = Browser::new(&bank.world).reading(accepted).open(LOGIN).await;
        assert!(page.text().contains(&format!("<html lang=\"{lang}\">")), "{accepted}");
        assert!(page.text().contains(&format!("<title>{title} – PL BANK</title>")), "{accepted}: {}", page.text());
        assert!(page.header("vary").contains("accept-language"), "{accepted}");
    }
    let bare = bank.world.send(Call::get("/bank/")).await;
    assert!(bare.text().contains("<html lang=\"en\">"));
}

#[tokio::test]
async fn every_page_speaks_russian() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world).reading("ru");
    let failed = log_in(&mut browser, "alice@example.com", "wrong").await;
    assert_eq!(told(&mut browser, failed).await, "Проверьте данные для входа и попробуйте ещё раз.");
    for (path, words) in [(SIGN_UP, "Зарегистрироваться"), ("/bank/", "Банк, который сразу даёт знать")]
    {
        assert!(browser.open(path).await.text().contains(words), "{path}");
    }
    log_in(&mut browser, "alice@example.com", PASSWORD).await;
    for (path, words) in [
        ("/bank/", "Здравствуйте, Alice"),
        (TRANSACTIONS, "Операции"),
        (PAY, "Оплата карты"),
        (STATEMENTS, "Выписки"),
        ("/bank/notifications", "Уведомления"),
    ] {
        let page = browser.open(path).await;
        assert!(page.text().contains(words) && page.text().contains("Выйти"), "{path}: {}", page.text());
    }
    let answer = browser.submit(PAY, PAY, &[("amount_to_pay", "x")]).await;
    assert!(answer.status == 422 && answer.text().contains("Ошибка"), "{}", answer.text());
    let answer = browser.submit(PAY, PAY, &[("amount_to_pay", "351")]).await;
    let said = told(&mut browser, answer).await;
    assert!(said.starts_with("Долг по карте — только INR 350.00"), "{said}");
    let answer = browser.submit(PAY, PAY, &[("amount_to_pay", "350")]).await;
    assert_eq!(told(&mut browser, answer).await, "Задолженность по карте успешно оплачена!");
    let missing = browser.get("/bank/transactions?product_id=x").await;
    assert!(missing.status == 404 && missing.text().contains("<html lang=\"ru\">"));
}

/// A flash is kept as what happened, so it is said in the language of the page that says it.
#[tokio::test]
async fn what_is_said_once_is_said_once_and_in_the_language_of_its_page() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    let failed = log_in(&mut browser, "alice@example.com", "wrong").await;
    let mut russian = browser.clone().reading("ru");
    assert!(told(&mut russian, failed.clone()).await.starts_with("Проверьте"));
    assert!(told(&mut browser, failed.clone()).await.starts_with("Please check"));
    assert_eq!(flash(browser.open(LOGIN).await.text()), None);
}

#[tokio::test]
async fn the_navigation_is_that_of_visitors_or_of_customers() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    let links = |page: &str| {
        let menu = page.split_once("<nav class=\"menu\"").unwrap().1.split("</nav>").next().unwrap().to_owned();
        let parts: Vec<String> = menu.split("</a>").chain(menu.split("</button>")).map(str::to_owned).collect();
        let words =
            ["Home", "Login", "Sign Up", "Transactions", "Pay Credit Card", "Statements", "Notifications", "Logout"];
        words
            .into_iter()
            .filter(|word| parts.iter().any(|part| part.ends_with(&format!(">{word}"))))
            .collect::<Vec<_>>()
    };
    for path in ["/bank", "/bank/", LOGIN, SIGN_UP] {
        assert_eq!(links(browser.open(path).await.text()), ["Home", "Login", "Sign Up"], "{path}");
    }
    log_in(&mut browser, "alice@example.com", PASSWORD).await;
    for path in ["/bank", "/bank/", LOGIN, SIGN_UP, TRANSACTIONS, PAY, STATEMENTS, "/bank/notifications"] {
        let expected = ["Transactions", "Pay Credit Card", "Statements", "Notifications", "Logout"];
        assert_eq!(links(browser.open(path).await.text()), expected, "{path}");
    }
    assert_eq!(browser.get(VERIFY).await.header("location"), "/bank/", "hers is verified");
}

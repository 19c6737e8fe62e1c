//! What the database itself refuses, whoever asks.

use tests::bank::Bank;

#[tokio::test]
async fn the_ledger_cannot_be_changed_or_broken() {
    let bank = Bank::new().await;
    assert_eq!(bank.debit(&bank.alice.sb, "10").await.status, 201);
    let sb = &bank.alice.sb;
    let journal = "insert into bank.journal (kind, actor, at) values ('external', 'x', now()) returning journal_id";
    let entry = |seq: i64, amount: i64, after: i64| {
        format!(
            "insert into bank.entry select gen_random_uuid(), max(journal_id), '{sb}', {seq}, {amount}, {after}, now() + interval '10 years' from bank.journal"
        )
    };
    let balance = |seq: i64, balance: i64| {
        format!("update bank.account set balance = {balance}, last_seq = {seq} where account_id = '{sb}'")
    };
    for (what, statements) in [
        ("an entry changed", vec!["update bank.entry set amount = 1".to_owned()]),
        ("an entry gone", vec!["delete from bank.entry".to_owned()]),
        ("a journal gone", vec!["delete from bank.journal".to_owned()]),
        ("all gone", vec!["truncate bank.entry".to_owned()]),
        ("audit changed", vec!["update core.audit set actor = 'x'".to_owned()]),
        ("a balance without an entry", vec![format!("update bank.account set balance = 1 where account_id = '{sb}'")]),
        ("one leg", vec![journal.to_owned(), entry(3, 100, 99_100), balance(3, 99_100)]),
        ("a gap", vec![journal.to_owned(), entry(4, 100, 99_100), balance(4, 99_100)]),
        ("a number twice", vec![journal.to_owned(), entry(2, 100, 99_100), balance(2, 99_100)]),
        ("nothing", vec![journal.to_owned(), entry(3, 0, 99_000), balance(3, 99_000)]),
        ("more than there is", vec![balance(2, -1)]),
        (
            "a card that is owed",
            vec![format!("update bank.account set balance = 1 where account_id = '{}'", bank.alice.cc)],
        ),
        ("an unknown kind", vec!["update bank.product set kind = 'XX'".to_owned()]),
    ] {
        let mut db = bank.world.db().await;
        let tx = db.transaction().await.unwrap();
        let mut refused = false;
        for statement in &statements {
            refused = refused || tx.batch_execute(statement).await.is_err();
        }
        assert!(refused || tx.commit().await.is_err(), "{what} passed");
    }
    bank.check_ledger().await;
}

#[tokio::test]
async fn the_hourly_check_finds_what_was_forced() {
    let bank = Bank::new().await;
    bank.world.run("bank-invariants").await;
    assert_eq!(bank.world.logged("the ledger agrees").len(), 1);
    // As an administrator of the database could, who switches the checks off.
    bank.world
        .execute(&format!(
            "alter table bank.account disable trigger all;
             update bank.account set balance = balance + 1 where account_id = '{}';
             alter table bank.account enable trigger all",
            bank.alice.sb
        ))
        .await;
    bank.world.run("bank-invariants").await;
    assert_eq!(bank.world.logged("the ledger does not agree").len(), 1);
}

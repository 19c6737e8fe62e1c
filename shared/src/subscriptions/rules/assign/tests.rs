use super::*;
use crate::base::tron::{Address, Units};
use crate::db::chain::TransferState;
use crate::subscriptions::model::{ClaimId, ClaimState, PlanId};

const ALICE: MemberId = MemberId(1001);
const BOB: MemberId = MemberId(1002);

const DAY: SignedDuration = SignedDuration::from_hours(24);
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The moment so many seconds after the payment's block.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn wallet(name: u8) -> Address {
    Address::from_account(&[name; 20])
}

fn payment(amount: i64) -> Payment {
    Payment {
        hash: "ab".repeat(32).parse().unwrap(),
        log_index: 0,
        wallet: wallet(1),
        sender: wallet(9),
        amount: Units(amount),
        block_at: at(0),
        state: TransferState::Unassigned,
        reason: None,
        product: None,
        order_ref: None,
        owner_id: None,
        found_at: at(0),
    }
}

fn id(number: u128) -> OrderId {
    OrderId::new(at(0), number)
}

/// An order of Alice's on the wallet that was paid, waiting since a minute before the block.
fn order(number: u128) -> Order {
    Order {
        id: id(number),
        member: ALICE,
        plan: PlanId(1),
        period: "1 month".to_owned(),
        days: 30,
        price: Units(100_000_000),
        wallet: wallet(1),
        due: Some(Units(100_000_100)),
        state: OrderState::Waiting,
        source: Source::Bot,
        created_at: at(-60),
        expires_at: at(-60) + DAY,
        paid_at: None,
    }
}

fn reserved(product: &str, ordered_at: i64) -> Reservation {
    let order_ref = if product == DOMAIN { id(1).as_str().to_owned() } else { "server-7".to_owned() };
    Reservation { product: product.to_owned(), order_ref, ordered_at: at(ordered_at) }
}

fn claim(member: MemberId, via: Source) -> Claim {
    Claim {
        id: ClaimId(1),
        hash: payment(1).hash,
        member,
        plan: (via == Source::Api).then_some(PlanId(1)),
        price: (via == Source::Api).then_some(Units(100_000_000)),
        order: None,
        via,
        state: ClaimState::Checking,
        reason: None,
        created_at: at(30),
    }
}

/// Facts of a payment that nobody waits for and nobody claims.
fn nobodys(payment: &Payment) -> Facts<'_> {
    Facts {
        payment,
        risky: false,
        reserved: None,
        reserved_for: None,
        claim: None,
        orders: &[],
        sender_is_theirs: false,
        has_rival: false,
    }
}

/// Decides a minute after the block.
fn decided(facts: &Facts<'_>) -> Fate {
    decide(facts, (WEEK, WEEK), at(60))
}

#[test]
fn what_nobody_waits_for_and_nobody_claims_is_nobodys() {
    assert_eq!(decided(&nobodys(&payment(100_000_000))), Fate::Unassigned);
}

#[test]
fn an_exact_amount_is_the_orders_whoever_claims() {
    let (payment, exact) = (payment(100_000_100), reserved(DOMAIN, -60));
    for claim in [None, Some(claim(BOB, Source::Api)), Some(claim(BOB, Source::Bot)), Some(claim(ALICE, Source::Bot))] {
        for (blocked, has_rival) in [(false, false), (true, true)] {
            let facts = Facts {
                reserved: Some(&exact),
                reserved_for: Some((ALICE, false)),
                claim: claim.as_ref().map(|claim| (claim, blocked)),
                has_rival,
                ..nobodys(&payment)
            };
            assert_eq!(decided(&facts), Fate::Order(ALICE, id(1)), "{claim:?}");
        }
    }
}

#[test]
fn an_order_made_too_long_after_the_block_did_not_ask_for_it() {
    let payment = payment(100_000_100);
    for (ordered_at, expected) in
        [(-86_400, Fate::Order(ALICE, id(1))), (120, Fate::Order(ALICE, id(1))), (121, Fate::Unassigned)]
    {
        let exact = reserved(DOMAIN, ordered_at);
        let facts = Facts { reserved: Some(&exact), reserved_for: Some((ALICE, false)), ..nobodys(&payment) };
        assert_eq!(decided(&facts), expected, "{ordered_at} s after the block");
    }
    let (exact, claim) = (reserved(DOMAIN, 121), claim(BOB, Source::Api));
    let facts = Facts {
        reserved: Some(&exact),
        reserved_for: Some((ALICE, true)),
        claim: Some((&claim, false)),
        ..nobodys(&payment)
    };
    assert_eq!(decided(&facts), Fate::Claimant, "and whoever made that order has no say");
}

#[test]
fn another_products_amount_goes_there() {
    let (payment, claim) = (payment(100_000_100), claim(ALICE, Source::Api));
    for (ordered_at, expected) in [(120, Fate::Elsewhere), (121, Fate::Claimant)] {
        let exact = reserved("hosting", ordered_at);
        let facts = Facts { reserved: Some(&exact), claim: Some((&claim, false)), ..nobodys(&payment) };
        assert_eq!(decided(&facts), expected);
    }
}

#[test]
fn some_things_are_held_whatever_else_is_true() {
    let exact = reserved(DOMAIN, -60);
    let (largest, usual) = (payment(i64::MAX), payment(100_000_100));
    let claim = claim(BOB, Source::Api);
    let held = |payment: &Payment, risky, is_reserved, blocked, claimed| {
        decided(&Facts {
            risky,
            reserved: Some(&exact).filter(|_| is_reserved),
            reserved_for: Some((ALICE, blocked)).filter(|_| is_reserved),
            claim: Some((&claim, false)).filter(|_| claimed),
            ..nobodys(payment)
        })
    };
    for (is_reserved, claimed, likely) in
        [(false, false, None), (true, false, Some(ALICE)), (false, true, Some(BOB)), (true, true, Some(ALICE))]
    {
        let what = format!("reserved {is_reserved}, claimed {claimed}");
        let found = held(&largest, true, is_reserved, true, claimed);
        assert_eq!(found, Fate::Held(ClaimReason::TooLarge, likely), "{what}");
        let found = held(&usual, true, is_reserved, true, claimed);
        assert_eq!(found, Fate::Held(ClaimReason::Risky, likely), "{what}");
    }
    assert_eq!(held(&usual, false, true, true, true), Fate::Held(ClaimReason::Blocked, Some(ALICE)));
}

#[test]
fn another_products_payment_is_held_too_if_it_is_risky() {
    let (payment, exact) = (payment(100_000_100), reserved("hosting", -60));
    let facts = Facts { risky: true, reserved: Some(&exact), ..nobodys(&payment) };
    assert_eq!(decided(&facts), Fate::Held(ClaimReason::Risky, None));
}

#[test]
fn a_claim_over_the_api_takes_what_is_not_too_old() {
    let payment = payment(100_000_000);
    for (via, age, blocked, expected) in [
        (Source::Api, WEEK, false, Fate::Claimant),
        (Source::Api, WEEK + SignedDuration::from_secs(1), false, Fate::TooOld),
        (Source::Api, WEEK + SignedDuration::from_secs(1), true, Fate::TooOld),
        (Source::Api, WEEK, true, Fate::Held(ClaimReason::Blocked, Some(ALICE))),
        (Source::Bot, DAY, true, Fate::Held(ClaimReason::Blocked, Some(ALICE))),
        (Source::Bot, WEEK * 9, false, Fate::Held(ClaimReason::NoMatchingOrder, Some(ALICE))),
    ] {
        let claim = Claim { created_at: at(0) + age, ..claim(ALICE, via) };
        let facts = Facts { claim: Some((&claim, blocked)), has_rival: true, ..nobodys(&payment) };
        // The proof may take longer than the claim may be old.
        assert_eq!(decide(&facts, (WEEK, WEEK), at(0) + age + DAY), expected, "{via:?} {age:#} {blocked}");
    }
}

/// What becomes of a claim in chat by Alice, who has these orders.
#[track_caller]
fn check(orders: &[Order], change: impl FnOnce(&mut Claim, &mut Facts<'_>), now: Timestamp, expected: &Fate) {
    let (payment, mut claim) = (payment(100_000_000), claim(ALICE, Source::Bot));
    let mut facts = Facts { orders, ..nobodys(&payment) };
    change(&mut claim, &mut facts);
    facts.claim = Some((&claim, false));
    assert_eq!(&decide(&facts, (WEEK, WEEK), now), expected);
}

fn no_match() -> Fate {
    Fate::Held(ClaimReason::NoMatchingOrder, Some(ALICE))
}

fn taken(number: u128) -> Fate {
    Fate::Order(ALICE, id(number))
}

#[test]
fn a_claim_in_chat_needs_an_unpaid_order_of_that_wallet_and_time() {
    let base = order(1);
    let fits = |order: Order, expected: Fate| check(&[order], |_, _| {}, at(60), &expected);
    fits(base.clone(), taken(1));
    for state in [OrderState::Confirming, OrderState::PartiallyPaid, OrderState::Expired, OrderState::Cancelled] {
        fits(Order { state, ..base.clone() }, taken(1));
    }
    fits(Order { state: OrderState::Paid, ..base.clone() }, no_match());
    fits(Order { wallet: wallet(2), ..base.clone() }, no_match());
    fits(Order { created_at: at(120), ..base.clone() }, taken(1));
    fits(Order { created_at: at(121), ..base }, no_match());
    check(&[], |_, _| {}, at(60), &no_match());
}

#[test]
fn an_order_is_paid_at_most_a_week_after_its_end() {
    for state in [OrderState::Waiting, OrderState::Expired, OrderState::Cancelled] {
        let ended = Order { state, ..order(1) };
        let last = ended.expires_at + WEEK;
        check(std::slice::from_ref(&ended), |_, _| {}, last, &taken(1));
        check(&[ended], |_, _| {}, last + SignedDuration::from_secs(1), &no_match());
    }
}

#[test]
fn of_several_orders_the_named_one_counts_then_the_open_then_the_newest() {
    let closed = |number| Order { state: OrderState::Cancelled, ..order(number) };
    let orders = [closed(4), order(3), closed(2), closed(1)];
    let name = |number| move |claim: &mut Claim, _: &mut Facts<'_>| claim.order = Some(id(number));
    check(&orders, name(2), at(60), &taken(2));
    check(&orders, name(3), at(60), &taken(3));
    check(&orders, name(9), at(60), &taken(3));
    check(&orders, |_, _| {}, at(60), &taken(3));
    check(&[closed(4), closed(2)], |_, _| {}, at(60), &taken(4));
    let paid = Order { state: OrderState::Paid, ..order(4) };
    check(&[paid, closed(2)], name(4), at(60), &taken(2));
}

#[test]
fn a_known_sender_pays_an_open_order_that_does_not_fit() {
    let known = |_: &mut Claim, facts: &mut Facts<'_>| facts.sender_is_theirs = true;
    let young = Order { created_at: at(50_000), ..order(1) };
    check(std::slice::from_ref(&young), |_, _| {}, at(50_060), &no_match());
    check(std::slice::from_ref(&young), known, at(50_060), &taken(1));
    check(&[Order { wallet: wallet(2), ..order(1) }], known, at(60), &taken(1));
    for state in [OrderState::Paid, OrderState::Expired, OrderState::Cancelled] {
        check(&[Order { state, ..young.clone() }], known, at(50_060), &no_match());
    }
    check(&[young, order(2)], known, at(50_060), &taken(2));
}

#[test]
fn a_rival_makes_an_unknown_sender_ambiguous() {
    let ambiguous = Fate::Held(ClaimReason::Ambiguous, Some(ALICE));
    let rival = |_: &mut Claim, facts: &mut Facts<'_>| facts.has_rival = true;
    check(&[order(1)], rival, at(60), &ambiguous);
    let named = |claim: &mut Claim, facts: &mut Facts<'_>| (claim.order, facts.has_rival) = (Some(id(1)), true);
    check(&[order(1)], named, at(60), &ambiguous);
    check(&[], rival, at(60), &no_match());
    let known = |_: &mut Claim, facts: &mut Facts<'_>| (facts.has_rival, facts.sender_is_theirs) = (true, true);
    check(&[order(1)], known, at(60), &taken(1));
}

use super::*;
use crate::bank::model::SmsId;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// A message to a customer with a verified number, handed over once.
fn row(state: SmsState) -> Row {
    Row {
        id: SmsId(uuid::Uuid::nil()),
        recipient: "919000000001".to_owned(),
        purpose: Purpose::Entry,
        text: "text".to_owned(),
        state,
        attempts: 1,
        sends: i32::from(state == SmsState::Sent),
        uncertain: 0,
        sequence: None,
        leased_until: None,
        due_at: None,
        link_hash: None,
        created_at: NOW,
        is_verified: Some(true),
        is_opted_out: false,
    }
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

#[test]
fn a_message_that_is_to_be_tried_later_is_left_alone_until_then() {
    let check = |left: i64, expected: Claim| {
        let row = Row { due_at: Some(NOW + seconds(left)), ..row(SmsState::Queued) };
        assert_eq!(claim(&row, NOW), expected, "{left} s left");
    };
    check(640, Claim::Done);
    check(2, Claim::Done);
    check(1, Claim::Send { uncertain: 0 });
    check(0, Claim::Send { uncertain: 0 });
    check(-3600, Claim::Send { uncertain: 0 });
}

#[test]
fn a_message_is_claimed_while_it_waits() {
    assert_eq!(claim(&row(SmsState::Queued), NOW), Claim::Send { uncertain: 0 });
    let states = [SmsState::Sent, SmsState::Delivered, SmsState::Undelivered, SmsState::Failed, SmsState::Suppressed];
    for state in states {
        assert_eq!(claim(&row(state), NOW), Claim::Done, "{state:?}");
    }
}

#[test]
fn a_lease_that_ran_out_allows_one_more_try() {
    let check = |left: i64, (attempts, uncertain): (i32, i32), expected: Claim| {
        let leased_until = Some(NOW + seconds(left));
        let row = Row { attempts, uncertain, leased_until, ..row(SmsState::Sending) };
        assert_eq!(claim(&row, NOW), expected, "{left} s left, {attempts} attempts, {uncertain} uncertain");
    };
    check(60, (1, 0), Claim::Taken);
    check(1, (1, 1), Claim::Taken);
    check(0, (1, 0), Claim::Send { uncertain: 1 });
    check(-100, (4, 0), Claim::Send { uncertain: 1 });
    check(-100, (5, 0), Claim::GiveUp);
    check(0, (1, 1), Claim::GiveUp);
}

#[test]
fn a_farewell_is_said_soon_or_never() {
    let check = |minutes: i64, expected: Claim| {
        let row = Row { purpose: Purpose::OptOut, is_opted_out: true, ..row(SmsState::Queued) };
        assert_eq!(claim(&row, NOW + SignedDuration::from_mins(minutes)), expected, "after {minutes} min");
    };
    check(5, Claim::Send { uncertain: 0 });
    check(6, Claim::Suppress);
}

#[test]
fn what_a_number_does_not_want_is_not_sent() {
    let check = |purpose: Purpose, is_verified: Option<bool>, is_opted_out: bool, expected: Claim| {
        let row = Row { purpose, is_verified, is_opted_out, ..row(SmsState::Queued) };
        assert_eq!(claim(&row, NOW), expected, "{purpose:?}, verified {is_verified:?}, opted out {is_opted_out}");
    };
    let send = Claim::Send { uncertain: 0 };
    for purpose in [Purpose::Entry, Purpose::Statement, Purpose::DueReminder, Purpose::Reply, Purpose::PaymentCode] {
        check(purpose, Some(true), false, send);
        check(purpose, Some(false), false, Claim::Suppress);
        check(purpose, Some(true), true, Claim::Suppress);
    }
    check(Purpose::Code, Some(false), false, send);
    check(Purpose::Code, Some(false), true, Claim::Suppress);
    check(Purpose::OptOut, None, true, send);
    check(Purpose::OptOut, Some(false), true, send);
    check(Purpose::OptIn, None, false, send);
    check(Purpose::StatementFailed, Some(true), false, Claim::Suppress);
    let lost = Row { is_opted_out: true, leased_until: Some(NOW), ..row(SmsState::Sending) };
    assert_eq!(claim(&lost, NOW), Claim::GiveUp, "it may have been sent");
}

fn again(after: i64, uncertain: i32, code: &str) -> Next {
    Next::Again { after: seconds(after), uncertain, code: code.to_owned() }
}

fn failed(code: &str) -> Next {
    Next::Failed { code: code.to_owned(), opted_out: false }
}

#[test]
fn what_may_pass_is_tried_five_times_with_growing_waits() {
    let check = |attempts: i32, wait: Option<u64>, expected: &Next| {
        let wait = wait.map(Duration::from_secs);
        let sending = Sending::Later { code: "HTTP 429".to_owned(), wait };
        assert_eq!(after_call(&sending, attempts, 1), *expected, "attempt {attempts}, asked for {wait:?}");
    };
    check(1, None, &again(10, 1, "HTTP 429"));
    check(2, None, &again(40, 1, "HTTP 429"));
    check(3, None, &again(160, 1, "HTTP 429"));
    check(4, None, &again(640, 1, "HTTP 429"));
    check(5, None, &failed("HTTP 429"));
    check(1, Some(5), &again(10, 1, "HTTP 429"));
    check(1, Some(120), &again(120, 1, "HTTP 429"));
    check(2, Some(86_400), &again(900, 1, "HTTP 429"));
    check(2, Some(u64::MAX), &again(900, 1, "HTTP 429"));
    check(5, Some(1), &failed("HTTP 429"));
}

#[test]
fn an_unknown_outcome_allows_one_more_try() {
    let check = |attempts: i32, uncertain: i32, expected: &Next| {
        let sending = Sending::Ambiguous { code: "timed out".to_owned() };
        assert_eq!(after_call(&sending, attempts, uncertain), *expected, "attempt {attempts}, {uncertain} uncertain");
    };
    check(1, 0, &again(10, 1, "timed out"));
    check(3, 0, &again(160, 1, "timed out"));
    check(2, 1, &failed(OUTCOME_UNKNOWN));
    check(5, 0, &failed(OUTCOME_UNKNOWN));
}

#[test]
fn other_outcomes_settle_at_once() {
    let check = |sending: &Sending, expected: &Next| assert_eq!(after_call(sending, 1, 0), *expected);
    check(&Sending::Accepted { provider_id: "1".to_owned() }, &Next::Sent);
    check(&Sending::OptedOut, &Next::Failed { code: "opted out".to_owned(), opted_out: true });
    check(&Sending::Refused { code: "HTTP 400".to_owned(), alarm: false }, &failed("HTTP 400"));
    check(&Sending::Refused { code: "HTTP 401".to_owned(), alarm: true }, &failed("HTTP 401"));
}

fn report(status: Status, sequence: Option<i32>, category: Category) -> Report {
    Report { status, sequence, code: None, meaning: "", category }
}

#[test]
fn reports_go_forward_only() {
    let check = |known: Option<i32>, status: Status, sequence: Option<i32>, expected: Effect| {
        let row = Row { sequence: known, ..row(SmsState::Sent) };
        let effect = after_report(&row, &report(status, sequence, Category::Final), NOW);
        assert_eq!(effect, expected, "{status:?} with number {sequence:?} after {known:?}");
    };
    let end = |state| Effect::End { state, opted_out: false };
    check(None, Status::Queued, Some(1), Effect::Noted);
    check(Some(1), Status::Sent, Some(2), Effect::Noted);
    check(Some(2), Status::Sent, Some(2), Effect::Nothing);
    check(Some(2), Status::Delivered, Some(1), Effect::Nothing);
    check(Some(2), Status::Delivered, Some(3), end(SmsState::Delivered));
    check(None, Status::Failed, Some(1), end(SmsState::Failed));
    check(None, Status::Queued, None, Effect::Nothing);
    check(None, Status::Sent, None, Effect::Nothing);
    check(Some(7), Status::Undelivered, None, end(SmsState::Undelivered));
    check(None, Status::Delivered, None, end(SmsState::Delivered));
}

#[test]
fn nothing_is_reported_of_what_is_settled() {
    for state in [SmsState::Delivered, SmsState::Undelivered, SmsState::Failed, SmsState::Suppressed] {
        for sequence in [None, Some(9)] {
            let effect = after_report(&row(state), &report(Status::Delivered, sequence, Category::Final), NOW);
            assert_eq!(effect, Effect::Nothing, "{state:?}");
        }
    }
}

#[test]
fn what_did_not_arrive_is_sent_three_times_if_that_may_help() {
    let check = |category: Category, sends: i32, age: SignedDuration, expected: Effect| {
        let row = Row { sends, ..row(SmsState::Sent) };
        let effect = after_report(&row, &report(Status::Undelivered, Some(2), category), NOW + age);
        assert_eq!(effect, expected, "{category:?} after {sends} sends and {age:?}");
    };
    let end = Effect::End { state: SmsState::Undelivered, opted_out: false };
    check(Category::Passing, 1, seconds(5), Effect::Again { after: seconds(10) });
    check(Category::Passing, 2, seconds(5), Effect::Again { after: seconds(40) });
    check(Category::Passing, 3, seconds(5), end);
    check(Category::Passing, 1, SignedDuration::from_hours(23), end);
    check(Category::Final, 1, seconds(5), end);
    check(Category::Account, 1, seconds(5), end);
    let opted_out = Effect::End { state: SmsState::Undelivered, opted_out: true };
    check(Category::OptedOut, 1, seconds(5), opted_out);
}

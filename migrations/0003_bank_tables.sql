-- Bank: customers, accounts and their ledger, messages, statements; and what the shared tables need for it.

-- An answer belongs to a caller and a route. A caller who holds no API key is number 0 and stands in `caller`.
alter table core.idempotency
    add column caller text not null default '',
    add column route  text not null default '';
alter table core.idempotency drop constraint idempotency_pkey;
alter table core.idempotency add constraint idempotency_pkey primary key (api_key_id, caller, route, key);

create schema bank;

create table bank.customer (
    customer_id   bigint generated always as identity,
    email         text        not null,
    email_lower   text        not null generated always as (lower(email)) stored,
    name          text        not null,
    password_hash text        not null,
    -- Country code and number, digits only.
    contact       text        not null,
    verified_at   timestamptz,
    dob           date        not null,
    created_at    timestamptz not null,
    constraint customer_pkey primary key (customer_id),
    constraint customer_email unique (email_lower),
    constraint customer_email_length check (length(email) between 3 and 100),
    constraint customer_name check (length(name) between 1 and 100),
    constraint customer_password_hash check (password_hash like '$argon2id$%'),
    constraint customer_contact check (contact ~ '^[0-9]{8,15}$')
);
create unique index customer_verified_contact on bank.customer (contact) where verified_at is not null;
create index customer_by_contact on bank.customer (contact);

-- A code sent to a number to prove that it is the customer's. One at a time; only its hash is stored.
create table bank.phone_code (
    customer_id bigint      not null,
    code_hash   bytea       not null,
    tries       int         not null default 0,
    expires_at  timestamptz not null,
    constraint phone_code_pkey primary key (customer_id),
    constraint phone_code_customer foreign key (customer_id) references bank.customer,
    constraint phone_code_tries check (tries between 0 and 5)
);

create table bank.login (
    token_hash  bytea       not null,
    customer_id bigint      not null,
    -- A login that is remembered does not end by being idle.
    remembered  boolean     not null,
    created_at  timestamptz not null,
    seen_at     timestamptz not null,
    expires_at  timestamptz not null,
    constraint login_pkey primary key (token_hash),
    constraint login_customer foreign key (customer_id) references bank.customer
) with (fillfactor = 70);
create index login_expires_at on bank.login (expires_at);

-- Failed logins, by keyed hash of the address tried: most are nobody's.
create table bank.login_failure (
    email_hash bytea       not null,
    source     text        not null,
    at         timestamptz not null
);
create index login_failure_by_email on bank.login_failure (email_hash, at);
create index login_failure_by_source on bank.login_failure (source, at);
create index login_failure_at on bank.login_failure (at);

-- What entries are made on. Money is in minor units. A customer's credit adds, a debit subtracts: a savings account
-- holds its balance, a card owes minus its balance. Each product has an outside account of its own, from which its
-- money comes and to which it goes, so that postings of two products never wait for each other.
create table bank.account (
    account_id      uuid        not null,
    kind            text        not null,
    balance         bigint      not null default 0,
    last_seq        bigint      not null default 0,
    -- When its last entry was made; the next is never earlier.
    last_at         timestamptz not null,
    overdraft_limit bigint      not null default 0,
    credit_limit    bigint,
    constraint account_pkey primary key (account_id),
    constraint account_kind_unique unique (account_id, kind),
    constraint account_kind check (kind in ('SB', 'CC', 'outside')),
    constraint account_last_seq check (last_seq >= 0),
    constraint account_overdraft_limit check (overdraft_limit >= 0 and (kind = 'SB' or overdraft_limit = 0)),
    constraint account_credit_limit check (credit_limit is null or kind = 'CC' and credit_limit >= 0),
    constraint account_available check (kind <> 'SB' or balance >= -overdraft_limit),
    constraint account_due check (kind <> 'CC' or balance <= 0 and (credit_limit is null or -balance <= credit_limit))
) with (fillfactor = 50);

create table bank.product (
    product_id       uuid        not null,
    number           bigint generated always as identity,
    customer_id      bigint      not null,
    kind             text        not null,
    -- The last four characters of product_id, in upper case.
    last4            text        not null,
    outside_id       uuid        not null,
    date_of_opening  date        not null,
    payment_due_date date,
    -- The due date that its customer was last reminded of.
    reminded_for     date,
    created_at       timestamptz not null,
    constraint product_pkey primary key (product_id),
    constraint product_account foreign key (product_id, kind) references bank.account (account_id, kind),
    constraint product_outside foreign key (outside_id) references bank.account (account_id),
    constraint product_outside_unique unique (outside_id),
    constraint product_customer foreign key (customer_id) references bank.customer,
    constraint product_kind check (kind in ('SB', 'CC')),
    constraint product_last4 unique (customer_id, last4),
    constraint product_last4_of_id check (last4 = upper(right(product_id::text, 4)))
);
create index product_by_customer on bank.product (customer_id, date_of_opening, number);
create index product_due on bank.product (payment_due_date) where payment_due_date is not null;

-- Entries that belong together.
create table bank.journal (
    journal_id  bigint generated always as identity,
    kind        text        not null,
    description text        not null default '',
    -- `api_key:<id>`, `customer:<id>` or `sms:<id>`.
    actor       text        not null,
    reverses    bigint,
    at          timestamptz not null,
    constraint journal_pkey primary key (journal_id),
    constraint journal_kind check (kind in ('opening', 'external', 'card_payment', 'reversal')),
    constraint journal_description check (length(description) <= 140),
    constraint journal_reverses unique (reverses),
    constraint journal_reversed foreign key (reverses) references bank.journal,
    constraint journal_is_reversal check ((kind = 'reversal') = (reverses is not null))
);

create table bank.entry (
    transaction_id uuid        not null,
    journal_id     bigint      not null,
    account_id     uuid        not null,
    seq            bigint      not null,
    amount         bigint      not null,
    balance_after  bigint      not null,
    at             timestamptz not null,
    constraint entry_pkey primary key (transaction_id),
    constraint entry_journal foreign key (journal_id) references bank.journal,
    constraint entry_account foreign key (account_id) references bank.account,
    constraint entry_seq unique (account_id, seq),
    constraint entry_seq_positive check (seq >= 1),
    constraint entry_amount check (amount <> 0)
);
create index entry_by_journal on bank.entry (journal_id);
create index entry_by_time on bank.entry (account_id, at, seq);

create function bank.check_entry() returns trigger language plpgsql as $$
begin
    if (select sum(amount) from bank.entry where journal_id = new.journal_id) <> 0 then
        raise exception 'a journal does not sum to zero' using errcode = 'check_violation', constraint = 'entry_journal_sum';
    end if;
    if new.seq = 1 then
        if new.balance_after <> new.amount then
            raise exception 'a first entry is not the balance' using errcode = 'check_violation', constraint = 'entry_chain';
        end if;
    elsif not exists (
        select from bank.entry e
        where e.account_id = new.account_id and e.seq = new.seq - 1
            and e.balance_after + new.amount = new.balance_after and e.at <= new.at
    ) then
        raise exception 'an entry does not follow the one before' using errcode = 'check_violation', constraint = 'entry_chain';
    end if;
    if not exists (select from bank.account a where a.account_id = new.account_id and a.last_seq >= new.seq) then
        raise exception 'an entry is not in its balance' using errcode = 'check_violation', constraint = 'entry_in_balance';
    end if;
    return null;
end
$$;

create function bank.check_account() returns trigger language plpgsql as $$
declare
    stands bank.account;
begin
    select * into stands from bank.account where account_id = new.account_id;
    if not found then
        return null;
    end if;
    if exists (select from bank.entry e where e.account_id = stands.account_id and e.seq > stands.last_seq)
        or (stands.last_seq <> 0 or stands.balance <> 0) and not exists (
            select from bank.entry e
            where e.account_id = stands.account_id and e.seq = stands.last_seq and e.balance_after = stands.balance
        )
    then
        raise exception 'a balance has no entry' using errcode = 'check_violation', constraint = 'account_balance';
    end if;
    return null;
end
$$;

create constraint trigger entry_follows after insert on bank.entry
    deferrable initially deferred for each row execute function bank.check_entry();
create constraint trigger account_agrees after insert or update of balance, last_seq on bank.account
    deferrable initially deferred for each row execute function bank.check_account();
create trigger entry_append_only before update or delete on bank.entry
    for each row execute function core.refuse_change();
create trigger entry_kept before truncate on bank.entry
    for each statement execute function core.refuse_change();
create trigger journal_append_only before update or delete on bank.journal
    for each row execute function core.refuse_change();
create trigger journal_kept before truncate on bank.journal
    for each statement execute function core.refuse_change();

-- Every message meant for a customer, or an answer to a number, whatever became of it.
create table bank.sms (
    sms_id       uuid        not null,
    number       bigint generated always as identity,
    customer_id  bigint,
    -- Country code and number, digits only.
    recipient    text        not null,
    purpose      text        not null,
    -- What is sent. Codes and links are blanked after the final state.
    text         text        not null,
    -- The same without codes and links, for the feed.
    shown        text        not null,
    state        text        not null,
    provider     text,
    provider_id  text,
    sequence     int,
    error_code   text,
    -- Calls of the provider since it was last handed over.
    attempts     int         not null default 0,
    -- Hand-overs that the provider accepted.
    sends        int         not null default 0,
    -- Calls whose outcome is unknown.
    uncertain    int         not null default 0,
    -- The link it carries.
    link_hash    bytea,
    -- The message that leaves before it.
    after_sms_id uuid,
    created_at   timestamptz not null,
    leased_until timestamptz,
    -- When it is tried again, where it was tried before.
    due_at       timestamptz,
    state_at     timestamptz not null,
    constraint sms_pkey primary key (sms_id),
    constraint sms_provider_id unique (provider_id),
    constraint sms_after foreign key (after_sms_id) references bank.sms,
    constraint sms_customer foreign key (customer_id) references bank.customer,
    constraint sms_recipient check (recipient ~ '^[0-9]{7,15}$'),
    constraint sms_state check (state in ('queued', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'suppressed')),
    constraint sms_purpose check (purpose in
        ('entry', 'code', 'statement', 'statement_failed', 'due_reminder', 'reply', 'payment_code', 'hint', 'opt_out', 'opt_in')),
    constraint sms_leased check ((state = 'sending') = (leased_until is not null))
) with (fillfactor = 70);
create index sms_of_customer on bank.sms (customer_id, number);
create index sms_after on bank.sms (after_sms_id) where after_sms_id is not null;
create index sms_to on bank.sms (recipient, purpose, created_at);
create index sms_unfinished on bank.sms (state_at) where state in ('queued', 'sending');
-- Those whose codes and links are still readable.
create index sms_readable on bank.sms (created_at) where text <> shown;

create table bank.opt_out (
    recipient    text        not null,
    at           timestamptz not null,
    constraint opt_out_pkey primary key (recipient)
);

create table bank.statement (
    statement_id      uuid        not null,
    customer_id       bigint      not null,
    product_id        uuid        not null,
    entry_count       int         not null,
    -- The newest entry it shows; the snapshot is fixed when it is ordered.
    upto_seq          bigint      not null,
    state             text        not null default 'queued',
    tries             int         not null default 0,
    object_key        text        not null,
    object_expires_at timestamptz,
    created_at        timestamptz not null,
    state_at          timestamptz not null,
    constraint statement_pkey primary key (statement_id),
    constraint statement_customer foreign key (customer_id) references bank.customer,
    constraint statement_product foreign key (product_id) references bank.product,
    constraint statement_object unique (object_key),
    constraint statement_count check (entry_count between 1 and 500),
    constraint statement_state check (state in ('queued', 'ready', 'failed', 'revoked')),
    constraint statement_object_expires check (state <> 'ready' or object_expires_at is not null)
);
create index statement_of_customer on bank.statement (customer_id, created_at);
create index statement_unmade on bank.statement (state_at) where state = 'queued';

-- Short links; only the hash of the code is stored. A statement sent again has a new one.
create table bank.statement_link (
    code_hash    bytea       not null,
    statement_id uuid        not null,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    revoked_at   timestamptz,
    constraint statement_link_pkey primary key (code_hash),
    constraint statement_link_statement foreign key (statement_id) references bank.statement
);
create index statement_link_of on bank.statement_link (statement_id);
alter table bank.sms add constraint sms_link foreign key (link_hash) references bank.statement_link;
create index sms_by_link on bank.sms (link_hash) where link_hash is not null;

-- Card payments asked for by SMS, until they are confirmed.
create table bank.sms_payment (
    sms_payment_id uuid        not null,
    customer_id    bigint      not null,
    amount         bigint      not null,
    from_id        uuid        not null,
    to_id          uuid        not null,
    code_hash      bytea       not null,
    tries          int         not null default 0,
    state          text        not null default 'pending',
    created_at     timestamptz not null,
    expires_at     timestamptz not null,
    constraint sms_payment_pkey primary key (sms_payment_id),
    constraint sms_payment_customer foreign key (customer_id) references bank.customer,
    constraint sms_payment_from foreign key (from_id) references bank.product,
    constraint sms_payment_to foreign key (to_id) references bank.product,
    constraint sms_payment_amount check (amount > 0),
    constraint sms_payment_tries check (tries between 0 and 3),
    constraint sms_payment_state check (state in ('pending', 'done', 'cancelled'))
);
create unique index sms_payment_pending on bank.sms_payment (customer_id) where state = 'pending';
create index sms_payment_of on bank.sms_payment (customer_id, created_at);

-- Messages from phones that were handled, and the nonces of their signatures.
create table bank.inbound (
    message_uuid text        not null,
    at           timestamptz not null,
    constraint inbound_pkey primary key (message_uuid)
);
create index inbound_at on bank.inbound (at);

create table bank.nonce (
    nonce        text        not null,
    message_uuid text        not null,
    at           timestamptz not null,
    constraint nonce_pkey primary key (nonce)
);
create index nonce_at on bank.nonce (at);

-- Tables that belong to no domain.
create schema core;

-- Events already handled. The row is written in the transaction of the event's effects.
create table core.inbox (
    source      text        not null,
    event_id    bigint      not null,
    received_at timestamptz not null,
    constraint inbox_pkey primary key (source, event_id)
);
create index inbox_received_at on core.inbox (received_at);

-- Where a person stands with a bot. The row lock is the queue of that person.
create table core.conversation (
    bot          text        not null,
    user_id      bigint      not null,
    state        jsonb,
    -- Updates counted since minute_from, for the limit per minute.
    minute_from  timestamptz not null,
    minute_count int         not null default 0,
    updated_at   timestamptz not null,
    constraint conversation_pkey primary key (bot, user_id)
) with (fillfactor = 70);

-- Messages that wait to be sent, and what became of those that were.
create table core.outbox (
    outbox_id    bigint generated always as identity primary key,
    channel      text        not null,
    -- Telegram: the bot. Queue and event: the queue or bus.
    sender       text        not null,
    -- Messages of one lane leave in the order they were written: one lane per chat.
    lane         bigint      not null,
    -- What belongs together and may be deleted together: a dialogue.
    thread       text,
    -- What its sender wants to hear the outcome of, as `<domain>.<kind>:<id>`.
    about        text,
    -- Emptied once the message is out of our hands.
    body         jsonb,
    state        text        not null default 'waiting',
    attempts     int         not null default 0,
    created_at   timestamptz not null,
    not_before   timestamptz not null,
    leased_until timestamptz,
    settled_at   timestamptz,
    message_id   bigint,
    constraint outbox_channel check (channel in ('telegram', 'answer', 'queue', 'event')),
    constraint outbox_state check (state in ('waiting', 'sent', 'undeliverable')),
    constraint outbox_settled check ((state = 'waiting') = (settled_at is null)),
    constraint outbox_body check (state <> 'waiting' or body is not null)
) with (fillfactor = 70);
create index outbox_waiting on core.outbox (channel, sender, lane, outbox_id) where state = 'waiting';
create index outbox_thread on core.outbox (thread) where thread is not null;
create index outbox_about on core.outbox (channel, sender, lane) where about is not null;
create index outbox_settled_at on core.outbox (settled_at) where settled_at is not null;

-- A sender that was told to slow down.
create table core.sender_pause (
    channel text        not null,
    sender  text        not null,
    until   timestamptz not null,
    constraint sender_pause_pkey primary key (channel, sender)
);

-- Answers already given, by the caller's Idempotency-Key.
create table core.idempotency (
    api_key_id   bigint      not null,
    key          text        not null,
    request_hash bytea       not null,
    status       int         not null,
    headers      jsonb       not null,
    body         bytea       not null,
    created_at   timestamptz not null,
    constraint idempotency_pkey primary key (api_key_id, key),
    constraint idempotency_key_length check (length(key) between 1 and 255)
);
create index idempotency_created_at on core.idempotency (created_at);

-- Keys of back-office callers. Only the hash is stored.
create table core.api_key (
    api_key_id bigint generated always as identity primary key,
    name       text        not null,
    hash       bytea       not null,
    scopes     text[]      not null,
    created_at timestamptz not null,
    revoked_at timestamptz,
    constraint api_key_hash unique (hash),
    constraint api_key_name check (length(name) between 1 and 64)
);

-- Who did what. Append only.
create table core.audit (
    audit_id  bigint generated always as identity primary key,
    domain    text        not null,
    actor     text        not null,
    action    text        not null,
    subject   text        not null,
    old_value jsonb,
    new_value jsonb,
    at        timestamptz not null
);
create index audit_at on core.audit (domain, at);

create function core.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end
$$;

create trigger audit_append_only before update or delete on core.audit
    for each row execute function core.refuse_change();
create trigger audit_kept before truncate on core.audit
    for each statement execute function core.refuse_change();

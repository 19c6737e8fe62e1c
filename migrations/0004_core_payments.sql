-- What all products need to be paid on TRON, and to send in measure.

-- Exact amounts that orders wait for. One wallet never asks two orders of any product for the same amount.
create table core.due_reservation (
    wallet         text        not null,
    due            bigint      not null,
    product        text        not null,
    order_ref      text        not null,
    -- The order's own time: a payment is its only if the block is not older.
    ordered_at     timestamptz not null,
    reserved_until timestamptz not null,
    constraint due_reservation_pkey primary key (wallet, due),
    constraint due_reservation_due check (due > 0),
    constraint due_reservation_wallet check (length(wallet) = 34)
);
create index due_reservation_order on core.due_reservation (product, order_ref);
create index due_reservation_until on core.due_reservation (reserved_until);

-- Transactions of the chain that have to do with us, and how far they are proved.
create table core.chain_tx (
    hash              text        not null,
    state             text        not null default 'checking',
    reason            text,
    confirmations     bigint      not null default 0,
    block             bigint,
    block_at          timestamptz,
    risky             boolean     not null default false,
    first_seen_at     timestamptz not null,
    next_check_at     timestamptz,
    -- Someone looks at it right now.
    leased_until      timestamptz,
    -- Look-ups in a row in which both sources answered and neither knew it.
    unknown_count     int         not null default 0,
    -- Since when the sources differ, only one of them says good, or one does not answer; and whether that was told.
    disputed_since    timestamptz,
    onesided_since    timestamptz,
    unavailable_since timestamptz,
    confirmed_at      timestamptz,
    constraint chain_tx_pkey primary key (hash),
    constraint chain_tx_hash check (hash ~ '^[0-9a-f]{64}$'),
    constraint chain_tx_state check (state in
        ('checking', 'confirming', 'disputed', 'confirmed', 'failed', 'not_found', 'imported')),
    constraint chain_tx_open check (next_check_at is null or state in ('checking', 'confirming', 'disputed'))
) with (fillfactor = 80);
create index chain_tx_next on core.chain_tx (next_check_at) where next_check_at is not null;

-- Payments to wallets of ours inside proved transactions.
create table core.chain_transfer (
    hash         text        not null,
    log_index    int         not null,
    wallet       text        not null,
    sender       text        not null,
    contract     text        not null,
    -- Beyond the largest bigint it is that, and held for a person to look at.
    amount       bigint      not null,
    block        bigint      not null,
    block_at     timestamptz not null,
    state        text        not null,
    -- Why it is held.
    reason       text,
    -- The product whose order it pays, the order, and who owns it there.
    product      text,
    order_ref    text,
    owner_id     bigint,
    found_at     timestamptz not null,
    announced_at timestamptz,
    constraint chain_transfer_pkey primary key (hash, log_index),
    constraint chain_transfer_tx foreign key (hash) references core.chain_tx,
    constraint chain_transfer_amount check (amount > 0),
    constraint chain_transfer_state check (state in ('assigned', 'unassigned', 'held', 'returned')),
    constraint chain_transfer_owner check (state <> 'assigned' or product is not null)
) with (fillfactor = 80);
create index chain_transfer_open on core.chain_transfer (state, found_at, hash, log_index) where state in ('unassigned', 'held');
create index chain_transfer_owner_id on core.chain_transfer (product, owner_id) where owner_id is not null;
create index chain_transfer_sender on core.chain_transfer (sender);

-- How often it was begun to send a message since anything was heard of that: it is known to have died in between.
alter table core.outbox add column begun int not null default 0;

-- When a sender, and a chat of it, may send the next message. Kept by the server's own clock: it is about real seconds.
create table core.sender_pace (
    channel text        not null,
    sender  text        not null,
    -- A chat, or the smallest number for all of the sender's.
    lane    bigint      not null,
    free_at timestamptz not null,
    constraint sender_pace_pkey primary key (channel, sender, lane)
) with (fillfactor = 50);

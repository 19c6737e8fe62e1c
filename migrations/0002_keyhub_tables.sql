-- Keyhub: products, keys, who got which, who waits, who paid.
create schema keyhub;

create table keyhub.product (
    code               text        not null,
    label              text        not null,
    sort_order         int         not null,
    state              text        not null default 'active',
    -- How the limit counts: per calendar day of time_zone, or over the last limit_hours.
    mode               text        not null default 'day',
    limit_n            int         not null default 2,
    limit_hours        int         not null default 24,
    premium_n          int         not null default 10,
    time_zone          text        not null default 'UTC',
    low_stock          int         not null default 5,
    -- Alerts given and not yet void: once until the stock is above again, once until restock.
    low_stock_alerted  boolean     not null default false,
    no_stock_alerted   boolean     not null default false,
    last_position      bigint      not null default 0,
    created_at         timestamptz not null,
    constraint product_pkey primary key (code),
    constraint product_code check (code ~ '^[A-Z0-9]{1,8}$'),
    constraint product_label check (length(label) between 1 and 64),
    constraint product_state check (state in ('active', 'hidden')),
    constraint product_mode check (mode in ('day', 'rolling')),
    constraint product_limit_n check (limit_n between 1 and 1000),
    constraint product_limit_hours check (limit_hours between 1 and 720),
    constraint product_premium_n check (premium_n between 1 and 1000),
    constraint product_low_stock check (low_stock between 0 and 1000000),
    constraint product_time_zone check (length(time_zone) between 1 and 64)
);

-- A key leaves by position. Its state and its claim hold each other: see claim.
create table keyhub.product_key (
    key_id       bigint generated always as identity,
    product      text   not null,
    position     bigint not null,
    text         text   not null,
    state        text   not null default 'free',
    -- The key itself while it is claimed; must then be the key of an active claim.
    claimed_key  bigint generated always as (case when state = 'claimed' then key_id end) stored,
    constraint product_key_pkey primary key (key_id),
    constraint product_key_product foreign key (product) references keyhub.product,
    constraint product_key_text unique (product, text),
    constraint product_key_position unique (product, position),
    constraint product_key_state_unique unique (key_id, state),
    constraint product_key_state check (state in ('free', 'held', 'claimed', 'revoked')),
    constraint product_key_length check (length(text) between 1 and 256)
) with (fillfactor = 70);
create index product_key_by_text on keyhub.product_key (text);
create index product_key_free on keyhub.product_key (product, position) where state = 'free';
create index product_key_held on keyhub.product_key (product, position) where state = 'held';

-- Written by the claim or by the sweep; the first wins.
create table keyhub.claim_token (
    token      text        not null,
    state      text        not null,
    created_at timestamptz not null,
    constraint claim_token_pkey primary key (token),
    constraint claim_token_state check (state in ('claimed', 'void'))
);
create index claim_token_void on keyhub.claim_token (created_at) where state = 'void';

-- A key given to someone. Append-only but for delivery, state and erasure.
create table keyhub.claim (
    claim_id     bigint generated always as identity,
    token        text        not null,
    product      text        not null,
    key_id       bigint      not null,
    kind         text        not null,
    -- Null after erasure and for imports.
    user_id      bigint,
    -- Keyed hash of user_id; outlives it until the longest window ends.
    owner_hash   bytea,
    username     text        not null default '',
    -- Encrypted digits.
    phone        bytea,
    country_iso  text        not null default '',
    country_name text        not null default '',
    claimed_at   timestamptz not null,
    counts       boolean     not null,
    delivery     text        not null default 'pending',
    state        text        not null default 'active',
    -- While active: the key, which only one active claim may have, and the state the key must have.
    active_key   bigint generated always as (case when state = 'active' then key_id end) stored,
    key_state    text   generated always as (case when state = 'active' then 'claimed' end) stored,
    constraint claim_pkey primary key (claim_id),
    constraint claim_token_once unique (token),
    constraint claim_product foreign key (product) references keyhub.product,
    constraint claim_key foreign key (key_id) references keyhub.product_key,
    constraint claim_one_active unique (active_key),
    constraint claim_key_is_claimed foreign key (key_id, key_state)
        references keyhub.product_key (key_id, state) deferrable initially deferred,
    constraint claim_kind check (kind in ('normal', 'waitlist', 'replacement', 'import')),
    constraint claim_delivery check (delivery in ('pending', 'delivered', 'undeliverable')),
    constraint claim_state check (state in ('active', 'returned', 'revoked'))
) with (fillfactor = 80);
create index claim_by_key on keyhub.claim (key_id);
create index claim_by_owner on keyhub.claim (owner_hash, product, claimed_at desc) where owner_hash is not null;
create index claim_by_user on keyhub.claim (user_id, claimed_at desc) where user_id is not null;
create index claim_by_time on keyhub.claim (claimed_at);
create index claim_hash_kept on keyhub.claim (claimed_at) where user_id is null and owner_hash is not null;
create index claim_undelivered on keyhub.claim (user_id) where delivery = 'undeliverable';

alter table keyhub.product_key add constraint product_key_has_claim
    foreign key (claimed_key) references keyhub.claim (active_key) deferrable initially deferred;

create function keyhub.keep_claim() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE'
        or (old.claim_id, old.token, old.product, old.key_id, old.kind, old.claimed_at)
            is distinct from (new.claim_id, new.token, new.product, new.key_id, new.kind, new.claimed_at)
        or (old.country_iso, old.country_name) is distinct from (new.country_iso, new.country_name)
        or (new.counts and not old.counts)
        or (new.user_id is not null and new.user_id is distinct from old.user_id)
        or (new.owner_hash is not null and new.owner_hash is distinct from old.owner_hash)
        or (new.username <> '' and new.username <> old.username)
        or (new.phone is not null and new.phone is distinct from old.phone)
    then
        raise exception 'a claim changes only in delivery, state and erasure' using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;
create trigger claim_append_only before update or delete on keyhub.claim
    for each row execute function keyhub.keep_claim();
create trigger claim_kept before truncate on keyhub.claim
    for each statement execute function core.refuse_change();

-- Returned claims that are still to be taken out of the DynamoDB counters.
create table keyhub.uncount (
    token      text        not null,
    user_id    bigint      not null,
    product    text        not null,
    noted_at   timestamptz not null,
    constraint uncount_pkey primary key (token)
);

create table keyhub.person (
    user_id            bigint      not null,
    -- A cache, not unique.
    username           text        not null default '',
    language           text        not null,
    -- Encrypted digits, and the keyed hash they are found by.
    phone              bytea,
    phone_hash         bytea,
    -- The place last shared: when, and where until its country is known (encrypted).
    located_at         timestamptz,
    place              bytea,
    country_iso        text,
    country_name       text,
    country_at         timestamptz,
    pending_product    text,
    pending_dialogue   text,
    pending_notify     boolean     not null default false,
    pending_at         timestamptz,
    blocked            boolean     not null default false,
    block_reason       text        not null default '',
    premium_until      timestamptz,
    unreachable        boolean     not null default false,
    created_at         timestamptz not null,
    constraint person_pkey primary key (user_id),
    constraint person_phone_hash unique (phone_hash),
    constraint person_phone check ((phone is null) = (phone_hash is null)),
    constraint person_place check (place is null or located_at is not null),
    constraint person_block_reason check (length(block_reason) <= 256)
) with (fillfactor = 70);
create index person_place_at on keyhub.person (located_at) where place is not null;

-- Claims before reset_at do not count; product `*` stands for all. By keyed hash, so that it outlives erasure.
create table keyhub.limit_reset (
    owner_hash bytea       not null,
    product    text        not null,
    reset_at   timestamptz not null,
    constraint limit_reset_pkey primary key (owner_hash, product)
);

-- Who asked to be forgotten: only what keeps limits, blocks and phones in force. A blocked one stays until unblocked.
create table keyhub.erased_person (
    owner_hash   bytea       not null,
    phone_hash   bytea,
    blocked      boolean     not null,
    block_reason text        not null,
    erased_at    timestamptz not null,
    expires_at   timestamptz not null,
    constraint erased_person_pkey primary key (owner_hash)
);
create index erased_person_expires on keyhub.erased_person (expires_at) where not blocked;
create index erased_person_phone on keyhub.erased_person (phone_hash) where phone_hash is not null;

-- One product list message and what follows from it.
create table keyhub.dialogue (
    -- At least 96 random bits.
    dialogue_id text        not null,
    user_id     bigint      not null,
    chat_id     bigint      not null,
    created_at  timestamptz not null,
    used_at     timestamptz,
    constraint dialogue_pkey primary key (dialogue_id)
);
create index dialogue_created_at on keyhub.dialogue (created_at);

create table keyhub.waiting_entry (
    entry_id     bigint generated always as identity,
    product      text        not null,
    user_id      bigint      not null,
    country_iso  text        not null,
    country_name text        not null,
    joined_at    timestamptz not null,
    state        text        not null default 'waiting',
    constraint waiting_entry_pkey primary key (entry_id),
    constraint waiting_entry_product foreign key (product) references keyhub.product,
    constraint waiting_entry_state check (state in ('waiting', 'served', 'left'))
);
create unique index waiting_entry_once on keyhub.waiting_entry (product, user_id) where state = 'waiting';
create index waiting_entry_line on keyhub.waiting_entry (product, joined_at, entry_id) where state = 'waiting';
create index waiting_entry_user on keyhub.waiting_entry (user_id);

-- An invoice we sent; its id is the payload.
create table keyhub.invoice (
    invoice_id text        not null,
    user_id    bigint      not null,
    stars      bigint      not null,
    created_at timestamptz not null,
    constraint invoice_pkey primary key (invoice_id),
    constraint invoice_stars check (stars > 0)
);

create table keyhub.payment (
    charge_id   text        not null,
    user_id     bigint      not null,
    stars       bigint      not null,
    payload     text        not null,
    matched     boolean     not null,
    paid_at     timestamptz not null,
    refunded_at timestamptz,
    constraint payment_pkey primary key (charge_id)
);

-- A CSV that waits for its admin's word.
create table keyhub.restock (
    restock_id text        not null,
    admin_id   bigint      not null,
    product    text        not null,
    csv        bytea       not null,
    created_at timestamptz not null,
    constraint restock_pkey primary key (restock_id),
    constraint restock_product foreign key (product) references keyhub.product
);
create index restock_created_at on keyhub.restock (created_at);

-- When an alert that repeats itself was last given.
create table keyhub.alert (
    name     text        not null,
    given_at timestamptz not null,
    constraint alert_pkey primary key (name)
);

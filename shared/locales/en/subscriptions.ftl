### Messages are sent as HTML. Button labels, popups and command descriptions are plain text.

## Menu and help

menu =
    Here you get access to our private group.

    Choose a plan, pay it in USDT (TRC-20), and I send you a personal link.
menu-admin =
    Here you get access to our private group.

    You are an admin: /admin shows the numbers and your commands.
help =
    <b>How it works</b>
    1. Choose a plan: /plans
    2. Send exactly the amount I name, in USDT over the TRON network (TRC-20), to the address I name. The exact amount is how I recognise your payment.
    3. I find the payment by myself, usually within a minute, and wait for its confirmations. Then you get a personal link to the group.

    If I do not find your payment, send me its transaction hash: /paid

    Help: { $support }
support-none = please ask the admins of the group
too-many-updates = That was too fast for me. Please wait a minute.
try-later = This does not work right now. Please try again later. Help: { $support }

button-plans = Plans
button-status = My subscription
button-paid = I have paid
button-link = My link
button-history = History
button-help = Help
button-renew = Renew
button-cancel = Cancel the order
button-show-order = Show the order
button-balance = Pay from balance
button-join = Join the group
button-copy-amount = Copy the amount: { $amount }
button-copy-address = Copy the address
button-plan = { $plan } – { $price } USDT
button-yes = Yes, do it
button-no = No

popup-not-available = This is not available.
popup-order-closed = This order is not open any more.
popup-balance-low = Your balance does not cover this order.

## Command descriptions

command-start = the menu
command-plans = plans and prices
command-paid = send the hash of a payment
command-status = my subscription
command-link = my link to the group
command-history = what happened so far
command-help = how it works, and who helps
command-admin = numbers and commands for admins
command-find = find people
command-extend = add days or take them away
command-kick = end a subscription now
command-ban = keep somebody out
command-unban = let somebody in again
command-unassigned = payments that wait for you
command-assign = give a payment to somebody
command-stats = how the business goes

## Plans and orders

choose-plan = Please choose a plan:
link-needs-plan = You have no running subscription. With one of these plans you get your link to the group:
no-plans = There are no plans at the moment. Help: { $support }
order =
    <b>{ $plan }</b> ({ $days ->
        [one] { $days } day
       *[other] { $days } days
    }, { $price } USDT)

    Send <b>exactly</b>
    <code>{ $due }</code> USDT
    to the address
    <code>{ $wallet }</code>

    <b>Network: TRON, TRC-20 only.</b> USDT sent over another network is lost.
    By exactly this amount I recognise your payment. Your wallet or exchange may take its fee on top: what arrives has to be this amount.
    Valid until { $until }
order-balance = Your balance of { $balance } USDT is taken into account.
order-covered =
    <b>{ $plan }</b> ({ $days ->
        [one] { $days } day
       *[other] { $days } days
    }, { $price } USDT)

    Your balance of { $balance } USDT covers this order: you need not send anything.
order-waiting = Waiting for the payment.
order-confirming = The payment was seen and is being confirmed.
order-partially-paid = A part was paid: the amount above is what is missing.
order-cancelled = The order is cancelled. If you have sent the payment already, it will still be honoured.
order-gone = This order is not there any more. Use /plans to choose a plan.
paid-from-balance = Paid from your balance. The new end of your subscription comes in a moment.

## Payments

ask-hash =
    Please send me the transaction hash of your payment: 64 digits and letters from a to f. A link to TronScan works as well.

    You find it in your wallet or exchange under the details of the transfer. I wait for 30 minutes.
hash-invalid = I need exactly one transaction hash: 64 digits and letters from a to f, or a link to TronScan.
checking = Checking. I write to you as soon as I know the result.
claim-waits = An admin looks at this payment. You get a message once it is decided.
claim-counted = This payment is counted already; it did not cover the whole price. What is missing stands under /status.
claim-too-many = I am still checking your other payments. Please send the next hash once they are settled.
claim-used = This transaction was used already. Help: { $support }
claim-failed = This transaction cannot be used: { $reason }. Help: { $support }
claim-refused =
    The transaction cannot be used: { $reason }.
    { $url }

    Help: { $support }
claim-held =
    Your payment has arrived, but I cannot tell for sure what it is for. An admin looks at it; you need not do anything.
    { $url }

    Help: { $support }
confirming = Payment seen, confirming { $n }/{ $required }
credited = { $amount } USDT have arrived. Your balance is { $balance } USDT; the next order uses it.
missing =
    Your payment for { $plan } has arrived, but { $missing } USDT are missing.

    Please send <b>exactly</b>
    <code>{ $due }</code> USDT
    to the address
    <code>{ $wallet }</code>

    <b>Network: TRON, TRC-20 only.</b>
missing-without-amount = Your payment has arrived, but { $missing } USDT are missing. Please ask for help: { $support }

reason-failed-on-chain = the transaction failed on the blockchain
reason-wrong-token = it is another token than USDT on TRON
reason-wrong-wallet = it was sent to another address than ours
reason-no-transfer = it does not transfer USDT to us
reason-too-old = it is too old
reason-not-found = nobody on the network knows it
reason-used = it belongs to another order
reason-risky = the explorer marks it as risky
reason-blocked = the member is blocked
reason-no-matching-order = no order fits it
reason-ambiguous = it could also be somebody else's payment
reason-too-large = the amount is impossibly large
reason-by-admin = by an admin

## Subscription

status-none = You have no subscription yet.
status-plan = Plan: <b>{ $plan }</b>
status-no-plan = Plan: given by an admin
status-active =
    Runs until <b>{ $end }</b> ({ $zone }), { $days ->
        [one] { $days } day left
       *[other] { $days } days left
    }
status-grace = Ended on <b>{ $end }</b> ({ $zone }). You will be removed from the group soon: please renew.
status-expired = Ended on <b>{ $end }</b> ({ $zone }).
status-inside = You are in the group.
status-outside = You are not in the group.
status-blocked = You are blocked. Help: { $support }
status-order = Open order: { $plan }, { $due } USDT, until { $until }. { $state }
status-balance = Balance: { $balance } USDT

link-inside = You are in the group. Your subscription runs until { $end }.
link-wait =
    You have just asked for a link. Please try again in { $seconds ->
        [one] { $seconds } second
       *[other] { $seconds } seconds
    }.
link-coming = Your new link comes in a moment. Older links do not work any more.
your-link =
    Your personal link to the group:
    { $url }

    Open it and ask to join: I let you in at once. It works for you only, once, until { $expires }.
    Your subscription runs until { $end }.
new-end = Thank you! Your subscription now runs until <b>{ $end }</b>. You are in the group.
you-were-removed = Your subscription has ended, and you were removed from the group. Renew it and you get a new link at once.
link-misused = Somebody else tried to join with your personal link, so it does not work any more. Ask for a new one with /link, and do not pass it on.
reminder =
    { $days ->
        [one] Your subscription ends within a day
       *[other] Your subscription ends in less than { $days } days
    }: on <b>{ $end }</b>.

    { $plan } for another { $price } USDT: renew now, the days that are left are not lost.
reminder-without-price =
    { $days ->
        [one] Your subscription ends within a day
       *[other] Your subscription ends in less than { $days } days
    }: on <b>{ $end }</b>.

    Renew now, the days that are left are not lost.

## History

history =
    <b>History</b>
    { $events }
history-empty = Nothing has happened yet.
history-line = { $at } – { $what }, until { $end }
history-line-without-end = { $at } – { $what }
event-started = subscription started
event-renewed = subscription renewed
event-extended =
    { $days ->
        [one] { $days } day
       *[other] { $days } days
    } added by an admin
event-shortened =
    { $days ->
        [one] { $days } day
       *[other] { $days } days
    } taken away by an admin
event-expired = subscription ended
event-removed = removed from the group

## Messages to admins

admin-person = { $name }, @{ $username }, id <code>{ $id }</code>
admin-person-unnamed = { $name }, no username, id <code>{ $id }</code>
admin-plan = Plan: { $plan }, { $price } USDT
admin-plan-unpriced = Plan: { $plan }
admin-no-plan = Plan: none
admin-span = From { $start } to { $end }
admin-no-subscription = No subscription
admin-from-balance = Paid from the balance
admin-started = <b>Subscription started</b>
admin-renewed = <b>Subscription renewed</b>
admin-extended =
    <b>Extended by { $days ->
        [one] { $days } day
       *[other] { $days } days
    }</b>
admin-shortened =
    <b>Shortened by { $days ->
        [one] { $days } day
       *[other] { $days } days
    }</b>
admin-by = By { $actor }: { $reason }
admin-removed = <b>Removed from the group</b>
admin-held = <b>Payment held: { $amount } USDT</b>
admin-unassigned = <b>Unassigned payment: { $amount } USDT</b>, { $at }
admin-assign-hint = Settle it with <code>/assign { $hash } WHO PLAN</code>
admin-alarm = <b>Alarm</b>

alarm-disputed = TronScan and the full node contradict each other about a transaction. It is not granted while they do.
alarm-one-sided = Only one of TronScan and the full node confirms a transaction. It is not granted until both do.
alarm-source-away = A source of the blockchain has given no answer for 10 minutes. Payments settle by themselves once it is back.
alarm-no-due-free = No exact amount is free for an order. Members are asked to try later.
alarm-no-wallet = No wallet is set. Nobody can order.
alarm-telegram-fails = Telegram has failed for 10 minutes. Members cannot be let in or taken out meanwhile. Tries go on.
alarm-access-fails = Telegram refuses to let in or remove the member with id <code>{ $id }</code>. Please look at the bot's rights in the group. Tries go on.
alarm-group-admin = The member with id <code>{ $id }</code> is to be removed, but administers the group. Please do it by hand.
alarm-rights-missing = The bot lacks rights in the group: { $rights }
alarm-no-admin = No admin can be written to.
alarm-odd-row = A job left something out that it could not handle: { $what }

## Commands of admins

usage = Please write: { $usage }
usage-admin = /admin – numbers
usage-find = /find TEXT – people by id, username or name
usage-extend = /extend WHO DAYS [reason] – adds days, or takes them away if below zero
usage-kick = /kick WHO – ends the subscription now
usage-ban = /ban WHO – keeps somebody out
usage-unban = /unban WHO – lets somebody in again
usage-unassigned = /unassigned – payments that wait for you
usage-assign = /assign HASH WHO [plan] – gives a payment to somebody
usage-stats = /stats – how the business goes
who-unknown = Nobody is known as { $who }.
days-invalid = The days are a whole number from 1 to { $max }, or below zero to take days away.
plan-unknown = There is no plan called { $plan }.
confirm-extend =
    Add { $days ->
        [one] { $days } day
       *[other] { $days } days
    }?
    { $person }
    Reason: { $reason }
confirm-shorten =
    Take away { $days ->
        [one] { $days } day
       *[other] { $days } days
    }?
    { $person }
    Reason: { $reason }
confirm-kick =
    End the subscription now and remove from the group?
    { $person }
confirm-ban =
    Block, and ban from the group?
    { $person }
confirm-unban =
    Lift the block?
    { $person }
confirm-assign =
    Give { $amount } USDT to this member, { $use }?
    { $person }
    { $url }
assign-plan = for the plan { $plan }
assign-balance = as balance
dropped = Nothing was changed.
done =
    Done.
    { $person }
refused = This is not possible.
refused-no-member = The member is not there any more.
refused-not-active = There is no active subscription to be shortened.
refused-no-plan = The plan is not sold to this member.
refused-no-payment = There is no such payment.
refused-settled = This payment is settled already.
refused-no-wallet = No wallet is set.

unassigned = <b>Payments that wait for you</b>
unassigned-none = No payment waits for you.
payment-unassigned = nobody claims it
payment-line =
    { $amount } USDT, { $at }: { $why }
    <code>{ $hash }</code>
    { $url }

find-none = Nobody is found by { $text }.
find-active = Runs until { $end }
find-grace = In grace, ended on { $end }
find-expired = Ended on { $end }
mark-inside = in the group
mark-staff = admin
mark-blocked = blocked
mark-unreachable = not reachable

admin-counts =
    Members: { $members }, in the group: { $inside }
    Active: { $active }, in grace: { $grace }
    Blocked: { $blocked }, not reachable: { $unreachable }
    Open orders: { $orders }, claims being checked: { $checking }
    Payments held: { $held }, unassigned: { $unassigned }
    Alarms: { $alarms }
stats =
    Active: { $active }
    Ending within 7 days: { $soon }
    <b>Income of 30 days: { $total } USDT</b>
    { $income }
    Unassigned: { $unassigned } USDT
    Ended in 30 days and not renewed: { $lost }
stats-income = { $plan }: { $sum } USDT
stats-no-income = none

### Messages are sent as HTML. Button labels, popups, command descriptions,
### invoice texts and checkout refusals are plain text.

## About and help

about =
    I am a product key provider bot.
    Limit of keys for each person:
    { $limits }
    Information needed: your subscription to the channel, your phone no., your location of the day and your username, if you have one.
about-limit =
    { $code } - { $n ->
        [one] { $n } key
       *[other] { $n } keys
    } { $period }
about-no-products = no products at the moment
period-day = per day
period-hours = per { $hours } hours
start =
    { $about }

    Use /help to get a list of all the commands.
help =
    { $about }

    You can use these commands:
    { $commands }

    Please contact { $owner } if you have problems with this bot.
    Map data: © OpenStreetMap contributors
help-admin =
    Commands for admins:
    { $commands }
help-line = { $command } - { $description }
hint = Use /help to get a list of all the commands.
unknown-command =
    Unknown command: /{ $command }
    Use /help to get a list of the commands.

## Command descriptions

command-help = list all the commands, or explain one of them
command-forgetme = erase your data
command-keystatus = show your limits and last keys
command-mykeys = show the keys you got
command-paysupport = get help with a payment
command-premium = buy premium or see until when you have it
command-removekeyboard = remove the keyboards of this bot
command-requestkey = request a product key
command-sharephone = share your phone no.
command-shareinfo = request a key of { $label }
command-shareloc = share your location
command-waitlist = show where you are waiting for keys

command-products = list all products with their stock
command-addproduct = add a product
command-setproduct = change a setting of a product
command-restock = add keys from a CSV file
command-export = get all keys of a product as a CSV file
command-keyinfo = show who got a key
command-revoke = revoke a key for good
command-return = put a claimed key back into the stock
command-replace = revoke a key and send its user the next one
command-block = block a user
command-unblock = lift the block of a user
command-premium-grant = grant premium to a user
command-unbindphone = detach the phone no. from a user
command-resetlimit = let the limit of a user start anew
command-stats = show statistics
command-refund = refund a payment in Stars

## Entries of the help for one command

help-help =
    /help - { command-help }

    Use /help &lt;cmd&gt; to read more about a command, such as <code>/help requestkey</code>.
help-forgetme =
    /forgetme - { command-forgetme }

    I ask you first. Then your phone no., username, location and places in waiting lines are erased. Premium is lost, records of payments stay, and your limits are not reset.
help-keystatus =
    /keystatus - { command-keystatus }

    For each product: date, time and country of your last key, the number of keys today and in total, and how many you can still get. If none is left, also when the next one is available.
help-mykeys =
    /mykeys - { command-mykeys }

    The newest keys come first, with product, time and country.
help-paysupport =
    /paysupport - { command-paysupport }

    Tells you whom to ask, and what to send along.
help-premium =
    /premium - { command-premium }

    Premium raises your limits for some days. It is paid in Telegram Stars.
help-removekeyboard =
    /removekeyboard - { command-removekeyboard }

    Use it if a button for the phone no. or the location stays on your screen.
help-requestkey =
    /requestkey - { command-requestkey }

    I check your subscription and your phone no., then you select a product and share your location. Each list of products gives one key.
help-sharephone =
    /sharephone - { command-sharephone }

    I need your phone no. once. Only your own contact is accepted, sent with the button.
help-shareinfo =
    { $command } - request a key of { $label }

    The same as selecting this product after /requestkey.
help-shareloc =
    /shareloc - { command-shareloc }

    I need your location once a day, to note the country. The coordinates are erased when the country is known, at the latest at the end of the day.
help-waitlist =
    /waitlist - { command-waitlist }

    Shows your place in each line. You can leave a line with its button.

help-products =
    { usage-products } - { command-products }

    For each product: state, limits, free, held, claimed and revoked keys, and how many people wait.
help-addproduct =
    { usage-addproduct } - { command-addproduct }

    The code has 1 to 8 characters of A-Z and 0-9, the label 1 to 64. The product is active at once, with the default settings.
help-setproduct =
    { usage-setproduct } - { command-setproduct }

    label - { rule-label }
    order - { rule-order }
    state - { rule-state }
    mode - { rule-mode }
    n - { rule-n }
    hours - { rule-hours }
    premium_n - { rule-premium-n }
    zone - { rule-zone }
    low_stock - { rule-low-stock }
help-restock =
    { usage-restock } - { command-restock }

    Send a CSV document with this caption, or after this command. The first line is <code>keys,country,username,phone</code>; the file has at most 4 MiB and 50,000 rows. I report what would be added, and add it when you press Apply.
help-export =
    { usage-export } - { command-export }

    The keys come in stock order. Keys that were revoked before anybody got them are left out.
help-keyinfo =
    { usage-keyinfo } - { command-keyinfo }

    State, date, time, username, Telegram id, country, the last digits of the phone no. and the delivery. If several products have the key, write <code>code:key</code>.
help-revoke =
    { usage-revoke } - { command-revoke }

    Nobody gets this key any more.
help-return =
    { usage-return } - { command-return }

    The key keeps its position in the stock, and the claim no longer counts toward the limit.
help-replace =
    { usage-replace } - { command-replace }

    The new key does not count toward the limit.
help-block =
    { usage-block } - { command-block }

    The user is shown the reason.
help-unblock =
    { usage-unblock } - { command-unblock }

    The user can request keys again.
help-premium-grant =
    { usage-premium-grant } - { command-premium-grant }

    The days are added to the premium the user has.
help-unbindphone =
    { usage-unbindphone } - { command-unbindphone }

    The user has to share a phone no. again, and another account can use this one.
help-resetlimit =
    { usage-resetlimit } - { command-resetlimit }

    Without a code, for all products. Earlier keys no longer count.
help-stats =
    { usage-stats } - { command-stats }

    Dates are written as 2025-03-01. Keys per day, product and country, undelivered keys, people who wait and people with premium.
help-refund =
    { usage-refund } - { command-refund }

    The premium days of the payment are taken back.

usage = Usage: { $usage }
usage-products = /products
usage-addproduct = /addproduct &lt;code&gt; &lt;label&gt;
usage-setproduct = /setproduct &lt;code&gt; &lt;field&gt; &lt;value&gt;
usage-restock = /restock &lt;code&gt;
usage-export = /export &lt;code&gt;
usage-keyinfo = /keyinfo &lt;key&gt;
usage-revoke = /revoke &lt;key&gt;
usage-return = /return &lt;key&gt;
usage-replace = /replace &lt;key&gt;
usage-block = /block &lt;id&gt; &lt;reason&gt;
usage-unblock = /unblock &lt;id&gt;
usage-premium-grant = /premium &lt;id&gt; &lt;days&gt;
usage-unbindphone = /unbindphone &lt;id&gt;
usage-resetlimit = /resetlimit &lt;id&gt; [code]
usage-stats = /stats [from] [to]
usage-refund = /refund &lt;charge id&gt;

## The way to a key

channel-join =
    { $count ->
        [one] First, you need to subscribe to this channel:
       *[other] First, you need to subscribe to these channels:
    }
    { $urls }
    in order to access product key.
phone-first = Please, share the phone no. first via /sharephone
location-first = Please, share your location via /shareloc
choose-product =
    Okay! Select one of the products below -
    { $products }
product-line = { $code } - { $label }
no-products = Sorry, there are no products at the moment.
country-noted = Country: '{ $country }' noted
username-noted = Username: '{ $username }' noted
username-not-set = Username: not set
key =
    your key is{" "}
    <code>{ $key }</code>
done =
    DONE!{" "}
    For more, use /help command.
connection-error =
    Connection ERROR! Please try again later.
    Also, you can raise query at { $owner }
out-of-stock =
    SORRY!{" "}
    No more keys are available. So, please ask { $owner } to append more keys.
limit-reached = You have reached the limit of { $n } keys { $period } for product { $code }. The next key is available at { $until }.
cap-reached = You have reached the limit of { $n } keys per day over all products. The next key is available at { $until }.
premium-hint =
    With /premium your limit is { $n ->
        [one] { $n } key
       *[other] { $n } keys
    } { $period }.
blocked =
    You are blocked: { $reason }
    Please contact { $owner } if you think this is a mistake.
blocked-without-reason =
    You are blocked.
    Please contact { $owner } if you think this is a mistake.
membership-unknown = Sorry, I could not check, try again in a minute: Telegram did not say whether you are subscribed.
no-such-product = There is no such product. Use /requestkey to see the products.
country-not-found = Sorry, the country of this place could not be found. Please share another location via /shareloc
try-later = Sorry, this is not possible at the moment. Please try again later.

## Contact and location

contact-prompt = Please click on 'Phone no.' button below to share your phone no.
contact-noted = You choose to send your contact no.: '{ $digits }'
contact-foreign = This is not your own contact. Please use the button of /sharephone
contact-invalid = This phone no. cannot be used: it must have 5 to 15 digits.
contact-taken = This phone no. belongs to another account. Please contact { $owner } if it is yours.
location-prompt = Please click on 'Location' button below to share your location
location-noted = Your location is noted.
location-noted-request =
    Okay! But I need some of your information.{" "}
    Use /requestkey command.
location-refused = Please send your current location with the button of /shareloc. Forwarded locations, places and locations from other bots are not accepted.
location-invalid = There is no such place on Earth. Please send your current location with the button of /shareloc
keyboards-removed = keyboards removed.

## Around the conversation

group-link = Please write to me in the private chat: { $url }
too-many-updates = Too many messages. I will answer again in a minute.

## Waiting line

waitlist-joined = You are number { $place } in the waiting line for product { $code } - { $label }. I will send you a key when it is your turn. See /waitlist
waitlist-already = You are already waiting for product { $code } - { $label }, as number { $place } in the line. See /waitlist
waitlist-left = You have left the waiting line for product { $code } - { $label }.
waitlist-closed-not-member =
    A key of product { $code } - { $label } was there for you, but you are no longer subscribed to the channel. So you have lost your place in the waiting line:
    { $urls }
waitlist-closed-blocked = Your place in the waiting line for product { $code } - { $label } is lost, because you are blocked.
waitlist-served = You have waited for product { $code } - { $label }: here is your key.
waitlist-page =
    You are waiting for these products (page { $page } of { $pages }):
    { $entries }
waitlist-line = { $code } - { $label }: number { $place }, since { $joined }
waitlist-empty = You are not waiting for any product.

## Own keys

status =
    Your keys:
    { $products }
status-none = { $code } - { $label }: none
status-free =
    { $code } - { $label }:
    last access { $at }, { $country }
    keys today { $today }, total { $total }, still available { $left }
status-full =
    { $code } - { $label }:
    last access { $at }, { $country }
    keys today { $today }, total { $total }, still available 0, next key at { $until }
mykeys-page =
    Your keys (page { $page } of { $pages }):
    { $keys }
mykeys-line =
    <code>{ $key }</code>
    { $code } - { $label }, { $at }, { $country }
mykeys-empty = You have no keys. Use /requestkey to get one.
country-unknown = country unknown

## Premium and payments

premium-none =
    You do not have premium. For { $stars ->
        [one] { $stars } Star
       *[other] { $stars } Stars
    } you get these limits for { $days ->
        [one] { $days } day
       *[other] { $days } days
    }:
    { $limits }
premium-active =
    You have premium until { $until }. For { $stars ->
        [one] { $stars } Star
       *[other] { $stars } Stars
    } you get { $days ->
        [one] { $days } more day
       *[other] { $days } more days
    }. Your limits:
    { $limits }
premium-thanks = Thank you! You have premium until { $until }.
premium-granted = You were given premium. You have it until { $until }.
premium-refunded =
    Your payment of { $stars ->
        [one] { $stars } Star
       *[other] { $stars } Stars
    } is refunded, and you no longer have premium.
premium-refunded-until =
    Your payment of { $stars ->
        [one] { $stars } Star
       *[other] { $stars } Stars
    } is refunded. You still have premium until { $until }.
invoice-title =
    Premium for { $days ->
        [one] { $days } day
       *[other] { $days } days
    }
invoice-description =
    Higher limits of product keys for { $days ->
        [one] { $days } day
       *[other] { $days } days
    }. The keys themselves depend on the stock.
invoice-label =
    Premium, { $days ->
        [one] { $days } day
       *[other] { $days } days
    }
checkout-blocked = You are blocked and cannot buy premium.
checkout-foreign = This invoice is not yours. Please use /premium to get your own.
checkout-amount = The price has changed. Please use /premium to get a new invoice.
paysupport = For help with a payment please write to { $owner } and send the transaction id from the payment in your Telegram settings. Payments in Stars can be refunded. Telegram's own support cannot help with purchases made in this bot.

## Erasure

forgetme =
    Shall I erase your data? Your phone no., username, location and places in waiting lines are erased.
    Premium is lost. Records of payments stay. Your limits are not reset: what counts toward them is kept until they end.
forgetme-done = Your data is erased.
forgetme-cancelled = Nothing was erased.

## Buttons

button-joined = I have joined
button-channel = Subscribe to { $channel }
button-phone = Phone no.
button-location = Location
button-notify = Notify me
button-copy = Copy the key
button-next = Next
button-previous = Previous
button-leave = Leave { $code }
button-premium =
    Buy for { $stars ->
        [one] { $stars } Star
       *[other] { $stars } Stars
    }
button-forget = Erase my data
button-keep = Keep it
button-apply = Apply
button-cancel = Cancel
button-private = Open the private chat

## Popups

popup-list-used = For another key, use /requestkey again.
popup-invalid = This button is no longer valid or not meant for you.
popup-not-joined = You are not subscribed yet.
popup-in-stock = There are free keys again. Use /requestkey to get one.
popup-not-waiting = You are no longer waiting for this product.
popup-restock-expired = This restock is no longer open. Please send the file again.

## Admins: products

admin-products =
    Products:
    { $products }
admin-product =
    <b>{ $code }</b> - { $label } ({ $state })
    limit { $n }, premium { $premium } { $period }, zone { $zone }
    free { $free }, held { $held }, claimed { $claimed }, revoked { $revoked }, waiting { $waiting }
admin-no-products = There are no products. Use /addproduct to add one.
product-active = active
product-hidden = hidden
product-added = Product { $code } - { $label } is added.
product-exists = Product { $code } exists already.
product-unknown = There is no product { $code }.
product-set = Product { $code }: { $field } is now { $value }.
code-invalid = The code must have 1 to 8 characters of A-Z and 0-9.
field-unknown = There is no field { $field }. The fields are label, order, state, mode, n, hours, premium_n, zone and low_stock.
value-invalid = { $field } does not take this value: { $rule }.
rule-label = 1 to 64 characters
rule-order = a whole number
rule-state = active or hidden
rule-mode = day or rolling
rule-n = a whole number from 1 to 1000
rule-hours = a whole number from 1 to 720
rule-premium-n = a whole number from 1 to 1000
rule-zone = a time zone such as UTC or Europe/Berlin
rule-low-stock = a whole number, 0 or more

## Admins: restock and export

restock-send = Please send the CSV document for product { $code }.
restock-preview =
    Dry run for product { $code }, nothing is stored yet.
    { $rows ->
        [one] { $rows } row
       *[other] { $rows } rows
    }: { $added } to add, { $duplicate } duplicate, { $invalid } invalid
restock-applied =
    Restock of product { $code } is done.
    { $rows ->
        [one] { $rows } row
       *[other] { $rows } rows
    }: { $added } added, { $duplicate } duplicate, { $invalid } invalid
restock-detail = line { $line }: { $reason }
restock-more =
    { $n ->
        [one] and { $n } more line
       *[other] and { $n } more lines
    }
restock-reason-exists = the product has this key already
restock-reason-owner-differs = the product has this key already, with another owner
restock-reason-repeated = the key is repeated in the file
restock-reason-fields = not 4 fields
restock-reason-empty = the key is empty
restock-reason-long = the key is longer than 256 characters
restock-reason-blanks = the key begins or ends with a blank
restock-reason-control = the key has control characters
restock-cancelled = Restock of product { $code } is cancelled, nothing was added.
restock-too-large = The file is refused: it is larger than 4 MiB.
restock-too-many-rows = The file is refused: it has more than 50,000 rows.
restock-wrong-header = The file is refused: the first line must be <code>keys,country,username,phone</code>.
restock-not-utf8 = The file is refused: it is not UTF-8.
restock-unclosed-quote = The file is refused: the quote opened in line { $line } is not closed.
restock-download-failed = The file could not be fetched from Telegram. Please send it again.
export-too-large = The export of product { $code } is over 8 MiB. Please fetch it with GET /keyhub/products/{ $code }/keys.csv
export-caption =
    Product { $code } - { $label }, { $rows ->
        [one] { $rows } key
       *[other] { $rows } keys
    }, { $at }

## Admins: keys

keyinfo =
    <code>{ $key }</code>
    Product: { $code } - { $label }
    State: { $state }
keyinfo-claim =
    Claimed at: { $at }
    Username: { $username }
    Telegram id: { $user }
    Country: { $country }
    Phone: { $phone }
    Kind: { $kind }
    Delivery: { $delivery }
not-set = not set
key-state-free = free
key-state-held = held for the waiting line
key-state-claimed = claimed
key-state-revoked = revoked
claim-kind-normal = requested
claim-kind-waitlist = from the waiting line
claim-kind-replacement = replacement
claim-kind-import = imported
delivery-pending = pending
delivery-delivered = delivered
delivery-undeliverable = undeliverable
key-unknown = There is no key <code>{ $key }</code>.
key-ambiguous = Several products have this key: { $products }. Please write the code before it, such as <code>{ $code }:{ $key }</code>.
key-revoked = Key <code>{ $key }</code> of product { $code } is revoked.
key-already-revoked = Key <code>{ $key }</code> of product { $code } was revoked before.
key-returned = Key <code>{ $key }</code> of product { $code } is back in the stock.
key-not-claimed = Key <code>{ $key }</code> of product { $code } is not claimed: { $state }.
key-replaced = Key <code>{ $key }</code> of product { $code } is revoked. User { $user } gets <code>{ $new }</code>.
key-without-user = Nobody to send another key to: the user of key <code>{ $key }</code> of product { $code } is not known.
key-no-replacement = Product { $code } has no free key, nothing was changed.
key-replacement = One of your keys of product { $code } - { $label } was replaced: the key <code>{ $key }</code> is no longer valid, here is a new one.

## Admins: users

id-invalid = A Telegram id is a whole number.
user-unknown = User { $user } is not known.
user-blocked = User { $user } is blocked: { $reason }
user-unblocked = User { $user } is no longer blocked.
user-not-blocked = User { $user } is not blocked.
user-premium = User { $user } has premium until { $until }.
days-invalid = The days must be a whole number from 1 to { $max }.
phone-unbound = The phone no. of user { $user } is detached.
phone-not-bound = User { $user } has no phone no.
limit-reset = The limits of user { $user } start anew, for all products.
limit-reset-product = The limit of user { $user } for product { $code } starts anew.
refunded =
    Payment <code>{ $charge }</code> of user { $user } is refunded: { $stars ->
        [one] { $stars } Star
       *[other] { $stars } Stars
    }.
refund-unknown = There is no payment <code>{ $charge }</code>.
refund-already = Payment <code>{ $charge }</code> was refunded before.
refund-failed = Telegram refused to refund payment <code>{ $charge }</code>: { $reason }

## Admins: statistics

stats =
    { $total ->
        [one] { $total } key
       *[other] { $total } keys
    } from { $from } to { $to }
stats-days = <b>Per day</b>
stats-products = <b>Per product</b>
stats-countries = <b>Per country</b>
stats-line = { $name }: { $n }
stats-state = Undelivered: { $undelivered }, waiting: { $waiting }, with premium: { $premium }
stats-dates-invalid = Please write the dates as 2025-03-01, the first one not after the second.
stats-range-too-long =
    The time is too long, at most { $days ->
        [one] { $days } day
       *[other] { $days } days
    }.

## Alerts to admins

alert-low-stock =
    Product { $code } - { $label } runs low: { $n ->
        [one] { $n } key is left.
       *[other] { $n } keys are left.
    }
alert-empty-stock = Product { $code } - { $label } has no keys left.
alert-geocoder = The geocoder refuses requests: { $status }. Please check the Google key and its quota.
alert-unmatched-payment =
    A payment matches no invoice: { $stars ->
        [one] { $stars } Star
       *[other] { $stars } Stars
    } from user { $user }, charge id <code>{ $charge }</code>. Premium was granted.

### Texts of the bank's pages. All of them are plain text; the pages escape them.
### Texts in quotes in the specification keep its wording.

## Around every page

skip = Skip to content
menu = Menu
nav-label = Main
nav-home = Home
nav-login = Login
nav-signup = Sign Up
nav-transactions = Transactions
nav-pay = Pay Credit Card
nav-statements = Statements
nav-notifications = Notifications
nav-logout = Logout
dismiss = Dismiss this message
footer-demo = PL BANK is a demonstration bank: no real money is kept here.
footer-zone = All times are in { $zone }.
verify-banner-label = Phone number
verify-banner = Your phone number is not verified yet. Until it is, we send no account messages to it.
verify-banner-link = Verify the number

## Said once

flash-email-taken = Email address already exists
flash-signed-up = Welcome to PL BANK! We have sent a code to your phone. Log in to enter it.
flash-signed-up-verified = Welcome to PL BANK! You can log in now.
flash-login-failed = Please check your login details and try again.
flash-logged-out = You are logged out.
flash-code-sent = A new code is on its way to your phone.
flash-too-many-codes = No more codes can be sent now. Please try again in { $n ->
        [one] { $n } minute
       *[other] { $n } minutes
    }.
flash-verified = Your phone number is verified.
flash-number-taken = This phone number is already verified by another customer.
flash-insufficient-funds = Balance not sufficient to process payment.
flash-overpayment = Only { $currency } { $amount } is due on this card. You cannot pay more than that.
flash-paid = Credit card bill successfully paid!
flash-payment-failed = Error occurred while processing the payment.
flash-statement-ordered = PDF creation and SMS send request received. You will find the statement under Statements, too.
flash-too-many-statements = No more statements can be sent now. Please try again in { $n ->
        [one] { $n } minute
       *[other] { $n } minutes
    }.
flash-statement-resent = A new link is on its way to your phone. Earlier links no longer work.
flash-statement-revoked = The statement is revoked. Its links no longer work.
flash-statement-gone = This statement is no longer available. You can order a new one.

## Products

kind-savings = Savings account
kind-card = Credit card
balance = Balance
available = Available
overdraft = Overdraft limit
due = Due
due-date = Due date
credit-limit = Credit limit
none = None
until = until { $at }
choose = Please choose

## Home

home-title = A bank that tells you at once
home-lead = Savings accounts and credit cards with a text message for every movement, encrypted statements, and banking from any phone.
home-start = Open an account
home-have-account = I have an account
home-why = What you get
home-sms-title = Every movement by SMS
home-sms = As soon as money comes or goes, you get a message with the amount and your new balance.
home-statements-title = Statements only you can open
home-statements = Order an encrypted PDF. The link comes by SMS and works for a short time; your date of birth opens the file.
home-phone-title = Banking by text message
home-phone = Text BAL for balances, MINI for the latest entries, STMT for a statement, PAY to pay your card. HELP explains the rest.
home-hello = Hello, { $name }
home-savings = Savings accounts
home-cards = Credit cards
home-transactions-of = Transactions of { $product }
home-pay = Pay
home-pay-card = Pay { $product }
home-empty-title = No accounts yet
home-empty = Your accounts and cards will appear here as soon as the bank has opened them for you.

## Forms

summary-title = Please correct the following
title-mistake = Error:
mistake-label = Error:
field-email = Email address
field-name = Full name
field-password = Password
field-contact = Mobile number
field-dob = Date of birth
field-remember = Remember me
field-code = Verification code
field-product = Account or card
field-count = Number of transactions
field-account = Savings account (available balance)
field-card = Credit card (amount due)
field-amount = Amount to pay ({ $currency })
hint-password = 8 to 128 characters
hint-contact = With country code, for example +91 90000 00001
hint-dob = You must be at least 18. Your statements are opened with this date.
hint-remember = Stay logged in for 30 days. Do not use this on a shared device.
hint-code = 6 digits, valid for 10 minutes
hint-count = 1 to 500, newest first
hint-amount = At most two decimals, for example 250.00
mistake-email = Enter a valid email address of at most 100 characters.
mistake-name = Enter your name, with at most 100 characters.
mistake-password = Choose a password of 8 to 128 characters.
mistake-contact = Enter a mobile number of 8 to 15 digits, with country code.
mistake-date = Enter a real date of birth as year, month and day, for example 1990-04-05.
mistake-age = You must be between 18 and 120 years old.
mistake-code-form = Enter the 6 digits from our message.
mistake-code-wrong = This code is not right. { $n ->
        [0] Please ask for a new one.
        [one] You have { $n } try left.
       *[other] You have { $n } tries left.
    }
mistake-code-expired = This code is no longer valid. Please ask for a new one.
mistake-amount = Enter an amount above zero with at most two decimals, for example 250.00.
mistake-count = Enter a number from 1 to 500.
mistake-choose-account = Choose the account to pay from.
mistake-choose-card = Choose the card to pay.

## Sign-up, login, verification, logout

signup-title = Sign Up
signup-lead = It takes a minute. Messages about your accounts will go to your mobile number.
signup-submit = Sign Up
signup-login = Already a customer?
login-title = Login
login-first = Please log in to see this page.
login-locked = Too many attempts. Please try again in { $n ->
        [one] { $n } minute
       *[other] { $n } minutes
    }.
login-submit = Login
login-signup = New here?
verify-title = Verify your phone number
verify-lead = We have sent a 6-digit code to { $contact }. Enter it here to get messages about your accounts.
verify-submit = Verify
verify-no-code = No message after a minute?
verify-resend = Send a new code
logout-title = Log out?
logout-lead = You will need your password to come back.
logout-stay = Stay logged in

## Transactions

transactions-show = Show
transactions-empty = There are no entries on this product yet.
transactions-caption = Entries, newest first. Amounts in { $currency }.
transactions-pages = Pages
transactions-newest = Newest
transactions-older = Older
column-id = Transaction ID
column-credit = Amount Credit
column-debit = Amount Debit
column-date = Transaction Date
column-balance = Balance
order-title = Statement
order-lead = You get an encrypted PDF. Its link comes by SMS, and your date of birth (YYYY-MM-DD) opens it.
order-submit = Send SMS of Statement

## Paying a card

pay-lead = The amount is taken from your savings account and reaches the card at once.
pay-by = by { $day }
pay-fill = Pay the full due
pay-submit = Pay
pay-empty-title = Nothing to pay with yet
pay-no-card = You have no credit card. It will appear here as soon as the bank has opened it for you.
pay-no-account = You have no savings account to pay from. It will appear here as soon as the bank has opened it for you.

## Statements

statements-lead = Encrypted statements you have ordered. “Send again” makes a new link, “Revoke” ends all of them.
statements-empty-title = No statements yet
statements-empty = Choose an account or a card under Transactions and order its statement there.
statements-reload = A statement is on its way.
statements-reload-link = Look again
statements-count = Transactions
statements-ordered = Ordered
statements-sms = SMS
statements-link = Link
statements-no-link = not valid
statements-kept = Kept
statements-download = Download
statements-resend = Send again
statements-revoke = Revoke
statements-revoke-sure = Revoke this statement? It cannot be downloaded any more, and its links stop working.
statements-password = A statement opens with your date of birth, written as YYYY-MM-DD.
statement-queued = In preparation
statement-ready = Ready
statement-expired = Expired
statement-failed = Failed
statement-revoked = Revoked

## Notifications

notifications-lead = Every message we meant for you, whether or not it reached your phone.
notifications-empty-title = No messages yet
notifications-empty = As soon as something happens on your accounts, you will read it here.
notifications-pages = Pages
message-entry = Account movement
message-code = Verification code
message-statement = Statement
message-statement-failed = Statement failed
message-due-reminder = Payment reminder
message-reply = Reply to your message
message-payment-code = Payment to confirm
message-hint = Help
message-opt-out = Messages stopped
message-opt-in = Messages resumed
sms-queued = Waiting to be sent
sms-sending = Being sent
sms-sent = Sent
sms-delivered = Delivered
sms-undelivered = Not delivered
sms-failed = Sending failed
sms-suppressed = Not sent to your phone
sms-none = None
sms-feed-only = Shown here only

## Failures

failure-home = Go to the home page
failure-request-title = This request does not work
failure-request = Something about it is not as it should be. Please go back and try again.
failure-forbidden-title = This form can no longer be used
failure-forbidden = It may be too old, or it was not sent from this site. Nothing was changed. Please open the page again and repeat what you did.
failure-not-found-title = Page not found
failure-not-found = There is nothing at this address, or it is not yours to see.
failure-method-title = This cannot be done here
failure-method = This address does not take what your browser sent. Please start from the home page.
failure-gone-title = No longer available
failure-gone = This link has expired or was revoked. You can order a new statement or have it sent again from the Statements page.
failure-too-large-title = That was too much
failure-too-large = What was sent is larger than we accept. Please shorten it and try again.
failure-invalid-title = Something is missing
failure-invalid = A field is missing or not valid. Please go back and check what you entered.
failure-too-often-title = Too many requests
failure-too-often = Please wait a while and try again.
failure-database-title = Database error
failure-internal-title = Something went wrong on our side
failure-internal = We are sorry. Please try again in a moment. If you were paying, look at your transactions first.

### Тексты страниц банка. Всё это простой текст; страницы экранируют его сами.

## На каждой странице

skip = Перейти к содержанию
menu = Меню
nav-label = Основная навигация
nav-home = Главная
nav-login = Войти
nav-signup = Регистрация
nav-transactions = Операции
nav-pay = Оплата карты
nav-statements = Выписки
nav-notifications = Уведомления
nav-logout = Выйти
dismiss = Закрыть сообщение
footer-demo = PL BANK — демонстрационный банк: настоящих денег здесь нет.
footer-zone = Часовой пояс: { $zone }.
verify-banner-label = Номер телефона
verify-banner = Ваш номер телефона ещё не подтверждён. До подтверждения мы не присылаем на него сообщения о счетах.
verify-banner-link = Подтвердить номер

## Разовые сообщения

flash-email-taken = Этот адрес электронной почты уже зарегистрирован
flash-signed-up = Добро пожаловать в PL BANK! Мы отправили код на ваш телефон. Войдите, чтобы ввести его.
flash-signed-up-verified = Добро пожаловать в PL BANK! Теперь вы можете войти.
flash-login-failed = Проверьте данные для входа и попробуйте ещё раз.
flash-logged-out = Вы вышли.
flash-code-sent = Новый код уже отправлен на ваш телефон.
flash-too-many-codes = Сейчас отправить код больше нельзя. Попробуйте снова через { $n ->
        [one] { $n } минуту
        [few] { $n } минуты
       *[many] { $n } минут
    }.
flash-verified = Номер телефона подтверждён.
flash-number-taken = Этот номер уже подтверждён другим клиентом.
flash-insufficient-funds = На счёте недостаточно средств для этого платежа.
flash-overpayment = Долг по карте — только { $currency } { $amount }. Заплатить больше нельзя.
flash-paid = Задолженность по карте успешно оплачена!
flash-payment-failed = При проведении платежа произошла ошибка.
flash-statement-ordered = Запрос на создание PDF и отправку SMS принят. Выписка появится и в разделе «Выписки».
flash-too-many-statements = Сейчас отправить выписку больше нельзя. Попробуйте снова через { $n ->
        [one] { $n } минуту
        [few] { $n } минуты
       *[many] { $n } минут
    }.
flash-statement-resent = Новая ссылка уже отправлена на ваш телефон. Прежние больше не действуют.
flash-statement-revoked = Выписка отозвана. Её ссылки больше не действуют.
flash-statement-gone = Эта выписка больше недоступна. Вы можете заказать новую.

## Счета и карты

kind-savings = Сберегательный счёт
kind-card = Кредитная карта
balance = Баланс
available = Доступно
overdraft = Лимит овердрафта
due = Долг
due-date = Оплатить до
credit-limit = Кредитный лимит
none = нет
until = до { $at }
choose = Выберите

## Главная страница

home-title = Банк, который сразу даёт знать
home-lead = Сберегательные счета и кредитные карты: SMS о каждой операции, зашифрованные выписки и управление с любого телефона.
home-start = Открыть счёт
home-have-account = Я уже клиент
home-why = Что вы получаете
home-sms-title = SMS о каждой операции
home-sms = Как только деньги пришли или ушли, вы получаете сообщение с суммой и новым балансом.
home-statements-title = Выписки только для вас
home-statements = Закажите зашифрованный PDF. Ссылка придёт по SMS и действует недолго, а файл открывается датой рождения.
home-phone-title = Банк в обычных SMS
home-phone = BAL — балансы, MINI — последние операции, STMT — выписка, PAY — оплата карты. Об остальном расскажет HELP.
home-hello = Здравствуйте, { $name }
home-savings = Сберегательные счета
home-cards = Кредитные карты
home-transactions-of = Операции { $product }
home-pay = Оплатить
home-pay-card = Оплатить { $product }
home-empty-title = Счетов пока нет
home-empty = Ваши счета и карты появятся здесь, как только банк их откроет.

## Формы

summary-title = Исправьте, пожалуйста
title-mistake = Ошибка:
mistake-label = Ошибка:
field-email = Электронная почта
field-name = Имя и фамилия
field-password = Пароль
field-contact = Мобильный телефон
field-dob = Дата рождения
field-remember = Запомнить меня
field-code = Код подтверждения
field-product = Счёт или карта
field-count = Число операций
field-account = Сберегательный счёт (доступно)
field-card = Кредитная карта (долг)
field-amount = Сумма платежа ({ $currency })
hint-password = От 8 до 128 символов
hint-contact = С кодом страны, например +91 90000 00001
hint-dob = Вам должно быть не меньше 18 лет. Этой датой открываются ваши выписки.
hint-remember = Не выходить 30 дней. Не включайте на чужом устройстве.
hint-code = 6 цифр, действует 10 минут
hint-count = От 1 до 500, сначала новые
hint-amount = Не больше двух знаков после точки, например 250.00
mistake-email = Введите правильный адрес электронной почты, не длиннее 100 символов.
mistake-name = Введите имя, не длиннее 100 символов.
mistake-password = Придумайте пароль от 8 до 128 символов.
mistake-contact = Введите номер из 8–15 цифр с кодом страны.
mistake-date = Введите существующую дату рождения: год, месяц и день, например 1990-04-05.
mistake-age = Возраст должен быть от 18 до 120 лет.
mistake-code-form = Введите 6 цифр из нашего сообщения.
mistake-code-wrong = Код неверный. { $n ->
        [0] Запросите новый.
        [one] Осталась { $n } попытка.
        [few] Осталось { $n } попытки.
       *[many] Осталось { $n } попыток.
    }
mistake-code-expired = Этот код больше не действует. Запросите новый.
mistake-amount = Введите сумму больше нуля, не больше двух знаков после точки, например 250.00.
mistake-count = Введите число от 1 до 500.
mistake-choose-account = Выберите счёт, с которого платить.
mistake-choose-card = Выберите карту.

## Регистрация, вход, подтверждение, выход

signup-title = Регистрация
signup-lead = Это займёт минуту. На ваш мобильный будут приходить сообщения о счетах.
signup-submit = Зарегистрироваться
signup-login = Уже клиент?
login-title = Вход
login-first = Войдите, чтобы увидеть эту страницу.
login-locked = Слишком много попыток. Попробуйте снова через { $n ->
        [one] { $n } минуту
        [few] { $n } минуты
       *[many] { $n } минут
    }.
login-submit = Войти
login-signup = Впервые у нас?
verify-title = Подтвердите номер телефона
verify-lead = Мы отправили код из 6 цифр на номер { $contact }. Введите его, чтобы получать сообщения о счетах.
verify-submit = Подтвердить
verify-no-code = SMS не пришло за минуту?
verify-resend = Отправить новый код
logout-title = Выйти?
logout-lead = Чтобы вернуться, понадобится пароль.
logout-stay = Остаться

## Операции

transactions-show = Показать
transactions-empty = Операций пока нет.
transactions-caption = Операции, сначала новые. Суммы в { $currency }.
transactions-pages = Страницы
transactions-newest = Самые новые
transactions-older = Более ранние
column-id = Номер операции
column-credit = Зачислено
column-debit = Списано
column-date = Дата операции
column-balance = Баланс
order-title = Выписка
order-lead = Вы получите зашифрованный PDF. Ссылка придёт по SMS, а откроет его ваша дата рождения (ГГГГ-ММ-ДД).
order-submit = Отправить выписку по SMS

## Оплата карты

pay-lead = Сумма спишется со сберегательного счёта и сразу поступит на карту.
pay-by = до { $day }
pay-fill = Весь долг
pay-submit = Оплатить
pay-empty-title = Пока нечего оплачивать
pay-no-card = У вас нет кредитной карты. Она появится здесь, как только банк её откроет.
pay-no-account = У вас нет сберегательного счёта для оплаты. Он появится здесь, как только банк его откроет.

## Выписки

statements-lead = Зашифрованные выписки, которые вы заказали. «Отправить снова» создаёт новую ссылку, «Отозвать» отключает все.
statements-empty-title = Выписок пока нет
statements-empty = Выберите счёт или карту в разделе «Операции» и закажите выписку там.
statements-reload = Выписка готовится.
statements-reload-link = Проверить ещё раз
statements-count = Операций
statements-ordered = Заказана
statements-sms = SMS
statements-link = Ссылка
statements-no-link = не действует
statements-kept = Хранится
statements-download = Скачать
statements-resend = Отправить снова
statements-revoke = Отозвать
statements-revoke-sure = Отозвать выписку? Скачать её будет нельзя, а ссылки перестанут работать.
statements-password = Выписка открывается вашей датой рождения в виде ГГГГ-ММ-ДД.
statement-queued = Готовится
statement-ready = Готова
statement-expired = Срок истёк
statement-failed = Не удалась
statement-revoked = Отозвана

## Уведомления

notifications-lead = Все сообщения для вас, дошли они до телефона или нет.
notifications-empty-title = Сообщений пока нет
notifications-empty = Как только на счетах что-нибудь произойдёт, вы прочтёте об этом здесь.
notifications-pages = Страницы
message-entry = Движение по счёту
message-code = Код подтверждения
message-statement = Выписка
message-statement-failed = Выписка не удалась
message-due-reminder = Напоминание об оплате
message-reply = Ответ на ваше сообщение
message-payment-code = Платёж ждёт подтверждения
message-hint = Подсказка
message-opt-out = Сообщения отключены
message-opt-in = Сообщения включены
sms-queued = Ждёт отправки
sms-sending = Отправляется
sms-sent = Отправлено
sms-delivered = Доставлено
sms-undelivered = Не доставлено
sms-failed = Не удалось отправить
sms-suppressed = На телефон не отправлено
sms-none = нет
sms-feed-only = Только здесь

## Ошибки

failure-home = На главную
failure-request-title = Запрос не удался
failure-request = С ним что-то не так. Вернитесь назад и попробуйте ещё раз.
failure-forbidden-title = Эта форма больше не действует
failure-forbidden = Возможно, она устарела или отправлена не с этого сайта. Ничего не изменено. Откройте страницу снова и повторите действие.
failure-not-found-title = Страница не найдена
failure-not-found = По этому адресу ничего нет, или у вас нет к нему доступа.
failure-method-title = Здесь так нельзя
failure-method = Этот адрес не принимает то, что отправил браузер. Начните с главной страницы.
failure-gone-title = Больше недоступно
failure-gone = Ссылка истекла или отозвана. На странице «Выписки» можно заказать новую выписку или отправить ссылку снова.
failure-too-large-title = Слишком много данных
failure-too-large = Отправлено больше, чем мы принимаем. Сократите и попробуйте ещё раз.
failure-invalid-title = Чего-то не хватает
failure-invalid = Поле не заполнено или заполнено неверно. Вернитесь и проверьте введённое.
failure-too-often-title = Слишком много запросов
failure-too-often = Подождите немного и попробуйте ещё раз.
failure-database-title = Ошибка базы данных
failure-internal-title = Сбой на нашей стороне
failure-internal = Приносим извинения. Попробуйте чуть позже. Если вы платили, сначала проверьте операции.

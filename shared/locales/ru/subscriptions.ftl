### Сообщения отправляются как HTML. Подписи кнопок, всплывающие уведомления и описания команд — простой текст.

## Меню и справка

menu =
    Здесь можно получить доступ в нашу закрытую группу.

    Выберите тариф, оплатите его в USDT (TRC-20), и я пришлю вам личную ссылку.
menu-admin =
    Здесь можно получить доступ в нашу закрытую группу.

    Вы администратор: /admin покажет показатели и ваши команды.
help =
    <b>Как это работает</b>
    1. Выберите тариф: /plans
    2. Отправьте ровно ту сумму, которую я назову, в USDT по сети TRON (TRC-20) на указанный адрес. По точной сумме я узнаю ваш платёж.
    3. Платёж я найду сам, обычно в течение минуты, и дождусь подтверждений. После этого вы получите личную ссылку в группу.

    Если я не вижу ваш платёж, пришлите мне хеш транзакции: /paid

    Помощь: { $support }
support-none = обратитесь к администраторам группы
too-many-updates = Слишком быстро, я не успеваю. Подождите, пожалуйста, минуту.
try-later = Сейчас это не получается. Попробуйте, пожалуйста, позже. Помощь: { $support }

button-plans = Тарифы
button-status = Моя подписка
button-paid = Я оплатил(а)
button-link = Моя ссылка
button-history = История
button-help = Помощь
button-renew = Продлить
button-cancel = Отменить заказ
button-show-order = Показать заказ
button-balance = Оплатить с баланса
button-join = Вступить в группу
button-copy-amount = Скопировать сумму: { $amount }
button-copy-address = Скопировать адрес
button-plan = { $plan } – { $price } USDT
button-yes = Да, выполнить
button-no = Нет

popup-not-available = Это недоступно.
popup-order-closed = Этот заказ уже закрыт.
popup-balance-low = Баланса не хватает на этот заказ.

## Описания команд

command-start = меню
command-plans = тарифы и цены
command-paid = прислать хеш платежа
command-status = моя подписка
command-link = моя ссылка в группу
command-history = история подписки
command-help = как это работает и кто поможет
command-admin = показатели и команды администратора
command-find = найти людей
command-extend = добавить или убавить дни
command-kick = завершить подписку сейчас
command-ban = закрыть доступ
command-unban = снова открыть доступ
command-unassigned = платежи, которые ждут решения
command-assign = отдать платёж участнику
command-stats = как идут дела

## Тарифы и заказы

choose-plan = Выберите, пожалуйста, тариф:
link-needs-plan = У вас нет действующей подписки. С любым из этих тарифов вы получите ссылку в группу:
no-plans = Сейчас тарифов нет. Помощь: { $support }
order =
    <b>{ $plan }</b> ({ $days ->
        [one] { $days } день
        [few] { $days } дня
       *[many] { $days } дней
    }, { $price } USDT)

    Отправьте <b>ровно</b>
    <code>{ $due }</code> USDT
    на адрес
    <code>{ $wallet }</code>

    <b>Сеть: TRON, только TRC-20.</b> USDT, отправленные по другой сети, будут потеряны.
    По точной сумме я узнаю ваш платёж. Комиссию кошелёк или биржа могут взять сверху: прийти должна именно эта сумма.
    Действует до { $until }
order-balance = Ваш баланс { $balance } USDT учтён.
order-covered =
    <b>{ $plan }</b> ({ $days ->
        [one] { $days } день
        [few] { $days } дня
       *[many] { $days } дней
    }, { $price } USDT)

    Вашего баланса { $balance } USDT хватает на этот заказ: ничего отправлять не нужно.
order-waiting = Жду оплату.
order-confirming = Платёж виден и подтверждается.
order-partially-paid = Часть оплачена: сумма выше — это остаток.
order-cancelled = Заказ отменён. Если вы уже отправили платёж, он всё равно будет засчитан.
order-gone = Этого заказа больше нет. Выберите тариф: /plans
paid-from-balance = Оплачено с баланса. Новый срок подписки пришлю через мгновение.

## Платежи

ask-hash =
    Пришлите, пожалуйста, хеш транзакции вашего платежа: 64 знака, цифры и буквы от a до f. Подойдёт и ссылка на TronScan.

    Хеш есть в кошельке или на бирже, в подробностях перевода. Жду 30 минут.
hash-invalid = Нужен ровно один хеш транзакции: 64 знака, цифры и буквы от a до f, или ссылка на TronScan.
checking = Проверяю. Напишу, как только узнаю результат.
claim-waits = Этот платёж смотрит администратор. Когда решение будет принято, вы получите сообщение.
claim-counted = Этот платёж уже учтён, но он не покрыл всю цену. Сколько не хватает, видно по команде /status.
claim-too-many = Я ещё проверяю ваши другие платежи. Пришлите следующий хеш, когда они будут проверены.
claim-used = Эта транзакция уже использована. Помощь: { $support }
claim-failed = Эту транзакцию засчитать нельзя: { $reason }. Помощь: { $support }
claim-refused =
    Транзакцию засчитать нельзя: { $reason }.
    { $url }

    Помощь: { $support }
claim-held =
    Ваш платёж пришёл, но я не могу точно определить, за что он. Его посмотрит администратор, от вас ничего не требуется.
    { $url }

    Помощь: { $support }
confirming = Платёж виден, подтверждения: { $n }/{ $required }
credited = Пришло { $amount } USDT. Ваш баланс { $balance } USDT, он пойдёт на следующий заказ.
missing =
    Ваш платёж за { $plan } пришёл, но не хватает { $missing } USDT.

    Отправьте, пожалуйста, <b>ровно</b>
    <code>{ $due }</code> USDT
    на адрес
    <code>{ $wallet }</code>

    <b>Сеть: TRON, только TRC-20.</b>
missing-without-amount = Ваш платёж пришёл, но не хватает { $missing } USDT. Обратитесь, пожалуйста, за помощью: { $support }

reason-failed-on-chain = в блокчейне она не выполнена
reason-wrong-token = это другой токен, а не USDT в сети TRON
reason-wrong-wallet = она отправлена не на наш адрес
reason-no-transfer = в ней нет перевода USDT нам
reason-too-old = она слишком старая
reason-not-found = в сети её никто не знает
reason-used = она относится к другому заказу
reason-risky = обозреватель считает её рискованной
reason-blocked = участник заблокирован
reason-no-matching-order = к ней не подходит ни один заказ
reason-ambiguous = это может быть и чужой платёж
reason-too-large = сумма невозможно большая
reason-by-admin = решение администратора

## Подписка

status-none = У вас ещё нет подписки.
status-plan = Тариф: <b>{ $plan }</b>
status-no-plan = Тариф: выдано администратором
status-active =
    Действует до <b>{ $end }</b> ({ $zone }), { $days ->
        [one] остался { $days } день
        [few] осталось { $days } дня
       *[many] осталось { $days } дней
    }
status-grace = Закончилась <b>{ $end }</b> ({ $zone }). Скоро вы будете удалены из группы: продлите, пожалуйста.
status-expired = Закончилась <b>{ $end }</b> ({ $zone }).
status-inside = Вы в группе.
status-outside = Вы не в группе.
status-blocked = Вы заблокированы. Помощь: { $support }
status-order = Открытый заказ: { $plan }, { $due } USDT, до { $until }. { $state }
status-balance = Баланс: { $balance } USDT

link-inside = Вы уже в группе. Подписка действует до { $end }.
link-wait =
    Вы только что запросили ссылку. Попробуйте снова через { $seconds ->
        [one] { $seconds } секунду
        [few] { $seconds } секунды
       *[many] { $seconds } секунд
    }.
link-coming = Новая ссылка придёт через мгновение. Прежние ссылки больше не действуют.
your-link =
    Ваша личная ссылка в группу:
    { $url }

    Откройте её и подайте заявку: я сразу вас впущу. Она работает только для вас, один раз, до { $expires }.
    Подписка действует до { $end }.
new-end = Спасибо! Теперь подписка действует до <b>{ $end }</b>. Вы в группе.
you-were-removed = Ваша подписка закончилась, и вы удалены из группы. Продлите её и сразу получите новую ссылку.
link-misused = По вашей личной ссылке пытался вступить кто-то другой, поэтому она больше не действует. Запросите новую командой /link и не передавайте её никому.
reminder =
    { $days ->
        [one] Подписка закончится в течение { $days } дня
        [few] Подписка закончится меньше чем через { $days } дня
       *[many] Подписка закончится меньше чем через { $days } дней
    }: <b>{ $end }</b>.

    { $plan } ещё за { $price } USDT: продлите сейчас, оставшиеся дни не пропадут.
reminder-without-price =
    { $days ->
        [one] Подписка закончится в течение { $days } дня
        [few] Подписка закончится меньше чем через { $days } дня
       *[many] Подписка закончится меньше чем через { $days } дней
    }: <b>{ $end }</b>.

    Продлите сейчас, оставшиеся дни не пропадут.

## История

history =
    <b>История</b>
    { $events }
history-empty = Пока ничего не было.
history-line = { $at } – { $what }, до { $end }
history-line-without-end = { $at } – { $what }
event-started = подписка началась
event-renewed = подписка продлена
event-extended =
    администратор добавил { $days ->
        [one] { $days } день
        [few] { $days } дня
       *[many] { $days } дней
    }
event-shortened =
    администратор убавил { $days ->
        [one] { $days } день
        [few] { $days } дня
       *[many] { $days } дней
    }
event-expired = подписка закончилась
event-removed = удаление из группы

## Сообщения администраторам

admin-person = { $name }, @{ $username }, id <code>{ $id }</code>
admin-person-unnamed = { $name }, без имени пользователя, id <code>{ $id }</code>
admin-plan = Тариф: { $plan }, { $price } USDT
admin-plan-unpriced = Тариф: { $plan }
admin-no-plan = Тариф: нет
admin-span = С { $start } по { $end }
admin-no-subscription = Подписки нет
admin-from-balance = Оплачено с баланса
admin-started = <b>Подписка началась</b>
admin-renewed = <b>Подписка продлена</b>
admin-extended =
    <b>Добавлено: { $days ->
        [one] { $days } день
        [few] { $days } дня
       *[many] { $days } дней
    }</b>
admin-shortened =
    <b>Убавлено: { $days ->
        [one] { $days } день
        [few] { $days } дня
       *[many] { $days } дней
    }</b>
admin-by = Кто и почему: { $actor }, { $reason }
admin-removed = <b>Участник удалён из группы</b>
admin-held = <b>Платёж ждёт решения: { $amount } USDT</b>
admin-unassigned = <b>Неопознанный платёж: { $amount } USDT</b>, { $at }
admin-assign-hint = Решить: <code>/assign { $hash } КОМУ ТАРИФ</code>
admin-alarm = <b>Тревога</b>

alarm-disputed = TronScan и полный узел противоречат друг другу насчёт транзакции. Пока это так, она не засчитывается.
alarm-one-sided = Транзакцию подтверждает только один из двух источников: TronScan или полный узел. Она будет засчитана, когда подтвердят оба.
alarm-source-away = Источник данных блокчейна не отвечает уже 10 минут. Когда он вернётся, платежи засчитаются сами.
alarm-no-due-free = Для заказа нет свободной точной суммы. Участников просят попробовать позже.
alarm-no-wallet = Кошелёк не задан. Заказывать нельзя.
alarm-telegram-fails = Telegram уже 10 минут не отвечает как нужно: никого нельзя ни впустить, ни удалить. Попытки продолжаются.
alarm-access-fails = Telegram отказывается впустить или удалить участника с id <code>{ $id }</code>. Проверьте, пожалуйста, права бота в группе. Попытки продолжаются.
alarm-group-admin = Участника с id <code>{ $id }</code> нужно удалить, но он администратор группы. Сделайте это, пожалуйста, вручную.
alarm-rights-missing = Боту не хватает прав в группе: { $rights }
alarm-no-admin = Ни одному администратору нельзя написать.
alarm-odd-row = Задание пропустило то, с чем не справилось: { $what }

## Команды администраторов

usage = Напишите, пожалуйста: { $usage }
usage-admin = /admin – показатели
usage-find = /find ТЕКСТ – люди по id, имени пользователя или имени
usage-extend = /extend КОМУ ДНИ [причина] – добавляет дни, а при числе меньше нуля убавляет
usage-kick = /kick КОГО – завершает подписку сейчас
usage-ban = /ban КОГО – закрывает доступ
usage-unban = /unban КОГО – снова открывает доступ
usage-unassigned = /unassigned – платежи, которые ждут решения
usage-assign = /assign ХЕШ КОМУ [тариф] – отдаёт платёж участнику
usage-stats = /stats – как идут дела
who-unknown = Никто не известен как { $who }.
days-invalid = Дни — целое число от 1 до { $max }, а чтобы убавить дни, число меньше нуля.
plan-unknown = Тарифа «{ $plan }» нет.
confirm-extend =
    Добавить { $days ->
        [one] { $days } день
        [few] { $days } дня
       *[many] { $days } дней
    }?
    { $person }
    Причина: { $reason }
confirm-shorten =
    Убавить { $days ->
        [one] { $days } день
        [few] { $days } дня
       *[many] { $days } дней
    }?
    { $person }
    Причина: { $reason }
confirm-kick =
    Завершить подписку сейчас и удалить из группы?
    { $person }
confirm-ban =
    Заблокировать и закрыть доступ в группу?
    { $person }
confirm-unban =
    Снять блокировку?
    { $person }
confirm-assign =
    Отдать { $amount } USDT этому участнику, { $use }?
    { $person }
    { $url }
assign-plan = за тариф { $plan }
assign-balance = на баланс
dropped = Ничего не изменено.
done =
    Готово.
    { $person }
refused = Это невозможно.
refused-no-member = Этого участника больше нет.
refused-not-active = Нет действующей подписки, которую можно укоротить.
refused-no-plan = Этот тариф участнику не продаётся.
refused-no-payment = Такого платежа нет.
refused-settled = С этим платежом уже всё решено.
refused-no-wallet = Кошелёк не задан.

unassigned = <b>Платежи, которые ждут решения</b>
unassigned-none = Ни один платёж не ждёт решения.
payment-unassigned = никто его не заявил
payment-line =
    { $amount } USDT, { $at }: { $why }
    <code>{ $hash }</code>
    { $url }

find-none = По запросу { $text } никто не найден.
find-active = Действует до { $end }
find-grace = Льготный срок, закончилась { $end }
find-expired = Закончилась { $end }
mark-inside = в группе
mark-staff = администратор
mark-blocked = заблокирован
mark-unreachable = бот не может написать

admin-counts =
    Участников: { $members }, в группе: { $inside }
    Действуют: { $active }, в льготном сроке: { $grace }
    Заблокированы: { $blocked }, бот не может написать: { $unreachable }
    Открытых заказов: { $orders }, заявок на проверке: { $checking }
    Платежей ждёт решения: { $held }, неопознанных: { $unassigned }
    Тревог: { $alarms }
stats =
    Действуют: { $active }
    Закончатся за 7 дней: { $soon }
    <b>Доход за 30 дней: { $total } USDT</b>
    { $income }
    Неопознано: { $unassigned } USDT
    Закончились за 30 дней и не продлены: { $lost }
stats-income = { $plan }: { $sum } USDT
stats-no-income = нет

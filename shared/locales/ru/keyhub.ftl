### Сообщения отправляются как HTML. Подписи кнопок, всплывающие уведомления, описания команд,
### тексты счёта и отказы в оплате — простой текст.

## О боте и справка

about =
    Я бот, который выдаёт ключи продуктов.
    Лимит ключей на одного человека:
    { $limits }
    Что понадобится: подписка на канал, номер телефона, ваше местоположение за сегодня и имя пользователя, если оно есть.
about-limit =
    { $code } - { $n ->
        [one] { $n } ключ
        [few] { $n } ключа
       *[many] { $n } ключей
    } { $period }
about-no-products = сейчас продуктов нет
period-day = в день
period-hours = за { $hours } ч
start =
    { $about }

    Отправьте /help, чтобы увидеть список всех команд.
help =
    { $about }

    Доступные команды:
    { $commands }

    Если с ботом возникли проблемы, обратитесь к { $owner }.
    Картографические данные: © OpenStreetMap contributors
help-admin =
    Команды администраторов:
    { $commands }
help-line = { $command } - { $description }
hint = Отправьте /help, чтобы увидеть список всех команд.
unknown-command =
    Неизвестная команда: /{ $command }
    Отправьте /help, чтобы увидеть список команд.

## Описания команд

command-help = список всех команд или справка по одной из них
command-forgetme = стереть ваши данные
command-keystatus = показать ваши лимиты и последние ключи
command-mykeys = показать полученные вами ключи
command-paysupport = помощь с оплатой
command-premium = купить премиум или узнать срок его действия
command-removekeyboard = убрать клавиатуры бота
command-requestkey = запросить ключ продукта
command-sharephone = отправить номер телефона
command-shareinfo = запросить ключ продукта { $label }
command-shareloc = отправить местоположение
command-waitlist = показать ваши места в очередях за ключами

command-products = список всех продуктов с остатками
command-addproduct = добавить продукт
command-setproduct = изменить настройку продукта
command-restock = добавить ключи из файла CSV
command-export = получить все ключи продукта в файле CSV
command-keyinfo = показать, кто получил ключ
command-revoke = отозвать ключ навсегда
command-return = вернуть выданный ключ в запас
command-replace = отозвать ключ и отправить его получателю следующий
command-block = заблокировать пользователя
command-unblock = разблокировать пользователя
command-premium-grant = выдать пользователю премиум
command-unbindphone = отвязать номер телефона от пользователя
command-resetlimit = начать лимит пользователя заново
command-stats = показать статистику
command-refund = вернуть оплату в звёздах

## Справка по отдельным командам

help-help =
    /help - { command-help }

    Отправьте /help &lt;команда&gt;, чтобы узнать о команде подробнее, например <code>/help requestkey</code>.
help-forgetme =
    /forgetme - { command-forgetme }

    Сначала я переспрошу. Затем будут стёрты номер телефона, имя пользователя, местоположение и места в очередях. Премиум будет потерян, записи о платежах останутся, лимиты не сбросятся.
help-keystatus =
    /keystatus - { command-keystatus }

    Для каждого продукта: дата, время и страна последнего ключа, число ключей за сегодня и всего, и сколько ключей ещё можно получить. Если нисколько — также время, когда будет доступен следующий.
help-mykeys =
    /mykeys - { command-mykeys }

    Сначала новые ключи, с продуктом, временем и страной.
help-paysupport =
    /paysupport - { command-paysupport }

    Подскажет, к кому обратиться и что сообщить.
help-premium =
    /premium - { command-premium }

    Премиум повышает ваши лимиты на некоторое время. Оплата — звёздами Telegram.
help-removekeyboard =
    /removekeyboard - { command-removekeyboard }

    Пригодится, если кнопка номера телефона или местоположения осталась на экране.
help-requestkey =
    /requestkey - { command-requestkey }

    Я проверю подписку и номер телефона, затем вы выберете продукт и отправите местоположение. По каждому списку продуктов выдаётся один ключ.
help-sharephone =
    /sharephone - { command-sharephone }

    Номер телефона нужен один раз. Принимается только ваш собственный контакт, отправленный кнопкой.
help-shareinfo =
    { $command } - запросить ключ продукта { $label }

    То же, что выбрать этот продукт после /requestkey.
help-shareloc =
    /shareloc - { command-shareloc }

    Местоположение нужно раз в день, чтобы отметить страну. Координаты стираются, как только страна определена, самое позднее — в конце дня.
help-waitlist =
    /waitlist - { command-waitlist }

    Показывает ваше место в каждой очереди. Выйти из очереди можно кнопкой.

help-products =
    { usage-products } - { command-products }

    Для каждого продукта: состояние, лимиты, свободные, отложенные, выданные и отозванные ключи и число ожидающих.
help-addproduct =
    { usage-addproduct } - { command-addproduct }

    Код — от 1 до 8 символов A-Z и 0-9, название — от 1 до 64 символов. Продукт сразу активен, с настройками по умолчанию.
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

    Отправьте документ CSV с этой подписью или после этой команды. Первая строка — <code>keys,country,username,phone</code>; в файле не больше 4 МиБ и 50 000 строк. Я сообщу, что будет добавлено, и добавлю это, когда вы нажмёте «Применить».
help-export =
    { usage-export } - { command-export }

    Ключи идут в порядке запаса. Ключи, отозванные до выдачи, не включаются.
help-keyinfo =
    { usage-keyinfo } - { command-keyinfo }

    Состояние, дата, время, имя пользователя, идентификатор Telegram, страна, последние цифры номера телефона и доставка. Если ключ есть у нескольких продуктов, напишите <code>код:ключ</code>.
help-revoke =
    { usage-revoke } - { command-revoke }

    Этот ключ больше никто не получит.
help-return =
    { usage-return } - { command-return }

    Ключ сохраняет своё место в запасе, а выдача больше не учитывается в лимите.
help-replace =
    { usage-replace } - { command-replace }

    Новый ключ не учитывается в лимите.
help-block =
    { usage-block } - { command-block }

    Пользователь увидит причину.
help-unblock =
    { usage-unblock } - { command-unblock }

    Пользователь снова сможет запрашивать ключи.
help-premium-grant =
    { usage-premium-grant } - { command-premium-grant }

    Дни добавляются к уже имеющемуся премиуму.
help-unbindphone =
    { usage-unbindphone } - { command-unbindphone }

    Пользователю придётся снова отправить номер телефона, а этот номер сможет использовать другой аккаунт.
help-resetlimit =
    { usage-resetlimit } - { command-resetlimit }

    Без кода — для всех продуктов. Прежние ключи больше не учитываются.
help-stats =
    { usage-stats } - { command-stats }

    Даты пишутся так: 2025-03-01. Ключи по дням, продуктам и странам, недоставленные ключи, число ожидающих и пользователей с премиумом.
help-refund =
    { usage-refund } - { command-refund }

    Дни премиума за этот платёж отнимаются.

usage = Формат: { $usage }
usage-products = /products
usage-addproduct = /addproduct &lt;код&gt; &lt;название&gt;
usage-setproduct = /setproduct &lt;код&gt; &lt;поле&gt; &lt;значение&gt;
usage-restock = /restock &lt;код&gt;
usage-export = /export &lt;код&gt;
usage-keyinfo = /keyinfo &lt;ключ&gt;
usage-revoke = /revoke &lt;ключ&gt;
usage-return = /return &lt;ключ&gt;
usage-replace = /replace &lt;ключ&gt;
usage-block = /block &lt;id&gt; &lt;причина&gt;
usage-unblock = /unblock &lt;id&gt;
usage-premium-grant = /premium &lt;id&gt; &lt;дни&gt;
usage-unbindphone = /unbindphone &lt;id&gt;
usage-resetlimit = /resetlimit &lt;id&gt; [код]
usage-stats = /stats [с] [по]
usage-refund = /refund &lt;id платежа&gt;

## Путь к ключу

channel-join =
    { $count ->
        [one] Сначала подпишитесь на этот канал:
       *[other] Сначала подпишитесь на эти каналы:
    }
    { $urls }
    чтобы получить ключ продукта.
phone-first = Пожалуйста, сначала отправьте номер телефона: /sharephone
location-first = Пожалуйста, отправьте ваше местоположение: /shareloc
choose-product =
    Хорошо! Выберите один из продуктов -
    { $products }
product-line = { $code } - { $label }
no-products = К сожалению, сейчас продуктов нет.
country-noted = Страна: «{ $country }» записана
username-noted = Имя пользователя: «{ $username }» записано
username-not-set = Имя пользователя: не задано
key =
    ваш ключ{" "}
    <code>{ $key }</code>
done =
    ГОТОВО!{" "}
    Остальное — в команде /help.
connection-error =
    ОШИБКА соединения! Пожалуйста, попробуйте позже.
    Вы также можете обратиться к { $owner }
out-of-stock =
    К СОЖАЛЕНИЮ,{" "}
    ключей больше нет. Пожалуйста, попросите { $owner } добавить ключи.
limit-reached =
    Вы исчерпали лимит: { $n ->
        [one] { $n } ключ
        [few] { $n } ключа
       *[many] { $n } ключей
    } { $period } для продукта { $code }. Следующий ключ будет доступен { $until }.
cap-reached =
    Вы исчерпали лимит: { $n ->
        [one] { $n } ключ
        [few] { $n } ключа
       *[many] { $n } ключей
    } в день по всем продуктам. Следующий ключ будет доступен { $until }.
premium-hint =
    С премиумом (/premium) ваш лимит — { $n ->
        [one] { $n } ключ
        [few] { $n } ключа
       *[many] { $n } ключей
    } { $period }.
blocked =
    Вы заблокированы: { $reason }
    Если это ошибка, обратитесь к { $owner }.
blocked-without-reason =
    Вы заблокированы.
    Если это ошибка, обратитесь к { $owner }.
membership-unknown = К сожалению, проверить не удалось, попробуйте ещё раз через минуту: Telegram не сообщил, подписаны ли вы.
no-such-product = Такого продукта нет. Список продуктов: /requestkey
country-not-found = К сожалению, страну этого места определить не удалось. Пожалуйста, отправьте другое местоположение: /shareloc
try-later = К сожалению, сейчас это невозможно. Пожалуйста, попробуйте позже.

## Контакт и местоположение

contact-prompt = Нажмите кнопку «Номер телефона» ниже, чтобы отправить номер телефона.
contact-noted = Вы отправили номер телефона: «{ $digits }»
contact-foreign = Это не ваш контакт. Пожалуйста, воспользуйтесь кнопкой команды /sharephone
contact-invalid = Этот номер телефона не подходит: в нём должно быть от 5 до 15 цифр.
contact-taken = Этот номер телефона принадлежит другому аккаунту. Если это ваш номер, обратитесь к { $owner }.
location-prompt = Нажмите кнопку «Местоположение» ниже, чтобы отправить местоположение
location-noted = Ваше местоположение записано.
location-noted-request =
    Хорошо! Но мне нужны ещё кое-какие сведения.{" "}
    Отправьте команду /requestkey.
location-refused = Пожалуйста, отправьте текущее местоположение кнопкой команды /shareloc. Пересланные местоположения, места и местоположения от других ботов не принимаются.
location-invalid = Такого места на Земле нет. Пожалуйста, отправьте текущее местоположение кнопкой команды /shareloc
keyboards-removed = клавиатуры убраны.

## Вокруг разговора

group-link = Пожалуйста, напишите мне в личный чат: { $url }
too-many-updates = Слишком много сообщений. Я снова отвечу через минуту.

## Очередь

waitlist-joined = Ваше место в очереди за продуктом { $code } - { $label }: { $place }. Я пришлю ключ, когда подойдёт ваша очередь. Подробнее: /waitlist
waitlist-already = Вы уже в очереди за продуктом { $code } - { $label }, ваше место: { $place }. Подробнее: /waitlist
waitlist-left = Вы вышли из очереди за продуктом { $code } - { $label }.
waitlist-closed-not-member =
    Для вас появился ключ продукта { $code } - { $label }, но вы больше не подписаны на канал. Поэтому место в очереди потеряно:
    { $urls }
waitlist-closed-blocked = Место в очереди за продуктом { $code } - { $label } потеряно, потому что вы заблокированы.
waitlist-served = Вы ждали продукт { $code } - { $label }: вот ваш ключ.
waitlist-page =
    Вы ждёте эти продукты (страница { $page } из { $pages }):
    { $entries }
waitlist-line = { $code } - { $label }: место { $place }, с { $joined }
waitlist-empty = Вы не стоите ни в одной очереди.

## Свои ключи

status =
    Ваши ключи:
    { $products }
status-none = { $code } - { $label }: нет
status-free =
    { $code } - { $label }:
    последний ключ { $at }, { $country }
    сегодня { $today }, всего { $total }, ещё доступно { $left }
status-full =
    { $code } - { $label }:
    последний ключ { $at }, { $country }
    сегодня { $today }, всего { $total }, ещё доступно 0, следующий ключ { $until }
mykeys-page =
    Ваши ключи (страница { $page } из { $pages }):
    { $keys }
mykeys-line =
    <code>{ $key }</code>
    { $code } - { $label }, { $at }, { $country }
mykeys-empty = У вас нет ключей. Получить ключ: /requestkey
country-unknown = страна неизвестна

## Премиум и платежи

premium-none =
    У вас нет премиума. За { $stars ->
        [one] { $stars } звезду
        [few] { $stars } звезды
       *[many] { $stars } звёзд
    } вы получите на { $days ->
        [one] { $days } день
        [few] { $days } дня
       *[many] { $days } дней
    } такие лимиты:
    { $limits }
premium-active =
    У вас премиум до { $until }. За { $stars ->
        [one] { $stars } звезду
        [few] { $stars } звезды
       *[many] { $stars } звёзд
    } вы получите ещё { $days ->
        [one] { $days } день
        [few] { $days } дня
       *[many] { $days } дней
    }. Ваши лимиты:
    { $limits }
premium-thanks = Спасибо! У вас премиум до { $until }.
premium-granted = Вам выдан премиум. Он действует до { $until }.
premium-refunded =
    Ваш платёж в { $stars ->
        [one] { $stars } звезду
        [few] { $stars } звезды
       *[many] { $stars } звёзд
    } возвращён, премиума у вас больше нет.
premium-refunded-until =
    Ваш платёж в { $stars ->
        [one] { $stars } звезду
        [few] { $stars } звезды
       *[many] { $stars } звёзд
    } возвращён. Премиум ещё действует до { $until }.
invoice-title =
    Премиум на { $days ->
        [one] { $days } день
        [few] { $days } дня
       *[many] { $days } дней
    }
invoice-description =
    Повышенные лимиты ключей на { $days ->
        [one] { $days } день
        [few] { $days } дня
       *[many] { $days } дней
    }. Сами ключи выдаются, пока есть запас.
invoice-label =
    Премиум, { $days ->
        [one] { $days } день
        [few] { $days } дня
       *[many] { $days } дней
    }
checkout-blocked = Вы заблокированы и не можете купить премиум.
checkout-foreign = Это не ваш счёт. Пожалуйста, получите свой командой /premium.
checkout-amount = Цена изменилась. Пожалуйста, получите новый счёт командой /premium.
paysupport = Чтобы получить помощь с оплатой, напишите { $owner } и пришлите идентификатор транзакции из платежа в настройках Telegram. Платежи в звёздах можно вернуть. Поддержка самого Telegram с покупками в этом боте не поможет.

## Удаление данных

forgetme =
    Стереть ваши данные? Будут стёрты номер телефона, имя пользователя, местоположение и места в очередях.
    Премиум будет потерян. Записи о платежах останутся. Лимиты не сбросятся: то, что в них учитывается, хранится, пока они не закончатся.
forgetme-done = Ваши данные стёрты.
forgetme-cancelled = Ничего не стёрто.

## Кнопки

button-joined = Я подписался
button-channel = Подписаться на { $channel }
button-phone = Номер телефона
button-location = Местоположение
button-notify = Сообщить мне
button-copy = Скопировать ключ
button-next = Вперёд
button-previous = Назад
button-leave = Выйти из { $code }
button-premium =
    Купить за { $stars ->
        [one] { $stars } звезду
        [few] { $stars } звезды
       *[many] { $stars } звёзд
    }
button-forget = Стереть мои данные
button-keep = Не стирать
button-apply = Применить
button-cancel = Отменить
button-private = Открыть личный чат

## Всплывающие уведомления

popup-list-used = Чтобы получить ещё один ключ, снова отправьте /requestkey.
popup-invalid = Эта кнопка больше не действует или предназначена не вам.
popup-not-joined = Вы ещё не подписаны.
popup-in-stock = Свободные ключи снова есть. Получить ключ: /requestkey
popup-not-waiting = Вы больше не стоите в очереди за этим продуктом.
popup-restock-expired = Это пополнение уже закрыто. Пожалуйста, отправьте файл ещё раз.

## Администраторам: продукты

admin-products =
    Продукты:
    { $products }
admin-product =
    <b>{ $code }</b> - { $label } ({ $state })
    лимит { $n }, премиум { $premium } { $period }, часовой пояс { $zone }
    свободно { $free }, отложено { $held }, выдано { $claimed }, отозвано { $revoked }, ожидают { $waiting }
admin-no-products = Продуктов нет. Добавить продукт: /addproduct
product-active = активен
product-hidden = скрыт
product-added = Продукт { $code } - { $label } добавлен.
product-exists = Продукт { $code } уже есть.
product-unknown = Продукта { $code } нет.
product-set = Продукт { $code }: { $field } теперь { $value }.
code-invalid = Код должен состоять из 1–8 символов A-Z и 0-9.
field-unknown = Поля { $field } нет. Поля: label, order, state, mode, n, hours, premium_n, zone и low_stock.
value-invalid = Это значение поля { $field } не подходит: { $rule }.
rule-label = от 1 до 64 символов
rule-order = целое число
rule-state = active или hidden
rule-mode = day или rolling
rule-n = целое число от 1 до 1000
rule-hours = целое число от 1 до 720
rule-premium-n = целое число от 1 до 1000
rule-zone = часовой пояс, например UTC или Europe/Berlin
rule-low-stock = целое число, 0 или больше

## Администраторам: пополнение и выгрузка

restock-send = Пожалуйста, отправьте документ CSV для продукта { $code }.
restock-preview =
    Пробный прогон для продукта { $code }, пока ничего не сохранено.
    { $rows ->
        [one] { $rows } строка
        [few] { $rows } строки
       *[many] { $rows } строк
    }: к добавлению { $added }, повторов { $duplicate }, с ошибками { $invalid }
restock-applied =
    Продукт { $code } пополнен.
    { $rows ->
        [one] { $rows } строка
        [few] { $rows } строки
       *[many] { $rows } строк
    }: добавлено { $added }, повторов { $duplicate }, с ошибками { $invalid }
restock-detail = строка { $line }: { $reason }
restock-more =
    { $n ->
        [one] и ещё { $n } строка
        [few] и ещё { $n } строки
       *[many] и ещё { $n } строк
    }
restock-reason-exists = этот ключ у продукта уже есть
restock-reason-owner-differs = этот ключ у продукта уже есть, с другим владельцем
restock-reason-repeated = ключ повторяется в файле
restock-reason-fields = полей не 4
restock-reason-empty = ключ пуст
restock-reason-long = ключ длиннее 256 символов
restock-reason-blanks = ключ начинается или заканчивается пробелом
restock-reason-control = в ключе есть управляющие символы
restock-cancelled = Пополнение продукта { $code } отменено, ничего не добавлено.
restock-too-large = Файл отклонён: он больше 4 МиБ.
restock-too-many-rows = Файл отклонён: в нём больше 50 000 строк.
restock-wrong-header = Файл отклонён: первая строка должна быть <code>keys,country,username,phone</code>.
restock-not-utf8 = Файл отклонён: это не UTF-8.
restock-unclosed-quote = Файл отклонён: кавычка, открытая в строке { $line }, не закрыта.
restock-download-failed = Не удалось получить файл из Telegram. Пожалуйста, отправьте его ещё раз.
export-too-large = Выгрузка продукта { $code } больше 8 МиБ. Пожалуйста, получите её через GET /keyhub/products/{ $code }/keys.csv
export-caption =
    Продукт { $code } - { $label }, { $rows ->
        [one] { $rows } ключ
        [few] { $rows } ключа
       *[many] { $rows } ключей
    }, { $at }

## Администраторам: ключи

keyinfo =
    <code>{ $key }</code>
    Продукт: { $code } - { $label }
    Состояние: { $state }
keyinfo-claim =
    Выдан: { $at }
    Имя пользователя: { $username }
    Идентификатор Telegram: { $user }
    Страна: { $country }
    Телефон: { $phone }
    Вид: { $kind }
    Доставка: { $delivery }
not-set = не задано
key-state-free = свободен
key-state-held = отложен для очереди
key-state-claimed = выдан
key-state-revoked = отозван
claim-kind-normal = по запросу
claim-kind-waitlist = из очереди
claim-kind-replacement = замена
claim-kind-import = импортирован
delivery-pending = ожидает отправки
delivery-delivered = доставлен
delivery-undeliverable = не доставлен
key-unknown = Ключа <code>{ $key }</code> нет.
key-ambiguous = Этот ключ есть у нескольких продуктов: { $products }. Пожалуйста, напишите перед ним код, например <code>{ $code }:{ $key }</code>.
key-revoked = Ключ <code>{ $key }</code> продукта { $code } отозван.
key-already-revoked = Ключ <code>{ $key }</code> продукта { $code } уже был отозван.
key-returned = Ключ <code>{ $key }</code> продукта { $code } возвращён в запас.
key-not-claimed = Ключ <code>{ $key }</code> продукта { $code } не выдан: { $state }.
key-replaced = Ключ <code>{ $key }</code> продукта { $code } отозван. Пользователь { $user } получит <code>{ $new }</code>.
key-without-user = Некому отправить другой ключ: получатель ключа <code>{ $key }</code> продукта { $code } неизвестен.
key-no-replacement = У продукта { $code } нет свободных ключей, ничего не изменено.
key-replacement = Один из ваших ключей продукта { $code } - { $label } заменён: ключ <code>{ $key }</code> больше не действует, вот новый.

## Администраторам: пользователи

id-invalid = Идентификатор Telegram — целое число.
user-unknown = Пользователь { $user } неизвестен.
user-blocked = Пользователь { $user } заблокирован: { $reason }
user-unblocked = Пользователь { $user } разблокирован.
user-not-blocked = Пользователь { $user } не заблокирован.
user-premium = У пользователя { $user } премиум до { $until }.
days-invalid = Число дней должно быть целым, от 1 до { $max }.
phone-unbound = Номер телефона пользователя { $user } отвязан.
phone-not-bound = У пользователя { $user } нет номера телефона.
limit-reset = Лимиты пользователя { $user } начаты заново для всех продуктов.
limit-reset-product = Лимит пользователя { $user } для продукта { $code } начат заново.
refunded =
    Платёж <code>{ $charge }</code> пользователя { $user } возвращён: { $stars ->
        [one] { $stars } звезда
        [few] { $stars } звезды
       *[many] { $stars } звёзд
    }.
refund-unknown = Платежа <code>{ $charge }</code> нет.
refund-already = Платёж <code>{ $charge }</code> уже был возвращён.
refund-failed = Telegram отказался вернуть платёж <code>{ $charge }</code>: { $reason }

## Администраторам: статистика

stats =
    { $total ->
        [one] { $total } ключ
        [few] { $total } ключа
       *[many] { $total } ключей
    } с { $from } по { $to }
stats-days = <b>По дням</b>
stats-products = <b>По продуктам</b>
stats-countries = <b>По странам</b>
stats-line = { $name }: { $n }
stats-state = Не доставлено: { $undelivered }, ожидают: { $waiting }, с премиумом: { $premium }
stats-dates-invalid = Пожалуйста, пишите даты как 2025-03-01, первая не позже второй.
stats-range-too-long =
    Слишком большой период, не больше { $days ->
        [one] { $days } дня
       *[many] { $days } дней
    }.

## Оповещения администраторов

alert-low-stock =
    Продукт { $code } - { $label } заканчивается: { $n ->
        [one] остался { $n } ключ.
        [few] осталось { $n } ключа.
       *[many] осталось { $n } ключей.
    }
alert-empty-stock = У продукта { $code } - { $label } не осталось ключей.
alert-geocoder = Геокодер отклоняет запросы: { $status }. Пожалуйста, проверьте ключ Google и его квоту.
alert-unmatched-payment =
    Платёж не соответствует ни одному счёту: { $stars ->
        [one] { $stars } звезда
        [few] { $stars } звезды
       *[many] { $stars } звёзд
    } от пользователя { $user }, id платежа <code>{ $charge }</code>. Премиум выдан.

"""Short texts of 26 languages are told apart, and of others hardly anything is said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from roomtone.languages import LANGUAGES, LOOKED_AT, language

# All written for this test, as people write in chats: short, plain, some without a capital.
SAMPLES = {
    "en": """what do you think about it? | my cat is ill again | thanks, that was really helpful! |
        can you tell me more | I'm so tired today | no, not like that | where did you go |
        she said she would call me later | i never know what to say | that's funny""",
    "de": """was meinst du dazu? | meine Katze ist wieder krank | danke, das war sehr hilfreich |
        kannst du mir mehr erzählen | ich bin heute so müde | nein, nicht so | wo warst du denn |
        sie hat gesagt, dass sie später anruft | das ist ja lustig | Guten Morgen!""",
    "fr": """qu'est-ce que tu en penses ? | mon chat est encore malade | merci, c'était très utile |
        tu peux m'en dire plus | je suis fatigué aujourd'hui | non, pas comme ça | où es-tu allé |
        elle a dit qu'elle m'appellerait plus tard | je ne sais pas quoi dire | c'est drôle""",
    "es": """¿qué piensas de eso? | mi gato está enfermo otra vez | gracias, fue muy útil |
        me puedes contar más | hoy estoy muy cansada | no, así no | dónde fuiste |
        ella dijo que me llamaría más tarde | nunca sé qué decir | buenos días a todos""",
    "pt": """o que você acha disso? | meu gato está doente de novo | obrigado, foi muito útil |
        você pode me contar mais | hoje estou muito cansada | não, assim não | onde você foi |
        ela disse que me ligaria mais tarde | nunca sei o que dizer | bom dia, tudo bem?""",
    "it": """che cosa ne pensi? | il mio gatto è di nuovo malato | grazie, è stato molto utile |
        puoi dirmi di più | oggi sono molto stanca | no, non così | dove sei andato |
        ha detto che mi chiama più tardi | non so mai che cosa dire | buongiorno a tutti""",
    "nl": """wat vind je ervan? | mijn kat is weer ziek | bedankt, dat was heel nuttig |
        kun je me meer vertellen | ik ben vandaag zo moe | nee, niet zo | waar ben je geweest |
        ze zei dat ze later zou bellen | ik weet nooit wat ik moet zeggen | goedemorgen allemaal""",
    "pl": """co o tym myślisz? | mój kot jest znowu chory | dziękuję, to było bardzo pomocne |
        możesz mi powiedzieć więcej | jestem dziś taka zmęczona | nie, nie tak | gdzie byłeś |
        powiedziała, że zadzwoni później | nigdy nie wiem, co powiedzieć | dzień dobry wszystkim""",
    "sv": """vad tycker du om det? | min katt är sjuk igen | tack, det var verkligen bra |
        kan du berätta mer | jag är så trött idag | nej, inte så | var har du varit |
        hon sa att hon skulle ringa senare | jag vet aldrig vad jag ska säga | det är ju kul""",
    "da": """hvad synes du om det? | min kat er syg igen | tak, det var meget nyttigt |
        kan du fortælle mig mere | jeg er så træt i dag | nej, ikke sådan | hvor har du været |
        hun sagde, at hun ville ringe senere | jeg ved aldrig, hvad jeg skal sige | godt nytår""",
    "cs": """co si o tom myslíš? | moje kočka je zase nemocná | děkuji, to bylo velmi užitečné |
        můžeš mi říct víc | dnes jsem tak unavená | ne, tak ne | kde jsi byl |
        řekla, že zavolá později | nikdy nevím, co říct | dobrý den, jak se máte?""",
    "ro": """ce crezi despre asta? | pisica mea este iar bolnavă | mulțumesc, a fost foarte util |
        poți să îmi spui mai mult | sunt foarte obosită azi | nu, nu așa | unde ai fost |
        a spus că mă sună mai târziu | nu știu niciodată ce să spun | bună ziua tuturor""",
    "tr": """bu konuda ne düşünüyorsun? | kedim yine hasta | teşekkürler, çok yararlı oldu |
        bana daha fazla anlatır mısın | bugün çok yorgunum | hayır, öyle değil | nerede kaldın |
        sonra arayacağını söyledi | ne diyeceğimi bilmiyorum | günaydın herkese""",
    "id": """apa pendapat kamu tentang itu? | kucing saya sakit lagi |
        terima kasih, sangat membantu | bisa ceritakan lebih banyak |
        saya sangat lelah hari ini | tidak, bukan begitu |
        kamu dari mana | dia bilang akan menelepon nanti | aku tidak tahu harus bilang apa |
        selamat pagi semua""",
    "vi": """bạn nghĩ gì về điều đó? | con mèo của tôi lại ốm | cảm ơn, rất hữu ích |
        bạn có thể kể thêm không | hôm nay tôi rất mệt | không, không phải vậy | bạn đã đi đâu |
        cô ấy nói sẽ gọi sau | tôi không biết nói gì | chào buổi sáng mọi người""",
    "ru": """что ты об этом думаешь? | моя кошка опять болеет | спасибо, очень помогло |
        можешь рассказать подробнее | я сегодня так устала | нет, не так | где ты был |
        она сказала, что позвонит позже | никогда не знаю, что сказать | доброе утро всем""",
    "uk": """що ти про це думаєш? | моя кішка знову хворіє | дякую, дуже допомогло |
        можеш розповісти більше | я сьогодні така втомлена | ні, не так | де ти був |
        вона сказала, що подзвонить пізніше | ніколи не знаю, що сказати | доброго ранку всім""",
    "el": """τι πιστεύεις γι' αυτό; | η γάτα μου είναι πάλι άρρωστη | ευχαριστώ, πολύ χρήσιμο |
        δεν ξέρω τι να πω | καλημέρα σε όλους""",
    "ar": """ما رأيك في ذلك؟ | قطتي مريضة مرة أخرى | شكرا، كان مفيدا جدا | أين كنت | صباح الخير""",
    "fa": """نظرت چیه؟ | گربه‌ام دوباره مریض شده | ممنون، خیلی کمک کرد |
        امروز خیلی خسته‌ام، چی بگم""",
    "he": """מה דעתך על זה? | החתול שלי שוב חולה | תודה, זה מאוד עזר | איפה היית | בוקר טוב""",
    "hi": """तुम इसके बारे में क्या सोचते हो? | मेरी बिल्ली फिर बीमार है | धन्यवाद | मैं थक गया हूँ""",
    "th": """คุณคิดอย่างไร | แมวของฉันป่วยอีกแล้ว | ขอบคุณมาก | วันนี้เหนื่อยมาก""",
    "ko": """어떻게 생각해? | 고양이가 또 아파요 | 고마워요, 큰 도움이 됐어요 | 오늘 너무 피곤해""",
    "ja": """どう思いますか? | 猫がまた病気です | ありがとう、とても助かりました |
        今日はとても疲れた""",
    "zh": """你觉得怎么样? | 我的猫又生病了 | 谢谢,很有帮助 | 今天很累 | 早上好""",
}
OTHERS = """mitä mieltä olet siitä? | kissani on taas sairas | mit gondolsz erről? | a macskám
    megint beteg | unasemaje kuhusu hilo | paka wangu ni mgonjwa tena"""
SILENT = ("", "ok", "lol", "hmm", "👍", "12:30", "?!", "https://example.org/wiki/Der_Die_Das")


def samples() -> Iterator[tuple[str, str]]:
    """Each text with its language."""
    for name, texts in SAMPLES.items():
        for text in texts.split("|"):
            yield name, " ".join(text.split())


def test_short_texts_are_told_apart() -> None:
    """At least 95 of 100 are right, and at most 2 of 100 are said to be what they are not."""
    guesses = [(name, language(text)) for name, text in samples()]
    right = sum(name == guess for name, guess in guesses)
    wrong = sum(guess not in ("", name) for name, guess in guesses)

    assert len(guesses) > 200
    assert right >= 0.95 * len(guesses)
    assert wrong <= 0.02 * len(guesses)


def test_every_language_that_is_told_apart_has_samples() -> None:
    """And the other way round."""
    assert set(SAMPLES) == set(LANGUAGES)


def test_of_other_languages_little_is_said() -> None:
    """They have letters of ours, and hardly a word: of six at most one is taken for another."""
    assert sum(language(text) != "" for text in OTHERS.split("|")) <= 1


@pytest.mark.parametrize("text", SILENT)
def test_what_is_no_language_has_none(text: str) -> None:
    """A nod, an emoji, a time, a link: "" says that nobody knows."""
    assert language(text) == ""


def test_only_the_beginning_is_looked_at() -> None:
    """A book costs what a message costs."""
    assert language("x" * LOOKED_AT + " und das ist sehr schön") == ""

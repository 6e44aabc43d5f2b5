"""In which language a text is, guessed from its letters and its small words; "" where unsure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

LOOKED_AT = 250
"""Characters from the beginning of a text; what a language is shows at once or not at all."""

LEAST, SHARE, LEAD = 0.9, 0.12, 1.4
"""What a language must score, at least and for each word, and how many times the next one's score:
a word that one language alone has counts 1, one that three have a third."""

AT_ONCE, PLAIN = 8, 2.0
"""After so many words a language with such a score, and twice the lead, is plain to see."""

# The small words of each language, and what is said in chats: ours, from general knowledge.
_SMALL_WORDS: Mapping[str, str] = {
    "en": """the a an and or but if of to in on at for with from by as is are was were be been am
        i you he she it we they me him her us them my your his its our their this that these those
        not no yes do does did don't doesn't didn't can can't could would should will won't i'm i've
        i'll it's that's what's you're he's she's there what who how why when where which have has
        had just so very too really about know think want like good thanks thank please hello hi hey
        sorry okay all some any more out up now then here because than over into only also got get
        let's let anything something nothing everything someone never always again today tomorrow
        great sure help need much many go going say said tell love feel""",
    "de": """der die das den dem des darüber denkst meinst denken weiß weißt wissen ein eine einen
        einem einer und oder aber wenn von zu zum zur in im an am auf für mit aus bei als ist
        sind war waren bin bist sein ich du er sie es wir ihr mich mir dich dir ihm uns euch
        mein meine dein deine sein seine unser nicht kein keine ja nein doch was wer wie warum
        wann wo habe hast hat haben hatte nur so sehr auch noch schon mal dass ob gut danke
        bitte hallo guten morgen abend tag alles etwas nichts mehr heute jetzt hier dann weil
        über kann kannst können muss will möchte werde wird gibt geht mache machst denn immer
        wieder nach vor um man hab ist's ganz viel""",
    "fr": """le la les un une des du de et ou mais si à au aux en dans sur pour avec par comme est
        sont était être suis es je tu il elle nous vous ils elles me te se moi toi lui mon ma mes
        ton ta tes son sa ses notre votre ce cet cette ces ça c'est j'ai n'est pas ne non oui que
        qui quoi comment pourquoi quand où ai as a avons avez ont très trop bien aussi merci bonjour
        salut bonsoir tout rien plus encore aujourd'hui demain maintenant ici alors parce peux peut
        veux fait faire vais va d'accord je t'aime beaucoup toujours jamais s'il plaît quel quelle
        y mais j'aime qu'il qu'est-ce d'un l'ai on""",
    "es": """el la los las un una unos unas de del y o pero si a al en con por para como es son era
        ser estoy está están soy eres yo tú él ella nosotros ellos me te se nos mi mis tu tus su sus
        este esta esto ese eso no sí que qué quién cómo por qué cuándo dónde he has ha hemos han muy
        más también gracias hola buenos buenas días noches nada algo hoy mañana ahora aquí
        entonces porque puedo puedes quiero quieres hacer hago voy va tengo tienes tiene hay bien
        mucho siempre nunca le lo cuando gusta favor vale eres fue sin sobre ya""",
    "pt": """o a os as um uma uns umas de do da dos das e ou mas se ao à em no na nos nas com por
        para como é são era ser estou está estão sou eu você tu ele ela nós eles me te se meu minha
        seu sua este esta isso isto não sim que quem como por quê quando onde tenho tem têm muito
        mais também obrigado obrigada olá oi bom boa dia noite tudo nada algo hoje amanhã agora aqui
        então porque posso pode quero quer fazer faço vou vai bem sempre nunca lhe já foi sem sobre
        gosto pra tá né uma meus minhas""",
    "it": """il lo la i gli le un uno una di del della dei e o ma se a al alla in nel nella con per
        come è sono era essere sei io tu lui lei noi voi loro mi ti si ci mio mia tuo tua suo sua
        questo questa quello non no sì che chi cosa come perché quando dove ho hai ha abbiamo hanno
        molto più anche grazie ciao buongiorno buonasera tutto niente oggi domani adesso qui allora
        posso puoi voglio vuoi fare faccio vado va bene sempre mai dal dalla sul della già sto stai
        piace ne da c'è un'altra po' prego""",
    "nl": """de het een en of maar als van te naar in op voor met uit bij is zijn was waren ben bent
        ik jij je hij zij ze wij we jullie me mij hem haar ons mijn jouw dit dat deze die niet geen
        ja nee wat wie hoe waarom wanneer waar heb hebt heeft hebben had heel ook nog al goed dank
        bedankt alsjeblieft hallo hoi goedemorgen alles iets niets meer vandaag morgen nu hier dan
        omdat kan kun kunnen moet wil wilt ga gaat maken doe er om over zo veel altijd nooit graag
        even toch gewoon aan leuk""",
    "pl": """i w we na z ze do o od za po przy dla jak jest są był była było być jestem jesteś ja ty
        on ona ono my wy oni mnie mi cię ci go jej nas was mój moja twój twoja to ten ta te tego nie
        tak co kto czy dlaczego kiedy gdzie mam masz ma mamy bardzo też już jeszcze tylko dobrze
        dziękuję dzięki proszę cześć hej dzień dobry wszystko nic coś dziś dzisiaj jutro teraz tutaj
        bo ale lub że się mogę możesz chcę chcesz robić robię idę wiem więc żeby jako gdy""",
    "sv": """och eller men om av till i på för med från vid som är var vara jag du han hon det den
        vi ni de mig dig honom henne oss min mitt din ditt sin en ett inte ingen inget nej ja jo vad
        vem hur varför när var har hade mycket också bara bra tack snälla hej god morgon allt något
        inget mer idag imorgon nu här då därför att kan kunde måste vill ska gör göra går så där
        alltid aldrig igen eftersom än""",
    "da": """og eller men om af til i på for med fra ved som er var være jeg du han hun det den vi i
        de mig dig ham hende os min mit din dit sin en et ikke ingen nej ja jo hvad hvem hvordan
        hvorfor hvornår hvor har havde meget også bare godt tak hej god morgen alt noget intet mere
        dag nu her da fordi at kan kunne skal vil gør gøre går så der altid aldrig igen""",
    "cs": """a i v ve na z ze do o od za po při pro jak je jsou byl byla bylo být jsem jsi já ty on
        ona my vy oni mě mi tě ti ho jí nás můj moje tvůj to ten ta ne ano co kdo proč kdy kde mám
        máš má velmi taky také už ještě jen dobře děkuji díky prosím ahoj dobrý den všechno nic něco
        dnes zítra teď tady protože ale nebo že se můžu můžeš chci chceš dělat jdu vím tak když aby
        jsme není""",
    "ro": """și sau dar dacă de la în pe pentru cu din ca este e sunt era fi eu tu el ea noi voi ei
        mă te se ne îmi îți meu mea tău ta său acest această asta nu da ce cine cum unde când am ai
        are avem foarte mai și mulțumesc mersi salut bună ziua seara tot nimic ceva azi mâine acum
        aici atunci pentru că pot poți vreau vrei fac face merg bine mult niciodată un o al ale fost
        sa să""",
    "tr": """ve veya ama eğer bir bu şu o ben sen biz siz onlar beni seni bana sana benim senin onun
        bizim değil evet hayır ne kim nasıl neden niçin zaman nerede var yok çok da de daha için ile
        gibi teşekkür teşekkürler ederim lütfen merhaba selam günaydın her şey hiçbir bugün yarın
        şimdi burada çünkü iyi güzel mı mi mu mü ki ya kadar sonra önce olarak oldu istiyorum
        misin musun nasılsın tamam""",
    "id": """dan atau tapi tetapi jika kalau dari ke di untuk dengan pada yang ini itu adalah saya
        aku kamu anda dia kami kita mereka tidak bukan ya apa siapa bagaimana mengapa kenapa kapan
        mana ada sudah belum sangat juga lagi hanya baik terima kasih tolong halo selamat pagi malam
        semua hari besok sekarang sini karena bisa mau ingin akan sedang telah seperti lebih banyak
        gak nggak dong sih""",
    "vi": """và hoặc nhưng nếu của ở trong cho với từ như là không có tôi bạn anh chị em nó chúng
        ta này đó gì ai sao khi nào đâu rất cũng đã đang sẽ được chỉ cảm ơn xin chào vâng hôm nay
        mai bây giờ đây thì mà vì thể muốn làm đi tốt nhiều các những một""",
}

_LETTERS: Mapping[str, str] = {
    "ß": "de",
    "ñ¿¡": "es",
    "ãõ": "pt",
    "œêùûëï": "fr",
    "ìò": "it",
    "łąęśźżć": "pl",
    "ğışİ": "tr",
    "řěůďťň": "cs",
    "ățșţ": "ro",
    "øæ": "da",
    "ơưđạảấầẩậắằặẹẻẽếềểễệịọỏốồổỗộớờởợụủứừửữựỳỵỷỹ": "vi",
    "іїєґ": "uk",
    "ыэъё": "ru",
    "پچژگکی": "fa",
}

_CYRILLIC: Mapping[str, str] = {
    "uk": """дякую але що як це та чи так ні ти ви ми вона воно вони мене тебе його де коли чому хто
        зараз тут дуже добре добрий день сьогодні завтра немає буде можна треба будь ласка був була
        щоб якщо привіт ще вже або від до""",
    "ru": """спасибо но что как это и или да нет ты вы мы она оно они меня тебя его где когда почему
        кто сейчас здесь очень хорошо добрый день сегодня завтра нет будет можно надо пожалуйста
        был была чтобы если привет еще ещё уже от до не""",
}
"""What tells the two where no letter does."""

_SCRIPTS: Sequence[tuple[str, str]] = (
    ("\u3040-\u30ff", "ja"),
    ("\uac00-\ud7af\u1100-\u11ff", "ko"),
    ("\u4e00-\u9fff\u3400-\u4dbf", "zh"),
    ("\u0400-\u04ff", "ru"),
    ("\u0370-\u03ff\u1f00-\u1fff", "el"),
    ("\u0600-\u06ff\u0750-\u077f", "ar"),
    ("\u0590-\u05ff", "he"),
    ("\u0900-\u097f", "hi"),
    ("\u0e00-\u0e7f", "th"),
)

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NO_WORDS = re.compile(r"https?://\S+|[@#<:]\S+|`[^`]*`")
_MARKS = re.compile("[/@#<:`]")
_OTHER = re.compile("|".join(f"([{span}]+)" for span, _ in _SCRIPTS))


def _small_words() -> dict[str, tuple[tuple[str, float], ...]]:
    of: dict[str, list[str]] = {}
    for name, words in _SMALL_WORDS.items():
        for word in set(words.split()):
            of.setdefault(word, []).append(name)
    return {word: tuple((name, 1 / len(names)) for name in names) for word, names in of.items()}


_WEIGHTS = _small_words()
_CYRILLIC_WORDS = {name: frozenset(words.split()) for name, words in _CYRILLIC.items()}
_LETTER = {letter: name for letters, name in _LETTERS.items() for letter in letters}

LANGUAGES = tuple(sorted({*_SMALL_WORDS, *_LETTERS.values(), *(name for _, name in _SCRIPTS)}))
"""Those that are told apart; of any other language nothing is said, or that of its relatives."""


def language(text: str) -> str:
    """The ISO 639-1 code of a text's language, "" where it cannot be told.

    >>> language("Do you know where my keys are?"), language("Weißt du, wo meine Schlüssel sind?")
    ('en', 'de')
    >>> language("¿Dónde estás?"), language("おはよう"), language("Дякую, все добре, а ти?")
    ('es', 'ja', 'uk')
    >>> language("ok"), language("https://example.org 12:30"), language("👍👍")
    ('', '', '')
    """
    seen = text[:LOOKED_AT].lower()
    if _MARKS.search(seen):
        seen = _NO_WORDS.sub(" ", seen)
    scores: dict[str, float] = {}
    if not seen.isascii():
        script = _script(seen)
        if script:
            return script
        for letter in seen:
            if letter in _LETTER:
                name = _LETTER[letter]
                scores[name] = scores.get(name, 0.0) + 0.5
        seen = seen.replace("’", "'")
    words = _WORD.findall(seen)
    for start in range(0, len(words), AT_ONCE):
        for word in words[start : start + AT_ONCE]:
            for name, weight in _WEIGHTS.get(word, ()):
                scores[name] = scores.get(name, 0.0) + weight
        if start == 0 and (found := _best(scores, PLAIN, 2 * LEAD)):
            return found  # and the rest need not be looked at
    return _best(scores, max(LEAST, SHARE * len(words)), LEAD)


def _best(scores: Mapping[str, float], least: float, lead: float) -> str:
    """The language with the highest score, if that is high enough; "" else."""
    if not scores:
        return ""
    top = max(scores.values())
    if top < least:
        return ""
    near = [name for name, score in scores.items() if score * lead > top]
    return near[0] if len(near) == 1 else ""


def _script(seen: str) -> str:
    """The language that an alphabet tells, where most of the letters are of one that is not ours.

    Japanese is written with Chinese characters too; any of its own letters tells.
    """
    counts: dict[str, int] = {}
    for found in _OTHER.finditer(seen):
        name = _SCRIPTS[(found.lastindex or 1) - 1][1]
        counts[name] = counts.get(name, 0) + len(found[0])
    if not counts:
        return ""
    name = "ja" if "ja" in counts else max(counts, key=lambda one: (counts[one], one))
    letters = sum(map(str.isalpha, seen))
    if 2 * sum(counts.values()) < letters or counts[name] < 2:
        return ""
    for letter in seen:
        own = _LETTER.get(letter, "")
        if (name, own) in (("ru", "uk"), ("ar", "fa")):
            return own
    if name == "ru":
        words = set(_WORD.findall(seen))
        return max(("ru", "uk"), key=lambda one: len(words & _CYRILLIC_WORDS[one]))
    return name

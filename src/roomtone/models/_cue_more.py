"""More words by which a talk's acts are told apart: comfort, courtesy, refusals, later words."""

from __future__ import annotations

WORDS = {
    # It answers a feeling: comfort, congratulation, sharing it.
    "comfort": """
so sorry|i'm sorry for|sorry for your|sorry to hear|sorry you|sorry that|my condolences|condolences
rest in peace|that hurts|it hurts|hurt more|must have been|must be so|must be|must feel|you must
can only imagine|i can imagine|incredibly hard|incredibly difficult|terribly hard|so hard|hardest
heartbreaking|heart|it's okay to|it's ok to|it's normal to|completely normal|you're not alone
you are not alone|face it alone|here for you|here to listen|i'm here|glad you told
thank you for telling|congrat-|so happy for|happy for you|proud of you|so proud|be proud
well deserved|you deserve|you earned|paid off|what a moment|what a relief|what a night|what a day
so exciting|how exciting|that's wonderful|wonderful news|amazing news|great news|happy birthday
good luck|fingers crossed|get well|deep breath-|no wonder you|that's outrageous|that is awful
that's awful|that's terrible|how awful|oh no|sounds exhausting|sounds really|sounds so
lifetime of love|takes strength|takes courage|so much strength|yay|hooray|woohoo|hilarious
you got this|tut mir so leid|tut mir leid|tut mir sehr leid|mein beileid|herzliches beileid
schwer auszuhalten|das muss|kann mir vorstellen|nicht allein|für dich da|völlig in ordnung
ganz normal|verständlich|glückwunsch|gratul-|freue mich|freut mich für|stolz auf|verdient
alles gute|viel glück|gute besserung|wie ärgerlich|wie schlimm|wie traurig|wie schön|oh nein
que du das|danke, dass du|désolé-|mes condoléances|condoléances|c'est très dur|très douloureux
douleur|je comprends|tu n'es pas seul-|je suis là|c'est normal|félicitations|bravo|je suis content-
fier de toi|être fièr-|être fier|quelle belle|quelle joie|quel bonheur|bon courage|bonne chance
joyeux anniversaire|prends le temps|bon rétablissement|oh non|mérit-|lo siento|lo siento mucho
mi más sentido|pésame|te acompaño|debe de ser|debió de|es normal|no estás sol-|estoy aquí
enhorabuena|felicidades|felicitaciones|qué alegría|qué emoción|me alegro|te lo mereces|orgullos-
qué triste|qué pena|mucho ánimo|ánimo|suerte|feliz cumpleaños|qué rabia|sinto muito
meus sentimentos|meus pêsames|deve ser|é normal|você não está sozinh-|estou aqui|parabéns
que conquista|que alegria|que triste|fico feliz|você merece|orgulh-|vai dar tudo certo|força
boa sorte|feliz aniversário|saudade|que notícia|mi dispiace|le mie condoglianze|condoglianze
dev'essere|deve essere|è normale|non sei sol-|sono qui|congratulazioni|complimenti|auguri
che soddisfazione|che gioia|sono felice per|orgoglios-|forza|in bocca al lupo|buon compleanno
che triste|wat verdrietig|gecondoleerd|sterkte|wat erg|wat vreselijk|het spijt me voor
je bent niet alleen|ik ben er voor|gefeliciteerd|wat fijn|blij voor|trots op|succes|beterschap
przykro|wyrazy współczucia|współczuj-|moje kondolencje|nie jesteś sam-|jestem przy|to normalne
cieszę się|dumn-|trzymam kciuki|powodzenia|zasłuż-|wszystkiego najlepszego|ogromna strata
мне очень жаль|мне так жаль|соболезн-|сочувству-|ты не один|ты не одна|я рядом|это нормально
поздравля-|рад за|рада за|горжусь|заслужил-|удачи|держись|выздоравлив-|с днем рождения
огромная потеря|お悔やみ|ご冥福|お気の毒|辛かった|辛い|つらい|悲しい|大切な方|ひとりじゃない
一人じゃない|無理をなさら|無理しない|当然です|不安です|おめでとう|嬉しいです|よかったですね
良かった|頑張|努力が|素晴らしい|お大事に|很抱歉听到|很遗憾|节哀|一定很难过|一定很|不是一个人|陪着你
我在这|恭喜|祝贺|真为你|为你高兴|太好了|骄傲|加油|祝你好运|早日康复|生日快乐|心疼|마음이 아프|유감
명복|위로|얼마나|힘드시겠|힘들었|혼자가 아니|곁에|당연해요|축하|기쁘|다행|자랑스|고생|힘내|응원
çok üzüldüm|başın sağ olsun|başınız sağ|geçmiş olsun|yalnız değilsin|yanındayım|çok normal|tebrik-
kutlarım|senin adına|gurur duy-|hak ettin|iyi şanslar|doğum günün|آسف جدا|آسف لخسارتك|تعازي
رحمه الله|رحمها الله|البقاء لله|لست وحدك|أنا هنا|طبيعي أن|مبروك|تهانينا|سعيد لأجلك|فخور|تستحق
بالتوفيق|سلامتك|صبركم|الله يرحم|बहुत दुख|संवेदना|अफ़सोस|अफसोस|आप अकेले नहीं|आपके साथ|सामान्य है
बधाई|मुबारक|खुशी हुई|गर्व|शुभकामना|नुकसान
""",
    # Hello, goodbye, how are you.
    "greets": """
hi|hii|hey|hello|yo|sup|what's up|whats up|wassup|good morning|morning|good afternoon|good evening
evening|good night|goodnight|night|sleep well|sweet dreams|bye|goodbye|see you|see ya|talk soon
talk to you|talk later|later|take care|safe travels|have a nice|have a great|have a good
have a lovely|have fun|enjoy|welcome back|nice to meet|nice to see|pleased to meet|how are you
how're you|how are things|how's it going|how is it going|how's your|how is your|how was your
how have you|how you doing|what's new|what are you up to|did you sleep|cya|ttyl|gotta go|g2g
heading out|off to bed|i'm off|hallo|moin|servus|guten morgen|guten tag|guten abend|gute nacht
schlaf gut|tschüss|tschüs|bis bald|bis gleich|bis später|bis morgen|bis dann|wie geht|wie läuft
wie war|schönen tag|schönen abend|schönes wochenende|willkommen|na,|freut mich|salut|bonjour
bonsoir|coucou|bonne nuit|bonne journée|bonne soirée|au revoir|à demain|à bientôt|à plus|à tout
à tout à l'heure|ça va|comment vas|comment allez|quoi de neuf|beaux rêves|bienvenue|enchanté-|hola
buenos días|buenas tardes|buenas noches|buenas|adiós|hasta luego|hasta mañana|hasta pronto
nos vemos|chao|qué tal|cómo estás|cómo te va|que descanses|buen día|bienvenid-|encantad-|oi|olá
bom dia|boa tarde|boa noite|tchau|até logo|até já|até amanhã|até mais|tudo bem|tudo bom|como vai
como você está|bem-vind-|e aí|durma bem|ciao|buongiorno|buonasera|buonanotte|arrivederci|a domani
a presto|come stai|come va|salve|benvenut-|piacere|hoi|goedemorgen|goedemiddag|goedenavond
goedenacht|welterusten|slaap lekker|doei|tot straks|tot morgen|tot zo|hoe gaat|hoe is het|fijne dag
cześć|hej|siema|dzień dobry|dobry wieczór|dobranoc|do widzenia|do zobaczenia|na razie|jak się masz
jak minął|co słychać|miłego dnia|witaj|pa|привет|здравствуй-|доброе утро|добрый день|добрый вечер
спокойной ночи|пока|до свидания|до завтра|увидимся|как дела|как ты|хорошего дня|добро пожаловать
こんにちは|おはよう|こんばんは|おやすみ|さようなら|またね|また明日|じゃあね|いってらっしゃい
行ってきます|ただいま|おかえり|お疲れ|調子は|元気|はじめまして|よろしく|ようこそ|你好|您好|嗨
早上好|早安|下午好|晚上好|晚安|再见|拜拜|明天见|回头见|睡得好|最近怎么样|你好吗|欢迎|吃了吗|早|안녕
좋은 아침|잘 자|안녕히|또 봐|내일 봐|잘 지내|오늘 기분|반가|어서 와|다녀오|selam|merhaba|günaydın
iyi günler|iyi akşamlar|iyi geceler|hoşça kal|görüşürüz|güle güle|naber|nasılsın|ne haber
hoş geldin|مرحبا|أهلا|السلام عليكم|صباح الخير|مساء الخير|تصبح على خير|مع السلامة|إلى اللقاء
كيف حالك|كيفك|أراك|नमस्ते|नमस्कार|हैलो|सुप्रभात|शुभ रात्रि|अलविदा|फिर मिलेंगे|कैसे हैं|कैसे हो
क्या हाल
""",
    # It says: seen, done, thanks, you're welcome, one moment.
    "acknowledges": """
ok|okay|k|kk|alright|all right|sure|got it|noted|no problem|no worries|np|sounds good|cool|right on
gotcha|fine|you're welcome|you are welcome|youre welcome|my pleasure|anytime|glad to help
glad i could|happy to help|thanks|thank you|thx|ty|will do|i'll be here|i'll remind|i will remind
i'll let you know|we will let you know|let me check|one moment|just a moment|please wait|hold on
brb|be right back|be back|back in|running late|on my way|i'm home|i'm back|take your time
saved your|i have saved|i've saved|reminder|has been received|has been created|has been sent
has been updated|your order|your ticket|starts in|begins in|heads-up|heads up|maintenance
still there|are you there|anything else|what's on your mind|ask me anything|your assistant|lol|haha
hahaha|i see|oh nice|nice|alles klar|in ordnung|gut|kein problem|gern geschehen|gerne|bitte sehr
bitteschön|danke|verstanden|mach ich|moment|einen moment|gleich wieder|bin gleich|bin da
erinnere dich|ist eingegangen|wurde erstellt|sonst noch|d'accord|ça marche|pas de problème
pas de souci|de rien|avec plaisir|je t'en prie|je vous en prie|merci|compris|bien reçu|c'est noté
un instant|un moment|je reviens|je suis là|a été enregistré-|autre chose|vale|de acuerdo|está bien
sin problema|no hay problema|de nada|con gusto|gracias|entendido|anotado|un momento|ahora vuelvo
aquí te espero|ya llego|ha sido recibid-|algo más|tá bom|tudo certo|beleza|sem problema|por nada
disponha|obrigad-|valeu|entendi|um momento|já volto|é só chamar|foi recebid-|mais alguma coisa
va bene|d'accordo|nessun problema|di niente|prego|figurati|grazie|capito|un attimo|torno subito
altro|oké|is goed|prima|geen probleem|graag gedaan|dank je|bedankt|begrepen|ben zo terug|nog iets
dobrze|okej|jasne|nie ma sprawy|nie ma za co|dzięki|dziękuj-|rozumiem|chwileczkę|zaraz wracam
хорошо|ладно|окей|без проблем|не за что|пожалуйста|спасибо|понял-|понятно|минутку|секунду
сейчас вернусь|жду|はい|了解|わかりました|分かりました|承知|どういたしまして|ありがとう
かしこまりました|少々お待ち|席外す|お待ちして|うん|他に何か|好的|好|行|没问题|不客气|不用谢|谢谢
收到|知道了|明白|稍等|马上回来|等一下|还有什么|네|알겠|좋아요|괜찮아|천만에|고마워|감사합니다
잠시만|잠깐|금방|기다릴게|더 도와|tamam|peki|olur|sorun değil|rica ederim|bir şey değil|teşekkür-
sağ ol|anladım|bir dakika|hemen dönerim|başka bir|حسنا|تمام|لا مشكلة|عفوا|على الرحب|شكرا|فهمت|لحظة
سأعود|أي شيء آخر|ठीक है|अच्छा|कोई बात नहीं|धन्यवाद|शुक्रिया|समझ गया|समझ गई|एक मिनट|और कुछ
""",
    # The reply does not give what was wanted.
    "refuses": """
i can't|i cannot|can't help|cannot help|can't look|cannot look|unable to|not able to|i don't know
i do not know|don't understand|do not understand|didn't understand|did not understand
didn't get that|didn't catch|not sure i|rephrase|could you repeat|please contact|contact customer
customer service|contact support|consult a professional|as an ai|language model|i'm just a
i am just a|not supported|not available|try again later|something went wrong|an error occurred
depends on your|lost the context|closed your ticket|thank you for contacting|did you know about our
great plans|have you tried|don't have access|do not have access|outside my|kann ich nicht
kann dir nicht|kann ihnen nicht|nicht helfen|weiß ich nicht|nicht verstanden|verstehe ich nicht
verstehe nicht|wenden sie sich|kundendienst|kundenservice|ein fehler|später noch einmal|als ki
leider nicht|leider kann|je ne peux pas|je ne sais pas|pas compris|ne comprends pas|reformuler
contactez|service client|une erreur|en tant qu'ia|malheureusement|impossible de|no puedo|no sé
no entiendo|no entendí|no he entendido|reformular|póngase en contacto|atención al cliente|un error
como ia|lamentablemente|no dispongo|não posso|não sei|não entendi|não consigo|entre em contato
atendimento|um erro|como uma ia|infelizmente|deseja contratar|non posso|non so|non ho capito
non capisco|riformulare|contatta|servizio clienti|un errore|purtroppo|dat weet ik niet|kan ik niet
begrijp ik niet|niet begrepen|neem contact|klantenservice|helaas|nie mogę|nie wiem|nie rozumiem
skontaktuj|obsług-|niestety|wystąpił błąd|не могу|не знаю|не понимаю|не понял-|обратитесь|служб-
к сожалению|ошибка|わかりませんでした|分かりません|わかりません|できません|お答えできません
もう一度|お問い合わせ|サポートに|申し訳ありません|エラー|没有听懂|不明白|不知道|无法|不能帮|抱歉
客服|请重新|出错|모르겠|이해하지 못|할 수 없|도와드릴 수 없|다시 말씀|고객센터|죄송합니다|오류
bilmiyorum|anlamadım|yapamam|yardımcı olamam|müşteri hizmet-|maalesef|hata oluştu|tekrar dener
لا أستطيع|لا أعرف|لم أفهم|لا يمكنني|خدمة العملاء|للأسف|خطأ|أعد صياغة|नहीं कर सकता|नहीं पता|समझ नहीं
ग्राहक सेवा|माफ़ कीजिए|त्रुटि
""",
    # What a person writes afterwards: it was good, or it was not.
    "content": """
that helped|it helped|really helped|helps a lot|that helps|helpful|it worked|worked|works now|works
that works|fixed|solved|perfect|exactly what|what i needed|what i wanted|great explanation
clear now|makes sense|makes so much sense|i get it now|now i get|finally get|understand now
well explained|good answer|great answer|great support|so much better|beautiful|love it|nailed it
you're the best|lifesaver|life saver|amazing, thank|thanks|thank you|thx|trying this|will try
hat geholfen|hat geklappt|funktioniert|geklappt|perfekt|verstanden|super erklärt|gut erklärt|danke
genau das|ça a marché|ça marche|très clair|c'est clair|parfait|merci|bien expliqué|génial
j'ai compris|funcionó|perfecto|muy claro|gracias|lo entiendo|bien explicado|genial|justo lo que
funcionou|deu certo|perfeito|adorei|valeu|obrigad-|explicação|entendi|ficou claro|ha funzionato
perfetto|grazie|chiaro|ho capito|ottimo|werkt|gelukt|duidelijk|bedankt|zadziałało|działa|jasne
dzięki|świetnie|работает|помогло|понятно|спасибо|отлично|分かりやすい|わかりやすい|できました
助かり|ありがとう|完璧|解决了|懂了|明白了|谢谢|有用|很清楚|완벽|이해됐|고마워|도움이|됐어요
işe yaradı|teşekkür-|çok açık|harika|anladım|شكرا|نجح|واضح|ممتاز|धन्यवाद|काम कर गया|समझ आ
""",
    "discontent": """
wrong|incorrect|not true|that's not|thats not|not what i|is not|isn't right|doesn't work
does not work|didn't work|did not work|still broken|still not|not working|useless|hopeless
never help|no help|answer my question|i asked|i said|i already|again?|try again|too short|too long
a bit short|too cheesy|not helpful|left out|missing|don't like|nonsense|makes no sense|what?|huh
what are you talking|unknown|error|bad answer|terrible|horribly|boring|cancel.|read all of them
older than me|heard all of|same brick|not upgrade|wait, why|for real?|are you broken|falsch
stimmt nicht|das ist nicht|geht nicht|funktioniert nicht|hilft nicht|hab ich schon|habe ich schon
schon dreimal|nochmal|förmlicher|zu lang|zu kurz|blödsinn|unsinn|was?|c'est faux|faux|non, c'est
pas ça|ne marche pas|inutile|n'importe quoi|bof|encore|j'ai dit|trop long|trop court|está mal|mal
no es|no funciona|incorrecto|no sirve|ya te dije|otra vez|demasiado|errado|está errado|não funciona
não é|não serve|já falei|de novo|sbagliato|non funziona|non è|fout|klopt niet|werkt niet|źle
nie działa|błąd|неправильно|не работает|не то|неверно|間違|違います|違う|そうじゃない|不对|错了
没用|不是|틀렸|아니|안 돼|yanlış|çalışmıyor|خطأ|غير صحيح|गलत
""",
}

"""The words by which a talk's acts are told apart, in some fifteen languages; all written by us.

One block per cue. Phrases stand between bars, lower case; one that ends in `-` is the beginning of
a word. Nothing here is a verdict: `training/reactions.py` learns what each cue is worth.
"""

from __future__ import annotations

WORDS = {
    # A person wants something known, explained, made or done.
    "asks": """
how do|how does|how can|how could|how to|how should|how many|how much|how far|how long does
how is it|what is|what's the|whats the|what are|what was|what does|what do you call|what causes
what caused|what happens|what should|what time|what kind of|what would be|why is|why are|why do
why does|why did|why was|why can't|which|who is|who was|who won|who invented|who wrote|when is
when was|when did|when does|where is|where are|where can|where do i|explain-|describe|define
definition|tell me|teach me|show me|give me|write|rewrite|draft|compose|translat-|summar-
recommend-|suggest me|any tips|any ideas|any advice|advice on|tips for|ideas for|tips on
suggestions|fix|debug|solve|calculat-|convert|compare|difference between|list of|list the|help me
help with|can you|could you|would you mind|please|pls|i need a|i need an|i need help|i need to know
i want a recipe|i'm looking for|i am looking for|looking for a|meaning of|recipe|find|check my
proofread|grade|review my|come up with|name ideas|make me a|make a|create|generate|design|plan a
plan for|is it safe|is it possible|is it okay to|do i need|should i|step by step|walk me through
cancel my|refund|reset my|book a|order status|wie kann|wie funktioniert|wie geht das|wie macht man
wie mache|wie viel-|wie lange|wie setze|wie bekomme|wie wird|wie werden|was ist|was sind
was bedeutet|was heißt|was kostet|was hilft|was tun|warum|wieso|weshalb|welche-|wer war|wer hat
wann|wo ist|wo finde|wo kann|erklär-|beschreib|schreib-|übersetz-|fass-|empfiehl|empfehl-|kannst du
könntest du|können sie|könnten sie|bitte|hilf mir|zeig mir|gib mir|nenn mir|sag mir|rechne|berechne
unterschied zwischen|tipps|ideen für|rezept|ich brauche|ich suche|ich möchte wissen|kündigen
storni-|wie sage ich|wie schreibe|comment|qu'est-ce|c'est quoi|quelle est|quel est|quels sont
quelles sont|pourquoi|combien|à quelle heure|où est|où se|où puis|expliqu-|écris|écrire|rédige
tradui-|résum-|recommand-|conseill-|peux-tu|tu peux|pouvez-vous|pourrais-tu|pourriez-vous
s'il te plaît|s'il vous plaît|stp|svp|aide-moi|aidez-moi|donne-moi|donnez-moi|montre-moi|dis-moi
corrige|calcule|différence entre|des idées|une idée|idées de|recette|j'ai besoin|je cherche
je voudrais|je veux annuler|quand est|qui a|qui est|cómo|qué es|qué son|qué significa|cuál es
cuáles son|por qué|cuánto-|cuánta-|cuándo|dónde|quién|explic-|escríb-|escribe|traduc-|resum-
recomi-|puedes|podrías|puede usted|por favor|ayúdame|ayuda con|dame|dime|muéstrame|enséñame|calcula
diferencia entre|ideas para|consejos|receta|necesito|busco|quiero saber|quiero cancelar|a qué hora
como faço|como fazer|como funciona|como posso|como tiro|como se|o que é|o que são|o que significa
qual é|qual a|qual o|qual ônibus|quais são|por que|porque é que|quanto|quando|onde|quem foi|quem é
escrev-|traduz-|recomend-|me ajud-|ajuda-|pode me|você pode|pode explicar|poderia|me dá|me dê
me diz|me conta|corrij-|calcul-|diferença entre|ideias|dicas|preciso de|receita|quero saber
quero cancelar|queria saber|come si|come posso|come faccio|come funziona|cos'è|che cos'è|qual è
quali sono|perché|quanto costa|quanti|dov'è|chi è|chi ha|mi spieghi|spiega-|scriv-|riassum-
consigli-|puoi|potresti|per favore|aiutami|dammi|dimmi|mostrami|differenza tra|ricetta|ho bisogno
cerco|vorrei sapere|a che ora|hoe kan|hoe werkt|hoe maak|hoe laat|hoeveel|wat is|wat zijn
wat betekent|waarom|welke|wanneer|waar is|leg uit|uitleg-|schrijf|vertaal|vat samen|kun je|kan je
kunt u|alsjeblieft|alstublieft|geef me|verschil tussen|recept|ik zoek|ik heb nodig|tips voor
jak zrobić|jak mogę|jak działa|jak się|ile|co to jest|co to|czym jest|co oznacza|dlaczego|który
która|kiedy|gdzie|kto|wyjaśni-|wytłumacz|napisz|przetłumacz|poleć|czy możesz|możesz|proszę|pomóż
podaj|pokaż|różnica między|przepis na|potrzebuję|szukam|chcę zwrócić|как сделать|как сбросить
как мне|как работает|как можно|сколько|что такое|что значит|что означает|почему|зачем|какой|какая
какие|когда|где|кто|объясни-|расскажи|напиши|переведи|посоветуй|порекоменд-|можешь|можете
пожалуйста|помоги-|дай мне|покажи|в чем разница|в чём разница|рецепт|мне нужно|ищу|教えて|説明し
とは何|って何|は何ですか|どうやって|どうすれば|なぜ|どうして|いつ|どこ|いくら|何時|書いて|考えて
翻訳し|訳して|まとめて|要約し|おすすめ|してくれ|してください|して下さい|手伝って|方法|コツ|作り方
違いは|解約し|見せて|直して|什么是|是什么|怎么|如何|为什么|多少|几点|什么时候|哪里|哪个|谁是|解释
说明一下|告诉我|写一|帮我|请|翻译|推荐|总结|介绍一下|计算|区别|建议|能不能|可以帮|食谱|给我|想知道
教我|설명해|알려 줘|알려줘|뭔지|무엇|뭐야|어떻게|왜|언제|어디|얼마|몇 시|써 줘|써줘|번역해|추천해
요약해|도와 줘|도와줘|해 주세요|해주세요|방법|차이가|만들어 줘|가르쳐|nedir|ne demek|nasıl yap-
nasıl çalış-|nasıl ol-|nasıl gid-|neden|niçin|kaç|ne zaman|nerede|hangi|kim|açıkla-|anlat|yaz|çevir
öner-|özetle|yardım et|yapabilir misin|lütfen|göster|ver misin|fark ne|tarif-|اشرح|ما هو|ما هي
ما معنى|كيف أ|كيف ت|كيف ي|كيف يمكن|لماذا|كم|متى|أين|من هو|اكتب|ترجم|لخص|اقترح|هل يمكنك|من فضلك
ساعدني|أعطني|أخبرني|الفرق بين|أحتاج|أريد أن أعرف|وصفة|समझाओ|समझाइए|बताओ|बताइए|क्या है|क्या होता
कैसे बन|कैसे कर|कैसे काम|क्यों|कितना|कितने|कब|कहाँ|कौन|लिखो|लिखिए|अनुवाद|सुझाव|मदद कर|कृपया|दीजिए
अंतर
""",
    # A person wants to know what the other thinks, feels or likes.
    "asks_view": """
should i|would you live|would you choose|would you pick|would you go|which would you|what would you
which one would you|is it ok|is it okay|is it rude|is it worth|worth it|do you enjoy|do you hate
soll ich|sollte ich|lohnt sich|würdest du|est-ce que je devrais|je devrais|ça vaut le coup
tu choisirais|debería|debo|vale la pena|qué elegirías|devo|eu deveria|vale a pena|dovrei|conviene
moet ik|zou jij|czy powinienem|czy powinnam|warto|стоит ли|мне стоит|すべきかな|したほうがいい
要不要|我该不该|值得吗|do you think|don't you think|dont you think|what do you think
what's your opinion|your opinion|your take|your thoughts|do you like|do you love|do you prefer
do you believe|do you agree|don't you agree|wouldn't you say|isn't it|isn't he|isn't she
aren't they|am i right|right?|agree?|yes or no|who's better|who is better|which is better
what's better|which one is better|is better|who's the best|who is the best|what's the best
which is the best|best band|favourite|favorite|hot take|unpopular opinion|are you a fan
have you ever|what's your|thoughts on|how do you feel about|would you rather|do we need
should people|should schools|should we|who's right|who is right|team|findest du|meinst du|denkst du
glaubst du|was hältst|was denkst|was meinst|magst du|deine meinung|oder?|nicht wahr|stimmt's|lieber
bist du für|was ist besser|wer ist besser|lieblings-|sollte man|tu trouves|tu penses|tu crois
vous pensez|qu'en penses|ton avis|votre avis|tu aimes|tu préfères|n'est-ce pas|pas vrai|non ?
d'accord ?|préféré-|c'est mieux|crees|no crees|qué opinas|qué piensas|te parece|te gusta|prefieres
tu opinión|verdad?|no?|a que|favorit-|¿no|mejor que|você acha|cê acha|acha que|o que acha
sua opinião|você gosta|você prefere|né?|não é|não acha|concorda|pensi|non pensi|non credi
secondo te|cosa ne pensi|ti piace|preferisci|vero?|non è vero|preferit-|vind je|denk je|wat vind
jouw mening|toch?|hou je van|nietwaar|uważasz|myślisz|co sądzisz|twoim zdaniem|lubisz|wolisz
prawda?|nie sądzisz|ты думаешь|как думаешь|по-твоему|ты согласен|ты любишь|правда?|правда ли
не так ли|что думаешь|と思う?|と思いますか|どう思|好き?|好きですか|だよね|ですよね?|よね?|意見
どっちが|你觉得|你认为|你喜欢|你怎么看|对吧|对不对|是不是|是吧|你同意|哪个更|어떻게 생각|생각해?
좋아해?|좋아하세요|그렇지 않아|좋지 않아|맞지|않아?|의견|sence|ne düşün-|sever misin|değil mi
katılıyor musun|bence|أليس|أليست|ما رأيك|هل تعتقد|هل تظن|هل تحب|هل تفضل|صحيح؟|क्या सोचते|क्या लगता
है ना|पसंद है|राय
""",
    # A person asks the other about itself: small talk, though it is a question.
    "asks_you": """
what is your name|what's your name|who are you|how old are you|where do you live|where are you from
what do you do|what are you doing|what are you|are you a|are you an|are you real|are you human
do you have|have you been|have you had|have you seen|have you tried|what is your|what's your
do you play|do you work|did you|when did you|how did you|your day|your weekend|your week|and you?
about you|what about you|how about you|are you there|can you hear|wie heißt du|wer bist du
wie alt bist du|wo wohnst du|woher kommst|was machst du|bist du ein|hast du|und du
comment tu t'appelles|tu t'appelles|qui es-tu|t'es qui|quel âge as-tu|tu fais quoi|que fais-tu
es-tu un|tu as quoi|et toi|cómo te llamas|quién eres|cuántos años tienes|dónde vives|qué haces
eres un|tienes|y tú|qual é o seu nome|quem é você|quantos anos você|onde você mora|o que você faz
você é um|você tem|e você|come ti chiami|chi sei|quanti anni hai|dove vivi|cosa fai|che fai|sei un
hai un|e tu|hoe heet je|wie ben je|hoe oud ben je|waar woon je|wat doe je|ben je een|en jij
jak masz na imię|kim jesteś|ile masz lat|gdzie mieszkasz|co robisz|jesteś|a ty|как тебя зовут
кто ты|сколько тебе лет|где ты живешь|что ты делаешь|ты робот|а ты|あなたの名前|名前は|何歳
どこに住|何してる|何をして|あなたは|你叫什么|你是谁|你几岁|你住哪|你在做什么|你在干|你呢|이름이 뭐
몇 살|어디 살|뭐 해|너는|adın ne|kimsin|kaç yaşında|nerede yaşıyor|ne yapıyorsun|peki sen|ما اسمك
من أنت|كم عمرك|أين تعيش|ماذا تفعل|وأنت|तुम्हारा नाम|आपका नाम|तुम कौन|आप कौन|क्या कर रहे
""",
    # The message hands over what it was made for: an explanation, a text, code, steps.
    "delivers": """
here's|here is|here are|here you go|here it is|below is|below are|as requested|summary|in short
in other words|this means|that means|which means|means that|is when|is the process|refers to
for example|e.g.|such as|so that|therefore|that's why|the reason|it works|works like|works by
imagine|think of it|click|press|turn|hold|go to|make sure|to do this|to reset|i rewrote
i've rewritten|draft|some ideas|the bug|the error|the problem is|most likely|roughly|on average
degrees|percent|grams|hier ist|hier sind|so funktioniert|so geht|erklärung|das heißt|das bedeutet
bedeutet|zum beispiel|zuerst|schließlich|deshalb|dadurch|klick-|drück-|gib ein|öffne|prüfe|stell-
meist|wahrscheinlich|ungefähr|minuten|grad|voici|explication|c'est-à-dire|cela signifie
ça veut dire|par exemple|d'abord|enfin|parce que|c'est pourquoi|le processus|clique|appuie|ouvre
ajoute|essaie|environ|degrés|aquí tienes|aquí está|explicación|es decir|significa|por ejemplo
primero|por último|por eso|así que|el proceso|haz clic|pulsa|abre|añade|prueba|aproximadamente
minutos|grados|aqui está|aqui vai|explicação|ou seja|por exemplo|primeiro|em seguida|por fim
por isso|o processo|aperte|abra|adicione|tente|cerca de|graus|ecco|spiegazione|cioè|per esempio
ad esempio|infine|per questo|il processo|clicca|premi|apri|aggiungi|prova|circa|minuti|gradi
hier is|uitleg|dat betekent|bijvoorbeeld|omdat|daarom|oto|wyjaśnienie|to znaczy|na przykład
najpierw|ponieważ|dlatego|вот|объяснение|то есть|это значит|например|затем|потому что|поэтому
こちらが|説明します|つまり|例えば|たとえば|次に|最後に|なぜなら|によって|してみて|すると|分ほど
以下是|这是|简单来说|也就是说|意思是|例如|比如|首先|最后|这就是|설명해 드|여기 있|즉|예를 들
마지막으로|라는|현상|işte|yani|örneğin|çünkü|bu yüzden|إليك|هذا هو|أي أن|يعني|مثلا|أولا|أخيرا|لأن
لذلك|यह रहा|मतलब|उदाहरण|क्योंकि|इसलिए
""",
    # A fact that is told for its own sake, or news of the world.
    "fact": """
did you know|fun fact|fact of the day|guess what|believe it or not|scientists have|researchers
for the first|breaking|this morning|last night|were found|was found|have found|just found
police say|according to|wusstest du|schon gewusst|stell dir vor|forscher|heute morgen
le saviez-vous|tu savais|figure-toi|chercheurs|ce matin|sabías que|imagínate|científicos
esta mañana|você sabia|sabia que|adivinha|cientistas|lo sapevi|sapevi che|indovina|ricercatori
wist je dat|czy wiesz|wiesz, że|naukowcy|знаешь ли ты|а ты знал|ученые|учёные|知っていましたか
知ってた|実は|你知道吗|据说|科学家|알고 있었|사실은|biliyor muydun|هل تعلم|क्या आप जानते
""",
    # What is said is a view, a taste or a proposal.
    "view": """
i think|i believe|i'd say|i would say|i'd argue|in my opinion|in my view|imo|imho|personally
honestly|i feel like|i'm convinced|i am convinced|i guess|i prefer|i'd rather|i love|i like|i enjoy
i hate|i'd blame|my favorite|my favourite|favorite|favourite|nothing beats|the best|is best
the worst|the greatest|better than|overrated|underrated|much better|is better|is a great|is a good
are great|are the best|beautiful|gorgeous|should|ought to|must be banned|deserve-|it's important
everyone needs|everybody|nobody|people need|always|never|i'd suggest|i suggest|i'd recommend we
we could|we should|let's|lets|shall we|why don't we|how about we|maybe you could|maybe we|you could
you should|sounds fair|great idea|good idea|i vote|count me in|i'm in|no contest|hands down|by far
without a doubt|i have to side|should be illegal|too much of|ich finde|ich denke|ich glaube
ich meine|meiner meinung|meines erachtens|persönlich|ehrlich gesagt|am besten|am schönsten
das beste|die beste-|der beste|besser als|schöner als|sollte-|wir könnten|lass uns|lasst uns
ich schlage vor|vielleicht könnte-|vielleicht sollte-|ich mag|ich liebe|lieblings-|nichts geht über
überbewertet|je pense|je trouve|je crois|à mon avis|selon moi|personnellement|franchement
honnêtement|le meilleur|la meilleure|mieux que|plus beau|plus belle|on devrait|il faudrait
on pourrait|je propose|je préfère|j'adore|j'aime|rien ne vaut|allons|surestimé|creo que|pienso que
me parece|en mi opinión|a mi juicio|sinceramente|la verdad es que|el mejor|la mejor|mejor que
deberíamos|debería|podríamos|propongo|prefiero|me encanta|me gusta|no hay nada como|sobrevalorad-
hay que|acho que|penso que|na minha opinião|o melhor|a melhor|melhor que|melhor do que|deveria
devia|devíamos|a gente podia|podíamos|prefiro|adoro|eu gosto|nada como|vamos|nada começa|penso che
credo che|secondo me|a mio parere|onestamente|il migliore|la migliore|meglio di|dovremmo|dovrebbe
potremmo|preferisco|mi piace|nessun'altra|niente batte|ik vind|ik denk|ik geloof|volgens mij
naar mijn mening|eerlijk gezegd|de beste|beter dan|we moeten|we zouden|laten we|ik stel voor
ik hou van|fijner|uważam|myślę|sądzę|moim zdaniem|szczerze|najlepsz-|lepsz-|powinni-|powinn-|mógłby
moglibyśmy|proponuję|wolę|kocham|я думаю|я считаю|по-моему|на мой взгляд|честно|лучший|лучшая|лучше
следует|нам стоит|давай|давайте|предлагаю|мне нравится|обожаю|я люблю|と思います|と思う|最高|一番
べき|好きです|のほうがいい|の方がいい|ましょう|ではないでしょうか|個人的に|我觉得|我认为|我想|最好
最棒|应该|比较好|我喜欢|没有什么比|不如|我们可以|建议我们|更好|생각해요|생각합니다|최고|제일|가장
해야|좋아해요|더 좋|합시다|하는 게 어때|제 생각|bence|bana göre|düşünüyorum|en iyi-|daha iyi|-meli
gerek|severim|tercih ederim|olmaz|yapalım|öneririm|أعتقد|أظن|في رأيي|برأيي|الأفضل|أفضل|يجب|ينبغي
أحب|لا شيء يضاهي|دعونا|هيا|मुझे लगता|मेरे विचार|मेरी राय|सबसे अच्छ-|बेहतर|चाहिए|पसंद है|चलो
इससे बेहतर
""",
    # It says that one holds the same, or does not.
    "agrees": """
i agree|i disagree|agreed|totally|absolutely|definitely|exactly|completely|for sure|of course it is
couldn't agree more|you're right|you are right|so true|that's true|true that|me too|same here|same.
i do!|i think so|so do i|amen|indeed|without a doubt|good point|well said|no doubt|yes, i
yes, absolutely|ich stimme|stimme zu|sehe ich genauso|sehe ich auch so|genau|absolut|unbedingt
auf jeden fall|du hast recht|stimmt|finde ich auch|ich auch|da bin ich|ganz deiner meinung|doch
d'accord avec|je suis d'accord|tout à fait|absolument|exactement|carrément|tu as raison
vous avez raison|moi aussi|c'est vrai|bien sûr que|franchement oui|estoy de acuerdo
de acuerdo contigo|totalmente|absolutamente|exacto|exactamente|por supuesto|tienes razón|yo también
claro que sí|sin duda|es verdad|desde luego|concordo|com certeza|exatamente|tem razão|eu também
sem dúvida|claro que sim|é verdade|sono d'accord|d'accordo con|assolutamente|esatto|esattamente
certamente|hai ragione|anch'io|senza dubbio|è vero|mee eens|helemaal|absoluut|precies|zeker weten
je hebt gelijk|ik ook|inderdaad|zgadzam|zdecydowanie|absolutnie|dokładnie|masz rację|ja też
bez wątpienia|racja|согласен|согласна|полностью|абсолютно|точно|именно|ты прав|вы правы|я тоже
конечно же|без сомнения|そう思います|同感|その通り|そうですね|賛成|もちろんそう|確かに|まったくです
私もです|ですよね|同意|我也这么|我也觉得|没错|确实|完全|你说得对|赞成|的确|맞아요|동의|그렇게 생각
저도|물론이죠|정말 그래요|맞습니다|katılıyorum|kesinlikle|aynen|haklısın|bence de|tabii ki|أوافق
أتفق|بالتأكيد|تماما|بالضبط|معك حق|أنا أيضا|صحيح|सहमत|बिल्कुल|सही कहा|मैं भी|ज़रूर
""",
    # Something happened to somebody, or weighs on them, or delights them: told or spoken of.
    "life": """
passed away|died|dead|death|dying|funeral|lost my|lost her|lost his|losing|put down|put our
put him down|miss him|miss her|miss them|miss the|i miss|cancer|biopsy|hospital|surgery|diagnos-
is back|tumor|tumour|accident|crash|earthquake|flood|war|fire|missing|injured|broke up|breakup
divorc-|dumped|left me|cheated|alone|lonely|afraid|scared|anxious|anxiety|worried|nervous|depress-
panic|cry|cried|crying|heartbroken|grief|grieving|stolen|robbed|fired|laid off|lost my job|failed
rejected|evicted|raised the rent|bullied|burnout|exhausted|overwhelmed|i feel|feeling|got the job
got a job|promoted|promotion|i passed|got in|got into|accepted|graduat-|engaged|married|wedding
pregnant|baby|born|first word|first steps|birthday|anniversary|we won|i won|won a|marathon|sober
cancer free|cancer-free|in remission|comes home|came home|reunited|adopted|proud|thrilled|so happy
excited|relieved|i quit|last day|moved here|moving out|my dog|my cat|my pet|my mom|my mum|my dad
my father|my mother|my grandma|my grandpa|my grandmother|my grandfather|my brother|my sister|my son
my daughter|my wife|my husband|my boyfriend|my girlfriend|my kids|my best friend|gestorben
verstorben|tot|tod|beerdigung|verloren|vermisse|krebs|krankenhaus|operation|diagnose|unfall
erdbeben|getrennt|schluss gemacht|verlassen|scheidung|allein|einsam|angst|traurig|geweint|geklaut
gestohlen|gekündigt|gefeuert|durchgefallen|prüfung|bestanden|zusage|job bekommen|befördert|verlobt
heirat-|hochzeit|schwanger|geboren|geburtstag|gewonnen|stolz|aufgeregt|glücklich|meine oma|mein opa
meine mutter|mein vater|mein hund|meine katze|mort|morte|décédé-|enterrement|perdu|hôpital
opération|séisme|quitté-|rupture|seule|seul|peur|triste|pleur-|volé|viré-|licenci-|raté|réussi
diplôme|mon bac|embauch-|fianc-|mari-|enceinte|bébé|né|née|anniversaire|gagné|fier|fière|heureu-
mon chat|mon chien|ma mère|mon père|ma grand-mère|mon grand-père|murió|muerto|muerte|falleci-|perdí
perdido|cáncer|operación|cirugía|accidente|terremoto|me dejó|me ha dejado|se acabó|divorci-|sola
solo|miedo|llor-|robaron|despedid-|suspend-|aprob-|el trabajo|ascen-|casar-|boda|embarazad-|bebé
nacid-|ha nacido|cumpleaños|ganamos|gané|orgullos-|feliz|mi abuela|mi abuelo|mi madre|mi padre
mi perro|mi gato|morreu|faleceu|enterro|perdi|câncer|cirurgia|acidente|terminou comigo|me deixou
divórcio|sozinh-|medo|chor-|roubaram|demitid-|reprov-|passei|vestibular|consegui o emprego
promovid-|noiv-|casament-|grávida|nasceu|aniversário|ganhamos|orgulh-|minha avó|meu avô|minha mãe
meu pai|meu cachorro|meu gato|morto|morta|mancato|scomparso|funerale|perso|tumore|ospedale
operazione|incidente|lasciato|lasciata|divorzi-|paura|pianto|licenziat-|bocciat-|laureat-|promoss-
assunt-|fidanzat-|sposat-|incinta|nato|nata|compleanno|vinto|orgoglios-|felice|mio padre|mia madre
mia nonna|mio nonno|overleden|dood|begrafenis|kanker|ziekenhuis|ongeluk|uit elkaar|gescheiden
alleen|bang|verdrietig|gehuild|ontslagen|gezakt|geslaagd|baan gekregen|verloofd|getrouwd|zwanger
verjaardag|trots|zmarł-|umarł-|śmierć|pogrzeb|straci-|rak|szpital-|operacj-|wypadek|rozwód|rzucił-
samotn-|boję|smutn-|płaka-|zwoln-|zdał-|oblał-|dostałem|dostałam|zaręcz-|ślub|ciąż-|urodzi-
urodziny|wygra-|dumn-|strat-|умер-|смерть|похорон-|потерял-|рак|больниц-|операци-|авари-|бросил-
расста-|развод|одинок-|боюсь|страшно|грустно|плака-|уволи-|провали-|сдал-|поступил-|взяли на работу
помолв-|свадьб-|беремен-|родил-|день рождения|победил-|горж-|счастлив-|亡くな|死ん|逝|葬|失っ|癌
がん|入院|病院|手術|事故|地震|別れ|離婚|ひとり|一人ぼっち|怖い|不安|悲し|寂し|泣い|辛い|クビ|落ち
合格|受かっ|内定|昇進|婚約|結婚|妊娠|生まれ|誕生日|優勝|嬉し|祖母|祖父|去世|死了|过世|走了|葬礼
失去|癌症|住院|医院|手术|车祸|分手|离婚|孤独|一个人|害怕|焦虑|难过|伤心|哭|被解雇|失业|没考上|考上
通过了|录取|升职|订婚|结婚|怀孕|出生|生日|赢了|开心|奶奶|爷爷|돌아가셨|죽었|세상을 떠|장례|잃|암
입원|병원|수술|사고|지진|헤어졌|이혼|외로|무서|불안|슬프|슬퍼|울었|해고|떨어졌|합격|붙었|취직|승진
약혼|결혼|임신|태어났|생일|이겼|행복|할머니|할아버지|öldü|vefat|ölüm|cenaze|kaybett-|kanser
hastane-|ameliyat|kaza|deprem|ayrıldı|boşan-|yalnız|kork-|üzgün|ağla-|kovul-|kaldım|geçtim|kazandı-
terfi|nişan-|evlen-|hamile|doğdu|doğum günü|gurur|mutlu|توفي|توفيت|مات|ماتت|وفاة|جنازة|فقدت|سرطان
مستشفى|عملية|حادث|زلزال|طلاق|انفصل|وحيد|وحدي|خائف|حزين|بكيت|نجحت|قبلت|وظيفة|خطوبة|زواج|حامل|ولد
عيد ميلاد|فزنا|سعيد|गुज़र|गुजर|मर गया|मर गई|मौत|निधन|अंतिम संस्कार|खो दिया|कैंसर|अस्पताल|ऑपरेशन
दुर्घटना|भूकंप|तलाक|अकेला|अकेली|डर|दुखी|रोया|रोई|पास हो|नौकरी मिल|सगाई|शादी|गर्भवती|पैदा|जन्मदिन
जीत|खुश|दादी|दादा
""",
}

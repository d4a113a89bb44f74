"""Small words of English, Spanish and French: which language a text is in, and what a sentence does with a word.

Only grammar stands here, nothing of any profession. All words are in lower case, without accents and apostrophes, and
in the sets as `matcher.domain.spelling.word_key` spells them.
"""

from collections.abc import Sequence
from typing import Literal

from matcher.domain.spelling import word_key

Language = Literal["en", "es", "fr"]


def _set(words: str) -> frozenset[str]:
    return frozenset(map(word_key, words.split()))


def _phrases(listed: str) -> frozenset[str]:
    return frozenset(" ".join(map(word_key, phrase.split())) for phrase in listed.split(","))


LANGUAGES: tuple[Language, ...] = ("en", "es", "fr")

_EN = """a about above after again against all also although always am an and any anybody anyone anything are arent
around as at away back be became because been before being below best better between both but by came can
cannot cant come could couldnt did didnt do does doesnt doing done dont down during each either else enough
etc even ever every everyone everything feel few first for from full further get gets getting give given go
goes going gonna good got great had hadnt happy has hasnt have havent having he hed hell help her here hers
herself hes hey hi him himself his hope how however i id if ill im in instead into is isnt it its itself ive
just keep kind know later least less let lets like little lol long look looking lot lots made make makes
making many may maybe me mean might mine more most much must my myself name near need needs never next no
nobody none nor not nothing now of off often oh ok okay old on once one ones only or other others our ours
ourselves out over own part people person pls please ppl put quite rather really right said same say says
see seek seeking seen she shes should shouldnt since so some somebody someone something sometimes somewhere
soon still stuff such sure take taking tell than thanks that thats the their theirs them themselves then
there theres these they theyre theyve thing things think this those though through time to together told too
took toward towards try trying until up upon us use used using very via w want wanted wanting wants was
wasnt way we well went were werent weve what whats when where whether which while who whole whom whose why
will wish with within without wont work worked working would wouldnt yeah year years yes yet you youd youll
your youre yours yourself youve yr yrs"""
_ES = """a ademas ahi ahora al algo alguien algun alguna algunas alguno algunos alla alli ante antes aquel aquella
aquello aqui asi aun aunque ayuda ayudar bajo bastante bien buena bueno busca buscando busco cada casi como
con contra cosa cosas cual cuales cualquier cuando cuanto de deberia debo decir del demas desde despues dia
dias donde dos durante e el ella ellas ellos empezar en encontrar entonces entre era eramos eran eres es esa
esas ese eso esos esta estaba estado estamos estan estar estas este esto estos estoy fue fueron fui gente
gracias gran ha haber habia hace hacer hacia han has hasta hay he hecho hola hoy igual incluso ir la las le
les lo los luego mas me mejor menos mi mia mientras mio mis misma mismo momento mucha muchas mucho muchos
muy nada nadie necesita necesito ni ningun ninguna no nos nosotras nosotros nuestra nuestro nunca o os otra
otras otro otros para parte pero poco poder podria por porque pude puede puedo pues que quien quienes quiera
quiere quiero quisiera sabe saber se sea segun ser si sido siempre sin sobre solo somos son soy su sus tal
tambien tampoco tan tanto te tener tengo ti tiempo tiene tienen toda todas todavia todo todos trabajar
trabajo tras tu tus un una unas uno unos usted va vamos van varias varios veces ver vez voy y ya yo"""
_FR = """a afin ai aide aider aimerais alors apres as au aucun aucune aussi autre autres aux avais avait avant avec
avez avoir avons beaucoup bien bon bonjour bonne c ca car ce ceci cela celle celles celui cependant ces cest
cet cette ceux chaque cherche cherchons chez chose comme comment contre d dans de debut deja depuis derriere
des dessous dessus deux devant devenir devrais doit dois donc dont du elle elles en encore entre es est et
etaient etais etait etant ete etes etre eu eux faire fais fait faut font hors il ils ici j jai je jusqu
jusque l la le les leur leurs lors lorsque lui ma mais me meme memes merci mes mieux mis moi moins mon ne ni
non nos notre nous n on ont ou par parce parfois parmi pas pendant personne peu peut peux plus plusieurs
plutot pour pourquoi pourrais quand que quel quelle quelles quelque quelques quels qui quoi qu s sa sans se
sera serai ses seulement si soi soit sommes son sont souhaite souhaiterais sous souvent suis sur t ta tant
te tel telle tellement tes toi ton toujours tous tout toute toutes travail travaille travailler tres trop tu
un une vais vers veux voici voila voir vos votre voudrais vous vraiment y"""

STOP: dict[Language, frozenset[str]] = {
    "en": _set(_EN),
    "es": _set(_ES),
    "fr": _set(_FR),
}

_SMALL = frozenset().union(*STOP.values())

# Words that names are compared without ("children and adolescents", "primeros auxilios en salud mental").
LINKING: dict[Language, frozenset[str]] = {
    "en": _set("a an the of to for in on at by from with and or my our your their his her its as s"),
    "es": _set("a al de del el la los las un una unos unas y e o u en con por para mi mis su sus lo"),
    "fr": _set("a au aux de du des d l le la les un une et ou en dans avec pour par mon ma mes son sa ses"),
}

# Whom a name may be about, whichever of them a text has ("talking someone down", "talk them down").
PERSONS = _set("someone somebody anyone anybody people person him them alguien quelquun")

# Words of everyday language that, written small, are no abbreviation.
ORDINARY = _set("""act age aid aim all and any are art ask aware bad base bed best big bill bit boss box boy bus buy
        call calm camp can cap car care case cause chat cite city clear come cope core cost cure cut dad
        dare date day deal did die dog down draw drop duty ear easy eat edge end est ever eye face fair fall
        far fast fear few fire fit fix for free fun gain gap get goal grip grow gun had has help her here
        hip his hit hold home hop hot how ice ideal impact job join key kid kind lack land lap last late law
        lead led left let life line link list live loss lot love low mad main man map march mask med meet
        met mild mind miss mom more most mother nice not now odd off oil old one open opt our out own pad
        pain para part past path pay peer per plan play post prep prepare ran rate raw red rest ride rise
        risk role room run safe said same sane saw say see self sense set she sister sit six sky smart son
        soon sort spin spy stable star start step stop such sun sure task tax team tell ten test the then
        tic tea tie time tip tire too top trust try turn two use van via vice voice wait walk war was way weak
        who why win wise with wrap yet you audit best casa como cual cada del dos esta este fin las les los
        mal mas mes mis muy nos para pas pero por pour que ses sin sur tes tres una uno vos""")

# Words that tell one of the three languages from the other two.
TELLING: dict[Language, frozenset[str]] = {
    "en": _set("""the and of to for with my is are was i im ive you we they it this that have has want need looking
        how what who do does dont not would like from about on be been at by an any or but if when where get
        someone help working years seeking by can in isnt dont doesnt cant"""),
    "es": _set("""el los las una unos unas del al y o para con por mi mis soy estoy quiero busco necesito tengo llevo
        hacer como pero muy mas ya hay sin sobre desde alguien ser trabajo anos yo lo se no donde cuando
        puedo quien nadie esta en que gracias hola un prefiero quisiera interesa trabajar nunca sea"""),
    "fr": _set("""le les des du au aux et ou une pour avec dans je j jai suis cherche voudrais veux aimerais mon ma
        mes nous vous est sont ce cette pas ne sur par depuis mais tres plus comment travail travaille etre
        avoir ans chez qui en qu un bonjour merci l d n jamais prefere sans"""),
}

# Words after which something is refused ("no police", "sin supervision", "pas de police").
REFUSING: dict[Language, frozenset[str]] = {
    "en": _set("""no not dont doesnt without avoid avoiding except excluding isnt arent wouldnt wont zero nor
        neither nothing skip"""),
    "es": _set("no sin ni evitar evito evitando cero excepto salvo menos tampoco nada odio detesto"),
    "fr": _set("pas sans ni aucun aucune eviter evite evitant sauf hormis deteste rien"),
}
# Those of them that refuse before an "about" only ("nothing about suicide"), and verbs before a "nothing" that make it
# something that somebody does not know ("no sé nada de autismo").
NAUGHT = _set("nothing nada rien")
ABOUT = _set("about on in to of en sur au aux du des de del d a sobre with con avec")
KNOWING = _set("""done did know knew known understand understood learned remember hecho hice se sabemos entiendo entendi
    conozco aprendi recuerdo fait sais connais comprends comprend appris compris""")
TAUGHT = _set("taught told teach learned learnt heard ensenaron enseno dijeron appris dit")  # before a "nothing"
# Two words that refuse what follows ("anything but hospitals", "EMDR instead of DBT").
REFUSING_PAIRS = _phrases(
    """anything but, anywhere but, anyone but, anybody but, everything but, everywhere but, everyone but, everybody but,
    all but, instead of, rather than, other than, apart from, aside from, i hate, id hate, would hate, we hate,
    really hate, i dislike, really dislike, vez de, vez del, lugar de, lugar del, aparte de, lieu de, lieu du, lieu des,
    lieu d, plutot que, plutot qu, a part, done with, enough of, sick of, cant stand, harto de, harta de"""
)
# A "never" beside them refuses ("never again", "I never want to"), and so does a French "plus" after "je ne veux".
NE = _set("ne n")
WANTING = _set("""plus mas volver volveria volvere want wanted again liked enjoyed quiero quisiera querria veux
    voudrais voudrai""")
# A "not" after them, or one of those below that opens a sentence, only asks ("why not EMDR?", "isn't EMDR hard?").
WHY = _phrases("why, por que, pourquoi")
ASKING = _set("isnt arent wouldnt doesnt")
# Words after a "not" that deny what somebody might think ("not that I dislike it", "no es que", "pas que j").
DENYING = _phrases("that i, that im, that ive, that we, because i, es que, porque no, que je, que j")
# What makes a "not" beside a name a dismissal of it ("police work is not for me", "la cárcel no es lo mío"), and what
# does so before a French "pas" ("la police ne m'intéresse pas").
TASTES = _phrases(
    """for me, for us, my thing, my cup, my style, my scene, my world, interested, keen, fan, interest, interests,
    what i, lo que,
    appeal, appeals, attract, attracts, excite, excites, wanted, needed, thanks, thank, any more, anymore,
    topic for, my topic, tema para, mi tema, sujet pour, mon sujet,
    para mi, para nosotras, para nosotros, lo mio, conmigo, interesado, interesada, interesa, interesan, gusta, gustan,
    atrae, atraen, llama, llaman, apetece, apetecen, convence, convencen, gracias,
    pour moi, pour nous, mon truc, ma tasse, mon monde, interesse, interessee, merci"""
)
DENIALS = frozenset().union(*REFUSING.values()) | _set("never non nunca didnt wasnt werent peu")
SHORT_DENIALS = _set("no non")
NO_MORE = _phrases("ya no, no longer, not anymore, plus maintenant, plus aujourdhui")  # at the end of a clause
TASTES_BEFORE = _set("interesse interessent attire attirent tente tentent plait plaisent passionne passionnent dit")
AFTER_TASTES = _set("pas plus rien")
# Words after which something is left out of what a text is about ("architects, except naval").
EXCEPTING = _set("except excepting excluding excepto exceptuando excepte hormis sauf")
# Words before them that turn them round ("nothing except nights").
NOTHING = _set("""no not none nothing nobody never dont cant nada nadie ningun ninguno ninguna nunca ne rien personne
        aucun aucune jamais""")
# Words after which the refusal is none: somebody lacks or adds something ("not sure how to", "not only", "no se").
NOT_REFUSING: dict[Language, frozenset[str]] = {
    "en": _set("""just only sure know knowing confident good great able comfortable understand enough learned
        learnt taught trained training experience experienced idea clue yet easy never much many familiar ready
        afraid matter mind problem worry forget stop there new strong skilled get getting feel feeling think really
        always all have has had got hold holding one time access handle manage cope lose losing leave leaving quit
        miss find"""),
    "es": _set("""solo solamente se sabe saber puedo tengo tenemos hay experiencia idea entiendo domino conozco
        aprendi siempre todavia aun segura seguro comoda comodo capaz preparada preparado importa mucho hablo dejo
        dejar dejarlo perder tiempo acceso aclaro sale salen entra entran controlo manejo da encuentro encontramos
        dejan formacion vendria"""),
    "fr": _set("""seulement sais sait connais maitrise experience comprends encore assez facile toujours sure sur
        aise idee appris jamais mal grave ai avons pret prete capable arrive peux sens perdre quitter lacher trouve
        formation"""),
}
# Those of them, and others after a "never", that say what the writer cannot do or has not got ("not sure how to",
# "I don't have"), unless a word of ONLY is there, too.
LACKING = _set("""sure know knowing confident good great able comfortable understand understood enough learned
    learnt taught trained training experience experienced idea clue yet familiar ready strong skilled have has had
    got hold holding do did done tried used seen led run offer provide handle manage cope shown worked been se sabe
    saber puedo tengo tenemos experiencia entiendo domino conozco aprendi tuve trabaje trabajado hecho aprendido
    enseno ensenaron segura seguro comoda comodo capaz preparada preparado aise pret prete capable aclaro sale
    salen entra entran controlo manejo sais sait connais maitrise comprends idee appris arrive peux ai avons fait
    travaille formacion formation find encuentro help support teach train mentor advise supervise coach""")
ONLY = _set("only just solo solamente seulement")
# What after a name says the same beside a "not" ("EMDR is not my field").
STRENGTHS = _phrases(
    """my field, my area, my strength, my strong, my forte, my speciality, my specialty, mi fuerte, mi campo, mi area,
    mi especialidad, mon fort, mon domaine, ma specialite"""
)
# Words that keep somebody to what follows ("only nurses"), unless an article makes it the writer ("the only nurse").
RESTRICTING = ONLY | _set("exclusively solely exclusivamente unicamente exclusivement uniquement")
ONE: dict[Language, frozenset[str]] = {"en": _set("a an"), "es": _set("un una"), "fr": _set("un une")}
AS = _set("as como comme")
ARTICLES = _set("the el la los las le les un une mi my mon ma")
NEVER = _set("never nunca jamas jamais")
UNABLE = _set("havent hasnt cant cannot couldnt nobody nadie")
# Before a "no" they say the same ("I have no LCSW"), unless it is about what somebody likes.
OWNING = _set("have has had ive got tengo tenemos")
THERE = _phrases(
    "there is, there are, there was, theres, y a, y avait, ny a, ny avait"
)  # before a "no": where somebody is
LIKING = _set("""like enjoy interest desire wish intention interested keen into fond fan looking seeking searching
    asking after drawn attracted enthusiastic excited interes ganas interesado interesada interesados interesadas
    interesa interesan gusta gustan buscando interet envie interesse interessee interesses interessees attire
    attiree""")
# What makes a refused trouble a topic that somebody would not talk about, before its name and after it.
TALKING = _set("""talk talking talks speak speaking discuss discussing discussion discussions conversation conversations
    topic topics subject subjects mention mentioning bring hear hearing read reading discussed hablar hablen hables
    hablemos tema temas conversar comentar mencionar oir parler parlez parlons discuter sujet sujets theme themes
    evoquer aborder""")
TOPICS = _set("topic topics talk talks stuff subject subjects discussion discussions conversation conversations")
# What ends a list ("no talk of burnout please, EMDR").
POLITE = _set("please pls plz thanks favor gracias merci svp")
# Words beside a way to meet that make it a wish for a contact ("phone only", "text me anytime", "let's chat").
CONTACT_BEFORE = ONLY | _set("let lets prefer prefers preferring prefiero prefere preferais")
CONTACT_AFTER = ONLY | _set("me us anytime soon later tomorrow tonight moi nous preferred preferably preferiblemente")
MEETING = _set("about with sobre con sur avec")  # after "to chat", "we chat"
CONTACT_WORKS = _phrases(
    "works best, works better, works for, is best, is better, is fine, is ok, is easiest, is easier"
)
BEFORE_MEETING = _set("to we could can a quick short")
BY = _set("by via per por par")  # "by phone", at the end of a clause or before one of those below
PLEASING = POLITE | _set("best better mejor mieux")
FROM_MY = _phrases("from my, on my, de mon, de mi, desde mi")
# Words that change nothing beside a "not" ("not really interested", "police work is not for me").
SOFTENING = _set("""at all really that very so too just quite exactly a an much especially particularly longer
    currently even real strong great work stuff is are was were am im es son c ce n ne est sont ya va does do did
    me m muy nada tan demasiado tres vraiment trop du tout""")
# Words before a "without" that turn it round ("I could not do it without supervision"), too.
WITHOUT = _set("without sin sans")
# Beginnings of another statement, after an "and" ("no police and I want a school").
AND = _set("and y e et")
STARTING = _set("""i im id ive ill we want need love would prefer looking quiero busco necesito prefiero me je j
    nous veux cherche voudrais""")
# A subject before a wish begins another statement, too ("instead of EMDR I want DBT"), and so does a verb that has its
# subject in it.
SUBJECTS = _set("i im id ill ive we weve je j nous yo")
OWN_SUBJECT = _set("quiero busco necesito prefiero quisiera buscamos necesitamos queremos")
# What opens a sentence beside its main clause ("instead of EMDR, DBT").
ASIDE = _phrases(
    """instead of, rather than, other than, apart from, aside from, vez de, vez del, lugar de, lugar del, aparte de,
    lieu de, lieu du, lieu des, lieu d, plutot que, plutot qu, a part"""
)
# Every word that may refuse something (of two words the second).
MAY_REFUSE = frozenset().union(*REFUSING.values(), NEVER, ["plus"], *(p.split()[1:] for p in REFUSING_PAIRS))
# Words without which a text refuses nothing: of two words the one that is no small word, or the longer.
REFUSAL_SIGNS = frozenset().union(
    *REFUSING.values(),
    NEVER,
    ["plus"],
    (max(pair.split(), key=lambda word: (word not in _SMALL, len(word))) for pair in REFUSING_PAIRS),
)
# Words that end what a refusal reaches ("not supervision but guidance").
TURNING = _set("but just instead only rather although however pero sino solo aunque mais plutot juste")
# Before a "not" they make it about somebody else ("a mentor who is not a police officer").
OTHERS = _set("who whos that someone somebody anyone anybody quien que qui")
# Words that carry a refusal over a comma ("no police, or military").
JOINING = _set("or nor and ni o y ou et neither")
# Words beside the names in a list ("Not for me: police work, prisons please").
LISTING = (
    JOINING
    | ARTICLES
    | _set("work working job jobs stuff please pls thanks trabajo trabajar gracias travail travailler merci svp of tea")
)
# Verbs and the like that tell a wish from a possession; the nearest one before a word decides.
WISHING = _set("""want wanted wants wanting need needs needing looking look seek seeking search searching hope hoping
        hopes wish become becoming learn learning improve improving start starting interested aspire aim
        aiming goal plan planning prepare preparing prep help helping advice guidance mentor mentorship
        toward towards into would love like how pursue pursuing apply applying transition transitioning
        moving move switch get getting reach reaching curious consider considering thinking tips struggle
        struggling quiero quisiera busco buscamos necesito necesitamos aprender mejorar gustaria interesa
        conseguir obtener empezar llegar ser hacerme prepararme ayuda orientacion consejo como pasar veux
        voudrais aimerais cherche cherchons chercher souhaite souhaiterais apprendre ameliorer devenir besoin
        progresser obtenir aide conseil comment passer debuter""")
HAVING = _set("""am im have has ive hold holding held got was were been worked worked works working currently former
        formerly ex retired certified licensed trained experienced years yrs yr background finished
        completed since already teach teaches taught run running ran lead leading led serve served serving
        supervised am soy tengo tenemos llevo trabajo trabaje trabajado estudie titulada titulado
        certificada certificado formada anos fui dirijo coordino doy imparto suis ai jai avons travaille
        travaillais diplome diplomee certifie certifiee formee ans ancien ancienne anime dirige""")
# What tells a wish for oneself ("I want to learn EMDR", "someone to teach me EMDR") from an offer ("I help people learn
# EMDR"): verbs of learning, of looking for, of helping (for oneself before a "me", or where help is what is wanted),
# and whom somebody would do something for.
LEARNING = _set("""learn learning relearn study studying aprender aprendo aprendiendo formarme especializarme estudiar
    estudio apprendre apprends etudier""")
# What stands before a word of learning where somebody would learn; not so "learning X changed me", "come and learn X".
WOULD = _set("""want wanted wants need would like love hope hoping wish aim aiming goal am im still start starting keen
    eager interested looking seeking excited quiero quisiera gustaria busco necesito espero interesa estoy veux
    voudrais aimerais souhaite cherche espere besoin envie train""")
UNCOMPARED = _set("learn learning aprender apprendre")  # words of no topic, that everybody with a wish has
PARTICIPLES = _set("trained certified licensed qualified")  # a wish after those of GETTING
GETTING = _set("get getting be become becoming")
LOOKING = _set("""looking seeking seek search searching hoping hope busco buscando buscamos quisiera cherche cherchons
    chercher recherche souhaite""")
OFFERING = _set("""teach teaching help helping share sharing train training coach coaching guide guiding support
    supporting supervise supervising mentor mentoring advise advising offer offering talk talking answer show showing
    give giving provide pass ensenar ensene ensenara ayudar ayude ayuda orientar oriente compartir acompanar apoyar
    ayudarte ayudarle ayudarles ayudaros orientarte orientarle orientarles acompanarte acompanarle acompanarles
    ofrecer ofrezco formar formando forme aider aide partager accompagner former enseigner transmettre conseiller
    soutenir advice guidance consejo conseil conseils""")
HELP = _set("help training support advice guidance ayuda orientacion consejo formacion aide conseil conseils coaching")
TO_ONE_SELF = _set("me us myself nos moi m")
SEEKING_HELP = _set("""for need needs some any more want wanted get getting of busco necesito quiero pido buscando de
    d l besoin cherche use welcome appreciate""")
FOR_OTHERS = _set("""you your who others people them mentee mentees student students trainees interns volunteers
    colleagues staff newcomers anyone anybody team teams ask email took if quien quienes personas gente otros otras si
    pregunta preguntame conmigo vous te t toi qui ceux personnes autres""")
NOT_OFFERING = _phrases(
    """no more, cant help, cannot help, cant teach, cannot teach, cant offer, cannot offer, dont do, dont teach,
    dont offer, know nothing, no hago, no enseno, no ofrezco, no puedo, fais plus, fais pas, enseigne plus,
    enseigne pas, peux pas"""
)
POSSESSIVES = _set("my our mi mis nuestra nuestro mon ma mes notre nos")
WITH_ONE_SELF = _phrases("with me, from me, avec moi, de moi")
# What lies behind somebody ("I used to work in a jail", "j'ai quitté la police"): words, pairs, and those that do so
# where a sentence opens with them ("quit research, want EMDR"). After the pairs of ORIGIN a "to" tells the wish.
FORMERLY = _set("previously autrefois jadis antiguamente anteriormente solia soliamos")
PAST_WORDS = FORMERLY | _set("""deje dejamos dejado abandone abandonado renuncie era eramos estaba estuve
    trabajaba trabajabamos jubilada jubilado antigua antiguo etais etions faisais retraite retraitee""")
PAST_PAIRS = _phrases(
    """used to, i left, we left, ive left, just left, recently left, having left, after leaving, since leaving,
    i quit, we quit, ive quit, just quit, having quit, after quitting, gave up, given up, giving up, walked away,
    i resigned, having resigned, resigned from, i stopped, ive stopped, i did, we did,
    i dropped, antes hacia, antes hice, ai quitte, avons quitte, ai arrete, avons arrete, ai laisse, ai abandonne,
    avant je, avant j, acabo de"""
)
PAST_OPENING = _set("left quit stopped")
# What somebody has just done is past only if it is one of these ("acabo de dejar", not "acabo de entrar").
JUST = _phrases("acabo de, viens de, viens d")
LEAVING = _set("dejar salir terminar renunciar abandonar quitter arreter finir laisser sortir partir")
# What somebody used to feel is no work that lies behind ("used to be afraid of it", "I did wonder whether").
FEELING = _set("""love like think feel worry wonder struggle avoid hate fear dread counting worrying thinking wondering
    avoiding afraid scared nervous anxious terrified unsure shy""")
ORIGIN = _phrases(
    """come from, came from, coming from, moved from, moving from, switched from, switching from, retired from,
    transitioned from, on from, vengo de, vengo del, vine de, viens de, viens du, viens des, viens d"""
)
PAST_ENDS = PAST_WORDS | PAST_OPENING | {pair.split()[1] for pair in PAST_PAIRS | ORIGIN}
TOWARDS = _set("to a al hacia vers")
# What makes a goal a thing of the past ("I have my licence"); a place or a trouble stays a wish ("10 years of nights").
ACHIEVED = _set(
    """have has ive hold holding held earned passed finished completed certified licensed
        tengo obtuve aprobe termine titulada titulado certificada certificado
        ai obtenu diplome diplomee certifie certifiee"""
)
# A gerund after a wish or a preposition is what somebody would do, not what somebody does ("need help working with",
# "better at working with"), unless somebody is good at it.
GERUNDS = _set("working running leading teaching holding serving trabajando travaillant")
BEFORE_GERUNDS = WISHING | _set("at to about on of in for with en de a sobre sur")
GOOD_AT = _set("good great skilled used experienced experience years yrs comfortable confident")
NEW_TO = _phrases("new to, newer to, nueva en, nuevo en, nouvelle dans, nouveau dans, unsure about, nervous about")
NEW_TO_ENDS = {pair.split()[1] for pair in NEW_TO}
# "have to", "have trouble with": no possession.
NOT_HAVING = _set("to me us trouble difficulty difficulties questions question problems issues que un des")
SENT = _set("sent asked told called stuck thrown")  # after a "got" that is none, either


def guess_language(words: Sequence[str]) -> Language | None:
    """The language of a text from its small words (in `plain` form), or None when they do not tell.

    A long text needs two telling words, more than of any other language, and one word in twelve; a short one (up to
    eight words) a single one of three letters, since "mi" and "no" belong to several languages.
    """
    seen = words[:400]
    short = len(seen) <= 8
    told = [w for w in seen if len(w) > 2 or not short]
    counts = {language: sum(map(TELLING[language].__contains__, told)) for language in LANGUAGES}
    best = max(LANGUAGES, key=lambda language: (counts[language], -LANGUAGES.index(language)))
    rest = max(counts[language] for language in LANGUAGES if language != best)
    if counts[best] == rest or counts[best] < (1 if short else 2) or counts[best] * 12 < len(seen):
        return None
    return best


# Somebody who is not something neither wants nor refuses it ("I am not a police officer", "no soy policia").
BEING = _set("am im is are was were be soy eres es era suis est etais")
# Words beside a profession or title that make it one looked for ("police mentor").
SOUGHT = _set("mentor mentors mentora mentorship mentore mentoring guidance help please wanted buddy")
# Words after a profession or title that make it the writer's own ("RN 6 yrs", "AMFT here").
OWN_AFTER = _set("here aqui ici yrs yr years since anos ans by with in turned thinking")
# Words after a title that make it a thing of the past ("LCSW (expired 2022)").
EXPIRED = _set(
    """expired lapsed revoked caducada caducado vencida vencido revocada revocado expire expiree perime perimee"""
)

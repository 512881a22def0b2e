"""Words that no data set has: people's names, machines, tickets, products and letters in a row.

A first look has to say the same of a request whoever or whatever is named in it. The training rows of `complexity.py` get such words put in, so that
pieces of unknown words weigh nothing. A third of the names and syllables, and some patterns, occur in dev and test only. None of the lists is that of
`bench routing`, which has its own.
"""

import zlib

KINDS = ("person", "machine", "ticket", "product", "letters")

FIRST = """adaeze agnieszka ahmed aiko akira aleksandra alejandro amara amit andreas anja antonio aoife arjun asa astrid aylin bartosz beatriz bjorn
bogdan brigitte camila carlos carmen celine chidi chiara chloe christoph claudia cristina daniela darius deepa diego dmitri dominik dorota ebru
eduardo eirik elena elif emeka emilia enrique erik esra esther eva felipe femke fiona florian francesca gabriela georg gintaras giulia gloria grace
greta guillaume gustav hamza hanna haruto heidi helena henrik hiroshi hugo ibrahim igor ingrid irina isabel ivana jakub javier jelena jens jing
joanna johan jorge josefine juliette kaito karim karin katarzyna kavita kemal khadija klaus krzysztof kwame lars laszlo leila lena liam ling lorenzo
lucia ludwig magda maja malik manuela marek margit marisol marta mateo matthias mehmet mei meera michal mikael milan mireille mohammed monika nadia
naoko natalia niamh nikhil niklas nina noor nuno olga oliver olumide oscar paolo patrick paula pavel pedro petra philippe pierre piotr priya radek
rafael rahul ramona renate ricardo rosa ruben sabine samira sandeep sanne sara sebastian selin sergei shreya sigrid silvia simon sofia soren stefan
sunita susanne svetlana tadeusz takashi tamara tanja tariq teresa theo thi thomas tomas torben ulrike umar ursula valentina vera victor vijay viktoria
wanda wei wilhelm xavier yara yasmin yuki yusuf zainab zeynep zofia""".split()

LAST = """abdullah acosta adeyemi albrecht almeida andersen bakker balogun baranov barbosa baumann becker benali berg bergstrom bianchi bondarenko borges
brandt castillo chaudhry chowdhury conti costa dahl dalgaard demir desai diallo dogan dubois duarte ebert eriksen esposito falk farkas fernandes
ferrari fischer fontaine fournier fraser friis fujita gallo garcia gerber ghosh gomez graf greco gruber gupta haas hagen halvorsen hansen hartmann
hashimoto heikkinen hernandez herzog hoang hofer holm horvat hussain iglesias ito ivanov iyer jankowski jansen jimenez johansson jovanovic kaminski
kaplan kaur kato kim kobayashi koch kovacs kowalski kramer kruger kuznetsov lang larsen lehmann leroy lindholm lombardi lopez lund madsen mahmoud
malhotra marino marchetti martins mazur mendes menon mertens meyer mishra mohamud molina moreau moretti mueller nakamura navarro neumann nguyen
nielsen novak nowak nunes obi ochoa odhiambo okafor okoye olsen onyango ortega osman ozturk papadopoulos park patil pereira petrov pham pichler popescu
raman ramirez rao reiter ribeiro ricci richter rodriguez romano rossi roux sahin saito salazar sanchez santos schmidt schneider schuster seidel sharma
silva simonsen singh soares sokolov sorensen suarez suzuki svensson szabo tanaka tavares teixeira thomsen toth tran tremblay ueda ullah vargas vasquez
verma vogel volkov wagner wang watanabe weber wieczorek winkler wolff wojcik yamamoto yildiz yilmaz zhang zhou ziegler zimmermann""".split()

ONSETS = "b br c ch cl cr d dr f fl fr g gl gr h j k kl kr l m n p pl pr qu r s sc sh sl sp st t th tr v w x y z zh".split()
VOWELS = "a e i o u a e i o y ae ai au ea ee ei ia ie io oa oo ou ua ue".split()
CODAS = " l m n r s t x nd ng nt rk rn st lt ck".split(" ")
PLACES = "fra muc ber ham dus ldn nyc ams par waw prg vie zrh mad mil lis hel osl cph bru dub sin blr tyo syd hq dc1 dc2 az1 az2".split()
ROLES = "db web app srv fs dc mail print prn vpn gw fw sw ap nas backup sql k8s node host term ts file proxy mon log ci build".split()
MACHINES = "nb pc ws lt ntb wks desk mac tab mob".split()
QUEUES = "INC REQ CHG PRB RITM TASK SR CASE HD IT OPS SEC SCTASK TKT".split()
ENDINGS = "365 Cloud Pro One Hub Desk Suite Connect 2.0 Studio Online Portal Enterprise Sync X Go".split()

BEFORE = {
    "person": ("for", "with", "from", "to", "by", "and", "of", "like"),
    "machine": ("on", "at", "in", "from", "to", "of", "for"),
    "ticket": ("in", "for", "about", "see", "as in", "under", "from"),
    "product": ("in", "with", "for", "on", "from", "to", "of", "using"),
    "letters": ("in", "for", "on", "at", "with", "of", ""),
}


def held_out(word):
    return zlib.crc32(word.encode("utf-8")) % 3 == 0


def of(words, part):
    return [w for w in words if held_out(w) != (part == "train")]


_LISTS = {(name, part): of(words, part) for part in ("train", "held") for name, words in
          (("first", FIRST), ("last", LAST), ("onset", [o + v for o in ONSETS for v in VOWELS]), ("place", PLACES), ("role", ROLES))}


def syllables(part, chance, least=2, most=4):
    return "".join(chance.choice(_LISTS["onset", part]) + chance.choice(CODAS) for _ in range(chance.randint(least, most)))


def digits(chance, least, most):
    return "".join(chance.choice("0123456789") for _ in range(chance.randint(least, most)))


def person(part, chance):
    first, last = chance.choice(_LISTS["first", part]).title(), chance.choice(_LISTS["last", part]).title()
    return chance.choice((first, first, f"{first} {last}", f"{first} {last}", last, f"Mr {last}", f"Ms {last}", f"{first[0]}. {last}", f"{first}.{last}@example.com".lower()))


def machine(part, chance):
    place, role = chance.choice(_LISTS["place", part]), chance.choice(_LISTS["role", part])
    number, kind = digits(chance, 1, 4), chance.choice(MACHINES)
    forms = (f"{place}-{role}-{number}", f"{role}{number}", f"{place}{role}{number}", f"{kind}-{digits(chance, 3, 6)}", f"{kind}{digits(chance, 3, 6)}")
    if part != "train":
        forms += (f"{role}-{syllables(part, chance, 1, 2)}-{number}", f"{place}-{kind}-{chance.choice('abcdef')}{number}")
    found = chance.choice(forms)
    return found.upper() if chance.random() < 0.5 else found


def ticket(part, chance):
    queue = chance.choice(QUEUES)
    forms = (f"{queue}{digits(chance, 5, 8)}", f"{queue}-{digits(chance, 3, 6)}", f"#{digits(chance, 4, 7)}", f"{queue} {digits(chance, 4, 8)}")
    return chance.choice(forms if part == "train" else forms + (f"{queue}/{digits(chance, 4, 4)}/{digits(chance, 2, 4)}",))


def product(part, chance):
    name = syllables(part, chance, 2, 3).capitalize()
    return chance.choice((name, name, name.upper()[:chance.randint(2, 5)], f"{name} {chance.choice(ENDINGS)}", name.lower()))


def letters(part, chance):
    if chance.random() < 0.5:
        return syllables(part, chance, 2, 5)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(4, 12)))


def word(kind, part, chance):
    """A made-up word of a kind, for `train`, or with what is held out for any other part."""
    return {"person": person, "machine": machine, "ticket": ticket, "product": product, "letters": letters}[kind](part if part == "train" else "held", chance)


def put_in(text, part, chance, kind=None):
    """The text with one more word, mostly at its end, else before a word in it."""
    kind = kind or chance.choice(KINDS)
    found = (chance.choice(BEFORE[kind]) + " " + word(kind, part, chance)).strip()
    body = text.rstrip("?.! ")
    end, at, words = text[len(body):], chance.random(), body.split(" ")
    if at < 0.6 or len(words) < 3:
        return f"{body} {found}{end}"
    if at < 0.7:
        return f"{word(kind, part, chance)}: {text}"
    place = chance.randint(1, len(words) - 1)
    return " ".join(words[:place] + [found] + words[place:]) + end

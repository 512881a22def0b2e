"""The request-complexity set. No public set has such labels, so they follow from stated rules:

- `conversation`: an utterance of a CLINC150 intent that needs no company system (small talk, translation, definitions, games);
- `simple`: one utterance of any other CLINC150 intent, a BANKING77 question, or the first field of an IT ticket;
- `complex`: two to four `simple` utterances of different labels put into one message, with joining words, as sentences or as a list.

What is joined comes from the same part as the result, so no utterance is in two parts, and a third of the ways of joining
occur in dev and test only. The figures say how well composed requests are recognised; real ones may differ.

The linear part, which decides alone about most requests, reads many more composed rows (`many`), and words that no data set has are put into these
(`madeup.py`): who or what is named has to make no difference.
"""

import random

from . import setup
from . import corpora, madeup

CONVERSATION = set("""greeting goodbye thank_you tell_joke fun_fact what_is_your_name are_you_a_bot how_old_are_you
meaning_of_life who_made_you what_are_your_hobbies do_you_have_pets where_are_you_from who_do_you_work_for what_can_i_ask_you
translate definition spelling repeat flip_coin roll_dice yes no maybe calculator user_name change_ai_name change_accent
change_speed whisper_mode cancel""".split())

KNOWN_JOINS = ["{a} and {b}", "{a}, and also {b}", "{a}. {b}", "{a} and then {b}", "{a}; {b}", "{a}? also, {b}", "{a} {b}",
               "first {a}, then {b}", "1. {a} 2. {b}", "please {a}. after that {b}", "- {a}\n- {b}", "{a}, {b}"]
OTHER_JOINS = ["{a}. while you are at it, {b}", "{a} plus {b}", "{a}. another thing: {b}", "{a}, besides {b}",
               "a) {a} b) {b}", "once that is done {b}, before it {a}"]
OPENINGS = ["", "", "", "hi, ", "hello, ", "please ", "hi team, ", "good morning, ", "could you help: "]


def simple_rows(part):
    rows = [(t, "clinc:" + l) for t, l in corpora.load("clinc150")[part] if l not in CONVERSATION and l != "oos"]
    rows += [(t, "bank:" + l) for t, l in corpora.load("banking77")[part]]
    tickets = [(" ".join(t.split()[:24]), "ticket:" + l) for t, l in corpora.load("it-topic")[part]]
    return rows + tickets[:len(rows) // 4]


def rows_of(part, size, chance, put=lambda text: text):
    """So many rows of each class, as far as there are utterances; `put` may change each utterance."""
    joins = KNOWN_JOINS if part == "train" else KNOWN_JOINS + OTHER_JOINS
    simple = simple_rows(part)
    talk = [t for t, l in corpora.load("clinc150")[part] if l in CONVERSATION]
    rows = [(chance.choice(OPENINGS) + put(t), "simple") for t, _ in chance.sample(simple, min(size, len(simple)))]
    rows += [(put(t), "conversation") for t in chance.sample(talk, min(size, len(talk)))]
    for _ in range(size):
        # A short one more often in two than in four.
        pieces, used = [], set()
        while len(pieces) < chance.choice((2, 2, 2, 3, 4)) or len(pieces) < 2:
            text, label = chance.choice(simple)
            if label not in used and len(text.split()) <= 16:
                used.add(label)
                text = put(text.strip())
                pieces.append(text.rstrip("?.!") if chance.random() < 0.5 else text)
        message = pieces[0]
        for piece in pieces[1:]:
            message = chance.choice(joins).format(a=message, b=piece)
        rows.append((chance.choice(OPENINGS) + message, "complex"))
    chance.shuffle(rows)
    return rows


def load():
    return {part: rows_of(part, size, random.Random(setup.SEED + len(part))) for part, size in (("train", 2500), ("dev", 700), ("test", 700))}


# How many composed rows the linear part reads, and into how many utterances a made-up word is put, once and once more.
MANY, ONE_WORD, ANOTHER = 40000, 0.4, 0.1


def many():
    """Rows for the linear part, of utterances of train only."""
    chance = random.Random(setup.SEED)

    def put(text):
        for share in (ONE_WORD, ANOTHER):
            if chance.random() < share:
                text = madeup.put_in(text, "train", chance)
        return text
    return rows_of("train", MANY, chance, put)


def named(rows, part, kind):
    """The rows with a word of a kind put in that was held out."""
    chance = random.Random(setup.SEED)
    return [(madeup.put_in(text, part, chance, kind), label) for text, label in rows]


def main():
    from . import stack
    stack.main("request-complexity", load(), more=many())


if __name__ == "__main__":
    main()

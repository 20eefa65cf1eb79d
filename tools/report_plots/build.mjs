// Bundles plots.mjs with what it needs of JSROOT into one compressed text, and writes it as a list of C++ strings.
//   node build.mjs OUTPUT.inc
import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

// What JSROOT asks for in other places than a browser, or for plots that reports do not have.
const external = ['three', 'mathjax', 'jsdom', 'fs', 'canvas', 'tmp', 'zlib', 'xhr2', '@oneidentity/zstd-js',
  '@resvg/resvg-js', 'gl', 'node:*'];
// Compilers need not take longer strings.
const pieceLength = 16000;

const result = await build({
  entryPoints: ['plots.mjs'],
  absWorkingDir: dirname(fileURLToPath(import.meta.url)),
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  external: [...external, 'three/*'],
  legalComments: 'none',
  write: false,
});
const compressed = gzipSync(result.outputFiles[0].contents, { level: 9 });
compressed[9] = 255;  // no name of an operating system
const text = compressed.toString('base64');
const pieces = text.match(new RegExp(`.{1,${pieceLength}}`, 'g'));
writeFileSync(process.argv[2], pieces.map(piece => `"${piece}",\n`).join(''));

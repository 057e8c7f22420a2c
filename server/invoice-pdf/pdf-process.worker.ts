/**
 * The process behind pdf-maker.worker.ts; it ends with whoever started it. What takes time is done once: fonts are unpacked, made static, opened and kept, and
 * so are the shaped words; pdfmake and pdfkit would parse each font again for every document (24 ms instead of 6).
 */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire, flushCompileCache } from 'node:module';
import pdfmake from 'pdfmake';
import { type FontFile, latin, openFontBook } from './choose-fonts.ts';
import { flattenPicture } from './flatten-picture.ts';
import type { InvoiceDocument, InvoiceLook } from './invoice-document.ts';
import { layOutInvoice } from './invoice-page.ts';
import { makeStaticFont, type OpenedFont } from './make-static-font.ts';
import { type PdfDone, type PdfJob, processName } from './pdf-maker.worker.ts';
import { openTypesetter } from './set-text.ts';
import { unpackWoff2 } from './unpack-woff2.ts';

interface LaidOutFont extends Omit<OpenedFont, 'getGlyph'> {
  getGlyph: (id: number, codePoints?: number[]) => ReturnType<OpenedFont['getGlyph']>;
  layout: (text: string) => { advanceWidth: number };
  unitsPerEm: number;
}
/** pdfkit's font of a document. */
interface KitFont {
  layoutCache: object;
  scale: number;
  subset: { glyphs: number[] };
  widths: number[];
  unicode: number[][];
  layout: (text: string, features: unknown) => { glyphs: Shaped[]; positions: unknown[] };
}
interface Shaped {
  id: number;
  advanceWidth: number;
  codePoints: number[];
}
interface KitDocument {
  _fontCount: number;
  _font: KitFont;
  fontCache: Record<string, KitFont>;
  _fontFamilies: Record<string, KitFont>;
}

const require = createRequire(import.meta.url);
const ofPdfmake = createRequire(require.resolve('pdfmake'));
// What pdfmake itself uses, wherever it was installed.
const fontkit = createRequire(ofPdfmake.resolve('pdfkit'))('fontkit') as { create: (bytes: Buffer) => LaidOutFont };
const PdfKit = ofPdfmake('pdfkit') as new (
  options: object,
) => KitDocument & { font: (source: Buffer) => void; openImage: (source: Buffer) => { image?: KitPng } };
/** What pdfkit knows of a PNG. */
interface KitPng {
  width: number;
  height: number;
  bits: number;
  colors: number;
  hasAlphaChannel: boolean;
  decodePixels: (done: (pixels: Uint8Array) => void) => void;
}
const { default: PdfmakeDocument } = require('pdfmake/js/PDFDocument.js') as { default: { prototype: object } };

/** Of a face; numbers and names are new in every invoice. */
const mostWords = 2000;
const mostFonts = 24;

/** Words are its keys: `constructor` too. */
const noWords = () => Object.create(null) as object;

type Face = `${FontFile} ${400 | 700}`;
interface OpenFace {
  font: LaidOutFont;
  words: object;
  count: number;
}

const folderOf = (name: string) =>
  require.resolve(`@fontsource-variable/${name}/package.json`).replace(/package\.json$/, '');
const book = openFontBook(
  (name) => JSON.parse(readFileSync(`${folderOf(name)}unicode.json`, 'utf8')) as Record<string, string>,
);
const characters = new Map<FontFile, ReadonlySet<number>>();
const faces = new Map<Face, OpenFace>();

const unpack = (file: FontFile) => {
  const [name, base] = file.split('/') as [string, string];
  const bytes = unpackWoff2(readFileSync(`${folderOf(name)}files/${base}.woff2`));
  return { bytes, font: fontkit.create(bytes) };
};

/** fontkit remembers for an outline the characters it first stood for. */
const tellCharacters = (font: LaidOutFont) => {
  const getGlyph = font.getGlyph.bind(font);
  font.getGlyph = (id, codePoints: number[] = []) =>
    Object.create(getGlyph(id, codePoints), { codePoints: { value: codePoints } });
};

const openFace = (face: Face): OpenFace => {
  const known = faces.get(face);
  if (known) return known;
  const [file, weight] = face.split(' ') as [FontFile, string];
  const { bytes, font } = unpack(file);
  const made = fontkit.create(makeStaticFont(bytes, font, Number(weight)));
  if (!file.startsWith('noto-sans/')) tellCharacters(made);
  const opened = { font: made, words: noWords(), count: 0 };
  faces.set(face, opened);
  return opened;
};

/** Between documents: what was opened for rare characters is let go before it becomes much. */
const letGo = () => {
  if (faces.size <= mostFonts) return;
  for (const face of faces.keys()) if (!face.startsWith(latin)) faces.delete(face);
};

const probe = new PdfKit({ font: null, autoFirstPage: false });
const probed = unpack(latin);
probe.font(makeStaticFont(probed.bytes, probed.font, 400));
const EmbeddedFont = probe._font.constructor as new (document: KitDocument, font: LaidOutFont, id: string) => KitFont;

/**
 * One outline may stand for several characters: Arabic letters share theirs and differ by dots. Each gets a number of its
 * own in the PDF, so that whoever copies or searches the text reads the right letter.
 */
class ReadableFont extends EmbeddedFont {
  readonly numbers = new Map<string, number>();
  encode(text: string, features: unknown): [string[], unknown[]] {
    const { glyphs, positions } = this.layout(text, features);
    const codes = glyphs.map(({ id, advanceWidth, codePoints }) => {
      const key = `${id} ${codePoints}`;
      let number = this.numbers.get(key);
      if (number === undefined) {
        number = this.subset.glyphs.push(id) - 1;
        this.numbers.set(key, number);
        this.widths[number] = advanceWidth * this.scale;
        this.unicode[number] = codePoints;
      }
      return number.toString(16).padStart(4, '0');
    });
    return [codes, positions];
  }
}

Object.assign(PdfmakeDocument.prototype, {
  provideFont(this: KitDocument, file: FontFile, bold: boolean): KitFont {
    const face: Face = `${file} ${bold ? 700 : 400}`;
    const known = this.fontCache[face];
    if (known) return known;
    const opened = openFace(face);
    this._fontCount += 1;
    const font = new ReadableFont(this, opened.font, `F${this._fontCount}`);
    opened.count += 1;
    if (opened.count % 100 === 0 && Object.keys(opened.words).length > mostWords) opened.words = noWords();
    font.layoutCache = opened.words;
    // What pdfkit embeds at the end.
    this.fontCache[face] = font;
    this._fontFamilies[face] = font;
    return font;
  },
});
pdfmake.setUrlAccessPolicy(() => false);
pdfmake.setLocalAccessPolicy(() => false);

/** Kept as numbers alone: an opened font is a hundred times as large. */
const has = (file: FontFile, codePoint: number) => {
  const known = characters.get(file) ?? new Set(unpack(file).font.characterSet);
  characters.set(file, known);
  return known.has(codePoint);
};
const measureRun = (file: FontFile, text: string, bold: boolean, fontSize: number) => {
  const { font } = openFace(`${file} ${bold ? 700 : 400}`);
  return (font.layout(text).advanceWidth * fontSize) / font.unitsPerEm;
};

const logos = new Map<string, NonNullable<InvoiceLook['logo']>>();
const mostLogos = 4;

/** Made plain once, and kept. */
const prepareLogo = async (logo: InvoiceLook['logo']): Promise<InvoiceLook['logo']> => {
  if (logo?.contentType !== 'image/png') return logo;
  const name = hash('sha256', logo.bytes, 'hex');
  const known = logos.get(name);
  if (known) return known;
  const { image } = probe.openImage(Buffer.from(logo.bytes));
  const isPlain = !image?.hasAlphaChannel || image.bits !== 8 || (image.colors !== 1 && image.colors !== 3);
  const prepared = isPlain
    ? logo
    : await new Promise<typeof logo>((resolve) => {
        const { width, height } = image;
        const colors = image.colors === 1 ? 1 : 3;
        image.decodePixels((bytes) =>
          resolve({ contentType: 'image/png', bytes: flattenPicture({ width, height, colors, bytes }) }),
        );
      });
  if (logos.size >= mostLogos) logos.clear();
  logos.set(name, prepared);
  return prepared;
};

const makePdf = async (document: InvoiceDocument, given: InvoiceLook): Promise<Buffer> => {
  letGo();
  const look = { ...given, logo: await prepareLogo(given.logo) };
  const { set, measure } = openTypesetter({ book, has, measureRun, language: document.language });
  const page = layOutInvoice(document, { look, set, measure });
  return pdfmake.createPdf({ ...page, defaultStyle: { ...page.defaultStyle, font: latin } }).getBuffer();
};

/** Once, when all of it was loaded: the process is ended by force, and nothing is kept then. */
let isCodeKept = false;
const keepCode = () => {
  if (!isCodeKept) flushCompileCache();
  isCodeKept = true;
};

if (process.argv[2] === processName && process.send) {
  process.on('disconnect', () => process.exit());
  process.on('message', async (job) => {
    const { id, document, look } = job as PdfJob;
    const made = await makePdf(document, look).catch((error: Error) => error);
    process.send!((made instanceof Error ? { id, problem: made.message } : { id, bytes: made }) as PdfDone);
    keepCode();
  });
}

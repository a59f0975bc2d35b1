import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A file of the page, as it is sent. */
export interface PageFile {
  readonly bytes: Buffer
  readonly contentType: string
  readonly etag: string
  /** Its name changes with its content. */
  readonly immutable: boolean
}

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  ico: 'image/x-icon',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  map: 'application/json; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  wasm: 'application/wasm',
  webp: 'image/webp',
  woff2: 'font/woff2',
}

/** What is shown where nobody has built the page. */
const NOT_BUILT = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>kubehop</title></head>
<body><h1>kubehop</h1><p>The page is not built: run <code>npm run build</code> and start again.
The API is there: <a href="/api/openapi.json">/api/openapi.json</a>.</p></body></html>
`

/** The folder of the built page beside this program, or in the checkout; undefined where it is not built. */
export function findPageFolder(): string | undefined {
  return ['../page/', '../../dist/page/', '../../../dist/page/']
    .map(path => fileURLToPath(new URL(path, import.meta.url)))
    .find(folder => existsSync(join(folder, 'index.html')))
}

/** Reads all files of the page, by path (`/page.js`): later no path of a request is looked up on disk. */
export async function readPageFiles(folder = findPageFolder()): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>()
  if (folder === undefined) return files.set('/index.html', pageFile('index.html', Buffer.from(NOT_BUILT)))
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter(one => one.isFile())) {
    const path = join(entry.parentPath, entry.name)
    const name = relative(folder, path).split(sep).join('/')
    files.set(`/${name}`, pageFile(name, await readFile(path)))
  }
  return files
}

function pageFile(name: string, bytes: Buffer): PageFile {
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase()
  return {
    bytes,
    contentType: TYPES[extension] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`,
    immutable: /[-.][A-Za-z0-9_-]{8,}\.(?:js|css|woff2|png|svg|wasm)$/.test(name),
  }
}

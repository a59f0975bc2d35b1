import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'

/** The built page: what `npm run build` puts into `dist/page`. */
export interface PageParts {
  readonly script: string
  readonly style: string
  /** The engine for a worker, as a classic script. */
  readonly engine: string
}

/**
 * One HTML file with the page, the engine and a cluster (a `SessionInput`, plain JSON) inside. It loads nothing: its Content Security Policy
 * (CSP Level 3) allows this very script and style by their hashes, and workers made by the page. What comes from manifests is data in a block
 * that is never run, with every `<` escaped.
 */
export function renderPageFile({ script, style, engine }: PageParts, cluster: unknown, title: string): string {
  const code = closed(script)
  const data = JSON.stringify(cluster).replaceAll('<', '\\u003c')
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${hash(code)}'`,
    `style-src 'sha256-${hash(style)}'`,
    'worker-src blob:',
    'img-src data: blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<script type="application/json" id="kubehop-cluster">${data}</script>
<script type="text/plain" id="kubehop-engine">${closed(engine)}</script>
<script type="module">${code}</script>
</body>
</html>
`
}

/** Code in which the HTML parser sees neither the end of its block nor a comment: both stand in texts and patterns only. */
function closed(code: string): string {
  return code.replace(/<\/(script)/gi, '<\\/$1').replaceAll('<!--', '<\\!--')
}

/** base64, as a policy wants it. */
function hash(text: string): string {
  return btoa(String.fromCharCode(...sha256(utf8ToBytes(text))))
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

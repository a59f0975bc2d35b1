import type { Engine } from './engine.ts'
import { HttpEngine } from './http-engine.ts'
import { WorkerEngine } from './worker-engine.ts'

/** The engine that a page brings along in two data blocks (`kubehop export --to out.html`), else the server it came from. */
export function startEngine(page: Document): Engine {
  const source = page.getElementById('kubehop-engine')?.textContent
  const cluster = page.getElementById('kubehop-cluster')?.textContent
  if (source && cluster) return new WorkerEngine(source, JSON.parse(cluster))
  return new HttpEngine(new URL('.', page.baseURI))
}

import './app/page.ts'
import type { Page } from './app/page.ts'
import { CachedEngine } from './engine/cached-engine.ts'
import { startEngine } from './engine/start-engine.ts'

const page = document.createElement('kh-page') as Page // defined by the import above
page.engine = new CachedEngine(startEngine(document))
document.body.replaceChildren(page)
